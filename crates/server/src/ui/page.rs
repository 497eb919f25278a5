//! What a page of the service is, what browsers may load for it, and our own text as markup.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::frame::{Frame, Section};
use super::viewer::{Theme, Viewer};

/// Nothing from elsewhere is loaded, run, framed or sent to.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// Two streams into one, and a grain at the end.
pub(super) const MARK: &str = include_str!("assets/mark.svg");

/// A page. The rest of what it may have is filled in over `Page::new`.
pub(crate) struct Page<'a> {
    /// In the browser's title bar.
    pub(crate) title: &'a str,
    pub(crate) section: Section,
    pub(crate) status: StatusCode,
    /// Words and addresses from the section to this page; the last one is this page and needs no address.
    pub(crate) crumbs: Vec<(&'a str, String)>,
    /// The same in other forms: words and address. The one called JSON is the page's twin.
    pub(crate) twins: Vec<(&'a str, String)>,
    /// A small line above the heading.
    pub(crate) above: Option<Markup>,
    /// The answer, where the page has one, else what it is about.
    pub(crate) heading: Markup,
    /// Beside the heading: a badge, labels.
    pub(crate) badge: Option<Markup>,
    /// Below the heading, each in an element of its own.
    pub(crate) facts: Option<Markup>,
    /// At most one of them is `primary`.
    pub(crate) actions: Option<Markup>,
    /// Words, address, and how many there are; the current one has no address.
    pub(crate) tabs: Vec<(&'a str, Option<String>, Option<String>)>,
    /// Maps and matrices may be wider than the rest.
    pub(crate) is_wide: bool,
    pub(crate) content: Markup,
}

impl<'a> Page<'a> {
    pub(crate) fn new(title: &'a str, section: Section, heading: Markup, content: Markup) -> Self {
        Self {
            title,
            section,
            status: StatusCode::OK,
            crumbs: Vec::new(),
            twins: Vec::new(),
            above: None,
            heading,
            badge: None,
            facts: None,
            actions: None,
            tabs: Vec::new(),
            is_wide: false,
            content,
        }
    }

    pub(crate) fn show(&self, viewer: &Viewer) -> Response {
        let here = viewer.here_with(&[]);
        let json = self.twins.iter().find(|(words, _)| *words == "JSON").map(|(_, address)| address.as_str());
        let frame = Frame {
            root: &viewer.root,
            title: self.title,
            section: self.section,
            theme: viewer.theme,
            here: Some(&here),
            who: viewer.who.as_deref(),
            json,
            took_ms: Some(viewer.took().num_milliseconds()),
            class: self.is_wide.then_some("wide-page"),
        };
        answer(self.status, frame.around(&self.inside(&here)))
    }

    fn inside(&self, here: &str) -> Markup {
        html! {
            @if !self.crumbs.is_empty() || !self.twins.is_empty() { (self.way(here)) }
            div .heading #heading {
                div .what {
                    @if let Some(above) = &self.above { p .above { (above) } }
                    div .title { h1 { (self.heading) } @if let Some(badge) = &self.badge { (badge) } }
                    @if let Some(facts) = &self.facts { div .facts { (facts) } }
                }
                @if let Some(actions) = &self.actions { div .actions { (actions) } }
            }
            @if !self.tabs.is_empty() { (self.tabs()) }
            (self.content)
        }
    }

    fn way(&self, here: &str) -> Markup {
        html! {
            div .way #way {
                nav .crumbs aria-label="Breadcrumb" {
                    ol {
                        @for (index, (words, address)) in self.crumbs.iter().enumerate() {
                            li {
                                @if index + 1 == self.crumbs.len() {
                                    span aria-current="page" title=(words) { (words) }
                                } @else {
                                    a href=(address) title=(words) { (words) }
                                }
                            }
                        }
                    }
                }
                div .twins {
                    @for (words, address) in &self.twins { a .link href=(address) { (words) } }
                    a .link href=(here) data-copy hidden { "Copy link" }
                }
            }
        }
    }

    fn tabs(&self) -> Markup {
        html! {
            nav .tabs aria-label="Parts of this page" {
                @for (words, address, count) in &self.tabs {
                    a href=[address.as_deref()] aria-current=[address.is_none().then_some("page")] {
                        (words) @if let Some(count) = count { span .quiet { (count) } }
                    }
                }
            }
        }
    }
}

/// A page about the API, which says nothing that users wrote. `root` is what the addresses of this server begin with, seen
/// from the page.
pub(super) fn page(root: &str, title: &str, content: &Markup) -> Markup {
    Frame {
        root,
        title,
        section: Section::Api,
        theme: Theme::System,
        here: None,
        who: None,
        json: None,
        took_ms: None,
        class: Some("api"),
    }
    .around(content)
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
