//! Mismatches as people read them: where, in which way, and what was expected and answered. The same trouble in each
//! element of a list is told once.

use std::borrow::Cow;
use std::collections::HashMap;

use pactolus_verify::{Mismatch, MismatchKind};

use super::values::{self, Row};
use crate::plain;

/// Nobody reads more of one interaction; the JSON report has all.
const SHOWN: usize = 20;
/// How many other places of the same trouble are named.
const NAMED_PLACES: usize = 3;

/// The rows of all mismatches, one paragraph for each; paragraphs never are empty.
pub(super) fn paragraphs(mismatches: &[Mismatch]) -> Vec<Vec<Row>> {
    let groups = grouped(mismatches);
    let mut paragraphs: Vec<Vec<Row>> = groups.iter().take(SHOWN).map(|group| paragraph(group)).collect();
    let left_out: usize = groups.iter().skip(SHOWN).map(Vec::len).sum();
    if left_out > 0 {
        let note = format!("… and {left_out} more: --json FILE has all of them");
        paragraphs.push(vec![Row::Note(note)]);
    }
    paragraphs
}

/// `body $.items[0].id`: which part of the answer, and where in it.
pub(super) fn place(mismatch: &Mismatch) -> String {
    let part = match mismatch.kind {
        MismatchKind::Method => "method",
        MismatchKind::Path => "path",
        MismatchKind::Query => "query",
        MismatchKind::Status => "status",
        MismatchKind::Header => "header",
        MismatchKind::BodyType => "content type",
        MismatchKind::Body => "body",
        MismatchKind::Metadata => "metadata",
    };
    format!("{part} {}", plain::line(&mismatch.path, plain::DESCRIPTION)).trim_end().to_owned()
}

/// Where, in which way and what instead, in one line: `body $.items[0].id  must be an integer, got "x"`.
pub(super) fn headline(mismatch: &Mismatch) -> String {
    let sentence = reworded(mismatch);
    let is_said = values::find_word(&sentence, values::unquoted(&mismatch.actual)).is_some();
    let got = match mismatch.actual.as_str() {
        "" => String::new(),
        _ if is_said => String::new(),
        actual => format!(", got {}", plain::line(actual, plain::NAME)),
    };
    format!("{}  {}{got}", place(mismatch), plain::line(&sentence, plain::SENTENCE))
}

/// The engine begins with what was answered, `Expected 'x' (String) to be an integer`, which reads as if `x` were
/// expected: `must be an integer`. Other sentences stay.
fn reworded(mismatch: &Mismatch) -> Cow<'_, str> {
    let sentence = mismatch.sentence.as_str();
    let named = format!("header '{}'", mismatch.path);
    let sentence = sentence.strip_prefix(&format!("Mismatch with {named}: ")).unwrap_or(sentence);
    if sentence == format!("Expected a {named} but was missing") {
        return Cow::Borrowed("is missing");
    }
    if let Some(rule) = sentence.strip_prefix(&format!("Expected {named} to ")) {
        return Cow::Owned(format!("must {rule}"));
    }
    let answered = [format!("'{}'", values::unquoted(&mismatch.actual)), mismatch.actual.clone()];
    let rule = answered.iter().find_map(|answered| {
        let rest = sentence.strip_prefix("Expected ")?.strip_prefix(answered.as_str())?;
        let (kind, rule) = rest.split_once(" to ")?;
        let is_kind = kind.is_empty() || (kind.starts_with(" (") && kind.ends_with(')') && !kind.contains('\''));
        is_kind.then_some(rule)
    });
    rule.map_or(Cow::Borrowed(sentence), |rule| Cow::Owned(format!("must {rule}")))
}

fn paragraph(group: &[&Mismatch]) -> Vec<Row> {
    let (first, others) = (group[0], &group[1..]);
    let sentence = reworded(first);
    let mut rows = values::rows(&sentence, &first.expected, &first.actual);
    rows.insert(0, Row::Head { place: place(first), sentence: plain::line(&sentence, plain::SENTENCE) });
    if !others.is_empty() {
        let named: Vec<String> =
            others.iter().take(NAMED_PLACES).map(|one| plain::line(&one.path, plain::DESCRIPTION)).collect();
        let more = match others.len().saturating_sub(NAMED_PLACES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        rows.push(Row::Note(format!("the same at {}{more}", named.join(", "))));
    }
    rows
}

/// In the order of the first of each group.
fn grouped(mismatches: &[Mismatch]) -> Vec<Vec<&Mismatch>> {
    let mut groups: Vec<Vec<&Mismatch>> = Vec::new();
    let mut places = HashMap::new();
    for mismatch in mismatches {
        let key = (mismatch.kind, without_indices(&mismatch.path), shape(mismatch));
        let place = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(mismatch),
            None => groups.push(vec![mismatch]),
        }
    }
    groups
}

