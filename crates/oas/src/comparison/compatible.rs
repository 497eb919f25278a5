//! Turns a schema of a document into the one that existing comparators hold values against. They take liberties: parts
//! of `allOf` are merged instead of met one by one, objects of responses are closed, and nothing is required there.
//! Whoever moves from them must see the same findings, so the liberties are taken here, too.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::schemas::Direction;
use super::switches::Switches;
use crate::document::{Document, local_target};
use crate::model::Schema;
use crate::pointer::Pointer;
use crate::schema::{Overgrown, copy, gather, mend, number_bounds, put, walk};

/// The keyword that stands for `discriminator` in what is compiled.
pub(super) const TAG: &str = "x-tag";
/// The keyword that stands for a `format` of numbers in what is compiled.
pub(super) const NUMBER_FORMAT: &str = "x-number-format";

/// How deep parts of `allOf` are merged into one another before it must be a circle.
const MAX_MERGES: usize = 64;

/// The schema that a value is held against, with all that it refers to at the same pointers as in the document.
pub(super) fn schema(
    document: &Document,
    schema: &Schema,
    direction: Direction,
    switches: &Switches,
) -> Result<Value, Overgrown> {
    let mut prepared = match schema {
        Schema::Open => return Ok(json!({})),
        Schema::At(pointer) => pointer.find_in(document.value()).map_or_else(|| json!({}), copy),
        Schema::Within(pointer) => within(pointer.find_in(document.value())),
    };
    if !prepared.is_object() {
        return Ok(if prepared.is_boolean() { prepared } else { json!({}) });
    }
    let references = gather(document, &mut prepared, &mut |schema| prepare(document, schema))?;
    let mut prepared = flatten_all(prepared, &references);
    if direction == Direction::Received {
        close(&mut prepared, switches.open_nullable);
    }
    for pointer in &references {
        if let Some(target) = find_mut(&mut prepared, pointer) {
            finish(target);
        }
    }
    finish(&mut prepared);
    Ok(prepared)
}

/// The schema that a message is held against. The liberties with messages are fewer: nothing is merged.
pub(super) fn message(document: &Document, pointer: &Pointer, direction: Direction) -> Result<Value, Overgrown> {
    let mut prepared = pointer.find_in(document.value()).cloned().unwrap_or_else(|| json!({}));
    let references = gather(document, &mut prepared, &mut |schema| walk(schema, &mut mend))?;
    if direction == Direction::Received {
        close(&mut prepared, false);
    }
    for pointer in &references {
        if let Some(target) = find_mut(&mut prepared, pointer) {
            finish(target);
        }
    }
    finish(&mut prepared);
    Ok(prepared)
}

/// A parameter or header of Swagger 2 as a schema: without the members that are no keywords.
pub(super) fn within(described: Option<&Value>) -> Value {
    let mut members = described.and_then(Value::as_object).cloned().unwrap_or_default();
    members.retain(|key, _| !matches!(key.as_str(), "name" | "in" | "description" | "required" | "content"));
    Value::Object(members)
}

/// Mends each schema that existing comparators look into.
fn prepare(document: &Document, schema: &mut Value) {
    visit(schema, &mut |schema| {
        number_bounds(schema);
        mend(schema);
        require_tag(schema);
        allow_null(document, schema);
    });
}

/// Visits the schemas that existing comparators look into, the lower ones first; they know fewer keywords.
fn visit(schema: &mut Value, change: &mut dyn FnMut(&mut Map<String, Value>)) {
    let Value::Object(members) = schema else { return };
    for key in ["allOf", "oneOf", "anyOf", "properties", "not", "items", "additionalProperties"] {
        match (key, members.get_mut(key)) {
            ("properties", Some(Value::Object(children))) => {
                children.values_mut().for_each(|child| visit(child, change));
            }
            (_, Some(Value::Array(children))) => children.iter_mut().for_each(|child| visit(child, change)),
            ("not" | "items" | "additionalProperties", Some(child)) => visit(child, change),
            _ => {}
        }
    }
    change(members);
}

/// A tag that tells variants apart must be there; where there are no variants, it tells nothing.
fn require_tag(schema: &mut Map<String, Value>) {
    let Some(discriminator) = schema.get("discriminator") else { return };
    let tag = discriminator["propertyName"].as_str().map(str::to_owned);
    match tag {
        Some(tag) if schema.contains_key("oneOf") => {
            let required = schema.entry("required").or_insert_with(|| json!([]));
            if let Value::Array(names) = required
                && !names.iter().any(|name| name.as_str() == Some(tag.as_str()))
            {
                names.push(Value::String(tag));
            }
        }
        _ => drop(schema.shift_remove("discriminator")),
    }
}

