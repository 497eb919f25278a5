//! What differs between two contracts.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::{BASE, TestApp};

const PAIR: &str = "/pacts/provider/stock/consumer/shop";
const JSON: &str = "application/json";

/// The body of a contract whose answer is `body`; `id` is an example.
fn contract(path: &str, id: u32) -> String {
    format!(
        r#"{{"consumer":{{"name":"shop"}},"provider":{{"name":"stock"}},"interactions":[
            {{"description":"an item","providerState":"there are pens","request":{{"method":"GET","path":"{path}"}},
              "response":{{"status":200,"body":{{"id":{id}}},"matchingRules":{{"$.body.id":{{"match":"type"}}}}}}}}],
            "metadata":{{"pactSpecification":{{"version":"2.0.0"}}}}}}"#
    )
}

/// 1 and 2 differ in a path, 2 and 3 not at all, 3 and 4 in an example.
async fn four_versions() -> TestApp {
    let app = TestApp::start().await;
    let shop = app.world().consumer("shop");
    for (number, path, id) in [("1", "/items/1", 7), ("2", "/items/2", 7), ("3", "/items/2", 7), ("4", "/items/2", 8)] {
        shop.version(number).contract_text("stock", &contract(path, id)).await;
    }
    app
}

async fn sha_of(app: &TestApp, version: &str) -> String {
    let name = app.get(&format!("{PAIR}/version/{version}")).await.is(200).at("/_links/pb:pact-version/name");
    name.as_str().expect("a sha").to_owned()
}

