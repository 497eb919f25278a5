//! Adds the interactions of a newly published contract to those published before for the same version,
//! for consumers whose tests publish in parts.

use std::collections::HashMap;
use std::fmt;

use crate::content::{Content, specification_version_of};
use crate::json::Json;

/// Why two contracts can't be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict {
    /// The same interaction asks for something else.
    Interaction {
        /// Its description.
        description: String,
        /// Its provider state or states, if it has any.
        provider_state: Option<String>,
        /// The parts of the request that differ: method, path, query, body, headers.
        differs_in: Vec<&'static str>,
    },
    /// They follow different versions of the specification, so one document can't hold both.
    SpecificationVersion {
        /// That of the contract published before.
        existing: String,
        /// That of the new one.
        new: String,
    },
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interaction { description, provider_state, differs_in } => {
                write!(f, "the request of \"{description}\"")?;
                if let Some(state) = provider_state {
                    write!(f, " given \"{state}\"")?;
                }
                write!(f, " differs in its {}", differs_in.join(", "))
            }
            Self::SpecificationVersion { existing, new } => {
                write!(f, "the existing pact has specification version {existing}, the new one {new}")
            }
        }
    }
}

/// The text of the existing contract with the new one's interactions and messages: those with the
/// description and provider state of an existing one replace it, the others are appended.
///
/// # Errors
/// All conflicts. Messages have none: what is new replaces what was there.
pub fn merge(existing: &Content, new: &Content) -> Result<String, Vec<Conflict>> {
    // Content has been parsed before, so that neither fails here.
    let (Ok(mut merged), Ok(added)) = (Json::parse(existing.raw()), Json::parse(new.raw())) else {
        return Ok(new.raw().to_owned());
    };
    let conflicts = conflicts(&merged, &added);
    if !conflicts.is_empty() {
        return Err(conflicts);
    }
    let Json::Object(members) = &mut merged else {
        return Ok(new.raw().to_owned());
    };
    for list in ["interactions", "messages"] {
        let Some(added) = added.get(list).and_then(Json::as_array) else {
            continue;
        };
        match members.iter_mut().find(|(key, _)| key == list) {
            Some((_, Json::Array(elements))) => add(elements, added),
            Some((_, other)) => *other = Json::Array(added.to_vec()),
            None => members.push((list.into(), Json::Array(added.to_vec()))),
        }
    }
    Ok(merged.to_text())
}

fn conflicts(existing: &Json<'_>, new: &Json<'_>) -> Vec<Conflict> {
    let mut conflicts = Vec::new();
    if let (Some(existing), Some(new)) = (specification_version_of(existing), specification_version_of(new))
        && existing != new
    {
        conflicts.push(Conflict::SpecificationVersion { existing, new });
    }
    let (existing, new) = (existing.list("interactions"), new.list("interactions"));
    let places = places(existing);
    for interaction in new {
        let same = places.get(&identity(interaction)).into_iter().flatten();
        let differs_in: Vec<&'static str> =
            same.flat_map(|&place| differing_parts(&existing[place], interaction)).collect();
        if !differs_in.is_empty() {
            conflicts.push(Conflict::Interaction {
                description: interaction.get("description").map(plain).unwrap_or_default(),
                provider_state: provider_state(interaction).map(plain),
                differs_in,
            });
        }
    }
    conflicts
}

/// None for asynchronous messages, which have no request.
fn differing_parts(one: &Json<'_>, other: &Json<'_>) -> Vec<&'static str> {
    let (Some(one), Some(other)) = (one.get("request"), other.get("request")) else {
        return Vec::new();
    };
    let differs = |part: &&str| sorted_text(one.get(part)) != sorted_text(other.get(part));
    ["method", "path", "query", "body", "headers"].into_iter().filter(|part| differs(part)).collect()
}

/// Each existing element is replaced at most once: two new ones of the same identity are both kept.
fn add<'a>(elements: &mut Vec<Json<'a>>, added: &[Json<'a>]) {
    let mut places = places(elements);
    for element in added {
        let place = places.get_mut(&identity(element)).filter(|free| !free.is_empty()).map(|free| free.remove(0));
        match place {
            Some(place) => elements[place] = element.clone(),
            None => elements.push(element.clone()),
        }
    }
}

/// Where the elements of each identity stand.
fn places(elements: &[Json<'_>]) -> HashMap<String, Vec<usize>> {
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, element) in elements.iter().enumerate() {
        places.entry(identity(element)).or_default().push(place);
    }
    places
}

/// Equal for what is the same interaction in other words: its description and provider state.
pub(crate) fn identity(interaction: &Json<'_>) -> String {
    let description = sorted_text(interaction.get("description"));
    let state = sorted_text(provider_state(interaction));
    format!("{description} {state}")
}

