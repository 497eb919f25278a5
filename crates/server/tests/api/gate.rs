//! The matrix and can-i-deploy.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, query_of};

/// Yes or no, and why.
fn verdict(answer: &Answer) -> String {
    let deployable = match answer.at("/summary/deployable") {
        Value::Bool(true) => "yes",
        Value::Bool(false) => "no",
        _ => "unknown",
    };
    format!("{deployable}: {}", answer.text_at("/summary/reason"))
}

async fn can_i_deploy(app: &TestApp, pairs: &[(&str, &str)]) -> String {
    verdict(&app.get(&format!("/can-i-deploy{}", query_of(pairs))).await.is(200))
}

async fn to_production(app: &TestApp, pacticipant: &str, version: &str) -> String {
    let pairs = [("pacticipant", pacticipant), ("version", version), ("environment", "production")];
    can_i_deploy(app, &pairs).await
}

async fn matrix(app: &TestApp, pairs: &[(&str, &str)]) -> Answer {
    app.get(&format!("/matrix{}", query_of(pairs))).await.is(200)
}

/// "shop 1 / stock 40: true", a line a row.
fn rows(answer: &Answer) -> String {
    let rows = answer.at("/matrix");
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let lines = rows.as_array().expect("rows").iter().map(|row| {
        let (consumer, provider) = (&row["consumer"], &row["provider"]);
        format!(
            "{} {} / {} {}: {}",
            text(&consumer["name"]),
            text(&consumer["version"]["number"]),
            text(&provider["name"]),
            text(&provider["version"]["number"]),
            row["verificationResult"]["success"]
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_consumer_may_not_go_before_its_provider() {
    let app = TestApp::start().await;
    app.world().environment("production").await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;

    assert_snapshot!(to_production(&app, "shop", "1").await, @"unknown: There is no verified pact between version 1 of shop and a version of stock currently in production (no version is currently recorded as deployed/released in this environment). To change this: record which version of stock is deployed in production: none is.");
}

#[tokio::test]
async fn the_story_from_no_to_yes() {
    let app = TestApp::start().await;
    let world = app.world();
    world.environment("production").await;
    world.consumer("shop").version("1").branch("main").contract_with("stock", &["a"]).await;
    world.provider("stock").version("39").await;
    world.deployed("stock", "39", "production").await;

    assert_snapshot!(to_production(&app, "shop", "1").await, @"unknown: There is no verified pact between version 1 of shop and the version of stock currently in production (39). To change this: verify the contract of shop 1 with stock 39.");
    world.provider("stock").version("40").verifies("shop", "1").await;
    assert_snapshot!(to_production(&app, "shop", "1").await, @"unknown: There is no verified pact between version 1 of shop and the version of stock currently in production (39). To change this: deploy stock 40 to production first: it has passed.");
    assert_snapshot!(to_production(&app, "stock", "40").await, @"yes: There are no missing dependencies");
    world.deployed("stock", "40", "production").await;
    assert_snapshot!(to_production(&app, "shop", "1").await, @"yes: All required verification results are published and successful");
    world.deployed("shop", "1", "production").await;
    world.provider("stock").version("41").fails("shop", "1").await;
    assert_snapshot!(to_production(&app, "stock", "41").await, @"no: The verification for the pact between the version of shop currently in production (1) and version 41 of stock failed. To change this: make stock satisfy what shop expects, or change what shop expects.");
}

#[tokio::test]
async fn one_unverified_version_among_those_that_run_says_no() {
    let app = TestApp::start().await;
    let world = app.world();
    world.environment("production").await;
    world.consumer("shop").version("1").contract_with("stock", &["a"]).await;
    world.provider("stock").version("40").verifies("shop", "1").await;
    world.provider("stock").version("41").await;
    world.deployed_instance("stock", "40", "production", "blue").await;
    world.deployed_instance("stock", "41", "production", "green").await;

    assert_snapshot!(to_production(&app, "shop", "1").await, @"unknown: There is no verified pact between version 1 of shop and one of the versions of stock currently in production (41). To change this: verify the contract of shop 1 with stock 41.");
}

#[tokio::test]
async fn one_failed_version_among_those_that_run_says_no() {
    let app = TestApp::start().await;
    let world = app.world();
    world.environment("production").await;
    world.consumer("shop").version("1").contract_with("stock", &["a"]).await;
    world.provider("stock").version("40").fails("shop", "1").await;
    world.provider("stock").version("41").verifies("shop", "1").await;
    world.deployed_instance("stock", "40", "production", "blue").await;
    world.deployed_instance("stock", "41", "production", "green").await;

    assert_snapshot!(to_production(&app, "shop", "1").await, @"no: The verification for the pact between version 1 of shop and one of the versions of stock currently in production (40) failed. To change this: make stock satisfy what shop expects, or change what shop expects.");
}

#[tokio::test]
async fn a_provider_must_suit_every_consumer_version_that_runs() {
    let app = TestApp::start().await;
    let world = app.world();
    world.environment("production").await;
    world.consumer("shop").version("1").contract_with("stock", &["a"]).await;
    world.consumer("shop").version("2").contract_with("stock", &["b"]).await;
    world.released("shop", "1", "production").await;
    world.released("shop", "2", "production").await;
    world.provider("stock").version("40").verifies("shop", "2").await;

    assert_snapshot!(to_production(&app, "stock", "40").await, @"unknown: There is no verified pact between one of the versions of shop currently in production (1) and version 40 of stock. To change this: verify the contract of shop 1 with stock 40.");
    world.provider("stock").version("40").verifies("shop", "1").await;
    assert_snapshot!(to_production(&app, "stock", "40").await, @"yes: All required verification results are published and successful");
}

#[tokio::test]
async fn an_application_without_contracts_may_go() {
    let app = TestApp::start().await;
    app.world().environment("production").await;
    app.world().consumer("alone").version("1").await;

    assert_snapshot!(to_production(&app, "alone", "1").await, @"yes: There are no missing dependencies");
}

#[tokio::test]
async fn a_version_that_does_not_exist_may_not_go() {
    let app = TestApp::start().await;
    app.world().environment("production").await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;

    assert_snapshot!(to_production(&app, "shop", "2").await, @"no: No pacts or verifications have been published for version 2 of shop. To change this: publish the contracts of shop 2, or create the version if it has none (its number may be misspelt).");
}

#[tokio::test]
async fn what_is_ignored_does_not_count() {
    let app = TestApp::start().await;
    let world = app.world();
    world.environment("production").await;
    world.consumer("shop").version("1").contract_with("stock", &["a"]).contract_with("prices", &["b"]).await;
    world.provider("stock").version("40").verifies("shop", "1").await;
    world.provider("prices").version("7").fails("shop", "1").await;
    world.deployed("stock", "40", "production").await;
    world.deployed("prices", "7", "production").await;
    let asked = [("pacticipant", "shop"), ("version", "1"), ("environment", "production")];
    assert!(can_i_deploy(&app, &asked).await.starts_with("no"));

    let ignoring = [asked.as_slice(), &[("ignore[][pacticipant]", "prices")]].concat();
    assert!(can_i_deploy(&app, &ignoring).await.starts_with("yes"));
    let ignoring = [asked.as_slice(), &[("ignore[][pacticipant]", "prices"), ("ignore[][version]", "6")]].concat();
    assert_snapshot!(can_i_deploy(&app, &ignoring).await, @r"
    no: WARN: Cannot ignore version 6 of prices (no such version exists)
    The verification for the pact between version 1 of shop and the version of prices currently in production (7) failed. To change this: make prices satisfy what shop expects, or change what shop expects.
    ");
    let ignoring = [asked.as_slice(), &[("ignore[][pacticipant]", "nobody")]].concat();
    assert!(can_i_deploy(&app, &ignoring).await.starts_with("no"));
}

#[tokio::test]
async fn a_tag_can_be_the_destination() {
    let app = TestApp::start().await;
    let world = app.world();
    world.consumer("shop").version("1").tag("dev").contract_with("stock", &["a"]).await;
    world.provider("stock").version("40").tag("prod").verifies("shop", "1").await;

    let asked = [("pacticipant", "shop"), ("version", "1"), ("to", "prod")];
    assert_snapshot!(can_i_deploy(&app, &asked).await, @"yes: All required verification results are published and successful");
    let answer = app.get("/pacticipants/shop/latest-version/dev/can-i-deploy/to/prod").await.is(200);
    assert_eq!(answer.at("/summary/deployable"), true);
    app.get("/pacticipants/shop/latest-version/none/can-i-deploy/to/prod").await.is(404);
}

#[tokio::test]
async fn the_head_of_a_branch_can_be_asked_about() {
    let app = TestApp::start().await;
    let world = app.world();
    world.environment("production").await;
    world.consumer("shop").version("1").branch("main").contract_with("stock", &["a"]).await;
    let address = "/pacticipants/shop/branches/main/latest-version/can-i-deploy/to-environment/production";

    assert_eq!(app.get(address).await.is(200).at("/summary/deployable"), Value::Null);
    app.get(&address.replace("main", "none")).await.is(404);
    app.get(&address.replace("production", "moon")).await.is(404);
}

#[tokio::test]
async fn questions_that_cannot_be_answered_are_refused() {
    let app = TestApp::start().await;
    app.world().environment("production").await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;

    for (query, field) in [
        ("", "pacticipant"),
        ("?pacticipant=shop&environment=production", "version"),
        ("?pacticipant=nobody&version=1&environment=production", "pacticipant"),
        ("?pacticipant=shop&version=1&environment=moon", "environment"),
    ] {
        let refused = app.get(&format!("/can-i-deploy{query}")).await.is(400);
        assert_ne!(refused.at(&format!("/errors/{field}")), Value::Null, "{query}: {refused:?}");
    }
    app.get("/can-i-deploy?pacticipant=shop&version=1").await.is(400);
    app.get("/can-i-deploy?pacticipant=shop&version=1&environment=production&to=prod").await.is(400);
}

/// Three versions of shop, two of stock, a second consumer.
async fn a_matrix() -> TestApp {
    let app = TestApp::start().await;
    let world = app.world();
    world.environment("production").await;
    world.consumer("shop").version("1").branch("main").tag("prod").contract_with("stock", &["one"]).await;
    world.consumer("shop").version("2").branch("main").contract_with("stock", &["two"]).await;
    world.consumer("shop").version("3").branch("feat").tag("dev").contract_with("stock", &["three"]).await;
    world.consumer("basket").version("7").branch("main").contract_with("stock", &["seven"]).await;
    world.provider("stock").version("40").branch("main").tag("prod").verifies("shop", "1").fails("shop", "2").await;
    world.provider("stock").version("41").branch("main").verifies("shop", "2").verifies("basket", "7").await;
    world.deployed("stock", "40", "production").await;
    world.deployed("shop", "1", "production").await;
    app
}

#[tokio::test]
async fn all_rows_between_two() {
    let app = a_matrix().await;

    let answer = matrix(&app, &[("q[][pacticipant]", "shop"), ("q[][pacticipant]", "stock")]).await;

    assert_snapshot!(format!("{}\n{}", verdict(&answer), rows(&answer)), @r"
    unknown: There is no verified pact between version 3 of shop and any version of stock. To change this: verify the contract of shop 3 with a version of stock.
    The verification for the pact between version 2 of shop and version 40 of stock failed. To change this: make stock satisfy what shop expects, or change what shop expects.
    shop 3 / stock -: null
    shop 2 / stock 41: true
    shop 2 / stock 40: false
    shop 1 / stock 40: true
    ");
}

#[tokio::test]
async fn each_form_of_selector() {
    let app = a_matrix().await;
    let mut told = Vec::new();

    for selector in [
        "q[][version]=1",
        "q[][latest]=true",
        "q[][tag]=prod",
        "q[][tag]=prod&q[][latest]=true",
        "q[][branch]=main",
        "q[][branch]=main&q[][latest]=true",
        "q[][mainBranch]=true",
        "q[][mainBranch]=true&q[][latest]=true",
        "q[][environment]=production",
        "q[][branch]=none&q[][latest]=true",
    ] {
        let query = format!("q[][pacticipant]=shop&{selector}&q[][pacticipant]=stock&latestby=cvpv");
        let query = query.replace("[]", "%5B%5D").replace("%5D[", "%5D%5B").replace(']', "%5D").replace('[', "%5B");
        let answer = app.get(&format!("/matrix?{query}")).await.is(200);
        told.push(format!("{selector}\n{}", rows(&answer)));
    }

    assert_snapshot!(told.join("\n\n"), @r"
    q[][version]=1
    shop 1 / stock 40: true

    q[][latest]=true
    shop 3 / stock -: null

    q[][tag]=prod
    shop 1 / stock 40: true

    q[][tag]=prod&q[][latest]=true
    shop 1 / stock 40: true

    q[][branch]=main
    shop 2 / stock 41: true
    shop 2 / stock 40: false
    shop 1 / stock 40: true

    q[][branch]=main&q[][latest]=true
    shop 2 / stock 41: true
    shop 2 / stock 40: false

    q[][mainBranch]=true
    shop 2 / stock 41: true
    shop 2 / stock 40: false
    shop 1 / stock 40: true

    q[][mainBranch]=true&q[][latest]=true
    shop 2 / stock 41: true
    shop 2 / stock 40: false

    q[][environment]=production
    shop 1 / stock 40: true

    q[][branch]=none&q[][latest]=true
    ");
}

#[tokio::test]
async fn a_single_selector_shows_everything_it_touches() {
    let app = a_matrix().await;

    let of_consumer = matrix(&app, &[("q[][pacticipant]", "shop"), ("q[][version]", "2")]).await;
    assert_snapshot!(rows(&of_consumer), @r"
    shop 2 / stock 41: true
    shop 2 / stock 40: false
    ");
    let of_provider = matrix(&app, &[("q[][pacticipant]", "stock"), ("q[][version]", "41")]).await;
    assert_snapshot!(rows(&of_provider), @r"
    basket 7 / stock 41: true
    shop 2 / stock 41: true
    ");
}

#[tokio::test]
async fn results_can_be_reduced_to_the_latest() {
    let app = a_matrix().await;
    app.world().provider("stock").version("41").fails("shop", "2").await;
    let both = [("q[][pacticipant]", "shop"), ("q[][version]", "2"), ("q[][pacticipant]", "stock")];
    let mut told = Vec::new();

    for latest_by in [None, Some("cvpv"), Some("cvp")] {
        let mut query = both.to_vec();
        query.extend(latest_by.map(|latest_by| ("latestby", latest_by)));
        told.push(format!("{latest_by:?}\n{}", rows(&matrix(&app, &query).await)));
    }

    assert_snapshot!(told.join("\n\n"), @r#"
    None
    shop 2 / stock 41: false
    shop 2 / stock 41: true
    shop 2 / stock 40: false

    Some("cvpv")
    shop 2 / stock 41: false
    shop 2 / stock 40: false

    Some("cvp")
    shop 2 / stock 41: false
    "#);
}

#[tokio::test]
async fn the_limit_cuts_rows_not_the_verdict() {
    let app = a_matrix().await;
    let query = [("q[][pacticipant]", "shop"), ("q[][pacticipant]", "stock"), ("latestby", "cvpv")];
    let whole = matrix(&app, &query).await;

    let cut = matrix(&app, &[query.as_slice(), &[("limit", "1")]].concat()).await;

    assert_eq!(cut.at("/matrix").as_array().map(Vec::len), Some(1));
    assert_eq!(cut.at("/summary"), whole.at("/summary"));
    app.get(&format!("/matrix{}", query_of(&[query.as_slice(), &[("limit", "0")]].concat()))).await.is(400);
}

#[tokio::test]
async fn a_filter_by_success_never_changes_the_verdict() {
    let app = a_matrix().await;
    let query =
        [("q[][pacticipant]", "shop"), ("q[][version]", "2"), ("q[][pacticipant]", "stock"), ("q[][version]", "40")];
    let whole = matrix(&app, &query).await;
    assert_eq!(whole.at("/summary/deployable"), false);

    for wanted in ["true", "false", ""] {
        let filtered = matrix(&app, &[query.as_slice(), &[("success[]", wanted)]].concat()).await;
        assert_eq!(filtered.at("/summary"), whole.at("/summary"), "{wanted}");
        let expected = usize::from(wanted == "false");
        assert_eq!(filtered.at("/matrix").as_array().map(Vec::len), Some(expected), "{wanted}");
    }
}

#[tokio::test]
async fn a_destination_says_which_neighbours_count() {
    let app = a_matrix().await;

    for (place, expected) in [
        ("environment=production", "1 / stock 40: true"),
        ("tag=prod&latest=true", "1 / stock 40: true"),
        ("latest=true", "1 / stock 41: null"),
        ("mainBranch=true&latest=true", "1 / stock 41: null"),
    ] {
        let query = format!("/matrix?q%5B%5D%5Bpacticipant%5D=shop&q%5B%5D%5Bversion%5D=1&latestby=cvp&{place}");
        let answer = app.get(&query).await.is(200);
        let yes = expected.ends_with("true");
        assert_eq!(answer.at("/summary/deployable") == true, yes, "{place}: {}", verdict(&answer));
    }
}

#[tokio::test]
async fn the_matrix_of_a_pair_has_an_address() {
    let app = a_matrix().await;

    let answer = app.get("/matrix/provider/stock/consumer/basket").await.is(200);

    assert_eq!(rows(&answer), "basket 7 / stock 41: true");
    app.get("/matrix/provider/nobody/consumer/basket").await.is(404);
}

#[tokio::test]
async fn queries_that_make_no_sense_are_refused_with_all_that_is_wrong() {
    let app = a_matrix().await;

    for query in [
        "",
        "?q=x",
        "?q%5B%5D%5Bversion%5D=1",
        "?q%5B%5D%5Bpacticipant%5D=nobody",
        "?q%5B%5D%5Bpacticipant%5D=shop&latestby=x",
        "?q%5B%5D%5Bpacticipant%5D=shop&success=maybe",
        "?q%5B%5D%5Bpacticipant%5D=shop&limit=x",
        "?q%5B%5D%5Bpacticipant%5D=shop&environment=moon",
        "?q%5B%5D%5Bpacticipant%5D=shop&environment=production&tag=prod",
        "?q%5B%5D%5Bpacticipant%5D=shop&q%5B%5D%5Bversion%5D=1&q%5B%5D%5Blatest%5D=true",
    ] {
        let refused = app.get(&format!("/matrix{query}")).await.is(400);
        assert!(refused.at("/errors").as_array().is_some_and(|errors| !errors.is_empty()), "{query}: {refused:?}");
    }
}

#[tokio::test]
async fn a_row_says_all_of_its_versions() {
    let app = a_matrix().await;

    let query =
        [("q[][pacticipant]", "shop"), ("q[][version]", "1"), ("q[][pacticipant]", "stock"), ("q[][version]", "40")];
    let answer = matrix(&app, &query).await;

    assert_snapshot!(answer.shown(), @r#"
    {
      "summary": {
        "deployable": true,
        "reason": "All required verification results are published and successful",
        "success": 1,
        "failed": 0,
        "unknown": 0
      },
      "notices": [
        {
          "type": "success",
          "text": "All required verification results are published and successful"
        }
      ],
      "matrix": [
        {
          "consumer": {
            "name": "shop",
            "version": {
              "number": "1",
              "branch": "main",
              "branches": [
                {
                  "name": "main",
                  "latest": false,
                  "_links": {
                    "self": {
                      "title": "Branch version",
                      "name": "main",
                      "href": "http://pactolus.test/pacticipants/shop/branches/main/versions/1"
                    }
                  }
                }
              ],
              "branchVersions": [
                {
                  "name": "main",
                  "latest": false,
                  "_links": {
                    "self": {
                      "title": "Branch version",
                      "name": "main",
                      "href": "http://pactolus.test/pacticipants/shop/branches/main/versions/1"
                    }
                  }
                }
              ],
              "environments": [
                {
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
                    }
                  }
                }
              ],
              "_links": {
                "self": {
                  "href": "http://pactolus.test/pacticipants/shop/versions/1"
                }
              },
              "tags": [
                {
                  "name": "prod",
                  "latest": true,
                  "_links": {
                    "self": {
                      "href": "http://pactolus.test/pacticipants/shop/versions/1/tags/prod"
                    }
                  }
                }
              ]
            },
            "_links": {
              "self": {
                "href": "http://pactolus.test/pacticipants/shop"
              }
            }
          },
          "provider": {
            "name": "stock",
            "version": {
              "number": "40",
              "branch": "main",
              "branches": [
                {
                  "name": "main",
                  "latest": false,
                  "_links": {
                    "self": {
                      "title": "Branch version",
                      "name": "main",
                      "href": "http://pactolus.test/pacticipants/stock/branches/main/versions/40"
                    }
                  }
                }
              ],
              "branchVersions": [
                {
                  "name": "main",
                  "latest": false,
                  "_links": {
                    "self": {
                      "title": "Branch version",
                      "name": "main",
                      "href": "http://pactolus.test/pacticipants/stock/branches/main/versions/40"
                    }
                  }
                }
              ],
              "environments": [
                {
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
                    }
                  }
                }
              ],
              "_links": {
                "self": {
                  "href": "http://pactolus.test/pacticipants/stock/versions/40"
                }
              },
              "tags": [
                {
                  "name": "prod",
                  "latest": true,
                  "_links": {
                    "self": {
                      "href": "http://pactolus.test/pacticipants/stock/versions/40/tags/prod"
                    }
                  }
                }
              ]
            },
            "_links": {
              "self": {
                "href": "http://pactolus.test/pacticipants/stock"
              }
            }
          },
          "pact": {
            "createdAt": "2026-11-22T06:48:46+00:00",
            "_links": {
              "self": {
                "href": "http://pactolus.test/pacts/provider/stock/consumer/shop/version/1"
              }
            }
          },
          "verificationResult": {
            "success": true,
            "verifiedAt": "2026-11-22T06:48:46+00:00",
            "_links": {
              "self": {
                "href": "http://pactolus.test/pacts/provider/stock/consumer/shop/pact-version/5455eb16655ff8d5c1a6bdf757b36bb5696f7b44/metadata/Y3ZuPTE/verification-results/1"
              }
            }
          }
        }
      ],
      "reasons": [
        {
          "kind": "verified",
          "text": "The pact between version 1 of shop and version 40 of stock is verified",
          "consumer": {
            "name": "shop",
            "version": "1",
            "chosen": "asked for by number"
          },
          "provider": {
            "name": "stock",
            "version": "40",
            "chosen": "asked for by number"
          },
          "_links": {
            "pb:pact": {
              "href": "http://pactolus.test/pacts/provider/stock/consumer/shop/version/1"
            },
            "pb:verification-result": {
              "href": "http://pactolus.test/pacts/provider/stock/consumer/shop/pact-version/5455eb16655ff8d5c1a6bdf757b36bb5696f7b44/verification-results/1"
            }
          }
        },
        {
          "kind": "verified",
          "text": "All required verification results are published and successful"
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn a_changed_contract_makes_the_consumer_wait_again() {
    let app = TestApp::start().await;
    let world = app.world();
    world.environment("production").await;
    world.consumer("shop").version("1").contract_with("stock", &["a"]).await;
    world.provider("stock").version("40").verifies("shop", "1").await;
    world.deployed("stock", "40", "production").await;

    world.consumer("shop").version("2").contract_with("stock", &["a"]).await;
    world.consumer("shop").version("3").contract_with("stock", &["b"]).await;

    assert!(to_production(&app, "shop", "2").await.starts_with("yes"));
    assert!(to_production(&app, "shop", "3").await.starts_with("unknown"));
}

#[tokio::test]
async fn a_result_that_was_good_and_is_bad_now_says_no() {
    let app = TestApp::start().await;
    let world = app.world();
    world.environment("production").await;
    world.consumer("shop").version("1").contract_with("stock", &["a"]).await;
    world.provider("stock").version("40").verifies("shop", "1").await;
    world.deployed("stock", "40", "production").await;
    assert!(to_production(&app, "shop", "1").await.starts_with("yes"));

    world.provider("stock").version("40").fails("shop", "1").await;

    assert!(to_production(&app, "shop", "1").await.starts_with("no"));
    app.patch(
        &app.world().deployed("stock", "40", "production").await.link("self"),
        &json!({"currentlyDeployed": false}),
    )
    .await
    .is(200);
    assert!(!to_production(&app, "shop", "1").await.starts_with("yes"));
}
