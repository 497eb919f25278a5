//! Requested verifications: who has to verify what, who was told, and what came of it.

use pactolus_server::Settings;
use serde_json::{Value, json};

use crate::support::{Receiver, TestApp, open_to_receiver};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

fn once_again(settings: &mut Settings) {
    open_to_receiver(settings);
    settings.verifications.retries = 1;
}

/// stock 40 is the head of its main branch and deployed; shop 1 expects something of it.
async fn shop_expects(app: &TestApp) {
    let world = app.world();
    world.environment("production").await;
    world.provider("stock").version("40").branch("main").await;
    world.deployed("stock", "40", "production").await;
    world.consumer("shop").version("1").branch("main").contract_with("stock", &["a"]).await;
}

async fn listens(app: &TestApp, receiver: &Receiver) {
    app.world().webhook(&receiver.url("/build")).on("contract_requiring_verification_published").await;
}

async fn listed(app: &TestApp, query: &str) -> Vec<Value> {
    let answer = app.get(&format!("/verification-requests{query}")).await.is(200);
    answer.at("/_embedded/verificationRequests").as_array().expect("a list").clone()
}

/// The only one, whatever its state.
async fn the_request(app: &TestApp) -> Value {
    let mut all = Vec::new();
    for state in ["requested", "delivered", "running", "done", "lost"] {
        all.extend(listed(app, &format!("?state={state}")).await);
    }
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

fn address(request: &Value) -> String {
    format!("/verification-requests/{}", request["uuid"].as_str().expect("an id"))
}

async fn state(app: &TestApp) -> String {
    the_request(app).await["state"].as_str().expect("a state").into()
}

#[tokio::test]
async fn a_publication_requests_what_has_no_result() {
    let app = TestApp::start().await;
    shop_expects(&app).await;
    app.advance_secs(12 * MINUTE);

    let request = the_request(&app).await;

    assert_eq!(request["state"], "requested");
    assert_eq!(request["consumer"]["name"], "shop");
    assert_eq!(request["provider"], json!({"name": "stock", "version": "40"}));
    assert_eq!(request["outstandingSeconds"], 720);
    assert_eq!(request["timesAsked"], 1);
    assert_eq!(request["isTold"], false);
    assert_eq!(request["requestedAt"], "2026-11-22T06:48:46+00:00");
    assert_eq!(request["askedAgainAt"], "2026-11-22T07:48:46+00:00");
    assert_eq!(request["lostAt"], "2026-11-22T09:48:46+00:00");
    let own = app.get(&address(&request)).await.is(200);
    assert_eq!(own.json(), request);
    app.get(&own.link("pb:pact-version")).await.is(200);
    assert_eq!(app.get(&own.link("pb:pacticipant-version")).await.text_at("/number"), "40");
    let index = app.get("/").await.link("pb:verification-requests");
    assert_eq!(app.get(&index).await.is(200).at("/_embedded/verificationRequests/0/uuid"), request["uuid"]);
}

#[tokio::test]
async fn nothing_is_requested_that_has_a_result_or_is_needed_by_nobody() {
    let app = TestApp::start().await;
    let world = app.world();
    world.provider("stock").version("39").branch("feature").await;
    world.consumer("shop").version("1").contract_with("stock", &["a"]).await;
    world.provider("stock").version("40").branch("main").verifies("shop", "1").await;

    world.consumer("shop").version("2").contract_with("stock", &["a"]).await;

    assert_eq!(listed(&app, "").await, Vec::<Value>::new());
}

#[tokio::test]
async fn each_provider_version_that_lacks_a_result_is_asked() {
    let app = TestApp::start().await;
    shop_expects(&app).await;
    app.world().environment("test").await;
    app.world().provider("stock").version("41").branch("main").await;
    app.world().released("stock", "41", "test").await;
    app.world().provider("stock").version("39").branch("old").await;
    app.world().released("stock", "39", "test").await;

    app.world().consumer("shop").version("2").contract_with("stock", &["b"]).await;

    let mut versions: Vec<String> = listed(&app, "")
        .await
        .iter()
        .map(|one| one["provider"]["version"].as_str().expect("a number").into())
        .collect();
    versions.sort_unstable();
    assert_eq!(versions, ["39", "40", "40", "41"]);
    assert_eq!(listed(&app, "?provider=stock&providerVersion=40").await.len(), 2);
    assert_eq!(listed(&app, "?provider=stock&providerVersion=38").await.len(), 0);
    assert_eq!(listed(&app, "?consumer=shop&provider=stock").await.len(), 4);
    assert_eq!(listed(&app, "?consumer=stock").await.len(), 0);
    assert_eq!(listed(&app, "?state=done").await.len(), 0);
}

#[tokio::test]
async fn a_full_page_links_the_next_one() {
    let app = TestApp::start().await;
    app.world().provider("stock").version("40").branch("main").await;
    for content in ["a", "b", "c"] {
        app.advance_secs(1);
        app.world().consumer("shop").version(content).contract_with("stock", &[content]).await;
    }

    let first = app.get("/verification-requests?size=2&provider=stock").await.is(200);
    let second = app.get(&first.link("next")).await.is(200);

    let times = |answer: &crate::support::Answer| -> Vec<Value> {
        let page = answer.at("/_embedded/verificationRequests");
        page.as_array().expect("a list").iter().map(|one| one["requestedAt"].clone()).collect()
    };
    assert_eq!(times(&first), ["2026-11-22T06:48:49+00:00", "2026-11-22T06:48:48+00:00"]);
    assert_eq!(times(&second), ["2026-11-22T06:48:47+00:00"]);
}

#[tokio::test]
async fn what_cannot_be_listed_is_refused() {
    let app = TestApp::start().await;

    for (query, field) in [
        ("state=pending", "state"),
        ("providerVersion=40", "provider"),
        ("before=yesterday", "before"),
        ("size=0", "size"),
        ("size=1001", "size"),
    ] {
        let answer = app.get(&format!("/verification-requests?{query}")).await.is(400);
        assert!(answer.at(&format!("/errors/{field}/0")).is_string(), "{query}: {answer:?}");
    }
    app.get("/verification-requests/01930f5c-5f3e-7c3a-9a50-2f6f4b0c8f11").await.is(404);
}

#[tokio::test]
async fn a_webhook_that_was_answered_has_delivered_it() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    listens(&app, &receiver).await;
    shop_expects(&app).await;
    assert_eq!(the_request(&app).await["isTold"], true);
    receiver.will_answer(&[500]);

    app.run_jobs().await;
    assert_eq!(state(&app).await, "requested");
    app.advance_secs(15);
    app.run_jobs().await;

    let request = the_request(&app).await;
    assert_eq!(request["state"], "delivered");
    assert_eq!(request["deliveredAt"], "2026-11-22T06:49:01+00:00");
    let logs = request["_links"]["pb:logs"][0]["href"].as_str().expect("an address").to_owned();
    assert!(app.get_as(&logs, "text/plain").await.is(200).text().contains("Successfully executed webhook"));
}

