//! The home page and its twin: what needs attention, and the list of applications.

use std::time::Duration;

use pactolus_domain::webhook::Retries;
use serde_json::{Value, json};

use super::{is_safe, page, words};
use crate::support::{Receiver, TestApp, open_to_receiver, path_of};

const HOSTILE: &str = r#"</a><script>alert(1)</script><img src=x onerror="alert(2)">'"#;

/// Stock's head fails the shop, which is in production; nobody has verified the cart with it.
async fn company(app: &TestApp) {
    let world = app.world();
    world.environment("production").await;
    world.consumer("shop").version("1").branch("main").contract_with("stock", &["a"]).await;
    world.consumer("cart").version("1").branch("main").contract_with("stock", &["b"]).await;
    world.provider("stock").version("40").branch("main").verifies("shop", "1").verifies("cart", "1").await;
    for (name, version) in [("shop", "1"), ("cart", "1"), ("stock", "40")] {
        world.deployed(name, version, "production").await;
    }
    for name in ["shop", "cart", "stock"] {
        app.patch(&format!("/pacticipants/{name}"), &json!({"mainBranch": "main"})).await.is(200);
    }
}

async fn break_shop(app: &TestApp) {
    app.world().provider("stock").version("41").branch("main").fails("shop", "1").await;
}

async fn home(app: &TestApp, query: &str) -> Value {
    app.get(&format!("/home{query}")).await.is(200).json()
}

#[tokio::test]
async fn an_empty_server_says_what_to_do_first() {
    let app = TestApp::start().await;

    let page = page(&app, "/").await.is(200);

    is_safe(&page);
    let words = words(&page);
    assert!(words.contains("No application yet"), "{words}");
    for command in ["pactolus publish", "pactolus verify", "pactolus can-i-deploy", "pactolus demo"] {
        assert!(words.contains(command), "{command}: {words}");
    }
    assert_eq!(home(&app, "").await["summary"]["applications"], 0);
}

#[tokio::test]
async fn where_nothing_is_red_everything_can_ship() {
    let app = TestApp::start().await;
    company(&app).await;

    let page = page(&app, "/").await.is(200);

    let words = words(&page);
    assert!(words.contains("Everything can ship"), "{words}");
    assert!(words.contains("3 of 3 can go to production from main."), "{words}");
    assert!(words.contains("Nothing failed on the way to production"), "{words}");
    // Three are seen at a glance in the table.
    assert!(!page.text().contains("class=\"strip\""));
}

#[tokio::test]
async fn the_heading_is_the_answer_and_each_red_thing_names_one_action() {
    let app = TestApp::start().await;
    company(&app).await;
    break_shop(&app).await;

    let page = page(&app, "/").await.is(200);

    let words = words(&page);
    assert!(words.contains("1 application can’t ship"), "{words}");
    assert!(words.contains("Can’t ship to production 1 stock 41 fails shop , which is in production"), "{words}");
    assert!(words.contains("Results missing 1 cart and stock 41 have no result"), "{words}");
    let gate = "href=\"/can-i-deploy?pacticipant=stock&amp;version=41&amp;environment=production\"";
    assert!(page.text().contains(gate), "{page:?}");
    assert!(page.text().contains("href=\"/pacts/provider/stock/consumer/cart/version/1\""), "{page:?}");
}

#[tokio::test]
async fn its_twin_says_the_same() {
    let app = TestApp::start().await;
    company(&app).await;
    break_shop(&app).await;

    let twin = home(&app, "").await;
    let by_extension = page(&app, "/home.json").await.is(200).json();

    assert_eq!(twin["summary"], json!({"applications": 3, "yes": 2, "no": 1, "notKnown": 0}));
    assert_eq!(twin["environment"], "production");
    let failed = &twin["cannotGo"]["items"][0];
    assert_eq!((&failed["pacticipant"], &failed["version"]), (&json!("stock"), &json!("41")));
    assert_eq!((&failed["consumer"], &failed["consumerVersion"]), (&json!("shop"), &json!("1")));
    assert_eq!(twin["missingResults"]["total"], 1);
    assert_eq!(twin["applications"]["items"][2]["answer"], "no");
    assert_eq!(twin["applications"]["items"][2]["running"], json!({"production": ["40"]}));
    assert_eq!(by_extension["cannotGo"], twin["cannotGo"]);
}

