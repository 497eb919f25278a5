//! Versions with where they are, in words.

use serde_json::Value;

use super::item::{list, word};

/// Of more versions only the number is told.
const MOST_NAMED: usize = 10;

/// A version, and where it is.
pub(super) struct Placed {
    name: String,
    place: String,
}

impl Placed {
    /// A version of an answer; the name is the pacticipant's.
    pub(super) fn of(name: &str, version: &Value) -> Self {
        let words = |key: &str| list(version, key).map(word).collect::<Vec<_>>();
        let (environments, branches) = (words("environments"), words("branches"));
        let place = match (environments.is_empty(), branches.is_empty()) {
            (false, _) => format!("in {}", environments.join(" and ")),
            (true, false) => format!("on {}", branches.join(" and ")),
            (true, true) => String::new(),
        };
        Self { name: format!("{name} {}", word(&version["version"])), place }
    }
}

/// `shop 41 and app 7, both in production`; with a place each where they differ.
pub(super) fn named(versions: &[Placed]) -> String {
    let Some(Placed { place, .. }) = versions.first() else { return String::new() };
    let alike = versions.iter().all(|other| other.place == *place);
    let names = versions.iter().take(MOST_NAMED).map(|Placed { name, place }| {
        if alike || place.is_empty() { name.clone() } else { format!("{name} ({place})") }
    });
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
