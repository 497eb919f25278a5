//! A test report: a suite for each contract, a case for each interaction, which fails by its errors.

use pactolus_oas::finding::{Finding, Severity};

use super::text::place;
use super::{Compared, Comparison};
use crate::xml;

pub(super) fn junit(comparison: &Comparison) -> String {
    let suites: String = comparison.contracts.iter().map(|contract| suite(contract, &comparison.document)).collect();
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    format!("{head}{}", xml::element("testsuites", &[("name", "pactolus compare")], &suites))
}

fn suite(contract: &Compared, document: &str) -> String {
    let cases: String = contract
        .interactions
        .iter()
        .enumerate()
        .map(|(index, interaction)| case(contract, index, interaction, document))
        .collect();
    let failures = (0..contract.interactions.len()).filter(|&index| errors(contract, index).next().is_some()).count();
    let (tests, failures) = (contract.interactions.len().to_string(), failures.to_string());
    let attributes = [("name", contract.file.as_str()), ("tests", &tests), ("failures", &failures), ("errors", "0")];
    xml::element("testsuite", &attributes, &cases)
}

fn case(contract: &Compared, index: usize, interaction: &str, document: &str) -> String {
    let failures: String = errors(contract, index)
        .map(|finding| {
            let places = [place(&contract.file, &finding.contract), place(document, &finding.document)].join("\n");
            let told = format!("{}\n{places}\n{}", finding.message, finding.edit);
            let attributes = [("type", finding.code.as_str()), ("message", finding.message.as_str())];
            xml::element("failure", &attributes, &xml::text(&told))
        })
        .collect();
    xml::element("testcase", &[("name", interaction), ("classname", &contract.file), ("time", "0")], &failures)
}

fn errors(contract: &Compared, index: usize) -> impl Iterator<Item = &Finding> {
    let of = move |finding: &&Finding| finding.place.interaction == index && finding.severity == Severity::Error;
    contract.findings.iter().filter(of)
}
