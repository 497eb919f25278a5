//! Turns a schema of any version into JSON Schema 2020-12 that means the same, for the one who reads it: a request
//! need not have what only the provider sets, an example need not have what its consumer does not read.

use serde_json::{Map, Value, json};

use super::compatible::within;
use crate::document::{Document, Version};
use crate::model::Schema;
use crate::schema::{Overgrown, copy, gather, mend, number_bounds, walk};

/// What the schema is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reading {
    /// A whole request.
    Request,
    /// A whole response.
    Response,
    /// Those parts of a response that a consumer reads.
    Example,
}

/// A schema of the document, with all that it refers to.
pub(super) fn schema(document: &Document, schema: &Schema, reading: Reading) -> Result<Value, Overgrown> {
    match schema {
        Schema::Open => Ok(json!({})),
        Schema::At(pointer) => {
            bundle(document, pointer.find_in(document.value()).map_or_else(|| json!({}), copy), reading)
        }
        Schema::Within(pointer) => bundle(document, within(pointer.find_in(document.value())), reading),
    }
}

/// A schema made of the document's, with all that it refers to.
pub(super) fn bundle(document: &Document, schema: Value, reading: Reading) -> Result<Value, Overgrown> {
    let mut bundled = if schema.is_object() || schema.is_boolean() { schema } else { json!({}) };
    gather(document, &mut bundled, &mut |schema| {
        walk(schema, &mut |schema| translate(document, schema, reading));
    })?;
    Ok(bundled)
}

fn translate(document: &Document, schema: &mut Map<String, Value>, reading: Reading) {
    let before_31 = document.version() <= Version::V3_0;
    if before_31 && reference_alone(schema) {
        return;
    }
    number_bounds(schema);
    mend(schema);
    list_items(schema);
    if before_31 {
        allow_null(schema);
    }
    bound_integers(schema);
    let hidden = if reading == Reading::Request { "readOnly" } else { "writeOnly" };
    excuse(document, schema, hidden);
    tell_variants_apart(document, schema, reading);
    if reading == Reading::Example {
        relax(schema);
    }
    for annotation in ["example", "examples", "xml", "externalDocs", "default", "title", "description", "deprecated"] {
        schema.shift_remove(annotation);
    }
    if before_31 && is_nullable(schema) {
        allow_null_beside_combined(schema);
    }
}

/// Beside combined schemas alone `nullable` says nothing by the letter, and everybody who writes it means it.
fn allow_null_beside_combined(schema: &mut Map<String, Value>) {
    let combined = ["allOf", "anyOf", "oneOf"].iter().any(|key| schema.contains_key(*key));
    if combined && !schema.contains_key("type") {
        let described = Value::Object(std::mem::take(schema));
        schema.insert("anyOf".to_owned(), json!([described, {"type": "null"}]));
    }
}

/// Up to 3.0 nothing counts beside a reference but `nullable`, which many people write there.
fn reference_alone(schema: &mut Map<String, Value>) -> bool {
    let Some(reference @ Value::String(_)) = schema.get("$ref").cloned() else { return false };
    let nullable = is_nullable(schema);
    schema.clear();
    if nullable {
        schema.insert("anyOf".to_owned(), json!([{"$ref": reference}, {"type": "null"}]));
    } else {
        schema.insert("$ref".to_owned(), reference);
    }
    true
}

/// Whether a schema of 3.0 or Swagger 2 allows `null`.
pub(super) fn is_nullable(schema: &Map<String, Value>) -> bool {
    ["nullable", "x-nullable"].iter().any(|key| schema.get(*key) == Some(&Value::Bool(true)))
}

