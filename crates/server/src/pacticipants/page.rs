//! The page about a pacticipant: where it runs, who is on each side, how its branches stand.

mod branches;
mod channel;
mod contracts;
mod read;
mod side;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use chrono::Datelike;
use maud::{Markup, html};
use pactolus_domain::names::PacticipantName;

pub(crate) use self::read::Standings;
use self::read::{About, MOST_VERSIONS};
use crate::app::App;
use crate::edge::{Error, Named, Principal, urls};
use crate::ui::parts::{self, chip, count, icon, outside, tag};
use crate::ui::{Page, Section, Viewer};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/pacticipants/{pacticipant}", get(show))
}

async fn show(
    State(app): State<App>,
    principal: Principal,
    viewer: Viewer,
    Named(name): Named<PacticipantName>,
) -> Result<Response, Error> {
    let mut db = app.read().await?;
    let about = About::read(&app, &mut db, principal.tenant, &name).await?;
    drop(db);

    let page = Page {
        crumbs: vec![("Applications", viewer.at("/pacticipants")), (name.as_str(), String::new())],
        twins: twins(&viewer, &about),
        badge: Some(labels(&viewer, &about)),
        facts: Some(facts(&viewer, &about)),
        actions: actions(&viewer, &about),
        tabs: tabs(&viewer, &about),
        ..Page::new(name.as_str(), Section::Applications, html! { (name) }, content(&viewer, &about))
    };
    Ok(page.show(&viewer))
}

fn content(viewer: &Viewer, about: &About) -> Markup {
    html! {
        @if !about.environments.is_empty() { (channel::show(viewer, about)) }
        @if about.extent.head_id.is_none() {
            section .panel { (parts::empty(
                &format!("No version of {} yet. It begins with what a build publishes:", about.name()),
                Some(&format!("pactolus publish ./pacts --consumer-app-version $(git rev-parse HEAD) --branch {}", parts::word(about.main_branch()))),
                None)) }
        }
        div .columns {
            div {
                (contracts::show(viewer, about))
                @if !about.branches.is_empty() { (branches::show(viewer, about)) }
            }
            div { (side::show(viewer, about)) }
        }
    }
}

fn twins(viewer: &Viewer, about: &About) -> Vec<(&'static str, String)> {
    let mut twins = vec![("JSON", viewer.as_json()), ("HAL", viewer.as_hal())];
    if about.extent.head_id.is_some() {
        twins.push(("Badge", format!("{}/main-branch/can-i-merge/badge", about.address(viewer))));
    }
    twins
}

fn labels(viewer: &Viewer, about: &About) -> Markup {
    html! {
        @for label in &about.labels {
            @let query = form_urlencoded::Serializer::new(String::new()).append_pair("label", label).finish();
            (tag(Some(&viewer.at(&format!("/pacticipants?{query}"))), label))
        }
    }
}

fn facts(viewer: &Viewer, about: &About) -> Markup {
    let extent = &about.extent;
    let versions = if extent.versions > MOST_VERSIONS {
        format!("Over {} versions", count(MOST_VERSIONS))
    } else {
        parts::counted(extent.versions, "version", "versions")
    };
    html! {
        @if let Some(team) = &about.team { span { "Team " (team) } }
        @if let Some(head) = &extent.head {
            span { (icon("branch")) " " span .cut .line-of title=(about.main_branch()) { (about.main_branch()) } " at " (chip(&urls::version(&viewer.site, about.name(), head), head)) }
        }
        @if let Some(url) = &about.pacticipant.repository_url { span { (outside(url, "Repository")) } }
        @if let Some(specification) = &extent.specification { span { "Provides " (specification) } }
        span {
            (versions)
            @if let Some(since) = extent.since { " since " (since.format("%B")) " " (since.year()) }
        }
    }
}

/// What is asked most, and what is told by hand where no build does it.
fn actions(viewer: &Viewer, about: &About) -> Option<Markup> {
    let (head, gate) = (about.extent.head.as_deref()?, about.gate()?);
    let name = about.name();
    let [its_name, version, environment] = [name, head, &gate.name].map(parts::word);
    let record =
        format!("pactolus record-deployment --pacticipant {its_name} --version {version} --environment {environment}");
    let question = [("pacticipant", name), ("version", head), ("environment", &gate.name)];
    let question = form_urlencoded::Serializer::new(String::new()).extend_pairs(question).finish();
    Some(html! {
        details .menu .told {
            summary .button { "Record deployment" }
            div { (parts::command(&record)) }
        }
        a .button .primary href=(viewer.at(&format!("/can-i-deploy?{question}"))) { "Can it ship?" }
    })
}

fn tabs(viewer: &Viewer, about: &About) -> Vec<(&'static str, Option<String>, Option<String>)> {
    let address = about.address(viewer);
    let versions = (about.extent.versions <= MOST_VERSIONS).then(|| count(about.extent.versions));
    let mut tabs = vec![
        ("Overview", None, None),
        ("Versions", Some(format!("{address}/versions")), versions),
        ("Branches", Some(format!("{address}/branches")), None),
    ];
    if about.extent.specification.is_some() {
        let provider = urls::segment(about.name());
        tabs.push(("Operations", Some(viewer.at(&format!("/provider-contracts/{provider}"))), None));
    }
    tabs
}
