//! Lists of contracts: of a provider, and between two.

use serde_json::{Value, json};

use crate::support::{BASE, TestApp};

/// shop 1 (main, prod), 2 (main, prod), 3 (feat/x) and basket 9 (main) with stock; shop's main branch is main, basket's
/// is trunk.
async fn four_contracts() -> TestApp {
    let app = TestApp::start().await;
    let shop = app.world().consumer("shop");
    shop.version("1").branch("main").tag("prod").contract_with("stock", &["one"]).await;
    shop.version("2").branch("main").tag("prod").contract_with("stock", &["two"]).await;
    shop.version("3").branch("feat/x").contract_with("stock", &["three"]).await;
    app.world().consumer("basket").version("9").branch("main").contract_with("stock", &["nine"]).await;
    app.patch("/pacticipants/shop", &json!({"mainBranch": "main"})).await.is(200);
    app.patch("/pacticipants/basket", &json!({"mainBranch": "trunk"})).await.is(200);
    app
}

/// The versions that the links lead to, with their consumers.
fn versions(links: &Value) -> Vec<String> {
    let versions = links.as_array().expect("a list of links").iter().map(|link| {
        let href = link["href"].as_str().expect("a link");
        let (_, consumer) = href.split_once("/consumer/").expect("a link to a contract");
        consumer.replace("/version/", " ")
    });
    versions.collect()
}

#[tokio::test]
async fn contracts_of_a_provider_are_listed_by_consumer_and_then_in_order() {
    let app = four_contracts().await;

    for (which, expected) in [
        ("", ["basket 9", "shop 1", "shop 2", "shop 3"].as_slice()),
        ("/latest", &["basket 9", "shop 3"]),
        ("/tag/prod", &["shop 1", "shop 2"]),
        ("/tag/none", &[]),
        ("/latest/prod", &["shop 2"]),
        ("/branch/main", &["basket 9", "shop 1", "shop 2"]),
        ("/branch/main/latest", &["basket 9", "shop 2"]),
        ("/branch/feat%2Fx", &["shop 3"]),
        ("/branch", &["shop 1", "shop 2"]),
        ("/branch/latest", &["shop 2"]),
    ] {
        let address = format!("/pacts/provider/stock{which}");
        let listed = app.get(&address).await.is(200);
        assert_eq!(listed.link("self"), format!("{BASE}{address}"));
        assert_eq!(versions(&listed.at("/_links/pb:pacts")), expected, "{which}");
        assert_eq!(versions(&listed.at("/_links/pacts")), expected, "{which}");
        app.get(&format!("/pacts/provider/nobody{which}")).await.is(404);
    }
}

#[tokio::test]
async fn contracts_between_two_are_listed() {
    let app = four_contracts().await;

    for (which, relation, expected) in [
        ("versions", "pact-versions", ["shop 3", "shop 2", "shop 1"].as_slice()),
        ("tag/prod", "pb:pact-versions", &["shop 2", "shop 1"]),
        ("branch/main", "pact-versions", &["shop 1", "shop 2"]),
        ("branch/versions", "pact-versions", &["shop 1", "shop 2"]),
        ("branch/main/latest/versions", "pact-versions", &["shop 2"]),
        ("branch/latest/versions", "pact-versions", &["shop 2"]),
        ("branch/none", "pact-versions", &[]),
    ] {
        let listed = app.get(&format!("/pacts/provider/stock/consumer/shop/{which}")).await.is(200);
        assert_eq!(versions(&listed.at(&format!("/_links/{relation}"))), expected, "{which}");
        let embedded = listed.at("/_embedded/pacts");
        let own = embedded.as_array().expect("contracts").iter().map(|one| one["_links"]["self"].clone());
        assert_eq!(versions(&own.collect()), expected, "{which}");
        app.get(&format!("/pacts/provider/stock/consumer/nobody/{which}")).await.is(404);
        app.get(&format!("/pacts/provider/nobody/consumer/shop/{which}")).await.is(404);
    }
}

#[tokio::test]
async fn the_contract_before_with_other_content_is_found() {
    let app = TestApp::start().await;
    let shop = app.world().consumer("shop");
    for (number, interaction) in [("1", "a"), ("2", "b"), ("3", "b"), ("4", "b")] {
        shop.version(number).contract_with("stock", &[interaction]).await;
    }
    let pair = "/pacts/provider/stock/consumer/shop/version";

    let found = app.get(&format!("{pair}/4/previous-distinct")).await.is(200);

    assert_eq!(found.link("self"), format!("{BASE}{pair}/1"));
    app.get(&format!("{pair}/1/previous-distinct")).await.is(404);
    app.get(&format!("{pair}/5/previous-distinct")).await.is(404);
}

#[tokio::test]
async fn the_latest_contract_without_a_tag_is_found() {
    let app = four_contracts().await;
    let latest = "/pacts/provider/stock/consumer/shop/latest-untagged";
    assert!(app.get(latest).await.is(200).link("self").ends_with("/version/3"));

    app.put_nothing("/pacticipants/shop/versions/3/tags/dev").await.is(201);

    app.get(latest).await.is(404);
}

#[tokio::test]
async fn the_extended_form_keeps_the_contract_apart_and_names_the_tags_it_is_the_latest_of() {
    let app = four_contracts().await;
    let extended = "application/vnd.pactbrokerextended.v1+json";
    let address = |version: &str| format!("/pacts/provider/stock/consumer/shop/version/{version}");

    let head = app.get_as(&address("2"), extended).await.is(200);

    assert_eq!(head.header("content-type"), Some(format!("{extended};charset=utf-8")));
    assert_eq!(head.at("/contract/interactions/0/description"), "two");
    assert_eq!(head.at("/_embedded/tags/0/name"), "prod");
    assert!(head.json().get("interactions").is_none());
    let earlier = app.get_as(&address("1"), extended).await.is(200);
    assert_eq!(earlier.at("/_embedded/tags"), json!([]));
}

#[tokio::test]
async fn the_oldest_addresses_lead_to_the_same_contracts() {
    let app = four_contracts().await;
    let pair = "/pact/provider/stock/consumer/shop";

    let by_version = app.get(&format!("{pair}/version/2")).await.is(200);
    let latest = app.get(&format!("{pair}/latest")).await.is(200);

    assert_eq!(by_version.at("/interactions/0/description"), "two");
    assert_eq!(latest.at("/interactions/0/description"), "three");
    app.delete(&format!("{pair}/version/2")).await.is(200);
    app.get(&format!("{pair}/version/2")).await.is(404);
}
