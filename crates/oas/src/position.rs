//! Where each node of a source stands, so that a finding can be shown beside the line that causes it.

use serde::Serialize;
use serde_json::Value;

use crate::pointer::Pointer;

/// A place in a text; both count from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// The line, the first being 1.
    pub line: u32,
    /// The character of the line, the first being 1.
    pub column: u32,
}

impl Position {
    /// The first character of a text.
    pub const START: Self = Self { line: 1, column: 1 };
}

impl std::fmt::Display for Position {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "line {}, column {}", self.line, self.column)
    }
}

/// The positions of a value's nodes. A member stands where its key begins, an item where it begins itself.
///
/// A tree of the value's shape rather than a map by pointer: a document of ten megabytes has hundreds of thousands
/// of nodes, and their pointers would weigh more than the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Positions {
    pub(crate) at: Position,
    pub(crate) children: Box<[Self]>,
}

impl Positions {
    pub(crate) fn leaf(at: Position) -> Self {
        Self { at, children: Box::default() }
    }

    /// Where `pointer` stands in `value`, whose positions these are; of a node that is missing, its nearest ancestor.
    #[must_use]
    pub fn of(&self, value: &Value, pointer: &Pointer) -> Position {
        let (mut positions, mut value) = (self, value);
        for step in pointer.steps() {
            let Some((index, child)) = child(value, &step) else { break };
            let Some(below) = positions.children.get(index) else { break };
            (positions, value) = (below, child);
        }
        positions.at
    }
}

fn child<'v>(value: &'v Value, token: &str) -> Option<(usize, &'v Value)> {
    match value {
        Value::Object(members) => {
            let found = members.iter().enumerate().find(|(_, (key, _))| key.as_str() == token);
            found.map(|(index, (_, child))| (index, child))
        }
        Value::Array(items) => {
            let index: usize = token.parse().ok()?;
            items.get(index).map(|child| (index, child))
        }
        _ => None,
    }
}
