//! The pages, as browsers ask for them.

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
mod search;

use axum::body::Body;
use axum::extract::Request;

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
