//! With which code a run ends. What is not known is never a pass.

use pactolus_verify::{Report, Result};

use super::tally::Tally;
use crate::outcome::Exit;

/// A broken contract before what could not be asked, that before what could not be judged. Pending failures don't count.
pub(crate) fn exit(report: &Report) -> Exit {
    let tally = Tally::of(report.interactions());
    if tally.failed > 0 {
        Exit::No
    } else if tally.not_asked > 0 || tally.skipped > 0 || report.cut_short.is_some() {
        Exit::NotAsked
    } else if tally.not_judged > 0 || is_anything_unreadable(report) {
        Exit::Unknown
    } else if was_anything_answered(report) {
        Exit::Yes
    } else if report.interactions().any(|(_, one)| matches!(one.result, Result::NotAsked(_))) {
        Exit::NotAsked
    } else {
        Exit::Unknown
    }
}

/// Why the run as a whole is no pass, whatever its interactions say.
pub(super) fn trouble_of_the_run(report: &Report) -> Option<String> {
    if let Some(reason) = &report.cut_short {
        return Some(format!("the run was cut short: {reason}"));
    }
    // Whatever else counts says so itself.
    let is_told = Tally::of(report.interactions()).not_asked > 0 || is_anything_unreadable(report);
    (!is_told && !was_anything_answered(report))
        .then(|| "no interaction was answered, so nothing is known of the provider".to_owned())
}

/// Whether a contract that counts can't be read.
fn is_anything_unreadable(report: &Report) -> bool {
    report.contracts.iter().any(|contract| contract.unreadable.is_some() && !contract.source.is_pending)
}

/// Whether the provider was asked anything and answered, rightly or not.
fn was_anything_answered(report: &Report) -> bool {
    report.interactions().any(|(_, one)| {
        one.exchange.is_some() && matches!(one.result, Result::Passed | Result::Failed(_) | Result::NotJudged(_))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::examples::{
        contract, failed, not_asked, not_judged, passed, pending, report, skipped, unreadable,
    };

    fn check(report: &Report, expected: Exit) {
        assert_eq!(exit(report), expected);
    }

    #[test]
    fn a_run_in_which_all_passed_is_a_yes() {
        check(&report([contract("shop", [passed("a"), passed("b")])]), Exit::Yes);
        check(&report([contract("shop", [passed("a"), passed("b")])]), Exit::Yes);
    }

    #[test]
    fn a_broken_contract_wins_over_all_else() {
        let mut run =
            report([contract("shop", [not_judged("a"), not_asked("b"), failed("c"), passed("d")]), unreadable("pay")]);
        run.cut_short = Some("--exit-on-first-error".to_owned());

        check(&run, Exit::No);
    }

    #[test]
    fn what_could_not_be_asked_wins_over_what_could_not_be_judged() {
        check(&report([contract("shop", [not_judged("a"), not_asked("b")]), unreadable("pay")]), Exit::NotAsked);
    }

    #[test]
    fn what_could_not_be_judged_is_unknown() {
        check(&report([contract("shop", [not_judged("a"), passed("b")])]), Exit::Unknown);
    }

    #[test]
    fn a_contract_that_cannot_be_read_is_unknown() {
        check(&report([contract("shop", [passed("a")]), unreadable("pay")]), Exit::Unknown);
    }

    #[test]
    fn a_pending_contract_that_cannot_be_read_does_not_count() {
        check(&report([contract("shop", [passed("a")]), pending(unreadable("pay"))]), Exit::Yes);
    }

    #[test]
    fn nothing_that_goes_wrong_in_a_pending_contract_counts() {
        let wrong = pending(contract("pay", [failed("a"), not_asked("b"), not_judged("c")]));

        check(&report([contract("shop", [passed("a")]), wrong]), Exit::Yes);
    }

    #[test]
    fn a_pending_interaction_does_not_count_either() {
        let mut wrong = failed("a");
        wrong.interaction.is_pending = true;

        check(&report([contract("shop", [wrong])]), Exit::Yes);
    }

    #[test]
    fn a_run_that_was_cut_short_is_never_a_yes() {
        let mut run = report([contract("shop", [passed("a"), skipped("b")])]);
        run.cut_short = Some("--run-timeout".to_owned());

        check(&run, Exit::NotAsked);
    }

    #[test]
    fn a_run_that_asked_nothing_is_never_a_yes() {
        check(&report([]), Exit::Unknown);
        check(&report([contract("shop", [])]), Exit::Unknown);
        check(&report([contract("shop", [skipped("a")])]), Exit::NotAsked);
        check(&report([contract("shop", [passed("a"), skipped("b")])]), Exit::NotAsked);
        check(&report([pending(unreadable("pay"))]), Exit::Unknown);
    }

    #[test]
    fn a_provider_that_is_down_is_no_pass_of_pending_contracts_only() {
        check(&report([pending(contract("pay", [not_asked("a")]))]), Exit::NotAsked);
    }

    #[test]
    fn a_run_says_of_itself_only_what_nothing_in_it_says() {
        assert_eq!(trouble_of_the_run(&report([contract("shop", [not_asked("a")])])), None);
        assert_eq!(trouble_of_the_run(&report([unreadable("pay")])), None);
        assert!(trouble_of_the_run(&report([pending(contract("pay", [not_asked("a")]))])).is_some());
        assert!(trouble_of_the_run(&report([contract("shop", [skipped("a")])])).is_some());
    }
}
