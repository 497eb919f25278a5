//! The tape: a cell for each version, newest right. The sentence beside it says what it shows.

use maud::{Markup, html};

use super::verdict::Verdict;

/// One version.
pub(crate) struct Cell<'a> {
    pub(crate) verdict: Verdict,
    /// Version and verdict in words.
    pub(crate) label: String,
    pub(crate) href: Option<&'a str>,
    pub(crate) is_selected: bool,
    /// What stands below it, such as the environment in which it runs; only on large tapes.
    pub(crate) mark: Option<&'a str>,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Size {
    /// In tables.
    Small,
    /// On the page of a contract.
    Large,
}

/// Cells, the oldest first; `label` says of what.
pub(crate) fn tape(size: Size, label: &str, cells: &[Cell<'_>]) -> Markup {
    html! {
        ol .tape .large[size == Size::Large] aria-label=(label) {
            @for cell in cells { li { (of(cell)) @if let Some(mark) = cell.mark { small { (mark) } } } }
        }
    }
}

fn of(cell: &Cell<'_>) -> Markup {
    let class = format!("cell {}{}", cell.verdict.class(), if cell.is_selected { " selected" } else { "" });
    html! {
        @if let Some(href) = cell.href {
            a class=(class) href=(href) title=(cell.label) aria-current=[cell.is_selected.then_some("true")] {
                (glyph(cell.verdict)) span .vh { (cell.label) }
            }
        } @else {
            span class=(class) title=(cell.label) { (glyph(cell.verdict)) span .vh { (cell.label) } }
        }
    }
}

/// Failures stand out without colour.
pub(crate) fn glyph(verdict: Verdict) -> Markup {
    html! {
        @if verdict == Verdict::Failed { svg viewBox="0 0 8 8" aria-hidden="true" { path d="m1.5 1.5 5 5m0-5-5 5" {} } }
        @if verdict == Verdict::Warning { svg viewBox="0 0 8 8" aria-hidden="true" { path d="M4 1v3.500M4 7v.1" {} } }
    }
}
