//! Secrets that people keep by name, and webhooks send.

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, Uri};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Answer, Receiver, TestApp, base64, open_to_receiver};

const HOOK: &str = "https://hooks.example.org/build";

async fn table(app: &TestApp, statement: &'static str) -> Vec<String> {
    sqlx::query_scalar(statement).fetch_all(&app.db).await.expect("the table is there")
}

/// Keeps a secret. Returns its address.
async fn keep(app: &TestApp, name: &str, value: &str) -> String {
    app.post("/secrets", &json!({"name": name, "value": value})).await.is(201).link("self")
}

async fn publish(app: &TestApp) {
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    app.run_jobs().await;
}

async fn log(app: &TestApp) -> String {
    let id = table(app, "select id::text from webhook_delivery").await.remove(0);
    app.get(&format!("/triggered-webhooks/{id}/logs")).await.is(200).text()
}

fn names(listed: &Answer) -> Vec<String> {
    let secrets = listed.at("/_embedded/secrets");
    secrets.as_array().expect("a list").iter().map(|one| one["name"].as_str().expect("a name").into()).collect()
}

#[tokio::test]
async fn a_secret_is_kept_shown_without_its_value_replaced_and_deleted() {
    let app = TestApp::start().await;

    let body = json!({"name": "DEPLOY_TOKEN", "description": "Starts builds", "value": "t0p-s3cret"});
    let kept = app.post("/secrets", &body).await.is(201);

    assert_snapshot!(kept.shown(), @r#"
    {
      "uuid": "[uuid]",
      "name": "DEPLOY_TOKEN",
      "description": "Starts builds",
      "usedByWebhooks": 0,
      "createdAt": "2026-11-22T06:48:46+00:00",
      "_links": {
        "self": {
          "title": "Secret",
          "name": "DEPLOY_TOKEN",
          "href": "http://pactolus.test/secrets/[uuid]"
        },
        "pb:webhooks": [],
        "pb:secrets": {
          "title": "Secrets",
          "href": "http://pactolus.test/secrets"
        }
      }
    }
    "#);
    let address = kept.link("self");
    assert_eq!(kept.header("location"), Some(address.clone()));
    assert_eq!(app.get(&address).await.is(200).json(), kept.json());
    assert_eq!(app.get("/secrets").await.is(200).at("/_embedded/secrets/0"), kept.json());

    app.advance_secs(1);
    let changed = app.put(&address, &json!({"name": "TOKEN", "value": "n3w"})).await.is(200);

    assert_eq!(changed.at("/name"), "TOKEN");
    assert_eq!(changed.at("/description"), Value::Null);
    assert_eq!(changed.at("/updatedAt"), "2026-11-22T06:48:47+00:00");
    app.delete(&address).await.is(204);
    app.get(&address).await.is(404);
    app.put(&address, &json!({"name": "TOKEN"})).await.is(404);
    app.delete(&address).await.is(404);
}

#[tokio::test]
async fn a_value_stands_nowhere_in_clear() {
    let app = TestApp::start().await;
    let address = keep(&app, "TOKEN", "t0p-s3cret").await;
    app.put(&address, &json!({"name": "TOKEN", "value": "n3w-s3cret"})).await.is(200);

    let dumped = table(
        &app,
        "select secret::text || encode(sealed_value, 'escape') from secret
         union all select audit_event::text from audit_event",
    )
    .await;

    assert_eq!(dumped.len(), 3);
    assert!(!dumped.iter().any(|row| row.contains("s3cret")), "{dumped:?}");
    assert_eq!(
        table(&app, "select action || ' ' || subject from audit_event order by action").await,
        ["secret.created TOKEN", "secret.updated TOKEN"]
    );
}

#[tokio::test]
async fn secrets_are_listed_by_name_a_page_at_a_time() {
    let app = TestApp::start().await;
    for name in ["C", "A", "B"] {
        keep(&app, name, "v").await;
    }

    let first = app.get("/secrets?size=2").await.is(200);
    let second = app.get(&first.link("next")).await.is(200);

    assert_eq!((names(&first), names(&second)), (vec!["A".into(), "B".into()], vec!["C".into()]));
    assert_eq!(second.at("/_links/next"), Value::Null);
    assert_eq!(names(&app.get("/secrets?name=B").await.is(200)), ["B"]);
    app.get("/secrets?size=0").await.is(400);
}

#[tokio::test]
async fn what_cannot_be_a_secret_is_refused_without_repeating_it() {
    let app = TestApp::start().await;
    keep(&app, "TOKEN", "v").await;

    let wrong = app.post("/secrets", &json!({"name": "a-b", "value": "s3cret\0"})).await.is(400);
    let without_value = app.post("/secrets", &json!({"name": "OTHER"})).await.is(400);
    let taken = app.post("/secrets", &json!({"name": "TOKEN", "value": "v"})).await.is(400);

    assert!(wrong.text_at("/errors/name/0").contains("as in DEPLOY_TOKEN"));
    assert_eq!(wrong.text_at("/errors/value/0"), "cannot contain the NUL character");
    assert!(!wrong.text().contains("s3cret"));
    assert_eq!(without_value.text_at("/errors/value/0"), "is missing");
    assert!(taken.text_at("/errors/name/0").contains("GET /secrets?name=TOKEN"));
}

#[tokio::test]
async fn a_secret_goes_wherever_a_request_names_it_escaped_for_its_place() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    keep(&app, "ODD", "a \"b\"&${pactbroker.eventName}").await;
    keep(&app, "PLAIN", "p1ain").await;
    app.world()
        .webhook(&receiver.url("/build?token=${user.ODD}&event=${pactbroker.eventName}"))
        .on("contract_published")
        .request("headers", json!({"X-Token": "Bearer ${user.PLAIN}"}))
        .request("username", json!("${user.PLAIN}"))
        .request("password", json!("${user.ODD}"))
        .body(json!({"${user.PLAIN}": ["${user.ODD}", "${user.lower case}"]}))
        .await;

    publish(&app).await;

    let sent = receiver.received().remove(0);
    let odd = "a \"b\"&${pactbroker.eventName}";
    assert_eq!(sent.target, "/build?token=a+%22b%22%26%24%7Bpactbroker.eventName%7D&event=contract_published");
    assert_eq!(sent.header("x-token"), "Bearer p1ain");
    assert_eq!(sent.header("authorization"), format!("Basic {}", base64(&format!("p1ain:{odd}"))));
    assert_eq!(sent.json(), json!({"p1ain": [odd, "${user.lower case}"]}));
}

