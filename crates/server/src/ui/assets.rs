//! What pages are made of, embedded in the program.

use std::sync::LazyLock;

use super::fixed::Fixed;
use super::page::MARK;

static ASSETS: LazyLock<[(&str, Fixed); 3]> = LazyLock::new(|| {
    [
        ("pages.css", Fixed::new("text/css;charset=utf-8", include_str!("assets/pages.css"))),
        ("browser.js", Fixed::new("text/javascript;charset=utf-8", include_str!("assets/browser.js"))),
        ("mark.svg", Fixed::new("image/svg+xml", MARK)),
    ]
});

pub(super) fn find(name: &str) -> Option<&'static Fixed> {
    ASSETS.iter().find(|(own, _)| *own == name).map(|(_, asset)| asset)
}
