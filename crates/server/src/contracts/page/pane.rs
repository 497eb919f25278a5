//! One interaction on the right: what holds before, the request, the answer, and in it what was not as expected.

use maud::{Markup, html};
use pactolus_domain::contract_lines::{
    BodyLine, Field, FieldKind, Interaction, Outline, Part, PartKind, Rule, Shown, Token, canonical_path,
};

use super::outcome::{At, Outcome, Wrong};
use super::{Readers, Told};
use crate::edge::urls;
use crate::provider_contracts::{Finding, said};
use crate::ui::Viewer;
use crate::ui::parts::{Kind, Line, Verdict, command, lines, sentence, shape_alone, word};

/// Bytes of a body that are shown.
const MOST_BYTES: usize = 2_048;

/// Which side of a mismatch is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Both,
    Expected,
    Actual,
}

/// An interaction, and where it stands in its contract.
pub(super) struct Pane<'a> {
    pub(super) told: &'a Told,
    pub(super) index: usize,
    pub(super) key: &'a str,
    pub(super) outline: &'a Outline,
    pub(super) interaction: &'a Interaction,
    pub(super) outcome: &'a Outcome,
}

pub(super) fn pane(viewer: &Viewer, pane: &Pane<'_>) -> Markup {
    let Pane { told, outline, interaction, outcome, .. } = pane;
    let side = match viewer.query.last("show") {
        Some("expected") => Side::Expected,
        Some("actual") => Side::Actual,
        _ => Side::Both,
    };
    let here = viewer.here_with(&[("interaction", Some(pane.key))]);
    let answer = interaction.parts.iter().rposition(|part| part.kind != PartKind::Request).unwrap_or_default();
    html! {
        article .pane #interaction {
            header {
                h2 { @if outline.description.is_empty() { "An interaction without a description" } @else { (outline.description) } }
                a .link href=(here) { "Link to this" }
            }
            @for (name, parameters) in &interaction.states {
                p .given { "Given " span { (name) } @if !parameters.is_empty() { " " code { (parameters) } } }
            }
            (summary(viewer, told, outcome))
            @for (index, part) in interaction.parts.iter().enumerate() {
                @let wrongs = if index == answer { outcome.wrongs.as_slice() } else { &[] };
                @let placed = Placed { viewer, number: pane.index + 1, side, wrongs };
                (placed.part(part))
            }
            (said_by_document(told, pane.index))
            @if let Some(readers) = &told.readers { (read_by(viewer, readers)) }
        }
    }
}

/// What the provider's document has against this interaction.
fn said_by_document(told: &Told, index: usize) -> Markup {
    const MOST: usize = 20;
    let Some(offered) = &told.offered else { return html! {} };
    let own: Vec<&Finding> = offered.findings.iter().filter(|finding| finding.place() == Some(index + 1)).collect();
    html! {
        @if !own.is_empty() {
            section .part .said-by {
                header { h3 { "Document of " (told.served.provider) } span .quiet { "of version " (crate::ui::parts::short(&offered.version)) } }
                ul {
                    @for finding in own.iter().take(MOST) {
                        li {
                            (shape_alone(finding.verdict(), finding.verdict().word()))
                            div {
                                (said(&finding.message))
                                @if let Some(spot) = &finding.contract { " " code { (within(&spot.pointer)) } }
                                @if let Some(spot) = &finding.document { span .quiet { " line " (spot.line) " of the document" } }
                            }
                        }
                    }
                }
                @if own.len() > MOST { p .note { (own.len() - MOST) " more." } }
            }
        }
    }
}

/// The place in its interaction: `response.body.id`.
fn within(pointer: &str) -> String {
    let steps: Vec<String> =
        pointer.split('/').skip(3).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    steps.join(".")
}

/// Whom else it hits.
fn read_by(viewer: &Viewer, readers: &Readers) -> Markup {
    const MOST: usize = 12;
    let Readers { path, consumers } = readers;
    html! {
        @if !consumers.is_empty() {
            p .read-by {
                code { (path) } " of this operation is read by "
                @for (index, name) in consumers.iter().take(MOST).enumerate() {
                    @if index > 0 { @if index + 1 == consumers.len() { " and " } @else { ", " } }
                    a href=(viewer.at(&format!("/pacticipants/{}", urls::segment(name)))) { (name) }
                }
                @if consumers.len() > MOST { " and " (consumers.len() - MOST) " more" }
                "."
            }
        }
    }
}

