//! What a person reads when a run is over: what failed first, in full; what could not be told; what is pending; then,
//! in short, what passed. The last lines say it all again for those who see nothing else.

mod block;
mod closing;
mod passes;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use pactolus_verify::{ContractReport, InteractionReport, Report, Result, Trouble};

use super::tally::{Standing, count_of};
use super::{Finished, notices, of};
use crate::plain;
use crate::terminal::Style;
use block::{block, contract_line};

pub(super) use block::{described, facts, one_line};
pub(super) use closing::verdict;

/// What is shown in full: who breaks more at once has one reason for it.
const FAILURES_IN_FULL: usize = 50;
/// Nobody has to act on these yet.
const PENDING_IN_FULL: usize = 10;
/// How many more get one line each.
const IN_SHORT: usize = 50;

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// Somebody who just saw the progress and wants to know what is wrong.
    Terminal,
    /// A log that is to show later what was verified.
    Log,
}

/// The whole text.
pub(crate) fn text(finished: &Finished<'_>, reader: Reader, style: Style) -> String {
    let sections = [
        in_full(finished, Standing::Failed, FAILURES_IN_FULL, style),
        not_judged(finished, style),
        not_asked(finished, style),
        in_full(finished, Standing::Pending, PENDING_IN_FULL, style),
        passes::passes(finished.report, reader, style),
        notices_after(finished, style),
        closing::closing(finished, reader, style),
    ];
    let told: Vec<&str> = sections.iter().map(|section| section.trim_end()).filter(|one| !one.is_empty()).collect();
    told.join("\n\n") + "\n"
}

/// One after the other, below the contract that they stand in.
fn in_full(finished: &Finished<'_>, which: Standing, limit: usize, style: Style) -> String {
    let found: Vec<_> = of(finished.report, which).collect();
    let mut text = title(which, found.len(), style);
    let mut last: Option<&ContractReport> = None;
    for (contract, one) in found.iter().take(limit) {
        if !last.is_some_and(|last| std::ptr::eq(last, *contract)) {
            text.push_str(&contract_line(contract, style));
            last = Some(*contract);
        }
        text.push_str(&block(which, one, finished.command, style));
        text.push('\n');
    }
    text.push_str(&in_short(&found[found.len().min(limit)..]));
    if which == Standing::Pending {
        let unreadable = finished.report.contracts.iter().filter(|contract| contract.source.is_pending);
        text.push_str(&unreadable.map(|contract| block::unreadable(contract, "~", style)).collect::<String>());
    }
    text
}

/// Those that nobody can tell about, and the contracts that can't be read.
fn not_judged(finished: &Finished<'_>, style: Style) -> String {
    let unreadable = finished.report.contracts.iter().filter(|contract| !contract.source.is_pending);
    let unreadable: String = unreadable.map(|contract| block::unreadable(contract, "?", style)).collect();
    format!("{unreadable}{}", in_full(finished, Standing::NotJudged, FAILURES_IN_FULL, style))
}

/// A provider that is down is one trouble, however many interactions have it.
fn not_asked(finished: &Finished<'_>, style: Style) -> String {
    let mut text = String::new();
    for (trouble, concerned) in troubles(finished.report) {
        let says = style.wrapped(&format!("! {}", plain::line(&trouble.message, plain::SENTENCE)), 2);
        let _ = writeln!(text, "{}", style.yellow(&says));
        let count = count_of(concerned.len(), "interaction");
        let _ = writeln!(text, "  {count} could not be asked ({}):", trouble.kind.as_str());
        text.push_str(&in_short(&concerned));
        let keys: Vec<&str> = concerned.iter().map(|(_, one)| one.interaction.key.as_str()).collect();
        let _ = writeln!(text, "  {}\n", style.faint(&again(finished.command, &keys)));
    }
    text
}

/// Each different trouble with all that have it, in the order of the first of them.
pub(super) fn troubles(report: &Report) -> Vec<(&Trouble, Vec<(&ContractReport, &InteractionReport)>)> {
    let mut troubles: Vec<(&Trouble, Vec<_>)> = Vec::new();
    let mut places = BTreeMap::new();
    for (contract, one) in of(report, Standing::NotAsked) {
        let Result::NotAsked(trouble) = &one.result else { continue };
        let place = *places.entry((trouble.kind.as_str(), &trouble.message)).or_insert(troubles.len());
        match troubles.get_mut(place) {
            Some((_, concerned)) => concerned.push((contract, one)),
            None => troubles.push((trouble, vec![(contract, one)])),
        }
    }
    troubles
}

/// The command line for some interactions; all of them are asked if there are too many to name.
pub(super) fn again(command: &str, keys: &[&str]) -> String {
    match keys {
        [] => format!("run it again: {command}"),
        [key] => format!("run just this again: {command} --only {key}"),
        keys if keys.len() <= 5 => format!("run just these again: {command} --only {}", keys.join(" --only ")),
        _ => format!("run it again: {command}"),
    }
}

fn title(which: Standing, count: usize, style: Style) -> String {
    match which {
        Standing::Pending if count > 0 => {
            let be = if count == 1 { "is pending: it does" } else { "are pending: they do" };
            let what = format!("{} {be} not fail the run yet", count_of(count, "interaction"));
            format!("{}\n\n", style.yellow(&style.wrapped(&what, 2)))
        }
        _ => String::new(),
    }
}

/// A line each, the rest counted.
fn in_short(interactions: &[(&ContractReport, &InteractionReport)]) -> String {
    let mut text = String::new();
    for (contract, one) in interactions.iter().take(IN_SHORT) {
        let _ = writeln!(text, "    {}", one_line(contract, one));
    }
    if interactions.len() > IN_SHORT {
        let _ = writeln!(text, "    … and {} more", interactions.len() - IN_SHORT);
    }
    text
}

/// Of each contract, below its consumer; the same sentence about several contracts is told once.
fn notices_after(finished: &Finished<'_>, style: Style) -> String {
    let mut told: Vec<(String, Vec<&str>)> = Vec::new();
    for (contract, published) in finished.contracts() {
        for line in notices::after(&contract.source, contract.is_success(), published.is_some()) {
            match told.iter_mut().find(|(said, _)| *said == line) {
                Some((_, consumers)) => consumers.push(&contract.consumer),
                None => told.push((line, vec![&contract.consumer])),
            }
        }
    }
    let line = |(said, consumers): (String, Vec<&str>)| {
        let consumers: Vec<String> = consumers.iter().map(|one| plain::line(one, plain::DESCRIPTION)).collect();
        format!("{}\n", style.wrapped(&format!("{}: {said}", consumers.join(", ")), 2))
    };
    told.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests;
