//! Reads queries and form bodies the way JavaScript's usual parser does: `a.b=1`, `a[b]=1` and `a[]=1` nest, commas
//! make lists, repeated names collect.

use serde_json::{Map, Value};

use crate::contract::decode;

/// What makes a value nest or repeat, beside brackets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Nesting {
    /// Dots in names nest, commas in values make lists.
    DotsAndCommas,
    /// Only brackets do.
    Brackets,
}

const MAX_PARAMETERS: usize = 1000;
const MAX_DEPTH: usize = 5;
const MAX_INDEX: usize = 20;

/// Reads a query or form as an object of texts, lists and objects.
pub(super) fn parse(text: &str, nesting: Nesting) -> Map<String, Value> {
    let mut pairs: Vec<(String, Value)> = Vec::new();
    for part in text.trim_start_matches('?').split('&').filter(|part| !part.is_empty()).take(MAX_PARAMETERS) {
        let (key, value) = pair(part, nesting);
        match pairs.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => *known = combine(known.take(), value),
            None => pairs.push((key, value)),
        }
    }
    let mut read = Value::Object(Map::new());
    for (key, value) in pairs {
        let nested = nest(&chain(&key, nesting), value);
        read = merge(read, nested);
    }
    match compact(read) {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn pair(part: &str, nesting: Nesting) -> (String, Value) {
    let split = part.find("]=").map(|at| at + 1).or_else(|| part.find('='));
    let Some(at) = split else { return (decode(part), Value::String(String::new())) };
    let written = &part[at + 1..];
    let value = if nesting == Nesting::DotsAndCommas && written.contains(',') {
        Value::Array(written.split(',').map(|item| Value::String(decode(item))).collect())
    } else {
        Value::String(decode(written))
    };
    let value = if part.contains("[]=") && value.is_array() { Value::Array(vec![value]) } else { value };
    (decode(&part[..at]), value)
}

/// The names that a key goes down by; those in brackets keep them.
fn chain(key: &str, nesting: Nesting) -> Vec<String> {
    let key = if nesting == Nesting::DotsAndCommas { dots_to_brackets(key) } else { key.to_owned() };
    let mut groups = brackets(&key).into_iter();
    let first = groups.next();
    let parent = first.as_ref().map_or(key.as_str(), |(start, _)| &key[..*start]);
    let mut chain: Vec<String> = (!parent.is_empty()).then(|| parent.to_owned()).into_iter().collect();
    for (depth, (start, end)) in first.into_iter().chain(groups).enumerate() {
        if depth == MAX_DEPTH {
            chain.push(format!("[{}]", &key[start..]));
            break;
        }
        chain.push(key[start..end].to_owned());
    }
    chain
}

fn dots_to_brackets(key: &str) -> String {
    let mut pieces = key.split('.');
    let mut bracketed = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_at(piece.find('[').unwrap_or(piece.len()));
        let nested = if name.is_empty() { [".", rest].concat() } else { ["[", name, "]", rest].concat() };
        bracketed.push_str(&nested);
    }
    bracketed
}

/// Where the groups in brackets that hold no bracket themselves begin and end.
fn brackets(key: &str) -> Vec<(usize, usize)> {
    let (mut groups, mut open) = (Vec::new(), None);
    for (at, character) in key.char_indices() {
        match (character, open) {
            ('[', _) => open = Some(at),
            (']', Some(start)) => {
                groups.push((start, at + 1));
                open = None;
            }
            _ => {}
        }
    }
    groups
}

fn nest(chain: &[String], value: Value) -> Value {
    chain.iter().rev().fold(value, |leaf, name| {
        if name == "[]" {
            return if leaf.is_array() { leaf } else { Value::Array(vec![leaf]) };
        }
        let inner = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
        let index = inner.and_then(|inner| inner.parse::<usize>().ok().filter(|index| index.to_string() == inner));
        match index.filter(|index| *index <= MAX_INDEX) {
            Some(index) => {
                // Nothing that is read is `Null`, so it can stand for what is not there.
                let mut items = vec![Value::Null; index];
                items.push(leaf);
                Value::Array(items)
            }
            None => Value::Object([(inner.unwrap_or(name).to_owned(), leaf)].into_iter().collect()),
        }
    })
}

fn combine(known: Value, value: Value) -> Value {
    let items = |value| match value {
        Value::Array(items) => items,
        other => vec![other],
    };
    Value::Array(items(known).into_iter().chain(items(value)).collect())
}

fn merge(target: Value, source: Value) -> Value {
    match (target, source) {
        (Value::Object(mut target), Value::Object(source)) => {
            for (key, value) in source {
                let merged = match target.remove(&key) {
                    Some(known) => merge(known, value),
                    None => value,
                };
                target.insert(key, merged);
            }
            Value::Object(target)
        }
        (Value::Array(mut target), Value::Array(source)) => {
            for (index, item) in source.into_iter().enumerate() {
                match target.get_mut(index) {
                    Some(known) if known.is_null() => *known = item,
                    Some(known) if known.is_object() && item.is_object() => *known = merge(known.take(), item),
                    _ => target.push(item),
                }
            }
            Value::Array(target)
        }
        (Value::Array(items), Value::Object(mut source)) => {
            let indexed = items.into_iter().enumerate().map(|(index, item)| (index.to_string(), item));
            let known: Map<String, Value> = indexed.filter(|(_, item)| !item.is_null()).collect();
            let merged = known.into_iter().map(|(key, item)| {
                let item = match source.remove(&key) {
                    Some(value) => merge(item, value),
                    None => item,
                };
                (key, item)
            });
            let merged: Map<String, Value> = merged.collect();
            Value::Object(merged.into_iter().chain(source).collect())
        }
        (Value::Object(mut target), Value::String(name)) => {
            target.insert(name, Value::Bool(true));
            Value::Object(target)
        }
        (target, source) => combine(target, source),
    }
}

/// Leaves out what is not there.
fn compact(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().filter(|item| !item.is_null()).map(compact).collect()),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(key, member)| (key, compact(member))).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn check(text: &str, expected: &Value) {
        assert_eq!(&Value::Object(parse(text, Nesting::DotsAndCommas)), expected, "{text}");
    }

    #[test]
    fn plain_pairs_are_decoded() {
        check("?a=1&b=x+y%2Cz&c", &json!({"a": "1", "b": "x y,z", "c": ""}));
    }

    #[test]
    fn repeated_names_and_commas_make_lists() {
        check("a=1&a=2&b=3,4", &json!({"a": ["1", "2"], "b": ["3", "4"]}));
    }

    #[test]
    fn brackets_and_dots_nest() {
        check("a[b]=1&a[c][d]=2&e.f=3", &json!({"a": {"b": "1", "c": {"d": "2"}}, "e": {"f": "3"}}));
    }

    #[test]
    fn numbers_in_brackets_are_indexes_up_to_a_limit() {
        check("a[1]=y&a[0]=x&b[]=1&b[]=2&c[30]=z", &json!({"a": ["x", "y"], "b": ["1", "2"], "c": {"30": "z"}}));
    }

    #[test]
    fn without_dots_and_commas_only_brackets_nest() {
        assert_eq!(Value::Object(parse("a.b=1,2&c[d]=3", Nesting::Brackets)), json!({"a.b": "1,2", "c": {"d": "3"}}));
    }

    proptest! {
        #[test]
        fn no_text_makes_reading_panic(text in "[a-c.,=&\\[\\]%0-9+]*") {
            parse(&text, Nesting::DotsAndCommas);
            parse(&text, Nesting::Brackets);
        }
    }
}
