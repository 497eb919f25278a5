//! What only the profile *sound* finds, and what it forgives.

use serde_json::{Value, json};

use super::super::{Profile, compare};
use crate::contract::Contract;
use crate::document::Document;
use crate::finding::{Code, Finding, Severity};
use crate::source::Budget;

fn findings(version: &str, operation: &Value, interaction: &Value) -> Vec<Finding> {
    let document = json!({"openapi": version, "paths": {"/t/{id}": operation, "/t": operation}});
    compare_all(&document, interaction)
}

fn compare_all(document: &Value, interaction: &Value) -> Vec<Finding> {
    let budget = Budget::default();
    let document = Document::load(&document.to_string(), &budget).unwrap();
    let contract = json!({"interactions": [interaction]}).to_string();
    compare(&document, &Contract::load(&contract, &budget).unwrap(), Profile::Sound).findings
}

/// What is found of an answer: code, where in the contract, and the witness.
fn of_response(version: &str, schema: &Value, body: &Value, rules: &Value) -> Vec<(String, String, Option<Value>)> {
    let operation = json!({"get": {"responses": {"200": {"content": {"application/json": {"schema": schema}}}}}});
    let interaction = json!({"request": {"method": "GET", "path": "/t"},
        "response": {"status": 200, "body": body, "matchingRules": rules}});
    seen(&findings(version, &operation, &interaction))
}

