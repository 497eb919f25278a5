//! One operation on the right: who uses it and what of it, whether it was tried, what does not fit with both sides open, and
//! its part of the document.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use pactolus_domain::usage::{Element, Part};
use pactolus_oas::fields::{Offered, unused};

use super::consumers::number;
use super::excerpt::{Text, cut};
use super::finding::{Finding, plainly, said};
use super::gather::Told;
use super::operations::verdict;
use super::read::{Found, Operation, Seen};
use crate::edge::urls;
use crate::ui::Viewer;
use crate::ui::parts::{Kind, Line, Verdict, badge, chip, counted, lines, link, sentence, shape, tag};
use crate::usage::CountingVersion;

/// Findings with both sides open; the others are counted.
const MOST_FINDINGS: usize = 20;
/// Lines of the operation.
const MOST_LINES: usize = 160;
/// Consumers that are listed.
const MOST_USERS: usize = 40;
/// Names of fields on one line.
const MOST_NAMES: usize = 24;
/// Things that nobody uses.
const MOST_UNUSED: usize = 40;

/// What the right side is made of.
pub(super) struct Pane<'a> {
    pub(super) viewer: &'a Viewer,
    pub(super) told: &'a Told,
    pub(super) seen: &'a Seen,
    /// The document in lines.
    pub(super) text: &'a Text,
}

