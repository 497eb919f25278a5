//! How contracts are held against documents, where a provider's team wants it otherwise than usual.

use super::*;

const SETTINGS: &str = "/pacticipants/stock/comparison-settings";

#[tokio::test]
async fn a_team_says_how_bad_a_finding_is_and_the_answer_follows_at_once() {
    let app = TestApp::start().await;
    with_stock_in_production(&app, &openapi("integer"), Some(true)).await;
    let reads_an_optional_one = contract("shop", &json!({"nick": "x"}));
    app.world().consumer("shop").version("1").contract_text("stock", &reads_an_optional_one).await;
    assert_eq!(may_go(&app, "shop", "1").await.at("/summary/deployable"), true);

    let strict = json!({"severities": {"response.body.optional": "error"}});
    let shown = app.put(SETTINGS, &strict).await.is(200);

    assert_eq!(shown.at("/severities"), strict["severities"]);
    assert_eq!(count(&app, COMPARISONS).await, 2);
    assert_eq!(may_go(&app, "shop", "1").await.at("/summary/deployable"), false);
    app.delete(SETTINGS).await.is(204);
    assert_eq!(may_go(&app, "shop", "1").await.at("/summary/deployable"), true);
    assert_eq!(count(&app, COMPARISONS).await, 2, "what was compared before is found again");
}

#[tokio::test]
async fn who_has_no_settings_has_the_usual_ones() {
    let app = TestApp::start().await;
    publish_document(&app, "40", &openapi("integer"), None).await;

    let shown = app.get(SETTINGS).await.is(200);

    assert_eq!(shown.at("/profile"), "sound");
    assert_eq!(shown.at("/configuration"), "usual");
    app.delete(SETTINGS).await.is(404);
    app.get("/pacticipants/nobody/comparison-settings").await.is(404);
}

#[tokio::test]
async fn settings_that_mean_nothing_are_refused_with_all_that_is_wrong() {
    let app = TestApp::start().await;
    publish_document(&app, "40", &openapi("integer"), None).await;

    let wrong = json!({"profile": "loose", "severities": {"nonsense": "error", "response.body.optional": "bad"}});
    let refused = app.put(SETTINGS, &wrong).await.is(400);

    assert_snapshot!(refused.at("/errors"), @r#"{"profile":["must be one of: sound, compatible"],"severities.nonsense":["is no code of a finding"],"severities.response.body.optional":["must be one of: info, warning, error"]}"#);
}

/// As when a newer release, which knows more settings, runs beside this one.
#[tokio::test]
async fn settings_of_a_newer_release_are_left_to_it() {
    let app = TestApp::start().await;
    app.leave_jobs();
    with_stock_in_production(&app, &openapi("integer"), Some(true)).await;
    app.put(SETTINGS, &json!({"severities": {"response.body.optional": "error"}})).await.is(200);
    let tomorrow =
        "update comparison_setting set severities = '{\"of.tomorrow\": \"error\"}', configuration = 'of tomorrow'";
    sqlx::query(tomorrow).execute(&app.db).await.expect("the table is there");

    publish_contract(&app, "1").await;
    app.run_jobs().await;

    assert_eq!(count(&app, "select count(*) from comparison").await, 0);
    assert_eq!(count(&app, "select count(*) from job where kind = 'comparison'").await, 1, "for who knows them");
    let answer = may_go(&app, "shop", "1").await;
    assert_eq!(answer.at("/summary/deployable"), Value::Null);
    assert_eq!(answer.at("/reasons/0/kind"), "not_compared");
}

#[tokio::test]
async fn what_was_compared_by_former_settings_goes_after_a_day_once_there_is_another_that_counts() {
    let app = TestApp::start().await;
    with_stock_in_production(&app, &openapi("integer"), Some(true)).await;
    publish_contract(&app, "1").await;
    publish_document(&app, "39", &openapi("string"), Some(true)).await;
    app.world().consumer("shop").version("0").contract_text("stock", &contract("shop", &json!({"id": 0}))).await;
    let before = count(&app, COMPARISONS).await;
    app.put(SETTINGS, &json!({"severities": {"response.body.optional": "error"}})).await.is(200);
    let by_present = "select count(*) from comparison where configuration <> 'usual'";
    let present = count(&app, by_present).await;
    // One that nobody has compared since keeps what is known of it.
    let one = "delete from comparison where configuration <> 'usual' and ctid = (select min(ctid) from comparison \
               where configuration <> 'usual')";
    sqlx::query(one).execute(&app.db).await.expect("the table is there");

    app.run_jobs().await;
    assert_eq!(count(&app, COMPARISONS).await, before + present - 1, "who goes back soon finds all");
    app.advance_secs(24 * 3600 + 1);
    app.run_jobs().await;

    assert_eq!(count(&app, by_present).await, present - 1);
    let kept = "select count(*) from comparison where configuration = 'usual'";
    assert_eq!(count(&app, kept).await, before - present + 1);
    assert_eq!(may_go(&app, "shop", "1").await.at("/summary/deployable"), true);
}
