//! What webhooks call: a listener on this machine that remembers what it got.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use pactolus_server::Settings;
use serde_json::Value;

/// Opens the way to a receiver on this machine.
pub(crate) fn open_to_receiver(settings: &mut Settings) {
    settings.webhooks.targets.schemes.push("http".into());
    settings.webhooks.targets.hosts = vec!["127.0.0.1".parse().expect("a host")];
}

/// Listens until the test's runtime ends.
pub(crate) struct Receiver {
    url: String,
    seen: Seen,
}

/// A request that was received.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    received: Vec<Received>,
    statuses: VecDeque<u16>,
    /// Of the next answer, in seconds.
    retry_after: Option<u64>,
}

impl Receiver {
    /// Instead of a status: this request is not answered.
    pub(crate) const NEVER: u16 = 0;

    pub(crate) async fn start() -> Self {
        let seen = Seen::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it listens"));
        let router = Router::new().fallback(receive).with_state(seen.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, seen }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The next answers have these statuses; all others 200.
    pub(crate) fn will_answer(&self, statuses: &[u16]) {
        self.seen.lock().statuses.extend(statuses);
    }

    /// The next answer asks to come back after so many seconds.
    pub(crate) fn will_ask_for_patience(&self, seconds: u64) {
        let mut inner = self.seen.lock();
        inner.statuses.push_back(429);
        inner.retry_after = Some(seconds);
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.seen.lock().received.clone()
    }
}

impl Received {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Seen {
    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn receive(State(seen): State<Seen>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let body = String::from_utf8_lossy(&body).into_owned();
    let (status, retry_after) = {
        let mut inner = seen.lock();
        inner.received.push(Received { method: method.to_string(), target: uri.to_string(), headers, body });
        (inner.statuses.pop_front().unwrap_or(200), inner.retry_after.take())
    };
    if status == Receiver::NEVER {
        std::future::pending::<()>().await;
    }
    let status = StatusCode::from_u16(status).expect("a status");
    match retry_after {
        Some(seconds) => (status, [("retry-after", seconds.to_string())], "received").into_response(),
        None => (status, "received").into_response(),
    }
}
