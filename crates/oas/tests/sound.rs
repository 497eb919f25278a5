//! Holds the profile *sound* against probes of known mistakes, each with its true verdict, and against what existing
//! comparators let pass or refuse. `PACTOLUS_CONFORMANCE` names their folder, without it this says that it did not run.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::print_stdout, reason = "the agreement is for people to read")]

use std::fs;
use std::path::{Path, PathBuf};

use pactolus_oas::comparison::{Profile, compare};
use pactolus_oas::contract::Contract;
use pactolus_oas::document::Document;
use pactolus_oas::finding::{Report, Severity};
use pactolus_oas::source::Budget;
use serde_json::Value;

fn probes() -> Option<Vec<PathBuf>> {
    let Some(folder) = std::env::var_os("PACTOLUS_CONFORMANCE") else {
        println!("not run: PACTOLUS_CONFORMANCE does not name the folder of recordings");
        return None;
    };
    let folder = Path::new(&folder).join("openapi/probes");
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("not run: {} is missing", folder.display());
        return None;
    };
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    cases.sort();
    Some(cases)
}

fn report(case: &Path) -> Report {
    let read = |name: &str| fs::read_to_string(case.join(name)).unwrap();
    let document = Document::load(&read("oas.json"), &Budget::default()).unwrap();
    let contract = Contract::load(&read("pact.json"), &Budget::default()).unwrap();
    compare(&document, &contract, Profile::Sound)
}

fn verdict(report: &Report) -> &'static str {
    match report.findings.iter().map(|finding| finding.severity).max() {
        Some(Severity::Error) => "error",
        Some(Severity::Warning) => "warn",
        Some(Severity::Info) | None => "pass",
    }
}

#[test]
fn every_probe_gets_its_true_verdict() {
    let Some(cases) = probes() else { return };
    let mut wrong = Vec::new();
    for case in &cases {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let expected: Value = serde_json::from_str(&fs::read_to_string(case.join("expected.json")).unwrap()).unwrap();
        let report = report(case);
        if expected["truth"] != verdict(&report) {
            println!("{name}: {} is true ({}), found {:#?}", expected["truth"], expected["why"], report.findings);
            wrong.push(name);
        }
    }
    println!("probes: {} of {} true", cases.len() - wrong.len(), cases.len());
    assert_eq!(wrong, Vec::<String>::new());
}