#[tokio::test]
async fn the_value_at_the_time_of_sending_counts_also_for_repetitions() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let address = keep(&app, "TOKEN", "old").await;
    app.world().webhook(&receiver.url("/")).on("contract_published").body(json!("${user.TOKEN}")).await;
    receiver.will_answer(&[401]);

    publish(&app).await;
    app.put(&address, &json!({"name": "TOKEN", "value": "new"})).await.is(200);
    app.advance_secs(15);
    app.run_jobs().await;

    let bodies: Vec<String> = receiver.received().into_iter().map(|one| one.body).collect();
    assert_eq!(bodies, ["old", "new"]);
}

#[tokio::test]
async fn a_name_that_nothing_is_kept_under_is_sent_as_it_is_written_and_the_log_says_so() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let hook = app.world().webhook(&receiver.url("/")).on("contract_published");
    let webhook = hook.body(json!("${user.TOKEN} ${user.OTHER}")).await;
    assert_eq!(webhook.at("/missingSecrets"), json!(["OTHER", "TOKEN"]));
    keep(&app, "OTHER", "o").await;
    assert_eq!(app.get(&webhook.link("self")).await.is(200).at("/missingSecrets"), json!(["TOKEN"]));
    receiver.will_answer(&[401]);

    publish(&app).await;

    assert_eq!(receiver.received()[0].body, "${user.TOKEN} o");
    let text = log(&app).await;
    assert!(text.contains("there is no secret called TOKEN") && text.contains("pactolus secrets set"), "{text}");

    keep(&app, "TOKEN", "t").await;
    app.advance_secs(15);
    app.run_jobs().await;

    assert_eq!(receiver.received()[1].body, "t o");
    assert_eq!(app.get(&webhook.link("self")).await.is(200).at("/missingSecrets"), Value::Null);
}

