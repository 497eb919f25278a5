//! Webhooks, their deliveries, dead letters and requested verifications, as pages.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use pactolus_domain::webhook::Retries;
use serde_json::json;

use super::{CHROMIUM, is_safe, page, words};
use crate::support::{Answer, Receiver, TestApp, open_to_receiver};

/// Where each delivery is tried twice.
async fn app() -> TestApp {
    TestApp::with(|settings| {
        open_to_receiver(settings);
        settings.webhooks.retries = Retries::After(vec![Duration::from_secs(10)]);
    })
    .await
}

/// A webhook whose receiver answers 500 to every attempt.
async fn given_up(app: &TestApp, receiver: &Receiver) -> Answer {
    let webhook = app
        .world()
        .webhook(&receiver.url("/build?token=t0p-s3cret"))
        .on("contract_published")
        .request("headers", json!({"X-Team-Key": "s3cret-team"}))
        .with("description", json!("Build it"))
        .await;
    receiver.will_answer(&[500, 500]);
    app.world().consumer("shop").version("1").contract_with("stock", &["a pen"]).await;
    app.run_jobs().await;
    app.advance_secs(10);
    app.run_jobs().await;
    webhook
}

/// As a browser sends a form that has no fields.
async fn send_form(app: &TestApp, address: &str, origin: &str) -> Answer {
    let request = Request::post(address)
        .header("host", "pactolus.test")
        .header("origin", origin)
        .header("accept", CHROMIUM)
        .header("content-type", "application/x-www-form-urlencoded");
    app.raw(request.body(Body::empty()).expect("a request")).await
}

/// The address of the first delivery that a page links.
fn first_delivery(page: &Answer) -> String {
    let text = page.text();
    let id = text.split("/webhook-deliveries/").nth(1).expect("a link").split('"').next().unwrap_or_default();
    format!("/webhook-deliveries/{id}")
}

#[tokio::test]
async fn without_a_webhook_there_are_three_to_begin_with() {
    let app = TestApp::start().await;

    let page = page(&app, "/webhooks").await.is(200);

    is_safe(&page);
    assert_eq!(words(&page).matches("pactolus create-webhook").count(), 3, "{page:?}");
}

#[tokio::test]
async fn webhooks_are_listed_with_what_became_of_the_latest_delivery() {
    let receiver = Receiver::start().await;
    let app = app().await;
    given_up(&app, &receiver).await;

    let page = page(&app, "/webhooks").await.is(200);

    is_safe(&page);
    let words = words(&page);
    assert!(words.contains("1 webhook told nobody"), "{words}");
    assert!(words.contains("Build it") && words.contains("Given up , answered 500"), "{words}");
}

#[tokio::test]
async fn a_webhook_shows_its_request_without_secrets() {
    let receiver = Receiver::start().await;
    let app = app().await;
    let webhook = given_up(&app, &receiver).await.link("self");

    let page = page(&app, webhook.trim_start_matches("http://pactolus.test")).await.is(200);

    is_safe(&page);
    assert!(!page.text().contains("s3cret"), "{page:?}");
    assert!(page.text().contains("••••••••"), "{}", words(&page));
    assert!(words(&page).contains("1 of the last 1 given up"), "{page:?}");
}

#[tokio::test]
async fn a_delivery_shows_each_attempt_with_request_and_answer() {
    let receiver = Receiver::start().await;
    let app = app().await;
    given_up(&app, &receiver).await;
    let address = first_delivery(&page(&app, "/webhook-deliveries?status=failure").await.is(200));

    let page = page(&app, &address).await.is(200);

    is_safe(&page);
    let words = words(&page);
    assert!(words.contains("Attempt 2") && words.contains("Attempt 1"), "{words}");
    assert!(words.contains("500"), "{words}");
    assert!(!page.text().contains("s3cret"), "{page:?}");
}

#[tokio::test]
async fn a_dead_letter_is_sent_again_by_a_form() {
    let receiver = Receiver::start().await;
    let app = app().await;
    given_up(&app, &receiver).await;
    let address = first_delivery(&page(&app, "/webhook-deliveries?status=failure").await.is(200));
    assert!(page(&app, &address).await.text().contains(&format!(r#"action="{address}/replay""#)));

    let answer = send_form(&app, &format!("{address}/replay"), "http://pactolus.test").await.is(303);

    assert_eq!(answer.header("location").as_deref(), Some(address.as_str()));
    app.run_jobs().await;
    assert!(words(&page(&app, &address).await).contains("Arrived"));
}

#[tokio::test]
async fn a_form_of_another_site_sends_nothing() {
    let receiver = Receiver::start().await;
    let app = app().await;
    given_up(&app, &receiver).await;
    let address = first_delivery(&page(&app, "/webhook-deliveries?status=failure").await.is(200));

    send_form(&app, &format!("{address}/replay"), "http://evil.example").await.is(403);

    assert!(words(&page(&app, &address).await).contains("Given up"));
}

#[tokio::test]
async fn no_dead_letter_and_no_request_is_said() {
    let app = TestApp::start().await;

    assert!(words(&page(&app, "/webhook-deliveries?status=failure").await.is(200)).contains("No dead letter"));
    assert!(words(&page(&app, "/verification-requests").await.is(200)).contains("No request waits"));
    page(&app, "/webhook-deliveries?status=odd").await.is(400);
    page(&app, "/verification-requests?state=odd").await.is(400);
}

#[tokio::test]
async fn hostile_names_are_only_text_in_automation() {
    let receiver = Receiver::start().await;
    let app = app().await;
    let hostile = r#"<img src=x onerror="alert(2)">"#;
    let webhook =
        app.world().webhook(&receiver.url("/")).on("contract_published").with("description", json!(hostile)).await;
    app.world().consumer(hostile).version("1").contract_with("stock", &["a pen"]).await;
    app.run_jobs().await;
    let own = webhook.link("self");

    for address in ["/webhooks", own.trim_start_matches("http://pactolus.test"), "/webhook-deliveries"] {
        let page = page(&app, address).await.is(200);
        is_safe(&page);
        assert!(page.text().contains("&lt;img src=x"), "{address}");
    }
}
