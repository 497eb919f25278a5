//! The gate's page: each answer, each thing that is not there, and what would be if.

use serde_json::{Value, json};

use super::{is_safe, page, words};
use crate::support::{Answer, TestApp};

const TO_PRODUCTION: &str = "/can-i-deploy?pacticipant=payments&version=2&environment=production";

/// `checkout` 1 runs in production and has a contract with `payments`, whose version 2 wants to follow.
async fn shop() -> TestApp {
    let app = TestApp::start().await;
    app.world().environment("production").await;
    app.world().consumer("checkout").version("1").contract_with("payments", &["a capture"]).await;
    app.world().provider("payments").version("1").verifies("checkout", "1").await;
    app.world().provider("payments").version("2").await;
    app.world().deployed("checkout", "1", "production").await;
    app.world().deployed("payments", "1", "production").await;
    app
}

/// `payments` of this version says what failed.
async fn fails(app: &TestApp, consumer: &str, version: &str, provider_version: &str, results: &Value) {
    let contract = format!("/pacts/provider/payments/consumer/{consumer}/version/{version}");
    let publish_to = app.get(&contract).await.is(200).link("pb:publish-verification-results");
    let result = json!({"success": false, "providerApplicationVersion": provider_version, "testResults": results});
    app.post(&publish_to, &result).await.is(201);
}

fn on_amount() -> Value {
    json!([
        {"interactionDescription": "a capture", "success": false, "mismatches":
            [{"attribute": "body", "identifier": "$.amount", "description": "Expected a decimal number, got text"}]},
        {"interactionDescription": "a refund", "success": true},
    ])
}

async fn shown(app: &TestApp, address: &str) -> (Answer, String) {
    let page = page(app, address).await.is(200);
    is_safe(&page);
    let words = words(&page);
    (page, words)
}

#[tokio::test]
async fn a_yes_says_so_and_how_to_record_the_deployment() {
    let app = shop().await;
    app.world().provider("payments").version("2").verifies("checkout", "1").await;

    let (_, words) = shown(&app, TO_PRODUCTION).await;

    assert!(words.contains("Yes : payments 2 can go to production"), "{words}");
    assert!(words.contains("1 passed"), "{words}");
    let to_run = "pactolus record-deployment --pacticipant payments --version 2 --environment production";
    assert!(words.contains(to_run), "{words}");
    assert!(!words.contains("Smallest fix"), "{words}");
}

#[tokio::test]
async fn a_no_shows_the_smallest_fix_and_what_failed_where() {
    let app = shop().await;
    fails(&app, "checkout", "1", "2", &on_amount()).await;

    let (page, words) = shown(&app, TO_PRODUCTION).await;

    assert!(words.contains("No : payments 2 can’t go to production yet"), "{words}");
    assert!(words.contains("Smallest fix 1 step 1 Make payments satisfy checkout"), "{words}");
    assert!(words.contains("Interaction a capture · 1 passed"), "{words}");
    assert!(words.contains("Field $.amount in the body"), "{words}");
    assert!(words.contains("Expected a decimal number, got text"), "{words}");
    let evidence = page.text().contains("/verification-results/");
    assert!(evidence, "{page:?}");
}

#[tokio::test]
async fn another_version_that_has_passed_is_the_smallest_fix() {
    let app = shop().await;
    fails(&app, "checkout", "1", "2", &on_amount()).await;
    app.world().consumer("checkout").version("2").contract_with("payments", &["a capture", "more"]).await;
    app.world().provider("payments").version("2").verifies("checkout", "2").await;

    let (page, words) = shown(&app, TO_PRODUCTION).await;

    assert!(words.contains("1 step, no change to code"), "{words}");
    assert!(words.contains("Deploy checkout 2 to production first"), "{words}");
    assert!(words.contains("Then yes"), "{words}");
    assert!(words.contains("1 other way"), "{words}");
    let gate = r#"href="/can-i-deploy?pacticipant=checkout&amp;version=2&amp;environment=production">Open its gate"#;
    assert!(page.text().contains(gate), "{page:?}");
}

#[tokio::test]
async fn a_missing_result_is_not_known_and_has_a_command() {
    let app = shop().await;

    let (_, words) = shown(&app, TO_PRODUCTION).await;

    assert!(words.contains("Not known : Results are missing to let payments 2 go to production"), "{words}");
    assert!(words.contains("1 not verified"), "{words}");
    assert!(words.contains("Verify checkout 1 on payments 2"), "{words}");
    assert!(words.contains("pactolus verify --provider-name payments --provider-version 2"), "{words}");
    assert!(words.contains("Then yes, if it passes"), "{words}");
}

