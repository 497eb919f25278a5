//! The page of a contract: what is promised, what broke, and what differs from another version.

use serde_json::{Value, json};

use super::{is_safe, page, words};
use crate::support::evidence::{exchange, run};
use crate::support::{TestApp, base64};

const PAIR: &str = "/pacts/provider/stock/consumer/shop";
const HOSTILE: &str = r#""><script>alert(1)</script><img src=x onerror=alert(2)>"#;

/// A contract of Pact 3 with one request whose answer has rules, and a message.
fn contract(amount: &str) -> String {
    json!({
        "consumer": {"name": "shop"},
        "provider": {"name": "stock"},
        "interactions": [{
            "description": "a request for an item",
            "providerStates": [{"name": "there is an item", "params": {"id": 7}}],
            "request": {"method": "GET", "path": "/items/7"},
            "response": {
                "status": 200,
                "headers": {"Content-Type": "application/json"},
                "body": {"id": 7, "amount": amount, "tags": ["a"]},
                "matchingRules": {
                    "body": {
                        "$.id": {"matchers": [{"match": "integer"}]},
                        "$.tags": {"matchers": [{"match": "type", "min": 1}]},
                    },
                    "header": {"Content-Type": {"matchers": [{"match": "regex", "regex": "^application/json"}]}},
                },
            },
        }, {
            "description": "a request for an item that is gone",
            "request": {"method": "GET", "path": "/items/8"},
            "response": {"status": 404},
        }],
        "messages": [{"description": "an item was sold", "contents": {"id": 7}, "metaData": {"topic": "sales"}}],
        "metadata": {"pactSpecification": {"version": "3.0.0"}},
    })
    .to_string()
}

async fn start() -> TestApp {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").branch("main").contract_text("stock", &contract("4.50")).await;
    app
}

/// Publishes a result of stock's version for the contract of shop's version 1.
async fn publish_result(app: &TestApp, version: &str, success: bool, test_results: Value) {
    let contract = app.get(&format!("{PAIR}/version/1")).await.is(200);
    let path = contract.link("pb:publish-verification-results");
    let body = json!({"success": success, "providerApplicationVersion": version, "testResults": test_results});
    app.post(&path, &body).await.is(201);
}

#[tokio::test]
async fn a_contract_nobody_verified_shows_what_is_expected_and_how_to_verify_it() {
    let app = start().await;

    let page = page(&app, &format!("{PAIR}/version/1")).await.is(200);

    is_safe(&page);
    let words = words(&page);
    assert!(words.contains("Not verified"), "{words}");
    assert!(words.contains("stock has not verified this yet."), "{words}");
    assert!(words.contains("pactolus verify --broker-url http://pactolus.test --provider stock"), "{words}");
    assert!(words.contains("2 requests, 1 message"), "{words}");
    assert!(words.contains("Given there is an item {\"id\":7}"), "{words}");
    assert!(words.contains("\"id\" : 7 , whole number"), "{words}");
    assert!(words.contains("\"tags\" : [ 1 or more, each like"), "{words}");
    assert!(words.contains("\"amount\" : \"4.50\" , exactly this"), "{words}");
    assert!(words.contains("Content-Type application/json regex ^application/json"), "{words}");
}

#[tokio::test]
async fn every_address_of_a_contract_has_the_page() {
    let app = start().await;
    app.put("/pacticipants/shop/versions/1/tags/prod", &json!({})).await;
    let sha = app.get(&format!("{PAIR}/version/1")).await.at("/_links/pb:pact-version/name");
    let content = format!("pact-version/{}", sha.as_str().expect("a sha"));

    for address in ["version/1", "latest", "latest/prod", "branch/main/latest", &content] {
        let page = page(&app, &format!("{PAIR}/{address}")).await.is(200);
        assert!(words(&page).contains("a request for an item"), "{address}");
    }
    page(&app, &format!("{PAIR}/version/2")).await.is(404);
}

