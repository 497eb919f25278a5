//! Goes through two versions of an interaction together, in one pass, and notes what differs and where.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Write;

use super::interaction::is_left_out;
use super::rules::{Category, Governed, LetsDiffer, Rules, quoted};
use super::{Change, JsonText, Subject};
use crate::json::{Json, Member};

/// Longer names are cut in paths, since each change below one carries it.
const MAX_SHOWN: usize = 64;

/// How many values may be held against an example beyond those that stand at the same place. Only a contract made to cost
/// time has more.
const MAX_TRIES: usize = 1_000_000;

/// What was found so far.
pub(super) struct Comparison {
    changes: Vec<Change>,
    /// How many more changes are listed.
    room: usize,
    pub(super) unlisted: usize,
    pub(super) examples: usize,
    tries: usize,
    /// Only whether anything differs is asked, up to the first that does.
    is_trial: bool,
}

/// How bodies are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Up to specification 3 a body stands there as it is.
    Bare,
    /// From specification 4 on it has a content type beside it.
    Wrapped,
}

impl Form {
    /// Only from specification 4 on interactions say of which type they are.
    pub(super) fn of(interaction: &Json<'_>) -> Self {
        let kind = interaction.get("type").and_then(Json::as_str).unwrap_or_default();
        if kind.starts_with("Synchronous/") || kind.starts_with("Asynchronous/") { Self::Wrapped } else { Self::Bare }
    }
}

/// Where two values stand, up to the interaction, and the rules for them.
struct Place<'p> {
    above: Option<&'p Place<'p>>,
    step: Step<'p>,
    rules: Option<&'p Rules>,
    governed: Governed,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Root,
    Name(&'p str),
    Index(usize),
}

impl<'p> Place<'p> {
    const ROOT: Place<'static> = Place { above: None, step: Step::Root, rules: None, governed: Governed::NONE };

    /// Of a member whose rules are found by where it stands.
    fn member(&'p self, name: &'p str) -> Self {
        let governed = self.rules.map(|rules| rules.inside_name(&self.governed, name));
        Self { above: Some(self), step: Step::Name(name), rules: self.rules, governed: governed.unwrap_or_default() }
    }

    fn element(&'p self, index: usize) -> Self {
        let governed = self.rules.map(|rules| rules.inside_index(&self.governed, index));
        Self { above: Some(self), step: Step::Index(index), rules: self.rules, governed: governed.unwrap_or_default() }
    }

    /// Of a member that rules of a category are for.
    fn in_category(&'p self, name: &'p str, rules: &'p Rules, category: Category) -> Self {
        Self { above: Some(self), step: Step::Name(name), rules: Some(rules), governed: rules.at(category) }
    }

    fn lets_differ(&self) -> LetsDiffer {
        self.rules.map(|rules| rules.let_differ(&self.governed)).unwrap_or_default()
    }

    fn path(&self) -> String {
        let mut steps = Vec::new();
        let mut place = Some(self);
        while let Some(here) = place {
            steps.push(here.step);
            place = here.above;
        }
        let mut path = String::new();
        for step in steps.iter().rev() {
            match step {
                Step::Root => path.push('$'),
                Step::Name(name) if is_word(name) => write!(path, ".{name}").expect("a string"),
                Step::Name(name) => write!(path, "[{}]", quoted(&cut(name))).expect("a string"),
                Step::Index(index) => write!(path, "[{index}]").expect("a string"),
            }
        }
        path
    }
}

fn is_word(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    name.len() <= MAX_SHOWN
        && name.bytes().next().is_some_and(is_letter)
        && name.bytes().all(|byte| is_letter(byte) || byte.is_ascii_digit())
}

fn cut(name: &str) -> Cow<'_, str> {
    match name.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => Cow::Owned(format!("{}…", &name[..end])),
        None => Cow::Borrowed(name),
    }
}

impl Comparison {
    pub(super) fn new(room: usize) -> Self {
        Self { changes: Vec::new(), room, unlisted: 0, examples: 0, tries: MAX_TRIES, is_trial: false }
    }

    /// Of what was compared since they were taken last.
    pub(super) fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// Two documents without lists of interactions.
    pub(super) fn documents(&mut self, old: &Json<'_>, new: &Json<'_>) {
        self.values(old, new, &Place::ROOT);
    }

    /// What stands in the place of a list of interactions.
    pub(super) fn odd_lists(&mut self, key: &str, old: Option<&Json<'_>>, new: Option<&Json<'_>>) {
        let root = Place::ROOT;
        let place = root.member(key);
        match (old, new) {
            (Some(old), Some(new)) => self.values(old, new, &place),
            (old, new) => self.differs(&place, old, new),
        }
    }

    /// Whether the two differ in what they promise.
    pub(super) fn interactions(&mut self, old: &Json<'_>, new: &Json<'_>, form: Form) -> bool {
        let before = self.changes.len() + self.unlisted;
        match (old, new) {
            (Json::Object(old), Json::Object(new)) => self.parts(old, new, &Place::ROOT, form),
            _ => self.values(old, new, &Place::ROOT),
        }
        self.changes.len() + self.unlisted > before
    }

