//! Pacts for verification: what a provider build is to verify, and why.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

const ADDRESS: &str = "/pacts/provider/stock/for-verification";

/// Version, short description and pending state of each pact, in order.
fn told(answer: &Answer) -> Vec<String> {
    let pacts = answer.at("/_embedded/pacts");
    let told = pacts.as_array().expect("pacts").iter().map(|pact| {
        let name = pact["_links"]["self"]["name"].as_str().expect("a name");
        let name = name.strip_prefix("Pact between ").and_then(|name| name.strip_suffix(" and stock")).expect("a form");
        let why = pact["shortDescription"].as_str().expect("a description");
        match &pact["verificationProperties"]["pending"] {
            Value::Bool(true) => format!("{name}: {why}, pending"),
            _ => format!("{name}: {why}"),
        }
    });
    told.collect()
}

async fn select(app: &TestApp, selectors: Value) -> Vec<String> {
    let body = json!({"consumerVersionSelectors": selectors, "includePendingStatus": false});
    told(&app.post(ADDRESS, &body).await.is(200))
}

async fn select_with(app: &TestApp, body: Value) -> Vec<String> {
    told(&app.post(ADDRESS, &body).await.is(200))
}

/// Two consumers with several versions each; `stock` provides.
async fn a_world() -> TestApp {
    let app = TestApp::start().await;
    let world = app.world();
    world.environment("test").await;
    world.environment("production").await;
    let shop = world.consumer("shop");
    shop.version("1").branch("main").tag("prod").contract_with("stock", &["one"]).await;
    shop.version("2").branch("main").tag("prod").contract_with("stock", &["two"]).await;
    shop.version("3").branch("main").contract_with("stock", &["three"]).await;
    shop.version("4").branch("feat/x").tag("dev").contract_with("stock", &["four"]).await;
    let basket = world.consumer("basket");
    basket.version("7").branch("master").contract_with("stock", &["seven"]).await;
    basket.version("8").branch("next").contract_with("stock", &["eight"]).await;
    world.deployed("shop", "1", "production").await;
    world.deployed("shop", "2", "test").await;
    world.released("basket", "7", "production").await;
    app
}

#[tokio::test]
async fn main_branch() {
    let app = a_world().await;

    let told = select(&app, json!([{"mainBranch": true}])).await;

    assert_eq!(told, ["basket (7): latest from main branch", "shop (3): latest from main branch"]);
}

