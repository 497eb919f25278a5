//! Many who publish and ask at once.

use super::*;

/// Large enough for all to come while it is read.
fn large_document() -> String {
    let mut document: Value = serde_json::from_str(&openapi("integer")).expect("JSON");
    let fields: Value = (0..100).map(|at| (format!("field{at}"), json!({"type": "string", "maxLength": at}))).collect();
    for number in 0..100 {
        let schema = json!({"type": "object", "properties": fields});
        document["paths"][format!("/others{number}")] = json!({"get": {"responses": {"200": {
            "description": "", "content": {"application/json": {"schema": schema}},
        }}}});
    }
    document.to_string()
}

async fn publish_and_ask(app: &TestApp, consumer: &str) {
    app.world().consumer(consumer).version("1").contract_text("stock", &contract(consumer, &json!({}))).await;
    assert_eq!(may_go(app, consumer, "1").await.at("/summary/deployable"), true);
}

async fn with_a_large_document() -> Arc<TestApp> {
    let app = TestApp::with(|settings| settings.comparison_budget = Duration::from_mins(10)).await;
    with_stock_in_production(&app, &large_document(), Some(true)).await;
    Arc::new(app)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_at_once_with_many_others_is_answered_without_a_second_question() {
    let app = with_a_large_document().await;

    let crowd: Vec<_> = (0..24)
        .map(|number| {
            let app = Arc::clone(&app);
            tokio::spawn(async move { publish_and_ask(&app, &format!("shop{number}")).await })
        })
        .collect();

    for one in crowd {
        one.await.expect("it may go");
    }
    assert_eq!(count(&app, COMPARISONS).await, 24);
}
