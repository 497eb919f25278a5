//! One `JUnit` file for all contracts, as GitLab, Azure DevOps and Jenkins read it: a suite for each contract, a case for
//! each interaction. What could not be told is an error, what is pending is skipped.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;

use pactolus_verify::{ContractReport, ENGINE, InteractionReport, Mismatch, Report, Result};

use super::exit::trouble_of_the_run;
use super::tally::{Standing, standing};
use super::text::{again, described, facts};
use super::values::Row;
use super::{Finished, mismatches, plain};
use crate::xml::{element, text};

/// The whole file.
pub(crate) fn junit(finished: &Finished<'_>) -> String {
    let report = finished.report;
    let names = suite_names(report);
    let mut suites: Vec<Suite> =
        report.contracts.iter().zip(names).map(|(contract, name)| suite(finished, contract, name)).collect();
    suites.extend(trouble_of_the_run(report).map(|trouble| suite_of_the_run(&trouble)));

    let counts = suites.iter().map(|suite| suite.counts).fold(Counts::default(), Counts::plus);
    // The schema wants it without a zone.
    let timestamp = report.started_at.format("%Y-%m-%dT%H:%M:%S").to_string();
    let content: String = suites.iter().map(|suite| suite.to_xml(report, &timestamp)).collect();
    let name = format!("pactolus verify {}", plain::line(&report.provider, plain::NAME));
    let [tests, failures, errors, skipped] = counts.to_text();
    let attributes = [
        ("name", name.as_str()),
        ("tests", &tests),
        ("failures", &failures),
        ("errors", &errors),
        ("skipped", &skipped),
        ("time", &seconds(report.duration)),
        ("timestamp", &timestamp),
    ];
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}",
        element("testsuites", &attributes, &format!("\n{content}"))
    )
}

#[derive(Debug)]
struct Suite {
    name: String,
    location: String,
    counts: Counts,
    time: Duration,
    cases: String,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn plus(self, other: Self) -> Self {
        Self {
            tests: self.tests + other.tests,
            failures: self.failures + other.failures,
            errors: self.errors + other.errors,
            skipped: self.skipped + other.skipped,
        }
    }

    fn to_text(self) -> [String; 4] {
        [self.tests, self.failures, self.errors, self.skipped].map(|count| count.to_string())
    }
}

impl Suite {
    fn to_xml(&self, report: &Report, timestamp: &str) -> String {
        let version = report.provider_version.as_deref().unwrap_or_default();
        let properties = [
            ("provider", plain::line(&report.provider, plain::DESCRIPTION)),
            ("providerVersion", plain::line(version, plain::DESCRIPTION)),
            ("contract", self.location.clone()),
            ("engine", ENGINE.to_owned()),
            ("runId", report.run_id.to_string()),
        ];
        let properties = properties.iter().filter(|(_, value)| !value.is_empty());
        let properties: String =
            properties.map(|(name, value)| element("property", &[("name", name), ("value", value)], "")).collect();
        let content = format!("\n{}{}", element("properties", &[], &format!("\n{properties}")), self.cases);
        let [tests, failures, errors, skipped] = self.counts.to_text();
        let attributes = [
            ("name", self.name.as_str()),
            ("tests", &tests),
            ("failures", &failures),
            ("errors", &errors),
            ("skipped", &skipped),
            ("time", &seconds(self.time)),
            ("timestamp", timestamp),
        ];
        element("testsuite", &attributes, &content)
    }
}

/// Consumers may have several contracts in one run; servers would take suites of one name for one suite.
fn suite_names(report: &Report) -> Vec<String> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for contract in &report.contracts {
        *counts.entry(&contract.consumer).or_default() += 1;
    }
    let name = |contract: &ContractReport| {
        let consumer = plain::line(&contract.consumer, plain::NAME);
        let location = plain::line(&contract.source.location, plain::DESCRIPTION);
        match (consumer.is_empty(), counts.get(contract.consumer.as_str())) {
            (true, _) => location,
            (false, Some(2..)) => format!("{consumer} ({location})"),
            _ => consumer,
        }
    };
    report.contracts.iter().map(name).collect()
}

fn suite(finished: &Finished<'_>, contract: &ContractReport, name: String) -> Suite {
    let provider = plain::line(&finished.report.provider, plain::NAME);
    let class = match plain::line(&contract.consumer, plain::NAME).as_str() {
        "" => format!("{name}/{provider}"),
        consumer => format!("{consumer}/{provider}"),
    };
    let location = plain::line(&contract.source.location, plain::DESCRIPTION);
    let mut suite = Suite { name, location, counts: Counts::default(), time: Duration::ZERO, cases: String::new() };
    if let Some(reason) = &contract.unreadable {
        let (outcome, message) = if contract.source.is_pending { ("skipped", "pending: ") } else { ("error", "") };
        let message = format!("{message}{}", plain::line(reason, plain::SENTENCE));
        suite.push("the contract can be read", &class, Duration::ZERO, &Outcome::of(outcome, "unreadable", message));
    }
    let mut seen: HashMap<String, usize> = HashMap::new();
    for one in &contract.interactions {
        let mut name = described(one);
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        if *count > 1 || name.ends_with('…') {
            name = format!("{name} [{}]", plain::line(&one.interaction.key, plain::NAME));
        }
        suite.push(&name, &class, one.duration, &outcome(contract, one, finished.command));
    }
    suite
}

