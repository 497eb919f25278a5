//! As much of XML as test reports need: the elements in order, with attributes and nothing else. It forgives what is
//! unfinished, since a report may end where the run did, and reads each character once.

/// The beginning or the end of an element.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tag<'x> {
    Begin { name: &'x str, attributes: Vec<(&'x str, String)> },
    End { name: &'x str },
}

/// The tags of a text; an element without content begins and ends. The second value says whether all of it was read.
pub(super) fn tags(text: &str) -> (Vec<Tag<'_>>, bool) {
    let (mut tags, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let skipped = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"), ("<!", ">")];
        if let Some((_, end)) = skipped.iter().find(|(begin, _)| rest.starts_with(begin)) {
            match rest.find(end) {
                Some(at) => rest = &rest[at + end.len()..],
                None => return (tags, false),
            }
            continue;
        }
        let Some(length) = length(rest) else { return (tags, false) };
        element(&rest[1..length - 1], &mut tags);
        rest = &rest[length..];
    }
    (tags, true)
}

/// How long a tag is; a `>` within quotes does not end it.
fn length(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (byte, quote) {
            (b'"' | b'\'', None) => quote = Some(byte),
            (byte, Some(open)) if byte == open => quote = None,
            (b'>', None) => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn element<'x>(inside: &'x str, tags: &mut Vec<Tag<'x>>) {
    if let Some(name) = inside.strip_prefix('/') {
        return tags.push(Tag::End { name: local(name.trim()) });
    }
    let (inside, ends) = match inside.strip_suffix('/') {
        Some(inside) => (inside, true),
        None => (inside, false),
    };
    let (name, mut rest) = inside.split_at(inside.find(char::is_whitespace).unwrap_or(inside.len()));
    let mut attributes = Vec::new();
    while let Some((key, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let Some(quote) = after.chars().next().filter(|quote| matches!(quote, '"' | '\'')) else { break };
        let Some((value, after)) = after[1..].split_once(quote) else { break };
        attributes.push((key.trim(), decoded(value)));
        rest = after;
    }
    let name = local(name);
    tags.push(Tag::Begin { name, attributes });
    if ends {
        tags.push(Tag::End { name });
    }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// A text with its entities replaced; one that is not known stays.
pub(super) fn decoded(text: &str) -> String {
    let (mut decoded, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        let entity = after.split_once(';').filter(|(entity, _)| entity.len() <= 8);
        let replaced = entity.and_then(|(entity, after)| Some((character(entity)?, after)));
        let (character, after) = replaced.unwrap_or(('&', after));
        decoded.push(character);
        rest = after;
    }
    decoded.push_str(rest);
    decoded
}

fn character(entity: &str) -> Option<char> {
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    match entity {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => match entity.strip_prefix('#')? {
            hexadecimal if hexadecimal.starts_with(['x', 'X']) => number(&hexadecimal[1..], 16),
            decimal => number(decimal, 10),
        },
    }
}
