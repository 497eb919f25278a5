//! A consumer's new contract: what it demands anew, and which provider versions do not satisfy it, or are not known to.

use std::collections::BTreeMap;

use serde_json::Value;

use super::item::{Item, Level, list, position, word};
use super::places::{Placed, named};
use super::{Asking, Story};
use crate::outcome::Failure;
use crate::plain;
use crate::terminal::counted;

/// Of an operation no more uses are named, of an interaction no more changes.
const MOST_NAMED: usize = 5;
/// Longer values are cut.
const LONGEST_VALUE: usize = 40;

/// Consumer and provider as the contract names them; a provider that is asked for must be that one.
pub(super) fn names(asking: &Asking<'_>, provider: Option<&str>) -> Result<(String, String), Failure> {
    let file = &asking.file;
    let contract: Value = serde_json::from_str(&asking.text)
        .map_err(|error| Failure::usage(format!("{file} is not a pact: it is no JSON: {error}")))?;
    let name = |side: &str| contract[side]["name"].as_str().filter(|name| !name.is_empty()).map(str::to_owned);
    let (Some(consumer), Some(named)) = (name("consumer"), name("provider")) else {
        return Err(Failure::usage(format!("{file} is not a pact: it names no consumer and provider")));
    };
    match provider.filter(|provider| *provider != named) {
        Some(provider) => Err(Failure::usage(format!("{file} is a pact with {named}, not with {provider}"))),
        None => Ok((consumer, named)),
    }
}

/// All that a server's answer says.
pub(super) fn items(answer: &Value) -> Vec<Item> {
    let provider = word(&answer["provider"]);
    let versions: Vec<&Value> = list(answer, "providerVersions").collect();
    let mut items = refusals(&provider, &versions);
    items.extend(unknowns(&provider, &versions));
    if versions.is_empty() {
        let place = answer["environment"].as_str().map(|name| format!(" in {name}")).unwrap_or_default();
        let message = format!("there is no {provider}{place} to satisfy it");
        items.push(Item { is_open: true, ..item("provider.absent", Level::Warning, message) });
    }
    items.extend(list(&answer["interactions"], "differing").map(interaction));
    items.extend(uses(answer, "newUses", "use.new", "newly uses"));
    items.extend(uses(answer, "droppedUses", "use.dropped", "no longer uses"));
    items
}

fn item(id: &str, level: Level, message: String) -> Item {
    Item {
        id: id.to_owned(),
        level,
        operation: String::new(),
        message,
        hits: String::new(),
        pointers: vec![String::new()],
        position: (1, 1),
        is_open: false,
        accepted: None,
    }
}

/// What speaks against which versions; the same reason is told once.
fn refusals(provider: &str, versions: &[&Value]) -> Vec<Item> {
    let mut found: Vec<(Item, Vec<Placed>)> = Vec::new();
    for version in versions.iter().filter(|version| version["satisfies"] == false) {
        let is_incompatible = version["comparison"] == "incompatible";
        let findings = list(version, "findings").filter(|finding| is_incompatible && finding["severity"] == "error");
        let mut reasons: Vec<Item> = findings.map(finding).collect();
        if version["verified"] == false {
            let message = "identical content was verified, and failed".to_owned();
            reasons.push(item("verification.failed", Level::Breaking, message));
        }
        if reasons.is_empty() {
            reasons.push(item("provider-contract.not-kept", Level::Breaking, word(&version["reason"])));
        }
        for reason in reasons {
            let placed = Placed::of(provider, version);
            let same = |(known, _): &&mut (Item, Vec<Placed>)| {
                (&known.id, &known.message, &known.pointers) == (&reason.id, &reason.message, &reason.pointers)
            };
            match found.iter_mut().find(same) {
                Some((_, versions)) => versions.push(placed),
                None => found.push((reason, vec![placed])),
            }
        }
    }
    let told = found
        .into_iter()
        .map(|(item, versions)| Item { hits: format!("not satisfied by {}", named(&versions)), ..item });
    told.collect()
}

fn finding(finding: &Value) -> Item {
    let interaction = word(&finding["interaction"]);
    let message = word(&finding["message"]);
    let pointers = [&finding["contract"], &finding["document"]].into_iter().filter_map(|spot| spot["pointer"].as_str());
    let mut pointers: Vec<String> = pointers.map(str::to_owned).collect();
    if pointers.is_empty() {
        pointers.push(String::new());
    }
    Item {
        pointers,
        position: position(&finding["contract"]),
        ..item(
            &word(&finding["code"]),
            Level::Breaking,
            if interaction.is_empty() { message } else { format!("\"{interaction}\": {message}") },
        )
    }
}

fn unknowns(provider: &str, versions: &[&Value]) -> Vec<Item> {
    let mut by_reason: BTreeMap<String, Vec<Placed>> = BTreeMap::new();
    for version in versions.iter().filter(|version| version["satisfies"].is_null()) {
        by_reason.entry(word(&version["reason"])).or_default().push(Placed::of(provider, version));
    }
    let told = by_reason.into_iter().map(|(reason, versions)| Item {
        hits: format!("not known of {}", named(&versions)),
        is_open: true,
        ..item("verification.missing", Level::Warning, reason)
    });
    told.collect()
}

