//! Verdicts: always a shape and a word; colour comes third.

use maud::{Markup, html};

/// What is known about a pair, or about a question to the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    Failed,
    NotVerified,
    Pending,
    /// Waived, dead, or yes with something to know.
    Warning,
    NotApplicable,
}

impl Verdict {
    /// About a pair.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Passed => "Passed",
            Self::Failed => "Failed",
            Self::NotVerified => "Not verified",
            Self::Pending => "Pending",
            Self::Warning => "Warning",
            Self::NotApplicable => "Not applicable",
        }
    }

    /// What the gate answers.
    pub(crate) fn gate_word(self) -> &'static str {
        match self {
            Self::Passed => "Yes",
            Self::Failed => "No",
            Self::NotVerified => "Not known",
            Self::Warning => "Yes, with a warning",
            Self::Pending | Self::NotApplicable => self.word(),
        }
    }

    /// The class that styles carry, and the end of its shape's name.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Passed => "pass",
            Self::Failed => "fail",
            Self::NotVerified => "none",
            Self::Pending => "pend",
            Self::Warning => "warn",
            Self::NotApplicable => "na",
        }
    }
}

/// Shape and word.
pub(crate) fn verdict(verdict: Verdict) -> Markup {
    verdict_saying(verdict, verdict.word())
}

/// Shape and the word of the gate.
pub(crate) fn answer(verdict: Verdict) -> Markup {
    verdict_saying(verdict, verdict.gate_word())
}

/// Shape and other words, such as "2 failed".
pub(crate) fn verdict_saying(verdict: Verdict, words: &str) -> Markup {
    html! { span class={ "v " (verdict.class()) } { (shape(verdict)) (words) } }
}

/// The same on its tint: for headings only.
pub(crate) fn badge(verdict: Verdict, words: &str) -> Markup {
    html! { span class={ "badge " (verdict.class()) } { (shape(verdict)) (words) } }
}

/// Only the shape, where the words beside it say the verdict.
pub(crate) fn shape(verdict: Verdict) -> Markup {
    html! { svg .shape viewBox="0 0 16 16" aria-hidden="true" { use href={ "#s-" (verdict.class()) } {} } }
}

/// Only the shape, where nothing else says the verdict: `label` does.
pub(crate) fn shape_alone(verdict: Verdict, label: &str) -> Markup {
    html! { svg .shape viewBox="0 0 16 16" role="img" aria-label=(label) { use href={ "#s-" (verdict.class()) } {} } }
}
