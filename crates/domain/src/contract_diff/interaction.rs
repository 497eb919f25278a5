//! What identifies an interaction or message, and what of it promises something.

use super::{Difference, InteractionDiff, InteractionName, Kind};
use crate::json::{self, Json};

const STATES: [&str; 3] = ["provider_state", "providerState", "providerStates"];

/// Equal for the same interaction in other words. Unlike for merging, a state that is spelled as pacts of another
/// specification version spell it is the same state.
pub(super) fn name(interaction: &Json<'_>) -> String {
    let mut name = interaction.get("description").map(Json::to_text).unwrap_or_default();
    for (state, parameters) in states(interaction) {
        name.push(' ');
        json::write_string(&state, &mut name);
        name.push_str(&parameters);
    }
    name
}

/// Whether the member says which interaction it is, or promises nothing.
pub(super) fn is_left_out(key: &str) -> bool {
    STATES.contains(&key) || matches!(key, "_id" | "comments" | "description" | "interactionMarkup" | "key")
}

/// The text of what it promises.
pub(super) fn promise(interaction: &Json<'_>) -> String {
    let Json::Object(members) = interaction else {
        return interaction.to_text();
    };
    let mut text = String::new();
    let promised = members.iter().filter(|(key, _)| !is_left_out(key));
    json::write_object(promised.map(|(key, value)| (key.as_ref(), value)), &mut text);
    text
}

pub(super) fn diff(kind: Kind, interaction: &Json<'_>, difference: Difference) -> InteractionDiff {
    let InteractionName { kind, description, provider_states, outline } = named(kind, interaction);
    InteractionDiff { kind, description, provider_states, outline, difference }
}

pub(super) fn named(kind: Kind, interaction: &Json<'_>) -> InteractionName {
    let states = states(interaction).into_iter();
    InteractionName {
        kind,
        description: interaction.get("description").map(plain).unwrap_or_default(),
        provider_states: states.map(|(state, parameters)| format!("{state} {parameters}").trim().to_owned()).collect(),
        outline: outline(interaction),
    }
}

/// The name of each state, and its parameters as JSON.
pub(crate) fn states(interaction: &Json<'_>) -> Vec<(String, String)> {
    let given = STATES.iter().find_map(|key| interaction.get(key).filter(|state| **state != Json::Null));
    match given {
        None => Vec::new(),
        Some(Json::Array(states)) => states.iter().map(state).collect(),
        Some(one) => vec![state(one)],
    }
}

fn state(given: &Json<'_>) -> (String, String) {
    let parameters = given.get("params").filter(|parameters| !is_empty(parameters));
    match given.get("name") {
        Some(name) => (plain(name), parameters.map(Json::to_text).unwrap_or_default()),
        None => (plain(given), String::new()),
    }
}

fn is_empty(value: &Json<'_>) -> bool {
    matches!(value, Json::Null) || matches!(value, Json::Object(members) if members.is_empty())
}

fn outline(interaction: &Json<'_>) -> Option<String> {
    let request = interaction.get("request")?;
    let method = request.get("method").map_or_else(|| "GET".to_owned(), plain);
    let path = request.get("path").map(plain)?;
    let status = interaction.get("response").and_then(|response| response.get("status"));
    Some(match status {
        Some(status) => format!("{method} {path} → {}", plain(status)),
        None => format!("{method} {path}"),
    })
}

pub(crate) fn plain(value: &Json<'_>) -> String {
    value.as_str().map_or_else(|| value.to_text(), str::to_owned)
}
