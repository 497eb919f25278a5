//! What only the profile *sound* looks at: everything the other side may send, not just the example, and the parts of
//! the contract that existing comparators pass over.

mod algebra;
mod body;
mod expectation;
mod parameters;
mod references;
mod samples;
mod security;
mod shown;
mod variants;

use serde_json::{Value, json};

use super::interaction::{Call, Draft, Session};
use super::schemas::Direction;
use crate::contract::{Part, Place, Side};
use crate::finding::Code;
use crate::model::{Response, Schema};
use crate::pointer::Pointer;

pub(super) use self::body::Subject;
pub(super) use self::security::check as check_security;
pub(super) use self::variants::Known;

/// Looks at what concerns the operation and the request outside its body.
pub(super) fn check_request(session: &mut Session<'_, '_>, call: &Call<'_>) {
    if session.broken_references {
        references::check(session, call);
    }
    if call.operation.deprecated {
        session.report(
            call.interaction,
            Draft {
                code: Code::OperationDeprecated,
                place: Place::of(call.index, Part::Path),
                message: format!("{} {} is deprecated", call.operation.method, call.operation.path),
                value: json!(call.exchange.request.path),
                document: &call.operation.pointer.child("deprecated"),
            },
        );
    }
    if call.is_meant_to_succeed() {
        parameters::check(session, call);
    }
}

/// Looks at the body of a request, described by the schema at a pointer.
pub(super) fn check_request_body(session: &mut Session<'_, '_>, call: &Call<'_>, schema: &Pointer, body: &Value) {
    // What was too much to compile is too much to walk.
    if session.schemas.compiled(&Schema::At(schema.clone()), Direction::Sent).is_ok() {
        body::check_sent(session, &body::Subject::of_request(call), schema, body);
    }
}

/// Looks at the body of a response, described by the schema at a pointer.
pub(super) fn check_response_body(session: &mut Session<'_, '_>, call: &Call<'_>, schema: &Pointer, body: &Value) {
    if session.schemas.compiled(&Schema::At(schema.clone()), Direction::Received).is_ok() {
        body::check_received(session, &body::Subject::of_response(call), schema, body);
    }
}

/// Looks at the payload of a message, described by the schema at a pointer.
pub(super) fn check_payload(
    session: &mut Session<'_, '_>,
    subject: &body::Subject<'_>,
    schema: &Pointer,
    payload: &Value,
) {
    let sent = subject.part == Part::Payload(Side::Request);
    let direction = if sent { Direction::Sent } else { Direction::Received };
    if session.schemas.compiled(&Schema::At(schema.clone()), direction).is_err() {
        return;
    }
    if sent {
        body::check_sent(session, subject, schema, payload);
    } else {
        body::check_received(session, subject, schema, payload);
    }
}

/// Looks at the headers that a consumer reads and the provider may leave out.
pub(super) fn check_response_headers(session: &mut Session<'_, '_>, call: &Call<'_>, response: &Response) {
    let expected = &call.exchange.response.headers;
    let described = response.headers.iter().filter(|header| !header.name.eq_ignore_ascii_case("content-type"));
    for header in described.filter(|header| !header.required) {
        let Some(value) = expected.find(&header.name) else { continue };
        session.report(
            call.interaction,
            Draft {
                code: Code::ResponseHeaderOptional,
                place: Place::of(call.index, Part::ResponseHeader(header.name.clone())),
                message: format!("the provider may leave out the header {}", header.name),
                value: json!(value),
                document: &header.pointer,
            },
        );
    }
}

#[cfg(test)]
mod tests;
