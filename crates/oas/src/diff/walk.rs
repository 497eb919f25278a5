//! Walks two schemas together, through references, and stops where nothing changed.

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::Value;

use super::change::Change;
use super::checks::Effect;
use super::notes::{Collected, Compared, Found, Note};
use super::scope::{Place, Scope};
use super::session::{Session, found};
use super::types::without_null;
use super::{bounds, branches, keywords, lifecycle, properties, types};
use crate::document::{Node, Version};
use crate::finding::Severity;
use crate::pointer::Pointer;

/// How often one pair of schemas that go round in a circle is looked at within one value, and at how many places of it
/// one change is reported: schemas that use each other freely unfold without end.
const MAX_PLACES: u8 = 8;

/// How much is looked at for one comparison. Documents in public use take a hundredth of it.
const MAX_STEPS: usize = 4_000_000;

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
    /// How far up the walk went round in a circle since: what is found below that is not all by itself.
    circle: usize,
    /// What was found in the pair that is being compared.
    found: Collected,
}

/// Compares the schemas of one value.
pub(super) fn compare<'d>(session: &mut Session<'d>, scope: Scope, pair: &Pair<'d>) {
    let before = session.changes.len();
    let (within, visits, found) = (Vec::new(), HashMap::new(), Collected::default());
    let mut walk = Walk { session, scope, within, visits, circle: usize::MAX, found };
    walk.schema(pair, &Place::default());
    if walk.session.steps > MAX_STEPS {
        let phrase = "the schemas are too entangled to be compared to the end";
        walk.note(&Place::default(), "not-fully-compared", Effect::Unsure, pair, "", phrase);
    }
    let Walk { session, scope, found, .. } = walk;
    let direction = scope.direction;
    for found in found.all {
        session.report(found.seen(&scope));
    }
    let grave = |change: &&mut Change| change.severity > Severity::Info && concerns_values(&change.id);
    if session.changes[before..].iter_mut().any(|change| grave(&change)) && session.is_harmless(pair, direction) {
        session.changes[before..].iter_mut().filter(grave).for_each(|change| change.harmless = true);
    }
}

/// Whether a check is about which values are allowed, and not about what becomes of them.
fn concerns_values(id: &str) -> bool {
    let others =
        ["default-value", "read-only", "write-only", "sunset", "stability", "property-removed", "extensible", "fully"];
    !others.iter().any(|other| id.contains(other))
}

impl<'d> Walk<'_, 'd> {
    /// Whether nothing changed between two nodes.
    pub(super) fn same(&self, old: &Node<'d>, new: &Node<'d>) -> bool {
        self.session.unchanged.same(old.value(), new.value())
    }

    /// Compares two schemas, at whatever they refer to.
    pub(super) fn schema(&mut self, pair: &Pair<'d>, place: &Place) {
        if self.session.steps > MAX_STEPS || self.same(&pair.old, &pair.new) {
            return;
        }
        if self.counts_beside_references() && [&pair.old, &pair.new].iter().all(|node| node.text("$ref").is_some()) {
            self.resolved(pair, place);
        }
        let (Ok(old), Ok(new)) = (pair.old.resolved(), pair.new.resolved()) else { return };
        let pointers = (old.pointer().clone(), new.pointer().clone());
        if let Some(depth) = self.within.iter().position(|within| *within == pointers) {
            self.circle = self.circle.min(depth);
            return;
        }
        let key = (pointers, self.scope.role(place));
        let known = self.session.known.get(&key).cloned();
        let found = known.unwrap_or_else(|| self.examined(key, &Pair { old, new }, place));
        for found in found.iter() {
            self.session.steps += 1;
            self.found.add(found.below(&place.path));
        }
    }

    /// Compares two schemas that nobody compared in that role before. What is found is kept, unless it depends on
    /// where the walk came from.
    fn examined(&mut self, key: Compared, pair: &Pair<'d>, place: &Place) -> Rc<[Found]> {
        let nothing = || Rc::from(Vec::new());
        if self.same(&pair.old, &pair.new) {
            return nothing();
        }
        let visits = self.visits.entry(key.0.clone()).or_default();
        if *visits == MAX_PLACES {
            return nothing();
        }
        *visits += 1;
        self.session.steps += 1;
        let depth = self.within.len();
        self.within.push(key.0.clone());
        let outer = std::mem::take(&mut self.found);
        self.resolved(pair, &place.here());
        let found: Rc<[Found]> = Rc::from(std::mem::replace(&mut self.found, outer).all);
        self.within.pop();
        if self.circle >= depth {
            self.circle = usize::MAX;
            self.session.known.insert(key, Rc::clone(&found));
        }
        found
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
        let (old, new) = (found(Some(&pair.old), keyword).0, found(Some(&pair.new), keyword).0);
        let (id, phrase) = (self.scope.id(place, aspect), phrase.to_owned());
        self.add(place, Note { id, effect, old, new, from, to, phrase });
    }

    pub(super) fn add(&mut self, place: &Place, note: Note) {
        self.found.add(Found::of(note).below(&place.path));
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
