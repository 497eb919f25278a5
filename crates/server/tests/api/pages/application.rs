//! The page about a pacticipant.

use axum::http::Method;
use serde_json::json;

use super::{OWN, changed, is_safe, page, readable, send_form, words};
use crate::support::{TestApp, path_of};

const HOSTILE: &str = r#"</a><script>alert(1)</script><img/src=x/onerror="alert(2)">'"#;

/// The shop's contract is verified by stock 40, and failed by its head, stock 41; 40 is in production, 41 in test.
async fn stock(app: &TestApp) {
    let world = app.world();
    world.environment("test").await;
    app.post("/environments", &json!({"name": "production", "displayName": "Production", "production": true}))
        .await
        .is(201);
    world.consumer("shop").version("1").branch("main").contract_with("stock", &["a", "b"]).await;
    world.provider("stock").version("40").branch("main").verifies("shop", "1").await;
    world.provider("stock").version("41").branch("main").fails("shop", "1").await;
    world.deployed("shop", "1", "test").await;
    world.deployed("shop", "1", "production").await;
    world.deployed("stock", "40", "production").await;
    world.deployed("stock", "41", "test").await;
    let about = json!({"mainBranch": "main", "repositoryUrl": "https://git.example.org/stock"});
    app.patch("/pacticipants/stock", &about).await.is(200);
}

#[tokio::test]
async fn it_shows_where_it_runs_and_whether_what_runs_left_may_come_right() {
    let app = TestApp::start().await;
    stock(&app).await;

    let page = page(&app, "/pacticipants/stock").await.is(200);

    is_safe(&page);
    let words = words(&page);
    assert!(words.contains("41 can’t come yet 1 failed"), "{words}");
    assert!(page.text().contains("aria-label=\"May 41 go to Production? No\""), "{page:?}");
    let gate = "/can-i-deploy?pacticipant=stock&amp;version=41&amp;environment=production";
    assert!(page.text().contains(&format!("class=\"gate\" href=\"{gate}\"")), "{page:?}");
}

#[tokio::test]
async fn it_shows_who_is_on_each_side_with_a_verdict_for_each_environment() {
    let app = TestApp::start().await;
    stock(&app).await;

    let provider = words(&page(&app, "/pacticipants/stock").await.is(200));
    let consumer = words(&page(&app, "/pacticipants/shop").await.is(200));

    assert!(provider.contains("Consumers use stock shop"), "{provider}");
    assert!(provider.contains("2 Failed 1 Failed 1"), "{provider}");
    assert!(consumer.contains("Providers shop uses stock"), "{consumer}");
    assert!(consumer.contains("2 Failed 41 Passed 40"), "{consumer}");
}

#[tokio::test]
async fn it_shows_branches_with_a_tape_and_whether_their_heads_can_go() {
    let app = TestApp::start().await;
    stock(&app).await;
    app.world().provider("stock").version("50").branch("feat/x").verifies("shop", "1").await;

    let page = page(&app, "/pacticipants/stock").await.is(200);

    let words = words(&page);
    assert!(words.contains("main main 41 40: Passed 41: Failed No"), "{words}");
    assert!(words.contains("feat/x 50 one version Yes"), "{words}");
}

#[tokio::test]
async fn it_shows_deployments_webhooks_and_what_is_known() {
    let app = TestApp::start().await;
    stock(&app).await;
    app.put("/pacticipants/stock/labels/team%3ALogistics", &json!({})).await.is(201);
    app.put("/pacticipants/stock/labels/core", &json!({})).await.is(201);
    let webhook = app.world().webhook("https://hooks.example.org/x").on("contract_published");
    webhook.with("provider", json!({"name": "stock"})).with("description", json!("Tell the build")).await;

    let page = page(&app, "/pacticipants/stock").await.is(200);

    let words = words(&page);
    assert!(words.contains("41 to test"), "{words}");
    assert!(words.contains("40 to production"), "{words}");
    assert!(words.contains("Tell the build contract published · not called yet"), "{words}");
    assert!(words.contains("Team Logistics"), "{words}");
    assert!(words.contains("Owner Logistics"), "{words}");
    assert!(page.text().contains("href=\"https://git.example.org/stock\" rel=\"noreferrer nofollow\""), "{page:?}");
}

#[tokio::test]
async fn an_application_without_versions_says_what_to_do() {
    let app = TestApp::start().await;
    app.world().environment("production").await;
    app.post("/pacticipants", &json!({"name": "new"})).await.is(201);

    let page = page(&app, "/pacticipants/new").await.is(200);

    let words = words(&page);
    assert!(words.contains("No version of new yet."), "{words}");
    assert!(words.contains("nothing runs here"), "{words}");
    assert!(words.contains("No contract yet."), "{words}");
    assert!(words.contains("pactolus publish"), "{words}");
    assert!(!page.text().contains("Can it ship?"), "{page:?}");
}

#[tokio::test]
async fn its_twin_is_the_api_own_answer() {
    let app = TestApp::start().await;
    stock(&app).await;

    let page = page(&app, "/pacticipants/stock").await.is(200);
    let twin = app.get("/pacticipants/stock.json").await.is(200);

    assert!(page.text().contains("href=\"/pacticipants/stock.json\""), "{page:?}");
    assert!(page.text().contains("href=\"/hal-browser/browser.html#/pacticipants/stock\""), "{page:?}");
    assert_eq!(twin.text(), app.get("/pacticipants/stock").await.text());
}

