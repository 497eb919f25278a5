//! The board of environments, and the timeline of deployments.

use super::{is_safe, page, words};
use crate::support::TestApp;

#[tokio::test]
async fn without_an_environment_the_board_says_how_to_create_one() {
    let app = TestApp::start().await;

    let page = page(&app, "/environments").await.is(200);

    is_safe(&page);
    assert!(words(&page).contains("pactolus create-environment --name production"), "{page:?}");
}

#[tokio::test]
async fn an_environment_where_nothing_runs_says_how_to_record_a_deployment() {
    let app = TestApp::start().await;
    app.world().environment("production").await;

    let words = words(&page(&app, "/environments").await.is(200));

    assert!(words.contains("pactolus record-deployment") && words.contains("--environment production"), "{words}");
}

#[tokio::test]
async fn the_board_says_what_runs_where_and_how_it_gets_on_there() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a pen"]).await;
    app.world().provider("stock").version("7").fails("shop", "1").await;
    app.world().environment("production").await;
    app.world().deployed("shop", "1", "production").await;
    app.world().deployed_instance("stock", "7", "production", "blue").await;

    let page = page(&app, "/environments").await.is(200);

    is_safe(&page);
    let words = words(&page);
    assert!(words.contains("2 applications run beside one that they break with"), "{words}");
    assert!(words.contains("stock 7 blue"), "{words}");
    assert_eq!(page.text().matches(r#"aria-label="Failed""#).count(), 2, "{page:?}");
}

#[tokio::test]
async fn what_is_newer_than_in_the_environment_before_is_a_warning() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").await;
    app.world().consumer("shop").version("2").await;
    app.post("/environments", &serde_json::json!({"name": "test", "displayName": "Test", "production": false})).await;
    app.post("/environments", &serde_json::json!({"name": "live", "displayName": "Live", "production": true})).await;
    app.world().deployed("shop", "1", "test").await;
    app.world().deployed("shop", "2", "live").await;

    let words = words(&page(&app, "/environments").await.is(200));

    assert!(words.contains("newer than in Test"), "{words}");
}

#[tokio::test]
async fn the_timeline_tells_deployments_and_releases_the_newest_first() {
    let app = TestApp::with(|settings| settings.record_verdicts = true).await;
    app.world().consumer("shop").version("1").await;
    app.world().consumer("stock").version("7").await;
    app.world().environment("production").await;
    app.world().deployed("shop", "1", "production").await;
    app.advance_secs(1);
    app.world().released("stock", "7", "production").await;

    let page = page(&app, "/deployments").await.is(200);

    is_safe(&page);
    let words = words(&page);
    assert!(words.find("stock 7 released in") < words.find("shop 1 to"), "{words}");
    assert!(words.contains("The gate was not asked"), "{words}");
    let listed = app.get("/deployments?size=1").await.is(200);
    assert_eq!(listed.json()["_embedded"]["deployments"][0]["kind"], "released");
    let next = app.get(&listed.link("next")).await.is(200).json();
    assert_eq!(next["_embedded"]["deployments"][0]["_embedded"]["pacticipant"]["name"], "shop");
}

#[tokio::test]
async fn the_timeline_is_narrowed_by_its_address() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").await;
    app.world().consumer("stock").version("7").await;
    app.world().environment("production").await;
    app.world().deployed("shop", "1", "production").await;
    app.world().deployed("stock", "7", "production").await;

    let count = async |address: &str| {
        let listed = app.get(address).await.is(200).json();
        listed["_embedded"]["deployments"].as_array().expect("a list").len()
    };
    assert_eq!(count("/deployments?pacticipant=shop").await, 1);
    assert_eq!(count("/deployments?environment=production").await, 2);
    app.get("/deployments?environment=nowhere").await.is(400);
    app.get("/deployments?pacticipant=nobody").await.is(404);
    app.get("/deployments?before=x").await.is(400);
}

