//! What stands outside the request's body: path parameters, headers, query.

use serde_json::{Map, Value, json};

use super::Profile;
use super::form::{Nesting, parse};
use super::interaction::{Call, Draft, Given, Session, raw_schema};
use super::media::find_match;
use super::route::template_name;
use super::schemas::Direction;
use super::standard_headers;
use super::validate::Violation;
use crate::contract::{Headers, Part, Place};
use crate::finding::Code;
use crate::model::{Operation, Parameter, Place as Travels, Schema, SecurityScheme};

/// How what stands in the path fails its parameter.
pub(super) fn violations_of_path(
    session: &mut Session<'_, '_>,
    call: &Call<'_>,
    parameter: &Parameter,
) -> Vec<Violation> {
    let name = template_name(&parameter.name);
    let captured = call.captures.iter().find(|(captured, _)| *captured == name);
    let (Travels::Path, Some((_, text))) = (parameter.place, captured) else { return Vec::new() };
    let kind = kind(session, parameter);
    let value = match kind.as_deref() {
        Some("string") => json!(text),
        Some("array") => {
            let separator = match (parameter.style.as_deref(), parameter.explode) {
                (Some("label"), Some(true)) => '.',
                (Some("matrix"), Some(true)) => ';',
                _ => ',',
            };
            match parts(text) {
                Value::String(text) => split(&text, separator),
                other => other,
            }
        }
        _ => parts(text),
    };
    session.violations(call, &parameter.schema, Direction::Sent, Given::Text(&value))
}

/// Checks the headers; `false` if the operation does not take the body's media type.
pub(super) fn check_headers(session: &mut Session<'_, '_>, call: &Call<'_>) -> bool {
    let headers = &call.exchange.request.headers;
    check_accept(session, call, headers);
    let takes_type = check_content_type(session, call, headers);
    if call.is_meant_to_succeed() {
        for parameter in described(call) {
            check_header(session, call, parameter, headers.find(&parameter.name));
        }
    }
    if looks_for_unknown(session, call) {
        let described: Vec<String> = described(call).map(|parameter| parameter.name.to_ascii_lowercase()).collect();
        for (name, value) in headers.iter() {
            if session.is_over() {
                return false;
            }
            let known = described.iter().any(|known| known == name)
                || standard_headers::REQUEST.contains(&name)
                || carries_key(session, call.operation, Travels::Header, |key| key.eq_ignore_ascii_case(name));
            if !known {
                session.report(
                    call.interaction,
                    Draft {
                        code: Code::RequestHeaderUnknown,
                        place: Place::of(call.index, Part::RequestHeader(name.to_owned())),
                        message: format!("the document does not describe the header {name}"),
                        value: json!(value),
                        document: &call.operation.pointer,
                    },
                );
            }
        }
    }
    takes_type
}

fn described<'c>(call: &Call<'c>) -> impl Iterator<Item = &'c Parameter> + use<'c> {
    call.operation.parameters.iter().filter(|parameter| parameter.place == Travels::Header)
}

/// A request that is answered with a refusal may be wrong on purpose; a name that is not described is worth a look.
fn looks_for_unknown(session: &Session<'_, '_>, call: &Call<'_>) -> bool {
    session.profile == Profile::Sound || call.is_meant_to_succeed()
}

fn check_accept(session: &mut Session<'_, '_>, call: &Call<'_>, headers: &Headers) {
    let operation = call.operation;
    let Some(value) = headers.find("accept") else { return };
    let accept = first_part(value);
    let all: Vec<&str> = match &operation.produces {
        Some(produces) => produces.iter().map(String::as_str).collect(),
        None => operation.responses.iter().flat_map(|response| response.content.media_types()).collect(),
    };
    let of_status: Vec<&str> = match &operation.produces {
        Some(_) => all.clone(),
        None => exact_response(operation, call.exchange.response.status),
    };
    let code = if accept.is_empty() {
        return;
    } else if all.is_empty() {
        Code::AcceptUnknown
    } else if !of_status.is_empty() && find_match(accept, &all).is_none() {
        Code::AcceptIncompatible
    } else {
        return;
    };
    let message = match code {
        Code::AcceptUnknown => format!("{value} is accepted, but no response has a media type"),
        _ => format!("{value} is accepted, but the responses are {}", all.join(", ")),
    };
    session.report(
        call.interaction,
        Draft {
            code,
            place: Place::of(call.index, Part::RequestHeader("accept".to_owned())),
            message,
            value: json!(value),
            document: &operation.pointer,
        },
    );
}

