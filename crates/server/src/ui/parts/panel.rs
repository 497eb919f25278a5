//! Panels and the small things in them: facts, commands to copy, what stands where nothing is yet.

use maud::{Markup, html};

use super::icons::icon;
use super::verdict::{Verdict, shape};

/// A titled panel. `note` follows the title, `tools` stand at the right.
pub(crate) fn panel(title: &str, note: Option<&str>, tools: Option<&Markup>, content: &Markup) -> Markup {
    html! {
        section .panel {
            header {
                h2 { (title) }
                @if let Some(note) = note { span .quiet { (note) } }
                @if let Some(tools) = tools { div .tools { (tools) } }
            }
            (content)
        }
    }
}

/// Names and values below each other.
pub(crate) fn about(facts: &[(&str, Markup)]) -> Markup {
    html! { dl .about { @for (name, value) in facts { dt { (name) } dd { (value) } } } }
}

/// A quiet link beside a title.
pub(crate) fn link(href: &str, text: &str) -> Markup {
    html! { a .link href=(href) { (text) } }
}

/// A link that a user wrote: only to addresses of the web, and without telling where it came from.
pub(crate) fn outside(url: &str, words: &str) -> Markup {
    let is_of_web = ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme));
    html! {
        @if is_of_web { a .link href=(url) rel="noreferrer nofollow" title=(url) { (words) } } @else { span title=(url) { (words) } }
    }
}

/// A command to copy: it wraps and is never cut, and one click selects it where no script runs.
pub(crate) fn command(text: &str) -> Markup {
    html! {
        div .command {
            code tabindex="0" { (text) }
            button type="button" data-copy hidden title="Copy" aria-label="Copy the command" { (icon("copy")) }
        }
    }
}

/// What stands where nothing is yet: what will be here, a command, a link.
pub(crate) fn empty(sentence: &str, to_run: Option<&str>, more: Option<(&str, &str)>) -> Markup {
    html! {
        div .empty {
            p { (sentence) }
            @if let Some(text) = to_run { (command(text)) }
            @if let Some((href, text)) = more { (link(href, text)) }
        }
    }
}

/// A sentence that a verdict colours: what failed, or what to know.
pub(crate) fn sentence(verdict: Verdict, words: &Markup) -> Markup {
    html! { div class={ "sentence " (verdict.class()) } { (shape(verdict)) div { (words) } } }
}

/// What stands where a part of a page could not be made; the others stand.
pub(crate) fn trouble(what: &str, reference: Option<&str>) -> Markup {
    html! {
        div .trouble role="alert" {
            (shape(Verdict::Warning))
            p {
                (what) " could not be read. "
                @if let Some(reference) = reference { "Reference " code { (reference) } "; y" } @else { "Y" }
                "our data is untouched. Try again."
            }
        }
    }
}
