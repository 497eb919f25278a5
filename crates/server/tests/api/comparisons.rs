//! Comparisons: consumers' contracts held against what providers offer, in the gate.

mod crowd;
mod hostile;
mod jobs;
mod processes;
mod rejudged;
mod settings;
mod told;
mod verdicts;

use std::sync::Arc;
use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, base64, query_of, verdict};

/// Describes what the contracts here expect, and whether its `id` is a number or a text.
fn openapi(id: &str) -> String {
    json!({
        "openapi": "3.0.3", "info": {"title": "Things", "version": "1"},
        "paths": {"/things": {"get": {"responses": {"200": {"description": "", "content": {"application/json": {
            "schema": {"type": "object", "required": ["id"], "properties": {"id": {"type": id}, "nick": {"type": "string"}}},
        }}}}}}},
    })
    .to_string()
}

/// Of a consumer that reads a number, and what else is given.
fn contract(consumer: &str, more: &Value) -> String {
    let mut body = json!({"id": 1});
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    json!({
        "consumer": {"name": consumer}, "provider": {"name": "stock"},
        "interactions": [{
            "description": "a thing",
            "request": {"method": "GET", "path": "/things"},
            "response": {
                "status": 200, "headers": {"Content-Type": "application/json"}, "body": body,
                "matchingRules": {"$.body.nick": {"match": "type"}},
            },
        }],
        "metadata": {"pactSpecification": {"version": "2.0.0"}},
    })
    .to_string()
}

async fn publish_document(app: &TestApp, version: &str, document: &str, success: Option<bool>) -> Answer {
    let mut body = json!({
        "pacticipantVersionNumber": version, "branch": "main",
        "contract": {"content": base64(document), "contentType": "application/json", "specification": "oas"},
    });
    if let Some(success) = success {
        body["contract"]["selfVerificationResults"] = json!({"success": success, "verifier": "drift"});
    }
    app.post("/provider-contracts/provider/stock/publish", &body).await.is(200)
}

async fn publish_contract(app: &TestApp, version: &str) {
    app.world().consumer("shop").version(version).contract_text("stock", &contract("shop", &json!({}))).await;
}

async fn may_go(app: &TestApp, pacticipant: &str, version: &str) -> Answer {
    let question = query_of(&[("pacticipant", pacticipant), ("version", version), ("environment", "production")]);
    app.get(&format!("/can-i-deploy{question}")).await.is(200)
}

/// stock 40 is in production.
async fn with_stock_in_production(app: &TestApp, document: &str, success: Option<bool>) {
    app.world().environment("production").await;
    publish_document(app, "40", document, success).await;
    app.world().deployed("stock", "40", "production").await;
}

async fn count(app: &TestApp, statement: &'static str) -> i64 {
    sqlx::query_scalar(statement).fetch_one(&app.db).await.expect("the table is there")
}

const COMPARISONS: &str = "select count(*) from comparison where in_force";

