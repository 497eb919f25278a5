//! The search: a page, a list below the field, and JSON.

use serde_json::json;

use super::{is_safe, page, words};
use crate::support::TestApp;

async fn filled(app: &TestApp) {
    let world = app.world();
    let hash = "a41c7e0b5f9d8c7e6a5b4c3d2e1f0a9b8c7d6e5f";
    world.consumer("checkout").version("1").branch("main").contract_with("payments", &["a"]).await;
    world.provider("payments").version(hash).branch("main").await;
    world
        .webhook("https://ci.example.org/x")
        .on("contract_published")
        .with("description", json!("Build payments"))
        .await;
    app.put("/pacticipants/checkout/labels/core", &json!({})).await.is(201);
}

#[tokio::test]
async fn an_application_is_found_by_a_part_of_its_name_or_label() {
    let app = TestApp::start().await;
    filled(&app).await;

    for q in ["CHECK", "core"] {
        let page = page(&app, &format!("/search?q={q}")).await.is(200);
        assert!(page.text().contains("href=\"/pacticipants/checkout\" data-step"), "{q}: {page:?}");
    }
}

#[tokio::test]
async fn a_version_is_found_by_how_it_begins() {
    let app = TestApp::start().await;
    filled(&app).await;

    let page = page(&app, "/search?q=a41c7e0").await.is(200);

    assert!(words(&page).contains("Versions payments a41c7e0"), "{}", words(&page));
    assert_eq!(app.get("/search?q=41c7e0").await.is(200).json()["versions"], json!([]));
}

#[tokio::test]
async fn contracts_and_webhooks_are_found() {
    let app = TestApp::start().await;
    filled(&app).await;

    let found = app.get("/search?q=payments").await.is(200).json();
    let page = page(&app, "/search?q=payments").await.is(200);

    assert_eq!(found["contracts"][0]["consumer"], "checkout");
    assert_eq!(found["webhooks"][0]["host"], "ci.example.org");
    assert!(words(&page).contains("Contracts checkout with payments"), "{}", words(&page));
    assert!(words(&page).contains("Webhooks Build payments"), "{}", words(&page));
}

#[tokio::test]
async fn what_is_not_found_is_said_and_an_empty_search_says_what_can_be_found() {
    let app = TestApp::start().await;
    filled(&app).await;

    assert!(words(&page(&app, "/search?q=nothing").await.is(200)).contains("Nothing is called nothing ."));
    for address in ["/search", "/search?q=%20"] {
        let words = words(&page(&app, address).await.is(200));
        assert!(words.contains("versions by how they begin"), "{words}");
    }
    assert_eq!(app.get("/search").await.is(200).json()["applications"], json!([]));
}

#[tokio::test]
async fn its_results_stand_in_a_part_that_the_header_can_show() {
    let app = TestApp::start().await;
    filled(&app).await;

    let page = page(&app, "/search?q=check").await.is(200);

    assert!(page.text().contains("<section class=\"finds\" id=\"results\""), "{page:?}");
    assert!(page.text().contains("hx-select=\"#results\""), "{page:?}");
}

#[tokio::test]
async fn a_hostile_search_is_only_text() {
    let app = TestApp::start().await;
    filled(&app).await;

    for q in ["%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E%3Cimg%20src=x%3E", "%25%25_%5C'", "%00", &"x".repeat(5000)] {
        let page = page(&app, &format!("/search?q={q}")).await.is(200);
        is_safe(&page);
    }
}

#[tokio::test]
async fn where_there_may_be_more_a_list_has_them_all() {
    let app = TestApp::start().await;
    for number in 1..=7 {
        app.world().consumer(&format!("shop {number}")).version("1").contract_with("stock", &["a pen"]).await;
    }
    let few = page(&app, "/search?q=shop").await.is(200);
    assert!(!few.text().contains("All applications"), "{few:?}");
    app.world().consumer("shop & 8").version("1").contract_with("stock", &["a pen"]).await;

    let text = page(&app, "/search?q=shop").await.is(200).text();

    assert!(text.contains(r#"href="/pacticipants?q=shop""#) && text.contains(r#"href="/map?q=shop""#), "{text}");
    assert!(!text.contains(r#"href="/webhooks?q=shop""#), "{text}");
}
