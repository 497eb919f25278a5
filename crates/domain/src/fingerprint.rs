//! Identifies what a provider is asked: two interactions with one fingerprint are one request in one state, whatever each
//! expects of the answer. So the request is sent once, and what was answered can be held against other expectations.

use sha2::{Digest as _, Sha256};

use crate::json::{Json, JsonError, write_string};

/// What is asked, in JSON as the contract has it.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// `http`, `message` or `sync-message`.
    pub kind: &'a str,
    /// The version of Pact that the contract is written in, of which forms of bodies and queries depend.
    pub specification: &'a str,
    /// How it travels, if the contract says so.
    pub transport: Option<&'a str>,
    /// The words by which a message is asked for; `None` for HTTP, where they reach nobody.
    pub description: Option<&'a str>,
    /// Method, path, query, headers, body and their generators; `null` where there is none.
    pub request: &'a str,
    /// A list of objects with `name` and `params`.
    pub states: &'a str,
}

/// 64 hexadecimal digits. Matching rules of the request are left out, since they steer the consumer's mock and not what is
/// sent; but for rules about variants of elements, which bring generators along.
///
/// # Errors
/// When the request or the states cannot be read.
pub fn fingerprint(asked: Asked<'_>) -> Result<String, JsonError> {
    let mut request = Json::parse(asked.request)?;
    if let Json::Object(members) = &mut request {
        members.retain(|(name, rules)| name != "matchingRules" || rules.to_text().contains("arrayContains"));
    }
    let mut states = Json::parse(asked.states)?;
    request.sort_keys();
    states.sort_keys();

    let mut text = String::new();
    for part in [Some(asked.kind), Some(asked.specification), asked.transport, asked.description] {
        write_string(part.unwrap_or("\0"), &mut text);
    }
    write_exactly(&request, &mut text);
    write_exactly(&states, &mut text);
    Ok(sha256(text.as_bytes()))
}

/// 64 hexadecimal digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        for half in [byte >> 4, byte & 15] {
            text.push(char::from(b"0123456789abcdef"[usize::from(half)]));
        }
        text
    })
}

/// With each number as it was written: what differs in any digit is something else to the provider.
fn write_exactly(value: &Json<'_>, out: &mut String) {
    match value {
        Json::Number(text) => out.push_str(text),
        Json::Array(elements) => {
            out.push('[');
            for element in elements {
                write_exactly(element, out);
                out.push(',');
            }
            out.push(']');
        }
        Json::Object(members) => {
            out.push('{');
            for (name, member) in members {
                write_string(name, out);
                out.push(':');
                write_exactly(member, out);
                out.push(',');
            }
            out.push('}');
        }
        Json::Null | Json::Bool(_) | Json::String(_) => value.write_to(out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked<'_> = Asked {
        kind: "http",
        specification: "3",
        transport: None,
        description: None,
        request: r#"{"method": "GET", "path": "/a", "body": {"a": 1, "b": 2}}"#,
        states: "[]",
    };

    fn check(other: Asked<'_>, is_the_same: bool) {
        let (one, other_one) = (fingerprint(ASKED).unwrap(), fingerprint(other).unwrap());
        assert_eq!(one.len(), 64);
        assert_eq!(one == other_one, is_the_same, "{other:?}");
    }

    #[test]
    fn the_order_of_keys_and_the_rules_of_the_mock_change_nothing() {
        let request =
            r#"{"path":"/a","method":"GET","body":{"b":2,"a":1},"matchingRules":{"$.path":{"match":"type"}}}"#;
        check(Asked { request, ..ASKED }, true);
    }

    #[test]
    fn what_the_provider_would_see_changes_it() {
        check(Asked { request: r#"{"method": "GET", "path": "/a", "body": {"a": 1, "b": 2.0}}"#, ..ASKED }, false);
        check(Asked { states: r#"[{"name": "a"}]"#, ..ASKED }, false);
        check(Asked { kind: "message", ..ASKED }, false);
        check(Asked { specification: "4", ..ASKED }, false);
        check(Asked { transport: Some("https"), ..ASKED }, false);
        check(Asked { description: Some("a"), ..ASKED }, false);
    }

    #[test]
    fn rules_that_bring_generators_along_change_it() {
        let request = r#"{"path":"/a","method":"GET","body":{"a":1,"b":2},"matchingRules":{"body":{"$.a":{"matchers":[{"match":"arrayContains"}]}}}}"#;
        check(Asked { request, ..ASKED }, false);
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let one = Asked { transport: Some("a"), description: None, ..ASKED };
        let other = Asked { transport: None, description: Some("a"), ..ASKED };

        assert_ne!(fingerprint(one), fingerprint(other));
    }
}
