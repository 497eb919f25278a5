//! The branches of `allOf`, `anyOf`, `oneOf` and `prefixItems`, schemas by property name or pattern: which of the one
//! side stand for which of the other.

use serde_json::{Value, json};

use super::alike::alike;
use super::checks::Effect;
use super::scope::Place;
use super::types::is_null;
use super::walk::{Pair, Walk};
use crate::document::Node;

/// A keyword that holds branches, what its checks are called, what adding and removing a branch does.
type Combiner = (&'static str, &'static str, Effect, Effect);

const COMBINERS: [Combiner; 3] = [
    ("allOf", "all-of", Effect::Narrows, Effect::Widens),
    ("anyOf", "any-of", Effect::Widens, Effect::Narrows),
    ("oneOf", "one-of", Effect::Widens, Effect::Narrows),
];

/// Compares all branches; `listed` says that `oneOf` and `anyOf` only list types, which were compared already.
pub(super) fn compare<'d>(walk: &mut Walk<'_, 'd>, pair: &Pair<'d>, place: &Place, listed: bool) {
    for combiner in &COMBINERS {
        if !(listed && combiner.0 != "allOf") {
            combined(walk, pair, place, combiner);
        }
    }
    prefixes(walk, pair, place);
    named(walk, pair, place, "patternProperties", "pattern-property");
    named(walk, pair, place, "dependentSchemas", "dependent-schema");
}

/// Reports a plain schema that became alternatives of which none is what it was, so that no part can be compared.
pub(super) fn wrapped<'d>(walk: &mut Walk<'_, 'd>, pair: &Pair<'d>, place: &Place) -> bool {
    let combined = |node: &Node<'d>| COMBINERS.iter().any(|(keyword, ..)| node.member(keyword).is_some());
    let own = |node: &Node<'d>| node.member("properties").is_some();
    let alternatives = of(&pair.new, "oneOf");
    if combined(&pair.old) || !own(&pair.old) || own(&pair.new) || alternatives.is_empty() {
        return false;
    }
    let kept = alternatives.iter().any(|branch| alike(&pair.old, branch));
    if kept {
        let phrase = "it can now be something else, too";
        walk.note(place, "one-of-added", Effect::Widens, pair, "oneOf", phrase);
    } else {
        let phrase = "it became one of several schemas, none of them what it was";
        walk.note(place, "wrapped-in-one-of", Effect::Unsure, pair, "oneOf", phrase);
    }
    true
}

/// The branches of a keyword but those of `null`, which is a matter of its own.
fn of<'d>(node: &Node<'d>, keyword: &str) -> Vec<Node<'d>> {
    let branches = node.member(keyword);
    branches.iter().flat_map(Node::items).filter(|branch| !is_null(branch)).collect()
}

fn combined<'d>(walk: &mut Walk<'_, 'd>, pair: &Pair<'d>, place: &Place, combiner: &Combiner) {
    let (keyword, aspect, adding, removing) = *combiner;
    let (mut old, mut new) = (of(&pair.old, keyword), of(&pair.new, keyword));
    let matched = matches(walk, pair, &mut old, &mut new);
    for Pair { old, new } in matched {
        let step = format!("{keyword}[{}]", branch_name(&old));
        walk.schema(&Pair { old, new }, &place.below(step, true));
    }
    for (action, branches, effect) in [("added", &new, adding), ("removed", &old, removing)] {
        if branches.is_empty() {
            continue;
        }
        let silent = keyword == "allOf" && branches.iter().all(says_nothing);
        let aspect = format!("{aspect}-{action}{}", if silent { "-annotation-only" } else { "" });
        let effect = if silent { Effect::Neutral } else { effect };
        let names: Vec<String> = branches.iter().map(branch_name).collect();
        let values = if action == "added" { (Value::Null, json!(names)) } else { (json!(names), Value::Null) };
        let phrase = format!("`{keyword}` has {action} {}", names.join(", "));
        walk.note_values(place, &aspect, effect, pair, keyword, values, &phrase);
    }
}

