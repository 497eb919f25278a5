//! Schemas of any version of OpenAPI as JSON Schema: how to walk one, and what to mend in it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::document::{Document, local_target};
use crate::pointer::Pointer;

/// Keywords whose value is one schema.
const ONE: [&str; 12] = [
    "not",
    "items",
    "additionalProperties",
    "additionalItems",
    "contains",
    "propertyNames",
    "if",
    "then",
    "else",
    "unevaluatedProperties",
    "unevaluatedItems",
    "contentSchema",
];
/// Keywords whose value is a list of schemas.
const LISTS: [&str; 5] = ["allOf", "anyOf", "oneOf", "prefixItems", "items"];
/// Keywords whose value holds schemas by name.
const MAPS: [&str; 5] = ["properties", "patternProperties", "dependentSchemas", "$defs", "definitions"];

/// Visits the schemas right below an object schema, of all keywords that hold some.
pub(crate) fn each_child(schema: &mut Map<String, Value>, visit: &mut dyn FnMut(&mut Value)) {
    for key in ONE {
        if let Some(child @ (Value::Object(_) | Value::Bool(_))) = schema.get_mut(key) {
            visit(child);
        }
    }
    for key in LISTS {
        if let Some(Value::Array(children)) = schema.get_mut(key) {
            children.iter_mut().for_each(&mut *visit);
        }
    }
    for key in MAPS {
        if let Some(Value::Object(children)) = schema.get_mut(key) {
            children.values_mut().for_each(&mut *visit);
        }
    }
}

/// Visits a schema and all schemas below it, the lower ones first. References are not followed.
pub(crate) fn walk(schema: &mut Value, visit: &mut dyn FnMut(&mut Map<String, Value>)) {
    if let Value::Object(schema) = schema {
        each_child(schema, &mut |child| walk(child, visit));
        visit(schema);
    }
}

/// Members that say nothing of a value, and weigh more than all others together.
const PROSE: [&str; 5] = ["description", "example", "examples", "externalDocs", "summary"];

/// A copy of a schema without its prose.
pub(crate) fn copy(schema: &Value) -> Value {
    let Value::Object(keywords) = schema else { return schema.clone() };
    let mut copied = Map::with_capacity(keywords.len());
    for (key, value) in keywords.iter().filter(|(key, _)| !PROSE.contains(&key.as_str())) {
        let value = match value {
            // Properties may be called like prose.
            Value::Object(members) if MAPS.contains(&key.as_str()) => {
                members.iter().map(|(name, member)| (name.clone(), copy(member))).collect()
            }
            Value::Array(items) if LISTS.contains(&key.as_str()) => items.iter().map(copy).collect(),
            Value::Object(_) if ONE.contains(&key.as_str()) => copy(value),
            value => value.clone(),
        };
        copied.insert(key.clone(), value);
    }
    Value::Object(copied)
}

/// Makes the exclusive bounds of OpenAPI 3.0 and Swagger 2, which are booleans, the numbers that they are today.
pub(crate) fn number_bounds(schema: &mut Map<String, Value>) {
    for (exclusive, bound) in [("exclusiveMaximum", "maximum"), ("exclusiveMinimum", "minimum")] {
        let Some(Value::Bool(is_exclusive)) = schema.get(exclusive) else { continue };
        let number = if *is_exclusive { schema.shift_remove(bound) } else { None };
        match number {
            Some(number) => schema.insert(exclusive.to_owned(), number),
            None => schema.shift_remove(exclusive),
        };
    }
}

/// Copies all that a schema refers to into it, at the same pointers as in the document, each prepared like the schema
/// itself; returns where the copies stand. What a reference fails to name accepts anything.
pub(crate) fn gather(
    document: &Document,
    schema: &mut Value,
    prepare: &mut dyn FnMut(&mut Value),
) -> Result<Vec<Pointer>, Overgrown> {
    let mut wanted = Vec::new();
    prepare(schema);
    collect(schema, &mut wanted);
    let (mut copied, mut seen) = (Vec::new(), BTreeSet::new());
    while let Some(pointer) = wanted.pop() {
        if pointer == Pointer::root() || !seen.insert(pointer.clone()) {
            continue;
        }
        let target = pointer.find_in(document.value()).filter(|target| is_schema(target));
        let mut target = target.map_or_else(|| json!({}), copy);
        prepare(&mut target);
        collect(&mut target, &mut wanted);
        if put(schema, &pointer, target) {
            copied.push(pointer);
        }
    }
    if copied.len() > MAX_REFERENCES || is_overgrown(schema, &copied) { Err(Overgrown) } else { Ok(copied) }
}

