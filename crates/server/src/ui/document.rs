//! The API document as programs get it and as the pages show it.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::fixed::Fixed;

const TEXT: &str = include_str!("../../../../openapi/pactolus.yaml");

/// Converted once, when it is first asked for.
static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_yaml_ng::from_str(TEXT).expect("every test reads the same text"));

/// The whole, as JSON.
pub(super) fn served() -> &'static Fixed {
    static JSON: LazyLock<Fixed> = LazyLock::new(|| Fixed::new("application/json", DOCUMENT.to_string()));
    &JSON
}

/// What belongs together, in the order of the document.
pub(super) struct Tag {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
}

/// A method of an address, with what it takes and answers.
pub(super) struct Operation {
    pub(super) id: &'static str,
    pub(super) tag: &'static str,
    /// In capitals.
    pub(super) method: String,
    /// With its variables.
    pub(super) path: &'static str,
    pub(super) summary: &'static str,
    pub(super) description: &'static str,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<Body>,
    /// Status and what it means.
    pub(super) answers: Vec<(&'static str, &'static str)>,
    /// What it answers when all is well, indented.
    pub(super) sample: Option<String>,
}

pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) place: Place,
    pub(super) is_required: bool,
    pub(super) is_deprecated: bool,
    pub(super) may_be_repeated: bool,
    pub(super) description: &'static str,
    pub(super) example: Option<String>,
    /// All values that it may have, where they are few.
    pub(super) values: Vec<&'static str>,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place {
    Path,
    Query,
    Header,
}

pub(super) struct Body {
    pub(super) content_type: &'static str,
    pub(super) is_required: bool,
    /// As it is sent, indented.
    pub(super) example: Option<String>,
}

/// What it is about, in a sentence.
pub(super) fn summary() -> &'static str {
    text(&DOCUMENT["info"], "summary")
}

/// What holds for all operations.
pub(super) fn description() -> &'static str {
    text(&DOCUMENT["info"], "description")
}

pub(super) fn tags() -> impl Iterator<Item = Tag> {
    items(&DOCUMENT["tags"]).map(|tag| Tag { name: text(tag, "name"), description: text(tag, "description") })
}

/// All of them, in the order of the document.
pub(super) fn operations() -> &'static [Operation] {
    static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
        let of_path = |(path, item): (&'static String, &'static Value)| {
            let operations = members(item).filter(|(key, _)| *key != "parameters");
            operations.map(move |(method, operation)| Operation::of(path, item, method, operation))
        };
        members(&DOCUMENT["paths"]).flat_map(of_path).collect()
    });
    &OPERATIONS
}

pub(super) fn operation(id: &str) -> Option<&'static Operation> {
    operations().iter().find(|operation| operation.id == id)
}

impl Operation {
    fn of(path: &'static str, item: &'static Value, method: &str, operation: &'static Value) -> Self {
        let parameters = items(&item["parameters"]).chain(items(&operation["parameters"])).map(resolved);
        let answers = members(&operation["responses"])
            .map(|(status, answer)| (status.as_str(), text(resolved(answer), "description")));
        let contents = members(&operation["responses"]).filter(|(status, _)| status.starts_with('2'));
        let sample =
            contents.flat_map(|(_, answer)| members(&resolved(answer)["content"])).find_map(|(kind, content)| {
                let example = content.get("example")?;
                Some(example.as_str().map_or_else(|| written(kind, example), String::from))
            });
        Self {
            sample,
            id: text(operation, "operationId"),
            tag: operation["tags"][0].as_str().unwrap_or_default(),
            method: method.to_uppercase(),
            path,
            summary: text(operation, "summary"),
            description: text(operation, "description"),
            parameters: parameters.map(Parameter::of).collect(),
            body: operation.get("requestBody").map(resolved).and_then(Body::of),
            answers: answers.collect(),
        }
    }
}

impl Parameter {
    fn of(parameter: &'static Value) -> Self {
        let schema = resolved(&parameter["schema"]);
        let may_be_repeated = schema["type"] == "array";
        let of_one = if may_be_repeated { resolved(&schema["items"]) } else { schema };
        Self {
            name: text(parameter, "name"),
            place: match text(parameter, "in") {
                "path" => Place::Path,
                "header" => Place::Header,
                _ => Place::Query,
            },
            is_required: parameter["required"] == true,
            is_deprecated: parameter["deprecated"] == true,
            may_be_repeated,
            description: text(parameter, "description"),
            example: parameter.get("example").map(shown),
            values: items(&of_one["enum"]).filter_map(Value::as_str).collect(),
        }
    }
}

impl Body {
    /// The first of the types that it may have.
    fn of(body: &'static Value) -> Option<Self> {
        let (content_type, of_type) = members(&body["content"]).next()?;
        let example = of_type.get("example").or_else(|| {
            let (_, first) = members(&of_type["examples"]).next()?;
            first.get("value")
        });
        Some(Self {
            content_type,
            is_required: body["required"] == true,
            example: example.map(|example| written(content_type, example)),
        })
    }
}

/// As it is sent, indented where that may be.
fn written(content_type: &str, example: &Value) -> String {
    match example {
        Value::Array(lines) if content_type.ends_with("ndjson") => {
            lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
        }
        example => serde_json::to_string_pretty(example).unwrap_or_default(),
    }
}

/// A value as it stands in an address; of a list the first.
fn shown(value: &Value) -> String {
    let value = value.get(0).unwrap_or(value);
    value.as_str().map_or_else(|| value.to_string(), String::from)
}

fn resolved(value: &'static Value) -> &'static Value {
    let target = value.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
    target.and_then(|pointer| DOCUMENT.pointer(pointer)).unwrap_or(value)
}

fn text(value: &'static Value, key: &str) -> &'static str {
    value.get(key).and_then(Value::as_str).unwrap_or_default().trim()
}

fn items(value: &'static Value) -> impl Iterator<Item = &'static Value> {
    value.as_array().into_iter().flatten()
}

fn members(value: &'static Value) -> impl Iterator<Item = (&'static String, &'static Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}
