//! How what two contracts promise differs, interaction by interaction and value by value, for people and programs.
//!
//! What promises nothing is no change: the order of keys and of interactions, ids, metadata, comments, and the examples
//! that a matching rule lets differ. A rule that differs is a change.

use std::collections::{HashMap, VecDeque};

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use self::compare::{Comparison, Form};
use crate::content::{Content, specification_version_of};
use crate::json::Json;

mod compare;
pub(crate) mod interaction;
pub(crate) mod rules;
#[cfg(test)]
mod tests;
mod text;

/// The lists of a contract, as their elements are called.
const LISTS: [(&str, Kind); 2] = [("interactions", Kind::Interaction), ("messages", Kind::Message)];

/// More changes are counted, but not listed: each carries its path, and a hostile contract's paths are long.
const MAX_CHANGES: usize = 5_000;

/// How the promises of a contract differ from those of another one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContractDiff {
    /// Those that differ: first the removed ones, then the others as the newer contract has them.
    pub interactions: Vec<InteractionDiff>,
    /// What differs outside of interactions, where contracts have no list of them.
    pub document: Vec<Change>,
    /// How many changes are not listed because there are too many.
    pub unlisted: usize,
    /// How many examples differ that matching rules let differ; they are no change.
    pub examples: usize,
    /// The interactions of which nothing but examples differs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only_examples: Vec<InteractionName>,
    /// The versions of the specification, if they differ; they are no change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub specification_versions: Option<SpecificationVersions>,
}

/// Which specification each contract follows; `None` for one that says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SpecificationVersions {
    /// Of the older contract.
    pub before: Option<String>,
    /// Of the newer one.
    pub after: Option<String>,
}

/// Which interaction or message it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InteractionName {
    /// Which of the two it is.
    pub kind: Kind,
    /// Empty if it has none.
    pub description: String,
    /// Each with its parameters, if it has any.
    pub provider_states: Vec<String>,
    /// What goes over the wire in one line, "GET /items → 200"; `None` for messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outline: Option<String>,
}

/// One interaction or message that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InteractionDiff {
    /// Which of the two it is.
    pub kind: Kind,
    /// Empty if it has none.
    pub description: String,
    /// Each with its parameters, if it has any.
    pub provider_states: Vec<String>,
    /// What goes over the wire in one line, "GET /items → 200"; `None` for messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outline: Option<String>,
    /// How it differs.
    #[serde(flatten)]
    pub difference: Difference,
}

/// What an element of a contract is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Of `interactions`.
    Interaction,
    /// Of `messages`, which pacts up to version 3 have.
    Message,
}

/// How an interaction differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "difference", rename_all = "lowercase")]
pub enum Difference {
    /// Only the newer contract has it.
    Added {
        /// All of it.
        after: JsonText,
    },
    /// Only the older contract has it.
    Removed {
        /// All of it.
        before: JsonText,
    },
    /// Both have it.
    Changed {
        /// In the order of their paths.
        changes: Vec<Change>,
    },
}

/// A value or a matching rule that differs. One side at least has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Where it stands in the interaction: `$.request.headers['X-Trace']`.
    pub path: String,
    /// Whether it is a value or the rule for one.
    pub subject: Subject,
    /// `None` if it was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<JsonText>,
    /// `None` if it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<JsonText>,
}

/// What a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Subject {
    /// Something that is sent or expected.
    Value,
    /// How it is matched.
    MatchingRule,
}

/// Compact JSON. Its numbers have all their digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonText(String);

impl JsonText {
    fn of(value: &Json<'_>) -> Self {
        Self(value.to_text())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for JsonText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl ContractDiff {
    /// How many interactions and messages were added, removed and changed.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for interaction in &self.interactions {
            match interaction.difference {
                Difference::Added { .. } => counts.added += 1,
                Difference::Removed { .. } => counts.removed += 1,
                Difference::Changed { .. } => counts.changed += 1,
            }
        }
        counts
    }

    /// Whether both promise the same, though examples and the specification's version may differ.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.interactions.is_empty() && self.document.is_empty() && self.unlisted == 0
    }
}

/// Of interactions and messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Only in the newer contract.
    pub added: usize,
    /// Only in the older one.
    pub removed: usize,
    /// In both.
    pub changed: usize,
}

