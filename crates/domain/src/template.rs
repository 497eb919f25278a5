//! Placeholders in webhooks: `${pactbroker.consumerName}`, or `${pactbroker.consumerName|40}` for the first 40 characters
//! of it, and `${user.TOKEN}` for a secret. Values are escaped for the place they go to, and names that nobody knows stay
//! as they are, so that a mistake shows.
//!
//! What an event provides is asked for by its bare name (`consumerName`), a secret with its prefix (`user.TOKEN`).

use serde_json::Value;

use crate::json;
use crate::secret;

/// The names that events provide, without the prefix.
pub const VARIABLES: [&str; 25] = [
    "azureDevOpsVerificationStatus",
    "bitbucketVerificationStatus",
    "branchName",
    "buildUrl",
    "consumerLabels",
    "consumerName",
    "consumerVersionBranch",
    "consumerVersionNumber",
    "consumerVersionTags",
    "currentlyDeployedProviderVersionNumber",
    "environmentName",
    "eventName",
    "githubVerificationStatus",
    "gitlabVerificationStatus",
    "pactUrl",
    "pacticipantName",
    "pacticipantVersionNumber",
    "providerLabels",
    "providerName",
    "providerVersionBranch",
    "providerVersionDescriptions",
    "providerVersionNumber",
    "providerVersionTags",
    "reasons",
    "verificationResultUrl",
];

const START: &str = "${";
const EVENT: &str = "pactbroker.";
const SECRET: &str = "user.";
/// No placeholder is longer up to its brace.
const LONGEST: usize = 256;

/// The text with each placeholder replaced by `value_of` its name, as it is: for headers, user names
/// and bodies that are plain text.
#[must_use]
pub fn render(template: &str, value_of: impl Fn(&str) -> Option<String>) -> String {
    replace(template, value_of, |value| value)
}

/// As [`render`], with values escaped as in a query string (a space becomes `+`).
#[must_use]
pub fn render_url(template: &str, value_of: impl Fn(&str) -> Option<String>) -> String {
    replace(template, value_of, |value| form_urlencoded::byte_serialize(value.as_bytes()).collect())
}

/// As [`render`], in the strings and keys of a JSON body; a value can't leave its string.
#[must_use]
pub fn render_json(body: &Value, value_of: impl Fn(&str) -> Option<String>) -> Value {
    render_json_value(body, &value_of)
}

/// As [`render`], for the text of a JSON document, with values escaped for the inside of a string.
#[must_use]
pub fn render_json_text(template: &str, value_of: impl Fn(&str) -> Option<String>) -> String {
    replace(template, value_of, |value| {
        let mut escaped = String::new();
        json::write_escaped(&value, &mut escaped);
        escaped
    })
}

/// The text of a webhook's body: JSON unless it is a string, which is JSON only if `is_json` says so.
#[must_use]
pub fn render_body(body: &Value, is_json: bool, value_of: impl Fn(&str) -> Option<String>) -> String {
    match body {
        Value::String(text) if is_json => render_json_text(text, value_of),
        Value::String(text) => render(text, value_of),
        json => render_json(json, value_of).to_string(),
    }
}

/// Whether there is a placeholder, known or not.
#[must_use]
pub fn has_variables(template: &str) -> bool {
    parts(template).any(|part| matches!(part, Part::Variable { .. }))
}

