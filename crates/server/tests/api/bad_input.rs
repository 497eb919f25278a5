//! Bad input: a clear error or a correct answer, never a failure of ours.

use axum::body::Body;
use axum::extract::Request;
use insta::assert_snapshot;
use pactolus_server::Settings;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, base64, pact, path_of};

const PACT: &str = "/pacts/provider/stock/consumer/shop/version/1";

/// A request with any bytes as body.
fn request(method: &str, address: &str, content_type: &str, body: impl Into<Body>) -> Request {
    let builder = Request::builder().method(method).uri(address).header("host", "pactolus.test");
    builder.header("content-type", content_type).body(body.into()).expect("a request")
}

/// Every operation that reads a body, at things that exist.
async fn writing(app: &TestApp) -> Vec<(&'static str, String, &'static str)> {
    let world = app.world();
    world.consumer("shop").version("1").branch("main").contract_with("stock", &["a"]).await;
    let environment = world.environment("test").await;
    let deployed = world.deployed("shop", "1", "test").await.link("self");
    let released = world.released("shop", "1", "test").await.link("self");
    let of_version = world.place("deployed-versions", "shop", "1", "test").await;
    let results = app.get(PACT).await.link("pb:publish-verification-results");
    let webhook = world.webhook("https://hooks.example.org/").on("contract_published").await.link("self");
    let (json, patch) = ("application/json", "application/merge-patch+json");
    let operations = vec![
        ("POST", "/contracts/publish".to_owned(), json),
        ("PUT", PACT.to_owned(), json),
        ("POST", "/pacts/provider/stock/for-verification".to_owned(), json),
        ("POST", results, json),
        ("POST", "/pacticipants".to_owned(), json),
        ("PUT", "/pacticipants/shop".to_owned(), json),
        ("PATCH", "/pacticipants/shop".to_owned(), patch),
        ("PUT", "/pacticipants/shop/versions/1".to_owned(), json),
        ("PATCH", "/pacticipants/shop/versions/1".to_owned(), patch),
        ("PUT", "/pacticipants/shop/versions/1/tags/a".to_owned(), json),
        ("PUT", "/pacticipants/shop/branches/b/versions/1".to_owned(), json),
        ("POST", "/environments".to_owned(), json),
        ("PUT", environment, json),
        ("POST", of_version.clone(), json),
        ("POST", of_version.replace("deployed", "released"), json),
        ("PATCH", deployed, patch),
        ("PATCH", released, patch),
        ("POST", "/webhooks".to_owned(), json),
        ("PUT", webhook, json),
    ];
    let host = crate::support::BASE;
    operations.into_iter().map(|(method, address, kind)| (method, address.replace(host, ""), kind)).collect()
}

