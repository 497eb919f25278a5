//! How workers do jobs: each to its end, none in the way of another. Webhooks are the jobs that there are.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use pactolus_domain::webhook::Retries;
use serde_json::json;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::support::{Receiver, TestApp, open_to_receiver};

/// Long enough for a busy machine, and less than a receiver is waited for.
const SOON: Duration = Duration::from_secs(12);

async fn table(app: &TestApp, statement: &'static str) -> Vec<String> {
    sqlx::query_scalar(statement).fetch_all(&app.db).await.expect("the table is there")
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    assert!(timeout(SOON, waiting).await.is_ok(), "{what} did not happen");
}

/// Begins what is due, and dies when the receiver was called.
async fn worker_that_dies(app: &Arc<TestApp>, receiver: &Receiver) {
    let before = receiver.received().len();
    let worker = tokio::spawn({
        let app = Arc::clone(app);
        async move { app.run_jobs_once().await }
    });
    until("an attempt", || receiver.received().len() > before).await;
    worker.abort();
    assert!(worker.await.is_err_and(|error| error.is_cancelled()));
}

#[tokio::test]
async fn what_cannot_be_done_is_tried_less_and_less_often_and_buried_in_the_end() {
    let app = TestApp::start().await;
    app.world().webhook("https://hooks.example.org/").on("contract_published").await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    sqlx::query("update webhook set sealed_request = '\\x00'").execute(&app.db).await.unwrap();

    app.run_jobs().await;
    assert_eq!(
        table(&app, "select concat_ws(' ', failures, last_error, dead_at) from job").await,
        ["1 the secret was sealed with another key"]
    );
    app.run_jobs().await;
    app.advance_secs(1);
    app.run_jobs().await;
    assert_eq!(table(&app, "select failures::text from job").await, ["1"]);
    app.advance_secs(1);
    for failures in 2..=19 {
        app.run_jobs().await;
        app.advance_secs(3600);
        assert_eq!(table(&app, "select failures::text from job where dead_at is null").await, [failures.to_string()]);
    }
    app.run_jobs().await;

    assert_eq!(table(&app, "select id::text from job where dead_at is null").await, Vec::<String>::new());
    assert_eq!(table(&app, "select status from webhook_delivery").await, ["failure"]);
    let logs = table(&app, "select log from webhook_attempt").await;
    assert!(logs.len() == 1 && logs[0].contains("given up: it failed 20 times"), "{logs:?}");
}

#[tokio::test]
async fn a_worker_that_dies_uses_up_no_attempt() {
    let receiver = Receiver::start().await;
    let app = Arc::new(
        TestApp::with(|settings| {
            open_to_receiver(settings);
            settings.webhooks.retries = Retries::After(vec![Duration::from_secs(10)]);
        })
        .await,
    );
    app.world().webhook(&receiver.url("/")).on("contract_published").await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    receiver.will_answer(&[Receiver::NEVER, Receiver::NEVER, Receiver::NEVER, 500, 500]);

    for _ in 0..3 {
        worker_that_dies(&app, &receiver).await;
        app.advance_secs(60);
    }
    app.run_jobs().await;
    assert_eq!(table(&app, "select status from webhook_delivery").await, ["retrying"]);
    app.advance_secs(10);
    app.run_jobs().await;

    assert_eq!(table(&app, "select status from webhook_delivery").await, ["failure"]);
    assert_eq!(table(&app, "select number::text from webhook_attempt order by number").await, ["1", "2"]);
}

/// Answers each request when it is told to, in order: the first with 500, every other with 200.
async fn receiver_that_hesitates(go: Arc<Notify>, asked: Arc<Notify>) -> String {
    let first = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let receive = move || {
        let (go, asked) = (Arc::clone(&go), Arc::clone(&asked));
        let is_first = first.swap(false, std::sync::atomic::Ordering::SeqCst);
        async move {
            asked.notify_one();
            go.notified().await;
            if is_first { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = format!("http://{}/", listener.local_addr().expect("it listens"));
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(receive)).await });
    url
}