#[tokio::test]
async fn branch() {
    let app = a_world().await;

    assert_eq!(select(&app, json!([{"branch": "feat/x"}])).await, ["shop (4): latest from branch feat/x"]);
    assert_eq!(select(&app, json!([{"branch": "nobody's"}])).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_branch_falls_back_for_consumers_that_do_not_have_it() {
    let app = a_world().await;

    let told = select(&app, json!([{"branch": "next", "fallbackBranch": "main"}])).await;

    assert_snapshot!(told.join("\n"), @r"
    basket (8): latest from branch next
    shop (3): latest from branch main
    ");
}

#[tokio::test]
async fn deployed_or_released() {
    let app = a_world().await;

    let told = select(&app, json!([{"deployedOrReleased": true}])).await;

    assert_snapshot!(told.join("\n"), @r"
    basket (7): released in production
    shop (1): deployed to production
    shop (2): deployed to test
    ");
}

#[tokio::test]
async fn deployed() {
    let app = a_world().await;

    assert_snapshot!(select(&app, json!([{"deployed": true}])).await.join("\n"), @r"
    shop (1): deployed to production
    shop (2): deployed to test
    ");
    assert_snapshot!(select(&app, json!([{"deployed": true, "environment": "test"}])).await.join("\n"), @"shop (2): deployed to test");
}

#[tokio::test]
async fn released() {
    let app = a_world().await;

    assert_snapshot!(select(&app, json!([{"released": true}])).await.join("\n"), @"basket (7): released in production");
}

#[tokio::test]
async fn environment() {
    let app = a_world().await;

    assert_snapshot!(select(&app, json!([{"environment": "production"}])).await.join("\n"), @r"
    basket (7): deployed or released in production
    shop (1): deployed or released in production
    ");
}

#[tokio::test]
async fn an_environment_that_does_not_exist_is_refused() {
    let app = a_world().await;

    let body = json!({"consumerVersionSelectors": [{"environment": "moon"}]});
    let refused = app.post(ADDRESS, &body).await.is(400);

    assert_snapshot!(refused.shown(), @r#"
    {
      "errors": {
        "consumerVersionSelectors": [
          "environment with name 'moon' does not exist (at index 0)"
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn a_deployment_that_ended_is_not_selected() {
    let app = a_world().await;
    let deployed = app.world().deployed("shop", "3", "test").await.link("self");

    assert_snapshot!(select(&app, json!([{"environment": "test"}])).await.join("\n"), @"shop (3): deployed or released in test");
    app.patch(&deployed, &json!({"currentlyDeployed": false})).await.is(200);
    assert_eq!(select(&app, json!([{"environment": "test"}])).await, Vec::<String>::new());
}

#[tokio::test]
async fn matching_branch() {
    let app = a_world().await;

    let body = json!({"consumerVersionSelectors": [{"matchingBranch": true}], "providerVersionBranch": "feat/x"});
    let told = select_with(&app, body).await;

    assert_eq!(told, ["shop (4): latest from branch feat/x, pending"]);
}

#[tokio::test]
async fn latest() {
    let app = a_world().await;

    let told = select(&app, json!([{"latest": true}])).await;

    assert_eq!(told, ["basket (8): latest", "shop (4): latest"]);
}

#[tokio::test]
async fn tags_latest_and_all() {
    let app = a_world().await;

    assert_snapshot!(select(&app, json!([{"tag": "prod", "latest": true}])).await.join("\n"), @"shop (2): latest with tag prod");
    assert_snapshot!(select(&app, json!([{"tag": "prod"}])).await.join("\n"), @r"
    shop (1): one of prod
    shop (2): one of prod
    ");
    let fallback = json!([{"tag": "dev", "latest": true, "fallbackTag": "prod"}]);
    assert_snapshot!(select(&app, fallback).await.join("\n"), @"shop (4): latest with tag dev");
}

#[tokio::test]
async fn a_selector_may_be_limited_to_a_consumer() {
    let app = a_world().await;

    let told = select(&app, json!([{"latest": true, "consumer": "basket"}])).await;

    assert_eq!(told, ["basket (8): latest"]);
}

#[tokio::test]
async fn without_selectors_the_main_branch_and_what_is_deployed_or_released_count() {
    let app = a_world().await;

    assert_snapshot!(select(&app, json!([])).await.join("\n"), @r"
    basket (7): released in production, latest from main branch
    shop (1): deployed to production
    shop (2): deployed to test
    shop (3): latest from main branch
    ");
}

#[tokio::test]
async fn equal_content_is_verified_once_for_all_its_reasons() {
    let app = a_world().await;
    app.world().consumer("shop").version("5").branch("main").contract_with("stock", &["one"]).await;

    let told = select(&app, json!([{"mainBranch": true}, {"environment": "production"}])).await;

    assert_snapshot!(told.join("\n"), @r"
    basket (7): deployed or released in production, latest from main branch
    shop (5): deployed or released in production, latest from main branch
    ");
}

#[tokio::test]
async fn a_contract_is_pending_until_the_providers_branch_has_verified_it() {
    let app = a_world().await;
    let wanted = json!({"consumerVersionSelectors": [{"mainBranch": true, "consumer": "shop"}],
        "providerVersionBranch": "main", "includePendingStatus": true});

    assert_eq!(select_with(&app, wanted.clone()).await, ["shop (3): latest from main branch, pending"]);
    app.world().provider("stock").version("40").branch("main").fails("shop", "3").await;
    assert_eq!(select_with(&app, wanted.clone()).await, ["shop (3): latest from main branch, pending"]);
    app.world().provider("stock").version("41").branch("main").verifies("shop", "3").await;
    assert_eq!(select_with(&app, wanted.clone()).await, ["shop (3): latest from main branch"]);
    app.world().provider("stock").version("42").branch("main").fails("shop", "3").await;
    assert_eq!(select_with(&app, wanted).await, ["shop (3): latest from main branch"]);
}

#[tokio::test]
async fn an_answer_says_why_and_what_follows() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").branch("main").contract_with("stock", &["one"]).await;

    let body = json!({"consumerVersionSelectors": [{"mainBranch": true}], "providerVersionBranch": "main",
        "includePendingStatus": true});
    let answer = app.post(ADDRESS, &body).await.is(200);

    assert_snapshot!(answer.shown(), @r#"
    {
      "_embedded": {
        "pacts": [
          {
            "shortDescription": "latest from main branch",
            "verificationProperties": {
              "pending": true,
              "notices": [
                {
                  "when": "before_verification",
                  "text": "The pact at http://pactolus.test/pacts/provider/stock/consumer/shop/pact-version/5455eb16655ff8d5c1a6bdf757b36bb5696f7b44 is being verified because the pact content belongs to the consumer version matching the following criterion:\n    * latest version from the main branch 'main' (1)"
                },
                {
                  "when": "before_verification",
                  "text": "This pact is in pending state for this version of stock because a successful verification result for a version of stock from branch 'main' has not yet been published. If this verification fails, it will not cause the overall build to fail. Read more at https://docs.pact.io/go/pending"
                },
                {
                  "when": "after_verification:success_true_published_false",
                  "text": "This pact is still in pending state for any version of stock from branch 'main' as the successful verification results have not yet been published."
                },
                {
                  "when": "after_verification:success_false_published_false",
                  "text": "This pact is still in pending state for any version of stock from branch 'main' as a successful verification result has not yet been published"
                },
                {
                  "when": "after_verification:success_true_published_true",
                  "text": "This pact is no longer in pending state for any version of stock from branch 'main', as a successful verification result has been published. If a verification for a version of stock fails in the future, it will fail the build. Read more at https://docs.pact.io/go/pending"
                },
                {
                  "when": "after_verification:success_false_published_true",
                  "text": "This pact is still in pending state for any version of stock from branch 'main' as a successful verification result has not yet been published"
                }
              ]
            },
            "_links": {
              "self": {
                "name": "Pact between shop (1) and stock",
                "href": "http://pactolus.test/pacts/provider/stock/consumer/shop/pact-version/5455eb16655ff8d5c1a6bdf757b36bb5696f7b44/metadata/cyU1QiU1RCU1QmN2biU1RD0xJnMlNUIlNUQlNUJiJTVEPW1haW4mcyU1QiU1RCU1QmwlNUQ9dHJ1ZSZwPXRydWU"
              }
            }
          }
        ]
      },
      "_links": {
        "self": {
          "title": "Pacts to be verified",
          "href": "http://pactolus.test/pacts/provider/stock/for-verification"
        }
      }
    }
    "#);
}

#[tokio::test]
async fn the_link_of_a_pact_carries_its_metadata_to_the_result() {
    let app = a_world().await;
    let body = json!({"consumerVersionSelectors": [{"environment": "production"}, {"latest": true}]});
    let answer = app.post(ADDRESS, &body).await.is(200);

    for pact in answer.at("/_embedded/pacts").as_array().unwrap() {
        let link = pact["_links"]["self"]["href"].as_str().unwrap();
        let served = app.get(link).await.is(200);
        assert_eq!(served.link("pb:publish-verification-results"), format!("{link}/verification-results"));
    }
}

#[tokio::test]
async fn a_consumer_limited_selector_does_not_hide_another_one() {
    let app = a_world().await;

    let told = select(&app, json!([{"latest": true, "consumer": "shop"}, {"mainBranch": true}])).await;

    assert_eq!(told, ["basket (7): latest from main branch", "shop (3): latest from main branch", "shop (4): latest"]);
}

#[tokio::test]
async fn old_clients_get_the_default_selection_and_are_told_so() {
    let app = a_world().await;

    let answer = app.get(ADDRESS).await.is(200);

    assert_eq!(answer.at("/_embedded/pacts").as_array().map(Vec::len), Some(4));
    let notice = answer.text_at("/_embedded/pacts/0/verificationProperties/notices/0/text");
    assert!(notice.contains("beta"), "{notice}");
}

#[tokio::test]
async fn an_unknown_provider_is_not_found() {
    let app = TestApp::start().await;

    app.post("/pacts/provider/nobody/for-verification", &json!({})).await.is(404);
}

#[tokio::test]
async fn selectors_that_say_nothing_or_contradict_are_refused() {
    let app = a_world().await;

    for selector in [json!({"tag": 7}), json!({"branch": ""}), json!(null), json!("main"), json!({"latest": "x"})] {
        let body = json!({"consumerVersionSelectors": [selector]});
        let answer = app.post(ADDRESS, &body).await;
        assert_eq!(answer.status, 400, "{body}: {answer:?}");
    }
    app.post(ADDRESS, &json!({"consumerVersionSelectors": {}})).await.is(400);
}

async fn in_progress(app: &TestApp, branch: &str, since: &str) -> Vec<String> {
    let body = json!({
        "consumerVersionSelectors": [{"mainBranch": true}],
        "providerVersionBranch": branch,
        "includePendingStatus": true,
        "includeWipPactsSince": since,
    });
    let answer = app.post("/pacts/provider/stock/for-verification", &body).await.is(200);
    let pacts = answer.at("/_embedded/pacts");
    let in_progress = pacts.as_array().expect("a list").iter().filter(|pact| {
        let properties = &pact["verificationProperties"];
        assert!(properties["wip"].is_null() || properties["pending"] == json!(true), "{pact}");
        properties["wip"] == json!(true)
    });
    in_progress.map(|pact| pact["_links"]["self"]["name"].as_str().expect("a name").to_string()).collect()
}

#[tokio::test]
async fn what_is_new_on_a_branch_is_in_progress_until_it_was_asked_for_and_verified() {
    let app = TestApp::start().await;
    let world = app.world();
    world.consumer("shop").version("1").branch("main").contract_with("stock", &["a"]).await;
    world.consumer("shop").version("2").branch("feat").contract_with("stock", &["a", "b"]).await;

    assert_eq!(in_progress(&app, "main", "2020-01-01").await, ["Pact between shop (2) and stock"]);
    assert!(in_progress(&app, "main", "2030-01-01").await.is_empty(), "it was published before");

    // A result for it as work in progress is none that was asked for: it stays.
    let body = json!({"providerVersionBranch": "main", "includeWipPactsSince": "2020-01-01", "includePendingStatus": true,
                      "consumerVersionSelectors": [{"mainBranch": true}]});
    let listed = app.post("/pacts/provider/stock/for-verification", &body).await.is(200);
    let pact = app.get(&listed.text_at("/_embedded/pacts/1/_links/self/href")).await.is(200);
    app.put("/pacticipants/stock/branches/main/versions/40", &json!({})).await.is(201);
    let result = json!({"success": true, "providerApplicationVersion": "40"});
    app.post(&pact.link("pb:publish-verification-results"), &result).await.is(201);
    assert_eq!(in_progress(&app, "main", "2020-01-01").await, ["Pact between shop (2) and stock"]);

    world.provider("stock").version("41").branch("main").verifies("shop", "2").await;
    assert!(in_progress(&app, "main", "2020-01-01").await.is_empty(), "it was verified on its own merits");
}

#[tokio::test]
async fn old_clients_choose_by_the_query() {
    let app = TestApp::start().await;
    let shop = app.world().consumer("shop");
    shop.version("1").tag("prod").contract_with("stock", &["a"]).await;
    shop.version("2").tag("prod").contract_with("stock", &["b"]).await;
    shop.version("3").tag("dev").contract_with("stock", &["c"]).await;
    let names = async |query: &str| {
        let listed = app.get(&format!("/pacts/provider/stock/for-verification?{query}")).await.is(200);
        let pacts = listed.at("/_embedded/pacts");
        let names = pacts.as_array().expect("a list").iter().map(|pact| pact["_links"]["self"]["name"].clone());
        names.map(|name| name.as_str().expect("a name").to_string()).collect::<Vec<_>>()
    };
    let [one, two, three] = [1, 2, 3].map(|version| format!("Pact between shop ({version}) and stock"));

    let tag = "consumer_version_selectors[][tag]";
    let latest = "consumer_version_selectors[][latest]";
    assert_eq!(names(&format!("{tag}=prod&{latest}=true")).await, [two.as_str()]);
    assert_eq!(names(&format!("{tag}=prod")).await, [one.as_str(), &two]);
    assert_eq!(names(&format!("{tag}=prod&{latest}=true&{tag}=dev&{latest}=true")).await, [two.as_str(), &three]);
    let fallback = format!("{tag}=x&{latest}=true&consumer_version_selectors[][fallback_tag]=dev");
    assert_eq!(names(&fallback).await, [three.as_str()]);
    assert!(names(&format!("{tag}=prod&consumer_version_selectors[][consumer]=basket")).await.is_empty());
    let firm = format!("{tag}=dev&include_pending_status=false");
    let firm = app.get(&format!("/pacts/provider/stock/for-verification?{firm}")).await.is(200);
    assert_eq!(firm.at("/_embedded/pacts/0/verificationProperties/pending"), Value::Null);
}

#[tokio::test]
async fn what_is_wrong_with_a_query_of_an_old_client_is_told() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;

    let address = "/pacts/provider/stock/for-verification";
    let tagless = app.get(&format!("{address}?consumer_version_selectors[][latest]=true")).await.is(400);
    assert_eq!(tagless.at("/errors"), json!({"consumer_version_selectors": ["tag is missing (at index 0)"]}));
    let odd = app.get(&format!("{address}?include_pending_status=maybe")).await.is(400);
    assert_eq!(odd.at("/errors"), json!({"include_pending_status": ["must be one of: true, false"]}));
}
