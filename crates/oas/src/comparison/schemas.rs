//! The document's schemas, compiled when they are first needed.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::compatible::{self, Direction};
use super::validate::Compiled;
use crate::document::Document;
use crate::model::Schema;
use crate::pointer::Pointer;

/// Compiled schemas by where they stand and who writes the value; of one that cannot be used, why.
pub(super) struct Schemas<'d> {
    document: &'d Document,
    compiled: BTreeMap<(Pointer, Direction), Result<Rc<Compiled>, String>>,
}

impl<'d> Schemas<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        Self { document, compiled: BTreeMap::new() }
    }

    pub(super) fn compiled(&mut self, schema: &Schema, direction: Direction) -> Result<Rc<Compiled>, String> {
        let pointer = match schema {
            Schema::At(pointer) | Schema::Within(pointer) => pointer.clone(),
            Schema::Open => Pointer::root(),
        };
        let document = self.document;
        let compile = || Compiled::new(compatible::schema(document, schema, direction)).map(Rc::new);
        self.compiled.entry((pointer, direction)).or_insert_with(compile).clone()
    }
}
