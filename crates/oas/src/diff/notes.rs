//! What was found in two schemas, wherever they stand: kept once, reported at each place that refers to them.

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::Value;

use super::checks::Effect;
use super::scope::{Role, Scope, Step};
use super::session::Seen;
use crate::pointer::Pointer;

/// At how many places of one value a change is reported.
const MAX_PLACES: u8 = 8;

/// A pair of schemas in the old and the new document, and the role that they were compared in.
pub(super) type Compared = ((Pointer, Pointer), Role);

/// A change within a schema.
pub(super) struct Note {
    pub(super) id: String,
    pub(super) effect: Effect,
    pub(super) old: Option<Pointer>,
    pub(super) new: Option<Pointer>,
    pub(super) from: Value,
    pub(super) to: Value,
    pub(super) phrase: String,
}

/// A change, and the way to it from the schema that is being compared.
#[derive(Clone)]
pub(super) struct Found {
    way: Option<Rc<Way>>,
    note: Rc<Note>,
}

struct Way {
    step: Step,
    next: Option<Rc<Way>>,
}

impl Found {
    pub(super) fn of(note: Note) -> Self {
        Self { way: None, note: Rc::new(note) }
    }

    /// The same seen from further up.
    pub(super) fn below(&self, path: &[Step]) -> Self {
        let step = |next, step: &Step| Some(Rc::new(Way { step: step.clone(), next }));
        Self { way: path.iter().rev().fold(self.way.clone(), step), note: Rc::clone(&self.note) }
    }

    /// What there is to report, in the words of a value's role.
    pub(super) fn seen(&self, scope: &Scope) -> Seen {
        let (mut path, mut field, mut way) = (Vec::new(), Pointer::root(), self.way.as_ref());
        while let Some(here) = way {
            path.push(here.step.name());
            field = here.step.token().map_or(field.clone(), |token| field.child(token));
            way = here.next.as_ref();
        }
        let note = &self.note;
        Seen {
            id: note.id.clone(),
            field: field.to_string(),
            direction: scope.direction,
            effect: note.effect,
            old: note.old.clone(),
            new: note.new.clone(),
            from: note.from.clone(),
            to: note.to.clone(),
            message: format!("{}: {}", scope.name(&path), note.phrase),
        }
    }
}

/// Changes, each at no more than a few places.
#[derive(Default)]
pub(super) struct Collected {
    pub(super) all: Vec<Found>,
    places: HashMap<*const Note, u8>,
}

impl Collected {
    pub(super) fn add(&mut self, found: Found) {
        let places = self.places.entry(Rc::as_ptr(&found.note)).or_default();
        if *places < MAX_PLACES {
            *places += 1;
            self.all.push(found);
        }
    }
}
