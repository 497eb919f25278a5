//! What each kind of change is called, and what stays silent.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::finding::Severity;
use crate::source::Budget;

fn load(value: &Value) -> Document {
    Document::load(&value.to_string(), &Budget::default()).unwrap()
}

fn today() -> Day {
    Day::new(2026, 6, 1).unwrap()
}

fn changes(old: &Value, new: &Value) -> Vec<Change> {
    diff(&load(old), &load(new), today())
}

fn check(old: &Value, new: &Value, expected: &[&str]) {
    let changes = changes(old, new);
    let found: Vec<&str> = changes.iter().map(|change| change.id.as_str()).collect();
    assert_eq!(found, expected, "{changes:#?}");
}

/// A document of one operation that takes and answers a body.
fn document(request: &Value, response: &Value) -> Value {
    json!({"openapi": "3.1.0", "paths": {"/things": {"post": {
        "requestBody": {"content": {"application/json": {"schema": request}}},
        "responses": {"200": {"content": {"application/json": {"schema": response}}}}}}}})
}

fn check_request(old: &Value, new: &Value, expected: &[&str]) {
    check(&document(old, &json!({})), &document(new, &json!({})), expected);
}

fn check_response(old: &Value, new: &Value, expected: &[&str]) {
    check(&document(&json!({}), old), &document(&json!({}), new), expected);
}

fn operation(path: &str, members: &Value) -> Value {
    json!({"openapi": "3.1.0", "paths": {path: {"get": members}}})
}

fn parameter(schema: &Value) -> Value {
    operation("/things", &json!({"parameters": [{"name": "q", "in": "query", "schema": schema}], "responses": {}}))
}

#[test]
fn a_path_is_known_again_by_its_shape() {
    let old = operation("/things/{id}", &json!({"parameters": [{"name": "id", "in": "path", "schema": {}}]}));
    let new = operation("/things/{thing}", &json!({"parameters": [{"name": "thing", "in": "path", "schema": {}}]}));

    check(&old, &new, &[]);
}

#[test]
fn an_operation_that_is_gone_breaks_unless_it_was_announced_and_is_due() {
    let none = json!({"openapi": "3.1.0", "paths": {}});
    let deprecated = |sunset: &str| operation("/things", &json!({"deprecated": true, "x-sunset": sunset}));

    check(&operation("/things", &json!({})), &none, &["api-path-removed-without-deprecation"]);
    check(&deprecated("2026-06-02"), &none, &["api-path-removed-before-sunset"]);
    check(&deprecated("2026-05-31"), &none, &[]);
}

#[test]
fn operations_that_nobody_may_rely_on_are_left_alone() {
    let none = json!({"openapi": "3.1.0", "paths": {}});

    check(&operation("/things", &json!({"x-stability-level": "draft"})), &none, &[]);
}

#[test]
fn a_header_parameter_is_the_same_in_any_case() {
    let with =
        |name: &str| operation("/things", &json!({"parameters": [{"name": name, "in": "header", "schema": {}}]}));

    check(&with("X-Trace"), &with("x-trace"), &[]);
}

#[test]
fn a_parameter_that_is_written_otherwise_has_a_check_of_ours() {
    let with = |explode: bool| {
        let parameter = json!({"name": "q", "in": "query", "explode": explode, "schema": {"type": "array"}});
        operation("/things", &json!({"parameters": [parameter]}))
    };

    let changes = changes(&with(true), &with(false));

    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].id.as_str(), changes[0].severity), ("request-parameter-explode-changed", Severity::Error));
    assert!(!changes[0].is_known());
}

#[test]
fn the_items_of_a_parameter_are_the_parameters_own() {
    let list = |values: &Value| parameter(&json!({"type": "array", "items": {"enum": values}}));

    check(&list(&json!(["a", "b"])), &list(&json!(["a"])), &["request-parameter-enum-value-removed"]);
}

#[test]
fn values_that_were_allowed_before_are_not_added() {
    let [any, few] = [json!({"type": "string"}), json!({"type": "string", "enum": ["a", "b"]})];

    check_request(&any, &few, &["request-body-became-enum"]);
    check_request(&few, &any, &["request-body-no-longer-enum"]);
}

