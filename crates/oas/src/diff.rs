//! What changed between two versions of an API document, and which of it can break a consumer that kept to the old
//! one. The checks have the ids and levels of oasdiff, so that its users can read on; what it has no check for has an
//! id of ours in the same manner.

mod alike;
mod body;
mod bounds;
mod branches;
mod change;
mod checks;
mod day;
mod endpoint;
mod harmless;

mod info;
mod keywords;
mod lifecycle;
mod notes;
mod parameters;
mod properties;
mod scope;
mod security;
mod session;
mod types;
mod unchanged;
mod walk;

pub use change::{Change, Changes, Concerns};
pub use checks::known_severity;
pub use day::Day;

use crate::document::Document;

/// All changes from `old` to `new`, in the order of the old document's operations, those of the whole document last.
/// `today` decides whether a deprecated operation has reached its sunset.
#[must_use]
pub fn diff(old: &Document, new: &Document, today: Day) -> Vec<Change> {
    let mut session = session::Session::new(old, new, today);
    endpoint::compare(&mut session);
    security::compare(&mut session);
    info::compare(&mut session);
    session.changes
}

#[cfg(test)]
mod tests;
