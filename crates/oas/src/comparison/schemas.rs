//! The document's schemas, compiled when they are first needed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use jsonschema::Draft;

use super::switches::Switches;
use super::translate::{self, Reading};
use super::validate::Compiled;
use super::{Profile, compatible};
use crate::document::Document;
use crate::model::Schema;
use crate::pointer::Pointer;

/// Who writes the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// The consumer, in a request; headers of responses are held to the same.
    Sent,
    /// The provider: the example shows only what the consumer reads.
    Received,
}

/// A compiled schema, or why it cannot be used.
type Usable = Result<Rc<Compiled>, String>;

/// Compiled schemas by who writes the value and where they stand; of one that cannot be used, why.
pub(super) struct Schemas<'d> {
    document: &'d Document,
    profile: Profile,
    switches: Switches,
    sent: RefCell<HashMap<Pointer, Usable>>,
    received: RefCell<HashMap<Pointer, Usable>>,
}

impl<'d> Schemas<'d> {
    pub(super) fn new(document: &'d Document, profile: Profile, switches: &Switches) -> Self {
        Self { document, profile, switches: switches.clone(), sent: RefCell::default(), received: RefCell::default() }
    }

    pub(super) fn compiled(&self, schema: &Schema, direction: Direction) -> Usable {
        let root = Pointer::root();
        let pointer = match schema {
            Schema::At(pointer) | Schema::Within(pointer) => pointer,
            Schema::Open => &root,
        };
        let compiled = if direction == Direction::Sent { &self.sent } else { &self.received };
        if let Some(known) = compiled.borrow().get(pointer) {
            return known.clone();
        }
        let (document, profile, switches) = (self.document, self.profile, &self.switches);
        let compile = || {
            let (prepared, draft) = match (profile, schema) {
                (Profile::Compatible, Schema::At(pointer)) if document.version().describes_messages() => {
                    (compatible::message(document, pointer, direction), Draft::Draft201909)
                }
                (Profile::Compatible, schema) => {
                    (compatible::schema(document, schema, direction, switches), Draft::Draft201909)
                }
                (Profile::Sound, schema) => {
                    let reading = if direction == Direction::Sent { Reading::Request } else { Reading::Example };
                    (translate::schema(document, schema, reading), Draft::Draft202012)
                }
            };
            Compiled::new(prepared.map_err(|error| error.to_string())?, draft).map(Rc::new)
        };
        let usable = compile();
        compiled.borrow_mut().insert(pointer.clone(), usable.clone());
        usable
    }
}
