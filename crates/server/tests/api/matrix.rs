//! The matrix: contracts and results, row by row.

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::{Answer, TestApp, query_of, verdict};

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
    unknown: There is no verified pact between version 3 of shop and any version of stock. To change this: verify contract a2891f7 of shop 3 with a version of stock.
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
async fn of_thousands_of_failures_some_are_told_and_the_rest_is_counted() {
    let app = TestApp::start().await;
    let world = app.world();
    for version in 1..=32 {
        world.consumer("shop").version(&version.to_string()).contract_with("stock", &["same"]).await;
    }
    for version in 101..=132 {
        world.provider("stock").version(&version.to_string()).fails("shop", "1").await;
    }
    world.provider("stock").version("133").verifies("shop", "1").await;

    let answer = app.get("/matrix/provider/stock/consumer/shop").await.is(200);

    assert_eq!(answer.at("/summary/deployable"), false);
    assert_eq!((answer.at("/summary/success"), answer.at("/summary/failed")), (32.into(), 1024.into()));
    assert_eq!(answer.at("/matrix").as_array().map(Vec::len), Some(100));
    assert_eq!(answer.at("/matrix/0/provider/version/number"), "133");
    let notices = answer.at("/notices");
    assert_eq!(notices.as_array().map(Vec::len), Some(1001));
    assert_eq!(notices[1000]["text"], "There are 24 more rows of the matrix that failed or are not verified");
    assert_eq!(
        answer.at("/reasons").as_array().and_then(|all| all.last().cloned()).unwrap_or_default()["kind"],
        "more"
    );
}