impl Pane<'_> {
    /// What is about no operation.
    pub(super) fn elsewhere(&self) -> Markup {
        let found: Vec<&Found> = self.seen.elsewhere().collect();
        html! {
            article .pane #operation {
                header { h2 .plain { "Not in this document" } }
                p .lead-in { "Contracts ask for something that this document says nothing about." }
                (self.findings(&found))
            }
        }
    }

    pub(super) fn operation(&self, place: usize) -> Markup {
        let operation = &self.seen.operations[place];
        let (own, words) = verdict(self.told, self.seen, operation);
        let here = self.viewer.here_with(&[("operation", Some(&operation.key()))]);
        let found: Vec<&Found> = operation.findings.iter().map(|place| &self.seen.findings[*place]).collect();
        html! {
            article .pane #operation {
                header {
                    h2 { span .verb { (operation.method) } " " (operation.path) }
                    @if own != Verdict::NotApplicable { (badge(own, words)) }
                    a .link href=(here) { "Link to this" }
                }
                @if !operation.summary.is_empty() || operation.is_deprecated {
                    p .lead-in { (cut(&operation.summary)) @if operation.is_deprecated { " " (tag(None, "deprecated")) } }
                }
                (self.findings(&found))
                (self.users(operation))
                (self.tried(place))
                (self.excerpt(operation, &found))
            }
        }
    }

    fn findings(&self, found: &[&Found]) -> Markup {
        let contracts: BTreeMap<usize, Text> = found
            .iter()
            .take(MOST_FINDINGS)
            .map(|found| found.of)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .filter_map(|of| Some((of, Text::of(self.told.found.get(of)?.contract.as_deref()?))))
            .collect();
        html! {
            @for (index, found) in found.iter().take(MOST_FINDINGS).enumerate() {
                (self.finding(index, found, contracts.get(&found.of)))
            }
            @if found.len() > MOST_FINDINGS { p .note { (counted(number(found.len() - MOST_FINDINGS), "finding", "findings")) " more: choose one consumer to see its own." } }
        }
    }

    /// An error is open; what may be wrong, and what is only worth knowing, is one click away.
    fn finding(&self, index: usize, found: &Found, contract: Option<&Text>) -> Markup {
        let id = format!("f{}", index + 1);
        let verdict = found.finding.verdict();
        let head = html! { (shape(verdict)) div { h3 { (said(&found.finding.message)) } } };
        html! {
            @if found.finding.is_error() {
                section .part .finding .fail id=(id) data-mismatch { header { (head) } (self.sides(found, contract)) }
            } @else {
                details .part .finding .(verdict.class()) id=(id) { summary { (head) } (self.sides(found, contract)) }
            }
        }
    }

    fn sides(&self, found: &Found, contract: Option<&Text>) -> Markup {
        let Finding { code, interaction, edit, fix_by, .. } = &found.finding;
        let consumer = self.told.found.get(found.of).map_or("", |of| of.consumer.as_str());
        let is_error = found.finding.is_error();
        html! {
            p .whose {
                (link(&self.contract(found, consumer), consumer))
                @if !interaction.is_empty() { " " (cut(interaction)) }
                " · " code { (code) }
            }
            div .both {
                @if let (Some(text), Some(spot)) = (contract, &found.finding.contract) {
                    @let line = text.line(&spot.pointer, spot.line);
                    figure {
                        figcaption { "Contract of " b { (consumer) } ", " (place(line, spot.column, text)) }
                        (around(text, line, is_error))
                    }
                } @else if found.finding.contract.is_some() {
                    figure { figcaption { "Contract of " b { (consumer) } } p .note { "It is too large to be opened here. " (link(&self.contract(found, consumer), "Open the contract")) } }
                }
                @if let Some(spot) = &found.finding.document {
                    @let line = self.text.line(&spot.pointer, spot.line);
                    figure {
                        figcaption { "Document of " b { (self.told.shown.provider) } ", " (place(line, spot.column, self.text)) }
                        (around(self.text, line, is_error))
                    }
                }
            }
            @if !edit.is_empty() {
                p .fix-by { b { (mover(fix_by, &self.told.shown.provider, consumer)) } " " (said(edit)) "." }
            }
        }
    }

    /// Where its contract is shown, at the interaction.
    fn contract(&self, found: &Found, consumer: &str) -> String {
        let of = self.told.consumers.iter().find(|one| one.consumer == consumer);
        let provider = urls::segment(&self.told.shown.provider);
        let place = found.finding.place().map(|place| format!("?interaction={place}")).unwrap_or_default();
        let version = of.map_or("latest".to_owned(), |of| format!("version/{}", urls::segment(&of.consumer_version)));
        self.viewer.at(&format!("/pacts/provider/{provider}/consumer/{}/{version}{place}", urls::segment(consumer)))
    }

    /// Who uses it, and what of it.
    fn users(&self, operation: &Operation) -> Markup {
        let mut versions: BTreeMap<&str, Vec<&CountingVersion>> = BTreeMap::new();
        let mut of_contents: BTreeMap<i64, Vec<&Element>> = BTreeMap::new();
        for (content, element) in &self.told.uses {
            of_contents.entry(*content).or_default().push(element);
        }
        for version in self.told.counting.iter().filter(|version| of_contents.contains_key(&version.content_id)) {
            versions.entry(version.consumer.as_str()).or_default().push(version);
        }
        let used: Vec<Element> = self.told.uses.iter().map(|(_, element)| element.clone()).collect();
        let unused = if operation.users.is_empty() { Vec::new() } else { self.unused(operation, &used) };
        html! {
            section .part .users {
                header { h3 { "Used by" } @if !versions.is_empty() { span .quiet { (counted(number(versions.len()), "consumer", "consumers")) } } }
                @if versions.is_empty() {
                    p .note { "No contract that counts calls this operation. Consumers without contracts may." }
                } @else {
                    ul {
                        @for (name, versions) in versions.iter().take(MOST_USERS) {
                            @let elements: BTreeSet<&Element> = versions.iter().filter_map(|version| of_contents.get(&version.content_id)).flatten().copied().collect();
                            li {
                                div .who {
                                    a .name .cut href=(self.viewer.at(&format!("/pacticipants/{}", urls::segment(name)))) title=(name) { (name) }
                                    @for version in versions.iter().rev().take(3) { (self.version(version)) }
                                }
                                p .what { (uses(&elements)) }
                            }
                        }
                    }
                    @if versions.len() > MOST_USERS { p .note { (versions.len() - MOST_USERS) " more consumers use it." } }
                }
                @if !unused.is_empty() { (nobody_uses(&unused)) }
            }
        }
    }

    fn version(&self, version: &CountingVersion) -> Markup {
        let [consumer, number] = [&version.consumer, &version.number].map(|name| urls::segment(name));
        let places: Vec<&str> = version.environments.iter().chain(&version.branches).map(String::as_str).collect();
        html! {
            span .version {
                (chip(&self.viewer.at(&format!("/pacticipants/{consumer}/versions/{number}")), &version.number))
                @if !places.is_empty() { " " (places.join(", ")) }
            }
        }
    }

    fn unused(&self, operation: &Operation, used: &[Element]) -> Vec<Offered> {
        let all = unused(&self.seen.document, used);
        let of_it = all.into_iter().filter(|one| one.method == operation.method && one.path == operation.path);
        of_it.filter(|one| one.part != Part::Operation).collect()
    }

    /// What the provider's own tests tried of it.
    fn tried(&self, place: usize) -> Markup {
        let by = self.told.shown.verifier.as_deref().unwrap_or("its own tests");
        let Some(tried) = self.seen.tried(place) else { return html! {} };
        let statuses: Vec<String> = tried.statuses.iter().map(u16::to_string).collect();
        let words = html! {
            b { (self.told.shown.provider) " " }
            @if !tried.is_exercised() {
                "never tried this in its own tests, as the report of " (by) " tells."
            } @else {
                "tried this " (times(tried.passed + tried.failed)) " by " (by)
                @if tried.failed > 0 { ", " (tried.failed) " of them failed" }
                @if !statuses.is_empty() { "; it answered " (statuses.join(", ")) }
                "."
            }
        };
        let verdict = match (tried.is_exercised(), tried.failed) {
            (false, _) => Verdict::Warning,
            (true, 0) => Verdict::Passed,
            _ => Verdict::Failed,
        };
        html! { div .tried { (sentence(verdict, &words)) } }
    }

    /// Its part of the document, with what does not fit marked.
    fn excerpt(&self, operation: &Operation, found: &[&Found]) -> Markup {
        let first = self.text.line(operation.pointer.as_str(), operation.line);
        let range = self.text.block(first, MOST_LINES);
        let mut wrong: BTreeMap<usize, &Finding> = BTreeMap::new();
        for found in found {
            if let Some(spot) = &found.finding.document {
                wrong.entry(self.text.line(&spot.pointer, spot.line)).or_insert(&found.finding);
            }
        }
        let shown: Vec<Line> = range
            .clone()
            .map(|number| {
                let finding = wrong.get(&number).filter(|finding| finding.is_error());
                Line {
                    kind: if finding.is_some() { Kind::Bad } else { Kind::Plain },
                    id: Some(format!("L{number}")),
                    number: Some(number),
                    text: html! { (self.text.shown(number)) },
                    rule: None,
                    note: finding.map(|finding| plainly(&finding.message)),
                }
            })
            .collect();
        let has_notes = shown.iter().any(|line| line.note.is_some());
        html! {
            section .part .source {
                header {
                    h3 { "Document" }
                    span .quiet { "from line " (first) @if self.text.is_laid_out() { ", laid out for reading" } }
                    a .link .end href=(self.viewer.at(&content(&self.told.shown.provider, &self.told.shown.version))) { "All of it" }
                }
                (lines(&shown, has_notes))
                @if range.len() == MOST_LINES { p .note { "It goes on." } }
            }
        }
    }
}

