//! What a schema says of a value's own parts, variant by variant: `allOf` within one variant, `anyOf` and `oneOf` one
//! variant each. The schemas are the document's own, so that findings can point to them.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use regex::Regex;
use serde_json::Value;

use super::super::translate::{is_nullable, says, tag_values};
use crate::document::{Document, Node};
use crate::pointer::Pointer;

/// Schemas that all hold at once.
#[derive(Clone, Debug, Default)]
pub(super) struct Variant<'d> {
    parts: Vec<Node<'d>>,
    /// The values of the tag that choose this variant.
    tag: Option<(String, Vec<Value>)>,
    /// The properties that are known to be named plainly, for each side.
    plain: [RefCell<HashSet<&'d str>>; 2],
}

/// The side that alone writes a property which is marked so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Only the provider.
    ReadOnly,
    /// Only the consumer.
    WriteOnly,
}

impl Mark {
    fn keyword(self) -> &'static str {
        match self {
            Self::ReadOnly => "readOnly",
            Self::WriteOnly => "writeOnly",
        }
    }
}

/// The variants of schemas that were taken apart once, by where these stand.
#[derive(Default)]
pub(in super::super) struct Known<'d>(RefCell<HashMap<Pointer, Shared<'d>>>);

type Shared<'d> = Option<Rc<[Variant<'d>]>>;

impl<'d> Known<'d> {
    /// The variants of some choices, each of them schemas that all hold; `None` if there are too many, or a reference is
    /// broken.
    pub(super) fn of(&self, document: &'d Document, choices: &[Vec<Node<'d>>]) -> Shared<'d> {
        if let [nodes] = choices
            && let [node] = nodes.as_slice()
        {
            if let Some(known) = self.0.borrow().get(node.pointer()) {
                return known.clone();
            }
            let variants: Shared<'d> = of(document, nodes).map(Rc::from);
            self.0.borrow_mut().insert(node.pointer().clone(), variants.clone());
            return variants;
        }
        let variants = choices.iter().map(|nodes| of(document, nodes)).collect::<Option<Vec<_>>>()?;
        Some(variants.into_iter().flatten().collect())
    }
}

/// What a variant says of a property.
pub(super) enum Declared<'d> {
    /// It is described by these schemas, all of which hold.
    Described(Vec<Node<'d>>),
    /// It may be anything.
    Free,
    /// It is forbidden.
    Forbidden,
    /// Nothing names it, though other properties are named.
    Unnamed,
}

/// With more variants than that, nothing is said.
const MAX_VARIANTS: usize = 128;
const MAX_DEPTH: usize = 24;

/// The variants of schemas that all hold; `None` if there are too many, or a reference is broken.
fn of<'d>(document: &'d Document, nodes: &[Node<'d>]) -> Option<Vec<Variant<'d>>> {
    expand_all(document, nodes, vec![Variant::default()], 0)
}

fn expand_all<'d>(
    document: &'d Document,
    nodes: &[Node<'d>],
    start: Vec<Variant<'d>>,
    depth: usize,
) -> Option<Vec<Variant<'d>>> {
    nodes.iter().try_fold(start, |variants, node| product(variants, expand(document, node, depth)?))
}

fn expand<'d>(document: &'d Document, node: &Node<'d>, depth: usize) -> Option<Vec<Variant<'d>>> {
    if depth > MAX_DEPTH {
        return None;
    }
    let own = Variant { parts: vec![node.clone()], ..Variant::default() };
    let mut variants = vec![own];
    if node.text("$ref").is_some() {
        let target = node.resolved().ok()?;
        variants = product(variants, expand(document, &target, depth + 1)?)?;
    }
    if let Some(parts) = node.member("allOf") {
        let parts: Vec<Node<'d>> = parts.items().collect();
        variants = expand_all(document, &parts, variants, depth + 1)?;
    }
    for key in ["anyOf", "oneOf"] {
        let Some(listed) = node.member(key) else { continue };
        let mut choices = Vec::new();
        for choice in listed.items() {
            let tag = node.member("discriminator").and_then(|discriminator| {
                let name = discriminator.text("propertyName")?;
                let mapping = &discriminator.value()["mapping"];
                let values = tag_values(document, name, mapping, choice.value());
                (!values.is_empty()).then(|| (name.to_owned(), values))
            });
            for mut variant in expand(document, &choice, depth + 1)? {
                variant.tag = tag.clone().or(variant.tag);
                choices.push(variant);
            }
        }
        variants = product(variants, choices)?;
    }
    Some(variants)
}

