//! Two API documents: what changed, and what of it breaks who relies on the old one.

use chrono::Datelike as _;
use pactolus_oas::diff::{Change, Changes, Day, diff};
use pactolus_oas::document::Document;
use pactolus_oas::finding::Severity;
use pactolus_oas::source::Budget;
use serde_json::{Value, json};

use super::Text;
use crate::outcome::{Exit, Failure, Outcome};
use crate::plain;
use crate::terminal::Style;

const LONGEST_LINE: usize = 500;

/// Whether a text is an API document rather than a contract: by the member that names its format.
pub(super) fn is_document(text: &str) -> bool {
    let begins = |line: &str| {
        let line = line.trim_start_matches(['{', ' ', '\t', '"', '\'', '\u{feff}']);
        ["openapi", "swagger", "asyncapi"].iter().any(|format| {
            line.strip_prefix(format).is_some_and(|rest| rest.trim_start_matches(['"', '\'', ' ']).starts_with(':'))
        })
    };
    text.lines().any(|line| line.len() < 1000 && begins(line)) || one_line(text)
}

/// JSON without line breaks is read to be sure.
fn one_line(text: &str) -> bool {
    let value: Option<Value> = serde_json::from_str(text).ok();
    value.is_some_and(|value| ["openapi", "swagger", "asyncapi"].iter().any(|format| value.get(format).is_some()))
}

pub(super) fn compare(old: &Text, new: &Text, style: Style) -> Result<Outcome, Failure> {
    let load = |text: &Text| {
        Document::load(&text.text, &Budget::default())
            .map_err(|error| Failure::usage(format!("{} cannot be used: {error}", text.name)))
    };
    let changes = Changes::from(diff(&load(old)?, &load(new)?, today()?));
    let mut json = json!({ "old": old.name, "new": new.name });
    if let (Value::Object(members), Ok(Value::Object(found))) = (&mut json, serde_json::to_value(&changes)) {
        members.extend(found);
    }
    Ok(Outcome {
        exit: if changes.breaking { Exit::No } else { Exit::Yes },
        text: told(old, new, &changes, style),
        json,
        id: None,
    })
}

/// What is to be switched off on a day may be gone after it.
fn today() -> Result<Day, Failure> {
    #[expect(clippy::disallowed_methods, reason = "a command has no App")]
    let now = chrono::Utc::now();
    let parts = (u16::try_from(now.year()), u8::try_from(now.month()), u8::try_from(now.day()));
    let (Ok(year), Ok(month), Ok(day)) = parts else { return Err(Failure::usage("this machine's clock is wrong")) };
    Day::new(year, month, day).ok_or_else(|| Failure::usage("this machine's clock is wrong"))
}

fn told(old: &Text, new: &Text, changes: &Changes, style: Style) -> String {
    let mut text = style.faint(&format!("- {}\n+ {}\n", old.name, new.name));
    text.push('\n');
    for severity in [Severity::Error, Severity::Warning, Severity::Info] {
        for change in changes.changes.iter().filter(|change| change.severity == severity) {
            text.push_str(&line(change, old, new, style));
        }
    }
    let (errors, warnings, infos) = (changes.errors, changes.warnings, changes.infos);
    text.push_str(&if changes.breaking {
        style.red(&format!("✗ breaking: {errors} errors, {warnings} warnings, {infos} other changes\n"))
    } else if changes.changes.is_empty() {
        style.green("✓ nothing changed\n")
    } else {
        style
            .green(&format!("✓ nothing breaks: {errors} proved harmless, {warnings} warnings, {infos} other changes\n"))
    });
    text
}

fn line(change: &Change, old: &Text, new: &Text, style: Style) -> String {
    let head = match change.severity {
        Severity::Error if change.harmless => style.faint("· proved harmless"),
        Severity::Error => style.red("✗ error"),
        Severity::Warning => style.yellow("! warning"),
        Severity::Info => style.faint("· info"),
    };
    let operation = match (&change.operation, &change.path) {
        (Some(operation), Some(path)) => format!("{} {path}: ", operation.to_uppercase()),
        (None, Some(path)) => format!("{path}: "),
        _ => String::new(),
    };
    let message = plain::line(&format!("{operation}{}", change.message), LONGEST_LINE);
    let spots = [(old, &change.old), (new, &change.new)];
    let places = spots.into_iter().filter_map(|(file, spot)| {
        let position = spot.as_ref()?.position;
        Some(format!("{}:{}:{}", file.name, position.line, position.column))
    });
    let places: Vec<String> = places.collect();
    let at = style.faint(&format!("{}  {}", change.id, places.join("  ")));
    format!("{head}  {message}\n    {at}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str, required: &str) -> Text {
        let text = format!(
            "openapi: 3.0.3\ninfo: {{title: a, version: '1'}}\npaths:\n  /items:\n    get:\n      parameters:\n        \
             - {{name: size, in: query, required: {required}, schema: {{type: integer}}}}\n      responses:\n        \
             '200': {{description: all}}\n"
        );
        Text { name: name.into(), text }
    }

    #[test]
    fn documents_are_told_from_contracts() {
        let check = |text: &str, expected| assert_eq!(is_document(text), expected, "{text}");

        check("openapi: 3.0.0\n", true);
        check("# stock\n\nswagger: \"2.0\"\n", true);
        check("{\"openapi\":\"3.1.0\",\"info\":{}}", true);
        check("{\n  \"asyncapi\": \"3.0.0\"\n}", true);
        check("{\"info\":{},\"openapi\":\"3.1.0\"}", true);
        check("{\"consumer\": {\"name\": \"openapi\"}, \"provider\": {\"name\": \"a\"}, \"interactions\": []}", false);
    }

    #[test]
    fn a_change_that_breaks_is_a_no_with_its_place() {
        let (old, new) = (text("old.yaml", "false"), text("new.yaml", "true"));

        let outcome = compare(&old, &new, Style::PLAIN).unwrap();

        assert_eq!(outcome.exit, Exit::No);
        assert_eq!(outcome.json["changes"][0]["id"], "request-parameter-became-required", "{:#}", outcome.json);
        assert!(outcome.text.contains("GET /items") && outcome.text.contains("new.yaml:"), "{}", outcome.text);
    }

    #[test]
    fn the_same_document_is_a_yes() {
        let outcome = compare(&text("a", "true"), &text("b", "true"), Style::PLAIN).unwrap();

        assert_eq!(outcome.exit, Exit::Yes);
        assert!(outcome.text.contains("nothing changed"), "{}", outcome.text);
    }
}
