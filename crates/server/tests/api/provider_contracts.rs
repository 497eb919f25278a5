//! Provider contracts: what providers offer, published by their builds.

mod ending;
mod reading;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use insta::assert_snapshot;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{Answer, Receiver, TestApp, base64, open_to_receiver};

/// Odd on purpose: what is read and written again would be another text.
const OPENAPI: &str = "openapi: 3.0.3\r\ninfo: {title: \"Z\u{f6}e\", version: '1'}   \npaths: {}\n\n";
const OTHER: &str = "openapi: 3.1.0\n";
const PUBLISH: &str = "/provider-contracts/provider/stock/publish";
const OF_40: &str = "/contracts/provider/stock/version/40";

fn publication(version: &str, document: &str) -> Value {
    json!({
        "pacticipantVersionNumber": version,
        "contract": {"content": base64(document), "contentType": "application/yaml", "specification": "oas"},
    })
}

fn with_results(mut publication: Value, results: Value) -> Value {
    publication["contract"]["selfVerificationResults"] = results;
    publication
}

async fn published(app: &TestApp, version: &str, document: &str) -> Answer {
    app.post(PUBLISH, &publication(version, document)).await.is(200)
}

fn texts(answer: &Answer) -> Vec<String> {
    let notices = answer.at("/notices").as_array().expect("notices").clone();
    notices.iter().map(|notice| notice["text"].as_str().expect("a text").trim().to_owned()).collect()
}

async fn table(app: &TestApp, statement: &'static str) -> Vec<String> {
    sqlx::query_scalar(statement).fetch_all(&app.db).await.expect("the table is there")
}

async fn events(app: &TestApp) -> usize {
    let told = app.get("/events?name=provider_contract_published").await.is(200);
    told.at("/_embedded/events").as_array().expect("a list").len()
}