/// `nullable` makes `null` a type. Beside a reference it comes to nothing, as the reference still says no.
fn allow_null(document: &Document, schema: &mut Map<String, Value>) {
    if schema.get("nullable") != Some(&Value::Bool(true)) {
        return;
    }
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = local_target(reference).and_then(|pointer| document.node(&pointer));
        let target = target.and_then(|node| node.resolved().ok());
        let kind = target.and_then(|node| node.value().get("type").cloned());
        if let Some(kind @ Value::String(_)) = kind
            && !schema.contains_key("type")
        {
            schema.insert("type".to_owned(), json!([kind, "null"]));
        }
        return;
    }
    let kind = schema.get("type").cloned().unwrap_or_else(|| json!("object"));
    if kind.is_string() && kind != "null" {
        schema.insert("type".to_owned(), json!([kind, "null"]));
    }
}

/// Merges the parts of `allOf`, in the schema itself and in all that it refers to.
fn flatten_all(schema: Value, references: &[Pointer]) -> Value {
    let root = schema.clone();
    let mut flat = flatten(schema, &root, MAX_MERGES);
    for pointer in references {
        if let Some(target) = pointer.find_in(&root) {
            let target = flatten(target.clone(), &root, MAX_MERGES);
            put(&mut flat, pointer, target);
        }
    }
    flat
}

fn flatten(schema: Value, root: &Value, merges: usize) -> Value {
    let Value::Object(mut members) = schema else { return schema };
    if merges == 0 {
        return Value::Object(members);
    }
    if let Some(Value::Array(parts)) = members.shift_remove("allOf") {
        let mut whole = Value::Object(members);
        for part in parts {
            merge(&mut whole, flatten(inlined(part, root), root, merges - 1));
        }
        return whole;
    }
    // Like the original, this looks into the first of these only.
    if let Some(Value::Object(children)) = members.get_mut("properties") {
        children.values_mut().for_each(|child| *child = flatten(child.take(), root, merges));
        return Value::Object(members);
    }
    let first = ["oneOf", "anyOf", "not", "items", "additionalProperties"].into_iter().find_map(|key| {
        let child = members.get(key)?;
        (child.is_array() || child.is_object()).then_some(key)
    });
    match first.and_then(|key| members.get_mut(key)) {
        Some(Value::Array(children)) => {
            for child in children {
                *child = flatten(child.take(), root, merges);
            }
        }
        Some(child) => *child = flatten(child.take(), root, merges),
        None => {}
    }
    Value::Object(members)
}

/// A part of `allOf` that is a reference, with what it refers to in its place.
fn inlined(part: Value, root: &Value) -> Value {
    let target = part.get("$ref").and_then(Value::as_str).and_then(local_target);
    let Some(Value::Object(target)) = target.and_then(|pointer| pointer.find_in(root)).cloned() else { return part };
    let Value::Object(mut members) = part else { return part };
    members.shift_remove("$ref");
    members.extend(target);
    Value::Object(members)
}

/// Merges objects by key and lists by index; anything else is replaced.
fn merge(target: &mut Value, source: Value) {
    match (target, source) {
        (Value::Object(target), Value::Object(source)) => {
            for (key, value) in source {
                match target.get_mut(&key) {
                    Some(known) => merge(known, value),
                    None => drop(target.insert(key, value)),
                }
            }
        }
        (Value::Array(target), Value::Array(source)) => {
            for (index, value) in source.into_iter().enumerate() {
                match target.get_mut(index) {
                    Some(known) => merge(known, value),
                    None => target.push(value),
                }
            }
        }
        (target, source) => *target = source,
    }
}

/// Closes objects and requires nothing, wherever the schema reaches, references included.
fn close(schema: &mut Value, open_nullable: bool) {
    let mut pending = vec![(Pointer::root(), false)];
    let mut seen = BTreeSet::new();
    while let Some((pointer, nullable)) = pending.pop() {
        let Some(target) = find_mut(schema, &pointer).and_then(Value::as_object_mut) else { continue };
        if let Some(reference) = target.get("$ref").and_then(Value::as_str).map(str::to_owned) {
            let nullable = target.get("nullable") == Some(&Value::Bool(true));
            if seen.insert(reference.clone()) {
                pending.extend(local_target(&reference).map(|target| (target, nullable)));
            }
            continue;
        }
        if nullable {
            target.entry("type").or_insert_with(|| json!("object"));
        }
        let varies = ["oneOf", "anyOf", "allOf"].iter().any(|key| target.contains_key(*key));
        let open = matches!(target.get("additionalProperties"), None | Some(Value::Bool(true)));
        let stays_open = open_nullable && target.get("nullable") == Some(&Value::Bool(true));
        if open && !varies && !stays_open && target.get("type") == Some(&json!("object")) {
            target.insert("additionalProperties".to_owned(), Value::Bool(false));
        }
        if !target.contains_key("oneOf") {
            target.shift_remove("required");
        }
        pending.extend(children(target, &pointer).into_iter().map(|child| (child, false)));
    }
}