#[tokio::test]
async fn a_yes_of_which_nothing_was_checked_is_a_warning() {
    let app = shop().await;
    app.world().provider("ledger").version("7").branch("main").await;

    let (page, words) = shown(&app, "/can-i-deploy?pacticipant=ledger&version=7&environment=production").await;

    assert!(words.contains("Yes : ledger 7 can go to production , but nothing was checked"), "{words}");
    assert!(page.text().contains(r#"<span class="word warn">Yes</span>"#), "{page:?}");
}

#[tokio::test]
async fn a_version_that_is_not_there_has_the_nearest_and_how_to_publish_it() {
    let app = shop().await;
    app.world().provider("payments").version("release-41").await;

    let (page, words) =
        shown(&app, "/can-i-deploy?pacticipant=payments&version=relase-41&environment=production").await;

    assert!(words.contains("There is no version relase-41 of payments Nearly so called: release-41"), "{words}");
    assert!(words.contains("pactolus publish pacts --consumer-app-version relase-41"), "{words}");
    assert!(page.text().contains("version=release-41&amp;environment=production"), "{page:?}");
}

#[tokio::test]
async fn an_environment_that_is_not_there_has_the_nearest_and_no_verdict() {
    let app = shop().await;

    let page = page(&app, "/can-i-deploy?pacticipant=payments&version=2&environment=prodution").await.is(400);

    is_safe(&page);
    let words = words(&page);
    assert!(words.contains("Environment “prodution” doesn’t exist Did you mean Production"), "{words}");
    assert!(!page.text().contains("class=\"answer\""), "{words}");
    assert!(page.text().contains("version=2&amp;environment=production"), "{words}");
}

#[tokio::test]
async fn an_application_that_is_not_there_has_the_nearest_and_no_verdict() {
    let app = shop().await;

    let page = page(&app, "/can-i-deploy?pacticipant=paymnts&version=2&environment=production").await.is(400);

    is_safe(&page);
    assert!(words(&page).contains("No application is called paymnts Did you mean payments"), "{page:?}");
    assert!(!page.text().contains("class=\"answer\""), "{page:?}");
}

#[tokio::test]
async fn without_a_question_it_asks_for_one_and_names_what_is_missing() {
    let app = shop().await;

    let (shown_page, bare) = shown(&app, "/can-i-deploy").await;
    assert!(bare.contains("Can it ship?"), "{bare}");
    assert!(shown_page.text().contains(r#"<option value="payments">"#), "{shown_page:?}");
    assert!(!bare.contains("Which application?"), "{bare}");

    let page = page(&app, "/can-i-deploy?pacticipant=payments&version=&environment=production").await.is(400);
    is_safe(&page);
    assert!(words(&page).contains("Which version, or which branch?"), "{page:?}");
    assert!(page.text().contains(r#"name="pacticipant" value="payments""#), "{page:?}");
}

#[tokio::test]
async fn before_anything_is_there_it_says_what_to_do() {
    let app = TestApp::start().await;

    let (_, words) = shown(&app, "/can-i-deploy").await;

    assert!(
        words.contains("The gate answers once a build has published a contract. pactolus publish pacts"),
        "{words}"
    );
}

#[tokio::test]
async fn the_head_of_a_branch_is_asked_about_by_its_number() {
    let app = shop().await;
    app.world().provider("payments").version("3").branch("main").verifies("checkout", "1").await;
    let permanent = "/can-i-deploy?pacticipant=payments&amp;version=3&amp;environment=production";

    for address in [
        "/can-i-deploy?pacticipant=payments&branch=main&environment=production",
        "/pacticipants/payments/branches/main/latest-version/can-i-deploy/to-environment/production",
    ] {
        let (page, words) = shown(&app, address).await;
        assert!(words.contains("payments 3 can go to production"), "{words}");
        assert!(page.text().contains(&format!("href=\"{permanent}\"")), "{page:?}");
        assert!(page.text().contains("/can-i-deploy.json?pacticipant=payments&amp;version=3"), "{page:?}");
    }
}

#[tokio::test]
async fn what_if_assumes_leaves_out_and_takes_back() {
    let app = shop().await;
    app.world().consumer("checkout").version("2").contract_with("payments", &["a capture", "more"]).await;
    app.world().provider("payments").version("2").verifies("checkout", "2").await;
    let assume = "&assume[][pacticipant]=checkout&assume[][version]=2&assume[][pacticipant]=&assume[][version]=";

    let (shown_page, assumed) = shown(&app, &format!("{TO_PRODUCTION}{assume}")).await;
    assert!(assumed.contains("Yes : payments 2 can go to production"), "{assumed}");
    assert!(assumed.contains("checkout 2 in production Remove"), "{assumed}");
    assert!(assumed.contains("Then: yes. Nothing is stored by asking."), "{assumed}");
    assert!(assumed.contains("--what-if --assume-deployed checkout@2"), "{assumed}");
    // The same address says something else to programs.
    assert!(!shown_page.text().contains("can-i-deploy.json"), "{shown_page:?}");

    let (_, without) = shown(&app, &format!("{TO_PRODUCTION}&ignore=checkout")).await;
    assert!(without.contains("but nothing was checked"), "{without}");
    assert!(without.contains("without checkout Remove"), "{without}");

    let page = page(&app, &format!("{TO_PRODUCTION}&assume[][pacticipant]=nobody&assume[][version]=1")).await.is(400);
    is_safe(&page);
    assert!(words(&page).contains("This can’t be assumed"), "{page:?}");
    assert!(!page.text().contains("class=\"answer\""), "{page:?}");
}

#[tokio::test]
async fn many_failures_are_told_by_their_cause() {
    let app = TestApp::start().await;
    app.world().environment("production").await;
    for index in 0..14 {
        let consumer = format!("consumer-{index}");
        app.world().consumer(&consumer).version("1").contract_with("payments", &["a capture"]).await;
        app.world().deployed(&consumer, "1", "production").await;
        fails(&app, &consumer, "1", "2", &on_amount()).await;
    }

    let (_, words) = shown(&app, TO_PRODUCTION).await;

    assert!(words.contains("14 failed"), "{words}");
    assert!(words.contains("14 contracts fail on $.amount Failed"), "{words}");
    assert!(words.contains("and 8 more"), "{words}");
    assert!(words.contains("Make payments satisfy 14 contracts that fail on $.amount"), "{words}");
}

#[tokio::test]
async fn what_passed_is_folded_when_it_is_much() {
    let app = TestApp::start().await;
    app.world().environment("production").await;
    for index in 0..10 {
        let consumer = format!("consumer-{index}");
        app.world().consumer(&consumer).version("1").contract_with("payments", &["a capture"]).await;
        app.world().deployed(&consumer, "1", "production").await;
        app.world().provider("payments").version("2").verifies(&consumer, "1").await;
    }

    let (page, words) = shown(&app, TO_PRODUCTION).await;

    assert!(words.contains("10 passed consumer-0"), "{words}");
    assert!(page.text().contains("<details><summary>"), "{page:?}");
}

#[tokio::test]
async fn what_was_answered_before_is_shown_where_it_is_recorded() {
    let app = TestApp::with(|settings| settings.record_verdicts = true).await;
    app.world().environment("production").await;
    app.world().consumer("payments").version("2").contract_with("ledger", &["a booking"]).await;
    app.get(TO_PRODUCTION).await.is(200);

    let (_, words) = shown(&app, TO_PRODUCTION).await;

    assert!(words.contains("Before 2 not known by"), "{words}");
    // Looking at it is no question that a build asks.
    let recorded = app.get("/verdicts").await.is(200).json();
    assert_eq!(recorded["_embedded"]["verdicts"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn names_and_results_that_would_be_markup_are_text() {
    let app = TestApp::start().await;
    let hostile = "<script>alert(1)</script>\"><img src=x>";
    let encoded = "%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%3E%3Cimg%20src%3Dx%3E";
    app.world().environment("production").await;
    app.world().consumer(hostile).version(hostile).contract_with("payments", &[hostile]).await;
    app.world().deployed(hostile, hostile, "production").await;
    let results = json!([{"interactionDescription": hostile, "success": false, "mismatches":
        [{"attribute": hostile, "identifier": hostile, "description": hostile}]}]);
    fails(&app, encoded, encoded, "2", &results).await;

    let (_, no) = shown(&app, TO_PRODUCTION).await;
    assert!(no.contains(hostile), "{no}");
    let question = format!("/can-i-deploy?pacticipant={encoded}&version={encoded}&environment=production");
    let (_, own) = shown(&app, &question).await;
    assert!(own.contains("can’t go to production") || own.contains("Results are missing"), "{own}");
    for part in ["pacticipant", "version", "environment", "branch", "to", "ignore", "assume[][pacticipant]"] {
        let page = page(&app, &format!("{TO_PRODUCTION}&{part}={encoded}")).await;
        is_safe(&page);
    }
}

#[tokio::test]
async fn programs_get_the_answer_at_the_same_address() {
    let app = shop().await;

    let answer = app.get(TO_PRODUCTION).await.is(200);

    assert_eq!(answer.json()["summary"]["unknown"], 1);
}