/// Collects what schemas refer to within their document. Of what stands elsewhere nothing is known, as nothing is
/// fetched.
fn collect(schema: &mut Value, wanted: &mut Vec<Pointer>) {
    walk(schema, &mut |schema| {
        let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { return };
        match local_target(reference) {
            Some(pointer) => wanted.push(pointer),
            None => drop(schema.shift_remove("$ref")),
        }
    });
}

/// Puts a value where a pointer says, making objects on the way; `false` if something else stands in the way.
pub(crate) fn put(root: &mut Value, pointer: &Pointer, value: Value) -> bool {
    let mut node = root;
    for token in pointer.tokens() {
        node = match node {
            Value::Object(members) => members.entry(token).or_insert_with(|| json!({})),
            Value::Array(items) => match token.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                Some(item) => item,
                None => return false,
            },
            _ => return false,
        };
    }
    *node = value;
    true
}

/// Keywords whose schemas the value itself is held against, not a part of it.
const OF_THE_SAME_VALUE: [&str; 8] = ["allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"];

/// How deep the schemas of one value may nest, and how much one schema may refer to: validators recurse.
const MAX_DEPTH_OF_ONE_VALUE: usize = 100;
const MAX_REFERENCES: usize = 1_000;

/// How many schemas one value may have to be held against. Real documents stay far below; one that refers twice to
/// what refers twice, and so on, has more than could ever be looked at.
const MAX_SCHEMAS_OF_ONE_VALUE: usize = 10_000;

/// A schema has one value be held against more schemas than can be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it combines or refers to more schemas than can be looked at")]
pub(crate) struct Overgrown;

/// Whether a schema, or what it refers to (copied into it at `references`), has one value be held against more schemas
/// than can be looked at.
fn is_overgrown(schema: &Value, references: &[Pointer]) -> bool {
    let mut measure = Measure { root: schema, known: BTreeMap::new(), pending: vec![schema] };
    measure.pending.extend(references.iter().filter_map(|pointer| pointer.find_in(schema)));
    while let Some(schema) = measure.pending.pop() {
        if measure.schemas(schema, 0) > MAX_SCHEMAS_OF_ONE_VALUE {
            return true;
        }
    }
    false
}

struct Measure<'s> {
    root: &'s Value,
    /// Of each reference how many schemas it leads to; of one that is being measured, just itself.
    known: BTreeMap<Pointer, usize>,
    /// Schemas of other values, to be measured by themselves.
    pending: Vec<&'s Value>,
}

impl<'s> Measure<'s> {
    /// How many schemas a value of this one is held against, this one included; too many if they nest too deep.
    fn schemas(&mut self, schema: &'s Value, depth: usize) -> usize {
        let Value::Object(keywords) = schema else { return 1 };
        if depth > MAX_DEPTH_OF_ONE_VALUE {
            return usize::MAX;
        }
        let mut count: usize = 1;
        for (key, value) in keywords {
            let children: Vec<&'s Value> = match value {
                Value::Object(members) if MAPS.contains(&key.as_str()) => members.values().collect(),
                Value::Array(items) if LISTS.contains(&key.as_str()) => items.iter().collect(),
                Value::Object(_) if ONE.contains(&key.as_str()) => vec![value],
                Value::String(reference) if key == "$ref" => {
                    count = count.saturating_add(self.referred(reference, depth));
                    continue;
                }
                _ => continue,
            };
            if OF_THE_SAME_VALUE.contains(&key.as_str()) {
                let counts = children.into_iter().map(|child| self.schemas(child, depth + 1));
                count = counts.fold(count, usize::saturating_add);
            } else {
                self.pending.extend(children);
            }
        }
        count
    }

    fn referred(&mut self, reference: &str, depth: usize) -> usize {
        let Some(pointer) = local_target(reference) else { return 1 };
        if let Some(known) = self.known.get(&pointer) {
            return *known;
        }
        self.known.insert(pointer.clone(), 1);
        let root = self.root;
        let count = pointer.find_in(root).map_or(1, |target| self.schemas(target, depth + 1));
        self.known.insert(pointer, count);
        count
    }
}

const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];

