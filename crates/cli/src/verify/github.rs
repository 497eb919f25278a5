//! What a run shows on GitHub: annotations by workflow commands, and the summary of the step in Markdown.

pub(crate) mod summary;

use pactolus_verify::{InteractionReport, Result};

use super::exit::trouble_of_the_run;
use super::tally::{Standing, count_of};
use super::text::{again, one_line, troubles};
use super::{Finished, mismatches, of};
use crate::plain;

/// GitHub shows no more errors of a step.
const SHOWN: usize = 10;
/// Lines of an annotation.
const MISMATCHES: usize = 10;

/// Workflow commands, to be written to standard output as they are.
pub(crate) fn annotations(finished: &Finished<'_>) -> String {
    let errors = errors(finished);
    let mut text: String = errors.iter().take(SHOWN).map(|(title, message)| command("error", title, message)).collect();
    if errors.len() > SHOWN {
        let more = errors.len() - SHOWN;
        text.push_str(&command(
            "notice",
            "pactolus verify",
            &format!("{more} more did not pass: see the log or the summary"),
        ));
    }
    text
}

/// Title and message, the broken contracts first: only the first few are shown.
fn errors(finished: &Finished<'_>) -> Vec<(String, String)> {
    let report = finished.report;
    let mut errors: Vec<(String, String)> = Vec::new();
    for (contract, one) in of(report, Standing::Failed) {
        errors.push((one_line(contract, one), told(one, finished.command)));
    }
    for (trouble, concerned) in troubles(report) {
        let title = format!("{} could not be asked", count_of(concerned.len(), "interaction"));
        errors.push((title, plain::line(&trouble.message, plain::SENTENCE)));
    }
    for (contract, one) in of(report, Standing::NotJudged) {
        errors.push((format!("not judged: {}", one_line(contract, one)), told(one, finished.command)));
    }
    for contract in report.contracts.iter().filter(|contract| !contract.source.is_pending) {
        if let Some(reason) = &contract.unreadable {
            let title = format!("{} can't be read", plain::line(&contract.source.location, plain::DESCRIPTION));
            errors.push((title, plain::line(reason, plain::SENTENCE)));
        }
    }
    errors.extend(
        trouble_of_the_run(report)
            .map(|trouble| ("pactolus verify".to_owned(), plain::line(&trouble, plain::SENTENCE))),
    );
    errors
}

fn told(one: &InteractionReport, command: &str) -> String {
    let mut lines: Vec<String> = match &one.result {
        Result::Failed(found) => found.iter().take(MISMATCHES).map(mismatches::headline).collect(),
        Result::NotJudged(why) => vec![plain::line(why, plain::SENTENCE)],
        _ => Vec::new(),
    };
    if let Result::Failed(found) = &one.result
        && found.len() > MISMATCHES
    {
        lines.push(format!("… and {} more", found.len() - MISMATCHES));
    }
    lines.push(again(command, &[&one.interaction.key]));
    lines.join("\n")
}

/// As the toolkit of GitHub Actions escapes messages and properties.
fn command(name: &str, title: &str, message: &str) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    format!("::{name} title={}::{}\n", property(title), data(message))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use pactolus_verify::Report;

    use super::*;
    use crate::verify::examples::{self, COMMAND, contract, failed, not_asked, passed, report, unreadable};

    fn annotations_of(report: &Report) -> String {
        annotations(&Finished { report, published: &[], command: COMMAND })
    }

    #[test]
    fn a_failure_is_an_error_with_its_mismatches() {
        assert_snapshot!(annotations_of(&examples::deep_body()), @r#"
        ::error title=shop%3A a request for the orders of a customer%2C given customer 7 has orders and the user is logged in::status  expected 200 but was 206%0Abody $.orders[0].items[0].id  must be an integer, got "x"%0Abody $.orders[0].items[1].id  must be an integer, got "y"%0Abody $.orders[0].state  must match '^(open|paid)$', got "cancelled"%0Abody $.orders[0].total.amount  must be a decimal number, got null%0Abody $.orders[0].address  Actual map is missing the following keys: zip, got {"street":"1 Main St","city":"Delft","country":"NL","zipCode":"2611"}%0Arun just this again: pactolus verify -f pacts/shop.json --provider-base-url http://127.0.0.1:8080 --only karequest
        "#);
    }

    #[test]
    fn signs_of_the_command_are_escaped() {
        assert_eq!(
            command("error", "a: 5%, b\r\n", "c: 5%, d\r\n"),
            "::error title=a%3A 5%25%2C b%0D%0A::c: 5%25, d%0D%0A\n"
        );
    }

    #[test]
    fn no_text_of_a_contract_becomes_a_command() {
        let told = annotations_of(&examples::hostile());

        assert_eq!(told.lines().count(), 1);
        assert!(told.starts_with("::error title=]]></failure>"), "{told}");
        assert!(!told.contains("##vso[") && !told.contains('\x1b'));
    }

    #[test]
    fn what_github_does_not_show_is_counted() {
        let told = annotations_of(&report([contract("shop", (0..13).map(|number| failed(&number.to_string())))]));

        assert_eq!(told.lines().filter(|line| line.starts_with("::error ")).count(), 10);
        assert_eq!(
            told.lines().last().unwrap(),
            "::notice title=pactolus verify::3 more did not pass: see the log or the summary"
        );
    }

    #[test]
    fn a_provider_that_is_down_is_one_error() {
        let told = annotations_of(&report([contract("shop", (0..13).map(|number| not_asked(&number.to_string())))]));

        assert_snapshot!(told, @"
        ::error title=13 interactions could not be asked::can't connect to http://127.0.0.1:8080 (connection refused): start the provider before, or correct --provider-base-url
        ");
    }

    #[test]
    fn what_could_not_be_judged_and_contracts_that_cannot_be_read_are_errors() {
        let mut run = report([contract("shop", [passed("a"), examples::not_judged("b")]), unreadable("pay")]);
        run.cut_short = Some("--run-timeout".to_owned());

        assert_snapshot!(annotations_of(&run), @"
        ::error title=not judged%3A shop%3A b::its body is application/grpc, which needs a plugin%0Arun just this again: pactolus verify -f pacts/shop.json --provider-base-url http://127.0.0.1:8080 --only kb
        ::error title=pacts/pay.json can't be read::it is not JSON: expected value at line 1 column 1
        ::error title=pactolus verify::the run was cut short: --run-timeout
        ");
    }

    #[test]
    fn a_pending_failure_is_no_error() {
        let run = report([contract("shop", [passed("a")]), examples::pending(contract("pay", [failed("b")]))]);

        assert_eq!(annotations_of(&run), "");
    }
}
