//! What passed, in short: a log shows it, a terminal only what the consumers' authors want to be read.

use pactolus_verify::{ContractReport, InteractionReport, Report};
use std::fmt::Write as _;

use super::super::exit::exit;
use super::super::tally::{Standing, standing};
use super::Reader;
use super::block::described;
use crate::outcome::Exit;
use crate::plain;
use crate::terminal::Style;

/// Lines of one contract, and of all: a screenful of each contract, and a page or two together, is as much as anybody
/// looks through. The count of the rest stands below.
const LINES: Bound = Bound { of_contract: 20, of_all: 100 };
/// The same for a run with something to be read above: the failures stay within sight of the end.
const FEW_LINES: Bound = Bound { of_contract: 5, of_all: 20 };

#[derive(Debug, Clone, Copy)]
struct Bound {
    of_contract: usize,
    of_all: usize,
}

/// By contract.
pub(super) fn passes(report: &Report, reader: Reader, style: Style) -> String {
    let bound = if exit(report) == Exit::Yes { LINES } else { FEW_LINES };
    let mut left = bound.of_all;
    let mut text = String::new();
    for contract in &report.contracts {
        let passed = contract.interactions.iter().filter(|one| standing(contract, one) == Standing::Passed);
        let shown: Vec<&InteractionReport> = match reader {
            Reader::Log => passed.collect(),
            Reader::Terminal => passed.filter(|one| !one.interaction.comments.is_empty()).collect(),
        };
        if shown.is_empty() {
            continue;
        }
        let listed = shown.len().min(bound.of_contract).min(left);
        left -= listed;
        text.push_str(&headline(contract, style));
        text.push_str(&shown[..listed].iter().map(|one| line(one, style)).collect::<String>());
        if listed < shown.len() {
            let _ = writeln!(text, "  {} {} more", style.green("✓"), shown.len() - listed);
        }
    }
    text
}

fn headline(contract: &ContractReport, style: Style) -> String {
    let passed = contract.interactions.iter().filter(|one| standing(contract, one) == Standing::Passed).count();
    format!("{}  {}\n", plain::line(&contract.consumer, plain::NAME), style.faint(&format!("{passed} passed")))
}

fn line(one: &InteractionReport, style: Style) -> String {
    let tried = if one.attempts > 1 { format!("  (tried {} times)", one.attempts) } else { String::new() };
    let tested = match &one.interaction.test_name {
        Some(test) => format!("  {}", style.faint(&plain::line(test, plain::DESCRIPTION))),
        None => String::new(),
    };
    let mut text = format!("  {} {}{tried}{tested}\n", style.green("✓"), described(one));
    for comment in &one.interaction.comments {
        let _ = writeln!(text, "      comment  {}", plain::line(comment, plain::SENTENCE));
    }
    text
}
