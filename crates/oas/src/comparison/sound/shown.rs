//! What a document shows by its own examples, beside what its schemas say.

use serde_json::Value;

use super::super::interaction::Call;
use crate::document::{Document, Node};

/// More items of an example than that tell nothing new.
const MAX_ITEMS: usize = 100;

/// The values that a schema gives beside itself.
pub(super) fn beside(schema: &Value) -> impl Iterator<Item = &Value> {
    let one = ["example", "default"].into_iter().filter_map(|key| schema.get(key));
    one.chain(schema.get("examples").and_then(Value::as_array).into_iter().flatten())
}

/// The examples of the response that an interaction expects, of whatever media type.
pub(super) fn of_response<'d>(document: &'d Document, call: &Call<'_>) -> Vec<&'d Value> {
    let Some(response) = call.operation.response(call.exchange.response.status) else { return Vec::new() };
    let media = response.content.media.iter().filter_map(|media| document.node(&media.pointer));
    let mut examples: Vec<&Value> = media.flat_map(|media| of_media_type(&media)).collect();
    // Swagger 2 lists them by media type.
    let listed = document.node(&response.pointer).and_then(|response| response.member("examples"));
    examples.extend(listed.iter().flat_map(Node::members).map(|(_, example)| example.value()));
    examples
}

fn of_media_type<'d>(media: &Node<'d>) -> Vec<&'d Value> {
    let named = media.member("examples");
    let named = named.iter().flat_map(Node::members).filter_map(|(_, example)| example.resolved().ok());
    let named = named.filter_map(|example| example.value().get("value"));
    media.value().get("example").into_iter().chain(named).collect()
}

/// Whether an example has something at a place. The items of a list all show what any item may have.
pub(super) fn has(example: &Value, path: &[String]) -> bool {
    let Some((first, rest)) = path.split_first() else { return true };
    match example {
        Value::Object(members) => members.get(first).is_some_and(|member| has(member, rest)),
        Value::Array(items) => items.iter().take(MAX_ITEMS).any(|item| has(item, rest)),
        _ => false,
    }
}
