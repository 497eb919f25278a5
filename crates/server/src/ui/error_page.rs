//! Errors as pages: what is, and what next.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use super::parts::link;
use crate::edge::Told;
use crate::ui::{Page, Section, Viewer};

/// What may have been meant, beside an error: words and addresses without the prefix.
#[derive(Clone, Debug)]
pub(crate) struct Nearest(pub(crate) Vec<(String, String)>);

/// The page for an error. Its body keeps the sentence that programs get.
pub(super) fn show(viewer: &Viewer, told: &Told, nearest: Option<&Nearest>) -> Response {
    let (title, heading) = heading(told);
    let page = Page {
        status: told.status,
        twins: vec![("JSON", viewer.as_json()), ("HAL", viewer.as_hal())],
        ..Page::new(title, Section::None, html! { (heading) }, content(viewer, told, nearest))
    };
    page.show(viewer)
}

fn heading(told: &Told) -> (&'static str, String) {
    match told.status {
        StatusCode::NOT_FOUND => match &told.name {
            Some(name) => ("Not there", format!("No application is called {name}")),
            None => ("Not there", "Nothing is here".into()),
        },
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
            ("Not understood", "This address asks for something that can't be".into())
        }
        StatusCode::METHOD_NOT_ALLOWED => ("Not a page", "This address is not for reading".into()),
        StatusCode::SERVICE_UNAVAILABLE => ("Busy", "The server is busy".into()),
        status if status.is_server_error() => ("Error", "This page could not be made".into()),
        _ => ("Not done", "This can't be shown".into()),
    }
}

fn content(viewer: &Viewer, told: &Told, nearest: Option<&Nearest>) -> Markup {
    html! {
        section .panel {
            div .empty {
                @if let Some(reference) = &told.reference {
                    p { "Reference " code { (reference) } "; your data is untouched. Try again, or read it as JSON." }
                } @else if told.name.is_none() {
                    p { (told.detail) }
                }
                @match nearest {
                    Some(Nearest(found)) if !found.is_empty() => p {
                        "Did you mean "
                        @for (place, (words, path)) in found.iter().enumerate() {
                            @if place > 0 { " or " }
                            a .name href=(viewer.at(path)) { (words) }
                        }
                        "?"
                    },
                    _ => { @if told.name.is_some() { p { "It appears with the first contract, version or result that a build publishes of it." } } }
                }
                p { (link(&viewer.at("/"), "Home")) " · " (link(&viewer.at("/search"), "Search")) }
            }
        }
    }
}
