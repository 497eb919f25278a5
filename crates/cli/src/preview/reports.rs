//! For programs: `JUnit`, SARIF 2.1.0, and annotations of a GitHub workflow. Places are those of the new document.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Told;
use super::item::{Item, Level};
use crate::xml;

fn said(item: &Item) -> String {
    let hits = if item.hits.is_empty() { String::new() } else { format!(": {}", item.hits) };
    let accepted = item.accepted.as_ref().map(|reason| format!(" (accepted: {reason})")).unwrap_or_default();
    format!("{}{hits}{accepted}", item.sentence())
}

/// A case for each finding, which fails if it counts, and is skipped if it says that something is not known.
pub(super) fn junit(told: &Told) -> String {
    let cases: String = told.items.iter().map(|item| case(told, item)).collect();
    let (tests, failures) = (told.items.len().to_string(), told.counts().count().to_string());
    let skipped = told.items.iter().filter(|item| is_skipped(told, item)).count().to_string();
    let attributes = [
        ("name", told.file.as_str()),
        ("tests", &tests),
        ("failures", &failures),
        ("errors", "0"),
        ("skipped", &skipped),
    ];
    let suite = xml::element("testsuite", &attributes, &cases);
    let suites = xml::element("testsuites", &[("name", "pactolus preview")], &suite);
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{suites}")
}

fn is_skipped(told: &Told, item: &Item) -> bool {
    item.is_open && item.accepted.is_none() && !told.fails(item)
}

fn case(told: &Told, item: &Item) -> String {
    let (line, column) = item.position;
    let failure = if told.fails(item) {
        let body = xml::text(&format!("{}\n{}:{line}:{column}", said(item), told.file));
        xml::element("failure", &[("type", item.id.as_str()), ("message", &said(item))], &body)
    } else if is_skipped(told, item) {
        xml::element("skipped", &[("message", &said(item))], "")
    } else {
        String::new()
    };
    xml::element("testcase", &[("name", &item.sentence()), ("classname", &item.id), ("time", "0")], &failure)
}

pub(super) fn sarif(told: &Told) -> Value {
    let rules: BTreeSet<&str> = told.items.iter().map(|item| item.id.as_str()).collect();
    let rules: Value = rules.into_iter().map(|id| json!({ "id": id })).collect();
    let results: Value = told.items.iter().map(|item| result(told, item)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "pactolus", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "results": results,
        }],
    })
}

fn result(told: &Told, item: &Item) -> Value {
    let (line, column) = item.position;
    let mut result = json!({
        "ruleId": item.id,
        "level": match item.level { Level::Breaking => "error", Level::Warning => "warning", Level::Info => "note" },
        "message": { "text": said(item) },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": told.file.replace('\\', "/") },
            "region": { "startLine": line, "startColumn": column },
        } }],
    });
    if let Some(reason) = &item.accepted {
        result["suppressions"] = json!([{ "kind": "external", "justification": reason }]);
    }
    result
}

pub(super) fn annotations(told: &Told) -> String {
    let escaped = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| escaped(text).replace(':', "%3A").replace(',', "%2C");
    let mut lines = String::new();
    for item in &told.items {
        let command = match (&item.accepted, item.level) {
            (None, Level::Breaking) => "error",
            (None, Level::Warning) => "warning",
            _ => "notice",
        };
        let (file, title, message) = (property(&told.file), property(&item.id), escaped(&said(item)));
        let (line, column) = item.position;
        let _ = writeln!(lines, "::{command} file={file},line={line},col={column},title={title}::{message}");
    }
    lines
}
