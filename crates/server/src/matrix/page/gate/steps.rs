//! The smallest fix: the first thing that would change each reason, told once for all the reasons that it settles.

use maud::{Markup, html};
use pactolus_domain::gate::{Fix, Kind, Reason};
use pactolus_domain::names::VersionNumber;

use super::super::{address, base, pair, word};
use super::{Shown, is_obstacle};
use crate::edge::urls;
use crate::matrix::rows::MatrixRow;
use crate::ui::parts::{self, Step, Verdict, chip, panel, short};

/// So many steps are shown.
const MOST_STEPS: usize = 8;
/// So many other ways are told.
const MOST_OTHER_WAYS: usize = 30;

/// A fix with the reasons that go with it.
struct Move<'a> {
    fix: &'a Fix,
    reasons: Vec<(&'a Reason, Option<&'a MatrixRow>)>,
    /// What the failures have in common, if the fix is a repair and there are several.
    cause: Option<String>,
}

impl Shown<'_> {
    pub(super) fn fix(&self) -> Markup {
        let obstacles: Vec<_> = self.said().filter(|(reason, _)| is_obstacle(reason.kind)).collect();
        let moves = self.moves(&obstacles);
        if moves.is_empty() {
            let content = html! { div .in { p { "Nothing is known that would help. Who owns these contracts can decide: see below." } } };
            return panel("No fix known", None, None, &content);
        }
        let shown = &moves[..moves.len().min(MOST_STEPS)];
        let unsolved =
            obstacles.iter().filter(|(reason, _)| reason.fixes.is_empty() && reason.kind != Kind::More).count();
        let is_whole = unsolved == 0 && shown.len() == moves.len();
        let then = self.then(&moves, is_whole);
        let steps = shown.iter().enumerate().map(|(at, one)| self.step(one, at == 0)).collect();
        let others = other_ways(&obstacles, &moves);
        let count = others.len();
        let tools = (count > 0).then(|| {
            let words = if count == 1 { "1 other way".to_owned() } else { format!("{count} other ways") };
            html! { a .link href="#other-ways" { (words) } }
        });
        let content = html! {
            (parts::Fix { steps, then }.show())
            @if count > 0 { (told(&others)) }
        };
        panel("Smallest fix", Some(&cost(&moves)), tools.as_ref(), &content)
    }

    fn moves<'a>(&self, obstacles: &[(&'a Reason, Option<&'a MatrixRow>)]) -> Vec<Move<'a>> {
        let mut moves: Vec<Move<'a>> = Vec::new();
        for (reason, row) in obstacles {
            let Some(fix) = reason.fixes.first() else { continue };
            let cause = match fix {
                Fix::Repair { .. } => self.cause(*row).and_then(super::Cause::key),
                _ => None,
            };
            let same = moves.iter_mut().find(|one| goes_with(one.fix, fix) && one.cause == cause);
            match same {
                Some(one) => one.reasons.push((reason, *row)),
                None => moves.push(Move { fix, reasons: vec![(reason, *row)], cause }),
            }
        }
        // What needs no change to code comes first.
        moves.sort_by_key(|one| (needs_code(one.fix), std::cmp::Reverse(one.reasons.len())));
        moves
    }

    fn then(&self, moves: &[Move<'_>], is_whole: bool) -> (Verdict, String) {
        let verifies =
            moves.iter().any(|one| matches!(one.fix, Fix::Verify { .. } | Fix::SelfVerify { failed: false, .. }));
        let waits = moves.iter().any(|one| matches!(one.fix, Fix::AskAgain { .. }));
        let repairs = moves.iter().any(|one| needs_code(one.fix));
        match () {
            () if !is_whole => {
                let left = moves.len().saturating_sub(MOST_STEPS);
                let words =
                    if left > 0 { format!("Then {left} more steps, told below") } else { "Then ask again".into() };
                (Verdict::NotVerified, words)
            }
            () if self.answer.nothing_specified_exists() => (Verdict::NotVerified, "Then ask again".into()),
            () if repairs => (Verdict::NotVerified, "Then ask again: the new version needs its own results".into()),
            () if waits => (Verdict::NotVerified, "Then the answer is known".into()),
            () if verifies => (Verdict::Passed, "Then yes, if it passes".into()),
            () => (Verdict::Passed, "Then yes".into()),
        }
    }

    fn step(&self, one: &Move<'_>, is_first: bool) -> Step {
        let settles = self.settles(one);
        let (title, why, command) = self.told_step(one);
        Step { title, why, team: None, settles: Some(settles), action: self.action(one, is_first), command }
    }

    fn settles(&self, one: &Move<'_>) -> Markup {
        let words = |reason: &Reason| match reason.kind {
            Kind::Failed | Kind::SelfVerificationFailed => "failed",
            Kind::Incompatible => "does not fit",
            Kind::NotCompared => "being compared",
            Kind::NoSuchVersion => "missing",
            _ => "not verified",
        };
        let mut names: Vec<(&str, &str)> = Vec::new();
        for (reason, _) in &one.reasons {
            let sides = [reason.consumer.as_ref(), reason.provider.as_ref()];
            let other = sides.into_iter().flatten().find(|side| side.pacticipant.as_str() != self.asking.name());
            let told = (other.map_or("", |side| side.pacticipant.as_str()), words(reason));
            if !names.contains(&told) {
                names.push(told);
            }
        }
        match names.as_slice() {
            [(name, words)] => html! { b { (name) @if !name.is_empty() { ", " } (words) } },
            names => html! { b { (names.len()) " reasons" } },
        }
    }

    fn told_step(&self, one: &Move<'_>) -> (Markup, Markup, Option<String>) {
        let several = one.reasons.len();
        match one.fix {
            Fix::Verify { consumer, consumer_version, provider, provider_version, .. } => {
                let what = if several > 1 {
                    html! { (several) " contracts" }
                } else {
                    html! { (consumer) " " (self.chip(consumer.as_str(), consumer_version.as_str())) }
                };
                let on = provider_version.as_ref().map(|version| self.chip(provider.as_str(), version.as_str()));
                let title = html! { "Verify " (what) " on " (provider) " " @if let Some(chip) = on { (chip) } };
                (
                    title,
                    why_verify(one),
                    Some(self.verify(provider.as_str(), provider_version.as_ref().map(AsRef::as_ref))),
                )
            }
            Fix::DeployFirst { pacticipant, version, environment, replaces, ends_support_of } => {
                let place = environment.as_ref().map_or_else(|| self.place(), ToString::to_string);
                let title = html! {
                    "Deploy " (pacticipant) " " (self.chip(pacticipant.as_str(), version.as_str())) " to " (place) " first"
                };
                let numbers = |of: &[VersionNumber]| {
                    of.iter().map(|number| short(number.as_str())).collect::<Vec<_>>().join(" and ")
                };
                let why = html! {
                    "It has passed with " (self.asking.name()) " " (short(self.number())) "."
                    @if !replaces.is_empty() { " It must take the place of " (numbers(replaces)) "." }
                    @if !ends_support_of.is_empty() { " The support of " (numbers(ends_support_of)) " there must end." }
                };
                (title, why, None)
            }
            Fix::RecordDeployment { pacticipant, environment } => {
                let title = html! { "Record which version of " (pacticipant) " is in " (environment) };
                let why = html! { "Nobody has said that any is, so there is nothing to be verified with." };
                let to_run = format!(
                    "pactolus record-deployment --pacticipant {} --version VERSION --environment {}",
                    word(pacticipant.as_str()),
                    word(environment.as_str())
                );
                (title, why, Some(to_run))
            }
            Fix::Repair { consumer, provider } => self.repair(one, consumer.as_str(), provider.as_str()),
            Fix::Edit { consumer, provider, by, edit } => {
                let title = html! {
                    @match by.as_str() {
                        "consumer" => { "Change what " (consumer) " expects" },
                        "provider" => { "Change what " (provider) " offers" },
                        _ => { "Change what " (consumer) " expects, or what " (provider) " offers" },
                    }
                };
                let found = one.reasons.iter().find_map(|(_, row)| self.finding(*row));
                let why = html! {
                    @if let Some(finding) = found { (sentence_of(&finding.message)) " " }
                    (sentence_of(edit))
                };
                (title, why, None)
            }
            Fix::SelfVerify { provider, version, failed } => {
                let chip = self.chip(provider.as_str(), version.as_str());
                let title = if *failed {
                    html! { "Make " (provider) " " (chip) " keep its provider contract, or correct that" }
                } else {
                    html! { "Test " (provider) " " (chip) " against its provider contract" }
                };
                let why = html! { "Then publish the document with how the tests ended:" };
                let to_run = format!(
                    "pactolus publish-provider-contract openapi.yaml --provider {} --provider-app-version {} \
                     --verification-exit-code $?",
                    word(provider.as_str()),
                    word(version.as_str())
                );
                (title, why, Some(to_run))
            }
            Fix::AskAgain { consumer, provider } => {
                let title = html! { "Ask again in a minute" };
                let why = html! { "The contract of " (consumer) " is being compared with what " (provider) " offers." };
                (title, why, None)
            }
            Fix::Publish { pacticipant, version } => {
                let number = version.as_ref().map(VersionNumber::as_str);
                let title = html! {
                    "Publish " @match number { Some(number) => { (pacticipant) " " (short(number)) }, None => { "a version of " (pacticipant) " that fits" } }
                };
                let why = html! { "No version in question has a contract to be verified." };
                let number = number.map(|number| format!(" --consumer-app-version {}", word(number)));
                (title, why, Some(format!("pactolus publish pacts{}", number.unwrap_or_default())))
            }
        }
    }

    fn repair(&self, one: &Move<'_>, consumer: &str, provider: &str) -> (Markup, Markup, Option<String>) {
        let several = one.reasons.len();
        let title = html! {
            "Make " (provider) " satisfy "
            @if several > 1 { (several) " contracts" @if let Some(cause) = &one.cause { " that fail on " code { (cause) } } }
            @else { (consumer) ", or change what it expects" }
        };
        let sentence = one.reasons.iter().find_map(|(_, row)| self.cause(*row)?.sentence.as_ref());
        let why = html! {
            @match sentence {
                Some(sentence) => (sentence),
                None => "No version of the other side is known to have passed with it.",
            }
        };
        (title, why, None)
    }

    fn verify(&self, provider: &str, version: Option<&str>) -> String {
        let version = version.map(|number| format!(" --provider-version {}", word(number))).unwrap_or_default();
        format!(
            "pactolus verify --provider-name {}{version} --broker-url {} --publish",
            word(provider),
            self.viewer.base.as_str()
        )
    }

    fn chip(&self, name: &str, number: &str) -> Markup {
        chip(&urls::version(&base(self.viewer), name, number), number)
    }

    /// The first step's is the page's main one.
    fn action(&self, one: &Move<'_>, is_first: bool) -> Option<Markup> {
        let class = if is_first { "button primary" } else { "button" };
        if let Fix::DeployFirst { pacticipant, version, environment: Some(environment), .. } = one.fix {
            let pairs = [
                pair("pacticipant", pacticipant.as_str()),
                pair("version", version.as_str()),
                pair("environment", environment.as_str()),
            ];
            return Some(
                html! { a class=(class) href=(address(self.viewer, "/can-i-deploy", &pairs)) { "Open its gate" } },
            );
        }
        let (reason, row) = one.reasons.first()?;
        if let (Fix::Edit { .. } | Fix::AskAgain { .. }, Some(href)) = (one.fix, self.comparison(*row)) {
            let words = if matches!(one.fix, Fix::Edit { .. }) { "All findings" } else { "Open the comparison" };
            return Some(html! { a class=(class) href=(href) { (words) } });
        }
        if let Some(requested) = &reason.requested {
            let href = urls::verification_request(&base(self.viewer), &requested.id);
            return Some(html! { a class=(class) href=(href) { "Open the request" } });
        }
        let row = &(*row)?.row;
        let (consumer, provider, sha) = (row.consumer.as_str(), row.provider.as_str(), row.sha.as_str());
        let result = one.reasons.iter().find_map(|(_, row)| (*row)?.result);
        match (one.fix, result) {
            (Fix::Repair { .. }, Some((number, _))) => {
                let href = urls::verification(&base(self.viewer), provider, consumer, sha, number);
                Some(html! { a class=(class) href=(href) { "Open the evidence" } })
            }
            _ => None,
        }
    }
}

