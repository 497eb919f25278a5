//! Beside the answer: what would be if, what this answer is, and what was answered before.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::super::{address, base, word};
use super::Shown;
use super::question::Asking;
use crate::edge::urls;
use crate::ui::Viewer;
use crate::ui::parts::{Happening, Verdict, about, chip, command, full, icon, link, panel, shape, timeline};

impl Shown<'_> {
    pub(super) fn side(&self) -> Markup {
        html! {
            @if self.asking.environment().is_some() && !self.answer.nothing_specified_exists() { (self.what_if()) }
            (self.this_answer())
            @if !self.before.is_empty() { (self.before()) }
        }
    }

    fn what_if(&self) -> Markup {
        let form = WhatIf {
            viewer: self.viewer,
            asking: self.asking,
            number: self.number(),
            partners: self.partners(),
            versions: self.versions_that_passed(),
        };
        let then = self.asking.is_hypothetical().then(|| {
            let verdict = self.verdict();
            let words = verdict.gate_word().to_lowercase();
            html! {
                div .then {
                    (shape(verdict))
                    p { b { "Then: " (words) ". " } "Nothing is stored by asking." }
                }
            }
        });
        form.show(then)
    }

    /// Who has a contract with it.
    fn partners(&self) -> Vec<String> {
        let sides = self.answer.question.integrations.iter().flat_map(|one| [&one.consumer, &one.provider]);
        let selected = self.answer.question.selectors.iter().map(|one| &one.pacticipant);
        let names: BTreeSet<String> =
            sides.chain(selected).map(ToString::to_string).filter(|name| name != self.asking.name()).collect();
        names.into_iter().collect()
    }

    /// Versions of partners that are known to go with it: worth assuming.
    fn versions_that_passed(&self) -> Vec<(String, String)> {
        let passing = self.answer.question.passing.iter().map(|one| {
            if one.consumer.as_str() == self.asking.name() {
                (one.provider.to_string(), one.provider_version.number.to_string())
            } else {
                (one.consumer.to_string(), one.consumer_version.number.to_string())
            }
        });
        let versions: BTreeSet<(String, String)> = passing.collect();
        versions.into_iter().take(MOST_SUGGESTED).collect()
    }

    fn this_answer(&self) -> Markup {
        let permanent = self.permanent();
        let counts = &self.answer.verdict;
        let all = counts.success + counts.failed + counts.unknown + counts.ignored;
        let mut facts = vec![
            ("Asked", full(self.viewer.now)),
            ("Address", html! { a href=(permanent) { "this question, whenever it is asked" } }),
        ];
        if !self.answer.nothing_specified_exists() {
            facts.insert(1, ("Counted", html! { (all) @if all == 1 { " contract" } @else { " contracts" } }));
        }
        let to_run = self.asking.command(self.number());
        panel(
            "This answer",
            None,
            None,
            &html! {
                div .in {
                    (about(&facts))
                    @if let Some(to_run) = to_run { (command(&to_run)) }
                    p .links {
                        @if self.asking.assumed.is_empty() { (link(&self.json(), "The same as JSON")) " " }
                        (link(&self.matrix(), "Matrix"))
                    }
                }
            },
        )
    }

    /// Of the first pair that counts, else of all.
    fn matrix(&self) -> String {
        match self.answer.rows.first() {
            Some(one) => {
                let (consumer, provider) = (one.row.consumer.as_str(), one.row.provider.as_str());
                urls::of_pair(&base(self.viewer), "matrix", provider, consumer)
            }
            None => self.viewer.at("/matrix"),
        }
    }

    fn before(&self) -> Markup {
        let happenings: Vec<Happening> = self
            .before
            .iter()
            .map(|one| {
                let verdict = match one.deployable {
                    Some(true) => Verdict::Passed,
                    Some(false) => Verdict::Failed,
                    None => Verdict::NotVerified,
                };
                let href = self.viewer.at(&format!("/verdicts/{}", one.id));
                let number = one.version_of(self.asking.name());
                let sentence = html! {
                    @if let Some(number) = &number { (chip(&href, number)) " " } @else { a href=(href) { "asked" } " " }
                    (verdict.gate_word().to_lowercase())
                };
                Happening {
                    verdict,
                    sentence,
                    by: Some(html! { "by " (one.actor) }),
                    age: self.viewer.ago(one.created_at),
                }
            })
            .collect();
        panel("Before", None, None, &timeline(&happenings, false))
    }
}

