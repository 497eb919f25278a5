//! What is taken out of evidence before it leaves this machine: headers that carry credentials, and whatever places in
//! bodies the user names. Values become placeholders of their type, and what was touched is marked, since a later
//! judgement must not rely on it.

use bytes::Bytes;
use serde_json::Value;

const PLACEHOLDER: &str = "[redacted]";
const HEADERS: &[&str] =
    &["authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token", "api-key"];

/// What is taken out.
#[derive(Debug, Clone)]
pub struct Redaction {
    headers: Vec<String>,
    paths: Vec<Path>,
}

/// A place that is not written as we know them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither `header:NAME` nor a path like `$.user.token`, `$.items[*].secret` or `$..password`")]
pub struct WrongRedaction(String);

#[derive(Debug, Clone)]
struct Path {
    text: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(usize),
    Each,
    /// At any depth.
    Anywhere(String),
}

impl Redaction {
    /// What the user names, beside the headers that always are.
    ///
    /// # Errors
    /// When a place is not written as we know them.
    pub fn of(places: &[String]) -> Result<Self, WrongRedaction> {
        let mut redaction = Self { headers: HEADERS.iter().map(|&name| name.to_owned()).collect(), paths: Vec::new() };
        for place in places {
            let wrong = || WrongRedaction(place.clone());
            match place.strip_prefix("header:") {
                Some("") => return Err(wrong()),
                Some(name) => redaction.headers.push(name.to_ascii_lowercase()),
                None => {
                    let steps = steps(place).ok_or_else(wrong)?;
                    redaction.paths.push(Path { text: place.clone(), steps });
                }
            }
        }
        Ok(redaction)
    }

    /// As evidence names it.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let headers = self.headers.iter().map(|name| format!("header:{name}"));
        headers.chain(self.paths.iter().map(|path| path.text.clone())).collect()
    }

    pub(crate) fn hides_header(&self, name: &str) -> bool {
        self.headers.iter().any(|hidden| hidden.eq_ignore_ascii_case(name))
    }

    /// The headers with placeholders; adds what was touched to `touched`.
    pub(crate) fn headers(&self, headers: &[(String, String)], touched: &mut Vec<String>) -> Vec<(String, String)> {
        let each = headers.iter().map(|(name, value)| {
            if self.hides_header(name) {
                touched.push(format!("header:{}", name.to_ascii_lowercase()));
                (name.clone(), PLACEHOLDER.to_owned())
            } else {
                (name.clone(), value.clone())
            }
        });
        each.collect()
    }

    /// A JSON body with placeholders. `None` for one that cannot be read, where something would have to be looked for in it:
    /// what cannot be searched is not kept.
    pub(crate) fn body(&self, body: &Bytes, touched: &mut Vec<String>) -> Option<Bytes> {
        if self.paths.is_empty() || body.is_empty() {
            return Some(body.clone());
        }
        let Ok(mut value) = serde_json::from_slice::<Value>(body) else {
            touched.push("$".to_owned());
            return None;
        };
        let before = touched.len();
        self.value(&mut value, touched);
        Some(if touched.len() == before { body.clone() } else { value.to_string().into() })
    }

    /// Puts placeholders into a value.
    pub(crate) fn value(&self, value: &mut Value, touched: &mut Vec<String>) {
        for path in &self.paths {
            if replace(value, &path.steps) {
                touched.push(path.text.clone());
            }
        }
    }
}

fn steps(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let step = if let Some(after) = rest.strip_prefix("..") {
            let (name, after) = name(after).filter(|(name, _)| name != "*")?;
            rest = after;
            Step::Anywhere(name)
        } else if let Some(after) = rest.strip_prefix('.') {
            let (name, after) = name(after)?;
            rest = after;
            if name == "*" { Step::Each } else { Step::Name(name) }
        } else {
            let (inside, after) = rest.strip_prefix('[')?.split_once(']')?;
            rest = after;
            let quoted = |quote| inside.strip_prefix(quote).and_then(|name| name.strip_suffix(quote));
            match quoted('\'').or_else(|| quoted('"')) {
                Some(name) => Step::Name(name.to_owned()),
                None if inside == "*" => Step::Each,
                None => Step::Index(inside.parse().ok()?),
            }
        };
        steps.push(step);
    }
    (!steps.is_empty()).then_some(steps)
}

fn name(text: &str) -> Option<(String, &str)> {
    let end = text.find(['.', '[']).unwrap_or(text.len());
    (end > 0).then(|| (text[..end].to_owned(), &text[end..]))
}

