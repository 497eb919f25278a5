//! Beside the heat map: what is known of the selected pair.

use maud::{Markup, html};

use super::{At, Board, Cause, PairPage, base};
use crate::edge::urls;
use crate::ui::parts::{Verdict, about, badge, chip, sentence, short};

impl PairPage<'_> {
    pub(super) fn evidence(&self, at: At) -> Markup {
        let Board { consumer, provider, columns, rows, .. } = self.board;
        let (column, row) = (&columns[at.0], &rows[at.1]);
        let verdict = self.board.verdict(at);
        let tried = self.board.tried(at);
        let base = base(self.viewer);
        let cause = self.said.as_ref().and_then(|said| Cause::read(said.test_results.as_deref()?));
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
        if let Some(cause) = &cause {
            facts.push(("Result", html! { (cause.failed) " of " (cause.failed + cause.passed) " failed" }));
        }
        if let Some(build) = self.said.as_ref().and_then(|said| said.build_url.as_deref()).filter(|url| is_web(url)) {
            facts.push(("Build", html! { a href=(build) rel="noreferrer" { (name_of_build(build)) } }));
        }
        let contract = urls::contract(&base, provider, consumer, &column.number);
        html! {
            section .panel .evidence-of {
                header {
                    (badge(verdict, verdict.word()))
                    @if let Some(tried) = tried { span .age { (self.viewer.ago(tried.verified_at)) } }
                }
                div .in {
                    (about(&facts))
                    @if let Some(cause) = &cause { (told(cause)) }
                    @if verdict == Verdict::NotVerified { p .second .after { "No result: nobody has verified this contract with " (short(&row.number)) ", or its build sent none." } }
                    div .stacked {
                        @match tried {
                            Some(tried) => a .button .primary href=(urls::verification(&base, provider, consumer, &column.sha, tried.number)) { "Open the evidence" },
                            None => a .button .primary href=(contract) { "Open the contract" },
                        }
                        @if let Some(gate) = self.gate(provider, &row.number) { a .button href=(gate) { "Can " (short(&row.number)) " ship?" } }
                    }
                }
            }
        }
    }
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
