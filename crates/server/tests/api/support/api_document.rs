//! Looks HTTP exchanges up in `openapi/pactolus.yaml`: path, method, status, content type, and both bodies against their schemas.
//! What the document does not describe is an error, so that a test fails when server and document part.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::{Draft, Registry, Validator};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// Where the document of this workspace stands.
pub(crate) const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi/pactolus.yaml");

/// Where the document stands in the registry of schemas, so that its `$ref`s to itself resolve. Never fetched.
const ADDRESS: &str = "urn:pactolus:api";

const NDJSON: &str = "application/x-ndjson";
/// Where the type is chosen by whoever published what is served.
const ANY_TYPE: &str = "*/*";

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// What a JSON pointer may hold as it is when it stands in the fragment of an address.
const IN_FRAGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'~').remove(b'-').remove(b'_').remove(b'.');

/// The API document, with its schemas compiled as they are needed.
pub(crate) struct ApiDocument {
    root: Value,
    schemas: Registry<'static>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// One request and its answer, as they went over the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exchange<'a> {
    pub(crate) method: &'a str,
    /// Percent-encoded, without the query.
    pub(crate) path: &'a str,
    pub(crate) status: u16,
    pub(crate) request_content_type: Option<&'a str>,
    pub(crate) request_body: &'a [u8],
    pub(crate) response_content_type: Option<&'a str>,
    pub(crate) response_body: &'a [u8],
}

impl ApiDocument {
    /// The document of this workspace, read once.
    pub(crate) fn load() -> &'static Self {
        static DOCUMENT: LazyLock<ApiDocument> = LazyLock::new(|| {
            let text = std::fs::read_to_string(FILE).unwrap_or_else(|error| panic!("{FILE}: {error}"));
            ApiDocument::parse(&text).unwrap_or_else(|error| panic!("{FILE}: {error}"))
        });
        &DOCUMENT
    }

