//! Whether set algebra proves that a changed schema still allows all that it must: then no change in it can break
//! anybody, whatever the single checks say.

use jsonschema::Draft;
use jsonschema::canonical::{CanonicalSchema, Containment, Satisfiability};
use serde_json::{Map, Value, json};

use super::checks::Direction;
use super::walk::Pair;
use crate::document::{Document, Node, Version, local_target};
use crate::schema::{gather, mend, number_bounds, walk};

/// Larger schemas are left to the checks: a proof costs more than linear time.
const MAX_NODES: usize = 3_000;

/// Whether a request's new schema allows all that the old one did, or a response's old one all that the new one does.
/// `false` if that is not so, or if it is not known.
pub(super) fn is_proved(documents: (&Document, &Document), pair: &Pair<'_>, direction: Direction) -> bool {
    let side = |document: &Document, node: &Node<'_>| bundle(document, node).and_then(|schema| canonical(&schema));
    let (Some(old), Some(new)) = (side(documents.0, &pair.old), side(documents.1, &pair.new)) else { return false };
    // Of a schema that contradicts itself everything is true, but nobody means it.
    if old.satisfiability() != Satisfiability::Yes || new.satisfiability() != Satisfiability::Yes {
        return false;
    }
    let contained = match direction {
        Direction::Request => new.covers(&old),
        Direction::Response => old.covers(&new),
    };
    matches!(contained, Ok(Containment::Yes))
}

fn canonical(schema: &Value) -> Option<CanonicalSchema> {
    let options = jsonschema::canonical::options().with_draft(Draft::Draft202012).offline();
    options.should_validate_formats(true).canonicalize(schema).ok()
}

/// A schema with all that it refers to, as JSON Schema; `None` if some of it has no such meaning, or if it is too large.
fn bundle(document: &Document, node: &Node<'_>) -> Option<Value> {
    let old_style = document.version() <= Version::V3_0;
    let mut schema = node.value().clone();
    let (mut clear, mut combines, mut closes) = (true, false, false);
    let gathered = gather(document, &mut schema, &mut |part| {
        walk(part, &mut |part| {
            clear &= has_meaning(part) && leads_somewhere(document, part);
            combines |= part.contains_key("allOf");
            closes |= part.get("additionalProperties") == Some(&Value::Bool(false));
            translate(part, old_style);
        });
    });
    gathered.ok()?;
    // Closed schemas that must all hold allow nothing, which is hardly ever meant.
    (clear && !(combines && closes) && count(&schema) <= MAX_NODES).then_some(schema)
}

fn count(value: &Value) -> usize {
    match value {
        Value::Object(members) => 1 + members.values().map(count).sum::<usize>(),
        Value::Array(items) => 1 + items.iter().map(count).sum::<usize>(),
        _ => 1,
    }
}

fn leads_somewhere(document: &Document, schema: &Map<String, Value>) -> bool {
    schema.get("$ref").and_then(Value::as_str).is_none_or(|reference| {
        local_target(reference).is_some_and(|pointer| pointer.find_in(document.value()).is_some())
    })
}

/// Keywords that count for values of one type only.
const TYPED: [(&str, &[&str]); 4] = [
    ("object", &["properties", "required", "additionalProperties", "minProperties", "maxProperties"]),
    ("array", &["items", "minItems", "maxItems", "uniqueItems", "contains"]),
    ("string", &["pattern", "minLength", "maxLength"]),
    ("number", &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]),
];

/// Whether a schema has keywords that its type makes void: a mistake, and not what people hold to.
fn contradicts_itself(schema: &Map<String, Value>) -> bool {
    let Some(Value::String(kind)) = schema.get("type") else { return false };
    let kind = if kind == "integer" { "number" } else { kind };
    let others = TYPED.iter().filter(|(other, _)| *other != kind);
    others.flat_map(|(_, keywords)| *keywords).any(|keyword| schema.contains_key(*keyword))
}

/// Whether a schema means what JSON Schema says it does: nothing counts that JSON Schema takes for an annotation, and
/// nothing is void. A false proof would hide a break.
fn has_meaning(schema: &Map<String, Value>) -> bool {
    let known = ["date", "time", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri"];
    let format = schema.get("format").and_then(Value::as_str);
    let formats = format.is_none_or(|format| known.contains(&format) || integers(format).is_some());
    let others = ["discriminator", "contentEncoding", "contentMediaType", "contentSchema", "x-extensible-enum"];
    !contradicts_itself(schema)
        && formats
        && others.iter().all(|keyword| !schema.contains_key(*keyword))
        && schema.get("type") != Some(&json!("file"))
}

fn integers(format: &str) -> Option<(i64, i64)> {
    match format {
        "int32" => Some((i64::from(i32::MIN), i64::from(i32::MAX))),
        "int64" => Some((i64::MIN, i64::MAX)),
        _ => None,
    }
}

fn translate(schema: &mut Map<String, Value>, old_style: bool) {
    if old_style && schema.contains_key("$ref") {
        // Up to 3.0 nothing counts beside a reference.
        schema.retain(|key, _| key == "$ref");
        return;
    }
    number_bounds(schema);
    mend(schema);
    if let Some((low, high)) = schema.get("format").and_then(Value::as_str).and_then(integers) {
        schema.shift_remove("format");
        let range = json!({"type": "integer", "minimum": low, "maximum": high});
        also(schema, json!({"anyOf": [{"not": {"type": "number"}}, range]}));
    }
    let nullable = ["nullable", "x-nullable"].iter().any(|key| schema.get(*key) == Some(&Value::Bool(true)));
    if old_style && nullable {
        allow_null(schema);
    }
    let read_by_people =
        ["example", "examples", "xml", "externalDocs", "default", "title", "description", "deprecated"];
    let roles = ["readOnly", "writeOnly", "nullable"];
    schema.retain(|key, _| {
        !read_by_people.contains(&key.as_str()) && !roles.contains(&key.as_str()) && !key.starts_with("x-")
    });
}

fn also(schema: &mut Map<String, Value>, more: Value) {
    if let Some(Value::Array(all)) = schema.get_mut("allOf") {
        all.push(more);
    } else {
        schema.insert("allOf".to_owned(), Value::Array(vec![more]));
    }
}

fn allow_null(schema: &mut Map<String, Value>) {
    if let Some(kind @ Value::String(_)) = schema.get("type").cloned() {
        schema.insert("type".to_owned(), json!([kind, "null"]));
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
}
