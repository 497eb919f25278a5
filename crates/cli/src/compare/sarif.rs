//! SARIF 2.1.0, which code scanning reads: a rule for each code, a result for each finding, at its place in the contract with
//! the document's place beside it.

use std::collections::BTreeMap;

use pactolus_oas::finding::{Finding, Severity, Spot};
use serde_json::{Value, json};

use super::Comparison;

pub(super) fn sarif(comparison: &Comparison) -> Value {
    let rules: BTreeMap<&str, &str> =
        comparison.all().map(|(_, finding)| (finding.code.as_str(), finding.code.advice())).collect();
    let rules = rules.into_iter().map(|(id, advice)| json!({ "id": id, "help": { "text": advice } }));
    let results = comparison.all().map(|(contract, finding)| result(finding, &contract.file, &comparison.document));
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "pactolus",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.collect::<Value>(),
            } },
            "results": results.collect::<Value>(),
        }],
    })
}

fn result(finding: &Finding, contract: &str, document: &str) -> Value {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    };
    json!({
        "ruleId": finding.code.as_str(),
        "level": level,
        "message": { "text": format!("{}: {}", finding.interaction, finding.message) },
        "locations": [location(contract, &finding.contract)],
        "relatedLocations": [location(document, &finding.document)],
    })
}

fn location(file: &str, spot: &Spot) -> Value {
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": file.replace('\\', "/") },
        "region": { "startLine": spot.position.line, "startColumn": spot.position.column },
    } })
}
