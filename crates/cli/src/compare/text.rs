//! What a person reads: contract by contract, each finding with the places in both files, and who can change what.

use std::fmt::Write as _;

use pactolus_oas::finding::{Finding, Party, Severity, Spot};

use super::{Compared, Comparison};
use crate::plain;
use crate::terminal::Style;

const LONGEST_LINE: usize = 500;

pub(super) fn text(comparison: &Comparison, style: Style) -> String {
    let mut text = String::new();
    for contract in &comparison.contracts {
        text.push_str(&of_contract(contract, &comparison.document, style));
    }
    text.push_str(&closing(comparison, style));
    text
}

fn of_contract(contract: &Compared, document: &str, style: Style) -> String {
    let mut text = String::new();
    let mut last = None;
    for finding in &contract.findings {
        if last != Some(&finding.interaction) {
            let interaction = plain::line(&finding.interaction, LONGEST_LINE);
            let _ = writeln!(text, "{}  {interaction}\n", style.faint(&contract.file));
            last = Some(&finding.interaction);
        }
        text.push_str(&block(finding, &contract.file, document, style));
        text.push('\n');
    }
    text
}

fn block(finding: &Finding, contract: &str, document: &str, style: Style) -> String {
    let code = finding.code.as_str();
    let head = match finding.severity {
        Severity::Error => style.red(&format!("✗ {code}")),
        Severity::Warning => style.yellow(&format!("! {code}")),
        Severity::Info => style.faint(&format!("· {code}")),
    };
    let message = plain::line(&finding.message, LONGEST_LINE);
    let mut block = format!("  {head}\n    {message}\n");
    for (file, spot) in [(contract, &finding.contract), (document, &finding.document)] {
        block.push_str(&style.faint(&format!("    at {}\n", place(file, spot))));
    }
    if let Some(witness) = &finding.witness {
        let _ = writeln!(block, "    for example  {}", plain::line(&witness.to_string(), LONGEST_LINE));
    }
    let advice = plain::line(&finding.edit, LONGEST_LINE);
    let _ = writeln!(block, "    to fix it    {}: {advice}", party(finding.fix_by));
    block
}

/// As editors and terminals open it.
pub(super) fn place(file: &str, spot: &Spot) -> String {
    format!("{file}:{}:{}", spot.position.line, spot.position.column)
}

fn party(party: Party) -> &'static str {
    match party {
        Party::Consumer => "the consumer",
        Party::Provider => "the provider",
        Party::Either => "either side",
    }
}

fn closing(comparison: &Comparison, style: Style) -> String {
    let count = |severity| comparison.all().filter(|(_, finding)| finding.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let counts = format!("{}, {}", counted(errors, "error"), counted(warnings, "warning"));
    let contracts = counted(comparison.contracts.len(), "contract");
    let document = &comparison.document;
    if errors > 0 {
        style.red(&format!("✗ {contracts} and {document} do not fit: {counts}\n"))
    } else if warnings > 0 {
        style.yellow(&format!("✓ nothing speaks against {contracts} with {document}: {counts}\n"))
    } else {
        style.green(&format!("✓ nothing speaks against {contracts} with {document}\n"))
    }
}

fn counted(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}
