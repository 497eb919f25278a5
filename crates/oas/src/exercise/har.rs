//! Recorded exchanges (HAR): they tell what was called and what came back, not whether anybody minded.

use serde_json::Value;

use super::report::{Attempt, Format, Outcome, Report};

pub(super) fn read(report: &Value) -> Option<Report> {
    let log = &report["log"];
    let entries = log["entries"].as_array()?;
    let creator = &log["creator"];
    let attempts: Vec<Attempt> = entries.iter().map(attempt).collect();
    // The library that Schemathesis writes with names itself; who asked stands in the requests.
    let agent = entries.iter().find_map(|entry| header(entry, "user-agent"));
    let agent = agent.and_then(|agent| agent.split_once('/')).filter(|(name, _)| *name == "schemathesis");
    let by = match (agent, creator["name"].as_str()) {
        (Some((_, version)), _) => Some(format!("Schemathesis {version}")),
        (None, Some(name)) => Some(format!("{name} {}", creator["version"].as_str().unwrap_or_default())),
        (None, None) => None,
    };
    let by = by.map(|by| by.trim().to_owned());
    Some(Report { format: Some(Format::Har), by, attempts, notes: Vec::new() })
}

fn attempt(entry: &Value) -> Attempt {
    let (method, url) = (entry["request"]["method"].as_str(), entry["request"]["url"].as_str());
    let status = entry["response"]["status"].as_u64().and_then(|status| u16::try_from(status).ok());
    // A status of 0 is written where no answer came.
    let status = status.filter(|status| *status > 0);
    let called = method.zip(url).map(|(method, url)| (method.to_owned(), url.to_owned()));
    Attempt { called, status, outcome: if status.is_some() { Outcome::Unjudged } else { Outcome::Failed } }
}

fn header<'e>(entry: &'e Value, wanted: &str) -> Option<&'e str> {
    let headers = entry["request"]["headers"].as_array()?;
    let named = |header: &&Value| header["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(wanted));
    headers.iter().find(named)?["value"].as_str()
}
