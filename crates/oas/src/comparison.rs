//! Holds a contract against a document by example, to the same findings as the existing comparators. Where they are
//! wrong, this is wrong: it is for those who move from them. Matching rules count for nothing here.

mod coerce;
mod compatible;
mod form;
mod formats;
mod interaction;
mod media;
mod request;
mod request_body;
mod response;
mod route;
mod schemas;
mod security;
mod standard_headers;
mod switches;

mod validate;

use crate::contract::Contract;
use crate::document::Document;
use crate::finding::Report;
use crate::model::Api;

use self::interaction::Session;
use self::route::Router;
use self::schemas::Schemas;
use self::switches::Switches;

/// Compares all HTTP interactions of a contract with a document.
#[must_use]
pub fn compare(document: &Document, contract: &Contract) -> Report {
    let api = Api::of(document);
    let switches = Switches::of(document);
    let mut session = Session {
        document,
        contract,
        router: Router::new(&api, document.version(), &switches),
        schemas: Schemas::new(document),
        api: &api,
        switches: &switches,
        findings: Vec::new(),
    };
    for (index, interaction) in contract.interactions().iter().enumerate() {
        if let Some(exchange) = &interaction.exchange {
            session.compare(index, interaction, exchange);
        }
    }
    Report { findings: session.findings }
}

#[cfg(test)]
mod tests;
