//! What became of deliveries, and making them again.

use std::time::Duration;

use insta::assert_snapshot;
use pactolus_domain::webhook::Retries;
use serde_json::{Value, json};

use crate::support::{Answer, Receiver, TestApp, open_to_receiver};

/// Where each delivery is tried twice.
async fn app() -> TestApp {
    TestApp::with(|settings| {
        open_to_receiver(settings);
        settings.webhooks.retries = Retries::After(vec![Duration::from_secs(10)]);
    })
    .await
}

async fn publish(app: &TestApp, versions: std::ops::RangeInclusive<u32>) {
    for version in versions {
        app.world().consumer("shop").version(&version.to_string()).contract_with("stock", &["a"]).await;
        app.advance_secs(1);
    }
}

async fn run_all(app: &TestApp) {
    app.run_jobs().await;
    app.advance_secs(10);
    app.run_jobs().await;
}

fn deliveries(answer: &Answer) -> Vec<Value> {
    answer.at("/_embedded/deliveries").as_array().expect("a list").clone()
}

fn statuses(answer: &Answer) -> Vec<String> {
    deliveries(answer).iter().map(|one| one["status"].as_str().expect("a text").to_owned()).collect()
}

#[tokio::test]
async fn a_delivery_is_shown_with_each_attempt() {
    let receiver = Receiver::start().await;
    let app = app().await;
    app.world()
        .webhook(&receiver.url("/build?token=t0p-s3cret"))
        .on("contract_published")
        .request("headers", json!({"X-Team": "s3cret-team"}))
        .with("description", json!("Build it"))
        .await;
    receiver.will_answer(&[500]);
    publish(&app, 1..=1).await;
    run_all(&app).await;

    let listed = app.get("/webhook-deliveries").await.is(200);
    let delivery = deliveries(&listed)[0].clone();
    let mut whole = app.get(delivery["_links"]["self"]["href"].as_str().unwrap()).await.is(200).json();

    for attempt in whole["attempts"].as_array_mut().unwrap() {
        attempt["durationMs"] = 1.into();
        attempt["logs"] = "[logs]".into();
        attempt["request"]["origin"] = "[origin]".into();
        attempt["request"]["headers"]["webhook-id"] = "[uuid]".into();
        attempt["response"]["headers"]["date"] = "[date]".into();
    }
    let text = whole["attempts"].to_string();
    assert!(!text.contains("s3cret"), "{text}");
    assert_snapshot!(serde_json::to_string_pretty(&whole["attempts"]).unwrap(), @r#"
    [
      {
        "number": 1,
        "success": false,
        "request": {
          "method": "POST",
          "origin": "[origin]",
          "headers": {
            "x-team": "**********",
            "accept": "*/*",
            "content-type": "application/json",
            "webhook-id": "[uuid]"
          },
          "bodyBytes": 70
        },
        "response": {
          "status": 500,
          "headers": {
            "content-type": "text/plain; charset=utf-8",
            "content-length": "8",
            "date": "[date]"
          },
          "body": "received",
          "bodyIsCut": false
        },
        "durationMs": 1,
        "createdAt": "2026-11-22T06:48:47+00:00",
        "logs": "[logs]"
      },
      {
        "number": 2,
        "success": true,
        "request": {
          "method": "POST",
          "origin": "[origin]",
          "headers": {
            "x-team": "**********",
            "accept": "*/*",
            "content-type": "application/json",
            "webhook-id": "[uuid]"
          },
          "bodyBytes": 70
        },
        "response": {
          "status": 200,
          "headers": {
            "content-type": "text/plain; charset=utf-8",
            "content-length": "8",
            "date": "[date]"
          },
          "body": "received",
          "bodyIsCut": false
        },
        "durationMs": 1,
        "createdAt": "2026-11-22T06:48:57+00:00",
        "logs": "[logs]"
      }
    ]
    "#);
    let kept = ["event", "status", "attemptsMade", "responseStatus", "error", "nextAttemptAt", "consumer"];
    let kept: Vec<String> = kept.iter().map(|key| format!("{key} {}", whole[key])).collect();
    assert_snapshot!(kept.join("\n"), @r#"
    event "contract_published"
    status "success"
    attemptsMade 2
    responseStatus 200
    error null
    nextAttemptAt null
    consumer {"name":"shop"}
    "#);
    assert_eq!(whole["_links"]["pb:webhook"]["name"], "Build it");
    app.get("/webhook-deliveries/0195fd3e-7d3a-7000-8000-000000000000").await.is(404);
}

#[tokio::test]
async fn deliveries_are_listed_by_webhook_and_status_page_by_page() {
    let receiver = Receiver::start().await;
    let app = app().await;
    let webhook = app.world().webhook(&receiver.url("/")).on("contract_published").await;
    app.world().webhook(&receiver.url("/")).on("contract_content_changed").await;
    publish(&app, 1..=5).await;
    receiver.will_answer(&[404; 3]);
    app.run_jobs().await;

    let all = app.get("/webhook-deliveries?size=4").await.is(200);
    assert_eq!(deliveries(&all).len(), 4);
    let rest = app.get(&all.link("next")).await.is(200);
    assert_eq!(deliveries(&rest).len(), 2);
    let of_one = app.get(&webhook.link("pb:webhook-deliveries")).await.is(200);
    assert_eq!(deliveries(&of_one).len(), 5);
    let page = app.get(&format!("{}?size=3", webhook.link("pb:webhook-deliveries"))).await.is(200);
    assert_eq!(deliveries(&app.get(&page.link("next")).await.is(200)).len(), 2);
    assert_eq!(statuses(&app.get("/webhook-deliveries?status=success").await), ["success"; 3]);
    let retrying = app.get("/webhook-deliveries?status=retrying").await.is(200);
    assert_eq!(statuses(&retrying), ["retrying"; 3]);
    assert!(deliveries(&retrying)[0]["nextAttemptAt"].is_string(), "{retrying:?}");
    app.get("/webhooks/there-is-no-such-webhook/deliveries").await.is(404);
}

#[tokio::test]
async fn what_cannot_be_listed_is_refused() {
    let app = TestApp::start().await;

    let refused = app.get("/webhook-deliveries?status=lost&before=yesterday&size=0").await.is(400);

    assert_snapshot!(refused.shown(), @r#"
    {
      "errors": {
        "status": [
          "must be one of not_run, retrying, success, failure"
        ],
        "before": [
          "is not the id of a delivery"
        ],
        "size": [
          "must be a number from 1 to 1000"
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn a_dead_letter_is_delivered_again_with_all_its_tries() {
    let receiver = Receiver::start().await;
    let app = app().await;
    app.world().webhook(&receiver.url("/")).on("contract_published").await;
    receiver.will_answer(&[404, 404, 404]);
    publish(&app, 1..=1).await;
    run_all(&app).await;
    let dead = app.get("/webhook-deliveries?status=failure").await.is(200);
    let dead = &deliveries(&dead)[0];

    let replayed = app.post(dead["_links"]["pb:replay"]["href"].as_str().unwrap(), &json!({})).await.is(202);
    assert_eq!(replayed.at("/status"), "retrying");
    run_all(&app).await;

    assert_eq!(receiver.received().len(), 4);
    assert!(receiver.received().iter().all(|one| dead["uuid"] == one.header("webhook-id")));
    let after = app.get(dead["_links"]["self"]["href"].as_str().unwrap()).await.is(200);
    assert_eq!(after.at("/status"), "success");
    assert_eq!(after.at("/attempts").as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_delivery_that_succeeded_can_be_made_again_and_one_under_way_cannot() {
    let receiver = Receiver::start().await;
    let app = app().await;
    let webhook = app.world().webhook(&receiver.url("/")).on("contract_published").await;
    publish(&app, 1..=1).await;
    let uuid = deliveries(&app.get("/webhook-deliveries").await)[0]["uuid"].as_str().unwrap().to_owned();
    let replay = format!("/webhook-deliveries/{uuid}/replay");

    let early = app.post(&replay, &json!({})).await.is(409);
    assert!(early.text().contains("still under way"), "{early:?}");
    app.run_jobs().await;
    app.post(&replay, &json!({})).await.is(202);
    app.run_jobs().await;
    assert_eq!(receiver.received().len(), 2);

    app.delete(&webhook.link("self")).await.is(204);
    let late = app.post(&replay, &json!({})).await.is(409);
    assert!(late.text().contains("webhook was deleted"), "{late:?}");
    app.post("/webhook-deliveries/0195fd3e-7d3a-7000-8000-000000000000/replay", &json!({})).await.is(404);
}

#[tokio::test]
async fn all_that_was_given_up_in_a_time_is_delivered_again() {
    let receiver = Receiver::start().await;
    let app = app().await;
    let webhook = app.world().webhook(&receiver.url("/")).on("contract_published").await;
    receiver.will_answer(&[404; 20]);
    publish(&app, 1..=6).await;
    run_all(&app).await;
    assert_eq!(receiver.received().len(), 12);
    let given_up = deliveries(&app.get("/webhook-deliveries?status=failure").await);
    let (since, until) = (given_up[4]["createdAt"].clone(), given_up[1]["createdAt"].clone());

    let body = json!({"webhook": webhook.at("/uuid"), "since": since, "until": until});
    let replayed = app.post("/webhook-deliveries/replay", &body).await.is(202);
    assert_eq!(replayed.at("/replayed"), 3);
    assert_eq!(replayed.at("/hasMore"), false);
    app.run_jobs().await;
    assert_eq!(receiver.received().len(), 15);
    assert_eq!(app.post("/webhook-deliveries/replay", &json!({})).await.is(202).at("/replayed"), 3);
    run_all(&app).await;

    let again = app.post("/webhook-deliveries/replay", &json!({"until": "yesterday", "all": true})).await.is(400);
    assert!(
        again.text().contains("is not known here") && again.text().contains("date with time and zone"),
        "{again:?}"
    );
    let unknown = app.post("/webhook-deliveries/replay", &json!({"webhook": "there-is-no-such-one"})).await.is(400);
    assert!(unknown.text().contains("is not the id of a webhook"), "{unknown:?}");
}

#[tokio::test]
async fn what_waits_for_a_receiver_that_rests_is_given_up_in_the_end() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    app.world().webhook(&receiver.url("/")).on("contract_published").await;
    receiver.will_answer(&[503; 500]);
    publish(&app, 1..=60).await;

    for _ in 0..75 {
        app.run_jobs().await;
        app.advance_secs(3600);
    }

    let given_up = app.get("/webhook-deliveries?status=failure").await.is(200);
    assert_eq!(deliveries(&given_up).len(), 60);
    let waiting: i64 =
        sqlx::query_scalar("select count(*) from job where dead_at is null and kind = 'webhook_delivery'")
            .fetch_one(&app.db)
            .await
            .unwrap();
    assert_eq!(waiting, 0);
}

#[tokio::test]
async fn old_deliveries_go_with_their_attempts_and_dead_letters() {
    let receiver = Receiver::start().await;
    let app = app().await;
    app.world().webhook(&receiver.url("/")).on("contract_published").await;
    receiver.will_answer(&[404, 404]);
    publish(&app, 1..=2).await;
    run_all(&app).await;

    app.advance_secs(90 * 24 * 3600 + 60);
    app.run_jobs().await;

    assert_eq!(deliveries(&app.get("/webhook-deliveries").await).len(), 0);
    let left: i64 = sqlx::query_scalar(
        "select (select count(*) from webhook_attempt) + (select count(*) from job where kind = 'webhook_delivery')",
    )
    .fetch_one(&app.db)
    .await
    .unwrap();
    assert_eq!(left, 0);
}