/// Leaves out what is no JSON Schema: people write `type: file`, `required: true` and empty `items`, and mean nothing
/// that could be checked.
pub(crate) fn mend(schema: &mut Map<String, Value>) {
    schema.retain(|key, value| match key.as_str() {
        "type" => is_type(value),
        "required" => is_list_of_texts(value),
        "enum" | "examples" => value.is_array(),
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => {
            value.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(is_schema))
        }
        "properties" | "patternProperties" | "dependentSchemas" | "$defs" | "definitions" => {
            // One member that is no schema does not spoil the others.
            if let Value::Object(members) = value {
                members.retain(|_, member| is_schema(member));
            }
            value.is_object()
        }
        "items" => is_schema(value) || value.as_array().is_some_and(|list| list.iter().all(is_schema)),
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => value.is_number(),
        "multipleOf" => value.as_f64().is_some_and(|number| number > 0.0),
        "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" | "minContains"
        | "maxContains" => is_count(value),
        "pattern" | "format" | "$ref" | "$anchor" | "$comment" | "contentEncoding" | "contentMediaType" => {
            value.is_string()
        }
        "uniqueItems" => value.is_boolean(),
        // References are pointers into the document, whatever a schema calls itself.
        "$id" | "$schema" | "$recursiveAnchor" | "$recursiveRef" | "$vocabulary" => false,
        _ => !ONE.contains(&key.as_str()) || is_schema(value),
    });
    // Neither may a list of types or of names say anything twice.
    for key in ["type", "required"] {
        if let Some(Value::Array(items)) = schema.get_mut(key) {
            let mut seen = Vec::new();
            items.retain(|item| {
                !seen.contains(item) && {
                    seen.push(item.clone());
                    true
                }
            });
        }
    }
}

fn is_schema(value: &Value) -> bool {
    value.is_object() || value.is_boolean()
}

fn is_count(value: &Value) -> bool {
    value.as_u64().is_some() || value.as_f64().is_some_and(|number| number >= 0.0 && number.fract() == 0.0)
}

fn is_type(value: &Value) -> bool {
    let known = |value: &Value| value.as_str().is_some_and(|name| TYPES.contains(&name));
    known(value) || value.as_array().is_some_and(|types| !types.is_empty() && types.iter().all(known))
}

fn is_list_of_texts(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(Value::is_string))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(schema: Value, change: fn(&mut Map<String, Value>)) -> Value {
        let mut schema = schema;
        walk(&mut schema, &mut |schema| change(schema));
        schema
    }

    #[test]
    fn a_copy_has_no_prose_but_all_properties() {
        let schema = json!({"description": "x", "properties": {"description": {"type": "string", "example": "y"}},
            "allOf": [{"examples": [1], "enum": [{"example": 1}]}], "items": {"summary": "z"}});

        let expected = json!({"properties": {"description": {"type": "string"}}, "allOf": [{"enum": [{"example": 1}]}],
            "items": {}});
        assert_eq!(copy(&schema), expected);
    }

    #[test]
    fn boolean_bounds_become_numbers() {
        let schema =
            json!({"items": {"minimum": 1, "exclusiveMinimum": true, "maximum": 5, "exclusiveMaximum": false}});

        assert_eq!(changed(schema, number_bounds), json!({"items": {"exclusiveMinimum": 1, "maximum": 5}}));
    }

    #[test]
    fn what_is_no_json_schema_is_left_out() {
        let schema = json!({"type": "file", "required": true, "items": null, "properties": {"id": {"type": "string", "enum": null}, "no": 1},
            "x-mine": null, "minLength": -1, "anyOf": [], "$id": "Thing"});

        assert_eq!(changed(schema, mend), json!({"properties": {"id": {"type": "string"}}, "x-mine": null}));
    }

    fn doubled(levels: usize) -> Value {
        let level = |level: usize| {
            let below = json!({"$ref": format!("#/definitions/{}", level + 1)});
            (level.to_string(), json!({"allOf": [below, below]}))
        };
        let definitions: Map<String, Value> = (0..levels).map(level).collect();
        json!({"$ref": "#/definitions/0", "definitions": definitions})
    }

    #[test]
    fn what_doubles_at_each_level_is_overgrown() {
        assert!(!is_overgrown(&doubled(5), &[]));
        assert!(is_overgrown(&doubled(40), &[]));
    }

    #[test]
    fn what_leads_on_and_on_is_overgrown() {
        let level = |level: usize| (level.to_string(), json!({"$ref": format!("#/definitions/{}", level + 1)}));
        let definitions: Map<String, Value> = (0..100_000).map(level).collect();

        assert!(is_overgrown(&json!({"$ref": "#/definitions/0", "definitions": definitions}), &[]));
    }

    #[test]
    fn what_refers_to_itself_is_not_overgrown() {
        let schema = json!({"properties": {"a": {"$ref": "#"}}, "anyOf": [{"$ref": "#"}]});

        assert!(!is_overgrown(&schema, &[]));
    }

    #[test]
    fn names_said_twice_are_said_once() {
        assert_eq!(changed(json!({"required": ["a", "b", "a"]}), mend), json!({"required": ["a", "b"]}));
    }
}
