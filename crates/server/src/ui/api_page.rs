//! The API's own page: its resources, one operation with a command that works here, and the relations.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use super::document::{self, Operation, Place};
use super::example;
use super::page::{inline, prose};
use super::parts::{command, link, panel};
use super::relation_page;
use crate::ui::{Page, Section, Viewer};

/// The operation that the address names, else the first one.
pub(super) fn show(viewer: &Viewer) -> Response {
    let asked = viewer.query.last("operation");
    let found = match asked {
        None => document::operations().first(),
        Some(id) => document::operation(id),
    };
    let content = html! {
        div .api {
            div .split {
                (resources(viewer, found))
                div #operation {
                    @match found {
                        Some(operation) => (of(viewer, operation)),
                        None => section .panel { p { "There is no operation " code { (asked.unwrap_or_default()) } "." } },
                    }
                }
            }
            details .panel #relations {
                summary { "Relations " span .quiet { (super::relations::RELATIONS.len()) } }
                p .second { "Answers lead to others by links. Each link stands under the name of a relation, which says what it leads to." }
                (relation_page::list(&viewer.root, super::relations::RELATIONS.iter()))
            }
        }
    };
    let page = Page {
        status: if found.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND },
        crumbs: vec![("API", String::new())],
        twins: vec![("JSON", viewer.at("/openapi.json"))],
        facts: Some(html! { span { (document::summary()) } }),
        actions: Some(html! { a .button href=(viewer.at("/hal-browser/browser.html")) { "Try it" } }),
        ..Page::new("API", Section::Api, html! { "API" }, content)
    };
    page.show(viewer)
}

/// All resources; that of the operation is open.
fn resources(viewer: &Viewer, current: Option<&Operation>) -> Markup {
    let of_tag = |tag: &'static str| document::operations().iter().filter(move |operation| operation.tag == tag);
    html! {
        nav .tags .resources aria-label="Resources" {
            @for tag in document::tags() {
                details open[current.is_some_and(|current| current.tag == tag.name)] {
                    summary title=(tag.description) { (tag.name) span .quiet { (of_tag(tag.name).count()) } }
                    ul {
                        @for operation in of_tag(tag.name) {
                            @let is_current = current.is_some_and(|current| current.id == operation.id);
                            li {
                                a href=(viewer.here_with(&[("operation", Some(operation.id))])) aria-current=[is_current.then_some("true")] title=(operation.path) {
                                    span .method { (operation.method) } " " (inline(operation.summary))
                                }
                            }
                        }
                    }
                }
            }
            p { (link("#relations", "Relations")) }
        }
    }
}

fn of(viewer: &Viewer, operation: &Operation) -> Markup {
    html! {
        h2 .signature { span .method { (operation.method) } " " span .path { (operation.path) } }
        p .lead { (inline(operation.summary)) }
        (prose(operation.description))
        (command(&example::command(&viewer.base, operation)))
        p .quiet { "Where the server asks for one, with a token: " code { "--header \"Authorization: Bearer $TOKEN\"" } }
        @if operation.parameters.iter().any(|parameter| !parameter.is_deprecated) {
            (panel("What it takes", None, None, &html! { div .wide { (parameters(operation)) } }))
        }
        @if let Some(sample) = operation.sample.as_ref() {
            (panel("An answer", None, None, &html! { pre { (sample) } }))
        }
        (panel("Answers", None, None, &html! { div .wide { (answers(operation)) } }))
    }
}

fn parameters(operation: &Operation) -> Markup {
    html! {
        table {
            thead { tr { th scope="col" { "Name" } th scope="col" { "In" } th scope="col" { "Means" } } }
            tbody {
                @for parameter in operation.parameters.iter().filter(|parameter| !parameter.is_deprecated) {
                    tr {
                        th scope="row" { code { (parameter.name) } }
                        td { (place(parameter.place)) @if parameter.is_required { ", needed" } @if parameter.may_be_repeated { ", repeatable" } }
                        td {
                            (inline(parameter.description))
                            @if !parameter.values.is_empty() { " " @for value in parameter.values.iter().filter(|value| !value.is_empty()) { code { (value) } " " } }
                        }
                    }
                }
            }
        }
    }
}

fn place(place: Place) -> &'static str {
    match place {
        Place::Path => "address",
        Place::Query => "query",
        Place::Header => "header",
    }
}

fn answers(operation: &Operation) -> Markup {
    html! {
        table {
            thead { tr { th scope="col" { "Status" } th scope="col" { "Means" } } }
            tbody { @for (status, meaning) in &operation.answers { tr { th scope="row" { code { (status) } } td { (inline(meaning)) } } } }
        }
    }
}
