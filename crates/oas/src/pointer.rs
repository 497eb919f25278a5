//! JSON pointers (RFC 6901): how every finding names the node that it speaks of.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// An absolute JSON pointer; the empty one is the document itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Pointer(String);

impl Pointer {
    /// The document itself.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// Reads the part of a local reference behind `#`, percent-decoded already; `None` if it is no pointer.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.is_empty() || text.starts_with('/')).then(|| Self(text.to_owned()))
    }

    /// The pointer to a member of the object (or, by its number, an item of the array) that this one names.
    #[must_use]
    pub fn child(&self, token: &str) -> Self {
        let mut written = String::with_capacity(self.0.len() + 1 + token.len());
        written.push_str(&self.0);
        written.push('/');
        if token.contains(['~', '/']) {
            written.push_str(&escape(token));
        } else {
            written.push_str(token);
        }
        Self(written)
    }

    /// The pointer to an item of the array that this one names.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }

    /// The pointer reached by going down all `tokens`.
    #[must_use]
    pub fn descend<'a>(&self, tokens: impl IntoIterator<Item = &'a str>) -> Self {
        tokens.into_iter().fold(self.clone(), |pointer, token| pointer.child(token))
    }

    /// The unescaped tokens, from the root down.
    pub fn tokens(&self) -> impl Iterator<Item = String> {
        self.steps().map(Cow::into_owned)
    }

    /// The same, borrowed where nothing was escaped.
    pub(crate) fn steps(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.0.split('/').skip(1).map(unescape)
    }

    /// The node that the pointer names.
    #[must_use]
    pub fn find_in<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.steps().try_fold(value, |node, step| match node {
            Value::Object(members) => members.get(step.as_ref()),
            Value::Array(items) => items.get(index(&step)?),
            _ => None,
        })
    }

    /// The pointer as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

fn unescape(token: &str) -> Cow<'_, str> {
    let Some((before, after)) = token.split_once('~') else { return token.into() };
    let mut unescaped = String::with_capacity(token.len());
    unescaped.push_str(before);
    for piece in after.split('~') {
        let (sign, rest) = match piece.as_bytes().first() {
            Some(b'0') => ('~', &piece[1..]),
            Some(b'1') => ('/', &piece[1..]),
            _ => ('~', piece),
        };
        unescaped.push(sign);
        unescaped.push_str(rest);
    }
    unescaped.into()
}

/// The index that a token writes, in digits alone and without needless zeros.
fn index(token: &str) -> Option<usize> {
    let is_plain = token.bytes().all(|byte| byte.is_ascii_digit()) && (token == "0" || !token.starts_with('0'));
    if is_plain { token.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_slash_in_a_key_is_escaped() {
        let pointer = Pointer::root().child("paths").child("/a~b").item(2);

        assert_eq!(pointer.as_str(), "/paths/~1a~0b/2");
    }

    #[test]
    fn a_pointer_finds_the_node_that_it_names() {
        let value = json!({"paths": {"/a": [10, 20]}});

        let found = Pointer::parse("/paths/~1a/1").unwrap();

        assert_eq!(found.find_in(&value), Some(&json!(20)));
    }

    #[test]
    fn an_index_is_written_in_one_way() {
        let value = json!([1, 2]);

        for odd in ["/+1", "/01", "/00", "/", "/-1", "/1e0", "/99999999999999999999"] {
            assert_eq!(Pointer::parse(odd).unwrap().find_in(&value), None, "{odd}");
        }
        assert_eq!(Pointer::parse("/0").unwrap().find_in(&value), Some(&json!(1)));
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_the_standard_says(text in "(/(a|0|1|01|~0|~1|~01|~|b~1c|[~01a]{0,5})){0,4}") {
            let inner = json!({"a": [1, {"a": 2, "~": 3}], "/": {"": 4}, "~": [[5]], "0": {"1": 6}, "~1": 7, "": {"b/c": 8}, "b/c": [9]});
            let value = json!({"a": [inner, inner], "~1": inner, "": inner, "~": [inner], "0": [inner], "b/c": inner, "01": inner});

            prop_assert_eq!(Pointer::parse(&text).unwrap().find_in(&value), value.pointer(&text));
        }

        #[test]
        fn tokens_survive_being_written(tokens in proptest::collection::vec(".*", 0..5)) {
            let pointer = Pointer::root().descend(tokens.iter().map(String::as_str));

            prop_assert_eq!(pointer.tokens().collect::<Vec<_>>(), tokens);
        }
    }
}
