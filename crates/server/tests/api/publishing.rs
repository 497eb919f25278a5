//! `POST /contracts/publish`: what consumer builds call.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, pact, path_of};

fn notices(answer: &Answer) -> String {
    let notices = answer.at("/notices");
    let lines = notices.as_array().expect("notices").iter().map(|notice| {
        let (kind, text) = (notice["type"].as_str().unwrap_or("?"), notice["text"].as_str().unwrap_or("?"));
        format!("{kind}: {text}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

async fn main_branch(app: &TestApp, name: &str) -> Value {
    app.get(&path_of(&["pacticipants", name])).await.is(200).at("/mainBranch")
}

async fn branches(app: &TestApp, name: &str) -> Vec<String> {
    let listed = app.get(&path_of(&["pacticipants", name, "branches"])).await.is(200).at("/_embedded/branches");
    let names = listed.as_array().expect("a list").iter().map(|branch| branch["name"].as_str().expect("a name").into());
    names.collect()
}

#[tokio::test]
async fn a_new_contract_is_published_with_all_that_it_needs() {
    let app = TestApp::start().await;
    let shop = app.world().consumer("shop").version("1").branch("main").tag("dev").build_url("https://ci/1");

    let published = shop.contract_with("stock", &["a widget"]).await;

    assert_snapshot!(published.shown(), @r#"
    {
      "logs": [
        {
          "level": "debug",
          "message": "Created shop version 1 with branch main and tags dev",
          "deprecationWarning": "Replaced by notices"
        },
        {
          "level": "success",
          "message": "Pact successfully published for shop version 1 and provider stock.",
          "deprecationWarning": "Replaced by notices"
        },
        {
          "level": "debug",
          "message": "  View the published pact at http://pactolus.test/pacts/provider/stock/consumer/shop/version/1",
          "deprecationWarning": "Replaced by notices"
        },
        {
          "level": "debug",
          "message": "  Events detected: contract_published, contract_content_changed (first time any pact published for this consumer with consumer version tagged dev, first time any pact published for this consumer on branch main)",
          "deprecationWarning": "Replaced by notices"
        },
        {
          "level": "prompt",
          "message": "  Next steps:",
          "deprecationWarning": "Replaced by notices"
        },
        {
          "level": "prompt",
          "message": "    * Add Pact verification tests to the stock build. See https://docs.pact.io/go/provider_verification",
          "deprecationWarning": "Replaced by notices"
        },
        {
          "level": "prompt",
          "message": "    * Configure separate stock pact verification build and webhook to trigger it when the pact content changes. See https://docs.pact.io/go/webhooks",
          "deprecationWarning": "Replaced by notices"
        }
      ],
      "notices": [
        {
          "type": "debug",
          "text": "Created shop version 1 with branch main and tags dev"
        },
        {
          "type": "success",
          "text": "Pact successfully published for shop version 1 and provider stock."
        },
        {
          "type": "debug",
          "text": "  View the published pact at http://pactolus.test/pacts/provider/stock/consumer/shop/version/1"
        },
        {
          "type": "debug",
          "text": "  Events detected: contract_published, contract_content_changed (first time any pact published for this consumer with consumer version tagged dev, first time any pact published for this consumer on branch main)"
        },
        {
          "type": "prompt",
          "text": "  Next steps:"
        },
        {
          "type": "prompt",
          "text": "    * Add Pact verification tests to the stock build. See https://docs.pact.io/go/provider_verification"
        },
        {
          "type": "prompt",
          "text": "    * Configure separate stock pact verification build and webhook to trigger it when the pact content changes. See https://docs.pact.io/go/webhooks"
        }
      ],
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
        }
      },
      "_links": {
        "pb:pacticipant": {
          "title": "Pacticipant",
          "name": "shop",
          "href": "http://pactolus.test/pacticipants/shop"
        },
        "pb:pacticipant-version": {
          "title": "Pacticipant version",
          "name": "1",
          "href": "http://pactolus.test/pacticipants/shop/versions/1"
        },
        "pb:pacticipant-version-tags": [
          {
            "title": "Tag",
            "name": "dev",
            "href": "http://pactolus.test/pacticipants/shop/versions/1/tags/dev"
          }
        ],
        "pb:contracts": [
          {
            "title": "Pact",
            "name": "Pact between shop (1) and stock",
            "href": "http://pactolus.test/pacts/provider/stock/consumer/shop/version/1"
          }
        ]
      }
    }
    "#);
    app.get("/pacticipants/shop").await.is(200);
    app.get("/pacticipants/stock").await.is(200);
    let version = app.get("/pacticipants/shop/versions/1").await.is(200);
    assert_eq!(version.at("/buildUrl"), "https://ci/1");
    app.get("/pacticipants/shop/versions/1/tags/dev").await.is(200);
    app.get("/pacticipants/shop/branches/main/versions/1").await.is(200);
    app.get("/pacts/provider/stock/consumer/shop/version/1").await.is(200);
}

#[tokio::test]
async fn the_same_content_again_changes_nothing() {
    let app = TestApp::start().await;
    let shop = app.world().consumer("shop").version("1").contract_with("stock", &["a widget"]);
    shop.clone().await;
    let before = app.get("/pacts/provider/stock/consumer/shop/version/1").await.is(200);
    app.advance_secs(60);

    let again = shop.await;

    assert_snapshot!(notices(&again), @r"
    debug: Updated shop version 1
    prompt:   Next steps:
        Configure the version branch to be the value of your repository branch.
    success: Pact successfully republished for shop version 1 and provider stock with no content changes.
    debug:   View the published pact at http://pactolus.test/pacts/provider/stock/consumer/shop/version/1
    debug:   Events detected: contract_published
    prompt:   Next steps:
    prompt:     * Add Pact verification tests to the stock build. See https://docs.pact.io/go/provider_verification
    prompt:     * Configure separate stock pact verification build and webhook to trigger it when the pact content changes. See https://docs.pact.io/go/webhooks
    ");
    let after = app.get("/pacts/provider/stock/consumer/shop/version/1").await.is(200);
    assert_eq!(after.body, before.body);
}

#[tokio::test]
async fn other_content_for_a_version_is_refused_with_the_difference() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a widget"]).await;

    let changed = app.world().consumer("shop").version("1").contract_with("stock", &["a gadget"]);
    let refused = changed.try_publish().await.is(409);

    assert_snapshot!(refused.shown(), @r#"
    {
      "notices": [
        {
          "type": "error",
          "text": "Cannot change the content of the pact for shop version 1 and provider stock, as race conditions will cause unreliable results for can-i-deploy. Each pact must be published with a unique consumer version number. Some Pact libraries generate random data when a concrete value for a type matcher is not specified, and this can cause the contract to mutate - ensure you have given example values for all type matchers. For more information see https://docs.pact.io/go/versioning"
        },
        {
          "type": "info",
          "text": "   },\n   \"interactions\": [\n     {\n-      \"description\": \"a widget\",\n+      \"description\": \"a gadget\",\n       \"request\": {\n         \"method\": \"GET\",\n-        \"path\": \"/a-widget\"\n+        \"path\": \"/a-gadget\"\n       },\n       \"response\": {\n         \"status\": 200"
        }
      ],
      "errors": {
        "contracts": [
          "Cannot change the content of the pact for shop version 1 and provider stock, as race conditions will cause unreliable results for can-i-deploy. Each pact must be published with a unique consumer version number. Some Pact libraries generate random data when a concrete value for a type matcher is not specified, and this can cause the contract to mutate - ensure you have given example values for all type matchers. For more information see https://docs.pact.io/go/versioning"
        ]
      }
    }
    "#);
    let kept = app.get("/pacts/provider/stock/consumer/shop/version/1").await.is(200);
    assert_eq!(kept.at("/interactions/0/description"), "a widget");
}

#[tokio::test]
async fn a_refused_publication_leaves_nothing() {
    let app = TestApp::start().await;
    app.world().webhook("https://hooks.example.org/").on("contract_published").await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a widget"]).await;
    app.leave_jobs();

    let changed = app.world().consumer("shop").version("1").branch("new").tag("new");
    let changed = changed.contract_with("prices", &["a price"]).contract_with("stock", &["a gadget"]);
    changed.try_publish().await.is(409);

    app.get("/pacticipants/prices").await.is(404);
    app.get("/pacticipants/shop/branches/new").await.is(404);
    app.get("/pacticipants/shop/versions/1/tags/new").await.is(404);
    let deliveries: i64 = sqlx::query_scalar("select count(*) from webhook_delivery").fetch_one(&app.db).await.unwrap();
    assert_eq!(deliveries, 1);
}

#[tokio::test]
async fn other_content_replaces_the_old_where_that_is_allowed() {
    let app = TestApp::with(|settings| settings.allow_contract_modification = true).await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a widget"]).await;

    let changed = app.world().consumer("shop").version("1").contract_with("stock", &["a gadget"]).await;

    assert_snapshot!(notices(&changed), @r"
    debug: Updated shop version 1
    prompt:   Next steps:
        Configure the version branch to be the value of your repository branch.
    warning: Pact with changed content published over existing content for shop version 1 and provider stock. This is not recommended in normal circumstances and may indicate that you have not configured your Pact pipeline correctly. For more information see https://docs.pact.io/go/versioning
    debug:   View the published pact at http://pactolus.test/pacts/provider/stock/consumer/shop/version/1
    debug:   Events detected: contract_published, contract_content_changed (pact content modified since previous publication for shop version 1)
    prompt:   Next steps:
    prompt:     * Add Pact verification tests to the stock build. See https://docs.pact.io/go/provider_verification
    prompt:     * Configure separate stock pact verification build and webhook to trigger it when the pact content changes. See https://docs.pact.io/go/webhooks
    ");
    let kept = app.get("/pacts/provider/stock/consumer/shop/version/1").await.is(200);
    assert_eq!(kept.at("/interactions/0/description"), "a gadget");
}

#[tokio::test]
async fn merging_adds_interactions() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a widget"]).await;

    let merged = app.world().consumer("shop").version("1").contract_with("stock", &["a gadget"]).merging().await;

    assert_snapshot!(notices(&merged), @r"
    debug: Updated shop version 1
    prompt:   Next steps:
        Configure the version branch to be the value of your repository branch.
    success: Pact content merged with existing content for shop version 1 and provider stock.
    debug:   View the published pact at http://pactolus.test/pacts/provider/stock/consumer/shop/version/1
    debug:   Events detected: contract_published, contract_content_changed (pact content modified since previous publication for shop version 1)
    prompt:   Next steps:
    prompt:     * Add Pact verification tests to the stock build. See https://docs.pact.io/go/provider_verification
    prompt:     * Configure separate stock pact verification build and webhook to trigger it when the pact content changes. See https://docs.pact.io/go/webhooks
    ");
    let kept = app.get("/pacts/provider/stock/consumer/shop/version/1").await.is(200);
    assert_eq!(kept.at("/interactions").as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn merging_what_contradicts_is_refused() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a widget"]).await;
    let mut other = pact("shop", "stock", &["a widget"]);
    other["interactions"][0]["request"]["path"] = "/other".into();

    let version = app.world().consumer("shop").version("1").contract_text("stock", &other.to_string()).merging();
    let refused = version.try_publish().await.is(409);

    assert_snapshot!(notices(&refused), @r#"
    error: Cannot merge the pact for shop version 1 and provider stock: an interaction with the same description and provider state has another request. Give one of the two another description.
    info: the request of "a widget" differs in its path
    "#);
}

#[tokio::test]
async fn a_name_that_looks_like_another_is_refused() {
    let app = TestApp::start().await;
    app.world().consumer("Shop Front").version("1").contract_with("stock", &["a"]).await;

    let version = app.world().consumer("shop-front").version("1").contract_with("stock", &["a"]);
    let refused = version.try_publish().await.is(409);

    assert_snapshot!(notices(&refused), @r#"
    error: This is the first time a pact has been published for "shop-front".
    The name "shop-front" is very similar to the following existing pacticipants:
    * Shop Front
    If you meant to specify one of the above names, please correct the pact configuration, and re-publish the pact.
    If the pact is intended to be for a new consumer or provider, please manually create "shop-front" using the following command from the Pact Broker CLI, and then re-publish the pact:

    pact-broker create-or-update-pacticipant --name "shop-front" --broker-base-url http://pactolus.test

    For information on the Pact Broker CLI see https://docs.pact.io/go/pbc-cli
    To disable this check, set `check_for_potential_duplicate_pacticipant_names` to false in the configuration.
    "#);
    app.get("/pacticipants/shop-front").await.is(404);
}

#[tokio::test]
async fn similar_names_are_told_in_plain_text_when_a_single_pact_is_put() {
    let app = TestApp::start().await;
    app.world().consumer("Shop Front").version("1").contract_with("stock", &["a"]).await;

    let body = pact("shop-front", "stock", &["a"]);
    let refused = app.put("/pacts/provider/stock/consumer/shop-front/version/1", &body).await.is(409);

    assert!(refused.header("content-type").unwrap().starts_with("text/plain"));
    assert!(refused.text().contains("Shop Front"), "{refused:?}");
}

#[tokio::test]
async fn several_contracts_are_published_at_once() {
    let app = TestApp::start().await;
    let shop = app.world().consumer("shop").version("1");

    let published = shop.contract_with("stock", &["a widget"]).contract_with("prices", &["a price"]).await;

    assert_snapshot!(notices(&published), @r"
    debug: Created shop version 1
    prompt:   Next steps:
        Configure the version branch to be the value of your repository branch.
    success: Pact successfully published for shop version 1 and provider prices.
    debug:   View the published pact at http://pactolus.test/pacts/provider/prices/consumer/shop/version/1
    debug:   Events detected: contract_published, contract_content_changed (first time untagged pact published)
    prompt:   Next steps:
    prompt:     * Add Pact verification tests to the prices build. See https://docs.pact.io/go/provider_verification
    prompt:     * Configure separate prices pact verification build and webhook to trigger it when the pact content changes. See https://docs.pact.io/go/webhooks
    success: Pact successfully published for shop version 1 and provider stock.
    debug:   View the published pact at http://pactolus.test/pacts/provider/stock/consumer/shop/version/1
    debug:   Events detected: contract_published, contract_content_changed (first time untagged pact published)
    prompt:   Next steps:
    prompt:     * Add Pact verification tests to the stock build. See https://docs.pact.io/go/provider_verification
    prompt:     * Configure separate stock pact verification build and webhook to trigger it when the pact content changes. See https://docs.pact.io/go/webhooks
    ");
    assert_eq!(published.at("/_links/pb:contracts").as_array().map(Vec::len), Some(2));
    app.get("/pacts/provider/prices/consumer/shop/version/1").await.is(200);
    app.get("/pacts/provider/stock/consumer/shop/version/1").await.is(200);
}

#[tokio::test]
async fn two_contracts_with_one_provider_are_refused() {
    let app = TestApp::start().await;
    let shop = app.world().consumer("shop").version("1");

    let refused = shop.contract_with("stock", &["a"]).contract_with("stock", &["b"]).try_publish().await.is(400);

    assert!(refused.text().contains("another contract with provider 'stock'"), "{refused:?}");
}

#[tokio::test]
async fn what_is_missing_is_told_all_at_once() {
    let app = TestApp::start().await;

    let refused = app.post("/contracts/publish", &json!({"contracts": [{"providerName": 7}]})).await.is(400);

    assert_snapshot!(refused.shown(), @r#"
    {
      "errors": {
        "pacticipantName": [
          "is missing"
        ],
        "pacticipantVersionNumber": [
          "is missing"
        ],
        "contracts": [
          "consumerName is missing (at index 0)",
          "providerName must be a string (at index 0)",
          "specification is missing (at index 0)",
          "contentType is missing (at index 0)",
          "content is missing (at index 0)"
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn names_in_the_content_must_be_those_outside() {
    let app = TestApp::start().await;
    let other = pact("another", "stock", &["a"]).to_string();

    let refused = app.world().consumer("shop").version("1").contract_text("stock", &other).try_publish().await.is(400);

    assert_snapshot!(refused.shown(), @r#"
    {
      "errors": {
        "contracts": [
          "consumer name in contract content ('another') must match consumerName in contract params ('shop') (at index 0)"
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn the_first_main_branch_candidate_becomes_the_main_branch() {
    let app = TestApp::start().await;
    let shop = app.world().consumer("shop");

    shop.version("1").branch("feature").contract_with("stock", &["a"]).await;
    assert_eq!(main_branch(&app, "shop").await, Value::Null);
    shop.version("2").branch("main").contract_with("stock", &["a"]).await;
    shop.version("3").branch("master").contract_with("stock", &["a"]).await;

    assert_eq!(main_branch(&app, "shop").await, "main");
    assert_eq!(main_branch(&app, "stock").await, Value::Null);
}

#[tokio::test]
async fn the_first_tag_of_a_young_version_without_branch_names_its_branch() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").tag("feat-x").contract_with("stock", &["a"]).await;
    app.world().consumer("shop").version("2").branch("main").tag("feat-y").contract_with("stock", &["a"]).await;
    app.world().consumer("shop").version("3").contract_with("stock", &["a"]).await;
    app.advance_secs(11);
    app.put_nothing("/pacticipants/shop/versions/3/tags/late").await.is(201);

    let mut names = branches(&app, "shop").await;

    names.sort_unstable();
    assert_eq!(names, ["feat-x", "main"]);
}

#[tokio::test]
async fn tags_are_added_never_removed() {
    let app = TestApp::start().await;
    let shop = app.world().consumer("shop");
    shop.version("1").tag("a").contract_with("stock", &["a"]).await;

    shop.version("1").tag("b").contract_with("stock", &["a"]).await;

    app.get("/pacticipants/shop/versions/1/tags/a").await.is(200);
    app.get("/pacticipants/shop/versions/1/tags/b").await.is(200);
}

#[tokio::test]
async fn a_contract_that_changes_on_its_branch_is_said_to_have_changed() {
    let app = TestApp::start().await;
    let shop = app.world().consumer("shop");
    shop.version("1").branch("main").contract_with("stock", &["a"]).await;
    let same = shop.version("2").branch("main").contract_with("stock", &["a"]).await;
    let other = shop.version("3").branch("main").contract_with("stock", &["a", "b"]).await;

    assert_snapshot!(format!("{}\n---\n{}", notices(&same), notices(&other)), @r"
    debug: Created shop version 2 with branch main
    success: Pact successfully published for shop version 2 and provider stock.
    debug:   View the published pact at http://pactolus.test/pacts/provider/stock/consumer/shop/version/2
    debug:   Events detected: contract_published
    prompt:   Next steps:
    prompt:     * Add Pact verification tests to the stock build. See https://docs.pact.io/go/provider_verification
    prompt:     * Configure separate stock pact verification build and webhook to trigger it when the pact content changes. See https://docs.pact.io/go/webhooks
    ---
    debug: Created shop version 3 with branch main
    success: Pact successfully published for shop version 3 and provider stock.
    debug:   View the published pact at http://pactolus.test/pacts/provider/stock/consumer/shop/version/3
    debug:   Events detected: contract_published, contract_content_changed (pact content has changed since the last consumer version on branch main)
    prompt:   Next steps:
    prompt:     * Add Pact verification tests to the stock build. See https://docs.pact.io/go/provider_verification
    prompt:     * Configure separate stock pact verification build and webhook to trigger it when the pact content changes. See https://docs.pact.io/go/webhooks
    ");
}

#[tokio::test]
async fn content_that_was_published_anew_meanwhile_is_still_found_and_its_result_arrives() {
    let app = TestApp::start().await;
    let world = app.world();
    world.consumer("shop").version("1").contract_with("stock", &["a request"]).await;
    let fetched = app.get("/pacts/provider/stock/consumer/shop/version/1").await.is(200);
    let content = fetched.link("pb:pact-version");
    let results = fetched.link("pb:publish-verification-results");

    world.consumer("shop").version("1").contract_with("stock", &["another request"]).merging().await;

    app.get(&content).await.is(200);
    let result = json!({"success": true, "providerApplicationVersion": "40"});
    let published = app.post(&results, &result).await.is(201);
    assert!(published.text_at("/_links/pb:pact-version/name").contains("shop (1)"), "{}", published.text());
}
