//! Whether a request shows who sends it. One scheme that is met anywhere is enough, and what no request can show by
//! itself counts as met.

use serde_json::{Value, json};

use super::interaction::{Call, Draft, Session};
use crate::contract::{Part, Place};
use crate::finding::Code;
use crate::model::{Place as Travels, SecurityScheme};

pub(super) fn check(session: &mut Session<'_, '_>, call: &Call<'_>) {
    if !call.is_meant_to_succeed() {
        return;
    }
    let mut missing = Vec::new();
    for requirement in &call.operation.security {
        if requirement.is_empty() {
            return;
        }
        for scheme in requirement.iter().filter_map(|name| session.api.schemes.get(name)) {
            match miss(session, call, scheme) {
                Some(part) => missing.push(part),
                None => return,
            }
        }
    }
    for part in missing {
        let value: Value = match &part {
            Part::Query => json!(call.exchange.request.query.joined()),
            _ => call.exchange.request.headers.iter().map(|(name, value)| (name.to_owned(), json!(value))).collect(),
        };
        session.report(
            call.interaction,
            Draft {
                code: Code::AuthorizationMissing,
                place: Place::of(call.index, part),
                message: "the request meets no security scheme of the operation".to_owned(),
                value,
                document: &call.operation.pointer,
            },
        );
    }
}

/// Where the request misses what a scheme wants; `None` if it has it.
fn miss(session: &Session<'_, '_>, call: &Call<'_>, scheme: &SecurityScheme) -> Option<Part> {
    let request = &call.exchange.request;
    match scheme {
        SecurityScheme::ApiKey { place: Travels::Header, name } => {
            request.headers.find(name).is_none().then_some(Part::RequestHeaders)
        }
        SecurityScheme::ApiKey { place: Travels::Query, name } => {
            let text = request.query.joined();
            let fields = crate::contract::Query::Text(text).fields();
            (!fields.iter().any(|(field, _)| field == name)).then_some(Part::Query)
        }
        SecurityScheme::Http(wanted) => {
            let sent = request.headers.find("authorization");
            let met = if session.switches.any_authorization {
                sent.is_some()
            } else {
                let sent = sent.unwrap_or_default().to_ascii_lowercase();
                matches!(wanted.as_str(), "basic" | "bearer") && sent.starts_with(&format!("{wanted} "))
            };
            (!met).then_some(Part::RequestHeaders)
        }
        SecurityScheme::ApiKey { .. } | SecurityScheme::Elsewhere => None,
    }
}
