//! Bodies as lines, each value with the rule that binds it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::path::{push_index, push_name};
use super::rules::{Inherited, Rule, Rules};
use crate::contract_diff::interaction::plain;
use crate::contract_diff::rules::Step;
use crate::json::{self, Json};

/// Elements of an array behind this many are counted.
const MOST_ELEMENTS: usize = 20;
/// Lines that are shown of a body.
const MOST_LINES: usize = 2_000;
/// Of a body larger than this fewer are shown.
const LARGE: usize = 200_000;
const MOST_LINES_OF_LARGE: usize = 500;
/// Letters that are shown of one value.
const MOST_LETTERS: usize = 2_000;

/// What a part carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// As the contract says, or as its headers do.
    pub content_type: Option<String>,
    /// How it is shown.
    pub shown: Shown,
    /// Whether there are more lines than are shown.
    pub is_cut: bool,
}

/// How a body is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// The contract says nothing of it.
    Absent,
    /// JSON.
    Json(Vec<BodyLine>),
    /// Text of another kind, by lines.
    Text(Vec<String>),
    /// What is no text.
    Bytes(Vec<u8>),
}

/// A line of a JSON body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyLine {
    /// Where the value stands that begins here, spelled as [`super::canonical_path`] does; empty where none begins.
    pub path: String,
    /// How deep it stands.
    pub depth: usize,
    /// The member's key as JSON.
    pub key: Option<String>,
    /// What stands on the line.
    pub token: Token,
    /// Whether another value follows.
    pub has_comma: bool,
    /// How the value is matched.
    pub rule: Option<Rule>,
}

/// What a line has besides its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// A bracket, or two with nothing between them.
    Mark(&'static str),
    /// Text as JSON, in quotation marks.
    Text(String),
    /// As it was written.
    Number(String),
    /// `true`, `false` or `null`.
    Word(&'static str),
    /// So many elements are not shown.
    Folded(usize),
}

/// Where a body is read from.
pub(super) struct Source<'j, 'a> {
    pub(super) written: Option<&'j Json<'a>>,
    pub(super) content_type: Option<String>,
    pub(super) is_version_4: bool,
}

pub(super) fn of(source: Source<'_, '_>, rules: &Rules<'_, '_>) -> Body {
    let Source { written, content_type, is_version_4 } = source;
    let Some(written) = written else { return Body { content_type, shown: Shown::Absent, is_cut: false } };
    let packed = written.get("content").filter(|_| is_version_4);
    let Some(content) = packed else { return plain_body(written, content_type, rules) };
    let content_type = written.get("contentType").and_then(Json::as_str).map(str::to_owned).or(content_type);
    let encoded = written.get("encoded").map(plain).unwrap_or_default().to_ascii_lowercase();
    match content.as_str() {
        Some(text) if matches!(encoded.as_str(), "base64" | "true") => decoded(text, content_type, rules),
        // Text of JSON is JSON; whoever sends a JSON string says that it is encoded as such.
        Some(text) if encoded != "json" => textual(text, content_type, rules),
        _ => json_body(content, content_type, rules),
    }
}

/// Of versions up to 3 of the specification.
fn plain_body(written: &Json<'_>, content_type: Option<String>, rules: &Rules<'_, '_>) -> Body {
    let kind = content_type.clone().unwrap_or_default().to_ascii_lowercase();
    let Some(text) = written.as_str() else { return json_body(written, content_type, rules) };
    let is_binary = ["image/", "audio/", "video/", "octet-stream", "pdf", "zip", "protobuf"];
    if kind.contains("json") || kind.is_empty() {
        json_body(written, content_type, rules)
    } else if is_binary.iter().any(|binary| kind.contains(binary)) {
        decoded(text, content_type, rules)
    } else {
        by_lines(text, content_type)
    }
}

fn decoded(text: &str, content_type: Option<String>, rules: &Rules<'_, '_>) -> Body {
    match STANDARD.decode(text) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) if !text.chars().any(|letter| letter.is_control() && !letter.is_whitespace()) => {
                textual(&text, content_type, rules)
            }
            Ok(text) => Body { content_type, shown: Shown::Bytes(text.into_bytes()), is_cut: false },
            Err(error) => Body { content_type, shown: Shown::Bytes(error.into_bytes()), is_cut: false },
        },
        Err(_) => by_lines(text, content_type),
    }
}

fn textual(text: &str, content_type: Option<String>, rules: &Rules<'_, '_>) -> Body {
    let is_json = content_type.as_deref().is_some_and(|kind| kind.to_ascii_lowercase().contains("json"));
    match Json::parse(text) {
        Ok(value) if is_json => json_body(&value, content_type, rules),
        _ => by_lines(text, content_type),
    }
}

fn by_lines(text: &str, content_type: Option<String>) -> Body {
    let most = most_lines(text.len());
    let mut lines: Vec<String> = text.lines().take(most + 1).map(|line| cut(line).to_owned()).collect();
    let is_cut = lines.len() > most || text.lines().any(|line| cut(line).len() < line.len());
    lines.truncate(most);
    Body { content_type, shown: Shown::Text(lines), is_cut }
}