#[tokio::test]
async fn a_mismatch_is_marked_at_its_field() {
    let app = start().await;
    let failed = json!([{
        "interactionDescription": "a request for an item",
        "success": false,
        "mismatches": [
            {"attribute": "body", "identifier": "$['amount']", "description": "Expected a number", "actual": 4.5},
            {"attribute": "header", "identifier": "content-type", "description": "Expected JSON"},
            {"attribute": "body", "identifier": "$.extra", "description": "Not expected"},
            {"attribute": "status", "description": "expected 200 but was 500"},
        ],
    }]);
    publish_result(&app, "9", false, failed).await;

    let page = page(&app, &format!("{PAIR}/version/1")).await.is(200);

    is_safe(&page);
    let text = page.text();
    let line = text.split("id=\"i1-amount\"").nth(1);
    assert!(line.is_some_and(|line| line.contains("Expected a number")), "{text}");
    let words = words(&page);
    assert!(words.contains("Failed on 9"), "{words}");
    assert!(words.contains("got 4.5"), "{words}");
    assert!(words.contains("Content-Type application/json regex ^application/json Expected JSON"), "{words}");
    assert!(words.contains("$.extra Not expected"), "{words}");
    assert!(words.contains("status 200 expected 200 but was 500"), "{words}");
    assert!(words.contains("And 3 more, marked below."), "{words}");
}

#[tokio::test]
async fn the_result_of_an_earlier_provider_version_can_be_looked_at() {
    let app = start().await;
    publish_result(&app, "8", true, Value::Null).await;
    publish_result(&app, "9", false, json!([])).await;

    let newest = words(&page(&app, &format!("{PAIR}/version/1")).await.is(200));
    assert!(newest.contains("Failing since 9"), "{newest}");
    assert!(newest.contains("failed, and its result does not say where."), "{newest}");

    let earlier = words(&page(&app, &format!("{PAIR}/version/1?against=8")).await.is(200));
    assert!(earlier.contains("Passed on 8"), "{earlier}");
}

#[tokio::test]
async fn an_interaction_is_chosen_in_the_address() {
    let app = start().await;

    let shown = words(&page(&app, &format!("{PAIR}/version/1?interaction=3")).await.is(200));
    assert!(shown.contains("Message topic sales"), "{shown}");

    let gone = words(&page(&app, &format!("{PAIR}/version/1?interaction=abcdef0")).await.is(200));
    assert!(gone.contains("This contract has no interaction abcdef0"), "{gone}");
}

#[tokio::test]
async fn the_pane_becomes_the_difference_to_another_version() {
    let app = start().await;
    app.world().consumer("shop").version("2").contract_text("stock", &contract("5.00")).await;

    let shown = page(&app, &format!("{PAIR}/version/2?compare=1")).await.is(200);

    is_safe(&shown);
    let told = words(&shown);
    assert!(told.contains("Interactions: 1 changed."), "{told}");
    assert!(told.contains("\"4.50\" $.response.body.amount"), "{told}");
    assert!(told.contains("+ \"5.00\""), "{told}");
    let missing = words(&page(&app, &format!("{PAIR}/version/2?compare=7")).await.is(200));
    assert!(missing.contains("There is no contract between shop and stock of version 7"), "{missing}");
}

#[tokio::test]
async fn the_bytes_that_were_published_can_be_read_and_downloaded() {
    let app = start().await;

    let raw = page(&app, &format!("{PAIR}/version/1?as=raw")).await.is(200);
    assert_eq!(raw.text(), contract("4.50"));
    let download = page(&app, &format!("{PAIR}/version/1?as=download")).await.is(200);
    assert_eq!(download.header("content-disposition").as_deref(), Some("attachment; filename=\"shop-stock-1.json\""));
}

#[tokio::test]
async fn hostile_content_is_only_text() {
    let app = TestApp::start().await;
    let hostile = json!({
        "interactions": [{
            "description": HOSTILE,
            "providerStates": [{"name": HOSTILE, "params": {HOSTILE: HOSTILE}}],
            "request": {"method": HOSTILE, "path": HOSTILE, "query": {HOSTILE: [HOSTILE]}, "headers": {HOSTILE: HOSTILE}},
            "response": {
                "status": HOSTILE,
                "headers": {HOSTILE: HOSTILE},
                "body": {HOSTILE: [HOSTILE]},
                "matchingRules": {"body": {
                    "$.a": {"matchers": [{"match": "regex", "regex": HOSTILE}]},
                    HOSTILE: {"matchers": [{"match": HOSTILE}]},
                }},
            },
        }],
        "messages": [{"description": HOSTILE, "contents": HOSTILE, "metaData": {HOSTILE: HOSTILE, "contentType": "text/html"}}],
        "metadata": {"pactSpecification": {"version": HOSTILE}},
    });
    app.world().consumer("shop").version("1").contract_text("stock", &hostile.to_string()).await;
    let mismatches = ["body", "header", "status", HOSTILE].map(
        |attribute| json!({"attribute": attribute, "identifier": HOSTILE, "description": HOSTILE, "actual": HOSTILE}),
    );
    let failed = json!([{"interactionDescription": HOSTILE, "success": false, "mismatches": mismatches}]);
    publish_result(&app, "9", false, failed).await;

    for query in [
        "",
        "?interaction=2",
        "?show=actual",
        "?compare=%3Cscript%3E",
        "?q=%22%3E%3Cimg%20src=x%3E",
        "?interaction=%3Cimg%3E",
    ] {
        let page = page(&app, &format!("{PAIR}/version/1{query}")).await.is(200);
        is_safe(&page);
    }
}

