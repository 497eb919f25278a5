//! The messages that a document describes: AsyncAPI 3 lists them by operation, AsyncAPI 2 by channel, and a JSON Schema is
//! one itself, or has several under `$defs`.

use crate::document::{Document, Node, Version};
use crate::pointer::Pointer;

/// A message of a document.
pub(super) struct Described<'d> {
    pub(super) node: Node<'d>,
    /// What it is called, by whatever name.
    names: Vec<&'d str>,
    /// Whether the node is the payload's schema itself.
    is_schema: bool,
}

/// Where operations stand.
pub(super) fn operations(document: &Document) -> Pointer {
    match document.version() {
        Version::AsyncApi2 => Pointer::root().child("channels"),
        Version::JsonSchema => Pointer::root(),
        _ => Pointer::root().child("operations"),
    }
}

/// The operation of a name.
pub(super) fn operation<'d>(document: &'d Document, name: &str) -> Option<Node<'d>> {
    let found = match document.version() {
        Version::AsyncApi2 => of_channels(document).find(|operation| operation.text("operationId") == Some(name)),
        _ => document.node(&operations(document).child(name)),
    };
    found.filter(|node| node.value().is_object())
}

/// The messages of an operation or of its reply, references followed; those that lead nowhere are none.
pub(super) fn of_operation<'d>(operation: &Node<'d>) -> Vec<Described<'d>> {
    let listed = operation.member("messages");
    let mut nodes: Vec<Node<'d>> = listed.iter().flat_map(Node::items).collect();
    // AsyncAPI 2 has one message, which may be one of several.
    if let Some(message) = operation.member("message").and_then(|message| message.resolved().ok()) {
        match message.member("oneOf") {
            Some(variants) => nodes.extend(variants.items()),
            None => nodes.push(message),
        }
    }
    nodes.iter().filter_map(message).collect()
}

/// All messages, or those of the name if there are such.
pub(super) fn all<'d>(document: &'d Document, name: &str) -> Vec<Described<'d>> {
    let mut all: Vec<Described<'d>> = match document.version() {
        Version::JsonSchema => of_schema(document, name),
        Version::AsyncApi2 => of_channels(document).flat_map(|operation| of_operation(&operation)).collect(),
        _ => {
            let operations = document.root().member("operations");
            operations.iter().flat_map(Node::members).flat_map(|(_, operation)| of_operation(&operation)).collect()
        }
    };
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|message| seen.insert(message.node.pointer().clone()));
    if all.iter().any(|message| message.is_called(name)) {
        all.retain(|message| message.is_called(name));
    }
    all
}

fn of_channels(document: &Document) -> impl Iterator<Item = Node<'_>> {
    let channels: Vec<Node<'_>> =
        document.root().member("channels").iter().flat_map(Node::members).map(|(_, channel)| channel).collect();
    let channels = channels.into_iter().filter_map(|channel| channel.resolved().ok());
    channels.flat_map(|channel| ["publish", "subscribe"].into_iter().filter_map(move |key| channel.member(key)))
}

fn message<'d>(written: &Node<'d>) -> Option<Described<'d>> {
    let node = written.resolved().ok().filter(|node| node.value().is_object())?;
    let own = ["name", "messageId", "title"].into_iter().filter_map(|key| node.text(key));
    // A message in a list of its own is called by its key there, and so is what refers to it.
    let referred = written.text("$ref").and_then(|reference| reference.rsplit('/').next());
    let names = own.chain(referred).collect();
    Some(Described { node, names, is_schema: false })
}

/// Keywords that say nothing of a value.
const ABOUT: [&str; 7] = ["$schema", "$id", "id", "$defs", "definitions", "title", "description"];

/// The part that is called so; else the schema itself, if it says anything; else all parts.
fn of_schema<'d>(document: &'d Document, name: &str) -> Vec<Described<'d>> {
    let root = document.root();
    let mut parts = Vec::new();
    for key in ["$defs", "definitions"] {
        for (name, node) in root.member(key).iter().flat_map(Node::members) {
            parts.push(Described { node, names: vec![name], is_schema: true });
        }
    }
    let is_named = parts.iter().any(|part| part.is_called(name));
    let speaks = root.members().any(|(key, _)| !ABOUT.contains(&key) && !key.starts_with("x-"));
    if speaks && !is_named { vec![Described { node: root, names: Vec::new(), is_schema: true }] } else { parts }
}

impl<'d> Described<'d> {
    fn is_called(&self, name: &str) -> bool {
        self.names.iter().any(|own| own.eq_ignore_ascii_case(name))
    }

    /// Where the schema of a part stands; of one that says in which language it is written, what is written.
    pub(super) fn schema(&self, key: &str) -> Option<Pointer> {
        if self.is_schema {
            return (key == "payload").then(|| self.node.pointer().clone());
        }
        let schema = self.node.member(key)?.resolved().ok()?;
        match schema.member("schema").filter(|_| schema.text("schemaFormat").is_some()) {
            Some(written) => Some(written.pointer().clone()),
            None => Some(schema.pointer().clone()),
        }
    }

    /// The language that the payload's schema is written in, if it is none of JSON Schema's.
    pub(super) fn foreign_format(&self) -> Option<&'d str> {
        let within = self.node.member("payload").and_then(|payload| payload.resolved().ok());
        let format = self.node.text("schemaFormat").or_else(|| within?.text("schemaFormat"))?;
        let foreign = ["avro", "protobuf", "raml", "graphql", "xml"];
        foreign.iter().any(|language| format.to_ascii_lowercase().contains(language)).then_some(format)
    }
}