    /// Requests, responses and messages: what has matching rules of its own.
    fn parts(&mut self, old: &[Member<'_>], new: &[Member<'_>], at: &Place<'_>, form: Form) {
        let is_interaction = at.above.is_none();
        let rules_of = |members: &'_ [Member<'_>]| members.iter().position(|(key, _)| key == "matchingRules");
        let (old_rules, new_rules) = (rules_of(old).map(|at| &old[at].1), rules_of(new).map(|at| &new[at].1));
        let rules = Rules::of(old_rules, new_rules);
        for (key, old, new) in side_by_side(old, new) {
            if is_interaction && is_left_out(key) {
                continue;
            }
            if key == "matchingRules" {
                for change in rules.changes(&at.member(key).path()) {
                    self.note(change);
                }
                continue;
            }
            let place = match key {
                "body" | "contents" => at.in_category(key, &rules, Category::Body),
                "headers" => at.in_category(key, &rules, Category::Header),
                "query" => at.in_category(key, &rules, Category::Query),
                "path" => at.in_category(key, &rules, Category::Path),
                "status" => at.in_category(key, &rules, Category::Status),
                "metadata" | "metaData" => at.in_category(key, &rules, Category::Metadata),
                _ => at.member(key),
            };
            match (old, new) {
                (Some(old), Some(new)) => self.members_of_part(key, old, new, &place, form),
                // No generators and none of them is the same.
                (Some(Json::Object(members)), None) | (None, Some(Json::Object(members)))
                    if key == "generators" && members.is_empty() => {}
                (old, new) => self.differs(&place, old, new),
            }
        }
    }

    fn members_of_part(&mut self, key: &str, old: &Json<'_>, new: &Json<'_>, place: &Place<'_>, form: Form) {
        match (key, old, new) {
            ("request" | "response", Json::Object(old), Json::Object(new)) => self.parts(old, new, place, form),
            ("response", Json::Array(old), Json::Array(new)) => self.responses(old, new, place, form),
            ("body" | "contents", Json::Object(old), Json::Object(new)) if form == Form::Wrapped => {
                self.wrapped(old, new, place);
            }
            ("query", Json::String(_), Json::String(_) | Json::Object(_))
            | ("query", Json::Object(_), Json::String(_)) => {
                self.values(&parameters(old), &parameters(new), place);
            }
            _ => self.values(old, new, place),
        }
    }

    /// A synchronous message may have several.
    fn responses(&mut self, old: &[Json<'_>], new: &[Json<'_>], place: &Place<'_>, form: Form) {
        for index in 0..old.len().max(new.len()) {
            let place = place.element(index);
            match (old.get(index), new.get(index)) {
                (Some(Json::Object(old)), Some(Json::Object(new))) => self.parts(old, new, &place, form),
                (Some(old), Some(new)) => self.values(old, new, &place),
                (old, new) => self.differs(&place, old, new),
            }
        }
    }

    /// The rules for a body are rules for its content, and say nothing of the type beside it.
    fn wrapped(&mut self, old: &[Member<'_>], new: &[Member<'_>], at: &Place<'_>) {
        for (key, old, new) in side_by_side(old, new) {
            let step = Step::Name(key);
            let place = if key == "content" {
                Place { above: Some(at), step, rules: at.rules, governed: at.governed.clone() }
            } else {
                Place { above: Some(at), step, rules: None, governed: Governed::NONE }
            };
            match (old, new) {
                (Some(old), Some(new)) => self.values(old, new, &place),
                (old, new) => self.differs(&place, old, new),
            }
        }
    }

    fn values(&mut self, old: &Json<'_>, new: &Json<'_>, at: &Place<'_>) {
        if self.is_decided() {
            return;
        }
        self.pay_for(old);
        self.pay_for(new);
        match (old, new) {
            // Whether it is an example that differs is not what a trial asks.
            _ if at.lets_differ().anything && self.is_trial => {}
            _ if at.lets_differ().anything => self.examples += usize::from(old.to_text() != new.to_text()),
            (Json::Object(old), Json::Object(new)) => self.members(old, new, at),
            (Json::Array(old), Json::Array(new)) => self.elements(old, new, at),
            _ if is_same_scalar(old, new) => {}
            _ if is_same_type(old, new) && at.lets_differ().values => self.examples += 1,
            _ => self.differs(at, Some(old), Some(new)),
        }
    }

    fn members(&mut self, old: &[Member<'_>], new: &[Member<'_>], at: &Place<'_>) {
        let may_differ = at.lets_differ().keys;
        let (old_like, new_like) = (old.first().map(|(_, value)| value), new.first().map(|(_, value)| value));
        for (key, old, new) in side_by_side(old, new) {
            let place = at.member(key);
            match (old, new) {
                (Some(old), Some(new)) => self.values(old, new, &place),
                (Some(old), None) if may_differ && self.is_like(old, new_like, &place) => self.examples += 1,
                (None, Some(new)) if may_differ && self.is_like(new, old_like, &place) => self.examples += 1,
                (old, new) => self.differs(&place, old, new),
            }
            if self.is_decided() {
                return;
            }
        }
    }

    fn elements(&mut self, old: &[Json<'_>], new: &[Json<'_>], at: &Place<'_>) {
        let may_differ = at.lets_differ().lengths;
        for index in 0..old.len().max(new.len()) {
            let place = at.element(index);
            match (old.get(index), new.get(index)) {
                (Some(old), Some(new)) => self.values(old, new, &place),
                (Some(old), None) if may_differ && self.is_like(old, new.first(), &place) => self.examples += 1,
                (None, Some(new)) if may_differ && self.is_like(new, old.first(), &place) => self.examples += 1,
                (old, new) => self.differs(&place, old, new),
            }
            if self.is_decided() {
                return;
            }
        }
    }

    /// Whether a value is an example of the same as another one.
    fn is_like(&mut self, value: &Json<'_>, other: Option<&Json<'_>>, at: &Place<'_>) -> bool {
        let Some(other) = other.filter(|_| self.tries > 0) else {
            return false;
        };
        let mut trial = Self { tries: self.tries, is_trial: true, ..Self::new(0) };
        trial.values(value, other, at);
        self.tries = trial.tries;
        trial.unlisted == 0 && trial.tries > 0
    }

    /// Whether nothing more needs to be known.
    fn is_decided(&mut self) -> bool {
        if !self.is_trial {
            return false;
        }
        self.tries = self.tries.saturating_sub(1);
        self.unlisted > 0 || self.tries == 0
    }

    /// What is long costs more than one try.
    fn pay_for(&mut self, value: &Json<'_>) {
        const BYTES_OF_A_TRY: usize = 64;
        let length = match value {
            Json::Number(text) => text.len(),
            Json::String(text) => text.len(),
            Json::Object(members) => members.iter().map(|(key, _)| key.len()).sum(),
            _ => 0,
        };
        if self.is_trial {
            self.tries = self.tries.saturating_sub(length / BYTES_OF_A_TRY);
        }
    }

    fn differs(&mut self, at: &Place<'_>, old: Option<&Json<'_>>, new: Option<&Json<'_>>) {
        if self.room == 0 {
            self.unlisted += usize::from(old.is_some() || new.is_some());
        } else if old.is_some() || new.is_some() {
            let (before, after) = (old.map(JsonText::of), new.map(JsonText::of));
            self.note(Change { path: at.path(), subject: Subject::Value, before, after });
        }
    }

    fn note(&mut self, change: Change) {
        if self.room == 0 {
            self.unlisted += 1;
        } else {
            self.room -= 1;
            self.changes.push(change);
        }
    }
}

