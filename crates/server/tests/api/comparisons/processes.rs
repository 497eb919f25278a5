//! Several processes on one database, and processes that die.

use super::*;

/// None keeps to itself what another needs.
#[tokio::test(flavor = "multi_thread")]
async fn two_processes_that_publish_and_ask_at_once_behave_as_one() {
    let one = Arc::new(TestApp::start().await);
    let other = Arc::new(one.another_process());
    for round in 0..6 {
        let number = (100 + round).to_string();
        let fits = round % 2 == 0;
        let (consumer, provider) = (Arc::clone(&one), Arc::clone(&other));
        let (shop, stock) = (number.clone(), number.clone());
        let publishing = tokio::spawn(async move {
            let text = contract("shop", &json!({"round": round}));
            consumer.world().consumer("shop").version(&shop).branch("main").contract_text("stock", &text).await;
        });
        let offering = tokio::spawn(async move {
            let document = document(round, if fits { "integer" } else { "string" });
            publish_document(&provider, &stock, &document, Some(true)).await;
        });
        publishing.await.expect("it is published");
        offering.await.expect("it is published");

        let (a, b) = tokio::join!(may_go_with(&one, &number, &number), may_go_with(&other, &number, &number));

        assert_eq!((a.at("/summary/deployable"), b.at("/summary/deployable")), (json!(fits), json!(fits)), "{round}");
    }
    let twice = "select count(*) from (select from comparison group by contract_content_id, provider_content_id, configuration \
                 having count(*) > 1) as twice";
    assert_eq!(count(&one, twice).await, 0);
}

/// As [`openapi`], with what this round's contract reads besides.
fn document(round: u32, id: &str) -> String {
    let mut document: Value = serde_json::from_str(&openapi(id)).expect("JSON");
    let schema = document
        .pointer_mut("/paths/~1things/get/responses/200/content/application~1json/schema")
        .expect("the schema is there");
    schema["required"] = json!(["id", "round"]);
    schema["properties"]["round"] = json!({"type": "integer", "description": format!("of round {round}")});
    document.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_that_compare_the_same_pair_keep_it_once() {
    let one = TestApp::start().await;
    with_stock_in_production(&one, &openapi("integer"), Some(true)).await;
    publish_contract(&one, "1").await;
    let other = one.another_process();
    for _ in 0..6 {
        sqlx::query("delete from comparison").execute(&one.db).await.expect("nothing is known");

        let (a, b) = tokio::join!(may_go(&one, "shop", "1"), may_go(&other, "shop", "1"));

        assert_eq!((a.at("/summary/deployable"), b.at("/summary/deployable")), (json!(true), json!(true)));
        assert_eq!(count(&one, COMPARISONS).await, 1);
    }
}

#[tokio::test]
async fn what_one_process_is_told_the_other_knows() {
    let one = TestApp::start().await;
    let other = one.another_process();
    with_stock_in_production(&one, &openapi("integer"), Some(true)).await;
    let reads_an_optional_one = contract("shop", &json!({"nick": "x"}));
    other.world().consumer("shop").version("1").contract_text("stock", &reads_an_optional_one).await;
    assert_eq!(may_go(&other, "shop", "1").await.at("/summary/deployable"), true);

    one.put("/pacticipants/stock/comparison-settings", &json!({"severities": {"response.body.optional": "error"}}))
        .await
        .is(200);

    assert_eq!(may_go(&other, "shop", "1").await.at("/summary/deployable"), false);
}

/// Holds what comparisons are kept in, so that whoever compares waits.
async fn hold(app: &TestApp) -> sqlx::Transaction<'static, sqlx::Postgres> {
    let mut tx = app.db.begin().await.expect("the database answers");
    sqlx::query("lock table comparison in access exclusive mode").execute(&mut *tx).await.expect("nobody has it");
    tx
}

async fn wait_for(app: &TestApp, statement: &'static str) {
    for _ in 0..2_000 {
        if count(app, statement).await > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never: {statement}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_whose_process_died_before_it_was_compared_is_compared_by_who_asks() {
    let app = Arc::new(TestApp::start().await);
    with_stock_in_production(&app, &openapi("string"), Some(true)).await;
    let held = hold(&app).await;
    let dying = Arc::clone(&app);
    let publishing = tokio::spawn(async move { publish_contract(&dying, "1").await });
    wait_for(&app, "select count(*) from contract").await;

    publishing.abort();
    assert!(publishing.await.expect_err("it died").is_cancelled());
    held.rollback().await.expect("the database answers");

    assert_eq!(count(&app, COMPARISONS).await, 0);
    let next = app.another_process();
    let answer = may_go(&next, "shop", "1").await;
    assert_eq!(answer.at("/summary/deployable"), false);
    assert_eq!(answer.at("/reasons/0/kind"), "incompatible");
    let told = app.get("/events?name=comparison_changed").await.is(200);
    assert_eq!(told.at("/_embedded/events/0/data/comparison/outcome"), "incompatible");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_whose_process_died_before_it_was_compared_is_compared_by_who_asks() {
    let app = Arc::new(TestApp::start().await);
    app.world().environment("production").await;
    publish_contract(&app, "1").await;
    app.world().deployed("shop", "1", "production").await;
    let held = hold(&app).await;
    let dying = Arc::clone(&app);
    let publishing = tokio::spawn(async move {
        publish_document(&dying, "40", &openapi("string"), Some(true)).await;
    });
    wait_for(&app, "select count(*) from provider_contract").await;

    publishing.abort();
    assert!(publishing.await.expect_err("it died").is_cancelled());
    held.rollback().await.expect("the database answers");

    assert_eq!(count(&app, COMPARISONS).await, 0);
    assert_eq!(may_go(&app.another_process(), "stock", "40").await.at("/summary/deployable"), false);
}
