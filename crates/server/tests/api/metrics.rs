//! How much there is of everything.

use pactolus_domain::webhook::Retries;
use serde_json::{Value, json};

use crate::support::{Answer, Receiver, TestApp, open_to_receiver};

/// What is counted at `key`, the moments left out.
fn counted(metrics: &Answer, key: &str) -> Value {
    let mut value = metrics.at(&format!("/{key}"));
    if let Some(members) = value.as_object_mut() {
        members.retain(|key, _| key != "first" && key != "last");
    }
    value
}

#[tokio::test]
async fn of_nothing_there_is_nothing() {
    let app = TestApp::start().await;

    let metrics = app.get("/metrics").await.is(200);

    assert_eq!(metrics.at("/pactPublications"), json!({"count": 0, "first": null, "last": null}));
    assert_eq!(metrics.at("/verificationResultsPerPactVersion"), json!({"distribution": {}}));
    assert_eq!(metrics.at("/pacticipants/count"), 0);
    assert_eq!(metrics.at("/matrix/count"), -1);
}

#[tokio::test]
async fn contracts_are_counted_by_version_content_and_revision() {
    let app = TestApp::with(|settings| settings.allow_contract_modification = true).await;
    let world = app.world();
    let messages = json!({
        "consumer": {"name": "shop"}, "provider": {"name": "till"},
        "messages": [{"description": "paid"}, {"description": "refunded"}],
    });
    world.consumer("shop").version("1").contract_with("stock", &["a"]).await;
    world.consumer("shop").version("1").contract_with("stock", &["b"]).await;
    app.advance_secs(60);
    let second = world.consumer("shop").version("2").contract_with("stock", &["a", "b", "c"]);
    second.contract_text("till", &messages.to_string()).await;

    let metrics = app.get("/metrics").await.is(200);

    assert_eq!(
        counted(&metrics, "interactions"),
        json!({"latestInteractionsCount": 3, "latestMessagesCount": 2, "latestInteractionsAndMessagesCount": 5})
    );
    assert_eq!(counted(&metrics, "integrations"), json!({"count": 2}));
    assert_eq!(counted(&metrics, "pactPublications"), json!({"count": 4}));
    assert!(metrics.text_at("/pactPublications/first") < metrics.text_at("/pactPublications/last"));
    assert_eq!(counted(&metrics, "pactVersions"), json!({"count": 4}));
    assert_eq!(counted(&metrics, "pactRevisionsPerConsumerVersion"), json!({"distribution": {"1": 2, "2": 1}}));
}

#[tokio::test]
async fn results_are_counted_by_content_and_outcome() {
    let app = TestApp::start().await;
    let world = app.world();
    world.consumer("shop").version("1").contract_with("stock", &["a"]).await;
    world.consumer("shop").version("2").contract_with("stock", &["a"]).await;
    world.consumer("shop").version("3").contract_with("stock", &["b"]).await;
    world.provider("stock").version("40").fails("shop", "1").verifies("shop", "2").verifies("shop", "3").await;
    app.advance_secs(60);
    world.provider("stock").version("41").fails("shop", "2").await;

    let metrics = app.get("/metrics").await.is(200);

    assert_eq!(
        counted(&metrics, "verificationResults"),
        json!({"count": 4, "successCount": 2, "failureCount": 2, "distinctCount": 4})
    );
    assert!(metrics.text_at("/verificationResults/first") < metrics.text_at("/verificationResults/last"));
    assert_eq!(counted(&metrics, "verificationResultsPerPactVersion"), json!({"distribution": {"1": 1, "3": 1}}));
}

#[tokio::test]
async fn branches_and_deployments_of_tags_are_told_apart() {
    let app = TestApp::start().await;
    let world = app.world();
    world.environment("production").await;
    world.environment("test").await;
    world.consumer("shop").version("1").branch("main").tag("dev").await;
    app.put_nothing("/pacticipants/shop/versions/2/tags/production").await.is(201);
    app.put_nothing("/pacticipants/stock/versions/1/tags/dev").await.is(201);
    app.put("/pacticipants/shop/versions/3", &json!({})).await.is(201);
    app.put_nothing("/pacticipants/shop/branches/main/versions/2").await.is(201);
    world.deployed("shop", "1", "test").await;
    world.deployed("shop", "2", "test").await;
    world.released("shop", "1", "production").await;

    let metrics = app.get("/metrics").await.is(200);

    assert_eq!(counted(&metrics, "pacticipants"), json!({"count": 2, "withMainBranchSetCount": 1}));
    assert_eq!(
        counted(&metrics, "pacticipantVersions"),
        json!({"count": 4, "withUserCreatedBranchCount": 2, "withBranchCount": 3, "withBranchSetCount": 3})
    );
    assert_eq!(counted(&metrics, "tags"), json!({"count": 3, "distinctCount": 2, "distinctWithPacticipantCount": 3}));
    assert_eq!(counted(&metrics, "environments"), json!({"count": 2}));
    assert_eq!(
        counted(&metrics, "deployedVersions"),
        json!({"count": 3, "userCreatedCount": 2, "currentlyDeployedCount": 2})
    );
    assert_eq!(counted(&metrics, "releasedVersions"), json!({"count": 1, "currentlySupportedCount": 1}));
}

#[tokio::test]
async fn webhooks_are_counted_with_their_deliveries_and_attempts() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let world = app.world();
    world.webhook(&receiver.url("/")).on("contract_published").await;
    world.consumer("shop").version("1").contract_with("stock", &["a"]).await;
    app.run_jobs().await;
    world.consumer("shop").version("2").contract_with("stock", &["a"]).await;

    let metrics = app.get("/metrics").await.is(200);

    assert_eq!(counted(&metrics, "webhooks"), json!({"count": 1}));
    assert_eq!(counted(&metrics, "triggeredWebhooks"), json!({"count": 2}));
    assert_eq!(counted(&metrics, "webhookExecutions"), json!({"count": 1}));
    app.leave_jobs();
}

#[tokio::test]
async fn what_waits_to_be_delivered_and_what_was_given_up_is_counted_with_its_age() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(|settings| {
        open_to_receiver(settings);
        settings.webhooks.retries = Retries::After(vec![]);
    })
    .await;
    let world = app.world();
    world.webhook(&receiver.url("/")).on("contract_published").await;
    receiver.will_answer(&[503; 10]);
    for version in 1..=10 {
        world.consumer("shop").version(&version.to_string()).contract_with("stock", &["a"]).await;
        app.run_jobs().await;
    }
    world.consumer("shop").version("11").contract_with("stock", &["a"]).await;
    app.advance_secs(7);

    let metrics = app.get("/metrics").await.is(200);

    let expected = json!({
        "waitingCount": 1, "givenUpCount": 10, "restingReceiversCount": 1, "oldestDueSeconds": 7,
        "oldestWaitingSeconds": 7,
    });
    assert_eq!(counted(&metrics, "webhookDeliveries"), expected);
    app.leave_jobs();
}
