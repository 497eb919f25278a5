//! The interactions on the left: by what they ask, with what came of each.

use std::collections::HashMap;

use maud::{Markup, html};
use pactolus_domain::contract_lines::{Kind, Outline};

use super::Told;
use super::outcome::Outcome;
use crate::ui::Viewer;
use crate::ui::parts::{Choice, Filter, Filters, Verdict, count, counted, icon, shape_alone};

/// Above this many, groups are closed and those that failed come first.
const MANY: usize = 50;
/// Letters of an id that are enough to tell it.
const SHORT_ID: usize = 12;
/// So many are listed; a filter finds the others.
const MOST: usize = 500;

/// An interaction in the list.
pub(super) struct Item<'a> {
    pub(super) index: usize,
    pub(super) key: String,
    pub(super) outline: &'a Outline,
    pub(super) outcome: &'a Outcome,
}

struct Group<'i, 'a> {
    head: String,
    items: Vec<&'i Item<'a>>,
}

/// The value of `interaction` that selects each of so many: the beginning of its id, which stays while it promises the same,
/// or its number where several begin so.
pub(super) fn keys(told: &Told, count: usize) -> Vec<String> {
    let shorts: Vec<String> =
        told.served.interaction_ids.iter().map(|id| id.chars().take(SHORT_ID).collect()).collect();
    let mut times: HashMap<&str, usize> = HashMap::new();
    for short in &shorts {
        *times.entry(short).or_default() += 1;
    }
    let key = |index: usize| match shorts.get(index) {
        Some(own) if times.get(own.as_str()) == Some(&1) => own.clone(),
        _ => (index + 1).to_string(),
    };
    (0..count).map(key).collect()
}

pub(super) fn list(viewer: &Viewer, items: &[Item<'_>], selected: usize) -> Markup {
    let is_many = items.len() > MANY;
    let wanted: Vec<&Item<'_>> = items.iter().filter(|item| is_wanted(viewer, item)).collect();
    let mut groups = grouped(&wanted);
    if is_many {
        groups.sort_by_key(|group| !group.has_failed());
    }
    let total = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let all = counted(total, "interaction", "interactions");
    let mut left = MOST;
    let shown: Vec<usize> = groups.iter().map(|group| take(&mut left, group.items.len())).collect();
    html! {
        nav .interactions aria-label="Interactions" {
            (filters(viewer, &all))
            div #interactions {
                input .more .vh #all-interactions type="checkbox" aria-label={ "Show all " (all) };
                @for (group, shown) in groups.iter().zip(shown) {
                    @if shown > 0 { (of_group(viewer, group, shown, selected, is_many)) }
                }
                @if wanted.len() > MOST {
                    p .note { (count(i64::try_from(wanted.len() - MOST).unwrap_or(i64::MAX))) " more: filter to see them." }
                }
                @if wanted.is_empty() { p .note { "No interaction is like this." } }
                label .all for="all-interactions" { "All " (all) (icon("down")) }
            }
        }
    }
}

/// How many of so many there is still room for.
fn take(left: &mut usize, wanted: usize) -> usize {
    let taken = wanted.min(*left);
    *left -= taken;
    taken
}

fn filters(viewer: &Viewer, all: &str) -> Markup {
    let option = |value: &str, words: &str| (value.to_owned(), words.to_owned());
    let options = vec![option("", "all"), option("failed", "failed"), option("passed", "passed")];
    let fields =
        vec![Filter::Text { name: "q", label: all }, Filter::Choice(Choice { name: "only", label: "Show", options })];
    Filters { fields, target: "interactions", end: None }.show(viewer)
}

fn is_wanted(viewer: &Viewer, item: &Item<'_>) -> bool {
    let has_failed = item.has_failed();
    let is_of_kind = match viewer.query.last("only") {
        Some("failed") => has_failed,
        Some("passed") => item.outcome.verdict == Verdict::Passed,
        _ => true,
    };
    let sought = viewer.query.last("q").unwrap_or_default().to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&sought);
    is_of_kind && (has(&item.outline.description) || has(&head(item.outline)))
}

