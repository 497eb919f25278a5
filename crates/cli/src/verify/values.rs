//! What was expected beside what was answered: two lines for two short values, the lines that differ for long ones.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::value::RawValue;
use similar::{DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

use crate::plain;

/// Lines around a difference.
const CONTEXT: usize = 3;
/// More rows of a difference are not shown.
const SHOWN_ROWS: usize = 24;
/// More lines of a side are not compared: the effort grows with the square.
const COMPARED_LINES: usize = 1_000;
/// Longer JSON is taken as it is.
const PRETTY_BYTES: usize = 1 << 18;
/// Deeper values are written in one line, since nobody reads them and each level costs stack.
const PRETTY_LEVELS: usize = 30;
/// What a line shows of a value.
const WIDTH: usize = 120;
/// What stands before the first difference of long lines.
const LEAD: usize = 30;

/// A line of what is told about a mismatch, without its mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Row {
    /// Where and in which way.
    Head { place: String, sentence: String },
    /// The value that was expected.
    Expected(String),
    /// The value that was answered.
    Actual(String),
    /// A line that both have.
    Same(String),
    /// A line that is expected only.
    OnlyExpected(String),
    /// A line that was answered only.
    OnlyActual(String),
    /// How marks are to be read, what is left out.
    Note(String),
}

impl Row {
    pub(super) fn to_text(&self) -> String {
        match self {
            Self::Head { place, sentence } => format!("{place}  {sentence}"),
            Self::Expected(text) => format!("expected  {text}"),
            Self::Actual(text) => format!("actual    {text}"),
            Self::Same(text) => format!("  {text}").trim_end().to_owned(),
            Self::OnlyExpected(text) => format!("- {text}"),
            Self::OnlyActual(text) => format!("+ {text}"),
            Self::Note(text) => text.clone(),
        }
    }
}

/// Nothing where the sentence says it all.
pub(super) fn rows(sentence: &str, expected: &str, actual: &str) -> Vec<Row> {
    if expected == actual {
        return Vec::new();
    }
    let (old_text, new_text) = (laid_out(expected), laid_out(actual));
    let (old, new) = (lines(&old_text), lines(&new_text));
    if old.len() > 1 || new.len() > 1 {
        let rows = difference(&old, &new);
        if !rows.is_empty() {
            return rows;
        }
    } else if says_both(sentence, expected, actual) {
        return Vec::new();
    }
    let (expected, actual) = around_the_difference(expected, actual);
    vec![Row::Expected(or_nothing(expected)), Row::Actual(or_nothing(actual))]
}

/// `"x"` without its quotes, as sentences may have it.
pub(super) fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value)
}

/// Where a word stands that is not part of a longer one.
pub(super) fn find_word(text: &str, word: &str) -> Option<Range<usize>> {
    if word.is_empty() {
        return None;
    }
    let is_free = |neighbour: Option<char>| !neighbour.is_some_and(char::is_alphanumeric);
    text.match_indices(word)
        .map(|(start, _)| start..start + word.len())
        .find(|found| is_free(text[..found.start].chars().next_back()) && is_free(text[found.end..].chars().next()))
}

/// Sentences that name the actual value first are easily misread: those need the values below them.
fn says_both(sentence: &str, expected: &str, actual: &str) -> bool {
    find_word(sentence, unquoted(expected))
        .is_some_and(|found| find_word(&sentence[found.end..], unquoted(actual)).is_some())
}

fn or_nothing(value: String) -> String {
    if value.is_empty() { "(nothing)".to_owned() } else { value }
}

/// JSON with a line for each value and keys in order, so that the order of keys makes no difference.
fn laid_out(text: &str) -> Cow<'_, str> {
    let start = text.trim_start();
    if text.len() > PRETTY_BYTES || !start.starts_with(['{', '[']) {
        return Cow::Borrowed(text);
    }
    match serde_json::from_str::<&RawValue>(text) {
        Ok(value) => {
            let mut pretty = String::new();
            write_pretty(value.get(), 0, &mut pretty);
            Cow::Owned(pretty)
        }
        Err(_) => Cow::Borrowed(text),
    }
}

