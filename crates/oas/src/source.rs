//! A JSON or YAML text as a value whose nodes know where they stand, read within a budget: what people publish is not
//! trusted, so a hostile text gets an error, never a hang.

mod json;
mod yaml;

use serde_json::Value;
use serde_json::map::Entry;

use crate::pointer::Pointer;
use crate::position::{Position, Positions};

/// A text that was read: its value, and where each node of it stands.
#[derive(Clone, Debug)]
pub struct Source {
    value: Value,
    positions: Positions,
}

/// How much a text may cost to read.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// The size of the text, and of all text that aliases repeat.
    pub size_bytes: usize,
    /// How many nodes the value may have, those that aliases repeat included.
    pub nodes: usize,
    /// How many nodes YAML's anchors and aliases may copy.
    pub copied_nodes: usize,
    /// How deep objects and arrays may nest.
    pub depth: usize,
}

impl Default for Budget {
    /// Enough for the largest descriptions in public use (13 MB, half a million nodes) twice over.
    fn default() -> Self {
        Self { size_bytes: 32 * 1024 * 1024, nodes: 2_000_000, copied_nodes: 500_000, depth: 200 }
    }
}

/// Why a text could not be read, and what to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The text is larger than the budget.
    #[error("the document has {size_bytes} bytes, more than the {limit_bytes} allowed; split it or leave out examples")]
    TooLarge {
        /// The size of the text.
        size_bytes: usize,
        /// What is allowed.
        limit_bytes: usize,
    },
    /// The value has more nodes than the budget.
    #[error("the document has more than {limit} values ({at}); split it or leave out examples")]
    TooManyNodes {
        /// What is allowed.
        limit: usize,
        /// Where reading stopped.
        at: Position,
    },
    /// Objects and arrays nest deeper than the budget.
    #[error("values nest deeper than {limit} levels ({at}); move inner schemas to components")]
    TooDeep {
        /// What is allowed.
        limit: usize,
        /// Where reading stopped.
        at: Position,
    },
    /// Aliases repeat more than the budget.
    #[error("YAML aliases repeat too much ({at}); use `$ref` to share content")]
    TooManyCopies {
        /// Where reading stopped.
        at: Position,
    },
    /// An alias stands within the node that its anchor names.
    #[error("a YAML alias stands inside its own anchor ({at}); use `$ref` for recursion")]
    RecursiveAlias {
        /// Where the alias stands.
        at: Position,
    },
    /// A key is a list or an object.
    #[error("a key is not a plain text ({at}); write every key as text")]
    ComplexKey {
        /// Where the key stands.
        at: Position,
    },
    /// The text holds more than one YAML document.
    #[error("a second YAML document begins ({at}); keep one document in the file")]
    ManyDocuments {
        /// Where the second document begins.
        at: Position,
    },
    /// The text breaks the syntax.
    #[error("{message} ({at})")]
    Syntax {
        /// What is wrong.
        message: String,
        /// Where it is wrong.
        at: Position,
    },
    /// There is nothing in the text.
    #[error("the document is empty")]
    Empty,
}

impl Source {
    /// Reads JSON or YAML, whichever it is.
    ///
    /// # Errors
    /// A text that is neither, or that costs more than `budget`.
    pub fn read(text: &str, budget: &Budget) -> Result<Self, SourceError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.len() > budget.size_bytes {
            return Err(SourceError::TooLarge { size_bytes: text.len(), limit_bytes: budget.size_bytes });
        }
        if !text.trim_start().starts_with(['{', '[']) {
            return yaml::read(text, budget);
        }
        match json::read(text, budget) {
            // YAML's braces forgive trailing commas and comments, and people rely on it.
            Err(SourceError::Syntax { message, at }) => {
                yaml::read(text, budget).map_err(|_| SourceError::Syntax { message, at })
            }
            read => read,
        }
    }

    /// What was read.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Where a node stands; of a node that is missing, its nearest ancestor.
    #[must_use]
    pub fn position(&self, pointer: &Pointer) -> Position {
        self.positions.of(&self.value, pointer)
    }
}

/// Counts what has been read against the budget.
struct Spending<'b> {
    budget: &'b Budget,
    nodes: usize,
    copied_nodes: usize,
    copied_bytes: usize,
}

impl<'b> Spending<'b> {
    fn new(budget: &'b Budget) -> Self {
        Self { budget, nodes: 0, copied_nodes: 0, copied_bytes: 0 }
    }

    fn node(&mut self, depth: usize, at: Position) -> Result<(), SourceError> {
        self.nodes += 1;
        if self.nodes > self.budget.nodes {
            return Err(SourceError::TooManyNodes { limit: self.budget.nodes, at });
        }
        if depth > self.budget.depth {
            return Err(SourceError::TooDeep { limit: self.budget.depth, at });
        }
        Ok(())
    }

    fn copy(&mut self, nodes: usize, bytes: usize, at: Position) -> Result<(), SourceError> {
        self.copied_nodes += nodes;
        self.copied_bytes += bytes;
        if self.copied_nodes > self.budget.copied_nodes || self.copied_bytes > self.budget.size_bytes {
            return Err(SourceError::TooManyCopies { at });
        }
        Ok(())
    }
}

/// Puts a member, the last of one name winning as in every JSON parser in use, at the first one's place.
fn put_member(
    members: &mut serde_json::Map<String, Value>,
    positions: &mut Vec<Positions>,
    key: String,
    (value, position): (Value, Positions),
) {
    match members.entry(key) {
        Entry::Vacant(place) => {
            place.insert(value);
            positions.push(position);
        }
        Entry::Occupied(mut place) => {
            place.insert(value);
            let key = place.key().clone();
            if let Some(index) = members.keys().position(|known| *known == key) {
                positions[index] = position;
            }
        }
    }
}

#[cfg(test)]
mod tests;