#[tokio::test]
async fn a_document_is_published_with_all_that_it_needs() {
    let app = TestApp::start().await;
    let mut body = with_results(
        publication("40", OPENAPI),
        json!({"success": true, "content": base64("all good"), "contentType": "text/plain", "format": "text",
               "verifier": "drift", "verifierVersion": "1.0"}),
    );
    body["branch"] = "main".into();
    body["tags"] = json!(["dev"]);
    body["buildUrl"] = "https://ci.example.org/1".into();

    let answer = app.post_as(PUBLISH, &body, "application/hal+json,application/problem+json").await.is(200);

    assert_snapshot!(answer.shown(), @r#"
    {
      "notices": [
        {
          "type": "debug",
          "text": "Created stock version 40 with branch main and tags dev"
        },
        {
          "type": "success",
          "text": "Provider contract successfully published for stock version 40 (oas)."
        },
        {
          "type": "debug",
          "text": "  View the provider contract at http://pactolus.test/contracts/provider/stock/version/40"
        },
        {
          "type": "debug",
          "text": "  Self-verification: success"
        },
        {
          "type": "debug",
          "text": "  Events detected: provider_contract_published"
        }
      ],
      "_embedded": {
        "pacticipant": {
          "name": "stock",
          "_links": {
            "self": {
              "href": "http://pactolus.test/pacticipants/stock"
            }
          }
        },
        "version": {
          "number": "40",
          "_links": {
            "self": {
              "title": "Version",
              "name": "40",
              "href": "http://pactolus.test/pacticipants/stock/versions/40"
            }
          }
        }
      },
      "_links": {
        "pb:pacticipant": {
          "title": "Pacticipant",
          "name": "stock",
          "href": "http://pactolus.test/pacticipants/stock"
        },
        "pb:pacticipant-version": {
          "title": "Pacticipant version",
          "name": "40",
          "href": "http://pactolus.test/pacticipants/stock/versions/40"
        },
        "pb:pacticipant-version-tags": [
          {
            "title": "Tag",
            "name": "dev",
            "href": "http://pactolus.test/pacticipants/stock/versions/40/tags/dev"
          }
        ],
        "pb:provider-contract": {
          "title": "Provider contract",
          "name": "stock (40)",
          "href": "http://pactolus.test/contracts/provider/stock/version/40"
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
        ],
        "pb:branch-version": {
          "title": "Branch version",
          "name": "main",
          "href": "http://pactolus.test/pacticipants/stock/branches/main/versions/40"
        }
      }
    }
    "#);
    let version = app.get("/pacticipants/stock/versions/40").await.is(200);
    assert_eq!(version.at("/buildUrl"), "https://ci.example.org/1");
    assert_eq!(version.at("/_embedded/branchVersions/0/name"), "main");
    assert_eq!(version.at("/_embedded/tags/0/name"), "dev");
    assert_eq!(version.link("pb:provider-contract"), format!("http://pactolus.test{OF_40}"));
    assert_eq!(app.get("/pacticipants/stock").await.at("/mainBranch"), "main");
    assert_eq!(
        table(&app, "select action || ' ' || subject from audit_event order by id").await,
        ["provider_contract.published stock 40"]
    );
}

#[tokio::test]
async fn keys_that_are_null_count_as_absent() {
    let app = TestApp::start().await;
    let mut body = publication("40", OPENAPI);
    for key in ["branch", "tags", "buildUrl"] {
        body[key] = Value::Null;
    }
    body["contract"]["selfVerificationResults"] = Value::Null;

    let answer = app.post(PUBLISH, &body).await.is(200);

    assert_eq!(answer.at("/_links/pb:pacticipant-version-tags"), json!([]));
    assert_eq!(answer.at("/_links/pb:branch-version"), Value::Null);
    assert_eq!(app.get(OF_40).await.at("/selfVerificationResults"), Value::Null);
}

#[tokio::test]
async fn the_same_document_again_changes_nothing() {
    let app = TestApp::start().await;
    let body = with_results(publication("40", OPENAPI), json!({"success": true, "verifier": "drift"}));
    app.post(PUBLISH, &body).await.is(200);
    let before = app.get(OF_40).await.json();
    app.advance_secs(60);

    let again = app.post(PUBLISH, &body).await.is(200);
    published(&app, "40", OPENAPI).await;

    assert!(
        texts(&again)
            .contains(&"Provider contract successfully republished for stock version 40 (oas) with no changes.".into())
    );
    assert_eq!(app.get(OF_40).await.json(), before, "results stay when none are new");
    assert_eq!(table(&app, "select revision::text from provider_contract").await, ["1"]);
    assert_eq!(table(&app, "select verifier from provider_contract_verification").await, ["drift"]);
    assert_eq!(events(&app).await, 3, "each publication is told, as those of consumers are");
}

#[tokio::test]
async fn results_of_another_test_run_take_the_place_of_those_before() {
    let app = TestApp::start().await;
    let body = publication("40", OPENAPI);
    app.post(PUBLISH, &with_results(body.clone(), json!({"success": false}))).await.is(200);

    app.post(PUBLISH, &with_results(body, json!({"success": true}))).await.is(200);

    assert_eq!(app.get(OF_40).await.at("/selfVerificationResults/success"), true);
    let kept = "select success::text from provider_contract_verification order by id";
    assert_eq!(table(&app, kept).await, ["false", "true"]);
}

#[tokio::test]
async fn results_that_do_not_say_what_they_are_count_as_failed() {
    let app = TestApp::start().await;
    let results = json!({"success": null, "content": "", "contentType": null, "format": null, "verifier": "drift"});

    let answer = app.post(PUBLISH, &with_results(publication("40", OPENAPI), results)).await.is(200);

    assert!(
        texts(&answer).contains(&"Self-verification: failed, since nobody said that it succeeded (success)".into())
    );
    assert_eq!(app.get(OF_40).await.at("/selfVerificationResults/success"), false);
}

#[tokio::test]
async fn another_document_for_a_version_is_refused_and_nothing_is_left_of_it() {
    let app = TestApp::start().await;
    published(&app, "40", OPENAPI).await;
    let mut body = publication("40", OTHER);
    body["branch"] = "main".into();

    let refused = app.post(PUBLISH, &body).await.is(409);

    assert_snapshot!(refused.shown(), @r#"
    {
      "notices": [
        {
          "type": "error",
          "text": "Cannot change the provider contract of stock version 40: answers that were given about this version would become wrong. Give each build a version number of its own."
        },
        {
          "type": "info",
          "text": "Published is oas with the SHA-256 1a4d83889e20393b6cd04a12f3421f19b9857fa85de5c5a961e216bffe5c862c; sent was oas with the SHA-256 f39db8e8ede3dc2457c613e2a304e6d478f6e5ec660e4746464f41e76ac77006"
        }
      ],
      "errors": {
        "contracts": [
          "Cannot change the provider contract of stock version 40: answers that were given about this version would become wrong. Give each build a version number of its own."
        ]
      }
    }
    "#);
    assert_eq!(app.get(&format!("{OF_40}/content")).await.text(), OPENAPI);
    assert_eq!(app.get("/pacticipants/stock/versions/40").await.at("/_embedded/branchVersions"), json!([]));
    assert_eq!(table(&app, "select count(*)::text from provider_contract_content").await, ["1"]);
    let problem = app.post_as(PUBLISH, &body, "application/problem+json, application/hal+json").await.is(409);
    assert_eq!(problem.at("/notices"), refused.at("/notices"));
}

#[tokio::test]
async fn the_same_text_in_another_language_is_another_document() {
    let app = TestApp::start().await;
    published(&app, "40", OPENAPI).await;
    let mut body = publication("40", OPENAPI);
    body["contract"]["specification"] = "asyncapi".into();

    app.post(PUBLISH, &body).await.is(409);
}

#[tokio::test]
async fn where_contracts_may_change_another_document_takes_the_place_and_results_do_not_count_for_it() {
    let app = TestApp::with(|settings| settings.allow_contract_modification = true).await;
    published(&app, "39", OPENAPI).await;
    app.post(PUBLISH, &with_results(publication("40", OTHER), json!({"success": true}))).await.is(200);
    app.advance_secs(60);

    let answer = published(&app, "40", OPENAPI).await;

    assert!(texts(&answer)[1..].iter().any(|text| text.starts_with("Provider contract published over another one")));
    let shown = app.get(OF_40).await.is(200);
    assert_eq!(shown.at("/selfVerificationResults"), Value::Null);
    assert_eq!(shown.at("/createdAt"), "2026-11-22T06:49:46+00:00");
    assert_eq!(table(&app, "select revision::text from provider_contract order by position").await, ["1", "2"]);
    assert_eq!(table(&app, "select count(*)::text from provider_contract_content").await, ["2"], "one has results");
}

#[tokio::test]
async fn all_that_is_wrong_with_a_publication_is_told_at_once() {
    let app = TestApp::start().await;
    let body = json!({
        "pacticipantVersionNumber": " ",
        "tags": "dev",
        "contract": {
            "content": "***",
            "specification": "raml",
            "contentType": "yaml",
            "selfVerificationResults": {"success": "yes", "content": "***", "verifier": 1},
        },
    });

    let refused = app.post(PUBLISH, &body).await.is(400);

    assert_snapshot!(refused.shown(), @r#"
    {
      "errors": {
        "pacticipantVersionNumber": [
          "cannot be blank"
        ],
        "tags": [
          "must be an array"
        ],
        "contract.specification": [
          "must be one of: oas, asyncapi, graphql"
        ],
        "contract.content": [
          "is not valid Base64"
        ],
        "contract.contentType": [
          "must be a media type such as application/yaml"
        ],
        "contract.selfVerificationResults.success": [
          "must be boolean"
        ],
        "contract.selfVerificationResults.content": [
          "is not valid Base64"
        ],
        "contract.selfVerificationResults.verifier": [
          "must be a string"
        ]
      }
    }
    "#);
    let nothing = app.post(PUBLISH, &json!({"pacticipantVersionNumber": "1"})).await.is(400);
    assert_eq!(nothing.text_at("/errors/contract/0"), "is missing");
    app.get("/pacticipants/stock").await.is(404);
}

#[tokio::test]
async fn what_is_no_text_is_no_document() {
    let app = TestApp::start().await;
    for (encoded, expected) in [
        ("b3BlbmFwaTr/", "is not UTF-8 text: byte 9 begins no character"),
        ("ICAK", "is empty"),
        ("YQA=", "cannot contain the NUL character"),
        ("", "must be filled"),
    ] {
        let mut body = publication("40", OPENAPI);
        body["contract"]["content"] = encoded.into();

        let refused = app.post(PUBLISH, &body).await.is(400);

        assert_eq!(refused.text_at("/errors/contract.content/0"), expected);
    }
}

#[tokio::test]
async fn what_is_larger_than_the_limit_is_refused_with_the_limit() {
    let app = TestApp::with(|settings| settings.body_limit_bytes = 1_000).await;

    let refused = app.post(PUBLISH, &publication("40", &"x".repeat(1_000))).await.is(413);

    assert!(refused.text_at("/error").contains("larger than 1000 bytes"), "{refused:?}");
}

#[tokio::test]
async fn a_provider_whose_name_looks_like_another_is_refused() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("Stock Service", &["a"]).await;

    let refused =
        app.post("/provider-contracts/provider/stock-service/publish", &publication("40", OPENAPI)).await.is(409);

    assert!(refused.text_at("/notices/0/text").contains("Stock Service"), "{refused:?}");
}

#[tokio::test]
async fn the_first_clients_put_and_are_answered_201_each_time() {
    let app = TestApp::start().await;
    let body = json!({
        "content": base64(OPENAPI),
        "contractType": "oas",
        "contentType": "application/yaml",
        "verificationResults": {"success": true, "content": base64("some results"), "contentType": "text/plain",
                                "format": "text", "verifier": "my custom tool", "verifierVersion": "1.0"},
    });

    let answer = app.put(OF_40, &body).await.is(201);
    app.put(OF_40, &body).await.is(201);

    assert_eq!(answer.link("pf:ui"), format!("http://pactolus.test{OF_40}"));
    assert_eq!(app.get(OF_40).await.json(), answer.json());
    assert_eq!(answer.at("/selfVerificationResults/verifier"), "my custom tool");
    let mut other = body.clone();
    other["content"] = base64(OTHER).into();
    app.put(OF_40, &other).await.is(409);
    let wrong = app.put(OF_40, &json!({"content": base64(OPENAPI), "contractType": "raml"})).await.is(400);
    assert_eq!(wrong.text_at("/errors/contractType/0"), "must be one of: oas, asyncapi, graphql");
}

#[tokio::test]
async fn a_publication_is_an_event_that_webhooks_are_told() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let template = json!({"text": "${pactbroker.providerName} ${pactbroker.providerVersionNumber} ${pactbroker.providerVersionBranch} ${pactbroker.buildUrl} ${pactbroker.eventName}"});
    app.world().webhook(&receiver.url("/hook")).on("provider_contract_published").body(template).await;
    let mut body = with_results(publication("40", OPENAPI), json!({"success": true}));
    body["branch"] = "main".into();
    body["buildUrl"] = "https://ci.example.org/1".into();

    app.post(PUBLISH, &body).await.is(200);
    app.run_jobs().await;

    let sent = receiver.received().remove(0);
    assert_eq!(sent.body, r#"{"text":"stock 40 main https://ci.example.org/1 provider_contract_published"}"#);
    let told = app.get("/events?name=provider_contract_published").await.is(200);
    assert_snapshot!(serde_json::to_string_pretty(&told.at("/_embedded/events/0/data")).unwrap(), @r#"
    {
      "provider": {
        "name": "stock",
        "version": "40",
        "branch": "main"
      },
      "providerContract": {
        "specification": "oas",
        "contentType": "application/yaml",
        "sha": "1a4d83889e20393b6cd04a12f3421f19b9857fa85de5c5a961e216bffe5c862c",
        "url": "http://pactolus.test/contracts/provider/stock/version/40"
      },
      "selfVerification": {
        "success": true
      },
      "buildUrl": "https://ci.example.org/1"
    }
    "#);
    assert_eq!(told.at("/_embedded/events/0/subject"), "stock");
}