fn provider_state<'j, 'a>(interaction: &'j Json<'a>) -> Option<&'j Json<'a>> {
    let keys = ["provider_state", "providerState", "providerStates"];
    keys.into_iter().find_map(|key| interaction.get(key).filter(|state| **state != Json::Null))
}

fn sorted_text(value: Option<&Json<'_>>) -> String {
    let mut value = value.cloned().unwrap_or(Json::Null);
    value.sort_keys();
    value.to_text()
}

fn plain(value: &Json<'_>) -> String {
    value.as_str().map_or_else(|| value.to_text(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(raw: &str) -> Content {
        Content::parse(raw).unwrap()
    }

    fn check(existing: &str, new: &str, expected: &str) {
        assert_eq!(merge(&content(existing), &content(new)).as_deref(), Ok(expected));
    }

    fn check_conflict(existing: &str, new: &str, expected: &str) {
        let conflicts = merge(&content(existing), &content(new)).unwrap_err();
        let texts: Vec<String> = conflicts.iter().map(ToString::to_string).collect();
        assert_eq!(texts.join("; "), expected);
    }

    #[test]
    fn new_interactions_are_appended() {
        check(
            r#"{"consumer":{"name":"a"},"interactions":[{"description":"1"}],"metadata":{}}"#,
            r#"{"interactions":[{"description":"2"},{"description":"1","providerState":"s"}]}"#,
            r#"{"consumer":{"name":"a"},"interactions":[{"description":"1"},{"description":"2"},{"description":"1","providerState":"s"}],"metadata":{}}"#,
        );
    }

    #[test]
    fn known_interactions_are_replaced() {
        check(
            r#"{"interactions":[{"description":"1","response":{"status":200}},{"description":"2"}]}"#,
            r#"{"interactions":[{"description":"1","response":{"status":201}}]}"#,
            r#"{"interactions":[{"description":"1","response":{"status":201}},{"description":"2"}]}"#,
        );
    }

    #[test]
    fn a_state_may_be_spelled_in_three_ways() {
        check(
            r#"{"interactions":[{"description":"1","provider_state":"s"}]}"#,
            r#"{"interactions":[{"description":"1","providerState":"s"},{"description":"1","providerState":null,"providerStates":[{"name":"t"}]}]}"#,
            r#"{"interactions":[{"description":"1","providerState":"s"},{"description":"1","providerState":null,"providerStates":[{"name":"t"}]}]}"#,
        );
    }

    #[test]
    fn another_request_is_a_conflict() {
        check_conflict(
            r#"{"interactions":[{"description":"1","providerState":"s","request":{"method":"GET","path":"/a"}}]}"#,
            r#"{"interactions":[{"description":"1","providerState":"s","request":{"method":"PUT","path":"/a","body":1}}]}"#,
            r#"the request of "1" given "s" differs in its method, body"#,
        );
    }

    #[test]
    fn the_order_of_keys_is_no_conflict() {
        check(
            r#"{"interactions":[{"description":"1","request":{"headers":{"a":"1","b":"2"}}}]}"#,
            r#"{"interactions":[{"description":"1","request":{"headers":{"b":"2","a":"1"}}}]}"#,
            r#"{"interactions":[{"description":"1","request":{"headers":{"b":"2","a":"1"}}}]}"#,
        );
    }

    #[test]
    fn messages_are_merged_too() {
        check(
            r#"{"messages":[{"description":"1","contents":1}]}"#,
            r#"{"messages":[{"description":"1","contents":2},{"description":"2"}]}"#,
            r#"{"messages":[{"description":"1","contents":2},{"description":"2"}]}"#,
        );
    }

    #[test]
    fn a_list_that_is_missing_is_added() {
        check(
            r#"{"interactions":[]}"#,
            r#"{"messages":[{"description":"1"}]}"#,
            r#"{"interactions":[],"messages":[{"description":"1"}]}"#,
        );
    }

    #[test]
    fn two_new_ones_of_the_same_identity_are_kept() {
        check(
            r#"{"interactions":[{"description":"1","a":0}]}"#,
            r#"{"interactions":[{"description":"1","a":1},{"description":"1","a":2}]}"#,
            r#"{"interactions":[{"description":"1","a":1},{"description":"1","a":2}]}"#,
        );
    }

    #[test]
    fn one_document_has_one_specification_version() {
        check_conflict(
            r#"{"interactions":[],"metadata":{"pactSpecification":{"version":"3.0.0"}}}"#,
            r#"{"interactions":[],"metadata":{"pactSpecification":{"version":"4.0"}}}"#,
            "the existing pact has specification version 3.0.0, the new one 4.0",
        );
    }

    #[test]
    fn merging_a_contract_with_itself_changes_nothing() {
        let raw = r#"{"interactions":[{"description":"1","request":{"path":"/"}}],"messages":[{"a":1}]}"#;
        check(raw, raw, raw);
    }
}
