//! What jobs compare, and when they leave it.

use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::*;

async fn refuse_comparisons(app: &TestApp, statement: &'static str) {
    sqlx::query(statement).execute(&app.db).await.expect("the table is there");
}

const REFUSE: &str = "alter table comparison add constraint refused check (false) not valid";
const ACCEPT: &str = "alter table comparison drop constraint refused";

#[tokio::test]
async fn a_contract_that_could_not_be_compared_when_it_was_published_is_compared_by_a_job() {
    let app = TestApp::start().await;
    with_stock_in_production(&app, &openapi("string"), Some(true)).await;
    refuse_comparisons(&app, REFUSE).await;

    publish_contract(&app, "1").await;

    refuse_comparisons(&app, ACCEPT).await;
    assert_eq!(count(&app, COMPARISONS).await, 0);
    app.run_jobs().await;
    assert_eq!(count(&app, COMPARISONS).await, 1);
    let told = app.get("/events?name=comparison_changed").await.is(200);
    assert_eq!(told.at("/_embedded/events/0/data/comparison/outcome"), "incompatible");
}

#[tokio::test]
async fn so_are_a_document_and_what_its_settings_change() {
    let app = TestApp::start().await;
    publish_contract(&app, "1").await;
    refuse_comparisons(&app, REFUSE).await;
    publish_document(&app, "40", &openapi("integer"), Some(true)).await;
    refuse_comparisons(&app, ACCEPT).await;
    app.run_jobs().await;
    assert_eq!(count(&app, COMPARISONS).await, 1);

    refuse_comparisons(&app, REFUSE).await;
    let strict = json!({"severities": {"response.body.optional": "error"}});
    app.put("/pacticipants/stock/comparison-settings", &strict).await.is(200);
    refuse_comparisons(&app, ACCEPT).await;
    app.run_jobs().await;

    assert_eq!(count(&app, COMPARISONS).await, 2);
}

/// So many possibilities, so often, that it takes far longer than a worker may take to stop.
fn endless() -> (String, String) {
    let wide: Vec<Value> = (0..300).map(|at| json!({"properties": {"id": {"enum": [at.to_string()]}}})).collect();
    let mut document: Value = serde_json::from_str(&openapi("integer")).expect("JSON");
    document["paths"]["/things"]["get"]["responses"]["200"]["content"]["application/json"]["schema"] =
        json!({"oneOf": wide});
    let mut endless: Value = serde_json::from_str(&contract("shop", &json!({}))).expect("JSON");
    let interactions = (0..3_000).map(|at| {
        let mut one = endless["interactions"][0].clone();
        one["description"] = format!("thing {at}").into();
        one
    });
    endless["interactions"] = interactions.collect();
    (document.to_string(), endless.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_told_to_stop_leaves_a_comparison_to_others() {
    let app = TestApp::with(|settings| settings.comparison_budget = Duration::ZERO).await;
    app.leave_jobs();
    let (document, contract) = endless();
    with_stock_in_production(&app, &document, Some(true)).await;
    app.world().consumer("shop").version("1").contract_text("stock", &contract).await;
    let stop = CancellationToken::new();
    let worker = tokio::spawn(app.worker().run(stop.clone()));
    while count(&app, "select count(*) from job where kind = 'comparison' and attempts > 0").await == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;

    let told = Instant::now();
    stop.cancel();
    worker.await.expect("it stops");

    assert!(told.elapsed() < Duration::from_secs(3), "{:?}", told.elapsed());
    assert_eq!(count(&app, COMPARISONS).await, 0, "it was not done");
    let left = "select count(*) from job where kind = 'comparison' and run_at <= created_at";
    assert_eq!(count(&app, left).await, 1, "who comes next begins it at once");
}
