//! Labels of pacticipants.

use serde_json::{Value, json};

use crate::support::{BASE, TestApp};

const IOS: &str = "/pacticipants/shop/labels/ios";

#[tokio::test]
async fn a_label_is_put_shown_and_taken_off() {
    let app = TestApp::start().await;

    let put = app.put_nothing(IOS).await.is(201);

    assert_eq!(put.header("location"), Some(format!("{BASE}{IOS}")));
    assert_eq!(put.link("pacticipant"), format!("{BASE}/pacticipants/shop"));
    assert_eq!(app.get(IOS).await.is(200).json(), put.json());
    app.put(IOS, &json!({})).await.is(200);
    assert_eq!(app.get("/pacticipants/shop").await.at("/_embedded/labels/0/name"), "ios");
    app.delete(IOS).await.is(204);
    app.get(IOS).await.is(404);
    app.delete(IOS).await.is(404);
    assert_eq!(app.get("/pacticipants/shop").await.at("/_embedded/labels"), json!([]));
}

#[tokio::test]
async fn labels_are_listed_each_once() {
    let app = TestApp::start().await;
    assert_eq!(app.get("/labels").await.is(200).at("/_embedded/labels"), json!([]));
    for path in [IOS, "/pacticipants/stock/labels/ios", "/pacticipants/stock/labels/android"] {
        app.put_nothing(path).await.is(201);
    }

    let all = app.get("/labels").await.is(200);
    let second = app.get("/labels?size=1&page=2").await.is(200);

    assert_eq!(all.at("/_embedded/labels"), json!([{"name": "android"}, {"name": "ios"}]));
    assert_eq!(second.at("/_embedded/labels"), json!([{"name": "ios"}]));
    assert_eq!(second.at("/page/totalElements"), 2);
    assert!(second.link("previous").ends_with("/labels?size=1&page=1"));
}

#[tokio::test]
async fn pacticipants_are_found_by_label() {
    let app = TestApp::start().await;
    for path in [IOS, "/pacticipants/basket/labels/ios", "/pacticipants/stock/labels/android"] {
        app.put_nothing(path).await.is(201);
    }
    let names = |listed: &Value| {
        let names =
            listed.as_array().expect("a list").iter().map(|one| one["name"].as_str().expect("a name").to_owned());
        names.collect::<Vec<_>>()
    };

    let found = app.get("/pacticipants/label/ios").await.is(200);
    let filtered = app.get("/pacticipants/label/ios?q=SHO").await.is(200);

    assert_eq!(names(&found.at("/_embedded/pacticipants")), ["basket", "shop"]);
    assert_eq!(found.link("self"), format!("{BASE}/pacticipants/label/ios"));
    assert_eq!(names(&filtered.at("/_embedded/pacticipants")), ["shop"]);
    assert_eq!(app.get("/pacticipants/label/none").await.is(200).at("/_embedded/pacticipants"), json!([]));
}

#[tokio::test]
async fn a_webhook_for_a_label_links_those_who_have_it() {
    let app = TestApp::start().await;
    app.put_nothing(IOS).await.is(201);
    let body = json!({
        "consumer": {"label": "ios"},
        "events": [{"name": "contract_published"}],
        "request": {"method": "POST", "url": "https://hooks.example.org/"},
    });

    let webhook = app.post("/webhooks", &body).await.is(201);

    let labelled = app.get(&webhook.link("pb:consumers")).await.is(200);
    assert_eq!(labelled.at("/_embedded/pacticipants/0/name"), "shop");
}
