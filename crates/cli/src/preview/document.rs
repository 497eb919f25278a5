//! A provider's new document: changes, and what no longer fits without a change that explains it.

use serde_json::Value;

use super::Story;
use super::item::{Item, Level, list, position, word};
use super::places::{Placed, named};
use crate::terminal::counted;

/// All that a server's answer says.
pub(super) fn items(answer: &Value) -> Vec<Item> {
    let unexplained = list(answer, "broken").filter(|broken| broken["changes"].as_array().is_none_or(Vec::is_empty));
    let unreadable = list(answer, "unreadable").map(unreadable);
    list(answer, "changes").map(change).chain(unexplained.map(broken)).chain(unreadable).collect()
}

/// Of whom nothing can be said: so it is no yes.
fn unreadable(one: &Value) -> Item {
    Item {
        id: "contract.unreadable".to_owned(),
        level: Level::Warning,
        operation: String::new(),
        message: format!(
            "the contract of {} {} cannot be read, so nothing is known of what breaks it",
            word(&one["consumer"]),
            word(&one["version"])
        ),
        hits: String::new(),
        pointers: Vec::new(),
        position: (1, 1),
        is_open: true,
        accepted: None,
    }
}

fn change(change: &Value) -> Item {
    let operation = format!("{} {}", word(&change["operation"]), word(&change["path"]));
    let pointers = [&change["old"], &change["new"]].into_iter().filter_map(|spot| spot["pointer"].as_str());
    let level = match change["level"].as_str() {
        Some("breaking") => Level::Breaking,
        Some("warning") => Level::Warning,
        _ => Level::Info,
    };
    Item {
        id: word(&change["id"]),
        level,
        operation: operation.trim().to_owned(),
        message: word(&change["message"]),
        hits: hits(change),
        pointers: pointers.map(str::to_owned).collect(),
        position: position(&change["new"]),
        is_open: false,
        accepted: None,
    }
}

fn broken(broken: &Value) -> Item {
    Item {
        id: word(&broken["code"]),
        level: Level::Breaking,
        operation: String::new(),
        message: format!("\"{}\": {}", word(&broken["interaction"]), word(&broken["message"])),
        hits: format!("breaks {}", consumers(&broken["consumers"])),
        pointers: broken["document"]["pointer"].as_str().map(str::to_owned).into_iter().collect(),
        position: position(&broken["document"]),
        is_open: false,
        accepted: None,
    }
}

fn hits(change: &Value) -> String {
    let some = |key: &str| change[key].as_array().is_some_and(|list| !list.is_empty());
    let mut hits = Vec::new();
    if some("breaks") {
        hits.push(format!("breaks {}", consumers(&change["breaks"])));
    }
    if some("usedBy") {
        hits.push(format!(
            "used by {}, and their contracts do not show that it breaks them",
            consumers(&change["usedBy"])
        ));
    }
    // Nobody uses a version's number, or what is common to all operations.
    if hits.is_empty() && change["path"].is_null() {
        return String::new();
    }
    let others = change["otherConsumerCount"].as_u64().unwrap_or(0);
    hits.push(match (others, hits.is_empty()) {
        (0, true) => "no consumer is known".to_owned(),
        (0, false) => return hits.join("; "),
        (1, true) => "the one consumer does not use it".to_owned(),
        (others, true) => format!("none of {others} consumers uses it"),
        (1, false) => "1 other consumer does not use it".to_owned(),
        (others, false) => format!("{others} other consumers do not use it"),
    });
    hits.join("; ")
}

fn consumers(versions: &Value) -> String {
    let versions = versions.as_array().into_iter().flatten();
    let placed: Vec<Placed> = versions.map(|version| Placed::of(&word(&version["consumer"]), version)).collect();
    named(&placed)
}

pub(super) fn story(file: &str, provider: &str, answer: &Value) -> Story {
    let document = &answer["document"];
    let place = document["environment"].as_str().map(|name| format!(", which runs in {name}")).unwrap_or_default();
    let among = answer["environment"].as_str().map(|name| format!(" in {name}")).unwrap_or_default();
    let mut notes = Vec::new();
    let names = list(answer, "failedBefore").map(|one| format!("{} {}", word(&one["consumer"]), word(&one["version"])));
    let names: Vec<String> = names.collect();
    if !names.is_empty() {
        notes.push(format!("{} did not fit before either, so nothing is said of what fails there", names.join(", ")));
    }
    Story {
        subject: format!("{file} against {provider} {}{place}", word(&document["version"])),
        among: format!("{}{among}", counted(answer["consumerCount"].as_u64().unwrap_or(0), "consumer", "consumers")),
        headings: [
            format!("❌ This breaks consumers of {provider}"),
            format!("✅ This breaks no consumer of {provider}"),
            format!("❔ It is not known whom this breaks of the consumers of {provider}"),
        ],
        notes,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_contract_that_cannot_be_read_leaves_the_answer_open() {
        let found = items(&json!({ "unreadable": [{ "consumer": "shop", "version": "7" }] }));

        assert_eq!(found.len(), 1);
        assert!(found[0].is_open && found[0].accepted.is_none());
        assert!(found[0].message.contains("shop 7"), "{}", found[0].message);
    }

    fn at(consumer: &str, version: &str, environment: &str) -> Value {
        json!({ "consumer": consumer, "version": version, "environments": [environment], "branches": [] })
    }

    fn check(breaks: &Value, used_by: &Value, others: u64, expected: &str) {
        assert_eq!(
            hits(&json!({ "path": "/items", "breaks": breaks, "usedBy": used_by, "otherConsumerCount": others })),
            expected
        );
    }

    #[test]
    fn whom_a_change_hits_is_said_in_a_sentence() {
        let (shop, app) = (at("shop", "41", "production"), at("app", "7", "production"));
        check(
            &json!([shop, app]),
            &json!([]),
            12,
            "breaks shop 41 and app 7, both in production; 12 other consumers do not use it",
        );
        check(
            &json!([shop, at("app", "7", "test")]),
            &json!([]),
            0,
            "breaks shop 41 (in production) and app 7 (in test)",
        );
        check(&json!([]), &json!([]), 1, "the one consumer does not use it");
        check(&json!([]), &json!([]), 0, "no consumer is known");
        check(
            &json!([]),
            &json!([app]),
            0,
            "used by app 7 in production, and their contracts do not show that it breaks them",
        );
    }
}
