//! Evidence of verification runs, as it is read.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::evidence::{RUNS, exchange, interaction, run, run_at, sha256, text_body};
use crate::support::{Answer, TestApp};

const PEN: &str = r#"{"sku":"pen","left":"7"}"#;

/// With a contract of shop with stock.
async fn start() -> TestApp {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_text("stock", CONTRACT).await;
    app
}

const CONTRACT: &str = r#"{
    "consumer": {"name": "shop"}, "provider": {"name": "stock"},
    "interactions": [
        {"description": "how many", "request": {"method": "GET", "path": "/pen"}, "response": {"status": 200, "body": {"left": 7.0}}},
        {"description": "none", "request": {"method": "GET", "path": "/cap"}, "response": {"status": 404}}
    ],
    "metadata": {"pactSpecification": {"version": "2.0.0"}}
}"#;

/// The sha of the contract, and the ids of its interactions.
async fn contract(app: &TestApp) -> (String, Vec<String>) {
    let contract = app.get("/pacts/provider/stock/consumer/shop/version/1").await.is(200);
    let sha = contract.link("pb:pact-version");
    let sha = sha.rsplit('/').find(|part| part.len() == 40).expect("a sha").to_owned();
    let ids = (0..2).map(|place| contract.text_at(&format!("/interactions/{place}/_id"))).collect();
    (sha, ids)
}

fn sequences(shown: &Answer) -> Vec<i64> {
    let exchanges = shown.at("/_embedded/exchanges");
    exchanges.as_array().expect("a list").iter().map(|one| one["sequence"].as_i64().expect("a number")).collect()
}

