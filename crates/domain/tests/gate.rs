//! The gate by examples, by properties, and against an evaluator that is too simple to be wrong.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta};
use pactolus_domain::content::ContentSha;
use pactolus_domain::gate::{
    Candidate, Counted, Criterion, Found, Ignore, Integration, Kind, Origin, Progress, Question, Reason, Requested,
    Row, Selector, Verdict, VersionRef, decide, decide_with, is_ignored,
};
use pactolus_domain::names::{EnvironmentName, PacticipantName, VersionNumber};
use proptest::prelude::*;

fn name(text: &str) -> PacticipantName {
    PacticipantName::parse(text).unwrap()
}

fn version(number: i64) -> VersionRef {
    VersionRef { key: number, number: VersionNumber::parse(number.to_string()).unwrap(), position: number }
}

fn candidate(number: i64) -> Candidate {
    Candidate::of(version(number))
}

fn row(
    consumer: &str,
    consumer_version: i64,
    provider: &str,
    provider_version: Option<i64>,
    success: Option<bool>,
) -> Row {
    Row {
        consumer: name(consumer),
        consumer_version: version(consumer_version),
        provider: name(provider),
        provider_version: provider_version.map(version),
        success,
        offer: None,
        sha: sha(),
    }
}

fn sha() -> ContentSha {
    ContentSha::parse("9f2".repeat(13) + "0").unwrap()
}

fn specified(pacticipant: &str, number: i64) -> Selector {
    Selector {
        pacticipant: name(pacticipant),
        criterion: Criterion::Version(version(number).number),
        origin: Origin::Specified,
        found: Found::Versions(vec![candidate(number)]),
    }
}

fn in_production(pacticipant: &str, numbers: &[i64]) -> Selector {
    Selector {
        pacticipant: name(pacticipant),
        criterion: Criterion::Environment(EnvironmentName::parse("production").unwrap()),
        origin: Origin::Inferred,
        found: if numbers.is_empty() {
            Found::Nothing
        } else {
            Found::Versions(numbers.iter().copied().map(candidate).collect())
        },
    }
}

fn shop_to_production(stock: &[i64], rows: Vec<Row>) -> Question {
    Question {
        selectors: vec![specified("shop", 1), in_production("stock", stock)],
        integrations: vec![Integration { consumer: name("shop"), provider: name("stock"), required: true }],
        rows,
        ignore: vec![],
        has_destination: true,
        passing: vec![],
        requested: BTreeMap::new(),
        findings: BTreeMap::new(),
        assumptions: vec![],
    }
}

fn check(question: &Question, deployable: Option<bool>, texts: &[&str]) {
    let verdict = decide(question);

    assert_eq!(verdict.deployable, deployable);
    let found: Vec<&str> = verdict.reasons.iter().map(|reason| reason.text.as_str()).collect();
    assert_eq!(found, texts);
}

#[test]
fn a_consumer_may_go_when_the_deployed_provider_verified_its_contract() {
    let question = shop_to_production(&[40], vec![row("shop", 1, "stock", Some(40), Some(true))]);

    check(&question, Some(true), &["All required verification results are published and successful"]);
}

#[test]
fn a_failed_verification_is_a_no() {
    let question = shop_to_production(&[40], vec![row("shop", 1, "stock", Some(40), Some(false))]);

    check(
        &question,
        Some(false),
        &["The verification for the pact between version 1 of shop and the version of stock currently in production \
           (40) failed"],
    );
}

#[test]
fn a_provider_that_is_not_deployed_makes_it_unknown() {
    let question = shop_to_production(&[], vec![row("shop", 1, "stock", None, None)]);

    check(
        &question,
        None,
        &["There is no verified pact between version 1 of shop and a version of stock currently in production \
           (no version is currently recorded as deployed/released in this environment)"],
    );
}

#[test]
fn each_of_several_deployed_versions_is_judged_by_itself() {
    let rows = vec![row("shop", 1, "stock", Some(40), Some(true)), row("shop", 1, "stock", Some(41), None)];

    check(
        &shop_to_production(&[40, 41], rows),
        None,
        &["There is no verified pact between version 1 of shop and one of the versions of stock currently in \
           production (41)"],
    );
}

#[test]
fn a_required_integration_without_a_row_is_unknown() {
    let verdict = decide(&shop_to_production(&[40], vec![]));

    assert_eq!((verdict.deployable, verdict.unknown), (None, 1));
}

#[test]
fn a_version_that_does_not_exist_is_a_no_and_the_only_reason() {
    let mut question = shop_to_production(&[], vec![]);
    question.selectors[0].found = Found::Nothing;

    check(&question, Some(false), &["No pacts or verifications have been published for version 1 of shop"]);
}

