//! Why: the consumers that must be satisfied, and the providers that are needed, what stands in the way first.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use pactolus_domain::gate::{Finding, Kind, Reason, Side};

use super::super::base;
use super::Shown;
use crate::comparisons::{in_contract, in_document};
use crate::edge::urls;
use crate::matrix::rows::MatrixRow;
use crate::ui::parts::{Node, Verdict, chip, counted, panel, short, tree};

/// More failures, or more missing results, than these are told by their causes.
const MOST_APART: usize = 12;
/// So many names stand open.
const MOST_OPEN: usize = 6;

/// A reason with its row, and the side of it that was not asked about.
#[derive(Clone, Copy)]
struct Told<'a> {
    reason: &'a Reason,
    row: Option<&'a MatrixRow>,
    other: &'a Side,
}

impl Shown<'_> {
    pub(super) fn because(&self) -> Markup {
        let told: Vec<Told<'_>> = self.said().filter_map(|(reason, row)| self.told(reason, row)).collect();
        let (consumers, providers): (Vec<_>, Vec<_>) = told.into_iter().partition(|one| self.is_consumer(one));
        let count = consumers.len() + providers.len();
        let place = self.place();
        let mut reasons = Vec::new();
        let in_place = if self.asking.environment().is_some() { format!("in {place}") } else { "there".into() };
        if !consumers.is_empty() {
            let words = counted(i64_of(consumers.len()), "contract of a consumer", "contracts of consumers");
            reasons.push(self.group(&format!("{words} {in_place} must be satisfied by this version"), &consumers));
        }
        if !providers.is_empty() {
            let words = counted(i64_of(providers.len()), "contract", "contracts");
            reasons.push(self.group(&format!("{words} with providers that this version needs {in_place}"), &providers));
        }
        reasons.extend(self.without_sides());
        let verdict = self.verdict();
        let root = Node {
            verdict,
            title: html! {
                span .name { (self.asking.name()) } " "
                (chip(&urls::version(&base(self.viewer), self.asking.name(), self.number()), self.number()))
                " to " (place)
            },
            word: Some(verdict.gate_word()),
            age: None,
            evidence: None,
            facts: Vec::new(),
            reasons,
        };
        let note = match count {
            0 => "nothing there has a contract with it".to_owned(),
            _ => format!(
                "{} between what is there now and this version",
                counted(i64_of(count), "contract", "contracts")
            ),
        };
        panel("Because", Some(&note), None, &tree(&root))
    }

    fn told<'a>(&'a self, reason: &'a Reason, row: Option<&'a MatrixRow>) -> Option<Told<'a>> {
        let (consumer, provider) = (reason.consumer.as_ref()?, reason.provider.as_ref()?);
        let other = if consumer.pacticipant.as_str() == self.asking.name() { provider } else { consumer };
        Some(Told { reason, row, other })
    }

    fn is_consumer(&self, told: &Told<'_>) -> bool {
        told.reason.consumer.as_ref().is_some_and(|side| side.pacticipant.as_str() != self.asking.name())
    }

    /// What is said of everything, or of more than is told.
    fn without_sides(&self) -> Vec<Node> {
        let said = self.said().map(|(reason, _)| reason).filter(|reason| reason.consumer.is_none());
        let worth = said.filter(|reason| matches!(reason.kind, Kind::More | Kind::NoSuchVersion));
        worth.map(|reason| quiet(verdict_of(reason.kind), html! { (reason.text) })).collect()
    }

    fn group(&self, words: &str, told: &[Told<'_>]) -> Node {
        let mut reasons = Vec::new();
        for kind in [Verdict::Failed, Verdict::NotVerified, Verdict::Passed, Verdict::NotApplicable] {
            let of_kind: Vec<Told<'_>> =
                told.iter().filter(|one| verdict_of(one.reason.kind) == kind).copied().collect();
            let is_many = of_kind.len() > MOST_APART && matches!(kind, Verdict::Failed | Verdict::NotVerified);
            if is_many {
                reasons.extend(self.by_cause(kind, of_kind));
            } else {
                reasons.extend(of_kind.iter().map(|one| self.node(one)));
            }
        }
        let worst = reasons.iter().map(|node| node.verdict).find(|verdict| *verdict != Verdict::NotApplicable);
        Node {
            verdict: worst.unwrap_or(Verdict::NotApplicable),
            title: html! { span .second { (words) } },
            word: None,
            age: None,
            evidence: None,
            facts: Vec::new(),
            reasons,
        }
    }

    /// One node for all with the same cause; what is alone stays as it is.
    fn by_cause<'a>(&self, verdict: Verdict, told: Vec<Told<'a>>) -> Vec<Node> {
        let mut causes: BTreeMap<String, Vec<Told<'a>>> = BTreeMap::new();
        for one in told {
            let key = self.key(&one).unwrap_or_default();
            causes.entry(key).or_default().push(one);
        }
        let mut causes: Vec<(String, Vec<Told<'a>>)> = causes.into_iter().collect();
        causes.sort_by_key(|(_, of_cause)| std::cmp::Reverse(of_cause.len()));
        causes
            .into_iter()
            .map(|(key, of_cause)| match of_cause.as_slice() {
                [alone] => self.node(alone),
                several => self.several(verdict, &key, several),
            })
            .collect()
    }

    /// What several obstacles may have in common.
    fn key(&self, told: &Told<'_>) -> Option<String> {
        if !is_of_comparison(told.reason.kind) {
            return self.cause(told.row).and_then(super::Cause::key);
        }
        let finding = self.finding(told.row)?;
        let place = finding.in_document.as_deref().map(in_document).filter(|place| !place.is_empty());
        Some(place.map_or_else(|| finding.code.clone(), |place| format!("{} at {place}", finding.code)))
    }

    fn several(&self, verdict: Verdict, key: &str, told: &[Told<'_>]) -> Node {
        let contracts = counted(i64_of(told.len()), "contract", "contracts");
        let kind = told[0].reason.kind;
        let title = match (verdict, key) {
            _ if kind == Kind::SelfVerificationFailed => {
                html! { span .name { (contracts) } " rest on a provider contract that its provider does not keep" }
            }
            _ if kind == Kind::NotSelfVerified => {
                html! { span .name { (contracts) } " fit a provider contract of which nobody has told whether it is kept" }
            }
            _ if kind == Kind::NotCompared => html! { span .name { (contracts) } " are still being compared" },
            (_, key) if kind == Kind::Incompatible => {
                html! { span .name { (contracts) } " do not fit: " code { (key) } }
            }
            (Verdict::NotVerified, _) => html! { span .name { (contracts) } " have no result" },
            (_, "") => html! { span .name { (contracts) } " fail; their builds sent no details" },
            (_, key) => html! { span .name { (contracts) } " fail on " code { (key) } },
        };
        let mut facts = Vec::new();
        let found = told.iter().find_map(|one| Some(self.finding(one.row)?.message.as_str()));
        let said = || told.iter().find_map(|one| self.cause(one.row)?.sentence.as_deref());
        if let Some(sentence) = found.filter(|_| is_of_comparison(kind)).or_else(said) {
            facts.push(("Such as", html! { (sentence) }));
        }
        facts.push(("Of", self.names(told)));
        Node { verdict, title, word: Some(word_of(kind)), age: None, evidence: None, facts, reasons: Vec::new() }
    }

    fn names(&self, told: &[Told<'_>]) -> Markup {
        let (open, folded) = told.split_at(told.len().min(MOST_OPEN));
        let one = |one: &Told<'_>| {
            let href = self.evidence(one).map(|(href, _)| href);
            html! { a href=[href] { (one.other.pacticipant) } @if let Some(version) = &one.other.version { " " span .mono { (short(version.as_str())) } } }
        };
        html! {
            @for (at, told) in open.iter().enumerate() { @if at > 0 { ", " } (one(told)) }
            @if !folded.is_empty() {
                details .more-names {
                    summary .link { "and " (folded.len()) " more" }
                    @for (at, told) in folded.iter().enumerate() { @if at > 0 { ", " } (one(told)) }
                }
            }
        }
    }

    fn node(&self, told: &Told<'_>) -> Node {
        let Told { reason, row, other } = *told;
        let verdict = verdict_of(reason.kind);
        let name = other.pacticipant.as_str();
        let title = html! {
            a .name href=(urls::pacticipant(&base(self.viewer), name)) { (name) } " "
            @if let Some(version) = &other.version {
                (chip(&urls::version(&base(self.viewer), name, version.as_str()), version.as_str()))
            }
        };
        let facts = match verdict {
            _ if is_of_comparison(reason.kind) => self.facts_of_comparison(told),
            Verdict::Failed => self.facts_of_failure(told),
            Verdict::NotVerified => self.facts_of_missing(told),
            _ => Vec::new(),
        };
        Node {
            verdict,
            title,
            word: Some(word_of(reason.kind)),
            age: row.and_then(|one| self.known_at(one)).map(|at| self.viewer.ago(at)),
            evidence: self.evidence(told),
            facts,
            reasons: Vec::new(),
        }
    }

    /// When what the row says became known.
    fn known_at(&self, one: &MatrixRow) -> Option<DateTime<Utc>> {
        let verified = one.result.map(|(_, at)| at);
        if self.comparison(Some(one)).is_some() { one.compared_at } else { verified }
    }

    /// Where the result stands that the reason comes of, else the contract.
    fn evidence(&self, told: &Told<'_>) -> Option<(String, &'static str)> {
        let one = told.row?;
        let (consumer, provider) = (one.row.consumer.as_str(), one.row.provider.as_str());
        let base = base(self.viewer);
        if let Some(href) = self.comparison(told.row) {
            let is_found = matches!(told.reason.kind, Kind::Incompatible | Kind::NotComparable);
            return Some((href, if is_found { "All findings" } else { "Comparison" }));
        }
        if let Some((number, _)) = one.result {
            return Some((urls::verification(&base, provider, consumer, one.row.sha.as_str(), number), "Evidence"));
        }
        let version = one.row.consumer_version.number.as_str();
        (!one.publication.is_assumed()).then(|| (urls::contract(&base, provider, consumer, version), "Contract"))
    }

    fn facts_of_failure(&self, told: &Told<'_>) -> Vec<(&'static str, Markup)> {
        let mut facts = Vec::new();
        if let Some(cause) = self.cause(told.row) {
            if let Some(interaction) = &cause.interaction {
                facts.push((
                    "Interaction",
                    html! {
                        (interaction)
                        @if cause.failed > 1 { span .second { " · " (cause.failed - 1) " more failed" } }
                        @if cause.passed > 0 { span .second { " · " (cause.passed) " passed" } }
                    },
                ));
            }
            if let Some((attribute, identifier)) = &cause.place {
                facts.push((
                    "Field",
                    html! {
                        @if let Some(identifier) = identifier { code { (identifier) } " in the " }
                        (attribute)
                    },
                ));
            }
            if let Some(sentence) = &cause.sentence {
                facts.push(("Because", html! { b { (sentence) } }));
            }
        } else {
            facts.push(("Because", html! { "the provider’s build sent no details with its result" }));
        }
        facts.push(("In question", html! { (told.other.chosen) }));
        facts.extend(assumes(told.reason));
        facts
    }

    fn facts_of_missing(&self, told: &Told<'_>) -> Vec<(&'static str, Markup)> {
        let mut facts = Vec::new();
        let kind = told.reason.kind;
        if let Some(one) = told.row {
            let (consumer, provider) = (one.row.consumer.as_str(), one.row.provider.as_str());
            let sha = one.row.sha.as_str();
            let href = urls::content(&base(self.viewer), provider, consumer, sha, None);
            facts.push((
                "Published",
                html! {
                    @match one.publication.at() { Some(at) => (self.viewer.ago(at)), None => "not yet" }
                    ", contract " (chip(&href, sha))
                },
            ));
        }
        match (&told.reason.requested, kind) {
            (Some(requested), _) => facts.push(("Asked", html! { (capital(&requested.to_string())) })),
            (None, Kind::NotVerified) => facts.push(("Asked", html! { "no verification was requested" })),
            (None, Kind::NoProvider) => facts.push(("There", html! { (told.other.chosen) })),
            (None, _) => facts.push(("There", html! { "no version in question has a contract" })),
        }
        if kind == Kind::NotVerified {
            facts.push(("In question", html! { (told.other.chosen) }));
        }
        facts.extend(assumes(told.reason));
        facts
    }

    /// What was found where the contract was held against what the provider offers, or why that says nothing.
    fn facts_of_comparison(&self, told: &Told<'_>) -> Vec<(&'static str, Markup)> {
        let (consumer, provider) =
            (pacticipant(told.reason.consumer.as_ref()), pacticipant(told.reason.provider.as_ref()));
        let mut facts = Vec::new();
        match (told.reason.kind, self.finding(told.row)) {
            (Kind::SelfVerificationFailed, _) => {
                facts.push((
                    "Because",
                    html! { b { (provider) " failed its own tests against its provider contract" } },
                ));
            }
            (Kind::NotSelfVerified, _) => {
                facts.push(("Comparison", html! { "fits the provider contract" }));
                facts.push(("Because", html! { b { "nobody has told whether " (provider) " keeps it" } }));
            }
            (Kind::NotCompared, _) => {
                facts.push((
                    "Because",
                    html! { b { "comparing takes longer than an answer may" } "; it goes on in the background" },
                ));
            }
            (_, Some(finding)) => facts.extend(facts_of(finding, consumer, provider)),
            (_, None) => facts.push(("Because", html! { b { (told.reason.text) } })),
        }
        facts.push(("In question", html! { (told.other.chosen) }));
        facts.extend(assumes(told.reason));
        facts
    }
}

fn facts_of(finding: &Finding, consumer: &str, provider: &str) -> Vec<(&'static str, Markup)> {
    let Finding { code, message, interaction, in_contract: contract, in_document: document, fix_by, edit, others } =
        finding;
    let mut facts = Vec::new();
    if let Some(interaction) = interaction {
        facts.push(("Interaction", html! { (interaction) }));
    }
    let places =
        [("Contract", contract.as_deref().map(in_contract)), ("Document", document.as_deref().map(in_document))];
    for (name, place) in places {
        if let Some(place) = place.filter(|place| !place.is_empty()) {
            facts.push((name, html! { code { (place) } }));
        }
    }
    facts.push((
        "Because",
        html! { b { (message) } " " code { (code) } @if *others > 0 { span .second { " · " (others) " more" } } },
    ));
    let who = match fix_by.as_str() {
        "consumer" => consumer.to_owned(),
        "provider" => provider.to_owned(),
        _ => format!("{consumer} or {provider}"),
    };
    facts.push(("Change", html! { (who) ": " (edit) }));
    facts
}

fn pacticipant(side: Option<&Side>) -> &str {
    side.map_or("", |side| side.pacticipant.as_str())
}

/// What a reason says, in a word or a few.
fn word_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Incompatible => "Does not fit",
        Kind::SelfVerificationFailed => "Own tests failed",
        Kind::NotCompared => "Being compared",
        Kind::Ignored => "Left out",
        kind => verdict_of(kind).word(),
    }
}

