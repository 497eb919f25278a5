//! One change, as it is shown and as it is written in JSON.

use pactolus_domain::usage::Part;
use serde::Serialize;
use serde_json::Value;

use super::checks::known_severity;
use crate::finding::{Severity, Spot};

/// One change between two documents.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The check that saw it: oasdiff's id, or one of ours if oasdiff has none.
    pub id: String,
    /// Error: a consumer that kept to the old document can break. Warning: the document alone cannot tell.
    pub severity: Severity,
    /// What changed, for people.
    pub message: String,
    /// The operation's method in capitals; `None` if the whole document is concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The operation's path, as the old document writes it if it has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What of the operation is concerned; `None` for all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concerns: Option<Concerns>,
    /// Where it stands in the old document, or what it would stand in there; `None` if nothing near is there.
    pub old: Option<Spot>,
    /// Where it stands in the new document, or what it would stand in there; `None` if nothing near is there.
    pub new: Option<Spot>,
    /// What was there before; `Null` if nothing.
    pub from: Value,
    /// What is there now; `Null` if nothing.
    pub to: Value,
    /// Set algebra proves that nothing which the old document allowed is lost, whatever the severity says.
    pub harmless: bool,
}

/// What of an operation a change is about, named as the contracts that use it are said to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Concerns {
    /// What kind of thing it is.
    pub part: Part,
    /// The status, a range of them such as `4XX`, or `default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// A name, or the way to a field with `*` for the items of a list. Empty for the whole.
    pub name: String,
}

impl Change {
    /// Whether the check is one of oasdiff's.
    #[must_use]
    pub fn is_known(&self) -> bool {
        known_severity(&self.id).is_some()
    }

    /// Whether a consumer that kept to the old document can break, and nothing proves that it cannot.
    #[must_use]
    pub fn is_breaking(&self) -> bool {
        self.severity == Severity::Error && !self.harmless
    }
}

/// All changes, as they are written in JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changes {
    /// Whether one of them is breaking.
    pub breaking: bool,
    /// How many are errors, harmless ones left out.
    pub errors: usize,
    /// How many are warnings.
    pub warnings: usize,
    /// How many are worth knowing, errors that are proved harmless included.
    pub infos: usize,
    /// The changes.
    pub changes: Vec<Change>,
}

impl From<Vec<Change>> for Changes {
    fn from(changes: Vec<Change>) -> Self {
        let errors = changes.iter().filter(|change| change.is_breaking()).count();
        let warnings = changes.iter().filter(|change| change.severity == Severity::Warning).count();
        Self { breaking: errors > 0, errors, warnings, infos: changes.len() - errors - warnings, changes }
    }
}
