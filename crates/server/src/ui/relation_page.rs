//! The pages about relations, where the curies of answers lead.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use super::document::{self, Operation};
use super::example;
use super::page::inline;
use super::relations::{Relation, find, similar_to};
use crate::edge::{BaseUrl, urls};
use crate::ui::{Page, Section, Viewer};

/// The page about the relation of this name, or that there is none.
pub(super) fn about(viewer: &Viewer, name: &str) -> Response {
    let found = find(name);
    let content = match found {
        Some(relation) => shown(&viewer.root, &viewer.base, relation),
        None => unknown(&viewer.root, name),
    };
    let title = found.map_or("No such relation", |relation| relation.name);
    let heading = html! {
        @if let Some(relation) = found { span .mono { (relation.name) } } @else { "There is no relation " code { (name) } }
    };
    let page = Page {
        status: if found.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND },
        crumbs: vec![("API", viewer.at("/doc")), (title, String::new())],
        twins: vec![("JSON", viewer.at("/openapi.json"))],
        ..Page::new(title, Section::Api, heading, html! { div .api { (content) } })
    };
    page.show(viewer)
}

fn shown(root: &str, base: &BaseUrl, relation: &Relation) -> Markup {
    let operations: Vec<&Operation> = relation.operations.iter().filter_map(|id| document::operation(id)).collect();
    html! {
        p .lead { (inline(relation.leads_to)) }
        @if let Some(first) = operations.first() {
            section .panel {
                h2 { "What its address takes" }
                div .wide { (methods(root, &operations)) }
            }
            section .panel {
                h2 { "An example" }
                p { "In an answer, the link stands as" }
                pre { (example::link(base, relation.name, first)) }
                p .after { "and is followed with" }
                pre .command { (example::command(base, first)) }
            }
        }
        p { a href={ (root) "/doc" } { "All relations" } }
    }
}

fn methods(root: &str, operations: &[&Operation]) -> Markup {
    html! {
        table {
            thead { tr { th scope="col" { "Method" } th scope="col" { "Address" } th scope="col" { "Does" } } }
            tbody {
                @for operation in operations {
                    tr {
                        td { code { (operation.method) } }
                        td { code { (operation.path) } }
                        td { a href={ (root) "/hal-browser/browser.html#" (operation.id) } { (inline(operation.summary)) } }
                    }
                }
            }
        }
    }
}

fn unknown(root: &str, name: &str) -> Markup {
    let similar = similar_to(name);
    html! {
        @if similar.is_empty() {
            p .lead { a href={ (root) "/doc" } { "All relations" } }
        } @else {
            p .lead { "These are called nearly so; there is a list of " a href={ (root) "/doc" } { "all relations" } " as well." }
            (list(root, similar.into_iter()))
        }
    }
}

pub(super) fn list<'a>(root: &str, relations: impl Iterator<Item = &'a Relation>) -> Markup {
    html! {
        div .panel .wide {
            table {
                thead { tr { th scope="col" { "Relation" } th scope="col" { "Leads to" } } }
                tbody {
                    @for relation in relations {
                        tr {
                            td { a href={ (root) "/doc/" (urls::segment(relation.name)) } { code { (relation.name) } } }
                            td { (inline(relation.leads_to)) }
                        }
                    }
                }
            }
        }
    }
}