/// The media types of the response that the document names by this very status.
fn exact_response(operation: &Operation, status: u16) -> Vec<&str> {
    let response = operation.response(status);
    let exact = response.filter(|response| response.status == crate::model::Status::Exactly(status));
    exact.map(|response| response.content.media_types()).unwrap_or_default()
}

fn check_content_type(session: &mut Session<'_, '_>, call: &Call<'_>, headers: &Headers) -> bool {
    let value = headers.find("content-type").unwrap_or_default();
    let content_type = first_part(value);
    let consumed = consumed(call.operation);
    let (code, message) = if content_type.is_empty() {
        if consumed.is_empty() || !has_content(call.exchange.request.body.as_ref()) {
            return true;
        }
        let message = format!("a body is sent without saying whether it is {}", consumed.join(" or "));
        (Code::RequestContentTypeMissing, message)
    } else if consumed.is_empty() {
        (Code::RequestContentTypeUnknown, format!("{value} is sent, but the operation takes no media type"))
    } else if find_match(content_type, &consumed).is_none() {
        (Code::RequestContentTypeIncompatible, format!("{value} is sent, but {} is taken", consumed.join(", ")))
    } else {
        return true;
    };
    let document = call.operation.body.as_ref().map_or(&call.operation.pointer, |body| &body.pointer);
    session.report(
        call.interaction,
        Draft {
            code,
            place: Place::of(call.index, Part::RequestHeader("content-type".to_owned())),
            message,
            value: headers.find("content-type").map_or(Value::Null, |value| json!(value)),
            document,
        },
    );
    code != Code::RequestContentTypeIncompatible
}

/// The media types that an operation takes.
pub(super) fn consumed(operation: &Operation) -> Vec<&str> {
    match &operation.consumes {
        Some(consumes) => consumes.iter().map(String::as_str).collect(),
        None => operation.body.as_ref().map(|body| body.content.media_types()).unwrap_or_default(),
    }
}

/// Whether JavaScript would take a body for true: existing comparators pass over what it would not.
pub(super) fn has_content(body: Option<&Value>) -> bool {
    match body {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        Some(_) => true,
    }
}

fn first_part(value: &str) -> &str {
    value.split(';').next().unwrap_or_default()
}

fn check_header(session: &mut Session<'_, '_>, call: &Call<'_>, parameter: &Parameter, value: Option<&str>) {
    let part = Part::RequestHeader(parameter.name.clone());
    let Some(text) = value else {
        if parameter.required {
            session.report(
                call.interaction,
                Draft {
                    code: Code::RequestHeaderIncompatible,
                    place: Place::of(call.index, part),
                    message: format!("the header {} is required", parameter.name),
                    value: Value::Null,
                    document: &parameter.pointer,
                },
            );
        }
        return;
    };
    let value = if takes_text(session, parameter) { json!(text) } else { parts(text) };
    let violations = session.violations(call, &parameter.schema, Direction::Sent, Given::Text(&value));
    session.report_violations(call, Code::RequestHeaderIncompatible, &part, &parameter.schema, violations);
}

/// Whether a header's schema, or a variant of it, is a text, which is then never taken apart.
fn takes_text(session: &Session<'_, '_>, parameter: &Parameter) -> bool {
    let Some(schema) = raw_schema(session.document, parameter) else { return false };
    let is_text = |schema: &Value| schema["type"] == "string";
    let variants = ["anyOf", "oneOf"].into_iter().flat_map(|key| schema[key].as_array().into_iter().flatten());
    is_text(schema) || variants.into_iter().any(is_text)
}

