//! What a contract uses of its provider: operations, statuses, parameters, headers, and the fields of bodies and messages.
//!
//! Two contracts that use the same name it alike, whatever their examples are: a segment of a path that looks like an id is
//! `{}`, and all items of a list are `*`.

mod bodies;
mod path;
mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::Serialize;

pub use self::path::{covers, may_be, normalised};
use crate::json::{Json, JsonError};

/// Raised when the same contract is read otherwise than before, so that what is stored is read anew.
pub const RULES: i16 = 1;

/// No contract that people write uses so many things; what is beyond is left out, and said to be.
const MOST: usize = 50_000;

/// Longer names are cut where they can be, so that an index can hold them.
const LONGEST: usize = 700;

/// No method that HTTP knows is nearly as long.
const LONGEST_METHOD: usize = 100;

/// The method of what is no HTTP.
pub const MESSAGE: &str = "MESSAGE";

/// One thing that a contract uses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Element {
    /// In capitals; [`MESSAGE`] for messages.
    pub method: String,
    /// The path, see [`normalised`]. Of a message its operation, or its description if it names none.
    pub path: String,
    /// The status that the use belongs to; 0 for what belongs to none.
    pub status: u16,
    /// What kind of thing it is.
    pub part: Part,
    /// Which one: a parameter's or header's name, or the way to a field, a JSON pointer with `*` for the items of a list.
    /// Empty for the whole.
    pub name: String,
}

/// What of an operation is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The operation itself.
    Operation,
    /// A value of the query.
    Query,
    /// A header that is sent.
    RequestHeader,
    /// The body that is sent, or a field of it.
    RequestBody,
    /// A status that is expected.
    Status,
    /// A header that is read.
    ResponseHeader,
    /// The body that is read, or a field of it.
    ResponseBody,
    /// The payload of a message that is received, or a field of it.
    Payload,
    /// The metadata of a message.
    Metadata,
    /// More than is listed: the contract uses too much.
    More,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Operation,
        Self::Query,
        Self::RequestHeader,
        Self::RequestBody,
        Self::Status,
        Self::ResponseHeader,
        Self::ResponseBody,
        Self::Payload,
        Self::Metadata,
        Self::More,
    ];

    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operation => "operation",
            Self::Query => "query",
            Self::RequestHeader => "request-header",
            Self::RequestBody => "request-body",
            Self::Status => "status",
            Self::ResponseHeader => "response-header",
            Self::ResponseBody => "response-body",
            Self::Payload => "payload",
            Self::Metadata => "metadata",
            Self::More => "more",
        }
    }

    /// Whether its names are ways to fields.
    #[must_use]
    pub fn has_fields(self) -> bool {
        matches!(self, Self::RequestBody | Self::ResponseBody | Self::Payload)
    }

    /// The part that is written so.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.as_str() == text)
    }
}

/// All that a contract's text uses, in order. A contract that cannot be looked into uses nothing.
///
/// # Errors
/// When the text is not JSON.
pub fn usage(content: &str) -> Result<BTreeSet<Element>, JsonError> {
    let document = Json::parse(content)?;
    let mut used = Used::default();
    read::document(&document, &mut used);
    if used.cut {
        let all = |part| Element { method: String::new(), path: String::new(), status: 0, part, name: String::new() };
        used.elements.insert(all(Part::More));
    }
    Ok(used.elements)
}

/// What is being collected.
#[derive(Default)]
struct Used {
    elements: BTreeSet<Element>,
    cut: bool,
}

/// Whose parts are being collected.
#[derive(Clone, Copy)]
struct Of<'a> {
    method: &'a str,
    path: &'a str,
    status: u16,
}

impl Used {
    fn add(&mut self, of: Of<'_>, part: Part, name: &str) {
        let name = storable(name);
        if self.elements.len() >= MOST || name.len() > LONGEST {
            self.cut = true;
            return;
        }
        let Of { method, path, status } = of;
        self.elements.insert(Element { method: method.to_owned(), path: path.to_owned(), status, part, name });
    }
}

/// A database cannot hold the character NUL, which no name has but by malice.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// The first part of a text that is too long.
fn shortened(text: &str, most: usize) -> String {
    let mut text = storable(text);
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.truncate(end);
    text
}
