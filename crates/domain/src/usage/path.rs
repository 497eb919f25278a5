//! Paths: which of their segments are ids, and which concrete ones a template stands for.

use super::{LONGEST, shortened};

/// What stands for any segment.
const ANY: &str = "{}";

/// A concrete path, as all paths of its kind are written: ids are `{}`. Of a segment that looks like none, a pattern or an
/// expression of the same path may tell that it is one.
#[must_use]
pub fn normalised(path: &str, told: Option<&str>) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let segments: Vec<&str> = path.split('/').collect();
    let told = told.map(split).filter(|told| told.len() == segments.len());
    let mut written = Vec::with_capacity(segments.len());
    for (place, segment) in segments.iter().enumerate() {
        let varies = told.as_ref().is_some_and(|told| varies(&told[place], segment));
        written.push(if varies { ANY.to_owned() } else { one(segment) });
    }
    shortened(&written.join("/"), LONGEST)
}

/// Whether a path of a document, with its templates, stands for a normalised one.
#[must_use]
pub fn covers(template: &str, normalised: &str) -> bool {
    let (template, concrete) = (template.trim_end_matches('/').split('/'), normalised.trim_end_matches('/').split('/'));
    let (template, concrete): (Vec<&str>, Vec<&str>) = (template.collect(), concrete.collect());
    template.len() == concrete.len()
        && template.iter().zip(&concrete).all(|(template, concrete)| stands_for(template, concrete))
}

/// Whether a path that somebody asks for, as a document writes it or as a request has it, may be the normalised one: what
/// varies in that may be anything.
#[must_use]
pub fn may_be(asked: &str, normalised: &str) -> bool {
    let asked = asked.split(['?', '#']).next().unwrap_or_default();
    let (asked, known) = (asked.trim_end_matches('/').split('/'), normalised.trim_end_matches('/').split('/'));
    let (asked, known): (Vec<&str>, Vec<&str>) = (asked.collect(), known.collect());
    let fits = |asked: &str, known: &str| match known.strip_prefix(ANY) {
        Some(rest) => asked.ends_with(rest) || stands_for(asked, known),
        None => stands_for(asked, known),
    };
    asked.len() == known.len() && asked.iter().zip(&known).all(|(asked, known)| fits(asked, known))
}

/// A segment may have text around its templates, `{id}.json`; what looks like an id may be written out in the document.
fn stands_for(template: &str, concrete: &str) -> bool {
    match (template.split_once('{'), template.rsplit_once('}')) {
        (Some((before, _)), Some((_, after))) => {
            concrete == ANY
                || (concrete.len() > before.len() + after.len() || concrete.starts_with(ANY))
                    && concrete.starts_with(before)
                    && concrete.ends_with(after)
        }
        _ => template == concrete || one(template) == concrete,
    }
}

/// A regular expression or an expression with variables, cut where a path would be.
fn split(told: &str) -> Vec<String> {
    let told = told.trim_start_matches('^').trim_end_matches('$').replace("\\/", "/");
    let (mut segments, mut depth) = (vec![String::new()], 0_usize);
    for character in told.chars() {
        match character {
            '[' | '(' | '{' => depth += 1,
            ']' | ')' | '}' => depth = depth.saturating_sub(1),
            '/' if depth == 0 => {
                segments.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(segment) = segments.last_mut() {
            segment.push(character);
        }
    }
    segments
}

fn varies(told: &str, segment: &str) -> bool {
    told.replace('\\', "") != segment || told.contains("\\d") || told.contains("\\w")
}

fn one(segment: &str) -> String {
    if is_id(segment) {
        return ANY.to_owned();
    }
    match segment.rsplit_once('.') {
        Some((stem, extension)) if is_id(stem) && extension.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            format!("{ANY}.{extension}")
        }
        _ => segment.to_owned(),
    }
}

/// Numbers, days, UUIDs, hashes, addresses, and what ends in a number or a hash of its own: `ORD-123` and `pay_8841c0de`, but not
/// `v2`.
fn is_id(segment: &str) -> bool {
    const SHORTEST_HASH: usize = 12;
    const SHORTEST_HASH_AT_THE_END: usize = 8;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let hexadecimal = segment.len() >= SHORTEST_HASH
        && segment.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
        && segment.bytes().any(|byte| byte.is_ascii_digit());
    let own = |text: &str| digits(text) || text.len() >= SHORTEST_HASH_AT_THE_END && is_hash(text);
    let ends_in_one = match segment.rsplit_once(['-', '_', ':', '~']) {
        Some((_, end)) => own(end),
        None => digits(segment),
    };
    let negative = segment.strip_prefix('-').is_some_and(digits);
    hexadecimal
        || ends_in_one
        || negative
        || segment.contains('@')
        || segment.contains("%40")
        || segment.starts_with('{')
}

fn is_hash(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit()) && text.bytes().any(|byte| byte.is_ascii_digit())
}
