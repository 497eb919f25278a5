//! What happened, the newest first, each with the verdict at that moment.

use maud::{Markup, html};

use super::verdict::{Verdict, shape};

pub(crate) struct Happening {
    /// As it was then.
    pub(crate) verdict: Verdict,
    pub(crate) sentence: Markup,
    /// By whom, and what the gate said.
    pub(crate) by: Option<Markup>,
    pub(crate) age: Markup,
}

/// `is_joined` draws a line through the shapes: they are one story.
pub(crate) fn timeline(happenings: &[Happening], is_joined: bool) -> Markup {
    html! {
        ol .timeline .joined[is_joined] {
            @for happening in happenings {
                li {
                    (shape(happening.verdict))
                    div {
                        div { (happening.sentence) }
                        @if let Some(by) = &happening.by { div .by { (by) } }
                    }
                    span .age { (happening.age) }
                }
            }
        }
    }
}