fn of_request(schema: &Value, body: &Value, rules: &Value) -> Vec<(String, String, Option<Value>)> {
    let operation = json!({"post": {"requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {"200": {}}}});
    let interaction = json!({"request": {"method": "POST", "path": "/t", "headers": {"Content-Type": "application/json"},
        "body": body, "matchingRules": rules}, "response": {"status": 200}});
    seen(&findings("3.0.0", &operation, &interaction))
}

fn seen(findings: &[Finding]) -> Vec<(String, String, Option<Value>)> {
    let part = |finding: &Finding| finding.contract.pointer.as_str().replace("/interactions/0/", "");
    findings.iter().map(|finding| (finding.code.as_str().to_owned(), part(finding), finding.witness.clone())).collect()
}

fn one(code: &str, at: &str, witness: Option<Value>) -> Vec<(String, String, Option<Value>)> {
    vec![(code.to_owned(), at.to_owned(), witness)]
}

fn typed(schema: &Value) -> Value {
    json!({"type": "object", "required": ["a"], "properties": {"a": schema}})
}

fn type_rule() -> Value {
    json!({"$.body.a": {"match": "type"}})
}

#[test]
fn null_is_found_where_the_consumer_takes_a_text() {
    let expected = one("response.body.nullable", "response/body/a", Some(Value::Null));

    let nullable = typed(&json!({"type": "string", "nullable": true}));
    assert_eq!(of_response("3.0.0", &nullable, &json!({"a": "x"}), &type_rule()), expected);
    let listed = typed(&json!({"type": ["string", "null"]}));
    assert_eq!(of_response("3.1.0", &listed, &json!({"a": "x"}), &type_rule()), expected);
    let object = typed(&json!({"type": ["object", "null"]}));
    assert_eq!(of_response("3.1.0", &object, &json!({"a": {}}), &type_rule()), expected);
}

#[test]
fn another_type_is_found_with_a_value_of_it() {
    let schema = typed(&json!({"oneOf": [{"type": "string"}, {"type": "integer"}]}));

    let found = of_response("3.0.0", &schema, &json!({"a": "x"}), &type_rule());

    assert_eq!(found, one("response.body.wider", "response/body/a", Some(json!(0))));
}

#[test]
fn without_a_matcher_the_example_alone_counts() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string", "nullable": true}}});

    assert_eq!(of_response("3.0.0", &schema, &json!({"a": "x"}), &Value::Null), []);
}

#[test]
fn a_body_of_null_asks_for_none_and_other_small_values_are_looked_at() {
    let schema = json!({"type": "object"});

    assert_eq!(of_response("3.0.0", &schema, &Value::Null, &Value::Null), []);
    assert_eq!(of_response("3.0.0", &schema, &json!(""), &Value::Null), []);
    assert_eq!(
        of_response("3.0.0", &schema, &json!(0), &Value::Null),
        one("response.body.incompatible", "response/body", None)
    );
}

#[test]
fn a_list_may_be_shorter_than_the_consumer_takes() {
    let schema = typed(&json!({"type": "array", "items": {"type": "string"}}));
    let rules = json!({"$.body.a": {"min": 1}, "$.body.a[*]": {"match": "type"}});

    let found = of_response("3.0.0", &schema, &json!({"a": ["x"]}), &rules);
    assert_eq!(found, one("response.body.length", "response/body/a", Some(json!([]))));

    let limited = typed(&json!({"type": "array", "minItems": 1, "items": {"type": "string"}}));
    assert_eq!(of_response("3.0.0", &limited, &json!({"a": ["x"]}), &rules), []);
}

#[test]
fn a_variant_that_the_example_is_not_of_does_not_count() {
    let variant = |kind: &str, schema: Value| json!({"type": "object", "required": ["kind", "a"], "properties": {"kind": {"enum": [kind]}, "a": schema}});
    let schema =
        json!({"oneOf": [variant("text", json!({"type": "string"})), variant("number", json!({"type": "number"}))]});

    assert_eq!(of_response("3.0.0", &schema, &json!({"kind": "text", "a": "x"}), &type_rule()), []);
}

#[test]
fn properties_that_nothing_describes_are_found_wherever_they_are() {
    let pattern = json!({"type": "object", "patternProperties": {"^x": {"type": "object", "properties": {"a": {}}}}});
    let ghost = one("response.body.undescribed", "response/body/x1/ghost", None);
    assert_eq!(of_response("3.1.0", &pattern, &json!({"x1": {"ghost": 1}}), &Value::Null), ghost);

    let nullable = json!({"type": ["object", "null"], "properties": {"a": {}}});
    let ghost = one("response.body.undescribed", "response/body/ghost", None);
    assert_eq!(of_response("3.1.0", &nullable, &json!({"ghost": 1}), &Value::Null), ghost);
}

#[test]
fn maps_and_free_form_objects_may_have_any_property() {
    let body = json!({"any": {"thing": 1}});

    for schema in [
        json!({"type": "object"}),
        json!({"type": "object", "properties": {"a": {}}, "additionalProperties": true}),
        json!({"type": "object", "additionalProperties": {"type": "object"}}),
        json!({"allOf": [{"type": "object", "properties": {"any": {"type": "object"}}}, {"properties": {"b": {}}}]}),
    ] {
        assert_eq!(of_response("3.0.0", &schema, &body, &Value::Null), [], "{schema}");
    }
}

#[test]
fn items_at_fixed_places_are_held_against_their_own_schema() {
    let schema = json!({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]});

    let found = of_response("3.1.0", &schema, &json!(["x", "y"]), &Value::Null);

    assert_eq!(found, one("response.body.incompatible", "response/body/1", None));
}

#[test]
fn all_parts_of_all_of_must_be_met() {
    let schema = json!({"allOf": [{"required": ["a", "b"]}, {"required": ["c"]}]});

    assert_eq!(
        of_request(&schema, &json!({"b": 1, "c": 1}), &Value::Null),
        one("request.body.incompatible", "request/body", None)
    );
}

#[test]
fn what_only_the_provider_sets_should_not_be_sent() {
    let schema = json!({"type": "object", "properties": {"id": {"type": "string", "readOnly": true}}});

    assert_eq!(
        of_request(&schema, &json!({"id": "1"}), &Value::Null),
        one("request.body.read-only", "request/body/id", None)
    );
}

#[test]
fn a_request_that_may_be_more_than_the_schema_takes_is_found() {
    let schema = typed(&json!({"type": "integer", "maximum": 10}));
    let rules = json!({"$.body.a": {"match": "integer"}});

    let found = of_request(&schema, &json!({"a": 5}), &rules);

    assert_eq!(found, one("request.body.wider", "request/body/a", Some(json!(11))));
}

#[test]
fn a_path_rule_must_stay_within_the_paths_parameter() {
    let operation = |format: &str| {
        json!({"get": {"parameters": [{"name": "id", "in": "path", "required": true,
            "schema": {"type": "string", "format": format}}], "responses": {"200": {}}}})
    };
    let path = "/t/123e4567-e89b-12d3-a456-426614174000";
    let interaction = json!({"request": {"method": "GET", "path": path,
        "matchingRules": {"$.path": {"match": "regex", "regex": "^/t/[a-z0-9-]+$"}}}, "response": {"status": 200}});

    let found = seen(&findings("3.0.0", &operation("uuid"), &interaction));

    assert_eq!(found, one("request.parameter.wider", "request/path", Some(json!("/t/a"))));
    assert_eq!(seen(&findings("3.0.0", &operation("none"), &interaction)), []);
}

#[test]
fn a_header_that_the_provider_may_leave_out_is_found() {
    let operation = |required: bool| json!({"get": {"responses": {"200": {"headers": {"X-Req": {"required": required, "schema": {"type": "string"}}}}}}});
    let interaction = json!({"request": {"method": "GET", "path": "/t"},
        "response": {"status": 200, "headers": {"x-req": "1"}}});

    let found = seen(&findings("3.0.0", &operation(false), &interaction));

    assert_eq!(found, one("response.header.optional", "response/headers/x-req", None));
    assert_eq!(seen(&findings("3.0.0", &operation(true), &interaction)), []);
}

#[test]
fn servers_may_stand_before_the_path() {
    let document = json!({"openapi": "3.0.0", "servers": [{"url": "https://host.example/v1"}],
        "paths": {"/t": {"get": {"responses": {"200": {}}}}}});
    let of = |path: &str| {
        seen(&compare_all(&document, &json!({"request": {"method": "GET", "path": path}, "response": {"status": 200}})))
    };

    assert_eq!(of("/v1/t"), []);
    assert_eq!(of("/t"), []);
    assert_eq!(of("/v2/t"), one("request.path-or-method.unknown", "request/path", None));
}

#[test]
fn of_a_refused_request_only_names_are_looked_at() {
    let operation = json!({"get": {"parameters": [{"name": "q", "in": "query", "schema": {"type": "integer"}}],
        "responses": {"404": {}}}});
    let of = |query: &str| {
        let interaction =
            json!({"request": {"method": "GET", "path": "/t", "query": query}, "response": {"status": 404}});
        seen(&findings("3.0.0", &operation, &interaction))
    };

    assert_eq!(of("q=x"), []);
    assert_eq!(of("Q=1"), one("request.query.unknown", "request/query", None));
}

#[test]
fn the_whole_of_one_requirement_must_be_met() {
    let scheme = |place: &str, name: &str| json!({"type": "apiKey", "in": place, "name": name});
    let document = json!({"openapi": "3.0.0",
        "components": {"securitySchemes": {"a": scheme("header", "X-A"), "b": scheme("cookie", "b"), "c": scheme("query", "c")}},
        "paths": {"/t": {"get": {"security": [{"a": [], "b": []}, {"c": []}], "responses": {"200": {}}}}}});
    let of = |headers: Value, query: &str| {
        let request = json!({"method": "GET", "path": "/t", "headers": headers, "query": query});
        seen(&compare_all(&document, &json!({"request": request, "response": {"status": 200}}))).len()
    };

    assert_eq!(of(json!({"X-A": "1"}), ""), 1);
    assert_eq!(of(json!({"X-A": "1", "Cookie": "x=1; b=2"}), ""), 0);
    assert_eq!(of(json!({}), "c=1"), 0);
}

#[test]
fn cookies_are_held_against_their_parameter() {
    let operation = json!({"get": {"parameters": [{"name": "sid", "in": "cookie", "schema": {"type": "integer"}}],
        "responses": {"200": {}}}});
    let of = |cookie: &str| {
        let request = json!({"method": "GET", "path": "/t", "headers": {"Cookie": cookie}});
        seen(&findings("3.0.0", &operation, &json!({"request": request, "response": {"status": 200}})))
    };

    assert_eq!(of("sid=1"), []);
    assert_eq!(of("sid=x"), one("request.cookie.incompatible", "request/headers/Cookie", None));
}

#[test]
fn broken_references_count_only_where_they_are_needed() {
    let gone = json!({"content": {"application/json": {"schema": {"$ref": "#/gone"}}}});
    let operation = json!({"get": {"responses": {"200": {}, "201": gone}}});
    let of = |status: u16| {
        let interaction = json!({"request": {"method": "GET", "path": "/t"}, "response": {"status": status}});
        seen(&findings("3.0.0", &operation, &interaction))
    };

    assert_eq!(of(200), []);
    assert_eq!(of(201), one("document.reference.broken", "request/path", None));
}

#[test]
fn recursive_schemas_come_to_an_end() {
    let document = json!({"openapi": "3.0.0", "components": {"schemas": {"Tree": {"type": "object",
        "required": ["name"], "properties": {"name": {"type": "string"}, "children": {"type": "array",
            "items": {"$ref": "#/components/schemas/Tree"}}}}, "Loop": {"allOf": [{"$ref": "#/components/schemas/Loop"}]}}},
        "paths": {"/t": {"get": {"responses": {
            "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tree"}}}},
            "201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Loop"}}}}}}}}});
    let of = |status: u16| {
        let body = json!({"name": "a", "children": [{"name": "b", "children": []}]});
        let rules = json!({"$.body.children[*].name": {"match": "type"}});
        let response = json!({"status": status, "body": body, "matchingRules": rules});
        seen(&compare_all(&document, &json!({"request": {"method": "GET", "path": "/t"}, "response": response})))
    };

    assert_eq!(of(200), []);
    // It refers to nothing but itself: it says nothing that could be compared.
    assert_eq!(of(201), one("document.schema.unusable", "response/body", None));
}

