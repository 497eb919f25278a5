//! The API about itself: its document, pages about relations, a page to try it.

use axum::body::Body;
use axum::extract::Request;
use pactolus_server::Role;
use serde_json::Value;

use crate::support::api_document::FILE;
use crate::support::{Answer, TestApp};

async fn document_unless(app: &TestApp, tags: &str) -> Answer {
    let request = Request::get("/openapi.json").header("host", "pactolus.test").header("if-none-match", tags);
    app.send(request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn the_document_is_served_as_json() {
    let app = TestApp::start().await;

    let answer = app.get("/openapi.json").await.is(200);

    let text = std::fs::read_to_string(FILE).expect("the document stands in the workspace");
    let written: Value = serde_yaml_ng::from_str(&text).expect("it is YAML");
    assert_eq!(answer.json(), written);
    assert_eq!(answer.header("content-type").as_deref(), Some("application/json"));
    assert_eq!(answer.header("cache-control").as_deref(), Some("max-age=300"));
}

#[tokio::test]
async fn whoever_has_the_document_is_not_sent_it_again() {
    let app = TestApp::start().await;
    let tag = app.get("/openapi.json").await.header("etag").expect("it has a tag");
    let strong = tag.trim_start_matches("W/").to_owned();

    for known in [tag.clone(), strong, format!("\"other\", {tag}"), "*".to_owned()] {
        let answer = document_unless(&app, &known).await.is(304);
        assert!(answer.body.is_empty(), "{known}");
        assert_eq!(answer.header("etag"), Some(tag.clone()), "{known}");
    }
    document_unless(&app, "\"other\"").await.is(200);
}

#[tokio::test]
async fn what_describes_the_api_needs_no_credentials() {
    let app = TestApp::with(|settings| settings.access.let_in_token(Role::Write, "build", "secret")).await;

    app.get("/").await.is(401);
    app.get("/openapi.json").await.is(200);
}
