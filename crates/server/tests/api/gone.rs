//! Clients that go away before they have their answer.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use sqlx::{ConnectOptions, PgConnection};
use tokio::time::{Instant, sleep};
use tower::Service;

use crate::support::TestApp;

/// Long enough for a busy machine.
const SOON: Duration = Duration::from_secs(20);

/// Asks, and goes away when the server has waited for something so many times.
async fn ask_and_leave(app: &TestApp, method: &str, path: &str, waits: u32) {
    let body = if method == "PUT" { Body::from("{}") } else { Body::empty() };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .body(body)
        .expect("the request is one");
    let mut router = app.router();
    let mut answering = pin!(router.call(request));
    let mut polls = 0;
    poll_fn(|context| {
        polls += 1;
        if polls > waits { Poll::Ready(()) } else { answering.as_mut().poll(context).map(drop) }
    })
    .await;
}

/// Waits until the server has no transaction in which nothing happens.
async fn no_transaction_is_open(observer: &mut PgConnection) {
    let began = Instant::now();
    loop {
        let open: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid() and state like 'idle in transaction%'",
        )
        .fetch_one(&mut *observer)
        .await
        .expect("everybody may read it");
        if open == 0 {
            return;
        }
        assert!(began.elapsed() < SOON, "a transaction stays open");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_leaves_no_transaction_open() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").branch("main").contract_with("stock", &["a"]).await;
    app.world().environment("production").await;
    let mut observer = app.db.connect_options().connect().await.expect("the database takes one more");

    for waits in 0..40 {
        let question = "/can-i-deploy?pacticipant=shop&version=1&environment=production";
        ask_and_leave(&app, "GET", question, waits).await;
        no_transaction_is_open(&mut observer).await;
        ask_and_leave(&app, "PUT", &format!("/pacticipants/shop/versions/1/tags/tag-{waits}"), waits).await;
        no_transaction_is_open(&mut observer).await;
    }
}
