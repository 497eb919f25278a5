//! A part of an interaction, and how to say where it is.

use serde_json::Value;

use super::read::OLD_METADATA;
use super::{Contract, Specification};
use crate::pointer::Pointer;

/// A part of an interaction, or something within it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Which interaction, counted from 0.
    pub interaction: usize,
    /// Which part of it.
    pub part: Part,
    /// The way down from there: keys and indexes.
    pub within: Vec<String>,
}

/// The parts of an interaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The request's path.
    Path,
    /// All headers of the request.
    RequestHeaders,
    /// One header of the request, named in any case.
    RequestHeader(String),
    /// The whole query.
    Query,
    /// One value of the query.
    QueryField(String),
    /// The request's body.
    RequestBody,
    /// The response's status.
    Status,
    /// One header of the response, named in any case.
    ResponseHeader(String),
    /// The response's body.
    ResponseBody,
    /// The interaction as a whole.
    Interaction,
    /// What the interaction names of an AsyncAPI document.
    References,
    /// The operation that the interaction names.
    OperationId,
    /// The payload of a message.
    Payload(Side),
    /// The headers of a message.
    Metadata(Side),
    /// All answers to a message.
    Answers,
}

/// Which message of an interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The only one.
    Only,
    /// The one that is sent.
    Request,
    /// An answer, counted from 0.
    Answer(usize),
}

impl Place {
    /// A part of an interaction as a whole.
    #[must_use]
    pub fn of(interaction: usize, part: Part) -> Self {
        Self { interaction, part, within: Vec::new() }
    }

    /// Something within a part.
    #[must_use]
    pub fn within(interaction: usize, part: Part, within: Vec<String>) -> Self {
        Self { interaction, part, within }
    }

    /// The place as the existing comparators write it: dots between the names, nothing escaped.
    #[must_use]
    pub fn dotted(&self) -> String {
        let part = match &self.part {
            Part::Path => "request.path".to_owned(),
            Part::RequestHeaders => "request.headers".to_owned(),
            Part::RequestHeader(name) => format!("request.headers.{name}"),
            Part::Query => "request.query".to_owned(),
            Part::QueryField(name) => format!("request.query.{name}"),
            Part::RequestBody => "request.body".to_owned(),
            Part::Status => "response.status".to_owned(),
            Part::ResponseHeader(name) => format!("response.headers.{name}"),
            Part::ResponseBody => "response.body".to_owned(),
            Part::Interaction => String::new(),
            Part::References => "comments.references.AsyncAPI".to_owned(),
            Part::OperationId => "comments.references.AsyncAPI.operationId".to_owned(),
            Part::Payload(side) => format!("{}contents.content", side.dotted()),
            Part::Metadata(side) => format!("{}metadata", side.dotted()),
            Part::Answers => "response".to_owned(),
        };
        let start = format!("[root].interactions[{}]", self.interaction);
        let names = [start.as_str(), part.as_str()].into_iter().filter(|name| !name.is_empty());
        names.chain(self.within.iter().map(String::as_str)).collect::<Vec<_>>().join(".")
    }
}

impl Side {
    fn dotted(self) -> String {
        match self {
            Self::Only => String::new(),
            Self::Request => "request.".to_owned(),
            Self::Answer(index) => format!("response[{index}]."),
        }
    }

    /// The message below its interaction.
    fn below(self, interaction: &Pointer) -> Pointer {
        match self {
            Self::Only => interaction.clone(),
            Self::Request => interaction.child("request"),
            Self::Answer(index) => interaction.child("response").item(index),
        }
    }
}

pub(super) fn pointer(contract: &Contract, place: &Place) -> Pointer {
    let Some(interaction) = contract.interactions.get(place.interaction) else { return Pointer::root() };
    let below = |tokens: &[&str]| interaction.pointer.descend(tokens.iter().copied());
    let start = match &place.part {
        Part::Path => below(&["request", "path"]),
        Part::RequestHeaders => below(&["request", "headers"]),
        Part::RequestHeader(name) => header(contract, &below(&["request", "headers"]), name),
        Part::Query => below(&["request", "query"]),
        Part::QueryField(name) => existing(contract, &below(&["request", "query"]), &[name]),
        Part::RequestBody => body(contract, &below(&["request", "body"])),
        Part::Status => below(&["response", "status"]),
        Part::ResponseHeader(name) => header(contract, &below(&["response", "headers"]), name),
        Part::ResponseBody => body(contract, &below(&["response", "body"])),
        Part::Interaction => below(&[]),
        Part::References => existing(contract, &below(&[]), &["comments", "references", "AsyncAPI"]),
        Part::OperationId => existing(contract, &below(&[]), &["comments", "references", "AsyncAPI", "operationId"]),
        // What version 4 wraps stood as it is before.
        Part::Payload(_) if contract.specification < Specification::V4 => below(&["contents"]),
        Part::Payload(side) => existing(contract, &side.below(&below(&[])), &["contents", "content"]),
        Part::Metadata(side) => {
            let message = side.below(&below(&[]));
            let known = OLD_METADATA.into_iter().find(|key| message.child(key).find_in(contract.value()).is_some());
            existing(contract, &message, &[known.unwrap_or("metadata")])
        }
        Part::Answers => existing(contract, &below(&[]), &["response"]),
    };
    let within: Vec<&str> = place.within.iter().map(String::as_str).collect();
    existing(contract, &start, &within)
}

/// Goes down as far as there is something: an encoded body or a joined header has no inside that could be named.
fn existing(contract: &Contract, start: &Pointer, tokens: &[&str]) -> Pointer {
    let mut pointer = start.clone();
    for token in tokens {
        let deeper = pointer.child(token);
        if deeper.find_in(contract.value()).is_none() {
            break;
        }
        pointer = deeper;
    }
    pointer
}

fn header(contract: &Contract, headers: &Pointer, name: &str) -> Pointer {
    let written = headers.find_in(contract.value()).and_then(Value::as_object);
    let written = written.and_then(|headers| headers.keys().find(|key| key.eq_ignore_ascii_case(name)));
    written.map_or_else(|| headers.clone(), |key| headers.child(key))
}

fn body(contract: &Contract, body: &Pointer) -> Pointer {
    if contract.specification < Specification::V4 {
        return body.clone();
    }
    existing(contract, body, &["content"])
}
