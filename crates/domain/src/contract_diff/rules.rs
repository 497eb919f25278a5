//! The matching rules of two versions of a request, response or message, in one tree: which rule governs a value, and
//! whether it is the same in both. Reads the forms of all versions of the specification.

use std::collections::HashMap;
use std::fmt::Write;

use super::{Change, JsonText, Subject};
use crate::json::Json;

/// More places of the tree are not followed at once: only contracts made to cost time have so many.
const MAX_PLACES: usize = 64;

/// What a rule is for. Specification 2 writes it into the path, later ones sort by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Category {
    Body,
    Header,
    Query,
    Path,
    Status,
    Metadata,
}

const CATEGORIES: usize = 6;

impl Category {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "body" | "contents" => Self::Body,
            "header" | "headers" => Self::Header,
            "query" => Self::Query,
            "path" => Self::Path,
            "status" => Self::Status,
            "metadata" | "metaData" => Self::Metadata,
            _ => return None,
        })
    }
}

/// One step down a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Name(String),
    Index(usize),
    Any,
}

/// Which of two versions a rule belongs to.
#[derive(Debug, Clone, Copy)]
enum Side {
    Old = 0,
    New = 1,
}

/// The rules of both sides.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// The first ones are the roots of the categories.
    nodes: Vec<Node>,
    /// What is in no form that is known, by its path in the document.
    others: HashMap<String, [Option<JsonText>; 2]>,
}

#[derive(Debug, Default)]
struct Node {
    names: HashMap<String, usize>,
    indexes: HashMap<usize, usize>,
    any: Option<usize>,
    rules: [Option<Rule>; 2],
}

impl Node {
    fn leads_on(&self, step: &Step, ignores_case: bool) -> bool {
        match step {
            Step::Name(name) if ignores_case => self.names.contains_key(&name.to_lowercase()),
            Step::Name(name) => self.names.contains_key(name),
            Step::Index(index) => self.indexes.contains_key(index),
            Step::Any => self.any.is_some(),
        }
    }
}

#[derive(Debug)]
struct Rule {
    /// Equal for equal rules, in whichever form they are written.
    text: String,
    /// Where and how it is written.
    path: String,
    written: JsonText,
    lets_differ: LetsDiffer,
}

/// What of the examples below a rule may differ without another promise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a freedom of its own")]
pub(super) struct LetsDiffer {
    /// Values, as long as they keep their type.
    pub(super) values: bool,
    /// How many elements there are, as long as each is like the others.
    pub(super) lengths: bool,
    /// Keys, as long as their values are alike.
    pub(super) keys: bool,
    /// Everything.
    pub(super) anything: bool,
}

/// Where in the tree the rules for a value stand.
#[derive(Debug, Clone, Default)]
pub(super) struct Governed {
    /// The place itself, those that are named most exactly first.
    places: Vec<usize>,
    /// The nearest rule above it or at it.
    nearest: [Option<usize>; 2],
    /// Names of headers have no case.
    ignores_case: bool,
}

impl Governed {
    /// Where there are no rules.
    pub(super) const NONE: Self = Self { places: Vec::new(), nearest: [None; 2], ignores_case: false };
}

impl Rules {
    /// `old` and `new` are what `matchingRules` holds, if there is such a member.
    pub(super) fn of(old: Option<&Json<'_>>, new: Option<&Json<'_>>) -> Self {
        let mut rules = Self::default();
        rules.nodes.resize_with(CATEGORIES, Node::default);
        for (side, given) in [(Side::Old, old), (Side::New, new)] {
            match given {
                Some(Json::Object(members)) => {
                    for (key, value) in members {
                        rules.add_member(side, key, value);
                    }
                }
                Some(Json::Null) | None => {}
                Some(odd) => rules.add_other(side, String::new(), odd),
            }
        }
        rules
    }

