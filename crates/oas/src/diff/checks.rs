//! The checks that oasdiff has, and how bad a change is that it has no check for.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::finding::Severity;

/// The severity that oasdiff gives to a check; `None` if it has no check of that id.
#[must_use]
pub fn known_severity(id: &str) -> Option<Severity> {
    static CHECKS: LazyLock<HashMap<&str, Severity>> =
        LazyLock::new(|| include_str!("checks.txt").lines().filter_map(read).collect());
    CHECKS.get(id).copied()
}

fn read(line: &'static str) -> Option<(&'static str, Severity)> {
    let (level, id) = line.split_once(' ')?;
    let severity = match level {
        "error" => Severity::Error,
        "warning" => Severity::Warning,
        _ => Severity::Info,
    };
    Some((id, severity))
}

/// Who writes the values that a schema describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Direction {
    /// The consumer: it must not be refused what it was allowed to send.
    Request,
    /// The provider: the consumer must not get what it could not expect.
    Response,
}

/// What a change does to the values that are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Some are no longer allowed.
    Narrows,
    /// Some are newly allowed.
    Widens,
    /// One or the other; the document does not tell which.
    Unsure,
    /// Nothing.
    Neutral,
}

impl Effect {
    /// How bad it is where no check of oasdiff says so.
    pub(super) fn severity(self, direction: Direction) -> Severity {
        match (self, direction) {
            (Self::Narrows, Direction::Request) | (Self::Widens, Direction::Response) => Severity::Error,
            (Self::Unsure, _) => Severity::Warning,
            _ => Severity::Info,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_checks_have_their_severity() {
        assert_eq!(known_severity("request-parameter-removed"), Some(Severity::Warning));
        assert_eq!(known_severity("request-body-removed"), Some(Severity::Error));
        assert_eq!(known_severity("endpoint-added"), Some(Severity::Info));
        assert_eq!(known_severity("no-such-check"), None);
    }

    #[test]
    fn the_consumer_suffers_from_narrower_requests_and_wider_responses() {
        assert_eq!(Effect::Narrows.severity(Direction::Request), Severity::Error);
        assert_eq!(Effect::Widens.severity(Direction::Response), Severity::Error);
        assert_eq!(Effect::Widens.severity(Direction::Request), Severity::Info);
        assert_eq!(Effect::Narrows.severity(Direction::Response), Severity::Info);
    }
}
