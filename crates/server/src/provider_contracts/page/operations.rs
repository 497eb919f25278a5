//! The operations on the left, with who uses each and whether that fits; where there are many, by tag.

use maud::{Markup, html};

use super::consumers::{self, number};
use super::finding::said;
use super::gather::Told;
use super::read::{ELSEWHERE, Operation, Seen};
use crate::ui::Viewer;
use crate::ui::parts::{Choice, Filter, Filters, Verdict, count, counted, shape_alone};

/// Above this many, they are grouped, and those that nobody uses are folded.
const MANY: usize = 50;
/// So many are listed; a filter finds the others.
const MOST: usize = 600;

/// The list with what is chosen in it.
pub(super) struct Listed<'a> {
    pub(super) viewer: &'a Viewer,
    pub(super) told: &'a Told,
    pub(super) seen: &'a Seen,
    pub(super) chosen: Option<usize>,
    pub(super) is_elsewhere: bool,
}

struct Group<'a> {
    head: &'a str,
    places: Vec<usize>,
}

impl Listed<'_> {
    pub(super) fn show(&self) -> Markup {
        let Self { viewer, seen, .. } = self;
        let wanted: Vec<usize> = (0..seen.operations.len()).filter(|place| self.is_wanted(*place)).collect();
        let shown = &wanted[..wanted.len().min(MOST)];
        let all = counted(number(seen.operations.len()), "operation", "operations");
        html! {
            nav .interactions aria-label="Operations" {
                (filters(viewer, &all))
                div #interactions {
                    (self.elsewhere())
                    @if seen.operations.len() > MANY {
                        @for group in self.grouped(shown) { (self.group(&group)) }
                    } @else {
                        ul { @for place in shown { (self.item(*place)) } }
                    }
                    @if wanted.len() > shown.len() { p .note { (count(number(wanted.len() - shown.len()))) " more: filter to see them." } }
                    @if wanted.is_empty() { p .note { @if seen.operations.is_empty() { "This document describes no operation." } @else { "No operation is like this." } } }
                }
            }
        }
    }

    fn is_wanted(&self, place: usize) -> bool {
        let operation = &self.seen.operations[place];
        let is_of_kind = match self.viewer.query.last("only") {
            Some("used") => !operation.users.is_empty(),
            Some("unused") => operation.users.is_empty(),
            Some("failed") => self.seen.errors_of(operation) > 0,
            _ => true,
        };
        let sought = self.viewer.query.last("q").unwrap_or_default().to_lowercase();
        let has = |text: &str| text.to_lowercase().contains(&sought);
        is_of_kind && (has(&operation.key()) || has(&operation.summary) || operation.users.iter().any(|name| has(name)))
    }

    /// In the order of the first of each; those with something that does not fit stand first.
    fn grouped<'g>(&'g self, places: &[usize]) -> Vec<Group<'g>> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        let mut known = std::collections::HashMap::new();
        for place in places {
            let head = head(&self.seen.operations[*place]);
            let group = *known.entry(head).or_insert_with(|| {
                groups.push(Group { head, places: Vec::new() });
                groups.len() - 1
            });
            groups[group].places.push(*place);
        }
        groups.sort_by_key(|group| !self.has_failed(&group.places));
        groups
    }

    fn has_failed(&self, places: &[usize]) -> bool {
        places.iter().any(|place| self.seen.errors_of(&self.seen.operations[*place]) > 0)
    }

    fn group(&self, group: &Group<'_>) -> Markup {
        let is_used = |place: &&usize| {
            let operation = &self.seen.operations[**place];
            !operation.users.is_empty() || !operation.findings.is_empty() || self.chosen == Some(**place)
        };
        let (used, unused): (Vec<&usize>, Vec<&usize>) = group.places.iter().partition(is_used);
        let is_current = self.chosen.is_some_and(|chosen| group.places.contains(&chosen));
        let is_sought = self.viewer.query.has("q") || self.viewer.query.has("only");
        html! {
            details .group .current[is_current] open[is_current || is_sought || self.has_failed(&group.places)] {
                summary { code { (group.head) } span { (count(number(group.places.len()))) } }
                ul { @for place in &used { (self.item(**place)) } }
                @if !unused.is_empty() {
                    details .unused open[is_sought] {
                        summary { (count(number(unused.len()))) " that nobody uses" }
                        ul { @for place in &unused { (self.item(**place)) } }
                    }
                }
            }
        }
    }

    fn item(&self, place: usize) -> Markup {
        let operation = &self.seen.operations[place];
        let is_selected = self.chosen == Some(place) && !self.is_elsewhere;
        let href = self.viewer.here_with(&[("operation", Some(&operation.key()))]);
        let (verdict, words) = verdict(self.told, self.seen, operation);
        let users = number(operation.users.len());
        let first = operation.findings.first().map(|place| &self.seen.findings[*place]);
        html! {
            li .selected[is_selected] .idle[users == 0] {
                a href=(href) data-step title={ (operation.key()) ": " (operation.summary) } aria-current=[is_selected.then_some("true")] {
                    (shape_alone(verdict, words))
                    span .what {
                        span .name { span .verb { (operation.method) } " " (operation.path) }
                        @if let Some(found) = first.filter(|found| found.finding.is_error()) { span .why { (said(&found.finding.message)) } }
                    }
                    span .end { @if users == 0 { "unused" } @else { (counted(users, "user", "users")) } }
                }
            }
        }
    }

    /// What contracts ask for and the document has nothing about.
    fn elsewhere(&self) -> Markup {
        let found: Vec<_> = self.seen.elsewhere().collect();
        let Some(first) = found.first() else { return html! {} };
        let is_error = found.iter().any(|found| found.finding.is_error());
        let verdict = if is_error { Verdict::Failed } else { Verdict::Warning };
        let href = self.viewer.here_with(&[("operation", Some(ELSEWHERE))]);
        html! {
            ul .elsewhere {
                li .selected[self.is_elsewhere] {
                    a href=(href) data-step aria-current=[self.is_elsewhere.then_some("true")] {
                        (shape_alone(verdict, if is_error { "Doesn't fit" } else { "Warning" }))
                        span .what {
                            span .name .plain { "Not in this document" }
                            span .why { (said(&first.finding.message)) }
                        }
                        span .end { (counted(number(found.len()), "finding", "findings")) }
                    }
                }
            }
        }
    }
}

