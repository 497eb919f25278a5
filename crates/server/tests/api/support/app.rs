//! A server over a database of its own.

use std::future::Future;
use std::io::Read;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, header};
use axum::response::Response;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use flate2::read::GzDecoder;
use http_body_util::BodyExt;
use pactolus_server::{
    App, CleanError, Cleaned, Clock, MasterKey, Settings, Worker, clean, preview_cleaning, run_due_jobs,
};
use pactolus_test_support::TestDatabase;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{Connection, PgConnection};
use tower::ServiceExt;
use tower_http::normalize_path::NormalizePath;

use super::Answer;
use super::api_document::{ApiDocument, Exchange};
use super::world::World;

/// What links start with: requests are sent to this host.
pub(crate) const BASE: &str = "http://pactolus.test";
const HOST: &str = "pactolus.test";

/// When every test begins.
const START: &str = "2026-11-22T06:48:46Z";

const CONNECTIONS: u32 = 8;

const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A server for one test. Requests go straight into its router. When it goes, no due job may be left.
pub(crate) struct TestApp {
    pub(crate) clock: Clock,
    /// To look at what no endpoint shows.
    pub(crate) db: PgPool,
    pub(crate) key: MasterKey,
    settings: Settings,
    router: NormalizePath<Router>,
    state: App,
    database: Arc<TestDatabase>,
    may_leave_jobs: AtomicBool,
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With other settings than those a newcomer gets.
    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        install();
        let database = Arc::new(TestDatabase::create(&pactolus_server::MIGRATOR).await);
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS);
        let db = pool.connect_lazy_with(database.connect_options());
        let key = MasterKey::generate();
        pactolus_server::prepare(&db, &key).await.expect("a fresh database is prepared");
        let mut settings = Settings::default();
        change(&mut settings);
        let start: DateTime<Utc> = START.parse().expect("a moment");
        let clock = Clock::manual(start);
        let state = App::new(db.clone(), settings.clone(), clock.clone(), key.clone());
        let router = pactolus_server::router(state.clone());
        Self { clock, db, key, settings, router, state, database, may_leave_jobs: AtomicBool::new(false) }
    }

    /// As a server that was started again, over the same database, with another encryption key.
    pub(crate) fn restart_with(&mut self, key: MasterKey) {
        self.key = key.clone();
        self.state = App::new(self.db.clone(), self.settings.clone(), self.clock.clone(), key);
        self.router = pactolus_server::router(self.state.clone());
    }

    /// Another process that serves from the same database, with the same settings, clock and key.
    pub(crate) fn another_process(&self) -> Self {
        let state = App::new(self.db.clone(), self.settings.clone(), self.clock.clone(), self.key.clone());
        Self {
            clock: self.clock.clone(),
            db: self.db.clone(),
            key: self.key.clone(),
            settings: self.settings.clone(),
            router: pactolus_server::router(state.clone()),
            state,
            database: Arc::clone(&self.database),
            may_leave_jobs: AtomicBool::new(self.may_leave_jobs.load(Ordering::Relaxed)),
        }
    }

    pub(crate) fn world(&self) -> World<'_> {
        World { app: self }
    }

    pub(crate) async fn get(&self, address: &str) -> Answer {
        self.send(request(Method::GET, address, None)).await
    }

    /// With an `Accept` header.
    pub(crate) async fn get_as(&self, address: &str, accept: &str) -> Answer {
        let mut request = request(Method::GET, address, None);
        request.headers_mut().insert(header::ACCEPT, accept.parse().expect("a header"));
        self.send(request).await
    }

    pub(crate) async fn post(&self, address: &str, body: &Value) -> Answer {
        self.send(request(Method::POST, address, Some(body.to_string()))).await
    }

    /// Without a body.
    pub(crate) async fn post_nothing(&self, address: &str) -> Answer {
        self.send(request(Method::POST, address, None)).await
    }

    pub(crate) async fn post_as(&self, address: &str, body: &Value, accept: &str) -> Answer {
        let mut request = request(Method::POST, address, Some(body.to_string()));
        request.headers_mut().insert(header::ACCEPT, accept.parse().expect("a header"));
        self.send(request).await
    }

    pub(crate) async fn put(&self, address: &str, body: &Value) -> Answer {
        self.put_text(address, &body.to_string()).await
    }

    /// With a body as it is, byte by byte.
    pub(crate) async fn put_text(&self, address: &str, body: &str) -> Answer {
        self.send(request(Method::PUT, address, Some(body.to_owned()))).await
    }

    /// Without a body.
    pub(crate) async fn put_nothing(&self, address: &str) -> Answer {
        self.send(request(Method::PUT, address, None)).await
    }

    /// With a JSON merge patch.
    pub(crate) async fn patch(&self, address: &str, body: &Value) -> Answer {
        let mut request = request(Method::PATCH, address, Some(body.to_string()));
        let content_type = "application/merge-patch+json".parse().expect("a header");
        request.headers_mut().insert(header::CONTENT_TYPE, content_type);
        self.send(request).await
    }

    /// With a part of what is there, as plain JSON.
    pub(crate) async fn patch_json(&self, address: &str, body: &Value) -> Answer {
        self.send(request(Method::PATCH, address, Some(body.to_string()))).await
    }

    pub(crate) async fn delete(&self, address: &str) -> Answer {
        self.send(request(Method::DELETE, address, None)).await
    }

    /// Sends what the document need not describe: for addresses that do not exist.
    pub(crate) async fn raw(&self, request: Request) -> Answer {
        answer(self.serve(request)).await
    }

    /// Sends a request and looks the exchange up in the API document.
    pub(crate) async fn send(&self, request: Request) -> Answer {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.expect("it stands in memory").to_bytes();
        let method = parts.method.clone();
        let path = parts.uri.path().to_owned();
        let content_type = parts.headers.get(header::CONTENT_TYPE).cloned();

        let is_packed = parts.headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding == "gzip");

        let answer = self.raw(Request::from_parts(parts, Body::from(body.clone()))).await;

        let body = if is_packed { unpacked(&body) } else { body };

        let response_content_type = answer.header("content-type");
        let exchange = Exchange {
            method: method.as_str(),
            path: &path,
            status: answer.status,
            request_content_type: content_type.as_ref().and_then(|value| value.to_str().ok()),
            request_body: &body,
            response_content_type: response_content_type.as_deref(),
            response_body: &answer.body,
        };
        if let Err(difference) = ApiDocument::load().check(&exchange) {
            let sent = String::from_utf8_lossy(&body);
            let sent: String = sent.chars().take(2000).collect();
            panic!("{difference}\n\n{method} {path}\n{sent}\n\n{answer:?}");
        }
        answer
    }

    fn serve(&self, request: Request) -> Pin<Box<dyn Future<Output = Response> + Send>> {
        let router = self.router.clone();
        Box::pin(async move {
            let Ok(response) = router.oneshot(request).await;
            response
        })
    }

    /// Does all jobs that are due.
    pub(crate) async fn run_jobs(&self) {
        while run_due_jobs(&self.state).await.expect("the database answers") > 0 {}
    }

    /// Does the jobs that are due now, once, as one of several workers would.
    pub(crate) async fn run_jobs_once(&self) -> usize {
        run_due_jobs(&self.state).await.expect("the database answers")
    }

    /// A worker as `serve` runs it.
    pub(crate) fn worker(&self) -> Worker {
        Worker::new(self.state.clone())
    }

    /// Removes what is old, as one process would.
    pub(crate) async fn clean(&self) -> Result<Cleaned, CleanError> {
        clean(&self.state).await
    }

    /// Tells what would be removed.
    pub(crate) async fn preview_cleaning(&self) -> Cleaned {
        preview_cleaning(&self.state).await.expect("the database answers")
    }

    /// Says that this test is not about what its jobs do.
    pub(crate) fn leave_jobs(&self) {
        self.may_leave_jobs.store(true, Ordering::Relaxed);
    }

    pub(crate) fn advance_secs(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Where to serve on: the router as `serve` runs it.
    pub(crate) fn router(&self) -> NormalizePath<Router> {
        self.router.clone()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if std::thread::panicking() || self.may_leave_jobs.load(Ordering::Relaxed) {
            return;
        }
        let options = self.database.connect_options();
        let Clock::Manual(micros) = &self.clock else { return };
        let now = DateTime::from_timestamp_micros(micros.load(Ordering::Relaxed)).expect("a moment");
        let counted = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut db = PgConnection::connect_with(&options).await?;
                // A job that waits for its next try is not unclaimed.
                let statement = "select count(*) from job where dead_at is null and run_at <= $1";
                let count: i64 = sqlx::query_scalar(statement).bind(now).fetch_one(&mut db).await?;
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(count)
            })
        });
        let left = counted.join().expect("the thread does not panic").expect("the database answers");
        assert_eq!(
            left, 0,
            "{left} jobs are left unclaimed: run_jobs() does them, leave_jobs() says that it is meant so"
        );
    }
}