/// The names used, each once, in the order of their first use.
#[must_use]
pub fn variables(template: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for part in parts(template) {
        if let Part::Variable { name, .. } = part
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

/// The name of the secret that a variable stands for.
#[must_use]
pub fn secret_of(variable: &str) -> Option<&str> {
    variable.strip_prefix(SECRET)
}

/// As [`variables`], in the strings and keys of a JSON value.
#[must_use]
pub fn variables_of_json(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => variables(text),
        Value::Array(elements) => elements.iter().flat_map(variables_of_json).collect(),
        Value::Object(members) => {
            members.iter().flat_map(|(key, value)| [variables(key), variables_of_json(value)].concat()).collect()
        }
        _ => Vec::new(),
    }
}

fn render_json_value(value: &Value, value_of: &impl Fn(&str) -> Option<String>) -> Value {
    match value {
        Value::String(text) => Value::String(render(text, value_of)),
        Value::Array(elements) => elements.iter().map(|element| render_json_value(element, value_of)).collect(),
        Value::Object(members) => {
            members.iter().map(|(key, value)| (render(key, value_of), render_json_value(value, value_of))).collect()
        }
        other => other.clone(),
    }
}

/// In one pass: what a value brings along is not looked at again.
fn replace(template: &str, value_of: impl Fn(&str) -> Option<String>, escape: impl Fn(String) -> String) -> String {
    let mut text = String::with_capacity(template.len());
    for part in parts(template) {
        match part {
            Part::Text(plain) => text.push_str(plain),
            Part::Variable { name, longest, whole } => match value_of(name) {
                Some(value) => text.push_str(&escape(cut(value, longest))),
                None => text.push_str(whole),
            },
        }
    }
    text
}

/// Before it is escaped, so that no escape is cut in two.
fn cut(value: String, longest: Option<usize>) -> String {
    match longest {
        Some(longest) => value.chars().take(longest).collect(),
        None => value,
    }
}

enum Part<'a> {
    Text(&'a str),
    Variable { name: &'a str, longest: Option<usize>, whole: &'a str },
}

fn parts(template: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        let (part, after) = first_part(rest)?;
        rest = after;
        Some(part)
    })
}

fn first_part(template: &str) -> Option<(Part<'_>, &str)> {
    let mut searched = 0;
    while let Some(start) = template[searched..].find(START).map(|at| searched + at) {
        searched = start + START.len();
        if let Some(Placeholder { name, longest, length }) = placeholder_at(&template[searched..]) {
            if start > 0 {
                return Some((Part::Text(&template[..start]), &template[start..]));
            }
            let (whole, rest) = template.split_at(searched + length);
            return Some((Part::Variable { name, longest, whole }, rest));
        }
    }
    (!template.is_empty()).then_some((Part::Text(template), ""))
}

/// What stands between `${` and `}`, the latter included in its length.
struct Placeholder<'a> {
    name: &'a str,
    /// How long the value may be, in characters.
    longest: Option<usize>,
    length: usize,
}

