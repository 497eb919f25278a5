//! Two API documents: what changed, and what of it breaks who relies on the old one.

use chrono::Datelike as _;
use pactolus_oas::diff::{Changes, Day, diff};
use pactolus_oas::document::Document;
use pactolus_oas::source::Budget;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::Text;
use crate::broker::Broker;
use crate::outcome::{Exit, Failure, Outcome};
use crate::plain;
use crate::terminal::{Style, counted};

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
    Ok(outcome((&old.name, &new.name), json, style))
}

/// What changed between the documents that two versions of a provider published.
pub(super) async fn published(
    broker: &Broker,
    provider: &str,
    (from, to): (&str, &str),
    style: Style,
) -> Result<Outcome, Failure> {
    let words = [("provider", provider), ("from", from), ("to", to)];
    let address = broker.relation("pf:diff-provider-contracts", &words).await?;
    let answer = broker.get(&address).await?;
    if answer.status == StatusCode::NOT_FOUND {
        let said = answer.body["error"].as_str().unwrap_or("there is no such provider contract").to_owned();
        return Err(Failure::new(Exit::No, "missing", said).with_status(404));
    }
    let mut json = answer.accepted(&format!("could not compare {provider} {from} with {to}"))?;
    if let Value::Object(members) = &mut json {
        members.remove("_links");
    }
    let [old, new] = [from, to].map(|version| format!("{provider} {version}"));
    Ok(outcome((&old, &new), json, style))
}

fn outcome(names: (&str, &str), json: Value, style: Style) -> Outcome {
    let exit = if json["breaking"] == true { Exit::No } else { Exit::Yes };
    Outcome { exit, text: told(names, &json, style), json, id: None }
}

/// What is to be switched off on a day may be gone after it.
fn today() -> Result<Day, Failure> {
    #[expect(clippy::disallowed_methods, reason = "a command has no App")]
    let now = chrono::Utc::now();
    let parts = (u16::try_from(now.year()), u8::try_from(now.month()), u8::try_from(now.day()));
    let (Ok(year), Ok(month), Ok(day)) = parts else { return Err(Failure::usage("this machine's clock is wrong")) };
    Day::new(year, month, day).ok_or_else(|| Failure::usage("this machine's clock is wrong"))
}

fn told((old, new): (&str, &str), changes: &Value, style: Style) -> String {
    let mut text = style.faint(&format!("- {old}\n+ {new}\n"));
    text.push('\n');
    let listed = || changes["changes"].as_array().into_iter().flatten();
    for severity in ["error", "warning", "info"] {
        for change in listed().filter(|change| change["severity"] == severity) {
            text.push_str(&line(change, old, new, style));
        }
    }
    let count = |key: &str| changes[key].as_u64().unwrap_or(0);
    let warnings = counted(count("warnings"), "warning", "warnings");
    let infos = counted(count("infos"), "other change", "other changes");
    text.push_str(&if changes["breaking"] == true {
        style.red(&format!("✗ breaking: {}, {warnings}, {infos}\n", counted(count("errors"), "error", "errors")))
    } else if listed().next().is_none() {
        style.green("✓ nothing changed\n")
    } else {
        style.green(&format!("✓ nothing breaks: {} proved harmless, {warnings}, {infos}\n", count("errors")))
    });
    text
}

fn line(change: &Value, old: &str, new: &str, style: Style) -> String {
    let head = match change["severity"].as_str() {
        Some("error") if change["harmless"] == true => style.faint("· proved harmless"),
        Some("error") => style.red("✗ error"),
        Some("warning") => style.yellow("! warning"),
        _ => style.faint("· info"),
    };
    let text = |key: &str| change[key].as_str();
    let operation = match (text("operation"), text("path")) {
        (Some(operation), Some(path)) => format!("{} {path}: ", operation.to_uppercase()),
        (None, Some(path)) => format!("{path}: "),
        _ => String::new(),
    };
    let message = plain::line(&format!("{operation}{}", text("message").unwrap_or_default()), LONGEST_LINE);
    let spots = [(old, &change["old"]), (new, &change["new"])];
    let places = spots.into_iter().filter_map(|(file, spot)| {
        let (line, column) = spot["line"].as_u64().zip(spot["column"].as_u64())?;
        Some(format!("{file}:{line}:{column}"))
    });
    let places: Vec<String> = places.collect();
    let id = plain::line(text("id").unwrap_or_default(), LONGEST_LINE);
    let at = style.faint(&format!("{id}  {}", places.join("  ")));
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
