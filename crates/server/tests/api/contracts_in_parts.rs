//! Contracts that are published in parts.

use serde_json::json;

use crate::support::{TestApp, pact};

const VERSION_1: &str = "/pacts/provider/stock/consumer/shop/version/1";

#[tokio::test]
async fn the_first_part_creates_the_contract_and_the_next_adds_to_it() {
    let app = TestApp::start().await;

    app.patch_json(VERSION_1, &pact("shop", "stock", &["a"])).await.is(201);
    app.patch_json(VERSION_1, &pact("shop", "stock", &["b"])).await.is(200);
    app.patch_json(VERSION_1, &pact("shop", "stock", &["a"])).await.is(200);

    let served = app.get(VERSION_1).await.is(200);
    assert_eq!(served.at("/interactions").as_array().map(Vec::len), Some(2));
    assert_eq!(served.at("/interactions/0/description"), "a");
    assert_eq!(served.at("/interactions/1/description"), "b");
}

#[tokio::test]
async fn a_part_that_contradicts_what_is_there_is_refused_and_changes_nothing() {
    let app = TestApp::start().await;
    app.patch_json(VERSION_1, &pact("shop", "stock", &["a"])).await.is(201);
    let mut other = pact("shop", "stock", &["a"]);
    other["interactions"][0]["request"]["path"] = json!("/elsewhere");

    app.patch_json(VERSION_1, &other).await.is(409);

    assert_ne!(app.get(VERSION_1).await.is(200).at("/interactions/0/request/path"), "/elsewhere");
}

#[tokio::test]
async fn a_merge_patch_is_refused_since_it_would_replace_what_is_there() {
    let app = TestApp::start().await;

    let refused = app.patch(VERSION_1, &pact("shop", "stock", &["a"])).await.is(415);

    assert!(refused.text().contains("application/json"));
    app.get(VERSION_1).await.is(404);
}
