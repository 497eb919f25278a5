//! One finding of a preview.

use serde_json::Value;

use crate::plain;

const LONGEST: usize = 500;

/// How grave it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Info,
    Warning,
    Breaking,
}

impl Level {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Breaking => "breaking",
        }
    }
}

pub(super) struct Item {
    pub(super) id: String,
    pub(super) level: Level,
    /// Method and path; empty if all of the document is concerned.
    pub(super) operation: String,
    pub(super) message: String,
    /// Whom it hits, or more of it. May be empty.
    pub(super) hits: String,
    /// Where it stands in the documents.
    pub(super) pointers: Vec<String>,
    /// Line and column in the new document.
    pub(super) position: (u64, u64),
    /// Whether it says that something is not known.
    pub(super) is_open: bool,
    /// Why it is accepted, if it is.
    pub(super) accepted: Option<String>,
}

impl Item {
    /// What happened, and where.
    pub(super) fn sentence(&self) -> String {
        if self.operation.is_empty() { self.message.clone() } else { format!("{}: {}", self.operation, self.message) }
    }
}

/// Line and column; those of the beginning for what is nowhere.
pub(super) fn position(spot: &Value) -> (u64, u64) {
    (spot["line"].as_u64().unwrap_or(1), spot["column"].as_u64().unwrap_or(1))
}

/// A text of an answer, fit for one line.
pub(super) fn word(value: &Value) -> String {
    plain::line(value.as_str().unwrap_or_default(), LONGEST)
}

/// The elements of a list in an answer.
pub(super) fn list<'v>(answer: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    answer[key].as_array().into_iter().flatten()
}