/// Where the document stands as it was published.
pub(super) fn content(provider: &str, version: &str) -> String {
    format!("/contracts/provider/{}/version/{}/content", urls::segment(provider), urls::segment(version))
}

/// Lines with the one that matters marked, as far to the left as they can stand.
fn around(text: &Text, line: usize, is_error: bool) -> Markup {
    let range = text.around(line, 2, 3);
    let margin = text.margin(range.clone());
    let shown: Vec<Line> = range
        .map(|number| {
            let is_it = number == line;
            let words = text.shown(number).chars().skip(margin).collect::<String>();
            let text = if is_it && !is_error {
                html! { mark { (words) } }
            } else {
                html! { (words) }
            };
            let kind = if is_it && is_error { Kind::Bad } else { Kind::Plain };
            Line { kind, id: None, number: Some(number), text, rule: None, note: None }
        })
        .collect();
    lines(&shown, false)
}

/// "line 12, column 7"; of a text that was laid out anew, no column.
fn place(line: usize, column: usize, text: &Text) -> String {
    if text.is_laid_out() { format!("line {line} when laid out") } else { format!("line {line}, column {column}") }
}

/// Whose move it is.
fn mover(fix_by: &str, provider: &str, consumer: &str) -> String {
    match fix_by {
        "provider" => format!("{provider} can change it:"),
        "consumer" => format!("{consumer} can change it:"),
        _ => "Either can change it:".to_owned(),
    }
}

