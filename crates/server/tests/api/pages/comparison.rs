//! What pages show of contracts that are held against what providers offer: in the gate, in the matrix, and alone.

use std::time::Duration;

use serde_json::{Value, json};

use super::{is_safe, page, words};
use crate::support::{Answer, TestApp, base64};

const GATE: &str = "/can-i-deploy?pacticipant=stock&version=41&environment=production";
const PAIR: &str = "/matrix/provider/stock/consumer/shop";

/// Says what the thing's `id` is.
fn openapi(id: &str) -> String {
    json!({
        "openapi": "3.0.3", "info": {"title": "Things", "version": "1"},
        "paths": {"/things": {"get": {"responses": {"200": {"description": "", "content": {"application/json": {
            "schema": {"type": "object", "required": ["id"], "properties": {"id": {"type": id}}},
        }}}}}}},
    })
    .to_string()
}

async fn offer(app: &TestApp, version: &str, document: &str, kept: Option<bool>) {
    let mut body = json!({
        "pacticipantVersionNumber": version, "branch": "main",
        "contract": {"content": base64(document), "contentType": "application/json", "specification": "oas"},
    });
    if let Some(success) = kept {
        body["contract"]["selfVerificationResults"] = json!({"success": success});
    }
    app.post("/provider-contracts/provider/stock/publish", &body).await.is(200);
}

fn contract(consumer: &str, description: &str) -> String {
    json!({
        "consumer": {"name": consumer}, "provider": {"name": "stock"},
        "interactions": [{
            "description": description, "providerState": "there is one",
            "request": {"method": "GET", "path": "/things"},
            "response": {"status": 200, "headers": {"Content-Type": "application/json"}, "body": {"id": 1}},
        }],
        "metadata": {"pactSpecification": {"version": "2.0.0"}},
    })
    .to_string()
}

async fn expect(app: &TestApp, consumer: &str, version: &str) {
    let text = contract(consumer, "a thing");
    app.world().consumer(consumer).version(version).branch("main").contract_text("stock", &text).await;
}

/// `shop` 1 runs in production.
async fn with_shop(app: &TestApp) {
    app.world().environment("production").await;
    expect(app, "shop", "1").await;
    app.world().deployed("shop", "1", "production").await;
}

async fn shown(app: &TestApp, address: &str) -> (Answer, String) {
    let page = page(app, address).await.is(200);
    is_safe(&page);
    let words = words(&page);
    (page, words)
}

/// The address that a page leads to with these words.
fn behind(page: &Answer, words: &str) -> String {
    let text = page.text();
    let link = text.split("<a ").find(|link| link.contains(&format!(">{words}</a>"))).expect("the link is there");
    let href = link.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an address");
    href.replace("&amp;", "&")
}

#[tokio::test]
async fn the_gate_tells_what_does_not_fit_where_and_who_can_change_it() {
    let app = TestApp::start().await;
    with_shop(&app).await;
    offer(&app, "41", &openapi("string"), Some(true)).await;

    let (page, words) = shown(&app, GATE).await;

    assert!(words.contains("No : stock 41 can’t go to production yet"), "{words}");
    assert!(words.contains("Does not fit"), "{words}");
    assert!(
        words.contains("Interaction a thing Contract response.body.id Document GET /things: responses.200."),
        "{words}"
    );
    assert!(words.contains("Because 1 is not of type \"string\" response.body.incompatible"), "{words}");
    assert!(words.contains("Change shop or stock: expect what the schema allows, or widen the schema"), "{words}");
    assert!(words.contains("1 Change what shop expects, or what stock offers"), "{words}");
    assert!(words.contains("settles shop, does not fit"), "{words}");

    let (_, found) = shown(&app, &behind(&page, "All findings")).await;
    assert!(found.contains("shop and what stock 41 offers Does not fit"), "{found}");
}

#[tokio::test]
async fn the_gate_tells_that_nobody_knows_whether_a_document_is_kept_and_how_to_tell_it() {
    let app = TestApp::start().await;
    with_shop(&app).await;
    offer(&app, "41", &openapi("integer"), None).await;

    let (_, words) = shown(&app, GATE).await;

    assert!(
        words.contains("Comparison fits the provider contract Because nobody has told whether stock keeps it"),
        "{words}"
    );
    assert!(words.contains("Test stock 41 against its provider contract"), "{words}");
    let to_run = "pactolus publish-provider-contract openapi.yaml --provider stock --provider-app-version 41 \
                  --verification-exit-code $?";
    assert!(words.contains(to_run), "{words}");
    assert!(words.contains("Then yes, if it passes"), "{words}");
}