#[tokio::test]
async fn many_consumers_come_in_pages_with_what_failed_first() {
    let app = TestApp::start().await;
    stock(&app).await;
    for number in 0..30 {
        let name = format!("client-{number:02}");
        app.world().consumer(&name).version("1").branch("main").contract_with("stock", &["c"]).await;
    }

    let first = page(&app, "/pacticipants/stock").await.is(200);
    let second = page(&app, "/pacticipants/stock?consumers=2").await.is(200);

    let text = words(&first);
    assert!(text.contains("Consumers use stock shop"), "{text}");
    assert!(text.contains("1 to 25 of 31 Previous Next"), "{text}");
    assert!(first.text().contains("href=\"/pacticipants/stock?consumers=2\""), "{first:?}");
    assert!(words(&second).contains("26 to 31 of 31 Previous Next"), "{}", words(&second));
    assert!(words(&second).contains("client-29"), "{}", words(&second));
}

#[tokio::test]
async fn several_instances_stack_and_the_same_version_may_run() {
    let app = TestApp::start().await;
    stock(&app).await;
    app.world().deployed_instance("stock", "40", "test", "blue").await;

    let words = words(&page(&app, "/pacticipants/stock").await.is(200));

    assert!(words.contains("40 blue since"), "{words}");
}

#[tokio::test]
async fn what_users_wrote_stays_text_however_long_it_is() {
    let app = TestApp::start().await;
    let long = "n".repeat(200);
    app.world().environment("production").await;
    for name in [HOSTILE, long.as_str()] {
        app.world().consumer(name).version(name).branch(name).contract_with("stock", &[name]).await;
        app.patch(
            &path_of(&["pacticipants", name]),
            &json!({"mainBranch": name, "repositoryUrl": "javascript:alert(1)"}),
        )
        .await
        .is(200);
        app.put(&path_of(&["pacticipants", name, "labels", name]), &json!({})).await.is(201);

        let page = page(&app, &path_of(&["pacticipants", name])).await.is(200);

        is_safe(&page);
        assert!(
            page.text().contains(&format!(
                "title=\"{}\"",
                &name.replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
            )),
            "{page:?}"
        );
    }
}

#[tokio::test]
async fn its_settings_are_changed_by_a_form() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").await;
    app.put("/pacticipants/shop/labels/passing", &json!({})).await.is(201);
    assert!(
        page(&app, "/pacticipants/shop").await.text().contains("<form method=\"post\" action=\"/pacticipants/shop\">")
    );

    let fields = [
        ("displayName", "The shop"),
        ("repositoryUrl", "https://git.example.org/shop"),
        ("mainBranch", "trunk"),
        ("labels", "team:web\r\n<b>core\r\n"),
    ];
    let answer = send_form(&app, "/pacticipants/shop", &fields, OWN).await.is(303);

    assert_eq!(answer.header("location").as_deref(), Some("/pacticipants/shop"));
    let shown = page(&app, "/pacticipants/shop").await.is(200);
    is_safe(&shown);
    let words = words(&shown);
    assert!(words.contains("The shop") && words.contains("trunk") && words.contains("Team web"), "{words}");
    assert!(words.contains("<b>core") && !words.contains("passing"), "{words}");
    let blank = send_form(&app, "/pacticipants/shop", &[("mainBranch", " "), ("labels", "")], OWN).await;
    assert_eq!(blank.status, 303);
    let after = app.get("/pacticipants/shop").await.json();
    assert_eq!(after["mainBranch"], json!(null));
    assert_eq!(after["repositoryUrl"], "https://git.example.org/shop");
    assert_eq!(after["_embedded"]["labels"], json!([]));
}

#[tokio::test]
async fn settings_that_can_not_be_are_refused_and_others_are_not_touched() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").await;

    send_form(&app, "/pacticipants/shop", &[("mainBranch", "two words"), ("displayName", "X")], OWN).await.is(400);
    send_form(&app, "/pacticipants/nobody", &[("displayName", "X")], OWN).await.is(404);
    send_form(&app, "/pacticipants/shop", &[("displayName", "X")], "http://evil.example").await.is(403);

    assert_eq!(app.get("/pacticipants/shop").await.json()["displayName"], "Shop");
}

#[tokio::test]
async fn an_application_is_added_by_a_form() {
    let app = TestApp::start().await;

    let fields = [("name", "a shop"), ("repositoryUrl", "")];
    let answer = send_form(&app, "/pacticipants", &fields, OWN).await.is(303);

    assert_eq!(answer.header("location").as_deref(), Some("/pacticipants/a%20shop"));
    assert!(page(&app, "/pacticipants").await.text().contains("action=\"/pacticipants\""));
    send_form(&app, "/pacticipants", &[("name", "")], OWN).await.is(400);
}

#[tokio::test]
async fn who_may_only_read_is_offered_no_settings() {
    let app = TestApp::with(readable).await;
    changed(&app, Method::POST, "/pacticipants", &json!({"name": "shop"})).await.is(201);

    for address in ["/pacticipants/shop", "/pacticipants", "/"] {
        let page = page(&app, address).await.is(200);
        assert!(!page.text().contains("method=\"post\""), "{address}");
    }
    send_form(&app, "/pacticipants/shop", &[("displayName", "X")], OWN).await.is(401);
}