/// What is wrong in one sentence, before it is shown where it happened.
fn summary(viewer: &Viewer, told: &Told, outcome: &Outcome) -> Markup {
    let provider = &told.served.provider;
    let Some(result) = told.selected() else {
        let url = &told.base;
        let to_run = format!(
            "pactolus verify --broker-url {url} --provider {} --provider-base-url http://localhost:8080 --provider-version VERSION --publish",
            word(provider)
        );
        return html! {
            div .unverified {
                (sentence(Verdict::NotVerified, &html! { b { (provider) " has not verified this yet." } " Run this in its build:" }))
                (command(&to_run))
            }
        };
    };
    let version = crate::ui::parts::short(&result.version);
    match (outcome.verdict, outcome.wrongs.as_slice()) {
        (Verdict::Passed, _) => html! {},
        (verdict, []) => {
            let words = match verdict {
                Verdict::NotApplicable => "failed, and its result does not say where.",
                _ => "failed here, and its result does not say how.",
            };
            sentence(verdict_or_warning(verdict), &html! { b { (provider) " " (version) } " " (words) })
        }
        (verdict, [first, others @ ..]) => sentence(
            verdict,
            &html! {
                b { (provider) " " (version) @if let Some(path) = &first.path { ": " code { (path) } } }
                " " (first.sentence)
                @if !others.is_empty() { span .quiet { " And " (others.len()) " more, marked below." } }
                @if verdict == Verdict::Pending { span .quiet { " Pending: this does not fail its build." } }
                (smallest_fix(viewer, told))
            },
        ),
    }
}

/// The gate says what would help the provider version to go on.
fn smallest_fix(viewer: &Viewer, told: &Told) -> Markup {
    let Some(result) = told.selected() else { return html! {} };
    let [provider, version] = [&told.served.provider, &result.version].map(|name| urls::segment(name));
    html! { a .button href=(viewer.at(&format!("/can-i-deploy?pacticipant={provider}&version={version}"))) { "Smallest fix" } }
}

fn verdict_or_warning(verdict: Verdict) -> Verdict {
    if verdict == Verdict::NotApplicable { Verdict::Warning } else { verdict }
}

/// A part with what is wrong in it.
struct Placed<'a> {
    viewer: &'a Viewer,
    /// Of the interaction: ids on the page begin with it.
    number: usize,
    side: Side,
    wrongs: &'a [Wrong],
}

