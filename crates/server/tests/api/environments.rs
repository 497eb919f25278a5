//! Environments.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::TestApp;

#[tokio::test]
async fn an_environment_is_created_shown_changed_and_deleted() {
    let app = TestApp::start().await;
    let contacts = json!([{"name": "Team", "details": {"email": "team@example.org"}}]);

    let body = json!({"name": "pre-prod", "production": false, "contacts": contacts});
    let created = app.post("/environments", &body).await.is(201);
    let address = created.link("self");
    assert_snapshot!(created.shown(), @r#"
    {
      "uuid": "[uuid]",
      "name": "pre-prod",
      "displayName": "Pre Prod",
      "production": false,
      "contacts": [
        {
          "name": "Team",
          "details": {
            "email": "team@example.org"
          }
        }
      ],
      "createdAt": "2026-11-22T06:48:46+00:00",
      "_links": {
        "self": {
          "title": "Environment",
          "name": "pre-prod",
          "href": "http://pactolus.test/environments/[uuid]"
        },
        "pb:currently-deployed-deployed-versions": {
          "title": "Versions currently deployed to Pre Prod environment",
          "href": "http://pactolus.test/environments/[uuid]/deployed-versions/currently-deployed"
        },
        "pb:currently-supported-released-versions": {
          "title": "Versions released and supported in Pre Prod environment",
          "href": "http://pactolus.test/environments/[uuid]/released-versions/currently-supported"
        },
        "pb:environments": {
          "title": "Environments",
          "href": "http://pactolus.test/environments"
        }
      }
    }
    "#);
    assert_eq!(created.header("location").as_deref(), Some(&*address));

    app.advance_secs(5);
    let body = json!({"name": "production", "displayName": "The Real Thing", "production": true});
    let changed = app.put(&address, &body).await.is(200);
    assert_snapshot!(changed.shown(), @r#"
    {
      "uuid": "[uuid]",
      "name": "production",
      "displayName": "The Real Thing",
      "production": true,
      "updatedAt": "2026-11-22T06:48:51+00:00",
      "createdAt": "2026-11-22T06:48:46+00:00",
      "_links": {
        "self": {
          "title": "Environment",
          "name": "production",
          "href": "http://pactolus.test/environments/[uuid]"
        },
        "pb:currently-deployed-deployed-versions": {
          "title": "Versions currently deployed to The Real Thing environment",
          "href": "http://pactolus.test/environments/[uuid]/deployed-versions/currently-deployed"
        },
        "pb:currently-supported-released-versions": {
          "title": "Versions released and supported in The Real Thing environment",
          "href": "http://pactolus.test/environments/[uuid]/released-versions/currently-supported"
        },
        "pb:environments": {
          "title": "Environments",
          "href": "http://pactolus.test/environments"
        }
      }
    }
    "#);
    assert_eq!(app.get(&address).await.is(200).json(), changed.json());

    app.delete(&address).await.is(204);
    app.get(&address).await.is(404);
    app.delete(&address).await.is(404);
    app.put(&address, &json!({"name": "x", "production": true})).await.is(404);
}

#[tokio::test]
async fn environments_are_listed_and_found_by_name() {
    let app = TestApp::start().await;
    app.world().environment("test").await;
    app.world().environment("production").await;

    let all = app.get("/environments").await.is(200);
    let named = app.get("/environments?name=test").await.is(200);

    assert_eq!(all.at("/_embedded/environments").as_array().map(Vec::len), Some(2));
    assert_eq!(named.at("/_embedded/environments").as_array().map(Vec::len), Some(1));
    assert_eq!(named.at("/_embedded/environments/0/name"), "test");
}

#[tokio::test]
async fn a_name_is_given_once() {
    let app = TestApp::start().await;
    app.world().environment("test").await;
    let other = app.world().environment("other").await;

    let refused = app.post("/environments", &json!({"name": "test", "production": false})).await.is(400);
    assert_eq!(refused.at("/errors/name/0"), "name 'test' is already used by an existing environment.");
    app.put(&other, &json!({"name": "test", "production": false})).await.is(400);
    app.put(&other, &json!({"name": "other", "production": true})).await.is(200);
}

#[tokio::test]
async fn what_is_wrong_is_told_by_field() {
    let app = TestApp::start().await;

    let refused =
        app.post("/environments", &json!({"name": "a b", "production": "yes", "displayName": 1})).await.is(400);

    assert_snapshot!(refused.shown(), @r#"
    {
      "errors": {
        "name": [
          "cannot contain spaces"
        ],
        "displayName": [
          "must be a string"
        ],
        "production": [
          "must be one of: true, false"
        ]
      }
    }
    "#);
    app.post("/environments", &json!({})).await.is(400);
    app.post("/environments", &json!([])).await.is(400);
    app.post("/environments", &json!({"name": "a", "production": true, "contacts": "me"})).await.is(400);
}

#[tokio::test]
async fn errors_are_problem_details_for_those_who_ask_for_them() {
    let app = TestApp::start().await;

    let missing = app.get_as("/environments/none", "application/hal+json, application/problem+json").await.is(404);

    assert_snapshot!(missing.shown(), @r#"
    {
      "title": "404 Not Found",
      "type": "http://pactolus.test/problem/not-found",
      "status": 404,
      "detail": "The requested document was not found on this server."
    }
    "#);
}

#[tokio::test]
async fn an_environment_with_deployments_goes_with_them() {
    let app = TestApp::start().await;
    let environment = app.world().environment("test").await;
    app.world().consumer("shop").version("1").await;
    let deployed = app.world().deployed("shop", "1", "test").await.link("self");
    app.world().released("shop", "1", "test").await;

    app.delete(&environment).await.is(204);

    app.get(&deployed).await.is(404);
}

#[tokio::test]
async fn no_contacts_are_told_where_somebody_said_so() {
    let app = TestApp::start().await;

    let silent = app.post("/environments", &json!({"name": "a", "production": false})).await.is(201);
    let none = app.post("/environments", &json!({"name": "b", "production": false, "contacts": []})).await.is(201);

    assert_eq!(silent.at("/contacts"), Value::Null);
    assert_eq!(none.at("/contacts"), json!([]));
}
