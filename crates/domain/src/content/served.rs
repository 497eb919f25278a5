//! The text of a contract as clients get it: what was published, with ids and links spliced in.
//! Most of it is copied, none of it is parsed into values: a contract can have many megabytes.

use std::ops::Range;

use super::ContentSha;
use crate::json::{self, Json};

/// The published text with `_id` as the first member of each interaction and message that has none,
/// and with `members` (name and JSON text) at the end; members of the same name in `raw` are left out.
///
/// `ids` are those of [`super::Content::interaction_ids`], `raw` is text that `Content::parse` accepted;
/// other text comes back as it is.
#[must_use]
pub fn served(raw: &str, ids: &[ContentSha], members: &[(&str, String)]) -> String {
    spliced(raw, ids, members).unwrap_or_else(|| raw.to_owned())
}

fn spliced(raw: &str, ids: &[ContentSha], appended: &[(&str, String)]) -> Option<String> {
    let mut published = members_of(raw)?;
    published.retain(|member| !appended.iter().any(|(name, _)| is_named(raw, &member.key, name)));
    let insertions = insertions(raw, &published, ids)?;

    let appended_bytes: usize = appended.iter().map(|(name, text)| name.len() + text.len() + 4).sum();
    let mut out = String::with_capacity(raw.len() + insertions.len() * 50 + appended_bytes);
    out.push('{');
    let mut insertions = insertions.into_iter().peekable();
    for (index, member) in published.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        let mut copied = member.start;
        while let Some(insertion) = insertions.next_if(|insertion| insertion.at < member.value.end) {
            out.push_str(&raw[copied..insertion.at]);
            out.push_str(&insertion.text);
            copied = insertion.at;
        }
        out.push_str(&raw[copied..member.value.end]);
    }
    for (index, (name, text)) in appended.iter().enumerate() {
        if index > 0 || !published.is_empty() {
            out.push(',');
        }
        json::write_string(name, &mut out);
        out.push(':');
        out.push_str(text);
    }
    out.push('}');
    Some(out)
}

/// A top-level member; all positions are bytes of the text.
struct Member {
    /// Behind the comma or brace before it, so that its indentation is kept.
    start: usize,
    key: Range<usize>,
    value: Range<usize>,
}

struct Insertion {
    at: usize,
    text: String,
}

fn members_of(raw: &str) -> Option<Vec<Member>> {
    let mut members = Vec::new();
    let start = skip_whitespace(raw.as_bytes(), 0);
    let end = walk_object(raw.as_bytes(), start, |member| members.push(member))?;
    let is_all = skip_whitespace(raw.as_bytes(), end) == raw.len();
    is_all.then_some(members)
}

