//! Cookies, and whether all that a consumer may write in the path, query or headers is taken.

use jsonschema::Draft as Dialect;
use serde_json::{Value, json};

use super::super::interaction::{Call, Draft, Given, Session};
use super::super::request::violations_of_path;
use super::super::schemas::Direction;
use super::{expectation, samples};
use crate::contract::{Headers, Part, Place, kind};
use crate::finding::Code;
use crate::model::{Parameter, Place as Travels};
use crate::pointer::Pointer;

pub(super) fn check(session: &mut Session<'_, '_>, call: &Call<'_>) {
    check_path(session, call);
    for parameter in &call.operation.parameters {
        if session.is_over() {
            return;
        }
        match parameter.place {
            Travels::Cookie => check_cookie(session, call, parameter),
            Travels::Query | Travels::Header => check_rules(session, call, parameter),
            _ => {}
        }
    }
}

/// The value of a cookie that a request sends.
pub(super) fn cookie<'h>(headers: &'h Headers, name: &str) -> Option<&'h str> {
    let pairs = headers.find("cookie")?.split([';', ',']).filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
}

fn check_cookie(session: &mut Session<'_, '_>, call: &Call<'_>, parameter: &Parameter) {
    let part = Part::RequestHeader("cookie".to_owned());
    match cookie(&call.exchange.request.headers, &parameter.name) {
        Some(text) => {
            let value = json!(text);
            let violations = session.violations(call, &parameter.schema, Direction::Sent, Given::Text(&value));
            session.report_violations(call, Code::CookieIncompatible, &part, &parameter.schema, violations);
        }
        None if parameter.required => {
            session.report(
                call.interaction,
                Draft {
                    code: Code::CookieIncompatible,
                    place: Place::of(call.index, part),
                    message: format!("the cookie {} is required", parameter.name),
                    value: Value::Null,
                    document: &parameter.pointer,
                },
            );
        }
        None => {}
    }
}

/// Tries paths that the consumer's rule allows: each should lead to the operation, with parameters that fit.
fn check_path(session: &mut Session<'_, '_>, call: &Call<'_>) {
    let matchers = call.exchange.request.rules.of("path", None);
    let operation = call.operation;
    let witness = texts(matchers, &call.exchange.request.path).into_iter().find(|path| {
        let found = session.router.find(session.api, &operation.method, path);
        let Some(found) = found.filter(|found| found.operation.pointer == operation.pointer) else { return true };
        let tried = Call { captures: found.captures, ..call.clone() };
        operation.parameters.iter().any(|parameter| !violations_of_path(session, &tried, parameter).is_empty())
    });
    if let Some(path) = witness {
        report(session, call, Part::Path, &operation.pointer, path);
    }
}

fn check_rules(session: &mut Session<'_, '_>, call: &Call<'_>, parameter: &Parameter) {
    let rules = &call.exchange.request.rules;
    let (matchers, part) = match parameter.place {
        Travels::Query => (rules.of("query", Some(&parameter.name)), Part::QueryField(parameter.name.clone())),
        _ => (rules.of("header", Some(&parameter.name)), Part::RequestHeader(parameter.name.clone())),
    };
    let witness = texts(matchers, "text").into_iter().find(|text| {
        let value = json!(text);
        !session.violations(call, &parameter.schema, Direction::Sent, Given::Text(&value)).is_empty()
    });
    if let Some(text) = witness {
        report(session, call, part, &parameter.pointer, text);
    }
}

/// Texts that matchers allow, as far as some of them say more than the type.
fn texts(matchers: &[Value], example: &str) -> Vec<String> {
    let telling: Vec<Value> = matchers.iter().filter(|matcher| kind(matcher) == "regex").cloned().collect();
    let Some(schema) = expectation::schema(&telling, &json!(example)) else { return Vec::new() };
    let Ok(validator) = jsonschema::options().with_draft(Dialect::Draft202012).build(&schema) else {
        return Vec::new();
    };
    let patterns = telling.iter().filter_map(|matcher| matcher["regex"].as_str());
    patterns.flat_map(samples::of_pattern).filter(|text| validator.is_valid(&json!(text))).collect()
}

fn report(session: &mut Session<'_, '_>, call: &Call<'_>, part: Part, document: &Pointer, witness: String) {
    let finding = session.report(
        call.interaction,
        Draft {
            code: Code::RequestParameterWider,
            place: Place::of(call.index, part),
            message: format!("the matching rule allows {witness:?}, which the provider refuses"),
            value: Value::Null,
            document,
        },
    );
    finding.witness = Some(Value::String(witness));
}
