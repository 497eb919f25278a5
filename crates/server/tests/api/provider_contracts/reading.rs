//! Reading what providers offer, and what came of testing it.

use super::*;

#[tokio::test]
async fn a_provider_contract_is_shown_without_its_document() {
    let app = TestApp::start().await;
    let results =
        json!({"success": false, "content": base64("1 failed"), "contentType": "text/plain", "verifier": "drift"});
    app.post(PUBLISH, &with_results(publication("40", OPENAPI), results)).await.is(200);

    let shown = app.get(OF_40).await.is(200);

    assert_snapshot!(shown.shown(), @r#"
    {
      "providerName": "stock",
      "providerVersionNumber": "40",
      "specification": "oas",
      "contentType": "application/yaml",
      "sha": "1a4d83889e20393b6cd04a12f3421f19b9857fa85de5c5a961e216bffe5c862c",
      "sizeBytes": 66,
      "createdAt": "2026-11-22T06:48:46+00:00",
      "selfVerificationResults": {
        "success": false,
        "contentType": "text/plain",
        "verifier": "drift",
        "verificationDate": "2026-11-22T06:48:46+00:00"
      },
      "_links": {
        "self": {
          "title": "Provider contract",
          "name": "stock (40)",
          "href": "http://pactolus.test/contracts/provider/stock/version/40"
        },
        "pb:provider-contract-content": {
          "title": "The document as it was received",
          "href": "http://pactolus.test/contracts/provider/stock/version/40/content"
        },
        "pb:provider": {
          "title": "Provider",
          "name": "stock",
          "href": "http://pactolus.test/pacticipants/stock"
        },
        "pb:provider-version": {
          "title": "Provider version",
          "name": "40",
          "href": "http://pactolus.test/pacticipants/stock/versions/40"
        },
        "pb:provider-contracts": {
          "title": "All provider contracts of this provider",
          "href": "http://pactolus.test/contracts/provider/stock"
        },
        "pf:ui": {
          "title": "View the provider contract",
          "href": "http://pactolus.test/contracts/provider/stock/version/40"
        },
        "curies": [
          {
            "name": "pb",
            "href": "http://pactolus.test/doc/{rel}?context=provider-contract",
            "templated": true
          },
          {
            "name": "pf",
            "href": "http://pactolus.test/doc/{rel}?context=provider-contract",
            "templated": true
          }
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn a_document_is_served_byte_for_byte_and_runs_nowhere() {
    let app = TestApp::start().await;
    published(&app, "40", OPENAPI).await;

    let served = app.get(&app.get(OF_40).await.link("pb:provider-contract-content")).await.is(200);

    assert_eq!(served.text(), OPENAPI);
    assert_eq!(served.header("content-type").as_deref(), Some("application/yaml"));
    assert_eq!(served.header("x-content-type-options").as_deref(), Some("nosniff"));
    assert_eq!(served.header("content-security-policy").as_deref(), Some("default-src 'none'; sandbox"));
    app.get_as(&format!("{OF_40}/content"), "text/html").await.is(200);
}

#[tokio::test]
async fn a_document_without_a_type_is_served_as_what_it_looks_like() {
    let app = TestApp::start().await;
    for (version, text, expected) in
        [("1", "{\"openapi\": \"3.1.0\"}", "application/json"), ("2", OTHER, "application/yaml")]
    {
        let mut body = publication(version, text);
        body["contract"]["contentType"] = Value::Null;
        app.post(PUBLISH, &body).await.is(200);

        let served = app.get(&format!("/contracts/provider/stock/version/{version}/content")).await.is(200);

        assert_eq!(served.header("content-type").as_deref(), Some(expected));
    }
}

#[tokio::test]
async fn provider_contracts_are_listed_newest_version_first_a_page_at_a_time() {
    let app = TestApp::start().await;
    for version in ["1", "2", "3"] {
        published(&app, version, OPENAPI).await;
    }
    app.put_nothing("/pacticipants/stock/versions/4").await.is(201);
    let versions = |answer: &Answer| -> Vec<String> {
        let listed = answer.at("/_embedded/providerContracts").as_array().expect("a list").clone();
        listed.iter().map(|one| one["providerVersionNumber"].as_str().expect("a text").to_owned()).collect()
    };

    let first = app.get("/contracts/provider/stock?size=2").await.is(200);
    let second = app.get(&first.link("next")).await.is(200);

    assert_eq!((versions(&first), versions(&second)), (vec!["3".into(), "2".into()], vec!["1".into()]));
    assert_eq!(first.at("/page/totalElements"), 3);
    assert_eq!(app.get(&first.text_at("/_links/pb:provider-contracts/1/href")).await.at("/providerVersionNumber"), "2");
    app.get("/contracts/provider/nobody").await.is(404);
}

#[tokio::test]
async fn what_was_not_published_is_not_there() {
    let app = TestApp::start().await;
    app.put_nothing("/pacticipants/stock/versions/40").await.is(201);

    for address in [OF_40, "/contracts/provider/stock/version/41", "/contracts/provider/nobody/version/1"] {
        app.get(address).await.is(404);
        app.get(&format!("{address}/content")).await.is(404);
    }
    app.get("/contracts/bi-directional/provider/stock/version/40/provider-contract").await.is(404);
    assert_eq!(app.get("/pacticipants/stock/versions/40").await.at("/_links/pb:provider-contract"), Value::Null);
}

const KINDS: [&str; 5] = [
    "provider-contract",
    "provider-contract-verification-results",
    "consumer-contract",
    "consumer-contract-verification-results",
    "cross-contract-verification-results",
];

#[tokio::test]
async fn what_is_known_beside_a_consumer_is_told_at_the_commercial_services_addresses() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    app.put_nothing("/pacticipants/shop/versions/2").await.is(201);
    let results = json!({"success": true, "content": base64("all good"), "contentType": "text/plain"});
    app.post(PUBLISH, &with_results(publication("40", OPENAPI), results)).await.is(200);
    let provider = "/contracts/bi-directional/provider/stock/version/40";

    let mut told = Vec::new();
    for of in [provider.to_owned(), format!("{provider}/consumer/shop/version/1")] {
        for kind in KINDS {
            let answer = app.get(&format!("{of}/{kind}")).await.is(200);
            told.push(answer.text_at("/verificationStatus"));
            assert_eq!((answer.at("/_actions"), answer.at("/_embedded")), (json!([]), json!({})));
            assert_eq!(answer.link("self"), format!("http://pactolus.test{of}/{kind}"));
        }
    }

    assert_eq!(told[..5], ["success", "success", "unknown", "unknown", "failure"]);
    assert_eq!(told[5..], told[..5]);
    let document = app.get(&format!("{provider}/provider-contract")).await;
    assert_eq!(document.at("/providerContract/content"), base64(OPENAPI));
    let report = app.get(&format!("{provider}/consumer/shop/version/1/provider-contract-verification-results")).await;
    assert_eq!(report.at("/providerContractVerificationResults/content"), base64("all good"));
    assert_eq!(app.get(&report.link("pb:consumer-contract")).await.is(200).at("/consumer/name"), "shop");
    app.get(&format!("{provider}/consumer/shop/version/2/consumer-contract")).await.is(404);
    app.get(&format!("{provider}/consumer/shop/version/3/consumer-contract")).await.is(404);
}

#[tokio::test]
async fn what_nobody_has_tested_is_unknown() {
    let app = TestApp::start().await;
    published(&app, "40", OPENAPI).await;

    let answer =
        app.get("/contracts/bi-directional/provider/stock/version/40/provider-contract-verification-results").await;

    assert_eq!(answer.text_at("/verificationStatus"), "unknown");
    assert_eq!(answer.at("/providerContractVerificationResults"), Value::Null);
}

#[tokio::test]
async fn a_failed_test_is_a_failure() {
    let app = TestApp::start().await;
    app.post(PUBLISH, &with_results(publication("40", OPENAPI), json!({"success": false}))).await.is(200);

    let answer = app.get("/contracts/bi-directional/provider/stock/version/40/provider-contract").await;

    assert_eq!(answer.text_at("/verificationStatus"), "failure");
}

#[tokio::test]
async fn whoever_may_only_read_reads_and_publishes_nothing() {
    let app = TestApp::with(|settings| {
        settings.access.let_in_token(pactolus_server::Role::Read, "reader", "r");
        settings.access.let_in_token(pactolus_server::Role::Write, "build", "w");
    })
    .await;
    let send = async |token: &str, request: axum::http::request::Builder, body: Body| {
        let request = request.header("host", "pactolus.test").header("authorization", format!("Bearer {token}"));
        app.send(request.header("content-type", "application/json").body(body).expect("a request")).await
    };
    let body = publication("40", OPENAPI).to_string();

    send("r", Request::post(PUBLISH), Body::from(body.clone())).await.is(401);
    send("w", Request::post(PUBLISH), Body::from(body)).await.is(200);

    send("r", Request::get(format!("{OF_40}/content")), Body::empty()).await.is(200);
    app.get(&format!("{OF_40}/content")).await.is(401);
}