/// `$.items[0].id` and `$.items[12].id` are the same place in two elements of a list.
fn without_indices(path: &str) -> String {
    let mut text = String::new();
    for part in path.split_inclusive('[') {
        match part.split_once(']') {
            Some((index, rest)) if !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit()) => {
                text.push(']');
                text.push_str(rest);
            }
            _ => text.push_str(part),
        }
    }
    text
}

/// What a sentence says whatever the values are.
fn shape(mismatch: &Mismatch) -> String {
    let mut text: String = reworded(mismatch).chars().take(plain::SENTENCE).collect();
    for value in [&mismatch.actual, &mismatch.expected] {
        while let Some(found) = values::find_word(&text, values::unquoted(value)) {
            text.replace_range(found, "");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::examples::mismatch;

    fn check(mismatches: &[Mismatch], expected: &str) {
        let told: Vec<String> = paragraphs(mismatches)
            .iter()
            .map(|rows| rows.iter().map(|row| row.to_text() + "\n").collect::<String>())
            .collect();
        assert_eq!(told.join("\n"), expected);
    }

    fn not_an_integer(path: &str, actual: &str) -> Mismatch {
        let sentence = format!("Expected '{actual}' (String) to be an integer");
        mismatch(MismatchKind::Body, path, "0", &format!("{actual:?}"), &sentence)
    }

    #[test]
    fn a_mismatch_says_where_how_and_what() {
        check(
            &[not_an_integer("$.items[0].id", "x")],
            "body $.items[0].id  must be an integer\n\
             expected  0\n\
             actual    \"x\"\n",
        );
    }

    #[test]
    fn a_sentence_does_not_begin_with_what_was_answered() {
        let check = |kind, path: &str, expected: &str, actual: &str, sentence: &str, told: &str| {
            assert_eq!(headline(&mismatch(kind, path, expected, actual, sentence)), told);
        };

        let (body, header) = (MismatchKind::Body, MismatchKind::Header);
        check(
            body,
            "$.a",
            "1.5",
            "null",
            "Expected null (Null) to be a decimal number",
            "body $.a  must be a decimal number, got null",
        );
        check(body, "$.a", "\"b\"", "\"x\"", "Expected 'x' to match '^b$'", "body $.a  must match '^b$', got \"x\"");
        check(
            header,
            "X-Id",
            "1",
            "a",
            "Mismatch with header 'X-Id': Expected 'a' to match '\\d+'",
            "header X-Id  must match '\\d+', got a",
        );
        check(header, "X-Id", "1", "", "Expected a header 'X-Id' but was missing", "header X-Id  is missing");
    }

    #[test]
    fn the_same_in_each_element_of_a_list_is_told_once() {
        let many: Vec<Mismatch> =
            (0..6).map(|index| not_an_integer(&format!("$.items[{index}].id"), &format!("x{index}"))).collect();

        check(
            &many,
            "body $.items[0].id  must be an integer\n\
             expected  0\n\
             actual    \"x0\"\n\
             the same at $.items[1].id, $.items[2].id, $.items[3].id and 2 more\n",
        );
    }

    #[test]
    fn other_trouble_in_another_element_is_told_too() {
        let other = mismatch(
            MismatchKind::Body,
            "$.items[1].id",
            "0",
            "null",
            "Expected null (Null) to be equal to 0 (Integer)",
        );

        let told = paragraphs(&[not_an_integer("$.items[0].id", "x"), not_an_integer("$.items[1].name", "x"), other]);

        assert_eq!(told.len(), 3);
    }

    #[test]
    fn what_nobody_would_read_is_counted() {
        let many: Vec<Mismatch> = (0..25).map(|index| not_an_integer(&format!("$.field{index}"), "x")).collect();

        let told = paragraphs(&many);

        assert_eq!(told.len(), 21);
        assert_eq!(told[20][0].to_text(), "… and 5 more: --json FILE has all of them");
    }
}
