//! The pages of provider contracts: all of them, one with its operations, and the difference between two versions.

use serde_json::{Value, json};

use super::{is_safe, page, words};
use crate::support::{Answer, TestApp, base64};

const PAGE: &str = "/provider-contracts/stock";
const HOSTILE: &str = r#""><script>alert(1)</script><img src=x onerror=alert(2)>"#;

/// Whose price is a number or a text.
fn document(price: &str) -> String {
    format!(
        "openapi: 3.0.3
info: {{title: stock, version: '1'}}
paths:
  /items/{{id}}:
    get:
      summary: One item
      parameters:
        - {{name: id, in: path, required: true, schema: {{type: integer}}}}
        - {{name: size, in: query, schema: {{type: integer}}}}
      responses:
        '200':
          description: one
          content:
            application/json:
              schema:
                type: object
                required: [id, price]
                properties:
                  id: {{type: integer}}
                  price: {{type: {price}}}
                  note: {{type: string}}
    delete:
      responses:
        '204': {{description: gone}}
"
    )
}

/// A contract that reads these fields of an item.
fn reading(consumer: &str, body: &Value) -> String {
    let response = json!({
        "status": 200,
        "headers": {"Content-Type": "application/json"},
        "body": body,
        "matchingRules": {"body": {"$": {"matchers": [{"match": "type"}]}}},
    });
    let contract = json!({
        "consumer": {"name": consumer},
        "provider": {"name": "stock"},
        "interactions": [{
            "description": "an item",
            "request": {"method": "GET", "path": "/items/42"},
            "response": response,
        }],
        "metadata": {"pactSpecification": {"version": "3.0.0"}},
    });
    serde_json::to_string_pretty(&contract).expect("a contract is JSON")
}

async fn offer(app: &TestApp, version: &str, document: &str, results: Option<&Value>) -> Answer {
    let mut body = json!({
        "pacticipantVersionNumber": version,
        "branch": "main",
        "contract": {"content": base64(document), "contentType": "application/yaml", "specification": "oas"},
    });
    if let Some(results) = results {
        body["contract"]["selfVerificationResults"] = results.clone();
    }
    app.post("/provider-contracts/provider/stock/publish", &body).await.is(200)
}

/// shop reads a price that is a number, app only the id.
async fn start() -> TestApp {
    let app = TestApp::start().await;
    let world = app.world();
    let shop = reading("shop", &json!({"id": 1, "price": 2.5}));
    world.consumer("shop").version("41").branch("main").contract_text("stock", &shop).await;
    world.consumer("app").version("7").contract_text("stock", &reading("app", &json!({"id": 1}))).await;
    app
}

#[tokio::test]
async fn without_documents_the_list_says_how_to_publish_one() {
    let app = TestApp::start().await;

    let list = page(&app, "/provider-contracts").await.is(200);

    is_safe(&list);
    let told = words(&list);
    assert!(told.contains("No provider has published what it offers yet."), "{told}");
    assert!(told.contains("pactolus publish-provider-contract openapi.yaml --provider stock"), "{told}");
    assert!(told.contains("--broker-base-url http://pactolus.test"), "{told}");
    page(&app, PAGE).await.is(404);
}

#[tokio::test]
async fn the_list_says_whose_document_breaks_consumers() {
    let app = start().await;
    offer(&app, "1", &document("string"), Some(&json!({"success": true, "verifier": "drift"}))).await;

    let told = words(&page(&app, "/provider-contracts").await.is(200));

    assert!(told.contains("1 of 1 provider doesn't offer what consumers use"), "{told}");
    assert!(told.contains("stock 1 1 of 2 not fitting Passed OpenAPI"), "{told}");
    let twin = app.get("/provider-contracts").await.is(200);
    let counts = json!({"count": 2, "compatible": 1, "incompatible": 1});
    assert_eq!(twin.at("/_embedded/providers/0/consumers"), counts);
    assert_eq!(twin.at("/_embedded/providers/0/success"), true);
    assert_eq!(twin.at("/hasMore"), false);
}

