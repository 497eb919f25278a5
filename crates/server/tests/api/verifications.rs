//! Verification results.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::TestApp;

async fn count(app: &TestApp, table: &str) -> i64 {
    let statement = format!("select count(*) from {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(&app.db).await.expect("the table is there")
}

/// A contract between shop 1 and stock; the address to publish results to.
async fn a_contract(app: &TestApp) -> String {
    app.world().consumer("shop").version("1").branch("main").contract_with("stock", &["a"]).await;
    let served = app.get("/pacts/provider/stock/consumer/shop/version/1").await.is(200);
    served.link("pb:publish-verification-results")
}

#[tokio::test]
async fn a_result_is_published_and_shown() {
    let app = TestApp::start().await;
    let address = a_contract(&app).await;

    let result = json!({
        "success": true,
        "providerApplicationVersion": "40",
        "buildUrl": "https://ci.example.org/40",
        "verifiedBy": {"implementation": "Pact-Rust", "version": "1.3.2"},
        "testResults": [{"interactionId": "b11069", "success": true}],
    });
    let created = app.post(&address, &result).await.is(201);

    assert_snapshot!(created.shown(), @r#"
    {
      "providerName": "stock",
      "providerApplicationVersion": "40",
      "success": true,
      "verificationDate": "2026-11-22T06:48:46+00:00",
      "buildUrl": "https://ci.example.org/40",
      "testResults": [
        {
          "interactionId": "b11069",
          "success": true
        }
      ],
      "verifiedBy": {
        "implementation": "Pact-Rust",
        "version": "1.3.2"
      },
      "_links": {
        "self": {
          "title": "Verification result",
          "name": "Verification result 1 for Pact between shop (1) and stock",
          "href": "http://pactolus.test/pacts/provider/stock/consumer/shop/pact-version/9cbd8f2299708f5f32876552490ff2b91a63d978/verification-results/1"
        },
        "pb:pact-version": {
          "title": "Pact",
          "name": "Pact between shop (1) and stock",
          "href": "http://pactolus.test/pacts/provider/stock/consumer/shop/pact-version/9cbd8f2299708f5f32876552490ff2b91a63d978/metadata/Y3ZuPTE"
        },
        "pb:triggered-webhooks": {
          "title": "Webhooks triggered by the publication of this verification result",
          "href": "http://pactolus.test/pacts/provider/stock/consumer/shop/pact-version/9cbd8f2299708f5f32876552490ff2b91a63d978/verification-results/1/triggered-webhooks"
        }
      }
    }
    "#);
    let shown = app.get(&created.header("location").unwrap()).await.is(200);
    assert_eq!(shown.json(), created.json());
    app.get("/pacticipants/stock/versions/40").await.is(200);
}

#[tokio::test]
async fn a_repeated_request_counts_once() {
    let app = TestApp::start().await;
    let address = a_contract(&app).await;
    app.world().webhook("https://hooks.example.org/").on("provider_verification_published").await;
    app.leave_jobs();
    let result = json!({"success": true, "providerApplicationVersion": "40"});
    let first = app.post(&address, &result).await.is(201);

    let second = app.post(&address, &result).await.is(201);

    assert_eq!(second.header("location"), first.header("location"));
    assert_eq!(count(&app, "verification_log").await, 1);
    assert_eq!(count(&app, "webhook_delivery").await, 1);
}

#[tokio::test]
async fn the_same_result_much_later_is_another_result() {
    let app = TestApp::start().await;
    let address = a_contract(&app).await;
    let result = json!({"success": true, "providerApplicationVersion": "40"});
    app.post(&address, &result).await.is(201);
    app.advance_secs(301);

    app.post(&address, &result).await.is(201);

    assert_eq!(count(&app, "verification_log").await, 2);
}

#[tokio::test]
async fn another_result_for_the_pair_is_kept_beside_the_first_and_is_the_latest() {
    let app = TestApp::start().await;
    let address = a_contract(&app).await;
    let first = app.post(&address, &json!({"success": true, "providerApplicationVersion": "40"})).await.is(201);

    app.post(&address, &json!({"success": false, "providerApplicationVersion": "40"})).await.is(201);

    let latest = app.get(&format!("{address}/latest")).await.is(200);
    assert_eq!(latest.at("/success"), false);
    assert_eq!(app.get(&first.header("location").unwrap()).await.is(200).at("/success"), true);
    assert_eq!((count(&app, "verification").await, count(&app, "verification_log").await), (1, 2));
}

#[tokio::test]
async fn unchanged_content_is_verified_already() {
    let app = TestApp::start().await;
    let world = app.world();
    a_contract(&app).await;
    world.provider("stock").version("40").verifies("shop", "1").await;

    world.consumer("shop").version("2").contract_with("stock", &["a"]).await;

    let results = app.get("/verification-results/consumer/shop/version/2/latest").await.is(200);
    assert_eq!(results.at("/success"), true);
}

#[tokio::test]
async fn the_latest_results_of_a_consumer_version_are_told_by_provider() {
    let app = TestApp::start().await;
    let world = app.world();
    let shop = world.consumer("shop").version("1");
    shop.contract_with("stock", &["a"]).contract_with("prices", &["b"]).contract_with("mail", &["c"]).await;
    world.provider("stock").version("40").verifies("shop", "1").await;
    world.provider("prices").version("7").fails("shop", "1").await;

    let results = app.get("/verification-results/consumer/shop/version/1/latest").await.is(200);

    assert_eq!(results.at("/success"), false);
    let summary = json!({"successful": ["stock"], "failed": ["prices"], "unknown": ["mail"]});
    assert_eq!(results.at("/providerSummary"), summary);
}

#[tokio::test]
async fn what_is_wrong_with_a_result_is_told_by_field() {
    let app = TestApp::start().await;
    let address = a_contract(&app).await;

    for (body, fields) in [
        (json!({}), vec!["providerApplicationVersion", "success"]),
        (json!({"success": "true", "providerApplicationVersion": "1"}), vec!["success"]),
        (json!({"success": true, "providerApplicationVersion": " "}), vec!["providerApplicationVersion"]),
        (json!({"success": true, "providerApplicationVersion": 1}), vec!["providerApplicationVersion"]),
        (
            json!({"success": true, "providerApplicationVersion": "1", "buildUrl": "javascript:alert(1)"}),
            vec!["buildUrl"],
        ),
        (json!([]), vec![""]),
    ] {
        let refused = app.post(&address, &body).await.is(400);
        let mut told: Vec<String> = refused.at("/errors").as_object().unwrap().keys().cloned().collect();
        told.sort_unstable();
        assert_eq!(told, fields, "{body}");
    }
    assert_eq!(count(&app, "verification_log").await, 0);
}

#[tokio::test]
async fn results_of_contracts_that_do_not_exist_are_not_found() {
    let app = TestApp::start().await;
    let address = a_contract(&app).await;
    let result = json!({"success": true, "providerApplicationVersion": "40"});

    app.post(&address.replace("consumer/shop", "consumer/nobody"), &result).await.is(404);
    app.get(&format!("{address}/latest")).await.is(404);
    app.get(&format!("{address}/1")).await.is(404);
    app.get(&format!("{address}/all")).await.is(404);
    app.get(&format!("{address}/99999999999999999999999")).await.is(404);
    app.get("/verification-results/consumer/shop/version/9/latest").await.is(404);
}

#[tokio::test]
async fn a_result_tells_of_the_version_its_contract_was_fetched_for() {
    let app = TestApp::start().await;
    let world = app.world();
    world.consumer("shop").version("1").tag("prod").contract_with("stock", &["a"]).await;
    world.consumer("shop").version("2").contract_with("stock", &["a"]).await;
    let fetched = app.get("/pacts/provider/stock/consumer/shop/latest/prod").await.is(200);

    let result = json!({"success": true, "providerApplicationVersion": "40"});
    app.post(&fetched.link("pb:publish-verification-results"), &result).await.is(201);

    let numbers: Vec<String> =
        sqlx::query_scalar("select consumer_version_numbers from verification_log").fetch_one(&app.db).await.unwrap();
    assert_eq!(numbers, ["1"]);
}

#[tokio::test]
async fn a_result_whose_details_are_large_and_odd_is_kept() {
    let app = TestApp::start().await;
    let address = a_contract(&app).await;
    let tests: Vec<Value> = (0..500).map(|n| json!({"n": n, "text": "a\u{0}b\u{1f600}"})).collect();

    let result = json!({"success": true, "providerApplicationVersion": "40", "testResults": {"tests": tests}});
    app.post(&address, &result).await.is(201);

    let latest = app.get(&format!("{address}/latest")).await.is(200);
    assert_eq!(latest.at("/testResults/tests/499/text"), "a\u{0}b\u{1f600}");
}

#[tokio::test]
async fn the_extended_form_names_the_tags_of_the_providers_version() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    app.world().provider("stock").version("40").tag("prod").verifies("shop", "1").await;

    let address = "/pacts/provider/stock/consumer/shop/version/1/verification-results/latest";
    let extended = app.get_as(address, "application/vnd.pactbrokerextended.v1+json").await.is(200);

    assert_eq!(extended.at("/_embedded/tags/0/name"), json!("prod"));
    let tag = extended.text_at("/_embedded/tags/0/_links/self/href");
    app.get(&tag).await.is(200);
    assert_eq!(app.get(address).await.is(200).at("/_embedded"), Value::Null);
}

#[tokio::test]
async fn the_latest_result_is_found_by_contract_and_deleted_so() {
    let app = TestApp::start().await;
    let shop = app.world().consumer("shop");
    shop.version("1").tag("prod").contract_with("stock", &["a"]).await;
    shop.version("2").contract_with("stock", &["b"]).await;
    shop.version("3").tag("dev").contract_with("stock", &["c"]).await;
    app.world().provider("stock").version("40").verifies("shop", "1").fails("shop", "2").await;
    app.world().provider("stock").version("41").fails("shop", "1").await;

    let pair = "/pacts/provider/stock/consumer/shop";
    for (contract, version, success) in
        [("version/1", "41", false), ("latest/prod", "41", false), ("version/2", "40", false)]
    {
        let result = app.get(&format!("{pair}/{contract}/verification-results/latest")).await.is(200);
        assert_eq!(
            (result.text_at("/providerApplicationVersion").as_str(), result.at("/success")),
            (version, json!(success))
        );
    }
    for contract in ["latest", "latest/dev", "latest/none", "version/3", "version/9"] {
        app.get(&format!("{pair}/{contract}/verification-results/latest")).await.is(404);
        app.delete(&format!("{pair}/{contract}/verification-results/latest")).await.is(404);
    }

    app.delete(&format!("{pair}/latest/prod/verification-results/latest")).await.is(204);

    let before = app.get(&format!("{pair}/version/1/verification-results/latest")).await.is(200);
    assert_eq!(before.at("/success"), json!(true));
}

#[tokio::test]
async fn a_result_found_from_a_contract_is_told_of_its_version() {
    let app = TestApp::start().await;
    let shop = app.world().consumer("shop");
    shop.version("1").contract_with("stock", &["a"]).await;
    shop.version("2").contract_with("stock", &["a"]).await;
    app.world().provider("stock").version("40").verifies("shop", "2").await;

    let result = app.get("/pacts/provider/stock/consumer/shop/version/1/verification-results/latest").await.is(200);

    assert_eq!(result.at("/_links/pb:pact-version/name"), "Pact between shop (1) and stock");
}
