//! What pages are made of, embedded in the program. Each asset has a name that says what is in it, so that browsers may keep
//! it for good, and a plain one.

use std::sync::LazyLock;

use super::fixed::Fixed;
use super::page::MARK;

const STYLES: &str = concat!(
    include_str!("assets/css/tokens.css"),
    include_str!("assets/css/frame.css"),
    include_str!("assets/css/parts.css"),
    include_str!("assets/css/reasons.css"),
    include_str!("assets/css/application.css"),
    include_str!("assets/css/home.css"),
    include_str!("assets/css/search.css"),
    include_str!("assets/css/map.css"),
    include_str!("assets/css/gate.css"),
    include_str!("assets/css/heat.css"),
    include_str!("assets/css/board.css"),
    include_str!("assets/css/automation.css"),
    include_str!("assets/css/api.css"),
    include_str!("assets/css/contract.css"),
    include_str!("assets/css/openapi.css"),
);

const FONTS: [(&str, &[u8]); 6] = [
    ("ibm-plex-sans.woff2", include_bytes!("assets/fonts/ibm-plex-sans.woff2")),
    ("ibm-plex-sans-ext.woff2", include_bytes!("assets/fonts/ibm-plex-sans-ext.woff2")),
    ("ibm-plex-mono-400.woff2", include_bytes!("assets/fonts/ibm-plex-mono-400.woff2")),
    ("ibm-plex-mono-400-ext.woff2", include_bytes!("assets/fonts/ibm-plex-mono-400-ext.woff2")),
    ("ibm-plex-mono-600.woff2", include_bytes!("assets/fonts/ibm-plex-mono-600.woff2")),
    ("ibm-plex-mono-600-ext.woff2", include_bytes!("assets/fonts/ibm-plex-mono-600-ext.woff2")),
];

struct Asset {
    plain_name: &'static str,
    /// With a digest of what is in it.
    kept_name: String,
    plain: Fixed,
    kept: Fixed,
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let mut assets: Vec<Asset> = FONTS.iter().map(|(name, bytes)| Asset::new(name, "font/woff2", bytes)).collect();
    // Styles stand beside the fonts that they name.
    let styles = assets.iter().fold(STYLES.to_owned(), |styles, font| {
        styles.replace(&format!("\"@{}\"", font.plain_name), &format!("\"{}\"", font.kept_name))
    });
    let script = "text/javascript;charset=utf-8";
    assets.extend([
        Asset::new("pages.css", "text/css;charset=utf-8", packed(&styles).as_bytes()),
        Asset::new("pages.js", script, include_bytes!("assets/pages.js")),
        Asset::new("htmx.js", script, include_bytes!("assets/htmx.min.js")),
        Asset::new("browser.js", script, include_bytes!("assets/browser.js")),
        Asset::new("mark.svg", "image/svg+xml", MARK.as_bytes()),
    ]);
    assets
});

impl Asset {
    fn new(plain_name: &'static str, content_type: &'static str, bytes: &[u8]) -> Self {
        let plain = Fixed::new(content_type, bytes.to_vec());
        let kept = Fixed::kept(content_type, bytes.to_vec());
        let (stem, extension) = plain_name.rsplit_once('.').unwrap_or((plain_name, ""));
        let kept_name = format!("{stem}-{}.{extension}", kept.digest());
        Self { plain_name, kept_name, plain, kept }
    }
}

/// Styles without what only their authors read: comments, and spaces where one statement is parted from the next. Strings
/// among them are left alone, since none has such marks.
pub(super) fn packed(styles: &str) -> String {
    let mut text = String::with_capacity(styles.len());
    for (at, piece) in styles.split("/*").enumerate() {
        let after_comment = piece.split_once("*/").map_or("", |(_, after)| after);
        text.push_str(if at == 0 { piece } else { after_comment });
    }
    let mut packed = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (written, meant) in [("{ ", "{"), (" {", "{"), ("; ", ";"), (";}", "}"), (" }", "}"), ("} ", "}"), (": ", ":")]
    {
        packed = packed.replace(written, meant);
    }
    packed
}

pub(super) fn find(name: &str) -> Option<&'static Fixed> {
    ASSETS.iter().find_map(|asset| match name {
        name if name == asset.kept_name => Some(&asset.kept),
        name if name == asset.plain_name => Some(&asset.plain),
        _ => None,
    })
}

/// The name under which browsers may keep an asset for good.
pub(super) fn kept_name(plain_name: &str) -> &str {
    ASSETS.iter().find(|asset| asset.plain_name == plain_name).map_or(plain_name, |asset| &asset.kept_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_name_fonts_that_are_there() {
        let styles = &find("pages.css").unwrap();
        let text = String::from_utf8(styles.body().to_vec()).unwrap();
        let named: Vec<&str> = text.split("url(\"").skip(1).filter_map(|after| after.split('"').next()).collect();

        assert_eq!(named.len(), FONTS.len());
        for name in named {
            assert!(find(name).is_some(), "{name}");
        }
    }

    #[test]
    fn styles_are_sent_without_what_only_authors_read() {
        let written =
            "/* Notes. */\na > b :hover,\nc {\n  width: calc(1px + 2px);\n  margin: 0 4px;\n}\n\n.d { x: y; }\n";

        assert_eq!(packed(written), "a > b :hover, c{width:calc(1px + 2px);margin:0 4px}.d{x:y}");
    }

    #[test]
    fn an_asset_is_kept_under_a_name_that_says_what_is_in_it() {
        let name = kept_name("pages.js");

        assert_ne!(name, "pages.js");
        assert!(find(name).is_some());
        assert!(find("pages-0000000000.js").is_none());
    }
}
