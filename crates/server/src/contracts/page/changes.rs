//! The pane as the difference to another version.

use maud::{Markup, html};
use pactolus_domain::contract_diff::{Change, ContractDiff, Difference, InteractionDiff, JsonText, Subject};

use crate::ui::parts::{TwoSided, two_sided};

/// Letters of a value that are shown on one line.
const MOST_LETTERS: usize = 400;
/// Interactions whose changes are shown.
const MOST: usize = 100;

/// What differs from `other`, which is the older one where it was created before.
pub(super) fn changes(diff: &ContractDiff, version: &str, other: &str) -> Markup {
    html! {
        article .pane .difference {
            header {
                h2 { "What " span .mono { (version) } " promises otherwise than " span .mono { (other) } }
            }
            p { (diff.summary()) }
            @for remark in diff.remarks() { p .quiet { (remark) } }
            @for one in diff.interactions.iter().take(MOST) { (interaction(one)) }
            @if diff.interactions.len() > MOST { p .note { (diff.interactions.len() - MOST) " more interactions differ." } }
            @if !diff.document.is_empty() { section .part { header { h3 { "Outside of interactions" } } (rows(&diff.document)) } }
        }
    }
}

fn interaction(one: &InteractionDiff) -> Markup {
    let word = match &one.difference {
        Difference::Added { .. } => "Added",
        Difference::Removed { .. } => "Removed",
        Difference::Changed { .. } => "Changed",
    };
    html! {
        section .part {
            header {
                h3 { (word) }
                b { @if one.description.is_empty() { "without a description" } @else { (one.description) } }
                @if let Some(outline) = &one.outline { span .mono .path { (outline) } }
            }
            @if !one.provider_states.is_empty() { p .note { "Given " (one.provider_states.join(", ")) } }
            @match &one.difference {
                Difference::Added { after } => { (two_sided(&[added(1, after, None)])) }
                Difference::Removed { before } => { (two_sided(&[removed(1, before, None)])) }
                Difference::Changed { changes } => { (rows(changes)) }
            }
        }
    }
}

fn rows(changes: &[Change]) -> Markup {
    let mut rows = Vec::new();
    for (index, change) in changes.iter().enumerate() {
        let subject = if change.subject == Subject::MatchingRule { "rule at " } else { "" };
        let tag = html! { span .at { (subject) code { (change.path) } } };
        rows.extend(change.before.as_ref().map(|before| removed(index + 1, before, Some(tag.clone()))));
        // Said once where both sides stand together.
        let tag = Some(tag).filter(|_| change.before.is_none());
        rows.extend(change.after.as_ref().map(|after| added(index + 1, after, tag)));
    }
    two_sided(&rows)
}

fn added(right: usize, value: &JsonText, tag: Option<Markup>) -> TwoSided {
    TwoSided::Added { right, text: cut(value), tag }
}

fn removed(left: usize, value: &JsonText, tag: Option<Markup>) -> TwoSided {
    TwoSided::Removed { left, text: cut(value), tag }
}

fn cut(value: &JsonText) -> Markup {
    let text = value.as_str();
    let end = text.char_indices().nth(MOST_LETTERS).map_or(text.len(), |(end, _)| end);
    html! { (&text[..end]) @if end < text.len() { span .t-mark { "…" } } }
}
