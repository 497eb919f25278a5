//! Twenty receivers on one port: healthy ones, two of which want to be told in order, slow ones, one that fails half of
//! the time, and two that are dead.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::Result;
use crate::client::Client;
use crate::random::Random;
use crate::requests::{Accept, Request};

const SLOW: Duration = Duration::from_millis(500);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Healthy,
    InOrder,
    Slow,
    /// Answers 500 half of the time.
    Failing,
    /// Nobody listens.
    Refusing,
    /// Takes the request and says nothing.
    Silent,
}

impl Kind {
    pub(super) fn is_dead(self) -> bool {
        matches!(self, Self::Refusing | Self::Silent)
    }
}

const KINDS: [(Kind, usize); 6] = [
    (Kind::Healthy, 10),
    (Kind::InOrder, 2),
    (Kind::Slow, 5),
    (Kind::Failing, 1),
    (Kind::Refusing, 1),
    (Kind::Silent, 1),
];

/// A request that was taken.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) delivery: Uuid,
    pub(super) consumer: String,
    /// Of the result.
    pub(super) number: i64,
    pub(super) at_millis: u64,
}

pub(super) struct Receivers {
    address: SocketAddr,
    refusing: SocketAddr,
    kinds: Vec<Kind>,
    taken: Arc<Shared>,
}

struct Shared {
    kinds: Vec<Kind>,
    taken: Vec<Mutex<Vec<Taken>>>,
    random: Mutex<Random>,
}

impl Receivers {
    pub(super) async fn listen(seed: u64) -> Result<Self> {
        let kinds: Vec<Kind> = KINDS.iter().flat_map(|(kind, count)| vec![*kind; *count]).collect();
        let state = Arc::new(Shared {
            taken: kinds.iter().map(|_| Mutex::default()).collect(),
            kinds: kinds.clone(),
            random: Mutex::new(Random::of(seed)),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let router = Router::new().route("/{number}", post(receive)).with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await });
        // Taken and given back: nobody listens there.
        let refusing = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        Ok(Self { address, refusing, kinds, taken: state })
    }

    pub(super) async fn subscribe(&self, server: SocketAddr) -> Result<()> {
        let mut client = Client::connect(server).await?;
        for (number, kind) in self.kinds.iter().enumerate() {
            let address = if *kind == Kind::Refusing { self.refusing } else { self.address };
            let body = json!({
                "events": [{"name": "provider_verification_published"}],
                "inOrder": *kind == Kind::InOrder,
                "request": {
                    "method": "POST",
                    "url": format!("http://{address}/{number}"),
                    "headers": {"Content-Type": "application/json"},
                    "body": {"result": "${pactbroker.verificationResultUrl}", "consumer": "${pactbroker.consumerName}"},
                },
            });
            let uri = format!("/webhooks/{}", Self::id(number)).parse()?;
            let method = hyper::Method::PUT;
            let answer =
                client.ask(Request { method, uri, body: body.to_string().into(), accept: Accept::Hal }).await?;
            if answer.status != StatusCode::CREATED {
                return Err(format!("{}: {}", answer.status, String::from_utf8_lossy(&answer.body)).into());
            }
        }
        Ok(())
    }

    pub(super) fn id(number: usize) -> String {
        format!("webhook-number-{number:04}")
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (String, Kind, Vec<Taken>)> {
        self.kinds.iter().enumerate().map(|(number, kind)| {
            let taken = self.taken.taken[number].lock().unwrap_or_else(PoisonError::into_inner).clone();
            (Self::id(number), *kind, taken)
        })
    }

    pub(super) fn dead(&self) -> Vec<String> {
        self.iter().filter(|(_, kind, _)| kind.is_dead()).map(|(id, _, _)| id).collect()
    }
}

async fn receive(
    State(state): State<Arc<Shared>>,
    Path(number): Path<usize>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> StatusCode {
    let Some(taken) = taken(&headers, &body, now_millis()) else {
        return StatusCode::BAD_REQUEST;
    };
    match state.kinds[number] {
        Kind::Silent => std::future::pending().await,
        Kind::Slow => tokio::time::sleep(SLOW).await,
        Kind::Failing if state.random.lock().unwrap_or_else(PoisonError::into_inner).percent(50) => {
            return StatusCode::INTERNAL_SERVER_ERROR;
        }
        _ => {}
    }
    state.taken[number].lock().unwrap_or_else(PoisonError::into_inner).push(taken);
    StatusCode::NO_CONTENT
}

#[expect(clippy::disallowed_methods, reason = "compared with the servers' clock, which is this machine's")]
fn now_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn taken(headers: &HeaderMap, body: &Value, at_millis: u64) -> Option<Taken> {
    Some(Taken {
        delivery: headers.get("webhook-id")?.to_str().ok()?.parse().ok()?,
        consumer: body["consumer"].as_str()?.to_owned(),
        number: body["result"].as_str()?.rsplit('/').next()?.parse().ok()?,
        at_millis,
    })
}
