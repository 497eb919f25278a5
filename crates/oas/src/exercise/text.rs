//! What Dredd prints, and its reports in markdown and HTML: a line for each transaction, by its outcome and title.

use super::report::{Attempt, Format, Outcome, Report, named};
use super::xml::decoded;

/// `None` if no line is one of Dredd's.
pub(super) fn read(report: &str) -> Option<Report> {
    // At its end Dredd prints all failures a second time.
    let lines = report.lines().take_while(|line| !line.contains("Displaying failed tests"));
    let attempts: Vec<Attempt> = lines.filter_map(attempt).collect();
    let (format, by) = (Some(Format::Dredd), Some("Dredd".to_owned()));
    (!attempts.is_empty()).then_some(Report { format, by, attempts, notes: Vec::new() })
}

fn attempt(line: &str) -> Option<Attempt> {
    let line = plain(line);
    let (word, title) = line.trim_start_matches('#').trim_start().split_once(": ")?;
    let outcome = match word {
        "pass" | "Pass" => Outcome::Passed,
        "fail" | "Fail" | "error" | "Error" => Outcome::Failed,
        "skip" | "Skip" => Outcome::Skipped,
        _ => return None,
    };
    // Other programs print `error:`, too; what names no operation is not Dredd's.
    let (method, status, target) = named(title)?;
    Some(Attempt { called: Some((method, target)), status, outcome })
}

/// A line without colours and tags, its entities replaced.
fn plain(line: &str) -> String {
    let (mut plain, mut rest) = (String::new(), line);
    while let Some(at) = rest.find(['\u{1b}', '<']) {
        plain.push_str(&rest[..at]);
        let end = if rest[at..].starts_with('<') { '>' } else { 'm' };
        rest = rest[at..].split_once(end).map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    decoded(plain.trim())
}