#[test]
fn one_value_is_a_list_of_one_where_lists_repeat_the_parameter() {
    let text = json!({"type": "string", "maxLength": 5});
    let list = |items: &Value| parameter(&json!({"type": "array", "items": items}));

    check(
        &parameter(&text),
        &list(&text),
        &["request-parameter-type-generalized", "request-parameter-max-length-unset"],
    );
    check(&parameter(&json!({"type": "string"})), &list(&text), &["request-parameter-type-changed"]);
}

#[test]
fn a_narrower_request_breaks_and_a_narrower_response_does_not() {
    let (wide, narrow) = (json!({"type": "object", "maxProperties": 5}), json!({"type": "object", "maxProperties": 3}));

    check_request(&wide, &narrow, &["request-body-max-properties-decreased"]);
    assert!(changes(&document(&wide, &json!({})), &document(&narrow, &json!({})))[0].is_breaking());
    check_response(&wide, &narrow, &["response-body-max-properties-decreased"]);
    assert!(!changes(&document(&json!({}), &wide), &document(&json!({}), &narrow))[0].is_breaking());
}

#[test]
fn what_only_the_provider_sets_may_become_required() {
    let with = |required: &Value| json!({"properties": {"id": {"readOnly": true}, "name": {}}, "required": required});

    check_request(&with(&json!([])), &with(&json!(["id", "name"])), &["request-property-became-required"]);
}

#[test]
fn null_as_an_alternative_is_null_as_a_type() {
    let alternative = json!({"oneOf": [{"type": "null"}, {"type": "string"}]});

    check_response(&json!({"type": ["string", "null"]}), &alternative, &[]);
    check_response(&json!({"type": "string"}), &alternative, &["response-body-became-nullable"]);
}

#[test]
fn keywords_beside_a_reference_count_since_3_1() {
    let beside = |length: u64| {
        let mut document = document(&json!({"$ref": "#/components/schemas/T", "maxLength": length}), &json!({}));
        document["components"] = json!({"schemas": {"T": {"type": "string"}}});
        document
    };

    check(&beside(5), &beside(3), &["request-body-max-length-decreased"]);
}

#[test]
fn schemas_that_contain_themselves_are_compared_once() {
    let with = |kind: &str| {
        let mut document = document(&json!({"$ref": "#/components/schemas/Tree"}), &json!({}));
        let tree = json!({"properties": {"name": {"type": kind},
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}});
        document["components"] = json!({"schemas": {"Tree": tree}});
        document
    };

    check(&with("string"), &with("integer"), &["request-property-type-changed"]);
}

#[test]
fn a_change_behind_a_circle_is_seen_from_wherever_it_is_reached() {
    let with = |kind: &str| {
        let a = json!({"$ref": "#/components/schemas/A"});
        let mut document = document(&a, &json!({}));
        let b = json!({"$ref": "#/components/schemas/B"});
        document["components"] =
            json!({"schemas": {"A": {"properties": {"b": b, "x": {"type": kind}}}, "B": {"properties": {"a": a}}}});
        document["paths"]["/other"] =
            json!({"post": {"requestBody": {"content": {"application/json": {"schema": b}}}}});
        document
    };

    check(&with("string"), &with("integer"), &["request-property-type-changed", "request-property-type-changed"]);
}

#[test]
fn a_schema_of_another_name_is_the_same_schema() {
    let with = |name: &str| {
        let reference = format!("#/components/schemas/{name}");
        let mut document = document(&json!({}), &json!({"oneOf": [{"$ref": reference}, {"type": "string"}]}));
        document["components"] = json!({"schemas": {name: {"properties": {"next": {"$ref": reference}}}}});
        document
    };

    check(&with("Old"), &with("New"), &["api-schema-removed"]);
}

#[test]
fn branches_are_known_again_in_any_order() {
    let (a, b) = (json!({"title": "A", "type": "object"}), json!({"title": "B", "type": "array"}));

    check_response(&json!({"oneOf": [a, b]}), &json!({"oneOf": [b, a]}), &[]);
}

