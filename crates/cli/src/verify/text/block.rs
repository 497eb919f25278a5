//! One interaction in full: what was asked, and what came of it.

use pactolus_verify::{ContractReport, InteractionKind, InteractionReport, Result, State};
use std::fmt::Write as _;

use super::super::mismatches;
use super::super::tally::Standing;
use super::super::values::Row;
use super::again;
use crate::plain;
use crate::terminal::Style;

/// `shop  pacts/shop.json`, above the contract's interactions.
pub(super) fn contract_line(contract: &ContractReport, style: Style) -> String {
    let location = plain::line(&contract.source.location, plain::DESCRIPTION);
    let is_wip = if contract.source.is_wip { "  (work in progress)" } else { "" };
    format!("{}  {}{is_wip}\n\n", plain::line(&contract.consumer, plain::NAME), style.faint(&location))
}

/// `shop: a request for a product, given product 7 exists`.
pub(in crate::verify) fn one_line(contract: &ContractReport, one: &InteractionReport) -> String {
    format!("{}: {}", plain::line(&contract.consumer, plain::NAME), described(one))
}

/// `a request for a product, given product 7 exists and the user is logged in`.
pub(in crate::verify) fn described(one: &InteractionReport) -> String {
    let names: Vec<&str> = one.interaction.states.iter().map(|state| state.name.as_str()).collect();
    let given = if names.is_empty() { String::new() } else { format!(", given {}", names.join(" and ")) };
    plain::line(&format!("{}{given}", one.interaction.description), plain::DESCRIPTION)
}

/// What was asked, as name and value: states, request, test, comments.
pub(in crate::verify) fn facts(one: &InteractionReport) -> Vec<(&'static str, String)> {
    let interaction = &one.interaction;
    let mut facts: Vec<(&str, String)> = Vec::new();
    for state in &interaction.states {
        facts.push((if facts.is_empty() { "given" } else { "and" }, told_state(state)));
    }
    match interaction.kind {
        InteractionKind::Http => facts.push(("request", plain::line(&interaction.request_line, plain::DESCRIPTION))),
        InteractionKind::Message => facts.push(("kind", "message".to_owned())),
        InteractionKind::SyncMessage => facts.push(("kind", "message with an answer".to_owned())),
    }
    if let Some(test) = &interaction.test_name {
        facts.push(("test", plain::line(test, plain::DESCRIPTION)));
    }
    facts.extend(interaction.comments.iter().map(|comment| ("comment", plain::line(comment, plain::SENTENCE))));
    if one.attempts > 1 {
        facts.push(("tried", format!("{} times", one.attempts)));
    }
    facts
}

/// The interaction, what came of it, and how to ask just it again.
pub(super) fn block(standing: Standing, one: &InteractionReport, command: &str, style: Style) -> String {
    let description = plain::line(&one.interaction.description, plain::DESCRIPTION);
    let mut text = match standing {
        Standing::Pending => style.yellow(&style.wrapped(&format!("  ~ {description}  (pending)"), 4)),
        Standing::NotJudged => style.yellow(&style.wrapped(&format!("  ? {description}  (not judged)"), 4)),
        _ => style.red(&style.wrapped(&format!("  ✗ {description}"), 4)),
    };
    text.push('\n');
    for (name, value) in facts(one) {
        text.push_str(&style.wrapped(&format!("    {name:<9}{value}"), 13));
        text.push('\n');
    }
    text.push('\n');
    text.push_str(&outcome(&one.result, style));
    let again = again(command, &[&one.interaction.key]);
    let _ = writeln!(text, "    {}", style.faint(&again));
    text
}

/// A contract that can't be read has no interactions; empty for all others.
pub(super) fn unreadable(contract: &ContractReport, mark: &str, style: Style) -> String {
    let Some(reason) = &contract.unreadable else { return String::new() };
    let location = plain::line(&contract.source.location, plain::DESCRIPTION);
    let headline = style.yellow(&format!("{mark} {location} can't be read as a contract"));
    let reason = style.wrapped(&format!("  {}", plain::line(reason, plain::SENTENCE)), 2);
    format!("{headline}\n{reason}\n\n")
}

fn told_state(state: &State) -> String {
    let name = plain::line(&state.name, plain::DESCRIPTION);
    if state.params.is_empty() {
        return name;
    }
    let params = serde_json::to_string(&state.params).unwrap_or_default();
    format!("{name} {}", plain::line(&params, plain::DESCRIPTION))
}

fn outcome(result: &Result, style: Style) -> String {
    let reason =
        |text: &str| format!("{}\n\n", style.wrapped(&format!("    {}", plain::line(text, plain::SENTENCE)), 4));
    match result {
        Result::Failed(found) => {
            mismatches::paragraphs(found).iter().map(|rows| paragraph(rows, style) + "\n").collect()
        }
        Result::NotJudged(why) | Result::Skipped(why) => reason(why),
        Result::NotAsked(trouble) => reason(&trouble.message),
        Result::Passed => String::new(),
    }
}

fn paragraph(rows: &[Row], style: Style) -> String {
    let line = |row: &Row| {
        let text = match row {
            Row::Head { place, .. } => {
                let wrapped = style.wrapped(&format!("    {}", row.to_text()), 6);
                // A place that has been broken stays without colour.
                let rest = wrapped.strip_prefix(&format!("    {place}"));
                return rest.map_or(wrapped.clone(), |rest| format!("    {}{rest}", style.red(place))) + "\n";
            }
            Row::Expected(_) | Row::OnlyExpected(_) => style.green(&row.to_text()),
            Row::Actual(_) | Row::OnlyActual(_) => style.red(&row.to_text()),
            Row::Note(_) => style.faint(&row.to_text()),
            Row::Same(_) => row.to_text(),
        };
        format!("      {text}\n")
    };
    rows.iter().map(line).collect()
}
