//! can-i-deploy: may this version go there?

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{TestApp, query_of, verdict};

async fn can_i_deploy(app: &TestApp, pairs: &[(&str, &str)]) -> String {
    verdict(&app.get(&format!("/can-i-deploy{}", query_of(pairs))).await.is(200))
}

async fn to_production(app: &TestApp, pacticipant: &str, version: &str) -> String {
    let pairs = [("pacticipant", pacticipant), ("version", version), ("environment", "production")];
    can_i_deploy(app, &pairs).await
}

#[tokio::test]
async fn a_consumer_may_not_go_before_its_provider() {
    let app = TestApp::start().await;
    app.world().environment("production").await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;

    assert_snapshot!(to_production(&app, "shop", "1").await, @"unknown: There is no verified pact between version 1 of shop and a version of stock currently in production (no version is currently recorded as deployed/released in this environment). To change this: record which version of stock is deployed in production: none is.");
}

#[tokio::test]
async fn the_story_from_no_to_yes() {
    let app = TestApp::start().await;
    let world = app.world();
    world.environment("production").await;
    world.consumer("shop").version("1").branch("main").contract_with("stock", &["a"]).await;
    world.provider("stock").version("39").await;
    world.deployed("stock", "39", "production").await;

    assert_snapshot!(to_production(&app, "shop", "1").await, @"unknown: There is no verified pact between version 1 of shop and the version of stock currently in production (39). To change this: verify contract 9cbd8f2 of shop 1 with stock 39.");
    world.provider("stock").version("40").verifies("shop", "1").await;
    assert_snapshot!(to_production(&app, "shop", "1").await, @"unknown: There is no verified pact between version 1 of shop and the version of stock currently in production (39). To change this: verify contract 9cbd8f2 of shop 1 with stock 39; or deploy stock 40 to production first: it has passed.");
    assert_snapshot!(to_production(&app, "stock", "40").await, @"yes: There are no missing dependencies");
    world.deployed("stock", "40", "production").await;
    assert_snapshot!(to_production(&app, "shop", "1").await, @"yes: All required verification results are published and successful");
    world.deployed("shop", "1", "production").await;
    world.provider("stock").version("41").fails("shop", "1").await;
    assert_snapshot!(to_production(&app, "stock", "41").await, @"no: The verification for the pact between the version of shop currently in production (1) and version 41 of stock failed. To change this: make stock satisfy what shop expects, or change what shop expects.");
}

#[tokio::test]
async fn one_unverified_version_among_those_that_run_says_no() {
    let app = TestApp::start().await;
    let world = app.world();
    world.environment("production").await;
    world.consumer("shop").version("1").contract_with("stock", &["a"]).await;
    world.provider("stock").version("40").verifies("shop", "1").await;
    world.provider("stock").version("41").await;
    world.deployed_instance("stock", "40", "production", "blue").await;
    world.deployed_instance("stock", "41", "production", "green").await;

    assert_snapshot!(to_production(&app, "shop", "1").await, @"unknown: There is no verified pact between version 1 of shop and one of the versions of stock currently in production (41). To change this: verify contract 9cbd8f2 of shop 1 with stock 41.");
}

#[tokio::test]
async fn one_failed_version_among_those_that_run_says_no() {
    let app = TestApp::start().await;
    let world = app.world();
    world.environment("production").await;
    world.consumer("shop").version("1").contract_with("stock", &["a"]).await;
    world.provider("stock").version("40").fails("shop", "1").await;
    world.provider("stock").version("41").verifies("shop", "1").await;
    world.deployed_instance("stock", "40", "production", "blue").await;
    world.deployed_instance("stock", "41", "production", "green").await;

    assert_snapshot!(to_production(&app, "shop", "1").await, @"no: The verification for the pact between version 1 of shop and one of the versions of stock currently in production (40) failed. To change this: deploy stock 41 to production in place of 40 first: it has passed; or make stock satisfy what shop expects, or change what shop expects.");
}

#[tokio::test]
async fn a_provider_must_suit_every_consumer_version_that_runs() {
    let app = TestApp::start().await;
    let world = app.world();
    world.environment("production").await;
    world.consumer("shop").version("1").contract_with("stock", &["a"]).await;
    world.consumer("shop").version("2").contract_with("stock", &["b"]).await;
    world.released("shop", "1", "production").await;
    world.released("shop", "2", "production").await;
    world.provider("stock").version("40").verifies("shop", "2").await;

    assert_snapshot!(to_production(&app, "stock", "40").await, @"unknown: There is no verified pact between one of the versions of shop currently in production (1) and version 40 of stock. To change this: verify contract 9cbd8f2 of shop 1 with stock 40; or deploy shop 2 to production and end the support of 1 first: it has passed.");
    world.provider("stock").version("40").verifies("shop", "1").await;
    assert_snapshot!(to_production(&app, "stock", "40").await, @"yes: All required verification results are published and successful");
}

#[tokio::test]
async fn an_application_without_contracts_may_go() {
    let app = TestApp::start().await;
    app.world().environment("production").await;
    app.world().consumer("alone").version("1").await;

    assert_snapshot!(to_production(&app, "alone", "1").await, @"yes: There are no missing dependencies");
}

#[tokio::test]
async fn a_version_that_does_not_exist_may_not_go() {
    let app = TestApp::start().await;
    app.world().environment("production").await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;

    assert_snapshot!(to_production(&app, "shop", "2").await, @"no: No pacts or verifications have been published for version 2 of shop. To change this: publish the contracts of shop 2, or create the version if it has none (its number may be misspelt).");
}

