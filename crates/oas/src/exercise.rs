//! Which operations of a document were really exercised by the provider's own tests, as the report of those tests tells:
//! a success that nothing stands behind is no evidence.

mod har;
mod junit;
mod newman;
mod report;
mod schemathesis;
mod text;
mod xml;

use std::collections::BTreeSet;

use serde::Serialize;

use self::report::{Attempt, Outcome, Report};
use crate::comparison::{Profile, Router, Switches};
use crate::document::Document;
use crate::model::{Api, Operation};
use crate::pointer::Pointer;

pub use self::report::Format;

/// What a report says of a document's operations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Exercise {
    /// How the report is written; `None` if it could not be understood.
    pub format: Option<Format>,
    /// Which tool wrote it, with its version if the report tells it.
    pub by: Option<String>,
    /// All operations of the document, in its order.
    pub operations: Vec<Exercised>,
    /// How many attempts name an operation that the document does not have.
    pub elsewhere: usize,
    /// What could not be understood, for people.
    pub notes: Vec<String>,
}

/// What was tried of one operation. An operation that was never tried has no counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Exercised {
    /// The method in capitals.
    pub method: String,
    /// The path with its templates.
    pub path: String,
    /// The operation in the document.
    pub pointer: Pointer,
    /// How many attempts went as they should.
    pub passed: usize,
    /// How many did not.
    pub failed: usize,
    /// The statuses that were seen.
    pub statuses: BTreeSet<u16>,
}

impl Exercised {
    /// Whether it was tried at all.
    #[must_use]
    pub fn is_exercised(&self) -> bool {
        self.passed + self.failed > 0
    }
}

impl Exercise {
    /// How many operations were tried.
    #[must_use]
    pub fn exercised(&self) -> usize {
        self.operations.iter().filter(|operation| operation.is_exercised()).count()
    }

    /// One sentence for people.
    #[must_use]
    pub fn sentence(&self) -> String {
        let by = match (&self.by, self.format) {
            (Some(by), Some(format)) => format!(" by {by} ({})", format.as_str()),
            (None, Some(format)) => format!(" as the report says ({})", format.as_str()),
            _ => return "which operations were exercised is not known".to_owned(),
        };
        let (all, failed) = (self.operations.len(), self.operations.iter().filter(|one| one.failed > 0).count());
        let were = if self.exercised() == 1 { "was" } else { "were" };
        let failed = if failed == 0 { String::new() } else { format!(", {failed} of them with failures") };
        format!("{} of {all} operations {were} exercised{by}{failed}", self.exercised())
    }
}

/// Reads a report of a provider's own tests and tells which of the document's operations they exercised: `JUnit`,
/// Schemathesis (NDJSON, HAR), Dredd (xunit, markdown, HTML and what it prints) and Newman. A report that is malformed
/// or of another kind gets a note, never an error: it is kept as evidence all the same.
#[must_use]
pub fn exercised(report: &[u8], document: &Document) -> Exercise {
    let Report { format, by, attempts, mut notes } = report::read(report);
    let api = Api::of(document);
    let router = Router::new(&api, document.version(), &Switches::default(), Profile::Sound);
    let mut operations: Vec<Exercised> = api.operations.iter().map(untried).collect();
    let (mut elsewhere, mut unnamed) = (0, 0);
    for attempt in attempts.iter().filter(|attempt| attempt.outcome != Outcome::Skipped) {
        let Some(called) = &attempt.called else {
            unnamed += 1;
            continue;
        };
        let found = find(&api, &router, &called.0, &called.1);
        match found.and_then(|operation| api.operations.iter().position(|other| other.pointer == operation.pointer)) {
            Some(index) => count(&mut operations[index], attempt, &api.operations[index]),
            None => elsewhere += 1,
        }
    }
    if unnamed > 0 {
        notes.push(format!("{unnamed} tests do not say which operation they call; name them `GET /path`"));
    }
    if elsewhere > 0 {
        notes.push(format!("{elsewhere} attempts called what the document does not describe"));
    }
    Exercise { format, by, operations, elsewhere, notes }
}

fn untried(operation: &Operation) -> Exercised {
    Exercised {
        method: operation.method.clone(),
        path: operation.path.clone(),
        pointer: operation.pointer.clone(),
        passed: 0,
        failed: 0,
        statuses: BTreeSet::new(),
    }
}

fn count(exercised: &mut Exercised, attempt: &Attempt, operation: &Operation) {
    exercised.statuses.extend(attempt.status);
    let passed = match attempt.outcome {
        Outcome::Passed => true,
        // Nobody judged it, so the least counts: that the document knows the answer.
        Outcome::Unjudged => attempt.status.is_some_and(|status| operation.response(status).is_some()),
        Outcome::Failed | Outcome::Skipped => false,
    };
    exercised.passed += usize::from(passed);
    exercised.failed += usize::from(!passed);
}

/// The operation that a test names, by its template or by a path that leads to it.
fn find<'a>(api: &'a Api, router: &Router, method: &str, target: &str) -> Option<&'a Operation> {
    let method = method.to_ascii_uppercase();
    let path = path_of(target);
    let named = api.operations.iter().find(|operation| operation.method == method && operation.path == path);
    named.or_else(|| router.find(api, &method, path).map(|found| found.operation))
}

/// The path of an address, or of what is a path already.
fn path_of(target: &str) -> &str {
    let path = match target.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => target,
    };
    path.split(['?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
