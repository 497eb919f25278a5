//! The page around list and pane: heading, facts, tape, and what stands in their place where there is nothing to show.

use axum::response::Response;
use maud::{Markup, html};
use pactolus_domain::content::Content;
use pactolus_domain::contract_diff::contract_diff;
use pactolus_domain::contract_lines::{Kind as Wire, Outline, Readable};
use pactolus_domain::gate::Comparison;

use super::list::{self, Item};
use super::outcome::{At, Outcome, outcomes};
use super::pane::{Pane, pane};
use super::tape::{is_web, tape, verdict};
use super::{Told, address, changes};
use crate::edge::urls;
use crate::ui::parts::{Kind, Line, Verdict, badge, chip, counted, icon, lines, link, sentence, short, verdict_saying};
use crate::ui::{Page, Section, Viewer};

/// Lines of a text that is not understood.
const MOST_LINES: usize = 500;
/// Versions to compare with.
const MOST_VERSIONS: usize = 40;

pub(super) fn show(viewer: &Viewer, told: &Told) -> Response {
    let served = &told.served;
    let read = Readable::parse(&served.content);
    let outlines = read.as_ref().map(Readable::outlines).unwrap_or_default();
    let content = html! {
        (tape(viewer, told))
        (offer(viewer, told))
        @match (&told.other, &read) {
            (Some(other), _) => { (difference(told, other)) }
            (None, Err(error)) => { (unread(viewer, told, &format!("This contract can't be read: {error}."))) }
            (None, Ok(_)) if outlines.is_empty() => { (unread(viewer, told, "This contract has no list of interactions. It is shown as it was published.")) }
            (None, Ok(contract)) => { (interactions(viewer, told, contract, &outlines)) }
        }
    };
    let title = format!("{} and {}, {}", served.consumer, served.provider, short(&served.version));
    let heading =
        html! { (served.consumer) " " span .arrow { (icon("right")) span .vh { "to" } } " " (served.provider) };
    let short_version = short(&served.version);
    Page {
        crumbs: crumbs(viewer, told, &short_version),
        twins: twins(viewer),
        badge: Some(verdict_badge(told)),
        facts: Some(facts(viewer, told, read.as_ref().ok(), &outlines)),
        actions: Some(actions(viewer, told)),
        ..Page::new(&title, Section::Applications, heading, content)
    }
    .show(viewer)
}

/// Whether it fits what the provider's document says.
fn offer(viewer: &Viewer, told: &Told) -> Markup {
    let Some(offered) = &told.offered else { return html! {} };
    let (provider, consumer) = (&told.served.provider, &told.served.consumer);
    let (verdict, words) = match offered.outcome {
        Comparison::Compatible => (Verdict::Passed, "The contract fits"),
        Comparison::Incompatible => (Verdict::Failed, "The contract doesn't fit"),
        Comparison::Pending => (Verdict::NotVerified, "Not compared yet with"),
        Comparison::Undecided => (Verdict::NotVerified, "Nobody can tell from"),
    };
    let [name, version, other] = [provider, &offered.version, consumer].map(|name| urls::segment(name));
    let of_version = viewer.at(&format!("/pacticipants/{name}/versions/{version}"));
    // Both sides are open there of each consumer's latest contract.
    let is_latest = told.versions.first().is_some_and(|latest| latest.sha == told.served.sha);
    let counts = [(offered.errors, "error", "errors"), (offered.warnings, "warning", "warnings")];
    let counts: Vec<String> =
        counts.iter().filter(|(count, ..)| *count > 0).map(|(count, one, many)| counted(*count, one, many)).collect();
    html! {
        section .panel .offered aria-label="OpenAPI document" {
            (verdict_saying(verdict, words))
            span .second { "the document of " (provider) " " (chip(&of_version, &offered.version)) @if !counts.is_empty() { ": " (counts.join(", ")) } }
            @if is_latest {
                a .link href=(viewer.at(&format!("/provider-contracts/{name}?version={version}&consumer={other}"))) { "Open both sides" }
            } @else {
                a .link href=(viewer.at(&format!("/provider-contracts/{name}?version={version}"))) { "Open the document" }
            }
        }
    }
}

fn crumbs<'a>(viewer: &Viewer, told: &'a Told, version: &'a str) -> Vec<(&'a str, String)> {
    let at = |name: &str| viewer.at(&format!("/pacticipants/{}", urls::segment(name)));
    let (consumer, provider) = (&told.served.consumer, &told.served.provider);
    vec![
        ("Applications", viewer.at("/pacticipants")),
        (consumer, at(consumer)),
        (provider, at(provider)),
        (version, String::new()),
    ]
}