#[test]
fn a_property_that_only_an_example_shows_is_a_warning_and_one_that_nothing_shows_an_error() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let media = json!({"schema": schema, "examples": {"one": {"value": {"a": "x", "shown": 1}}}});
    let operation = json!({"get": {"responses": {"200": {"content": {"application/json": media}}}}});
    let interaction =
        |body: &Value| json!({"request": {"method": "GET", "path": "/t"}, "response": {"status": 200, "body": body}});
    let severity = |body: &Value| {
        let found = findings("3.0.0", &operation, &interaction(body));
        found.iter().map(|finding| (finding.code, finding.severity)).collect::<Vec<_>>()
    };

    assert_eq!(severity(&json!({"a": "x"})), []);
    assert_eq!(severity(&json!({"shown": 1})), [(Code::ResponseBodyUndescribed, Severity::Warning)]);
    assert_eq!(severity(&json!({"ghost": 1})), [(Code::ResponseBodyUndescribed, Severity::Error)]);
}

#[test]
fn a_closed_object_is_reported_once() {
    let schema = json!({"type": "object", "properties": {"a": {}}, "additionalProperties": false});

    let found = of_response("3.0.0", &schema, &json!({"ghost": 1}), &Value::Null);

    assert_eq!(found, one("response.body.incompatible", "response/body", None));
}