#[tokio::test]
async fn a_webhook_for_something_else_delivers_nothing() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    app.world().webhook(&receiver.url("/")).on("contract_published").await;
    shop_expects(&app).await;

    app.run_jobs().await;

    assert_eq!(receiver.received().len(), 1);
    let request = the_request(&app).await;
    assert_eq!((&request["state"], &request["isTold"]), (&json!("requested"), &json!(false)));
}

#[tokio::test]
async fn a_build_says_that_it_is_running_and_has_the_whole_time_again() {
    let app = TestApp::start().await;
    shop_expects(&app).await;
    app.advance_secs(50 * MINUTE);
    let request = the_request(&app).await;

    let running = app.patch(&address(&request), &json!({"state": "running"})).await.is(200);

    assert_eq!(running.text_at("/state"), "running");
    assert_eq!(running.text_at("/runningSince"), "2026-11-22T07:38:46+00:00");
    assert_eq!(running.text_at("/askedAgainAt"), "2026-11-22T08:38:46+00:00");
    app.advance_secs(50 * MINUTE);
    app.run_jobs().await;
    assert_eq!(the_request(&app).await["timesAsked"], 1);
    app.advance_secs(10 * MINUTE);
    app.run_jobs().await;
    let again = the_request(&app).await;
    assert_eq!((&again["state"], &again["timesAsked"]), (&json!("requested"), &json!(2)));
    assert_eq!(again["runningSince"], Value::Null);
}

#[tokio::test]
async fn no_other_state_can_be_set() {
    let app = TestApp::start().await;
    shop_expects(&app).await;
    let request = the_request(&app).await;

    for body in [json!({"state": "done"}), json!({"state": true}), json!({})] {
        let answer = app.patch(&address(&request), &body).await.is(422);
        assert!(answer.text_at("/errors/state/0").starts_with("must be running"), "{answer:?}");
    }
    app.world().provider("stock").version("40").verifies("shop", "1").await;
    app.patch(&address(&request), &json!({"state": "running"})).await.is(409);
    let nowhere = "/verification-requests/01930f5c-5f3e-7c3a-9a50-2f6f4b0c8f11";
    app.patch(nowhere, &json!({"state": "running"})).await.is(404);
    assert_eq!(state(&app).await, "done");
}

