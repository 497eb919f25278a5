//! The page on which the API is read and tried, made of the API document. What a script adds to it, `assets/browser.js`
//! does: without one the page is a list to read.

use std::sync::LazyLock;

use maud::{Markup, html};

use super::document::{self, Body, Operation, Parameter, Place};
use super::fixed::Fixed;
use super::page::{HTML, inline, page, prose};

/// The same for everybody, so its links are relative.
const ROOT: &str = "..";

pub(super) fn served() -> &'static Fixed {
    static PAGE: LazyLock<Fixed> = LazyLock::new(|| Fixed::new(HTML, page(ROOT, "API", &content()).into_string()));
    &PAGE
}

fn content() -> Markup {
    html! {
        script src={ (ROOT) "/assets/browser.js" } defer {}
        h1 { "API" }
        p .lead { (document::summary()) }
        details .panel {
            summary { "What holds for all of it" }
            (prose(document::description()))
        }
        (request())
        div .split {
            nav .tags aria-label="Operations" {
                label .filter hidden { "Filter" input #filter type="search" autocomplete="off"; }
                ul { @for tag in document::tags() { li { a href={ "#tag-" (tag.name) } { (tag.name) } } } }
            }
            div #operations { @for tag in document::tags() { (of_tag(&tag)) } }
        }
    }
}

/// A request to any address; links in answers end up here. Shown by the script.
fn request() -> Markup {
    html! {
        section #request .panel hidden aria-labelledby="request-title" {
            h2 #request-title { "Request" }
            form .line {
                label { "Method" select #method { @for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] { option { (method) } } } }
                label .grow { "Address" input #address value="/" spellcheck="false" autocomplete="off"; }
                label { "Accept" select #accept {
                    @for accept in ["application/hal+json", "application/json", "application/problem+json, application/hal+json", "text/plain", "*/*"] {
                        option { (accept) }
                    }
                } }
                label { "Token, if one is needed" input #token type="password" autocomplete="off"; }
                button .primary type="submit" { "Send" }
            }
            details #with-body { summary { "Body" } textarea #body rows="8" spellcheck="false" aria-label="Body" {} }
            div .answer {}
        }
    }
}

fn of_tag(tag: &document::Tag) -> Markup {
    html! {
        section .of-tag aria-labelledby={ "tag-" (tag.name) } {
            h2 id={ "tag-" (tag.name) } { (tag.name) }
            p .lead { (inline(tag.description)) }
            div .operations {
                @for operation in document::operations().iter().filter(|operation| operation.tag == tag.name) {
                    (of_operation(operation))
                }
            }
        }
    }
}

fn of_operation(operation: &Operation) -> Markup {
    html! {
        details .operation id=(operation.id) data-method=(operation.method) data-path=(operation.path) {
            summary {
                span .method { (operation.method) }
                span .path { (operation.path) }
                span .summary { (inline(operation.summary)) }
            }
            (prose(operation.description))
            @if !operation.parameters.is_empty() { (parameters(&operation.parameters)) }
            @if let Some(body) = &operation.body { (of_body(body)) }
            div .try {}
            (answers(operation))
        }
    }
}

fn parameters(parameters: &[Parameter]) -> Markup {
    html! {
        div .wide { table .parameters {
            thead { tr { th scope="col" { "Parameter" } th scope="col" { "Means" } th scope="col" { "Example" } } }
            tbody { @for parameter in parameters { (of_parameter(parameter)) } }
        } }
    }
}

fn of_parameter(parameter: &Parameter) -> Markup {
    let place = match parameter.place {
        Place::Path => "path",
        Place::Query => "query",
        Place::Header => "header",
    };
    html! {
        tr data-name=(parameter.name) data-place=(place) data-repeated[parameter.may_be_repeated]
            data-required[parameter.is_required] data-values=[(!parameter.values.is_empty()).then(|| parameter.values.join(" "))] {
            th scope="row" {
                code { (parameter.name) }
                div .quiet {
                    (place)
                    @if parameter.is_required { ", required" }
                    @if parameter.is_deprecated { ", deprecated" }
                    @if parameter.may_be_repeated { ", may be repeated" }
                }
            }
            td {
                (inline(parameter.description))
                @if !parameter.values.is_empty() {
                    div .quiet {
                        "One of "
                        @for value in &parameter.values { code { @if value.is_empty() { "(empty)" } @else { (value) } } " " }
                    }
                }
            }
            td .value { @if let Some(example) = &parameter.example { code { (example) } } }
        }
    }
}

fn of_body(body: &Body) -> Markup {
    html! {
        h3 { "Body" span .quiet { " " (body.content_type) @if !body.is_required { ", may be left out" } } }
        pre .body data-type=(body.content_type) { @if let Some(example) = &body.example { (example) } }
    }
}

fn answers(operation: &Operation) -> Markup {
    html! {
        div .wide { table .answers {
            thead { tr { th scope="col" { "Answer" } th scope="col" { "Means" } } }
            tbody {
                @for (status, meaning) in &operation.answers {
                    tr { td { code { (status) } } td { (inline(meaning)) } }
                }
            }
        } }
    }
}
