//! Shapes and icons, drawn once a page and used by name.

use maud::{Markup, PreEscaped, html};

/// An icon of the sprite; words beside it say what it means.
pub(crate) fn icon(name: &str) -> Markup {
    html! { svg .icon viewBox="0 0 16 16" aria-hidden="true" { use href={ "#i-" (name) } {} } }
}

/// What all shapes and icons are copies of; each page has it once.
pub(in crate::ui) fn sprite() -> Markup {
    PreEscaped(include_str!("../assets/sprite.svg").trim_end().to_owned())
}
