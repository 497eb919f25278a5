//! What all pages have in common: the frame around their content, and what browsers may load for them.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Nothing from elsewhere is loaded, run, framed or sent to.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'",
);

/// Two streams into one, and a grain at the end.
pub(super) const MARK: &str = include_str!("assets/mark.svg");

/// A page with its frame. `root` is what the addresses of this server begin with, seen from the page.
pub(super) fn page(root: &str, title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Pactolus" }
                link rel="icon" type="image/svg+xml" href={ (root) "/assets/mark.svg" };
                link rel="stylesheet" href={ (root) "/assets/pages.css" };
            }
            body {
                a .skip href="#content" { "Skip to content" }
                header .top {
                    a .home href={ (root) "/" } { (PreEscaped(MARK)) "Pactolus" }
                    nav aria-label="Pages" {
                        a href={ (root) "/hal-browser/browser.html" } { "API" }
                        a href={ (root) "/doc" } { "Relations" }
                        a href={ (root) "/openapi.json" } { "OpenAPI" }
                    }
                }
                main #content tabindex="-1" { (content) }
                footer { "Pactolus " (env!("CARGO_PKG_VERSION")) }
            }
        }
    }
}

/// A page as an answer.
pub(super) fn answer(status: StatusCode, page: Markup) -> Response {
    (status, [(header::CONTENT_TYPE, HTML)], headers(), page.into_string()).into_response()
}

pub(super) const HTML: &str = "text/html;charset=utf-8";

/// What browsers are told about each page.
pub(super) fn headers() -> [(HeaderName, HeaderValue); 3] {
    [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    ]
}

/// Our own text with what Markdown it has: paragraphs, `code` and **strong**.
pub(super) fn prose(text: &str) -> Markup {
    html! {
        @for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
            p { (inline(paragraph)) }
        }
    }
}

/// The same within a line.
pub(super) fn inline(text: &str) -> Markup {
    let alternating = |text: &str, mark: &str| -> Vec<(bool, String)> {
        text.split(mark).enumerate().map(|(index, part)| (index % 2 == 1, part.to_owned())).collect()
    };
    html! {
        @for (is_code, part) in alternating(text, "`") {
            @if is_code {
                code { (part) }
            } @else {
                @for (is_strong, part) in alternating(&part, "**") {
                    @if is_strong { strong { (part) } } @else { (part) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_paragraphs_with_code_and_nothing_else() {
        assert_eq!(
            prose("**A** `<b>` & c\n\nd").into_string(),
            "<p><strong>A</strong> <code>&lt;b&gt;</code> &amp; c</p><p>d</p>"
        );
    }
}