#[test]
fn without_dependencies_the_answer_is_yes() {
    let question = Question { selectors: vec![specified("shop", 1)], has_destination: true, ..Question::default() };

    check(&question, Some(true), &["There are no missing dependencies"]);
}

#[test]
fn an_ignored_provider_counts_for_nothing() {
    let mut question = shop_to_production(&[40], vec![row("shop", 1, "stock", Some(40), Some(false))]);
    question.ignore.push(Ignore { pacticipant: name("stock"), version: None, exists: true });

    let verdict = decide(&question);

    assert_eq!((verdict.deployable, verdict.failed, verdict.ignored), (Some(true), 0, 1));
}

#[test]
fn ignoring_another_version_changes_nothing() {
    let mut question = shop_to_production(&[40], vec![row("shop", 1, "stock", Some(40), Some(false))]);
    question.ignore.push(Ignore { pacticipant: name("stock"), version: Some(version(39).number), exists: false });

    let verdict = decide(&question);

    assert_eq!((verdict.deployable, verdict.reasons[0].kind), (Some(false), Kind::CannotIgnore));
}

#[test]
fn a_missing_result_that_was_asked_for_is_told_with_it() {
    let mut question = shop_to_production(
        &[40, 41],
        vec![row("shop", 1, "stock", Some(40), None), row("shop", 1, "stock", Some(41), None)],
    );
    let without = decide(&question);
    let requested = Requested {
        id: "1".into(),
        progress: Progress::Delivered,
        is_told: true,
        times_asked: 1,
        at: DateTime::UNIX_EPOCH,
        age: TimeDelta::minutes(12),
    };
    question.requested.insert((1, 40), requested);

    let verdict = decide(&question);

    assert_eq!(verdict.deployable, without.deployable);
    let told: Vec<&Reason> = verdict.reasons.iter().filter(|reason| reason.requested.is_some()).collect();
    assert_eq!(told.len(), 1);
    let text = told[0].with_fix();
    assert!(text.contains(" (a verification was requested 12 minutes ago and delivered, no result yet). To"), "{text}");
}

#[test]
fn asking_without_a_destination_is_answered_with_a_warning() {
    let question = Question { selectors: vec![specified("shop", 1)], ..Question::default() };

    let verdict = decide(&question);

    let kinds: Vec<Kind> = verdict.reasons.iter().map(|reason| reason.kind).collect();
    assert_eq!(kinds, [Kind::NoEnvironment, Kind::NoDependencies]);
}

/// The definition, read aloud: no shortcuts, no sharing with the real thing.
fn obvious(question: &Question) -> Option<bool> {
    let ignored = |pacticipant: &PacticipantName, version: Option<&VersionRef>| {
        question.ignore.iter().any(|ignore| {
            ignore.pacticipant == *pacticipant
                && match (&ignore.version, version) {
                    (None, _) => true,
                    (Some(ignored), Some(version)) => *ignored == version.number,
                    (Some(_), None) => false,
                }
        })
    };
    for selector in &question.selectors {
        let wanted = selector.origin == Origin::Specified && !ignored(&selector.pacticipant, None);
        if wanted && selector.found == Found::Nothing {
            return Some(false);
        }
    }
    let mut unknown = false;
    let mut failed = false;
    for row in &question.rows {
        if ignored(&row.consumer, Some(&row.consumer_version)) || ignored(&row.provider, row.provider_version.as_ref())
        {
            continue;
        }
        match row.success {
            None => unknown = true,
            Some(false) => failed = true,
            Some(true) => {}
        }
    }
    for integration in &question.integrations {
        let there = question
            .rows
            .iter()
            .any(|row| row.consumer == integration.consumer && row.provider == integration.provider);
        let skipped = ignored(&integration.consumer, None) || ignored(&integration.provider, None);
        if integration.required && !there && !skipped {
            unknown = true;
        }
    }
    if unknown { None } else { Some(!failed) }
}

fn is_yes(verdict: &Verdict) -> bool {
    verdict.deployable == Some(true)
}

fn any_name() -> impl Strategy<Value = PacticipantName> {
    prop::sample::select(vec!["a", "b", "c", "d"]).prop_map(name)
}

fn any_row() -> impl Strategy<Value = Row> {
    let result = prop::option::of(any::<bool>());
    (any_name(), 1..4_i64, any_name(), prop::option::of(1..4_i64), result).prop_map(
        |(consumer, consumer_version, provider, provider_version, success)| Row {
            consumer,
            consumer_version: version(consumer_version),
            provider,
            provider_version: provider_version.map(version),
            success: provider_version.and(success),
            offer: None,
            sha: sha(),
        },
    )
}

