//! An OpenAPI (or AsyncAPI) document: a source whose version is known and whose references can be followed.

use std::collections::{BTreeSet, HashSet};

use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::Value;

use crate::pointer::Pointer;
use crate::position::Position;
use crate::source::{Budget, Source, SourceError};

/// The rules that a document is written by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Version {
    /// Swagger 2.0.
    Swagger2,
    /// OpenAPI 3.0.x.
    V3_0,
    /// OpenAPI 3.1.x.
    V3_1,
    /// OpenAPI 3.2.x and what follows it.
    V3_2,
    /// AsyncAPI 2.x, which describes messages.
    AsyncApi2,
    /// AsyncAPI 3.x, which describes messages.
    AsyncApi3,
    /// A JSON Schema of any draft, which describes what is in one message, or under `$defs` in several.
    JsonSchema,
}

impl Version {
    /// Whether the document is about messages, not about requests.
    #[must_use]
    pub fn describes_messages(self) -> bool {
        matches!(self, Self::AsyncApi2 | Self::AsyncApi3 | Self::JsonSchema)
    }
}

/// A loaded OpenAPI document.
#[derive(Clone, Debug)]
pub struct Document {
    source: Source,
    version: Version,
}

/// Why a text is not an OpenAPI document, and what to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// The text cannot be read.
    #[error("the document cannot be read")]
    Source(#[from] SourceError),
    /// The document is not an object.
    #[error("the document is not an object; it should begin with `openapi`, `swagger`, `asyncapi` or `$schema`")]
    NotAnObject,
    /// Neither `openapi` nor `swagger` nor `asyncapi` says a version that is known, and `$schema` names no JSON Schema.
    #[error(
        "{found}; write `openapi: 3.x.y`, `swagger: \"2.0\"`, `asyncapi: 3.x.y`, or the `$schema` of a JSON Schema"
    )]
    UnknownVersion {
        /// What stands there instead.
        found: String,
    },
}

/// Why a reference leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum ReferenceError {
    /// The reference leads out of the document; nothing is ever fetched.
    #[error("`{reference}` leads out of the document, which must be self-contained; bundle it")]
    Remote {
        /// The reference as written.
        reference: String,
        /// The object that holds it.
        at: Pointer,
    },
    /// Nothing stands where the reference points to.
    #[error("`{reference}` leads nowhere; add what it names or correct it")]
    Dangling {
        /// The reference as written.
        reference: String,
        /// The object that holds it.
        at: Pointer,
    },
    /// The reference leads back to itself.
    #[error("`{reference}` leads back to itself")]
    Cyclic {
        /// The reference as written.
        reference: String,
        /// The object that holds it.
        at: Pointer,
    },
}

/// A node of a document, with its pointer.
#[derive(Clone, Debug)]
pub struct Node<'d> {
    document: &'d Document,
    pointer: Pointer,
    value: &'d Value,
}

impl Document {
    /// Reads a JSON or YAML text as an OpenAPI document.
    ///
    /// # Errors
    /// A text that cannot be read within `budget`, or that names no version of OpenAPI.
    pub fn load(text: &str, budget: &Budget) -> Result<Self, DocumentError> {
        let source = Source::read(text, budget)?;
        let version = version(source.value())?;
        Ok(Self { source, version })
    }

    /// The rules that the document is written by.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The document as a value.
    #[must_use]
    pub fn value(&self) -> &Value {
        self.source.value()
    }

    /// Where a node stands in the text; of a node that is missing, its nearest ancestor.
    #[must_use]
    pub fn position(&self, pointer: &Pointer) -> Position {
        self.source.position(pointer)
    }

    /// The document's root.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node { document: self, pointer: Pointer::root(), value: self.value() }
    }

    /// The node that a pointer names.
    #[must_use]
    pub fn node(&self, pointer: &Pointer) -> Option<Node<'_>> {
        let value = pointer.find_in(self.value())?;
        Some(Node { document: self, pointer: pointer.clone(), value })
    }

    /// Whether any reference leads nowhere. Of a sound document, however large, this costs one look at each node.
    pub(crate) fn has_broken_references(&self) -> bool {
        let mut references = HashSet::new();
        collect_references(self.value(), &mut references);
        references.into_iter().any(|reference| {
            let target = local_target(reference).and_then(|pointer| self.node(&pointer));
            target.is_none_or(|target| target.resolved().is_err())
        })
    }

    /// Every reference that leads nowhere, in the document's order.
    #[must_use]
    pub fn broken_references(&self) -> Vec<ReferenceError> {
        let mut broken = Vec::new();
        collect_broken(&self.root(), &mut broken);
        broken
    }
}

