//! Annotations of a GitHub workflow, at the line of the contract.

use std::fmt::Write as _;

use pactolus_oas::finding::Severity;

use super::Comparison;
use super::text::place;

/// As workflow commands want their values.
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

pub(super) fn annotations(comparison: &Comparison) -> String {
    let mut lines = String::new();
    for (contract, finding) in comparison.all() {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let (file, title) = (property(&contract.file), property(finding.code.as_str()));
        let position = finding.contract.position;
        let at = place(&comparison.document, &finding.document);
        let message = escaped(&format!("{}: {}\n{at}\n{}", finding.interaction, finding.message, finding.edit));
        let (line, column) = (position.line, position.column);
        let _ = writeln!(lines, "::{command} file={file},line={line},col={column},title={title}::{message}");
    }
    lines
}
