//! Schemas as existing comparators change them.

use super::*;
use crate::source::Budget;

fn document(schemas: &Value) -> Document {
    let text = json!({"openapi": "3.0.0", "components": {"schemas": schemas}}).to_string();
    Document::load(&text, &Budget::default()).unwrap()
}

fn prepared(schemas: &Value, direction: Direction) -> Value {
    let pointer = Pointer::parse("/components/schemas/A").unwrap();
    schema(&document(schemas), &Schema::At(pointer), direction, &Switches::default()).unwrap()
}

#[test]
fn what_a_schema_refers_to_stands_at_the_same_pointer() {
    let schema = prepared(
        &json!({"A": {"items": {"$ref": "#/components/schemas/B"}}, "B": {"properties": {"a": {"$ref": "#/components/schemas/A"}}}}),
        Direction::Sent,
    );

    assert_eq!(schema.pointer("/components/schemas/A/items/$ref"), Some(&json!("#/components/schemas/B")));
    assert_eq!(schema.pointer("/components/schemas/B/properties/a/$ref"), Some(&json!("#/components/schemas/A")));
}

#[test]
fn references_that_lead_nowhere_accept_anything() {
    let schema = prepared(
        &json!({"A": {"properties": {"a": {"$ref": "#/gone"}, "b": {"$ref": "other.json"}}}}),
        Direction::Sent,
    );

    assert_eq!(schema, json!({"properties": {"a": {"$ref": "#/gone"}, "b": {}}, "gone": {}}));
}

#[test]
fn parts_of_all_of_are_merged_lists_by_index() {
    let schema = prepared(
        &json!({"A": {"maximum": 1, "allOf": [{"$ref": "#/components/schemas/B"}, {"required": ["c"], "maximum": 10}]},
            "B": {"required": ["a", "b"], "maximum": 5}}),
        Direction::Sent,
    );

    assert_eq!(schema["required"], json!(["c", "b"]));
    assert_eq!(schema["maximum"], 10);
    assert_eq!(schema.get("allOf"), None);
}

#[test]
fn objects_of_responses_are_closed_and_require_nothing() {
    let schema = prepared(
        &json!({"A": {"type": "object", "required": ["a"], "additionalProperties": true, "properties": {
            "a": {"type": "object", "additionalProperties": {"type": "object"}},
            "b": {"type": ["object", "null"]},
            "c": {"type": "object", "oneOf": [{"type": "object"}]}
        }}}),
        Direction::Received,
    );

    assert_eq!(
        schema,
        json!({"type": "object", "additionalProperties": false, "properties": {
            "a": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": false}},
            "b": {"type": ["object", "null"]},
            "c": {"type": "object", "oneOf": [{"type": "object", "additionalProperties": false}]}
        }})
    );
}

#[test]
fn objects_of_requests_stay_as_they_are() {
    let schema = json!({"type": "object", "required": ["a"]});

    assert_eq!(prepared(&json!({"A": schema}), Direction::Sent), schema);
}

#[test]
fn nullable_makes_null_a_type_but_no_value_of_an_enum() {
    let schema = prepared(
        &json!({"A": {"properties": {"a": {"type": "string", "nullable": true, "enum": ["x"]}, "b": {"nullable": true}}}}),
        Direction::Sent,
    );

    assert_eq!(schema.pointer("/properties/a/type"), Some(&json!(["string", "null"])));
    assert_eq!(schema.pointer("/properties/a/enum"), Some(&json!(["x"])));
    assert_eq!(schema.pointer("/properties/b/type"), Some(&json!(["object", "null"])));
}

#[test]
fn a_tag_chooses_the_variant_that_is_mapped_or_named() {
    let variants = json!([{"$ref": "#/components/schemas/B"}, {"properties": {"kind": {"enum": ["c", "d"]}}}]);
    let of = |mapping: Value| {
        let discriminator = json!({"propertyName": "kind", "mapping": mapping});
        prepared(&json!({"A": {"oneOf": variants, "discriminator": discriminator}, "B": {}}), Direction::Sent)
    };

    let mapped = of(json!({"b": "#/components/schemas/B"}));
    assert_eq!(mapped[TAG], json!({"tag": "kind", "values": ["b"]}));
    assert_eq!(mapped["required"], json!(["kind"]));
    assert_eq!(mapped.get("oneOf"), None);

    assert_eq!(of(Value::Null)[TAG], json!({"tag": "kind", "values": ["B", "c", "d"]}));
}

#[test]
fn all_of_that_runs_in_a_circle_comes_to_an_end() {
    let schema =
        prepared(&json!({"A": {"allOf": [{"$ref": "#/components/schemas/A"}], "maximum": 1}}), Direction::Received);

    assert_eq!(schema["maximum"], 1);
}

#[test]
fn what_is_missing_fails_wherever_a_type_is_asked_for() {
    let failures = |schema: Value| failures_of_nothing(&schema, &schema, 0);

    assert_eq!(failures(json!({"type": "object", "required": ["a"]})), 1);
    assert_eq!(failures(json!({"minimum": 1})), 0);
    assert_eq!(failures(json!({"anyOf": [{"type": "string"}, {"enum": [1]}]})), 3);
    assert_eq!(failures(json!({"allOf": [{"$ref": "#/x"}], "x": {"type": "string"}})), 1);
}
