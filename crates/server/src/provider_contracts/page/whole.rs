//! The page around operations and pane: heading, facts, consumers, and what stands in their place where there is nothing to
//! show.

use axum::response::Response;
use maud::{Markup, html};
use pactolus_oas::diff::Day;
use pactolus_oas::document::Version;

use super::changes::changes;
use super::consumers::{number, strip, summary};
use super::excerpt::Text;
use super::gather::Told;
use super::list::{size, specification};
use super::operations::Listed;
use super::pane::{Pane, content};
use super::read::{Reading, Seen};
use crate::edge::urls;
use crate::ui::parts::{Kind, Line, Verdict, chip, count, icon, lines, link, sentence, short, verdict_saying};
use crate::ui::{Page, Section, Viewer};

/// Lines of a text that is shown as it is.
const MOST_LINES: usize = 500;
/// Versions to compare with.
const MOST_VERSIONS: usize = 40;

pub(super) fn show(viewer: &Viewer, told: &Told, reading: &Reading, today: Day) -> Response {
    let shown = &told.shown;
    let inside = html! {
        (strip(viewer, told))
        @match (&told.other, reading) {
            (Some(Ok(other)), _) => { (changes(told, other, today)) }
            (Some(Err(number)), _) => { (no_other(told, number)) }
            (None, Reading::Whole(why)) => { (whole(viewer, told, why)) }
            (None, Reading::Operations(seen)) => { (operations(viewer, told, seen)) }
        }
    };
    let title = format!("{} {}", shown.provider, short(&shown.version));
    let version = short(&shown.version);
    let provider = viewer.at(&format!("/pacticipants/{}", urls::segment(&shown.provider)));
    Page {
        crumbs: vec![
            ("OpenAPI", viewer.at("/provider-contracts")),
            (&shown.provider, provider),
            (&version, String::new()),
        ],
        twins: twins(viewer, told),
        badge: Some(summary(told)),
        facts: Some(facts(viewer, told, reading)),
        actions: Some(actions(viewer, told)),
        ..Page::new(&title, Section::OpenApi, html! { (shown.provider) }, inside)
    }
    .show(viewer)
}

fn twins(viewer: &Viewer, told: &Told) -> Vec<(&'static str, String)> {
    let shown = &told.shown;
    let mut twins = vec![("JSON", viewer.as_json()), ("HAL", viewer.as_hal())];
    if let Some(Ok(other)) = &told.other {
        let [provider, from, to] = [&shown.provider, &other.version, &shown.version].map(|name| urls::segment(name));
        let address = format!("/provider-contracts/provider/{provider}/diff.json?from={from}&to={to}");
        twins.push(("Difference as JSON", viewer.at(&address)));
    }
    twins.push(("Raw document", viewer.at(&content(&shown.provider, &shown.version))));
    twins
}

fn facts(viewer: &Viewer, told: &Told, reading: &Reading) -> Markup {
    let shown = &told.shown;
    let [provider, number] = [&shown.provider, &shown.version].map(|name| urls::segment(name));
    html! {
        span {
            "Version " (chip(&viewer.at(&format!("/pacticipants/{provider}/versions/{number}")), &shown.version))
            @if !told.branches.is_empty() { " " (told.branches.join(", ")) }
            @if !told.environments.is_empty() { ", in " (told.environments.join(", ")) }
        }
        span { (kind(&shown.specification, reading)) ", " (size(shown.size_bytes)) @if let Reading::Operations(seen) = reading { (tally(seen)) } }
        span { "Published " (viewer.ago(shown.created_at)) }
        span { (own_tests(viewer, told, reading)) }
        @if told.changes > 0 { span { (proposed(viewer, told.changes)) } }
    }
}

/// What a newer release judges otherwise counts for nobody before it is accepted.
fn proposed(viewer: &Viewer, changes: i64) -> Markup {
    let outcomes = if changes == 1 { "outcome" } else { "outcomes" };
    html! {
        a href=(viewer.at("/comparisons/changes")) { (changes) " " (outcomes) " would change" }
        " by the judgement of this release, once that is accepted"
    }
}

fn kind(name: &str, reading: &Reading) -> String {
    let version = match reading {
        Reading::Operations(seen) => match seen.document.version() {
            Version::Swagger2 => return "Swagger 2.0".to_owned(),
            Version::V3_0 => " 3.0",
            Version::V3_1 => " 3.1",
            Version::V3_2 => " 3.2",
            _ => "",
        },
        Reading::Whole(_) => "",
    };
    format!("{}{version}", specification(name))
}

/// ": 12 operations, 3 that nobody uses".
fn tally(seen: &Seen) -> Markup {
    let unused = seen.unused();
    html! {
        ": " (count(number(seen.operations.len()))) @if seen.operations.len() == 1 { " operation" } @else { " operations" }
        @if unused > 0 { ", " (count(number(unused))) " that nobody uses" }
    }
}

