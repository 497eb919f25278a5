//! The feed of events, and what webhooks are told beyond contracts and results.

use std::sync::Arc;
use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Answer, Receiver, TestApp, open_to_receiver};

fn names(answer: &Answer) -> Vec<String> {
    let events = answer.at("/_embedded/events").as_array().expect("a list").clone();
    events.iter().map(|event| event["type"].as_str().expect("a text").replace("pactolus.", "")).collect()
}

/// A consumer and a provider of which something happened.
async fn world(app: &TestApp) {
    let world = app.world();
    world.environment("production").await;
    world.consumer("shop").version("1").branch("main").contract_with("stock", &["a"]).await;
    world.provider("stock").version("40").verifies("shop", "1").await;
    world.deployed("stock", "40", "production").await;
}

#[tokio::test]
async fn what_happened_is_told_in_order() {
    let app = TestApp::start().await;
    world(&app).await;

    let first = app.get("/events?size=3").await.is(200);
    assert_eq!(names(&first), ["contract_published", "contract_content_changed", "provider_verification_published"]);
    assert_eq!(first.at("/hasMore"), true);
    let second = app.get(&first.link("next")).await.is(200);
    assert_eq!(names(&second), ["provider_verification_succeeded", "deployment_recorded"]);
    assert_eq!(second.at("/hasMore"), false);
    let third = app.get(&second.link("next")).await.is(200);
    assert_eq!(names(&third), [""; 0]);
    assert_eq!(third.text_at("/cursor"), second.text_at("/cursor"));

    app.world().consumer("shop").version("2").branch("main").contract_with("stock", &["a"]).await;
    assert_eq!(names(&app.get(&third.link("next")).await), ["contract_published"]);
    assert_eq!(names(&app.get("/events?after=latest").await), [""; 0]);
}

