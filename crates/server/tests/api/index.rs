//! The index: where clients begin.

use serde_json::json;

use crate::support::{TestApp, base64, path_of};

/// What the variables of the index's templates stand for in `a_world`.
fn expanded(href: &str, webhook: &str, environment: &str) -> String {
    let uuid = if href.contains("/webhooks/") { webhook } else { environment };
    let values = [
        ("{provider}", "stock"),
        ("{consumer}", "shop"),
        ("{consumerApplicationVersion}", "1"),
        ("{pacticipant}", "shop"),
        ("{version}", "1"),
        ("{branch}", "main"),
        ("{tag}", "prod"),
        ("{environment}", "production"),
        ("{from}", "40"),
        ("{to}", "40"),
        ("{uuid}", uuid),
    ];
    values.iter().fold(href.to_owned(), |href, (variable, value)| href.replace(variable, value))
}

#[tokio::test]
async fn every_relation_leads_somewhere() {
    let app = TestApp::start().await;
    let world = app.world();
    world.environment("production").await;
    world.consumer("shop").version("1").branch("main").tag("prod").contract_with("stock", &["a"]).await;
    let contract = json!({"content": base64("openapi: 3.0.3\ninfo: {}\npaths: {}\n"), "specification": "oas"});
    let offer = json!({"pacticipantVersionNumber": "40", "contract": contract});
    app.post("/provider-contracts/provider/stock/publish", &offer).await.is(200);
    let webhook = world.webhook("https://hooks.example.org/").on("contract_published").await.link("self");
    let environment = app.get("/environments").await.text_at("/_embedded/environments/0/uuid");
    let webhook = webhook.rsplit('/').next().expect("it has an id").to_owned();

    let index = app.get("/").await.is(200).json();

    let links = index["_links"].as_object().expect("links");
    let mut followed = 0;
    for (relation, link) in links {
        if relation == "curies" {
            continue;
        }
        let href = link["href"].as_str().expect("an address");
        assert_eq!(link["templated"], href.contains('{'), "{relation}");
        followed += 1;
        // Publishing is not asked for, but must be there.
        let takes_only_posts = [
            "pb:publish-contracts",
            "pf:preview-contract",
            "pf:preview-provider-contract",
            "pf:publish-provider-contract",
        ];
        let expected = if takes_only_posts.contains(&relation.as_str()) { 405 } else { 200 };
        app.get(&expanded(href, &webhook, &environment)).await.is(expected);
    }
    assert!(followed > 32, "only {followed} relations");
}

#[tokio::test]
async fn prefixes_of_relations_are_explained() {
    let app = TestApp::start().await;

    let index = app.get("/").await.is(200);

    assert_eq!(index.text_at("/_links/curies/0/name"), "pb");
    assert!(index.text_at("/_links/curies/0/href").contains("{rel}"));
}

#[tokio::test]
async fn a_trailing_slash_changes_nothing() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").await;

    app.get("/pacticipants/").await.is(200);
    app.get(&format!("{}/", path_of(&["pacticipants", "shop"]))).await.is(200);
}
