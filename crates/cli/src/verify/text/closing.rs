//! The last lines of a run, for those who read nothing else.

use pactolus_verify::Report;
use std::fmt::Write as _;

use super::super::exit::{exit, trouble_of_the_run};
use super::super::tally::{Standing, Tally, count_of};
use super::super::{Finished, of};
use super::Reader;
use super::block::one_line;
use crate::outcome::Exit;
use crate::plain;
use crate::terminal::Style;

/// More failures are not named again.
const NAMED: usize = 10;
/// More consumers are counted.
const BROKEN_NAMED: usize = 3;

/// Which ones failed, if that stands far above, and one line with the verdict, counts, requests and time.
pub(super) fn closing(finished: &Finished<'_>, reader: Reader, style: Style) -> String {
    let report = finished.report;
    let mut text = String::new();
    if let Some(trouble) = trouble_of_the_run(report) {
        text.push_str(&style.wrapped(&format!("! {}", plain::line(&trouble, plain::SENTENCE)), 2));
        text.push('\n');
    }
    let failures: Vec<_> = of(report, Standing::Failed).collect();
    if failures.len() > 1 || (reader == Reader::Log && !failures.is_empty()) {
        for (contract, one) in failures.iter().take(NAMED) {
            let named = style.red(&format!("✗ {}", one_line(contract, one)));
            let _ = writeln!(text, "{named}  {}", style.faint(&format!("--only {}", one.interaction.key)));
        }
        if failures.len() > NAMED {
            let _ = writeln!(text, "✗ … and {} more", failures.len() - NAMED);
        }
    }
    let verdict = verdict(report);
    text + &match exit(report) {
        Exit::Yes => style.green(&verdict),
        Exit::No => style.red(&verdict),
        Exit::Usage | Exit::NotAsked | Exit::Unknown => style.yellow(&verdict),
    }
}

/// Provider, verdict, counts, requests and time in one line.
pub(in crate::verify) fn verdict(report: &Report) -> String {
    let provider = match &report.provider_version {
        Some(version) => {
            format!("{} {}", plain::line(&report.provider, plain::NAME), plain::line(version, plain::NAME))
        }
        None => plain::line(&report.provider, plain::NAME),
    };
    let verdict = match exit(report) {
        Exit::Yes => format!("✓ {provider} is verified"),
        Exit::No => format!("✗ {provider} breaks {}", broken(report)),
        Exit::Usage | Exit::NotAsked | Exit::Unknown => format!("? {provider} is not verified"),
    };
    let tally = Tally::of(report.interactions());
    let left_out: usize = report.contracts.iter().map(|contract| contract.left_out).sum();
    let counts = [
        if tally.interactions == 0 { "nothing asked".to_owned() } else { tally.to_text() },
        if left_out == 0 { String::new() } else { format!(", {left_out} left out by filters") },
    ];
    format!(
        "{verdict}: {} ({}, {}, {})",
        counts.concat(),
        count_of(report.contracts.len(), "contract"),
        count_of(report.requests_sent, "request"),
        seconds(report.duration),
    )
}

/// `shop`, `shop, pay and 2 more`: whose contracts are broken.
fn broken(report: &Report) -> String {
    let mut consumers: Vec<&str> = Vec::new();
    for contract in &report.contracts {
        if Tally::of_contract(contract).failed > 0 && !consumers.contains(&contract.consumer.as_str()) {
            consumers.push(&contract.consumer);
        }
    }
    let named: Vec<String> =
        consumers.iter().take(BROKEN_NAMED).map(|consumer| plain::line(consumer, plain::NAME)).collect();
    let more = match consumers.len().saturating_sub(BROKEN_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    named.join(", ") + &more
}

/// `0.4 s`, `3 min 12 s`.
fn seconds(duration: std::time::Duration) -> String {
    let whole = duration.as_secs();
    if whole < 60 { format!("{:.1} s", duration.as_secs_f64()) } else { format!("{} min {} s", whole / 60, whole % 60) }
}