fn placeholder_at(text: &str) -> Option<Placeholder<'_>> {
    let inner = &text[..text.bytes().take(LONGEST).position(|byte| byte == b'}')?];
    let length = inner.len() + 1;
    if let Some(name) = inner.strip_prefix(SECRET) {
        return secret::is_name(name).then_some(Placeholder { name: inner, longest: None, length });
    }
    let (name, longest) = match inner.strip_prefix(EVENT)?.split_once('|') {
        Some((name, digits)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => (name, Some(digits.parse().ok()?)),
        Some(_) => return None,
        None => (inner.strip_prefix(EVENT)?, None),
    };
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_name.then_some(Placeholder { name, longest, length })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "it stands for a function that may not know the name")]
    fn hostile(_: &str) -> Option<String> {
        Some("a \"b\"\n&c=${pactbroker.consumerName}".to_owned())
    }

    fn shop(name: &str) -> Option<String> {
        (name == "consumerName").then(|| "shop".to_owned())
    }

    fn check(template: &str, expected: &str) {
        assert_eq!(render(template, shop), expected);
    }

    fn check_variables(template: &str, expected: &[&str]) {
        assert_eq!(variables(template), expected);
        assert_eq!(has_variables(template), !expected.is_empty());
    }

    #[test]
    fn names_are_replaced() {
        check("${pactbroker.consumerName}", "shop");
        check("a ${pactbroker.consumerName}${pactbroker.consumerName} b", "a shopshop b");
    }

    #[test]
    fn what_nobody_knows_stays() {
        check("${pactbroker.foo} ${user.consumerName}", "${pactbroker.foo} ${user.consumerName}");
        check("${user.1} ${user.} ${consumerName} ${user.a-b}", "${user.1} ${user.} ${consumerName} ${user.a-b}");
        check("${pactbroker.} ${pactbroker.consumerName", "${pactbroker.} ${pactbroker.consumerName");
        check("${pactbroker.${pactbroker.consumerName}", "${pactbroker.shop");
    }

    #[test]
    fn secrets_are_told_from_what_an_event_provides() {
        let named = |name: &str| Some(secret_of(name).map_or("event", |name| name).to_owned());

        assert_eq!(render("${user.A_1} ${pactbroker.A} ${user.é}", named), "A_1 event ${user.é}");
        check_variables("${user.TOKEN}${pactbroker.TOKEN}", &["user.TOKEN", "TOKEN"]);
        assert_eq!(variables_of_json(&json!({"${user.K}": ["${user.V}", 1]})), ["user.K", "user.V"]);
    }

    #[test]
    fn a_value_is_cut_to_a_length_in_characters_before_it_is_escaped() {
        let long = |_: &str| Some("é\"é\"".to_owned());
        check("${pactbroker.consumerName|2}${pactbroker.consumerName|99}", "shshop");
        check("${pactbroker.foo|2} ${pactbroker.consumerName|}", "${pactbroker.foo|2} ${pactbroker.consumerName|}");
        check("${pactbroker.consumerName|+2}", "${pactbroker.consumerName|+2}");
        assert_eq!(render_url("${pactbroker.x|2}", long), "%C3%A9%22");
        assert_eq!(render_json_text("${pactbroker.x|2}", long), "é\\\"");
        check_variables("${pactbroker.b|7}", &["b"]);
    }

    #[test]
    fn values_are_not_looked_at_again() {
        assert_eq!(render("${pactbroker.x}", hostile), "a \"b\"\n&c=${pactbroker.consumerName}");
    }

    #[test]
    fn values_in_urls_are_escaped() {
        assert_eq!(
            render_url("http://x/${pactbroker.a}?b=${pactbroker.b}", |_| Some("a b/ü&".to_owned())),
            "http://x/a+b%2F%C3%BC%26?b=a+b%2F%C3%BC%26"
        );
    }

    #[test]
    fn values_in_json_stay_in_their_string() {
        let body = json!({ "${pactbroker.x}": ["${pactbroker.x}", 1, null, { "a": "b" }] });

        let value = hostile("").unwrap();
        assert_eq!(render_json(&body, hostile), json!({ value.clone(): [value, 1, null, { "a": "b" }] }));
    }

    #[test]
    fn values_in_json_text_are_escaped() {
        let rendered = render_json_text(r#"{"a":"${pactbroker.x}"}"#, hostile);

        let parsed: Value = serde_json::from_str(&rendered).unwrap();
        assert_eq!(parsed["a"].as_str().unwrap(), hostile("").unwrap());
    }

    #[test]
    fn a_body_is_rendered_by_its_kind() {
        let quote = |_: &str| Some("\"".to_owned());
        let text = json!("[\"${pactbroker.a}\"]");

        assert_eq!(render_body(&text, true, quote), r#"["\""]"#);
        assert_eq!(render_body(&text, false, quote), r#"["""]"#);
        assert_eq!(render_body(&json!(["${pactbroker.a}"]), false, quote), r#"["\""]"#);
    }

    #[test]
    fn the_names_used_are_listed_once() {
        check_variables("${pactbroker.b} ${pactbroker.a}${pactbroker.b}", &["b", "a"]);
        check_variables("$ {} ${b}", &[]);
    }

    proptest! {
        #[test]
        fn a_text_without_variables_is_unchanged(text in r"[\$\{\}a-z.é ]{0,30}") {
            prop_assert_eq!(render(&text, hostile), text);
        }

        #[test]
        fn unknown_names_change_nothing(text in r"(\$\{pactbroker\.|\$\{user\.|\}|[a-zé$|0-9]){0,12}") {
            prop_assert_eq!(render(&text, |_| None), text);
        }
    }
}