#[test]
fn one_wrong_value_does_not_hide_what_stands_beside_it() {
    let schema = json!({"type": "object", "properties": {"a": {"enum": ["x"]}}});

    let found = of_response("3.0.0", &schema, &json!({"a": "y", "ghost": 1}), &Value::Null);

    let codes: Vec<&str> = found.iter().map(|(code, ..)| code.as_str()).collect();
    assert_eq!(codes, ["response.body.incompatible", "response.body.undescribed"]);
}

#[test]
fn what_cannot_be_proved_is_tried_by_example_and_says_so() {
    let number = typed(&json!({"type": "string", "pattern": "^[0-9]{3}$", "example": "123"}));
    let digits = json!({"$.body.a": {"match": "regex", "regex": "^[0-9]+$"}});
    let by_example = one("response.body.by-example", "response/body/a", None);

    assert_eq!(of_response("3.0.0", &number, &json!({"a": "123"}), &digits), by_example);

    // An example of the document that the rule does not take refutes what no made-up value would.
    let shown = typed(&json!({"type": "string", "pattern": "^[0-9]{3}(-[a-z]+)?$", "example": "123-hidden"}));
    let refuted = of_response("3.0.0", &shown, &json!({"a": "123"}), &digits);
    assert_eq!(refuted, one("response.body.wider", "response/body/a", Some(json!("123-hidden"))));
}

#[test]
fn a_rule_that_no_schema_can_say_is_checked_by_example_and_says_so() {
    let date = typed(&json!({"type": "string", "format": "date-time"}));
    let rule = json!({"$.body.a": {"match": "timestamp", "timestamp": "yyyy-MM-dd'T'HH:mm:ss"}});

    let found = of_response("3.0.0", &date, &json!({"a": "2020-01-31T12:30:45Z"}), &rule);

    assert_eq!(found, one("response.body.by-example", "response/body/a", None));
}

#[test]
fn a_request_that_cannot_be_proved_to_be_taken_says_that_it_was_tried_by_example() {
    let schema = typed(&json!({"type": "string", "pattern": "^[0-9]+$"}));
    let rule = json!({"$.body.a": {"match": "regex", "regex": "^[0-9]{3}$"}});

    let found = of_request(&schema, &json!({"a": "123"}), &rule);

    assert_eq!(found, one("request.body.by-example", "request/body/a", None));
}
