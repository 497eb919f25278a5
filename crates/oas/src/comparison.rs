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

use crate::contract::{Contract, Interaction, Specification};
use crate::document::Document;
use crate::finding::Report;
use crate::model::Api;

use self::interaction::Session;
pub(crate) use self::route::Router;
use self::schemas::Schemas;
pub(crate) use self::switches::Switches;

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

/// A document that is ready to have contracts held against it: what was read and compiled of it for one contract serves
/// the next.
pub struct Comparator<'d> {
    document: &'d Document,
    profile: Profile,
    api: Api,
    switches: Switches,
    router: Router,
    schemas: Schemas<'d>,
    variants: sound::Known<'d>,
    /// Whether any reference of the document leads nowhere; only then an interaction's own are looked at.
    broken_references: bool,
}

impl<'d> Comparator<'d> {
    /// Reads the document's operations. Schemas are compiled when an interaction first needs them.
    #[must_use]
    pub fn new(document: &'d Document, profile: Profile) -> Self {
        let (api, switches) = (Api::of(document), Switches::of(document));
        let router = Router::new(&api, document.version(), &switches, profile);
        let schemas = Schemas::new(document, profile, &switches);
        let broken_references = profile == Profile::Sound && document.has_broken_references();
        let variants = sound::Known::default();
        Self { document, profile, api, switches, router, schemas, variants, broken_references }
    }

    /// Compares all interactions of a contract that the document is about: those over HTTP with an OpenAPI document,
    /// messages with an AsyncAPI document or a JSON Schema.
    #[must_use]
    pub fn compare(&self, contract: &Contract) -> Report {
        self.compare_while(contract, || true).unwrap_or_default()
    }

    /// The same, given up soon after it is not to go on any more: `None` then. `goes_on` is asked for every value of the
    /// contract, so it should be cheap.
    #[must_use]
    pub fn compare_while(&self, contract: &Contract, goes_on: impl Fn() -> bool) -> Option<Report> {
        let mut session = Session {
            document: self.document,
            contract,
            router: &self.router,
            schemas: &self.schemas,
            profile: self.profile,
            api: &self.api,
            switches: &self.switches,
            broken_references: self.broken_references,
            variants: &self.variants,
            findings: Vec::new(),
            goes_on: &goes_on,
            is_over: false,
        };
        for (index, interaction) in contract.interactions().iter().enumerate() {
            if session.is_over() {
                return None;
            }
            match (self.document.version().describes_messages(), &interaction.exchange, &interaction.messages) {
                // Before version 4 a message names no operation, and existing comparators pass it over.
                (true, _, Some(_))
                    if self.profile == Profile::Compatible && contract.specification() < Specification::V4 => {}
                (true, _, Some(messages)) => messages::compare(&mut session, index, interaction, messages),
                (true, _, None) | (false, None, _) => {}
                (false, Some(exchange), _) => session.compare(index, interaction, exchange),
            }
        }
        // What was left in the middle of the last one is not all of it.
        (!session.is_over).then_some(Report { findings: session.findings })
    }
}

/// Compares one contract; see [`Comparator`] for many.
#[must_use]
pub fn compare(document: &Document, contract: &Contract, profile: Profile) -> Report {
    Comparator::new(document, profile).compare(contract)
}

/// What the interactions are called that a comparison says nothing of, since the document is not about them: messages
/// beside an OpenAPI document, requests beside one that describes messages, what is neither, and what a profile passes over.
#[must_use]
pub fn passed_over<'c>(document: &Document, contract: &'c Contract, profile: Profile) -> Vec<&'c str> {
    let is_named = profile != Profile::Compatible || contract.specification() >= Specification::V4;
    let describes_messages = document.version().describes_messages();
    let is_looked_at = |interaction: &Interaction| {
        if describes_messages { interaction.messages.is_some() && is_named } else { interaction.exchange.is_some() }
    };
    let left = contract.interactions().iter().filter(|interaction| !is_looked_at(interaction));
    left.map(|interaction| interaction.description.as_str()).collect()
}

#[cfg(test)]
mod tests;
