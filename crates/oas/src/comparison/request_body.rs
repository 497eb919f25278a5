//! The body of a request.

use serde_json::{Map, Value, json};

use super::form::{Nesting, parse};
use super::interaction::{Call, Draft, Given, Session};
use super::media::find_match;
use super::request::{consumed, has_content};
use super::schemas::Direction;
use super::{Profile, sound};
use crate::contract::{Part, Place};
use crate::finding::Code;
use crate::model::{Content, Schema};
use crate::pointer::Pointer;

/// The media types whose bodies can be looked into.
pub(super) const VALIDATABLE: [&str; 3] =
    ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"];

pub(super) fn check(session: &mut Session<'_, '_>, call: &Call<'_>) {
    let (request, operation) = (&call.exchange.request, call.operation);
    let consumed = consumed(operation);
    let written = request.headers.find("content-type").unwrap_or_default();
    let content_type = match written {
        "" => "application/json",
        written => find_match(written, &consumed).unwrap_or(written),
    };
    let required = operation.body.as_ref().is_some_and(|body| body.required);
    if !required && request.body.is_none() {
        return;
    }
    let validatable: Vec<&str> = VALIDATABLE
        .into_iter()
        .filter(|media_type| *media_type != "multipart/form-data" || !session.switches.opaque_multipart)
        .collect();
    if find_match(content_type, &validatable).is_none() {
        if request.body.is_some() && call.is_meant_to_succeed() {
            let message = format!("a body of {content_type} cannot be looked into");
            report(session, call, Code::RequestBodyUnvalidatable, message);
        }
        // Of a refused request with such a body, the original goes on to look at the schema, and finds nothing to say.
        return;
    }
    if call.is_meant_to_succeed() {
        check_content(session, call, content_type, written);
    }
}

/// Holds a body that can be looked into against its schema.
fn check_content(session: &mut Session<'_, '_>, call: &Call<'_>, content_type: &str, written: &str) {
    let (request, operation) = (&call.exchange.request, call.operation);
    let consumed = consumed(operation);
    let takes_json = find_match("application/json", &consumed).is_some();
    let schema = operation.body.as_ref().and_then(|body| schema(&body.content, content_type));
    match schema {
        Some(schema) if takes_json || !session.switches.only_json_requests => {
            let parsed = request.body.as_ref().map(|body| read(body, written));
            let given = parsed.as_ref().map_or(Given::Nothing, Given::Json);
            let schema = Schema::At(schema.clone());
            let violations = session.violations(call, &schema, Direction::Sent, given);
            let fits = violations.is_empty();
            session.report_violations(call, Code::RequestBodyIncompatible, &Part::RequestBody, &schema, violations);
            if let (Profile::Sound, Schema::At(pointer), Some(body), true) = (session.profile, &schema, &parsed, fits) {
                sound::check_request_body(session, call, pointer, body);
            }
        }
        None if has_content(request.body.as_ref())
            && (takes_json || consumed.is_empty() || !session.switches.only_json_requests) =>
        {
            let message = format!("no schema describes a body of {content_type}");
            report(session, call, Code::RequestBodyUnknown, message);
        }
        _ => {}
    }
}

/// The schema of a media type.
pub(super) fn schema<'c>(content: &'c Content, media_type: &str) -> Option<&'c Pointer> {
    let found = find_match(media_type, &content.media_types());
    let media = found.and_then(|found| content.media.iter().find(|media| media.media_type == found));
    media.and_then(|media| media.schema.as_ref()).or(content.any.as_ref())
}

fn report(session: &mut Session<'_, '_>, call: &Call<'_>, code: Code, message: String) {
    let document = call.operation.body.as_ref().map_or(&call.operation.pointer, |body| &body.pointer);
    session.report(
        call.interaction,
        Draft {
            code,
            place: Place::of(call.index, Part::RequestBody),
            message,
            value: call.exchange.request.body.clone().unwrap_or(Value::Null),
            document,
        },
    );
}

/// A form as an object; any other body is what it is.
fn read(body: &Value, content_type: &str) -> Value {
    let Value::String(text) = body else { return body.clone() };
    if content_type.contains("application/x-www-form-urlencoded") {
        return Value::Object(parse(text, Nesting::DotsAndCommas));
    }
    match content_type.split_once("boundary=") {
        Some((before, boundary)) if before.contains("multipart/form-data") => parts(text, boundary),
        _ => body.clone(),
    }
}

/// The parts of a multipart body by name, each as text.
fn parts(text: &str, boundary: &str) -> Value {
    let text = text.replace("\r\n", "\n");
    let mut read = Map::new();
    for part in text.split(&format!("--{}", boundary.trim_matches('"'))).skip(1) {
        let Some((head, content)) = part.trim_start_matches('\n').split_once("\n\n") else { continue };
        let named = head.split_once("name=\"").and_then(|(_, rest)| rest.split_once('"'));
        if let Some((name, _)) = named {
            read.insert(name.to_owned(), json!(content.strip_suffix('\n').unwrap_or(content)));
        }
    }
    Value::Object(read)
}
