//! Deprecation, sunset and stability, of operations, parameters and properties.

use serde_json::Value;

use super::checks::Effect;
use super::day::Day;
use super::notes::Note;
use super::scope::Place;
use super::session::{Session, found};
use super::walk::{Pair, Walk};
use crate::document::Node;

/// The day from which something may be gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sunset {
    Absent,
    Invalid,
    On(Day),
}

impl Sunset {
    pub(super) fn of(node: &Node<'_>) -> Self {
        match node.member("x-sunset").as_ref().map(Node::value) {
            None => Self::Absent,
            Some(Value::String(text)) => Day::parse(text).map_or(Self::Invalid, Self::On),
            Some(_) => Self::Invalid,
        }
    }
}

/// How settled something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stability {
    Draft,
    Alpha,
    Beta,
    Stable,
}

impl Stability {
    /// What a node says; `None` if it says something unknown. What says nothing is stable.
    pub(super) fn of(node: &Node<'_>) -> Option<Self> {
        match node.member("x-stability-level").as_ref().map(Node::value) {
            None => Some(Self::Stable),
            Some(Value::String(text)) => match text.as_str() {
                "draft" => Some(Self::Draft),
                "alpha" => Some(Self::Alpha),
                "beta" => Some(Self::Beta),
                "stable" => Some(Self::Stable),
                _ => None,
            },
            Some(_) => None,
        }
    }

    /// Whether consumers may rely on it.
    pub(super) fn is_promised(self) -> bool {
        self >= Self::Beta
    }
}

/// The ids of one kind of thing that can be deprecated.
pub(super) struct Ids {
    pub(super) deprecated: &'static str,
    pub(super) deprecated_with_sunset: &'static str,
    pub(super) sunset_unreadable: &'static str,
    pub(super) sunset_too_soon: &'static str,
    pub(super) reactivated: &'static str,
    /// What happens to the sunset afterwards; `None` if nobody looks.
    pub(super) later: Option<LaterIds>,
}

/// The ids of what can happen to the sunset of what stays deprecated.
pub(super) struct LaterIds {
    pub(super) deleted: &'static str,
    pub(super) unreadable: &'static str,
    pub(super) moved_too_soon: &'static str,
}

pub(super) const OPERATION: Ids = Ids {
    deprecated: "endpoint-deprecated",
    deprecated_with_sunset: "endpoint-deprecated-with-sunset",
    sunset_unreadable: "api-deprecated-sunset-parse",
    sunset_too_soon: "api-sunset-date-too-small",
    reactivated: "endpoint-reactivated",
    later: Some(LaterIds {
        deleted: "sunset-deleted",
        unreadable: "api-path-sunset-parse",
        moved_too_soon: "api-sunset-date-changed-too-small",
    }),
};

pub(super) const PARAMETER: Ids = Ids {
    deprecated: "request-parameter-deprecated",
    deprecated_with_sunset: "request-parameter-deprecated",
    sunset_unreadable: "request-parameter-sunset-parse",
    sunset_too_soon: "request-parameter-sunset-date-too-small",
    reactivated: "request-parameter-reactivated",
    later: Some(LaterIds {
        deleted: "request-parameter-sunset-deleted",
        unreadable: "request-parameter-sunset-parse",
        moved_too_soon: "request-parameter-sunset-date-changed-too-small",
    }),
};

const REQUEST_PROPERTY: Ids = Ids {
    deprecated: "request-property-deprecated",
    deprecated_with_sunset: "request-property-deprecated-with-sunset",
    sunset_unreadable: "request-property-deprecated-sunset-invalid",
    sunset_too_soon: "request-property-sunset-date-too-small",
    reactivated: "request-property-reactivated",
    later: None,
};

const RESPONSE_PROPERTY: Ids = Ids {
    deprecated: "response-property-deprecated",
    deprecated_with_sunset: "response-property-deprecated-with-sunset",
    sunset_unreadable: "response-property-deprecated-sunset-invalid",
    sunset_too_soon: "response-property-sunset-date-too-small",
    reactivated: "response-property-reactivated",
    later: None,
};

/// Compares the deprecation of something that both documents have, and reports it under that name.
pub(super) fn compare(session: &mut Session<'_>, ids: &Ids, old: &Node<'_>, new: &Node<'_>, name: &str) {
    if let Some((id, key, phrase)) = deprecation(session.today, ids, old, new) {
        session.note(id, (Some(old), Some(new)), key, format!("{name} {phrase}"));
    }
}

/// The check that sees another deprecation, the keyword, and what is to be said.
fn deprecation(today: Day, ids: &Ids, old: &Node<'_>, new: &Node<'_>) -> Option<(&'static str, &'static str, String)> {
    match (old.flag("deprecated"), new.flag("deprecated")) {
        (false, true) => Some(match Sunset::of(new) {
            Sunset::Absent => (ids.deprecated, "deprecated", "was deprecated".to_owned()),
            Sunset::Invalid => (ids.sunset_unreadable, "x-sunset", "has a sunset that is no date".to_owned()),
            Sunset::On(day) if day < today => {
                (ids.sunset_too_soon, "x-sunset", format!("was deprecated with a sunset in the past, {day}"))
            }
            Sunset::On(day) => {
                (ids.deprecated_with_sunset, "x-sunset", format!("was deprecated and may be gone from {day} on"))
            }
        }),
        (true, false) => Some((ids.reactivated, "deprecated", "is no longer deprecated".to_owned())),
        (true, true) => {
            let (id, phrase) = moved(ids.later.as_ref()?, Sunset::of(old), Sunset::of(new), today)?;
            Some((id, "x-sunset", phrase))
        }
        (false, false) => None,
    }
}

fn moved(ids: &LaterIds, old: Sunset, new: Sunset, today: Day) -> Option<(&'static str, String)> {
    match (old, new) {
        (Sunset::Absent, _) | (Sunset::Invalid, Sunset::Invalid) => None,
        (_, Sunset::Absent) => Some((ids.deleted, "stays deprecated, but lost its sunset".to_owned())),
        (Sunset::Invalid, _) | (_, Sunset::Invalid) => {
            Some((ids.unreadable, "has or had a sunset that is no date".to_owned()))
        }
        (Sunset::On(before), Sunset::On(after)) => {
            let hastened = after < before && after < today;
            hastened.then(|| (ids.moved_too_soon, format!("has its sunset moved from {before} into the past, {after}")))
        }
    }
}

/// Compares the deprecation and stability of a property.
pub(super) fn property<'d>(walk: &mut Walk<'_, 'd>, pair: &Pair<'d>, place: &Place) {
    let ids = match walk.scope.property {
        "request-property" => &REQUEST_PROPERTY,
        "response-property" => &RESPONSE_PROPERTY,
        _ => return,
    };
    if let Some((id, key, phrase)) = deprecation(walk.session.today, ids, &pair.old, &pair.new) {
        let ((old, from), (new, to)) = (found(Some(&pair.old), key), found(Some(&pair.new), key));
        let phrase = format!("it {phrase}");
        walk.add(place, Note { id: id.to_owned(), effect: Effect::Neutral, old, new, from, to, phrase });
    }
    let (Some(old), Some(new)) = (Stability::of(&pair.old), Stability::of(&pair.new)) else { return };
    if old == new || !old.is_promised() {
        return;
    }
    let (aspect, effect) =
        if new < old { ("stability-decreased", Effect::Unsure) } else { ("stability-increased", Effect::Neutral) };
    walk.note(place, aspect, effect, pair, "x-stability-level", "its stability level changed");
}
