//! Keywords that hold values: fixed values, defaults, patterns, contents, dependencies, discriminators.

use serde_json::Value;

use super::checks::Effect;
use super::scope::Place;
use super::walk::{Pair, Walk};
use crate::document::Node;

pub(super) fn compare<'d>(walk: &mut Walk<'_, 'd>, pair: &Pair<'d>, place: &Place) {
    enumeration(walk, pair, place);
    extensible_enumeration(walk, pair, place);
    presence(walk, pair, place, "const", ("const", Effect::Narrows, Effect::Unsure, Effect::Widens));
    if !walk.scope.parameter.is_some_and(|parameter| parameter.required) {
        presence(walk, pair, place, "default", ("default-value", Effect::Neutral, Effect::Neutral, Effect::Neutral));
    }
    pattern(walk, pair, place);
    contents(walk, pair, place);
    unique_items(walk, pair, place);
    dependent_required(walk, pair, place);
    discriminator(walk, pair, place);
}

/// A keyword that was added, changed or removed, with what each does.
fn presence<'d>(
    walk: &mut Walk<'_, 'd>,
    pair: &Pair<'d>,
    place: &Place,
    keyword: &str,
    (aspect, added, changed, removed): (&str, Effect, Effect, Effect),
) {
    let (action, effect) = match pair.members(keyword) {
        (None, Some(_)) => ("added", added),
        (Some(_), None) => ("removed", removed),
        (Some(old), Some(new)) if old.value() != new.value() => ("changed", changed),
        _ => return,
    };
    walk.note(place, &format!("{aspect}-{action}"), effect, pair, keyword, &format!("`{keyword}` was {action}"));
}

fn values<'d>(node: &Node<'d>, keyword: &str) -> Option<Vec<&'d Value>> {
    Some(node.value().get(keyword)?.as_array()?.iter().collect())
}

fn enumeration<'d>(walk: &mut Walk<'_, 'd>, pair: &Pair<'d>, place: &Place) {
    let (old, new) = (values(&pair.old, "enum"), values(&pair.new, "enum"));
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        (Some(_), None) => {
            walk.note(place, "no-longer-enum", Effect::Widens, pair, "enum", "it is no longer one of a few values");
            return;
        }
        // Oasdiff calls the values added as well, though each was allowed before.
        (None, Some(_)) => {
            walk.note(place, "became-enum", Effect::Narrows, pair, "enum", "it must now be one of a few values");
            return;
        }
        (None, None) => return,
    };
    for value in old.iter().filter(|value| !new.contains(value)) {
        let values = ((*value).clone(), Value::Null);
        let phrase = format!("the value {value} is no longer allowed");
        walk.note_values(place, "enum-value-removed", Effect::Narrows, pair, "enum", values, &phrase);
    }
    // A reader that does not know a value can often go on; a document cannot tell.
    let widens = if walk.scope.whole.starts_with("response") { Effect::Unsure } else { Effect::Widens };
    for value in new.iter().filter(|value| !old.contains(value)) {
        let values = (Value::Null, (*value).clone());
        let phrase = format!("the value {value} is now allowed");
        walk.note_values(place, "enum-value-added", widens, pair, "enum", values, &phrase);
    }
}

/// Values that are known so far; readers must expect others.
fn extensible_enumeration<'d>(walk: &mut Walk<'_, 'd>, pair: &Pair<'d>, place: &Place) {
    let key = "x-extensible-enum";
    let (Some(old), Some(new)) = (values(&pair.old, key), values(&pair.new, key)) else { return };
    for value in old.into_iter().filter(|value| !new.contains(value)) {
        let values = (value.clone(), Value::Null);
        let phrase = format!("the value {value} is no longer known");
        walk.note_values(place, "x-extensible-enum-value-removed", Effect::Narrows, pair, key, values, &phrase);
    }
}

