//! The API document and the router say the same.

use axum::body::Body;
use axum::extract::Request;

use crate::support::TestApp;
use crate::support::api_document::ApiDocument;

const GENERIC: &str = "The requested document was not found on this server.";

fn example(template: &str) -> String {
    let segments = template.split('/').map(|segment| match segment {
        "{uuid}" | "{environment}" => "0195fd3e-7d3a-7000-8000-000000000000",
        "{sha}" => "6fa9442c9ef95c7e38ae383c384efabeb01564e2",
        variable if variable.starts_with('{') => "x",
        literal => literal,
    });
    segments.collect::<Vec<_>>().join("/")
}

async fn ask(app: &TestApp, method: &str, path: &str) -> crate::support::Answer {
    let request = Request::builder().method(method).uri(path).header("host", "pactolus.test");
    app.raw(request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn every_documented_operation_is_routed() {
    let app = TestApp::start().await;
    let operations = ApiDocument::load().operations();

    for (method, template) in &operations {
        // What is routed says which methods it takes; what is not answers 404.
        let options = ask(&app, "OPTIONS", &example(template)).await;
        assert_eq!(options.status, 200, "{method} {template}: {options:?}");
        let allowed = options.header("allow").unwrap_or_default();
        assert!(allowed.split(',').any(|one| one.trim() == method), "{method} {template} is not among {allowed}");
    }

    assert!(operations.len() > 70, "only {} operations", operations.len());
}

#[tokio::test]
async fn every_routed_method_is_documented() {
    let app = TestApp::start().await;
    let operations = ApiDocument::load().operations();

    for (_, template) in &operations {
        let allowed = ask(&app, "OPTIONS", &example(template)).await.header("allow").unwrap_or_default();
        for method in allowed.split(',').map(str::trim).filter(|method| !matches!(*method, "HEAD" | "OPTIONS")) {
            let is_documented = operations.iter().any(|(other, path)| other == method && path == template);
            assert!(is_documented, "{method} {template} is served, but not documented");
        }
    }
}

#[tokio::test]
async fn what_is_not_built_yet_is_not_there() {
    let app = TestApp::start().await;

    for path in ["/nothing", "/assets/nothing.css"] {
        let answer = ask(&app, "GET", path).await.is(404);
        assert_eq!(answer.text_at("/error"), GENERIC, "{path}");
    }
}

#[tokio::test]
async fn a_method_that_an_address_does_not_take_is_refused_with_those_it_takes() {
    let app = TestApp::start().await;

    let answer = app.delete("/contracts/publish").await.is(405);

    assert!(answer.header("allow").is_some_and(|allowed| allowed.starts_with("POST")), "{answer:?}");
}

#[tokio::test]
async fn head_is_answered_as_get_without_a_body() {
    let app = TestApp::start().await;
    let request = Request::builder().method("HEAD").uri("/pacticipants").header("host", "pactolus.test");

    let answer = app.send(request.body(Body::empty()).expect("a request")).await.is(200);

    assert!(answer.body.is_empty());
}
