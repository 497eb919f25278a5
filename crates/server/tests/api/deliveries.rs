//! What webhooks are told, and when.

use std::sync::Arc;
use std::time::Duration;

use insta::assert_snapshot;
use pactolus_domain::webhook::Retries;
use serde_json::{Value, json};

use crate::support::{Received, Receiver, TestApp, open_to_receiver};

fn told(receiver: &Receiver) -> Vec<Value> {
    receiver.received().iter().map(Received::json).collect()
}

fn events(receiver: &Receiver) -> Vec<String> {
    let mut events: Vec<String> =
        told(receiver).iter().map(|body| body["event"].as_str().expect("a name").into()).collect();
    events.sort_unstable();
    events
}

async fn table(app: &TestApp, statement: &'static str) -> Vec<String> {
    sqlx::query_scalar(statement).fetch_all(&app.db).await.expect("the table is there")
}

#[tokio::test]
async fn a_delivery_is_rendered_from_its_template() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    app.world()
        .webhook(&receiver.url("/build/${pactbroker.consumerName}?v=${pactbroker.consumerVersionNumber}"))
        .on("contract_published")
        .request("headers", json!({"X-Branch": "${pactbroker.consumerVersionBranch}"}))
        .body(json!({
            "text": "${pactbroker.consumerName} \"${pactbroker.providerName}\" ${pactbroker.githubVerificationStatus}",
            "url": "${pactbroker.pactUrl}", "tags": "${pactbroker.consumerVersionTags}",
            "build": "${pactbroker.buildUrl}", "unknown": "${pactbroker.moon}",
        }))
        .await;

    let shop = app.world().consumer("sh \"op/").version("1+a").branch("main").tag("dev").build_url("https://ci/1");
    shop.contract_with("stock", &["a"]).await;
    app.run_jobs().await;

    let sent = receiver.received();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].method, "POST");
    assert_eq!(sent[0].target, "/build/sh+%22op%2F?v=1%2Ba");
    assert_eq!(sent[0].header("x-branch"), "main");
    assert_eq!(sent[0].header("content-type"), "application/json");
    assert_snapshot!(serde_json::to_string_pretty(&sent[0].json()).unwrap(), @r#"
    {
      "text": "sh \"op/ \"stock\" pending",
      "url": "http://pactolus.test/pacts/provider/stock/consumer/sh%20%22op%2F/pact-version/9cbd8f2299708f5f32876552490ff2b91a63d978/metadata/Y3ZuPTElMkJh",
      "tags": "dev",
      "build": "https://ci/1",
      "unknown": "${pactbroker.moon}"
    }
    "#);
    let url = sent[0].json()["url"].as_str().unwrap().to_owned();
    app.get(&url).await.is(200);
}

#[tokio::test]
async fn each_event_is_told_to_those_who_listen_to_it() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let world = app.world();
    for event in [
        "contract_published",
        "contract_content_changed",
        "provider_verification_published",
        "provider_verification_succeeded",
        "provider_verification_failed",
        "contract_requiring_verification_published",
    ] {
        world.webhook(&receiver.url("/")).on(event).await;
    }

    world.consumer("shop").version("1").branch("main").contract_with("stock", &["a"]).await;
    app.run_jobs().await;
    assert_eq!(events(&receiver), ["contract_content_changed", "contract_published"]);

    let receiver_count = receiver.received().len();
    world.consumer("shop").version("2").branch("main").contract_with("stock", &["a"]).await;
    app.run_jobs().await;
    assert_eq!(
        told(&receiver)[receiver_count..],
        [json!({"event": "contract_published", "consumer": "shop 2", "provider": "stock "})]
    );

    let receiver_count = receiver.received().len();
    world.provider("stock").version("40").verifies("shop", "1").await;
    app.run_jobs().await;
    let mut names: Vec<Value> = told(&receiver)[receiver_count..].iter().map(|body| body["event"].clone()).collect();
    names.sort_by_key(ToString::to_string);
    names.dedup();
    assert_eq!(names, ["provider_verification_published", "provider_verification_succeeded"]);

    let receiver_count = receiver.received().len();
    world.provider("stock").version("41").fails("shop", "1").await;
    app.run_jobs().await;
    let mut names: Vec<Value> = told(&receiver)[receiver_count..].iter().map(|body| body["event"].clone()).collect();
    names.sort_by_key(ToString::to_string);
    names.dedup();
    assert_eq!(names, ["provider_verification_failed", "provider_verification_published"]);
}

