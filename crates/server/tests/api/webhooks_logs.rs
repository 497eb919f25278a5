//! What the logs of deliveries show: enough to find a fault, and no secret.

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, Uri};
use serde_json::{Value, json};

use crate::support::{TestApp, base64, open_to_receiver};

/// A receiver that repeats all that it is sent, in a header and in its body.
async fn echo() -> String {
    let receive = |uri: Uri, headers: HeaderMap, body: String| async move {
        let seen = headers.get("authorization").cloned();
        let text = format!("echo of {uri}\n{body}\n{headers:?}");
        ([("x-seen", seen.unwrap_or(HeaderValue::from_static("")))], text)
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it listens"));
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(receive)).await });
    url
}

/// The log of one delivery of a webhook with this request.
async fn log_of(app: &TestApp, url: &str, request: &[(&str, Value)]) -> String {
    let mut webhook = app.world().webhook(url).on("contract_published").body(json!({"token": "b0dy-s3cret", "at": 1}));
    for (key, value) in request {
        webhook = webhook.request(key, value.clone());
    }
    webhook.await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    app.run_jobs().await;
    let id: String =
        sqlx::query_scalar("select id::text from webhook_delivery").fetch_one(&app.db).await.expect("there is one");
    app.get(&format!("/triggered-webhooks/{id}/logs")).await.is(200).text()
}

fn check(log: &str, shown: &[&str], hidden: &[&str]) {
    for text in shown {
        assert!(log.contains(text), "{text} is not in:\n{log}");
    }
    for text in hidden {
        assert!(!log.contains(text), "{text} is in:\n{log}");
    }
}

#[tokio::test]
async fn nothing_of_addresses_headers_and_bodies_is_shown_even_if_the_receiver_repeats_it() {
    let url = echo().await;
    let app = TestApp::with(open_to_receiver).await;

    let headers = json!({
        "Authorization": "Bearer b3arer", "X-Custom": "cust0m", "X-Odd": "${pactbroker.m00n}", "Accept": "text/x-plain",
    });
    let address = format!("{url}/services/T0KEN-S3CRET/x?key=qu3ry%20s3cret");
    let log = log_of(&app, &address, &[("headers", headers)]).await;

    let origin = format!("HTTP/1.1 POST {url}\n");
    let shown =
        ["accept: text/x-plain", "x-custom: **********", "HTTP/1.1 200", "x-seen: **********", "echo of /**********"];
    check(&log, &[&origin, "bytes of body)"], &[]);
    check(&log, &shown, &["b3arer", "cust0m", "m00n", "T0KEN", "qu3ry", "s3cret", "b0dy"]);
}

#[tokio::test]
async fn a_password_is_not_shown_in_any_form() {
    let url = echo().await;
    let app = TestApp::with(open_to_receiver).await;

    let log = log_of(&app, &url, &[("username", json!("ci")), ("password", json!("p4ss\"word"))]).await;

    let encoded = base64("ci:p4ss\"word");
    check(&log, &["authorization: **********", "x-seen: Basic **********"], &["p4ss", "word", &encoded]);
}