impl Placed<'_> {
    fn part(&self, part: &Part) -> Markup {
        let fields = self.fields(part);
        let elsewhere = self.elsewhere(part);
        html! {
            section .part {
                header {
                    h3 { (name(part.kind)) }
                    @if let Some(method) = &part.method { b .mono { (method.to_uppercase()) } }
                    @if let Some(path) = &part.path { span .mono .path { (path) } }
                    @if let Some(status) = &part.status { b .mono { (status) } span .mono { (reason(status)) } }
                    @if let Some(rule) = part.path_rule.as_ref().or(part.status_rule.as_ref()) { span .rule { span { (rule_words(rule)) } } }
                    @if let Some(kind) = body_kind(part) { span .quiet { (kind) } }
                    @if !self.wrongs.is_empty() { (self.sides()) }
                }
                @if !elsewhere.is_empty() { (lines(&elsewhere, true)) }
                @if !fields.is_empty() { div .fields { (lines(&fields, true)) } }
                (self.body(part))
                @if !part.unbound.is_empty() {
                    div .unbound {
                        h4 { "Rules for what is not shown" }
                        ul { @for (path, rule) in part.unbound.iter().take(50) { li { code { (path) } " " span .rule { span { (rule_words(rule)) } } } } }
                    }
                }
            }
        }
    }

    fn sides(&self) -> Markup {
        let sides =
            [(Side::Expected, "expected", "Expected"), (Side::Actual, "actual", "Actual"), (Side::Both, "", "Both")];
        let next = sides.iter().position(|(side, ..)| *side == self.side).map_or(0, |at| (at + 1) % sides.len());
        html! {
            div .sides role="group" aria-label="Sides" {
                @for (index, (side, value, words)) in sides.iter().enumerate() {
                    @let value = Some(*value).filter(|value| !value.is_empty());
                    a href=(self.viewer.here_with(&[("show", value)])) data-key=[(index == next).then_some("e")]
                        aria-current=[(*side == self.side).then_some("true")] { (words) }
                }
            }
        }
    }

    fn id(&self, at: &str) -> String {
        let words = at.trim_start_matches(['$', '.']);
        let words = if words.is_empty() { "body" } else { words };
        let plain: String = words.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '-' }).collect();
        format!("i{}-{plain}", self.number)
    }

    /// The status that came instead, and what has no place of its own.
    fn elsewhere(&self, part: &Part) -> Vec<Line> {
        let mut lines = Vec::new();
        for (index, wrong) in self.wrongs.iter().enumerate() {
            let path = wrong.path.as_deref().unwrap_or("$");
            let has_place = match wrong.at {
                At::Status | At::Elsewhere => false,
                At::Header | At::Metadata => part.fields.iter().any(|field| wrong.is_of(field)),
                At::Body => has_lines(part) && canonical_path(path).is_some(),
            };
            if has_place {
                continue;
            }
            let what = match wrong.at {
                At::Status => "status".to_owned(),
                _ => wrong.path.clone().unwrap_or_else(|| "answer".to_owned()),
            };
            let expected = part.status.as_deref().filter(|_| wrong.at == At::Status).unwrap_or_default();
            let text = html! { span .name { (what) } " " (expected) };
            let id = Some(self.id(&format!("{what}-{index}")));
            lines.push(Line {
                kind: Kind::Bad,
                id,
                number: None,
                text,
                rule: None,
                note: Some(wrong.sentence.clone()),
            });
            lines.extend(self.got(wrong, 0));
        }
        lines
    }

    fn fields(&self, part: &Part) -> Vec<Line> {
        let mut shown = Vec::new();
        for field in &part.fields {
            let wrong = self.wrongs.iter().find(|wrong| wrong.is_of(field));
            let text = html! {
                span .name { @if field.kind == FieldKind::Query { "?" } (field.name) } span .value { (field.value) }
            };
            let rule = field.rule.as_ref().map(rule_words);
            let id = wrong.map(|_| self.id(&field.name));
            let kind = if wrong.is_some() { Kind::Bad } else { Kind::Plain };
            let note = wrong.map(|wrong| wrong.sentence.clone());
            shown.push(Line { kind, id, number: None, text, rule, note });
            shown.extend(wrong.and_then(|wrong| self.got(wrong, 0)));
        }
        shown
    }

    fn got(&self, wrong: &Wrong, depth: usize) -> Option<Line> {
        let actual = wrong.actual.as_deref().filter(|_| self.side != Side::Expected)?;
        let text = html! { (" ".repeat(depth * 2)) (actual) };
        Some(Line { kind: Kind::Got, id: None, number: None, text, rule: None, note: None })
    }

    fn body(&self, part: &Part) -> Markup {
        let cut = html! {
            @if part.body.is_cut { p .note { "There is more. " a .link href=(self.viewer.as_json()) { "Open all of it as JSON" } } }
        };
        match &part.body.shown {
            Shown::Absent => {
                html! { @if part.kind == PartKind::Response && part.fields.is_empty() { p .note { "Any body." } } }
            }
            Shown::Json(body) => html! { (lines(&self.json(body), true)) (cut) },
            Shown::Text(text) => {
                let line = |(index, text): (usize, &String)| Line {
                    kind: Kind::Plain,
                    id: None,
                    number: Some(index + 1),
                    text: html! { (text) },
                    rule: None,
                    note: None,
                };
                let shown: Vec<Line> = text.iter().enumerate().map(line).collect();
                html! { (lines(&shown, false)) (cut) }
            }
            Shown::Bytes(bytes) => html! {
                div .scroll tabindex="0" role="region" aria-label="Bytes" { pre .hex { (hex(bytes)) } }
                @if bytes.len() > MOST_BYTES { p .note { (bytes.len() - MOST_BYTES) " more bytes." } }
            },
        }
    }

    fn json(&self, body: &[BodyLine]) -> Vec<Line> {
        let mut places: Vec<(usize, &Wrong)> = Vec::new();
        for wrong in self.wrongs.iter().filter(|wrong| wrong.at == At::Body) {
            places.extend(place(body, wrong).map(|at| (at, wrong)));
        }
        let mut shown = Vec::new();
        for (index, line) in body.iter().enumerate() {
            let here: Vec<&Wrong> = places.iter().filter(|(at, _)| *at == index).map(|(_, wrong)| *wrong).collect();
            let is_own = |wrong: &&&Wrong| wrong.canonical().as_deref() == Some(line.path.as_str());
            let own: Option<&Wrong> = here.iter().find(is_own).copied();
            let number = Some(index + 1);
            let rule = line.rule.as_ref().map(rule_words);
            let is_hidden = own.is_some_and(|own| own.actual.is_some()) && self.side == Side::Actual;
            if !is_hidden {
                let kind = if own.is_some() { Kind::Bad } else { Kind::Plain };
                let id = own.map(|_| self.id(&line.path));
                let note = own.map(|own| own.sentence.clone());
                shown.push(Line { kind, id, number, text: json_line(line), rule, note });
            }
            for wrong in here {
                let is_own = own.is_some_and(|own| std::ptr::eq(own, wrong));
                if is_own {
                    shown.extend(self.got(wrong, line.depth));
                } else {
                    shown.push(self.below(wrong, line.depth + 1));
                }
            }
        }
        shown
    }

    /// A mismatch at a place of which the contract has no line: it was not expected, or its line is not shown.
    fn below(&self, wrong: &Wrong, depth: usize) -> Line {
        let path = wrong.path.as_deref().unwrap_or("$");
        let text = html! {
            (" ".repeat(depth * 2)) span .name { (path) } @if let Some(actual) = &wrong.actual { " " (actual) }
        };
        let id = Some(self.id(path));
        Line { kind: Kind::Got, id, number: None, text, rule: None, note: Some(wrong.sentence.clone()) }
    }
}