#[tokio::test]
async fn what_a_worker_says_after_its_lease_was_taken_over_is_dropped() {
    let (go, asked) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let url = receiver_that_hesitates(Arc::clone(&go), Arc::clone(&asked)).await;
    let app = Arc::new(TestApp::with(open_to_receiver).await);
    app.world().webhook(&url).on("contract_published").await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    let work = || {
        let app = Arc::clone(&app);
        tokio::spawn(async move { app.run_jobs_once().await })
    };
    let stale = work();
    timeout(SOON, asked.notified()).await.expect("the receiver is asked");
    app.advance_secs(60);
    let other = work();
    timeout(SOON, asked.notified()).await.expect("the receiver is asked again");
    let attempts = "select concat_ws(' ', number, success, response_status) from webhook_attempt";

    go.notify_one();
    stale.await.unwrap();
    assert_eq!(table(&app, attempts).await, Vec::<String>::new());
    assert_eq!(table(&app, "select status from webhook_delivery").await, ["not_run"]);
    go.notify_one();
    other.await.unwrap();

    assert_eq!(table(&app, attempts).await, ["1 t 200"]);
    assert_eq!(table(&app, "select status from webhook_delivery").await, ["success"]);
    assert_eq!(table(&app, "select id::text from job").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_holds_up_no_other() {
    let (slow, quick) = (Receiver::start().await, Receiver::start().await);
    let app = Arc::new(TestApp::with(open_to_receiver).await);
    app.leave_jobs();
    slow.will_answer(&[Receiver::NEVER; 200]);
    app.world().webhook(&slow.url("/")).on("contract_published").await;
    for version in 1..=40 {
        app.world().consumer("shop").version(&version.to_string()).contract_with("stock", &["a"]).await;
    }
    app.advance_secs(1);
    app.world().webhook(&quick.url("/")).on("provider_verification_published").await;
    app.world().provider("stock").version("40").verifies("shop", "1").await;

    let worker = tokio::spawn({
        let app = Arc::clone(&app);
        async move { app.run_jobs_once().await }
    });
    until("the delivery to the other receiver", || quick.received().len() == 1).await;
    until("some deliveries to the slow one", || slow.received().len() == 16).await;
    worker.abort();

    assert!(worker.await.unwrap_err().is_cancelled());
    assert_eq!(slow.received().len(), 16);
}

#[tokio::test]
async fn a_worker_begins_what_is_new_while_the_old_is_under_way_and_finishes_what_it_began() {
    let (go, asked) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = receiver_that_hesitates(Arc::clone(&go), Arc::clone(&asked)).await;
    let quick = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let stop = CancellationToken::new();
    let worker = tokio::spawn(app.worker().run(stop.clone()));
    app.world().webhook(&slow).on("contract_published").await;
    app.world().webhook(&quick.url("/")).on("provider_verification_published").await;

    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    timeout(SOON, asked.notified()).await.expect("the slow receiver is asked");
    app.world().provider("stock").version("40").verifies("shop", "1").await;
    until("the later delivery", || quick.received().len() == 1).await;
    stop.cancel();
    assert!(!worker.is_finished());
    go.notify_one();
    timeout(SOON, worker).await.expect("the worker stops").unwrap();

    let statuses = table(&app, "select status from webhook_delivery order by event").await;
    assert_eq!(statuses, ["retrying", "success"]);
}

#[tokio::test]
async fn a_pause_of_any_length_is_one() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(|settings| {
        open_to_receiver(settings);
        settings.webhooks.retries = Retries::After(vec![Duration::MAX]);
    })
    .await;
    app.world().webhook(&receiver.url("/")).on("contract_published").await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    receiver.will_answer(&[500]);

    app.run_jobs().await;
    assert_eq!(table(&app, "select status from webhook_delivery").await, ["retrying"]);
    app.advance_secs(30 * 24 * 3600);
    app.run_jobs().await;

    assert_eq!(table(&app, "select status from webhook_delivery").await, ["success"]);
}

#[tokio::test]
async fn a_job_of_a_newer_release_is_left_for_it() {
    let app = TestApp::start().await;
    sqlx::query(
        "insert into job (tenant_id, id, kind, lane, payload, run_at, created_at)
         values (1, '0195fd3e-7d3a-7000-8000-000000000000', 'moon_landing', 'moon', $1, '2026-01-01', '2026-01-01')",
    )
    .bind(json!({}))
    .execute(&app.db)
    .await
    .unwrap();

    for _ in 0..30 {
        app.run_jobs().await;
        app.advance_secs(60);
    }
    app.run_jobs().await;

    let left = "select concat_ws(' ', kind, failures, dead_at, last_error) from job";
    assert_eq!(table(&app, left).await, ["moon_landing 0 this release knows no job of kind moon_landing"]);
}

/// The versions that a receiver was told of, in order.
fn versions(receiver: &Receiver) -> Vec<String> {
    receiver.received().iter().map(|one| one.json()["consumer"].as_str().expect("a text").to_owned()).collect()
}

async fn publish(app: &TestApp, versions: std::ops::RangeInclusive<u32>) {
    for version in versions {
        app.world().consumer("shop").version(&version.to_string()).contract_with("stock", &["a"]).await;
    }
}

#[tokio::test]
async fn a_receiver_that_is_down_rests_and_is_tried_out_by_one() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    app.world().webhook(&receiver.url("/")).on("contract_published").await;
    receiver.will_answer(&[503; 11]);

    for version in 1..=10 {
        publish(&app, version..=version).await;
        app.run_jobs().await;
    }
    assert_eq!(receiver.received().len(), 10);
    publish(&app, 11..=30).await;
    app.run_jobs().await;
    assert_eq!(receiver.received().len(), 10, "it rests");
    app.advance_secs(11);
    app.run_jobs().await;
    assert_eq!(receiver.received().len(), 11, "one tries it out");
    app.run_jobs().await;
    assert_eq!(receiver.received().len(), 11, "it rests again");
    app.advance_secs(300);
    app.run_jobs().await;

    let mut told = versions(&receiver);
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 30, "it was told of each once it was back");
}