#[tokio::test]
async fn what_is_not_json_is_refused_everywhere() {
    let app = TestApp::start().await;
    app.leave_jobs();

    for (method, address, kind) in writing(&app).await {
        for body in
            ["{", "{]", "nul", "{\"a\":1,}", "'a'", "{\"a\":\"\n\"}", "\"\\ud800\"", "\u{feff}{}", "{} {}", "NaN"]
        {
            let answer = app.send(request(method, &address, kind, body)).await;
            assert_eq!(answer.status, 400, "{method} {address} {body}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn what_is_not_utf_8_is_refused_with_its_place() {
    let app = TestApp::start().await;
    app.leave_jobs();

    for (method, address, kind) in writing(&app).await {
        let answer = app.send(request(method, &address, kind, &b"{\"name\":\"\xff\"}"[..])).await;
        assert_eq!(answer.status, 400, "{method} {address}: {answer:?}");
    }
    let answer = app.send(request("PUT", PACT, "application/json", &b"{\"a\":\"b\xff\"}"[..])).await.is(400);
    assert_snapshot!(answer.text_at("/error"), @r#"Request body has a non UTF-8 character at char 8 and cannot be parsed as JSON. Fragment preceding invalid character is: '{"a":"b'"#);
}

#[tokio::test]
async fn content_that_is_not_a_contract_is_refused_by_what_is_wrong() {
    let app = TestApp::start().await;
    let publish = async |content: &str| {
        let mut body = app.world().consumer("shop").version("1").contract_with("stock", &["a"]).body();
        body["contracts"][0]["content"] = content.into();
        let refused = app.post("/contracts/publish", &body).await.is(400);
        refused.at("/errors").to_string()
    };

    let mut told = String::new();
    let latin = "eyJhIjoi/yJ9";
    for content in [
        "not base64!",
        "",
        latin,
        &base64("{"),
        &base64("[]"),
        &base64("7"),
        &base64("a\0b"),
        &base64("{\"a\":\"\0\"}"),
    ] {
        told.push_str(&publish(content).await);
        told.push('\n');
    }
    assert_snapshot!(told, @r#"
    {"contracts":["content is not valid Base64 (at index 0)"]}
    {"contracts":["content must be filled (at index 0)"]}
    {"contracts":["contract content has a non UTF-8 character at char 7 and cannot be parsed as JSON. Fragment preceding invalid character is: '{\"a\":\"' (at index 0)"]}
    {"contracts":["content could not be parsed as application/json: expected a key in quotation marks at line 1 column 2 (at index 0)"]}
    {"contracts":["content must be a JSON object, but is an array (at index 0)"]}
    {"contracts":["content must be a JSON object, but is a number (at index 0)"]}
    {"contracts":["content cannot contain the NUL character (at index 0)"]}
    {"contracts":["content cannot contain the NUL character (at index 0)"]}
    "#);
}

#[tokio::test]
async fn another_content_type_is_refused() {
    let app = TestApp::start().await;
    app.leave_jobs();

    for (method, address, kind) in writing(&app).await {
        // Pages send these by forms.
        let takes_forms = method == "POST" && matches!(address.as_str(), "/pacticipants" | "/webhooks");
        let form = (!takes_forms).then_some("application/x-www-form-urlencoded");
        for other in ["text/plain", "application/xml"].into_iter().chain(form) {
            let answer = app.send(request(method, &address, other, "{\"a\":1}")).await;
            assert_eq!(answer.status, 415, "{method} {address} {other} (takes {kind}): {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_body_is_taken_up_to_the_limit() {
    let app = TestApp::with(|settings| settings.body_limit_bytes = 1000).await;
    app.leave_jobs();
    let body = |bytes: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));

    for (method, address, kind) in writing(&app).await {
        let answer = app.send(request(method, &address, kind, body(1001))).await;
        assert_eq!(answer.status, 413, "{method} {address}: {answer:?}");
        let answer = app.send(request(method, &address, kind, body(1000))).await;
        assert_ne!(answer.status, 413, "{method} {address}: {answer:?}");
    }
    assert_eq!(Settings::default().body_limit_bytes, 20 * 1024 * 1024);
}

/// Replaces each string and key of the value, one at a time.
fn with_nul(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) => vec![Value::String(format!("{text}\0"))],
        Value::Array(items) => (0..items.len())
            .flat_map(|index| with_nul(&items[index]).into_iter().map(move |changed| (index, changed)))
            .map(|(index, changed)| {
                let mut items = items.clone();
                items[index] = changed;
                Value::Array(items)
            })
            .collect(),
        Value::Object(members) => {
            let mut all = Vec::new();
            for (key, member) in members {
                for changed in with_nul(member) {
                    let mut members = members.clone();
                    members[key] = changed;
                    all.push(Value::Object(members));
                }
                let mut members = members.clone();
                let member = members.remove(key).expect("it is there");
                members.insert(format!("{key}\0"), member);
                all.push(Value::Object(members));
            }
            all
        }
        _ => Vec::new(),
    }
}

/// A body with all that its operation reads.
fn whole_body(app: &TestApp, method: &str, address: &str) -> Value {
    match address {
        "/contracts/publish" => {
            let shop = app.world().consumer("shop").version("1").branch("b").tag("t").build_url("u");
            shop.contract_with("stock", &["a"]).body()
        }
        PACT => pact("shop", "stock", &["a"]),
        address if address.ends_with("/for-verification") => json!({
            "consumerVersionSelectors": [{"branch": "a", "fallbackBranch": "b", "consumer": "c"}, {"environment": "test"}],
            "providerVersionBranch": "b",
            "providerVersionTags": ["t"],
        }),
        address if address.ends_with("/verification-results") => json!({
            "success": true,
            "providerApplicationVersion": "1",
            "buildUrl": "https://ci.example.org/1",
            "verifiedBy": {"implementation": "a", "b": ["c"]},
            "testResults": {"a": "b"},
        }),
        address if address.starts_with("/environments") => json!({
            "name": format!("test-{}", method.to_lowercase()),
            "displayName": "d",
            "production": true,
            "contacts": [{"name": "n", "details": {"a": "b"}}],
        }),
        address if address.starts_with("/webhooks") => json!({
            "description": "d",
            "events": [{"name": "contract_published"}],
            "consumer": {"label": "l"},
            "request": {
                "method": "POST",
                "url": "https://hooks.example.org/a",
                "headers": {"a": "b"},
                "username": "u",
                "password": "p",
                "body": {"a": ["b"]},
            },
        }),
        address if address.contains("-versions/") => {
            json!({"applicationInstance": "a", "target": "b", "currentlyDeployed": "c"})
        }
        address if address.contains("/versions/") => json!({"buildUrl": "b", "tags": [{"name": "t"}]}),
        _ => json!({
            "name": "shop",
            "displayName": "d",
            "mainBranch": "m",
            "repositoryUrl": "r",
            "repositoryName": "n",
            "repositoryNamespace": "n",
        }),
    }
}

#[tokio::test]
async fn the_character_nul_fails_nowhere() {
    let app = TestApp::start().await;
    app.leave_jobs();

    for (method, address, kind) in writing(&app).await {
        for body in with_nul(&whole_body(&app, method, &address)) {
            let answer = app.send(request(method, &address, kind, body.to_string())).await;
            assert!(answer.status < 500, "{method} {address} {body}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn names_in_addresses_have_no_control_characters() {
    let app = TestApp::start().await;

    for (address, status) in [
        ("/pacticipants/a%00b", 422),
        ("/pacticipants/a%0ab", 422),
        ("/pacticipants/a%0D", 422),
        ("/pacticipants/a%09", 422),
        ("/pacticipants/%20", 400),
        ("/pacticipants/%FF", 400),
    ] {
        app.get(address).await.is(status);
    }
    app.raw(request("GET", "/pacticipants//versions", "", "")).await.is(404);
}

#[tokio::test]
async fn a_query_with_nul_finds_nothing() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").branch("main").await;
    let environment = app.world().environment("test").await;

    for address in [
        "/environments?name=%00".to_owned(),
        "/pacticipants?q=%00".to_owned(),
        "/pacticipants/shop/branches?q=%00".to_owned(),
        format!("{environment}/deployed-versions/currently-deployed?pacticipant=%00"),
        format!("{environment}/deployed-versions/currently-deployed?applicationInstance=%00"),
        format!("{environment}/released-versions/currently-supported?version=%00"),
    ] {
        app.get(&address).await.is(200);
    }
    for address in [
        "/can-i-deploy?pacticipant=%00&version=1&to=prod",
        "/can-i-deploy?pacticipant=shop&version=%00&environment=test",
        "/matrix?q%5B%5D%5Bpacticipant%5D=shop%00",
        "/matrix?q%5B%5D%5Bpacticipant%5D=shop&q%5B%5D%5Btag%5D=%00&environment=%00",
    ] {
        let answer = app.get(address).await;
        assert!(answer.status < 500, "{address}: {answer:?}");
    }
}

#[tokio::test]
async fn ten_thousand_levels_are_refused() {
    let app = TestApp::start().await;
    app.leave_jobs();
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));

    for (method, address, kind) in writing(&app).await {
        let answer = app.send(request(method, &address, kind, deep.clone())).await;
        assert_eq!(answer.status, 400, "{method} {address}: {answer:?}");
    }
    let refused = app.world().consumer("shop").version("2").contract_text("stock", &deep).try_publish().await.is(400);
    assert!(refused.text().contains("nested"), "{refused:?}");
}

#[tokio::test]
async fn other_types_than_expected_are_refused_by_field() {
    let app = TestApp::start().await;
    app.leave_jobs();

    for (method, address, kind) in writing(&app).await {
        for body in ["[]", "7", "\"text\"", "true", "[[{}]]", "{\"name\":7,\"success\":[],\"production\":\"1\"}"] {
            let answer = app.send(request(method, &address, kind, body)).await;
            assert!(answer.status < 500, "{method} {address} {body}: {answer:?}");
        }
    }
    let mut body = app.world().consumer("shop").version("1").contract_with("stock", &["a"]).body();
    body["pacticipantVersionNumber"] = json!(1);
    body["tags"] = json!("main");
    body["contracts"] = json!({"0": body["contracts"][0]});
    assert_snapshot!(app.post("/contracts/publish", &body).await.is(400).shown(), @r#"
    {
      "errors": {
        "pacticipantVersionNumber": [
          "must be a string"
        ],
        "tags": [
          "must be an array"
        ],
        "contracts": [
          "must be an array"
        ]
      }
    }
    "#);
}

const LONG: &str = "1234567890123456789012345678901234567890";

async fn put_and_get(app: &TestApp, text: &str) -> (Answer, Answer) {
    let put = app.raw(request("PUT", PACT, "application/json", text.to_owned())).await;
    (put, app.raw(request("GET", PACT, "", "")).await)
}

#[tokio::test]
async fn numbers_of_400_digits_are_kept() {
    let app = TestApp::start().await;
    let number = LONG.repeat(10);
    let text = format!(
        r#"{{"consumer":{{"name":"shop"}},"provider":{{"name":"stock"}},"interactions":[{{"description":"a","n":[{number},-{number}.{number}e-{LONG},1e999]}}]}}"#
    );

    let (put, got) = put_and_get(&app, &text).await;

    put.is(201);
    let served = got.is(200).text();
    assert!(served.contains(&format!("[{number},-{number}.{number}e-{LONG},1e999]")), "{served}");
    let published = app.world().consumer("shop").version("2").contract_text("stock", &text).try_publish().await.is(200);
    assert!(published.text().contains("successfully published"));
}

#[tokio::test]
async fn keys_that_stand_twice_are_kept() {
    let app = TestApp::start().await;
    let text = r#"{"consumer":{"name":"shop"},"provider":{"name":"stock"},"interactions":[{"description":"a","x":1,"x":2}],"z":1,"z":2}"#;

    let (put, got) = put_and_get(&app, text).await;

    put.is(201);
    let served = got.is(200).text();
    assert!(served.contains(r#""x":1,"x":2"#) && served.contains(r#""z":1,"z":2"#), "{served}");
}

#[tokio::test]
async fn escapes_that_no_text_can_hold_are_kept_in_contracts() {
    let app = TestApp::start().await;
    let text = r#"{"consumer":{"name":"shop"},"provider":{"name":"stock"},"interactions":[{"description":"a\u0000b","response":{"body":"\u0000"}}]}"#;

    let (put, got) = put_and_get(&app, text).await;

    put.is(201);
    assert!(got.is(200).text().contains(r#""body":"\u0000""#));
}

#[tokio::test]
async fn a_contract_of_ten_megabytes_is_published_and_served() {
    let app = TestApp::start().await;
    let filler = "x".repeat(1900);
    let interactions: Vec<Value> = (0..5000)
        .map(|n| {
            json!({"description": format!("interaction {n}"), "request": {"method": "GET", "path": format!("/{n}")},
                "response": {"status": 200, "body": {"filler": filler, "n": n}}})
        })
        .collect();
    let large = json!({"consumer": {"name": "shop"}, "provider": {"name": "stock"}, "interactions": interactions});
    let text = large.to_string();
    assert!(text.len() > 10_000_000, "{}", text.len());

    let body = app.world().consumer("shop").version("1").contract_text("stock", &text).body().to_string();
    app.raw(request("POST", "/contracts/publish", "application/json", body)).await.is(200);

    let served = app.raw(request("GET", PACT, "", "")).await.is(200);
    assert_eq!(served.at("/interactions").as_array().map(Vec::len), Some(5000));
    assert_ne!(served.at("/interactions/4999/_id"), Value::Null);
    let result = json!({"success": true, "providerApplicationVersion": "40"});
    app.post(&served.link("pb:publish-verification-results"), &result).await.is(201);
}

#[tokio::test]
async fn an_error_says_what_to_change_and_nothing_of_our_inside() {
    let app = TestApp::start().await;

    for address in [path_of(&["pacticipants", "nobody"]), "/webhooks/nothing".to_owned(), "/environments/x".to_owned()]
    {
        let answer = app.get(&address).await.is(404);
        let text = answer.text();
        assert!(!text.contains("sqlx") && !text.contains("panicked") && !text.contains("src/"), "{text}");
    }
}

#[tokio::test]
async fn every_byte_in_a_name_is_a_name_or_refused() {
    let app = TestApp::start().await;

    for byte in 0..=255_u8 {
        let name = format!("a%{byte:02x}");
        let tag = format!("/pacticipants/{name}/versions/1{name}/tags/{name}");
        let put = app.put_nothing(&tag).await;
        assert!(matches!(put.status, 201 | 400 | 404 | 422), "{tag}: {put:?}");
        let found = app.get(&tag).await;
        assert_eq!(found.status == 200, put.status == 201, "{tag}: {found:?}");
        let listed = app.get(&format!("/pacts/provider/{name}/consumer/{name}/latest")).await;
        assert!(matches!(listed.status, 400 | 404 | 422), "{name}: {listed:?}");
    }
}