#[tokio::test]
async fn the_lines_that_differ_from_the_previous_distinct_contract_are_shown() {
    let app = four_versions().await;

    let told = app.get(&format!("{PAIR}/version/3/diff/previous-distinct")).await.is(200);

    assert_eq!(told.header("content-type").as_deref(), Some("text/plain;charset=utf-8"));
    assert_snapshot!(told.text(), @r#"
    # Diff between versions 1 and 3 of the pact between shop and stock

    Version 3 was published on 2026-11-22 06:48 UTC, version 1 on 2026-11-22 06:48 UTC.

           "providerState": "there are pens",
           "request": {
             "method": "GET",
    -        "path": "/items/1"
    +        "path": "/items/2"
           },
           "response": {
             "body": {

    ## Links

    pact-version:
      title: Pact
      name: Pact between shop (3) and stock
      href: http://pactolus.test/pacts/provider/stock/consumer/shop/version/3
    comparison-pact-version:
      title: Pact
      name: Pact between shop (1) and stock
      href: http://pactolus.test/pacts/provider/stock/consumer/shop/version/1
    "#);
}

#[tokio::test]
async fn two_versions_are_compared_whichever_came_first() {
    let app = four_versions().await;

    let forth = app.get(&format!("{PAIR}/version/4/diff/version/1")).await.is(200).text();
    let back = app.get(&format!("{PAIR}/version/1/diff/version/4")).await.is(200).text();

    assert!(
        forth.contains("-        \"path\": \"/items/1\"") && forth.contains("+        \"path\": \"/items/2\""),
        "{forth}"
    );
    assert!(
        back.contains("+        \"path\": \"/items/1\"") && back.contains("-        \"path\": \"/items/2\""),
        "{back}"
    );
    assert!(forth.starts_with("# Diff between versions 1 and 4 of the pact between shop and stock\n"), "{forth}");
    let same = app.get(&format!("{PAIR}/version/3/diff/version/2")).await.is(200).text();
    assert!(same.contains("\n\nNothing differs"), "{same}");
}

#[tokio::test]
async fn what_is_promised_anew_is_told_in_text_to_who_asks() {
    let app = four_versions().await;

    let told = app.get(&format!("{PAIR}/version/4/diff/version/1?format=semantic")).await.is(200);

    assert_snapshot!(told.text(), @r#"
    # Diff between versions 1 and 4 of the pact between shop and stock

    Version 4 was published on 2026-11-22 06:48 UTC, version 1 on 2026-11-22 06:48 UTC.

    Interactions: 1 changed.

    ~ interaction "an item" given "there are pens"
        GET /items/2 → 200
        ~ $.request.path: "/items/1" → "/items/2"

    1 example differs, which its matching rule lets differ.

    ## Links

    pact-version:
      title: Pact
      name: Pact between shop (4) and stock
      href: http://pactolus.test/pacts/provider/stock/consumer/shop/version/4
    comparison-pact-version:
      title: Pact
      name: Pact between shop (1) and stock
      href: http://pactolus.test/pacts/provider/stock/consumer/shop/version/1
    "#);
}

#[tokio::test]
async fn what_is_promised_anew_is_told_to_programs() {
    let app = four_versions().await;
    let address = format!("{PAIR}/version/4/diff/version/1");

    let told = app.get_as(&address, "application/hal+json").await.is(200);

    assert_eq!(told.header("content-type").as_deref(), Some("application/hal+json;charset=utf-8"));
    assert_eq!(
        told.at("/summary"),
        json!({"text": "Interactions: 1 changed.", "added": 0, "removed": 0, "changed": 1})
    );
    assert_eq!(
        told.at("/interactions/0"),
        json!({
            "kind": "interaction", "description": "an item", "providerStates": ["there are pens"],
            "outline": "GET /items/2 → 200", "difference": "changed",
            "changes": [{"path": "$.request.path", "subject": "value", "before": "/items/1", "after": "/items/2"}],
        })
    );
    assert_eq!((told.at("/examples"), told.at("/compared")), (json!(1), json!(true)));
    assert_eq!(told.link("self"), format!("{BASE}{address}"));
    assert_eq!(told.link("pb:pact"), format!("{BASE}{PAIR}/version/4"));
    assert_eq!(told.link("pb:comparison-pact"), format!("{BASE}{PAIR}/version/1"));
    let plain = app.get_as(&address, JSON).await.is(200);
    assert_eq!(plain.header("content-type").as_deref(), Some("application/json;charset=utf-8"));
}

#[tokio::test]
async fn generated_examples_are_no_difference() {
    let app = four_versions().await;
    let address = format!("{PAIR}/version/4/diff/previous-distinct");

    let told = app.get_as(&address, JSON).await.is(200);

    assert_eq!(told.at("/summary/text"), "Both promise the same.");
    assert_eq!(told.at("/remarks"), json!(["1 example differs, which its matching rule lets differ."]));
    assert_eq!(told.at("/interactions"), json!([]));
    // The lines are shown as they are.
    let lines = app.get(&address).await.is(200).text();
    assert!(lines.contains("-          \"id\": 7") && lines.contains("+          \"id\": 8"), "{lines}");
}

#[tokio::test]
async fn numbers_arrive_with_all_their_digits() {
    let app = TestApp::start().await;
    let shop = app.world().consumer("shop");
    let digits = "9".repeat(40);
    let contract = |number: &str| format!(r#"{{"interactions":[{{"description":"a","n":{number}}}]}}"#);
    shop.version("1").contract_text("stock", &contract("1e400")).await;
    shop.version("2").contract_text("stock", &contract(&digits)).await;

    let told =
        app.get_as(&format!("{PAIR}/version/1/diff/version/2?format=semantic"), "text/plain").await.is(200).text();

    assert!(told.contains(&format!("~ $.n: {digits} → 1.0e+400")), "{told}");
}

#[tokio::test]
async fn contents_are_compared_by_the_link_of_a_contract() {
    let app = four_versions().await;
    let (first, second) = (sha_of(&app, "1").await, sha_of(&app, "2").await);
    let template = app.get(&format!("{PAIR}/version/2")).await.is(200).link("pb:diff");
    let address = |sha: &str| template.replace("{pactVersion}", sha).replace(BASE, "");

    let told = app.get(&address(&first)).await.is(200).text();

    // The content of 2 is published by 3 as well, which came later.
    assert!(told.starts_with("# Diff between versions 1 and 3 of the pact between shop and stock\n"), "{told}");
    assert!(told.contains("+        \"path\": \"/items/2\""), "{told}");
    app.get(&address(&second)).await.is(200);
    let unknown = "0".repeat(40);
    for other in [unknown.as_str(), "x"] {
        let missing = app.get(&address(other)).await.is(404);
        let expected = format!("There is no pact between shop and stock with the content {other} to compare with");
        assert_eq!(missing.text_at("/error"), expected);
    }
    app.get(&format!("{PAIR}/pact-version/{unknown}/diff/pact-version/{first}")).await.is(404);
    app.get(&format!("{PAIR}/pact-version/x/diff/pact-version/{first}")).await.is(404);
}

#[tokio::test]
async fn a_version_that_had_both_contents_is_told_apart_by_them() {
    let app = TestApp::with(|settings| settings.allow_contract_modification = true).await;
    let shop = app.world().consumer("shop");
    shop.version("1").contract_text("stock", &contract("/items/1", 1)).await;
    let first = sha_of(&app, "1").await;
    shop.version("1").contract_text("stock", &contract("/items/2", 1)).await;
    let second = sha_of(&app, "1").await;

    let told = app.get(&format!("{PAIR}/pact-version/{second}/diff/pact-version/{first}")).await.is(200).text();

    assert!(told.contains(&format!("Version 1 with the content {}", &second[..7])), "{told}");
    assert!(told.contains(&format!("version 1 with the content {}", &first[..7])), "{told}");
}

#[tokio::test]
async fn the_first_contract_has_none_to_be_compared_with() {
    let app = four_versions().await;
    let link = app.get(&format!("{PAIR}/version/1")).await.is(200).link("pb:diff-previous-distinct");
    let address = link.replace(BASE, "");

    let told = app.get(&address).await.is(200).text();

    assert_snapshot!(told, @r#"
    # No previous distinct version of the pact between shop (1) and stock

    No version of shop before 1 published a pact with stock that has other content, so there is nothing to compare with.

    ## Links

    pact-version:
      title: Pact
      name: Pact between shop (1) and stock
      href: http://pactolus.test/pacts/provider/stock/consumer/shop/version/1
    "#);
    let body = app.get_as(&address, JSON).await.is(200);
    assert_eq!(body.at("/compared"), json!(false));
    assert_eq!(body.link("pb:pact"), format!("{BASE}{PAIR}/version/1"));
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let app = four_versions().await;

    app.get(&format!("{PAIR}/version/9/diff/previous-distinct")).await.is(404);
    app.get(&format!("{PAIR}/version/9/diff/version/1")).await.is(404);
    app.get("/pacts/provider/nobody/consumer/shop/version/1/diff/version/2").await.is(404);
    let missing = app.get(&format!("{PAIR}/version/1/diff/version/9")).await.is(404);
    assert_eq!(missing.text_at("/error"), "There is no pact between shop and stock of version 9 to compare with");
}

#[tokio::test]
async fn an_unknown_format_is_refused() {
    let app = four_versions().await;

    let refused = app.get(&format!("{PAIR}/version/2/diff/version/1?format=html")).await.is(400);

    assert_eq!(refused.at("/errors/format/0"), "must be one of: lines, semantic");
    app.get_as(&format!("{PAIR}/version/2/diff/version/1"), "image/png").await.is(406);
}

#[tokio::test]
async fn names_that_would_break_the_links_are_quoted() {
    let app = TestApp::start().await;
    app.world().consumer("shop: a #1").version("1").contract_with("stock", &["one"]).await;

    let told =
        app.get("/pacts/provider/stock/consumer/shop%3A%20a%20%231/version/1/diff/previous-distinct").await.is(200);

    assert!(told.text().contains("  name: \"Pact between shop: a #1 (1) and stock\"\n"), "{}", told.text());
}
