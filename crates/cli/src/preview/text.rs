//! For people: on a terminal, and as a comment on a pull request.

use std::fmt::Write as _;

use serde_json::Value;

use super::Told;
use super::item::{Item, Level};
use crate::terminal::Style;

/// Of what hits nobody, a comment lists no more.
const MOST_INFOS: usize = 50;

pub(super) fn text(told: &Told, style: Style) -> String {
    let mut text = style.faint(&format!("{}\n", subject(told)));
    for item in &told.items {
        let head = match (&item.accepted, item.level) {
            (Some(_), _) => style.faint("· accepted"),
            (None, Level::Breaking) => style.red("✗ breaking"),
            (None, Level::Warning) => style.yellow("! warning"),
            (None, Level::Info) => style.faint("· info"),
        };
        let _ = writeln!(text, "{head}  {}\n    {}", sentence(item), item.hits);
        if let Some(reason) = &item.accepted {
            let _ = writeln!(text, "    accepted: {reason}");
        }
        let (line, column) = item.position;
        let _ = writeln!(text, "    {}", style.faint(&format!("{}  {}:{line}:{column}", item.id, told.file)));
    }
    let summary = format!("{}\n", summary(told));
    text.push_str(&if told.counts().next().is_some() { style.red(&summary) } else { style.green(&summary) });
    text
}

fn sentence(item: &Item) -> String {
    if item.operation.is_empty() { item.message.clone() } else { format!("{}: {}", item.operation, item.message) }
}

fn subject(told: &Told) -> String {
    let document = &told.answer["document"];
    let version = document["version"].as_str().unwrap_or_default();
    let place = document["environment"].as_str().map(|name| format!(", which runs in {name}")).unwrap_or_default();
    format!("{} against {} {version}{place}", told.file, told.provider)
}

pub(super) fn summary(told: &Told) -> String {
    let count = |level| told.items.iter().filter(|item| item.level == level && item.accepted.is_none()).count();
    let accepted = told.items.iter().filter(|item| item.accepted.is_some()).count();
    let consumers = told.answer["consumerCount"].as_u64().unwrap_or(0);
    let place = told.answer["environment"].as_str().map(|name| format!(" in {name}")).unwrap_or_default();
    let accepted = if accepted == 0 { String::new() } else { format!(", {accepted} accepted") };
    let (breaking, warnings, infos) = (count(Level::Breaking), count(Level::Warning), count(Level::Info));
    format!("{breaking} breaking, {warnings} warnings, {infos} other changes{accepted}; {consumers} consumers{place}")
}

pub(super) fn markdown(told: &Told) -> String {
    let verdict = if told.items.iter().any(|item| item.level == Level::Breaking && item.accepted.is_none()) {
        "❌ This breaks consumers"
    } else {
        "✅ This breaks no consumer"
    };
    let mut text = format!("### {verdict} of {}\n\n{}.\n\n", escaped(&told.provider), escaped(&summary(told)));
    let (infos, grave): (Vec<&Item>, Vec<&Item>) =
        told.items.iter().partition(|item| item.level == Level::Info || item.accepted.is_some());
    for item in grave {
        let _ = writeln!(text, "- **{}**: {}", item.level.as_str(), line(item));
    }
    if !infos.is_empty() {
        let _ = writeln!(text, "\n<details><summary>{} other changes</summary>\n", infos.len());
        for item in infos.iter().take(MOST_INFOS) {
            let _ = writeln!(text, "- {}", line(item));
        }
        if infos.len() > MOST_INFOS {
            let _ = writeln!(text, "- and {} more", infos.len() - MOST_INFOS);
        }
        text.push_str("\n</details>\n");
    }
    for (key, said) in [
        ("failedBefore", "did not fit before either, so nothing is said of what fails there"),
        ("unreadable", "have contracts that cannot be read"),
    ] {
        let versions = told.answer[key].as_array().into_iter().flatten();
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let names = versions.map(|one| format!("{} {}", word(&one["consumer"]), word(&one["version"])));
        let names: Vec<String> = names.collect();
        if !names.is_empty() {
            let _ = writeln!(text, "\n{} {said}.", escaped(&names.join(", ")));
        }
    }
    let _ = writeln!(text, "\n<sub>{}</sub>", escaped(&subject(told)));
    text
}

fn line(item: &Item) -> String {
    let accepted = item.accepted.as_ref().map(|reason| format!(" *Accepted: {}*", escaped(reason)));
    format!("{}: {} (`{}`){}", escaped(&sentence(item)), escaped(&item.hits), item.id, accepted.unwrap_or_default())
}

/// Names come from others: they must neither link nor mention anybody. Code marks stay, which our sentences have.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '@' => escaped.push_str("@\u{200b}"),
            '[' | ']' | '*' | '_' | '#' | '!' | '|' | '\\' => {
                escaped.push('\\');
                escaped.push(character);
            }
            other => escaped.push(other),
        }
    }
    escaped
}
