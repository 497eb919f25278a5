//! What concerns the whole document: its named schemas, its webhooks, and whether its version tells of the changes.

use super::session::Session;
use crate::document::{Document, Node, Version};
use crate::finding::Severity;

pub(super) fn compare(session: &mut Session<'_>) {
    schemas(session);
    webhooks(session);
    version(session);
}

fn named_schemas(document: &Document) -> Option<Node<'_>> {
    match document.version() {
        Version::Swagger2 => document.root().member("definitions"),
        _ => document.root().member("components")?.member("schemas"),
    }
}

fn schemas(session: &mut Session<'_>) {
    let (old, new) = (named_schemas(session.old), named_schemas(session.new));
    for (name, schema) in old.iter().flat_map(Node::members) {
        if new.as_ref().and_then(|new| new.member(name)).is_none() {
            session.note(
                "api-schema-removed",
                (Some(&schema), new.as_ref()),
                "",
                format!("the schema `{name}` is gone"),
            );
        }
    }
}

fn webhooks(session: &mut Session<'_>) {
    let (old, new) = (session.old.root().member("webhooks"), session.new.root().member("webhooks"));
    for (name, webhook) in old.iter().flat_map(Node::members) {
        if new.as_ref().and_then(|new| new.member(name)).is_none() {
            let message = format!("the webhook `{name}` is gone");
            session.note("webhook-removed", (Some(&webhook), new.as_ref()), "", message);
        }
    }
    for (name, webhook) in new.iter().flat_map(Node::members) {
        if old.as_ref().and_then(|old| old.member(name)).is_none() {
            session.note("webhook-added", (old.as_ref(), Some(&webhook)), "", format!("the webhook `{name}` is new"));
        }
    }
}

/// A version by the rules of semantic versioning, without what follows the numbers.
fn semantic(text: &str) -> Option<[u64; 3]> {
    let numbers = text.split(['-', '+']).next()?;
    let mut parts = numbers.split('.').map(str::parse);
    let version = [parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?];
    parts.next().is_none().then_some(version)
}

/// A breaking change asks for another first number; before 1.0.0, for another second one.
fn version(session: &mut Session<'_>) {
    if !session.changes.iter().any(|change| change.severity == Severity::Error) {
        return;
    }
    let (old, new) = (session.old.root().member("info"), session.new.root().member("info"));
    let written = |info: &Option<Node<'_>>| info.as_ref()?.text("version").map(str::to_owned);
    let (Some(before), Some(after)) = (written(&old), written(&new)) else { return };
    let (Some(from), Some(to)) = (semantic(&before), semantic(&after)) else { return };
    let counts = if from[0] == 0 { 2 } else { 1 };
    let (id, said) = if before == after {
        ("api-version-not-bumped", "stays")
    } else if to < from {
        ("api-version-decreased", "goes back")
    } else if to[..counts] == from[..counts] {
        ("api-major-version-not-bumped", "tells of no breaking change")
    } else {
        return;
    };
    let message = format!("the version {said} ({before} to {after}), but something is breaking");
    session.note(id, (old.as_ref(), new.as_ref()), "version", message);
}
