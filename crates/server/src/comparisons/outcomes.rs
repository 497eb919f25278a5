//! What the judgement comes to on cases that are committed: `outcomes.txt` pins it to the version of the judgement, by which
//! kept comparisons are known to be outdated.
//!
//! A line for each schema (profile, side, rule, schema), in it a letter for each value: `c`ompatible, `i`ncompatible,
//! `u`ndecided. Then the same for requests and answers as a whole.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use pactolus_domain::gate::Comparison;
use pactolus_oas::comparison::{ENGINE, Profile};
use serde_json::{Value, json};

use super::judge::{Judge, Loaded, Policy, load};

const PINNED: &str = include_str!("outcomes.txt");
/// Set to write the file anew.
const WRITE: &str = "PACTOLUS_WRITE_OUTCOMES";
const PROFILES: [(&str, Profile); 2] = [("sound", Profile::Sound), ("compatible", Profile::Compatible)];

#[test]
fn outcomes_turn_only_with_the_version_of_the_judgement() {
    let (head, pinned) = PINNED.split_once('\n').expect("the version of the judgement, then outcomes");
    let pinned_engine: i32 = head.trim_start_matches("engine ").parse().expect("a number");
    let outcomes = outcomes();
    if outcomes == pinned && ENGINE == pinned_engine {
        return;
    }
    let before: Vec<&str> = pinned.lines().collect();
    let turned: Vec<&str> = outcomes.lines().filter(|line| !before.contains(line)).collect();
    assert_ne!(
        ENGINE,
        pinned_engine,
        "outcomes are others than judgement {pinned_engine} has had, so comparisons that are kept would no longer be what this \
         release finds, and nobody would know. If that is not meant, mend it. If it is (or cases were added), raise `ENGINE` in \
         crates/oas/src/comparison.rs, so that what is kept is judged anew, and run this test with {WRITE}=1. These lines are \
         others now:\n{}",
        turned.join("\n"),
    );
    assert!(
        std::env::var_os(WRITE).is_some(),
        "ENGINE is {ENGINE} and crates/server/src/comparisons/outcomes.txt has the outcomes of {pinned_engine}: run this test \
         with {WRITE}=1, and commit what it writes",
    );
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/comparisons/outcomes.txt");
    fs::write(file, format!("engine {ENGINE}\n{outcomes}")).expect("it is written");
}

fn outcomes() -> String {
    let mut text = String::new();
    bodies(&mut text);
    whole(&mut text);
    text
}

/// The outcomes of contracts, a letter each.
fn letters(document: &Loaded, profile: Profile, contracts: impl Iterator<Item = Value>) -> String {
    let policy = Policy { profile, severities: BTreeMap::new() };
    let judge = Judge::new(document, profile);
    let outcome = |contract: Value| {
        let judgement = judge.judge(&contract.to_string(), &policy, || true).expect("it goes on");
        match judgement.outcome {
            Comparison::Compatible => 'c',
            Comparison::Incompatible => 'i',
            Comparison::Undecided => 'u',
            Comparison::Pending => '?',
        }
    };
    contracts.map(outcome).collect()
}

fn contract(interaction: &Value) -> Value {
    let mut interaction = interaction.clone();
    interaction["description"] = "a thing".into();
    json!({
        "consumer": {"name": "shop"}, "provider": {"name": "stock"}, "interactions": [interaction],
        "metadata": {"pactSpecification": {"version": "3.0.0"}},
    })
}

