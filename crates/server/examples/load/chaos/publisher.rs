//! Publishes results, at a pace, to whichever server answers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::victims::Servers;
use crate::Result;
use crate::client::Client;
use crate::requests::{Accept, Request};

/// Whoever does not answer for so long is dead.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(50);

/// Where the results of a pair are published.
#[derive(Clone)]
pub(super) struct Pair {
    pub(super) path: String,
}

/// Numbers of the results that a server said it has.
#[derive(Default)]
pub(super) struct Acknowledged(Mutex<Vec<i64>>);

impl Acknowledged {
    pub(super) fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(super) fn numbers(&self) -> Vec<i64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, number: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(number);
    }
}

/// Consumers with a contract each.
pub(super) async fn prepare(server: SocketAddr, count: usize) -> Result<Vec<Pair>> {
    let mut client = Client::connect(server).await?;
    let mut pairs = Vec::new();
    for number in 0..count {
        let (consumer, provider) = (format!("consumer-{number}"), format!("provider-{number}"));
        let contract = json!({
            "consumer": {"name": consumer}, "provider": {"name": provider},
            "interactions": [{"description": "a", "request": {"method": "GET", "path": "/"}, "response": {"status": 200}}],
        });
        let address = format!("/pacts/provider/{provider}/consumer/{consumer}/version/1");
        let contract = ask(&mut client, Method::PUT, &address, &contract).await?;
        let link = &contract["_links"]["pb:publish-verification-results"]["href"];
        let link = link.as_str().ok_or_else(|| format!("no link to publish results: {contract}"))?;
        let path = link.splitn(4, '/').nth(3).ok_or("a link without a path")?;
        pairs.push(Pair { path: format!("/{path}") });
    }
    Ok(pairs)
}

/// Returns when all are acknowledged.
pub(super) async fn publish(
    servers: &Arc<Servers>,
    pairs: &[Pair],
    events: usize,
    rate: u32,
    acknowledged: Arc<Acknowledged>,
) {
    let pace = Duration::from_secs(1) * u32::try_from(pairs.len()).unwrap_or(u32::MAX) / rate;
    let mut tasks = JoinSet::new();
    for (number, pair) in pairs.iter().enumerate() {
        let count = events / pairs.len() + usize::from(number < events % pairs.len());
        let (servers, pair, acknowledged) = (Arc::clone(servers), pair.clone(), Arc::clone(&acknowledged));
        tasks.spawn(async move {
            let mut due = Instant::now();
            for version in 0..count {
                tokio::time::sleep_until(due).await;
                acknowledged.add(publish_one(&servers, &pair, number, version).await);
                // What was held up is not made up for.
                due = (due + pace).max(Instant::now());
            }
        });
    }
    while tasks.join_next().await.is_some() {}
}

/// Until a server says that it has it.
async fn publish_one(servers: &Servers, pair: &Pair, first: usize, version: usize) -> i64 {
    let body = json!({"success": true, "providerApplicationVersion": format!("{version}")});
    let mut turn = first + version;
    loop {
        let asking = async {
            let mut client = Client::connect(servers.address(turn % 2)).await?;
            let answer = ask(&mut client, Method::POST, &pair.path, &body).await?;
            let own = answer["_links"]["self"]["href"].as_str().and_then(|link| link.rsplit('/').next()?.parse().ok());
            own.ok_or_else(|| crate::Error::from("a result without a number"))
        };
        if let Ok(Ok(number)) = tokio::time::timeout(PATIENCE, asking).await {
            return number;
        }
        turn += 1;
        tokio::time::sleep(PAUSE).await;
    }
}

async fn ask(client: &mut Client, method: Method, path: &str, body: &Value) -> Result<Value> {
    let answer =
        client.ask(Request { method, uri: path.parse()?, body: body.to_string().into(), accept: Accept::Hal }).await?;
    if !answer.status.is_success() {
        return Err(format!("{path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body)).into());
    }
    Ok(serde_json::from_slice(&answer.body)?)
}
