//! Queries: pairs in order, and the nested form `q[][pacticipant]=shop` that Pact clients send.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::app::App;

/// The pairs of a query, decoded, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct QueryPairs(Vec<(String, String)>);

impl FromRequestParts<App> for QueryPairs {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl QueryPairs {
    /// The database can't hold the character NUL, so nothing has it in its name: another that nothing has stands in.
    pub(crate) fn parse(query: &str) -> Self {
        let storable = |text: &str| text.replace('\0', "\u{fffd}");
        let pairs = form_urlencoded::parse(query.as_bytes());
        Self(pairs.map(|(key, value)| (storable(&key), storable(&value))).collect())
    }

    /// The value given last; blank counts as absent.
    pub(crate) fn last(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        value.filter(|value| !value.trim().is_empty())
    }

    /// Whether the parameter is there at all, blank or not.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// All values of `name[]` (and of `name`), in order, blank ones too.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        let listed = format!("{name}[]");
        self.0.iter().filter(|(key, _)| *key == listed || key == name).map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

/// The elements of `name[][key]=value`, each as its keys and values. A new element starts when a key comes again, as
/// Rack has it: that is what every client sends.
pub(crate) fn nested_lists<'q>(query: &'q QueryPairs, name: &str) -> Vec<Vec<(&'q str, &'q str)>> {
    let prefix = format!("{name}[][");
    let mut elements: Vec<Vec<(&str, &str)>> = Vec::new();
    for (key, value) in query.iter() {
        let Some(key) = key.strip_prefix(&prefix).and_then(|key| key.strip_suffix(']')) else { continue };
        match elements.last_mut() {
            Some(element) if !element.iter().any(|(other, _)| *other == key) => element.push((key, value)),
            _ => elements.push(vec![(key, value)]),
        }
    }
    elements
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str, expected: &[&[(&str, &str)]]) {
        assert_eq!(nested_lists(&QueryPairs::parse(query), "q"), expected);
    }

    #[test]
    fn a_repeated_key_starts_the_next_element() {
        check(
            "q[][pacticipant]=A&q[][version]=1&q%5B%5D%5Bpacticipant%5D=B+C&q[][latest]=true&q[][tag]=prod",
            &[
                &[("pacticipant", "A"), ("version", "1")],
                &[("pacticipant", "B C"), ("latest", "true"), ("tag", "prod")],
            ],
        );
        check(
            "q[][version]=1&q[][pacticipant]=A&q[][version]=2&q[][pacticipant]=B",
            &[&[("version", "1"), ("pacticipant", "A")], &[("version", "2"), ("pacticipant", "B")]],
        );
    }

    #[test]
    fn other_parameters_may_stand_between() {
        check("q[][pacticipant]=A&latestby=cvp&q[][version]=1", &[&[("pacticipant", "A"), ("version", "1")]]);
    }
}
