//! Badges, and can-i-merge.

use serde_json::{Value, json};

use crate::support::{TestApp, base64};

/// Label and message of a badge.
async fn told(app: &TestApp, address: &str) -> String {
    let svg = app.get(address).await.is(200);
    assert_eq!(svg.header("content-type").as_deref(), Some("image/svg+xml;charset=utf-8"));
    let text = svg.text();
    let title = text.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next());
    title.expect("a title").to_string()
}

async fn order_web() -> TestApp {
    let app = TestApp::start().await;
    let world = app.world();
    world.environment("test").await;
    world.consumer("Order Web").version("1").branch("main").tag("dev").contract_with("Order API", &["a"]).await;
    world.provider("Order API").version("7").branch("main").tag("prod").verifies("Order Web", "1").await;
    world.deployed("Order API", "7", "test").await;
    app
}

const PAIR: &str = "/pacts/provider/Order%20API/consumer/Order%20Web";

#[tokio::test]
async fn a_contract_is_verified_changed_failed_or_unknown() {
    let app = order_web().await;
    let world = app.world();
    let latest = format!("{PAIR}/latest/badge.svg");

    assert_eq!(told(&app, &latest).await, "order web/order api pact: verified");
    world.consumer("Order Web").version("2").contract_with("Order API", &["b"]).await;
    assert_eq!(told(&app, &latest).await, "order web/order api pact: changed");
    assert_eq!(told(&app, &format!("{PAIR}/latest/dev/badge.svg")).await, "order web/order api pact: verified");
    assert_eq!(told(&app, &format!("{PAIR}/latest-untagged/badge.svg")).await, "order web/order api pact: changed");
    world.provider("Order API").version("8").fails("Order Web", "2").await;
    assert_eq!(told(&app, &latest).await, "order web/order api pact: failed");
    let nobody = "/pacts/provider/Nope/consumer/Foo/latest/badge.svg";
    assert_eq!(told(&app, nobody).await, "pact not found: unknown");
}

#[tokio::test]
async fn the_label_can_be_shorter() {
    let app = order_web().await;

    for (query, expected) in [
        ("initials=true", "ow/oa pact: verified"),
        ("label=consumer", "order web pact: verified"),
        ("label=provider&initials=true", "oa pact: verified"),
    ] {
        assert_eq!(told(&app, &format!("{PAIR}/latest/badge.svg?{query}")).await, expected);
    }
}

#[tokio::test]
async fn a_pair_of_tags_has_its_own_badge() {
    let app = order_web().await;
    let badge = |provider_tag: &str| {
        format!("/matrix/provider/Order%20API/latest/{provider_tag}/consumer/Order%20Web/latest/dev/badge.svg")
    };

    assert_eq!(told(&app, &badge("prod")).await, "order web (dev)/order api (prod) pact: verified");
    assert_eq!(told(&app, &badge("none")).await, "order web (dev)/order api (none) pact: unknown");
}

#[tokio::test]
async fn can_i_deploy_is_green_only_for_a_yes() {
    let app = order_web().await;
    let web = "/pacticipants/Order%20Web";
    let to = |environment: &str| {
        format!("{web}/branches/main/latest-version/can-i-deploy/to-environment/{environment}/badge.svg")
    };

    assert_eq!(told(&app, &to("test")).await, "can-i-deploy: main to test");
    assert!(app.get(&to("test")).await.text().contains("#2e7d32"));
    assert_eq!(told(&app, &to("zip")).await, "environment: not found");
    let tags = format!("{web}/latest-version/dev/can-i-deploy/to/none/badge.svg?label=cid");
    assert_eq!(told(&app, &tags).await, "cid: dev to none");
    assert!(app.get(&tags).await.text().contains("#c62828"));
    let nothing = format!("{web}/latest-version/zip/can-i-deploy/to/prod/badge.svg");
    assert_eq!(told(&app, &nothing).await, "version: not found");
    let nobody = "/pacticipants/x/latest-version/dev/can-i-deploy/to/prod/badge.svg";
    assert_eq!(told(&app, nobody).await, "pacticipant: not found");
}

#[tokio::test]
async fn can_i_merge_asks_the_main_branches() {
    let app = order_web().await;
    let badge = "/pacticipants/Order%20Web/main-branch/can-i-merge/badge.svg";

    assert_eq!(told(&app, badge).await, "can-i-merge: success");
    assert_eq!(app.get(badge).await.header("cache-control").as_deref(), Some("max-age=30"));
    let answer = app.get("/pacticipants/Order%20Web/main-branch/can-i-merge").await.is(200);
    assert_eq!(answer.at("/summary/deployable"), Value::Bool(true));
    app.world().consumer("Order Web").version("2").branch("main").contract_with("Order API", &["b"]).await;
    assert_eq!(told(&app, badge).await, "can-i-merge: unknown");
    let headless = "/pacticipants/x/main-branch/can-i-merge/badge.svg";
    assert_eq!(told(&app, headless).await, "pacticipant: not found");
    app.get("/pacticipants/x/main-branch/can-i-merge").await.is(404);
}

#[tokio::test]
async fn without_the_suffix_the_client_says_that_it_wants_a_picture() {
    let app = order_web().await;
    let address = format!("{PAIR}/latest/badge");

    app.get_as(&address, "image/svg+xml").await.is(200);
    app.get_as(&address, "image/avif,image/webp,image/svg+xml,image/*,*/*;q=0.8").await.is(200);
    app.get_as(&address, "application/hal+json").await.is(406);
}

#[tokio::test]
async fn a_provider_contract_is_self_verified_failed_or_unknown() {
    let app = TestApp::start().await;
    let badge = "/pacticipants/stock/main-branch/provider-contract/badge.svg";
    let publish = async |version: &str, results: Value| {
        let body = json!({
            "pacticipantVersionNumber": version,
            "branch": "main",
            "contract": {"content": base64("openapi: 3.0.3"), "specification": "oas", "selfVerificationResults": results},
        });
        app.post("/provider-contracts/provider/stock/publish", &body).await.is(200);
    };

    assert_eq!(told(&app, badge).await, "pacticipant: not found");
    app.put_nothing("/pacticipants/stock/versions/0").await.is(201);
    assert_eq!(told(&app, badge).await, "main branch version: not found");
    publish("1", Value::Null).await;
    assert_eq!(told(&app, badge).await, "provider contract: unknown");
    publish("2", json!({"success": true})).await;
    assert_eq!(told(&app, badge).await, "provider contract: self-verified");
    publish("3", json!({"success": false})).await;
    assert_eq!(told(&app, &format!("{badge}?label=openapi")).await, "openapi: failed");
    app.put_nothing("/pacticipants/stock/branches/main/versions/4").await.is(201);
    assert_eq!(told(&app, badge).await, "provider contract: not found");
}
