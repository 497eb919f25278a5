//! One finding of a preview: a change or something that no longer fits without a change that explains it.

use serde_json::Value;

use crate::plain;

const LONGEST: usize = 500;
/// Of more versions only the number is told.
const MOST_NAMED: usize = 10;

/// How grave it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Info,
    Warning,
    Breaking,
}

impl Level {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Breaking => "breaking",
        }
    }

    fn of(answer: &Value) -> Self {
        match answer.as_str() {
            Some("breaking") => Self::Breaking,
            Some("warning") => Self::Warning,
            _ => Self::Info,
        }
    }
}

pub(super) struct Item {
    pub(super) id: String,
    pub(super) level: Level,
    /// Method and path; empty if all of the document is concerned.
    pub(super) operation: String,
    pub(super) message: String,
    /// Whom it hits.
    pub(super) hits: String,
    /// Where it stands in the documents.
    pub(super) pointers: Vec<String>,
    /// Line and column in the new document.
    pub(super) position: (u64, u64),
    /// Why it is accepted, if it is.
    pub(super) accepted: Option<String>,
}

/// All that a server's answer says, the gravest first.
pub(super) fn items(answer: &Value) -> Vec<Item> {
    let list = |key: &str| answer[key].as_array().into_iter().flatten();
    let unexplained = list("broken").filter(|broken| broken["changes"].as_array().is_none_or(Vec::is_empty));
    let mut items: Vec<Item> = list("changes").map(change).chain(unexplained.map(broken)).collect();
    items.sort_by_key(|item| std::cmp::Reverse(item.level));
    items
}

fn change(change: &Value) -> Item {
    let operation = format!("{} {}", word(&change["operation"]), word(&change["path"]));
    let pointers = [&change["old"], &change["new"]].into_iter().filter_map(|spot| spot["pointer"].as_str());
    Item {
        id: word(&change["id"]),
        level: Level::of(&change["level"]),
        operation: operation.trim().to_owned(),
        message: word(&change["message"]),
        hits: hits(change),
        pointers: pointers.map(str::to_owned).collect(),
        position: position(&change["new"]),
        accepted: None,
    }
}

fn broken(broken: &Value) -> Item {
    Item {
        id: word(&broken["code"]),
        level: Level::Breaking,
        operation: String::new(),
        message: format!("{}: {}", word(&broken["interaction"]), word(&broken["message"])),
        hits: format!("breaks {}", named(&broken["consumers"])),
        pointers: broken["document"]["pointer"].as_str().map(str::to_owned).into_iter().collect(),
        position: position(&broken["document"]),
        accepted: None,
    }
}

fn position(spot: &Value) -> (u64, u64) {
    (spot["line"].as_u64().unwrap_or(1), spot["column"].as_u64().unwrap_or(1))
}

fn word(value: &Value) -> String {
    plain::line(value.as_str().unwrap_or_default(), LONGEST)
}

fn hits(change: &Value) -> String {
    let some = |key: &str| change[key].as_array().is_some_and(|list| !list.is_empty());
    let mut hits = Vec::new();
    if some("breaks") {
        hits.push(format!("breaks {}", named(&change["breaks"])));
    }
    if some("usedBy") {
        hits.push(format!("used by {}, and their contracts do not show that it breaks them", named(&change["usedBy"])));
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

/// `shop 41 and app 7, both in production`; with a place each where they differ.
fn named(versions: &Value) -> String {
    let versions: Vec<(String, String)> = versions.as_array().into_iter().flatten().map(version).collect();
    let Some((_, place)) = versions.first() else { return String::new() };
    let alike = versions.iter().all(|(_, other)| other == place);
    let names = versions
        .iter()
        .take(MOST_NAMED)
        .map(|(name, place)| if alike || place.is_empty() { name.clone() } else { format!("{name} ({place})") });
    let mut names: Vec<String> = names.collect();
    if versions.len() > MOST_NAMED {
        names.push(format!("{} more", versions.len() - MOST_NAMED));
    }
    let listed = match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
        None => String::new(),
    };
    match (alike && !place.is_empty(), versions.len()) {
        (false, _) => listed,
        (true, 1) => format!("{listed} {place}"),
        (true, 2) => format!("{listed}, both {place}"),
        (true, _) => format!("{listed}, all {place}"),
    }
}

/// What it is called, and where it is.
fn version(version: &Value) -> (String, String) {
    let list = |key: &str| version[key].as_array().into_iter().flatten().map(word).collect::<Vec<_>>();
    let (environments, branches) = (list("environments"), list("branches"));
    let place = match (environments.is_empty(), branches.is_empty()) {
        (false, _) => format!("in {}", environments.join(" and ")),
        (true, false) => format!("on {}", branches.join(" and ")),
        (true, true) => String::new(),
    };
    (format!("{} {}", word(&version["consumer"]), word(&version["version"])), place)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(consumer: &str, version: &str, environment: &str) -> Value {
        json!({ "consumer": consumer, "version": version, "environments": [environment], "branches": [] })
    }

    fn check(breaks: &Value, used_by: &Value, others: u64, expected: &str) {
        assert_eq!(hits(&json!({ "breaks": breaks, "usedBy": used_by, "otherConsumerCount": others })), expected);
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
