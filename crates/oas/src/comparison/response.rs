//! The response: its status, media type, headers and body.

use serde_json::{Value, json};

use super::interaction::{Call, Draft, Given, Session};
use super::media::find_match;
use super::request::has_content;
use super::request_body::{VALIDATABLE, schema};
use super::schemas::Direction;
use super::standard_headers;
use super::{Profile, sound};
use crate::contract::{Part, Place};
use crate::finding::Code;
use crate::model::{Response, Schema, Status};

pub(super) fn check(session: &mut Session<'_, '_>, call: &Call<'_>) {
    let status = call.exchange.response.status;
    let Some(response) = call.operation.response(status) else {
        let message = format!("the operation does not answer with {status}");
        return report_status(session, call, Code::StatusUnknown, message);
    };
    let types = media_types(call, response);
    let has_type = check_content_type(session, call, response, &types);
    check_headers(session, call, response);
    if session.profile == Profile::Sound {
        sound::check_response_headers(session, call, response);
    }
    if has_type {
        check_body(session, call, response, &types);
    }
}

fn media_types<'a>(call: &Call<'a>, response: &'a Response) -> Vec<&'a str> {
    match &call.operation.produces {
        Some(produces) => produces.iter().map(String::as_str).collect(),
        None => response.content.media_types(),
    }
}

fn report_status(session: &mut Session<'_, '_>, call: &Call<'_>, code: Code, message: String) {
    session.report(
        call.interaction,
        Draft {
            code,
            place: Place::of(call.index, Part::Status),
            message,
            value: json!(call.exchange.response.status),
            document: &call.operation.responses_pointer,
        },
    );
}

/// `false` if the response cannot be of the media type that is expected.
fn check_content_type(session: &mut Session<'_, '_>, call: &Call<'_>, response: &Response, types: &[&str]) -> bool {
    let value = call.exchange.response.headers.find("content-type").unwrap_or_default();
    let content_type = value.split(';').next().unwrap_or_default();
    let (code, message) = if content_type.is_empty() {
        return true;
    } else if types.is_empty() {
        (Code::ResponseContentTypeUnknown, format!("{value} is expected, but the response has no media type"))
    } else if find_match(content_type, types).is_none() {
        (
            Code::ResponseContentTypeIncompatible,
            format!("{value} is expected, but the response is {}", types.join(", ")),
        )
    } else {
        return true;
    };
    session.report(
        call.interaction,
        Draft {
            code,
            place: Place::of(call.index, Part::ResponseHeader("content-type".to_owned())),
            message,
            value: json!(value),
            document: &response.pointer,
        },
    );
    code != Code::ResponseContentTypeIncompatible
}

fn check_headers(session: &mut Session<'_, '_>, call: &Call<'_>, response: &Response) {
    let expected = &call.exchange.response.headers;
    for header in &response.headers {
        let described = !header.name.eq_ignore_ascii_case("content-type");
        let Some(value) = expected.find(&header.name).filter(|_| described) else { continue };
        let (part, value) = (Part::ResponseHeader(header.name.clone()), json!(value));
        let violations = session.violations(call, &header.schema, Direction::Sent, Given::Text(&value));
        session.report_violations(call, Code::ResponseHeaderIncompatible, &part, &header.schema, violations);
    }
    let described = |name: &str| response.headers.iter().any(|header| header.name.eq_ignore_ascii_case(name));
    let undescribed = expected.iter().filter(|(name, _)| *name != "content-type" && !described(name));
    for (name, value) in undescribed {
        if session.is_over() {
            return;
        }
        let code = if standard_headers::RESPONSE.contains(&name) {
            Code::ResponseHeaderUndefined
        } else {
            Code::ResponseHeaderUnknown
        };
        session.report(
            call.interaction,
            Draft {
                code,
                place: Place::of(call.index, Part::ResponseHeader(name.to_owned())),
                message: format!("the document does not describe the header {name}"),
                value: json!(value),
                document: &response.pointer,
            },
        );
    }
}

fn check_body(session: &mut Session<'_, '_>, call: &Call<'_>, response: &Response, types: &[&str]) {
    if response.status == Status::Default {
        let message = format!("only the default response stands for {}", call.exchange.response.status);
        report_status(session, call, Code::StatusDefault, message);
    }
    let body = call.exchange.response.body.as_ref();
    let content_type = content_type(session, call, types);
    if find_match(content_type, &VALIDATABLE).is_none() {
        if body.is_some() {
            let message = format!("a body of {content_type} cannot be looked into");
            report_body(session, call, response, Code::ResponseBodyUnvalidatable, message);
        }
        return;
    }
    // A body of `null` or without a character asks for none, as most libraries write it.
    let is_seen = |body: &&Value| match session.profile {
        Profile::Compatible => has_content(Some(body)),
        Profile::Sound => !body.is_null() && **body != "",
    };
    let Some(body) = body.filter(is_seen) else { return };
    let Some(schema) = response.content.any.as_ref().or_else(|| schema(&response.content, content_type)) else {
        let message = format!("no schema describes a body of {content_type}");
        return report_body(session, call, response, Code::ResponseBodyUnknown, message);
    };
    let schema = Schema::At(schema.clone());
    let violations = session.violations(call, &schema, Direction::Received, Given::Json(body));
    session.report_violations(call, Code::ResponseBodyIncompatible, &Part::ResponseBody, &schema, violations);
    if let (Profile::Sound, Schema::At(pointer)) = (session.profile, &schema) {
        sound::check_response_body(session, call, pointer, body);
    }
}

/// The media type by which the body's schema is chosen. For existing comparators what the consumer accepts decides,
/// whatever it then expects.
fn content_type<'t>(session: &Session<'_, '_>, call: &Call<'t>, types: &[&'t str]) -> &'t str {
    let exchange = call.exchange;
    let given = |value: Option<&'t str>| value.filter(|value| !value.is_empty());
    let accepted = given(exchange.request.headers.find("accept"));
    let expected = given(exchange.response.headers.find("content-type")).filter(|_| session.profile == Profile::Sound);
    let wanted = expected.or(accepted).unwrap_or("application/json");
    find_match(wanted, types).or(types.first().copied()).unwrap_or("application/json")
}

fn report_body(session: &mut Session<'_, '_>, call: &Call<'_>, response: &Response, code: Code, message: String) {
    session.report(
        call.interaction,
        Draft {
            code,
            place: Place::of(call.index, Part::ResponseBody),
            message,
            value: call.exchange.response.body.clone().unwrap_or(Value::Null),
            document: &response.pointer,
        },
    );
}
