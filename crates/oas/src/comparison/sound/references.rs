//! References that the interaction needs and that lead nowhere: what they should name cannot be held against anything.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::interaction::{Call, Draft, Session};
use crate::contract::{Part, Place};
use crate::document::{Node, ReferenceError};
use crate::finding::Code;
use crate::pointer::Pointer;

pub(super) fn check(session: &mut Session<'_, '_>, call: &Call<'_>) {
    let operation = call.operation;
    let mut needed: Vec<Pointer> = operation.parameters.iter().map(|parameter| parameter.pointer.clone()).collect();
    needed.extend(operation.body.iter().map(|body| body.pointer.clone()));
    needed.extend(operation.response(call.exchange.response.status).map(|response| response.pointer.clone()));
    for error in broken(session, needed) {
        let (code, at) = match &error {
            ReferenceError::Remote { at, .. } => (Code::ReferenceRemote, at),
            ReferenceError::Dangling { at, .. } | ReferenceError::Cyclic { at, .. } => (Code::ReferenceBroken, at),
        };
        session.report(
            call.interaction,
            Draft {
                code,
                place: Place::of(call.index, Part::Path),
                message: error.to_string(),
                value: Value::Null,
                document: &at.child("$ref"),
            },
        );
    }
}

/// The broken references below some nodes and all that those refer to.
fn broken(session: &mut Session<'_, '_>, mut pending: Vec<Pointer>) -> Vec<ReferenceError> {
    let document = session.document;
    let (mut seen, mut broken) = (BTreeSet::new(), BTreeSet::new());
    while let Some(pointer) = pending.pop().filter(|_| !session.is_over()) {
        if let Some(node) = document.node(&pointer).filter(|_| seen.insert(pointer.clone())) {
            follow(&node, &mut pending, &mut broken);
        }
    }
    broken.into_iter().collect()
}

fn follow(node: &Node<'_>, pending: &mut Vec<Pointer>, broken: &mut BTreeSet<ReferenceError>) {
    if node.text("$ref").is_some() {
        match node.resolved() {
            Ok(target) => pending.push(target.pointer().clone()),
            Err(error) => drop(broken.insert(error)),
        }
    }
    for (key, member) in node.members() {
        if !crate::document::DATA.contains(&key) && !key.starts_with("x-") {
            follow(&member, pending, broken);
        }
    }
    for item in node.items() {
        follow(&item, pending, broken);
    }
}