#[tokio::test]
async fn many_interactions_are_grouped_with_what_failed_first_and_can_be_filtered() {
    let app = TestApp::start().await;
    let interactions: Vec<Value> = (0..700)
        .map(|number| {
            let path = format!("/list{}/{number}", ["a", "b", "c"][number % 3]);
            json!({"description": format!("request {number}"), "request": {"path": path}, "response": {"status": 200}})
        })
        .collect();
    let text = json!({"interactions": interactions}).to_string();
    app.world().consumer("shop").version("1").contract_text("stock", &text).await;
    let failed = json!([{"interactionDescription": "request 4", "success": false, "mismatches": []}]);
    publish_result(&app, "9", false, failed).await;

    let shown = page(&app, &format!("{PAIR}/version/1")).await.is(200);
    let all = words(&shown);
    assert!(all.contains("200 more: filter to see them."), "{all}");
    let (b, a) = (all.find("GET /listb/{id}").expect("a group"), all.find("GET /lista/{id}").expect("a group"));
    assert!(b < a, "what failed comes first: {all}");

    let one = words(&page(&app, &format!("{PAIR}/version/1?q=request+699")).await.is(200));
    assert!(one.contains("request 699") && !one.contains("request 698"), "{one}");
    let failed = words(&page(&app, &format!("{PAIR}/version/1?only=failed")).await.is(200));
    assert!(failed.contains("request 4") && !failed.contains("request 5"), "{failed}");
}

#[tokio::test]
async fn binary_bodies_are_shown_as_bytes() {
    let app = TestApp::start().await;
    let text = json!({
        "interactions": [{
            "type": "Synchronous/HTTP",
            "description": "an image",
            "request": {"method": "GET", "path": "/a.png"},
            "response": {"status": 200, "body": {"content": "iVBORw0KGgo=", "contentType": "image/png", "encoded": "base64"}},
        }],
        "metadata": {"pactSpecification": {"version": "4.0"}},
    });
    app.world().consumer("shop").version("1").contract_text("stock", &text.to_string()).await;

    let shown = words(&page(&app, &format!("{PAIR}/version/1")).await.is(200));

    assert!(shown.contains("image/png, 8 bytes"), "{shown}");
    assert!(shown.contains("00000000 89 50 4e 47 0d 0a 1a 0a ·PNG····"), "{shown}");
}

