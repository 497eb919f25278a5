//! The provider states that contracts ask for.

use serde_json::{Value, json};

use crate::support::TestApp;

fn needing(consumer: &str, interactions: &Value) -> String {
    let pact = json!({"consumer": {"name": consumer}, "provider": {"name": "stock"}, "interactions": interactions,
        "metadata": {"pactSpecification": {"version": "3.0.0"}}});
    pact.to_string()
}

/// On main, shop 2 and basket 9 need a pen, shop 2 also none; shop 1 needed a user. On feat/x, shop 3 needs a red one.
async fn three_states() -> TestApp {
    let app = TestApp::start().await;
    let user = json!([{"description": "a", "providerState": "a user"}]);
    app.world().consumer("shop").version("1").branch("main").contract_text("stock", &needing("shop", &user)).await;
    let pens = json!([{"description": "a", "providerStates": [{"name": "a pen"}]}, {"description": "b", "providerState": "no pen"}]);
    app.world().consumer("shop").version("2").branch("main").contract_text("stock", &needing("shop", &pens)).await;
    let red =
        json!([{"description": "a", "providerStates": [{"name": "a pen", "params": {"price": 7, "colour": "red"}}]}]);
    app.world().consumer("shop").version("3").branch("feat/x").contract_text("stock", &needing("shop", &red)).await;
    let pen = json!([{"description": "a", "providerState": "a pen"}]);
    app.world().consumer("basket").version("9").branch("main").contract_text("stock", &needing("basket", &pen)).await;
    app
}

fn on_main() -> Value {
    json!({"providerStates": [
        {"name": "a pen", "consumers": ["basket", "shop"]},
        {"name": "no pen", "consumers": ["shop"]},
    ]})
}

#[tokio::test]
async fn the_heads_of_main_branches_count() {
    let app = three_states().await;

    let states = app.get("/pacts/provider/stock/provider-states").await.is(200);

    assert_eq!(states.json(), on_main());
    assert_eq!(app.get("/pacts/provider/shop/provider-states").await.is(200).json(), json!({"providerStates": []}));
}

#[tokio::test]
async fn the_heads_of_a_branch_count() {
    let app = three_states().await;

    assert_eq!(app.get("/pacts/provider/stock/provider-states/branch/main").await.is(200).json(), on_main());
    let states = app.get("/pacts/provider/stock/provider-states/branch/feat%2Fx").await.is(200);
    let red = json!({"name": "a pen", "params": {"colour": "red", "price": 7}, "consumers": ["shop"]});
    assert_eq!(states.json(), json!({"providerStates": [red]}));
    let none = app.get("/pacts/provider/stock/provider-states/branch/other").await.is(200);
    assert_eq!(none.json(), json!({"providerStates": []}));
}

#[tokio::test]
async fn what_runs_in_an_environment_counts() {
    let app = three_states().await;
    let address = app.world().environment("production").await;
    let (_, id) = address.rsplit_once('/').expect("an address with a UUID");
    app.world().deployed("shop", "1", "production").await;
    app.world().released("basket", "9", "production").await;

    let expected = json!({"providerStates": [
        {"name": "a pen", "consumers": ["basket"]},
        {"name": "a user", "consumers": ["shop"]},
    ]});
    for environment in ["production", id] {
        let states = app.get(&format!("/pacts/provider/stock/provider-states/environment/{environment}")).await.is(200);
        assert_eq!(states.json(), expected, "{environment}");
    }
}

#[tokio::test]
async fn nobody_and_nowhere_are_not_found() {
    let app = three_states().await;

    for which in ["", "/branch/main", "/environment/production"] {
        let answer = app.get(&format!("/pacts/provider/nobody/provider-states{which}")).await.is(404);
        assert_eq!(answer.text_at("/error"), "No provider with name 'nobody' found");
    }
    let answer = app.get("/pacts/provider/stock/provider-states/environment/moon").await.is(404);
    assert_eq!(answer.text_at("/error"), "No environment with name or UUID 'moon' found");
}