/// Whether anything was there.
fn replace(value: &mut Value, steps: &[Step]) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        *value = placeholder(value);
        return true;
    };
    match (step, value) {
        (Step::Name(name), Value::Object(members)) => members.get_mut(name).is_some_and(|member| replace(member, rest)),
        (Step::Index(index), Value::Array(elements)) => {
            elements.get_mut(*index).is_some_and(|element| replace(element, rest))
        }
        (Step::Each, Value::Array(elements)) => {
            elements.iter_mut().fold(false, |any, element| replace(element, rest) | any)
        }
        (Step::Each, Value::Object(members)) => {
            members.values_mut().fold(false, |any, member| replace(member, rest) | any)
        }
        (Step::Anywhere(name), value) => replace_anywhere(value, name, steps, rest),
        _ => false,
    }
}

fn replace_anywhere(value: &mut Value, wanted: &str, steps: &[Step], rest: &[Step]) -> bool {
    let mut any = false;
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                // Deeper first: what is replaced holds nothing any more.
                any |= replace(member, steps);
                if name == wanted {
                    any |= replace(member, rest);
                }
            }
        }
        Value::Array(elements) => {
            for element in elements {
                any |= replace(element, steps);
            }
        }
        _ => {}
    }
    any
}

fn placeholder(value: &Value) -> Value {
    match value {
        Value::String(_) => PLACEHOLDER.into(),
        Value::Number(_) => 0.into(),
        Value::Bool(_) => false.into(),
        Value::Array(_) => Value::Array(Vec::new()),
        Value::Object(_) => Value::Object(serde_json::Map::new()),
        Value::Null => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(place: &str, body: &str, expected: &str) {
        let mut touched = Vec::new();
        let redaction = Redaction::of(&[place.to_owned()]).unwrap();

        let redacted = redaction.body(&Bytes::from(body.to_owned()), &mut touched).unwrap();

        assert_eq!(redacted, expected, "{place}");
        assert_eq!(touched.is_empty(), body == expected, "{place}");
    }

    #[test]
    fn placeholders_keep_the_type_of_what_they_stand_for() {
        check("$.a", r#"{"a":"secret","b":1}"#, r#"{"a":"[redacted]","b":1}"#);
        check("$.a.b", r#"{"a":{"b":7}}"#, r#"{"a":{"b":0}}"#);
        check("$['a'][1]", r#"{"a":[1,true]}"#, r#"{"a":[1,false]}"#);
        check(
            "$.a[*].b",
            r#"{"a":[{"b":"x"},{"c":1},{"b":"y"}]}"#,
            r#"{"a":[{"b":"[redacted]"},{"c":1},{"b":"[redacted]"}]}"#,
        );
        check("$..a.b", r#"{"a":{"c":{"a":{"b":"x"}}}}"#, r#"{"a":{"c":{"a":{"b":"[redacted]"}}}}"#);
        check("$..token", r#"{"a":[{"token":"x"}],"token":1}"#, r#"{"a":[{"token":"[redacted]"}],"token":0}"#);
    }

    #[test]
    fn what_is_not_there_is_not_touched() {
        check("$.a", r#"{"b": 1}"#, r#"{"b": 1}"#);
    }

    #[test]
    fn what_cannot_be_searched_is_not_kept() {
        let mut touched = Vec::new();
        let redaction = Redaction::of(&["$..password".to_owned()]).unwrap();

        assert_eq!(redaction.body(&Bytes::from_static(br#"{"password": "x", "a": "#), &mut touched), None);
        assert_eq!(touched, ["$"]);
    }

    #[test]
    fn credentials_in_headers_are_always_taken_out() {
        let mut touched = Vec::new();
        let headers = [("Authorization".to_owned(), "Bearer x".to_owned()), ("Accept".to_owned(), "a".to_owned())];

        let redacted = Redaction::of(&[]).unwrap().headers(&headers, &mut touched);

        assert_eq!(redacted[0].1, "[redacted]");
        assert_eq!(redacted[1].1, "a");
        assert_eq!(touched, ["header:authorization"]);
    }

    #[test]
    fn a_place_that_is_not_understood_is_refused() {
        for place in ["a.b", "$", "header:", "$.a[x]", "$.", "$a", "$..*"] {
            assert!(Redaction::of(&[place.to_owned()]).is_err(), "{place}");
        }
    }
}