/// So many versions are offered to be assumed.
const MOST_SUGGESTED: usize = 100;

/// The form that asks again over other states.
pub(super) struct WhatIf<'a> {
    pub(super) viewer: &'a Viewer,
    pub(super) asking: &'a Asking,
    pub(super) number: &'a str,
    /// Who may be assumed elsewhere or left out.
    pub(super) partners: Vec<String>,
    pub(super) versions: Vec<(String, String)>,
}

impl WhatIf<'_> {
    pub(super) fn show(&self, then: Option<Markup>) -> Markup {
        let own = self.asking.of_version(self.number).unwrap_or_default();
        let supposed = self.asking.supposed(None, None);
        let place = self.asking.environment().unwrap_or_default();
        panel(
            "What if",
            None,
            None,
            &html! {
                div .in .what-if {
                    (self.supposed())
                    form action=(self.viewer.at("/can-i-deploy")) method="get" {
                        @for (name, value) in own.iter().chain(&supposed) { input type="hidden" name=(name) value=(value); }
                        fieldset {
                            legend { "Assume another version is in " (place) }
                            div .pair {
                                (choices("assume[][pacticipant]", "Application", &self.partners))
                                input name="assume[][version]" placeholder="Version" aria-label="Version" autocomplete="off"
                                    spellcheck="false" list="versions-that-passed";
                            }
                        }
                        fieldset {
                            legend { "Leave out" }
                            (choices("ignore", "No application", &self.partners))
                        }
                        datalist #versions-that-passed {
                            @for (name, number) in &self.versions { option value=(number) { (name) " passed" } }
                        }
                        div .asking {
                            button type="submit" { "Ask again" }
                            @if self.asking.is_hypothetical() { (link(&address(self.viewer, "/can-i-deploy", &own), "Reset")) }
                        }
                    }
                }
                @if let Some(then) = then { (then) }
            },
        )
    }

    /// What is supposed already, each with the way to take it back.
    fn supposed(&self) -> Markup {
        let without = |assumed: Option<usize>, ignored: Option<usize>| {
            let mut pairs = self.asking.of_version(self.number).unwrap_or_default();
            pairs.extend(self.asking.supposed(assumed, ignored));
            address(self.viewer, "/can-i-deploy", &pairs)
        };
        let place = self.asking.environment().unwrap_or_default();
        html! {
            @for (at, (name, number)) in self.asking.assumed.iter().enumerate() {
                p .supposed {
                    (icon("plus"))
                    span { (name) " " span .mono { (number) } " in " (place) }
                    (link(&without(Some(at), None), "Remove"))
                }
            }
            @for (at, one) in self.asking.ignore.iter().enumerate() {
                p .supposed {
                    (icon("minus"))
                    span { "without " (one.pacticipant) @if let Some(version) = &one.version { " " span .mono { (version) } } }
                    (link(&without(None, Some(at)), "Remove"))
                }
            }
        }
    }
}

fn choices(name: &str, words: &str, values: &[String]) -> Markup {
    html! {
        span .select {
            select name=(name) aria-label=(words) {
                option value="" { (words) }
                @for value in values { option value=(value) { (value) } }
            }
            (icon("down"))
        }
    }
}

/// The command by which a build asks about its own version.
pub(super) fn ask_from_a_build(name: &str, environment: &str) -> String {
    format!("pactolus can-i-deploy --pacticipant {} --to-environment {}", word(name), word(environment))
}