fn filters(viewer: &Viewer, all: &str) -> Markup {
    let option = |value: &str, words: &str| (value.to_owned(), words.to_owned());
    let options =
        vec![option("", "all"), option("used", "used"), option("unused", "unused"), option("failed", "not fitting")];
    let fields =
        vec![Filter::Text { name: "q", label: all }, Filter::Choice(Choice { name: "only", label: "Show", options })];
    Filters { fields, target: "interactions", end: None }.show(viewer)
}

/// Its tag, else the first segment of its path.
fn head(operation: &Operation) -> &str {
    let path = operation.path.as_str();
    let segment = || path.strip_prefix('/').unwrap_or(path).split('/').next().unwrap_or_default();
    operation.tag.as_deref().unwrap_or_else(segment)
}

/// Whether those who call it fit; nothing can be said of what nobody calls. If one consumer is asked for, only whether it
/// does.
pub(super) fn verdict(told: &Told, seen: &Seen, operation: &Operation) -> (Verdict, &'static str) {
    if seen.errors_of(operation) > 0 {
        return (Verdict::Failed, "Doesn't fit");
    }
    let mut users = operation.users.iter().filter(|name| told.asked.as_ref().is_none_or(|asked| asked == *name));
    if users.clone().next().is_none() {
        return (Verdict::NotApplicable, if told.asked.is_some() { "Not used by it" } else { "Nobody uses it" });
    }
    // Of one that does not fit, it is known only if what was found is at hand.
    let is_known = |name: &String| match told.consumers.iter().find(|one| one.consumer == *name).map(consumers::verdict)
    {
        Some(Verdict::Passed) => true,
        Some(Verdict::Failed) => told.found.iter().any(|found| found.consumer == *name),
        _ => false,
    };
    if users.all(is_known) { (Verdict::Passed, "Fits") } else { (Verdict::NotVerified, "Not known") }
}