/// What the provider's own tests said, and how much of the document they tried.
fn own_tests(viewer: &Viewer, told: &Told, reading: &Reading) -> Markup {
    let shown = &told.shown;
    let (verdict, words) = match shown.success {
        None => return verdict_saying(Verdict::NotVerified, "Own tests not told"),
        Some(true) => (Verdict::Passed, "Own tests passed"),
        Some(false) => (Verdict::Failed, "Own tests failed"),
    };
    let exercise = match reading {
        Reading::Operations(seen) => seen.exercise.as_ref(),
        Reading::Whole(_) => None,
    };
    html! {
        (verdict_saying(verdict, words))
        @if let Some(by) = &shown.verifier { ", by " (by) @if let Some(version) = &shown.verifier_version { " " (version) } }
        @if let Some(at) = shown.tested_at { " " (viewer.ago(at)) }
        @if let Some(exercise) = exercise {
            @if exercise.format.is_some() { "; " (exercise.exercised()) " of " (exercise.operations.len()) " operations tried" }
            @else { "; its report does not say which operations were tried" }
        }
    }
}

fn actions(viewer: &Viewer, told: &Told) -> Markup {
    let [provider, version] = [&told.shown.provider, &told.shown.version].map(|name| urls::segment(name));
    html! {
        (choose(viewer, told, "version", "Version", &told.shown.version, false))
        (compare(viewer, told))
        a .button href=(viewer.at(&format!("/can-i-deploy?pacticipant={provider}&version={version}"))) {
            "Can " span .cut { (told.shown.provider) } " ship?"
        }
    }
}

/// Versions with other documents; of equal ones that follow one another, the newest.
fn compare(viewer: &Viewer, told: &Told) -> Markup {
    let asked = viewer.query.last("compare").unwrap_or_default();
    choose(viewer, told, "compare", "Compare with", asked, true)
}

fn choose(viewer: &Viewer, told: &Told, name: &str, label: &str, chosen: &str, is_other: bool) -> Markup {
    let mut others: Vec<&str> = Vec::new();
    let mut before = "";
    for version in &told.versions {
        let is_new = !is_other || (version.sha != told.shown.sha && version.sha != before);
        if is_new && others.len() < MOST_VERSIONS {
            others.push(&version.version);
        }
        before = &version.sha;
    }
    let is_set = is_other && !chosen.is_empty();
    html! {
        @if !others.is_empty() && (is_other || others.len() > 1) || is_set {
            form .filters .compare action=(viewer.at(viewer.path())) method="get" {
                @for (own, value) in viewer.query.iter().filter(|(own, value)| *own != name && !value.is_empty() && matches!(*own, "version" | "consumer" | "compare")) {
                    input type="hidden" name=(own) value=(value);
                }
                label .choice .set[is_set] {
                    span { (label) }
                    select name=(name) data-key=[is_other.then_some("d")] {
                        @if is_other { option value="" { "nothing" } }
                        @for other in &others { option value=(other) selected[*other == chosen] { (short(other)) } }
                        @if !chosen.is_empty() && !others.contains(&chosen) { option value=(chosen) selected { (short(chosen)) } }
                    }
                    (icon("down"))
                }
                button .apply type="submit" { @if is_other { "Compare" } @else { "Show" } }
            }
        }
    }
}

fn operations(viewer: &Viewer, told: &Told, seen: &Seen) -> Markup {
    let asked = viewer.query.last("operation").filter(|asked| !asked.is_empty());
    let is_elsewhere = seen.is_elsewhere(asked);
    let chosen = seen.chosen(asked);
    let is_unknown =
        !is_elsewhere && asked.is_some_and(|asked| chosen.is_none_or(|place| seen.operations[place].key() != asked));
    let text = Text::of(&told.text);
    let pane = Pane { viewer, told, seen, text: &text };
    html! {
        div .panel .contract .openapi {
            (Listed { viewer, told, seen, chosen, is_elsewhere }.show())
            div .chosen {
                @if is_unknown { (sentence(Verdict::Warning, &html! { "This document has no operation " code { (asked.unwrap_or_default()) } "." })) }
                @if is_elsewhere { (pane.elsewhere()) }
                @else if let Some(chosen) = chosen { (pane.operation(chosen)) }
                @else { p .note { "This document describes no operation." } }
            }
        }
    }
}

fn no_other(told: &Told, number: &str) -> Markup {
    html! {
        div .panel { div .in { (sentence(Verdict::Warning, &html! {
            (told.shown.provider) " has no document of version " code { (number) } "."
        })) } }
    }
}

/// The text as it was published, where no operations can be told apart.
fn whole(viewer: &Viewer, told: &Told, why: &str) -> Markup {
    let line = |(index, text): (usize, &str)| Line {
        kind: Kind::Plain,
        id: Some(format!("L{}", index + 1)),
        number: Some(index + 1),
        text: html! { (text.chars().take(2_000).collect::<String>()) },
        rule: None,
        note: None,
    };
    let shown: Vec<Line> = told.text.lines().take(MOST_LINES).enumerate().map(line).collect();
    let is_cut = told.text.lines().nth(MOST_LINES).is_some();
    html! {
        section .panel .unread {
            div .in {
                (sentence(Verdict::Warning, &html! { b { (why) } }))
                p { (link(&viewer.at(&content(&told.shown.provider, &told.shown.version)), "All of it, as it was published")) }
            }
            (lines(&shown, false))
            @if is_cut { p .note { "It goes on." } }
        }
    }
}
