//! A drawing by itself, to be taken elsewhere: SVG with the shapes that it uses and with styles of its own, whose colours are
//! written out, since few programs but browsers know variables.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::assets::packed;
use super::parts::sprite;

const TOKENS: &str = include_str!("assets/css/tokens.css");
const STYLES: [&str; 3] =
    [include_str!("assets/css/frame.css"), include_str!("assets/css/parts.css"), include_str!("assets/css/map.css")];
/// How lines of styles begin that drawings need.
const OF_DRAWINGS: [&str; 4] = [".map ", ".map.", ".s-", ".icon {"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ground {
    Light,
    Dark,
}

static STYLE: LazyLock<String> = LazyLock::new(|| {
    let lines = STYLES.iter().flat_map(|styles| styles.lines());
    let wanted = lines.filter(|line| OF_DRAWINGS.iter().any(|begin| line.starts_with(begin)));
    let ground = ".ground { fill: var(--surface); }";
    let styles = wanted.chain([ground]).collect::<Vec<_>>().join("\n");
    let (light, dark) = (coloured(&styles, Ground::Light), coloured(&styles, Ground::Dark));
    packed(&format!("{light} @media (prefers-color-scheme: dark) {{ {dark} }}"))
});

/// Only the styles above may count.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let digest = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{digest}'")
});

/// What a drawing begins with.
pub(crate) fn ground() -> Markup {
    html! {
        style { (PreEscaped(STYLE.as_str())) }
        defs { (sprite()) }
        rect .ground width="100%" height="100%" {}
    }
}

/// The drawing as an answer. It is XML, which has no control characters, whatever names have.
pub(crate) fn alone(svg: Markup) -> Response {
    let is_of_xml = |letter: char| !letter.is_control() && !matches!(letter, '\u{FFFE}' | '\u{FFFF}');
    let text: String = svg
        .into_string()
        .chars()
        .map(|letter| if is_of_xml(letter) { letter } else { char::REPLACEMENT_CHARACTER })
        .collect();
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml;charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY.as_str()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text).into_response()
}

/// Styles with values in place of variables.
fn coloured(styles: &str, ground: Ground) -> String {
    let mut pieces = styles.split("var(");
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, after) = piece.split_once(')').unwrap_or((piece, ""));
        text.push_str(token(name, ground));
        text.push_str(after);
    }
    text
}

/// The value of a variable, which is one for both grounds or `light-dark(one, other)`.
fn token(name: &str, ground: Ground) -> &'static str {
    let mut lines =
        TOKENS.lines().filter_map(|line| line.trim().strip_prefix(name)?.strip_prefix(": ")?.strip_suffix(';'));
    let value = lines.next().expect("every variable is a token");
    let pair = value
        .strip_prefix("light-dark(")
        .and_then(|pair| pair.strip_suffix(')'))
        .and_then(|pair| pair.split_once(", "));
    match (pair, ground) {
        (None, _) => value,
        (Some((light, _)), Ground::Light) => light,
        (Some((_, dark)), Ground::Dark) => dark,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_styles_of_a_drawing_need_nothing_else() {
        for foreign in ["var(", "light-dark(", "url(", "@import", "<", "&"] {
            assert!(!STYLE.contains(foreign), "{foreign}: {}", *STYLE);
        }
        let (light, dark) = STYLE.split_once("@media (prefers-color-scheme:dark)").unwrap();
        assert!(light.contains(".map .node.fail rect{stroke:#cb3a2f;"), "{light}");
        assert!(dark.contains(".map .node.fail rect{stroke:#e0564a;"), "{dark}");
        assert!(light.contains(".s-pass .s{fill:#2c8a62}") && light.contains(".ground{fill:#fff}"), "{light}");
    }
}
