//! The harness itself: what it must not let pass.

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
#[should_panic(expected = "1 jobs are left unclaimed")]
async fn a_test_that_leaves_a_job_fails() {
    let app = TestApp::start().await;
    app.world().webhook("https://hooks.example.org/").on("contract_published").await;

    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
}

#[tokio::test]
#[should_panic(expected = "the document has no such path")]
async fn a_test_that_meets_an_undocumented_answer_fails() {
    let app = TestApp::start().await;

    app.get("/nothing").await;
}

#[tokio::test]
async fn the_clock_moves_only_when_told_to() {
    let app = TestApp::start().await;
    app.post("/pacticipants", &json!({"name": "shop"})).await.is(201);

    app.advance_secs(3600);
    app.post("/pacticipants", &json!({"name": "stock"})).await.is(201);

    assert_eq!(app.get("/pacticipants/shop").await.at("/createdAt"), "2026-11-22T06:48:46+00:00");
    assert_eq!(app.get("/pacticipants/stock").await.at("/createdAt"), "2026-11-22T07:48:46+00:00");
}
