//! What came of comparisons, in the form that clients of the commercial service know: findings as `errors` and `warnings`
//! with `mockDetails` for the contract and `specDetails` for the document, and beside them what only ours have.

use pactolus_domain::gate::{Comparison, Offer};
use serde_json::{Map, Value, json};

use super::place::{location, segments};
use super::store::shown::Shown;
use crate::edge::{timestamp, without_nulls};

impl Shown {
    /// What came of it as far as documents can say.
    pub(crate) fn success(&self) -> Option<bool> {
        Offer { verified: None, kept: self.kept, comparison: self.comparison() }.success()
    }

    pub(crate) fn comparison(&self) -> Comparison {
        Comparison::of(self.outcome.as_deref())
    }
}

/// Whether nothing speaks against it; `None` when that is not known.
pub(crate) fn compatible(comparison: Comparison) -> Option<bool> {
    match comparison {
        Comparison::Compatible => Some(true),
        Comparison::Incompatible => Some(false),
        Comparison::Pending | Comparison::Undecided => None,
    }
}

/// The results of the comparison alone.
pub(crate) fn cross_contract_results(shown: &Shown) -> Value {
    let success = compatible(shown.comparison());
    let findings: Vec<Value> =
        shown.findings.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let of = |severity: &str| -> Vec<Value> {
        let own = findings.iter().filter(|finding| finding["severity"] == severity);
        own.map(|finding| result(finding, &shown.specification)).collect()
    };
    let why = format!("Mock file \"pact\" is not compatible with spec file \"{}\"", shown.specification);
    let mut results = json!({
        "success": success,
        "outcome": shown.comparison().as_str(),
        "results": {"success": success, "errors": of("error"), "warnings": of("warning"), "infos": of("info")},
        "verifier": "pactolus",
        "verifierVersion": env!("CARGO_PKG_VERSION"),
    });
    if success == Some(false) {
        results["results"]["failureReason"] = why.into();
    }
    if let (Some(engine), Some(at)) = (shown.engine, shown.compared_at) {
        results["engine"] = engine.into();
        results["verificationDate"] = timestamp(at).into();
        results["counts"] = json!({"errors": shown.errors, "warnings": shown.warnings, "infos": shown.infos});
    }
    results
}

/// One finding. A pointer says exactly where it is; `location` is how existing tools write it.
fn result(finding: &Value, specification: &str) -> Value {
    let pointer = |side: &str| finding[side]["pointer"].as_str().unwrap_or_default();
    let states: Vec<&str> = finding["states"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let state = if states.is_empty() { "[none]".to_owned() } else { states.join(", ") };
    let document: Vec<String> = segments(pointer("document"));
    let (path, method) = match document.as_slice() {
        [paths, path, method, ..] if paths == "paths" => (Some(path), Some(method)),
        [paths, path] if paths == "paths" => (Some(path), None),
        _ => (None, None),
    };
    let mut shown = json!({
        "code": finding["code"],
        "message": finding["message"],
        "type": finding["severity"],
        "source": "spec-mock-validation",
        "mockDetails": {
            "interactionDescription": finding["interaction"],
            "interactionState": state,
            "location": location(&segments(pointer("contract"))),
            "mockFile": "pact",
            "value": finding["value"],
        },
        "specDetails": without_nulls(json!({
            "location": location(&document),
            "pathName": path,
            "pathMethod": method,
            "specFile": specification,
            "value": finding["constraint"],
        })),
    });
    if let (Value::Object(members), Value::Object(kept)) = (&mut shown, finding) {
        members.extend(own(kept));
    }
    shown
}

/// What existing tools do not tell.
fn own(kept: &Map<String, Value>) -> impl Iterator<Item = (String, Value)> {
    let names = ["contract", "document", "witness", "fixBy", "edit", "causes"];
    names.into_iter().filter_map(|name| Some((name.to_owned(), kept.get(name)?.clone())))
}
