//! Operations: which of the one document are which of the other, and what of them came, went or changed.

use std::collections::HashMap;

use super::lifecycle::{self, Stability, Sunset};
use super::session::Session;
use super::{body, parameters, security};
use crate::document::{Document, Node};
use crate::model::{Api, Operation};

/// One operation in its two versions.
pub(super) struct Endpoint<'o, 'd> {
    pub(super) old: Side<'o, 'd>,
    pub(super) new: Side<'o, 'd>,
}

/// One version of an operation.
#[derive(Clone)]
pub(super) struct Side<'o, 'd> {
    pub(super) operation: &'o Operation,
    pub(super) node: Node<'d>,
}

/// The operations of a document by method and path, the names of path parameters left out.
struct Operations<'o, 'd> {
    in_order: Vec<((String, String), Side<'o, 'd>)>,
    index: HashMap<(String, String), usize>,
}

impl<'o, 'd> Operations<'o, 'd> {
    fn of(document: &'d Document, api: &'o Api) -> Self {
        let (mut in_order, mut index) = (Vec::new(), HashMap::new());
        for operation in &api.operations {
            let Some(node) = document.node(&operation.pointer) else { continue };
            let key = (operation.method.clone(), shape(&operation.path));
            index.entry(key.clone()).or_insert(in_order.len());
            in_order.push((key, Side { operation, node }));
        }
        Self { in_order, index }
    }

    /// The operation that stands for one of the other document, the one of the very same path first.
    fn find(&self, key: &(String, String), path: &str) -> Option<&Side<'o, 'd>> {
        let first = &self.in_order.get(*self.index.get(key)?)?.1;
        if first.operation.path == path {
            return Some(first);
        }
        let mut all = self.in_order.iter().filter(|(other, _)| other == key).map(|(_, side)| side);
        Some(all.find(|side| side.operation.path == path).unwrap_or(first))
    }

    fn has_path(&self, path: &str) -> bool {
        self.in_order.iter().any(|((_, other), _)| other == path)
    }
}

/// A path without the names of its parameters.
fn shape(path: &str) -> String {
    let (mut shape, mut named) = (String::with_capacity(path.len()), false);
    for character in path.chars() {
        match character {
            '{' => named = true,
            '}' => {
                named = false;
                shape.push_str("{}");
            }
            _ if named => {}
            _ => shape.push(character),
        }
    }
    shape
}

pub(super) fn compare(session: &mut Session<'_>) {
    let apis = (Api::of(session.old), Api::of(session.new));
    let (old, new) = (Operations::of(session.old, &apis.0), Operations::of(session.new, &apis.1));
    for (key, side) in &old.in_order {
        session.operation = Some((side.operation.method.clone(), side.operation.path.clone()));
        match new.find(key, &side.operation.path) {
            Some(counterpart) => both(session, &Endpoint { old: side.clone(), new: counterpart.clone() }),
            None => removed(session, side, new.has_path(&key.1)),
        }
    }
    for (key, side) in &new.in_order {
        if old.find(key, &side.operation.path).is_none() {
            session.operation = Some((side.operation.method.clone(), side.operation.path.clone()));
            added(session, side);
        }
    }
    session.operation = None;
}

fn added(session: &mut Session<'_>, side: &Side<'_, '_>) {
    if Stability::of(&side.node).is_none_or(Stability::is_promised) {
        session.note("endpoint-added", (None, Some(&side.node)), "", "the operation is new".to_owned());
    }
}

fn removed(session: &mut Session<'_>, side: &Side<'_, '_>, path_stays: bool) {
    if Stability::of(&side.node).is_some_and(|stability| !stability.is_promised()) {
        return;
    }
    let kind = if path_stays { "api" } else { "api-path" };
    let (id, message) = match (side.node.flag("deprecated"), Sunset::of(&side.node)) {
        (false, _) => {
            (format!("{kind}-removed-without-deprecation"), "the operation is gone, and was not deprecated".to_owned())
        }
        (true, Sunset::Invalid) => {
            ("api-path-sunset-parse".to_owned(), "the operation is gone, its sunset was no date".to_owned())
        }
        (true, Sunset::On(day)) if day > session.today => {
            (format!("{kind}-removed-before-sunset"), format!("the operation is gone before its sunset on {day}"))
        }
        // Announced and due: nobody is surprised.
        (true, Sunset::On(_)) => return,
        (true, Sunset::Absent) => {
            (format!("{kind}-removed-with-deprecation"), "the operation is gone, it was deprecated".to_owned())
        }
    };
    session.note(&id, (Some(&side.node), None), "", message);
}

fn both(session: &mut Session<'_>, endpoint: &Endpoint<'_, '_>) {
    let (old, new) = (&endpoint.old.node, &endpoint.new.node);
    let (Some(before), Some(after)) = (Stability::of(old), Stability::of(new)) else {
        let message = "the stability level is none of draft, alpha, beta and stable".to_owned();
        return session.note("api-invalid-stability-level", (Some(old), Some(new)), "x-stability-level", message);
    };
    if !before.is_promised() {
        if after.is_promised() {
            added(session, &endpoint.new);
        }
        return;
    }
    if before != after {
        let id = if after < before { "api-stability-decreased" } else { "api-stability-increased" };
        let message = "the operation's stability level changed".to_owned();
        session.note(id, (Some(old), Some(new)), "x-stability-level", message);
    }
    lifecycle::compare(session, &lifecycle::OPERATION, old, new, "the operation");
    names(session, old, new);
    security::of_operation(session, endpoint);
    parameters::compare(session, endpoint);
    body::requests(session, endpoint);
    body::responses(session, endpoint);
}

fn names(session: &mut Session<'_>, old: &Node<'_>, new: &Node<'_>) {
    let sides = (Some(old), Some(new));
    match (old.text("operationId"), new.text("operationId")) {
        (None, Some(id)) => {
            session.note("api-operation-id-added", sides, "operationId", format!("the operation is called `{id}` now"));
        }
        (Some(id), other) if other != Some(id) => {
            let message = format!("the operation is no longer called `{id}`");
            session.note("api-operation-id-removed", sides, "operationId", message);
        }
        _ => {}
    }
    let tags = |node: &Node<'_>| -> Vec<String> {
        node.member("tags")
            .iter()
            .flat_map(Node::items)
            .filter_map(|tag| tag.value().as_str().map(str::to_owned))
            .collect()
    };
    let (before, after) = (tags(old), tags(new));
    for tag in after.iter().filter(|tag| !before.contains(tag)) {
        session.note("api-tag-added", sides, "tags", format!("the operation has the tag `{tag}` now"));
    }
    for tag in before.iter().filter(|tag| !after.contains(tag)) {
        session.note("api-tag-removed", sides, "tags", format!("the operation no longer has the tag `{tag}`"));
    }
}