#[tokio::test]
async fn the_answers_are_those_of_the_gate() {
    let app = TestApp::start().await;
    company(&app).await;
    break_shop(&app).await;
    let world = app.world();
    // Its provider is not in production; another one has no contract at all.
    world.consumer("mobile").version("7").branch("main").contract_with("nobody", &["c"]).await;
    world.consumer("mobile").version("8").branch("main").contract_with("stock", &["a"]).await;
    world.consumer("alone").version("1").branch("main").await;
    world.released("mobile", "7", "production").await;

    let twin = home(&app, "").await;

    let applications = twin["applications"]["items"].as_array().expect("a list");
    let mut asked = 0;
    for application in applications.iter().filter(|one| one["version"].is_string()) {
        let (name, version) = (application["name"].as_str().unwrap(), application["version"].as_str().unwrap());
        let question = format!("/can-i-deploy?pacticipant={name}&version={version}&environment=production");
        let summary = app.get(&question).await.is(200).json()["summary"].clone();
        // A failure is told first where the gate, for programs, does not know because something else is missing.
        let expected = match (&summary["deployable"], summary["failed"].as_i64()) {
            (_, Some(failed)) if failed > 0 => "no",
            (Value::Bool(true), _) => "yes",
            (Value::Bool(false), _) => "no",
            _ => "not-known",
        };
        assert_eq!(application["answer"], expected, "{name} {version}: {summary}");
        asked += 1;
    }
    assert_eq!(asked, 5, "{twin}");
}

#[tokio::test]
async fn applications_are_filtered_sorted_and_named_by_team_in_the_address() {
    let app = TestApp::start().await;
    company(&app).await;
    break_shop(&app).await;
    app.put("/pacticipants/shop/labels/team%3ASales", &json!({})).await.is(201);
    app.put("/pacticipants/cart/labels/core", &json!({})).await.is(201);
    let names = |list: &Value| -> Vec<String> {
        let items = list["applications"]["items"].as_array().expect("a list").clone();
        items.iter().map(|one| one["name"].as_str().expect("a name").to_owned()).collect()
    };

    for (query, expected) in [
        ("?q=SHO", vec!["shop"]),
        ("?q=core", vec!["cart"]),
        ("?team=Sales", vec!["shop"]),
        ("?label=core", vec!["cart"]),
        ("?answer=no", vec!["stock"]),
        ("?answer=yes&sort=-name", vec!["shop", "cart"]),
        ("?runs=production", vec!["cart", "shop", "stock"]),
        ("?after=cart", vec!["shop", "stock"]),
        ("?q=nothing", vec![]),
    ] {
        assert_eq!(names(&home(&app, query).await), expected, "{query}");
    }
    let filtered = page(&app, "/?team=Sales").await.is(200);
    assert!(filtered.text().contains("<option value=\"Sales\" selected>Sales</option>"), "{filtered:?}");
    assert!(words(&page(&app, "/?q=nothing").await).contains("No application is like that."));
}

#[tokio::test]
async fn a_filter_that_means_nothing_is_named() {
    let app = TestApp::start().await;
    company(&app).await;

    for (query, said) in [
        ("?environment=prduction", "Environment \"prduction\" doesn't exist. Did you mean production?"),
        ("?runs=nowhere", "Environment \"nowhere\" doesn't exist."),
        ("?answer=maybe", "must be yes, no or not-known"),
        ("?sort=size", "must be name or changed"),
    ] {
        let page = page(&app, &format!("/{query}")).await.is(400);
        assert!(words(&page).replace("&#39;", "'").contains(said), "{query}: {}", words(&page));
        app.get(&format!("/home{query}")).await.is(400);
    }
}

