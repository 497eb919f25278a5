//! Types and formats: whether every value that had the old ones has the new ones, and the other way round.

use std::collections::BTreeSet;

use serde_json::Value;

use super::checks::{Direction, Effect};
use super::scope::Place;
use super::walk::{Pair, Walk};
use crate::document::Node;

type Types<'d> = BTreeSet<&'d str>;

/// The types that a schema names, `null` among them; `None` if it names none, so that any is allowed.
fn named<'d>(node: &Node<'d>) -> Option<Types<'d>> {
    let types: Types<'d> = match node.value().get("type")? {
        Value::String(name) => std::iter::once(name.as_str()).collect(),
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    (!types.is_empty()).then_some(types)
}

/// The types other than `null`, which is a matter of its own; `None` if any is allowed.
pub(super) fn without_null<'d>(node: &Node<'d>) -> Option<Types<'d>> {
    let mut types = named(node)?;
    if types.len() > 1 {
        types.remove("null");
    }
    Some(types)
}

/// Whether a schema is nothing but `null`.
pub(super) fn is_null(node: &Node<'_>) -> bool {
    node.text("type") == Some("null")
}

fn branches<'d>(node: &Node<'d>, keyword: &str) -> Vec<Node<'d>> {
    node.member(keyword).iter().flat_map(Node::items).collect()
}

/// The schema that is allowed beside `null`, if `oneOf` or `anyOf` says just that.
fn beside_null<'d>(node: &Node<'d>) -> Option<Node<'d>> {
    let plain = ["type", "properties", "allOf"].iter().all(|keyword| node.member(keyword).is_none());
    let wrapped = ["oneOf", "anyOf"].iter().map(|keyword| branches(node, keyword)).find(|found| !found.is_empty())?;
    let (nulls, others): (Vec<_>, Vec<_>) = wrapped.into_iter().partition(is_null);
    match &others[..] {
        [other] if plain && !nulls.is_empty() => other.resolved().ok(),
        _ => None,
    }
}

fn nullable(node: &Node<'_>) -> bool {
    node.flag("nullable")
        || node.flag("x-nullable")
        || named(node).is_some_and(|types| types.contains("null"))
        || ["oneOf", "anyOf"].iter().any(|keyword| branches(node, keyword).iter().any(is_null))
}

/// Whether a schema says nothing about the type, so that `null` was never at issue.
fn is_untyped(node: &Node<'_>) -> bool {
    let silent = ["type", "oneOf", "anyOf", "allOf", "nullable", "x-nullable"];
    silent.iter().all(|keyword| node.member(keyword).is_none())
}

/// Reports whether `null` became allowed or forbidden; returns the schemas to compare, past an alternative of `null`
/// that only one of them has.
pub(super) fn nullability<'d>(walk: &mut Walk<'_, 'd>, pair: &Pair<'d>, place: &Place) -> Pair<'d> {
    match (nullable(&pair.old), nullable(&pair.new)) {
        (before, after) if before == after => {}
        _ if is_untyped(&pair.old) || is_untyped(&pair.new) => {}
        (true, _) => {
            walk.note(place, "became-not-nullable", Effect::Narrows, pair, "type", "`null` is no longer allowed");
        }
        (false, _) => walk.note(place, "became-nullable", Effect::Widens, pair, "type", "`null` is now allowed"),
    }
    let mut inner = pair.clone();
    match (beside_null(&pair.old), beside_null(&pair.new)) {
        (Some(old), None) => inner.old = old,
        (None, Some(new)) => inner.new = new,
        _ => {}
    }
    inner
}

/// Compares the types. Returns whether `oneOf` or `anyOf` list nothing but types, so that nothing more is to be said
/// of them.
pub(super) fn compare<'d>(walk: &mut Walk<'_, 'd>, pair: &Pair<'d>, place: &Place) -> bool {
    let (old, new) = (listed(&pair.old), listed(&pair.new));
    if old.is_some() || new.is_some() {
        let (old, new) = (old.or_else(|| single(&pair.old)), new.or_else(|| single(&pair.new)));
        if let (Some(old), Some(new)) = (old, new) {
            lists(walk, pair, place, &old, &new);
            return true;
        }
    }
    let combined = |node: &Node<'_>| ["oneOf", "anyOf", "allOf"].iter().any(|keyword| node.member(keyword).is_some());
    let by_branches = |node: &Node<'_>| named(node).is_none() && combined(node);
    if !(by_branches(&pair.old) || by_branches(&pair.new)) {
        named_types(walk, pair, place);
    }
    false
}

/// The types that `oneOf` and `anyOf` list, if they list nothing else.
fn listed<'d>(node: &Node<'d>) -> Option<Types<'d>> {
    let all = [branches(node, "oneOf"), branches(node, "anyOf")].concat();
    let silent = ["type", "title", "description", "format"];
    let only_type = |node: &Node<'d>| {
        let kind = node.text("type").filter(|_| node.members().all(|(keyword, _)| silent.contains(&keyword)));
        kind.filter(|kind| *kind != "null")
    };
    let others: Vec<_> = all.iter().filter(|branch| !is_null(branch)).collect();
    let types: Option<Types<'d>> = others.into_iter().map(only_type).collect();
    types.filter(|types| !types.is_empty() && named(node).is_none())
}

fn single<'d>(node: &Node<'d>) -> Option<Types<'d>> {
    let combined = ["oneOf", "anyOf"].iter().any(|keyword| node.member(keyword).is_some());
    without_null(node).filter(|_| !combined)
}