/// A request as clients send it: JSON, or without a body.
fn request(method: Method, address: &str, body: Option<String>) -> Request {
    let address = match address.strip_prefix(BASE).unwrap_or(address) {
        "" => "/",
        address => address,
    };
    let builder = Request::builder().method(method).uri(address).header(header::HOST, HOST);
    let request = match body {
        Some(body) => builder.header(header::CONTENT_TYPE, "application/json").body(Body::from(body)),
        None => builder.body(Body::empty()),
    };
    request.unwrap_or_else(|error| panic!("{address}: {error}"))
}

/// What cannot be unpacked stays as it is: then it is refused.
fn unpacked(body: &Bytes) -> Bytes {
    let mut unpacked = Vec::new();
    match GzDecoder::new(&body[..]).read_to_end(&mut unpacked) {
        Ok(_) => unpacked.into(),
        Err(_) => body.clone(),
    }
}

async fn answer(response: impl Future<Output = Response>) -> Answer {
    let response = response.await;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("it stands in memory").to_bytes();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

/// What a process sets up once: TLS needs its provider before the first client is built, and the cause of a failure
/// stands in the log, shown with the test that fails.
fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_test_writer().init();
        rustls::crypto::ring::default_provider().install_default().expect("nothing else installs one");
    });
}

/// One path segment, percent-encoded.
fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// A path of segments, each percent-encoded.
pub(crate) fn path_of(segments: &[&str]) -> String {
    segments.iter().fold(String::new(), |path, text| format!("{path}/{}", segment(text)))
}

/// A query, percent-encoded, with its question mark.
pub(crate) fn query_of(pairs: &[(&str, &str)]) -> String {
    format!("?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}