/// A fragment as a sentence.
fn sentence_of(fragment: &str) -> String {
    let mut letters = fragment.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

fn why_verify(one: &Move<'_>) -> Markup {
    let requested = one.reasons.iter().find_map(|(reason, _)| reason.requested.as_ref());
    html! {
        @match requested {
            Some(requested) => { "Its result is missing; " (requested) "." },
            None => "Its result is missing, and nobody was asked for it.",
        }
    }
}

/// Whether one step does both.
fn goes_with(one: &Fix, other: &Fix) -> bool {
    match (one, other) {
        (
            Fix::Verify { provider, provider_version, .. },
            Fix::Verify { provider: other, provider_version: its_version, .. },
        ) => (provider, provider_version) == (other, its_version),
        (Fix::Repair { provider, .. }, Fix::Repair { provider: other, .. }) => provider == other,
        _ => one == other,
    }
}

fn needs_code(fix: &Fix) -> bool {
    matches!(fix, Fix::Repair { .. } | Fix::Publish { .. } | Fix::Edit { .. } | Fix::SelfVerify { failed: true, .. })
}

fn cost(moves: &[Move<'_>]) -> String {
    let steps = if moves.len() == 1 { "1 step".to_owned() } else { format!("{} steps", moves.len()) };
    if moves.iter().any(|one| needs_code(one.fix)) { steps } else { format!("{steps}, no change to code") }
}

/// What would do instead of a step, in words.
fn other_ways(obstacles: &[(&Reason, Option<&MatrixRow>)], moves: &[Move<'_>]) -> Vec<String> {
    let mut ways: Vec<String> = Vec::new();
    let others = obstacles.iter().flat_map(|(reason, _)| reason.fixes.iter().skip(1));
    for fix in others.filter(|fix| !moves.iter().any(|one| one.fix == *fix)) {
        let mut text = fix.to_string();
        if let Some(first) = text.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        if !ways.contains(&text) && ways.len() < MOST_OTHER_WAYS {
            ways.push(text);
        }
    }
    ways
}

fn told(ways: &[String]) -> Markup {
    html! {
        details .other-ways #other-ways {
            summary .link { "Instead of a step" }
            ul { @for way in ways { li { (way) } } }
        }
    }
}
