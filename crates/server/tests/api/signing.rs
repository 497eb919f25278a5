//! Signed deliveries, as Standard Webhooks has them.

use pactolus_domain::signature::SigningSecret;
use serde_json::{Value, json};

use crate::support::{Answer, Received, Receiver, TestApp, open_to_receiver};

const OWN: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A webhook that sends every publication. Returns the address of its signing secrets.
async fn webhook(app: &TestApp, receiver: &Receiver) -> String {
    let hook = app.world().webhook(&receiver.url("/")).on("contract_published");
    hook.request("headers", json!({"Webhook-Timestamp": "1", "Webhook-Signature": "v1,own"}))
        .await
        .link("pb:signing-secrets")
}

async fn publish(app: &TestApp, version: &str) {
    app.world().consumer("shop").version(version).contract_with("stock", &["a"]).await;
    app.run_jobs().await;
}

fn secret_of(made: &Answer) -> SigningSecret {
    SigningSecret::parse(&made.text_at("/secret")).expect("a secret")
}

/// What the secret makes of what was received.
fn signature(secret: &SigningSecret, sent: &Received) -> String {
    let at = sent.header("webhook-timestamp").parse().expect("seconds");
    secret.sign(sent.header("webhook-id"), at, &sent.body)
}

fn count(list: &Value) -> usize {
    list.as_array().expect("a list").len()
}

#[tokio::test]
async fn a_delivery_is_signed_with_the_secret_that_was_shown_once() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let secrets = webhook(&app, &receiver).await;
    publish(&app, "1").await;

    let made = app.post(&secrets, &json!({})).await.is(201);
    publish(&app, "2").await;

    let [unsigned, signed] = &receiver.received()[..] else { panic!("two were sent") };
    assert_eq!((unsigned.header("webhook-timestamp"), unsigned.header("webhook-signature")), ("1", "v1,own"));
    assert_eq!(signed.header("webhook-timestamp"), "1795330126");
    assert_eq!(signed.headers.get_all("webhook-signature").iter().count(), 1);
    assert_eq!(signed.header("webhook-signature"), signature(&secret_of(&made), signed));
    assert_eq!(made.header("cache-control").as_deref(), Some("no-store"));
    let listed = app.get(&secrets).await.is(200);
    assert_eq!(listed.at("/_embedded/signingSecrets/0/uuid"), made.at("/uuid"));
    assert!(!listed.text().contains("whsec_"));
    let shown = app.get(&made.link("pb:webhook")).await.is(200);
    assert_eq!(shown.at("/signingSecrets/0/uuid"), made.at("/uuid"));
    assert!(!shown.text().contains("whsec_"));
}

#[tokio::test]
async fn each_attempt_is_signed_anew_with_its_own_time() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let secrets = webhook(&app, &receiver).await;
    let made = app.post(&secrets, &json!({"secret": OWN})).await.is(201);
    assert_eq!(made.text_at("/secret"), OWN);
    receiver.will_answer(&[500]);

    publish(&app, "1").await;
    app.advance_secs(15);
    app.run_jobs().await;

    let [first, second] = &receiver.received()[..] else { panic!("two were sent") };
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"));
    assert_eq!(second.header("webhook-timestamp"), "1795330141");
    assert_eq!(second.header("webhook-signature"), signature(&secret_of(&made), second));
    assert_ne!(first.header("webhook-signature"), second.header("webhook-signature"));
}

#[tokio::test]
async fn while_two_secrets_are_valid_there_are_two_signatures() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let secrets = webhook(&app, &receiver).await;
    let old = app.post(&secrets, &json!({})).await.is(201);
    app.advance_secs(1);
    let new = app.post(&secrets, &json!({})).await.is(201);

    publish(&app, "1").await;
    let third = app.post(&secrets, &json!({})).await.is(409);
    app.delete(&old.link("self")).await.is(204);
    publish(&app, "2").await;

    let sent = receiver.received();
    let both = format!("{} {}", signature(&secret_of(&old), &sent[0]), signature(&secret_of(&new), &sent[0]));
    assert_eq!(sent[0].header("webhook-signature"), both);
    assert_eq!(sent[1].header("webhook-signature"), signature(&secret_of(&new), &sent[1]));
    assert!(third.text_at("/error").ends_with(&old.link("self")), "{third:?}");
    app.delete(&old.link("self")).await.is(404);
}

#[tokio::test]
async fn a_secret_can_expire_when_the_next_one_is_made() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let secrets = webhook(&app, &receiver).await;
    app.post(&secrets, &json!({})).await.is(201);
    app.advance_secs(1);
    let new = app.post(&secrets, &json!({"previousExpiresAt": "2026-11-22T07:00:00Z"})).await.is(201);
    let listed = app.get(&secrets).await.is(200);
    assert_eq!(listed.at("/_embedded/signingSecrets/0/expiresAt"), "2026-11-22T07:00:00+00:00");

    app.advance_secs(3600);
    publish(&app, "1").await;

    let sent = receiver.received();
    assert_eq!(sent[0].header("webhook-signature"), signature(&secret_of(&new), &sent[0]));
    assert_eq!(count(&app.get(&secrets).await.is(200).at("/_embedded/signingSecrets")), 1);
    app.post(&secrets, &json!({})).await.is(201);
}

#[tokio::test]
async fn what_cannot_be_a_signing_secret_is_refused() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let secrets = webhook(&app, &receiver).await;

    let short = app.post(&secrets, &json!({"secret": "whsec_c2hvcnQ="})).await.is(400);
    let past = app.post(&secrets, &json!({"previousExpiresAt": "2026-01-01T00:00:00Z"})).await.is(400);
    let odd = app.post(&secrets, &json!({"previousExpiresAt": "2027-01-01T00:00:00Z"})).await.is(400);

    assert!(short.text_at("/errors/secret/0").contains("24 to 64 random bytes"));
    assert!(!short.text().contains("c2hvcnQ"));
    assert!(past.text_at("/errors/previousExpiresAt/0").contains("in the future"));
    assert!(odd.text_at("/errors/previousExpiresAt/0").contains("no secret before"));
    assert_eq!(count(&app.get(&secrets).await.is(200).at("/_embedded/signingSecrets")), 0);
    app.get("/webhooks/there-is-no-such-webhook/signing-secrets").await.is(404);
    app.post("/webhooks/there-is-no-such-webhook/signing-secrets", &json!({})).await.is(404);
}

#[tokio::test]
async fn a_signing_secret_stands_nowhere_in_clear_and_goes_with_its_webhook() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let secrets = webhook(&app, &receiver).await;
    let made = app.post(&secrets, &json!({"secret": OWN})).await.is(201);
    publish(&app, "1").await;

    let dumped: Vec<String> = sqlx::query_scalar(
        "select webhook_signing_secret::text || encode(sealed_secret, 'base64') from webhook_signing_secret
         union all select audit_event::text from audit_event
         union all select log from webhook_attempt",
    )
    .fetch_all(&app.db)
    .await
    .unwrap();
    app.delete(&made.link("pb:webhook")).await.is(204);

    assert!(dumped.iter().any(|row| row.contains("webhook-signature: **********")), "{dumped:?}");
    assert!(!dumped.iter().any(|row| row.contains("MfKQ9r8G") || row.contains("31f290f6")), "{dumped:?}");
    let left: i64 = sqlx::query_scalar("select count(*) from webhook_signing_secret").fetch_one(&app.db).await.unwrap();
    assert_eq!(left, 0);
}