#[test]
fn a_refactoring_that_is_proved_to_lose_nothing_is_harmless() {
    let plain = json!({"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]});
    let combined = json!({"type": "object", "allOf": [plain]});

    let changes = changes(&document(&plain, &json!({})), &document(&combined, &json!({})));

    let added = changes.iter().find(|change| change.id == "request-body-all-of-added").unwrap();
    assert!(added.harmless && !added.is_breaking());
}

#[test]
fn a_stricter_branch_is_not_harmless() {
    let old = json!({"type": "object", "allOf": [{"required": ["id"]}]});
    let new = json!({"type": "object", "allOf": [{"required": ["id"]}, {"required": ["name"]}]});

    let changes = changes(&document(&old, &json!({})), &document(&new, &json!({})));

    assert!(changes.iter().any(Change::is_breaking), "{changes:#?}");
}

#[test]
fn nothing_is_proved_of_a_schema_that_contradicts_itself() {
    let with = |kind: &Value| json!({"type": "string", "properties": {"id": {"type": kind}}});

    let changes = changes(
        &document(&json!({}), &with(&json!("string"))),
        &document(&json!({}), &with(&json!(["string", "integer"]))),
    );

    assert!(changes[0].is_breaking());
}

#[test]
fn a_new_way_to_be_let_in_is_no_obstacle() {
    let with = |security: &Value| operation("/things", &json!({"security": security}));

    check(&with(&json!([{"key": []}])), &with(&json!([{"key": []}, {"token": []}])), &["api-security-added"]);
    check(
        &with(&json!([{"key": []}])),
        &with(&json!([{"key": [], "token": []}])),
        &["api-security-added", "api-security-removed", "api-security-tightened"],
    );
}

#[test]
fn a_breaking_change_asks_for_a_new_version() {
    let with = |version: &str, operation: &str| json!({"openapi": "3.1.0", "info": {"version": version}, "paths": {"/things": {operation: {}}}});
    let gone = ["api-removed-without-deprecation", "endpoint-added"];

    check(&with("1.2.0", "get"), &with("2.0.0", "put"), &gone);
    check(&with("1.2.0", "get"), &with("1.3.0", "put"), &[gone[0], gone[1], "api-major-version-not-bumped"]);
    check(&with("1.2.0", "get"), &with("1.2.0", "put"), &[gone[0], gone[1], "api-version-not-bumped"]);
    check(&with("0.2.0", "get"), &with("0.3.0", "put"), &gone);
}

#[test]
fn swagger_2_is_compared_like_its_successors() {
    let with = |kind: &str| {
        json!({"swagger": "2.0", "paths": {"/things": {"post": {
            "parameters": [{"name": "b", "in": "body", "schema": {"type": kind}}, {"name": "q", "in": "query", "type": kind}],
            "responses": {"200": {"schema": {"type": kind}}}}}}})
    };

    check(
        &with("string"),
        &with("integer"),
        &["request-parameter-type-changed", "request-body-type-changed", "response-body-type-changed"],
    );
}

#[test]
fn a_change_says_where_it_stands_in_both_texts() {
    let text = |kind: &str| {
        format!(
            "openapi: 3.1.0\npaths:\n  /things:\n    get:\n      responses:\n        '200':\n          content:\n            application/json:\n              schema:\n                type: {kind}\n"
        )
    };
    let read = |text: String| Document::load(&text, &Budget::default()).unwrap();

    let changes = diff(&read(text("integer")), &read(format!("# changed\n{}", text("string"))), today());

    let pointer = "/paths/~1things/get/responses/200/content/application~1json/schema/type";
    assert_eq!(
        serde_json::to_value(Changes::from(changes)).unwrap(),
        json!({"breaking": true, "errors": 1, "warnings": 0, "infos": 0, "changes": [{
            "id": "response-body-type-changed",
            "severity": "error",
            "message": "the body of the response 200: its type went from integer to string",
            "operation": "GET",
            "path": "/things",
                "concerns": {"part": "response-body", "status": "200", "name": ""},
            "old": {"pointer": pointer, "line": 10, "column": 17},
            "new": {"pointer": pointer, "line": 11, "column": 17},
            "from": "integer",
            "to": "string",
            "harmless": false,
        }]})
    );
}

fn any_schema() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![Just("string"), Just("integer"), Just("number"), Just("boolean")];
    let leaf = prop_oneof![
        kind.prop_map(|kind| json!({"type": kind})),
        Just(json!({"$ref": "#/components/schemas/Shared"})),
        proptest::collection::btree_set("[abc]", 1..3).prop_map(|values| json!({"type": "string", "enum": values})),
        (1u64..4, 4u64..8).prop_map(|(low, high)| json!({"type": "string", "minLength": low, "maxLength": high})),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|items| json!({"type": "array", "items": items})),
            (proptest::collection::btree_map("[abc]", inner.clone(), 0..3), "[abc]").prop_map(
                |(properties, required)| {
                    json!({"type": "object", "properties": properties, "required": [required]})
                }
            ),
            proptest::collection::vec(inner, 1..3).prop_map(|branches| json!({"anyOf": branches})),
        ]
    })
}

