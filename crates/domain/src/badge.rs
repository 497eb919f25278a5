//! Badges: a label and a message side by side, drawn as SVG in the usual flat style. Widths of text are computed, as
//! there is no font here: the text is stretched to them, so every viewer shows the same.

use std::fmt::Write;

/// What a message says at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It is as it should be.
    Good,
    /// It is not.
    Bad,
    /// It was, but something has changed.
    Stale,
    /// Nobody knows.
    Unknown,
}

impl Tone {
    fn colour(self) -> &'static str {
        match self {
            Self::Good => "#2e7d32",
            Self::Bad => "#c62828",
            Self::Stale => "#b45309",
            Self::Unknown => "#6b7280",
        }
    }
}

/// A badge to be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Badge {
    /// What it is about.
    pub label: String,
    /// What is said of it.
    pub message: String,
    /// How that is meant.
    pub tone: Tone,
}

/// More characters than that are cut: names may have hundreds.
const MOST_CHARS: usize = 80;

const HEIGHT: usize = 20;
/// Beside each of the two texts.
const PADDING: usize = 6;

impl Badge {
    /// The picture, complete in itself.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let (label, message) = (shortened(&self.label), shortened(&self.message));
        let (label_width, message_width) = (width(&label), width(&message));
        let (left, right) = (label_width + 2 * PADDING, message_width + 2 * PADDING);
        let (width, colour) = (left + right, self.tone.colour());
        let title = escaped(&format!("{}: {}", self.label, self.message));
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{HEIGHT}\" role=\"img\" \
             aria-label=\"{title}\"><title>{title}</title>\
             <clipPath id=\"r\"><rect width=\"{width}\" height=\"{HEIGHT}\" rx=\"3\" fill=\"#fff\"/></clipPath>\
             <g clip-path=\"url(#r)\"><rect width=\"{left}\" height=\"{HEIGHT}\" fill=\"#444c56\"/>\
             <rect x=\"{left}\" width=\"{right}\" height=\"{HEIGHT}\" fill=\"{colour}\"/></g>\
             <g fill=\"#fff\" font-family=\"Verdana,Geneva,DejaVu Sans,sans-serif\" font-size=\"11\">"
        );
        for (x, text, length) in [(PADDING, &label, label_width), (left + PADDING, &message, message_width)] {
            let text = escaped(text);
            let _ = write!(svg, "<text x=\"{x}\" y=\"14\" textLength=\"{length}\">{text}</text>");
        }
        svg + "</g></svg>"
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= MOST_CHARS {
        return text.to_string();
    }
    text.chars().take(MOST_CHARS - 1).chain(['…']).collect()
}

/// Of text in Verdana at 11 pixels, in whole pixels.
fn width(text: &str) -> usize {
    text.chars().map(tenths).sum::<usize>().div_ceil(10).max(1)
}

/// Tenths of a pixel. Letters of one width are told together; scripts that are not told are taken as wide.
fn tenths(letter: char) -> usize {
    match letter {
        'i' | 'j' | 'l' | '\'' | '|' => 31,
        'f' | 'I' | 't' | 'r' | ' ' | '.' | ',' | ':' | ';' | '/' | '\\' | '(' | ')' | '[' | ']' | '!' => 44,
        'c' | 's' | 'z' | 'J' | '-' => 54,
        'a' | 'k' | 'v' | 'x' | 'y' | '_' | '?' | '$' => 66,
        'b' | 'd' | 'e' | 'g' | 'h' | 'n' | 'o' | 'p' | 'q' | 'u' | '0'..='9' | 'L' | 'F' | 'E' => 70,
        'A' | 'B' | 'C' | 'K' | 'P' | 'R' | 'S' | 'T' | 'V' | 'X' | 'Y' | 'Z' => 76,
        'D' | 'G' | 'H' | 'N' | 'O' | 'Q' | 'U' | 'w' | '<' | '>' | '=' | '+' | '#' | '&' => 88,
        'm' | 'M' | 'W' | '%' | '@' => 108,
        letter if letter.is_ascii_control() => 0,
        _ => 110,
    }
}

/// For text and attributes; what XML cannot hold is left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn badge(label: &str, message: &str) -> String {
        Badge { label: label.into(), message: message.into(), tone: Tone::Good }.to_svg()
    }

    #[test]
    fn both_texts_stand_in_it_beside_each_other() {
        let svg = badge("shop/stock pact", "verified");

        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"), "{svg}");
        assert!(svg.contains(">shop/stock pact</text>") && svg.contains(">verified</text>"), "{svg}");
        assert!(svg.contains("<title>shop/stock pact: verified</title>"), "{svg}");
    }

    #[test]
    fn nothing_in_a_name_can_leave_its_place() {
        let svg = badge("</text><script>alert(1)</script>", "\"&\u{0}\u{b}");

        assert!(!svg.contains("<script>") && svg.contains("&lt;script&gt;"), "{svg}");
        assert!(svg.contains("&quot;&amp;</text>"), "{svg}");
    }

    #[test]
    fn long_names_are_cut_and_told_whole_to_screen_readers() {
        let name = "x".repeat(500);
        let svg = badge(&name, "failed");

        assert!(svg.contains(&format!(">{}…</text>", "x".repeat(79))));
        assert!(svg.contains(&format!("aria-label=\"{name}: failed\"")));
    }

    #[test]
    fn wide_letters_make_wide_badges() {
        assert!(width("WWWW") > 2 * width("iiii"));
        assert_eq!(width(""), 1);
    }
}