#[tokio::test]
async fn the_gate_tells_that_a_document_is_not_kept() {
    let app = TestApp::start().await;
    with_shop(&app).await;
    offer(&app, "41", &openapi("integer"), Some(false)).await;

    let (_, words) = shown(&app, GATE).await;

    assert!(words.contains("Own tests failed"), "{words}");
    assert!(words.contains("Because stock failed its own tests against its provider contract"), "{words}");
    assert!(words.contains("Make stock 41 keep its provider contract, or correct that"), "{words}");
}

#[tokio::test]
async fn the_gate_tells_what_is_still_being_compared() {
    let app = TestApp::with(|settings| settings.comparison_budget = Duration::ZERO).await;
    app.leave_jobs();
    with_shop(&app).await;
    offer(&app, "41", &openapi("integer"), Some(true)).await;

    let (_, words) = shown(&app, GATE).await;

    assert!(words.contains("Ask again in a minute"), "{words}");
    assert!(words.contains("Being compared"), "{words}");
    assert!(words.contains("Then the answer is known"), "{words}");
}

#[tokio::test]
async fn a_yes_of_a_comparison_leads_to_it() {
    let app = TestApp::start().await;
    with_shop(&app).await;
    offer(&app, "41", &openapi("integer"), Some(true)).await;

    let (page, words) = shown(&app, GATE).await;

    assert!(words.contains("Yes : stock 41 can go to production"), "{words}");
    assert!(words.contains("Every contract with what runs there is satisfied."), "{words}");
    let (_, found) = shown(&app, &behind(&page, "Comparison")).await;
    assert!(found.contains("Nothing that shop expects goes beyond what stock offers"), "{found}");
}

#[tokio::test]
async fn many_that_do_not_fit_for_one_reason_are_told_by_it() {
    let app = TestApp::start().await;
    app.world().environment("production").await;
    for index in 0..14 {
        let consumer = format!("shop-{index}");
        expect(&app, &consumer, "1").await;
        app.world().deployed(&consumer, "1", "production").await;
    }
    offer(&app, "41", &openapi("string"), Some(true)).await;

    let (_, words) = shown(&app, GATE).await;

    assert!(
        words.contains("14 contracts do not fit: response.body.incompatible at GET /things: responses.200"),
        "{words}"
    );
    assert!(words.contains("Such as 1 is not of type \"string\""), "{words}");
}

#[tokio::test]
async fn cells_of_the_matrix_say_whether_they_come_of_a_comparison_and_lead_to_it() {
    let app = TestApp::start().await;
    for version in ["1", "2", "3", "4"] {
        let text = contract("shop", &format!("thing {version}"));
        app.world().consumer("shop").version(version).branch("main").contract_text("stock", &text).await;
    }
    app.world().provider("stock").version("40").verifies("shop", "1").await;
    offer(&app, "41", &openapi("string"), Some(true)).await;
    offer(&app, "42", &openapi("integer"), Some(true)).await;
    app.world().provider("stock").version("42").verifies("shop", "4").await;

    let (page, words) = shown(&app, &format!("{PAIR}?cell=2:41")).await;

    let text = page.text();
    for title in [
        "40 with 1: Passed\"",
        "40 with 2: Not verified\"",
        "41 with 1: Failed, by comparison\"",
        "42 with 1: Passed, by comparison\"",
        "42 with 4: Passed, by verification and comparison\"",
    ] {
        assert!(text.contains(&format!("title=\"{title}")), "{title}: {text}");
    }
    assert_eq!(text.matches("class=\"cell fail compared").count(), 4, "{text}");
    assert!(words.contains("by comparison by verification and comparison"), "the legend: {words}");
    assert!(words.contains("Judged by comparison Comparison 1 error Own tests passed"), "{words}");
    assert!(words.contains("response.body.id 1 is not of type \"string\""), "{words}");
    let (_, found) = shown(&app, &behind(&page, "Open the comparison")).await;
    assert!(found.contains("Does not fit"), "{found}");

    let (both, of_both) = shown(&app, &format!("{PAIR}?cell=4:42")).await;
    assert!(of_both.contains("Judged by verification and comparison"), "{of_both}");
    assert!(
        both.text().contains(">Open the evidence</a>") && both.text().contains(">Open the comparison</a>"),
        "{both:?}"
    );
}