#[tokio::test]
async fn a_run_is_kept_and_shown() {
    let app = start().await;

    let uploaded = app.upload(&[run(1), exchange(1, "/pen", PEN)]).await.is(201);

    assert_snapshot!(uploaded.shown(), @r#"
    {
      "uuid": "[uuid]",
      "provider": {
        "name": "stock",
        "version": "7"
      },
      "branch": "main",
      "buildUrl": "https://ci.example.org/stock/77",
      "tool": "pactolus 0.1.0",
      "engine": "pact_matching 2.1.0",
      "redaction": [
        "$.token"
      ],
      "exchanges": 1,
      "results": {
        "passed": 1,
        "failed": 0,
        "notJudged": 0,
        "notAsked": 0
      },
      "conflicts": 0,
      "uploadedBy": "local administrator",
      "startedAt": "2026-11-22T06:40:00+00:00",
      "createdAt": "2026-11-22T06:48:46+00:00",
      "keptUntil": "2027-02-20T06:48:46+00:00",
      "_links": {
        "self": {
          "title": "Evidence of one run",
          "href": "http://pactolus.test/pacticipants/stock/versions/7/evidence/[uuid]"
        },
        "pb:evidence": {
          "title": "Evidence of this version",
          "href": "http://pactolus.test/pacticipants/stock/versions/7/evidence"
        },
        "pb:pacticipant-version": {
          "title": "Provider version",
          "name": "7",
          "href": "http://pactolus.test/pacticipants/stock/versions/7"
        }
      }
    }
    "#);
    assert_eq!(uploaded.header("location"), Some(uploaded.link("self")));
    assert_eq!(app.get(RUNS).await.is(200).at("/_embedded/runs"), json!([uploaded.json()]));
    let shown = app.get(&uploaded.link("self")).await.is(200);
    assert_snapshot!(serde_json::to_string_pretty(&shown.at("/_embedded/exchanges/0")).unwrap(), @r#"
    {
      "sequence": 1,
      "fingerprint": "4943a5e1bc1f1ec0c7266516d363d4b9345e46808b54809d4aa2481afd4b2cf8",
      "kind": "http",
      "request": {
        "method": "GET",
        "path": "/pen",
        "query": null
      },
      "outcome": "answered",
      "status": 200,
      "durationMs": 3,
      "attempts": 1,
      "otherAnswers": 0,
      "interactions": [
        {
          "consumer": "shop",
          "contract": null,
          "interactionId": null,
          "description": "a",
          "pending": false,
          "result": "passed"
        }
      ],
      "_links": {
        "self": {
          "title": "Exchange",
          "href": "http://pactolus.test/pacticipants/stock/versions/7/evidence/01930f5c-5f3e-7c3a-9a50-000000000001/exchanges/1"
        }
      }
    }
    "#);
    let audited: Vec<String> =
        sqlx::query_scalar("select action || ' ' || subject from audit_event where action like 'evidence%'")
            .fetch_all(&app.db)
            .await
            .unwrap();
    assert_eq!(audited, ["evidence.uploaded stock 7"]);
}

#[tokio::test]
async fn an_exchange_is_shown_as_it_went_beside_what_the_contract_expects() {
    let app = start().await;
    let (sha, ids) = contract(&app).await;
    let mut pen = exchange(3, "/pen", PEN);
    pen["interactions"] = json!([{
        "consumer": "shop", "contract": sha, "interactionId": ids[0], "description": "how many", "result": "failed",
        "mismatches": [{"type": "BodyMismatch", "path": "$.left", "expected": 7.0, "actual": "7", "sentence": "$.left: got '7'"}],
    }]);
    app.upload(&[run(1), pen]).await.is(201);

    let shown = app.get(&format!("{}/exchanges/3", run_at(1))).await.is(200);

    assert_snapshot!(shown.shown().replace(&sha, "[sha]").replace(&ids[0], "[id]"), @r#"
    {
      "sequence": 3,
      "fingerprint": "4943a5e1bc1f1ec0c7266516d363d4b9345e46808b54809d4aa2481afd4b2cf8",
      "kind": "http",
      "startedAt": "2026-11-22T06:40:00.750Z",
      "after": [],
      "request": {
        "method": "GET",
        "path": "/pen",
        "query": null,
        "headers": [
          [
            "accept",
            "application/json"
          ]
        ],
        "addedHeaders": [],
        "body": null
      },
      "states": [
        {
          "name": "there is a pen",
          "params": {
            "price": 1.1
          },
          "values": {}
        }
      ],
      "outcome": "answered",
      "response": {
        "status": 200,
        "headers": [
          [
            "content-type",
            "application/json"
          ],
          [
            "date",
            "3"
          ]
        ],
        "body": {
          "sha256": "1582da4c3a668ed1ed541a2f4192ad768f808c59ba8954a26e6914368873edcc",
          "sizeBytes": 24,
          "truncated": false,
          "contentType": "application/json",
          "text": "{\"sku\":\"pen\",\"left\":\"7\"}"
        }
      },
      "durationMs": 3,
      "stateDurationMs": 1,
      "attempts": 1,
      "redacted": [],
      "interactions": [
        {
          "consumer": "shop",
          "contract": "[sha]",
          "interactionId": "[id]",
          "description": "how many",
          "pending": false,
          "result": "failed",
          "mismatches": [
            {
              "type": "BodyMismatch",
              "path": "$.left",
              "expected": 7.0,
              "actual": "7",
              "sentence": "$.left: got '7'"
            }
          ],
          "expected": {
            "status": 200,
            "body": {
              "left": 7.0
            }
          },
          "_links": {
            "pb:pact-version": {
              "title": "Contract",
              "name": "shop with stock",
              "href": "http://pactolus.test/pacts/provider/stock/consumer/shop/pact-version/[sha]"
            }
          }
        }
      ],
      "_links": {
        "self": {
          "title": "Exchange",
          "href": "http://pactolus.test/pacticipants/stock/versions/7/evidence/[uuid]/exchanges/3"
        },
        "pb:evidence-run": {
          "title": "Evidence of one run",
          "href": "http://pactolus.test/pacticipants/stock/versions/7/evidence/[uuid]"
        },
        "pb:pacticipant-version": {
          "title": "Provider version",
          "name": "7",
          "href": "http://pactolus.test/pacticipants/stock/versions/7"
        },
        "pb:other-answers": []
      }
    }
    "#);
    // Numbers are those that were written.
    assert!(shown.text().contains(r#""expected":{"status":200,"body":{"left":7.0}}"#), "{shown:?}");
    assert!(shown.text().contains(r#""params":{"price":1.1}"#), "{shown:?}");
    app.get(&format!("{}/exchanges/4", run_at(1))).await.is(404);
    app.get(&format!("{}/exchanges/x", run_at(1))).await.is(404);
}

#[tokio::test]
async fn where_nothing_is_known_to_be_expected_it_says_why() {
    let app = start().await;
    let (sha, _) = contract(&app).await;
    let gone = "0123456789abcdef0123456789abcdef01234567";
    let mut asked = exchange(1, "/pen", PEN);
    asked["interactions"] = [(None, "none"), (Some(gone), "none"), (Some(&*sha), "none"), (Some(&*sha), "other")]
        .into_iter()
        .map(|(contract, description)| {
            let mut one = interaction("shop", "passed");
            one["contract"] = json!(contract);
            one["description"] = description.into();
            one
        })
        .collect();
    app.upload(&[run(1), asked]).await.is(201);

    let shown = app.get(&format!("{}/exchanges/1", run_at(1))).await.is(200);

    let interactions = shown.at("/interactions");
    let told = interactions.as_array().unwrap().iter();
    let told: Vec<String> = told.map(|one| format!("{} {}", one["expected"], one["noExpectation"])).collect();
    assert_snapshot!(told.join("\n"), @r#"
    null "the run does not say which contract it was: it did not come from here"
    null "the contract is not here: it was deleted, or never published"
    {"status":404} null
    null "the contract has no such interaction"
    "#);
    assert_eq!(interactions[1]["_links"], json!({}));
    assert!(interactions[2]["_links"]["pb:pact-version"]["href"].as_str().is_some_and(|href| href.ends_with(&sha)));
}

#[tokio::test]
async fn a_body_that_is_no_text_is_shown_as_it_came() {
    let app = start().await;
    let bytes = [0xff, 0, 7];
    let mut picture = exchange(1, "/picture", "");
    picture["response"]["body"] = json!({
        "sha256": sha256(&bytes), "sizeBytes": 3, "truncated": false, "contentType": "image/png", "base64": "/wAH",
    });
    let mut sent = exchange(2, "/sent", "");
    sent["request"]["body"] = text_body("nul: \0");
    let mut large = exchange(3, "/large", "");
    large["response"]["body"] =
        json!({"sha256": sha256(b"all of it"), "sizeBytes": 9, "truncated": true, "text": "all"});
    let mut larger = exchange(4, "/larger", "");
    larger["response"]["body"] = json!({"sha256": sha256(b"much"), "sizeBytes": 4, "truncated": true});

    app.upload(&[run(1), picture, sent, large, larger]).await.is(201);

    let shown = async |sequence: u32| app.get(&format!("{}/exchanges/{sequence}", run_at(1))).await.is(200);
    let picture = shown(1).await;
    assert_eq!((picture.at("/response/body/base64"), picture.at("/response/body/text")), (json!("/wAH"), Value::Null));
    assert_eq!(shown(2).await.at("/request/body/text"), "nul: \0");
    let large = shown(3).await;
    assert_eq!((large.at("/response/body/text"), large.at("/response/body/sizeBytes")), (json!("all"), json!(9)));
    assert_eq!(shown(4).await.at("/response/body/text"), Value::Null);
}

#[tokio::test]
async fn messages_and_what_was_not_answered_are_kept_as_well() {
    let app = start().await;
    let mut message = exchange(1, "/message", "");
    message["kind"] = "message".into();
    message["request"] = Value::Null;
    message["response"] = json!({"headers": [["contentType", "application/json"]], "body": text_body("{}")});
    let mut down = exchange(2, "/down", "");
    down["outcome"] = "unreachable".into();
    down["response"] = Value::Null;
    down["interactions"] = json!([interaction("shop", "not-asked")]);

    let uploaded = app.upload(&[run(1), message, down]).await.is(201);

    assert_eq!(uploaded.at("/results"), json!({"passed": 1, "failed": 0, "notJudged": 0, "notAsked": 1}));
    let shown = app.get(&run_at(1)).await.is(200);
    assert_eq!(shown.at("/_embedded/exchanges/0/request"), Value::Null);
    assert_eq!(shown.at("/_embedded/exchanges/1/status"), Value::Null);
    assert_eq!(app.get(&format!("{}/exchanges/2", run_at(1))).await.is(200).at("/response"), Value::Null);
}

#[tokio::test]
async fn exchanges_are_listed_by_result_consumer_and_contract_a_page_at_a_time() {
    let app = start().await;
    let (sha, _) = contract(&app).await;
    let mut lines = vec![run(1)];
    for (sequence, consumer, result) in
        [(1, "shop", "passed"), (2, "shop", "failed"), (4, "site", "failed"), (7, "site", "not-judged")]
    {
        let mut asked = exchange(sequence, "/pen", PEN);
        asked["interactions"] = json!([interaction(consumer, result)]);
        if sequence == 2 {
            asked["interactions"][0]["contract"] = sha.as_str().into();
        }
        lines.push(asked);
    }
    app.upload(&lines).await.is(201);
    let listed = async |query: &str| sequences(&app.get(&format!("{}{query}", run_at(1))).await.is(200));

    assert_eq!(listed("").await, [1, 2, 4, 7]);
    assert_eq!(listed("?result=failed").await, [2, 4]);
    assert_eq!(listed("?consumer=site").await, [4, 7]);
    assert_eq!(listed("?consumer=shop&result=failed").await, [2]);
    assert_eq!(listed(&format!("?contract={sha}")).await, [2]);
    let first = app.get(&format!("{}?result=failed&size=1", run_at(1))).await.is(200);
    let second = app.get(&first.link("next")).await.is(200);
    assert_eq!((sequences(&first), sequences(&second)), (vec![2], vec![4]));
    for query in ["?result=bad", "?after=x", "?size=0"] {
        app.get(&format!("{}{query}", run_at(1))).await.is(400);
    }
}

#[tokio::test]
async fn browsers_are_shown_evidence_as_pages() {
    let app = start().await;
    app.upload(&[run(1), exchange(1, "/pen", "<script>alert(1)</script>")]).await.is(201);

    for address in [RUNS.to_owned(), run_at(1), format!("{}/exchanges/1", run_at(1))] {
        let page = app.raw(
            axum::extract::Request::get(&address)
                .header("host", "pactolus.test")
                .header("accept", "text/html")
                .body(axum::body::Body::empty())
                .unwrap(),
        );
        let page = page.await.is(200);
        assert_eq!(page.header("content-type").as_deref(), Some("text/html;charset=utf-8"), "{address}");
        assert!(page.text().contains("pb:pacticipant-version"), "{page:?}");
        assert!(!page.text().contains("<script>alert"), "{page:?}");
    }
}
