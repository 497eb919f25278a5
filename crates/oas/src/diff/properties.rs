//! The properties of objects: added, removed, required, read-only, write-only.

use serde_json::Value;

use super::checks::{Direction, Effect};
use super::notes::Note;
use super::scope::Place;
use super::session::found;
use super::walk::{Pair, Walk};
use crate::document::Node;

pub(super) fn compare<'d>(walk: &mut Walk<'_, 'd>, pair: &Pair<'d>, place: &Place) {
    let (old, new) = pair.members("properties");
    let of = |side: &Option<Node<'d>>| -> Vec<(&'d str, Node<'d>)> {
        side.iter().flat_map(|node| node.members().collect::<Vec<_>>()).collect()
    };
    for (name, property) in of(&old) {
        match new.as_ref().and_then(|new| new.member(name)) {
            Some(counterpart) => kept(walk, pair, place, name, &Pair { old: property, new: counterpart }),
            None => removed(walk, pair, place, name, &property),
        }
    }
    for (name, property) in of(&new) {
        if old.as_ref().and_then(|old| old.member(name)).is_none() {
            added(walk, pair, place, name, &property);
        }
    }
}

fn requires(node: &Node<'_>, name: &str) -> bool {
    let names = node.member("required");
    names.is_some_and(|names| names.items().any(|item| item.value().as_str() == Some(name)))
}

/// Whether a property says so itself or where it is described.
fn says(property: &Node<'_>, key: &str) -> bool {
    property.flag(key) || property.resolved().is_ok_and(|described| described.flag(key))
}

fn kept<'d>(walk: &mut Walk<'_, 'd>, pair: &Pair<'d>, place: &Place, name: &str, property: &Pair<'d>) {
    let required = (requires(&pair.old, name), requires(&pair.new, name));
    if required.0 == required.1 && walk.same(&property.old, &property.new) {
        return;
    }
    let mut below = place.property(name);
    below.read_only |= says(&property.new, "readOnly");
    below.write_only |= says(&property.new, "writeOnly");
    match required {
        (false, true) => became_required(walk, property, &below),
        (true, false) => {
            walk.note(&below, "became-optional", Effect::Widens, property, "", "it became optional");
        }
        _ => {}
    }
    if walk.scope.parameter.is_none() {
        mutability(walk, property, &below, required.1);
    }
    walk.schema(property, &below);
}

fn became_required<'d>(walk: &mut Walk<'_, 'd>, property: &Pair<'d>, below: &Place) {
    if walk.scope.direction == Direction::Request && below.read_only {
        return;
    }
    let with_default = found(property.new.resolved().ok().as_ref(), "default").1 != Value::Null;
    let aspect = if with_default && walk.scope.knows(below, "became-required-with-default") {
        "became-required-with-default"
    } else {
        "became-required"
    };
    walk.note(below, aspect, Effect::Narrows, property, "", "it became required");
}

fn mutability<'d>(walk: &mut Walk<'_, 'd>, property: &Pair<'d>, below: &Place, required: bool) {
    for (key, aspect) in [("readOnly", "read-only"), ("writeOnly", "write-only")] {
        let (before, after) = (says(&property.old, key), says(&property.new, key));
        if before == after {
            continue;
        }
        let not = if after { "" } else { "not-" };
        let id = format!("{}-{}-property-became-{not}{aspect}", prefix(walk), whether(required));
        let phrase = format!("it became {not}{aspect}");
        let ((old, from), (new, to)) = (found(Some(&property.old), key), found(Some(&property.new), key));
        walk.add(below, Note { id, effect: Effect::Neutral, old, new, from, to, phrase });
    }
}

fn whether(required: bool) -> &'static str {
    if required { "required" } else { "optional" }
}

fn prefix(walk: &Walk<'_, '_>) -> &'static str {
    match walk.scope.direction {
        Direction::Request => "request",
        Direction::Response => "response",
    }
}

fn removed<'d>(walk: &mut Walk<'_, 'd>, pair: &Pair<'d>, place: &Place, name: &str, property: &Node<'d>) {
    let required = requires(&pair.old, name);
    let id = match (walk.scope.property, walk.scope.direction) {
        // What only the provider sets is not sent anyway.
        ("request-property", _) if says(property, "readOnly") => "request-read-only-property-removed".to_owned(),
        ("request-property", _) => "request-property-removed".to_owned(),
        ("response-property", _) => {
            let hidden = if says(property, "writeOnly") { "write-only-" } else { "" };
            format!("response-{}-{hidden}property-removed", whether(required))
        }
        (scope, _) => format!("{scope}-removed"),
    };
    let sent = walk.scope.direction == Direction::Request;
    let effect = if sent && says(property, "readOnly") { Effect::Neutral } else { Effect::Unsure };
    let phrase = "the property is no longer described".to_owned();
    let (old, from) = (Some(property.pointer().clone()), property.value().clone());
    let new = found(Some(&pair.new), "properties").0;
    walk.add(&place.property(name), Note { id, effect, old, new, from, to: Value::Null, phrase });
}

fn added<'d>(walk: &mut Walk<'_, 'd>, pair: &Pair<'d>, place: &Place, name: &str, property: &Node<'d>) {
    let required = requires(&pair.new, name);
    let sent_required = required && !says(property, "readOnly");
    let id = match walk.scope.property {
        "request-property" if sent_required => {
            let with_default = found(property.resolved().ok().as_ref(), "default").1 != Value::Null;
            format!("new-required-request-property{}", if with_default { "-with-default" } else { "" })
        }
        "request-property" => "new-optional-request-property".to_owned(),
        "response-property" => {
            let hidden = if says(property, "writeOnly") { "write-only-" } else { "" };
            format!("response-{}-{hidden}property-added", whether(required))
        }
        "request-parameter-property" if required && walk.scope.parameter.is_some_and(|parameter| parameter.header) => {
            "new-required-request-header-property".to_owned()
        }
        scope => format!("new-{}-{scope}", whether(required)),
    };
    let narrows = required && walk.scope.direction == Direction::Request;
    let effect = if narrows { Effect::Narrows } else { Effect::Neutral };
    let phrase = format!("the {} property is new", whether(required));
    let (new, to) = (Some(property.pointer().clone()), property.value().clone());
    let old = found(Some(&pair.old), "properties").0;
    walk.add(&place.property(name), Note { id, effect, old, new, from: Value::Null, to, phrase });
}