#[tokio::test]
async fn an_event_is_a_cloud_event() {
    let app = TestApp::start().await;
    world(&app).await;

    let result = app.get("/events?name=provider_verification_succeeded").await.is(200);

    let mut event = result.at("/_embedded/events/0").clone();
    event["id"] = "[uuid]".into();
    assert_snapshot!(serde_json::to_string_pretty(&event).unwrap(), @r#"
    {
      "specversion": "1.0",
      "id": "[uuid]",
      "source": "http://pactolus.test",
      "type": "pactolus.provider_verification_succeeded",
      "subject": "shop/stock",
      "time": "2026-11-22T06:48:46+00:00",
      "datacontenttype": "application/json",
      "data": {
        "consumer": {
          "name": "shop",
          "version": "1"
        },
        "provider": {
          "name": "stock",
          "version": "40"
        },
        "contract": {
          "sha": "9cbd8f2299708f5f32876552490ff2b91a63d978",
          "url": "http://pactolus.test/pacts/provider/stock/consumer/shop/pact-version/9cbd8f2299708f5f32876552490ff2b91a63d978/metadata/Y3ZuPTE"
        },
        "verification": {
          "number": 1,
          "success": true,
          "url": "http://pactolus.test/pacts/provider/stock/consumer/shop/pact-version/9cbd8f2299708f5f32876552490ff2b91a63d978/verification-results/1"
        }
      }
    }
    "#);
}

#[tokio::test]
async fn the_feed_can_be_limited_to_names() {
    let app = TestApp::start().await;
    world(&app).await;

    let some = app.get("/events?size=1&name=deployment_recorded&name=contract_published").await.is(200);
    assert_eq!(names(&some), ["contract_published"]);
    let more = app.get(&some.link("next")).await.is(200);
    assert_eq!(names(&more), ["deployment_recorded"], "what is passed over is no page of its own");
    let none = app.get(&more.link("next")).await.is(200);
    assert_eq!(names(&none), [""; 0]);
}

#[tokio::test]
async fn what_is_not_asked_for_is_passed_over_in_large_steps_and_not_for_ever() {
    let app = TestApp::start().await;
    let insert = "insert into event (tenant_id, id, name, source, subject, data, created_at)
                  select 1, gen_random_uuid(), $1, 'x', 'x', '{}', now() from generate_series(1, $2)";
    sqlx::query(insert).bind("branch_deleted").bind(11_500).execute(&app.db).await.unwrap();
    sqlx::query(insert).bind("release_ended").bind(2).execute(&app.db).await.unwrap();
    app.get("/events?after=latest").await.is(200);

    let none_yet = app.get("/events?size=1&name=release_ended").await.is(200);
    assert_eq!((names(&none_yet), none_yet.text_at("/cursor")), (vec![], "10000".to_owned()));
    assert_eq!(none_yet.at("/hasMore"), true);
    let one = app.get(&none_yet.link("next")).await.is(200);
    assert_eq!((names(&one), one.text_at("/cursor")), (vec!["release_ended".to_owned()], "11501".to_owned()));
    assert_eq!(one.at("/hasMore"), true);
    let other = app.get(&one.link("next")).await.is(200);
    assert_eq!(names(&other), ["release_ended"]);
}

#[tokio::test]
async fn who_waits_is_answered_as_soon_as_something_happens() {
    let app = Arc::new(TestApp::start().await);
    let waiting = tokio::spawn({
        let app = Arc::clone(&app);
        async move { app.get("/events?wait=15").await }
    });
    assert_eq!(names(&app.get("/events").await), [""; 0]);
    assert!(!waiting.is_finished(), "it has not waited");

    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;

    let told = tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("an answer").unwrap();
    assert!(names(&told).contains(&"contract_published".to_owned()), "{told:?}");
}

#[tokio::test]
async fn what_the_feed_cannot_read_is_refused() {
    let app = TestApp::start().await;

    let refused = app.get("/events?after=soon&size=0&wait=16&name=moon_landing").await.is(400);

    assert_snapshot!(refused.shown(), @r#"
    {
      "errors": {
        "after": [
          "must be the cursor of an earlier answer, or latest"
        ],
        "size": [
          "must be a number from 1 to 1000"
        ],
        "wait": [
          "must be a number from 0 to 15"
        ],
        "name": [
          "must be one of contract_published, contract_content_changed, provider_verification_published, provider_verification_succeeded, provider_verification_failed, contract_requiring_verification_published, deployment_recorded, deployment_ended, release_recorded, release_ended, can_i_deploy_refused, branch_deleted, provider_contract_published, comparison_changed, comparison_change_proposed"
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn events_of_transactions_that_overlap_are_not_overlooked() {
    let app = TestApp::start().await;
    let insert = "insert into event (tenant_id, id, name, source, subject, data, created_at)
                  values (1, gen_random_uuid(), $1, 'x', 'x', '{}', now())";
    let mut slow = app.db.begin().await.unwrap();
    sqlx::query(insert).bind("branch_deleted").execute(&mut *slow).await.unwrap();
    sqlx::query(insert).bind("release_ended").execute(&app.db).await.unwrap();

    let first = app.get("/events").await.is(200);
    slow.commit().await.unwrap();
    let second = app.get(&first.link("next")).await.is(200);

    assert_eq!(names(&first), ["release_ended"]);
    assert_eq!(names(&second), ["branch_deleted"]);
}

#[tokio::test]
async fn old_events_go() {
    let app = TestApp::start().await;
    world(&app).await;
    let cursor = app.get("/events").await.text_at("/cursor");
    app.advance_secs(30 * 24 * 3600 + 1);
    app.world().consumer("shop").version("2").branch("main").contract_with("stock", &["a"]).await;

    app.run_jobs().await;

    assert_eq!(names(&app.get("/events").await), ["contract_published"]);
    assert_eq!(names(&app.get(&format!("/events?after={cursor}")).await), ["contract_published"]);
}

#[tokio::test]
async fn deployments_and_releases_are_told_of_when_they_are_recorded_and_when_they_end() {
    let app = TestApp::start().await;
    let world = app.world();
    world.environment("production").await;
    world.provider("stock").version("40").await;
    world.provider("stock").version("41").await;
    let start = app.get("/events?after=latest").await.link("next");

    world.deployed("stock", "40", "production").await;
    world.deployed("stock", "40", "production").await;
    let deployed = world.deployed("stock", "41", "production").await;
    app.patch(&deployed.link("self"), &json!({"currentlyDeployed": false})).await.is(200);
    let released = world.released("stock", "41", "production").await;
    world.released("stock", "41", "production").await;
    app.patch(&released.link("self"), &json!({"currentlySupported": false})).await.is(200);
    world.released("stock", "41", "production").await;

    let told = app.get(&start).await.is(200);
    let told: Vec<String> = told
        .at("/_embedded/events")
        .as_array()
        .unwrap()
        .iter()
        .map(|event| format!("{} {}", event["type"], event["data"]["pacticipant"]["version"]).replace('"', ""))
        .collect();
    assert_eq!(
        told,
        [
            "pactolus.deployment_recorded 40",
            "pactolus.deployment_ended 40",
            "pactolus.deployment_recorded 41",
            "pactolus.deployment_ended 41",
            "pactolus.release_recorded 41",
            "pactolus.release_ended 41",
            "pactolus.release_recorded 41",
        ]
    );
}

#[tokio::test]
async fn a_tag_that_deploys_is_told_of_as_a_deployment() {
    let app = TestApp::start().await;
    app.world().environment("production").await;
    app.world().provider("stock").version("40").await;

    app.put("/pacticipants/stock/versions/40/tags/production", &json!({})).await.is(201);

    assert_eq!(names(&app.get("/events").await), ["deployment_recorded"]);
}

#[tokio::test]
async fn a_deleted_branch_is_told_of() {
    let app = TestApp::start().await;
    app.world().provider("stock").version("40").branch("feat").await;
    app.world().provider("stock").version("41").branch("other").await;

    app.delete("/pacticipants/stock/branches/feat").await.is(204);
    app.delete("/pacticipants/stock/branches/none").await.is(404);
    app.delete("/pacticipants/stock/branches").await.is(202);
    app.run_jobs().await;

    let told = app.get("/events").await.is(200);
    assert_eq!(
        told.at("/_embedded/events/0/data"),
        json!({"pacticipant": {"name": "stock"}, "branch": {"name": "feat"}})
    );
    assert_eq!(names(&told), ["branch_deleted", "branch_deleted"]);
    assert_eq!(told.at("/_embedded/events/1/source"), told.at("/_embedded/events/0/source"));
}

#[tokio::test]
async fn a_refusal_of_can_i_deploy_is_told_of_once() {
    let app = TestApp::start().await;
    let world = app.world();
    world.environment("production").await;
    world.provider("stock").version("39").branch("main").await;
    world.deployed("stock", "39", "production").await;
    world.consumer("shop").version("1").branch("main").contract_with("stock", &["a"]).await;
    let question = "/can-i-deploy?pacticipant=shop&version=1&environment=production";
    let start = app.get("/events?after=latest").await.link("next");

    app.get(question).await.is(200);
    app.advance_secs(600);
    app.get(&format!("{question}&asked=again")).await.is(200);
    app.get("/can-i-deploy?pacticipant=shop&version=99&environment=production").await.is(200);
    world.provider("stock").version("40").fails("shop", "1").await;
    world.deployed("stock", "40", "production").await;
    app.get(question).await.is(200);
    world.provider("stock").version("40").verifies("shop", "1").await;
    app.get(question).await.is(200);

    let told = app.get(&start.replace("events?", "events?name=can_i_deploy_refused&")).await.is(200);
    assert_eq!(names(&told), ["can_i_deploy_refused", "can_i_deploy_refused"]);
    assert_eq!(told.at("/_embedded/events/0/data/answer"), "unknown");
    assert_eq!(told.at("/_embedded/events/1/data/answer"), "no");
    assert_eq!(told.at("/_embedded/events/0/data/pacticipants/0"), json!({"name": "shop", "version": "1"}));
    assert!(told.at("/_embedded/events/1/data/reasons").to_string().contains("stock"), "{told:?}");
}

#[tokio::test]
async fn webhooks_are_told_of_what_happens_to_their_pacticipants() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let world = app.world();
    world.environment("production").await;
    world.provider("stock").version("40").await;
    world.provider("prices").version("7").await;
    app.put("/pacticipants/stock/labels/core", &json!({})).await.is(201);
    let hook = |who: &str| {
        let text = format!(
            "{who}: ${{pactbroker.eventName}} ${{pactbroker.pacticipantName}} \
                            ${{pactbroker.pacticipantVersionNumber}} ${{pactbroker.environmentName}}"
        );
        app.world().webhook(&receiver.url("/")).on("deployment_recorded").body(json!({"text": text}))
    };
    hook("all").await;
    hook("stock as provider").with("provider", json!({"name": "stock"})).await;
    hook("stock as consumer").with("consumer", json!({"name": "stock"})).await;
    hook("core").with("provider", json!({"label": "core"})).await;
    hook("prices").with("provider", json!({"name": "prices"})).await;

    world.deployed("stock", "40", "production").await;
    app.run_jobs().await;

    let mut told: Vec<String> =
        receiver.received().iter().map(|one| one.json()["text"].as_str().unwrap().to_owned()).collect();
    told.sort();
    let what = "deployment_recorded stock 40 production";
    let expected = ["all", "core", "stock as consumer", "stock as provider"].map(|who| format!("{who}: {what}"));
    assert_eq!(told, expected);
    let deliveries: Vec<String> =
        sqlx::query_scalar("select id::text from webhook_delivery").fetch_all(&app.db).await.unwrap();
    let logs = app.get_as(&format!("/triggered-webhooks/{}/logs", deliveries[0]), "application/hal+json").await.is(200);
    assert_eq!(logs.at("/eventName"), "deployment_recorded");
}

#[tokio::test]
async fn a_webhook_may_get_the_event_itself() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let request = json!({"method": "POST", "url": receiver.url("/"), "headers": {"Content-Type": "text/plain"}});
    let webhook = json!({"bodyFormat": "cloudevents", "events": [{"name": "contract_published"}], "request": request});
    app.post("/webhooks", &webhook).await.is(201);
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;

    app.run_jobs().await;

    let sent = &receiver.received()[0];
    assert_eq!(sent.header("content-type"), "application/cloudevents+json; charset=utf-8");
    assert_eq!(sent.json(), app.get("/events").await.at("/_embedded/events/0"));
}

#[tokio::test]
async fn an_event_has_no_other_body_beside_it() {
    let app = TestApp::start().await;
    let request = json!({"method": "POST", "url": "https://hooks.example.org/", "body": "x"});

    let both = app.post("/webhooks", &json!({"bodyFormat": "cloudevents", "request": request})).await.is(400);
    let other = app.post("/webhooks", &json!({"bodyFormat": "xml", "request": request})).await.is(400);

    assert!(both.text().contains("must be left out: with the body format cloudevents"), "{both:?}");
    assert!(other.text().contains("must be one of template, cloudevents"), "{other:?}");
}

#[tokio::test]
async fn a_webhook_that_changes_to_cloud_events_is_not_sent_what_is_none() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let webhook = app.world().webhook(&receiver.url("/")).on("contract_published").await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    let mut body: Value = webhook.json();
    body["bodyFormat"] = "cloudevents".into();
    body["request"].as_object_mut().unwrap().remove("body");
    app.put(&webhook.link("self"), &body).await.is(200);

    app.run_jobs().await;

    assert_eq!(receiver.received().len(), 0);
    let logs: Vec<String> = sqlx::query_scalar("select log from webhook_attempt").fetch_all(&app.db).await.unwrap();
    assert!(logs[0].contains("triggered before the webhook sent CloudEvents"), "{logs:?}");
}