#[tokio::test]
async fn the_list_comes_in_pages_and_can_be_searched() {
    let app = TestApp::start().await;
    for name in ["a", "b", "c"] {
        let body = json!({
            "pacticipantVersionNumber": "1",
            "contract": {"content": base64(&document("number")), "contentType": "application/yaml", "specification": "oas"},
        });
        app.post(&format!("/provider-contracts/provider/{name}/publish"), &body).await.is(200);
    }
    let names = |answer: &Answer| -> Vec<Value> {
        let listed = answer.at("/_embedded/providers").as_array().expect("a list").clone();
        listed.iter().map(|one| one["name"].clone()).collect()
    };

    let first = app.get("/provider-contracts?size=2").await.is(200);
    let second = app.get("/provider-contracts?size=2&after=b").await.is(200);

    assert_eq!((names(&first), first.at("/hasMore")), (vec![json!("a"), json!("b")], json!(true)));
    assert_eq!((names(&second), second.at("/hasMore")), (vec![json!("c")], json!(false)));
    assert!(first.link("next").ends_with("size=2&after=b"));
    assert_eq!(names(&app.get("/provider-contracts?q=B").await.is(200)), ["b"]);
    app.get("/provider-contracts?size=0").await.is(400);
    let none = words(&page(&app, "/provider-contracts?q=zzz").await.is(200));
    assert!(none.contains("No provider is called so."), "{none}");
}

#[tokio::test]
async fn operations_stand_with_who_uses_each_and_what_nobody_uses() {
    let app = start().await;
    offer(&app, "1", &document("number"), None).await;

    let shown = page(&app, PAGE).await.is(200);

    is_safe(&shown);
    let told = words(&shown);
    assert!(told.contains("stock All 2 consumers fit"), "{told}");
    assert!(told.contains("2 operations, 1 that nobody uses"), "{told}");
    assert!(told.contains("GET /items/{id} 2 users"), "{told}");
    assert!(told.contains("DELETE /items/{id} unused"), "{told}");
    assert!(told.contains("shop 41 main expects 200 · reads content-type , id , price"), "{told}");
    assert!(told.contains("app 7 expects 200 · reads content-type , id"), "{told}");
    assert!(told.contains("Nobody uses the parameter size , note ."), "{told}");
    assert!(told.contains("Document from line 5"), "{told}");

    let unused = words(&page(&app, &format!("{PAGE}?operation=DELETE%20/items/%7Bid%7D")).await.is(200));
    assert!(unused.contains("No contract that counts calls this operation."), "{unused}");
    let twin = app.get(PAGE).await.is(200);
    assert_eq!(twin.at("/operations/0/consumers"), json!(["app", "shop"]));
    assert_eq!(twin.at("/operations/0/line"), 5);
    assert_eq!(twin.at("/operations/1/consumers"), json!([]));
    assert_eq!(twin.at("/_embedded/consumers/0/outcome"), "compatible");
}

#[tokio::test]
async fn what_does_not_fit_is_shown_with_both_sides_open_at_their_line() {
    let app = start().await;
    offer(&app, "1", &document("string"), None).await;

    let shown = page(&app, PAGE).await.is(200);

    is_safe(&shown);
    let told = words(&shown);
    assert!(told.contains("1 consumer doesn't fit"), "{told}");
    let line = reading("shop", &json!({"id": 1, "price": 2.5})).lines().position(|line| line.contains("\"price\""));
    let line = line.expect("the contract reads a price") + 1;
    assert!(told.contains(&format!("Contract of shop , line {line}")), "{told}");
    assert!(told.contains("\"price\": 2.5"), "{told}");
    assert!(told.contains("Document of stock , line 20"), "{told}");
    assert!(told.contains("price: {type: string}"), "{told}");
    let text = shown.text();
    assert!(text.contains("/pacts/provider/stock/consumer/shop/version/41?interaction=1"), "{text}");
    let marked = text.split("id=\"L20\"").nth(1).expect("line 20 of the document is shown");
    assert!(text.contains("class=\"bad\" id=\"L20\""), "{marked}");

    let of_app = words(&page(&app, &format!("{PAGE}?consumer=app")).await.is(200));
    assert!(!of_app.contains("Contract of shop"), "{of_app}");
    assert!(of_app.contains("All consumers"), "{of_app}");
}

#[tokio::test]
async fn what_the_document_says_nothing_about_stands_apart() {
    let app = TestApp::start().await;
    let contract = reading("shop", &json!({"id": 1})).replace("/items/42", "/orders/42");
    app.world().consumer("shop").version("41").contract_text("stock", &contract).await;
    offer(&app, "1", &document("number"), None).await;

    let told = words(&page(&app, PAGE).await.is(200));

    assert!(told.contains("Not in this document"), "{told}");
    assert!(told.contains("Contracts ask for something that this document says nothing about."), "{told}");
    assert!(told.contains("Contract of shop , line"), "{told}");
}