#[tokio::test]
async fn a_contract_that_fits_the_document_may_go_the_moment_it_is_published() {
    let app = TestApp::start().await;
    with_stock_in_production(&app, &openapi("integer"), Some(true)).await;

    publish_contract(&app, "1").await;

    assert_eq!(count(&app, COMPARISONS).await, 1);
    let answer = may_go(&app, "shop", "1").await;
    assert_snapshot!(verdict(&answer), @"yes: All required verification results are published and successful");
    assert_snapshot!(answer.at("/reasons/0/text"), @r#""The pact between version 1 of shop and the version of stock currently in production (40) is compatible with the provider contract""#);
    assert_eq!(answer.at("/matrix/0/verificationResult/success"), true);
    assert_eq!(answer.at("/matrix/0/provider/version/number"), "40");
}

#[tokio::test]
async fn a_document_that_fits_the_contracts_may_go_the_moment_it_is_published() {
    let app = TestApp::start().await;
    app.world().environment("production").await;
    publish_contract(&app, "1").await;
    app.world().deployed("shop", "1", "production").await;

    publish_document(&app, "40", &openapi("integer"), Some(true)).await;

    assert_eq!(count(&app, COMPARISONS).await, 1);
    assert_snapshot!(verdict(&may_go(&app, "stock", "40").await), @"yes: All required verification results are published and successful");
}

#[tokio::test]
async fn contracts_of_old_branches_are_compared_when_somebody_asks() {
    let app = TestApp::start().await;
    app.world().environment("production").await;
    for number in 1..=12 {
        let text = contract("shop", &json!({"nick": number.to_string()}));
        let version = number.to_string();
        let shop = app.world().consumer("shop").version(&version).branch(&format!("feature-{number}"));
        shop.contract_text("stock", &text).await;
    }

    publish_document(&app, "40", &openapi("integer"), Some(true)).await;
    app.world().deployed("stock", "40", "production").await;

    assert_eq!(count(&app, COMPARISONS).await, 10);
    let answer = may_go(&app, "shop", "1").await;
    assert_snapshot!(verdict(&answer), @"yes: All required verification results are published and successful");
    assert_eq!(count(&app, COMPARISONS).await, 11);
}

#[tokio::test]
async fn who_does_not_fit_learns_what_is_wrong_who_can_change_it_and_how() {
    let app = TestApp::start().await;
    with_stock_in_production(&app, &openapi("string"), Some(true)).await;

    publish_contract(&app, "1").await;

    let answer = may_go(&app, "shop", "1").await;
    assert_snapshot!(verdict(&answer), @r#"no: The pact between version 1 of shop and the version of stock currently in production (40) is incompatible with the provider contract: 1 is not of type "string" (response.body.incompatible, in "a thing"). To change this: shop or stock can change it: expect what the schema allows, or widen the schema."#);
    assert_snapshot!(answer.at("/reasons/0/kind"), @r#""incompatible""#);
    assert_snapshot!(answer.at("/reasons/0/fix"), @r#"{"kind":"edit","text":"shop or stock can change it: expect what the schema allows, or widen the schema","consumer":"shop","provider":"stock","fixBy":"either","edit":"expect what the schema allows, or widen the schema"}"#);
    assert_eq!(answer.at("/notices/0/type"), "error");
    let results = answer.text_at("/reasons/0/_links/pb:comparison/href").clone();
    assert_eq!(answer.text_at("/matrix/0/verificationResult/_links/self/href"), results);
    let results = app.get(&results).await.is(200);
    assert_eq!(results.at("/summary/success"), false);
    assert_eq!(results.at("/crossContractVerificationResults/results/errors/0/specDetails/pathName"), "/things");
}

#[tokio::test]
async fn a_document_that_the_provider_does_not_keep_stops_whoever_needs_it() {
    let app = TestApp::start().await;
    with_stock_in_production(&app, &openapi("integer"), Some(false)).await;

    publish_contract(&app, "1").await;

    let answer = may_go(&app, "shop", "1").await;
    assert_snapshot!(verdict(&answer), @"no: The pact between version 1 of shop and the version of stock currently in production (40) cannot be relied on: the provider failed its own tests against its provider contract. To change this: make stock 40 keep its provider contract, or correct that, and publish the results with it.");
    assert_snapshot!(answer.at("/reasons/0/kind"), @r#""self_verification_failed""#);
}

#[tokio::test]
async fn a_document_that_nobody_has_tested_is_not_known_to_be_kept() {
    let app = TestApp::start().await;
    with_stock_in_production(&app, &openapi("integer"), None).await;

    publish_contract(&app, "1").await;

    let answer = may_go(&app, "shop", "1").await;
    assert_snapshot!(verdict(&answer), @"unknown: The pact between version 1 of shop and the version of stock currently in production (40) is compatible with the provider contract, but nobody has told whether the provider keeps it. To change this: test stock 40 against its provider contract and publish the results with it; or verify contract d502368 of shop 1 with stock 40.");
    assert_snapshot!(answer.at("/reasons/0/kind"), @r#""not_self_verified""#);
}

#[tokio::test]
async fn a_failed_verification_counts_whatever_the_document_says() {
    let app = TestApp::start().await;
    with_stock_in_production(&app, &openapi("integer"), Some(true)).await;
    publish_contract(&app, "1").await;

    app.world().provider("stock").version("40").fails("shop", "1").await;

    let answer = may_go(&app, "shop", "1").await;
    assert!(verdict(&answer).starts_with("no: The verification for the pact"), "{}", verdict(&answer));
}

#[tokio::test]
async fn a_successful_verification_does_not_make_up_for_a_document_that_does_not_fit() {
    let app = TestApp::start().await;
    with_stock_in_production(&app, &openapi("string"), Some(true)).await;
    publish_contract(&app, "1").await;

    app.world().provider("stock").version("40").verifies("shop", "1").await;

    let answer = may_go(&app, "shop", "1").await;
    assert_snapshot!(answer.at("/reasons/0/kind"), @r#""incompatible""#);
    assert_eq!(answer.at("/summary/deployable"), false);
    // Who follows the link of a no does not come to a yes.
    let result = app.get(&answer.text_at("/matrix/0/verificationResult/_links/self/href")).await.is(200);
    assert_eq!(result.at("/summary/success"), false);
}

#[tokio::test]
async fn equal_contents_are_compared_once() {
    let app = TestApp::start().await;
    with_stock_in_production(&app, &openapi("integer"), Some(true)).await;

    for number in ["1", "2"] {
        publish_contract(&app, number).await;
        publish_document(&app, &format!("4{number}"), &openapi("integer"), Some(true)).await;
        assert_eq!(may_go(&app, "shop", number).await.at("/summary/deployable"), true);
    }

    assert_eq!(count(&app, "select count(*) from comparison").await, 1);
}

#[tokio::test]
async fn a_provider_version_without_document_is_as_it_was() {
    let app = TestApp::start().await;
    with_stock_in_production(&app, &openapi("integer"), Some(true)).await;
    app.world().environment("staging").await;
    publish_contract(&app, "1").await;

    app.put_nothing("/pacticipants/stock/versions/41").await.is(201);
    app.world().deployed("stock", "41", "staging").await;

    let question = query_of(&[("pacticipant", "shop"), ("version", "1"), ("environment", "staging")]);
    let answer = app.get(&format!("/can-i-deploy{question}")).await.is(200);
    assert_snapshot!(answer.at("/reasons/0/kind"), @r#""not_verified""#);
    assert_eq!(answer.at("/summary/deployable"), Value::Null);
}

#[tokio::test]
async fn a_pair_that_was_not_compared_ahead_is_compared_by_who_asks() {
    let app = TestApp::start().await;
    with_stock_in_production(&app, &openapi("integer"), Some(true)).await;
    publish_document(&app, "41", &openapi("string"), Some(true)).await;
    publish_contract(&app, "1").await;
    sqlx::query("delete from comparison").execute(&app.db).await.expect("nothing is known");

    let answer = may_go(&app, "shop", "1").await;

    assert_eq!(answer.at("/summary/deployable"), true);
    assert_eq!(count(&app, COMPARISONS).await, 1, "what was asked about is kept, and no more");
}

#[tokio::test]
async fn the_matrix_has_what_came_of_comparisons() {
    let app = TestApp::start().await;
    publish_document(&app, "40", &openapi("integer"), Some(true)).await;
    publish_document(&app, "41", &openapi("string"), Some(true)).await;
    publish_contract(&app, "1").await;
    publish_document(&app, "42", &openapi("integer"), Some(true)).await;

    for (question, expected) in [
        ("/matrix/provider/stock/consumer/shop", vec![("42", true), ("41", false), ("40", true)]),
        ("/matrix?q[][pacticipant]=shop&q[][pacticipant]=stock&latestby=cvp", vec![("42", true)]),
        ("/matrix?q[][pacticipant]=stock&q[][version]=41&latestby=cvpv", vec![("41", false)]),
        (
            "/matrix?q[][pacticipant]=shop&q[][version]=1&q[][pacticipant]=stock&q[][branch]=main",
            vec![("42", true), ("41", false), ("40", true)],
        ),
    ] {
        let answer = app.get(&question.replace('[', "%5B").replace(']', "%5D")).await.is(200);
        let rows: Vec<(String, bool)> = answer
            .at("/matrix")
            .as_array()
            .expect("rows")
            .iter()
            .map(|row| {
                let number = row["provider"]["version"]["number"].as_str().unwrap_or("none").to_owned();
                (number, row["verificationResult"]["success"].as_bool().expect("yes or no"))
            })
            .collect();
        let expected: Vec<(String, bool)> =
            expected.into_iter().map(|(of, success)| (of.to_owned(), success)).collect();
        assert_eq!(rows, expected, "{question}");
    }
}

#[tokio::test]
async fn what_takes_too_long_is_not_yet_known_and_becomes_a_job() {
    let app = TestApp::with(|settings| settings.comparison_budget = Duration::ZERO).await;
    app.leave_jobs();
    with_stock_in_production(&app, &openapi("integer"), Some(true)).await;
    publish_contract(&app, "1").await;

    let answer = may_go(&app, "shop", "1").await;
    assert_snapshot!(verdict(&answer), @"unknown: It is not known yet whether the pact between version 1 of shop and the version of stock currently in production (40) is compatible with the provider contract: comparing the two takes longer than an answer may. To change this: ask again in a minute: the pact of shop is being compared with what stock offers.");
    assert_snapshot!(answer.at("/reasons/0/kind"), @r#""not_compared""#);
    let jobs = "select count(*) from job where kind = 'comparison'";
    assert_eq!(count(&app, jobs).await, 1, "however often it is asked");

    app.run_jobs_once().await;

    assert_eq!(may_go(&app, "shop", "1").await.at("/summary/deployable"), true);
    assert_eq!(count(&app, jobs).await, 0);
}

#[tokio::test]
async fn verified_but_not_yet_compared_is_not_known() {
    let app = TestApp::with(|settings| settings.comparison_budget = Duration::ZERO).await;
    app.leave_jobs();
    with_stock_in_production(&app, &openapi("string"), Some(true)).await;
    publish_contract(&app, "1").await;
    app.world().provider("stock").version("40").verifies("shop", "1").await;

    assert_eq!(may_go(&app, "shop", "1").await.at("/summary/deployable"), Value::Null);
    let of_pair = app.get("/matrix/provider/stock/consumer/shop").await.is(200);
    assert_eq!(of_pair.at("/summary/deployable"), Value::Null);
}

#[tokio::test]
async fn a_document_that_cannot_be_read_fits_nothing() {
    let app = TestApp::start().await;
    with_stock_in_production(&app, "openapi: 4.0.0", Some(true)).await;

    publish_contract(&app, "1").await;

    assert_snapshot!(verdict(&may_go(&app, "shop", "1").await), @r#"no: The pact between version 1 of shop and the version of stock currently in production (40) is incompatible with the provider contract: the provider contract cannot be read: openapi 4.0.0 is not known; write `openapi: 3.x.y`, `swagger: "2.0"`, `asyncapi: 3.x.y`, or the `$schema` of a JSON Schema (document.unreadable). To change this: stock can change it: publish a document that can be read."#);
}

#[tokio::test]
async fn what_the_document_is_not_about_is_for_verification_to_say() {
    let app = TestApp::start().await;
    with_stock_in_production(&app, &openapi("integer"), Some(true)).await;
    let messages = json!({
        "consumer": {"name": "shop"}, "provider": {"name": "stock"},
        "messages": [{"description": "sold", "contents": {"id": 1}}],
        "metadata": {"pactSpecification": {"version": "3.0.0"}},
    });
    app.world().consumer("shop").version("1").contract_text("stock", &messages.to_string()).await;

    assert_snapshot!(verdict(&may_go(&app, "shop", "1").await), @r#"unknown: There is no verified pact between version 1 of shop and the version of stock currently in production (40), and comparing it with the provider contract cannot tell: the provider contract is not about the interaction "sold" (interaction.not-compared). To change this: verify contract 3d09715 of shop 1 with stock 40."#);

    app.world().provider("stock").version("40").verifies("shop", "1").await;
    assert_eq!(may_go(&app, "shop", "1").await.at("/summary/deployable"), true);
}

#[tokio::test]
async fn what_if_knows_what_documents_say() {
    let app = TestApp::start().await;
    with_stock_in_production(&app, &openapi("string"), Some(true)).await;
    publish_contract(&app, "1").await;
    publish_document(&app, "41", &openapi("integer"), Some(true)).await;
    let ask = |assume: Value| {
        let body =
            json!({"pacticipants": [{"pacticipant": "shop", "version": "1"}], "to": "production", "assume": assume});
        let app = &app;
        async move { app.post("/can-i-deploy/what-if", &body).await.is(200) }
    };

    assert_eq!(ask(json!({})).await.at("/summary/deployable"), false);
    let with_41 = ask(json!({"deployed": [{"pacticipant": "stock", "version": "41"}]})).await;
    assert_eq!(with_41.at("/summary/deployable"), true);
    let verified = json!({"results": [{
        "consumer": "shop", "consumerVersion": "1", "provider": "stock", "providerVersion": "40", "success": true,
    }]});
    assert_eq!(ask(verified).await.at("/summary/deployable"), true);
}

#[tokio::test]
async fn what_if_compares_contracts_that_are_not_published() {
    let app = TestApp::start().await;
    with_stock_in_production(&app, &openapi("integer"), Some(true)).await;
    publish_contract(&app, "1").await;
    let fits = contract("shop", &json!({"nick": "x"}));
    let does_not = contract("shop", &json!({"id": "x"}));
    for (contracts, expected) in
        [(json!([{"content": base64(&fits)}]), true), (json!([{"content": base64(&does_not)}]), false)]
    {
        let body = json!({
            "pacticipants": [{"pacticipant": "shop", "version": "2"}], "to": "production",
            "assume": {"versions": [{"pacticipant": "shop", "version": "2", "contracts": contracts}]},
        });
        let answer = app.post("/can-i-deploy/what-if", &body).await.is(200);
        assert_eq!(answer.at("/summary/deployable"), expected, "{}", verdict(&answer));
    }
    assert_eq!(count(&app, COMPARISONS).await, 1, "nothing is kept of what is not published");
}

#[tokio::test]
async fn comparisons_go_with_the_version_and_the_pacticipant() {
    let app = TestApp::start().await;
    publish_document(&app, "40", &openapi("integer"), Some(true)).await;
    publish_document(&app, "41", &openapi("string"), Some(true)).await;
    app.put("/pacticipants/stock/comparison-settings", &json!({})).await.is(200);
    publish_contract(&app, "1").await;
    may_go_with(&app, "1", "40").await;
    assert_eq!(count(&app, COMPARISONS).await, 2);

    app.delete("/pacticipants/stock/versions/41").await.is(204);
    assert_eq!(count(&app, COMPARISONS).await, 1);

    app.delete("/pacticipants/shop").await.is(204);
    assert_eq!(count(&app, COMPARISONS).await, 0);
    app.delete("/pacticipants/stock").await.is(204);
    assert_eq!(count(&app, "select count(*) from comparison_setting").await, 0);
}

async fn may_go_with(app: &TestApp, shop: &str, stock: &str) -> Answer {
    let question = query_of(&[
        ("q[][pacticipant]", "shop"),
        ("q[][version]", shop),
        ("q[][pacticipant]", "stock"),
        ("q[][version]", stock),
    ]);
    app.get(&format!("/matrix{question}")).await.is(200)
}

/// Whoever comes last sees the other, or whoever asks does: there is no moment at which nobody has looked.
#[tokio::test(flavor = "multi_thread")]
async fn a_contract_and_a_document_that_are_published_at_once_are_never_green_unseen() {
    let app = Arc::new(TestApp::start().await);
    app.world().environment("production").await;
    for round in 0..8 {
        let (contract, document) = (Arc::clone(&app), Arc::clone(&app));
        let number = format!("{}", 100 + round);
        let (shop, stock) = (number.clone(), number.clone());
        let publishing = tokio::spawn(async move {
            let text = self::contract("shop", &json!({"round": round}));
            contract.world().consumer("shop").version(&shop).branch("main").contract_text("stock", &text).await;
        });
        let offering = tokio::spawn(async move {
            publish_document(&document, &stock, &openapi("string"), Some(true)).await;
        });
        publishing.await.expect("it is published");
        offering.await.expect("it is published");

        let answer = may_go_with(&app, &number, &number).await;
        assert_eq!(answer.at("/summary/deployable"), false, "round {round}");
    }
}
