//! What a new contract demands, and who satisfies it.

use super::*;

const PREVIEW: &str = "/contracts/provider/stock/consumer/shop/preview";

fn asked(contract: &str, environment: Option<&str>) -> Value {
    json!({"environment": environment, "contract": {"content": base64(contract)}})
}

async fn previewed(app: &TestApp, contract: &str, environment: Option<&str>) -> Answer {
    app.post(PREVIEW, &asked(contract, environment)).await.is(200)
}

fn names(answer: &Answer, pointer: &str) -> Vec<String> {
    let listed = answer.at(pointer).as_array().expect("a list").clone();
    listed
        .iter()
        .map(|one| format!("{} {}", one["part"].as_str().expect("a text"), one["name"].as_str().expect("a text")))
        .collect()
}

/// Stock 1 runs in production and offers nothing; shop 41, which reads the price, runs there, and was verified with it.
async fn verified_world(app: &TestApp) {
    let world = app.world();
    world.environment("production").await;
    world
        .consumer("shop")
        .version("41")
        .contract_text("stock", &reading("shop", &json!({"id": 1, "price": 2.5})))
        .await;
    world.provider("stock").version("1").verifies("shop", "41").await;
    world.deployed("shop", "41", "production").await;
    world.deployed("stock", "1", "production").await;
}

/// As a build of the provider publishes it, with what came of its tests.
async fn offer_tested(app: &TestApp, version: &str, document: &str, success: Option<bool>) {
    let mut contract = json!({"content": base64(document), "contentType": "application/yaml", "specification": "oas"});
    if let Some(success) = success {
        contract["selfVerificationResults"] = json!({"success": success, "verifier": "drift"});
    }
    let body = json!({"pacticipantVersionNumber": version, "branch": "main", "contract": contract});
    app.post("/provider-contracts/provider/stock/publish", &body).await.is(200);
}

#[tokio::test]
async fn what_is_demanded_anew_is_told_against_what_runs_there() {
    let app = TestApp::start().await;
    verified_world(&app).await;
    app.world()
        .consumer("shop")
        .version("42")
        .branch("main")
        .contract_text("stock", &reading("shop", &json!({})))
        .await;

    let answer = previewed(&app, &reading("shop", &json!({"id": 1, "name": "a"})), Some("production")).await;

    assert_eq!(
        (answer.text_at("/before/version"), answer.text_at("/before/environment")),
        ("41".into(), "production".into())
    );
    assert_eq!(names(&answer, "/newUses"), ["response-body /name"]);
    assert_eq!(names(&answer, "/droppedUses"), ["response-body /price"]);
    assert_eq!(answer.text_at("/interactions/differing/0/difference"), "changed");
    assert_eq!(answer.text_at("/interactions/differing/0/description"), "an item");
    assert_eq!(answer.at("/interactions/onlyExamples"), json!([]));
    let of_main = previewed(&app, &reading("shop", &json!({"id": 1})), None).await;
    assert_eq!((of_main.text_at("/before/version"), of_main.at("/before/environment")), ("42".into(), Value::Null));
}

#[tokio::test]
async fn a_result_of_identical_content_satisfies_and_of_other_content_says_nothing() {
    let app = TestApp::start().await;
    verified_world(&app).await;

    let same = previewed(&app, &reading("shop", &json!({"id": 1, "price": 2.5})), Some("production")).await;
    assert_eq!((same.at("/satisfied"), same.at("/providerVersions/0/verified")), (json!(true), json!(true)));
    assert_eq!(same.text_at("/providerVersions/0/reason"), "identical content was verified with it");
    assert_eq!((same.at("/newUseCount"), same.at("/interactions/differingCount")), (json!(0), json!(0)));

    let other = previewed(&app, &reading("shop", &json!({"id": 1})), Some("production")).await;
    assert_eq!((other.at("/satisfied"), other.at("/providerVersions/0/verified")), (Value::Null, Value::Null));
    assert_eq!(
        other.text_at("/providerVersions/0/reason"),
        "it offers no document, and identical content was not verified with it"
    );
}

#[tokio::test]
async fn a_result_that_failed_says_no() {
    let app = TestApp::start().await;
    verified_world(&app).await;
    app.world().provider("stock").version("2").fails("shop", "41").await;
    app.world().deployed("stock", "2", "production").await;

    let answer = previewed(&app, &reading("shop", &json!({"id": 1, "price": 2.5})), Some("production")).await;

    assert_eq!(answer.at("/satisfied"), false);
    assert_eq!(answer.text_at("/providerVersions/0/version"), "2");
    assert_eq!(answer.text_at("/providerVersions/0/reason"), "identical content was verified with it, and failed");
}

