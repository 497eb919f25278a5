//! From a query to an answer: resolve what it names, read the rows, decide. Two statements for questions about versions; a
//! third only when the answer is not yes, to find what would help, a fourth when a result is missing, to find out whether
//! it was asked for, and a fifth when a contract does not fit what a provider offers, to tell why.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use pactolus_domain::gate::{
    Candidate, Found, Ignore, Integration, Origin, Passing, Question, Reason, Selector, Stay, StayKind, Verdict,
    VersionRef, decide_with, explain, is_ignored, provider_in_question,
};
use pactolus_domain::names::{NameError, PacticipantName, VersionNumber};
use sqlx::PgConnection;

use super::compared::find_findings;
use super::draw::{Drawn, draw};
use super::query::Query;
use super::requested::find_requested;
use super::rows::{self, MatrixRow};
use super::store::{self, Between, FoundVersion, KnownVersion, Pair, Resolution, Surroundings};
use super::what_if::{self, Order};
use crate::edge::Error;
use crate::ids::TenantId;

/// The answer to a query: the verdict over all rows, and the rows that are shown.
pub(super) struct Answer {
    pub(super) question: Question,
    pub(super) verdict: Verdict,
    /// What each shown row says, in their order, and what stands in the way without a row.
    pub(super) reasons: Vec<Reason>,
    pub(super) rows: Vec<MatrixRow>,
    /// What is shown of the versions, sorted by version.
    pub(super) surroundings: Vec<(i64, Surroundings)>,
    /// What only a question over assumptions has.
    pub(super) what_if: Option<WhatIf>,
}

/// What is answered beside the verdict where something was assumed.
pub(super) struct WhatIf {
    /// For versions that go together.
    pub(super) order: Option<Order>,
}

impl Answer {
    /// The versions that were asked about: pacticipant and number.
    pub(super) fn specified_versions(&self) -> Vec<(String, String)> {
        let specified = self.question.selectors.iter().filter(|one| one.origin == Origin::Specified);
        let versions = specified.flat_map(|selector| match &selector.found {
            Found::Versions(versions) => {
                versions.iter().map(|one| (selector.pacticipant.to_string(), one.version.number.to_string())).collect()
            }
            Found::Any | Found::Nothing => Vec::new(),
        });
        versions.collect()
    }

    /// In which order the versions that go together can go, if several do.
    pub(super) fn order_in_words(&self) -> Option<String> {
        self.what_if.as_ref()?.order.as_ref().map(what_if::in_words)
    }

    /// Whether no specified selector found a version.
    pub(super) fn nothing_specified_exists(&self) -> bool {
        let mut specified = self.question.selectors.iter().filter(|one| one.origin == Origin::Specified);
        specified.all(|selector| selector.found == Found::Nothing)
    }
}

/// Something that the query names is not there.
pub(super) enum Unknown {
    Pacticipants(Vec<PacticipantName>),
    Environment(String),
    Error(Error),
}

