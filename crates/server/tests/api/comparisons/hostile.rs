//! Documents and contracts that are made to hang or to break whoever reads them: they get an error, soon.

use std::fmt::Write as _;
use std::time::Instant;

use super::*;

/// Far more than any takes, far less than for ever.
const SOON: Duration = Duration::from_secs(30);

fn with_schema(schema: &Value, components: &Value) -> String {
    json!({
        "openapi": "3.0.3", "info": {"title": "Things", "version": "1"},
        "paths": {"/things": {"get": {"responses": {"200": {"description": "", "content": {"application/json": {
            "schema": schema,
        }}}}}}},
        "components": {"schemas": components},
    })
    .to_string()
}

fn hostile_documents() -> Vec<(&'static str, String)> {
    let mut aliases = "openapi: 3.0.3\nx-0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(aliases, "x-{level}: &a{level} [{below}]").expect("a string grows");
    }
    let mut nested = json!({"type": "integer"});
    for _ in 0..400 {
        nested = json!({"allOf": [nested]});
    }
    let wide: Vec<Value> =
        (0..2_000).map(|number| json!({"properties": {"id": {"enum": [number.to_string()]}}})).collect();
    vec![
        ("a bomb of aliases", aliases),
        ("deep nesting", format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))),
        ("deep schemas", with_schema(&nested, &json!({}))),
        (
            "a circle of references",
            with_schema(
                &json!({"$ref": "#/components/schemas/A"}),
                &json!({"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}}),
            ),
        ),
        (
            "a circle of parts",
            with_schema(
                &json!({"$ref": "#/components/schemas/A"}),
                &json!({"A": {"allOf": [{"$ref": "#/components/schemas/A"}, {"type": "string"}]}}),
            ),
        ),
        ("references that double", with_schema(&json!({"$ref": "#/components/schemas/S0"}), &doubling())),
        ("many possibilities", with_schema(&json!({"oneOf": wide}), &json!({}))),
        (
            "a pattern that backtracks",
            with_schema(
                &json!({"required": ["id"], "properties": {"id": {"type": "string", "pattern": "^(a+)+$"}}}),
                &json!({}),
            ),
        ),
        ("a reference to a file", with_schema(&json!({"$ref": "file:///etc/passwd"}), &json!({}))),
        ("a reference to the network", with_schema(&json!({"$ref": "http://127.0.0.1:1/schema.json"}), &json!({}))),
        ("no document", "\u{0}\u{1}%PDF-1.4".to_owned()),
        ("nothing", String::from(" ")),
        ("a list", "[]".to_owned()),
        ("paths that are no object", json!({"openapi": "3.0.3", "paths": [[]]}).to_string()),
    ]
}

fn doubling() -> Value {
    let mut schemas = json!({"S24": {"type": "string"}});
    for level in 0..24 {
        let below = json!({"$ref": format!("#/components/schemas/S{}", level + 1)});
        schemas[format!("S{level}")] = json!({"allOf": [below, below]});
    }
    schemas
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_document_gets_an_error_and_never_hangs() {
    let app = TestApp::start().await;
    app.leave_jobs();
    app.world().environment("production").await;
    app.world()
        .consumer("shop")
        .version("1")
        .contract_text("stock", &contract("shop", &json!({"id": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"})))
        .await;
    app.world().deployed("shop", "1", "production").await;
    for (at, (what, document)) in hostile_documents().into_iter().enumerate() {
        let version = (40 + at).to_string();
        let body = json!({
            "pacticipantVersionNumber": version, "branch": "main",
            "contract": {
                "content": base64(&document), "contentType": "application/json", "specification": "oas",
                "selfVerificationResults": {"success": true, "verifier": "drift"},
            },
        });
        let began = Instant::now();

        let published = app.post("/provider-contracts/provider/stock/publish", &body).await;

        if published.status != 200 {
            assert_eq!(published.status, 400, "{what}: {published:?}");
            continue;
        }
        let answer = may_go(&app, "stock", &version).await;
        assert!(began.elapsed() < SOON, "{what} took {:?}", began.elapsed());
        assert_ne!(answer.at("/summary/deployable"), true, "{what}: {}", verdict(&answer));
        assert!(!verdict(&answer).contains("our mistake"), "{what}: {}", verdict(&answer));
        assert!(!verdict(&answer).contains("root:"), "{what}: {}", verdict(&answer));
        app.get("/").await.is(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_contract_is_no_yes_and_never_hangs() {
    let app = TestApp::start().await;
    app.leave_jobs();
    with_stock_in_production(&app, &openapi("string"), Some(true)).await;
    let with = |rules: Value, body: Value| {
        json!({
            "consumer": {"name": "shop"}, "provider": {"name": "stock"},
            "interactions": [{
                "description": "a thing", "request": {"method": "GET", "path": "/things"},
                "response": {"status": 200, "headers": {"Content-Type": "application/json"}, "body": body, "matchingRules": rules},
            }],
            "metadata": {"pactSpecification": {"version": "2.0.0"}},
        })
        .to_string()
    };
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    for (at, (what, text)) in [
        (
            "a pattern that backtracks",
            with(json!({"$.body.id": {"match": "regex", "regex": "^(a+)+$"}}), json!({"id": 1})),
        ),
        ("a pattern that is none", with(json!({"$.body.id": {"match": "regex", "regex": "(("}}), json!({"id": 1}))),
        ("a path that is none", with(json!({"$.body[[": {"match": "type"}}), json!({"id": 1}))),
        ("a deep body", with(json!({}), json!({"id": deep}))),
        (
            "many rules",
            with(
                (0..3_000)
                    .map(|number| (format!("$.body.id[*][{number}]"), json!({"match": "type"})))
                    .collect::<serde_json::Map<_, _>>()
                    .into(),
                json!({"id": 1}),
            ),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let version = (1 + at).to_string();
        let began = Instant::now();

        app.world().consumer("shop").version(&version).contract_text("stock", &text).await;
        let answer = may_go(&app, "shop", &version).await;

        assert!(began.elapsed() < SOON, "{what} took {:?}", began.elapsed());
        assert_ne!(answer.at("/summary/deployable"), true, "{what}: {}", verdict(&answer));
        assert!(!verdict(&answer).contains("our mistake"), "{what}: {}", verdict(&answer));
    }
}
