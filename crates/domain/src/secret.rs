//! Secrets that people keep by name: webhooks send them where a request says `${user.NAME}`.

use std::fmt;

use serde_json::{Map, Value};

use crate::names::NameError;
use crate::problem::{Problem, Problems};

/// The longest name, in characters.
pub const MAX_NAME_CHARS: usize = 128;
/// The longest value, in characters: a chain of certificates fits.
pub const MAX_VALUE_CHARS: usize = 65_536;
/// The longest description, in characters.
pub const MAX_DESCRIPTION_CHARS: usize = 1_000;

/// What a client says of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Fit for a placeholder.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// `None` keeps the one that is there.
    pub value: Option<SecretValue>,
}

/// A value that nothing prints.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretValue(String);

impl SecretValue {
    /// For whoever seals or sends it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for SecretValue {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue")
    }
}

impl Secret {
    /// Reads the body of a request that describes a secret. Values never stand in problems.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(body: &Value) -> Result<Self, Problems> {
        let Some(body) = body.as_object() else {
            return Err(Problem::whole("must be a JSON object").into());
        };
        let mut problems = Problems::none();
        let name = problems.note(name(body)).unwrap_or_default();
        let description = problems.note(text(body, "description", MAX_DESCRIPTION_CHARS)).flatten();
        let value = problems.note(value(body)).flatten();
        problems.or(Self { name, description, value })
    }
}

/// Whether a placeholder can name a secret so.
#[must_use]
pub fn is_name(text: &str) -> bool {
    text.len() <= MAX_NAME_CHARS
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn name(body: &Map<String, Value>) -> Result<String, Problem> {
    match body.get("name") {
        None | Some(Value::Null) => Err(Problem::at("name", "is missing")),
        Some(Value::String(name)) if is_name(name) => Ok(name.clone()),
        Some(Value::String(_)) => {
            let text = format!(
                "must be of letters, digits and _, begin with a letter and have at most {MAX_NAME_CHARS} characters, as \
                 in DEPLOY_TOKEN"
            );
            Err(Problem::at("name", text))
        }
        Some(_) => Err(Problem::at("name", "must be a string")),
    }
}

fn value(body: &Map<String, Value>) -> Result<Option<SecretValue>, Problem> {
    match text(body, "value", MAX_VALUE_CHARS)? {
        Some(value) if value.is_empty() => Err(Problem::at("value", "must be filled")),
        value => Ok(value.map(SecretValue)),
    }
}

fn text(body: &Map<String, Value>, key: &str, max_chars: usize) -> Result<Option<String>, Problem> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.contains('\0') => Err(Problem::at(key, NameError::Nul.to_string())),
        Some(Value::String(text)) if text.chars().count() > max_chars => {
            Err(Problem::at(key, format!("cannot be longer than {max_chars} characters")))
        }
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Problem::at(key, "must be a string")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(body: &Value, expected: &[&str]) {
        let problems = Secret::parse(body).err().unwrap_or_default();
        let fields: Vec<String> = problems.0.iter().map(ToString::to_string).collect();
        assert_eq!(fields.len(), expected.len(), "{fields:?}");
        for (found, part) in fields.iter().zip(expected) {
            assert!(found.contains(part), "{found}");
        }
    }

    #[test]
    fn names_fit_into_placeholders() {
        for name in ["a", "DEPLOY_TOKEN", "a1", &"x".repeat(MAX_NAME_CHARS)] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "1a", "_a", "a-b", "a b", "é", "a}", &"x".repeat(MAX_NAME_CHARS + 1)] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn a_body_is_read() {
        let secret = Secret::parse(&json!({"name": "A", "description": "d", "value": " s3cret\n"})).unwrap();

        assert_eq!((secret.name.as_str(), secret.description.as_deref()), ("A", Some("d")));
        assert_eq!(secret.value.as_ref().map(SecretValue::reveal), Some(" s3cret\n"));
        assert!(!format!("{secret:?}").contains("s3cret"));
    }

    #[test]
    fn everything_wrong_is_told_without_the_value() {
        check(&json!([]), &["must be a JSON object"]);
        check(&json!({}), &["name is missing"]);
        check(
            &json!({"name": "a b", "value": "s3cret\0", "description": 1}),
            &["DEPLOY_TOKEN", "must be a string", "NUL"],
        );
        check(&json!({"name": 1, "value": ""}), &["must be a string", "must be filled"]);
        check(&json!({"name": "A", "value": "x".repeat(MAX_VALUE_CHARS + 1)}), &["cannot be longer than 65536"]);
        assert!(
            !Secret::parse(&json!({"value": "s3cret\0"})).unwrap_err().0.iter().any(|p| p.message.contains("s3cret"))
        );
    }
}
