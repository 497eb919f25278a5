//! Deployments and releases.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::TestApp;

/// Version numbers that are deployed to or supported in an environment, in order of the answer.
async fn current(app: &TestApp, environment: &str, query: &str) -> Vec<String> {
    let listed = app.get(&format!("{environment}/{query}")).await.is(200);
    let key = if query.starts_with("released") { "releasedVersions" } else { "deployedVersions" };
    let listed = listed.at(&format!("/_embedded/{key}"));
    let numbers = listed.as_array().expect("a list").iter();
    let mut numbers: Vec<String> =
        numbers.map(|one| one["_embedded"]["version"]["number"].as_str().expect("a number").to_owned()).collect();
    numbers.sort_unstable();
    numbers
}

const DEPLOYED: &str = "deployed-versions/currently-deployed";
const SUPPORTED: &str = "released-versions/currently-supported";

async fn an_app_with_versions() -> (TestApp, String) {
    let app = TestApp::start().await;
    for number in ["1", "2", "3"] {
        app.world().consumer("shop").version(number).await;
    }
    let environment = app.world().environment("production").await;
    (app, environment)
}

#[tokio::test]
async fn a_deployment_is_recorded_and_shown() {
    let (app, _) = an_app_with_versions().await;

    let deployed = app.world().deployed_instance("shop", "1", "production", "blue").await;

    assert_snapshot!(deployed.shown(), @r#"
    {
      "uuid": "[uuid]",
      "currentlyDeployed": true,
      "target": "blue",
      "applicationInstance": "blue",
      "createdAt": "2026-11-22T06:48:46+00:00",
      "_embedded": {
        "pacticipant": {
          "name": "shop",
          "_links": {
            "self": {
              "href": "http://pactolus.test/pacticipants/shop"
            }
          }
        },
        "version": {
          "number": "1",
          "_links": {
            "self": {
              "title": "Version",
              "name": "1",
              "href": "http://pactolus.test/pacticipants/shop/versions/1"
            }
          }
        },
        "environment": {
          "uuid": "[uuid]",
          "name": "production",
          "displayName": "Production",
          "production": true,
          "createdAt": "2026-11-22T06:48:46+00:00",
          "_links": {
            "self": {
              "title": "Environment",
              "name": "production",
              "href": "http://pactolus.test/environments/[uuid]"
            },
            "pb:currently-deployed-deployed-versions": {
              "title": "Versions currently deployed to Production environment",
              "href": "http://pactolus.test/environments/[uuid]/deployed-versions/currently-deployed"
            },
            "pb:currently-supported-released-versions": {
              "title": "Versions released and supported in Production environment",
              "href": "http://pactolus.test/environments/[uuid]/released-versions/currently-supported"
            },
            "pb:environments": {
              "title": "Environments",
              "href": "http://pactolus.test/environments"
            }
          }
        }
      },
      "_links": {
        "self": {
          "href": "http://pactolus.test/deployed-versions/[uuid]"
        }
      }
    }
    "#);
    assert_eq!(app.get(&deployed.header("location").unwrap()).await.is(200).json(), deployed.json());
}

#[tokio::test]
async fn a_deployment_replaces_the_one_before() {
    let (app, environment) = an_app_with_versions().await;
    let first = app.world().deployed("shop", "1", "production").await.link("self");
    app.advance_secs(60);

    app.world().deployed("shop", "2", "production").await;

    assert_eq!(current(&app, &environment, DEPLOYED).await, ["2"]);
    let first = app.get(&first).await.is(200);
    assert_eq!(first.at("/currentlyDeployed"), false);
    assert_eq!(first.at("/undeployedAt"), "2026-11-22T06:49:46+00:00");
}

#[tokio::test]
async fn deploying_what_is_there_is_the_same_deployment() {
    let (app, _) = an_app_with_versions().await;

    let first = app.world().deployed("shop", "1", "production").await;
    app.advance_secs(60);
    let again = app.world().deployed("shop", "1", "production").await;

    assert_eq!(again.at("/uuid"), first.at("/uuid"));
}

#[tokio::test]
async fn each_application_instance_is_a_place_of_its_own() {
    let (app, environment) = an_app_with_versions().await;
    let world = app.world();
    world.deployed_instance("shop", "1", "production", "blue").await;
    world.deployed_instance("shop", "2", "production", "green").await;
    world.deployed("shop", "3", "production").await;

    assert_eq!(current(&app, &environment, DEPLOYED).await, ["1", "2", "3"]);
    assert_eq!(current(&app, &environment, &format!("{DEPLOYED}?applicationInstance=blue")).await, ["1"]);
    assert_eq!(current(&app, &environment, &format!("{DEPLOYED}?applicationInstance=")).await, ["3"]);
    assert_eq!(current(&app, &environment, &format!("{DEPLOYED}?pacticipant=nobody")).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_old_word_for_an_instance_is_understood() {
    let (app, _) = an_app_with_versions().await;
    let address = app.world().place("deployed-versions", "shop", "1", "production").await;

    let deployed = app.post(&address, &json!({"target": "blue"})).await.is(201);

    assert_eq!(deployed.at("/applicationInstance"), "blue");
}

#[tokio::test]
async fn a_version_is_undeployed_and_not_set_back() {
    let (app, environment) = an_app_with_versions().await;
    let deployed = app.world().deployed("shop", "1", "production").await.link("self");

    app.patch(&deployed, &json!({"currentlyDeployed": false})).await.is(200);

    assert_eq!(current(&app, &environment, DEPLOYED).await, Vec::<String>::new());
    let refused = app.patch(&deployed, &json!({"currentlyDeployed": true})).await.is(422);
    assert_snapshot!(refused.shown(), @r#"
    {
      "errors": {
        "currentlyDeployed": [
          "The currentlyDeployed property cannot be set back to true. Please record a new deployment."
        ]
      }
    }
    "#);
    app.patch(&deployed, &json!({"currentlyDeployed": "no"})).await.is(422);
    app.patch(&deployed, &json!({})).await.is(200);
    app.patch(&deployed, &json!({"currentlyDeployed": false})).await.is(200);
}

#[tokio::test]
async fn an_end_is_told_with_a_merge_patch() {
    let (app, _) = an_app_with_versions().await;
    let deployed = app.world().deployed("shop", "1", "production").await.link("self");
    let path = deployed.strip_prefix(crate::support::BASE).unwrap();

    let request = axum::extract::Request::builder()
        .method("PATCH")
        .uri(path)
        .header("host", "pactolus.test")
        .header("content-type", "application/json")
        .body(axum::body::Body::from(r#"{"currentlyDeployed":false}"#))
        .unwrap();

    app.send(request).await.is(415);
}

#[tokio::test]
async fn releases_stand_beside_each_other_until_their_support_ends() {
    let (app, environment) = an_app_with_versions().await;
    let first = app.world().released("shop", "1", "production").await.is(201);
    app.world().released("shop", "2", "production").await.is(201);
    assert_eq!(current(&app, &environment, SUPPORTED).await, ["1", "2"]);
    assert_eq!(current(&app, &environment, &format!("{SUPPORTED}?version=2")).await, ["2"]);

    let ended = app.patch(&first.link("self"), &json!({"currentlySupported": false})).await.is(200);

    assert_snapshot!(ended.shown(), @r#"
    {
      "uuid": "[uuid]",
      "currentlySupported": false,
      "supportEndedAt": "2026-11-22T06:48:46+00:00",
      "createdAt": "2026-11-22T06:48:46+00:00",
      "_embedded": {
        "pacticipant": {
          "name": "shop",
          "_links": {
            "self": {
              "href": "http://pactolus.test/pacticipants/shop"
            }
          }
        },
        "version": {
          "number": "1",
          "_links": {
            "self": {
              "title": "Version",
              "name": "1",
              "href": "http://pactolus.test/pacticipants/shop/versions/1"
            }
          }
        },
        "environment": {
          "uuid": "[uuid]",
          "name": "production",
          "displayName": "Production",
          "production": true,
          "createdAt": "2026-11-22T06:48:46+00:00",
          "_links": {
            "self": {
              "title": "Environment",
              "name": "production",
              "href": "http://pactolus.test/environments/[uuid]"
            },
            "pb:currently-deployed-deployed-versions": {
              "title": "Versions currently deployed to Production environment",
              "href": "http://pactolus.test/environments/[uuid]/deployed-versions/currently-deployed"
            },
            "pb:currently-supported-released-versions": {
              "title": "Versions released and supported in Production environment",
              "href": "http://pactolus.test/environments/[uuid]/released-versions/currently-supported"
            },
            "pb:environments": {
              "title": "Environments",
              "href": "http://pactolus.test/environments"
            }
          }
        }
      },
      "_links": {
        "self": {
          "href": "http://pactolus.test/released-versions/[uuid]"
        }
      }
    }
    "#);
    assert_eq!(current(&app, &environment, SUPPORTED).await, ["2"]);
    app.patch(&first.link("self"), &json!({"currentlySupported": true})).await.is(422);
}

#[tokio::test]
async fn releasing_twice_is_one_release() {
    let (app, environment) = an_app_with_versions().await;
    let first = app.world().released("shop", "1", "production").await.is(201);

    let again = app.world().released("shop", "1", "production").await.is(200);

    assert_eq!(again.at("/uuid"), first.at("/uuid"));
    assert_eq!(current(&app, &environment, SUPPORTED).await, ["1"]);
}

#[tokio::test]
async fn a_release_whose_support_ended_can_be_released_again() {
    let (app, environment) = an_app_with_versions().await;
    let first = app.world().released("shop", "1", "production").await.link("self");
    app.patch(&first, &json!({"currentlySupported": false})).await.is(200);

    app.world().released("shop", "1", "production").await;

    assert_eq!(current(&app, &environment, SUPPORTED).await, ["1"]);
}

#[tokio::test]
async fn only_what_exists_is_deployed() {
    let (app, _) = an_app_with_versions().await;
    let address = app.world().place("deployed-versions", "shop", "1", "production").await;

    app.post(&address.replace("versions/1", "versions/9"), &json!({})).await.is(404);
    app.post(&address.replace("/shop/", "/nobody/"), &json!({})).await.is(404);
    let (start, _) = address.rsplit_once('/').unwrap();
    app.post(&format!("{start}/0195fd3e-7d3a-7000-8000-000000000000"), &json!({})).await.is(404);
    app.post(&format!("{start}/production"), &json!({})).await.is(404);
    app.post(&address, &json!({"applicationInstance": 7})).await.is(400);
    app.post(&address, &json!({"applicationInstance": "a\nb"})).await.is(400);
    app.post(&address, &json!({"applicationInstance": "a\u{0}b"})).await.is(400);
}

#[tokio::test]
async fn deployments_of_a_version_are_listed() {
    let (app, _) = an_app_with_versions().await;
    app.world().deployed("shop", "1", "production").await;
    app.world().released("shop", "1", "production").await;

    for (kind, key) in [("deployed-versions", "deployedVersions"), ("released-versions", "releasedVersions")] {
        let address = app.world().place(kind, "shop", "1", "production").await;
        let listed = app.get(&address).await.is(200);
        assert_eq!(listed.at(&format!("/_embedded/{key}")).as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn a_version_says_where_it_may_be_deployed_and_where_it_is() {
    let (app, _) = an_app_with_versions().await;
    app.world().deployed("shop", "1", "production").await;

    let version = app.get("/pacticipants/shop/versions/1").await.is(200);

    let links = version.at("/_links");
    let record = &links["pb:record-deployment"];
    assert_eq!(record[0]["name"], "production");
    app.post(record[0]["href"].as_str().unwrap(), &json!({})).await.is(201);
    assert_ne!(links["pb:record-release"], Value::Null);
}