fn interaction(differing: &Value) -> Item {
    let (id, said) = match differing["difference"].as_str() {
        Some("added") => ("interaction.added", "is new"),
        Some("removed") => ("interaction.removed", "is gone"),
        _ => ("interaction.changed", "promises something else"),
    };
    let changes: Vec<&Value> = list(differing, "changes").collect();
    let mut told: Vec<String> = changes.iter().take(MOST_NAMED).map(|one| change(one)).collect();
    if changes.len() > MOST_NAMED {
        told.push(format!("{} more", changes.len() - MOST_NAMED));
    }
    Item {
        operation: word(&differing["outline"]),
        hits: told.join("; "),
        ..item(id, Level::Info, format!("\"{}\" {said}", word(&differing["description"])))
    }
}

fn change(change: &Value) -> String {
    let rule = if change["subject"] == "matchingRule" { " (matching rule)" } else { "" };
    let shown = |key: &str| change.get(key).map(|value| plain::line(&value.to_string(), LONGEST_VALUE));
    let path = word(&change["path"]);
    match (shown("before"), shown("after")) {
        (Some(before), Some(after)) => format!("{path}{rule}: {before} → {after}"),
        (None, Some(after)) => format!("{path}{rule} is new: {after}"),
        (Some(before), None) => format!("{path}{rule} is gone: {before}"),
        (None, None) => format!("{path}{rule}"),
    }
}

/// An item for each operation.
fn uses(answer: &Value, key: &str, id: &str, said: &str) -> Vec<Item> {
    let mut by_operation: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for used in list(answer, key) {
        let operation = format!("{} {}", word(&used["method"]), word(&used["path"]));
        by_operation.entry(operation.trim().to_owned()).or_default().push(element(used));
    }
    let told = by_operation.into_iter().map(|(operation, mut elements)| {
        let count = elements.len();
        elements.truncate(MOST_NAMED);
        if count > MOST_NAMED {
            elements.push(format!("{} more", count - MOST_NAMED));
        }
        Item { operation, ..item(id, Level::Info, format!("{said} {}", elements.join(", "))) }
    });
    told.collect()
}

fn element(used: &Value) -> String {
    let (part, name) = (word(&used["part"]), word(&used["name"]));
    let status = used["status"].as_u64().map(|status| format!(" {status}")).unwrap_or_default();
    match (part.as_str(), name.is_empty()) {
        ("operation", _) => "the operation".to_owned(),
        ("status", _) => format!("the status{status}"),
        (part, true) => format!("the {part}{status}"),
        (part, false) => format!("`{name}` ({part}{status})"),
    }
}

pub(super) fn story(file: &str, answer: &Value) -> Story {
    let (consumer, provider) = (word(&answer["consumer"]), word(&answer["provider"]));
    let before = &answer["before"];
    let place = before["environment"].as_str().map(|name| format!(", which runs in {name}")).unwrap_or_default();
    let subject = match before["version"].as_str() {
        Some(_) => format!("{file} against {consumer} {}{place}", word(&before["version"])),
        None => format!("{file}, the first contract between {consumer} and {provider}"),
    };
    let versions: Vec<&Value> = list(answer, "providerVersions").collect();
    let among = answer["environment"].as_str().map(|name| format!(" in {name}")).unwrap_or_default();
    let count = u64::try_from(versions.len()).unwrap_or(u64::MAX);
    Story {
        subject,
        among: format!("{} of {provider}{among}", counted(count, "version", "versions")),
        headings: [
            format!("❌ {provider} does not satisfy this contract of {consumer}"),
            format!("✅ {provider} satisfies this contract of {consumer}"),
            format!("❔ It is not known whether {provider} satisfies this contract of {consumer}"),
        ],
        notes: notes(&provider, &versions, answer),
    }
}

fn notes(provider: &str, versions: &[&Value], answer: &Value) -> Vec<String> {
    let mut by_reason: BTreeMap<String, Vec<Placed>> = BTreeMap::new();
    for version in versions.iter().filter(|version| version["satisfies"] == true) {
        by_reason.entry(word(&version["reason"])).or_default().push(Placed::of(provider, version));
    }
    let satisfied = by_reason.into_iter().map(|(reason, of)| format!("Satisfied by {}: {reason}", named(&of)));
    let mut notes: Vec<String> = satisfied.collect();
    let interactions = &answer["interactions"];
    let count = interactions["onlyExamplesCount"].as_u64().unwrap_or(0);
    if count > 0 {
        let names =
            list(interactions, "onlyExamples").take(MOST_NAMED).map(|one| format!("\"{}\"", word(&one["description"])));
        let mut names: Vec<String> = names.collect();
        let listed = u64::try_from(names.len()).unwrap_or(u64::MAX);
        if count > listed {
            names.push(format!("{} more", count - listed));
        }
        notes.push(format!("Nothing changed but examples: {}", names.join(", ")));
    }
    notes
}
