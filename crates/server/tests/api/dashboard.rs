//! How it stands with the contracts that matter now.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Answer, BASE, TestApp};

/// Each item in a line: versions, tags of the consumer, status.
fn lines(dashboard: &Answer) -> Vec<String> {
    let items = dashboard.at("/items");
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let line = |item: &Value| {
        let tags = item["pactTags"].as_array().expect("tags").iter().map(|tag| text(&tag["name"]));
        format!(
            "{} {} with {} {} [{}] {}",
            text(&item["consumer"]["name"]),
            text(&item["consumer"]["version"]["number"]),
            text(&item["provider"]["name"]),
            text(&item["provider"]["version"]["number"]),
            tags.collect::<Vec<_>>().join(" "),
            text(&item["verificationStatus"]),
        )
    };
    items.as_array().expect("items").iter().map(line).collect()
}

#[tokio::test]
async fn an_item_tells_who_promised_what_and_whether_it_is_kept() {
    let app = TestApp::start().await;
    let world = app.world();
    world.consumer("shop").version("1").branch("main").tag("dev").contract_with("stock", &["a"]).await;
    app.advance_secs(60);
    world.provider("stock").version("40").branch("main").tag("prod").verifies("shop", "1").await;

    let dashboard = app.get("/dashboard").await.is(200);

    let contract = format!("{BASE}/pacts/provider/stock/consumer/shop/version/1");
    let [shop, stock] = ["shop", "stock"].map(|name| format!("{BASE}/pacticipants/{name}"));
    let to = |href: &str| json!({"self": {"href": href}});
    let item = dashboard.at("/items/0");
    assert_eq!(
        item["consumer"],
        json!({
            "name": "shop",
            "version": {
                "number": "1", "branch": "main", "headBranchNames": ["main"], "_links": to(&format!("{shop}/versions/1")),
            },
            "_links": to(&shop),
        })
    );
    assert_eq!(item["provider"]["version"]["number"], "40");
    assert_eq!(item["provider"]["version"]["headBranchNames"], json!(["main"]));
    assert_eq!(item["provider"]["_links"], to(&stock));
    assert_eq!(item["pact"]["_links"], to(&contract));
    let tag = json!([{"name": "dev", "latest": true, "_links": to(&format!("{shop}/versions/1/tags/dev"))}]);
    assert_eq!(item["pactTags"], tag);
    assert_eq!(item["latestVerificationResult"]["success"], true);
    assert_ne!(item["latestVerificationResult"]["verifiedAt"], item["pact"]["createdAt"]);
    assert_eq!(item["latestVerificationResultTags"][0]["name"], "prod");
    assert_eq!(item["verificationStatus"], "success");
    assert_eq!((&item["webhookStatus"], &item["latestWebhookExecution"]), (&json!("none"), &Value::Null));
    assert!(item["_links"]["pb:webhook-status"]["href"].as_str().is_some_and(|to| to.ends_with("/webhooks/status")));
    assert_eq!(dashboard.link("self"), format!("{BASE}/dashboard"));
}

#[tokio::test]
async fn what_was_never_verified_has_no_result() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;

    let item = app.get("/dashboard").await.is(200).at("/items/0");

    assert_eq!(item["consumer"]["version"]["branch"], Value::Null);
    assert_eq!(item["provider"]["version"], Value::Null);
    assert_eq!(item["latestVerificationResult"], Value::Null);
    assert_eq!(item["latestVerificationResultTags"], json!([]));
    assert_eq!(item["verificationStatus"], "never");
}

#[tokio::test]
async fn the_latest_of_each_tag_and_environment_matter() {
    let app = TestApp::start().await;
    let world = app.world();
    let shop = world.consumer("shop");
    world.environment("production").await;
    world.environment("test").await;
    for number in ["1", "2", "3", "4", "5", "6"] {
        app.advance_secs(60);
        shop.version(number).contract_with("stock", &[number]).await;
    }
    for (number, tag) in [("2", "dev"), ("4", "dev"), ("4", "prod")] {
        app.put_nothing(&format!("/pacticipants/shop/versions/{number}/tags/{tag}")).await.is(201);
    }
    world.deployed("shop", "3", "production").await;
    world.released("shop", "1", "test").await;

    let dashboard = app.get("/dashboard").await.is(200);

    let expected = ["6 with stock - []", "4 with stock - [dev prod]", "3 with stock - []", "1 with stock - []"];
    assert_eq!(lines(&dashboard), expected.map(|line| format!("shop {line} never")));
}

#[tokio::test]
async fn a_version_that_runs_nowhere_any_more_does_not_matter() {
    let app = TestApp::start().await;
    let world = app.world();
    world.environment("production").await;
    world.consumer("shop").version("1").contract_with("stock", &["1"]).await;
    world.consumer("shop").version("2").contract_with("stock", &["2"]).await;
    world.deployed("shop", "1", "production").await;

    world.deployed("shop", "2", "production").await;

    assert_eq!(lines(&app.get("/dashboard").await), ["shop 2 with stock - [] never"]);
}

#[tokio::test]
async fn a_tag_that_has_no_contract_with_a_provider_any_more_shows_its_last_one() {
    let app = TestApp::start().await;
    let world = app.world();
    world.consumer("shop").version("1").tag("dev").contract_with("stock", &["a"]).await;
    app.advance_secs(60);
    world.consumer("shop").version("2").contract_with("stock", &["b"]).await;
    app.advance_secs(60);
    world.consumer("shop").version("3").tag("dev").contract_with("till", &["a"]).await;

    let dashboard = app.get("/dashboard/provider/stock/consumer/shop").await.is(200);

    assert_eq!(lines(&dashboard), ["shop 2 with stock - [] never", "shop 1 with stock - [dev] never"]);
}

