//! What came back.

use std::fmt;

use axum::http::HeaderMap;
use bytes::Bytes;
use serde_json::Value;

/// An answer with its body, read to the end.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// Asserts the status, and shows the body when it is another.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The value at a JSON pointer; `Null` when there is none.
    #[track_caller]
    pub(crate) fn at(&self, pointer: &str) -> Value {
        self.json().pointer(pointer).cloned().unwrap_or_default()
    }

    /// The text at a JSON pointer.
    #[track_caller]
    pub(crate) fn text_at(&self, pointer: &str) -> String {
        match self.at(pointer) {
            Value::String(text) => text,
            other => panic!("{pointer} is {other}: {self:?}"),
        }
    }

    /// The address of a relation.
    #[track_caller]
    pub(crate) fn link(&self, relation: &str) -> String {
        self.text_at(&format!("/_links/{}/href", relation.replace('~', "~0").replace('/', "~1")))
    }

    /// The body for people to compare: indented, with `[uuid]` in place of random ids.
    #[track_caller]
    pub(crate) fn shown(&self) -> String {
        without_uuids(&serde_json::to_string_pretty(&self.json()).expect("JSON is written"))
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: String = self.text().chars().take(4000).collect();
        write!(f, "{} {:?}\n{text}", self.status, self.headers)
    }
}

/// What can-i-deploy says: yes, no or unknown, and why.
pub(crate) fn verdict(answer: &Answer) -> String {
    let deployable = match answer.at("/summary/deployable") {
        Value::Bool(true) => "yes",
        Value::Bool(false) => "no",
        _ => "unknown",
    };
    format!("{deployable}: {}", answer.text_at("/summary/reason"))
}

/// The text with `[uuid]` in place of each id.
pub(crate) fn without_uuids(text: &str) -> String {
    const DASHES: [usize; 4] = [8, 13, 18, 23];
    let is_uuid = |window: &[u8]| {
        window.len() == 36
            && window
                .iter()
                .enumerate()
                .all(|(at, byte)| if DASHES.contains(&at) { *byte == b'-' } else { byte.is_ascii_hexdigit() })
    };
    let mut shown = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        if rest.as_bytes().get(..36).is_some_and(is_uuid) {
            shown.push_str("[uuid]");
            rest = &rest[36..];
        } else {
            let first = rest.chars().next().expect("it is not empty");
            shown.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    shown
}