#[tokio::test]
async fn a_result_ends_it_whether_it_is_good_or_bad() {
    for is_good in [true, false] {
        let app = TestApp::start().await;
        shop_expects(&app).await;
        app.advance_secs(5 * MINUTE);
        let stock = app.world().provider("stock").version("40");

        let stock = if is_good { stock.verifies("shop", "1") } else { stock.fails("shop", "1") };
        stock.await;

        let request = the_request(&app).await;
        assert_eq!(request["state"], "done");
        assert_eq!(request["endedAt"], "2026-11-22T06:53:46+00:00");
        app.advance_secs(HOUR);
        assert_eq!(the_request(&app).await["outstandingSeconds"], 300);
        assert_eq!(listed(&app, "").await.len(), 0);
    }
}

#[tokio::test]
async fn a_result_of_another_version_ends_nothing() {
    let app = TestApp::start().await;
    shop_expects(&app).await;

    app.world().provider("stock").version("41").verifies("shop", "1").await;

    assert_eq!(state(&app).await, "requested");
}

#[tokio::test]
async fn without_a_result_webhooks_are_told_again_and_in_the_end_it_is_lost() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(once_again).await;
    listens(&app, &receiver).await;
    shop_expects(&app).await;
    app.run_jobs().await;

    app.advance_secs(HOUR - 1);
    app.run_jobs().await;
    assert_eq!(receiver.received().len(), 1);
    app.advance_secs(1);
    app.run_jobs().await;

    let told = receiver.received();
    assert_eq!(told.len(), 2);
    assert_eq!(told[0].json(), told[1].json());
    let request = the_request(&app).await;
    assert_eq!((&request["state"], &request["timesAsked"]), (&json!("delivered"), &json!(2)));
    assert_eq!(request["askedAgainAt"], Value::Null);
    assert_eq!(request["lostAt"], "2026-11-22T08:48:46+00:00");
    assert_eq!(request["_links"]["pb:logs"].as_array().expect("links").len(), 2);

    app.advance_secs(HOUR);
    app.run_jobs().await;

    assert_eq!(receiver.received().len(), 2);
    let request = the_request(&app).await;
    assert_eq!((&request["state"], &request["lostAt"]), (&json!("lost"), &json!("2026-11-22T08:48:46+00:00")));
    assert_eq!(request["outstandingSeconds"], 7200);
}

#[tokio::test]
async fn a_webhook_that_listens_only_later_is_told_by_the_retry() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    shop_expects(&app).await;
    listens(&app, &receiver).await;

    app.advance_secs(HOUR);
    app.run_jobs().await;

    assert_eq!(receiver.received().len(), 1);
    let body = receiver.received()[0].json();
    assert_eq!((&body["consumer"], &body["provider"]), (&json!("shop 1"), &json!("stock 40")));
    assert_eq!(state(&app).await, "delivered");
}

#[tokio::test]
async fn two_processes_tell_again_once() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    listens(&app, &receiver).await;
    shop_expects(&app).await;
    app.run_jobs().await;
    app.advance_secs(HOUR);

    tokio::join!(app.run_jobs_once(), app.run_jobs_once(), app.run_jobs_once());
    app.run_jobs().await;

    assert_eq!(receiver.received().len(), 2);
    assert_eq!(the_request(&app).await["timesAsked"], 2);
}

#[tokio::test]
async fn a_worker_attends_to_it_by_itself() {
    let app = TestApp::with(|settings| settings.verifications.retries = 0).await;
    shop_expects(&app).await;
    app.advance_secs(HOUR);
    let stop = tokio_util::sync::CancellationToken::new();
    let working = tokio::spawn(app.worker().run(stop.clone()));

    while listed(&app, "?state=lost").await.is_empty() {
        tokio::task::yield_now().await;
    }

    stop.cancel();
    working.await.expect("it stops");
}

