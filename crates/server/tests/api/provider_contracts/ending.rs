//! What becomes of provider contracts when versions and pacticipants go.

use super::*;

#[tokio::test]
async fn a_document_that_nobody_has_any_more_goes() {
    let app = TestApp::with(|settings| settings.allow_contract_modification = true).await;
    published(&app, "40", OTHER).await;

    published(&app, "40", OPENAPI).await;

    let left = "select content from provider_contract_content";
    assert_eq!(table(&app, left).await, [OPENAPI]);
}

#[tokio::test]
async fn versions_that_publish_the_same_share_the_document() {
    let app = TestApp::start().await;
    published(&app, "40", OPENAPI).await;
    published(&app, "41", OPENAPI).await;

    assert_eq!(table(&app, "select count(*)::text from provider_contract_content").await, ["1"]);
    assert_eq!(app.get("/contracts/provider/stock/version/41/content").await.text(), OPENAPI);
}

#[tokio::test(flavor = "multi_thread")]
async fn builds_that_publish_the_same_at_once_meet_without_harm() {
    let app = Arc::new(TestApp::start().await);
    let mut publishing = JoinSet::new();
    for number in 0..12 {
        let app = Arc::clone(&app);
        let body = with_results(publication(&format!("{}", 40 + number % 3), OPENAPI), json!({"success": true}));
        publishing.spawn(async move { app.post(PUBLISH, &body).await.status });
    }

    assert_eq!(publishing.join_all().await, [200; 12]);

    assert_eq!(table(&app, "select count(*)::text from provider_contract_content").await, ["1"]);
    assert_eq!(table(&app, "select count(*)::text from provider_contract").await, ["3"]);
    assert_eq!(table(&app, "select count(*)::text from provider_contract_verification").await, ["3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_may_be_deleted_while_its_document_is_published_for_another() {
    let app = Arc::new(TestApp::start().await);
    for round in 0..5 {
        published(&app, &format!("old-{round}"), OPENAPI).await;
        let (one, other) = (Arc::clone(&app), Arc::clone(&app));
        let deleting = tokio::spawn(async move {
            one.delete(&format!("/pacticipants/stock/versions/old-{round}")).await.is(204);
        });
        let publishing = tokio::spawn(async move { published(&other, &format!("new-{round}"), OPENAPI).await });
        deleting.await.expect("it is deleted");
        publishing.await.expect("it is published");

        let address = format!("/contracts/provider/stock/version/new-{round}");
        assert_eq!(app.get(&format!("{address}/content")).await.is(200).text(), OPENAPI);
        app.delete(&format!("/pacticipants/stock/versions/new-{round}")).await.is(204);
    }
    assert_eq!(table(&app, "select id::text from provider_contract_content").await, [""; 0]);
}

#[tokio::test]
async fn a_deleted_version_takes_its_provider_contract_along() {
    let app = TestApp::start().await;
    app.post(PUBLISH, &with_results(publication("40", OPENAPI), json!({"success": true}))).await.is(200);
    published(&app, "41", OPENAPI).await;

    app.delete("/pacticipants/stock/versions/40").await.is(204);

    app.get(OF_40).await.is(404);
    app.get("/contracts/provider/stock/version/41/content").await.is(200);
    assert_eq!(table(&app, "select id::text from provider_contract_verification").await, [""; 0]);
    app.delete("/pacticipants/stock/versions/41").await.is(204);
    assert_eq!(table(&app, "select id::text from provider_contract_content").await, [""; 0]);
}

#[tokio::test]
async fn a_deleted_pacticipant_takes_its_provider_contracts_along() {
    let app = TestApp::start().await;
    for (version, document) in [("40", OPENAPI), ("41", OTHER)] {
        app.post(PUBLISH, &with_results(publication(version, document), json!({"success": true}))).await.is(200);
    }

    app.delete("/pacticipants/stock").await.is(204);

    assert_eq!(table(&app, "select id::text from provider_contract_content").await, [""; 0]);
    app.get("/pacticipants/stock").await.is(404);
}

#[tokio::test]
async fn a_version_with_a_provider_contract_outlives_an_integration() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    app.world().provider("stock").version("39").verifies("shop", "1").await;
    published(&app, "40", OPENAPI).await;

    app.delete("/integrations/provider/stock/consumer/shop").await.is(204);

    app.get(OF_40).await.is(200);
    app.get("/pacticipants/stock/versions/39").await.is(404);
}

#[tokio::test]
async fn cleaning_keeps_the_latest_provider_contract() {
    let app = TestApp::with(|settings| {
        settings.retention.keep = pactolus_domain::retention::KeepSelectors::parse("[]").expect("selectors");
    })
    .await;
    for version in ["38", "39"] {
        published(&app, version, OPENAPI).await;
    }
    app.put_nothing("/pacticipants/stock/versions/40").await.is(201);

    app.clean().await.expect("nobody else cleans");

    let left = "select number from version order by position";
    assert_eq!(table(&app, left).await, ["39", "40"]);
}
