//! Where the question names what is not there: no verdict, and what may have been meant.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use pactolus_domain::names::PacticipantName;
use pactolus_domain::problem::Problems;
use sqlx::PgConnection;

use super::super::word;
use super::question::Asking;
use super::side::WhatIf;
use crate::edge::Error;
use crate::environments;
use crate::ids::TenantId;
use crate::pacticipants;
use crate::ui::parts::{Verdict, command, panel, sentence};
use crate::ui::{Page, Section, Viewer, nearest};

/// So many names that may have been meant.
const MOST_NEAREST: usize = 3;

pub(super) async fn pacticipant(
    db: &mut PgConnection,
    tenant: TenantId,
    viewer: &Viewer,
    names: &[PacticipantName],
) -> Result<Response, Error> {
    let asked = names.first().map(PacticipantName::as_str).unwrap_or_default();
    let known = pacticipants::list_names(db, tenant).await?;
    let near: Vec<&String> = nearest(asked, known.iter(), |name| name, MOST_NEAREST);
    if !viewer.query.has("pacticipant") {
        // The address names it in its path: the error's page offers the nearest.
        return Err(Error::NoSuchPacticipant { role: "pacticipant", name: asked.to_owned() });
    }
    let links =
        near.into_iter().map(|name| (name.as_str(), viewer.here_with(&[("pacticipant", Some(name))]))).collect();
    let heading = html! { "No application is called " (asked) };
    let note = "It is there once its build has published a contract or a result.";
    Ok(show(viewer, "No such application", heading, &meant(links, note, "pactolus publish pacts")))
}

pub(super) async fn environment(
    db: &mut PgConnection,
    tenant: TenantId,
    viewer: &Viewer,
    asked: &str,
) -> Result<Response, Error> {
    let known = environments::list(db, tenant, None).await?;
    let mut near = nearest(asked, known.iter(), |one| &one.name, MOST_NEAREST);
    if near.is_empty() {
        near = known.iter().take(MOST_NEAREST).collect();
    }
    if !viewer.query.has("environment") {
        let names = near.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ");
        return Err(Error::Missing(format!("Environment \"{asked}\" doesn't exist. There are: {names}")));
    }
    let links =
        near.iter().map(|one| (one.display_name.as_str(), viewer.here_with(&[("environment", Some(&one.name))])));
    let links = links.collect();
    let heading = html! { "Environment “" (asked) "” doesn’t exist" };
    let to_run = format!("pactolus create-environment --name {}", word(asked));
    Ok(show(viewer, "No such environment", heading, &meant(links, "Or is it a new one?", &to_run)))
}

/// What can't be assumed. The question stays, so that it can be put right.
pub(super) fn assumption(viewer: &Viewer, asking: &Asking, problems: &Problems) -> Response {
    let number = viewer.query.last("version").unwrap_or_default();
    let form = WhatIf { viewer, asking, number, partners: Vec::new(), versions: Vec::new() };
    let content = html! {
        div .gate {
            div .gate-main {
                section .panel { div .in {
                    @for problem in &problems.0 { (sentence(Verdict::Warning, &html! { (problem.to_string()) })) }
                    p .second .after { "There is no answer over what can’t be. Take the assumption back, or name another version." }
                } }
            }
            aside .side aria-label="What if" { (form.show(None)) }
        }
    };
    show(viewer, "Not answered", html! { "This can’t be assumed" }, &content)
}

fn meant(links: Vec<(&str, String)>, note: &str, to_run: &str) -> Markup {
    html! {
        div .narrow {
            @if !links.is_empty() {
                (panel("Did you mean", None, None, &html! {
                    ul .plain .meant { @for (words, href) in links { li { a href=(href) { (words) } } } }
                }))
            }
            section .panel { div .in { p .second { (note) } (command(to_run)) } }
        }
    }
}

fn show(viewer: &Viewer, title: &str, heading: Markup, content: &Markup) -> Response {
    let page = Page {
        status: StatusCode::BAD_REQUEST,
        crumbs: vec![("Gate", viewer.at("/can-i-deploy")), (title, String::new())],
        ..Page::new(title, Section::Gate, heading, content.clone())
    };
    page.show(viewer)
}
