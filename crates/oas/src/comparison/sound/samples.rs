//! Texts that fit a pattern or a format, to try two schemas against each other with.

use regex_syntax::hir::{Class, Hir, HirKind};

/// More samples than that tell nothing new.
const MAX_SAMPLES: usize = 24;
/// A text that is longer tells nothing new, either.
const MAX_LENGTH: usize = 200;

/// Texts that a pattern matches: the shortest, one for each branch, and some with more repetitions.
pub(super) fn of_pattern(pattern: &str) -> Vec<String> {
    regex_syntax::parse(pattern).map(|parsed| of(&parsed)).unwrap_or_default()
}

/// Texts of a format.
pub(super) fn of_format(format: &str) -> &'static [&'static str] {
    match format {
        "date" => &["2020-01-31"],
        "date-time" => &["2020-01-31T12:30:45Z", "2020-01-31T12:30:45.123+01:00"],
        "time" => &["12:30:45Z"],
        "duration" => &["P1DT2H"],
        "uuid" => &["123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000"],
        "email" | "idn-email" => &["someone@mail.example"],
        "hostname" | "idn-hostname" => &["host.example"],
        "ipv4" => &["192.0.2.1"],
        "ipv6" => &["2001:db8::1"],
        "uri" | "url" | "iri" => &["https://host.example/path?query#fragment"],
        "uri-reference" | "iri-reference" => &["/path", "https://host.example/path"],
        "byte" => &["", "aGVsbG8="],
        "json-pointer" => &["/a/0"],
        _ => &[],
    }
}

fn of(pattern: &Hir) -> Vec<String> {
    let mut samples = match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![String::new()],
        HirKind::Literal(literal) => vec![String::from_utf8_lossy(&literal.0).into_owned()],
        HirKind::Class(class) => of_class(class),
        HirKind::Capture(capture) => of(&capture.sub),
        HirKind::Alternation(branches) => branches.iter().flat_map(of).collect(),
        HirKind::Concat(parts) => {
            parts.iter().fold(vec![String::new()], |beginnings, part| joined(&beginnings, &of(part)))
        }
        HirKind::Repetition(repetition) => {
            let least = repetition.min.min(100);
            let most = repetition.max.unwrap_or(least + 2).min(least + 2);
            let inner = of(&repetition.sub);
            let times = |count: u32, sample: &String| sample.repeat(count as usize);
            let shortest = inner.iter().map(|sample| times(least, sample));
            let longer = inner.iter().take(2).map(|sample| times(most, sample));
            shortest.chain(longer).collect()
        }
    };
    samples.retain(|sample| sample.len() <= MAX_LENGTH);
    let mut seen = std::collections::BTreeSet::new();
    samples.retain(|sample| seen.insert(sample.clone()));
    samples.truncate(MAX_SAMPLES);
    samples
}

/// Characters that people would write, and the ends of the first ranges.
fn of_class(class: &Class) -> Vec<String> {
    let Class::Unicode(class) = class else { return Vec::new() };
    let likely = "a0A-_. /é";
    let holds = |wanted: char| class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&wanted));
    let mut samples: Vec<String> =
        likely.chars().filter(|character| holds(*character)).take(4).map(String::from).collect();
    let ends = class.ranges().iter().take(4).flat_map(|range| [range.start(), range.end()]);
    samples.extend(ends.map(String::from));
    samples
}

/// Every beginning with the first end, and the first beginning with every end: not every combination.
fn joined(beginnings: &[String], ends: &[String]) -> Vec<String> {
    let (Some(first_beginning), Some(first_end)) = (beginnings.first(), ends.first()) else { return Vec::new() };
    let with_first_end = beginnings.iter().map(|beginning| format!("{beginning}{first_end}"));
    let with_first_beginning = ends.iter().skip(1).map(|end| format!("{first_beginning}{end}"));
    with_first_end.chain(with_first_beginning).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;

    #[test]
    fn every_branch_has_a_sample() {
        let samples = of_pattern("^(A|B)$");

        assert!(samples.contains(&"A".to_owned()) && samples.contains(&"B".to_owned()), "{samples:?}");
    }

    #[test]
    fn what_is_no_pattern_here_has_no_sample() {
        assert_eq!(of_pattern("(?=a)"), [""; 0]);
        assert_eq!(of_format("mine"), [""; 0]);
    }

    proptest! {
        #[test]
        fn samples_of_unanchored_patterns_match(pattern in "([a-c]|\\[[a-f]-z\\]|[xy][*+?]|\\(a\\|b\\)|\\\\d\\{2,3\\}){1,6}") {
            let compiled = Regex::new(&pattern).unwrap();

            for sample in of_pattern(&pattern) {
                prop_assert!(compiled.is_match(&sample), "{} against {}", sample, pattern);
            }
        }
    }
}
