//! Which consumers fit the document: those that don't stand first, and those that do are counted where there are many.

use maud::{Markup, html};
use pactolus_domain::gate::Comparison;

use super::gather::Told;
use crate::comparisons::OfConsumer;
use crate::ui::Viewer;
use crate::ui::parts::{Verdict, badge, counted, shape_alone};

/// So many are named; the others are behind a fold.
const MOST: usize = 12;

pub(super) fn verdict(of: &OfConsumer) -> Verdict {
    match Comparison::of(of.outcome.as_deref()) {
        Comparison::Compatible => Verdict::Passed,
        Comparison::Incompatible => Verdict::Failed,
        Comparison::Pending | Comparison::Undecided => Verdict::NotVerified,
    }
}

/// What is worst, in a few words.
pub(super) fn summary(told: &Told) -> Markup {
    let failed = number(told.consumers.iter().filter(|one| verdict(one) == Verdict::Failed).count());
    let open = number(told.consumers.iter().filter(|one| verdict(one) == Verdict::NotVerified).count());
    let all = number(told.consumers.len());
    match (failed, open, all) {
        (_, _, 0) => badge(Verdict::NotApplicable, "No consumers"),
        (0, 0, 1) => badge(Verdict::Passed, "Its consumer fits"),
        (0, 0, all) => badge(Verdict::Passed, &format!("All {all} consumers fit")),
        (0, open, all) => badge(Verdict::NotVerified, &format!("Not known for {open} of {all} consumers")),
        (failed, _, _) => {
            let words = if failed == 1 { "doesn't" } else { "don't" };
            badge(Verdict::Failed, &format!("{} {words} fit", counted(failed, "consumer", "consumers")))
        }
    }
}

pub(super) fn strip(viewer: &Viewer, told: &Told) -> Markup {
    let asked = viewer.query.last("consumer").unwrap_or_default();
    let mut ordered: Vec<&OfConsumer> = told.consumers.iter().collect();
    ordered.sort_by_key(|one| rank(verdict(one)));
    let (first, others) = ordered.split_at(ordered.len().min(MOST));
    let is_among_others = others.iter().any(|one| one.consumer == asked);
    html! {
        section .panel .of-consumers aria-label="Consumers" {
            div .label { b { "Consumers" } span { "latest contract of each" } }
            @if ordered.is_empty() {
                p .second { "No consumer has published a contract with " (told.shown.provider) " yet." }
            } @else {
                div .names {
                    ul { @for one in first { (consumer(viewer, one, asked)) } }
                    @if !others.is_empty() {
                        details open[is_among_others] {
                            summary { (rest(others)) }
                            ul { @for one in others { (consumer(viewer, one, asked)) } }
                        }
                    }
                }
            }
            @if !asked.is_empty() { a .link href=(viewer.here_with(&[("consumer", None), ("operation", None)])) { "All consumers" } }
        }
    }
}

fn consumer(viewer: &Viewer, of: &OfConsumer, asked: &str) -> Markup {
    let own = verdict(of);
    let is_asked = of.consumer == asked;
    let href = viewer.here_with(&[("consumer", Some(&of.consumer)), ("operation", None), ("compare", None)]);
    let label = if own == Verdict::NotVerified && of.outcome.is_none() { "Not compared yet" } else { word(own) };
    let errors = i64::from(of.errors.unwrap_or_default());
    html! {
        li {
            a .consumer .asked[is_asked] href=(href) title={ (of.consumer) " " (of.consumer_version) ": " (label) } aria-current=[is_asked.then_some("true")] {
                (shape_alone(own, label)) span .cut .is-wrong[own == Verdict::Failed] { (of.consumer) }
                @if errors > 0 { span .second { (counted(errors, "error", "errors")) } }
                @else if own == Verdict::NotVerified { span .second { (label.to_lowercase()) } }
            }
        }
    }
}

pub(super) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "Fits",
        Verdict::Failed => "Doesn't fit",
        _ => "Not known",
    }
}

fn rest(others: &[&OfConsumer]) -> String {
    let more = counted(number(others.len()), "more", "more");
    let all_fit = others.iter().all(|one| verdict(one) == Verdict::Passed);
    if all_fit { format!("{more} that fit") } else { more }
}

fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Failed => 0,
        Verdict::Passed => 2,
        _ => 1,
    }
}

pub(super) fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
