//! Who uses what of a provider, and what nobody uses.

mod demands;
mod preview;

use serde_json::{Value, json};

use crate::support::{Answer, TestApp, base64, query_of};

const USAGE: &str = "/usage/provider/stock";
const UNUSED: &str = "/usage/provider/stock/unused";

const DOCUMENT: &str = "
openapi: 3.0.3
info: {title: stock, version: '1'}
paths:
  /items/{id}:
    get:
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
        - {name: size, in: query, schema: {type: integer}}
      responses:
        '200':
          description: one
          content:
            application/json:
              schema:
                type: object
                required: [id, price, name]
                properties: {id: {type: integer}, price: {type: number}, name: {type: string}, note: {type: string}}
    delete: {responses: {'204': {description: gone}}}
";

/// A contract that reads these fields of an item.
fn reading(consumer: &str, body: &Value) -> String {
    let response = json!({
        "status": 200,
        "headers": {"Content-Type": "application/json"},
        "body": body,
        "matchingRules": {"body": {"$": {"matchers": [{"match": "type"}]}}},
    });
    let request = json!({"method": "GET", "path": "/items/42"});
    json!({
        "consumer": {"name": consumer},
        "provider": {"name": "stock"},
        "interactions": [{"description": "an item", "request": request, "response": response}],
        "metadata": {"pactSpecification": {"version": "3.0.0"}},
    })
    .to_string()
}

async fn offer(app: &TestApp, version: &str, branch: &str, document: &str) {
    let body = json!({
        "pacticipantVersionNumber": version,
        "branch": branch,
        "contract": {"content": base64(document), "contentType": "application/yaml", "specification": "oas"},
    });
    app.post("/provider-contracts/provider/stock/publish", &body).await.is(200);
}

/// Shop 41 reads the price and app 7 the name, both in production; shop 42 reads neither and is the head of main.
async fn world(app: &TestApp) {
    let world = app.world();
    world.environment("production").await;
    world.environment("test").await;
    let shop = world.consumer("shop");
    shop.version("41").contract_text("stock", &reading("shop", &json!({"id": 1, "price": 2.5}))).await;
    shop.version("42").branch("main").contract_text("stock", &reading("shop", &json!({"id": 1}))).await;
    world.consumer("app").version("7").contract_text("stock", &reading("app", &json!({"id": 1, "name": "a"}))).await;
    world.deployed("shop", "41", "production").await;
    world.deployed("app", "7", "production").await;
    offer(app, "1", "main", DOCUMENT).await;
}

async fn users(app: &TestApp, query: &[(&str, &str)]) -> Vec<String> {
    let answer = app.get(&format!("{USAGE}{}", query_of(query))).await.is(200);
    let consumers = answer.at("/_embedded/consumers").as_array().expect("a list").clone();
    let version = |consumer: &Value, version: &Value| {
        let places = [&version["environments"], &version["branches"]];
        let places = places.into_iter().flat_map(|list| list.as_array().expect("a list"));
        let places: Vec<&str> = places.filter_map(Value::as_str).collect();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        format!("{} {} {}", text(&consumer["name"]), text(&version["number"]), places.join(" ")).trim().to_owned()
    };
    let versions = |consumer: &Value| {
        let versions = consumer["versions"].as_array().expect("a list").clone();
        versions.iter().map(|one| version(consumer, one)).collect::<Vec<_>>()
    };
    consumers.iter().flat_map(versions).collect()
}

fn unused(answer: &Answer) -> Vec<String> {
    let listed = answer.at("/_embedded/unused").as_array().expect("a list").clone();
    let text = |one: &Value, key: &str| one[key].as_str().unwrap_or("-").to_owned();
    let line = |one: &Value| {
        let words = ["method", "path", "status", "part", "name"].map(|key| text(one, key));
        words.join(" ").trim().to_owned()
    };
    listed.iter().map(line).collect()
}

#[tokio::test]
async fn who_uses_a_field_is_told_with_where_it_runs() {
    let app = TestApp::start().await;
    world(&app).await;

    assert_eq!(users(&app, &[("field", "/price")]).await, ["shop 41 production"]);
    assert_eq!(users(&app, &[("field", "price"), ("environment", "production")]).await, ["shop 41 production"]);
    assert_eq!(users(&app, &[("field", "name"), ("environment", "test")]).await, [""; 0]);
    assert_eq!(users(&app, &[("field", "id")]).await, ["app 7 production", "shop 41 production", "shop 42 main"]);
    assert_eq!(users(&app, &[("field", "tax")]).await, [""; 0]);
}

#[tokio::test]
async fn uses_are_found_by_part_operation_and_status() {
    let app = TestApp::start().await;
    world(&app).await;
    let all = ["app 7 production", "shop 41 production", "shop 42 main"];

    for (query, expected) in [
        (("part", "status"), &all[..]),
        (("part", "query"), &[]),
        (("method", "get"), &all),
        (("method", "PUT"), &[]),
        (("path", "/items/{id}"), &all),
        (("path", "/items/7"), &all),
        (("path", "/items"), &[]),
        (("status", "200"), &all),
        (("status", "404"), &[]),
    ] {
        assert_eq!(users(&app, &[query]).await, expected, "{query:?}");
    }
}