#[tokio::test]
async fn where_something_happened_last_comes_first() {
    let app = TestApp::start().await;
    let world = app.world();
    world.consumer("shop").version("1").contract_with("stock", &["a"]).await;
    app.advance_secs(60);
    world.consumer("basket").version("1").contract_with("stock", &["a"]).await;
    assert_eq!(lines(&app.get("/dashboard").await), ["basket 1 with stock - [] never", "shop 1 with stock - [] never"]);

    app.advance_secs(60);
    world.provider("stock").version("40").fails("shop", "1").await;

    assert_eq!(
        lines(&app.get("/dashboard").await),
        ["shop 1 with stock 40 [] failed", "basket 1 with stock - [] never"]
    );
}

#[tokio::test]
async fn content_is_as_verified_as_its_latest_result_says() {
    let app = TestApp::start().await;
    let world = app.world();
    world.consumer("shop").version("1").tag("dev").contract_with("stock", &["a"]).await;
    world.provider("stock").version("40").verifies("shop", "1").await;
    world.provider("stock").version("41").fails("shop", "1").await;
    app.advance_secs(60);
    world.consumer("shop").version("2").contract_with("stock", &["a"]).await;
    app.advance_secs(60);
    world.consumer("shop").version("3").contract_with("stock", &["b"]).await;

    let dashboard = app.get("/dashboard").await.is(200);

    assert_eq!(lines(&dashboard), ["shop 3 with stock - [] never", "shop 1 with stock 41 [dev] failed"]);
}

#[tokio::test]
async fn a_failure_while_the_contract_was_pending_is_told_apart() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    let body = json!({"consumerVersionSelectors": [{"latest": true}], "providerVersionBranch": "main", "includePendingStatus": true});
    let to_verify = app.post("/pacts/provider/stock/for-verification", &body).await.is(200);
    let contract = app.get(&to_verify.text_at("/_embedded/pacts/0/_links/self/href")).await.is(200);
    let result = json!({"success": false, "providerApplicationVersion": "40"});

    app.post(&contract.link("pb:publish-verification-results"), &result).await.is(201);

    assert_eq!(lines(&app.get("/dashboard").await), ["shop 1 with stock 40 [] failed_pending"]);
}

#[tokio::test]
async fn the_dashboard_comes_in_pages() {
    let app = TestApp::start().await;
    for number in 1..=31 {
        app.world().consumer(&format!("shop-{number}")).version("1").contract_with("stock", &["a"]).await;
    }

    let first = app.get("/dashboard").await.is(200);
    let second = app.get("/dashboard?page=2&size=30").await.is(200);
    let old = app.get("/dashboard?pageSize=31&pageNumber=1").await.is(200);

    assert_eq!((lines(&first).len(), lines(&second).len(), lines(&old).len()), (30, 1, 31));
    assert_eq!(first.link("next"), format!("{BASE}/dashboard?size=30&page=2"));
    assert_eq!(second.link("previous"), format!("{BASE}/dashboard?size=30&page=1"));
    assert_eq!((second.at("/_links/next"), old.at("/_links/next")), (Value::Null, Value::Null));
    assert!(!lines(&first).contains(&lines(&second)[0]));
    assert_eq!(lines(&app.get("/dashboard?page=9").await.is(200)), [""; 0]);
    app.get("/dashboard?page=x").await.is(400);
    let large = app.get("/dashboard?size=1001").await.is(400);
    assert_eq!(large.text_at("/errors/size/0"), "must be less than or equal to 1000; ask for more pages");
}

#[tokio::test]
async fn of_a_pair_only_its_own_is_shown() {
    let app = TestApp::start().await;
    let world = app.world();
    world.consumer("shop").version("1").tag("dev").contract_with("stock", &["a"]).contract_with("till", &["a"]).await;
    world.consumer("basket").version("1").contract_with("stock", &["a"]).await;

    let of_pair = app.get("/dashboard/provider/stock/consumer/shop").await.is(200);
    let of_others = app.get("/dashboard/provider/till/consumer/basket").await.is(200);

    assert_eq!(lines(&of_pair), ["shop 1 with stock - [dev] never"]);
    assert_eq!(lines(&of_others), [""; 0]);
    let unknown = app.get("/dashboard/provider/stock/consumer/nobody").await.is(404);
    assert_eq!(unknown.text_at("/error"), "No consumer with name 'nobody' found");
    app.get("/dashboard/provider/nobody/consumer/shop").await.is(404);
}

#[tokio::test]
async fn the_dashboard_is_a_table_in_plain_text() {
    let app = TestApp::start().await;
    let world = app.world();
    world.consumer("shop").version("1.0").tag("dev").tag("prod").contract_with("stock", &["a"]).await;
    world.consumer("basket").version("2").contract_with("stock", &["a"]).await;
    world.provider("stock").version("40").tag("test").verifies("shop", "1.0").await;

    let table = app.get_as("/dashboard", "text/plain").await.is(200);

    assert_snapshot!(table.text(), @r"
    CONSUMER_NAME | C_VERSION | C_TAGS    | PROVIDER_NAME | P_VERSION | P_TAGS | SUCCESS
    --------------|-----------|-----------|---------------|-----------|--------|--------
    basket        | 2         |           | stock         |           |        | never  
    shop          | 1.0       | dev, prod | stock         | 40        | test   | success
    ");
    app.get_as("/dashboard", "text/csv").await.is(406);
}