#[tokio::test]
async fn a_secret_that_webhooks_use_names_them_and_keeps_its_name_and_place() {
    let app = TestApp::start().await;
    let address = keep(&app, "TOKEN", "v").await;
    let webhook = app
        .world()
        .webhook(&format!("{HOOK}?${{user.TOKEN}}"))
        .on("contract_published")
        .with("description", json!("Build stock"))
        .await;
    let id = webhook.text_at("/uuid");

    let shown = app.get(&address).await.is(200);
    let deleted = app.delete(&address).await.is(409);
    let renamed = app.put(&address, &json!({"name": "OTHER"})).await.is(409);

    assert_eq!(shown.at("/usedByWebhooks"), 1);
    assert_eq!(shown.at("/_links/pb:webhooks/0/href"), webhook.link("self"));
    assert_eq!(shown.at("/_links/pb:webhooks/0/name"), "Build stock");
    let used = format!("TOKEN is used by 1 webhook: Build stock ({id}); ");
    assert!(deleted.text_at("/error").starts_with(&used), "{deleted:?}");
    assert!(deleted.text_at("/error").contains("force=true"));
    assert!(renamed.text_at("/error").starts_with(&used), "{renamed:?}");
    app.put(&address, &json!({"name": "TOKEN", "value": "v2"})).await.is(200);
    app.delete(&format!("{address}?force=maybe")).await.is(400);
    app.delete(&format!("{address}?force=true")).await.is(204);
}

#[tokio::test]
async fn a_webhook_that_no_longer_names_a_secret_or_is_gone_does_not_use_it() {
    let app = TestApp::start().await;
    let address = keep(&app, "TOKEN", "v").await;
    let body =
        |url: &str| json!({"events": [{"name": "contract_published"}], "request": {"method": "POST", "url": url}});
    let with = body(&format!("{HOOK}?${{user.TOKEN}}"));
    let uses = async || app.get(&address).await.is(200).at("/usedByWebhooks");

    app.put("/webhooks/one-of-our-webhooks", &with).await.is(201);
    assert_eq!(uses().await, 1);
    app.put("/webhooks/one-of-our-webhooks", &body(HOOK)).await.is(200);
    assert_eq!(uses().await, 0);
    app.put("/webhooks/one-of-our-webhooks", &with).await.is(200);
    app.delete("/webhooks/one-of-our-webhooks").await.is(204);

    assert_eq!(uses().await, 0);
    app.delete(&address).await.is(204);
}

/// A receiver that repeats all that it is sent, in headers and in its body.
async fn echo() -> String {
    let receive = |uri: Uri, headers: HeaderMap, body: String| async move {
        let seen = headers.get("authorization").cloned();
        let decoded = "sh".to_owned() + &format!(" {uri} {body} {headers:?}");
        ([("x-seen", seen.unwrap_or(HeaderValue::from_static("")))], decoded)
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it listens"));
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(receive)).await });
    url
}

#[tokio::test]
async fn no_secret_stands_in_a_log_in_any_form_however_short() {
    let url = echo().await;
    let app = TestApp::with(open_to_receiver).await;
    keep(&app, "SHORT", "Zq7").await;
    keep(&app, "ODD", "k/\"ß ;").await;
    app.world()
        .webhook(&format!("{url}/p/${{user.SHORT}}?x=${{user.ODD}}"))
        .on("contract_published")
        .request("headers", json!({"Content-Type": "application/json;x=${user.SHORT}", "X-A": "${user.SHORT}"}))
        .request("username", json!("${user.SHORT}"))
        .request("password", json!("${user.ODD}"))
        .body(json!({"a": "${user.ODD} ${user.SHORT}"}))
        .await;

    publish(&app).await;

    let text = log(&app).await;
    assert!(text.contains("content-type: application/json;x=**********"), "{text}");
    assert!(text.contains("x-seen: Basic **********") && text.contains("Successfully"), "{text}");
    let both = base64("Zq7:k/\"ß ;");
    for hidden in ["Zq7", "k/\"", "k/\\\"", "k%2F", &both, &base64("Zq7")] {
        assert!(!text.contains(hidden), "{hidden} is in {text}");
    }
}