/// Takes the branches that stand for each other out of both lists: those of one name, those that are the same, those
/// of one title, and at last the only one left on each side.
fn matches<'d>(
    walk: &Walk<'_, 'd>,
    pair: &Pair<'d>,
    old: &mut Vec<Node<'d>>,
    new: &mut Vec<Node<'d>>,
) -> Vec<Pair<'d>> {
    let mut matched = Vec::new();
    let reference = |node: &Node<'d>| node.text("$ref");
    take(old, new, &mut matched, |old, new| reference(old).is_some() && reference(old) == reference(new));
    take(old, new, &mut matched, |old, new| walk.same(old, new));
    // A schema of another name that says the same is the same.
    if !told_apart_by_name(&pair.old) && !told_apart_by_name(&pair.new) {
        take(old, new, &mut matched, |old, new| {
            (reference(old).is_some() || reference(new).is_some()) && alike(old, new)
        });
    }
    let inline = |node: &Node<'d>| reference(node).is_none();
    let title = |node: &Node<'d>| node.text("title").filter(|_| inline(node));
    take(old, new, &mut matched, |old, new| title(old).is_some() && title(old) == title(new));
    let only = |nodes: &[Node<'d>]| {
        let mut found = nodes.iter().enumerate().filter(|(_, node)| inline(node));
        found.next().filter(|_| found.next().is_none()).map(|(index, _)| index)
    };
    if let (Some(left), Some(right)) = (only(old), only(new)) {
        matched.push(Pair { old: old.remove(left), new: new.remove(right) });
    }
    matched
}

fn take<'d>(
    old: &mut Vec<Node<'d>>,
    new: &mut Vec<Node<'d>>,
    matched: &mut Vec<Pair<'d>>,
    fits: impl Fn(&Node<'d>, &Node<'d>) -> bool,
) {
    let mut index = 0;
    while index < old.len() {
        match new.iter().position(|new| fits(&old[index], new)) {
            Some(found) => matched.push(Pair { old: old.remove(index), new: new.remove(found) }),
            None => index += 1,
        }
    }
}

/// Whether the name of a branch's schema is itself what a value says to choose it.
fn told_apart_by_name(node: &Node<'_>) -> bool {
    node.member("discriminator").is_some_and(|discriminator| discriminator.member("mapping").is_none())
}

/// Whether a schema only tells people something.
fn says_nothing(node: &Node<'_>) -> bool {
    let annotations =
        ["title", "description", "example", "examples", "default", "deprecated", "externalDocs", "$comment"];
    node.value().is_object() && node.members().all(|(key, _)| annotations.contains(&key) || key.starts_with("x-"))
}

fn branch_name(node: &Node<'_>) -> String {
    if let Some(reference) = node.text("$ref") {
        return reference.to_owned();
    }
    let number = node.pointer().tokens().last().and_then(|token| token.parse::<usize>().ok()).map_or(1, |at| at + 1);
    node.text("title").map_or_else(|| format!("subschema #{number}"), |title| format!("subschema #{number}: {title}"))
}

/// Schemas of the first items, one each.
fn prefixes<'d>(walk: &mut Walk<'_, 'd>, pair: &Pair<'d>, place: &Place) {
    let key = "prefixItems";
    let all = |node: &Node<'d>| -> Vec<Node<'d>> { node.member(key).iter().flat_map(Node::items).collect() };
    let (old, new) = (all(&pair.old), all(&pair.new));
    for (index, (old, new)) in old.iter().zip(&new).enumerate() {
        let step = format!("{key}[subschema #{}]", index + 1);
        walk.schema(&Pair { old: old.clone(), new: new.clone() }, &place.below(step, true));
    }
    let phrase = "it describes another number of first items";
    if new.len() > old.len() {
        walk.note(place, "prefix-items-added", Effect::Narrows, pair, key, phrase);
    }
    if old.len() > new.len() {
        walk.note(place, "prefix-items-removed", Effect::Widens, pair, key, phrase);
    }
}

/// Schemas by name that narrow.
fn named<'d>(walk: &mut Walk<'_, 'd>, pair: &Pair<'d>, place: &Place, keyword: &str, aspect: &str) {
    let (old, new) = pair.members(keyword);
    let of = |side: &Option<Node<'d>>| -> Vec<(&'d str, Node<'d>)> {
        side.iter().flat_map(|node| node.members().collect::<Vec<_>>()).collect()
    };
    for (name, old_schema) in of(&old) {
        if let Some(new) = new.as_ref().and_then(|new| new.member(name)) {
            let step = format!("{keyword}[{name}]");
            walk.schema(&Pair { old: old_schema, new }, &place.below(step, true));
        } else {
            let phrase = format!("`{keyword}` no longer has `{name}`");
            walk.note(place, &format!("{aspect}-removed"), Effect::Widens, pair, keyword, &phrase);
        }
    }
    for (name, _) in of(&new) {
        if old.as_ref().and_then(|old| old.member(name)).is_none() {
            let phrase = format!("`{keyword}` has `{name}` now");
            walk.note(place, &format!("{aspect}-added"), Effect::Narrows, pair, keyword, &phrase);
        }
    }
}
