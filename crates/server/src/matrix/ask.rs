//! From a query to an answer: look up what it names, infer the neighbours, read the rows, decide.

use std::collections::BTreeMap;

use pactolus_domain::gate::{
    Criterion, Found, Ignore, Integration, Origin, Question, Selector, Verdict, VersionRef, decide, is_ignored,
};
use pactolus_domain::names::{PacticipantName, VersionNumber};
use sqlx::PgConnection;

use super::query::{Asked, Ignored, Query};
use super::rows::{self, MatrixRow};
use super::store::{self, Between, Neighbours};
use crate::edge::Error;
use crate::environments;
use crate::ids::{PacticipantId, TenantId};

/// The answer to a query: the verdict over all rows, and the rows that are shown.
pub(super) struct Answer {
    pub(super) question: Question,
    pub(super) verdict: Verdict,
    pub(super) rows: Vec<MatrixRow>,
}

impl Answer {
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

pub(super) async fn ask(db: &mut PgConnection, tenant: TenantId, query: &Query) -> Result<Answer, Unknown> {
    let ids = find_pacticipants(db, tenant, query).await?;
    check_environments(db, tenant, query).await?;
    let asked: Vec<(PacticipantId, &Asked)> =
        query.selectors.iter().filter_map(|asked| Some((*ids.get(asked.pacticipant.as_str())?, asked))).collect();
    let specified = resolve(db, tenant, &asked, Origin::Specified).await?;
    let neighbours = find_neighbours(db, tenant, query, &specified).await?;
    let inferred = infer(db, tenant, query, &specified, &neighbours).await?;
    let mut rows = read_rows(db, tenant, query, &specified, &inferred, &neighbours).await?;
    let ignore = find_ignored(db, tenant, &query.ignore).await?;

    let selectors: Vec<Selector> = specified.into_iter().chain(inferred).map(|(_, selector)| selector).collect();
    rows::add_co_residents(&mut rows, &selectors);
    let mut rows = rows::keep_latest(rows, query.latest_by);
    let question = Question {
        selectors,
        integrations: neighbours.iter().filter_map(integration).collect(),
        rows: rows.iter().map(|one| one.row.clone()).collect(),
        ignore,
        has_destination: query.has_place(),
    };
    let verdict = decide(&question);

    // The verdict is over everything; only what is shown is filtered.
    if !query.success.is_empty() {
        rows.retain(|one| query.success.contains(&one.row.success));
    }
    rows::most_recent(&mut rows, query.limit);
    rows::sort(&mut rows);
    // What is ignored stands last.
    let (ignored, mut shown): (Vec<MatrixRow>, Vec<MatrixRow>) =
        rows.into_iter().partition(|one| is_ignored(&question, &one.row));
    shown.extend(ignored);
    Ok(Answer { question, verdict, rows: shown })
}

type Ids = BTreeMap<String, PacticipantId>;

async fn find_pacticipants(db: &mut PgConnection, tenant: TenantId, query: &Query) -> Result<Ids, Unknown> {
    let names: Vec<String> = query.selectors.iter().map(|asked| asked.pacticipant.to_string()).collect();
    let found = store::list_pacticipants(db, tenant, &names).await?;
    let ids: Ids = found.into_iter().map(|one| (one.name, one.id)).collect();
    let mut missing: Vec<PacticipantName> = query
        .selectors
        .iter()
        .map(|asked| asked.pacticipant.clone())
        .filter(|name| !ids.contains_key(name.as_str()))
        .collect();
    missing.dedup();
    if missing.is_empty() { Ok(ids) } else { Err(Unknown::Pacticipants(missing)) }
}

async fn check_environments(db: &mut PgConnection, tenant: TenantId, query: &Query) -> Result<(), Unknown> {
    let criteria = query.selectors.iter().map(|asked| &asked.criterion).chain(&query.destination);
    for criterion in criteria {
        if let Criterion::Environment(name) = criterion
            && environments::find_by_name(db, tenant, name.as_str()).await?.is_none()
        {
            return Err(Unknown::Environment(name.to_string()));
        }
    }
    Ok(())
}

type Resolved = (PacticipantId, Selector);

async fn resolve(
    db: &mut PgConnection,
    tenant: TenantId,
    asked: &[(PacticipantId, &Asked)],
    origin: Origin,
) -> Result<Vec<Resolved>, Error> {
    let criteria: Vec<(PacticipantId, &Criterion)> = asked.iter().map(|(id, asked)| (*id, &asked.criterion)).collect();
    let mut found: BTreeMap<i32, Vec<VersionRef>> = BTreeMap::new();
    for version in store::list_versions(db, tenant, &criteria).await? {
        let number = VersionNumber::parse(version.number).map_err(Error::internal)?;
        let version_ref = VersionRef { key: version.id.0, number, position: version.position };
        found.entry(version.ordinal).or_default().push(version_ref);
    }
    let resolved = (0..).zip(asked).map(|(ordinal, (id, asked))| {
        let found = match (&asked.criterion, found.remove(&ordinal)) {
            (Criterion::Any, _) => Found::Any,
            (_, Some(versions)) => Found::Versions(versions),
            (_, None) => Found::Nothing,
        };
        let selector =
            Selector { pacticipant: asked.pacticipant.clone(), criterion: asked.criterion.clone(), origin, found };
        (*id, selector)
    });
    Ok(resolved.collect())
}

async fn find_neighbours(
    db: &mut PgConnection,
    tenant: TenantId,
    query: &Query,
    specified: &[Resolved],
) -> Result<Vec<Neighbours>, Error> {
    let pacticipants = ids_of(specified, |_| true);
    if specified.len() > 1 && query.destination.is_none() {
        return Ok(store::list_integrations_between(db, tenant, &pacticipants).await?);
    }
    let any_version_of = ids_of(specified, |selector| selector.found == Found::Any);
    let versions = versions_of(specified);
    Ok(store::list_neighbours(db, tenant, &pacticipants, &versions, &any_version_of).await?)
}

fn ids_of(resolved: &[Resolved], which: impl Fn(&Selector) -> bool) -> Vec<i64> {
    let mut ids: Vec<i64> = resolved.iter().filter(|(_, selector)| which(selector)).map(|(id, _)| id.0).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn versions_of(resolved: &[Resolved]) -> Vec<i64> {
    let versions = resolved.iter().filter_map(|(_, selector)| match &selector.found {
        Found::Versions(versions) => Some(versions.iter().map(|version| version.key)),
        _ => None,
    });
    versions.flatten().collect()
}

/// The neighbours that were not specified, with the destination's criterion.
async fn infer(
    db: &mut PgConnection,
    tenant: TenantId,
    query: &Query,
    specified: &[Resolved],
    neighbours: &[Neighbours],
) -> Result<Vec<Resolved>, Error> {
    let Some(destination) = &query.destination else { return Ok(Vec::new()) };
    let mut others: BTreeMap<&str, PacticipantId> = BTreeMap::new();
    for pair in neighbours {
        others.insert(&pair.consumer, pair.consumer_id);
        others.insert(&pair.provider, pair.provider_id);
    }
    others.retain(|_, id| !specified.iter().any(|(specified, _)| specified == id));
    let mut asked = Vec::new();
    for (name, id) in others {
        let pacticipant = PacticipantName::parse(name).map_err(Error::internal)?;
        asked.push((id, Asked { pacticipant, criterion: destination.clone() }));
    }
    let asked: Vec<(PacticipantId, &Asked)> = asked.iter().map(|(id, asked)| (*id, asked)).collect();
    resolve(db, tenant, &asked, Origin::Inferred).await
}

async fn read_rows(
    db: &mut PgConnection,
    tenant: TenantId,
    query: &Query,
    specified: &[Resolved],
    inferred: &[Resolved],
    neighbours: &[Neighbours],
) -> Result<Vec<MatrixRow>, Error> {
    let touching = ids_of(specified, |_| true);
    let alone = specified.len() == 1 && query.destination.is_none();
    let mut raw;
    if alone {
        let mut between = between(specified, touching);
        let providers = neighbours.iter().map(|pair| pair.provider_id.0);
        between.providers.extend(providers.clone());
        between.any_version_of_providers.extend(providers);
        if !between.any_version_of_consumers.is_empty() {
            between.any_version_of_consumers.extend(neighbours.iter().map(|pair| pair.consumer_id.0));
        }
        raw = store::list_rows(db, tenant, &between, query.latest_by).await?;
        let versions = &between.provider_versions;
        raw.extend(store::list_rows_verified_by(db, tenant, versions, query.latest_by).await?);
    } else {
        let all: Vec<Resolved> = specified.iter().chain(inferred).cloned().collect();
        raw = store::list_rows(db, tenant, &between(&all, touching), query.latest_by).await?;
    }
    Ok(raw.into_iter().filter_map(rows::parse).collect())
}

fn between(resolved: &[Resolved], touching: Vec<i64>) -> Between {
    let any = ids_of(resolved, |selector| selector.found == Found::Any);
    let versions = versions_of(resolved);
    Between {
        consumer_versions: versions.clone(),
        any_version_of_consumers: any.clone(),
        providers: ids_of(resolved, |_| true),
        provider_versions: versions,
        any_version_of_providers: any,
        touching,
    }
}

fn integration(pair: &Neighbours) -> Option<Integration> {
    Some(Integration {
        consumer: PacticipantName::parse(&pair.consumer).ok()?,
        provider: PacticipantName::parse(&pair.provider).ok()?,
        required: pair.required,
    })
}

async fn find_ignored(db: &mut PgConnection, tenant: TenantId, ignored: &[Ignored]) -> Result<Vec<Ignore>, Error> {
    if ignored.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<String> = ignored.iter().map(|one| one.pacticipant.to_string()).collect();
    let numbers: Vec<String> =
        ignored.iter().map(|one| one.version.as_ref().map(ToString::to_string).unwrap_or_default()).collect();
    let pacticipants = store::list_pacticipants(db, tenant, &names).await?;
    let versions = store::list_existing_versions(db, tenant, &names, &numbers).await?;
    let found = ignored.iter().map(|one| {
        let exists = match &one.version {
            None => pacticipants.iter().any(|found| found.name == one.pacticipant.as_str()),
            Some(version) => {
                versions.iter().any(|(name, number)| name == one.pacticipant.as_str() && number == version.as_str())
            }
        };
        Ignore { pacticipant: one.pacticipant.clone(), version: one.version.clone(), exists }
    });
    Ok(found.collect())
}