/// Scalars stay as they are written: numbers would lose digits.
fn write_pretty(raw: &str, level: usize, out: &mut String) {
    let indent = "  ".repeat(level + 1);
    if level > PRETTY_LEVELS {
        out.push_str(raw);
    } else if let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(raw) {
        let elements = elements.iter().map(|element| (String::new(), element.get()));
        write_items(['[', ']'], elements, &indent, level, out);
    } else if let Ok(members) = serde_json::from_str::<BTreeMap<String, &RawValue>>(raw) {
        let members = members.iter().map(|(key, value)| (format!("{}: ", serde_json::json!(key)), value.get()));
        write_items(['{', '}'], members, &indent, level, out);
    } else {
        out.push_str(raw);
    }
}

fn write_items<'a>(
    [open, close]: [char; 2],
    items: impl Iterator<Item = (String, &'a str)>,
    indent: &str,
    level: usize,
    out: &mut String,
) {
    out.push(open);
    let mut is_empty = true;
    for (key, value) in items {
        out.push_str(if is_empty { "\n" } else { ",\n" });
        out.push_str(indent);
        out.push_str(&key);
        write_pretty(value, level + 1, out);
        is_empty = false;
    }
    if !is_empty {
        out.push('\n');
        out.push_str(&indent[2..]);
    }
    out.push(close);
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().take(COMPARED_LINES).collect()
}

/// The lines that differ with some around them; empty if none does.
fn difference(old: &[&str], new: &[&str]) -> Vec<Row> {
    let operations = capture_diff_slices(similar::Algorithm::Myers, old, new);
    let mut rows = Vec::new();
    for (index, group) in group_diff_ops(operations, CONTEXT).iter().enumerate() {
        if index > 0 {
            rows.push(Row::Note("…".to_owned()));
        }
        for operation in group {
            push_operation(operation, old, new, &mut rows);
        }
    }
    if rows.len() > SHOWN_ROWS {
        let left_out = rows.len() - SHOWN_ROWS;
        rows.truncate(SHOWN_ROWS);
        rows.push(Row::Note(format!("… and {left_out} more lines")));
    }
    if !rows.is_empty() {
        rows.insert(0, Row::Note("- expected  + actual".to_owned()));
    }
    rows
}

fn push_operation(operation: &DiffOp, old: &[&str], new: &[&str], rows: &mut Vec<Row>) {
    let (old, new) = (&old[operation.old_range()], &new[operation.new_range()]);
    if operation.tag() == DiffTag::Equal {
        rows.extend(old.iter().map(|one| Row::Same(plain::line(one, WIDTH))));
    } else if old.len() == new.len() {
        let pairs: Vec<(String, String)> =
            old.iter().zip(new).map(|(old, new)| around_the_difference(old, new)).collect();
        rows.extend(pairs.iter().map(|(old, _)| Row::OnlyExpected(old.clone())));
        rows.extend(pairs.into_iter().map(|(_, new)| Row::OnlyActual(new)));
    } else {
        rows.extend(old.iter().map(|one| Row::OnlyExpected(plain::line(one, WIDTH))));
        rows.extend(new.iter().map(|one| Row::OnlyActual(plain::line(one, WIDTH))));
    }
}

