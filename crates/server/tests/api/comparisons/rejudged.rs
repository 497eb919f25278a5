//! A newer release judges otherwise: what was judged before counts until somebody accepts the change.

use super::*;

/// As if an older release had judged so.
async fn judged_before(app: &TestApp, outcome: &str) {
    sqlx::query("update comparison set engine = 0, outcome = $1")
        .bind(outcome)
        .execute(&app.db)
        .await
        .expect("the table is there");
}

const ENGINES: &str = "select coalesce(string_agg(engine || ' ' || outcome || case when in_force then ' counts' else ' waits' end, \
                       ', ' order by engine), '') from comparison";

async fn engines(app: &TestApp) -> String {
    sqlx::query_scalar(ENGINES).fetch_one(&app.db).await.expect("the table is there")
}

async fn with_a_pair(id: &str) -> TestApp {
    let app = TestApp::start().await;
    with_stock_in_production(&app, &openapi(id), Some(true)).await;
    publish_contract(&app, "1").await;
    app
}

#[tokio::test]
async fn an_outcome_that_stays_the_same_counts_without_a_word() {
    let app = with_a_pair("integer").await;
    judged_before(&app, "compatible").await;

    app.run_jobs().await;

    assert_eq!(engines(&app).await, "1 compatible counts");
    assert_eq!(app.get("/comparisons/changes").await.is(200).at("/_embedded/changes"), json!([]));
}

#[tokio::test]
async fn a_recorded_verdict_turns_only_when_it_is_accepted() {
    let app = with_a_pair("string").await;
    judged_before(&app, "compatible").await;

    app.run_jobs().await;

    assert_eq!(engines(&app).await, "0 compatible counts, 1 incompatible waits");
    assert_eq!(may_go(&app, "shop", "1").await.at("/summary/deployable"), true);
    let changes = app.get("/comparisons/changes").await.is(200);
    assert_eq!(changes.at("/page/totalElements"), 1);
    assert_eq!(changes.at("/_embedded/changes/0/outcome"), "compatible");
    assert_eq!(changes.at("/_embedded/changes/0/newOutcome"), "incompatible");
    app.get(&changes.text_at("/_embedded/changes/0/_links/pb:comparison/href")).await.is(200);

    let told = app.get("/events?name=comparison_change_proposed").await.is(200);
    assert_eq!(told.at("/_embedded/events").as_array().map(Vec::len), Some(1), "however often it is looked at");
    let proposed = told.at("/_embedded/events/0/data");
    assert_eq!(
        (&proposed["comparison"]["before"], &proposed["comparison"]["outcome"]),
        (&json!("compatible"), &json!("incompatible"))
    );
    let page = crate::pages::page(&app, "/provider-contracts/stock").await;
    assert!(String::from_utf8_lossy(&page.body).contains("1 outcome would change"), "the provider's page says so");
    let twin = app.get("/provider-contracts/stock").await.is(200);
    assert!(twin.text_at("/_links/pb:comparison-changes/href").ends_with("/comparisons/changes"));

    let of_another = app.post("/comparisons/changes/accept", &json!({"provider": "shop"})).await.is(200);
    assert_eq!(of_another.at("/accepted"), 0);
    let accepted = app.post("/comparisons/changes/accept", &json!({"provider": "stock"})).await.is(200);

    assert_eq!(accepted.at("/accepted"), 1);
    assert_eq!(may_go(&app, "shop", "1").await.at("/summary/deployable"), false);
    assert_eq!(engines(&app).await, "1 incompatible counts");
    let told = app.get("/events?name=comparison_changed").await.is(200);
    assert_eq!(told.at("/_embedded/events/1/data/comparison/outcome"), "incompatible");
}

#[tokio::test]
async fn where_the_settings_say_so_nobody_needs_to_accept() {
    let app = TestApp::with(|settings| settings.accept_comparison_changes = true).await;
    with_stock_in_production(&app, &openapi("string"), Some(true)).await;
    publish_contract(&app, "1").await;
    judged_before(&app, "compatible").await;

    app.run_jobs().await;

    assert_eq!(engines(&app).await, "1 incompatible counts");
}

#[tokio::test]
async fn a_change_that_was_overtaken_before_anybody_accepted_it_goes() {
    let app = with_a_pair("integer").await;
    judged_before(&app, "incompatible").await;
    let overtaken = "insert into comparison (tenant_id, contract_content_id, provider_content_id, configuration, engine, in_force, \
                     consumer_id, provider_id, outcome, errors, warnings, infos, findings, created_at) \
                     select tenant_id, contract_content_id, provider_content_id, configuration, -1, false, consumer_id, provider_id, \
                     outcome, errors, warnings, infos, findings, created_at from comparison";
    sqlx::query(overtaken).execute(&app.db).await.expect("the table is there");

    app.run_jobs().await;

    assert_eq!(engines(&app).await, "0 incompatible counts, 1 compatible waits");
}