impl<E: Into<Error>> From<E> for Unknown {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

/// `db` must be in a transaction that sees one moment, or the answer may be true at none.
pub(super) async fn ask(
    db: &mut PgConnection,
    tenant: TenantId,
    query: &Query,
    now: DateTime<Utc>,
) -> Result<Answer, Unknown> {
    let resolution = store::resolve(db, tenant, query).await?;
    refuse_unknown(query, &resolution)?;
    let selectors = selectors(query, &resolution)?;
    let between = between(query, &resolution);
    let Drawn { rows, counted, shown, surroundings } =
        draw(db, tenant, query, &resolution, &between, &selectors).await?;
    let mut question = Question {
        selectors,
        integrations: resolution.pairs.iter().map(integration).collect::<Result<_, _>>().map_err(Error::internal)?,
        rows: rows.iter().map(|one| one.row.clone()).collect(),
        ignore: ignore(query, &resolution),
        has_destination: query.has_place(),
        passing: Vec::new(),
        requested: BTreeMap::new(),
        findings: BTreeMap::new(),
        assumptions: Vec::new(),
    };
    let mut verdict = decide_with(&question, &counted);
    if verdict.deployable != Some(true) {
        question.passing = find_passing(db, tenant, &question, &resolution, &rows).await?;
        question.requested = find_requested(db, tenant, &question, &resolution, &rows, now).await?;
        question.findings = find_findings(db, tenant, &question).await?;
        verdict = decide_with(&question, &counted);
    }
    let rows = in_order(shown, &question);
    let reasons = reasons(&question, &verdict, &rows);
    let surroundings = complete(db, tenant, surroundings, &rows).await?;
    Ok(Answer { question, verdict, reasons, rows, surroundings, what_if: None })
}

/// Adds what is shown of versions that were not known before the rows were read.
pub(super) async fn complete(
    db: &mut PgConnection,
    tenant: TenantId,
    mut known: Vec<(i64, Surroundings)>,
    rows: &[MatrixRow],
) -> Result<Vec<(i64, Surroundings)>, Error> {
    let versions = rows.iter().flat_map(|one| [Some(&one.row.consumer_version), one.row.provider_version.as_ref()]);
    let is_known = |version: &i64| known.binary_search_by_key(version, |(id, _)| *id).is_ok();
    let missing: BTreeSet<i64> =
        versions.flatten().map(|version| version.key).filter(|version| !is_known(version)).collect();
    if !missing.is_empty() {
        let missing: Vec<i64> = missing.into_iter().collect();
        known.extend(store::list_surroundings(db, tenant, &missing).await?);
        known.sort_by_key(|(version, _)| *version);
    }
    Ok(known)
}

fn refuse_unknown(query: &Query, resolution: &Resolution) -> Result<(), Unknown> {
    let exists = |ordinal: usize| resolution.asked.iter().any(|(asked, _)| *asked == ordinal);
    let mut missing: Vec<PacticipantName> = query
        .selectors
        .iter()
        .enumerate()
        .filter(|(ordinal, _)| !exists(*ordinal))
        .map(|(_, asked)| asked.pacticipant.clone())
        .collect();
    missing.dedup();
    if !missing.is_empty() {
        return Err(Unknown::Pacticipants(missing));
    }
    match query.environments().find(|name| !resolution.environments.iter().any(|there| there == name)) {
        Some(name) => Err(Unknown::Environment(name.to_string())),
        None => Ok(()),
    }
}

fn selectors(query: &Query, resolution: &Resolution) -> Result<Vec<Selector>, Error> {
    let mut selectors = Vec::new();
    for (ordinal, asked) in query.selectors.iter().enumerate() {
        let versions = resolution.specified.iter().filter(|(of, _)| *of == ordinal).map(|(_, version)| version);
        selectors.push(Selector {
            pacticipant: asked.pacticipant.clone(),
            criterion: asked.criterion.clone(),
            origin: Origin::Specified,
            found: if asked.takes_any() { Found::Any } else { found(versions)? },
        });
    }
    if let Some(destination) = &query.destination {
        for pacticipant in &resolution.inferred {
            selectors.push(Selector {
                pacticipant: PacticipantName::parse(&pacticipant.name).map_err(Error::internal)?,
                criterion: destination.clone(),
                origin: Origin::Inferred,
                found: found(pacticipant.versions.iter())?,
            });
        }
    }
    Ok(selectors)
}

/// Each version once, with all its stays; newest first.
pub(super) fn found<'v>(versions: impl Iterator<Item = &'v FoundVersion>) -> Result<Found, Error> {
    let mut candidates: Vec<Candidate> = Vec::new();
    for version in versions {
        let stay = version.since.map(|since| Stay { kind: stay_kind(version), since });
        if let Some(known) = candidates.iter_mut().find(|one| one.version.key == version.id) {
            known.stays.extend(stay);
            continue;
        }
        let number = VersionNumber::parse(&version.number).map_err(Error::internal)?;
        let version = VersionRef { key: version.id, number, position: version.position };
        candidates.push(Candidate { version, stays: stay.into_iter().collect() });
    }
    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.version.position));
    for candidate in &mut candidates {
        candidate.stays.sort_by(|one, other| (one.since, &one.kind).cmp(&(other.since, &other.kind)));
    }
    Ok(if candidates.is_empty() { Found::Nothing } else { Found::Versions(candidates) })
}

fn stay_kind(version: &FoundVersion) -> StayKind {
    match version.application_instance.clone() {
        None => StayKind::Released,
        Some(name) => StayKind::Deployed { application_instance: Some(name).filter(|name| !name.is_empty()) },
    }
}

/// For each pair what was found of both sides.
fn between(query: &Query, resolution: &Resolution) -> Between {
    let mut found: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
    let mut any: BTreeSet<i64> = BTreeSet::new();
    for (ordinal, pacticipant) in &resolution.asked {
        let versions = resolution.specified.iter().filter(|(of, _)| of == ordinal).map(|(_, version)| version.id);
        found.entry(*pacticipant).or_default().extend(versions);
        if query.selectors[*ordinal].takes_any() {
            any.insert(*pacticipant);
        }
    }
    for inferred in &resolution.inferred {
        found.entry(inferred.id).or_default().extend(inferred.versions.iter().map(|version| version.id));
    }
    let mut between = Between::default();
    let mut provider_versions: BTreeSet<(i64, i64)> = BTreeSet::new();
    for pair in &resolution.pairs {
        let versions = |id: i64| found.get(&id).into_iter().flatten().copied();
        between.contracts.extend(versions(pair.consumer_id).map(|version| (version, pair.provider_id)));
        provider_versions.extend(versions(pair.provider_id).map(|version| (pair.provider_id, version)));
        if any.contains(&pair.consumer_id) {
            between.any_contract.push((pair.consumer_id, pair.provider_id));
        }
    }
    between.provider_versions = provider_versions.into_iter().collect();
    if query.selectors.len() == 1 && query.destination.is_none() {
        // Alone: with whatever versions of the neighbours there are.
        if !any.is_empty() {
            between.any_contract.extend(resolution.pairs.iter().map(|pair| (pair.consumer_id, pair.provider_id)));
        }
        between.provider_versions.clear();
        between.verified_by = resolution.specified.iter().map(|(_, version)| version.id).collect();
        any.extend(resolution.pairs.iter().map(|pair| pair.provider_id));
    }
    between.any_version_of_providers = any.into_iter().collect();
    (between.names, between.versions) = (names(resolution), known_versions(resolution));
    between
}

