//! Whether a request meets one of the operation's security requirements, with all schemes that the requirement names.

use serde_json::Value;

use super::super::interaction::{Call, Draft, Session};
use super::parameters::cookie;
use crate::contract::{Part, Place};
use crate::finding::Code;
use crate::model::{Place as Travels, SecurityScheme};

pub(in super::super) fn check(session: &mut Session<'_, '_>, call: &Call<'_>) {
    if !call.is_meant_to_succeed() {
        return;
    }
    let missing = call.operation.security.iter().map(|requirement| {
        let schemes = requirement.iter().filter_map(|name| Some((name, session.api.schemes.get(name)?)));
        let missing = schemes.filter_map(|(name, scheme)| Some((name.clone(), miss(call, scheme)?)));
        missing.collect::<Vec<_>>()
    });
    // The requirement that is nearest to being met is the one to complete.
    let Some(missing) = missing.min_by_key(Vec::len) else { return };
    for (name, part) in missing {
        session.report(
            call.interaction,
            Draft {
                code: Code::AuthorizationMissing,
                place: Place::of(call.index, part),
                message: format!("the request lacks what the security scheme {name} asks for"),
                value: Value::Null,
                document: &call.operation.pointer,
            },
        );
    }
}

/// Where a request lacks what a scheme asks for; `None` if it has it, or no request shows it.
fn miss(call: &Call<'_>, scheme: &SecurityScheme) -> Option<Part> {
    let request = &call.exchange.request;
    let (met, part) = match scheme {
        SecurityScheme::ApiKey { place: Travels::Header, name } => {
            (request.headers.find(name).is_some(), Part::RequestHeaders)
        }
        SecurityScheme::ApiKey { place: Travels::Cookie, name } => {
            (cookie(&request.headers, name).is_some(), Part::RequestHeaders)
        }
        SecurityScheme::ApiKey { name, .. } => {
            (request.query.fields().iter().any(|(field, _)| field == name), Part::Query)
        }
        SecurityScheme::Http(wanted) => {
            let sent = request.headers.find("authorization").and_then(|sent| sent.split_once(' '));
            (sent.is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case(wanted)), Part::RequestHeaders)
        }
        SecurityScheme::Elsewhere => return None,
    };
    (!met).then_some(part)
}
