//! Holds a consumer's contract against a provider's document.

mod coerce;
mod compatible;
mod form;
mod formats;
mod interaction;
mod media;
mod messages;
mod request;
mod request_body;
mod response;
mod route;
mod schemas;
mod security;
mod sound;
mod standard_headers;
mod switches;

mod translate;
mod validate;

use crate::contract::{Contract, Interaction};
use crate::document::{Document, Version};
use crate::finding::Report;
use crate::model::Api;

use self::interaction::Session;
use self::route::Router;
use self::schemas::Schemas;
use self::switches::Switches;

/// The version of the judgement: what was found under another one may be found otherwise now. To be raised with every
/// change that can turn an outcome.
pub const ENGINE: i32 = 1;

/// How a contract is held against a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// By example, to the same findings as existing comparators. Where they are wrong, this is wrong, and matching rules
    /// count for nothing: it is for those who move from them.
    Compatible,
    /// By all that either side may send, as far as its matching rules and its schemas tell.
    Sound,
}

/// Compares all interactions of a contract that a document is about: those over HTTP with an OpenAPI document, messages
/// with an AsyncAPI document.
#[must_use]
pub fn compare(document: &Document, contract: &Contract, profile: Profile) -> Report {
    let api = Api::of(document);
    let switches = Switches::of(document);
    let mut session = Session {
        document,
        contract,
        router: Router::new(&api, document.version(), &switches, profile),
        schemas: Schemas::new(document, profile, &switches),
        profile,
        api: &api,
        switches: &switches,
        findings: Vec::new(),
    };
    for (index, interaction) in contract.interactions().iter().enumerate() {
        match (document.version(), &interaction.exchange, &interaction.messages) {
            (Version::AsyncApi3, _, Some(messages)) => messages::compare(&mut session, index, interaction, messages),
            (Version::AsyncApi3, _, None) | (_, None, _) => {}
            (_, Some(exchange), _) => session.compare(index, interaction, exchange),
        }
    }
    Report { findings: session.findings }
}

/// What the interactions are called that a document is not about, so that a comparison says nothing of them: messages
/// beside an OpenAPI document, requests beside an AsyncAPI document, and what is neither.
#[must_use]
pub fn passed_over<'c>(document: &Document, contract: &'c Contract) -> Vec<&'c str> {
    let is_looked_at = |interaction: &Interaction| match document.version() {
        Version::AsyncApi3 => interaction.messages.is_some(),
        _ => interaction.exchange.is_some(),
    };
    let left = contract.interactions().iter().filter(|interaction| !is_looked_at(interaction));
    left.map(|interaction| interaction.description.as_str()).collect()
}

#[cfg(test)]
mod tests;
