//! Holds the profile *compatible* against recordings of existing comparators, which are not part of this repository:
//! `PACTOLUS_CONFORMANCE` names their folder, without it these tests say that they did not run.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::print_stdout, reason = "the agreement is for people to read")]

use std::fs;
use std::path::{Path, PathBuf};

use pactolus_oas::comparison::{Profile, compare};
use pactolus_oas::contract::Contract;
use pactolus_oas::document::Document;
use pactolus_oas::finding::{Code, Finding};
use pactolus_oas::source::Budget;
use serde_json::Value;

/// What is compared of a finding: code, type, and the place in the contract, which names the interaction.
type Seen = (String, String, String);

/// Cases whose answer differs on purpose, each with why.
const ACCEPTED: [(&str, &str); 0] = [];

fn suite(name: &str) -> Option<Vec<PathBuf>> {
    let Some(folder) = std::env::var_os("PACTOLUS_CONFORMANCE") else {
        println!("not run: PACTOLUS_CONFORMANCE does not name the folder of recordings");
        return None;
    };
    let folder = Path::new(&folder).join("openapi").join(name);
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("not run: {} is missing", folder.display());
        return None;
    };
    let cases = entries.map(|entry| entry.unwrap().path());
    let mut cases: Vec<PathBuf> = cases.filter(|path| path.is_dir()).collect();
    cases.sort();
    Some(cases)
}

fn read(case: &Path, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| fs::read_to_string(case.join(name)).ok())
}

/// What the comparator of 2.3.1 said; `None` if it refused to compare.
fn recorded(case: &Path) -> Option<Vec<Seen>> {
    let text = read(case, &["expected.opc-2.3.1.json", "opc-2.3.1.json", "expected.json"]).unwrap();
    let results: Value = serde_json::from_str(&text).unwrap();
    let seen = results.as_array()?.iter().map(|result| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&result["code"]), text(&result["type"]), text(&result["mockDetails"]["location"]))
    });
    Some(seen.collect())
}

fn found(case: &Path) -> Result<Vec<Seen>, String> {
    let budget = Budget::default();
    let documents = ["oas.json", "oas.yaml", "asyncapi.json", "asyncapi.yaml"].map(|name| read(case, &[name]));
    let contract = Contract::load(&read(case, &["pact.json"]).unwrap(), &budget).map_err(|error| error.to_string())?;
    let mut seen = Vec::new();
    // An interaction is held against the one document that is about it.
    for document in documents.into_iter().flatten() {
        let document = Document::load(&document, &budget).map_err(|error| error.to_string())?;
        seen.extend(compare(&document, &contract, Profile::Compatible).findings.iter().map(see));
    }
    Ok(seen)
}

fn see(finding: &Finding) -> Seen {
    let severity = serde_json::to_value(finding.severity).unwrap().as_str().unwrap().to_owned();
    // Where nothing is wrong, the comparator names no place.
    let place = if finding.code == Code::MessageMatched { String::new() } else { finding.place.dotted() };
    (finding.code.as_str().to_owned(), severity, place)
}

/// What one side has that the other does not, each as often as it is so.
fn difference(left: &[Seen], right: &[Seen]) -> Vec<Seen> {
    let mut right = right.to_vec();
    let mut only = Vec::new();
    for seen in left {
        match right.iter().position(|other| other == seen) {
            Some(index) => drop(right.swap_remove(index)),
            None => only.push(seen.clone()),
        }
    }
    only
}

/// Compares all cases of a suite, prints each difference, and returns how many agree and how many there are.
fn agreement(cases: &[PathBuf]) -> (usize, usize) {
    let mut agreed = 0;
    for case in cases {
        let name = case.file_name().unwrap().to_string_lossy();
        let accepted = ACCEPTED.iter().find(|(accepted, _)| *accepted == name);
        let (expected, found) = match (recorded(case), found(case)) {
            (Some(expected), Ok(found)) => (expected, found),
            (None, Err(error)) => {
                println!("{name}: both refuse, here: {error}");
                agreed += 1;
                continue;
            }
            (expected, found) => {
                println!("{name}: only one refuses: recorded {expected:?}, here {found:?}");
                continue;
            }
        };
        let (missing, surplus) = (difference(&expected, &found), difference(&found, &expected));
        if missing.is_empty() && surplus.is_empty() {
            agreed += 1;
            continue;
        }
        println!("{name}\n  missing {missing:?}\n  surplus {surplus:?}");
        if let Some((_, reason)) = accepted {
            println!("  accepted: {reason}");
            agreed += 1;
        }
    }
    (agreed, cases.len())
}

fn check(suite_name: &str) {
    let Some(cases) = suite(suite_name) else { return };
    let (agreed, all) = agreement(&cases);
    println!("{suite_name}: {agreed} of {all} agree");
    assert!(agreed * 100 >= all * 98, "{suite_name}: {agreed} of {all} agree, less than 98 %");
}

#[test]
fn findings_agree_with_openapi_pact_comparators_own_cases() {
    check("openapi-pact-comparator");
}

#[test]
fn findings_agree_on_the_cases_of_swagger_mock_validator() {
    check("swagger-mock-validator");
}

#[test]
fn findings_agree_on_the_files_of_swagger_mock_validator() {
    check("swagger-mock-validator-files");
}

#[test]
fn findings_agree_on_the_examples_of_bidirectional_testing() {
    check("bdct-oas-examples");
}

#[test]
fn findings_agree_on_the_probes_of_known_mistakes() {
    check("probes");
}