#[tokio::test]
async fn a_use_is_named_as_all_contracts_name_it() {
    let app = TestApp::start().await;
    world(&app).await;

    let answer = app.get(&format!("{USAGE}?field=price")).await.is(200);

    let expected = json!([
        {"method": "GET", "path": "/items/{}", "status": 200, "part": "response-body", "name": "/price"},
    ]);
    assert_eq!(answer.at("/_embedded/consumers/0/versions/0/uses"), expected);
    assert_eq!(answer.at("/unread"), 0);
    assert_eq!(answer.at("/_embedded/consumers/0/versions/0/usesMore"), false);
}

#[tokio::test]
async fn consumers_come_in_pages() {
    let app = TestApp::start().await;
    world(&app).await;

    let first = app.get(&format!("{USAGE}?field=id&size=1")).await.is(200);
    assert_eq!(first.text_at("/_embedded/consumers/0/name"), "app");
    assert_eq!(first.at("/consumerCount"), 2);
    let second = app.get(&first.link("next")).await.is(200);
    assert_eq!(second.text_at("/_embedded/consumers/0/name"), "shop");
    assert_eq!(second.at("/hasMore"), false);
}

#[tokio::test]
async fn what_nobody_uses_is_listed_for_the_document_that_counts() {
    let app = TestApp::start().await;
    world(&app).await;

    let anywhere = app.get(UNUSED).await.is(200);
    let expected =
        ["DELETE /items/{id} - operation", "GET /items/{id} - query size", "GET /items/{id} 200 response-body /note"];
    assert_eq!(unused(&anywhere), expected);
    assert_eq!(anywhere.text_at("/document/version"), "1");
    assert_eq!(anywhere.at("/isComplete"), true);

    let in_test = app.get(&format!("{UNUSED}?environment=test")).await.is(200);
    assert_eq!(unused(&in_test), ["DELETE /items/{id} - operation", "GET /items/{id} - operation"]);

    let first = app.get(&format!("{UNUSED}?size=2")).await.is(200);
    assert_eq!(unused(&first), expected[..2]);
    assert_eq!(unused(&app.get(&first.link("next")).await.is(200)), expected[2..]);
}

#[tokio::test]
async fn what_nobody_uses_is_not_told_without_a_document_that_can_be_read() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    app.get(UNUSED).await.is(404);

    offer(&app, "1", "main", "neither: nor").await;
    app.get(UNUSED).await.is(404);

    app.get("/usage/provider/nobody/unused").await.is(404);
    app.get("/usage/provider/nobody").await.is(404);
    app.get(&format!("{USAGE}?environment=nowhere")).await.is(404);
    app.get(&format!("{USAGE}?part=nothing&status=many&size=0")).await.is(400);
}

#[tokio::test]
async fn contracts_from_before_are_looked_into_by_a_job() {
    let app = TestApp::start().await;
    world(&app).await;
    for statement in ["delete from contract_usage", "update contract_content set usage_rules = null"] {
        sqlx::query(statement).execute(&app.db).await.expect("the tables are there");
    }
    let before = app.get(&format!("{USAGE}?field=price")).await.is(200);
    assert_eq!(before.at("/unread"), 3);
    assert_eq!(before.at("/consumerCount"), 0);
    assert_eq!(app.get(UNUSED).await.at("/isComplete"), false);

    app.run_jobs().await;

    assert_eq!(users(&app, &[("field", "price")]).await, ["shop 41 production"]);
    assert_eq!(app.get(USAGE).await.at("/unread"), 0);
}

#[tokio::test]
async fn what_was_deleted_uses_nothing() {
    let app = TestApp::start().await;
    world(&app).await;

    for name in ["shop", "app", "stock"] {
        app.delete(&format!("/pacticipants/{name}")).await.is(204);
    }

    for table in ["select count(*) from contract_usage", "select count(*) from usage_element"] {
        let rows: i64 = sqlx::query_scalar(table).fetch_one(&app.db).await.expect("the table is there");
        assert_eq!(rows, 0, "{table}");
    }
}

#[tokio::test]
async fn a_contract_with_names_that_a_database_cannot_hold_is_published() {
    let app = TestApp::start().await;
    let text = r#"{"interactions": [{"request": {"method": "GET\u0000", "path": "/\u0000"},
        "response": {"status": 200, "body": {"\u0000": 1}}}]}"#;

    app.world().consumer("shop").version("1").contract_text("stock", text).await;

    assert_eq!(users(&app, &[("status", "200")]).await, ["shop 1"]);
}