    fn add_member(&mut self, side: Side, key: &str, value: &Json<'_>) {
        if key.starts_with('$') {
            let path = format!("[{}]", quoted(key));
            let parsed = parse_path(key).and_then(|mut steps| {
                let first = if steps.is_empty() { None } else { Some(steps.remove(0)) };
                match first {
                    Some(Step::Name(name)) => Category::named(&name).map(|category| (category, steps)),
                    _ => None,
                }
            });
            return match parsed {
                Some((category, steps)) => self.add(side, category, steps, path, value),
                None => self.add_other(side, path, value),
            };
        }
        let (Some(category), Json::Object(members)) = (Category::named(key), value) else {
            return self.add_other(side, format!("[{}]", quoted(key)), value);
        };
        if value.get("matchers").is_some() {
            return self.add(side, category, Vec::new(), format!(".{key}"), value);
        }
        for (expression, value) in members {
            let path = format!(".{key}[{}]", quoted(expression));
            match parse_expression(expression) {
                Some(steps) => self.add(side, category, steps, path, value),
                None => self.add_other(side, path, value),
            }
        }
    }

    fn add_other(&mut self, side: Side, path: String, value: &Json<'_>) {
        self.others.entry(path).or_default()[side as usize] = Some(JsonText::of(value));
    }

    fn add(&mut self, side: Side, category: Category, steps: Vec<Step>, path: String, value: &Json<'_>) {
        let mut place = category as usize;
        for step in steps {
            let next = self.nodes.len();
            // A step that is known is followed, however many there are: both sides are read alike.
            let is_known = self.nodes[place].leads_on(&step, category == Category::Header);
            if next >= MAX_NODES && !is_known {
                return self.add_other(side, path, value);
            }
            let node = &mut self.nodes[place];
            place = match step {
                Step::Name(name) if category == Category::Header => {
                    *node.names.entry(name.to_lowercase()).or_insert(next)
                }
                Step::Name(name) => *node.names.entry(name).or_insert(next),
                Step::Index(index) => *node.indexes.entry(index).or_insert(next),
                Step::Any => *node.any.get_or_insert(next),
            };
            if place == next {
                self.nodes.push(Node::default());
            }
        }
        if self.nodes[place].rules[side as usize].is_some() {
            // Written twice, in another spelling: neither is overlooked.
            return self.add_other(side, path, value);
        }
        let (text, lets_differ) = read(value);
        self.nodes[place].rules[side as usize] = Some(Rule { text, path, written: JsonText::of(value), lets_differ });
    }

    /// The root of a category.
    pub(super) fn at(&self, category: Category) -> Governed {
        let root = category as usize;
        let mut governed =
            Governed { places: vec![root], nearest: [None; 2], ignores_case: category == Category::Header };
        self.come_nearer(&mut governed);
        governed
    }

    pub(super) fn inside_name(&self, governed: &Governed, name: &str) -> Governed {
        let lower = governed.ignores_case.then(|| name.to_lowercase());
        let name = lower.as_deref().unwrap_or(name);
        self.inside(governed, |node| node.names.get(name).copied())
    }

    pub(super) fn inside_index(&self, governed: &Governed, index: usize) -> Governed {
        self.inside(governed, |node| node.indexes.get(&index).copied())
    }

    fn inside(&self, governed: &Governed, exact: impl Fn(&Node) -> Option<usize>) -> Governed {
        let nodes = || governed.places.iter().map(|place| &self.nodes[*place]);
        let places = nodes().filter_map(&exact).chain(nodes().filter_map(|node| node.any));
        let mut inside =
            Governed { places: places.take(MAX_PLACES).collect(), nearest: governed.nearest, ignores_case: false };
        self.come_nearer(&mut inside);
        inside
    }

    fn come_nearer(&self, governed: &mut Governed) {
        for side in [Side::Old, Side::New] {
            let has_rule = |place: &&usize| self.nodes[**place].rules[side as usize].is_some();
            if let Some(place) = governed.places.iter().find(has_rule) {
                governed.nearest[side as usize] = Some(*place);
            }
        }
    }

    /// What the rule for the value lets differ: nothing, unless it is the same rule on both sides.
    pub(super) fn let_differ(&self, governed: &Governed) -> LetsDiffer {
        let [Some(old), Some(new)] = governed.nearest else {
            return LetsDiffer::default();
        };
        match &self.nodes[old].rules {
            [Some(old_rule), Some(new_rule)] if old == new && old_rule.text == new_rule.text => {
                // A rule for keys is one for those of this object, not of the objects in it.
                let is_here = governed.places.contains(&old);
                LetsDiffer { keys: old_rule.lets_differ.keys && is_here, ..old_rule.lets_differ }
            }
            _ => LetsDiffer::default(),
        }
    }