fn names(resolution: &Resolution) -> HashMap<i64, String> {
    let sides = resolution
        .pairs
        .iter()
        .flat_map(|pair| [(pair.consumer_id, pair.consumer.clone()), (pair.provider_id, pair.provider.clone())]);
    sides.collect()
}

fn known_versions(resolution: &Resolution) -> HashMap<i64, KnownVersion> {
    let pacticipant = |ordinal: usize| resolution.asked.iter().find(|(of, _)| *of == ordinal).map(|(_, id)| *id);
    let specified = resolution.specified.iter().filter_map(|(of, version)| Some((pacticipant(*of)?, version)));
    let inferred = resolution.inferred.iter().flat_map(|one| one.versions.iter().map(|version| (one.id, version)));
    let known = specified.chain(inferred).map(|(pacticipant_id, version)| {
        let (number, position) = (version.number.clone(), version.position);
        (version.id, KnownVersion { pacticipant_id, number, position })
    });
    known.collect()
}

pub(super) fn integration(pair: &Pair) -> Result<Integration, NameError> {
    Ok(Integration {
        consumer: PacticipantName::parse(&pair.consumer)?,
        provider: PacticipantName::parse(&pair.provider)?,
        required: pair.required,
    })
}

pub(super) fn ignore(query: &Query, resolution: &Resolution) -> Vec<Ignore> {
    let ignore = query.ignore.iter().enumerate().map(|(ordinal, one)| Ignore {
        pacticipant: one.pacticipant.clone(),
        version: one.version.clone(),
        exists: resolution.ignorable.iter().any(|found| found.ordinal == ordinal),
    });
    ignore.collect()
}

/// For rows without success: other versions of the side that was not asked about that have passed.
pub(super) async fn find_passing(
    db: &mut PgConnection,
    tenant: TenantId,
    question: &Question,
    resolution: &Resolution,
    rows: &[MatrixRow],
) -> Result<Vec<Passing>, Error> {
    let asked = |name: &PacticipantName| {
        question.selectors.iter().any(|one| one.origin == Origin::Specified && one.pacticipant == *name)
    };
    let ids: HashMap<&str, i64> =
        resolution.pairs.iter().map(|pair| (pair.consumer.as_str(), pair.consumer_id)).collect();
    let (mut consumer_versions, mut provider_versions) = (BTreeSet::new(), BTreeSet::new());
    let mut consumers: BTreeSet<i64> = BTreeSet::new();
    for MatrixRow { row, .. } in rows.iter().filter(|one| one.row.success != Some(true)) {
        if !asked(&row.provider) {
            consumer_versions.insert(row.consumer_version.key);
        } else if !asked(&row.consumer) {
            provider_versions.extend(provider_in_question(question, row).map(|version| version.key));
            consumers.extend(ids.get(row.consumer.as_str()));
        }
    }
    if consumer_versions.is_empty() && provider_versions.is_empty() {
        return Ok(Vec::new());
    }
    let [consumer_versions, provider_versions, consumers] =
        [consumer_versions, provider_versions, consumers].map(|ids| ids.into_iter().collect::<Vec<i64>>());
    let found = store::list_passing(db, tenant, &consumer_versions, &provider_versions, &consumers).await?;
    found.into_iter().map(rows::parse_passing).collect::<Result<_, _>>().map_err(Error::internal)
}

/// What is ignored stands last.
pub(super) fn in_order(mut rows: Vec<MatrixRow>, question: &Question) -> Vec<MatrixRow> {
    rows::sort(&mut rows);
    let (ignored, mut shown): (Vec<MatrixRow>, Vec<MatrixRow>) =
        rows.into_iter().partition(|one| is_ignored(question, &one.row));
    shown.extend(ignored);
    shown
}

pub(super) fn reasons(question: &Question, verdict: &Verdict, rows: &[MatrixRow]) -> Vec<Reason> {
    let mut reasons = explain(question, rows.iter().map(|one| &one.row));
    let of_rows: HashSet<&Reason> = reasons.iter().collect();
    let without_row: Vec<Reason> = verdict.reasons.iter().filter(|reason| !of_rows.contains(reason)).cloned().collect();
    reasons.extend(without_row);
    reasons
}