#[tokio::test]
async fn headers_are_found_in_any_case_and_fields_are_not() {
    let app = TestApp::start().await;
    let text = r#"{"interactions": [{"request": {"method": "GET", "path": "/a", "headers": {"X-Trace": "1"}},
        "response": {"status": 200, "headers": {"ETag": "1"}, "body": {"Price": 1}}}]}"#;
    app.world().consumer("shop").version("1").contract_text("stock", text).await;

    for field in ["X-Trace", "x-trace", "ETag", "Price"] {
        assert_eq!(users(&app, &[("field", field)]).await, ["shop 1"], "{field}");
    }
    assert_eq!(users(&app, &[("field", "ETag"), ("part", "response-header")]).await, ["shop 1"]);
    for field in ["price", "PRICE"] {
        assert_eq!(users(&app, &[("field", field)]).await, [""; 0], "{field}");
    }
}

#[tokio::test]
async fn who_uses_more_than_is_kept_makes_an_answer_incomplete() {
    let app = TestApp::start().await;
    let body = json!({"id": 1, "x".repeat(1_000): 1});
    app.world().consumer("shop").version("1").contract_text("stock", &reading("shop", &body)).await;

    let read = app.get(&format!("{USAGE}?field=id")).await.is(200);
    let unread = app.get(&format!("{USAGE}?field=price")).await.is(200);

    assert_eq!((read.at("/consumerCount"), read.at("/isComplete")), (json!(1), json!(true)));
    assert_eq!(read.at("/_embedded/consumers/0/versions/0/usesMore"), true);
    assert_eq!((unread.at("/consumerCount"), unread.at("/isComplete")), (json!(0), json!(false)));
}

#[tokio::test]
async fn a_segment_that_varies_is_found_by_any_that_is_asked_for() {
    let app = TestApp::start().await;
    let text = r#"{"interactions": [{"request": {"method": "GET", "path": "/items/red",
        "matchingRules": {"path": {"matchers": [{"match": "regex", "regex": "^/items/[^/]+$"}]}}}, "response": {"status": 200}}],
        "metadata": {"pactSpecification": {"version": "3.0.0"}}}"#;
    app.world().consumer("shop").version("1").contract_text("stock", text).await;

    for path in ["/items/red", "/items/blue", "/items/{id}", "/items/{}"] {
        assert_eq!(users(&app, &[("path", path)]).await, ["shop 1"], "{path}");
    }
    assert_eq!(users(&app, &[("path", "/items/red/tax")]).await, [""; 0]);
}

#[tokio::test]
async fn what_a_content_uses_goes_with_it_without_being_named() {
    let app = TestApp::start().await;
    world(&app).await;
    // As a process of an older release does, to which constraints between the other tables are no news.
    let mut db = app.db.acquire().await.expect("the database is there");
    for table in ["contract_content", "pacticipant"] {
        let rules: Vec<String> = sqlx::query_scalar(
            "select distinct confdeltype::text from pg_constraint
             where contype = 'f' and confrelid = $1::text::regclass
               and conrelid in ('usage_element'::regclass, 'contract_usage'::regclass)",
        )
        .bind(table)
        .fetch_all(&mut *db)
        .await
        .expect("the catalogue is there");
        assert_eq!(rules, ["c"], "{table}");
    }
}

#[tokio::test]
async fn a_document_that_cannot_be_read_is_told_with_the_line() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    offer(&app, "1", "main", "openapi: 3.0.3\ninfo: [").await;
    offer(&app, "2", "main", "openapi: 3.0.3\ninfo: [").await;

    for path in [UNUSED, "/provider-contracts/provider/stock/diff?from=1&to=2"] {
        let answer = app.get(path).await.is(404);
        assert!(answer.text().contains("line "), "{}", answer.text());
    }
}

#[tokio::test]
async fn what_was_read_by_older_rules_is_read_anew() {
    let app = TestApp::start().await;
    world(&app).await;
    // As if the older rules had seen nothing but that somebody reads the name.
    for statement in [
        "update contract_content set usage_rules = 0",
        "update contract_usage set element_id = (select id from usage_element where name = '/name')
         where element_id = (select id from usage_element where name = '/price')",
    ] {
        sqlx::query(statement).execute(&app.db).await.expect("the tables are there");
    }
    assert_eq!(app.get(USAGE).await.at("/unread"), 3);
    assert_eq!(users(&app, &[("field", "name")]).await, ["app 7 production", "shop 41 production"]);

    app.run_jobs().await;

    assert_eq!(app.get(USAGE).await.at("/unread"), 0);
    assert_eq!(users(&app, &[("field", "name")]).await, ["app 7 production"]);
    assert_eq!(users(&app, &[("field", "price")]).await, ["shop 41 production"]);
}

#[tokio::test]
async fn one_content_that_cannot_be_kept_does_not_stop_the_others() {
    let app = TestApp::start().await;
    world(&app).await;
    for statement in [
        "delete from contract_usage",
        "delete from usage_element",
        "update contract_content set usage_rules = null",
        "alter table usage_element add constraint refused check (name <> '/price')",
    ] {
        sqlx::query(statement).execute(&app.db).await.expect("the tables are there");
    }

    app.run_jobs().await;

    assert_eq!(app.get(USAGE).await.at("/unread"), 1);
    assert_eq!(users(&app, &[("field", "id")]).await, ["app 7 production", "shop 42 main"]);
}
