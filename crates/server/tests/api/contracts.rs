//! Single contracts, put and fetched as verifiers fetch them.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{BASE, TestApp, pact, path_of};

const VERSION_1: &str = "/pacts/provider/stock/consumer/shop/version/1";

/// As somebody wrote it by hand: order, blanks, numbers and unknown keys are to stay.
const BY_HAND: &str = r#"{
  "provider": {"name": "stock"},   "consumer": {"name": "shop"},
  "zoo": [1.10, 1e2, -0, 12345678901234567890123456789.5],
  "interactions": [ {"request": {"path": "/a", "method": "get"}, "description": "a widget",
     "response": {"body": {"price": 1.0, "z": 1, "a": 2}, "status": 200}} ],
  "metadata": {"pactSpecification": {"version": "2.0.0"}}
}"#;

#[tokio::test]
async fn a_pact_is_put_and_served_with_ids_and_links() {
    let app = TestApp::start().await;

    let created = app.put(VERSION_1, &pact("shop", "stock", &["a widget"])).await.is(201);

    assert_snapshot!(created.shown(), @r#"
    {
      "consumer": {
        "name": "shop"
      },
      "provider": {
        "name": "stock"
      },
      "interactions": [
        {
          "_id": "b11069c29e59adbf2bc5d5c75110ae46e3ad2e35",
          "description": "a widget",
          "request": {
            "method": "GET",
            "path": "/a-widget"
          },
          "response": {
            "status": 200
          }
        }
      ],
      "metadata": {
        "pactSpecification": {
          "version": "2.0.0"
        }
      },
      "createdAt": "2026-11-22T06:48:46+00:00",
      "_links": {
        "self": {
          "title": "Pact",
          "name": "Pact between shop (1) and stock",
          "href": "http://pactolus.test/pacts/provider/stock/consumer/shop/version/1"
        },
        "pb:consumer": {
          "title": "Consumer",
          "name": "shop",
          "href": "http://pactolus.test/pacticipants/shop"
        },
        "pb:consumer-version": {
          "title": "Consumer version",
          "name": "1",
          "href": "http://pactolus.test/pacticipants/shop/versions/1"
        },
        "pb:provider": {
          "title": "Provider",
          "name": "stock",
          "href": "http://pactolus.test/pacticipants/stock"
        },
        "pb:pact-version": {
          "title": "Pact content version permalink",
          "name": "f1e0a71c971cf619e8c58c7c82638d727b402abf",
          "href": "http://pactolus.test/pacts/provider/stock/consumer/shop/pact-version/f1e0a71c971cf619e8c58c7c82638d727b402abf"
        },
        "pb:latest-pact-version": {
          "title": "Latest version of this pact",
          "href": "http://pactolus.test/pacts/provider/stock/consumer/shop/latest"
        },
        "pb:all-pact-versions": {
          "title": "All versions of this pact",
          "href": "http://pactolus.test/pacts/provider/stock/consumer/shop/versions"
        },
        "pb:latest-untagged-pact-version": {
          "title": "Latest untagged version of this pact",
          "href": "http://pactolus.test/pacts/provider/stock/consumer/shop/latest-untagged"
        },
        "pb:latest-tagged-pact-version": {
          "title": "Latest tagged version of this pact",
          "href": "http://pactolus.test/pacts/provider/stock/consumer/shop/latest/{tag}",
          "templated": true
        },
        "pb:previous-distinct": {
          "title": "Previous distinct version of this pact",
          "href": "http://pactolus.test/pacts/provider/stock/consumer/shop/version/1/previous-distinct"
        },
        "pb:diff-previous-distinct": {
          "title": "Diff with previous distinct version of this pact",
          "href": "http://pactolus.test/pacts/provider/stock/consumer/shop/version/1/diff/previous-distinct"
        },
        "pb:diff": {
          "title": "Diff with another specified version of this pact",
          "href": "http://pactolus.test/pacts/provider/stock/consumer/shop/pact-version/f1e0a71c971cf619e8c58c7c82638d727b402abf/diff/pact-version/{pactVersion}",
          "templated": true
        },
        "pb:pact-webhooks": {
          "title": "Webhooks for the pact between shop and stock",
          "href": "http://pactolus.test/webhooks/provider/stock/consumer/shop"
        },
        "pb:consumer-webhooks": {
          "title": "Webhooks for all pacts with consumer shop",
          "href": "http://pactolus.test/webhooks/consumer/shop"
        },
        "pb:tag-prod-version": {
          "title": "PUT to this resource to tag this consumer version as 'production'",
          "href": "http://pactolus.test/pacticipants/shop/versions/1/tags/prod"
        },
        "pb:tag-version": {
          "title": "PUT to this resource to tag this consumer version",
          "href": "http://pactolus.test/pacticipants/shop/versions/1/tags/{tag}"
        },
        "pb:publish-verification-results": {
          "title": "Publish verification results",
          "href": "http://pactolus.test/pacts/provider/stock/consumer/shop/pact-version/f1e0a71c971cf619e8c58c7c82638d727b402abf/verification-results"
        },
        "pb:latest-verification-results": {
          "href": "http://pactolus.test/pacts/provider/stock/consumer/shop/pact-version/f1e0a71c971cf619e8c58c7c82638d727b402abf/verification-results/latest"
        },
        "pb:triggered-webhooks": {
          "title": "Webhooks triggered by the publication of this pact",
          "href": "http://pactolus.test/pacts/provider/stock/consumer/shop/version/1/triggered-webhooks"
        },
        "pb:matrix-for-consumer-version": {
          "title": "View matrix rows for the consumer version to which this pact belongs",
          "href": "http://pactolus.test/matrix?q%5B%5D%5Bpacticipant%5D=shop&q%5B%5D%5Bversion%5D=1&latestby=cvpv"
        },
        "curies": [
          {
            "name": "pb",
            "href": "http://pactolus.test/doc/{rel}?context=pact",
            "templated": true
          }
        ]
      }
    }
    "#);
    let served = app.get(VERSION_1).await.is(200);
    assert_eq!(served.body, created.body);
}

#[tokio::test]
async fn putting_the_same_again_is_200_and_other_content_409() {
    let app = TestApp::start().await;
    app.put(VERSION_1, &pact("shop", "stock", &["a widget"])).await.is(201);

    app.put(VERSION_1, &pact("shop", "stock", &["a widget"])).await.is(200);
    app.put(VERSION_1, &pact("shop", "stock", &["another"])).await.is(409);
}

#[tokio::test]
async fn the_bytes_of_a_contract_are_kept() {
    let app = TestApp::start().await;

    app.put_text(VERSION_1, BY_HAND).await.is(201);

    let served = app.get(VERSION_1).await.is(200).text();
    assert!(
        served.contains("[1.10, 1e2, -0, 12345678901234567890123456789.5]")
            || served.contains("[1.10,1e2,-0,12345678901234567890123456789.5]"),
        "{served}"
    );
    assert!(served.contains(r#""price": 1.0"#) || served.contains(r#""price":1.0"#), "{served}");
    let stored: String = sqlx::query_scalar("select content from contract_content").fetch_one(&app.db).await.unwrap();
    assert_eq!(stored, BY_HAND);
}

#[tokio::test]
async fn a_pact_under_other_names_than_its_address_is_refused() {
    let app = TestApp::start().await;

    let refused = app.put(VERSION_1, &pact("basket", "store", &["a"])).await.is(400);

    assert_snapshot!(refused.shown(), @r#"
    {
      "errors": {
        "consumer.name": [
          "name in pact 'basket' does not match name in URL path 'shop'."
        ],
        "provider.name": [
          "name in pact 'store' does not match name in URL path 'stock'."
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn every_interaction_has_an_id() {
    let app = TestApp::start().await;
    app.put(VERSION_1, &pact("shop", "stock", &["a", "b"])).await.is(201);

    let served = app.get(VERSION_1).await.is(200);

    for index in 0..2 {
        let id = served.text_at(&format!("/interactions/{index}/_id"));
        assert!(id.len() == 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    }
    assert_ne!(served.at("/interactions/0/_id"), served.at("/interactions/1/_id"));
}

#[tokio::test]
async fn a_pact_is_served_as_plain_json_to_those_who_ask_for_that() {
    let app = TestApp::start().await;
    app.put(VERSION_1, &pact("shop", "stock", &["a"])).await.is(201);

    let hal = app.get_as(VERSION_1, "application/hal+json, application/json").await.is(200);
    let json = app.get_as(VERSION_1, "application/json").await.is(200);

    assert_eq!(hal.header("content-type").unwrap(), "application/hal+json;charset=utf-8");
    assert_eq!(json.header("content-type").unwrap(), "application/json;charset=utf-8");
    assert_eq!(hal.body, json.body);
    app.get_as(VERSION_1, "text/css").await.is(406);
}

#[tokio::test]
async fn the_old_address_of_a_version_is_served_too() {
    let app = TestApp::start().await;
    let old = "/pacts/provider/stock/consumer/shop/versions/1";

    app.put(old, &pact("shop", "stock", &["a"])).await.is(201);

    assert_eq!(app.get(old).await.is(200).link("self"), format!("{BASE}{VERSION_1}"));
}

#[tokio::test]
async fn the_latest_the_tagged_and_the_one_of_a_branch_are_found() {
    let app = TestApp::start().await;
    let shop = app.world().consumer("shop");
    shop.version("1").branch("main").tag("prod").contract_with("stock", &["one"]).await;
    shop.version("2").branch("main").contract_with("stock", &["two"]).await;
    shop.version("3").branch("feat/x").contract_with("stock", &["three"]).await;
    let pair = "/pacts/provider/stock/consumer/shop";

    for (address, version) in
        [("latest", "3"), ("latest/prod", "1"), ("branch/main/latest", "2"), ("branch/feat%2Fx/latest", "3")]
    {
        let found = app.get(&format!("{pair}/{address}")).await.is(200);
        assert_eq!(found.header("x-pact-consumer-version").as_deref(), Some(version), "{address}");
        assert_eq!(found.link("self"), format!("{BASE}{pair}/version/{version}"), "{address}");
    }
    app.get(&format!("{pair}/latest/none")).await.is(404);
    app.get(&format!("{pair}/branch/none/latest")).await.is(404);
}

#[tokio::test]
async fn a_result_for_a_contract_fetched_by_tag_reaches_the_version_it_was_fetched_as() {
    let app = TestApp::start().await;
    let shop = app.world().consumer("shop");
    shop.version("1").tag("prod").contract_with("stock", &["one"]).await;
    shop.version("2").contract_with("stock", &["one"]).await;

    let fetched = app.get("/pacts/provider/stock/consumer/shop/latest/prod").await.is(200);

    let link = fetched.link("pb:publish-verification-results");
    let metadata = link.split("/metadata/").nth(1).and_then(|rest| rest.split('/').next()).unwrap();
    let content = fetched.link("pb:pact-version");
    let served = app.get(&format!("{content}/metadata/{metadata}")).await.is(200);
    assert_eq!(served.link("self"), format!("{BASE}{VERSION_1}"));
    assert_eq!(served.link("pb:publish-verification-results"), link);
}

#[tokio::test]
async fn content_is_found_by_its_sha() {
    let app = TestApp::start().await;
    app.put(VERSION_1, &pact("shop", "stock", &["a"])).await.is(201);
    let content = app.get(VERSION_1).await.link("pb:pact-version");

    app.get(&content).await.is(200);

    let (prefix, _) = content.rsplit_once('/').unwrap();
    app.get(&format!("{prefix}/{}", "0".repeat(40))).await.is(404);
    app.get(&format!("{prefix}/nonsense")).await.is(404);
}

#[tokio::test]
async fn a_contract_links_the_versions_that_it_was_fetched_for() {
    let app = TestApp::start().await;
    let shop = app.world().consumer("shop");
    shop.version("1").tag("prod").contract_with("stock", &["a"]).await;
    shop.version("2").branch("main").contract_with("stock", &["a"]).await;
    let selectors = json!({"consumerVersionSelectors": [{"tag": "prod", "latest": true}, {"branch": "main"}]});
    let listed = app.post("/pacts/provider/stock/for-verification", &selectors).await.is(200);

    let fetched = app.get(&listed.text_at("/_embedded/pacts/0/_links/self/href")).await.is(200);

    let versions = fetched.at("/_links/pb:consumer-versions");
    let mut numbers: Vec<&str> =
        versions.as_array().expect("a list").iter().filter_map(|link| link["name"].as_str()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, ["1", "2"]);
    let permalink = app.get(&fetched.link("pb:pact-version")).await.is(200);
    assert_eq!(permalink.at("/_links/pb:consumer-versions"), Value::Null);
}

#[tokio::test]
async fn broken_metadata_is_left_aside() {
    let app = TestApp::start().await;
    app.put(VERSION_1, &pact("shop", "stock", &["a"])).await.is(201);
    let content = app.get(VERSION_1).await.link("pb:pact-version");

    for metadata in ["x", "%F0%9F%98%80", "Y3ZuW109", "%25%32"] {
        app.get(&format!("{content}/metadata/{metadata}")).await.is(200);
    }
}

#[tokio::test]
async fn the_same_content_under_two_versions_is_one_content() {
    let app = TestApp::start().await;
    let shop = app.world().consumer("shop");
    shop.version("1").contract_with("stock", &["a"]).await;
    shop.version("2").contract_with("stock", &["a"]).await;

    let first = app.get("/pacts/provider/stock/consumer/shop/version/1").await.link("pb:pact-version");
    let second = app.get("/pacts/provider/stock/consumer/shop/version/2").await.link("pb:pact-version");

    assert_eq!(first, second);
}

#[tokio::test]
async fn the_latest_contracts_of_a_provider_are_listed() {
    let app = TestApp::start().await;
    let world = app.world();
    world.consumer("shop").version("1").tag("prod").contract_with("stock", &["a"]).await;
    world.consumer("shop").version("2").contract_with("stock", &["b"]).await;
    world.consumer("basket").version("9").contract_with("stock", &["c"]).await;

    let names = |listed: &Value| {
        let names = listed.as_array().unwrap().iter().map(|link| link["title"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };

    let latest = app.get("/pacts/provider/stock/latest").await.is(200);
    assert_eq!(
        names(&latest.at("/_links/pb:pacts")),
        ["Pact between basket (9) and stock", "Pact between shop (2) and stock"]
    );
    let tagged = app.get("/pacts/provider/stock/latest/prod").await.is(200);
    assert_eq!(names(&tagged.at("/_links/pb:pacts")), ["Pact between shop (1) and stock"]);
    let all = app.get("/pacts/latest").await.is(200);
    assert_eq!(all.at("/pacts").as_array().map(Vec::len), Some(2));
    app.get("/pacts/provider/nobody/latest").await.is(404);
}

#[tokio::test]
async fn every_link_of_a_contract_leads_somewhere() {
    let app = TestApp::start().await;
    let world = app.world();
    world.consumer("shop").version("0").contract_with("stock", &["before"]).await;
    world.consumer("shop").version("1").branch("main").tag("prod").contract_with("stock", &["a"]).await;
    world.provider("stock").version("40").verifies("shop", "1").await;

    let served = app.get(VERSION_1).await.is(200).json();
    let sha = served["_links"]["pb:pact-version"]["name"].as_str().unwrap();

    for (relation, link) in served["_links"].as_object().unwrap() {
        let Some(href) = link["href"].as_str() else { continue };
        let href = href.replace("{tag}", "prod").replace("{pactVersion}", sha);
        // Results are posted there, not read.
        let expected = if relation == "pb:publish-verification-results" { 405 } else { 200 };
        let answer = app.get(&href).await;
        assert_eq!(answer.status, expected, "{relation}: {answer:?}");
    }
}

#[tokio::test]
async fn a_pact_without_names_or_interactions_is_taken_as_it_is() {
    let app = TestApp::start().await;

    app.put(VERSION_1, &json!({})).await.is(201);

    app.get(VERSION_1).await.is(200);
}

#[tokio::test]
async fn unknown_names_are_not_found() {
    let app = TestApp::start().await;
    app.put(VERSION_1, &pact("shop", "stock", &["a"])).await.is(201);

    for (provider, consumer, version) in [("nobody", "shop", "1"), ("stock", "nobody", "1"), ("stock", "shop", "2")] {
        let address = path_of(&["pacts", "provider", provider, "consumer", consumer, "version", version]);
        app.get(&address).await.is(404);
    }
}
