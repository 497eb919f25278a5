//! Which parts of two documents are the same, references followed. Only the others are walked.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::document::{Document, local_target};

/// The references that lead to something else in the new document than in the old one.
pub(super) struct Unchanged<'d> {
    changed: HashSet<&'d str>,
}

impl<'d> Unchanged<'d> {
    pub(super) fn of(old: &'d Document, new: &'d Document) -> Self {
        let mut references = HashSet::new();
        collect(old.value(), &mut references);
        collect(new.value(), &mut references);
        let mut changed = HashSet::new();
        let mut users: HashMap<&str, Vec<&str>> = HashMap::new();
        for reference in references {
            let target = |document: &'d Document| local_target(reference)?.find_in(document.value());
            match (target(old), target(new)) {
                (Some(old), Some(new)) if old == new => {
                    let mut used = HashSet::new();
                    collect(old, &mut used);
                    for used in used {
                        users.entry(used).or_default().push(reference);
                    }
                }
                (None, None) => {}
                _ => drop(changed.insert(reference)),
            }
        }
        // What refers to something that changed has changed itself.
        let mut spreading: Vec<&str> = changed.iter().copied().collect();
        while let Some(reference) = spreading.pop() {
            let users = users.get(reference).into_iter().flatten();
            spreading.extend(users.filter(|user| changed.insert(**user)));
        }
        Self { changed }
    }

    /// Whether two parts, the first of the old document, the second of the new one, are the same.
    pub(super) fn same(&self, old: &Value, new: &Value) -> bool {
        match (old, new) {
            (Value::Object(old), Value::Object(new)) => {
                let reference = old.get("$ref").and_then(Value::as_str);
                old.len() == new.len()
                    && !reference.is_some_and(|reference| self.changed.contains(reference))
                    && old.iter().all(|(key, old)| new.get(key).is_some_and(|new| self.same(old, new)))
            }
            (Value::Array(old), Value::Array(new)) => {
                old.len() == new.len() && old.iter().zip(new).all(|(old, new)| self.same(old, new))
            }
            _ => old == new,
        }
    }
}

fn collect<'d>(value: &'d Value, references: &mut HashSet<&'d str>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                references.insert(reference);
            }
            members.values().for_each(|member| collect(member, references));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::Budget;

    #[test]
    fn a_change_spreads_to_all_that_refers_to_it_also_in_a_circle() {
        let document = |kind: &str| {
            let value = json!({"openapi": "3.1.0", "a": {"$ref": "#/b"}, "b": {"c": {"$ref": "#/c"}},
                "c": {"b": {"$ref": "#/b"}, "d": {"$ref": "#/d"}}, "d": {"type": kind}, "e": {"$ref": "#/f"}, "f": {}});
            Document::load(&value.to_string(), &Budget::default()).unwrap()
        };
        let (old, new) = (document("string"), document("number"));

        let unchanged = Unchanged::of(&old, &new);

        let same = |key: &str| unchanged.same(&old.value()[key], &new.value()[key]);
        assert_eq!(["a", "b", "c", "d"].map(same), [false; 4]);
        assert_eq!(["e", "f"].map(same), [true; 2]);
    }
}
