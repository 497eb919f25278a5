//! Beside the heat map: what is known of the selected pair.

use maud::{Markup, html};
use pactolus_domain::gate::{Comparison, Finding, Offer};

use super::super::super::store::Tried;
use super::{At, Board, Cause, PairPage, base, known_at};
use crate::comparisons::in_contract;
use crate::edge::urls;
use crate::ui::parts::{Verdict, about, badge, chip, counted, sentence, short};

impl PairPage<'_> {
    pub(super) fn evidence(&self, at: At) -> Markup {
        let Board { consumer, provider, columns, rows, .. } = self.board;
        let (column, row) = (&columns[at.0], &rows[at.1]);
        let verdict = self.board.verdict(at);
        let tried = self.board.tried(at);
        let said = self.known.said.as_ref();
        let base = base(self.viewer);
        let cause = said.and_then(|said| Cause::read(said.test_results.as_deref()?));
        let mut facts: Vec<(&str, Markup)> = vec![
            (
                consumer,
                html! { (chip(&urls::version(&base, consumer, &column.number), &column.number)) (self.places(column.version_id)) },
            ),
            (
                provider,
                html! { (chip(&urls::version(&base, provider, &row.number), &row.number)) (self.places(row.version_id)) },
            ),
            ("Contract", html! { (chip(&urls::content(&base, provider, consumer, &column.sha, None), &column.sha)) }),
            ("Published", self.viewer.ago(column.published_at)),
        ];
        if let Some(basis) = self.board.basis_of_verdict(at) {
            facts.push(("Judged", html! { (basis.words()) }));
        }
        if let Some(cause) = &cause {
            facts.push(("Result", html! { (cause.failed) " of " (cause.failed + cause.passed) " failed" }));
        }
        if let Some(offer) = tried.and_then(|tried| tried.offer) {
            facts.extend(facts_of(offer, self.known.finding.as_ref()));
        }
        if let Some(build) = said.and_then(|said| said.build_url.as_deref()).filter(|url| is_web(url)) {
            facts.push(("Build", html! { a href=(build) rel="noreferrer" { (name_of_build(build)) } }));
        }
        html! {
            section .panel .evidence-of {
                header {
                    (badge(verdict, verdict.word()))
                    @if let Some(at) = tried.and_then(known_at) { span .age { (self.viewer.ago(at)) } }
                }
                div .in {
                    (about(&facts))
                    @if let Some(cause) = &cause { (told(cause)) }
                    @if let Some(finding) = &self.known.finding { (found(finding, tried)) }
                    @if let (Verdict::NotVerified, Some(why)) = (verdict, self.why_not_known(at)) { p .second .after { (why) } }
                    div .stacked {
                        @for (at, (href, words)) in self.ways_on(at).iter().enumerate() {
                            a class=(if at == 0 { "button primary" } else { "button" }) href=(href) { (words) }
                        }
                        @if let Some(gate) = self.gate(provider, &row.number) { a .button href=(gate) { "Can " (short(&row.number)) " ship?" } }
                    }
                }
            }
        }
    }

    fn why_not_known(&self, at: At) -> Option<String> {
        let number = short(&self.board.rows[at.1].number);
        let provider = &self.board.provider;
        let Some(tried) = self.board.tried(at) else {
            return Some(format!(
                "No result: nobody has verified this contract with {number}, or its build sent none."
            ));
        };
        match tried.offer?.comparison {
            Comparison::Pending => Some(format!(
                "The contract is being compared with what {provider} {number} offers. Look again in a minute."
            )),
            Comparison::Compatible => Some(format!(
                "It fits what {provider} {number} offers, but nobody has told whether {provider} keeps that: publish the \
                 results of its own tests with the document, or verify the contract."
            )),
            Comparison::Undecided => Some("Comparing can’t tell: verify the contract.".into()),
            Comparison::Incompatible => None,
        }
    }

    /// To the evidence, what the verdict comes of first; without any, to the contract.
    fn ways_on(&self, at: At) -> Vec<(String, &'static str)> {
        let Board { consumer, provider, columns, rows, .. } = self.board;
        let (column, row) = (&columns[at.0], &rows[at.1]);
        let base = base(self.viewer);
        let Some(tried) = self.board.tried(at) else {
            return vec![(urls::contract(&base, provider, consumer, &column.number), "Open the contract")];
        };
        let result = tried.verified.map(|verified| {
            let href = urls::verification(&base, provider, consumer, &column.sha, verified.number);
            (href, verified.success, "Open the evidence")
        });
        let comparison = tried.offer.map(|offer| {
            let href = urls::comparison(&base, (provider, &row.number), consumer, &column.sha);
            (href, Offer { verified: None, ..offer }.success() != Some(false), "Open the comparison")
        });
        // A no before what does not say so.
        let mut ways: Vec<_> = result.into_iter().chain(comparison).collect();
        ways.sort_by_key(|(_, is_fine, _)| *is_fine);
        ways.into_iter().map(|(href, _, words)| (href, words)).collect()
    }
}

fn facts_of(offer: Offer, finding: Option<&Finding>) -> Vec<(&'static str, Markup)> {
    let errors = finding.map_or(0, |finding| finding.others + 1);
    let comparison = match offer.comparison {
        Comparison::Pending => "under way".to_owned(),
        Comparison::Compatible => "fits the provider contract".to_owned(),
        Comparison::Incompatible => counted(i64::try_from(errors).unwrap_or(i64::MAX), "error", "errors"),
        Comparison::Undecided => "can’t tell".to_owned(),
    };
    let own = match offer.kept {
        Some(true) => "passed",
        Some(false) => "failed",
        None => "not told",
    };
    vec![("Comparison", html! { (comparison) }), ("Own tests", html! { (own) })]
}

fn found(finding: &Finding, tried: Option<&Tried>) -> Markup {
    let is_no = tried.and_then(|tried| tried.offer).is_some_and(|offer| offer.comparison == Comparison::Incompatible);
    let place = finding.in_contract.as_deref().map(in_contract).filter(|place| !place.is_empty());
    sentence(
        if is_no { Verdict::Failed } else { Verdict::NotVerified },
        &html! {
            @if let Some(place) = place { code { (place) } " " }
            (finding.message)
            @if let Some(interaction) = &finding.interaction { div .second { (interaction) } }
            div .second { code { (finding.code) } }
        },
    )
}

fn told(cause: &Cause) -> Markup {
    let place = match &cause.place {
        Some((_, Some(identifier))) => Some(identifier.as_str()),
        Some((attribute, None)) => Some(attribute.as_str()),
        None => None,
    };
    sentence(
        Verdict::Failed,
        &html! {
            @if let Some(place) = place { code { (place) } " " }
            @if let Some(words) = &cause.sentence { (words) }
            @if let Some(interaction) = &cause.interaction { div .second { (interaction) } }
        },
    )
}

fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// The end of its address, as builds are numbered.
fn name_of_build(url: &str) -> String {
    let last = url.split(['?', '#']).next().unwrap_or(url).trim_end_matches('/').rsplit('/').next().unwrap_or(url);
    if !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()) { format!("#{last}") } else { short(last) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_is_told_by_the_end_of_its_address() {
        assert_eq!(name_of_build("https://ci.example/jobs/2210/"), "#2210");
        assert_eq!(name_of_build("https://ci.example/jobs/nightly?x=1"), "nightly");
        assert!(!is_web("javascript:alert(1)"));
    }
}