#[tokio::test]
async fn what_the_matrix_shows_and_nobody_has_compared_is_compared_for_it() {
    let app = TestApp::start().await;
    with_shop(&app).await;
    offer(&app, "41", &openapi("integer"), Some(true)).await;
    sqlx::query("delete from comparison").execute(&app.db).await.expect("nothing is known");

    let (_, words) = shown(&app, PAIR).await;

    assert!(
        words.contains("1 Production 41 Passed by comparison") || words.contains("41 Passed by comparison"),
        "{words}"
    );
}

#[tokio::test]
async fn what_is_not_compared_in_time_is_shown_as_not_known() {
    let app = TestApp::with(|settings| settings.comparison_budget = Duration::ZERO).await;
    app.leave_jobs();
    with_shop(&app).await;
    offer(&app, "41", &openapi("integer"), Some(true)).await;

    let (_, words) = shown(&app, PAIR).await;

    assert!(words.contains("Not verified"), "{words}");
    assert!(words.contains("The contract is being compared with what stock 41 offers."), "{words}");
}

#[tokio::test]
async fn all_applications_in_an_environment_count_what_documents_say() {
    let app = TestApp::start().await;
    with_shop(&app).await;
    for (version, id, expected) in [("41", "integer", "1 passed"), ("42", "string", "1 pair of applications fails in")]
    {
        offer(&app, version, &openapi(id), Some(true)).await;
        app.world().deployed("stock", version, "production").await;

        let (_, words) = shown(&app, "/matrix").await;

        assert!(words.contains(expected), "{version}: {words}");
    }
}

#[tokio::test]
async fn a_comparison_is_shown_by_interaction_with_the_places_in_both_texts() {
    let app = TestApp::start().await;
    expect(&app, "shop", "1").await;
    offer(&app, "41", &openapi("string"), Some(true)).await;
    let answer = app.get(&format!("{PAIR}.json")).await.is(200);
    let address = answer.text_at("/matrix/0/verificationResult/_links/self/href").replace("http://pactolus.test", "");

    let (_, words) = shown(&app, &address).await;

    assert!(words.contains("Found 1 error a thing given there is one 1 is not of type \"string\" Error"), "{words}");
    assert!(words.contains("Code response.body.incompatible Contract response.body.id line 1, column"), "{words}");
    assert!(words.contains("Change shop or stock : expect what the schema allows"), "{words}");
    let twin: Value = app.get(&address).await.is(200).json();
    assert_eq!(twin["summary"]["success"], false);
    page(&app, &address.replace("/41/", "/40/")).await.is(404);
}

#[tokio::test]
async fn what_is_found_in_hostile_texts_is_only_text() {
    let app = TestApp::start().await;
    let hostile = "<script>alert(1)</script>\"><img src=x>";
    app.world().environment("production").await;
    let text = contract("shop", hostile);
    app.world().consumer("shop").version("1").contract_text("stock", &text).await;
    app.world().deployed("shop", "1", "production").await;
    let mut document: Value = serde_json::from_str(&openapi("string")).expect("JSON");
    document["paths"]["/things"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["id"] =
        json!({"enum": [hostile]});
    offer(&app, "41", &document.to_string(), Some(true)).await;

    let (gate, _) = shown(&app, GATE).await;
    shown(&app, PAIR).await;
    let (_, words) = shown(&app, &behind(&gate, "All findings")).await;

    assert!(words.contains(hostile), "{words}");
}

#[tokio::test]
async fn home_and_the_map_say_what_the_gate_says() {
    let app = TestApp::start().await;
    with_shop(&app).await;
    for (version, id, verified) in [("41", "string", true), ("42", "integer", false), ("43", "string", false)] {
        offer(&app, version, &openapi(id), Some(true)).await;
        if verified {
            app.world().provider("stock").version(version).verifies("shop", "1").await;
        }
        let gate = app.get(&format!("/can-i-deploy?pacticipant=stock&version={version}&environment=production")).await;
        let may_go = gate.at("/summary/deployable") == true;

        let home = app.get("/home").await.is(200).json();
        let applications = home["applications"]["items"].as_array().expect("a list").clone();
        let stock = applications.iter().find(|one| one["name"] == "stock").expect("it is there");
        assert_eq!(stock["answer"], if may_go { "yes" } else { "no" }, "{version}");

        let (_, of_application) = shown(&app, "/pacticipants/stock").await;
        let last = format!("1 {} 1 just now", if may_go { "Passed" } else { "Failed" });
        assert!(of_application.contains(&last), "{version}: {of_application}");

        app.world().deployed("stock", version, "production").await;
        let map = app.get("/map?environment=production").await.is(200);
        let verdict = if may_go { "passed" } else { "failed" };
        assert_eq!(map.at("/_embedded/contracts/0/verdict"), verdict, "{version}: {map:?}");
    }
}