    /// Reads a document from YAML. Refuses a key that stands twice in one mapping.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        // By way of YAML's own value: reading JSON's at once would let the second of two equal keys win silently.
        let yaml: serde_yaml_ng::Value = serde_yaml_ng::from_str(text).map_err(|error| error.to_string())?;
        let root = serde_json::to_value(yaml).map_err(|error| error.to_string())?;
        let schemas = Registry::new()
            .draft(Draft::Draft202012)
            .add(ADDRESS, root.clone())
            .and_then(jsonschema::RegistryBuilder::prepare)
            .map_err(|error| error.to_string())?;
        Ok(Self { root, schemas, validators: Mutex::default() })
    }

    /// Method, in capitals, and path template of every operation.
    pub(crate) fn operations(&self) -> Vec<(String, String)> {
        let is_method = |key: &&String| METHODS.contains(&key.as_str());
        entries(&self.root["paths"])
            .flat_map(|(path, item)| {
                let methods = entries(item).map(|(key, _)| key).filter(is_method);
                methods.map(|method| (method.to_uppercase(), path.clone()))
            })
            .collect()
    }

    /// Whether the document describes this exchange. The error says what differs, and where.
    pub(crate) fn check(&self, exchange: &Exchange<'_>) -> Result<(), String> {
        let Exchange { method, path, status, .. } = exchange;
        self.check_exchange(exchange).map_err(|difference| format!("{method} {path} answered {status}: {difference}"))
    }

    /// Whether `value` is valid against the schema at a JSON pointer into the document.
    pub(crate) fn check_value(&self, schema: &str, value: &Value) -> Result<(), String> {
        let validator = self.validator(schema)?;
        let differences: Vec<String> = validator
            .iter_errors(value)
            .take(5)
            .map(|error| format!("at {:?}: {}", error.instance_path().as_str(), shortened(&error.to_string())))
            .collect();
        if differences.is_empty() { Ok(()) } else { Err(differences.join("; ")) }
    }

    fn check_exchange(&self, exchange: &Exchange<'_>) -> Result<(), String> {
        let item = self.path_item(exchange.path).ok_or("the document has no such path")?;
        let is_head = exchange.method.eq_ignore_ascii_case("head");
        let method = if is_head { "get".to_owned() } else { exchange.method.to_lowercase() };
        let operation = METHODS.contains(&method.as_str()).then(|| item.child(&method)).flatten();
        let Some(operation) = operation else {
            // A method that does not exist can't be documented, but how it is refused can.
            let refusal = Place::root(&self.root).descendant(&["components", "responses", "MethodNotAllowed"]);
            return match refusal {
                Some(refusal) if exchange.status == 405 => self.check_response(&refusal, exchange),
                _ => Err(format!("{} does not have this method", item.pointer)),
            };
        };

        let status = exchange.status.to_string();
        let response = operation
            .descendant(&["responses", &status])
            .ok_or_else(|| format!("{} does not have this status", operation.pointer))?;
        if is_head {
            check_head(&response, exchange)?;
        } else {
            self.check_response(&response, exchange)?;
        }
        if (200..300).contains(&exchange.status) { self.check_request(&operation, exchange) } else { Ok(()) }
    }

    fn check_response(&self, response: &Place<'_>, exchange: &Exchange<'_>) -> Result<(), String> {
        let body = exchange.response_body;
        let Some(content) = response.child("content") else {
            return if body.is_empty() { Ok(()) } else { Err(format!("a body, but {} has none", response.pointer)) };
        };
        let content_type = exchange.response_content_type.ok_or("no content type")?;
        let media_type = content
            .child(&essence(content_type))
            .or_else(|| content.child(ANY_TYPE))
            .ok_or_else(|| undocumented(content_type, &content))?;

        let body = parsed(content_type, body).map_err(|error| format!("response body: {error}"))?;
        self.check_body(&media_type, &body).map_err(|difference| format!("response body {difference}"))?;
        if essence(content_type) == "application/problem+json" && body["status"] != exchange.status {
            return Err(format!("response body at \"/status\": {}, not the status of the answer", body["status"]));
        }
        Ok(())
    }

    fn check_request(&self, operation: &Place<'_>, exchange: &Exchange<'_>) -> Result<(), String> {
        let body = exchange.request_body;
        let Some(documented) = operation.child("requestBody") else {
            return if body.is_empty() {
                Ok(())
            } else {
                Err(format!("a request body, but {} takes none", operation.pointer))
            };
        };
        if body.is_empty() {
            let is_required = documented.value["required"] == true;
            return if is_required {
                Err("accepted without the request body that it requires".to_owned())
            } else {
                Ok(())
            };
        }
        let content = documented.child("content").ok_or_else(|| format!("{} has no content", documented.pointer))?;
        let content_type = exchange.request_content_type.unwrap_or("application/json");
        let media_type = content
            .child(&essence(content_type))
            .or_else(|| reads_as_plain_json(content_type).then(|| content.child("application/json")).flatten())
            .ok_or_else(|| format!("accepted a request body, but {}", undocumented(content_type, &content)))?;

        let body = if essence(content_type) == NDJSON { lines(body) } else { parsed("application/json", body) };
        let body = body.map_err(|error| format!("accepted a request body: {error}"))?;
        self.check_body(&media_type, &body).map_err(|difference| format!("accepted a request body {difference}"))
    }

    fn check_body(&self, media_type: &Place<'_>, body: &Value) -> Result<(), String> {
        let schema = format!("{}/schema", media_type.pointer);
        self.check_value(&schema, body).map_err(|difference| format!("{difference} ({schema})"))
    }

    /// The item whose template fits the raw segments; where several do, the one with a literal segment first.
    fn path_item(&self, path: &str) -> Option<Place<'_>> {
        let path = if path.len() > 1 { path.strip_suffix('/').unwrap_or(path) } else { path };
        let paths = Place::root(&self.root).child("paths")?;
        let (template, _) = entries(paths.value)
            .filter(|(template, _)| fits(template, path))
            .max_by_key(|(template, _)| template.split('/').map(|segment| !is_variable(segment)).collect::<Vec<_>>())?;
        paths.child(template)
    }

    fn validator(&self, pointer: &str) -> Result<Arc<Validator>, String> {
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(validator) = validators.get(pointer) {
            return Ok(Arc::clone(validator));
        }
        let address = format!("{ADDRESS}#{}", utf8_percent_encode(pointer, IN_FRAGMENT));
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_registry(&self.schemas)
            .should_validate_formats(true)
            .build(&serde_json::json!({ "$ref": address }))
            .map_err(|error| format!("{pointer}: {error}"))?;
        let validator = Arc::new(validator);
        validators.insert(pointer.to_owned(), Arc::clone(&validator));
        Ok(validator)
    }
}

