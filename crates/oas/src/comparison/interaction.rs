//! One interaction: which operation it calls, and the order in which its parts are looked at.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::route::{Found, Router};
use super::schemas::Direction;
use super::schemas::Schemas;
use super::switches::Switches;
use super::validate::Violation;
use super::{Profile, request, request_body, response, security, sound};
use crate::contract::{Contract, Exchange, Interaction, Part, Place};
use crate::document::{Document, Node};
use crate::finding::{Code, Finding, Spot};
use crate::model::{Api, Operation, Parameter, Schema};
use crate::pointer::Pointer;

/// One comparison as it proceeds.
pub(super) struct Session<'a, 'd> {
    pub(super) document: &'d Document,
    pub(super) contract: &'a Contract,
    pub(super) api: &'a Api,
    pub(super) profile: Profile,
    pub(super) switches: &'a Switches,
    pub(super) broken_references: bool,
    pub(super) router: &'a Router,
    pub(super) schemas: &'a Schemas<'d>,
    /// The schemas that were taken apart so far.
    pub(super) variants: &'a sound::Known<'d>,
    pub(super) findings: Vec<Finding>,
    /// Whether to go on; asked wherever something may be long.
    pub(super) goes_on: &'a dyn Fn() -> bool,
    /// Whether it was said not to go on: what was found is not all then.
    pub(super) is_over: bool,
}

/// An interaction whose operation is known.
#[derive(Clone)]
pub(super) struct Call<'a> {
    pub(super) index: usize,
    pub(super) interaction: &'a Interaction,
    pub(super) exchange: &'a Exchange,
    pub(super) operation: &'a Operation,
    pub(super) captures: Vec<(String, String)>,
}

impl Call<'_> {
    /// Whether the request is meant to be right: one that is answered with a refusal need not be.
    pub(super) fn is_meant_to_succeed(&self) -> bool {
        self.exchange.response.status < 400
    }
}

/// What is held against a schema.
#[derive(Clone, Copy)]
pub(super) enum Given<'v> {
    /// A value that is missing.
    Nothing,
    /// What a path, query or header says, which may stand for another type.
    Text(&'v Value),
    /// What a body says.
    Json(&'v Value),
}

/// A finding before it knows where it stands.
pub(super) struct Draft<'d> {
    pub(super) code: Code,
    pub(super) place: Place,
    pub(super) message: String,
    pub(super) value: Value,
    pub(super) document: &'d Pointer,
}