fn allow_null(schema: &mut Map<String, Value>) {
    if !is_nullable(schema) {
        return;
    }
    if let Some(kind @ Value::String(_)) = schema.get("type").cloned()
        && kind != "null"
    {
        schema.insert("type".to_owned(), json!([kind, "null"]));
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
}

/// A list of schemas in `items` has a keyword of its own today.
fn list_items(schema: &mut Map<String, Value>) {
    if !schema.get("items").is_some_and(Value::is_array) {
        return;
    }
    if let Some(list) = schema.shift_remove("items") {
        schema.insert("prefixItems".to_owned(), list);
    }
    if let Some(rest) = schema.shift_remove("additionalItems") {
        schema.insert("items".to_owned(), rest);
    }
}

/// Formats of integers are bounds.
fn bound_integers(schema: &mut Map<String, Value>) {
    let (low, high) = match schema.get("format").and_then(Value::as_str) {
        Some("int32") => (i64::from(i32::MIN), i64::from(i32::MAX)),
        Some("int64") => (i64::MIN, i64::MAX),
        _ => return,
    };
    schema.shift_remove("format");
    let stated = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];
    let stated = stated.map(|key| schema.contains_key(key));
    if !stated[0] && !stated[2] {
        schema.insert("minimum".to_owned(), json!(low));
    }
    if !stated[1] && !stated[3] {
        schema.insert("maximum".to_owned(), json!(high));
    }
}

/// What only the other side sets is not required.
fn excuse(document: &Document, schema: &mut Map<String, Value>, hidden: &str) {
    let Some(Value::Array(required)) = schema.get("required") else { return };
    let properties = schema.get("properties");
    let is_hidden = |name: &Value| {
        let property = name.as_str().and_then(|name| properties?.get(name));
        property.is_some_and(|property| says(document, property, hidden, 0))
    };
    let required: Vec<Value> = required.iter().filter(|name| !is_hidden(name)).cloned().collect();
    schema.insert("required".to_owned(), Value::Array(required));
}

const MAX_REFERENCES: usize = 16;

/// Whether a schema, what it refers to or a part of its `allOf` has a mark.
pub(super) fn says(document: &Document, schema: &Value, mark: &str, depth: usize) -> bool {
    if schema.get(mark) == Some(&Value::Bool(true)) {
        return true;
    }
    if depth > MAX_REFERENCES {
        return false;
    }
    let target = schema["$ref"].as_str().and_then(crate::document::local_target);
    let target = target.and_then(|pointer| pointer.find_in(document.value()));
    let parts = schema["allOf"].as_array().into_iter().flatten();
    target.into_iter().chain(parts).any(|schema| says(document, schema, mark, depth + 1))
}

/// Gives each variant the values of the tag that choose it.
fn tell_variants_apart(document: &Document, schema: &mut Map<String, Value>, reading: Reading) {
    let Some(discriminator) = schema.shift_remove("discriminator") else { return };
    let Some(tag) = discriminator["propertyName"].as_str() else { return };
    for key in ["oneOf", "anyOf"] {
        let Some(Value::Array(variants)) = schema.get_mut(key) else { continue };
        for variant in variants {
            let values = tag_values(document, tag, &discriminator["mapping"], variant);
            if values.is_empty() {
                continue;
            }
            let mut chosen = json!({"type": "object", "properties": {tag: {"enum": values}}});
            if reading != Reading::Example {
                chosen["required"] = json!([tag]);
            }
            *variant = json!({"allOf": [variant.take(), chosen]});
        }
    }
}

/// The values of the tag that choose a variant: those that are mapped to it, else those that it allows itself (then
/// nothing needs to be said), else the name of its schema.
pub(super) fn tag_values(document: &Document, tag: &str, mapping: &Value, variant: &Value) -> Vec<Value> {
    let Some(reference) = variant["$ref"].as_str() else { return Vec::new() };
    let name = reference.rsplit('/').next().unwrap_or_default();
    let mapping = mapping.as_object().into_iter().flatten();
    let mapped = mapping.filter(|(_, target)| *target == reference || *target == name);
    let mapped: Vec<Value> = mapped.map(|(value, _)| json!(value)).collect();
    let target = crate::document::local_target(reference).and_then(|pointer| pointer.find_in(document.value()));
    let own = target.and_then(|target| target["properties"].get(tag));
    let speaks = own.is_some_and(|own| own.get("const").is_some() || own.get("enum").is_some());
    match (mapped.is_empty(), speaks) {
        (false, _) => mapped,
        (true, true) => Vec::new(),
        (true, false) => vec![json!(name)],
    }
}

