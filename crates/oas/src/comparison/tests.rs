//! Findings of single interactions: where they point to, and what the recordings do not show.

use serde_json::{Value, json};

use super::*;
use crate::finding::Finding;
use crate::source::Budget;

fn findings(document: &str, contract: &Value) -> Vec<Finding> {
    let document = Document::load(document, &Budget::default()).unwrap();
    let contract = Contract::load(&serde_json::to_string_pretty(contract).unwrap(), &Budget::default()).unwrap();
    compare(&document, &contract, Profile::Compatible).findings
}

fn pact(request: &Value, response: &Value) -> Value {
    json!({"interactions": [{"description": "it", "request": request, "response": response}]})
}

fn codes(document: &str, request: &Value, response: &Value) -> Vec<&'static str> {
    findings(document, &pact(request, response)).iter().map(|finding| finding.code.as_str()).collect()
}

const PETS: &str = "\
openapi: 3.0.0
paths:
  /pets:
    post:
      requestBody:
        content:
          application/json:
            schema:
              $ref: '#/components/schemas/Pet'
      responses:
        '2XX':
          description: made
          content:
            application/json:
              schema:
                allOf:
                  - $ref: '#/components/schemas/Pet'
components:
  schemas:
    Pet:
      type: object
      properties:
        name:
          type: string
          pattern: '^[a-z]+$'
";

fn post(body: &Value) -> Value {
    json!({"method": "post", "path": "/pets", "headers": {"Content-Type": "application/json"}, "body": body})
}

#[test]
fn a_finding_points_to_the_line_of_the_keyword_and_of_the_value() {
    let found = findings(PETS, &pact(&post(&json!({"name": "Rex"})), &json!({"status": 201})));

    assert_eq!(found.len(), 1);
    assert_eq!(
        serde_json::to_value(&found[0]).unwrap(),
        json!({
            "code": "request.body.incompatible",
            "severity": "error",
            "message": "\"Rex\" does not match \"^[a-z]+$\"",
            "interaction": "it",
            "contract": {"pointer": "/interactions/0/request/body/name", "line": 12, "column": 11},
            "document": {"pointer": "/components/schemas/Pet/properties/name/pattern", "line": 25, "column": 11},
            "value": "Rex",
            "constraint": "^[a-z]+$",
            "fixBy": "consumer",
            "edit": "send what the schema allows"
        })
    );
}

#[test]
fn a_keyword_is_found_behind_all_of_although_that_was_merged() {
    let found = findings(PETS, &pact(&post(&json!({})), &json!({"status": 201, "body": {"name": 1, "age": 2}})));

    let mut pointers: Vec<&str> = found.iter().map(|finding| finding.document.pointer.as_str()).collect();
    pointers.sort_unstable();
    assert_eq!(
        pointers,
        [
            "/components/schemas/Pet/properties/name/type",
            "/paths/~1pets/post/responses/2XX/content/application~1json/schema"
        ]
    );
}

#[test]
fn a_refused_request_need_not_be_right() {
    let wrong = json!({"name": 1});

    assert_eq!(codes(PETS, &post(&wrong), &json!({"status": 200})), ["request.body.incompatible"]);
    assert_eq!(codes(PETS, &post(&wrong), &json!({"status": 422})), ["response.status.unknown"]);
}

#[test]
fn a_schema_that_cannot_be_used_is_reported_once_and_held_against_nobody() {
    let broken = PETS.replace("^[a-z]+$", "(");
    let interaction = json!({"request": post(&json!({"name": "x"})), "response": {"status": 201}});

    let found = findings(&broken, &json!({"interactions": [interaction, interaction]}));

    assert_eq!(found.iter().map(|finding| finding.code.as_str()).collect::<Vec<_>>(), ["document.schema.unusable"]);
}

#[test]
fn a_required_body_that_is_missing_fails_as_often_as_its_schema_asks_for_a_type() {
    let required = PETS.replace("requestBody:\n", "requestBody:\n        required: true\n");

    let found = findings(&required, &pact(&json!({"method": "POST", "path": "/pets"}), &json!({"status": 200})));

    assert_eq!(found.len(), 1);
    assert_eq!(found[0].contract.pointer.as_str(), "/interactions/0/request/body");
}

#[test]
fn forms_are_read_before_they_are_held_against_their_schema() {
    let form = PETS.replacen("application/json", "application/x-www-form-urlencoded", 1);
    let request = |body: &str| {
        json!({"method": "POST", "path": "/pets", "body": body,
            "headers": {"Content-Type": "application/x-www-form-urlencoded"}})
    };

    assert_eq!(codes(&form, &request("name=rex"), &json!({"status": 200})), [""; 0]);
    assert_eq!(codes(&form, &request("name=Rex"), &json!({"status": 200})), ["request.body.incompatible"]);
}

#[test]
fn parts_of_a_multipart_body_are_held_against_their_schema() {
    let multipart = PETS.replacen("application/json", "multipart/form-data", 1);
    let request = |name: &str| {
        let body = format!("--B\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n{name}\r\n--B--\r\n");
        json!({"method": "POST", "path": "/pets", "body": body,
            "headers": {"Content-Type": "multipart/form-data; boundary=B"}})
    };

    assert_eq!(codes(&multipart, &request("rex"), &json!({"status": 200})), [""; 0]);
    assert_eq!(codes(&multipart, &request("Rex"), &json!({"status": 200})), ["request.body.incompatible"]);
}

#[test]
fn messages_are_passed_over() {
    assert_eq!(findings(PETS, &json!({"messages": [{"description": "m", "contents": {}}]})), []);
}

#[test]
fn a_schema_that_doubles_at_each_level_is_not_looked_at() {
    let level = |level: usize| {
        let below = json!({"$ref": format!("#/components/schemas/S{}", level + 1)});
        (format!("S{level}"), json!({"allOf": [below, below]}))
    };
    let schemas: serde_json::Map<String, Value> = (0..60).map(level).collect();
    let document = json!({"openapi": "3.0.0", "components": {"schemas": schemas}, "paths": {"/t": {"get": {"responses": {
        "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}}}}}}}});
    let contract = pact(&json!({"method": "GET", "path": "/t"}), &json!({"status": 200, "body": {"a": 1}}));
    let document = Document::load(&document.to_string(), &Budget::default()).unwrap();
    let contract = Contract::load(&contract.to_string(), &Budget::default()).unwrap();

    for profile in [Profile::Compatible, Profile::Sound] {
        let codes: Vec<_> =
            compare(&document, &contract, profile).findings.iter().map(|finding| finding.code).collect();
        assert!(codes.contains(&crate::finding::Code::SchemaUnusable), "{profile:?}: {codes:?}");
    }
}