#[tokio::test]
async fn what_is_ignored_does_not_count() {
    let app = TestApp::start().await;
    let world = app.world();
    world.environment("production").await;
    world.consumer("shop").version("1").contract_with("stock", &["a"]).contract_with("prices", &["b"]).await;
    world.provider("stock").version("40").verifies("shop", "1").await;
    world.provider("prices").version("7").fails("shop", "1").await;
    world.deployed("stock", "40", "production").await;
    world.deployed("prices", "7", "production").await;
    let asked = [("pacticipant", "shop"), ("version", "1"), ("environment", "production")];
    assert!(can_i_deploy(&app, &asked).await.starts_with("no"));

    let ignoring = [asked.as_slice(), &[("ignore[][pacticipant]", "prices")]].concat();
    assert!(can_i_deploy(&app, &ignoring).await.starts_with("yes"));
    let ignoring = [asked.as_slice(), &[("ignore[][pacticipant]", "prices"), ("ignore[][version]", "6")]].concat();
    assert_snapshot!(can_i_deploy(&app, &ignoring).await, @r"
    no: WARN: Cannot ignore version 6 of prices (no such version exists)
    The verification for the pact between version 1 of shop and the version of prices currently in production (7) failed. To change this: make prices satisfy what shop expects, or change what shop expects.
    ");
    let ignoring = [asked.as_slice(), &[("ignore[][pacticipant]", "nobody")]].concat();
    assert!(can_i_deploy(&app, &ignoring).await.starts_with("no"));
}

#[tokio::test]
async fn a_tag_can_be_the_destination() {
    let app = TestApp::start().await;
    let world = app.world();
    world.consumer("shop").version("1").tag("dev").contract_with("stock", &["a"]).await;
    world.provider("stock").version("40").tag("prod").verifies("shop", "1").await;

    let asked = [("pacticipant", "shop"), ("version", "1"), ("to", "prod")];
    assert_snapshot!(can_i_deploy(&app, &asked).await, @"yes: All required verification results are published and successful");
    let answer = app.get("/pacticipants/shop/latest-version/dev/can-i-deploy/to/prod").await.is(200);
    assert_eq!(answer.at("/summary/deployable"), true);
    app.get("/pacticipants/shop/latest-version/none/can-i-deploy/to/prod").await.is(404);
}

#[tokio::test]
async fn the_head_of_a_branch_can_be_asked_about() {
    let app = TestApp::start().await;
    let world = app.world();
    world.environment("production").await;
    world.consumer("shop").version("1").branch("main").contract_with("stock", &["a"]).await;
    let address = "/pacticipants/shop/branches/main/latest-version/can-i-deploy/to-environment/production";

    assert_eq!(app.get(address).await.is(200).at("/summary/deployable"), Value::Null);
    app.get(&address.replace("main", "none")).await.is(404);
    app.get(&address.replace("production", "moon")).await.is(404);
}

#[tokio::test]
async fn questions_that_cannot_be_answered_are_refused() {
    let app = TestApp::start().await;
    app.world().environment("production").await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;

    for (query, field) in [
        ("", "pacticipant"),
        ("?pacticipant=shop&environment=production", "version"),
        ("?pacticipant=nobody&version=1&environment=production", "pacticipant"),
        ("?pacticipant=shop&version=1&environment=moon", "environment"),
    ] {
        let refused = app.get(&format!("/can-i-deploy{query}")).await.is(400);
        assert_ne!(refused.at(&format!("/errors/{field}")), Value::Null, "{query}: {refused:?}");
    }
    app.get("/can-i-deploy?pacticipant=shop&version=1").await.is(400);
    app.get("/can-i-deploy?pacticipant=shop&version=1&environment=production&to=prod").await.is(400);
}

#[tokio::test]
async fn a_changed_contract_makes_the_consumer_wait_again() {
    let app = TestApp::start().await;
    let world = app.world();
    world.environment("production").await;
    world.consumer("shop").version("1").contract_with("stock", &["a"]).await;
    world.provider("stock").version("40").verifies("shop", "1").await;
    world.deployed("stock", "40", "production").await;

    world.consumer("shop").version("2").contract_with("stock", &["a"]).await;
    world.consumer("shop").version("3").contract_with("stock", &["b"]).await;

    assert!(to_production(&app, "shop", "2").await.starts_with("yes"));
    assert!(to_production(&app, "shop", "3").await.starts_with("unknown"));
}

#[tokio::test]
async fn a_result_that_was_good_and_is_bad_now_says_no() {
    let app = TestApp::start().await;
    let world = app.world();
    world.environment("production").await;
    world.consumer("shop").version("1").contract_with("stock", &["a"]).await;
    world.provider("stock").version("40").verifies("shop", "1").await;
    world.deployed("stock", "40", "production").await;
    assert!(to_production(&app, "shop", "1").await.starts_with("yes"));

    world.provider("stock").version("40").fails("shop", "1").await;

    assert!(to_production(&app, "shop", "1").await.starts_with("no"));
    app.patch(
        &app.world().deployed("stock", "40", "production").await.link("self"),
        &json!({"currentlyDeployed": false}),
    )
    .await
    .is(200);
    assert!(!to_production(&app, "shop", "1").await.starts_with("yes"));
}
