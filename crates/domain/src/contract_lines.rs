//! A contract as people read it: its interactions, and of each the request and the answer as lines, with the rule beside the
//! field that it binds.
//!
//! Any content can be shown, also such as no Pact library writes: what is not understood stays as it was written.

use crate::content::specification_version_of;
use crate::contract_diff::interaction::{plain, states};
use crate::json::{Json, JsonError};

pub use self::body::{Body, BodyLine, Shown, Token};
pub use self::path::{canonical_path, way_to_field};
pub use self::rules::Rule;

mod body;
mod part;
mod path;
mod rules;
#[cfg(test)]
mod tests;

/// A contract that was read to be shown.
#[derive(Debug, Clone)]
pub struct Readable<'a> {
    document: Json<'a>,
}

/// What an interaction is, as lists of them tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// How it goes over the wire.
    pub kind: Kind,
    /// Empty if it has none.
    pub description: String,
    /// Of requests, such as `GET`.
    pub method: Option<String>,
    /// Of requests, such as `/items/7`.
    pub path: Option<String>,
    /// Of answers, such as `200`.
    pub status: Option<String>,
}

/// How an interaction goes over the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A request and its answer.
    Http,
    /// A message that nobody answers.
    Message,
    /// A message with its answers.
    Call,
}

/// An interaction with all that it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interaction {
    /// What holds before: the name of each provider state, and its parameters as JSON, empty if it has none.
    pub states: Vec<(String, String)>,
    /// In the order in which they go over the wire.
    pub parts: Vec<Part>,
}

/// What goes over the wire at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which of them.
    pub kind: PartKind,
    /// Of a request: `POST`.
    pub method: Option<String>,
    /// Of a request: its path, without the query.
    pub path: Option<String>,
    /// The rule for the path.
    pub path_rule: Option<Rule>,
    /// Of an answer.
    pub status: Option<String>,
    /// The rule for the status.
    pub status_rule: Option<Rule>,
    /// Parameters of the query, headers, metadata.
    pub fields: Vec<Field>,
    /// What else it carries.
    pub body: Body,
    /// Rules that bind no line that is shown: the path of each as it was written, and the rule.
    pub unbound: Vec<(String, Rule)>,
}

/// Which part of an interaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartKind {
    /// Of an HTTP exchange.
    Request,
    /// Of an HTTP exchange.
    Response,
    /// One that nobody answers, or one that is answered.
    Message,
    /// The answer to a message.
    Reply,
}

/// A name and value beside the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Where it stands.
    pub kind: FieldKind,
    /// As it was written.
    pub name: String,
    /// Several values are parted by commas.
    pub value: String,
    /// How it is matched, if a rule says so.
    pub rule: Option<Rule>,
}

/// Where a field stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// A parameter of the query.
    Query,
    /// A header.
    Header,
    /// Of a message.
    Metadata,
}

impl<'a> Readable<'a> {
    /// Reads the text of a contract.
    ///
    /// # Errors
    /// When it is not JSON, with the place.
    pub fn parse(text: &'a str) -> Result<Self, JsonError> {
        Ok(Self { document: Json::parse(text)? })
    }

    /// Which version of the Pact specification it follows, as it says.
    #[must_use]
    pub fn specification_version(&self) -> Option<String> {
        specification_version_of(&self.document)
    }

    /// All interactions and messages, in the order of [`crate::content::Content::interaction_ids`].
    #[must_use]
    pub fn outlines(&self) -> Vec<Outline> {
        self.elements().map(|(is_message, element)| outline(is_message, element)).collect()
    }

    /// The interaction at this place in the outlines.
    #[must_use]
    pub fn interaction(&self, index: usize) -> Option<Interaction> {
        let (is_message, element) = self.elements().nth(index)?;
        let version = self.specification_version();
        let form = part::Form { is_version_4: version.is_some_and(|version| version.starts_with('4')) };
        let parts = match kind(is_message, element) {
            Kind::Http => vec![
                form.part(PartKind::Request, element.get("request").unwrap_or(&Json::Null)),
                form.part(PartKind::Response, element.get("response").unwrap_or(&Json::Null)),
            ],
            Kind::Message => vec![form.part(PartKind::Message, element)],
            Kind::Call => form.call(element),
        };
        Some(Interaction { states: states(element), parts })
    }

    fn elements(&self) -> impl Iterator<Item = (bool, &Json<'a>)> {
        let interactions = self.document.list("interactions").iter().map(|element| (false, element));
        interactions.chain(self.document.list("messages").iter().map(|element| (true, element)))
    }
}

fn kind(is_message: bool, element: &Json<'_>) -> Kind {
    match element.get("type").and_then(Json::as_str) {
        Some("Asynchronous/Messages") => Kind::Message,
        Some("Synchronous/Messages") => Kind::Call,
        _ if is_message => Kind::Message,
        _ => Kind::Http,
    }
}

fn outline(is_message: bool, element: &Json<'_>) -> Outline {
    let kind = kind(is_message, element);
    let request = element.get("request").filter(|_| kind == Kind::Http);
    let response = element.get("response").filter(|_| kind == Kind::Http);
    Outline {
        kind,
        description: element.get("description").map(plain).unwrap_or_default(),
        method: request.map(|request| request.get("method").map_or_else(|| "GET".to_owned(), plain)),
        path: request.and_then(|request| request.get("path")).map(plain),
        status: response.and_then(|response| response.get("status")).map(plain),
    }
}