/// In the order of the text.
fn insertions(raw: &str, members: &[Member], ids: &[ContentSha]) -> Option<Vec<Insertion>> {
    let mut insertions = Vec::with_capacity(ids.len());
    let mut ids = ids.iter();
    for list in ["interactions", "messages"] {
        // Of members with the same name the last one counts.
        let Some(member) = members.iter().rfind(|member| is_named(raw, &member.key, list)) else {
            continue;
        };
        for (object, id) in objects_in(raw, member.value.start)?.into_iter().zip(&mut ids) {
            if !object.has_id {
                let comma = if object.is_empty { "" } else { "," };
                insertions.push(Insertion { at: object.inside, text: format!(r#""_id":"{id}"{comma}"#) });
            }
        }
    }
    insertions.sort_by_key(|insertion| insertion.at);
    Some(insertions)
}

/// An object in a list of interactions.
struct Object {
    /// Behind its opening brace.
    inside: usize,
    has_id: bool,
    is_empty: bool,
}

/// The objects of an array; of another value none.
fn objects_in(raw: &str, array_start: usize) -> Option<Vec<Object>> {
    let bytes = raw.as_bytes();
    let mut objects = Vec::new();
    if bytes.get(array_start) != Some(&b'[') {
        return Some(objects);
    }
    let mut at = skip_whitespace(bytes, array_start + 1);
    while *bytes.get(at)? != b']' {
        if bytes[at] == b'{' {
            let mut object = Object { inside: at + 1, has_id: false, is_empty: true };
            at = walk_object(bytes, at, |member| {
                object.is_empty = false;
                object.has_id |= is_named(raw, &member.key, "_id");
            })?;
            objects.push(object);
        } else {
            at = value_end(bytes, at)?;
        }
        at = skip_whitespace(bytes, at);
        if *bytes.get(at)? == b',' {
            at = skip_whitespace(bytes, at + 1);
        }
    }
    Some(objects)
}

/// `key` is the place of a string with its quotation marks.
fn is_named(raw: &str, key: &Range<usize>, name: &str) -> bool {
    let key = &raw[key.clone()];
    if key.contains('\\') {
        return Json::parse(key).is_ok_and(|key| key.as_str() == Some(name));
    }
    key.trim_matches('"') == name
}

/// Shows each member of the object that starts at `start`; the result is the position behind it.
fn walk_object(bytes: &[u8], start: usize, mut show: impl FnMut(Member)) -> Option<usize> {
    if *bytes.get(start)? != b'{' {
        return None;
    }
    let mut member_start = start + 1;
    let mut at = skip_whitespace(bytes, member_start);
    if *bytes.get(at)? == b'}' {
        return Some(at + 1);
    }
    loop {
        let key = at..string_end(bytes, at)?;
        at = skip_whitespace(bytes, key.end);
        if *bytes.get(at)? != b':' {
            return None;
        }
        let value_start = skip_whitespace(bytes, at + 1);
        let value = value_start..value_end(bytes, value_start)?;
        at = skip_whitespace(bytes, value.end);
        show(Member { start: member_start, key, value });
        match *bytes.get(at)? {
            b',' => {
                member_start = at + 1;
                at = skip_whitespace(bytes, member_start);
            }
            b'}' => return Some(at + 1),
            _ => return None,
        }
    }
}

fn skip_whitespace(bytes: &[u8], at: usize) -> usize {
    let whitespace = bytes[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t'));
    at + whitespace.count()
}

/// Behind the string that starts at `start`.
fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    if *bytes.get(start)? != b'"' {
        return None;
    }
    let mut at = start + 1;
    loop {
        match *bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Behind the value that starts at `start`.
fn value_end(bytes: &[u8], start: usize) -> Option<usize> {
    match *bytes.get(start)? {
        b'"' => string_end(bytes, start),
        b'{' | b'[' => {
            let mut depth = 0;
            let mut at = start;
            loop {
                match *bytes.get(at)? {
                    b'"' => {
                        at = string_end(bytes, at)?;
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    return Some(at);
                }
            }
        }
        _ => {
            let is_scalar = |byte: &&u8| !matches!(byte, b',' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t');
            let length = bytes[start..].iter().take_while(is_scalar).count();
            (length > 0).then_some(start + length)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::content::Content;

    const ID: &str = "0123456789abcdef0123456789abcdef01234567";

    fn check(raw: &str, expected: &str) {
        let id = ContentSha::parse(ID).unwrap();
        let ids = vec![id; 9];
        assert_eq!(served(raw, &ids, &[]), expected.replace("ID", ID));
    }

    fn check_appended(raw: &str, expected: &str) {
        let members = [("createdAt", r#""now""#.to_owned()), ("_links", r#"{"self":{}}"#.to_owned())];
        assert_eq!(served(raw, &[], &members), expected);
    }

    #[test]
    fn the_id_is_the_first_member() {
        check(
            r#"{"interactions":[{"a":1},{ "b" : 2 },{}]}"#,
            r#"{"interactions":[{"_id":"ID","a":1},{"_id":"ID", "b" : 2 },{"_id":"ID"}]}"#,
        );
    }

    #[test]
    fn an_id_of_its_own_stays() {
        check(
            r#"{"messages":[{"a":"]}","_id":"mine"},{"\u005fid":"mine"},{"a":{"_id":1}}]}"#,
            r#"{"messages":[{"a":"]}","_id":"mine"},{"\u005fid":"mine"},{"_id":"ID","a":{"_id":1}}]}"#,
        );
    }

    #[test]
    fn the_layout_of_the_text_stays() {
        check(
            "\n{\n  \"a\": 1.0,\n  \"interactions\": [\n    {\n      \"b\": \"\\\"[\"\n    }\n  ]\n}\n",
            "{\n  \"a\": 1.0,\n  \"interactions\": [\n    {\"_id\":\"ID\",\n      \"b\": \"\\\"[\"\n    }\n  ]}",
        );
    }

    #[test]
    fn only_objects_in_lists_get_ids() {
        check(
            r#"{"interactions":[1,"a",[{}],{}],"messages":{"a":1},"other":[{}]}"#,
            r#"{"interactions":[1,"a",[{}],{"_id":"ID"}],"messages":{"a":1},"other":[{}]}"#,
        );
    }

    #[test]
    fn of_repeated_lists_the_last_counts() {
        check(r#"{"interactions":[{}],"interactions":[{}]}"#, r#"{"interactions":[{}],"interactions":[{"_id":"ID"}]}"#);
    }

    #[test]
    fn ids_of_interactions_come_before_those_of_messages() {
        let content = Content::parse(r#"{"messages":[{"m":1}],"interactions":[{"i":1}]}"#).unwrap();
        let [interaction, message] = content.interaction_ids() else { panic!("two ids") };

        assert_eq!(
            content.served(&[]),
            format!(r#"{{"messages":[{{"_id":"{message}","m":1}}],"interactions":[{{"_id":"{interaction}","i":1}}]}}"#),
        );
    }

    #[test]
    fn members_are_appended() {
        check_appended("{}", r#"{"createdAt":"now","_links":{"self":{}}}"#);
        check_appended(r#"{"a":1}"#, r#"{"a":1,"createdAt":"now","_links":{"self":{}}}"#);
    }

    #[test]
    fn appended_members_replace_published_ones() {
        check_appended(
            r#"{"_links":1,"a":{"_links":2},"\u005flinks":3,"createdAt":4}"#,
            r#"{"a":{"_links":2},"createdAt":"now","_links":{"self":{}}}"#,
        );
    }

    #[test]
    fn what_is_not_content_comes_back() {
        for raw in ["", "[]", "{", r#"{"interactions":[{]}"#, "{} x", r#"{"a" 1}"#] {
            check(raw, raw);
        }
    }

    proptest! {
        #[test]
        fn what_is_served_is_what_was_published_and_ids(
            interactions in prop::collection::vec(prop::collection::hash_map("[a-z\"\\\\é]{0,3}", ".{0,5}", 0..4), 0..4),
            pretty in any::<bool>(),
        ) {
            let mut document = serde_json::json!({ "consumer": { "name": "shop" }, "interactions": interactions });
            let raw = if pretty { serde_json::to_string_pretty(&document) } else { serde_json::to_string(&document) };
            let content = Content::parse(raw.unwrap()).unwrap();

            let text = content.served(&[("_links", "{}".to_owned())]);

            for (interaction, id) in document["interactions"].as_array_mut().unwrap().iter_mut().zip(content.interaction_ids()) {
                interaction["_id"] = id.as_str().into();
            }
            document["_links"] = serde_json::json!({});
            prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), document);
        }

        #[test]
        fn no_text_makes_it_panic(raw in r#"[{}\[\]":,\\_id1 é]{0,30}"#, prefix in r#"(\{"interactions":\[)?"#) {
            let ids = [ContentSha::parse(ID).unwrap()];
            let _ = served(&(prefix + &raw), &ids, &[("_links", "{}".to_owned())]);
        }
    }
}