impl<'d> Node<'d> {
    /// The node's value.
    #[must_use]
    pub fn value(&self) -> &'d Value {
        self.value
    }

    /// Where the node is.
    #[must_use]
    pub fn pointer(&self) -> &Pointer {
        &self.pointer
    }

    /// The member of that name, if the node is an object that has it.
    #[must_use]
    pub fn member(&self, key: &str) -> Option<Self> {
        let value = self.value.as_object()?.get(key)?;
        Some(self.below(self.pointer.child(key), value))
    }

    /// A member of a member, without the way between.
    pub(crate) fn member_of(&self, key: &str, inner: &str) -> Option<Self> {
        let value = self.value.as_object()?.get(key)?.as_object()?.get(inner)?;
        Some(self.below(self.pointer.descend([key, inner]), value))
    }

    /// The node that an absolute pointer names, in the same document.
    #[must_use]
    pub fn at_pointer(&self, pointer: &Pointer) -> Option<Self> {
        self.document.node(pointer)
    }

    /// The members of an object; none of anything else.
    pub fn members(&self) -> impl Iterator<Item = (&'d str, Self)> {
        let members = self.value.as_object().into_iter().flatten();
        members.map(|(key, value)| (key.as_str(), self.below(self.pointer.child(key), value)))
    }

    /// The items of an array; none of anything else.
    pub fn items(&self) -> impl Iterator<Item = Self> {
        let items = self.value.as_array().into_iter().flatten().enumerate();
        items.map(|(index, value)| self.below(self.pointer.item(index), value))
    }

    /// The text that a member is.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&'d str> {
        self.value.get(key)?.as_str()
    }

    /// Whether a member is `true`.
    #[must_use]
    pub fn flag(&self, key: &str) -> bool {
        self.value.get(key) == Some(&Value::Bool(true))
    }

    /// The node that this one refers to, through any number of references; itself if it is no reference.
    ///
    /// # Errors
    /// A reference that leads out of the document, nowhere, or back to itself.
    pub fn resolved(&self) -> Result<Self, ReferenceError> {
        let mut node = self.clone();
        let mut passed = BTreeSet::new();
        while let Some(reference) = node.text("$ref") {
            let at = node.pointer.clone();
            if !passed.insert(at.clone()) {
                return Err(ReferenceError::Cyclic { reference: reference.to_owned(), at });
            }
            let Some(pointer) = local_target(reference) else {
                return Err(ReferenceError::Remote { reference: reference.to_owned(), at });
            };
            node = match self.document.node(&pointer) {
                Some(target) => target,
                None => return Err(ReferenceError::Dangling { reference: reference.to_owned(), at }),
            };
        }
        Ok(node)
    }

    fn below(&self, pointer: Pointer, value: &'d Value) -> Self {
        Self { document: self.document, pointer, value }
    }
}

/// The pointer that a reference into its own document names; `None` if it leads out of it.
pub(crate) fn local_target(reference: &str) -> Option<Pointer> {
    let fragment = reference.strip_prefix('#')?;
    let decoded = percent_decode_str(fragment).decode_utf8_lossy();
    // A named anchor is no pointer: as one it can only be missing.
    Some(Pointer::parse(&decoded).unwrap_or_else(|| Pointer::root().child(&decoded)))
}

