//! Parts of a text as numbered lines. A text without line breaks is shown as it would be with them.

use std::ops::Range;

use pactolus_oas::pointer::Pointer;
use pactolus_oas::source::{Budget, Source};

/// Nobody reads longer lines; a text that has one is laid out anew.
const LONGEST: usize = 500;
/// Letters of a line that are shown.
const MOST_LETTERS: usize = 300;

/// A text in lines.
pub(super) struct Text {
    lines: Vec<String>,
    /// Where things stand, if the text was laid out anew.
    laid_out: Option<Source>,
}

impl Text {
    pub(super) fn of(text: &str) -> Self {
        if text.lines().any(|line| line.len() > LONGEST)
            && let Ok(source) = Source::read(text, &Budget::default())
            && let Ok(pretty) = serde_json::to_string_pretty(source.value())
        {
            let laid_out = Source::read(&pretty, &Budget::default()).ok();
            return Self { lines: pretty.lines().map(str::to_owned).collect(), laid_out };
        }
        Self { lines: text.lines().map(str::to_owned).collect(), laid_out: None }
    }

    /// Whether it is not as it was received.
    pub(super) fn is_laid_out(&self) -> bool {
        self.laid_out.is_some()
    }

    pub(super) fn lines(&self) -> &[String] {
        &self.lines
    }

    /// The line, from 1, of what stands at `received` in the text as it was received.
    pub(super) fn line(&self, pointer: &str, received: usize) -> usize {
        match (&self.laid_out, Pointer::parse(pointer)) {
            (Some(source), Some(pointer)) => usize::try_from(source.position(&pointer).line).unwrap_or(1),
            _ => received,
        }
    }

    /// The lines around one, counted from 1.
    pub(super) fn around(&self, line: usize, before: usize, after: usize) -> Range<usize> {
        let first = line.saturating_sub(before).max(1);
        first..(line + after + 1).min(self.lines.len() + 1).max(first)
    }

    /// The lines of what begins at one: those that are further in, and a closing brace.
    pub(super) fn block(&self, line: usize, most: usize) -> Range<usize> {
        let Some(first) = line.checked_sub(1).and_then(|index| self.lines.get(index)) else { return line..line };
        let own = indent(first);
        let below = self.lines.iter().skip(line).take_while(|text| text.trim().is_empty() || indent(text) > own);
        let mut end = line + below.count();
        let closes = |text: &String| indent(text) == own && text.trim_start().starts_with(['}', ']']);
        if self.lines.get(end).is_some_and(closes) {
            end += 1;
        }
        while end > line && self.lines[end - 1].trim().is_empty() {
            end -= 1;
        }
        line..(end + 1).min(line + most)
    }

    /// How many spaces all the lines, counted from 1, begin with.
    pub(super) fn margin(&self, lines: Range<usize>) -> usize {
        let shown = lines.filter_map(|line| self.lines.get(line.checked_sub(1)?));
        let indents =
            shown.filter(|text| !text.trim().is_empty()).map(|text| text.len() - text.trim_start_matches(' ').len());
        indents.min().unwrap_or_default()
    }

    /// A line from 1, cut where nobody would read on.
    pub(super) fn shown(&self, line: usize) -> String {
        let text = line.checked_sub(1).and_then(|index| self.lines.get(index)).map_or("", String::as_str);
        cut(text)
    }
}

/// The first of a long line.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST_LETTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn indent(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "paths:\n  /a:\n    get:\n      x: 1\n\n    put:\n      y: 2\n";

    #[test]
    fn a_block_ends_where_what_follows_begins() {
        let text = Text::of(YAML);

        assert_eq!(text.block(3, 100), 3..5);
        assert_eq!(text.block(2, 100), 2..8);
        assert_eq!(text.block(2, 3), 2..5);
        assert_eq!(Text::of("{\n  \"a\": {\n    \"b\": 1\n  },\n  \"c\": 2\n}").block(2, 100), 2..5);
        assert_eq!(text.block(99, 100), 99..99);
    }

    #[test]
    fn lines_around_one_stay_in_the_text() {
        let text = Text::of(YAML);

        assert_eq!(text.around(1, 3, 2), 1..4);
        assert_eq!(text.around(7, 2, 9), 5..8);
        assert_eq!(text.around(99, 1, 1), 98..98);
        assert_eq!((text.margin(2..6), text.margin(1..3), text.margin(98..98)), (2, 0, 0));
    }

    #[test]
    fn a_text_without_line_breaks_gets_them() {
        let text = Text::of(&format!("{{\"a\":{{\"b\":[1]}},\"c\":\"{}\"}}", "x".repeat(LONGEST)));

        assert!(text.is_laid_out());
        assert_eq!(text.line("/a/b", 1), 3);
        assert_eq!(text.shown(3), "    \"b\": [");
        assert_eq!(text.shown(7).chars().count(), MOST_LETTERS + 1);
        assert_eq!(Text::of("a\nb").line("/a/b", 2), 2);
    }
}