    /// The rules that differ, by path; `at` is where `matchingRules` stands.
    pub(super) fn changes(&self, at: &str) -> Vec<Change> {
        let change = |path: &str, before: Option<JsonText>, after: Option<JsonText>| Change {
            path: format!("{at}{path}"),
            subject: Subject::MatchingRule,
            before,
            after,
        };
        let mut changes = Vec::new();
        for node in &self.nodes {
            let [old, new] = &node.rules;
            let text = |rule: &Option<Rule>| rule.as_ref().map(|rule| rule.text.clone());
            if let Some(shown) = new.as_ref().or(old.as_ref()).filter(|_| text(old) != text(new)) {
                let written = |rule: &Option<Rule>| rule.as_ref().map(|rule| rule.written.clone());
                changes.push(change(&shown.path, written(old), written(new)));
            }
        }
        let others = self.others.iter().filter(|(_, [old, new])| old != new);
        changes.extend(others.map(|(path, [old, new])| change(path, old.clone(), new.clone())));
        changes.sort_by(|one, other| one.path.cmp(&other.path));
        changes
    }
}

/// A rule's matchers with what is implied, and what they let differ.
fn read(value: &Json<'_>) -> (String, LetsDiffer) {
    let of_specification_2 = std::slice::from_ref(value);
    let matchers = value.get("matchers").and_then(Json::as_array).unwrap_or(of_specification_2);
    let combine = value.get("combine").and_then(Json::as_str).unwrap_or("AND");
    let mut text = combine.to_owned();
    let mut lets_differ = None;
    for matcher in matchers {
        let kind = kind(matcher);
        // Written out or implied, it is the same rule.
        let is_named = matcher.get("match").is_some();
        let complete = if is_named { matcher.to_text() } else { with_match(matcher, kind) };
        write!(text, " {complete}").expect("writing to a string does not fail");
        let lets = lets_differ_by(kind, matcher);
        lets_differ = Some(lets_differ.map_or(lets, |others: LetsDiffer| others.and(lets)));
    }
    (text, lets_differ.unwrap_or_default())
}

/// What is not named is implied by a matcher's parameter.
pub(crate) fn kind<'j>(matcher: &'j Json<'_>) -> &'j str {
    let implied =
        ["regex", "timestamp", "datetime", "date", "time"].into_iter().find(|kind| matcher.get(kind).is_some());
    let is_type = matcher.get("min").is_some() || matcher.get("max").is_some();
    let named = matcher.get("match").and_then(Json::as_str);
    named.or(implied).unwrap_or(if is_type { "type" } else { "" })
}

fn with_match(matcher: &Json<'_>, kind: &str) -> String {
    let Json::Object(members) = matcher else {
        return matcher.to_text();
    };
    let mut members = members.clone();
    members.push(("match".into(), Json::String(kind.into())));
    let mut complete = Json::Object(members);
    complete.sort_keys();
    complete.to_text()
}

fn lets_differ_by(kind: &str, matcher: &Json<'_>) -> LetsDiffer {
    let nothing = LetsDiffer::default();
    let values = LetsDiffer { values: true, ..nothing };
    match kind {
        "type" | "notEmpty" => LetsDiffer { lengths: true, ..values },
        "regex" | "number" | "integer" | "decimal" | "boolean" | "date" | "time" | "timestamp" | "datetime"
        | "semver" | "include" | "statusCode" => values,
        "values" | "eachKey" => LetsDiffer { keys: true, ..nothing },
        "eachValue" => {
            let rules = matcher.list("rules");
            let inner = rules.iter().map(|rule| lets_differ_by(self::kind(rule), rule)).reduce(LetsDiffer::and);
            LetsDiffer { values: inner.is_some_and(|inner| inner.values), lengths: true, keys: true, anything: false }
        }
        "contentType" => LetsDiffer { anything: true, ..nothing },
        _ => nothing,
    }
}

impl LetsDiffer {
    fn and(self, other: Self) -> Self {
        Self {
            values: self.values && other.values,
            lengths: self.lengths && other.lengths,
            keys: self.keys && other.keys,
            anything: self.anything && other.anything,
        }
    }
}

/// Steps of all rules together. A contract has some for each interaction; more is somebody's joke, and stays text.
const MAX_NODES: usize = 200_000;

/// No place in a document is deeper.
const MAX_STEPS: usize = 128;

