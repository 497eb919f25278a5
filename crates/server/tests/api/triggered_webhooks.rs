//! What publications triggered, and how the webhooks of a pair are doing.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{BASE, Receiver, TestApp, open_to_receiver};
use pactolus_domain::webhook::Retries;

const PAIR: &str = "/pacts/provider/stock/consumer/shop";

/// Event, status and attempts of each delivery that is listed.
fn deliveries(listed: &Value) -> Vec<String> {
    let listed = listed["_embedded"]["triggeredWebhooks"].as_array().expect("a list");
    let one = |one: &Value| {
        let text = |key: &str| one[key].as_str().expect("a text").to_string();
        format!("{} {} {}+{}", text("eventName"), text("status"), one["attemptsMade"], one["attemptsRemaining"])
    };
    listed.iter().map(one).collect()
}

/// A contract and a result that trigger webhooks; nothing is sent yet. The address of the result.
async fn triggering(app: &TestApp, url: &str) -> String {
    app.world().webhook(url).on("contract_published").on("provider_verification_failed").await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    app.world().provider("stock").version("40").fails("shop", "1").await;
    app.get(&format!("{PAIR}/version/1/verification-results/latest")).await.is(200).link("self")
}

#[tokio::test]
async fn each_publication_shows_what_it_triggered() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let result = triggering(&app, &receiver.url("/")).await;
    let of_contract = format!("{PAIR}/version/1/triggered-webhooks");
    let of_result = app.get(&result).await.is(200).link("pb:triggered-webhooks");

    let waiting = app.get(&of_contract).await.is(200);
    assert_eq!(deliveries(&waiting.json()), ["contract_published not_run 0+35"]);
    app.run_jobs().await;

    let sent = app.get(&of_contract).await.is(200);
    assert_eq!(deliveries(&sent.json()), ["contract_published success 1+0"]);
    assert_eq!(sent.link("self"), format!("{BASE}{of_contract}"));
    assert_eq!(sent.text_at("/_embedded/triggeredWebhooks/0/name"), "POST 127.0.0.1");
    let logs = sent.text_at("/_embedded/triggeredWebhooks/0/_links/pb:logs/href");
    assert!(app.get(&logs).await.is(200).text().contains("Successfully executed webhook"));
    let webhook = sent.text_at("/_embedded/triggeredWebhooks/0/_links/pb:webhook/href");
    let told = app.get(&of_result).await.is(200);
    assert_eq!(deliveries(&told.json()), ["provider_verification_failed success 1+0"]);

    app.delete(&webhook).await.is(204);

    let orphan = app.get(&of_contract).await.is(200);
    assert_eq!(orphan.text_at("/_embedded/triggeredWebhooks/0/name"), "a deleted webhook");
    assert_eq!(orphan.at("/_embedded/triggeredWebhooks/0/_links/pb:webhook"), Value::Null);
}

#[tokio::test]
async fn the_last_deliveries_of_a_pair_are_summed_up() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(|settings| {
        open_to_receiver(settings);
        settings.webhooks.retries = Retries::After(vec![Duration::from_secs(10)]);
    })
    .await;
    let address = format!("{PAIR}/webhooks/status");
    app.get(&address).await.is(404);
    triggering(&app, &receiver.url("/fails")).await;
    receiver.will_answer(&[500; 4]);

    let waiting = app.get(&address).await.is(200);
    assert_eq!(waiting.at("/summary"), json!({"successful": 0, "failed": 0, "notRun": 2}));
    app.run_jobs().await;
    let retrying = app.get(&address).await.is(200);
    assert_eq!(retrying.at("/summary"), json!({"successful": 0, "failed": 0, "retrying": 2}));
    assert_eq!(retrying.at("/_links/pb:error-logs"), json!([]));
    app.advance_secs(10);
    app.run_jobs().await;
    let failed = app.get(&address).await.is(200);
    assert_eq!(failed.at("/summary"), json!({"successful": 0, "failed": 2}));
    assert_eq!(failed.at("/_links/pb:error-logs").as_array().map(Vec::len), Some(2));
    assert_eq!(
        deliveries(&failed.json()),
        ["contract_published failure 2+0", "provider_verification_failed failure 2+0"]
    );
    assert_eq!(failed.link("pb:pact-version"), format!("{BASE}{PAIR}/version/1"));

    app.world().consumer("shop").version("2").contract_with("stock", &["a"]).await;
    app.run_jobs().await;
    let mixed = app.get(&address).await.is(200);
    assert_eq!(mixed.at("/summary"), json!({"successful": 1, "failed": 1}));
    assert_eq!(mixed.link("pb:pact-version"), format!("{BASE}{PAIR}/version/2"));
}

#[tokio::test]
async fn webhooks_of_a_pair_stand_at_its_contracts_too() {
    let app = TestApp::with(open_to_receiver).await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    let request = json!({"request": {"method": "POST", "url": "http://127.0.0.1/hook"}});

    let created = app.post(&format!("{PAIR}/webhooks"), &request).await.is(201);

    assert_eq!(created.text_at("/consumer/name"), "shop");
    let listed = app.get(&format!("{PAIR}/webhooks")).await.is(200);
    assert_eq!(listed.text_at("/_links/pb:webhooks/0/href"), created.link("self"));
}

#[tokio::test]
async fn what_is_not_there_triggered_nothing() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    let sha = app.get(&format!("{PAIR}/version/1")).await.is(200).link("pb:pact-version");

    for address in [
        format!("{PAIR}/version/2/triggered-webhooks"),
        "/pacts/provider/nobody/consumer/shop/version/1/triggered-webhooks".into(),
        "/pacts/provider/shop/consumer/shop/version/1/triggered-webhooks".into(),
        format!("{sha}/verification-results/1/triggered-webhooks"),
        "/pacts/provider/stock/consumer/nobody/webhooks/status".into(),
    ] {
        app.get(&address).await.is(404);
    }
}