fn product<'d>(left: Vec<Variant<'d>>, right: Vec<Variant<'d>>) -> Option<Vec<Variant<'d>>> {
    if left.len() == 1 && left[0].parts.is_empty() && left[0].tag.is_none() {
        return Some(right);
    }
    if left.len() * right.len() > MAX_VARIANTS {
        return None;
    }
    let pairs = left.into_iter().flat_map(|one| {
        right.iter().map(move |other| Variant {
            parts: one.parts.iter().chain(&other.parts).cloned().collect(),
            tag: one.tag.clone().or_else(|| other.tag.clone()),
            ..Variant::default()
        })
    });
    Some(pairs.collect())
}

impl<'d> Variant<'d> {
    /// The schemas, each without what it refers to or combines, which stands beside it.
    pub(super) fn parts(&self) -> &[Node<'d>] {
        &self.parts
    }

    /// Whether an example is of the variant's type.
    pub(super) fn fits_type(&self, document: &Document, example: &Value) -> bool {
        self.parts.iter().all(|part| type_fits(document, part, example))
    }

    /// Whether an example may be of this variant, as far as its type, its tag and its fixed values tell.
    pub(super) fn fits(&self, document: &Document, example: &Value) -> bool {
        let tagged =
            self.tag.as_ref().is_none_or(|(name, values)| example.get(name).is_none_or(|tag| values.contains(tag)));
        tagged && self.parts.iter().all(|part| part_fits(document, part, example))
    }

    /// What is said of a property.
    pub(super) fn property(&self, name: &str) -> Declared<'d> {
        let mut described = Vec::new();
        for part in &self.parts {
            described.extend(part.member_of("properties", name));
            let patterns = part.member("patternProperties");
            described.extend(
                patterns
                    .iter()
                    .flat_map(Node::members)
                    .filter(|(pattern, _)| matches(pattern, name))
                    .map(|(_, node)| node),
            );
        }
        if !described.is_empty() {
            return Declared::Described(described);
        }
        for part in &self.parts {
            for key in ["additionalProperties", "unevaluatedProperties"] {
                match part.member(key) {
                    Some(node) if *node.value() == Value::Bool(false) => return Declared::Forbidden,
                    Some(node) if node.value().as_object().is_some_and(|schema| !schema.is_empty()) => {
                        return Declared::Described(vec![node]);
                    }
                    Some(_) => return Declared::Free,
                    None => {}
                }
            }
        }
        // An object that names no property at all is a free-form one.
        let names_any = self.parts.iter().any(|part| {
            ["properties", "patternProperties"].iter().any(|key| {
                part.member(key).is_some_and(|members| members.value().as_object().is_some_and(|map| !map.is_empty()))
            })
        });
        if names_any { Declared::Unnamed } else { Declared::Free }
    }

    /// Whether properties name one that is not marked. It says no where it would have to look closer.
    pub(super) fn names_plainly(&self, document: &Document, name: &str, mark: Mark) -> bool {
        let known = &self.plain[mark as usize];
        if known.borrow().contains(name) {
            return true;
        }
        let properties = self.parts.iter().filter_map(|part| part.value().get("properties")?.as_object());
        let named: Vec<(&'d String, &'d Value)> =
            properties.filter_map(|properties| properties.get_key_value(name)).collect();
        let Some((name, _)) = named.first() else { return false };
        let looks_plain = self.parts.iter().all(|part| part.value().get("patternProperties").is_none());
        let is_plain = looks_plain && !named.iter().any(|(_, schema)| says(document, schema, mark.keyword(), 0));
        if is_plain {
            known.borrow_mut().insert(name);
        }
        is_plain
    }

    /// How many items, counted from the first, may have schemas of their own.
    pub(super) fn listed(&self) -> usize {
        let lists = self.parts.iter().flat_map(|part| ["prefixItems", "items"].map(|key| part.value().get(key)));
        lists.flatten().filter_map(Value::as_array).map(Vec::len).max().unwrap_or(0)
    }

    /// What is said of an item.
    pub(super) fn item(&self, index: usize) -> Vec<Node<'d>> {
        let mut described = Vec::new();
        for part in &self.parts {
            let items = part.member("items");
            let listed = part.member("prefixItems").or_else(|| items.clone().filter(|items| items.value().is_array()));
            let listed = listed.and_then(|listed| listed.items().nth(index));
            described.extend(listed.or_else(|| items.filter(|items| items.value().is_object())));
        }
        described
    }

    /// Whether a property is always there.
    pub(super) fn requires(&self, name: &str) -> bool {
        let lists = self.parts.iter().filter_map(|part| part.value().get("required")?.as_array());
        lists.flatten().any(|required| required == name)
    }

    /// The limits of a list: how many items it has at least, and at most.
    pub(super) fn length(&self) -> (u64, Option<u64>) {
        let limits =
            |key: &str| self.parts.iter().filter_map(|part| part.value().get(key)?.as_u64()).collect::<Vec<_>>();
        (limits("minItems").into_iter().max().unwrap_or(0), limits("maxItems").into_iter().min())
    }

    /// Whether `null` is a value of it, as far as its types tell.
    pub(super) fn allows_null(&self, document: &Document) -> bool {
        let typed =
            self.parts.iter().any(|part| part.value().get("type").is_some() || part.value().get("enum").is_some());
        typed && self.parts.iter().all(|part| part_fits(document, part, &Value::Null))
    }
}