impl<'a> Session<'a, '_> {
    /// Whether the comparison is to be given up. It is enough to leave whatever loop one is in: nothing of it counts.
    pub(super) fn is_over(&mut self) -> bool {
        self.is_over = self.is_over || !(self.goes_on)();
        self.is_over
    }

    pub(super) fn compare(&mut self, index: usize, interaction: &'a Interaction, exchange: &'a Exchange) {
        let path = &exchange.request.path;
        let mut path = if path.starts_with('/') { path.clone() } else { format!("/{path}") };
        if self.switches.no_percent_encoding {
            path = path.replace('%', "%25");
        }
        let method = exchange.request.method.to_ascii_uppercase();
        let found = if path.contains('?') { None } else { self.router.find(self.api, &method, &path) };
        let Some(Found { operation, captures }) = found else {
            return self.path_is_unknown(index, interaction, exchange, &Pointer::root().child("paths"));
        };
        let call = Call { index, interaction, exchange, operation, captures };
        let failing = self.failing_path_parameters(&call);
        if !failing.is_empty() {
            for pointer in failing {
                self.path_is_unknown(index, interaction, exchange, &pointer);
            }
            return;
        }
        match self.profile {
            Profile::Compatible => security::check(self, &call),
            Profile::Sound => {
                sound::check_request(self, &call);
                sound::check_security(self, &call);
            }
        }
        let takes_type = request::check_headers(self, &call);
        request::check_query(self, &call);
        if takes_type {
            request_body::check(self, &call);
        }
        response::check(self, &call);
    }

    /// Where the parameters stand that the path does not meet, once for each violation.
    fn failing_path_parameters(&mut self, call: &Call<'_>) -> Vec<Pointer> {
        let mut failing = Vec::new();
        for parameter in &call.operation.parameters {
            let violations = request::violations_of_path(self, call, parameter);
            failing.extend(violations.iter().map(|_| parameter.pointer.clone()));
        }
        failing
    }

    fn path_is_unknown(&mut self, index: usize, interaction: &Interaction, exchange: &Exchange, pointer: &Pointer) {
        let (method, path) = (exchange.request.method.to_ascii_uppercase(), &exchange.request.path);
        let message = if pointer.as_str() == "/paths" {
            format!("the document has no operation {method} {path}")
        } else {
            format!("{path} does not fit the path's parameter")
        };
        self.report(
            interaction,
            Draft {
                code: Code::PathOrMethodUnknown,
                place: Place::of(index, Part::Path),
                message,
                value: json!(path),
                document: pointer,
            },
        );
    }

    /// Holds a value against a schema. A schema that cannot be used is reported,
    /// not held against the consumer.
    pub(super) fn violations(
        &mut self,
        call: &Call<'_>,
        schema: &Schema,
        direction: Direction,
        given: Given<'_>,
    ) -> Vec<Violation> {
        self.violations_in(call.index, call.interaction, schema, direction, given)
    }

    /// The same for an interaction that calls no operation.
    pub(super) fn violations_in(
        &mut self,
        index: usize,
        interaction: &Interaction,
        schema: &Schema,
        direction: Direction,
        given: Given<'_>,
    ) -> Vec<Violation> {
        if self.is_over() {
            return Vec::new();
        }
        match (self.schemas.compiled(schema, direction), given) {
            (Ok(compiled), Given::Nothing) => compiled.violations_of_nothing(),
            (Ok(compiled), Given::Text(value)) => compiled.violations_of_text(value),
            (Ok(compiled), Given::Json(value)) => compiled.violations(value),
            (Err(reason), _) => {
                self.schema_is_unusable(index, interaction, schema, &reason);
                Vec::new()
            }
        }
    }

    fn schema_is_unusable(&mut self, index: usize, interaction: &Interaction, schema: &Schema, reason: &str) {
        let (Schema::At(pointer) | Schema::Within(pointer)) = schema else { return };
        let known = |finding: &Finding| finding.code == Code::SchemaUnusable && finding.document.pointer == *pointer;
        if !self.findings.iter().any(known) {
            self.report(
                interaction,
                Draft {
                    code: Code::SchemaUnusable,
                    place: Place::of(index, Part::Interaction),
                    message: format!("nothing could be held against this schema: {reason}"),
                    value: Value::Null,
                    document: pointer,
                },
            );
        }
    }

    /// Reports each violation at its place in a part of the interaction.
    pub(super) fn report_violations(
        &mut self,
        call: &Call<'_>,
        code: Code,
        part: &Part,
        schema: &Schema,
        violations: Vec<Violation>,
    ) {
        let (Schema::At(start) | Schema::Within(start)) = schema else { return };
        for violation in violations {
            if self.is_over() {
                return;
            }
            let document = self.keyword(start, &violation.keyword);
            self.report(
                call.interaction,
                Draft {
                    code,
                    place: Place::within(call.index, part.clone(), violation.within),
                    message: violation.message,
                    value: violation.value,
                    document: &document,
                },
            );
        }
    }

    /// Where a keyword stands in the document. What is held against a value was changed, so this goes down as far as
    /// the document has the same, through references and parts of `allOf`.
    pub(super) fn keyword(&self, start: &Pointer, keyword: &Pointer) -> Pointer {
        let tokens: Vec<String> = keyword.tokens().collect();
        if self.document.node(keyword).is_some_and(|node| node.pointer() != &Pointer::root()) {
            return keyword.clone();
        }
        let mut descent = Descent { document: self.document, best: start.clone(), tried: BTreeSet::new() };
        descent.go(start, &tokens, 0);
        descent.best
    }

    pub(super) fn report(&mut self, interaction: &Interaction, draft: Draft<'_>) -> &mut Finding {
        let Draft { code, place, message, value, document } = draft;
        let in_contract = self.contract.pointer(&place);
        let constraint = self.document.node(document).map(|node| node.value().clone());
        let finding = Finding {
            code,
            severity: code.severity(),
            message,
            interaction: interaction.description.clone(),
            contract: Spot { position: self.contract.position(&in_contract), pointer: in_contract },
            document: Spot { position: self.document.position(document), pointer: document.clone() },
            place,
            value,
            constraint: constraint.filter(is_short).unwrap_or(Value::Null),
            witness: None,
            fix_by: code.party(),
            edit: code.advice().to_owned(),
            causes: Vec::new(),
        };
        self.findings.push_mut(finding)
    }
}

/// Constraints are quoted, whole operations are not.
fn is_short(value: &Value) -> bool {
    fn within(value: &Value, left: &mut usize) -> bool {
        if *left == 0 {
            return false;
        }
        *left -= 1;
        match value {
            Value::String(text) => text.len() <= 500,
            Value::Array(items) => items.iter().all(|item| within(item, left)),
            Value::Object(members) => members.values().all(|member| within(member, left)),
            _ => true,
        }
    }
    within(value, &mut 40)
}

/// How many references and parts deep a keyword's place is looked for; then it is as exact as it gets.
const MAX_DEPTH: usize = 64;

/// Goes down from a schema by the tokens of a keyword.
struct Descent<'d> {
    document: &'d Document,
    /// The deepest node that was reached.
    best: Pointer,
    /// From where, with how many tokens left, it was tried already.
    tried: BTreeSet<(Pointer, usize)>,
}

impl Descent<'_> {
    fn go(&mut self, from: &Pointer, tokens: &[String], depth: usize) -> bool {
        let Some((first, rest)) = tokens.split_first() else {
            self.best = from.clone();
            return true;
        };
        let Some(node) = self.document.node(from) else { return false };
        if depth > MAX_DEPTH || !self.tried.insert((from.clone(), tokens.len())) {
            return false;
        }
        let deeper = from.child(first);
        if self.document.node(&deeper).is_some() && first != "$ref" {
            self.best = deeper.clone();
            if self.go(&deeper, rest, depth) {
                return true;
            }
        }
        let rest = if first == "$ref" { rest } else { tokens };
        if node.text("$ref").is_some()
            && let Ok(target) = node.resolved()
        {
            return self.go(target.pointer(), rest, depth + 1);
        }
        let parts: Vec<Pointer> =
            node.member("allOf").iter().flat_map(Node::items).map(|part| part.pointer().clone()).collect();
        parts.iter().any(|part| self.go(part, tokens, depth + 1))
    }
}

/// The schema of a parameter, if it is one that a value can be held against.
pub(super) fn raw_schema<'d>(document: &'d Document, parameter: &Parameter) -> Option<&'d Value> {
    match &parameter.schema {
        Schema::At(pointer) => pointer.find_in(document.value()),
        Schema::Within(_) | Schema::Open => None,
    }
}
