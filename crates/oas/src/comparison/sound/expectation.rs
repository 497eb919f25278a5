//! What a consumer's matchers ask of one value, as a schema.

use serde_json::{Value, json};

use crate::contract::kind;

/// The schema of a value, given its matchers and its example; `None` if they ask nothing that a schema could say, and
/// the example alone counts.
pub(super) fn schema(matchers: &[Value], example: &Value) -> Option<Value> {
    let parts: Vec<Value> = matchers.iter().filter_map(|matcher| of_matcher(matcher, example)).collect();
    match parts.as_slice() {
        [] => None,
        [only] => Some(only.clone()),
        _ => Some(json!({"allOf": parts})),
    }
}

/// The kinds of matchers that say something of a value which no schema says.
pub(super) fn unsaid(matchers: &[Value]) -> Option<&str> {
    let known = ["type", "equality", "regex", "integer", "decimal", "number", "boolean", "null", "include", "notEmpty"];
    matchers.iter().map(kind).find(|kind| !known.contains(kind))
}

fn of_matcher(matcher: &Value, example: &Value) -> Option<Value> {
    match kind(matcher) {
        "type" => Some(json!({"type": type_of(example)})),
        "regex" if example.is_string() => Some(json!({"type": "string", "pattern": matcher["regex"].as_str()?})),
        "integer" => Some(json!({"type": "integer"})),
        "decimal" | "number" => Some(json!({"type": "number"})),
        "boolean" => Some(json!({"type": "boolean"})),
        "null" => Some(json!({"type": "null"})),
        "include" => Some(json!({"type": "string", "pattern": regex::escape(matcher["value"].as_str()?)})),
        "notEmpty" if example.is_string() => Some(json!({"type": "string", "minLength": 1})),
        // Dates by Java's patterns, plugins' matchers and those that speak of keys stay with the example.
        _ => None,
    }
}

fn type_of(example: &Value) -> &'static str {
    match example {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        // Matchers of type do not tell whole numbers from others.
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// How many items a consumer takes at least and at most, if its matchers say so.
pub(super) fn length(matchers: &[Value]) -> (Option<u64>, Option<u64>) {
    let limit = |key: &str| matchers.iter().find_map(|matcher| matcher.get(key)?.as_u64());
    (limit("min"), limit("max"))
}
