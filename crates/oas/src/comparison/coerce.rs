//! Texts of paths, queries and headers become what the schema asks for, where JavaScript's usual validator would make
//! them so.

use serde_json::{Number, Value, json};

use crate::document::local_target;

const MAX_DEPTH: usize = 32;

/// Changes `value`, in place, to the types that `schema` (within `root`) asks for.
pub(super) fn coerce(value: &mut Value, schema: &Value, root: &Value) {
    coerce_within(value, schema, root, 0);
}

fn coerce_within(value: &mut Value, schema: &Value, root: &Value, depth: usize) {
    let Value::Object(keywords) = schema else { return };
    if depth > MAX_DEPTH {
        return;
    }
    if let Some(coerced) = keywords.get("type").and_then(|kinds| as_one_of(value, kinds)) {
        *value = coerced;
    }
    let target = keywords.get("$ref").and_then(Value::as_str).and_then(local_target);
    if let Some(target) = target.and_then(|pointer| pointer.find_in(root)) {
        coerce_within(value, target, root, depth + 1);
    }
    for parts in ["allOf", "anyOf", "oneOf"].iter().filter_map(|key| keywords.get(*key)?.as_array()) {
        for part in parts {
            coerce_within(value, part, root, depth + 1);
        }
    }
    match value {
        Value::Array(items) => {
            let schema = &keywords.get("items").cloned().unwrap_or(Value::Null);
            for (index, item) in items.iter_mut().enumerate() {
                coerce_within(item, schema.get(index).unwrap_or(schema), root, depth + 1);
            }
        }
        Value::Object(members) => {
            let (described, others) = (keywords.get("properties"), keywords.get("additionalProperties"));
            for (name, member) in members {
                if let Some(schema) = described.and_then(|described| described.get(name)).or(others) {
                    coerce_within(member, schema, root, depth + 1);
                }
            }
        }
        _ => {}
    }
}

/// The value as the first of some types that it can be, unless it is of one already.
fn as_one_of(value: &Value, kinds: &Value) -> Option<Value> {
    let kinds: Vec<&str> = match kinds {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => kind.as_str().into_iter().collect(),
    };
    let fits = kinds.iter().any(|kind| is_of(value, kind));
    if fits { None } else { kinds.iter().find_map(|kind| made(value, kind)) }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    }
}

/// The value as another type, if it can be one.
fn made(value: &Value, kind: &str) -> Option<Value> {
    match (kind, value) {
        ("string", Value::Number(number)) => Some(json!(number.to_string())),
        ("string", Value::Bool(truth)) => Some(json!(truth.to_string())),
        ("string", Value::Null) => Some(json!("")),
        ("number", Value::String(text)) => number(text).map(Value::Number),
        ("integer", Value::String(text)) => {
            number(text).filter(|number| number.as_f64().is_some_and(|number| number.fract() == 0.0)).map(Value::Number)
        }
        ("number" | "integer", Value::Bool(truth)) => Some(json!(u8::from(*truth))),
        ("number" | "integer", Value::Null) => Some(json!(0)),
        ("boolean", Value::String(text)) => text.parse::<bool>().ok().map(Value::Bool),
        ("boolean", Value::Null) => Some(json!(false)),
        ("boolean", Value::Number(number)) => match number.as_f64()? {
            0.0 => Some(json!(false)),
            1.0 => Some(json!(true)),
            _ => None,
        },
        ("null", Value::String(text)) if text.is_empty() => Some(Value::Null),
        ("null", Value::Bool(false)) => Some(Value::Null),
        ("null", Value::Number(number)) if number.as_f64() == Some(0.0) => Some(Value::Null),
        _ => None,
    }
}

/// The number that a text is in JavaScript.
fn number(text: &str) -> Option<Number> {
    let text = text.trim();
    for (prefix, radix) in [("0x", 16), ("0X", 16), ("0o", 8), ("0O", 8), ("0b", 2), ("0B", 2)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return u64::from_str_radix(digits, radix).ok().map(Number::from);
        }
    }
    let numeric = text.chars().all(|character| matches!(character, '0'..='9' | '.' | 'e' | 'E' | '-' | '+'));
    if !numeric {
        return None;
    }
    let integer = text.parse::<i64>().ok().map(Number::from);
    integer.or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: Value, schema: &Value, expected: &Value) {
        let mut coerced = value;
        coerce(&mut coerced, schema, schema);
        assert_eq!(&coerced, expected);
    }

    #[test]
    fn texts_become_what_is_asked_for() {
        check(json!("12"), &json!({"type": "integer"}), &json!(12));
        check(json!("1.5e1"), &json!({"type": "number"}), &json!(15.0));
        check(json!("true"), &json!({"type": "boolean"}), &json!(true));
        check(json!(""), &json!({"type": ["integer", "null"]}), &Value::Null);
    }

    #[test]
    fn what_cannot_be_made_stays() {
        check(json!("1.5"), &json!({"type": "integer"}), &json!("1.5"));
        check(json!(" "), &json!({"type": "number"}), &json!(" "));
        check(json!("yes"), &json!({"type": "boolean"}), &json!("yes"));
        check(json!("a"), &json!({"type": "array"}), &json!("a"));
    }

    #[test]
    fn items_members_and_references_are_reached() {
        let schema = json!({"type": "object", "properties": {"a": {"$ref": "#/definitions/list"}},
            "definitions": {"list": {"type": "array", "items": {"type": "integer"}}}});

        check(json!({"a": ["1", "x"]}), &schema, &json!({"a": [1, "x"]}));
    }
}
