//! What a consumer publishes: kept as received, identified by what it promises.
//!
//! The sha and the interaction ids are those of the Pact Broker, so that permalinks and imported
//! verification results stay valid.

use std::fmt;

use serde::Serialize;
use sha1::{Digest, Sha1};

pub use self::served::served;
pub use crate::json::JsonError;
use crate::json::{self, Json};

mod served;

/// A pact's text and what is read from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    raw: String,
    sha: ContentSha,
    consumer_name: Option<String>,
    provider_name: Option<String>,
    specification_version: Option<String>,
    interaction_ids: Vec<ContentSha>,
    interaction_count: usize,
    message_count: usize,
}

/// Why published bytes are not a contract. The messages read well after "content".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// Not JSON, or nested too deeply.
    #[error("could not be parsed as application/json")]
    NotJson(#[source] JsonError),
    /// JSON, but not an object; `found` with its article: "an array".
    #[error("must be a JSON object, but is {found}")]
    NotAnObject {
        /// What it is instead.
        found: &'static str,
    },
}

impl ContentError {
    /// The whole explanation in one fragment, with the place in the text.
    #[must_use]
    pub fn explanation(&self) -> String {
        match self {
            Self::NotJson(source) => format!("{self}: {source}"),
            Self::NotAnObject { .. } => self.to_string(),
        }
    }
}

/// Identifies contract content or one interaction: 40 hexadecimal digits of a SHA-1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ContentSha(String);

/// The text is not 40 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 40 hexadecimal digits")]
pub struct NotASha;

impl ContentSha {
    /// Lower case only, as all shas are written.
    ///
    /// # Errors
    /// When the text has another form.
    pub fn parse(text: impl Into<String>) -> Result<Self, NotASha> {
        let text = text.into();
        let is_sha = text.len() == 40 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if is_sha { Ok(Self(text)) } else { Err(NotASha) }
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first digits, enough for people.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..7).unwrap_or(&self.0)
    }

    fn of(text: &str) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = String::with_capacity(40);
        for byte in Sha1::digest(text.as_bytes()) {
            hex.push(char::from(DIGITS[usize::from(byte >> 4)]));
            hex.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        Self(hex)
    }
}

impl fmt::Display for ContentSha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for ContentSha {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Content {
    /// Reads published text. Any JSON object is content, also one without interactions.
    ///
    /// # Errors
    /// When it is not JSON, not an object, or nested deeper than 127 levels.
    pub fn parse(raw: impl Into<String>) -> Result<Self, ContentError> {
        let raw = raw.into();
        let mut document = Json::parse(&raw).map_err(ContentError::NotJson)?;
        if let Some(found) = not_an_object(&document) {
            return Err(ContentError::NotAnObject { found });
        }

        let name_of = |side| document.get(side)?.get("name")?.as_str().map(str::to_owned);
        let consumer_name = name_of("consumer");
        let provider_name = name_of("provider");
        let specification_version = specification_version_of(&document);
        let interaction_count = document.list("interactions").len();
        let message_count = document.list("messages").len();
        let Identity { sha, interaction_ids } = identify(&mut document);

        Ok(Self {
            raw,
            sha,
            consumer_name,
            provider_name,
            specification_version,
            interaction_ids,
            interaction_count,
            message_count,
        })
    }

    /// The text as published, byte for byte.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// Gives up the rest and keeps the text.
    #[must_use]
    pub fn into_raw(self) -> String {
        self.raw
    }

    /// Equal promises, equal sha: names, key order, the order of interactions and metadata other than
    /// the specification version do not count.
    #[must_use]
    pub fn sha(&self) -> &ContentSha {
        &self.sha
    }

    /// `consumer.name`, when it is a string.
    #[must_use]
    pub fn consumer_name(&self) -> Option<&str> {
        self.consumer_name.as_deref()
    }

    /// `provider.name`, when it is a string.
    #[must_use]
    pub fn provider_name(&self) -> Option<&str> {
        self.provider_name.as_deref()
    }

    /// The version of the Pact specification, wherever the metadata has it.
    #[must_use]
    pub fn specification_version(&self) -> Option<&str> {
        self.specification_version.as_deref()
    }