#[tokio::test]
async fn what_has_no_interactions_is_shown_as_it_was_published() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_text("stock", r#"{"hello": "<b>world</b>"}"#).await;

    let shown = page(&app, &format!("{PAIR}/version/1")).await.is(200);

    is_safe(&shown);
    let told = words(&shown);
    assert!(told.contains("This contract has no list of interactions."), "{told}");
    assert!(told.contains(r#"{"hello": "<b>world</b>"}"#), "{told}");
}

#[tokio::test]
async fn names_of_200_characters_fit() {
    let app = TestApp::start().await;
    let long = "n".repeat(200);
    app.world().consumer(&long).version(&"7".repeat(200)).contract_with(&"p".repeat(200), &["x"]).await;

    let shown = page(&app, &format!("/pacts/provider/{}/consumer/{long}/latest", "p".repeat(200))).await.is(200);

    is_safe(&shown);
    assert!(words(&shown).contains("7777777"), "{shown:?}");
}

#[tokio::test]
async fn what_the_evidence_says_stands_at_its_field() {
    let app = start().await;
    let contract = app.get(&format!("{PAIR}/version/1")).await.is(200);
    let sha = contract.at("/_links/pb:pact-version/name");
    publish_result(&app, "7", false, json!([])).await;
    let mut exchange = exchange(1, "/items/7", "{}");
    exchange["interactions"] = json!([{
        "consumer": "shop",
        "contract": sha,
        "interactionId": null,
        "description": "a request for an item",
        "result": "failed",
        "mismatches": [{"type": "BodyMismatch", "path": "$.id", "expected": "7", "actual": "seven", "sentence": "Text, not a number"}],
    }]);
    app.upload(&[run(1), exchange]).await.is(201);

    let shown = words(&page(&app, &format!("{PAIR}/version/1")).await.is(200));

    assert!(shown.contains("Text, not a number"), "{shown}");
    assert!(shown.contains("got \"seven\""), "{shown}");
}

#[tokio::test]
async fn who_else_reads_what_is_wrong_is_told() {
    let app = start().await;
    let reading = |body: &Value| {
        let response = json!({"status": 200, "headers": {"Content-Type": "application/json"}, "body": body});
        let request = json!({"method": "GET", "path": "/items/9"});
        json!({"interactions": [{"description": "an item", "request": request, "response": response}]}).to_string()
    };
    let world = app.world();
    world.consumer("bar").version("1").contract_text("stock", &reading(&json!({"amount": "1.00"}))).await;
    world.consumer("baz").version("1").contract_text("stock", &reading(&json!({"id": 9}))).await;
    let mismatch = json!({"attribute": "body", "identifier": "$.amount", "description": "Expected a number"});
    let failed =
        json!([{"interactionDescription": "a request for an item", "success": false, "mismatches": [mismatch]}]);
    publish_result(&app, "9", false, failed).await;

    let shown = page(&app, &format!("{PAIR}/version/1")).await.is(200);

    let told = words(&shown);
    assert!(told.contains("$.amount of this operation is read by bar and shop ."), "{told}");
    assert!(shown.text().contains("/can-i-deploy?pacticipant=stock&amp;version=9\">Smallest fix"), "{told}");
}

#[tokio::test]
async fn what_the_providers_document_has_against_it_is_told() {
    let app = start().await;
    let schema = json!({"type": "object", "properties": {"id": {"type": "integer"}, "amount": {"type": "number"},
        "tags": {"type": "array", "items": {"type": "string"}}}});
    let responses = json!({
        "200": {"description": "", "content": {"application/json": {"schema": schema}}},
        "404": {"description": ""},
    });
    let id = json!([{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}]);
    let document = json!({
        "openapi": "3.0.3", "info": {"title": "stock", "version": "1"},
        "paths": {"/items/{id}": {"get": {"parameters": id, "responses": responses}}},
    });
    let body = json!({
        "pacticipantVersionNumber": "40",
        "contract": {"content": base64(&document.to_string()), "contentType": "application/json", "specification": "oas"},
    });
    app.post("/provider-contracts/provider/stock/publish", &body).await.is(200);

    let shown = page(&app, &format!("{PAIR}/version/1")).await.is(200);

    let told = words(&shown);
    assert!(told.contains("The contract doesn't fit the document of stock 40"), "{told}");
    assert!(told.contains("Open both sides"), "{told}");
    assert!(told.contains("Document of stock of version 40"), "{told}");
    assert!(told.contains("is not of type \"number\" response.body.amount"), "{told}");
    let other = words(&page(&app, &format!("{PAIR}/version/1?interaction=2")).await.is(200));
    assert!(!other.contains("is not of type"), "{other}");
}

#[tokio::test]
async fn an_environment_is_named_once_however_many_instances_run_there() {
    let app = start().await;
    publish_result(&app, "7", true, json!([])).await;
    app.world().environment("production").await;
    for (name, version) in [("shop", "1"), ("stock", "7")] {
        for instance in ["blue", "green"] {
            app.world().deployed_instance(name, version, "production", instance).await;
        }
    }

    let page = page(&app, &format!("{PAIR}/version/1")).await.is(200);

    let text = page.text();
    assert!(text.contains(", in Production") || text.contains(", in production"), "{}", words(&page));
    assert!(!text.to_lowercase().contains("production, production"), "{}", words(&page));
}