#[tokio::test]
async fn what_the_provider_tried_itself_is_told_by_operation() {
    let app = start().await;
    let report = r#"<testsuite><testcase name="GET /items/{id}"/><testcase name="GET /items/{id}"/></testsuite>"#;
    let results = json!({
        "success": true, "verifier": "drift", "verifierVersion": "2.1",
        "content": base64(report), "contentType": "application/xml", "format": "junit",
    });
    offer(&app, "1", &document("number"), Some(&results)).await;

    let told = words(&page(&app, PAGE).await.is(200));
    assert!(told.contains("Own tests passed , by drift 2.1"), "{told}");
    assert!(told.contains("1 of 2 operations tried"), "{told}");
    assert!(told.contains("stock tried this twice by drift."), "{told}");

    let never = words(&page(&app, &format!("{PAGE}?operation=DELETE%20/items/%7Bid%7D")).await.is(200));
    assert!(never.contains("stock never tried this in its own tests"), "{never}");
    let twin = app.get(PAGE).await.is(200);
    assert_eq!(twin.at("/operations/0/exercised/passed"), 2);
    assert_eq!(twin.at("/operations/1/exercised/passed"), 0);
}

#[tokio::test]
async fn two_versions_differ_by_whom_the_change_breaks() {
    let app = start().await;
    offer(&app, "1", &document("number"), None).await;
    let other = document("string").replace("    delete:\n      responses:\n        '204': {description: gone}\n", "");
    offer(&app, "2", &other, None).await;

    let shown = page(&app, &format!("{PAGE}?version=2&compare=1")).await.is(200);

    is_safe(&shown);
    let told = words(&shown);
    assert!(told.contains("From 1 to 2"), "{told}");
    assert!(told.contains("Breaks shop."), "{told}");
    assert!(told.contains("Breaks a known consumer 1"), "{told}");
    assert!(told.contains("breaks shop"), "{told}");
    assert!(told.contains("Breaks no known consumer, but may break others"), "{told}");
    assert!(told.contains("− price: {type: number}"), "{told}");
    assert!(told.contains("+ price: {type: string}"), "{told}");
    assert!(told.contains("16 lines same"), "{told}");
    let text = shown.text();
    let linked = text.split("href=\"#c").nth(1).and_then(|rest| rest.split('"').next()).expect("a change is linked");
    assert!(text.contains(&format!("id=\"c{linked}\"")), "{text}");

    let same = words(&page(&app, &format!("{PAGE}?version=1&compare=1")).await.is(200));
    assert!(same.contains("Both versions have the same document."), "{same}");
    let missing = words(&page(&app, &format!("{PAGE}?version=2&compare=9")).await.is(200));
    assert!(missing.contains("stock has no document of version 9"), "{missing}");
}

#[tokio::test]
async fn a_version_is_chosen_in_the_address_and_the_api_leads_there() {
    let app = start().await;
    offer(&app, "1", &document("number"), None).await;
    offer(&app, "2", &document("string"), None).await;

    let old = words(&page(&app, &format!("{PAGE}?version=1")).await.is(200));
    assert!(old.contains("OpenAPI / stock / 1") || old.contains("OpenAPI stock 1"), "{old}");
    assert!(old.contains("type: number"), "{old}");
    let newest = words(&page(&app, PAGE).await.is(200));
    assert!(newest.contains("type: string"), "{newest}");
    let led = page(&app, "/contracts/provider/stock/version/1").await.is(303);
    assert_eq!(led.header("location").as_deref(), Some("/provider-contracts/stock?version=1"));
    page(&app, &format!("{PAGE}?version=9")).await.is(404);
    page(&app, "/provider-contracts/nobody").await.is(404);
}

#[tokio::test]
async fn what_cannot_be_read_is_shown_as_it_is_with_the_place_and_the_reason() {
    let app = TestApp::start().await;
    offer(&app, "1", "openapi: 3.0.3\npaths: {<script>alert(1)</script>\n", None).await;

    let shown = page(&app, PAGE).await.is(200);

    is_safe(&shown);
    let told = words(&shown);
    assert!(told.contains("This document can't be read: the document cannot be read:"), "{told}");
    assert!(told.contains("(line "), "{told}");
    assert!(told.contains("paths: {<script>alert(1)</script>"), "{told}");
    let twin = app.get(PAGE).await.is(200);
    assert!(twin.at("/unreadable").as_str().is_some_and(|why| why.contains("line")), "{:?}", twin.text());
}

