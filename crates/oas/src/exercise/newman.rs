//! The JSON of Newman, which runs Postman's collections: an execution has a request, an answer, and assertions.

use serde_json::Value;

use super::report::{Attempt, Format, Outcome, Report};

pub(super) fn read(report: &Value) -> Option<Report> {
    let executions = report["run"]["executions"].as_array()?;
    let attempts = executions.iter().map(attempt).collect();
    Some(Report { format: Some(Format::Newman), by: Some("Newman".to_owned()), attempts, notes: Vec::new() })
}

fn attempt(execution: &Value) -> Attempt {
    // What was sent has its variables filled in, and what the collection says has not.
    let request = [&execution["request"], &execution["item"]["request"]];
    let called =
        request.into_iter().find_map(|request| Some((request["method"].as_str()?.to_owned(), path(&request["url"])?)));
    let status = execution["response"]["code"].as_u64().and_then(|code| u16::try_from(code).ok());
    let assertions = execution["assertions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let fails = |assertion: &Value| assertion["error"].is_object();
    let made = |assertion: &&Value| assertion["skipped"] != true;
    let outcome = if status.is_none() || execution["requestError"].is_object() || assertions.iter().any(fails) {
        Outcome::Failed
    } else if assertions.iter().any(|assertion| made(&assertion)) {
        Outcome::Passed
    } else {
        Outcome::Unjudged
    };
    Attempt { called, status, outcome }
}

/// The path of an address, which is written in parts or in one.
fn path(url: &Value) -> Option<String> {
    match &url["path"] {
        Value::Array(parts) => {
            let parts: Vec<&str> =
                parts.iter().map(|part| part.as_str().or(part["value"].as_str()).unwrap_or_default()).collect();
            Some(format!("/{}", parts.join("/")))
        }
        Value::String(path) => Some(format!("/{}", path.trim_start_matches('/'))),
        _ => url.as_str().or(url["raw"].as_str()).map(str::to_owned),
    }
}
