//! The pages, as browsers ask for them.

mod agreement;
mod application;
mod automation;
mod comparison;
mod contract;
mod environments;
mod frame;
mod gate;
mod home;
mod map;
mod matrix;
mod openapi;
mod search;

use axum::body::Body;
use axum::extract::Request;
use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use pactolus_server::{Role, Settings};
use serde_json::Value;

use crate::support::{Answer, TestApp};

pub(crate) const CHROMIUM: &str =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8";

/// The page at this address, whatever its status.
pub(crate) async fn page(app: &TestApp, address: &str) -> Answer {
    page_with(app, address, &[]).await
}

/// The same for a browser that sends more headers.
pub(crate) async fn page_with(app: &TestApp, address: &str, headers: &[(&str, &str)]) -> Answer {
    let request = Request::get(address).header("host", "pactolus.test").header("accept", CHROMIUM);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    app.raw(request.body(Body::empty()).expect("a request")).await
}

/// As a browser sends a form from a page of this origin.
pub(crate) async fn send_form(app: &TestApp, address: &str, fields: &[(&str, &str)], origin: &str) -> Answer {
    let body = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&");
    let request = Request::post(address)
        .header("host", "pactolus.test")
        .header("origin", origin)
        .header("accept", CHROMIUM)
        .header("content-type", "application/x-www-form-urlencoded");
    app.raw(request.body(Body::from(body)).expect("a request")).await
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

pub(crate) const OWN: &str = "http://pactolus.test";

/// Everybody may read, and the user `rw` change.
pub(crate) fn readable(settings: &mut Settings) {
    settings.access.let_in_user(Role::Write, "rw", "secret");
    settings.access.public_read = true;
}

/// What the user `rw` sends.
pub(crate) async fn changed(app: &TestApp, method: Method, address: &str, body: &Value) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(address)
        .header("host", "pactolus.test")
        .header("authorization", format!("Basic {}", STANDARD.encode("rw:secret")))
        .header("content-type", "application/json");
    app.send(request.body(Body::from(body.to_string())).expect("a request")).await
}

/// What a person reads of a page: without tags, and with one space between words.
pub(crate) fn words(answer: &Answer) -> String {
    let text = answer.text();
    let body = text.split("<main").nth(1).unwrap_or(&text).split("</main>").next().unwrap_or_default();
    let without_tags: String =
        body.split('<').map(|part| part.split_once('>').map_or("", |(_, text)| text)).collect::<Vec<_>>().join(" ");
    let plain = without_tags.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Nothing on a page runs but what this server serves, and nothing that was written began a tag.
pub(crate) fn is_safe(answer: &Answer) {
    let text = answer.text();
    assert_eq!(answer.header("content-type").as_deref(), Some("text/html;charset=utf-8"), "{text}");
    let policy = answer.header("content-security-policy").expect("a page has a policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(!text.contains("<style") && !text.contains(" style=") && !text.contains(" onclick="), "{text}");
    assert!(!text.contains("<script>") && !text.contains("<img") && !text.contains("href=\"javascript:"), "{text}");
    for loaded in text.split(" src=\"").chain(text.split("<link ")).skip(1) {
        assert!(!loaded.split('>').next().unwrap_or_default().contains("//"), "{loaded}");
    }
}