fn lists<'d>(walk: &mut Walk<'_, 'd>, pair: &Pair<'d>, place: &Place, old: &Types<'_>, new: &Types<'_>) {
    let beyond = |types: &Types<'_>, others: &Types<'_>| -> Vec<String> {
        types.iter().filter(|kind| !allows(others, kind)).map(|kind| (*kind).to_owned()).collect()
    };
    let (gone, come) = (beyond(old, new), beyond(new, old));
    if !come.is_empty() {
        let phrase = format!("it can now be {}", come.join(" or "));
        walk.note(place, "list-of-types-widened", Effect::Widens, pair, "", &phrase);
    }
    if !gone.is_empty() {
        let phrase = format!("it can no longer be {}", gone.join(" or "));
        walk.note(place, "list-of-types-narrowed", Effect::Narrows, pair, "", &phrase);
    }
}

fn allows(types: &Types<'_>, kind: &str) -> bool {
    types.contains(kind) || (kind == "integer" && types.contains("number"))
}

/// Types and format, as one.
struct Kind<'d> {
    types: Option<Types<'d>>,
    format: Option<&'d str>,
}

impl<'d> Kind<'d> {
    fn of(node: &Node<'d>) -> Self {
        Self { types: without_null(node), format: node.text("format") }
    }

    fn allows_types(&self, other: &Self) -> bool {
        match (&self.types, &other.types) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(mine), Some(theirs)) => theirs.iter().all(|kind| allows(mine, kind)),
        }
    }

    fn allows_format(&self, other: &Self) -> bool {
        self.format == other.format
            || match (self.format, other.format) {
                (None, _) | (Some("int64"), Some("int32")) | (Some("double"), Some("float")) => true,
                // Whole numbers of any size fit neither format, but nobody means that.
                _ => false,
            }
    }

    fn allows(&self, other: &Self) -> bool {
        self.allows_types(other) && self.allows_format(other)
    }

    /// Whether it is any text, which any value is when it is written as one.
    fn is_any_text(&self) -> bool {
        self.format.is_none() && self.types.as_ref().is_none_or(|types| types.contains("string"))
    }

    fn is_structured(&self) -> bool {
        self.types.as_ref().is_none_or(|types| types.contains("object") || types.contains("array"))
    }
}

fn named_types<'d>(walk: &mut Walk<'_, 'd>, pair: &Pair<'d>, place: &Place) {
    let (old, new) = (Kind::of(&pair.old), Kind::of(&pair.new));
    if old.types == new.types && old.format == new.format {
        return;
    }
    let (aspect, effect) = match walk.scope.direction {
        Direction::Request => sent(walk, pair, place, &old, &new),
        Direction::Response => received(walk, &old, &new),
    };
    let said = |kind: &Kind<'_>| {
        let types = kind.types.as_ref().map_or_else(|| "any".to_owned(), |types| join(types));
        kind.format.map_or(types.clone(), |format| format!("{types}/{format}"))
    };
    let phrase = format!("its type went from {} to {}", said(&old), said(&new));
    let keyword = if old.types == new.types { "format" } else { "type" };
    walk.note(place, aspect, effect, pair, keyword, &phrase);
}

fn join(types: &Types<'_>) -> String {
    types.iter().copied().collect::<Vec<_>>().join(", ")
}

fn sent(walk: &Walk<'_, '_>, pair: &Pair<'_>, place: &Place, old: &Kind<'_>, new: &Kind<'_>) -> (&'static str, Effect) {
    if new.allows(old) {
        return ("type-generalized", Effect::Widens);
    }
    let text_for_all = walk.scope.as_text && new.is_any_text() && !old.is_structured();
    let Some(parameter) = walk.scope.parameter else {
        let compatible = walk.scope.as_text && new.is_any_text();
        return if compatible { ("type-compatible", Effect::Neutral) } else { ("type-changed", Effect::Narrows) };
    };
    match (place.property, text_for_all) {
        // How the properties of a parameter are written decides whether this is seen at all.
        (true, true) => ("type-changed", Effect::Unsure),
        (true, false) => ("type-specialized", Effect::Narrows),
        (false, true) => ("type-generalized", Effect::Widens),
        (false, false) if parameter.repeats && is_list_of(pair, old, new) => ("type-generalized", Effect::Widens),
        (false, false) => ("type-changed", Effect::Narrows),
    }
}

/// Whether the new schema is a list whose items may be all that the old one was.
fn is_list_of(pair: &Pair<'_>, old: &Kind<'_>, new: &Kind<'_>) -> bool {
    let is_list = new.types.as_ref().is_some_and(|types| types.contains("array"));
    let Some(items) = pair.new.member("items").and_then(|items| items.resolved().ok()) else {
        return is_list && !old.is_structured();
    };
    let kind = Kind::of(&items);
    let silent = ["type", "format", "title", "description", "example", "examples", "default", "nullable"];
    let kept = |keyword: &str, value: &Value| silent.contains(&keyword) || pair.old.value().get(keyword) == Some(value);
    is_list
        && !old.is_structured()
        && (kind.allows(old) || kind.is_any_text())
        && items.members().all(|(keyword, member)| kept(keyword, member.value()))
}

fn received(walk: &Walk<'_, '_>, old: &Kind<'_>, new: &Kind<'_>) -> (&'static str, Effect) {
    if old.allows(new) {
        ("type-specialized", Effect::Narrows)
    } else if walk.scope.as_text && old.is_any_text() {
        ("type-compatible", Effect::Neutral)
    } else if old.types != new.types && new.allows_types(old) {
        ("type-generalized", Effect::Widens)
    } else {
        ("type-changed", Effect::Widens)
    }
}