fn any_document() -> impl Strategy<Value = Value> {
    let parameters = proptest::collection::btree_map("[xyz]", (any_schema(), any::<bool>()), 0..3);
    let statuses = proptest::collection::btree_map("(200|201|404|5XX|default)", any_schema(), 0..3);
    let operation = (parameters, statuses, any_schema()).prop_map(|(parameters, statuses, body)| {
        let parameters: Vec<Value> = parameters
            .into_iter()
            .map(|(name, (schema, required))| json!({"name": name, "in": "query", "required": required, "schema": schema}))
            .collect();
        let responses: serde_json::Map<String, Value> = statuses
            .into_iter()
            .map(|(status, schema)| (status, json!({"content": {"application/json": {"schema": schema}}})))
            .collect();
        let body = json!({"content": {"application/json": {"schema": body}}});
        json!({"parameters": parameters, "responses": responses, "requestBody": body})
    });
    let paths = proptest::collection::btree_map(
        "/(a|b/\\{id\\})",
        proptest::collection::btree_map("(get|put)", operation, 1..3),
        0..3,
    );
    (paths, any_schema()).prop_map(
        |(paths, shared)| json!({"openapi": "3.1.0", "paths": paths, "components": {"schemas": {"Shared": shared}}}),
    )
}

/// What came (or went, in the reversed comparison), whatever it means there: kind, operation and path.
fn moved(changes: &[Change], came: bool) -> Vec<(String, Option<String>, Option<String>)> {
    let kinds: [(&str, &[&str], &[&str]); 6] = [
        (
            "operation",
            &["endpoint-added"],
            &["api-removed-without-deprecation", "api-path-removed-without-deprecation"],
        ),
        (
            "parameter",
            &["new-required-request-parameter", "new-optional-request-parameter"],
            &["request-parameter-removed"],
        ),
        (
            "sent property",
            &["new-required-request-property", "new-optional-request-property"],
            &["request-property-removed"],
        ),
        (
            "received property",
            &["response-required-property-added", "response-optional-property-added"],
            &["response-required-property-removed", "response-optional-property-removed"],
        ),
        (
            "status",
            &["response-success-status-added", "response-non-success-status-added", "response-default-status-added"],
            &[
                "response-success-status-removed",
                "response-non-success-status-removed",
                "response-default-status-removed",
            ],
        ),
        ("requirement", &["request-property-became-required"], &["request-property-became-optional"]),
    ];
    let mut moved: Vec<_> = changes
        .iter()
        .filter_map(|change| {
            let ids = |(_, coming, going): &&(&str, &[&str], &[&str])| {
                if came { *coming } else { *going }.contains(&change.id.as_str())
            };
            let (kind, ..) = kinds.iter().find(ids)?;
            Some(((*kind).to_owned(), change.operation.clone(), change.path.clone()))
        })
        .collect();
    moved.sort();
    moved
}

proptest! {
    #[test]
    fn a_document_differs_in_nothing_from_itself(document in any_document()) {
        prop_assert_eq!(changes(&document, &document), vec![]);
    }

    #[test]
    fn what_comes_in_one_direction_goes_in_the_other(old in any_document(), new in any_document()) {
        let (there, back) = (changes(&old, &new), changes(&new, &old));

        prop_assert_eq!(moved(&there, true), moved(&back, false));
        prop_assert_eq!(moved(&there, false), moved(&back, true));
    }
}
