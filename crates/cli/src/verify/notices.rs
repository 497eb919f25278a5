//! What a broker wants people to be told about a contract, and when.

use pactolus_verify::{Notice, Source};

use crate::plain;

/// The lines to show before the contract is verified.
pub(crate) fn before(source: &Source) -> Vec<String> {
    told(source, |notice| notice.when.is_empty() || notice.when == "before_verification")
}

/// The lines to show after it was: they differ by how it went and whether the result was published.
pub(crate) fn after(source: &Source, is_success: bool, is_published: bool) -> Vec<String> {
    let when = format!("after_verification:success_{is_success}_published_{is_published}");
    told(source, |notice| notice.when == "after_verification" || notice.when == when)
}

fn told(source: &Source, is_meant: impl Fn(&Notice) -> bool) -> Vec<String> {
    let texts = source.notices.iter().filter(|notice| is_meant(notice)).map(|notice| notice.text.as_str());
    texts.flat_map(|text| plain::lines(text, 1_000)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> Source {
        let notice = |(when, text): (&str, &str)| Notice { when: when.to_owned(), text: text.to_owned() };
        let notices = [
            ("before_verification", "why it is verified"),
            ("after_verification:success_true_published_true", "no longer pending"),
            ("after_verification:success_true_published_false", "passed, not published"),
            ("after_verification:success_false_published_true", "still pending"),
            ("after_verification:success_false_published_false", "failed, not published"),
            ("", "at once\n\x1b[2Jtwice"),
        ];
        Source { notices: notices.map(notice).to_vec(), ..Source::default() }
    }

    #[test]
    fn what_is_told_before_has_no_terminal_escapes() {
        assert_eq!(before(&source()), ["why it is verified", "at once", r"\u{1b}[2Jtwice"]);
    }

    #[test]
    fn what_is_told_after_depends_on_the_outcome_and_on_publishing() {
        assert_eq!(after(&source(), true, true), ["no longer pending"]);
        assert_eq!(after(&source(), true, false), ["passed, not published"]);
        assert_eq!(after(&source(), false, true), ["still pending"]);
        assert_eq!(after(&source(), false, false), ["failed, not published"]);
    }
}
