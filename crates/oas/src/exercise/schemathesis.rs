//! The events of Schemathesis 4, one a line: a scenario has cases, each with what was sent, what came back and what the
//! checks made of it.

use serde_json::Value;

use super::report::{Attempt, Format, Outcome, Report};

/// `None` if the first line is no event.
pub(super) fn read(report: &str) -> Option<Report> {
    let first: Value = serde_json::from_str(report.lines().next()?).ok()?;
    if !["Initialize", "LoadingStarted", "EngineStarted", "ScenarioFinished"]
        .iter()
        .any(|event| first.get(event).is_some())
    {
        return None;
    }
    let mut read = Report { format: Some(Format::Ndjson), by: Some("Schemathesis".to_owned()), ..Report::default() };
    let mut unread = 0;
    for line in report.lines().filter(|line| !line.trim().is_empty()) {
        // Most events tell nothing of operations, and those that do are long.
        if !line.contains("\"ScenarioFinished\"") && !line.contains("\"Initialize\"") {
            unread += usize::from(!line.trim_end().ends_with('}'));
            continue;
        }
        let Ok(event) = serde_json::from_str::<Value>(line) else {
            unread += 1;
            continue;
        };
        if let Some(version) = event["Initialize"]["schemathesis_version"].as_str() {
            read.by = Some(format!("Schemathesis {version}"));
        }
        read.attempts.extend(attempts(&event["ScenarioFinished"]["recorder"]));
    }
    if unread > 0 {
        read.notes.push(format!("{unread} lines of the report could not be read; the others count"));
    }
    Some(read)
}

/// The cases that got an answer. Some try methods that the operation does not have: they name no operation.
fn attempts(recorder: &Value) -> Vec<Attempt> {
    let label = recorder["label"].as_str().unwrap_or_default();
    let cases = recorder["interactions"].as_object().into_iter().flatten();
    let tried = cases.filter_map(|(id, interaction)| {
        let case = &recorder["cases"][id]["value"];
        let called = (text(&case["method"])?, text(&case["path"])?);
        // What tries another method is part of the operation's scenario, not a call of it.
        let own = label.split_once(' ').is_none_or(|(method, _)| method == called.0);
        let status = interaction["response"]["status_code"].as_u64().and_then(|status| u16::try_from(status).ok());
        let checks = recorder["checks"][id].as_array().map(Vec::as_slice).unwrap_or_default();
        let outcome = match () {
            () if status.is_none() => Outcome::Failed,
            () if checks.iter().any(|check| check["status"] == "failure") => Outcome::Failed,
            () => Outcome::Passed,
        };
        own.then_some(Attempt { called: Some(called), status, outcome })
    });
    tried.collect()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