/// Where the schemas stand that existing comparators look into.
fn children(schema: &Map<String, Value>, pointer: &Pointer) -> Vec<Pointer> {
    let mut children = Vec::new();
    for key in ["allOf", "oneOf", "anyOf"] {
        let list = schema.get(key).and_then(Value::as_array).map_or(0, Vec::len);
        children.extend((0..list).map(|index| pointer.child(key).item(index)));
    }
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys);
    children.extend(properties.map(|name| pointer.child("properties").child(name)));
    children.extend(["not", "items", "additionalProperties"].map(|key| pointer.child(key)));
    children
}

/// Writes what the validator has no words for as keywords of our own, in every schema.
fn finish(schema: &mut Value) {
    walk(schema, &mut |schema| {
        number_bounds(schema);
        mend(schema);
        if let Some(format @ ("int32" | "int64")) = schema.get("format").and_then(Value::as_str) {
            let format = json!(format);
            schema.insert(NUMBER_FORMAT.to_owned(), format);
        }
        if schema.get("nullable") == Some(&Value::Bool(true))
            && let Some(kind @ Value::String(_)) = schema.get("type").cloned()
        {
            schema.insert("type".to_owned(), if kind == "null" { kind } else { json!([kind, "null"]) });
        }
        choose_by_tag(schema);
    });
}

/// Replaces a `oneOf` with a discriminator: the tag decides which variant counts, and only that one is looked at.
fn choose_by_tag(schema: &mut Map<String, Value>) {
    let Some(discriminator) = schema.shift_remove("discriminator") else { return };
    let (Some(tag), Some(variants)) = (discriminator["propertyName"].as_str(), schema.get("oneOf")) else { return };
    let choices = choices(tag, &discriminator["mapping"], variants.as_array().map_or(&[], Vec::as_slice));
    if choices.is_empty() {
        return;
    }
    let values: Vec<&String> = choices.iter().map(|(value, _)| value).collect();
    let chosen = json!({"tag": tag, "values": values});
    let arms = choices.iter().map(|(value, variant)| {
        json!({"if": {"type": "object", "required": [tag], "properties": {tag: {"const": value}}}, "then": variant})
    });
    let arms: Vec<Value> = arms.collect();
    schema.shift_remove("oneOf");
    schema.insert(TAG.to_owned(), chosen);
    match schema.get_mut("allOf") {
        Some(Value::Array(parts)) => parts.extend(arms),
        _ => drop(schema.insert("allOf".to_owned(), Value::Array(arms))),
    }
}

/// Which value of the tag chooses which variant: as mapped, else as the variant's tag says, else by the schema's name.
fn choices(tag: &str, mapping: &Value, variants: &[Value]) -> Vec<(String, Value)> {
    if let Value::Object(mapping) = mapping {
        let variant = |reference: &Value| variants.iter().find(|variant| variant.get("$ref") == Some(reference));
        let mapped = mapping.iter().filter_map(|(value, reference)| Some((value.clone(), variant(reference)?.clone())));
        return mapped.collect();
    }
    let mut choices = Vec::new();
    for variant in variants {
        let described = &variant["properties"][tag];
        let listed = described["enum"].as_array().into_iter().flatten();
        let values: Vec<String> =
            described.get("const").into_iter().chain(listed).filter_map(Value::as_str).map(str::to_owned).collect();
        let name = variant["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()).map(str::to_owned);
        let values = if values.is_empty() { name.into_iter().collect() } else { values };
        choices.extend(values.into_iter().map(|value| (value, variant.clone())));
    }
    choices
}

fn find_mut<'v>(value: &'v mut Value, pointer: &Pointer) -> Option<&'v mut Value> {
    value.pointer_mut(pointer.as_str())
}

/// Whether a value that is missing altogether meets a schema, and how often it fails: what is missing has no type.
pub(super) fn failures_of_nothing(schema: &Value, root: &Value, depth: usize) -> usize {
    let Value::Object(members) = schema else { return usize::from(*schema == Value::Bool(false)) };
    if depth > MAX_MERGES {
        return 0;
    }
    let below = |schema: &Value| failures_of_nothing(schema, root, depth + 1);
    let plain = ["type", "enum", "const"].iter().filter(|key| members.contains_key(**key)).count();
    let list = |key: &str| members.get(key).and_then(Value::as_array).into_iter().flatten().map(below);
    let referred = members.get("$ref").and_then(Value::as_str).and_then(local_target);
    let referred = referred.and_then(|pointer| pointer.find_in(root)).map_or(0, below);
    let alternatives = ["anyOf", "oneOf"].map(|key| {
        let failures: Vec<usize> = list(key).collect();
        if failures.is_empty() || failures.contains(&0) { 0 } else { failures.iter().sum::<usize>() + 1 }
    });
    let not = members.get("not").is_some_and(|schema| below(schema) == 0);
    plain + referred + list("allOf").sum::<usize>() + alternatives.iter().sum::<usize>() + usize::from(not)
}

#[cfg(test)]
mod tests;