#[tokio::test]
async fn publishing_again_asks_again_but_requests_nothing_anew_unless_it_was_lost() {
    let app = TestApp::with(|settings| settings.verifications.retries = 0).await;
    shop_expects(&app).await;
    let first = the_request(&app).await;
    app.advance_secs(10 * MINUTE);

    app.world().consumer("shop").version("2").contract_with("stock", &["a"]).await;

    let second = the_request(&app).await;
    assert_eq!(second["uuid"], first["uuid"]);
    assert_eq!((&second["requestedAt"], &second["lostAt"]), (&first["requestedAt"], &first["lostAt"]));
    assert_eq!((&second["timesAsked"], &second["lastAskedAt"]), (&json!(2), &json!("2026-11-22T06:58:46+00:00")));
    app.advance_secs(HOUR);
    app.run_jobs().await;
    assert_eq!(state(&app).await, "lost");

    app.world().consumer("shop").version("3").contract_with("stock", &["a"]).await;

    let anew = the_request(&app).await;
    assert_eq!((&anew["state"], &anew["timesAsked"]), (&json!("requested"), &json!(1)));
    assert_eq!(anew["requestedAt"], "2026-11-22T07:58:46+00:00");
}

#[tokio::test]
async fn what_nobody_needs_any_more_is_forgotten_and_not_lost() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(|settings| {
        once_again(settings);
        settings.allow_contract_modification = true;
    })
    .await;
    let world = app.world();
    listens(&app, &receiver).await;
    world.provider("stock").version("40").branch("main").await;
    world.consumer("shop").version("1").contract_with("stock", &["a"]).await;
    // Other content takes the place of what the head of the main branch was to verify.
    world.consumer("till").version("1").contract_with("stock", &["b"]).await;
    world.consumer("till").version("1").contract_with("stock", &["c"]).await;
    app.run_jobs().await;
    assert_eq!(receiver.received().len(), 3);
    assert_eq!(listed(&app, "").await.len(), 3);

    app.advance_secs(HOUR);
    app.run_jobs().await;
    assert_eq!(receiver.received().len(), 5);
    assert_eq!(listed(&app, "?consumer=till").await.len(), 1);
    world.provider("stock").version("41").branch("main").await;
    app.advance_secs(HOUR);
    app.run_jobs().await;

    assert_eq!(listed(&app, "").await.len(), 0);
    assert_eq!(listed(&app, "?state=lost").await.len(), 0);
}

#[tokio::test]
async fn a_request_goes_with_its_version_its_contract_and_its_pacticipant() {
    for gone in [
        "/pacticipants/stock/versions/40",
        "/pacticipants/shop/versions/1",
        "/pacts/provider/stock/consumer/shop/version/1",
        "/integrations/provider/stock/consumer/shop",
        "/pacticipants/shop",
    ] {
        let receiver = Receiver::start().await;
        let app = TestApp::with(open_to_receiver).await;
        listens(&app, &receiver).await;
        shop_expects(&app).await;
        app.run_jobs().await;
        let request = the_request(&app).await;

        let deleted = app.delete(gone).await;

        assert!(matches!(deleted.status, 200 | 204), "{deleted:?}");
        app.get(&address(&request)).await.is(404);
        assert_eq!(listed(&app, "").await.len(), 0, "{gone}");
    }
}

#[tokio::test]
async fn a_request_stays_while_another_version_has_the_content() {
    let app = TestApp::start().await;
    shop_expects(&app).await;
    app.world().consumer("shop").version("2").contract_with("stock", &["a"]).await;

    app.delete("/pacticipants/shop/versions/2").await.is(204);

    assert_eq!(state(&app).await, "requested");
}

const QUESTION: &str = "/can-i-deploy?pacticipant=shop&version=1&environment=production";

/// The reason's request and what the notice says of it.
async fn told_by_can_i_deploy(app: &TestApp) -> (Value, String) {
    let answer = app.get(QUESTION).await.is(200);
    assert_eq!(answer.at("/summary/deployable"), Value::Null);
    let request = answer.at("/reasons/0/verificationRequest");
    let text = request["text"].as_str().expect("a sentence").to_owned();
    let link = answer.text_at("/reasons/0/_links/pb:verification-request/href");
    assert_eq!(app.get(&link).await.is(200).at("/uuid"), request["uuid"]);
    for notice in [answer.text_at("/notices/0/text"), app.get_as(QUESTION, "text/plain").await.text()] {
        assert!(notice.contains(&format!(" ({text}). To change this: ")), "{notice}");
    }
    (request, text)
}