    /// One for each object in `interactions`, then one for each object in `messages`, as published.
    #[must_use]
    pub fn interaction_ids(&self) -> &[ContentSha] {
        &self.interaction_ids
    }

    /// The text as clients get it, see [`served`].
    #[must_use]
    pub fn served(&self, members: &[(&str, String)]) -> String {
        served(&self.raw, &self.interaction_ids, members)
    }

    /// The length of `interactions`, 0 without such an array.
    #[must_use]
    pub fn interaction_count(&self) -> usize {
        self.interaction_count
    }

    /// The length of `messages`, 0 without such an array.
    #[must_use]
    pub fn message_count(&self) -> usize {
        self.message_count
    }
}

fn not_an_object(document: &Json<'_>) -> Option<&'static str> {
    match document {
        Json::Object(_) => None,
        Json::Array(_) => Some("an array"),
        Json::String(_) => Some("a string"),
        Json::Number(_) => Some("a number"),
        Json::Bool(_) => Some("a boolean"),
        Json::Null => Some("null"),
    }
}

/// The three places that client libraries have used over time, in the Pact Broker's order.
fn specification_version<'j, 'a>(document: &'j Json<'a>) -> Option<&'j Json<'a>> {
    let metadata = document.get("metadata")?;
    let within = |key| metadata.get(key).and_then(|specification| specification.get("version"));
    let places = [within("pactSpecification"), within("pact-specification"), metadata.get("pactSpecificationVersion")];
    places.into_iter().flatten().find(|version| version.is_truthy())
}

/// As text, whatever its type.
pub(crate) fn specification_version_of(document: &Json<'_>) -> Option<String> {
    let version = specification_version(document)?;
    Some(version.as_str().map_or_else(|| version.to_text(), str::to_owned))
}

struct Identity {
    sha: ContentSha,
    interaction_ids: Vec<ContentSha>,
}

/// Sorts the keys of a document with interactions or messages as it goes.
fn identify(document: &mut Json<'_>) -> Identity {
    let is_truthy = |key| document.get(key).is_some_and(Json::is_truthy);
    let sorted_key = ["interactions", "messages"].into_iter().find(|key| is_truthy(key));
    if let Some(key) = sorted_key {
        sort_keys_of_pact(document, key);
    }

    let mut interaction_ids = Vec::new();
    let mut list_texts = Vec::new();
    for key in ["interactions", "messages"] {
        if let Some(list) = document.get(key).and_then(Json::as_array) {
            let mut texts: Vec<String> = list.iter().map(Json::to_text).collect();
            interaction_ids.extend(list.iter().zip(&texts).filter_map(|(element, text)| id_of(element, text)));
            if sorted_key == Some(key) {
                texts.sort_unstable();
            }
            list_texts.push((key, texts));
        }
    }

    let text = if list_texts.is_empty() { document.to_text() } else { promises(document, &list_texts) };
    Identity { sha: ContentSha::of(&text), interaction_ids }
}

/// Sorts all keys, but leaves the value of `key` as it is unless it is a list of interactions.
fn sort_keys_of_pact(document: &mut Json<'_>, key: &str) {
    let Json::Object(members) = document else {
        return;
    };
    members.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    for (name, value) in members {
        if name != key || value.as_array().is_some() {
            value.sort_keys();
        }
    }
}

/// The id of one interaction, whose keys are sorted; `None` for what is not an object.
/// An id that it already carries does not count.
fn id_of(element: &Json<'_>, text: &str) -> Option<ContentSha> {
    let Json::Object(members) = element else {
        return None;
    };
    if element.get("_id").is_none() {
        return Some(ContentSha::of(text));
    }
    let mut without_id = String::new();
    let promised = members.iter().filter(|(key, _)| key != "_id");
    json::write_object(promised.map(|(key, value)| (key.as_ref(), value)), &mut without_id);
    Some(ContentSha::of(&without_id))
}

/// The text of what affects a verification's result.
fn promises(document: &Json<'_>, list_texts: &[(&str, Vec<String>)]) -> String {
    let mut members = Vec::new();
    for key in ["interactions", "messages"] {
        let list = list_texts.iter().find(|(name, _)| *name == key);
        if let Some((_, texts)) = list {
            members.push(format!(r#""{key}":[{}]"#, texts.join(",")));
        } else if let Some(other) = document.get(key).filter(|value| value.is_truthy()) {
            members.push(format!(r#""{key}":{}"#, other.to_text()));
        }
    }
    if let Some(version) = specification_version(document) {
        members.push(format!(r#""pact_specification_version":{}"#, version.to_text()));
    }
    format!("{{{}}}", members.join(","))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn sha_of(raw: &str) -> ContentSha {
        Content::parse(raw).unwrap().sha().clone()
    }

    fn check_equal(one: &str, other: &str) {
        assert_eq!(sha_of(one), sha_of(other));
    }

    fn check_different(one: &str, other: &str) {
        assert_ne!(sha_of(one), sha_of(other));
    }

    fn check_error(raw: &str, expected: &str) {
        assert_eq!(Content::parse(raw).unwrap_err().explanation(), expected);
    }

    fn check_specification_version(metadata: &str, expected: Option<&str>) {
        let content = Content::parse(format!(r#"{{"metadata":{metadata}}}"#)).unwrap();
        assert_eq!(content.specification_version(), expected);
    }

    #[test]
    fn a_known_sha() {
        let raw = r#"{"consumer":{"name":"A"},"provider":{"name":"B"},"interactions":[]}"#;
        assert_eq!(sha_of(raw).as_str(), "ed7c1aebc3e11064ce9afc29297e1e36203583cd");
    }

    #[test]
    fn names_and_order_promise_nothing() {
        check_equal(
            r#"{"consumer":{"name":"A"},"interactions":[{"b":1,"a":[{"d":1,"c":2}]},{"a":0}]}"#,
            r#"{"interactions":[{"a":0},{"a":[{"c":2,"d":1}],"b":1}],"consumer":{"name":"B"}}"#,
        );
    }

    #[test]
    fn arrays_inside_an_interaction_keep_their_order() {
        check_different(r#"{"interactions":[{"a":[1,2]}]}"#, r#"{"interactions":[{"a":[2,1]}]}"#);
    }

    #[test]
    fn messages_beside_interactions_keep_their_order() {
        check_different(
            r#"{"interactions":[],"messages":[{"a":1},{"b":1}]}"#,
            r#"{"interactions":[],"messages":[{"b":1},{"a":1}]}"#,
        );
    }

    #[test]
    fn a_difference_in_the_last_digit_counts() {
        let digits = "1".repeat(400);
        check_different(
            &format!(r#"{{"interactions":[{{"a":{digits}1}}]}}"#),
            &format!(r#"{{"interactions":[{{"a":{digits}2}}]}}"#),
        );
        check_different(
            &format!(r#"{{"interactions":[{{"a":0.{digits}1}}]}}"#),
            &format!(r#"{{"interactions":[{{"a":0.{digits}2}}]}}"#),
        );
    }

    #[test]
    fn the_specification_version_counts() {
        check_different(
            r#"{"interactions":[],"metadata":{"pactSpecification":{"version":"2.0.0"}}}"#,
            r#"{"interactions":[],"metadata":{"pactSpecification":{"version":"3.0.0"}}}"#,
        );
    }

    #[test]
    fn the_specification_version_stands_in_one_of_three_places() {
        check_specification_version(r#"{"pactSpecification":{"version":"2.0.0"}}"#, Some("2.0.0"));
        check_specification_version(r#"{"pact-specification":{"version":"1.0"}}"#, Some("1.0"));
        check_specification_version(r#"{"pactSpecificationVersion":"1.1"}"#, Some("1.1"));
        check_specification_version(r#"{"pactSpecification":{"version":4}}"#, Some("4"));
        check_specification_version(
            r#"{"pactSpecification":{"version":null},"pactSpecificationVersion":"3"}"#,
            Some("3"),
        );
        check_specification_version(r#"{"pactSpecification":"4"}"#, None);
        check_specification_version(r#""4""#, None);
    }

    #[test]
    fn names_are_read_when_they_are_strings() {
        let content = Content::parse(r#"{"consumer":{"name":"\u0041 \"b\""},"provider":{"name":1}}"#).unwrap();

        assert_eq!(content.consumer_name(), Some("A \"b\""));
        assert_eq!(content.provider_name(), None);
    }

    #[test]
    fn only_objects_have_ids() {
        let content =
            Content::parse(r#"{"interactions":[{"a":1},2,{"a":1,"_id":"x"}],"messages":["m",{"a":1}]}"#).unwrap();

        let id = ContentSha::of(r#"{"a":1}"#);
        assert_eq!(content.interaction_ids(), [id.clone(), id.clone(), id]);
        assert_eq!((content.interaction_count(), content.message_count()), (3, 2));
    }

    #[test]
    fn errors_say_what_and_where() {
        check_error(
            "{",
            "could not be parsed as application/json: expected a key in quotation marks at line 1 column 2",
        );
        check_error("[]", "must be a JSON object, but is an array");
        check_error("null", "must be a JSON object, but is null");
        check_error(
            &(r#"{"a":"#.to_owned() + &"[".repeat(10_000)),
            "could not be parsed as application/json: arrays and objects are nested deeper than 127 levels at line 1 column 132",
        );
    }

    #[test]
    fn a_sha_has_forty_small_digits() {
        assert!(ContentSha::parse("0123456789abcdef0123456789abcdef01234567").is_ok());
        assert_eq!(ContentSha::parse("0123456789ABCDEF0123456789abcdef01234567"), Err(NotASha));
        assert_eq!(ContentSha::parse("0123"), Err(NotASha));
    }

    /// The vectors were recorded from the Pact Broker; they are not part of this repository.
    #[test]
    fn the_recorded_vectors_hold() {
        let Some(folder) = std::env::var_os("PACTOLUS_CONFORMANCE") else {
            #[expect(clippy::print_stderr, reason = "a test that did not run must say so")]
            {
                eprintln!("not run: PACTOLUS_CONFORMANCE does not name the folder of recordings");
            }
            return;
        };
        let path = std::path::Path::new(&folder).join("broker/sha_vectors.json");
        let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();

        let vectors = file["vectors"].as_array().unwrap();
        assert!(!vectors.is_empty());
        for vector in vectors {
            check_vector(vector);
        }
    }

    fn check_vector(vector: &Value) {
        let text = |key: &str| vector[key].as_str().unwrap();
        let name = text("name");
        let content = Content::parse(text("json")).unwrap();
        let mut recorded_ids: Vec<&str> =
            vector["interactionIds"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
        let mut ids: Vec<&str> = content.interaction_ids().iter().map(ContentSha::as_str).collect();
        // The recording names the ids of messages first; which is whose shows in the stored content.
        recorded_ids.sort_unstable();
        ids.sort_unstable();

        assert_eq!(content.sha().as_str(), text("sha1"), "sha of {name}");
        assert_eq!(ids, recorded_ids, "ids of {name}");
        assert_eq!(
            Json::parse(&content.served(&[])).unwrap().to_text(),
            text("storedContent"),
            "stored content of {name}"
        );
    }

    proptest! {
        #[test]
        fn the_sha_depends_on_neither_key_order_nor_whitespace(interactions in any_interactions()) {
            let compact = format!(r#"{{"a":1,"interactions":{}}}"#, Value::from(interactions.clone()));
            let reversed: Vec<Value> = interactions.into_iter().rev().map(keys_reversed).collect();
            let other = serde_json::json!({ "interactions": reversed, "a": 2 });

            check_equal(&compact, &serde_json::to_string_pretty(&other).unwrap());
        }

        #[test]
        fn no_text_makes_parse_panic(text in ".{0,40}") {
            let _ = Content::parse(text);
        }
    }

    fn any_interactions() -> impl Strategy<Value = Vec<Value>> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f32>().prop_filter("JSON has finite numbers", |n| n.is_finite()).prop_map(Value::from),
            ".{0,6}".prop_map(Value::from),
        ];
        let value = leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((".{0,4}", inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        });
        let interaction = prop::collection::vec((".{0,4}", value), 0..4);
        prop::collection::vec(interaction.prop_map(|members| Value::Object(members.into_iter().collect())), 0..4)
    }

    fn keys_reversed(value: Value) -> Value {
        match value {
            Value::Array(elements) => elements.into_iter().map(keys_reversed).collect(),
            Value::Object(members) => {
                Value::Object(members.into_iter().rev().map(|(key, value)| (key, keys_reversed(value))).collect())
            }
            other => other,
        }
    }
}