fn schemas() -> Vec<Value> {
    let id = json!({"id": {"type": "integer"}});
    let kind = |kind: &str| json!({"type": "object", "required": ["kind"], "properties": {"kind": {"enum": [kind]}}});
    vec![
        json!({}),
        json!({"type": "integer"}),
        json!({"type": "integer", "minimum": 1, "maximum": 10}),
        json!({"type": "integer", "minimum": 1, "exclusiveMinimum": true}),
        json!({"type": "number"}),
        json!({"type": "number", "multipleOf": 2}),
        json!({"type": "boolean"}),
        json!({"type": "string"}),
        json!({"type": "string", "nullable": true}),
        json!({"type": "string", "maxLength": 3}),
        json!({"type": "string", "minLength": 5}),
        json!({"type": "string", "pattern": "^[0-9]+$"}),
        json!({"type": "string", "format": "date"}),
        json!({"type": "string", "format": "date-time"}),
        json!({"type": "string", "format": "uuid"}),
        json!({"type": "string", "format": "email"}),
        json!({"type": "string", "enum": ["a", "b"]}),
        json!({"enum": [1, "a", null]}),
        json!({"type": "array"}),
        json!({"type": "array", "items": {"type": "string"}}),
        json!({"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 1}),
        json!({"type": "array", "items": {"type": "string"}, "uniqueItems": true}),
        json!({"type": "object"}),
        json!({"type": "object", "properties": id}),
        json!({"type": "object", "properties": id, "required": ["id"]}),
        json!({"type": "object", "properties": id, "required": ["id", "more"]}),
        json!({"type": "object", "properties": id, "additionalProperties": false}),
        json!({"type": "object", "properties": id, "additionalProperties": {"type": "boolean"}}),
        json!({"type": "object", "additionalProperties": {"type": "integer"}, "maxProperties": 1}),
        json!({"type": "object", "properties": {"id": {"type": "integer", "readOnly": true}}, "required": ["id"]}),
        json!({"type": "object", "properties": {"id": {"type": "integer", "writeOnly": true}}, "required": ["id"]}),
        json!({"oneOf": [kind("a"), kind("b")]}),
        json!({"oneOf": [{"type": "integer"}, {"type": "number"}]}),
        json!({"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        json!({"allOf": [{"type": "object", "properties": id}, {"required": ["more"]}]}),
        json!({"allOf": [{"type": "integer"}, {"maximum": 1}]}),
        json!({"not": {"type": "string"}}),
        json!({"$ref": "#/components/schemas/Known"}),
        json!({"$ref": "#/components/schemas/Unknown"}),
        json!({"$ref": "elsewhere.json#/Known"}),
        json!({"type": "string", "pattern": "("}),
    ]
}

fn values() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(1),
        json!(-1),
        json!(1.5),
        json!("a"),
        json!("12345"),
        json!("2020-01-31"),
        json!("2020-01-31T10:00:00Z"),
        json!("0b9d0e6c-9c35-4f0c-8f3c-0a7d3c3bb8b5"),
        json!("a@example.org"),
        json!([]),
        json!([1]),
        json!(["a", "a"]),
        json!({}),
        json!({"id": 1}),
        json!({"id": "x"}),
        json!({"id": 1, "more": true}),
        json!({"kind": "b"}),
    ]
}

fn rules() -> Vec<Value> {
    vec![json!(null), json!({"match": "type"}), json!({"match": "regex", "regex": "^[a-z0-9]+$"})]
}

fn bodies(text: &mut String) {
    for (at, schema) in schemas().iter().enumerate() {
        let content = json!({"application/json": {"schema": schema}});
        let document = json!({
            "openapi": "3.0.3", "info": {"title": "Things", "version": "1"},
            "paths": {
                "/received": {"get": {"responses": {"200": {"description": "", "content": content}}}},
                "/sent": {"post": {"requestBody": {"content": content}, "responses": {"200": {"description": ""}}}},
            },
            "components": {"schemas": {"Known": {"type": "object", "required": ["id"]}}},
        });
        let document = load(&document.to_string());
        for ((profile, of), (rule_at, rule)) in
            PROFILES.into_iter().flat_map(|profile| rules().into_iter().enumerate().map(move |rule| (profile, rule)))
        {
            for is_sent in [false, true] {
                let contracts = values().into_iter().map(|value| contract(&with_body(is_sent, &value, &rule)));
                let side = if is_sent { "sent" } else { "received" };
                let letters = letters(&document, of, contracts);
                writeln!(text, "{profile} {side} rule {rule_at} schema {at}: {letters}").expect("a string grows");
            }
        }
    }
}

fn with_body(is_sent: bool, value: &Value, rule: &Value) -> Value {
    let mut part = json!({"headers": {"Content-Type": "application/json"}, "body": value});
    if !rule.is_null() {
        part["matchingRules"] = json!({"body": {"$": {"matchers": [rule]}}});
    }
    if is_sent {
        part["method"] = "POST".into();
        part["path"] = "/sent".into();
        return json!({"request": part, "response": {"status": 200}});
    }
    part["status"] = 200.into();
    json!({"request": {"method": "GET", "path": "/received"}, "response": part})
}

const OPERATIONS: &str = r#"{"openapi": "3.0.3", "info": {"title": "Things", "version": "1"},
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
    "paths": {
        "/things/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}],
            "get": {
                "parameters": [
                    {"name": "size", "in": "query", "schema": {"type": "integer"}},
                    {"name": "sort", "in": "query", "required": true, "schema": {"type": "string"}},
                    {"name": "X-Trace", "in": "header", "required": true, "schema": {"type": "string", "minLength": 2}}
                ],
                "responses": {
                    "200": {"description": "", "headers": {"X-Total": {"schema": {"type": "integer"}}},
                        "content": {"application/json": {"schema": {"type": "object"}}}},
                    "4XX": {"description": "", "content": {"application/problem+json": {}}}
                }
            },
            "delete": {"deprecated": true, "security": [{"key": []}], "responses": {"default": {"description": ""}}}
        },
        "/things/mine": {"get": {"responses": {"204": {"description": ""}}}}
    }}"#;