fn version(value: &Value) -> Result<Version, DocumentError> {
    let Value::Object(members) = value else { return Err(DocumentError::NotAnObject) };
    // YAML reads an unquoted 2.0 or 3.1 as a number.
    let written = |key: &str| match members.get(key) {
        Some(Value::String(text)) => Some(text.trim().to_owned()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    if let Some(swagger) = written("swagger") {
        return match swagger.as_str() {
            "2" | "2.0" => Ok(Version::Swagger2),
            _ => Err(DocumentError::UnknownVersion { found: format!("swagger {swagger} is not known") }),
        };
    }
    if let Some(asyncapi) = written("asyncapi") {
        return match asyncapi.split('.').next() {
            Some("2") => Ok(Version::AsyncApi2),
            Some("3") => Ok(Version::AsyncApi3),
            _ => Err(DocumentError::UnknownVersion { found: format!("asyncapi {asyncapi} is not known") }),
        };
    }
    let Some(openapi) = written("openapi") else {
        let dialect = members.get("$schema").and_then(Value::as_str);
        if dialect.is_some_and(|dialect| dialect.contains("://json-schema.org/")) {
            return Ok(Version::JsonSchema);
        }
        let keys: Vec<&str> = members.keys().map(String::as_str).take(5).collect();
        return Err(DocumentError::UnknownVersion { found: format!("no version among {}", keys.join(", ")) });
    };
    match openapi.split('.').collect::<Vec<_>>()[..] {
        ["3"] | ["3", "0", ..] => Ok(Version::V3_0),
        ["3", "1", ..] => Ok(Version::V3_1),
        ["3", ..] => Ok(Version::V3_2),
        _ => Err(DocumentError::UnknownVersion { found: format!("openapi {openapi} is not known") }),
    }
}

/// Members whose content is data, not description: a `$ref` in them refers to nothing.
pub(crate) const DATA: [&str; 5] = ["example", "examples", "default", "enum", "const"];

/// All references below a value, as they are written.
fn collect_references<'v>(value: &'v Value, references: &mut HashSet<&'v str>) {
    match value {
        Value::Object(members) => {
            references.extend(members.get("$ref").and_then(Value::as_str));
            for (key, member) in members {
                if !DATA.contains(&key.as_str()) && !key.starts_with("x-") {
                    collect_references(member, references);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, references)),
        _ => {}
    }
}

fn collect_broken(node: &Node<'_>, broken: &mut Vec<ReferenceError>) {
    if node.text("$ref").is_some()
        && let Err(error) = node.resolved()
    {
        broken.push(error);
    }
    for (key, member) in node.members() {
        if !DATA.contains(&key) && !key.starts_with("x-") {
            collect_broken(&member, broken);
        }
    }
    for item in node.items() {
        collect_broken(&item, broken);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn load(value: &Value) -> Document {
        Document::load(&value.to_string(), &Budget::default()).unwrap()
    }

    fn version_of(text: &str) -> Result<Version, String> {
        Document::load(text, &Budget::default()).map(|document| document.version()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_version_is_read_even_when_yaml_makes_it_a_number() {
        assert_eq!(version_of("swagger: 2.0"), Ok(Version::Swagger2));
        assert_eq!(version_of("swagger: '2.0'"), Ok(Version::Swagger2));
        assert_eq!(version_of("openapi: 3.0.3"), Ok(Version::V3_0));
        assert_eq!(version_of("openapi: 3.1"), Ok(Version::V3_1));
        assert_eq!(version_of("openapi: 3.2.0"), Ok(Version::V3_2));
        assert_eq!(version_of("asyncapi: 3.1.0"), Ok(Version::AsyncApi3));
        assert_eq!(version_of("asyncapi: '2.6.0'"), Ok(Version::AsyncApi2));
        assert_eq!(version_of("$schema: http://json-schema.org/draft-07/schema#"), Ok(Version::JsonSchema));
    }

    #[test]
    fn an_unknown_version_is_refused_with_what_to_write() {
        let asks = "; write `openapi: 3.x.y`, `swagger: \"2.0\"`, `asyncapi: 3.x.y`, or the `$schema` of a JSON Schema";

        assert_eq!(version_of("swagger: 1.2"), Err(format!("swagger 1.2 is not known{asks}")));
        assert_eq!(version_of("openapi: 4.0.0"), Err(format!("openapi 4.0.0 is not known{asks}")));
        assert_eq!(version_of("asyncapi: 1.2.0"), Err(format!("asyncapi 1.2.0 is not known{asks}")));
        assert_eq!(version_of("info: {}"), Err(format!("no version among info{asks}")));
    }

    #[test]
    fn references_are_followed_through_escapes_and_chains() {
        let document = load(&json!({"openapi": "3.0.0", "a": {"$ref": "#/b%20c/x~1y"},
            "b c": {"x/y": {"$ref": "#/d"}}, "d": {"found": true}}));

        let found = document.root().member("a").unwrap().resolved().unwrap();

        assert_eq!(found.pointer().as_str(), "/d");
    }

    #[test]
    fn references_that_lead_nowhere_are_reported_once_each() {
        let document = load(&json!({"openapi": "3.0.0", "a": {"$ref": "#/missing"}, "b": {"$ref": "other.yaml#/b"},
            "c": {"$ref": "#/d"}, "d": {"$ref": "#/c"}, "example": {"$ref": "#/data"}}));

        let broken: Vec<String> = document.broken_references().iter().map(ToString::to_string).collect();

        assert_eq!(
            broken,
            [
                "`#/missing` leads nowhere; add what it names or correct it",
                "`other.yaml#/b` leads out of the document, which must be self-contained; bundle it",
                "`#/d` leads back to itself",
                "`#/c` leads back to itself",
            ]
        );
    }
}