fn pattern<'d>(walk: &mut Walk<'_, 'd>, pair: &Pair<'d>, place: &Place) {
    let (aspect, effect, phrase) = match (pair.old.text("pattern"), pair.new.text("pattern")) {
        (None, Some(new)) => ("pattern-added", Effect::Narrows, format!("it must now match `{new}`")),
        (Some(old), None) => ("pattern-removed", Effect::Widens, format!("it need no longer match `{old}`")),
        (Some(old), Some(new)) if old != new => {
            let general = matches!(new, "" | ".*" | "^.*$" | "^.*" | ".*$");
            let general = general && walk.scope.knows(place, "pattern-generalized");
            let aspect = if general { "pattern-generalized" } else { "pattern-changed" };
            (aspect, Effect::Unsure, format!("it must match `{new}` instead of `{old}`"))
        }
        _ => return,
    };
    walk.note(place, aspect, effect, pair, "pattern", &phrase);
}

fn contents<'d>(walk: &mut Walk<'_, 'd>, pair: &Pair<'d>, place: &Place) {
    for (keyword, aspect) in
        [("contentEncoding", "content-encoding-changed"), ("contentMediaType", "content-media-type-changed")]
    {
        if pair.old.text(keyword) != pair.new.text(keyword) {
            walk.note(place, aspect, Effect::Unsure, pair, keyword, &format!("`{keyword}` changed"));
        }
    }
}

fn unique_items<'d>(walk: &mut Walk<'_, 'd>, pair: &Pair<'d>, place: &Place) {
    let (key, unique) = ("uniqueItems", |node: &Node<'_>| node.flag("uniqueItems"));
    match (unique(&pair.old), unique(&pair.new)) {
        (false, true) => {
            walk.note(place, "unique-items-set", Effect::Narrows, pair, key, "no item may now come twice");
        }
        (true, false) => walk.note(place, "unique-items-unset", Effect::Widens, pair, key, "items may now come twice"),
        _ => {}
    }
}

fn dependent_required<'d>(walk: &mut Walk<'_, 'd>, pair: &Pair<'d>, place: &Place) {
    let key = "dependentRequired";
    let (old, new) = pair.members(key);
    let needs = |side: &Option<Node<'d>>, name: &str| side.as_ref()?.member(name);
    let mut names: Vec<&str> = old.iter().chain(&new).flat_map(Node::members).map(|(name, _)| name).collect();
    names.dedup();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let (aspect, effect) = match (needs(&old, name), needs(&new, name)) {
            (None, Some(_)) => ("dependent-required-added", Effect::Narrows),
            (Some(_), None) => ("dependent-required-removed", Effect::Widens),
            (Some(old), Some(new)) if old.value() != new.value() => ("dependent-required-changed", Effect::Unsure),
            _ => continue,
        };
        let phrase = format!("what must come with `{name}` changed");
        walk.note(place, aspect, effect, pair, key, &phrase);
    }
}

fn discriminator<'d>(walk: &mut Walk<'_, 'd>, pair: &Pair<'d>, place: &Place) {
    let key = "discriminator";
    let (old, new) = match pair.members(key) {
        (Some(old), Some(new)) => (old, new),
        (None, Some(_)) => {
            return walk.note(place, "discriminator-added", Effect::Neutral, pair, key, "it has a discriminator now");
        }
        (Some(_), None) => {
            let phrase = "it has no discriminator any more";
            return walk.note(place, "discriminator-removed", Effect::Neutral, pair, key, phrase);
        }
        (None, None) => return,
    };
    if old.text("propertyName") != new.text("propertyName") {
        let phrase = "another property tells the variants apart";
        walk.note(place, "discriminator-property-name-changed", Effect::Neutral, pair, key, phrase);
    }
    let mapped = |node: &Node<'d>, name: &str| node.member("mapping")?.text(name);
    let names = |node: &Node<'d>| -> Vec<&'d str> {
        node.member("mapping").iter().flat_map(Node::members).map(|(name, _)| name).collect()
    };
    for name in names(&old) {
        let (aspect, phrase) = match mapped(&new, name) {
            None => ("discriminator-mapping-deleted", format!("`{name}` no longer names a variant")),
            there if there != mapped(&old, name) => {
                ("discriminator-mapping-changed", format!("`{name}` names another variant"))
            }
            _ => continue,
        };
        walk.note(place, aspect, Effect::Neutral, pair, key, &phrase);
    }
    for name in names(&new).into_iter().filter(|name| mapped(&old, name).is_none()) {
        let phrase = format!("`{name}` names a variant now");
        walk.note(place, "discriminator-mapping-added", Effect::Neutral, pair, key, &phrase);
    }
}
