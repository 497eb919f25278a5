//! What a command comes back with: its exit code, a text for people and JSON for programs.
//! Commands build one; only `main` prints it.

use serde_json::{Value, json};

/// Exit codes, the same for every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Yes, passed, done.
    Yes = 0,
    /// No, failed, incompatible.
    No = 1,
    /// The command line or its input has to change.
    Usage = 2,
    /// The question could not be put: unreachable, timed out, not allowed, not understood.
    NotAsked = 3,
    /// Neither yes nor no: something is not verified yet.
    Unknown = 4,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        std::process::ExitCode::from(exit as u8)
    }
}

/// An answer, whichever it is.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) exit: Exit,
    /// For people; painted only when it goes to a terminal.
    pub(crate) text: String,
    /// For programs (`--json`).
    pub(crate) json: Value,
    /// The identifier of what was made (`--output id`).
    pub(crate) id: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// A word for programs: `usage`, `unreachable`, `timeout`, `unauthorised`, `forbidden`, `server-error`,
    /// `not-understood`, `missing`, `rejected`, `refused`.
    pub(crate) kind: &'static str,
    pub(crate) message: String,
    pub(crate) details: Vec<String>,
    /// The HTTP status behind it, if the server answered.
    pub(crate) status: Option<u16>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, kind: &'static str, message: impl Into<String>) -> Self {
        Self { exit, kind, message: message.into(), details: Vec::new(), status: None }
    }

    /// The command line or an input file has to change.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", message)
    }

    pub(crate) fn with_details(mut self, details: impl IntoIterator<Item = String>) -> Self {
        self.details.extend(details);
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut error = json!({ "kind": self.kind, "message": self.message, "exitCode": self.exit as u8 });
        if let Some(status) = self.status {
            error["status"] = status.into();
        }
        if !self.details.is_empty() {
            error["details"] = self.details.clone().into();
        }
        json!({ "error": error })
    }

    pub(crate) fn to_text(&self) -> String {
        let mut text = format!("error: {}\n", self.message);
        for detail in &self.details {
            text.push_str("  - ");
            text.push_str(&detail.replace('\n', "\n    "));
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_reads_as_a_sentence_with_its_reasons_indented() {
        let failure = Failure::usage("the server rejected it").with_details(["a\nb".to_owned(), "c".to_owned()]);

        assert_eq!(failure.to_text(), "error: the server rejected it\n  - a\n    b\n  - c\n");
    }

    #[test]
    fn a_failure_as_json_carries_its_exit_code_and_status() {
        let failure = Failure::new(Exit::NotAsked, "unauthorised", "no").with_status(401);

        assert_eq!(
            failure.to_json(),
            json!({ "error": { "kind": "unauthorised", "message": "no", "exitCode": 3, "status": 401 } })
        );
    }
}