#[tokio::test]
async fn a_contract_that_the_main_branch_or_an_environment_has_not_verified_requires_verification() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let world = app.world();
    world.environment("production").await;
    world.provider("stock").version("39").await;
    world.deployed("stock", "39", "production").await;
    world.provider("stock").version("40").branch("main").await;
    world.provider("stock").version("41").branch("feat").await;
    world.webhook(&receiver.url("/")).on("contract_requiring_verification_published").await;

    world.consumer("shop").version("1").contract_with("stock", &["a"]).await;
    app.run_jobs().await;

    let mut providers: Vec<String> =
        told(&receiver).iter().map(|body| body["provider"].as_str().unwrap().into()).collect();
    providers.sort_unstable();
    assert_eq!(providers, ["stock 39", "stock 40"]);
}

#[tokio::test]
async fn one_delivery_for_each_consumer_version_that_the_contract_was_fetched_for() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let world = app.world();
    world.environment("production").await;
    world.webhook(&receiver.url("/")).on("provider_verification_published").await;
    world.consumer("shop").version("1").contract_with("stock", &["a"]).await;
    world.consumer("shop").version("2").branch("main").contract_with("stock", &["a"]).await;
    world.consumer("shop").version("3").branch("feat").contract_with("stock", &["a"]).await;
    world.deployed("shop", "1", "production").await;

    let wanted = json!({"consumerVersionSelectors": [{"mainBranch": true}, {"environment": "production"}]});
    let pacts = app.post("/pacts/provider/stock/for-verification", &wanted).await.is(200);
    let link = pacts.text_at("/_embedded/pacts/0/_links/self/href");
    let publish_to = app.get(&link).await.is(200).link("pb:publish-verification-results");
    app.post(&publish_to, &json!({"success": true, "providerApplicationVersion": "40"})).await.is(201);
    app.run_jobs().await;

    let mut consumers: Vec<String> =
        told(&receiver).iter().map(|body| body["consumer"].as_str().unwrap().into()).collect();
    consumers.sort_unstable();
    assert_eq!(consumers, ["shop 1", "shop 2"]);
}

#[tokio::test]
async fn webhooks_are_told_only_of_their_own_contracts() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let world = app.world();
    world.consumer("shop").version("0").contract_with("stock", &["a"]).await;
    world.consumer("basket").version("0").contract_with("prices", &["a"]).await;
    let hook = |body: &str| world.webhook(&receiver.url("/")).on("contract_published").body(json!({"event": body}));
    hook("of shop").with("consumer", json!({"name": "shop"})).await;
    hook("of prices").with("provider", json!({"name": "prices"})).await;
    hook("off").with("enabled", json!(false)).await;

    world.consumer("shop").version("1").contract_with("stock", &["b"]).await;
    world.consumer("basket").version("1").contract_with("prices", &["b"]).await;
    world.consumer("basket").version("2").contract_with("stock", &["b"]).await;
    app.run_jobs().await;

    assert_eq!(events(&receiver), ["of prices", "of shop"]);
}

