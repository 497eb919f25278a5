//! The system map: drawn, as a table, and for programs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{CHROMIUM, is_safe, page, words};
use crate::support::TestApp;

/// Two that work together, and one whose contract fails.
async fn small() -> TestApp {
    let app = TestApp::start().await;
    let world = app.world();
    world.consumer("shop").version("1").contract_with("stock", &["a pen"]).contract_with("payments", &["a bill"]).await;
    app.world().provider("stock").version("7").verifies("shop", "1").await;
    app.world().provider("payments").version("9").fails("shop", "1").await;
    app
}

#[tokio::test]
async fn an_empty_map_says_how_it_fills() {
    let app = TestApp::start().await;

    let page = page(&app, "/map").await.is(200);

    is_safe(&page);
    let words = words(&page);
    assert!(words.contains("pactolus publish") && words.contains("pactolus verify"), "{words}");
}

#[tokio::test]
async fn the_map_draws_each_application_and_each_contract_and_says_the_same_in_a_table() {
    let app = small().await;

    let page = page(&app, "/map").await.is(200);

    is_safe(&page);
    let text = page.text();
    assert_eq!(text.matches("data-node=").count(), 3, "{text}");
    assert_eq!(text.matches(r#"class="line""#).count(), 2, "{text}");
    assert!(text.contains("<title>shop uses payments. Failed</title>"), "{text}");
    let words = words(&page);
    assert!(words.contains("1 failed 1 passed"), "{words}");
    let table = words.split("The same as a table").nth(1).expect("a table");
    let (failed, passed) = (table.find("payments 9 Failed"), table.find("stock 7 Passed"));
    assert!(failed.is_some() && failed < passed, "the worst is first: {table}");
}

#[tokio::test]
async fn in_an_environment_only_what_runs_there_counts() {
    let app = small().await;
    app.world().environment("production").await;
    app.world().deployed("shop", "1", "production").await;
    app.world().deployed("stock", "7", "production").await;

    let page = page(&app, "/map?environment=production").await.is(200);

    let words = words(&page);
    assert!(words.contains("1 not verified 1 passed"), "payments is not there: {words}");
    let map = app.get("/map?environment=production").await.is(200).json();
    assert_eq!(map["environment"], "production");
    let contract = &map["_embedded"]["contracts"][0];
    assert_eq!((&contract["verdict"], &contract["provider"]), (&json!("not-verified"), &json!({"name": "payments"})));
}

#[tokio::test]
async fn an_environment_where_nothing_runs_says_how_to_record_what_does() {
    let app = small().await;
    app.world().environment("production").await;

    let words = words(&page(&app, "/map?environment=production").await.is(200));

    assert!(words.contains("pactolus record-deployment"), "{words}");
}

#[tokio::test]
async fn who_use_each_other_are_marked() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a pen"]).await;
    app.world().consumer("stock").version("1").contract_with("shop", &["a name"]).await;

    let text = page(&app, "/map").await.is(200).text();

    assert_eq!(text.matches(r#"class="pill""#).count(), 1, "one edge closes the circle: {text}");
    assert_eq!(app.get("/map").await.json()["cycles"], json!([["shop", "stock"]]));
}

#[tokio::test]
async fn the_map_is_narrowed_by_its_address() {
    let app = small().await;
    app.put("/pacticipants/stock/labels/team:Fulfilment", &json!({})).await.is(201);

    for (address, expected) in [
        ("/map?team=Fulfilment", vec!["stock"]),
        ("/map?q=PAY", vec!["payments"]),
        ("/map?verdict=passed", vec!["stock"]),
        ("/map?around=stock", vec!["stock"]),
        ("/map?around=stock&steps=2", vec!["payments", "stock"]),
        ("/map?verdict=pending", vec![]),
    ] {
        let map = app.get(address).await.is(200).json();
        let contracts = map["_embedded"]["contracts"].as_array().expect("a list");
        let providers: Vec<&str> =
            contracts.iter().filter_map(|contract| contract["provider"]["name"].as_str()).collect();
        assert_eq!(providers, expected, "{address}");
    }
}

#[tokio::test]
async fn what_can_not_be_asked_is_said() {
    let app = small().await;
    app.world().environment("production").await;

    let page = page(&app, "/map?environment=prodction").await.is(400);

    assert!(words(&page).contains("prodction doesn't exist; did you mean production?"), "{page:?}");
    app.get("/map?steps=9").await.is(400);
    app.get("/map?verdict=green").await.is(400);
    app.get("/map?around=nobody").await.is(404);
}

#[tokio::test]
async fn over_eighty_applications_are_drawn_as_teams_and_a_team_is_opened_by_a_link() {
    let app = TestApp::start().await;
    for consumer in 0..9 {
        let name = format!("consumer-{consumer}");
        let consumer = app.world().consumer(&name);
        let mut version = consumer.version("1");
        for provider in 0..9 {
            version = version.contract_with(&format!("provider-{name}-{provider}"), &["a thing"]);
        }
        version.await;
        let team = if name.ends_with(['0', '1']) { "few" } else { "many" };
        app.put(&format!("/pacticipants/{name}/labels/team:{team}"), &json!({})).await.is(201);
    }

    let all = page(&app, "/map").await.is(200).text();
    let one = page(&app, "/map?team=few").await.is(200).text();

    assert_eq!(all.matches("data-node=").count(), 3, "two teams, and those without: {all}");
    assert!(all.contains(r#"href="/map?team=few""#), "{all}");
    assert_eq!(one.matches("data-node=").count(), 20, "{one}");
    assert!(all.contains(r#"href="/map?after=25""#), "the table goes on: {all}");
}

#[tokio::test]
async fn hostile_names_are_only_text_on_the_map() {
    let app = TestApp::start().await;
    let hostile = r#""><script>alert(1)</script><img src=x onerror="alert(2)">"#;
    app.world().consumer(hostile).version("<b>").contract_with("stock", &["a pen"]).await;

    let page = page(&app, "/map").await.is(200);

    is_safe(&page);
    assert!(page.text().contains("&lt;script&gt;alert(1)"));
}

#[tokio::test]
async fn the_drawing_stands_alone_as_svg() {
    let app = small().await;
    let link = page(&app, "/map?q=shop").await.text();
    assert!(link.contains(r#"<a class="link" href="/map.svg?q=shop">SVG</a>"#), "{link}");

    for accept in ["image/svg+xml", "text/html", "*/*", CHROMIUM] {
        let svg = app.get_as("/map.svg?q=shop", accept).await.is(200);

        assert_eq!(svg.header("content-type").as_deref(), Some("image/svg+xml;charset=utf-8"));
        let text = svg.text();
        assert!(text.starts_with("<svg ") && text.contains(r#"xmlns="http://www.w3.org/2000/svg""#), "{text}");
        assert_eq!(text.matches("data-node=").count(), 3, "{text}");
        for used in text.split(r##"<use href="#"##).skip(1).filter_map(|after| after.split('"').next()) {
            assert!(text.contains(&format!(r#"<symbol id="{used}""#)), "{used}: {text}");
        }
        assert!(text.contains(r#"href="http://pactolus.test/pacticipants/shop""#), "{text}");
        assert!(!text.contains(r#"href="/"#) && !text.contains("src="), "{text}");
        let style = text.split_once("<style>").and_then(|(_, after)| after.split_once("</style>")).expect("styles").0;
        let digest = STANDARD.encode(Sha256::digest(style.as_bytes()));
        let policy = svg.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with(&format!("default-src 'none'; style-src 'sha256-{digest}'")), "{policy}");
    }
}

#[tokio::test]
async fn a_drawing_without_anything_says_so_and_hostile_names_are_only_text_in_it() {
    let app = TestApp::start().await;
    let nothing = app.get_as("/map.svg", "image/svg+xml").await.is(200);
    assert!(nothing.text().contains("No contract is between applications"), "{nothing:?}");
    app.get_as("/map.svg?environment=nowhere", "image/svg+xml").await.is(400);
    let hostile = "</text><script>alert(1)</script>&\u{1}";
    app.world().consumer(hostile).version("1").contract_with("stock", &["a pen"]).await;

    let text = app.get_as("/map.svg", "image/svg+xml").await.is(200).text();

    assert!(!text.contains("<script>") && text.contains("&lt;/text&gt;&lt;script&gt;"), "{text}");
    assert!(!text.contains('\u{1}'), "XML has no such character");
}
