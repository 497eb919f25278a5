//! What a client is told after publishing of contracts that were held against what a provider offers.

use crate::gate::Comparison;
use crate::notice::{Notice, NoticeKind};

/// What was published held against something on the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// "the provider contract of stock version 40" or "the contract of shop version 1".
    pub with: String,
    /// What came of it.
    pub outcome: Comparison,
    /// How many errors were found.
    pub errors: usize,
    /// Where the findings stand.
    pub url: Option<String>,
}

/// So many are told one by one.
const MOST_TOLD: usize = 20;

/// Those that fit are counted; each of the others is told, up to a number.
#[must_use]
pub fn comparison_notices(compared: &[Compared]) -> Vec<Notice> {
    let (fitting, others): (Vec<&Compared>, Vec<&Compared>) =
        compared.iter().partition(|one| one.outcome == Comparison::Compatible);
    let mut notices: Vec<Notice> = match fitting.as_slice() {
        [] => Vec::new(),
        [only] => vec![NoticeKind::Debug.notice(format!("  Compatible with {}", only.with))],
        [first, more @ ..] => {
            vec![NoticeKind::Debug.notice(format!("  Compatible with {} and {} more", first.with, more.len()))]
        }
    };
    notices.extend(others.iter().take(MOST_TOLD).map(|one| notice(one)));
    if others.len() > MOST_TOLD {
        let more = others.len() - MOST_TOLD;
        notices.push(NoticeKind::Warning.notice(format!("  … and {more} more that do not fit or are not known to")));
    }
    notices
}

fn notice(one: &Compared) -> Notice {
    let Compared { with, outcome, errors, url } = one;
    let see = url.as_ref().map(|url| format!(": see {url}")).unwrap_or_default();
    match outcome {
        Comparison::Compatible => NoticeKind::Debug.notice(format!("  Compatible with {with}")),
        Comparison::Incompatible => {
            let findings = if *errors == 1 { "1 error".into() } else { format!("{errors} errors") };
            NoticeKind::Warning.notice(format!("  Incompatible with {with}, {findings}{see}"))
        }
        Comparison::Undecided => {
            NoticeKind::Warning.notice(format!("  Whether it is compatible with {with} cannot be told{see}"))
        }
        Comparison::Pending => NoticeKind::Warning.notice(format!(
            "  Not yet compared with {with}: it takes longer than an answer may, and is not known until it is done"
        )),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn told(outcomes: &[(Comparison, usize)]) -> String {
        let compared: Vec<Compared> = (40..)
            .zip(outcomes)
            .map(|(version, (outcome, errors))| Compared {
                with: format!("the provider contract of stock version {version}"),
                outcome: *outcome,
                errors: *errors,
                url: Some("http://broker/results".into()),
            })
            .collect();
        let notices = comparison_notices(&compared);
        let lines: Vec<String> =
            notices.iter().map(|notice| format!("{} {}", notice.kind.as_str(), notice.text)).collect();
        lines.join("\n")
    }

    #[test]
    fn what_does_not_fit_is_told_one_by_one() {
        assert_snapshot!(told(&[
            (Comparison::Compatible, 0),
            (Comparison::Incompatible, 1),
            (Comparison::Incompatible, 2),
            (Comparison::Undecided, 0),
            (Comparison::Pending, 0),
        ]), @"
        debug   Compatible with the provider contract of stock version 40
        warning   Incompatible with the provider contract of stock version 41, 1 error: see http://broker/results
        warning   Incompatible with the provider contract of stock version 42, 2 errors: see http://broker/results
        warning   Whether it is compatible with the provider contract of stock version 43 cannot be told: see http://broker/results
        warning   Not yet compared with the provider contract of stock version 44: it takes longer than an answer may, and is not known until it is done
        ");
    }

    #[test]
    fn what_fits_is_counted() {
        assert_snapshot!(told(&[(Comparison::Compatible, 0), (Comparison::Compatible, 0), (Comparison::Compatible, 0)]), @"debug   Compatible with the provider contract of stock version 40 and 2 more");
    }

    #[test]
    fn nobody_is_told_of_hundreds() {
        let all = told(&[(Comparison::Incompatible, 1); 100]);

        assert_eq!(all.lines().count(), MOST_TOLD + 1);
        assert!(all.ends_with("warning   … and 80 more that do not fit or are not known to"), "{all}");
    }

    #[test]
    fn without_anything_to_compare_with_nothing_is_told() {
        assert_eq!(told(&[]), "");
    }
}