/// A path, or the bare name of a header or parameter with the number of its value.
pub(crate) fn parse_expression(text: &str) -> Option<Vec<Step>> {
    if text.is_empty() || text.starts_with('$') {
        return parse_path(text);
    }
    let indexed = text.strip_suffix(']').and_then(|rest| rest.rsplit_once('['));
    match indexed.and_then(|(name, index)| index_step(index).map(|index| (name, index))) {
        Some((name, index)) => Some(vec![Step::Name(name.to_owned()), index]),
        None => Some(vec![Step::Name(text.to_owned())]),
    }
}

/// `None` for what no Pact library writes.
pub(crate) fn parse_path(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = text.strip_prefix('$').unwrap_or(text);
    while !rest.is_empty() {
        if steps.len() == MAX_STEPS {
            return None;
        }
        if let Some(dotted) = rest.strip_prefix('.') {
            let end = dotted.find(['.', '[']).unwrap_or(dotted.len());
            let (name, after) = dotted.split_at(end);
            steps.push(match name {
                "" => return None,
                "*" => Step::Any,
                name => Step::Name(name.to_owned()),
            });
            rest = after;
        } else {
            let inside = rest.strip_prefix('[')?;
            let quote = inside.chars().next().filter(|quote| matches!(quote, '\'' | '"'));
            let (step, after) = if let Some(quote) = quote {
                let (name, after) = inside[1..].split_once(&format!("{quote}]"))?;
                (Step::Name(name.to_owned()), after)
            } else {
                let (index, after) = inside.split_once(']')?;
                (index_step(index)?, after)
            };
            steps.push(step);
            rest = after;
        }
    }
    Some(steps)
}

fn index_step(text: &str) -> Option<Step> {
    if text == "*" { Some(Step::Any) } else { text.parse().ok().map(Step::Index) }
}

/// In quotation marks, as a path has names that are no words.
pub(crate) fn quoted(name: &str) -> String {
    let mut quoted = String::with_capacity(name.len() + 2);
    quoted.push('\'');
    for character in name.chars() {
        match character {
            '\\' | '\'' => quoted.extend(['\\', character]),
            // A terminal would obey it.
            control if control.is_control() => quoted.extend(control.escape_default()),
            other => quoted.push(other),
        }
    }
    quoted.push('\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_path(text: &str, expected: Option<&[&str]>) {
        let shown = parse_path(text).map(|steps| steps.iter().map(|step| format!("{step:?}")).collect::<Vec<_>>());
        assert_eq!(shown, expected.map(|steps| steps.iter().map(ToString::to_string).collect()));
    }

    #[test]
    fn paths_are_read_in_all_their_spellings() {
        check_path("$", Some(&[]));
        check_path("$.a['b c'][0][*].*", Some(&["Name(\"a\")", "Name(\"b c\")", "Index(0)", "Any", "Any"]));
        check_path("$[\"a.b\"]", Some(&["Name(\"a.b\")"]));
        check_path("$..a", None);
        check_path("$[?(@.a)]", None);
        check_path("$.a[", None);
        check_path(&format!("${}", ".a".repeat(129)), None);
    }

    #[test]
    fn a_bare_name_may_carry_the_number_of_its_value() {
        let steps = |text: &str| format!("{:?}", parse_expression(text));

        assert_eq!(steps("X-A.b"), "Some([Name(\"X-A.b\")])");
        assert_eq!(steps("ids[*]"), "Some([Name(\"ids\"), Any])");
        assert_eq!(steps("filter[name]"), "Some([Name(\"filter[name]\")])");
    }

    #[test]
    fn a_rule_is_the_same_in_the_forms_of_two_specifications() {
        let two =
            r#"{"$.body.a":{"match":"type"},"$.headers.X":{"regex":"\\d"},"$.path":{"match":"regex","regex":"/"}}"#;
        let three = r#"{"body":{"$.a":{"matchers":[{"match":"type"}]}},
            "header":{"X":{"combine":"AND","matchers":[{"match":"regex","regex":"\\d"}]}},
            "path":{"matchers":[{"match":"regex","regex":"/"}]}}"#;
        let (two, three) = (Json::parse(two).unwrap(), Json::parse(three).unwrap());

        assert_eq!(Rules::of(Some(&two), Some(&three)).changes("$"), []);
    }
}
