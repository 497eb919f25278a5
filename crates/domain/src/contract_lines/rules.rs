//! The matching rules of a part, in words, beside what they bind.

use std::cell::Cell;

use crate::contract_diff::interaction::plain;
use crate::contract_diff::rules::{Step, kind, parse_expression, parse_path};
use crate::json::Json;

/// More are somebody's joke: they stay unbound, so that looking for one stays quick.
const MOST: usize = 2_000;

/// A rule in words. `code` stands behind them as it was written: a pattern, a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// "any text", "1 or more, each like".
    pub words: String,
    /// Empty if the words say all.
    pub code: String,
}

/// What a rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Path,
    Query,
    Header,
    Metadata,
    Status,
    Body,
}

struct Bound<'j, 'a> {
    subject: Subject,
    steps: Option<Vec<Step>>,
    written: &'j str,
    rule: &'j Json<'a>,
    is_used: Cell<bool>,
}

/// The rules of a part, as any version of the specification writes them.
pub(super) struct Rules<'j, 'a>(Vec<Bound<'j, 'a>>);

/// What binds a place in a body.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Inherited {
    Nothing,
    /// A rule above says that only types count.
    ByType,
}

impl<'j, 'a> Rules<'j, 'a> {
    pub(super) fn of(holder: &'j Json<'a>) -> Self {
        let mut rules = Vec::new();
        let Some(Json::Object(members)) = holder.get("matchingRules") else { return Self(rules) };
        for (key, value) in members {
            if key.starts_with('$') {
                rules.extend(of_specification_2(key, value));
                continue;
            }
            let Some(subject) = subject(key) else { continue };
            match value {
                Json::Object(own) if value.get("matchers").is_none() => rules.extend(own.iter().map(|(path, rule)| {
                    let steps = if subject == Subject::Body { parse_path(path) } else { parse_expression(path) };
                    Bound { subject, steps, written: path, rule, is_used: Cell::new(false) }
                })),
                // Of a path or status there is only one.
                rule => {
                    let steps = Some(Vec::new());
                    rules.push(Bound { subject, steps, written: key, rule, is_used: Cell::new(false) });
                }
            }
        }
        Self(rules)
    }

    pub(super) fn have_body(&self) -> bool {
        self.0.iter().any(|bound| bound.subject == Subject::Body)
    }

    /// Of a path or a status.
    pub(super) fn whole(&self, subject: Subject, value: &Json<'_>) -> Option<Rule> {
        self.find(subject, |steps| steps.is_empty().then_some(1), value)
    }

    /// Of a header, a parameter or metadata.
    pub(super) fn field(&self, subject: Subject, name: &str, value: &Json<'_>) -> Option<Rule> {
        let is_name = |written: &str| {
            if subject == Subject::Header { written.eq_ignore_ascii_case(name) } else { written == name }
        };
        let weigh = |steps: &[Step]| match steps {
            [Step::Name(written)] if is_name(written) => Some(2),
            [Step::Name(written), _] if is_name(written) => Some(1),
            _ => None,
        };
        self.find(subject, weigh, value)
    }

    /// At a place in the body, whose steps are names and indexes.
    pub(super) fn at(&self, place: &[Step], value: &Json<'_>) -> Option<(Rule, bool)> {
        let weigh = |steps: &[Step]| weigh(steps, place);
        let bound = self.best(Subject::Body, weigh)?;
        bound.is_used.set(true);
        Some((words(bound.rule, value), is_by_type(bound.rule)))
    }

    /// Those that were found for nothing that is shown.
    pub(super) fn unbound(&self) -> Vec<(String, Rule)> {
        let unused = self.0.iter().filter(|bound| !bound.is_used.get());
        unused.map(|bound| (bound.written.to_owned(), words(bound.rule, &Json::Null))).collect()
    }

    fn find(&self, subject: Subject, weigh: impl Fn(&[Step]) -> Option<u32>, value: &Json<'_>) -> Option<Rule> {
        let bound = self.best(subject, weigh)?;
        bound.is_used.set(true);
        Some(words(bound.rule, value))
    }

    fn best(&self, subject: Subject, weigh: impl Fn(&[Step]) -> Option<u32>) -> Option<&Bound<'j, 'a>> {
        let of_subject = self.0.iter().take(MOST).filter(|bound| bound.subject == subject);
        let weighed = of_subject.filter_map(|bound| Some((weigh(bound.steps.as_ref()?)?, bound)));
        weighed.max_by_key(|(weight, _)| *weight).map(|(_, bound)| bound)
    }
}

fn subject(name: &str) -> Option<Subject> {
    Some(match name {
        "path" => Subject::Path,
        "query" => Subject::Query,
        "header" | "headers" => Subject::Header,
        "metadata" => Subject::Metadata,
        "status" => Subject::Status,
        "body" | "content" | "contents" => Subject::Body,
        _ => return None,
    })
}