/// So that no green file comes from a run that is no pass.
fn suite_of_the_run(trouble: &str) -> Suite {
    let name = "the run as a whole".to_owned();
    let mut suite =
        Suite { name, location: String::new(), counts: Counts::default(), time: Duration::ZERO, cases: String::new() };
    let outcome = Outcome::of("error", "incomplete", plain::line(trouble, plain::SENTENCE));
    suite.push("the run came to its end", "pactolus", Duration::ZERO, &outcome);
    suite
}

/// What stands in a case: nothing for a pass.
#[derive(Debug, Default)]
struct Outcome {
    element: &'static str,
    kind: &'static str,
    message: String,
    details: String,
    /// Comments of those that passed.
    output: String,
}

impl Outcome {
    fn of(element: &'static str, kind: &'static str, message: String) -> Self {
        Self { element, kind, message, ..Self::default() }
    }

    fn to_xml(&self) -> String {
        let mut xml = String::new();
        if !self.element.is_empty() {
            let attributes = [("type", self.kind), ("message", self.message.as_str())];
            // Servers know no kinds of skipped ones.
            let attributes = if self.element == "skipped" { &attributes[1..] } else { &attributes };
            xml.push_str(&element(self.element, attributes, &text(&self.details)));
        }
        if !self.output.is_empty() {
            xml.push_str(&element("system-out", &[], &text(&self.output)));
        }
        xml
    }
}

impl Suite {
    fn push(&mut self, name: &str, class: &str, time: Duration, outcome: &Outcome) {
        self.counts.tests += 1;
        match outcome.element {
            "failure" => self.counts.failures += 1,
            "error" => self.counts.errors += 1,
            "skipped" => self.counts.skipped += 1,
            _ => {}
        }
        self.time += time;
        let xml = outcome.to_xml();
        let content = if xml.is_empty() { xml } else { format!("\n{xml}") };
        let attributes = [("name", name), ("classname", class), ("time", &seconds(time))];
        self.cases.push_str(&element("testcase", &attributes, &content));
    }
}

fn outcome(contract: &ContractReport, one: &InteractionReport, command: &str) -> Outcome {
    let (kind, message) = match &one.result {
        Result::Passed => {
            let comments = one.interaction.comments.iter().map(|comment| plain::line(comment, plain::SENTENCE) + "\n");
            return Outcome { output: comments.collect(), ..Outcome::default() };
        }
        Result::Skipped(why) => return Outcome::of("skipped", "", plain::line(why, plain::SENTENCE)),
        Result::Failed(found) => (found.first().map_or("", |first| first.kind.as_str()), message(found)),
        Result::NotJudged(why) => ("not-judged", plain::line(why, plain::SENTENCE)),
        Result::NotAsked(trouble) => (trouble.kind.as_str(), plain::line(&trouble.message, plain::SENTENCE)),
    };
    let (element, message) = match standing(contract, one) {
        Standing::Pending => ("skipped", format!("pending: {message}")),
        Standing::Failed => ("failure", message),
        _ => ("error", message),
    };
    Outcome { details: details(one, command), ..Outcome::of(element, kind, message) }
}

/// `body $.items[0].id  must be an integer (and 5 more)`.
fn message(found: &[Mismatch]) -> String {
    let first = found.first().map(mismatches::headline).unwrap_or_default();
    match found.len() {
        0 | 1 => first,
        count => format!("{first} (and {} more)", count - 1),
    }
}

/// The same as on a terminal.
fn details(one: &InteractionReport, command: &str) -> String {
    let mut text = String::from("\n");
    for (name, value) in facts(one) {
        let _ = writeln!(text, "{name:<9}{value}");
    }
    if let Result::Failed(found) = &one.result {
        for rows in mismatches::paragraphs(found) {
            let line = |row: &Row| {
                let indent = if matches!(row, Row::Head { .. }) { "" } else { "  " };
                format!("{indent}{}\n", row.to_text())
            };
            text.push('\n');
            text.push_str(&rows.iter().map(line).collect::<String>());
        }
    }
    format!("{text}\n{}\n", again(command, &[&one.interaction.key]))
}

fn seconds(duration: Duration) -> String {
    format!("{:.3}", duration.as_secs_f64())
}

#[cfg(test)]
mod tests;
