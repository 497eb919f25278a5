//! What verification runs bring along as evidence: which headers are secret, and what a contract expects where a run tells
//! what was answered.

use crate::content::ContentSha;
use crate::json::{self, Json};

/// Stands in place of a value that is not kept.
pub const REDACTED: &str = "[redacted]";

/// Whether the values of a header let somebody in, judged by its name. Challenges do not, though they are named alike.
#[must_use]
pub fn is_secret_header(name: &str) -> bool {
    const WHOLE: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "set-cookie"];
    const WORDS: [&str; 10] = [
        "token",
        "secret",
        "password",
        "passwd",
        "credential",
        "credentials",
        "apikey",
        "authtoken",
        "accesskey",
        "jwt",
    ];
    const KEYS: [&str; 7] = ["api", "access", "auth", "private", "secret", "subscription", "functions"];
    let name = name.trim().to_ascii_lowercase();
    let words: Vec<&str> = name.split(|letter: char| !letter.is_ascii_alphanumeric()).collect();
    let is_key = |pair: &[&str]| KEYS.contains(&pair[0]) && pair[1] == "key";
    WHOLE.contains(&name.as_str())
        || words.iter().any(|word| WORDS.contains(word))
        || words.windows(2).any(is_key)
        || matches!(words[..], ["x", "auth" | "authorization", ..])
}

/// An interaction, as a run names it.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// As the contract is served: its own `_id`, else the one that it is given.
    pub id: Option<&'a str>,
    /// The consumer's words.
    pub description: &'a str,
}

/// Why it cannot be told what a contract expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotExpected {
    /// Neither the id nor the description leads to one.
    #[error("the contract has no such interaction")]
    NoSuchInteraction,
    /// The id leads to none, and the description to several.
    #[error("several interactions of the contract have this description, and the run names none of them by its id")]
    Several,
    /// It has no response and no message.
    #[error("the contract expects nothing of this interaction")]
    Nothing,
    /// It was stored by a release that read contracts otherwise.
    #[error("the contract cannot be read")]
    Unreadable,
}

/// What a contract expects to be answered, as JSON: the `response` of a request or of a synchronous message, else the
/// message itself. `ids` are those of [`crate::content::Content::interaction_ids`].
///
/// # Errors
/// When there is no such interaction, or nothing that it expects.
pub fn expected(content: &str, ids: &[ContentSha], named: Named<'_>) -> Result<String, NotExpected> {
    let contract = Json::parse(content).map_err(|_| NotExpected::Unreadable)?;
    let objects = ["interactions", "messages"].into_iter().flat_map(|list| contract.list(list));
    let objects: Vec<&Json<'_>> = objects.filter(|one| matches!(one, Json::Object(_))).collect();
    promised(find(&objects, ids, named)?).ok_or(NotExpected::Nothing)
}

fn find<'j, 'a>(objects: &[&'j Json<'a>], ids: &[ContentSha], named: Named<'_>) -> Result<&'j Json<'a>, NotExpected> {
    let own = |one: &Json<'_>| one.get("_id").and_then(Json::as_str).map(str::to_owned);
    if let Some(id) = named.id {
        let is_it = |one: &Json<'_>, given: Option<&ContentSha>| match own(one) {
            Some(own) => own == id,
            None => given.is_some_and(|given| given.as_str() == id),
        };
        let place = (0..objects.len()).find(|place| is_it(objects[*place], ids.get(*place)));
        if let Some(place) = place {
            return Ok(objects[place]);
        }
    }
    let has_description = |one: &&&Json<'_>| one.get("description").and_then(Json::as_str) == Some(named.description);
    let mut described = objects.iter().filter(has_description);
    match (described.next(), described.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err(NotExpected::Several),
        (None, _) => Err(NotExpected::NoSuchInteraction),
    }
}

fn promised(interaction: &Json<'_>) -> Option<String> {
    /// Of a message.
    const PARTS: [&str; 5] = ["contents", "metaData", "metadata", "matchingRules", "generators"];
    if let Some(response) = interaction.get("response") {
        return Some(response.to_text());
    }
    interaction.get("contents")?;
    let mut text = String::new();
    let parts = PARTS.into_iter().filter_map(|part| Some((part, interaction.get(part)?)));
    json::write_object(parts, &mut text);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::Content;

    const CONTRACT: &str = r#"{
        "interactions": [
            {"description": "a pen", "request": {"path": "/1"}, "response": {"status": 200, "body": 1.0}},
            {"description": "a pen", "request": {"path": "/2"}, "response": {"status": 404}},
            {"description": "a cap", "_id": "own", "response": [{"contents": 1}]},
            {"description": "nothing"}
        ],
        "messages": [{"description": "sold", "contents": {"left": 7}, "metaData": {"a": "b"}, "providerStates": []}]
    }"#;

    fn check(id: Option<&str>, description: &str, expected_text: Result<&str, NotExpected>) {
        let content = Content::parse(CONTRACT).unwrap();
        let found = expected(CONTRACT, content.interaction_ids(), Named { id, description });
        assert_eq!(found.as_deref().map_err(|error| *error), expected_text);
    }

    #[test]
    fn an_interaction_is_found_by_the_id_that_it_was_given() {
        let content = Content::parse(CONTRACT).unwrap();
        let second = content.interaction_ids()[1].as_str();
        check(Some(second), "whatever", Ok(r#"{"status":404}"#));
    }

    #[test]
    fn an_id_of_its_own_comes_first() {
        let content = Content::parse(CONTRACT).unwrap();
        let given = content.interaction_ids()[2].as_str();
        check(Some("own"), "whatever", Ok(r#"[{"contents":1}]"#));
        check(Some(given), "whatever", Err(NotExpected::NoSuchInteraction));
    }

    #[test]
    fn without_an_id_the_description_is_looked_for() {
        check(None, "a cap", Ok(r#"[{"contents":1}]"#));
        check(Some("gone"), "sold", Ok(r#"{"contents":{"left":7},"metaData":{"a":"b"}}"#));
        check(None, "a pen", Err(NotExpected::Several));
        check(None, "a hat", Err(NotExpected::NoSuchInteraction));
        check(None, "nothing", Err(NotExpected::Nothing));
    }

    #[test]
    fn numbers_stay_as_they_were_written() {
        let content = Content::parse(CONTRACT).unwrap();
        let first = content.interaction_ids()[0].as_str();
        check(Some(first), "", Ok(r#"{"status":200,"body":1.0}"#));
    }

    #[test]
    fn what_is_no_contract_expects_nothing() {
        let named = Named { id: None, description: "a" };
        assert_eq!(expected("{", &[], named), Err(NotExpected::Unreadable));
        assert_eq!(expected("[]", &[], named), Err(NotExpected::NoSuchInteraction));
    }

    #[test]
    fn headers_that_let_somebody_in_are_secret() {
        for name in [
            "Authorization",
            "proxy-authorization",
            "Cookie",
            "SET-COOKIE",
            "x-api-key",
            "X-ApiKey",
            "api_key",
            "X-Auth-Token",
            "x-csrf-token",
            "X-Auth",
            "Ocp-Apim-Subscription-Key",
            "x-client-secret",
        ] {
            assert!(is_secret_header(name), "{name}");
        }
    }

    #[test]
    fn what_contracts_are_about_is_not() {
        for name in [
            "Content-Type",
            "WWW-Authenticate",
            "Proxy-Authenticate",
            "Idempotency-Key",
            "Sec-WebSocket-Key",
            "X-Author",
            "ETag",
            "Location",
            "",
        ] {
            assert!(!is_secret_header(name), "{name}");
        }
    }
}
