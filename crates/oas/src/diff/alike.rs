//! Whether two schemas say the same although the schemas that they refer to are called otherwise.

use std::collections::HashSet;

use serde_json::Value;

use crate::document::{Node, local_target};
use crate::pointer::Pointer;

/// What only people read.
const ANNOTATIONS: [&str; 7] = ["title", "description", "summary", "example", "examples", "externalDocs", "$comment"];

/// More steps than that are not worth a name.
const MAX_STEPS: usize = 5_000;

/// Whether two schemas say the same, references followed and annotations left out.
pub(super) fn alike(old: &Node<'_>, new: &Node<'_>) -> bool {
    Search { assumed: HashSet::new(), steps: 0 }.alike(old, new)
}

struct Search {
    /// Pairs that are taken to be alike unless something else tells them apart: schemas may go round in circles.
    assumed: HashSet<(Pointer, Pointer)>,
    steps: usize,
}

impl Search {
    fn alike(&mut self, old: &Node<'_>, new: &Node<'_>) -> bool {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return false;
        }
        if old.text("$ref").is_some() || new.text("$ref").is_some() {
            let (Ok(old), Ok(new)) = (old.resolved(), new.resolved()) else { return false };
            return !self.assumed.insert((old.pointer().clone(), new.pointer().clone())) || self.alike(&old, &new);
        }
        match (old.value(), new.value()) {
            (Value::Object(_), Value::Object(_)) => {
                let (old, new) = (counting(old), counting(new));
                old.len() == new.len()
                    && old.iter().all(|(key, old)| {
                        new.iter().find(|(other, _)| other == key).is_some_and(|(_, new)| self.alike_at(key, old, new))
                    })
            }
            (Value::Array(left), Value::Array(right)) => {
                left.len() == right.len() && old.items().zip(new.items()).all(|(old, new)| self.alike(&old, &new))
            }
            (old, new) => old == new,
        }
    }

    fn alike_at(&mut self, key: &str, old: &Node<'_>, new: &Node<'_>) -> bool {
        match key {
            "properties" | "patternProperties" | "dependentSchemas" | "$defs" | "definitions" => {
                self.all_alike(old, new, Self::alike)
            }
            "discriminator" => {
                old.text("propertyName") == new.text("propertyName")
                    && match (old.member("mapping"), new.member("mapping")) {
                        (Some(old), Some(new)) => self.all_alike(&old, &new, Self::name_alike),
                        (old, new) => old.is_none() && new.is_none(),
                    }
            }
            "enum" | "const" | "default" | "required" => old.value() == new.value(),
            _ => self.alike(old, new),
        }
    }

    /// Whether two objects have members of the same names that are alike.
    fn all_alike(
        &mut self,
        old: &Node<'_>,
        new: &Node<'_>,
        alike: fn(&mut Self, &Node<'_>, &Node<'_>) -> bool,
    ) -> bool {
        old.members().count() == new.members().count()
            && old.members().all(|(name, old)| new.member(name).is_some_and(|new| alike(self, &old, &new)))
    }

    /// Whether two texts name schemas that are alike.
    fn name_alike(&mut self, old: &Node<'_>, new: &Node<'_>) -> bool {
        let named = |node: &Node<'_>| node.value().as_str().and_then(local_target);
        match (named(old), named(new)) {
            (Some(left), Some(right)) => match (old.at_pointer(&left), new.at_pointer(&right)) {
                (Some(left_schema), Some(right_schema)) => {
                    !self.assumed.insert((left, right)) || self.alike(&left_schema, &right_schema)
                }
                _ => false,
            },
            _ => old.value() == new.value(),
        }
    }
}

/// The members of a schema that count, without annotations.
fn counting<'d>(node: &Node<'d>) -> Vec<(&'d str, Node<'d>)> {
    let counts = |key: &str| !ANNOTATIONS.contains(&key) && (!key.starts_with("x-") || key == "x-nullable");
    node.members().filter(|(key, _)| counts(key)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::document::Document;
    use crate::source::Budget;

    fn check(value: Value, expected: bool) {
        let mut document = value;
        document["openapi"] = json!("3.1.0");
        let document = Document::load(&document.to_string(), &Budget::default()).unwrap();
        let node = |key: &str| document.root().member(key).unwrap();

        assert_eq!(alike(&node("old"), &node("new")), expected);
    }

    #[test]
    fn names_of_schemas_and_texts_for_people_do_not_count() {
        check(
            json!({"old": {"$ref": "#/a"}, "new": {"$ref": "#/b"}, "a": {"type": "string", "description": "A"},
                "b": {"type": "string"}}),
            true,
        );
    }

    #[test]
    fn schemas_that_go_round_in_circles_are_compared_once() {
        check(
            json!({"old": {"$ref": "#/a"}, "new": {"$ref": "#/b"}, "a": {"items": {"$ref": "#/a"}},
                "b": {"items": {"$ref": "#/b"}}}),
            true,
        );
    }

    #[test]
    fn what_a_discriminator_maps_to_counts() {
        let variant = |target: &str| json!({"discriminator": {"propertyName": "kind", "mapping": {"x": target}}});
        let document = |target: &str| {
            json!({"old": variant("#/a"), "new": variant(target), "a": {"type": "string"}, "b": {"type": "string"},
                "c": {"type": "number"}})
        };

        check(document("#/b"), true);
        check(document("#/c"), false);
    }

    #[test]
    fn another_type_deep_inside_counts() {
        check(
            json!({"old": {"items": {"$ref": "#/a"}}, "new": {"items": {"$ref": "#/b"}},
                "a": {"properties": {"title": {"type": "string"}}}, "b": {"properties": {"title": {"type": "number"}}}}),
            false,
        );
    }
}