fn twins(viewer: &Viewer) -> Vec<(&'static str, String)> {
    vec![
        ("JSON", viewer.as_json()),
        ("HAL", viewer.as_hal()),
        ("Raw contract", viewer.here_with(&[("as", Some("raw"))])),
        ("Download", viewer.here_with(&[("as", Some("download"))])),
    ]
}

fn verdict_badge(told: &Told) -> Markup {
    match told.selected() {
        None => badge(Verdict::NotVerified, "Not verified"),
        Some(result) => {
            let verdict = verdict(result);
            badge(verdict, &format!("{} on {}", verdict.word(), short(&result.version)))
        }
    }
}

fn facts(viewer: &Viewer, told: &Told, contract: Option<&Readable<'_>>, outlines: &[Outline]) -> Markup {
    let served = &told.served;
    let version = viewer.at(&format!(
        "/pacticipants/{}/versions/{}",
        urls::segment(&served.consumer),
        urls::segment(&served.version)
    ));
    let [provider, consumer] = [&served.provider, &served.consumer].map(|name| urls::segment(name));
    let content = viewer.at(&format!("/pacts/provider/{provider}/consumer/{consumer}/pact-version/{}", served.sha));
    let same = told.versions.iter().filter(|other| other.sha == served.sha).count();
    html! {
        span {
            "Consumer version " (chip(&version, &served.version))
            @if !told.branches.is_empty() { " " (told.branches.join(", ")) }
            @if !told.environments.is_empty() { ", in " (told.environments.join(", ")) }
        }
        span { "Contract " (chip(&content, &served.sha)) @if same > 1 { " the same in " (same) " versions" } }
        span {
            "Published " (viewer.ago(served.created_at))
            @if let Some(url) = told.build_url.as_deref().filter(|url| is_web(url)) { " by " (link(url, "its build")) }
        }
        @if let Some(contract) = contract {
            span {
                @if let Some(version) = contract.specification_version() { "Pact " (version) @if !outlines.is_empty() { " · " } }
                (tally(outlines))
            }
        }
    }
}

/// "11 requests, 3 messages".
fn tally(outlines: &[Outline]) -> String {
    let count =
        |kind| i64::try_from(outlines.iter().filter(|outline| outline.kind == kind).count()).unwrap_or(i64::MAX);
    let kinds = [
        (count(Wire::Http), "request", "requests"),
        (count(Wire::Message), "message", "messages"),
        (count(Wire::Call), "call", "calls"),
    ];
    let told = kinds.iter().filter(|(count, ..)| *count > 0).map(|(count, one, many)| counted(*count, one, many));
    told.collect::<Vec<_>>().join(", ")
}

fn actions(viewer: &Viewer, told: &Told) -> Markup {
    html! {
        (compare(viewer, told))
        @if let Some(result) = told.selected() {
            @let [provider, version] = [&told.served.provider, &result.version].map(|name| urls::segment(name));
            a .button href=(viewer.at(&format!("/can-i-deploy?pacticipant={provider}&version={version}"))) {
                "Can " span .cut { (told.served.provider) } " ship?"
            }
        }
    }
}

/// Versions with other content; of equal ones that follow one another, the newest.
fn compare(viewer: &Viewer, told: &Told) -> Markup {
    let served = &told.served;
    let mut others: Vec<&str> = Vec::new();
    let mut before = "";
    for version in &told.versions {
        if version.sha != served.sha && version.sha != before && others.len() < MOST_VERSIONS {
            others.push(&version.version);
        }
        before = &version.sha;
    }
    let asked = viewer.query.last("compare").unwrap_or_default();
    let here = viewer.at(viewer.path());
    html! {
        @if !others.is_empty() || !asked.is_empty() {
            form .filters .compare action=(here) method="get" {
                label .choice .set[!asked.is_empty()] {
                    span { "Compare with" }
                    select name="compare" data-key="d" {
                        option value="" { "nothing" }
                        @for other in &others { option value=(other) selected[*other == asked] { (short(other)) } }
                        @if !asked.is_empty() && !others.contains(&asked) { option value=(asked) selected { (short(asked)) } }
                    }
                    (icon("down"))
                }
                button .apply type="submit" { "Compare" }
            }
        }
    }
}

/// The field of an answer that is not as expected.
pub(super) struct WrongField {
    /// Of the request.
    pub(super) method: String,
    pub(super) path: String,
    /// As the mismatch names it.
    pub(super) place: String,
}

