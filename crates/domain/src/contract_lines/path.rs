//! Places in a body, as rules and mismatches name them.

use std::fmt::Write;

use crate::contract_diff::rules::{Step, parse_path, quoted};

/// The same place is always spelled the same: `$.items[0]['a b']`. `None` for what names no single place.
#[must_use]
pub fn canonical_path(text: &str) -> Option<String> {
    let steps = parse_path(text)?;
    let mut path = "$".to_owned();
    for step in &steps {
        match step {
            Step::Name(name) => push_name(&mut path, name),
            Step::Index(index) => push_index(&mut path, *index),
            Step::Any => return None,
        }
    }
    Some(path)
}

/// The place as what contracts use is named: `/items/*/price`. `None` for what is no place in a body.
#[must_use]
pub fn way_to_field(text: &str) -> Option<String> {
    let mut way = String::new();
    for step in &parse_path(text)? {
        way.push('/');
        match step {
            Step::Name(name) => way.push_str(&name.replace('~', "~0").replace('/', "~1")),
            Step::Index(_) | Step::Any => way.push('*'),
        }
    }
    Some(way)
}

pub(super) fn push_name(path: &mut String, name: &str) {
    let is_word =
        !name.is_empty() && name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-'));
    if is_word {
        path.push('.');
        path.push_str(name);
    } else {
        path.push('[');
        path.push_str(&quoted(name));
        path.push(']');
    }
}

pub(super) fn push_index(path: &mut String, index: usize) {
    write!(path, "[{index}]").expect("writing to a string does not fail");
}