/// How the promises of `new` differ from those of `old`. Equal shas, nothing differs.
///
/// # Panics
///
/// Never: content has been parsed before.
#[must_use]
pub fn contract_diff(old: &Content, new: &Content) -> ContractDiff {
    let parse = |content| Json::parse(content).expect("content was parsed before");
    let (mut old, mut new) = (parse(old.raw()), parse(new.raw()));
    old.sort_keys();
    new.sort_keys();
    let mut diff = ContractDiff::default();
    let (before, after) = (specification_version_of(&old), specification_version_of(&new));
    if before != after {
        diff.specification_versions = Some(SpecificationVersions { before, after });
    }

    let mut comparison = Comparison::new(MAX_CHANGES);
    let has_list = |document: &Json<'_>| LISTS.iter().any(|(key, _)| list(document, key).is_some());
    if has_list(&old) || has_list(&new) {
        for (key, kind) in LISTS {
            let (old_list, new_list) = (list(&old, key), list(&new, key));
            if old_list.is_none() || new_list.is_none() {
                comparison.odd_lists(key, odd_list(&old, key), odd_list(&new, key));
            }
            let (old_list, new_list) = (old_list.unwrap_or_default(), new_list.unwrap_or_default());
            compare_lists(kind, old_list, new_list, &mut comparison, &mut diff);
        }
    } else {
        comparison.documents(&old, &new);
    }
    diff.document = comparison.take_changes();
    diff.unlisted = comparison.unlisted;
    diff.examples = comparison.examples;
    // Stable: the lists follow one another.
    diff.interactions.sort_by_key(|interaction| !matches!(interaction.difference, Difference::Removed { .. }));
    diff
}

fn list<'j, 'a>(document: &'j Json<'a>, key: &str) -> Option<&'j [Json<'a>]> {
    document.get(key)?.as_array()
}

/// What stands in the place of a list and is none, but counts as content.
fn odd_list<'j, 'a>(document: &'j Json<'a>, key: &str) -> Option<&'j Json<'a>> {
    document.get(key).filter(|value| value.is_truthy() && value.as_array().is_none())
}

/// Those that are the same interaction in other words, in order. Equal ones are taken out first, so that of several with
/// the same name only those that differ are compared.
#[derive(Default)]
struct Namesakes<'j, 'a> {
    old: VecDeque<&'j Json<'a>>,
    new: VecDeque<&'j Json<'a>>,
}

fn compare_lists(
    kind: Kind,
    old: &[Json<'_>],
    new: &[Json<'_>],
    comparison: &mut Comparison,
    found: &mut ContractDiff,
) {
    let mut by_name: HashMap<String, Namesakes<'_, '_>> = HashMap::new();
    let names: Vec<String> = new.iter().map(interaction::name).collect();
    for (element, name) in new.iter().zip(&names) {
        by_name.entry(name.clone()).or_default().new.push_back(element);
    }
    let mut old_names: Vec<String> = Vec::new();
    for element in old {
        let name = interaction::name(element);
        by_name.entry(name.clone()).or_default().old.push_back(element);
        old_names.push(name);
    }
    for namesakes in by_name.values_mut().filter(|namesakes| namesakes.old.len() + namesakes.new.len() > 2) {
        namesakes.remove_equal();
    }

    for name in &names {
        let Some(namesakes) = by_name.get_mut(name) else { continue };
        // The equal ones are gone: of this name there may be fewer left than there were.
        let Some(new) = namesakes.new.pop_front() else { continue };
        let difference = match namesakes.old.pop_front() {
            None => Some(Difference::Added { after: JsonText::of(new) }),
            Some(old) if old == new => None,
            Some(old) => {
                let (form, examples) = (Form::of(new), comparison.examples);
                let has_changed = comparison.interactions(old, new, form);
                if !has_changed && comparison.examples > examples {
                    found.only_examples.push(interaction::named(kind, new));
                }
                has_changed.then(|| Difference::Changed { changes: comparison.take_changes() })
            }
        };
        found.interactions.extend(difference.map(|difference| interaction::diff(kind, new, difference)));
    }
    for name in &old_names {
        let Some(old) = by_name.get_mut(name).and_then(|namesakes| namesakes.old.pop_front()) else { continue };
        found.interactions.push(interaction::diff(kind, old, Difference::Removed { before: JsonText::of(old) }));
    }
}

impl Namesakes<'_, '_> {
    fn remove_equal(&mut self) {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for element in &self.old {
            *counts.entry(interaction::promise(element)).or_default() += 1;
        }
        let mut common: HashMap<String, usize> = HashMap::new();
        self.new.retain(|element| {
            let text = interaction::promise(element);
            let is_common = take_one(&mut counts, &text);
            if is_common {
                *common.entry(text).or_default() += 1;
            }
            !is_common
        });
        self.old.retain(|element| !take_one(&mut common, &interaction::promise(element)));
    }
}

fn take_one(counts: &mut HashMap<String, usize>, text: &str) -> bool {
    counts.get_mut(text).filter(|count| **count > 0).map(|count| *count -= 1).is_some()
}