#[tokio::test]
async fn a_document_answers_as_it_does_before_a_deployment() {
    let app = TestApp::start().await;
    app.world().environment("production").await;
    offer_tested(&app, "1", DOCUMENT, Some(true)).await;
    app.world().deployed("stock", "1", "production").await;
    let ask = async |body: &Value| previewed(&app, &reading("shop", body), Some("production")).await;

    let fitting = ask(&json!({"id": 1, "price": 2.5})).await;
    assert_eq!(fitting.at("/satisfied"), true);
    assert_eq!(fitting.text_at("/providerVersions/0/comparison"), "compatible");
    assert_eq!(fitting.at("/before"), Value::Null);
    assert_eq!(fitting.text_at("/interactions/differing/0/difference"), "added");

    let unfitting = ask(&json!({"id": 1, "tax": 2.5})).await;
    assert_eq!(unfitting.at("/satisfied"), false);
    assert_eq!(unfitting.text_at("/providerVersions/0/reason"), "what it offers does not fit");
    assert_eq!(unfitting.text_at("/providerVersions/0/findings/0/code"), "response.body.undescribed");
    assert_eq!(unfitting.text_at("/providerVersions/0/findings/0/interaction"), "an item");

    offer_tested(&app, "2", DOCUMENT, None).await;
    app.world().deployed("stock", "2", "production").await;
    let untested = ask(&json!({"id": 1, "price": 2.5})).await;
    assert_eq!(untested.at("/satisfied"), Value::Null);
    offer_tested(&app, "3", DOCUMENT, Some(false)).await;
    app.world().deployed("stock", "3", "production").await;
    assert_eq!(ask(&json!({"id": 1, "price": 2.5})).await.at("/satisfied"), false);
}

#[tokio::test]
async fn what_is_said_is_what_can_i_deploy_says_once_it_is_published() {
    for success in [Some(true), Some(false), None] {
        for body in [json!({"id": 1, "price": 2.5}), json!({"id": 1, "tax": 2.5})] {
            let app = TestApp::start().await;
            app.world().environment("production").await;
            offer_tested(&app, "1", DOCUMENT, success).await;
            app.world().deployed("stock", "1", "production").await;
            let contract = reading("shop", &body);

            let said = previewed(&app, &contract, Some("production")).await.at("/satisfied");

            app.world().consumer("shop").version("1").contract_text("stock", &contract).await;
            let gate = app.get("/can-i-deploy?pacticipant=shop&version=1&environment=production").await.is(200);
            assert_eq!(gate.at("/summary/deployable"), said, "{success:?} {body}");
        }
    }
}

#[tokio::test]
async fn interactions_of_which_only_examples_changed_are_named() {
    let app = TestApp::start().await;
    verified_world(&app).await;

    let answer = previewed(&app, &reading("shop", &json!({"id": 7, "price": 9.5})), Some("production")).await;

    assert_eq!(answer.at("/interactions/differing"), json!([]));
    assert_eq!(answer.text_at("/interactions/onlyExamples/0/description"), "an item");
    assert_eq!((answer.at("/newUseCount"), answer.at("/droppedUseCount")), (json!(0), json!(0)));
}

#[tokio::test]
async fn where_no_provider_runs_nothing_is_known() {
    let app = TestApp::start().await;
    verified_world(&app).await;
    app.world().environment("test").await;
    let contract = reading("shop", &json!({"id": 1, "price": 2.5}));

    let answer = previewed(&app, &contract, Some("test")).await;
    assert_eq!((answer.at("/satisfied"), answer.at("/providerVersions")), (Value::Null, json!([])));
    assert_eq!(answer.text_at("/before/version"), "41", "the latest stands in");
}

#[tokio::test]
async fn without_deployments_the_latest_provider_version_counts() {
    let app = TestApp::start().await;
    offer_tested(&app, "1", DOCUMENT, Some(true)).await;
    offer_tested(&app, "2", DOCUMENT, Some(true)).await;

    let answer = previewed(&app, &reading("shop", &json!({"id": 1, "price": 2.5})), None).await;

    assert_eq!(answer.at("/providerVersions").as_array().map(Vec::len), Some(1));
    assert_eq!(answer.text_at("/providerVersions/0/version"), "2");
    assert_eq!(answer.at("/satisfied"), true);
}

#[tokio::test]
async fn nothing_is_stored_by_asking() {
    let app = TestApp::start().await;
    verified_world(&app).await;
    offer_tested(&app, "2", DOCUMENT, Some(true)).await;
    let counts = "select (select count(*) from contract_content), (select count(*) from comparison), (select count(*) from pacticipant)";
    let before: (i64, i64, i64) = sqlx::query_as(counts).fetch_one(&app.db).await.expect("the tables are there");

    app.post(
        "/contracts/provider/stock/consumer/newcomer/preview",
        &asked(&reading("newcomer", &json!({"id": 1})), None),
    )
    .await
    .is(200);

    let after: (i64, i64, i64) = sqlx::query_as(counts).fetch_one(&app.db).await.expect("the tables are there");
    assert_eq!(before, after);
}

#[tokio::test]
async fn what_is_no_contract_of_the_two_is_refused() {
    let app = TestApp::start().await;
    verified_world(&app).await;
    let contract = reading("shop", &json!({"id": 1}));

    app.post(PREVIEW, &asked("neither: nor", None)).await.is(400);
    app.post(PREVIEW, &asked("[]", None)).await.is(400);
    app.post(PREVIEW, &json!({"contract": {"content": "%"}})).await.is(400);
    app.post(PREVIEW, &json!({})).await.is(400);
    app.post(PREVIEW, &asked(&reading("app", &json!({})), None)).await.is(400);
    app.post(PREVIEW, &asked(&contract, Some("nowhere"))).await.is(404);
    app.post("/contracts/provider/nobody/consumer/shop/preview", &asked(&json!({}).to_string(), None)).await.is(404);
}