type SideBySide<'j, 'a> = (&'j str, Option<&'j Json<'a>>, Option<&'j Json<'a>>);

/// The members of both, whose keys are in order.
fn side_by_side<'j, 'a: 'j, 'b: 'a>(
    old: &'j [Member<'a>],
    new: &'j [Member<'b>],
) -> impl Iterator<Item = SideBySide<'j, 'a>> {
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    std::iter::from_fn(move || {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((old, _)), Some((new, _))) => old.cmp(new),
        };
        let old = if order == Ordering::Greater { None } else { old.next() };
        let new = if order == Ordering::Less { None } else { new.next() };
        let key = old.or(new).map(|(key, _)| key.as_ref())?;
        Some((key, old.map(|(_, value)| value), new.map(|(_, value)| value)))
    })
}

fn is_same_scalar(old: &Json<'_>, new: &Json<'_>) -> bool {
    match (old, new) {
        // As the sha compares them.
        (Json::Number(old_text), Json::Number(new_text)) => old_text == new_text || old.to_text() == new.to_text(),
        (Json::Object(_) | Json::Array(_), _) => false,
        _ => old == new,
    }
}

/// Of scalars.
fn is_same_type(old: &Json<'_>, new: &Json<'_>) -> bool {
    matches!(
        (old, new),
        (Json::Number(_), Json::Number(_)) | (Json::String(_), Json::String(_)) | (Json::Bool(_), Json::Bool(_))
    )
}

/// The parameters of a query by name, as pacts from specification 3 on write them.
fn parameters<'a>(query: &Json<'a>) -> Json<'a> {
    let Json::String(text) = query else {
        return query.clone();
    };
    let mut members: Vec<Member<'a>> = Vec::new();
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        members.push((name.into_owned().into(), Json::String(value.into_owned().into())));
    }
    // Stable: the values of one parameter keep their order.
    members.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut by_name: Vec<Member<'a>> = Vec::new();
    for (name, value) in members {
        match by_name.last_mut() {
            Some((last, Json::Array(values))) if *last == name => values.push(value),
            _ => by_name.push((name, Json::Array(vec![value]))),
        }
    }
    Json::Object(by_name)
}
