//! A report of a provider's own tests, whatever tool wrote it.

use serde::Serialize;
use serde_json::Value;

use super::{har, junit, newman, schemathesis, text};

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// `JUnit` XML, of whatever tool.
    Junit,
    /// The events of Schemathesis, one a line.
    Ndjson,
    /// Recorded exchanges.
    Har,
    /// What Dredd prints, or its reports in markdown or HTML.
    Dredd,
    /// The JSON of Newman.
    Newman,
}

impl Format {
    /// What people call it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Junit => "JUnit",
            Self::Ndjson => "NDJSON",
            Self::Har => "HAR",
            Self::Dredd => "text",
            Self::Newman => "JSON",
        }
    }
}

/// What a report says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Report {
    pub(super) format: Option<Format>,
    pub(super) by: Option<String>,
    pub(super) attempts: Vec<Attempt>,
    pub(super) notes: Vec<String>,
}

/// One test, or one exchange.
#[derive(Debug, PartialEq)]
pub(super) struct Attempt {
    /// The method, and the address, path or template; `None` if the report does not say.
    pub(super) called: Option<(String, String)>,
    pub(super) status: Option<u16>,
    pub(super) outcome: Outcome,
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed,
    Failed,
    /// It was not made.
    Skipped,
    /// It was made, and the report does not say whether it went well.
    Unjudged,
}

/// What is larger is not read: reports with all bodies have no end.
const MAX_SIZE_BYTES: usize = 64 * 1024 * 1024;

/// Reads a report by what it looks like. What it is called tells little: all tools that write XML call it `JUnit`.
pub(super) fn read(report: &[u8]) -> Report {
    if report.len() > MAX_SIZE_BYTES {
        return not_understood(&format!("it has {} bytes, more than the {MAX_SIZE_BYTES} that are read", report.len()));
    }
    let report = String::from_utf8_lossy(report);
    let report = report.trim_start_matches('\u{feff}').trim();
    if report.is_empty() {
        return not_understood("it is empty");
    }
    if report.starts_with('<') {
        return junit::read(report)
            .or_else(|| text::read(report))
            .unwrap_or_else(|| not_understood("it is neither JUnit nor a report of Dredd"));
    }
    if !report.starts_with('{') {
        return text::read(report).unwrap_or_else(|| not_understood("it is of no kind that is known"));
    }
    if let Some(events) = schemathesis::read(report) {
        return events;
    }
    match serde_json::from_str::<Value>(report) {
        Ok(value) => har::read(&value)
            .or_else(|| newman::read(&value))
            .unwrap_or_else(|| not_understood("it is JSON, but neither HAR nor a report of Newman or Schemathesis")),
        Err(error) => not_understood(&format!("it is no JSON: {error}")),
    }
}

fn not_understood(why: &str) -> Report {
    Report { notes: vec![format!("the report could not be understood: {why}")], ..Report::default() }
}

const METHODS: [&str; 9] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY"];

/// The method, the status and the address that a title names: `GET /items/{id}`, `GET (200) /items/1`, with anything
/// before and behind.
pub(super) fn named(title: &str) -> Option<(String, Option<u16>, String)> {
    let words: Vec<&str> = title.split_whitespace().collect();
    let is_target = |word: &str| word.starts_with('/') || word.starts_with("http://") || word.starts_with("https://");
    words.iter().enumerate().filter(|(_, word)| METHODS.contains(word)).find_map(|(at, method)| {
        let mut next = *words.get(at + 1)?;
        let status = next.strip_prefix('(').and_then(|word| word.strip_suffix(')')).and_then(|word| word.parse().ok());
        if status.is_some() {
            next = words.get(at + 2)?;
        }
        is_target(next).then(|| ((*method).to_owned(), status, next.to_owned()))
    })
}
