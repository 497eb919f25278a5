//! The little of XML that a test report needs.

use std::fmt::Write as _;

/// An element with what is in it, which is XML already.
pub(crate) fn element(name: &str, attributes: &[(&str, &str)], content: &str) -> String {
    let mut text = format!("<{name}");
    for (attribute, value) in attributes {
        let _ = write!(text, " {attribute}=\"{}\"", escaped(value, Place::Attribute));
    }
    if content.is_empty() {
        text.push_str("/>\n");
    } else {
        let _ = writeln!(text, ">{content}</{name}>");
    }
    text
}

/// Text as the content of an element.
pub(crate) fn text(text: &str) -> String {
    escaped(text, Place::Content)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Attribute,
    Content,
}

/// Parsers turn line ends and tabs of attributes into spaces unless they are escaped. `>` is escaped for `]]>`.
fn escaped(text: &str, place: Place) -> String {
    let mut xml = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\'' => xml.push_str("&apos;"),
            '\r' => xml.push_str("&#13;"),
            '\n' | '\t' if place == Place::Attribute => {
                let _ = write!(xml, "&#{};", u32::from(character));
            }
            legal if is_legal(legal) => xml.push(legal),
            _ => xml.push(char::REPLACEMENT_CHARACTER),
        }
    }
    xml
}

/// XML 1.0, section 2.2; surrogates are no characters of ours anyway.
fn is_legal(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_means_something_is_escaped() {
        assert_eq!(text("a]]>b & <c> \"d\" 'e'\n"), "a]]&gt;b &amp; &lt;c&gt; &quot;d&quot; &apos;e&apos;\n");
        assert_eq!(element("a", &[("b", "\"\n\t\r<")], ""), "<a b=\"&quot;&#10;&#9;&#13;&lt;\"/>\n");
        assert_eq!(element("a", &[], "<b/>"), "<a><b/></a>\n");
    }

    #[test]
    fn characters_that_xml_does_not_have_are_replaced() {
        assert_eq!(text("\u{0}\u{8}\u{b}\u{1b}\u{fffe}\u{ffff}x\u{1f600}"), "\u{fffd}".repeat(6) + "x\u{1f600}");
    }
}