/// `$.body.items[0]`, `$.headers.Accept`.
fn of_specification_2<'j, 'a>(key: &'j str, rule: &'j Json<'a>) -> Option<Bound<'j, 'a>> {
    let mut steps = parse_path(key)?;
    if steps.is_empty() {
        return None;
    }
    let Step::Name(first) = steps.remove(0) else { return None };
    Some(Bound { subject: subject(&first)?, steps: Some(steps), written: key, rule, is_used: Cell::new(false) })
}

/// Names weigh more than wildcards; `None` if it is another place.
fn weigh(steps: &[Step], place: &[Step]) -> Option<u32> {
    if steps.len() != place.len() {
        return None;
    }
    let mut weight = 1;
    for (step, at) in steps.iter().zip(place) {
        if step == at {
            weight += 2;
        } else if *step == Step::Any {
            weight += 1;
        } else {
            return None;
        }
    }
    Some(weight)
}

fn matchers<'j, 'a>(rule: &'j Json<'a>) -> &'j [Json<'a>] {
    rule.get("matchers").and_then(Json::as_array).unwrap_or(std::slice::from_ref(rule))
}

fn is_by_type(rule: &Json<'_>) -> bool {
    matchers(rule).iter().any(|matcher| kind(matcher) == "type")
}

/// A rule in words, beside an example of what it binds.
pub(super) fn words(rule: &Json<'_>, example: &Json<'_>) -> Rule {
    let told: Vec<Rule> = matchers(rule).iter().map(|matcher| of_matcher(matcher, example)).collect();
    let joint = if rule.get("combine").and_then(Json::as_str) == Some("OR") { " or " } else { " and " };
    match told.as_slice() {
        [] => Rule::said("no rule"),
        [one] => one.clone(),
        many => {
            let all: Vec<String> =
                many.iter().map(|one| format!("{} {}", one.words, one.code).trim().to_owned()).collect();
            Rule::said(all.join(joint))
        }
    }
}

impl Rule {
    pub(super) fn said(words: impl Into<String>) -> Self {
        Self { words: words.into(), code: String::new() }
    }

    fn with(words: &str, code: Option<&Json<'_>>) -> Self {
        Self { words: words.to_owned(), code: code.map(plain).unwrap_or_default() }
    }
}

fn of_matcher(matcher: &Json<'_>, example: &Json<'_>) -> Rule {
    let kind = kind(matcher);
    let format = |own| matcher.get("format").or_else(|| matcher.get(own));
    match kind {
        "type" => Rule::said(by_type(matcher, example)),
        "regex" => Rule::with("regex", matcher.get("regex")),
        "number" => Rule::said("any number"),
        "integer" => Rule::said("whole number"),
        "decimal" => Rule::said("decimal"),
        "boolean" => Rule::said("true or false"),
        "null" => Rule::said("null"),
        "equality" => Rule::said("exactly this"),
        "include" => Rule::with("contains", matcher.get("value")),
        "date" => Rule::with("date", format("date")),
        "time" => Rule::with("time", format("time")),
        "timestamp" | "datetime" => {
            Rule::with("date and time", format("timestamp").or_else(|| matcher.get("datetime")))
        }
        "semver" => Rule::said("semantic version"),
        "notEmpty" => Rule::said("not empty"),
        "statusCode" => Rule::with("status", matcher.get("status")),
        "contentType" => Rule::with("content of type", matcher.get("value")),
        "values" => Rule::said("any keys, each value like"),
        "eachKey" => Rule::said(format!("each key: {}", inner(matcher))),
        "eachValue" => Rule::said(format!("each value: {}", inner(matcher))),
        "arrayContains" => Rule::said("has these, in any order"),
        "" => Rule::with("rule", Some(matcher)),
        other => Rule::said(other),
    }
}

fn inner(matcher: &Json<'_>) -> String {
    let told = matcher.list("rules").iter().map(|rule| words(rule, &Json::Null));
    told.map(|rule| format!("{} {}", rule.words, rule.code).trim().to_owned()).collect::<Vec<_>>().join(" and ")
}

fn by_type(matcher: &Json<'_>, example: &Json<'_>) -> String {
    match (matcher.get("min").map(plain), matcher.get("max").map(plain), example) {
        (Some(min), Some(max), _) => format!("{min} to {max}, each like"),
        (Some(min), None, _) => format!("{min} or more, each like"),
        (None, Some(max), _) => format!("at most {max}, each like"),
        (None, None, Json::Array(_)) => "each like".to_owned(),
        (None, None, Json::String(_)) => "any text".to_owned(),
        (None, None, Json::Number(_)) => "any number".to_owned(),
        (None, None, Json::Bool(_)) => "true or false".to_owned(),
        (None, None, Json::Object(_) | Json::Null) => "by type".to_owned(),
    }
}