impl Item<'_> {
    pub(super) fn has_failed(&self) -> bool {
        matches!(self.outcome.verdict, Verdict::Failed | Verdict::Pending)
    }
}

impl Group<'_, '_> {
    fn has_failed(&self) -> bool {
        self.items.iter().any(|item| item.has_failed())
    }
}

/// In the order of the first of each.
fn grouped<'i, 'a>(items: &[&'i Item<'a>]) -> Vec<Group<'i, 'a>> {
    let mut groups: Vec<Group<'i, 'a>> = Vec::new();
    let mut places = HashMap::new();
    for &item in items {
        let head = head(item.outline);
        let place = *places.entry(head.clone()).or_insert_with(|| {
            groups.push(Group { head, items: Vec::new() });
            groups.len() - 1
        });
        groups[place].items.push(item);
    }
    groups
}

/// "POST /payments/{id}": what differs between the things that are asked for is left out.
fn head(outline: &Outline) -> String {
    match outline.kind {
        Kind::Message => "Messages".to_owned(),
        Kind::Call => "Calls".to_owned(),
        Kind::Http => {
            let path = outline.path.as_deref().unwrap_or_default();
            let has_digit = |part: &str| part.bytes().any(|byte| byte.is_ascii_digit());
            let is_version = |part: &str| {
                part.len() < 4 && part.starts_with('v') && part[1..].bytes().all(|byte| byte.is_ascii_digit())
            };
            let masked = path.split('/').map(|part| if has_digit(part) && !is_version(part) { "{id}" } else { part });
            let method = outline.method.as_deref().unwrap_or_default().to_uppercase();
            format!("{method} {}", masked.collect::<Vec<_>>().join("/"))
        }
    }
}

fn of_group(viewer: &Viewer, group: &Group<'_, '_>, shown: usize, selected: usize, is_many: bool) -> Markup {
    let is_current = group.items.iter().any(|item| item.index == selected);
    let first = group.items.first().map_or("", |item| item.outline.description.as_str());
    let rows = html! {
        ul {
            @for (place, item) in group.items.iter().take(shown).enumerate() {
                (of_item(viewer, item, if place == 0 { "" } else { first }, selected))
            }
        }
    };
    let class = if is_current { "group current" } else { "group" };
    html! {
        @if is_many {
            details class=(class) open[is_current || group.has_failed() || viewer.query.has("q")] {
                summary { code { (group.head) } span { (count(i64::try_from(group.items.len()).unwrap_or(i64::MAX))) } }
                (rows)
            }
        } @else {
            section class=(class) { h3 { code { (group.head) } } (rows) }
        }
    }
}

fn of_item(viewer: &Viewer, item: &Item<'_>, first: &str, selected: usize) -> Markup {
    let is_selected = item.index == selected;
    let Item { outline, outcome, .. } = item;
    let href = viewer.here_with(&[("interaction", Some(&item.key))]);
    let rest = outline.description.strip_prefix(first).filter(|rest| !first.is_empty() && rest.starts_with(' '));
    let end = match outline.kind {
        Kind::Http => outline.status.as_deref().unwrap_or_default(),
        Kind::Message => "event",
        Kind::Call => "call",
    };
    html! {
        li .selected[is_selected] {
            a href=(href) data-step title=(outline.description) aria-current=[is_selected.then_some("true")] {
                (shape_alone(outcome.verdict, outcome.verdict.word()))
                span .what {
                    span .name {
                        @if let Some(rest) = rest { "…" (rest) } @else if outline.description.is_empty() { "without a description" }
                        @else { (outline.description) }
                    }
                    @if let Some(wrong) = outcome.wrongs.first() {
                        span .why { @if let Some(path) = &wrong.path { (path) ": " } (wrong.sentence) }
                    }
                }
                span .end { (end) }
            }
        }
    }
}