#[tokio::test]
async fn an_empty_timeline_says_how_it_fills() {
    let app = TestApp::start().await;

    let words = words(&page(&app, "/deployments").await.is(200));

    assert!(words.contains("pactolus record-deployment"), "{words}");
}

#[tokio::test]
async fn hostile_names_are_only_text_on_the_board_and_the_timeline() {
    let app = TestApp::start().await;
    let hostile = r#"<img src=x onerror="alert(2)">"#;
    app.world().consumer(hostile).version("<b>").await;
    app.world().environment("production").await;
    app.world().deployed_instance(hostile, "<b>", "production", "<i>").await;

    for address in ["/environments", "/deployments"] {
        let page = page(&app, address).await.is(200);
        is_safe(&page);
        assert!(page.text().contains("&lt;img src=x"), "{address}");
    }
}

#[tokio::test]
async fn the_timeline_tells_what_the_gate_had_said() {
    let app = TestApp::with(|settings| settings.record_verdicts = true).await;
    app.world().environment("production").await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a pen"]).await;
    app.world().provider("stock").version("7").fails("shop", "1").await;
    app.world().deployed("stock", "7", "production").await;
    app.get("/can-i-deploy?pacticipant=shop&version=1&environment=production").await.is(200);
    app.world().deployed("shop", "1", "production").await;

    let shown = async |query: &str| words(&page(&app, &format!("/deployments{query}")).await.is(200));
    assert!(shown("").await.contains("The gate said no to"), "{}", shown("").await);
    assert!(shown("?verdict=no").await.contains("shop 1 to") && !shown("?verdict=no").await.contains("stock 7"));
    assert!(shown("?verdict=none").await.contains("stock 7 to") && !shown("?verdict=none").await.contains("shop 1"));
    assert!(shown("?verdict=no&pacticipant=stock").await.contains("Nothing was deployed as this address asks"));
    page(&app, "/deployments?verdict=odd").await.is(400);
}

#[tokio::test]
async fn a_timeline_without_verdicts_says_how_they_are_kept() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").await;
    app.world().environment("production").await;
    app.world().deployed("shop", "1", "production").await;

    let words = words(&page(&app, "/deployments").await.is(200));

    assert!(words.contains("pactolus serve --record-verdicts"), "{words}");
}

#[tokio::test]
async fn a_name_that_is_not_there_leads_to_those_most_like_it() {
    let app = TestApp::start().await;
    app.world().consumer("payments").version("1").await;
    app.world().environment("production").await;
    app.world().deployed("payments", "1", "production").await;

    let page = page(&app, "/deployments?pacticipant=paymens").await.is(200);

    is_safe(&page);
    assert!(words(&page).contains("No application is called paymens"), "{}", words(&page));
    assert!(page.text().contains("href=\"/deployments?pacticipant=payments\""), "{}", words(&page));
}

#[tokio::test]
async fn the_board_is_ordered_by_the_address() {
    let app = TestApp::start().await;
    app.world().environment("production").await;
    app.world().consumer("zoo").version("1").contract_with("stock", &["a pen"]).await;
    app.world().provider("stock").version("7").fails("zoo", "1").await;
    app.world().consumer("alone").version("1").await;
    for (name, version) in [("zoo", "1"), ("stock", "7"), ("alone", "1")] {
        app.world().deployed(name, version, "production").await;
    }

    let places = async |query: &str| {
        let page = page(&app, &format!("/environments{query}")).await.is(200);
        ["alone", "stock", "zoo"].map(|name| page.text().find(&format!("href=\"/pacticipants/{name}\" title")))
    };
    let [alone, stock, zoo] = places("").await;
    assert!(alone < stock && stock < zoo);
    let [alone, stock, zoo] = places("?sort=verdict").await;
    assert!(stock < alone && zoo < alone);
    let [alone, stock, zoo] = places("?sort=-name").await;
    assert!(zoo < stock && stock < alone);
}