#[tokio::test]
async fn many_applications_come_in_pages_and_the_strip_is_a_bar_for_each_team() {
    let app = TestApp::start().await;
    company(&app).await;
    for number in 0..130 {
        let name = format!("service-{number:03}");
        app.put(&format!("/pacticipants/{name}/versions/1"), &json!({})).await.is(201);
        app.put(&format!("/pacticipants/{name}/labels/team%3AT{}", number % 3), &json!({})).await.is(201);
    }

    let first = page(&app, "/").await.is(200);
    let second = home(&app, "?after=service-046").await;

    assert!(words(&first).contains("1 to 50 of 133 Previous Next"), "{}", words(&first));
    assert!(first.text().contains("after=service-048\""), "{first:?}");
    assert_eq!(second["applications"]["items"].as_array().map(Vec::len), Some(50));
    assert_eq!(first.text().matches("<svg class=\"bar\"").count(), 4);
    let next = second["_links"]["next"]["href"].as_str().expect("there is more");
    assert_eq!(next, "http://pactolus.test/home?after=service-096");
}

#[tokio::test]
async fn a_dead_webhook_needs_attention() {
    let receiver = Receiver::start().await;
    receiver.will_answer(&[500; 3]);
    let app = TestApp::with(|settings| {
        open_to_receiver(settings);
        settings.webhooks.retries = Retries::After(vec![Duration::from_secs(10); 1]);
    })
    .await;
    app.world().environment("production").await;
    app.world().webhook(&receiver.url("/")).on("contract_published").with("description", json!("told")).await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    for _ in 0..3 {
        app.run_jobs().await;
        app.advance_secs(2000);
    }

    let page = page(&app, "/").await.is(200);

    assert!(words(&page).contains("Webhook “told” is dead after"), "{}", words(&page));
    assert_eq!(home(&app, "").await["deadWebhooks"]["total"], 1);
}

#[tokio::test]
async fn without_an_environment_it_says_how_to_create_one() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").branch("main").contract_with("stock", &["a"]).await;

    let page = page(&app, "/").await.is(200);

    assert!(words(&page).contains("pactolus create-environment --name production"), "{}", words(&page));
    assert!(words(&page).contains("2 applications"), "{}", words(&page));
}

#[tokio::test]
async fn names_of_users_stay_text_however_long_they_are() {
    let app = TestApp::start().await;
    company(&app).await;
    let long = "n".repeat(200);
    for name in [HOSTILE, long.as_str()] {
        app.put(&path_of(&["pacticipants", name, "versions", name]), &json!({"buildUrl": "javascript:alert(1)"}))
            .await
            .is(201);
        app.put(&path_of(&["pacticipants", name, "labels", name]), &json!({})).await.is(201);
    }

    for address in ["/", "/home", "/pacticipants"] {
        let page = page(&app, address).await.is(200);
        is_safe(&page);
        assert!(page.text().contains(&long), "{address}");
    }
}

#[tokio::test]
async fn the_list_of_applications_has_a_page_of_its_own() {
    let app = TestApp::start().await;
    company(&app).await;

    let page = page(&app, "/pacticipants?q=sho").await.is(200);

    assert!(words(&page).starts_with("id=\"content\" tabindex=\"-1\">") || words(&page).contains("3 applications"));
    assert!(page.text().contains("<a class=\"cut\" href=\"/pacticipants/shop\""), "{page:?}");
    assert!(!page.text().contains("href=\"/pacticipants/cart\""), "{page:?}");
    assert!(page.text().contains("aria-current=\"true\">Applications</a>"), "{page:?}");
}

#[tokio::test]
async fn what_cannot_be_read_of_one_part_leaves_the_other_standing() {
    let app = TestApp::start().await;
    company(&app).await;
    sqlx::query("alter table webhook_attempt rename to elsewhere").execute(&app.db).await.expect("it is there");

    let page = page(&app, "/").await.is(200);

    let words = words(&page);
    assert!(words.contains("What needs attention could not be read. Reference"), "{words}");
    assert!(words.contains("your data is untouched"), "{words}");
    assert!(page.text().contains("href=\"/pacticipants/shop\""), "{page:?}");
}
