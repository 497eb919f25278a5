//! The pages about relations, where the curies of answers lead.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use super::document::{self, Operation};
use super::example;
use super::page::{answer, inline, page};
use super::relations::{RELATIONS, Relation, find, similar_to};
use crate::edge::{BaseUrl, urls};

/// The page about the relation of this name, or that there is none.
pub(super) fn about(root: &str, base: &BaseUrl, name: &str) -> Response {
    match find(name) {
        Some(relation) => answer(StatusCode::OK, page(root, relation.name, &shown(root, base, relation))),
        None => answer(StatusCode::NOT_FOUND, page(root, "No such relation", &unknown(root, name))),
    }
}

pub(super) fn all(root: &str) -> Response {
    let content = html! {
        h1 { "Relations" }
        p .lead { "Answers lead to others by links. Each link stands under the name of a relation, which says what it leads to." }
        (list(root, RELATIONS.iter()))
    };
    answer(StatusCode::OK, page(root, "Relations", &content))
}

fn shown(root: &str, base: &BaseUrl, relation: &Relation) -> Markup {
    let operations: Vec<&Operation> = relation.operations.iter().filter_map(|id| document::operation(id)).collect();
    html! {
        h1 .mono { (relation.name) }
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
        h1 { "There is no relation " code { (name) } }
        @if similar.is_empty() {
            p .lead { a href={ (root) "/doc" } { "All relations" } }
        } @else {
            p .lead { "These are called nearly so; there is a list of " a href={ (root) "/doc" } { "all relations" } " as well." }
            (list(root, similar.into_iter()))
        }
    }
}

fn list<'a>(root: &str, relations: impl Iterator<Item = &'a Relation>) -> Markup {
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
