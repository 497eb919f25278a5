//! `JUnit` XML, as Schemathesis, Dredd (`xunit`) and most test runners write it: a case counts for the operation that it
//! is called by.

use super::report::{Attempt, Format, Outcome, Report, named};
use super::xml::{Tag, tags};

pub(super) fn read(report: &str) -> Option<Report> {
    let (tags, complete) = tags(report);
    let is_suite = |tag: &Tag<'_>| matches!(tag, Tag::Begin { name: "testsuites" | "testsuite", .. });
    if !tags.iter().any(is_suite) {
        return None;
    }
    let mut read = Report { format: Some(Format::Junit), ..Report::default() };
    let mut case: Option<Attempt> = None;
    for tag in tags {
        match tag {
            Tag::Begin { name: "testsuites" | "testsuite", attributes } if read.by.is_none() => {
                read.by = attribute(&attributes, "name").and_then(tool).map(str::to_owned);
            }
            Tag::Begin { name: "testcase", attributes } => {
                read.attempts.extend(case.take());
                case = Some(attempt(&attributes));
            }
            Tag::Begin { name: "failure" | "error", .. } => judge(&mut case, Outcome::Failed),
            Tag::Begin { name: "skipped", .. } => judge(&mut case, Outcome::Skipped),
            Tag::End { name: "testcase" } => read.attempts.extend(case.take()),
            _ => {}
        }
    }
    if !complete || case.is_some() {
        read.notes.push("the report ends in the middle; what stands before counts".to_owned());
        // Of the last case nobody knows that nothing more was said against it.
        read.attempts.extend(case.filter(|case| case.outcome != Outcome::Passed));
    }
    Some(read)
}

fn attempt(attributes: &[(&str, String)]) -> Attempt {
    let words = ["name", "classname"].into_iter().filter_map(|key| attribute(attributes, key));
    let named = words.into_iter().find_map(named);
    let status = named.as_ref().and_then(|(_, status, _)| *status);
    Attempt { called: named.map(|(method, _, target)| (method, target)), status, outcome: Outcome::Passed }
}

fn judge(case: &mut Option<Attempt>, outcome: Outcome) {
    if let Some(case) = case {
        case.outcome = outcome;
    }
}

fn attribute<'a>(attributes: &'a [(&str, String)], key: &str) -> Option<&'a str> {
    attributes.iter().find(|(known, _)| *known == key).map(|(_, value)| value.as_str())
}

/// The tool that names its suites so.
fn tool(suite: &str) -> Option<&'static str> {
    match suite {
        "schemathesis" => Some("Schemathesis"),
        "Dredd Tests" => Some("Dredd"),
        _ => None,
    }
}
