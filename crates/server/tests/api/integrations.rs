//! Who consumes whom.

use serde_json::{Value, json};

use crate::support::{Answer, BASE, TestApp};

const GRAPHVIZ: &str = "text/vnd.graphviz";

/// `shop` and then `basket` use `stock`, `basket` uses `till` as well.
async fn three_integrations() -> TestApp {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    app.advance_secs(60);
    app.world().consumer("basket").version("1").contract_with("stock", &["a"]).contract_with("till", &["a"]).await;
    app
}

fn pairs(listed: &Answer) -> Vec<String> {
    let listed = listed.at("/_embedded/integrations");
    let name = |one: &Value, role: &str| one[role]["name"].as_str().expect("a name").to_owned();
    let listed = listed.as_array().expect("a list").iter();
    listed.map(|one| format!("{} {}", name(one, "consumer"), name(one, "provider"))).collect()
}

#[tokio::test]
async fn integrations_are_listed_the_last_published_first() {
    let app = three_integrations().await;

    let listed = app.get("/integrations").await.is(200);

    assert_eq!(pairs(&listed), ["basket stock", "basket till", "shop stock"]);
    assert_eq!(listed.link("self"), format!("{BASE}/integrations"));
    assert_eq!(listed.at("/page"), Value::Null);
    let links = listed.at("/_embedded/integrations/2/_links");
    assert_eq!(links["pb:dashboard"]["href"], format!("{BASE}/dashboard/provider/stock/consumer/shop"));
    assert_eq!(links["pb:matrix"]["href"], format!("{BASE}/matrix/provider/stock/consumer/shop"));
    assert_eq!(links["pb:group"]["href"], format!("{BASE}/pacticipants/shop"));
    assert_eq!(links["pb:delete_integration"]["href"], format!("{BASE}/integrations/provider/stock/consumer/shop"));
}

#[tokio::test]
async fn publishing_again_moves_an_integration_to_the_front() {
    let app = three_integrations().await;

    app.advance_secs(60);
    app.world().consumer("shop").version("2").contract_with("stock", &["a"]).await;

    assert_eq!(pairs(&app.get("/integrations").await.is(200))[0], "shop stock");
}

#[tokio::test]
async fn a_result_moves_an_integration_to_the_front() {
    let app = three_integrations().await;

    app.advance_secs(60);
    app.world().provider("stock").version("40").verifies("shop", "1").await;

    assert_eq!(pairs(&app.get("/integrations").await.is(200))[0], "shop stock");
}

#[tokio::test]
async fn integrations_come_in_pages_and_are_found_by_either_name() {
    let app = three_integrations().await;

    let second = app.get("/integrations?size=2&page=2").await.is(200);
    let old = app.get("/integrations?pageSize=2&pageNumber=1").await.is(200);
    let found = app.get("/integrations?q=TOC&size=1").await.is(200);
    let beyond = app.get("/integrations?size=2&page=3").await.is(200);

    assert_eq!(pairs(&second), ["shop stock"]);
    assert_eq!(second.at("/page"), json!({"number": 2, "size": 2, "totalElements": 3, "totalPages": 2}));
    assert_eq!(second.link("previous"), format!("{BASE}/integrations?size=2&page=1"));
    assert_eq!(pairs(&old), ["basket stock", "basket till"]);
    assert_eq!(pairs(&found), ["basket stock"]);
    assert_eq!(found.at("/page/totalElements"), 2);
    assert_eq!(found.link("next"), format!("{BASE}/integrations?size=1&page=2&q=TOC"));
    assert_eq!(pairs(&beyond), [""; 0]);
    app.get("/integrations?page=0").await.is(400);
    assert_eq!(pairs(&app.get("/integrations?q=basket").await), ["basket stock", "basket till"]);
}