#[tokio::test]
async fn hostile_documents_and_contracts_are_only_text() {
    let app = TestApp::start().await;
    let hostile = json!({
        "openapi": "3.0.3", "info": {"title": HOSTILE, "version": HOSTILE},
        "paths": {format!("/{HOSTILE}"): {"get": {
            "summary": HOSTILE, "tags": [HOSTILE], "deprecated": true,
            "parameters": [{"name": HOSTILE, "in": "query", "schema": {"type": "string"}}],
            "responses": {"200": {"description": HOSTILE, "content": {"application/json": {"schema": {
                "type": "object", "required": [HOSTILE], "properties": {HOSTILE: {"type": "integer"}},
            }}}}},
        }}},
    });
    let contract = json!({
        "interactions": [{
            "description": HOSTILE,
            "request": {"method": "GET", "path": format!("/{HOSTILE}")},
            "response": {"status": 200, "headers": {"Content-Type": "application/json"}, "body": {HOSTILE: HOSTILE}},
        }],
        "metadata": {"pactSpecification": {"version": "3.0.0"}},
    });
    app.world().consumer("shop").version("1").contract_text("stock", &contract.to_string()).await;
    let results = json!({"success": false, "verifier": HOSTILE, "verifierVersion": HOSTILE, "content": base64(HOSTILE), "format": HOSTILE});
    offer(&app, "1", &document("number"), None).await;
    offer(&app, "2", &hostile.to_string(), Some(&results)).await;

    for query in [
        "",
        "?compare=1",
        "?version=1&compare=2",
        "?operation=%3Cscript%3E",
        "?operation=elsewhere",
        "?consumer=%3Cimg%3E",
        "?q=%22%3E%3Cimg%20src=x%3E",
        "?compare=%3Cscript%3E",
    ] {
        is_safe(&page(&app, &format!("{PAGE}{query}")).await.is(200));
    }
    is_safe(&page(&app, "/provider-contracts?q=%22%3E%3Cimg%20src=x%3E").await.is(200));
}

#[tokio::test]
async fn many_operations_are_grouped_with_the_unused_ones_folded() {
    let app = TestApp::start().await;
    let mut paths = serde_json::Map::new();
    for number in 0..1_500 {
        let tag = ["orders", "items", "people"][number % 3];
        let responses =
            json!({"200": {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}});
        paths.insert(format!("/{tag}/list{number}"), json!({"get": {"tags": [tag], "responses": responses}}));
    }
    let document = json!({"openapi": "3.0.3", "info": {"title": "much", "version": "1"}, "paths": paths}).to_string();
    let contract = reading("shop", &json!({"id": 1})).replace("/items/42", "/items/list4");
    app.world().consumer("shop").version("1").contract_text("stock", &contract).await;
    offer(&app, "1", &document, None).await;

    let shown = page(&app, PAGE).await.is(200);

    let told = words(&shown);
    assert!(told.contains("1,500 operations, 1,499 that nobody uses"), "{told}");
    assert!(told.contains("900 more: filter to see them."), "{told}");
    assert!(told.contains("199 that nobody uses"), "{told}");
    let one = words(&page(&app, &format!("{PAGE}?q=list1499")).await.is(200));
    assert!(one.contains("GET /people/list1499") && !one.contains("GET /people/list1496"), "{one}");
    let used = words(&page(&app, &format!("{PAGE}?only=used")).await.is(200));
    assert!(used.contains("GET /items/list4 1 user") && !used.contains("/items/list7"), "{used}");
    assert!(shown.text().len() < 700_000, "{}", shown.text().len());
}

#[tokio::test]
async fn names_of_200_characters_fit() {
    let app = TestApp::start().await;
    let (consumer, version) = ("n".repeat(200), "7".repeat(200));
    let contract = reading(&consumer, &json!({"id": 1, "price": 2.5}));
    app.world().consumer(&consumer).version(&version).contract_text("stock", &contract).await;
    offer(&app, &version, &document("string"), None).await;

    let shown = page(&app, PAGE).await.is(200);

    is_safe(&shown);
    assert!(words(&shown).contains("1 consumer doesn't fit"), "{shown:?}");
}