#[tokio::test]
async fn a_failed_delivery_is_repeated_as_scheduled() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(|settings| {
        open_to_receiver(settings);
        settings.webhooks.retries = Retries::After([10, 60].map(Duration::from_secs).to_vec());
    })
    .await;
    app.world().webhook(&receiver.url("/")).on("contract_published").await;
    receiver.will_answer(&[500, 404]);
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;

    app.run_jobs().await;
    app.run_jobs().await;
    assert_eq!(receiver.received().len(), 1);
    app.advance_secs(9);
    app.run_jobs().await;
    assert_eq!(receiver.received().len(), 1);
    app.advance_secs(1);
    app.run_jobs().await;
    assert_eq!(receiver.received().len(), 2);
    app.advance_secs(60);
    app.run_jobs().await;
    assert_eq!(receiver.received().len(), 3);
    app.advance_secs(10_000);
    app.run_jobs().await;

    assert_eq!(receiver.received().len(), 3);
    assert_eq!(table(&app, "select status from webhook_delivery").await, ["success"]);
    let ids: Vec<String> = receiver.received().iter().map(|one| one.header("webhook-id").to_owned()).collect();
    assert!(ids.iter().all(|id| *id == ids[0] && !id.is_empty()), "{ids:?}");
}

#[tokio::test]
async fn a_delivery_that_always_fails_is_given_up() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(|settings| {
        open_to_receiver(settings);
        settings.webhooks.retries = Retries::After(vec![Duration::from_secs(10); 6]);
    })
    .await;
    app.world().webhook(&receiver.url("/")).on("contract_published").await;
    receiver.will_answer(&[500; 20]);
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;

    for _ in 0..20 {
        app.run_jobs().await;
        app.advance_secs(2000);
    }

    assert_eq!(receiver.received().len(), 7);
    assert_eq!(table(&app, "select status from webhook_delivery").await, ["failure"]);
    assert_eq!(
        table(&app, "select last_error from job where dead_at is not null").await,
        ["the receiver answered 500"]
    );
}

#[tokio::test]
async fn logs_say_what_was_sent_and_hide_secrets() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    app.world()
        .webhook(&receiver.url("/build?token=s3cret"))
        .on("contract_published")
        .request("headers", json!({"Authorization": "Bearer s3cret", "X-Team": "shop"}))
        .await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    let id = &table(&app, "select id::text from webhook_delivery").await[0];
    let address = format!("/triggered-webhooks/{id}/logs");

    let before = app.get(&address).await.is(200);
    assert_eq!(before.text(), "Webhook has not executed yet. Please retry in a few seconds.");
    app.run_jobs().await;

    let after = app.get(&address).await.is(200).text();
    assert!(!after.contains("s3cret"), "{after}");
    assert!(
        after.contains("HTTP/1.1 POST") && after.contains("x-team: **********") && after.contains("HTTP/1.1 200"),
        "{after}"
    );
    let hal = app.get_as(&address, "application/hal+json").await.is(200);
    assert_eq!(hal.at("/executions/0/success"), true);
    app.get("/triggered-webhooks/0195fd3e-7d3a-7000-8000-000000000000/logs").await.is(404);
    app.get("/triggered-webhooks/nonsense/logs").await.is(404);
}

#[tokio::test]
async fn this_machine_and_private_networks_are_not_called() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(|settings| settings.webhooks.targets.schemes.push("http".into())).await;
    let port = receiver.url("").rsplit(':').next().unwrap().to_owned();
    for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "127.1"] {
        let body = json!({"events": [{"name": "contract_published"}],
            "request": {"method": "POST", "url": format!("http://{host}:{port}/")}});
        let answer = app.post("/webhooks", &body).await;
        assert!(matches!(answer.status, 201 | 400), "{host}: {answer:?}");
    }
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;

    app.run_jobs().await;

    assert_eq!(receiver.received().len(), 0);
    let logs = table(&app, "select log from webhook_attempt").await;
    assert!(!logs.is_empty());
    assert!(logs.iter().all(|log| log.contains("on this machine or in a private network")), "{logs:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    app.world().webhook(&receiver.url("/")).on("contract_published").await;
    receiver.will_answer(&[302]);
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;

    app.run_jobs().await;

    assert_eq!(receiver.received().len(), 1);
    assert_eq!(table(&app, "select status from webhook_delivery").await, ["retrying"]);
}