/// "reads id, price; sends amount".
fn uses(elements: &BTreeSet<&Element>) -> Markup {
    let names = |parts: &[Part]| -> Vec<String> {
        let of_parts = elements.iter().filter(|element| parts.contains(&element.part) && !element.name.is_empty());
        let distinct: BTreeSet<String> = of_parts.map(|element| field(&element.name)).collect();
        distinct.into_iter().collect()
    };
    let statuses: BTreeSet<u16> = elements.iter().map(|element| element.status).filter(|status| *status > 0).collect();
    let statuses: Vec<String> = statuses.iter().map(u16::to_string).collect();
    let all = [
        ("reads", names(&[Part::ResponseBody, Part::ResponseHeader, Part::Payload])),
        ("sends", names(&[Part::RequestBody, Part::RequestHeader, Part::Query])),
    ];
    html! {
        @if !statuses.is_empty() { "expects " (statuses.join(", ")) }
        @for (verb, names) in all.iter().filter(|(_, names)| !names.is_empty()) {
            " · " (verb) " "
            @for (index, name) in names.iter().take(MOST_NAMES).enumerate() { @if index > 0 { ", " } code { (name) } }
            @if names.len() > MOST_NAMES { " and " (names.len() - MOST_NAMES) " more" }
        }
    }
}

/// A way to a field as people write it: `items.*.price`.
fn field(name: &str) -> String {
    let name = name.strip_prefix('/').unwrap_or(name);
    cut(&name.replace('/', ".").replace("~1", "/").replace("~0", "~"))
}

fn nobody_uses(unused: &[Offered]) -> Markup {
    html! {
        p .nobody {
            b { "Nobody uses " }
            @for (index, offered) in unused.iter().take(MOST_UNUSED).enumerate() {
                @if index > 0 { ", " }
                (part(offered)) @if !offered.name.is_empty() { " " code { (field(&offered.name)) } }
            }
            @if unused.len() > MOST_UNUSED { " and " (unused.len() - MOST_UNUSED) " more" }
            "."
        }
    }
}

/// What kind of thing it is, in words.
fn part(offered: &Offered) -> String {
    let status = offered.status.as_deref().unwrap_or_default();
    match offered.part {
        Part::Query => "the parameter".to_owned(),
        Part::RequestHeader => "the request's header".to_owned(),
        Part::RequestBody if offered.name.is_empty() => "the request's body".to_owned(),
        Part::RequestBody => "the request's".to_owned(),
        Part::Status => format!("the answer {status}"),
        Part::ResponseHeader => format!("the header of {status}"),
        Part::ResponseBody if offered.name.is_empty() => format!("the body of {status}"),
        _ => String::new(),
    }
}

fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    }
}