/// Checks the query.
pub(super) fn check_query(session: &mut Session<'_, '_>, call: &Call<'_>) {
    if !looks_for_unknown(session, call) {
        return;
    }
    let text = call.exchange.request.query.joined();
    let mut fields = parse(&text, Nesting::DotsAndCommas);
    let plain = parse(&text, Nesting::Brackets);
    for parameter in call.operation.parameters.iter().filter(|parameter| parameter.place == Travels::Query) {
        if raw_schema(session.document, parameter).is_some_and(|schema| schema["type"] == "string") {
            match plain.get(&parameter.name) {
                Some(value) => fields.insert(parameter.name.clone(), value.clone()),
                None => fields.remove(&parameter.name),
            };
        }
        let value = fields.remove(&parameter.name);
        if call.is_meant_to_succeed() {
            check_field(session, call, parameter, value);
        }
    }
    report_unknown_fields(session, call, fields);
}

fn check_field(session: &mut Session<'_, '_>, call: &Call<'_>, parameter: &Parameter, value: Option<Value>) {
    if value.is_none() && !parameter.required {
        return;
    }
    let value = match (value, kind(session, parameter).as_deref()) {
        (Some(Value::String(text)), Some("array")) => Some(split(&text, separator(parameter))),
        (value, _) => value,
    };
    let given = value.as_ref().map_or(Given::Nothing, Given::Text);
    let part = Part::QueryField(parameter.name.clone());
    let violations = session.violations(call, &parameter.schema, Direction::Sent, given);
    session.report_violations(call, Code::QueryIncompatible, &part, &parameter.schema, violations);
}

fn report_unknown_fields(session: &mut Session<'_, '_>, call: &Call<'_>, fields: Map<String, Value>) {
    for (name, value) in fields {
        if session.is_over() {
            return;
        }
        if carries_key(session, call.operation, Travels::Query, |key| key == name) {
            continue;
        }
        session.report(
            call.interaction,
            Draft {
                code: Code::QueryUnknown,
                message: format!("the document does not describe the query parameter {name}"),
                place: Place::of(call.index, Part::QueryField(name)),
                value,
                document: &call.operation.pointer,
            },
        );
    }
}

/// Whether one of the operation's security schemes puts a key of that name there.
fn carries_key(session: &Session<'_, '_>, operation: &Operation, at: Travels, is_name: impl Fn(&str) -> bool) -> bool {
    let schemes = operation.security.iter().flatten().filter_map(|scheme| session.api.schemes.get(scheme));
    schemes.into_iter().any(|scheme| match scheme {
        SecurityScheme::ApiKey { place, name } => *place == at && is_name(name),
        _ => false,
    })
}

/// Swagger 2 lets lists be written with other signs than commas.
fn separator(parameter: &Parameter) -> char {
    match (&parameter.schema, parameter.collection_format.as_deref()) {
        (Schema::Within(_), Some("ssv")) => ' ',
        (Schema::Within(_), Some("tsv")) => '\t',
        (Schema::Within(_), Some("pipes")) => '|',
        _ => ',',
    }
}

/// The one type that a parameter's schema names itself.
fn kind(session: &Session<'_, '_>, parameter: &Parameter) -> Option<String> {
    let schema = match &parameter.schema {
        Schema::At(pointer) | Schema::Within(pointer) => pointer.find_in(session.document.value())?,
        Schema::Open => return None,
    };
    schema["type"].as_str().map(str::to_owned)
}

/// Takes a value apart that looks like an object or a list.
fn parts(text: &str) -> Value {
    if text.contains('=') {
        Value::Object(parse(&text.replace(',', "&"), Nesting::DotsAndCommas))
    } else if text.contains(',') {
        split(text, ',')
    } else {
        json!(text)
    }
}

fn split(text: &str, separator: char) -> Value {
    text.split(separator).map(Value::from).collect()
}
