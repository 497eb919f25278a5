//! Executing a webhook on request: it is sent once, by a worker, and the answer tells what came of it.

use std::future::Future;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::{Answer, Receiver, TestApp, open_to_receiver};

/// What is answered while a worker works.
pub(crate) async fn with_a_worker(app: &TestApp, asking: impl Future<Output = Answer>) -> Answer {
    let stop = CancellationToken::new();
    let worker = tokio::spawn(app.worker().run(stop.clone()));
    let answer = asking.await;
    stop.cancel();
    worker.await.expect("the worker stops");
    answer
}

async fn execute(app: &TestApp, webhook: &Answer) -> Answer {
    with_a_worker(app, app.post_nothing(&webhook.link("pb:execute"))).await.is(200)
}

#[tokio::test]
async fn a_webhook_is_executed_with_the_latest_contract_of_its_scope() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let world = app.world();
    world.consumer("shop").version("1").contract_with("stock", &["a"]).await;
    world.consumer("shop").version("2").contract_with("stock", &["b"]).await;
    world.consumer("till").version("3").contract_with("stock", &["c"]).await;
    let webhook = world
        .webhook(&receiver.url("/hook"))
        .on("contract_published")
        .with("consumer", json!({"name": "shop"}))
        .request("headers", json!({"Authorization": "Bearer s3cret"}))
        .await;

    let answer = execute(&app, &webhook).await;

    let sent = receiver.received();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].json(), json!({"event": "test", "consumer": "shop 2", "provider": "stock "}));
    assert_eq!(answer.at("/success"), true);
    assert_eq!(answer.text_at("/request/url"), "/hook");
    assert_eq!(answer.text_at("/request/headers/authorization"), "**********");
    assert_eq!(answer.at("/request/body"), Value::Null);
    assert_eq!((answer.at("/response/status"), answer.text_at("/response/body")), (json!(200), "received".into()));
    assert!(answer.text_at("/logs").ends_with("INFO: Successfully executed webhook\n"), "{answer:?}");
    assert!(!answer.text().contains("s3cret"));
    assert_eq!(answer.link("webhook"), webhook.link("self"));
    assert_eq!(answer.link("try-again"), webhook.link("pb:execute"));
}

#[tokio::test]
async fn a_webhook_for_results_is_executed_with_the_latest_result() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let world = app.world();
    world.consumer("shop").version("1").contract_with("stock", &["a"]).await;
    world.provider("stock").version("40").branch("main").fails("shop", "1").await;
    let body = json!({
        "provider": "${pactbroker.providerVersionNumber} ${pactbroker.providerVersionBranch}",
        "status": "${pactbroker.githubVerificationStatus}", "url": "${pactbroker.verificationResultUrl}",
    });
    let webhook = world.webhook(&receiver.url("/")).on("provider_verification_published").body(body).await;

    execute(&app, &webhook).await;

    let sent = receiver.received()[0].json();
    assert_eq!((&sent["provider"], &sent["status"]), (&json!("40 main"), &json!("failure")));
    app.get(sent["url"].as_str().expect("an address")).await.is(200);
}

#[tokio::test]
async fn without_a_contract_values_are_made_up() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let webhook = app.world().webhook(&receiver.url("/")).on("provider_verification_published").await;

    execute(&app, &webhook).await;

    assert_eq!(
        receiver.received()[0].json(),
        json!({
            "event": "test",
            "consumer": "placeholder-consumer gggghhhhjjjjkkkkllll66667777888899990000",
            "provider": "placeholder-provider aaaabbbbccccddddeeeeffff1111222233334444",
        })
    );
}

#[tokio::test]
async fn a_webhook_is_executed_before_it_is_saved() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let body = json!({
        "events": [{"name": "contract_published"}],
        "preset": {"name": "slack", "parameters": {"url": receiver.url("/services/s3cret")}},
    });

    let answer = with_a_worker(&app, app.post("/webhooks/execute", &body)).await.is(200);

    assert_eq!(receiver.received()[0].target, "/services/s3cret");
    assert_eq!(answer.at("/success"), true);
    assert!(!answer.text().contains("s3cret"), "{answer:?}");
    assert_eq!(answer.link("try-again"), "http://pactolus.test/webhooks/execute");
    assert_eq!(app.get("/webhooks").await.at("/_links/pb:webhooks"), json!([]));
}

#[tokio::test]
async fn a_receiver_that_refuses_is_told_and_not_asked_again() {
    let receiver = Receiver::start().await;
    receiver.will_answer(&[422]);
    let app = TestApp::with(open_to_receiver).await;
    let webhook = app.world().webhook(&receiver.url("/")).on("contract_published").await;

    let answer = execute(&app, &webhook).await;
    app.advance_secs(3600);
    app.run_jobs().await;

    assert_eq!((answer.at("/success"), answer.at("/response/status")), (json!(false), json!(422)));
    assert!(answer.text_at("/logs").ends_with("INFO: Webhook execution failed\n"), "{answer:?}");
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test]
async fn without_a_list_of_hosts_nothing_of_the_answer_is_shown() {
    let app = TestApp::start().await;
    let webhook = app.world().webhook("https://127.0.0.1:9/x").on("contract_published").await;

    let answer = execute(&app, &webhook).await;

    assert_eq!(answer.at("/success"), false);
    assert_eq!((answer.at("/response"), answer.at("/error")), (Value::Null, Value::Null));
    assert_snapshot!(answer.text_at("/message"), @"For security purposes, the response details are not logged. To enable response logging, configure the webhook_host_whitelist property.");
}

#[tokio::test]
async fn what_no_worker_comes_to_is_told_and_not_sent_later() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(|settings| {
        open_to_receiver(settings);
        settings.webhooks.timeout = std::time::Duration::ZERO;
    })
    .await;
    let webhook = app.world().webhook(&receiver.url("/")).on("contract_published").await;

    let answer = app.post_nothing(&webhook.link("pb:execute")).await.is(200);
    app.advance_secs(61);
    app.run_jobs().await;

    assert_eq!(answer.at("/success"), false);
    assert!(answer.text_at("/message").starts_with("Nothing is known of it after 5 seconds"), "{answer:?}");
    assert_eq!(receiver.received().len(), 0);
}

#[tokio::test]
async fn what_was_executed_is_forgotten_after_a_day() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let webhook = app.world().webhook(&receiver.url("/")).on("contract_published").await;
    execute(&app, &webhook).await;
    let count = async || {
        let statement = "select count(*) from webhook_test";
        sqlx::query_scalar::<_, i64>(statement).fetch_one(&app.db).await.expect("the table is there")
    };

    app.advance_secs(24 * 3600 - 1);
    app.run_jobs().await;
    assert_eq!(count().await, 1);
    app.advance_secs(2);
    app.run_jobs().await;
    assert_eq!(count().await, 0);
}

#[tokio::test]
async fn what_is_not_there_or_not_right_is_not_executed() {
    let app = TestApp::start().await;

    app.post_nothing("/webhooks/my-webhook-of-choice/execute").await.is(404);
    app.post("/webhooks/execute", &json!({})).await.is(400);
    let unknown = json!({"consumer": {"name": "nobody"}, "request": {"method": "POST", "url": "https://example.org/"}});
    let refused = app.post("/webhooks/execute", &unknown).await.is(400);

    assert_eq!(refused.text_at("/errors/consumer.name/0"), "does not match an existing pacticipant");
}
