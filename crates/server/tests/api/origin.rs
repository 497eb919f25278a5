//! What pages of other sites make a browser send.

use axum::body::Body;
use axum::extract::Request;

use crate::support::TestApp;

#[tokio::test]
async fn a_page_of_another_site_changes_nothing() {
    let app = TestApp::start().await;
    let sent = |name: &'static str, value: &'static str| {
        Request::post("/pacticipants")
            .header("host", "pactolus.test")
            .header("content-type", "application/json")
            .header(name, value)
            .body(Body::from(r#"{"name": "shop"}"#))
            .unwrap()
    };

    let from_elsewhere = app.raw(sent("origin", "https://evil.example")).await;
    let cross_site = app.raw(sent("sec-fetch-site", "cross-site")).await;
    let own = app.raw(sent("origin", "http://pactolus.test")).await;

    assert_eq!(from_elsewhere.status, 403);
    assert_eq!(cross_site.status, 403);
    assert_eq!(own.status, 201);
}