/// Long lines may have in common all that would be shown of their beginnings.
fn around_the_difference(old: &str, new: &str) -> (String, String) {
    let is_long = old.chars().nth(WIDTH).is_some() || new.chars().nth(WIDTH).is_some();
    let common = old.chars().zip(new.chars()).take_while(|(old, new)| old == new).count();
    let from = if is_long { common.saturating_sub(LEAD) } else { 0 };
    let window = |text: &str| {
        let rest: String = text.chars().skip(from).take(WIDTH + 1).collect();
        format!("{}{}", if from > 0 { "…" } else { "" }, plain::line(&rest, WIDTH))
    };
    (window(old), window(new))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sentence: &str, expected: &str, actual: &str, told: &[&str]) {
        let rows: Vec<String> = rows(sentence, expected, actual).iter().map(Row::to_text).collect();
        assert_eq!(rows, told);
    }

    #[test]
    fn short_values_stand_below_each_other() {
        check("", "0", "\"x\"", &["expected  0", "actual    \"x\""]);
        check("", "a", "", &["expected  a", "actual    (nothing)"]);
    }

    #[test]
    fn a_sentence_with_both_values_is_enough() {
        check("expected 200 but was 500", "200", "500", &[]);
    }

    #[test]
    fn a_sentence_that_names_the_answer_first_is_not_enough() {
        check("Expected 'd' to be equal to 'e'", "\"e\"", "\"d\"", &["expected  \"e\"", "actual    \"d\""]);
    }

    #[test]
    fn a_value_inside_a_longer_word_is_not_said() {
        check("expected 2001 but was 500", "200", "500", &["expected  200", "actual    500"]);
    }

    #[test]
    fn json_is_compared_by_lines_whatever_the_order_of_its_keys() {
        check(
            "",
            r#"{"b":{"c":[]},"a":[1,2]}"#,
            r#"{"a":[1,3],"b":{"c":[]}}"#,
            &[
                "- expected  + actual",
                "  {",
                "    \"a\": [",
                "      1,",
                "-     2",
                "+     3",
                "    ],",
                "    \"b\": {",
                "      \"c\": []",
            ],
        );
    }

    #[test]
    fn numbers_keep_their_digits() {
        check(
            "",
            "[1234567890123456789012345]",
            "[1.0]",
            &["- expected  + actual", "  [", "-   1234567890123456789012345", "+   1.0", "  ]"],
        );
    }

    #[test]
    fn json_that_is_nested_too_deep_is_still_compared() {
        let deep = |inner: &str| format!("{}{inner}{}", "[".repeat(100_000), "]".repeat(100_000));

        let told = rows("", &deep("1"), &deep("2"));

        assert!(told.iter().any(|row| matches!(row, Row::OnlyActual(text) if text.starts_with("…[[["))));
    }

    #[test]
    fn differences_far_apart_leave_out_what_is_between() {
        let text = |first: &str, last: &str| {
            let between: Vec<String> = (0..20).map(|line| line.to_string()).collect();
            format!("{first}\n{}\n{last}", between.join("\n"))
        };

        check(
            "",
            &text("a", "b"),
            &text("A", "B"),
            &["- expected  + actual", "- a", "+ A", "  0", "  1", "  2", "…", "  17", "  18", "  19", "- b", "+ B"],
        );
    }

    #[test]
    fn a_long_difference_is_cut() {
        let text = |letter: &str| format!("{letter}\n").repeat(100);

        let told = rows("", &text("a"), &text("b"));

        assert_eq!(told.len(), SHOWN_ROWS + 2);
        assert_eq!(told.last(), Some(&Row::Note("… and 176 more lines".to_owned())));
    }

    #[test]
    fn long_lines_are_shown_where_they_begin_to_differ() {
        let long = |end: &str| format!("{}{end}", "a".repeat(500));
        let lead = "a".repeat(LEAD);

        check("", &long("x"), &long("y"), &[&format!("expected  …{lead}x"), &format!("actual    …{lead}y")]);
    }

    #[test]
    fn lines_that_only_end_otherwise_are_told_in_one_line() {
        check("", "a\nb\n", "a\r\nb", &[r"expected  a\nb\n", r"actual    a\r\nb"]);
    }

    #[test]
    fn lines_are_not_obeyed_by_ci_systems() {
        check(
            "",
            "::error::a\nb",
            "::error::a\n\x1b[2J",
            &["- expected  + actual", "  : :error::a", "- b", r"+ \u{1b}[2J"],
        );
    }
}