/// Whether any of some schemas has a mark.
pub(super) fn marked(document: &Document, nodes: &[Node<'_>], mark: Mark) -> bool {
    nodes.iter().any(|node| says(document, node.value(), mark.keyword(), 0))
}

fn part_fits(document: &Document, part: &Node<'_>, example: &Value) -> bool {
    let fixed = || {
        let before_31 = document.version() <= crate::document::Version::V3_0;
        let counts = part.value().is_object()
            && !(before_31 && (part.value().get("$ref").is_some() || example.is_null() && nullable(part.value())));
        !counts || allows(part.value(), example) && fixed_properties_fit(part.value().get("properties"), example)
    };
    type_fits(document, part, example) && fixed()
}

fn nullable(schema: &Value) -> bool {
    schema.as_object().is_some_and(is_nullable)
}

fn type_fits(document: &Document, part: &Node<'_>, example: &Value) -> bool {
    let Value::Object(schema) = part.value() else { return *part.value() != Value::Bool(false) };
    let before_31 = document.version() <= crate::document::Version::V3_0;
    if before_31 && schema.contains_key("$ref") {
        return true;
    }
    if example.is_null() && before_31 && is_nullable(schema) {
        return true;
    }
    match schema.get("type") {
        Some(Value::String(kind)) => is_of(example, kind),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).any(|kind| is_of(example, kind)),
        _ => true,
    }
}

/// Whether the tag-like properties of an example, those whose value the schema fixes, are as it says.
fn fixed_properties_fit(properties: Option<&Value>, example: &Value) -> bool {
    let properties = properties.and_then(Value::as_object).into_iter().flatten();
    properties.into_iter().all(|(name, schema)| example.get(name).is_none_or(|value| allows(schema, value)))
}

fn allows(schema: &Value, value: &Value) -> bool {
    let fixed = schema.get("const").is_none_or(|fixed| fixed == value);
    fixed && schema.get("enum").and_then(Value::as_array).is_none_or(|values| values.contains(value))
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    }
}

/// A pattern that cannot be read may mean any name.
fn matches(pattern: &str, name: &str) -> bool {
    Regex::new(pattern).map_or(true, |pattern| pattern.is_match(name))
}