/// A value in the document and the JSON pointer that leads to it. Steps follow references, as they may stand in place of responses,
/// request bodies and the like; a schema's own references are left to the validator.
struct Place<'a> {
    root: &'a Value,
    pointer: String,
    value: &'a Value,
}

impl<'a> Place<'a> {
    fn root(root: &'a Value) -> Self {
        Self { root, pointer: String::new(), value: root }
    }

    fn child(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key)?;
        let pointer = format!("{}/{}", self.pointer, key.replace('~', "~0").replace('/', "~1"));
        let Some(reference) = value.get("$ref").and_then(Value::as_str) else {
            return Some(Self { root: self.root, pointer, value });
        };
        let pointer = reference.strip_prefix('#')?;
        Some(Self { root: self.root, pointer: pointer.to_owned(), value: self.root.pointer(pointer)? })
    }

    fn descendant(&self, keys: &[&str]) -> Option<Self> {
        let [first, rest @ ..] = keys else { return None };
        let child = self.child(first)?;
        if rest.is_empty() { Some(child) } else { child.descendant(rest) }
    }
}

fn check_head(response: &Place<'_>, exchange: &Exchange<'_>) -> Result<(), String> {
    if !exchange.response_body.is_empty() {
        return Err("HEAD was answered with a body".to_owned());
    }
    match (exchange.response_content_type, response.child("content")) {
        (Some(content_type), Some(content))
            if content.child(&essence(content_type)).is_none() && content.child(ANY_TYPE).is_none() =>
        {
            Err(undocumented(content_type, &content))
        }
        _ => Ok(()),
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (mut expected, mut actual) = (template.split('/'), path.split('/'));
    loop {
        match (expected.next(), actual.next()) {
            (None, None) => return true,
            (Some(variable), Some(segment)) if is_variable(variable) => {
                if segment.is_empty() {
                    return false;
                }
            }
            (Some(literal), Some(segment)) if literal == segment => {}
            _ => return false,
        }
    }
}

fn is_variable(segment: &str) -> bool {
    segment.starts_with('{') && segment.ends_with('}')
}

/// The media type without its parameters, in lower case.
fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_lowercase()
}

/// A merge patch is not plain JSON: it says something else with the same characters.
fn reads_as_plain_json(content_type: &str) -> bool {
    let essence = essence(content_type);
    essence.ends_with("+json") && essence != "application/merge-patch+json"
}

/// The body as the validator takes it: JSON, or text as a JSON string.
fn parsed(content_type: &str, body: &[u8]) -> Result<Value, String> {
    let essence = essence(content_type);
    if essence.ends_with("/json") || essence.ends_with("+json") {
        return serde_json::from_slice(body).map_err(|error| format!("not JSON: {error}"));
    }
    std::str::from_utf8(body).map(Value::from).map_err(|error| format!("not text: {error}"))
}

/// Lines of JSON, as the list that they are described as.
fn lines(body: &[u8]) -> Result<Value, String> {
    let lines = body.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    lines.map(|line| serde_json::from_slice::<Value>(line).map_err(|error| format!("not JSON: {error}"))).collect()
}

fn undocumented(content_type: &str, content: &Place<'_>) -> String {
    let documented: Vec<&str> = entries(content.value).map(|(key, _)| key.as_str()).collect();
    format!("content type {content_type:?} is not one of {} ({})", documented.join(", "), content.pointer)
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn shortened(message: &str) -> String {
    const LIMIT: usize = 400;
    match message.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.to_owned(),
    }
}
