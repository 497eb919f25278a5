//! Walks two schemas together, through references, and stops where nothing changed.

use std::collections::HashMap;

use serde_json::Value;

use super::change::Change;
use super::checks::Effect;
use super::scope::{Place, Scope};
use super::session::{Seen, Session, found};
use super::types::without_null;
use super::{bounds, branches, keywords, lifecycle, properties, types};
use crate::document::{Node, Version};
use crate::finding::Severity;
use crate::pointer::Pointer;

/// How often one pair of schemas is looked at within one value: schemas that use each other freely unfold without end.
const MAX_VISITS: u8 = 8;

/// Two schemas that stand for each other.
#[derive(Clone, Debug)]
pub(super) struct Pair<'d> {
    pub(super) old: Node<'d>,
    pub(super) new: Node<'d>,
}

impl<'d> Pair<'d> {
    /// What both schemas have under a keyword.
    pub(super) fn members(&self, keyword: &str) -> (Option<Node<'d>>, Option<Node<'d>>) {
        (self.old.member(keyword), self.new.member(keyword))
    }
}

/// A walk through one value's schemas.
pub(super) struct Walk<'s, 'd> {
    pub(super) session: &'s mut Session<'d>,
    pub(super) scope: Scope,
    /// The pairs that are being compared.
    within: Vec<(Pointer, Pointer)>,
    visits: HashMap<(Pointer, Pointer), u8>,
    /// How far up the walk went round in a circle since: what stands below that is not settled by itself.
    circle: usize,
}

/// Compares the schemas of one value.
pub(super) fn compare<'d>(session: &mut Session<'d>, scope: Scope, pair: &Pair<'d>) {
    let (before, direction) = (session.changes.len(), scope.direction);
    let mut walk = Walk { session, scope, within: Vec::new(), visits: HashMap::new(), circle: usize::MAX };
    walk.schema(pair, &Place::default());
    let grave = |change: &&mut Change| change.severity > Severity::Info && concerns_values(&change.id);
    if session.changes[before..].iter_mut().any(|change| grave(&change)) && session.is_harmless(pair, direction) {
        session.changes[before..].iter_mut().filter(grave).for_each(|change| change.harmless = true);
    }
}

/// Whether a check is about which values are allowed, and not about what becomes of them.
fn concerns_values(id: &str) -> bool {
    let others = ["default-value", "read-only", "write-only", "sunset", "stability", "property-removed", "extensible"];
    !others.iter().any(|other| id.contains(other))
}

