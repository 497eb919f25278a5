//! A consumer's contract (a pact of any version) as the comparison needs it: requests and responses by example, with
//! their matching rules, and the way back to where each part stands in the file.

mod place;
mod query;
mod read;
mod rules;

use serde_json::Value;

pub use self::place::{Part, Place, Side};
pub use self::query::Query;
pub(crate) use self::query::decode;
pub use self::rules::{Rules, kind};
use crate::pointer::Pointer;
use crate::position::Position;
use crate::source::{Budget, Source, SourceError};

/// A loaded contract.
#[derive(Clone, Debug)]
pub struct Contract {
    source: Source,
    specification: Specification,
    interactions: Vec<Interaction>,
}

/// The version of the Pact specification, as far as reading depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Specification {
    /// Versions 1 and 1.1.
    V1,
    /// Version 2.
    V2,
    /// Version 3.
    V3,
    /// Version 4 and later.
    V4,
}

/// One interaction of a contract.
#[derive(Clone, Debug, PartialEq)]
pub struct Interaction {
    /// What it is called.
    pub description: String,
    /// The provider states that it wants.
    pub states: Vec<String>,
    /// Where it stands.
    pub pointer: Pointer,
    /// What is exchanged over HTTP, if anything is.
    pub exchange: Option<Box<Exchange>>,
    /// The messages that are passed, if any are.
    pub messages: Option<Box<Messages>>,
}

/// A request and its response.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// What the consumer sends.
    pub request: Request,
    /// What the consumer expects.
    pub response: Response,
}

/// Messages that are passed, as versions 3 and 4 write them.
#[derive(Clone, Debug, PartialEq)]
pub struct Messages {
    /// The operation of the AsyncAPI document; `None` if the interaction does not name it.
    pub operation: Option<String>,
    /// What is passed.
    pub passed: Passed,
}

/// Which messages are passed.
#[derive(Clone, Debug, PartialEq)]
pub enum Passed {
    /// One that the consumer receives.
    Received(Message),
    /// One that the consumer sends, and the answers to it.
    Answered(Message, Vec<Message>),
}

/// A message.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// What it holds; `Some(Null)` is the JSON text `null`.
    pub payload: Option<Value>,
    /// The media type of the payload.
    pub content_type: Option<String>,
    /// Its headers, if any are spoken of.
    pub metadata: Option<Value>,
    /// What is asked beyond the example.
    pub rules: Rules,
}

/// What a consumer sends.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The method as written.
    pub method: String,
    /// The path as written, still encoded.
    pub path: String,
    /// The query.
    pub query: Query,
    /// The headers.
    pub headers: Headers,
    /// The body; `Some(Null)` is the JSON text `null`.
    pub body: Option<Value>,
    /// What is asked beyond the example.
    pub rules: Rules,
}

/// What a consumer expects.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Headers,
    /// The body; `Some(Null)` is the JSON text `null`.
    pub body: Option<Value>,
    /// What is asked beyond the example.
    pub rules: Rules,
}

/// Headers by name in small letters, in alphabetical order; values of one name are joined by `, `.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(std::collections::BTreeMap<String, String>);

/// Why a text is no contract, and what to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContractError {
    /// The text cannot be read.
    #[error("the contract cannot be read")]
    Source(#[from] SourceError),
    /// Neither interactions nor messages are in it.
    #[error("the contract has no list of `interactions` or `messages`")]
    NoInteractions,
    /// Something that the comparison needs is missing or of another kind.
    #[error("{pointer} should be {expected} ({at})")]
    Malformed {
        /// What should stand there.
        expected: &'static str,
        /// Where it should stand.
        pointer: Pointer,
        /// Where that is in the text.
        at: Position,
    },
}

impl Contract {
    /// Reads a pact.
    ///
    /// # Errors
    /// A text that cannot be read within `budget`, or that is no pact.
    pub fn load(text: &str, budget: &Budget) -> Result<Self, ContractError> {
        let source = Source::read(text, budget)?;
        let (specification, interactions) = read::interactions(&source)?;
        Ok(Self { source, specification, interactions })
    }

    /// The version of the Pact specification that the contract is written by.
    #[must_use]
    pub fn specification(&self) -> Specification {
        self.specification
    }

    /// The interactions in the contract's order; messages of version 3 follow.
    #[must_use]
    pub fn interactions(&self) -> &[Interaction] {
        &self.interactions
    }

    /// Where a part of an interaction stands, as exactly as it can be said.
    #[must_use]
    pub fn pointer(&self, place: &Place) -> Pointer {
        place::pointer(self, place)
    }

    /// Where a node stands in the text; of a node that is missing, its nearest ancestor.
    #[must_use]
    pub fn position(&self, pointer: &Pointer) -> Position {
        self.source.position(pointer)
    }

    /// The contract as a value.
    #[must_use]
    pub fn value(&self) -> &Value {
        self.source.value()
    }
}

impl Headers {
    /// Adds a value; a second one of the same name is joined to the first.
    pub fn add(&mut self, name: &str, value: &str) {
        let value = value.trim();
        let joined = self.0.entry(name.to_ascii_lowercase());
        joined
            .and_modify(|known| {
                known.push_str(", ");
                known.push_str(value);
            })
            .or_insert_with(|| value.to_owned());
    }

    /// The value of a header, named in any case.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.get(&name.to_ascii_lowercase()).map(String::as_str)
    }

    /// All headers, by name in small letters.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests;