impl Wrong {
    fn is_of(&self, field: &Field) -> bool {
        let is_kind = match self.at {
            At::Header => field.kind == FieldKind::Header,
            At::Metadata => field.kind == FieldKind::Metadata,
            _ => false,
        };
        let named = |path: &str| path.trim_start_matches("$.").eq_ignore_ascii_case(&field.name);
        is_kind && self.path.as_deref().is_some_and(named)
    }

    fn canonical(&self) -> Option<String> {
        canonical_path(self.path.as_deref().unwrap_or("$"))
    }
}

fn has_lines(part: &Part) -> bool {
    matches!(part.body.shown, Shown::Json(_))
}

/// The line of the place, or of what it stands in.
fn place(body: &[BodyLine], wrong: &Wrong) -> Option<usize> {
    let mut path = wrong.canonical()?;
    loop {
        if let Some(at) = body.iter().position(|line| line.path == path) {
            return Some(at);
        }
        path.truncate(path.rfind(['.', '['])?);
    }
}

fn json_line(line: &BodyLine) -> Markup {
    html! {
        ("  ".repeat(line.depth))
        @if let Some(key) = &line.key { span .key { (key) } span .t-mark { ": " } }
        @match &line.token {
            Token::Mark(mark) => { span .t-mark { (mark) } }
            Token::Text(text) => { span .t-string { (text) } }
            Token::Number(number) => { span .t-number { (number) } }
            Token::Word(word) => { (word) }
            Token::Folded(count) => { span .t-mark { "… " (count) " more" } }
        }
        @if line.has_comma { span .t-mark { "," } }
    }
}

pub(super) fn rule_words(rule: &Rule) -> Markup {
    html! { (rule.words) @if !rule.code.is_empty() { " " code { (rule.code) } } }
}

fn name(kind: PartKind) -> &'static str {
    match kind {
        PartKind::Request => "Request",
        PartKind::Response => "Response",
        PartKind::Message => "Message",
        PartKind::Reply => "Answer",
    }
}

/// What people call the status.
fn reason(status: &str) -> &'static str {
    let code = status.parse().ok().and_then(|status: u16| axum::http::StatusCode::from_u16(status).ok());
    code.and_then(|code| code.canonical_reason()).unwrap_or_default()
}

/// Of bodies that are no JSON: what they are, and how large.
fn body_kind(part: &Part) -> Option<String> {
    let kind = part.body.content_type.as_deref().unwrap_or("no type");
    match &part.body.shown {
        Shown::Bytes(bytes) => Some(format!("{kind}, {} bytes", bytes.len())),
        Shown::Text(_) => Some(kind.to_owned()),
        Shown::Absent | Shown::Json(_) => None,
    }
}

/// Sixteen bytes a line: where they stand, the bytes, and what of them is letters.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    for (index, row) in bytes.chunks(16).take(MOST_BYTES / 16).enumerate() {
        let digits: Vec<String> = row.iter().map(|byte| format!("{byte:02x}")).collect();
        let letter = |byte: &u8| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '·' };
        let letters: String = row.iter().map(letter).collect();
        writeln!(text, "{:08x}  {:<47}  {letters}", index * 16, digits.join(" ")).expect("a string takes all text");
    }
    text
}