/// An example shows a part of what is sent, so nothing is required of it that more parts could meet.
fn relax(schema: &mut Map<String, Value>) {
    for keyword in [
        "required",
        "minProperties",
        "minItems",
        "uniqueItems",
        "contains",
        "minContains",
        "maxContains",
        "not",
        "if",
        "then",
        "else",
        "dependentRequired",
        "dependentSchemas",
        "dependencies",
    ] {
        schema.shift_remove(keyword);
    }
    if let Some(variants) = schema.shift_remove("oneOf") {
        match schema.get_mut("allOf") {
            Some(Value::Array(parts)) => parts.push(json!({"anyOf": variants})),
            _ => drop(schema.insert("allOf".to_owned(), json!([{"anyOf": variants}]))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pointer::Pointer;
    use crate::source::Budget;

    fn translated(version: &str, schemas: &Value, reading: Reading) -> Value {
        let text = json!({"openapi": version, "components": {"schemas": schemas}}).to_string();
        let document = Document::load(&text, &Budget::default()).unwrap();
        schema(&document, &Schema::At(Pointer::parse("/components/schemas/A").unwrap()), reading).unwrap()
    }

    #[test]
    fn nullable_allows_null_beside_types_enums_and_references() {
        let schemas = json!({"A": {"properties": {
            "a": {"type": "string", "nullable": true, "enum": ["x"]},
            "b": {"$ref": "#/components/schemas/B", "nullable": true}
        }}, "B": {}});

        let schema = translated("3.0.0", &schemas, Reading::Request);

        assert_eq!(schema["properties"]["a"]["type"], json!(["string", "null"]));
        assert_eq!(schema["properties"]["a"]["enum"], json!(["x", null]));
        assert_eq!(schema["properties"]["b"], json!({"anyOf": [{"$ref": "#/components/schemas/B"}, {"type": "null"}]}));
    }

    #[test]
    fn nullable_allows_null_beside_combined_schemas() {
        let schemas = json!({"A": {"nullable": true, "allOf": [{"type": "string"}]}});

        let schema = translated("3.0.0", &schemas, Reading::Response);

        assert_eq!(schema, json!({"anyOf": [{"nullable": true, "allOf": [{"type": "string"}]}, {"type": "null"}]}));
        assert_eq!(translated("3.1.0", &schemas, Reading::Response), schemas["A"]);
    }

    #[test]
    fn a_request_need_not_have_what_only_the_provider_sets() {
        let schemas = json!({"A": {"required": ["id", "a"], "properties": {"id": {"$ref": "#/components/schemas/Id"}}},
            "Id": {"readOnly": true}});

        assert_eq!(translated("3.1.0", &schemas, Reading::Request)["required"], json!(["a"]));
        assert_eq!(translated("3.1.0", &schemas, Reading::Response)["required"], json!(["id", "a"]));
    }

    #[test]
    fn an_example_may_lack_what_is_not_read_and_fit_several_variants() {
        let schemas =
            json!({"A": {"required": ["a"], "minItems": 2, "oneOf": [{"type": "object"}, {"type": "array"}]}});

        let schema = translated("3.0.0", &schemas, Reading::Example);

        assert_eq!(schema, json!({"allOf": [{"anyOf": [{"type": "object"}, {"type": "array"}]}]}));
    }

    #[test]
    fn formats_of_integers_become_bounds_that_do_not_widen_others() {
        let schemas = json!({"A": {"type": "integer", "format": "int32", "minimum": 0}});

        assert_eq!(
            translated("3.0.0", &schemas, Reading::Request),
            json!({"type": "integer", "minimum": 0, "maximum": i32::MAX})
        );
    }

    #[test]
    fn a_tag_chooses_by_mapping_or_by_name() {
        let schemas = json!({"A": {"oneOf": [{"$ref": "#/components/schemas/B"}, {"$ref": "#/components/schemas/C"}],
            "discriminator": {"propertyName": "kind", "mapping": {"b": "#/components/schemas/B"}}}, "B": {}, "C": {}});

        let schema = translated("3.0.0", &schemas, Reading::Request);

        assert_eq!(schema["oneOf"][0]["allOf"][1]["properties"]["kind"]["enum"], json!(["b"]));
        assert_eq!(schema["oneOf"][1]["allOf"][1]["properties"]["kind"]["enum"], json!(["C"]));
    }
}