impl<'d> Walk<'_, 'd> {
    /// Whether nothing changed between two nodes.
    pub(super) fn same(&self, old: &Node<'d>, new: &Node<'d>) -> bool {
        self.session.unchanged.same(old.value(), new.value())
    }

    /// Compares two schemas, at whatever they refer to.
    pub(super) fn schema(&mut self, pair: &Pair<'d>, place: &Place) {
        if self.same(&pair.old, &pair.new) {
            return;
        }
        if self.counts_beside_references() && [&pair.old, &pair.new].iter().all(|node| node.text("$ref").is_some()) {
            self.resolved(pair, place);
        }
        let (Ok(old), Ok(new)) = (pair.old.resolved(), pair.new.resolved()) else { return };
        let key = (old.pointer().clone(), new.pointer().clone());
        if let Some(depth) = self.within.iter().position(|within| *within == key) {
            self.circle = self.circle.min(depth);
            return;
        }
        let settled = (key.0.clone(), key.1.clone(), self.scope.prefix(place), self.scope.as_text);
        if self.session.settled.contains(&settled) || self.session.unchanged.same(old.value(), new.value()) {
            return;
        }
        let visits = self.visits.entry(key.clone()).or_default();
        if *visits == MAX_VISITS {
            return;
        }
        *visits += 1;
        let (depth, before) = (self.within.len(), self.session.changes.len());
        self.within.push(key);
        self.resolved(&Pair { old, new }, place);
        self.within.pop();
        if self.circle >= depth {
            self.circle = usize::MAX;
            if self.session.changes.len() == before {
                self.session.settled.insert(settled);
            }
        }
    }

    /// Whether keywords beside a reference hold, too.
    fn counts_beside_references(&self) -> bool {
        self.session.old.version() > Version::V3_0 && self.session.new.version() > Version::V3_0
    }

    fn resolved(&mut self, pair: &Pair<'d>, place: &Place) {
        if !(pair.old.value().is_object() && pair.new.value().is_object()) {
            return self.booleans(pair, place);
        }
        let pair = &types::nullability(self, pair, place);
        if branches::wrapped(self, pair, place) {
            return;
        }
        if place.property {
            lifecycle::property(self, pair, place);
        }
        let listed = types::compare(self, pair, place);
        bounds::compare(self, pair, place);
        keywords::compare(self, pair, place);
        branches::compare(self, pair, place, listed);
        properties::compare(self, pair, place);
        self.below(pair, place);
    }

    /// Schemas that only say yes or no.
    fn booleans(&mut self, pair: &Pair<'d>, place: &Place) {
        let allows = |node: &Node<'_>| node.value() != &Value::Bool(false);
        match (allows(&pair.old), allows(&pair.new)) {
            (true, false) => self.note(place, "forbidden", Effect::Narrows, pair, "", "it is no longer allowed"),
            (false, true) => self.note(place, "allowed", Effect::Widens, pair, "", "it is now allowed"),
            _ => {}
        }
    }

    /// The schemas of keywords that hold just one.
    fn below(&mut self, pair: &Pair<'d>, place: &Place) {
        for (keyword, aspect) in SINGLE {
            match pair.members(keyword) {
                (None, Some(_)) => {
                    self.note(place, &format!("{aspect}-added"), Effect::Narrows, pair, keyword, &added(keyword));
                }
                (Some(_), None) => {
                    self.note(place, &format!("{aspect}-removed"), Effect::Widens, pair, keyword, &removed(keyword));
                }
                (Some(old), Some(new)) => self.schema(&Pair { old, new }, &place.below(keyword, true)),
                (None, None) => {}
            }
        }
        self.items(pair, place);
        self.additional_properties(pair, place);
    }

    fn items(&mut self, pair: &Pair<'d>, place: &Place) {
        let lists = |node: &Node<'_>| without_null(node).is_none_or(|types| types.contains("array"));
        // The items of a parameter are what is sent in it.
        let below = place.below("items", self.scope.parameter.is_none());
        match pair.members("items") {
            (Some(old), Some(new)) => self.schema(&Pair { old, new }, &below),
            (None, Some(_)) if lists(&pair.old) => {
                self.note(place, "items-added", Effect::Narrows, pair, "items", "its items are now described");
            }
            (Some(_), None) if lists(&pair.new) => {
                self.note(place, "items-removed", Effect::Widens, pair, "items", "its items can now be anything");
            }
            _ => {}
        }
    }

    fn additional_properties(&mut self, pair: &Pair<'d>, place: &Place) {
        let key = "additionalProperties";
        let says = |node: &Node<'d>| node.member(key).filter(|member| member.value() != &Value::Bool(true));
        match (says(&pair.old), says(&pair.new)) {
            (Some(old), Some(new)) => match (old.value(), new.value()) {
                (Value::Object(_), Value::Object(_)) => self.schema(&Pair { old, new }, &place.below(key, true)),
                (Value::Bool(_), Value::Object(_)) => self.opened(pair, place),
                (Value::Object(_), Value::Bool(_)) => self.closed(pair, place),
                _ => {}
            },
            (None, Some(new)) if new.value() == &Value::Bool(false) => self.closed(pair, place),
            (None, Some(_)) => {
                let phrase = "other properties must now fit a schema";
                self.note(place, "additional-properties-restricted", Effect::Narrows, pair, key, phrase);
            }
            (Some(_), None) => self.opened(pair, place),
            (None, None) => {}
        }
    }

    fn closed(&mut self, pair: &Pair<'d>, place: &Place) {
        let phrase = "other properties are no longer allowed";
        self.note(place, "additional-properties-closed", Effect::Narrows, pair, "additionalProperties", phrase);
    }

    /// Whoever reads an object ignores what it does not know, so this is no wider response to it.
    fn opened(&mut self, pair: &Pair<'d>, place: &Place) {
        let phrase = "more properties are now allowed";
        self.note(place, "additional-properties-opened", Effect::Neutral, pair, "additionalProperties", phrase);
    }

    /// Reports that a keyword of both schemas, or the schemas themselves, differ in some aspect.
    pub(super) fn note(
        &mut self,
        place: &Place,
        aspect: &str,
        effect: Effect,
        pair: &Pair<'d>,
        keyword: &str,
        phrase: &str,
    ) {
        let (_, from) = found(Some(&pair.old), keyword);
        let (_, to) = found(Some(&pair.new), keyword);
        self.note_values(place, aspect, effect, pair, keyword, (from, to), phrase);
    }

    /// The same with the values that count instead of the keyword's.
    #[expect(clippy::too_many_arguments, reason = "a change has that many parts, and all callers have all of them")]
    pub(super) fn note_values(
        &mut self,
        place: &Place,
        aspect: &str,
        effect: Effect,
        pair: &Pair<'d>,
        keyword: &str,
        (from, to): (Value, Value),
        phrase: &str,
    ) {
        self.session.report(Seen {
            id: self.scope.id(place, aspect),
            direction: self.scope.direction,
            effect,
            old: found(Some(&pair.old), keyword).0,
            new: found(Some(&pair.new), keyword).0,
            from,
            to,
            message: format!("{}: {phrase}", self.scope.name(place)),
        });
    }
}

/// Keywords that hold one schema which narrows, and what their checks are called.
const SINGLE: [(&str, &str); 9] = [
    ("if", "if"),
    ("then", "then"),
    ("else", "else"),
    ("contains", "contains"),
    ("propertyNames", "property-names"),
    ("unevaluatedItems", "unevaluated-items"),
    ("unevaluatedProperties", "unevaluated-properties"),
    ("contentSchema", "content-schema"),
    ("not", "not"),
];

fn added(keyword: &str) -> String {
    format!("it must now meet `{keyword}`")
}

fn removed(keyword: &str) -> String {
    format!("it need no longer meet `{keyword}`")
}
