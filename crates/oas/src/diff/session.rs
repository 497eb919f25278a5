//! Collects the changes, and keeps what is known of both documents.

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::Value;

use super::change::{Change, Concerns};
use super::checks::{Direction, Effect, known_severity};
use super::day::Day;
use super::harmless;
use super::notes::{Compared, Found};
use super::unchanged::Unchanged;
use super::walk::Pair;
use crate::document::{Document, Node};
use crate::finding::Spot;
use crate::pointer::Pointer;
use crate::position::Position;
use pactolus_domain::usage::Part;

/// What one comparison of two documents needs and finds.
pub(super) struct Session<'d> {
    pub(super) old: &'d Document,
    pub(super) new: &'d Document,
    pub(super) today: Day,
    pub(super) unchanged: Unchanged<'d>,
    /// The operation whose parts are being compared: method and path.
    pub(super) operation: Option<(String, String)>,
    /// The part of the operation that is being compared.
    pub(super) part: Option<Concerns>,
    /// What was found in pairs of schemas.
    pub(super) known: HashMap<Compared, Rc<[Found]>>,
    /// How much was looked at.
    pub(super) steps: usize,
    positions: HashMap<(Age, Pointer), Position>,
    /// Pairs of schemas of which it was asked whether a change in them is harmless, and the answers.
    proofs: HashMap<(Pointer, Pointer, Direction), bool>,
    pub(super) changes: Vec<Change>,
}

/// How many proofs are tried: documents in which more bodies break are beyond refactoring.
const MAX_PROOFS: usize = 100;

/// Which of the two documents.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Age {
    Old,
    New,
}

/// A change, as a check sees it.
pub(super) struct Seen {
    pub(super) id: String,
    /// The way to it within the value that is compared; empty for the whole.
    pub(super) field: String,
    pub(super) direction: Direction,
    pub(super) effect: Effect,
    pub(super) old: Option<Pointer>,
    pub(super) new: Option<Pointer>,
    pub(super) from: Value,
    pub(super) to: Value,
    pub(super) message: String,
}

impl<'d> Session<'d> {
    pub(super) fn new(old: &'d Document, new: &'d Document, today: Day) -> Self {
        Self {
            old,
            new,
            today,
            unchanged: Unchanged::of(old, new),
            operation: None,
            part: None,
            known: HashMap::new(),
            steps: 0,
            positions: HashMap::new(),
            proofs: HashMap::new(),
            changes: Vec::new(),
        }
    }

    /// Whether it is proved that nothing is lost between two schemas.
    pub(super) fn is_harmless(&mut self, pair: &Pair<'_>, direction: Direction) -> bool {
        let key = (pair.old.pointer().clone(), pair.new.pointer().clone(), direction);
        if let Some(known) = self.proofs.get(&key) {
            return *known;
        }
        if self.proofs.len() == MAX_PROOFS {
            return false;
        }
        let proved = harmless::is_proved((self.old, self.new), pair, direction);
        self.proofs.insert(key, proved);
        proved
    }

    /// Compares a part of the operation.
    pub(super) fn about<T>(
        &mut self,
        part: Part,
        status: Option<String>,
        name: &str,
        compare: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let outer = self.part.replace(Concerns { part, status, name: name.to_owned() });
        let compared = compare(self);
        self.part = outer;
        compared
    }

    pub(super) fn report(&mut self, seen: Seen) {
        let (old, new) = (self.spot(Age::Old, seen.old), self.spot(Age::New, seen.new));
        let (operation, path) = self.operation.clone().unzip();
        let mut concerns = self.part.clone();
        if let Some(concerns) = concerns.as_mut().filter(|concerns| concerns.part.has_fields()) {
            concerns.name = seen.field;
        }
        self.changes.push(Change {
            severity: known_severity(&seen.id).unwrap_or_else(|| seen.effect.severity(seen.direction)),
            id: seen.id,
            message: seen.message,
            operation,
            path,
            concerns,
            old,
            new,
            from: seen.from,
            to: seen.to,
            harmless: false,
        });
    }

    fn spot(&mut self, age: Age, pointer: Option<Pointer>) -> Option<Spot> {
        let pointer = pointer?;
        let document = match age {
            Age::Old => self.old,
            Age::New => self.new,
        };
        let known = self.positions.entry((age, pointer.clone()));
        let position = *known.or_insert_with(|| document.position(&pointer));
        Some(Spot { pointer, position })
    }

    /// Reports a change of something that stands, or would stand, in these nodes, by a check whose severity is known.
    pub(super) fn note(&mut self, id: &str, sides: (Option<&Node<'_>>, Option<&Node<'_>>), key: &str, message: String) {
        self.note_with(id, Effect::Neutral, sides, key, message);
    }

    /// The same of a check that may be ours.
    pub(super) fn note_with(
        &mut self,
        id: &str,
        effect: Effect,
        (old, new): (Option<&Node<'_>>, Option<&Node<'_>>),
        key: &str,
        message: String,
    ) {
        let (old, from) = found(old, key);
        let (new, to) = found(new, key);
        let id = id.to_owned();
        let (direction, field) = (Direction::Request, String::new());
        self.report(Seen { id, field, direction, effect, old, new, from, to, message });
    }
}

/// Where a node's member stands and what it is; the node itself, without a value, if it has no such member.
pub(super) fn found(node: Option<&Node<'_>>, key: &str) -> (Option<Pointer>, Value) {
    let Some(node) = node else { return (None, Value::Null) };
    match node.member(key) {
        Some(member) => (Some(member.pointer().clone()), member.value().clone()),
        None => (Some(node.pointer().clone()), Value::Null),
    }
}