fn json_body(value: &Json<'_>, content_type: Option<String>, rules: &Rules<'_, '_>) -> Body {
    let most = most_lines(size(value));
    let mut writer =
        Writer { rules, has_rules: rules.have_body(), lines: Vec::new(), place: Vec::new(), most, is_cut: false };
    writer.value(None, value, "$", false, Inherited::Nothing);
    let Writer { lines, is_cut, .. } = writer;
    Body { content_type, shown: Shown::Json(lines), is_cut }
}

fn most_lines(size_bytes: usize) -> usize {
    if size_bytes > LARGE { MOST_LINES_OF_LARGE } else { MOST_LINES }
}

/// About as many bytes as its text has.
fn size(value: &Json<'_>) -> usize {
    match value {
        Json::Null | Json::Bool(_) => 5,
        Json::Number(text) => text.len(),
        Json::String(text) => text.len() + 2,
        Json::Array(elements) => elements.iter().map(|element| size(element) + 1).sum::<usize>() + 2,
        Json::Object(members) => members.iter().map(|(key, value)| key.len() + size(value) + 4).sum::<usize>() + 2,
    }
}

fn cut(text: &str) -> &str {
    text.char_indices().nth(MOST_LETTERS).map_or(text, |(end, _)| &text[..end])
}

struct Writer<'r, 'j, 'a> {
    rules: &'r Rules<'j, 'a>,
    has_rules: bool,
    lines: Vec<BodyLine>,
    place: Vec<Step>,
    most: usize,
    is_cut: bool,
}

impl Writer<'_, '_, '_> {
    fn value(&mut self, key: Option<&str>, value: &Json<'_>, path: &str, has_comma: bool, inherited: Inherited) {
        let found = self.rules.at(&self.place, value);
        let inside = match &found {
            Some((_, true)) => Inherited::ByType,
            Some((_, false)) => Inherited::Nothing,
            None => inherited,
        };
        let rule = found.map(|(rule, _)| rule).or_else(|| self.implied(value, inherited));
        let depth = self.place.len();
        let (token, close) = token(value);
        let is_open = close.is_some();
        let key = key.map(written);
        self.push(BodyLine { path: path.to_owned(), depth, key, token, has_comma: has_comma && !is_open, rule });
        let Some(close) = close else { return };
        match value {
            Json::Array(elements) => self.elements(elements, path, inside),
            Json::Object(members) => self.members(members, path, inside),
            _ => {}
        }
        let token = Token::Mark(close);
        self.push(BodyLine { path: String::new(), depth, key: None, token, has_comma, rule: None });
    }

    /// Where some values are bound, of each other one is said what holds.
    fn implied(&self, value: &Json<'_>, inherited: Inherited) -> Option<Rule> {
        let is_bracket = matches!(value, Json::Array(_) | Json::Object(_));
        match inherited {
            Inherited::ByType if !is_bracket => Some(Rule::said("by type")),
            Inherited::Nothing if self.has_rules && !is_bracket => Some(Rule::said("exactly this")),
            _ => None,
        }
    }

    fn elements(&mut self, elements: &[Json<'_>], path: &str, inherited: Inherited) {
        for (index, element) in elements.iter().take(MOST_ELEMENTS).enumerate() {
            let mut inside = path.to_owned();
            push_index(&mut inside, index);
            self.place.push(Step::Index(index));
            self.value(None, element, &inside, index + 1 < elements.len(), inherited);
            self.place.pop();
        }
        if elements.len() > MOST_ELEMENTS {
            let token = Token::Folded(elements.len() - MOST_ELEMENTS);
            let depth = self.place.len() + 1;
            self.push(BodyLine { path: String::new(), depth, key: None, token, has_comma: false, rule: None });
        }
    }

    fn members(&mut self, members: &[json::Member<'_>], path: &str, inherited: Inherited) {
        for (index, (key, value)) in members.iter().enumerate() {
            if self.is_cut {
                return;
            }
            let mut inside = path.to_owned();
            push_name(&mut inside, key);
            self.place.push(Step::Name(key.clone().into_owned()));
            self.value(Some(key), value, &inside, index + 1 < members.len(), inherited);
            self.place.pop();
        }
    }

    fn push(&mut self, line: BodyLine) {
        if self.lines.len() < self.most {
            self.lines.push(line);
        } else {
            self.is_cut = true;
        }
    }
}

/// What stands on the first line of a value, and what on its last if that is another one.
fn token(value: &Json<'_>) -> (Token, Option<&'static str>) {
    match value {
        Json::Null => (Token::Word("null"), None),
        Json::Bool(true) => (Token::Word("true"), None),
        Json::Bool(false) => (Token::Word("false"), None),
        Json::Number(text) => (Token::Number(cut(text).to_owned()), None),
        Json::String(text) => (Token::Text(written(text)), None),
        Json::Array(elements) if elements.is_empty() => (Token::Mark("[]"), None),
        Json::Object(members) if members.is_empty() => (Token::Mark("{}"), None),
        Json::Array(_) => (Token::Mark("["), Some("]")),
        Json::Object(_) => (Token::Mark("{"), Some("}")),
    }
}

/// As JSON has it; long text ends with an ellipsis.
fn written(text: &str) -> String {
    let shown = cut(text);
    let mut out = String::with_capacity(shown.len() + 2);
    if shown.len() < text.len() {
        json::write_string(&format!("{shown}…"), &mut out);
    } else {
        json::write_string(shown, &mut out);
    }
    out
}