#[tokio::test]
async fn what_a_deleted_webhook_was_to_tell_is_not_told() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let webhook = app.world().webhook(&receiver.url("/")).on("contract_published").await.link("self");
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    app.delete(&webhook).await.is(204);

    app.run_jobs().await;

    assert_eq!(receiver.received().len(), 0);
    assert_eq!(table(&app, "select status from webhook_delivery").await, ["failure"]);
    let logs = table(&app, "select log from webhook_attempt").await;
    assert!(logs.len() == 1 && logs[0].contains("given up: the webhook was deleted"), "{logs:?}");
}

#[tokio::test]
async fn many_deliveries_of_disabled_webhooks_are_given_up_with_few_connections() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(|settings| {
        open_to_receiver(settings);
        settings.webhooks.targets.hosts = (1..=9).map(|host| format!("127.0.0.{host}").parse().unwrap()).collect();
    })
    .await;
    let mut webhooks = Vec::new();
    for number in 0..36 {
        let url = receiver.url("/").replace("127.0.0.1", &format!("127.0.0.{}", number % 9 + 1));
        webhooks.push(app.world().webhook(&url).on("contract_published").await);
    }
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    for webhook in webhooks {
        let mut body = webhook.json();
        body["enabled"] = false.into();
        app.put(&webhook.link("self"), &body).await.is(200);
    }

    tokio::time::timeout(Duration::from_secs(20), app.run_jobs()).await.expect("no worker waits for another");

    assert_eq!(receiver.received().len(), 0);
    assert_eq!(table(&app, "select status from webhook_delivery").await, ["failure"; 36]);
    let logs = table(&app, "select log from webhook_attempt").await;
    assert!(logs.len() == 36 && logs.iter().all(|log| log.contains("the webhook was disabled")), "{logs:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_is_deleted_meanwhile_breaks_no_publication() {
    let receiver = Receiver::start().await;
    let app = Arc::new(TestApp::with(open_to_receiver).await);
    app.put("/webhooks/the-one-that-goes", &hook(&receiver)).await.is(201);
    app.put("/webhooks/the-one-that-stays", &hook(&receiver)).await.is(201);
    let mut deleting = app.db.begin().await.unwrap();
    sqlx::query("delete from webhook where id = 'the-one-that-goes'").execute(&mut *deleting).await.unwrap();

    let publishing = tokio::spawn({
        let app = Arc::clone(&app);
        async move { app.world().consumer("shop").version("1").contract_with("stock", &["a"]).try_publish().await }
    });
    let is_held = "select pid::text from pg_stat_activity
                   where datname = current_database() and wait_event_type = 'Lock'";
    while table(&app, is_held).await.is_empty() {
        assert!(!publishing.is_finished(), "nothing held it up");
        tokio::task::yield_now().await;
    }
    deleting.commit().await.unwrap();
    publishing.await.unwrap().is(200);
    app.run_jobs().await;

    assert_eq!(receiver.received().len(), 1);
    assert_eq!(table(&app, "select webhook_id from webhook_delivery").await, ["the-one-that-stays"]);
}

fn hook(receiver: &Receiver) -> Value {
    json!({"events": [{"name": "contract_published"}], "request": {"method": "POST", "url": receiver.url("/")}})
}

#[tokio::test]
async fn a_publication_tells_what_it_triggered() {
    let app = TestApp::start().await;
    app.world()
        .webhook("https://hooks.example.org/build")
        .on("contract_published")
        .with("description", json!("Build it"))
        .await;
    app.leave_jobs();

    let published = app.world().consumer("shop").version("1").branch("main").contract_with("stock", &["a"]).await;

    let text = published.at("/notices").to_string();
    assert!(text.contains("Build it") && text.contains("/triggered-webhooks/"), "{text}");
}

#[tokio::test]
async fn a_redirect_is_a_failure() {
    let receiver = Receiver::start().await;
    receiver.will_answer(&[307]);
    let app = TestApp::with(|settings| {
        open_to_receiver(settings);
        settings.webhooks.retries = Retries::After(Vec::new());
    })
    .await;
    app.world().webhook(&receiver.url("/")).on("contract_published").await;

    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    app.run_jobs().await;

    assert_eq!(receiver.received().len(), 1);
    assert_eq!(table(&app, "select status from webhook_delivery").await, ["failure"]);
}
