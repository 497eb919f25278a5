//! How interactions count, and how many of each there are.

use pactolus_verify::{ContractReport, InteractionReport, Result};

/// How an interaction counts. The last four are no pass, and only the first of them is the provider's fault for sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The provider does what is expected.
    Passed,
    /// Left out of this run.
    Skipped,
    /// Whatever went wrong, it does not count yet.
    Pending,
    /// The provider does not do what is expected.
    Failed,
    /// It answered, and nobody can tell whether rightly.
    NotJudged,
    /// It could not be asked.
    NotAsked,
}

/// How an interaction of this contract counts.
pub(super) fn standing(contract: &ContractReport, one: &InteractionReport) -> Standing {
    match one.result {
        Result::Passed => Standing::Passed,
        Result::Skipped(_) => Standing::Skipped,
        _ if contract.is_pending(one) => Standing::Pending,
        Result::Failed(_) => Standing::Failed,
        Result::NotJudged(_) => Standing::NotJudged,
        Result::NotAsked(_) => Standing::NotAsked,
    }
}

/// How many interactions there are of each standing: the parts add up to the whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) interactions: usize,
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) pending: usize,
    pub(super) not_judged: usize,
    pub(super) not_asked: usize,
    pub(super) skipped: usize,
}

impl Tally {
    pub(super) fn of<'a>(interactions: impl Iterator<Item = (&'a ContractReport, &'a InteractionReport)>) -> Self {
        let mut tally = Self::default();
        for (contract, one) in interactions {
            tally.interactions += 1;
            *match standing(contract, one) {
                Standing::Passed => &mut tally.passed,
                Standing::Skipped => &mut tally.skipped,
                Standing::Pending => &mut tally.pending,
                Standing::Failed => &mut tally.failed,
                Standing::NotJudged => &mut tally.not_judged,
                Standing::NotAsked => &mut tally.not_asked,
            } += 1;
        }
        tally
    }

    pub(super) fn of_contract(contract: &ContractReport) -> Self {
        Self::of(contract.interactions.iter().map(|one| (contract, one)))
    }

    /// `2 failed, 1 not asked, 97 passed`; what there is none of is left out.
    pub(super) fn to_text(self) -> String {
        let parts = [
            (self.failed, "failed"),
            (self.not_asked, "not asked"),
            (self.not_judged, "not judged"),
            (self.pending, "pending"),
            (self.skipped, "skipped"),
            (self.passed, "passed"),
        ];
        let told: Vec<String> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        told.join(", ")
    }
}

/// `1 interaction`, `3 interactions`.
pub(super) fn count_of(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::examples;

    #[test]
    fn each_interaction_counts_once() {
        let report = examples::one_of_each();

        let tally = Tally::of(report.interactions());

        let parts = [tally.passed, tally.failed, tally.pending, tally.not_judged, tally.not_asked, tally.skipped];
        assert_eq!(parts, [2, 1, 3, 1, 1, 1]);
        assert_eq!(tally.interactions, parts.iter().sum::<usize>());
    }

    #[test]
    fn what_there_is_none_of_is_not_told() {
        let tally = Tally { passed: 97, failed: 2, ..Tally::default() };

        assert_eq!(tally.to_text(), "2 failed, 97 passed");
    }
}