/// Whether it comes of what the provider offers, not of a verification.
pub(super) fn is_of_comparison(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::SelfVerificationFailed
            | Kind::NotSelfVerified
            | Kind::Incompatible
            | Kind::NotCompared
            | Kind::NotComparable
    )
}

fn assumes(reason: &Reason) -> Vec<(&'static str, Markup)> {
    reason.assumes.iter().map(|one| ("Assuming", html! { (one) })).collect()
}

/// "A verification was requested …" stands after "Asked": only the end of it is wanted.
fn capital(text: &str) -> String {
    text.strip_prefix("a verification was requested ").unwrap_or(text).to_owned()
}

pub(super) fn verdict_of(kind: Kind) -> Verdict {
    match kind {
        Kind::Failed | Kind::NoSuchVersion | Kind::SelfVerificationFailed | Kind::Incompatible => Verdict::Failed,
        Kind::NotVerified
        | Kind::NoProvider
        | Kind::NoContract
        | Kind::NotSelfVerified
        | Kind::NotCompared
        | Kind::NotComparable
        | Kind::More => Verdict::NotVerified,
        Kind::Verified => Verdict::Passed,
        Kind::Ignored => Verdict::NotApplicable,
        Kind::CannotIgnore | Kind::NoEnvironment | Kind::NoVersionNumber | Kind::NoDependencies => Verdict::Warning,
    }
}

fn quiet(verdict: Verdict, title: Markup) -> Node {
    Node { verdict, title, word: None, age: None, evidence: None, facts: Vec::new(), reasons: Vec::new() }
}

fn i64_of(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