fn whole(text: &mut String) {
    let get = |path: &str, query: &Value, headers: &Value, status: u16| {
        json!({
            "request": {"method": "GET", "path": path, "query": query, "headers": headers}, "response": {"status": status},
        })
    };
    let (sorted, traced) = (json!({"sort": ["a"]}), json!({"X-Trace": "abc"}));
    let json_type = json!({"Content-Type": "application/json", "X-Total": "3"});
    let mut cases = vec![
        get("/things/1", &sorted, &traced, 200),
        get("/things/x", &sorted, &traced, 200),
        get("/elsewhere", &sorted, &traced, 200),
        get("/things/mine", &json!({}), &json!({}), 204),
        get("/things/mine", &json!({}), &json!({}), 200),
        get("/things/1", &json!({}), &traced, 200),
        get("/things/1", &json!({"sort": ["a"], "size": ["x"]}), &traced, 200),
        get("/things/1", &json!({"sort": ["a"], "size": ["1"], "other": ["1"]}), &traced, 200),
        get("/things/1", &sorted, &json!({}), 200),
        get("/things/1", &sorted, &json!({"X-Trace": "a"}), 200),
        get("/things/1", &sorted, &json!({"X-Trace": "abc", "Accept": "text/html"}), 200),
        get("/things/1", &sorted, &traced, 404),
        get("/things/1", &sorted, &traced, 500),
    ];
    for headers in
        [json_type.clone(), json!({"Content-Type": "text/html"}), json!({"X-Total": "x"}), json!({"X-Other": "x"})]
    {
        let mut one = get("/things/1", &sorted, &traced, 200);
        one["response"]["headers"] = headers;
        one["response"]["body"] = json!({});
        cases.push(one);
    }
    for headers in [json!({}), json!({"X-Key": "secret"})] {
        let request = json!({"method": "DELETE", "path": "/things/1", "headers": headers});
        cases.push(json!({"request": request, "response": {"status": 204}}));
    }
    cases.push(json!({"request": {"method": "PUT", "path": "/things/1"}, "response": {"status": 200}}));
    let swagger = json!({
        "swagger": "2.0", "info": {"title": "Things", "version": "1"}, "produces": ["application/json"],
        "paths": {"/things/{id}": {"get": {
            "parameters": [{"name": "id", "in": "path", "required": true, "type": "integer"}],
            "responses": {"200": {"description": "", "schema": {"type": "object"}}},
        }}},
    });
    let documents = [
        ("openapi", OPERATIONS.to_owned()),
        ("openapi 3.1", OPERATIONS.replace("3.0.3", "3.1.0")),
        ("swagger", swagger.to_string()),
        ("unreadable", "openapi: 4.0.0".to_owned()),
        ("schema", json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"}).to_string()),
    ];
    let message = |contents: &Value| {
        json!({
            "consumer": {"name": "shop"}, "provider": {"name": "stock"},
            "messages": [{"description": "sold", "contents": contents}],
            "metadata": {"pactSpecification": {"version": "3.0.0"}},
        })
    };
    for (name, document) in documents {
        let document = load(&document);
        for (profile, of) in PROFILES {
            let contracts = cases.iter().map(contract).chain([message(&json!({})), message(&json!("x"))]);
            let letters = letters(&document, of, contracts);
            writeln!(text, "{profile} {name}: {letters}").expect("a string grows");
        }
    }
}
