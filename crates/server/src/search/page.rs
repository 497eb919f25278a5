//! The search as a page; its results are also what opens below the field of the header.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use super::found::{Found, MOST};
use crate::app::App;
use crate::edge::{Error, Principal, urls};
use crate::home;
use crate::ui::parts::{icon, short, tag};
use crate::ui::{Page, Section, Viewer};

pub(super) async fn search(State(app): State<App>, principal: Principal, viewer: Viewer) -> Result<Response, Error> {
    let q = viewer.query.last("q").unwrap_or_default();
    let mut db = app.read().await?;
    let found = Found::by(&mut db, principal.tenant, q).await?;
    drop(db);

    let content = html! {
        form .searching role="search" action=(viewer.at("/search")) method="get" {
            span .field {
                (icon("search"))
                input type="search" name="q" value=(q) aria-label="Name, version, contract or webhook" autocomplete="off"
                    placeholder="Name, version, contract or webhook" spellcheck="false" hx-get=(viewer.at("/search")) hx-target="#results"
                    hx-select="#results" hx-swap="outerHTML" hx-push-url="true" hx-trigger="input changed delay:200ms";
            }
            button type="submit" { "Search" }
        }
        (results(&viewer, q, &found))
    };
    let page = Page {
        twins: vec![("JSON", viewer.as_json())],
        ..Page::new("Search", Section::None, html! { "Search" }, content)
    };
    Ok(page.show(&viewer))
}

fn results(viewer: &Viewer, q: &str, found: &Found) -> Markup {
    let versions = html! { @if !found.versions.is_empty() { (self::versions(viewer, found)) } };
    html! {
        section #results .finds aria-live="polite" {
            @if q.trim().is_empty() {
                p .empty { "Applications by a part of their name or label, versions by how they begin, contracts by either side, webhooks by description or host." }
            } @else if found.is_empty() {
                p .empty { "Nothing is called " strong { (q) } ". Versions are found by how they begin." }
            } @else {
                // Who writes a whole version looks for it.
                @if found.is_version(q) { (versions) }
                @if !found.applications.is_empty() { (applications(viewer, found)) }
                @if !found.is_version(q) { (versions) }
                @if !found.contracts.is_empty() { (contracts(viewer, found)) }
                @if !found.webhooks.is_empty() { (webhooks(viewer, found)) }
            }
        }
    }
}

fn group(title: &str, rows: &Markup) -> Markup {
    html! { div .finds-group { h2 { (title) } ul .plain { (rows) } } }
}

/// Where there may be more than are found here: the list of all that have the words.
fn all(viewer: &Viewer, found: usize, list: &str, words: &str) -> Markup {
    let is_full = i64::try_from(found).is_ok_and(|found| found == MOST);
    let q = viewer.query.last("q").unwrap_or_default().trim();
    html! { @if is_full { li { a .second href=(viewer.at(&format!("{list}?q={}", urls::segment(q)))) data-step { (words) } } } }
}

fn applications(viewer: &Viewer, found: &Found) -> Markup {
    group(
        "Applications",
        &html! {
            @for one in &found.applications {
                li { a href=(urls::pacticipant(&viewer.site, &one.name)) data-step {
                    span .cut title=(one.name) { (one.name) }
                    @for label in one.labels.iter().filter(|label| !home::names_team(label)).take(3) { (tag(None, label)) }
                } }
            }
            (all(viewer, found.applications.len(), "/pacticipants", "All applications with these words"))
        },
    )
}

fn versions(viewer: &Viewer, found: &Found) -> Markup {
    group(
        "Versions",
        &html! {
            @for one in &found.versions {
                li { a href=(urls::version(&viewer.site, &one.pacticipant, &one.number)) data-step {
                    span .cut title=(one.pacticipant) { (one.pacticipant) }
                    code title=(one.number) { (short(&one.number)) }
                    span .second { (viewer.ago(one.created_at)) }
                } }
            }
        },
    )
}

fn contracts(viewer: &Viewer, found: &Found) -> Markup {
    group(
        "Contracts",
        &html! {
            @for one in &found.contracts {
                li { a href={ (urls::pair(&viewer.site, &one.provider, &one.consumer)) "/latest" } data-step {
                    span .cut title=(one.consumer) { (one.consumer) }
                    (icon("right")) span .vh { "with" }
                    span .cut title=(one.provider) { (one.provider) }
                } }
            }
            (all(viewer, found.contracts.len(), "/map", "All contracts with these words"))
        },
    )
}

fn webhooks(viewer: &Viewer, found: &Found) -> Markup {
    group(
        "Webhooks",
        &html! {
            @for one in &found.webhooks {
                li { a href=(viewer.at(&format!("/webhooks/{}", urls::segment(&one.id)))) data-step {
                    span .cut { (one.description.as_deref().unwrap_or(&one.host)) }
                    code .second { (one.host) }
                } }
            }
            (all(viewer, found.webhooks.len(), "/webhooks", "All webhooks with these words"))
        },
    )
}
