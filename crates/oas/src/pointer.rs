//! JSON pointers (RFC 6901): how every finding names the node that it speaks of.

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
        self.0.split('/').skip(1).map(unescape)
    }

    /// The node that the pointer names.
    #[must_use]
    pub fn find_in<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        value.pointer(&self.0)
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

fn unescape(token: &str) -> String {
    if token.contains('~') { token.replace("~1", "/").replace("~0", "~") } else { token.to_owned() }
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

    proptest! {
        #[test]
        fn tokens_survive_being_written(tokens in proptest::collection::vec(".*", 0..5)) {
            let pointer = Pointer::root().descend(tokens.iter().map(String::as_str));

            prop_assert_eq!(pointer.tokens().collect::<Vec<_>>(), tokens);
        }
    }
}
