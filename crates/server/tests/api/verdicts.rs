//! Recorded verdicts.

use pactolus_server::Settings;
use serde_json::Value;

use crate::support::{TestApp, query_of};

const DAY: u64 = 24 * 3600;

fn recording(settings: &mut Settings) {
    settings.record_verdicts = true;
    settings.verdict_retention_days = 30;
}

async fn shop_to_production() -> TestApp {
    let app = TestApp::with(recording).await;
    let world = app.world();
    world.environment("production").await;
    world.consumer("shop").version("1").branch("main").contract_with("stock", &["a"]).await;
    world.provider("stock").version("40").verifies("shop", "1").await;
    world.deployed("stock", "40", "production").await;
    app
}

const QUESTION: &str = "/can-i-deploy?pacticipant=shop&version=1&environment=production";

#[tokio::test]
async fn nothing_is_recorded_unless_the_settings_say_so() {
    let app = TestApp::with(|_| {}).await;
    let world = app.world();
    world.environment("production").await;
    world.consumer("shop").version("1").contract_with("stock", &["a"]).await;

    let answer = app.get(QUESTION).await.is(200);
    assert_eq!(answer.json().get("_links"), None);
    assert_eq!(app.get("/verdicts").await.is(200).at("/_embedded/verdicts"), Value::Array(vec![]));
}

#[tokio::test]
async fn a_recorded_verdict_says_who_asked_what_and_the_answer() {
    let app = shop_to_production().await;

    let address = app.get(QUESTION).await.is(200).link("pb:verdict");

    let verdict = app.get(&address).await.is(200);
    assert_eq!(verdict.at("/deployable"), Value::Bool(true));
    assert_eq!(verdict.text_at("/question"), QUESTION);
    assert_eq!(verdict.text_at("/environment"), "production");
    assert_eq!(verdict.text_at("/askedBy"), "local administrator");
    assert_eq!(verdict.at("/answer/summary/success"), 1);
    assert_eq!(verdict.text_at("/answer/reasons/0/kind"), "verified");
    let text = app.get_as(QUESTION, "text/plain").await.text();
    assert!(text.contains("Recorded at http://pactolus.test/verdicts/"), "{text}");
}

#[tokio::test]
async fn a_deployment_and_a_release_show_the_verdict_that_they_were_allowed_by() {
    let app = shop_to_production().await;
    let world = app.world();
    app.get(QUESTION).await.is(200);
    app.advance_secs(1);
    let newest = app.get(QUESTION).await.is(200).link("pb:verdict");

    let deployed = world.deployed("shop", "1", "production").await;
    let released = world.released("shop", "1", "production").await;

    assert_eq!(deployed.link("pb:verdict"), newest);
    assert_eq!(app.get(&released.link("self")).await.is(200).link("pb:verdict"), newest);
    let nobody_asked = world.deployed("stock", "40", "production").await;
    assert_eq!(nobody_asked.json()["_links"].get("pb:verdict"), None);
}

#[tokio::test]
async fn verdicts_are_listed_by_what_they_are_about_and_a_page_at_a_time() {
    let app = shop_to_production().await;
    let cli =
        query_of(&[("q[][pacticipant]", "stock"), ("q[][version]", "40"), ("latestby", "cvpv"), ("latest", "true")]);
    for question in [QUESTION.to_string(), format!("/matrix{cli}"), QUESTION.to_string()] {
        app.get(&question).await.is(200);
        app.advance_secs(1);
    }
    let count = async |address: &str| {
        let listed = app.get(address).await.is(200);
        listed.at("/_embedded/verdicts").as_array().map(Vec::len)
    };

    assert_eq!(count("/verdicts").await, Some(3));
    assert_eq!(count("/verdicts?pacticipant=shop").await, Some(2));
    assert_eq!(count("/verdicts?pacticipant=stock&version=40").await, Some(1));
    assert_eq!(count("/verdicts?environment=production").await, Some(2));
    assert_eq!(count("/verdicts?pacticipant=shop&version=2").await, Some(0));
    let first = app.get("/verdicts?pacticipant=shop&size=1").await.is(200);
    let second = app.get(&first.link("next")).await.is(200);
    assert_ne!(first.text_at("/_embedded/verdicts/0/uuid"), second.text_at("/_embedded/verdicts/0/uuid"));
    app.get("/verdicts?size=0").await.is(400);
    app.get("/verdicts?before=x").await.is(400);
    app.get("/verdicts?version=1").await.is(400);
}

#[tokio::test]
async fn old_verdicts_are_deleted_but_for_those_that_something_was_deployed_by() {
    let app = shop_to_production().await;
    let shown = app.get(QUESTION).await.is(200).link("pb:verdict");
    app.world().deployed("shop", "1", "production").await;
    app.advance_secs(1);
    let old = app.get(QUESTION).await.is(200).link("pb:verdict");

    app.advance_secs(29 * DAY);
    app.run_jobs().await;
    app.get(&old).await.is(200);
    app.advance_secs(2 * DAY);
    app.run_jobs().await;

    let gone = app.get(&old).await.is(404);
    assert!(gone.text().contains("30 days"), "{gone:?}");
    app.get(&shown).await.is(200);
}

#[tokio::test]
async fn a_verdict_outlives_what_it_is_about() {
    let app = shop_to_production().await;
    let address = app.get(QUESTION).await.is(200).link("pb:verdict");

    app.delete("/pacticipants/shop").await.is(204);

    app.get(&address).await.is(200);
}