#[tokio::test]
async fn integrations_can_be_drawn() {
    let app = TestApp::start().await;
    app.world().consumer("shop \"x\\\"").version("1").contract_with("stock", &["a"]).await;

    let graph = app.get_as("/integrations", GRAPHVIZ).await.is(200);

    assert_eq!(graph.header("content-type").as_deref(), Some("text/vnd.graphviz;charset=utf-8"));
    assert_eq!(graph.text().lines().nth(1), Some(r#"  "shop \"x\\\"" -> "stock""#));
    assert!(graph.text().starts_with("digraph {") && graph.text().ends_with("}\n"));
}

#[tokio::test]
async fn who_does_not_care_gets_json() {
    let app = TestApp::start().await;

    let anything = app.get_as("/integrations", "*/*").await.is(200);

    assert_eq!(anything.header("content-type").as_deref(), Some("application/hal+json;charset=utf-8"));
    assert_eq!(anything.at("/_embedded/integrations"), json!([]));
    app.get_as("/integrations", "text/csv").await.is(406);
}

#[tokio::test]
async fn a_deleted_integration_is_not_listed() {
    let app = three_integrations().await;

    app.delete("/integrations/provider/stock/consumer/basket").await.is(204);

    assert_eq!(pairs(&app.get("/integrations").await), ["basket till", "shop stock"]);
    app.delete("/integrations").await.is(204);
    assert_eq!(pairs(&app.get("/integrations").await), [""; 0]);
}

#[tokio::test]
async fn relationships_are_numbered_rows() {
    let app = three_integrations().await;
    let rows = "1,basket,1,1,0,1,2,3\n2,stock,1,1,0,2,0,0\n3,till,1,1,0,3,0,0\n4,shop,1,1,0,4,2,0\n";

    let csv = app.get_as("/relationships", "text/csv").await.is(200);
    let by_suffix = app.get("/relationships.csv").await.is(200);

    assert_eq!(csv.header("content-type").as_deref(), Some("text/csv;charset=utf-8"));
    assert_eq!(csv.text(), rows);
    assert_eq!(by_suffix.text(), rows);
    app.get_as("/relationships", "application/hal+json").await.is(406);
}

#[tokio::test]
async fn without_contracts_there_are_no_relationships() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").await;

    assert_eq!(app.get_as("/relationships", "text/csv").await.is(200).text(), "");
    assert_eq!(app.get_as("/groups/shop", "text/csv").await.is(200).text(), "");
}

#[tokio::test]
async fn odd_names_are_quoted_in_rows() {
    let app = TestApp::start().await;
    app.world().consumer("a, \"b\"").version("1").contract_with("stock", &["a"]).await;

    let csv = app.get("/relationships.csv").await.is(200);

    assert_eq!(csv.text(), "1,\"a, \"\"b\"\"\",1,1,0,1,2\n2,stock,1,1,0,2,0\n");
}

#[tokio::test]
async fn a_group_is_who_is_connected() {
    let app = three_integrations().await;
    app.world().consumer("blog").version("1").contract_with("search", &["a"]).await;

    let of_blog = app.get_as("/groups/blog", "text/csv").await.is(200);
    let of_till = app.get("/groups/till.csv").await.is(200);
    let nearest = app.get("/groups/till.csv?maxPacticipants=2").await.is(200);

    assert_eq!(of_blog.text(), "1,blog,1,1,0,1,2\n2,search,1,1,0,2,0\n");
    assert_eq!(of_till.text(), "1,basket,1,1,0,1,2,3\n2,stock,1,1,0,2,0,0\n3,till,1,1,0,3,0,0\n4,shop,1,1,0,4,2,0\n");
    assert_eq!(nearest.text(), "1,basket,1,1,0,1,2\n2,till,1,1,0,2,0\n");
}

#[tokio::test]
async fn a_group_is_only_of_somebody_known_and_of_a_sensible_size() {
    let app = three_integrations().await;

    let unknown = app.get("/groups/nobody.csv").await.is(404);
    let none = app.get("/groups/shop.csv?maxPacticipants=0").await.is(400);
    let text = app.get("/groups/shop.csv?maxPacticipants=many").await.is(400);

    assert_eq!(unknown.text_at("/error"), "No pacticipant with name 'nobody' found");
    assert_eq!(none.text_at("/errors/maxPacticipants/0"), "must be greater than or equal to 1");
    assert_eq!(text.text_at("/errors/maxPacticipants/0"), "must be an integer greater than or equal to 1");
    app.get_as("/groups/shop", "image/png").await.is(406);
}
