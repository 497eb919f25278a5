//! Versions and labels.

use maud::{Markup, html};

/// Longer ones lose their middle.
const LONGEST: usize = 24;
/// So much of a hash is enough to tell it from others.
const OF_HASH: usize = 7;

/// A version that leads to `href`. Never coloured by a verdict.
pub(crate) fn chip(href: &str, number: &str) -> Markup {
    html! { a .chip href=(href) title=(number) { (short(number)) } }
}

/// The version that the page is about, or that is chosen on it.
pub(crate) fn selected_chip(href: &str, number: &str) -> Markup {
    html! { a .chip .selected href=(href) title=(number) { (short(number)) } }
}

/// A version in a table whose column says what it is.
pub(crate) fn number_only(href: &str, number: &str, class: &str) -> Markup {
    html! { a class={ "mono " (class) } href=(href) title=(number) { (short(number)) } }
}

/// A label.
pub(crate) fn tag(href: Option<&str>, text: &str) -> Markup {
    html! {
        @if let Some(href) = href { a .tag href=(href) title=(text) { (text) } } @else { span .tag title=(text) { (text) } }
    }
}

/// The first of a hash, else the whole, else both ends.
pub(crate) fn short(number: &str) -> String {
    let is_hash = number.len() >= 20 && number.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash {
        return number[..OF_HASH].to_owned();
    }
    let letters: Vec<char> = number.chars().collect();
    if letters.len() <= LONGEST {
        return number.to_owned();
    }
    let (first, last) = (&letters[..LONGEST / 2], &letters[letters.len() - (LONGEST / 2 - 1)..]);
    first.iter().chain(&['…']).chain(last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_as_short_as_it_can_be_told() {
        assert_eq!(short("2.19.3"), "2.19.3");
        assert_eq!(short("a41c7e0b5f9d8c7e6a5b4c3d2e1f0a9b8c7d6e5f"), "a41c7e0");
        assert_eq!(short("123456789012345678901234"), "1234567");
        assert_eq!(short("release-2026-11-22-build-4711"), "release-2026…-build-4711");
        assert_eq!(short(&"é".repeat(200)).chars().count(), LONGEST);
    }
}