#[tokio::test]
async fn what_a_receiver_refuses_is_no_reason_to_rest() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    app.leave_jobs();
    app.world().webhook(&receiver.url("/")).on("contract_published").await;
    receiver.will_answer(&[422; 10]);

    for version in 1..=10 {
        publish(&app, version..=version).await;
        app.run_jobs().await;
    }

    assert_eq!(receiver.received().len(), 10);
}

#[tokio::test]
async fn a_webhook_in_order_is_told_of_one_thing_after_the_other() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    app.world().webhook(&receiver.url("/")).on("contract_published").with("inOrder", json!(true)).await;
    receiver.will_answer(&[500, 200, 200, 404, 200]);
    publish(&app, 1..=20).await;

    for _ in 0..10 {
        app.run_jobs().await;
        app.advance_secs(60);
    }

    // The first was tried twice, the third too.
    let numbers = [1, 1, 2, 3, 3].into_iter().chain(4..=20);
    assert_eq!(versions(&receiver), numbers.map(|version| format!("shop {version}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_fails_is_tried_for_three_days() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    app.world().webhook(&receiver.url("/")).on("contract_published").await;
    receiver.will_answer(&[404; 60]);
    publish(&app, 1..=1).await;

    for _ in 0..72 * 6 - 1 {
        app.run_jobs().await;
        app.advance_secs(600);
    }
    app.run_jobs().await;
    assert_eq!(table(&app, "select status from webhook_delivery").await, ["retrying"]);
    app.advance_secs(600);
    app.run_jobs().await;

    assert_eq!(table(&app, "select status from webhook_delivery").await, ["failure"]);
    let attempts = receiver.received().len();
    assert!((25..=36).contains(&attempts), "{attempts} attempts");
}

#[tokio::test]
async fn a_receiver_may_ask_for_patience() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    app.world().webhook(&receiver.url("/")).on("contract_published").await;
    receiver.will_ask_for_patience(120);
    publish(&app, 1..=1).await;

    app.run_jobs().await;
    app.advance_secs(119);
    app.run_jobs().await;
    assert_eq!(receiver.received().len(), 1);
    app.advance_secs(1);
    app.run_jobs().await;

    assert_eq!(receiver.received().len(), 2);
}