fn any_selector() -> impl Strategy<Value = Selector> {
    let found = prop_oneof![
        Just(Found::Any),
        Just(Found::Nothing),
        prop::collection::vec(1..4_i64, 1..3)
            .prop_map(|numbers| Found::Versions(numbers.into_iter().map(candidate).collect())),
    ];
    (any_name(), any::<bool>(), found).prop_map(|(pacticipant, specified, found)| Selector {
        pacticipant,
        criterion: Criterion::Latest,
        origin: if specified { Origin::Specified } else { Origin::Inferred },
        found,
    })
}

fn any_question() -> impl Strategy<Value = Question> {
    let integration = (any_name(), any_name(), any::<bool>()).prop_map(|(consumer, provider, required)| Integration {
        consumer,
        provider,
        required,
    });
    let ignore = (any_name(), prop::option::of(1..4_i64), any::<bool>()).prop_map(|(pacticipant, number, exists)| {
        Ignore { pacticipant, version: number.map(|number| version(number).number), exists }
    });
    (
        prop::collection::vec(any_selector(), 0..4),
        prop::collection::vec(integration, 0..4),
        prop::collection::vec(any_row(), 0..6),
        prop::collection::vec(ignore, 0..2),
        any::<bool>(),
    )
        .prop_map(|(selectors, integrations, rows, ignore, has_destination)| Question {
            selectors,
            integrations,
            rows,
            ignore,
            has_destination,
            passing: vec![],
            requested: BTreeMap::new(),
            findings: BTreeMap::new(),
            assumptions: vec![],
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_global_rejects: 10_000, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn the_verdict_is_the_obvious_one(question in any_question()) {
        prop_assert_eq!(decide(&question).deployable, obvious(&question));
    }

    #[test]
    fn order_never_matters(question in any_question()) {
        let mut reversed = question.clone();
        reversed.rows.reverse();
        reversed.integrations.reverse();

        prop_assert_eq!(decide(&question), decide(&reversed));
    }

    #[test]
    fn rows_that_are_only_counted_count_as_if_they_were_told(question in any_question(), told in 0..6_usize) {
        let mut shorter = question.clone();
        let counted: Vec<Counted> = shorter.rows.split_off(told.min(question.rows.len())).iter().map(|row| {
            let counts = |wanted: Option<bool>| usize::from(!is_ignored(&question, row) && row.success == wanted);
            Counted {
                consumer: row.consumer.clone(),
                provider: row.provider.clone(),
                success: counts(Some(true)),
                failed: counts(Some(false)),
                unknown: counts(None),
                ignored: usize::from(is_ignored(&question, row)),
            }
        }).collect();

        let (whole, verdict) = (decide(&question), decide_with(&shorter, &counted));

        let numbers = |one: &Verdict| (one.deployable, one.success, one.failed, one.unknown, one.ignored);
        prop_assert_eq!(numbers(&verdict), numbers(&whole));
        let untold: usize = counted.iter().map(|one| one.failed + one.unknown).sum();
        let tells_of_more = verdict.reasons.iter().any(|reason| reason.kind == Kind::More);
        let names_what_is_absent = whole.reasons.iter().any(|reason| reason.kind == Kind::NoSuchVersion);
        prop_assert_eq!(tells_of_more, untold > 0 && !names_what_is_absent);
    }

    #[test]
    fn another_failed_or_missing_row_never_makes_a_yes(question in any_question(), mut added in any_row(), failed in any::<bool>()) {
        added.success = failed.then_some(false);
        // An ignored row is no trouble: it stands for its integration, as the asker wished.
        prop_assume!(!is_ignored(&question, &added));
        let mut worse = question.clone();
        worse.rows.push(added);

        prop_assert!(!is_yes(&decide(&worse)) || is_yes(&decide(&question)));
    }

    #[test]
    fn ignoring_changes_only_rows_that_name_the_ignored(question in any_question(), ignored in any_name()) {
        let mut without = question.clone();
        without.ignore.clear();
        let mut with = without.clone();
        with.ignore.push(Ignore { pacticipant: ignored.clone(), version: None, exists: true });

        let naming = without.rows.iter().filter(|row| row.consumer == ignored || row.provider == ignored).count();
        prop_assert_eq!(decide(&with).ignored, naming);
        without.rows.retain(|row| row.consumer != ignored && row.provider != ignored);
        without.selectors.retain(|selector| selector.pacticipant != ignored);
        without.integrations.retain(|one| one.consumer != ignored && one.provider != ignored);
        prop_assert_eq!(decide(&with).deployable, decide(&without).deployable);
    }
}
