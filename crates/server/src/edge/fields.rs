//! Members of JSON bodies that are read by hand: whoever sends a wrong one learns all that is wrong at once. Null counts as
//! absent where a member may be absent, since some clients send every key they know.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pactolus_domain::names::{NameError, TagName};
use pactolus_domain::problem::{Problem, Problems};
use serde_json::Value;

/// A text that must be there.
pub(crate) fn required<T>(
    body: &Value,
    field: &str,
    parse: impl FnOnce(&str) -> Result<T, NameError>,
) -> Result<T, Problem> {
    match body.get(field) {
        None => Err(Problem::at(field, "is missing")),
        Some(Value::String(text)) => parse(text).map_err(|error| Problem::at(field, error.to_string())),
        Some(Value::Null) => Err(Problem::at(field, "must be filled")),
        Some(_) => Err(Problem::at(field, "must be a string")),
    }
}

/// A text that may be absent.
pub(crate) fn optional<T>(
    body: &Value,
    field: &str,
    parse: impl FnOnce(&str) -> Result<T, NameError>,
) -> Result<Option<T>, Problem> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(_) => required(body, field, parse).map(Some),
    }
}

/// A text without line breaks; may be empty.
pub(crate) fn single_line(text: &str) -> Result<String, NameError> {
    match text {
        text if text.contains(['\n', '\r']) => Err(NameError::MultipleLines),
        text if text.contains('\0') => Err(NameError::Nul),
        text => Ok(text.to_string()),
    }
}

/// The list `tags`, each once; may be absent.
pub(crate) fn tags(body: &Value, problems: &mut Problems) -> Vec<TagName> {
    let tags = match body.get("tags") {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(tags)) => tags,
        Some(_) => {
            problems.push(Problem::at("tags", "must be an array"));
            return Vec::new();
        }
    };
    let mut parsed: Vec<TagName> = Vec::new();
    for (index, tag) in tags.iter().enumerate() {
        let Some(text) = tag.as_str() else {
            problems.push(Problem::at_item("tags", index, "must be a string"));
            continue;
        };
        let tag = TagName::parse(text).map_err(|error| Problem::at_item("tags", index, error.to_string()));
        if let Some(tag) = problems.note(tag).filter(|tag| !parsed.contains(tag)) {
            parsed.push(tag);
        }
    }
    parsed
}

/// A word of a list.
pub(crate) fn one_of(body: &Value, field: &str, allowed: &[&str]) -> Result<(), Problem> {
    match body.get(field) {
        None => Err(Problem::at(field, "is missing")),
        Some(Value::String(text)) if allowed.contains(&text.as_str()) => Ok(()),
        Some(_) => Err(Problem::at(field, format!("must be one of: {}", allowed.join(", ")))),
    }
}

/// Bytes in Base64 that must be there, at least one.
pub(crate) fn encoded(body: &Value, field: &str) -> Result<Vec<u8>, Problem> {
    let text = required(body, field, |text| match text {
        "" => Err(NameError::Empty),
        text => Ok(text.to_string()),
    })?;
    STANDARD.decode(text).map_err(|_| Problem::at(field, "is not valid Base64"))
}