#[tokio::test]
async fn can_i_deploy_says_that_nobody_listens() {
    let app = TestApp::start().await;
    shop_expects(&app).await;
    app.advance_secs(12 * MINUTE);

    let (request, text) = told_by_can_i_deploy(&app).await;

    let nobody = "but nobody was told: no webhook listens to contract_requiring_verification_published";
    assert_eq!(text, format!("a verification was requested 12 minutes ago, {nobody}"));
    assert_eq!((&request["state"], &request["isTold"]), (&json!("requested"), &json!(false)));
}

#[tokio::test]
async fn can_i_deploy_says_how_far_the_missing_verification_has_come() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(once_again).await;
    listens(&app, &receiver).await;
    shop_expects(&app).await;
    let asked = "a verification was requested";
    assert_eq!(told_by_can_i_deploy(&app).await.1, format!("{asked} just now, but no webhook has answered yet"));

    app.run_jobs().await;
    app.advance_secs(12 * MINUTE);
    assert_eq!(told_by_can_i_deploy(&app).await.1, format!("{asked} 12 minutes ago and delivered, no result yet"));

    app.patch(&address(&the_request(&app).await), &json!({"state": "running"})).await.is(200);
    assert_eq!(told_by_can_i_deploy(&app).await.1, format!("{asked} 12 minutes ago and is running"));

    for _ in 0..2 {
        app.advance_secs(HOUR);
        app.run_jobs().await;
    }
    let (request, text) = told_by_can_i_deploy(&app).await;
    assert_eq!(text, format!("{asked} 2 hours ago and is lost: asked 2 times, no result came"));
    assert_eq!((&request["state"], &request["timesAsked"]), (&json!("lost"), &json!(2)));

    app.world().provider("stock").version("40").verifies("shop", "1").await;
    let answer = app.get(QUESTION).await.is(200);
    assert_eq!(answer.at("/summary/deployable"), true);
    assert_eq!(answer.json()["reasons"][0].get("verificationRequest"), None);
}

#[tokio::test]
async fn it_is_asked_for_again_when_somebody_wants_it() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    shop_expects(&app).await;
    listens(&app, &receiver).await;
    app.advance_secs(50 * MINUTE);
    let again = app.get(&address(&the_request(&app).await)).await.link("pb:ask-again");

    let asked = app.post(&again, &json!({})).await.is(202);

    assert_eq!((asked.text_at("/state"), asked.at("/timesAsked")), ("requested".into(), json!(2)));
    assert_eq!(asked.text_at("/requestedAt"), "2026-11-22T06:48:46+00:00");
    assert_eq!(asked.text_at("/lastAskedAt"), "2026-11-22T07:38:46+00:00");
    assert_eq!(asked.text_at("/askedAgainAt"), "2026-11-22T08:38:46+00:00");
    assert_eq!(asked.at("/isTold"), true);
    app.run_jobs().await;
    assert_eq!(receiver.received()[0].json()["provider"], "stock 40");
    assert_eq!(state(&app).await, "delivered");
}

#[tokio::test]
async fn a_lost_one_begins_anew_with_all_its_retries() {
    let app = TestApp::with(once_again).await;
    shop_expects(&app).await;
    for _ in 0..2 {
        app.advance_secs(HOUR);
        app.run_jobs().await;
    }
    assert_eq!(state(&app).await, "lost");
    app.advance_secs(HOUR);

    let asked = app.post(&format!("{}/ask-again", address(&the_request(&app).await)), &json!({})).await.is(202);

    assert_eq!((asked.at("/timesAsked"), asked.at("/endedAt")), (json!(1), Value::Null));
    assert_eq!(asked.text_at("/requestedAt"), "2026-11-22T09:48:46+00:00");
    app.advance_secs(HOUR);
    app.run_jobs().await;
    assert_eq!(the_request(&app).await["timesAsked"], 2);
}

#[tokio::test]
async fn what_has_a_result_or_is_needed_by_nobody_is_not_asked_for_again() {
    let app = TestApp::start().await;
    shop_expects(&app).await;
    let again = format!("{}/ask-again", address(&the_request(&app).await));
    app.world().provider("stock").version("41").branch("main").await;
    app.world().deployed("stock", "41", "production").await;
    let answer = app.post(&again, &json!({})).await.is(409);
    assert!(answer.text_at("/error").starts_with("Nobody needs it"), "{answer:?}");
    app.world().provider("stock").version("40").verifies("shop", "1").await;

    let answer = app.post(&again, &json!({})).await.is(409);

    assert!(answer.text_at("/error").starts_with("There is a result already"), "{answer:?}");
    app.post("/verification-requests/01930f5c-5f3e-7c3a-9a50-2f6f4b0c8f11/ask-again", &json!({})).await.is(404);
}