/// The first of the interaction that is shown.
pub(super) fn find_wrong_field(told: &Told, asked: Option<&str>) -> Option<WrongField> {
    if told.other.is_some() || told.selected().is_none_or(|result| result.success) {
        return None;
    }
    let contract = Readable::parse(&told.served.content).ok()?;
    let outlines = contract.outlines();
    let outcomes = outcomes_of(told, &outlines);
    let items = items(told, &outlines, &outcomes);
    let shown = items.get(chosen(told, &items, asked).0)?;
    let wrong = shown.outcome.wrongs.iter().find(|wrong| wrong.at == At::Body && wrong.path.is_some())?;
    Some(WrongField {
        method: shown.outline.method.as_deref()?.to_uppercase(),
        path: shown.outline.path.clone()?,
        place: wrong.path.clone()?,
    })
}

fn outcomes_of(told: &Told, outlines: &[Outline]) -> Vec<Outcome> {
    let descriptions: Vec<&str> = outlines.iter().map(|outline| outline.description.as_str()).collect();
    outcomes(told, &descriptions)
}

fn items<'a>(told: &Told, outlines: &'a [Outline], outcomes: &'a [Outcome]) -> Vec<Item<'a>> {
    let all = outlines.iter().zip(outcomes).zip(list::keys(told, outlines.len())).enumerate();
    all.map(|(index, ((outline, outcome), key))| Item { index, key, outline, outcome }).collect()
}

/// Which one is shown, and whether it is the one that is asked for.
fn chosen(told: &Told, items: &[Item<'_>], asked: Option<&str>) -> (usize, bool) {
    let found = asked.and_then(|asked| items.iter().position(|item| is_meant(told, item, asked)));
    let first_failed = || items.iter().position(Item::has_failed);
    (found.or_else(first_failed).unwrap_or_default(), found.is_some())
}

fn interactions(viewer: &Viewer, told: &Told, contract: &Readable<'_>, outlines: &[Outline]) -> Markup {
    let outcomes = outcomes_of(told, outlines);
    let items = items(told, outlines, &outcomes);
    let asked = viewer.query.last("interaction");
    let (selected, is_found) = chosen(told, &items, asked);
    let interaction = contract.interaction(selected);
    html! {
        div .panel .contract .single[items.len() == 1] {
            @if items.len() > 1 { (list::list(viewer, &items, selected)) }
            div .chosen {
                @if let (Some(asked), false) = (asked, is_found) {
                    (sentence(Verdict::Warning, &html! { "This contract has no interaction " code { (asked) } ". It may promise something else now." }))
                }
                @if let (Some(interaction), Some(item)) = (&interaction, items.get(selected)) {
                    (pane(viewer, &Pane { told, index: selected, key: &item.key, outline: item.outline, interaction, outcome: item.outcome }))
                }
            }
        }
    }
}

/// By its number, or the beginning of its id.
fn is_meant(told: &Told, item: &Item<'_>, asked: &str) -> bool {
    let has_id = |id: &String| asked.len() >= 7 && id.starts_with(asked);
    asked == item.key
        || asked == (item.index + 1).to_string()
        || told.served.interaction_ids.get(item.index).is_some_and(has_id)
}

fn difference(told: &Told, other: &Result<crate::contracts::store::served::Served, String>) -> Markup {
    let served = &told.served;
    let other = match other {
        Ok(other) => other,
        Err(number) => {
            return html! {
                div .panel { div .in { (sentence(Verdict::Warning, &html! {
                    "There is no contract between " (served.consumer) " and " (served.provider) " of version " code { (number) } "."
                })) } }
            };
        }
    };
    match (Content::parse(other.content.as_str()), Content::parse(served.content.as_str())) {
        (Ok(old), Ok(new)) => html! {
            div .panel .contract .single {
                div .chosen { (changes::changes(&contract_diff(&old, &new), &short(&served.version), &short(&other.version))) }
            }
        },
        _ => {
            html! { div .panel { div .in { (sentence(Verdict::Warning, &html! { "One of the two can't be read, so they can't be compared." })) } } }
        }
    }
}

/// The text as it was published, where it is not understood.
fn unread(viewer: &Viewer, told: &Told, why: &str) -> Markup {
    let text = &told.served.content;
    let line = |(index, text): (usize, &str)| Line {
        kind: Kind::Plain,
        id: None,
        number: Some(index + 1),
        text: html! { (text.chars().take(2_000).collect::<String>()) },
        rule: None,
        note: None,
    };
    let shown: Vec<Line> = text.lines().take(MOST_LINES).enumerate().map(line).collect();
    html! {
        section .panel .unread {
            div .in {
                (sentence(Verdict::Warning, &html! { b { (why) } }))
                p { (link(&viewer.here_with(&[("as", Some("download"))]), "Download it")) " · " (link(&viewer.at(&address(&told.served, &told.served.version)), "The address of this version")) }
            }
            (lines(&shown, false))
        }
    }
}
