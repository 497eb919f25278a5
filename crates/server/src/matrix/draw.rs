//! What an answer is drawn from: for questions about versions all rows, for those about any version the rows that are told
//! and counts of the rest.

use std::collections::{BTreeSet, HashMap, HashSet};

use pactolus_domain::content::ContentSha;
use pactolus_domain::gate::{Counted, Criterion, Row, Selector, VersionRef};
use pactolus_domain::names::{PacticipantName, VersionNumber};
use sqlx::PgConnection;

use super::history::{Counting, Counts, Entry, History, IgnoredIds};
use super::query::Query;
use super::rows::{self, MatrixRow, Publication};
use super::store::{self, Between, Contents, Judged, Listed, MOST_FACTORS, Name, Promised, Resolution, Surroundings};
use crate::edge::Error;
use crate::ids::TenantId;

/// Of the rows that stand in the way of an answer so many of a kind are told; the rest is counted.
const MOST_OBSTACLES: usize = 1_000;

/// So many rows are shown at most, whatever was asked for.
const MOST_SHOWN: usize = 10_000;

/// What is decided over and what is shown.
pub(super) struct Drawn {
    /// Told by themselves.
    pub(super) rows: Vec<MatrixRow>,
    /// Only counted.
    pub(super) counted: Vec<Counted>,
    /// As many as were asked for, not yet in order.
    pub(super) shown: Vec<MatrixRow>,
    /// What is shown of versions, by version, as far as it is known by now.
    pub(super) surroundings: Vec<(i64, Surroundings)>,
}

pub(super) async fn draw(
    db: &mut PgConnection,
    tenant: TenantId,
    query: &Query,
    resolution: &Resolution,
    between: &Between,
    selectors: &[Selector],
) -> Result<Drawn, Error> {
    match store::list_rows(db, tenant, between, query.latest_by).await? {
        Some(Listed { rows, surroundings }) => {
            let rows = rows.into_iter().map(rows::parse).collect::<Result<Vec<MatrixRow>, _>>();
            let mut rows = rows.map_err(Error::internal)?;
            rows::add_co_residents(&mut rows, selectors);
            let rows = rows::keep_latest(rows, query.latest_by, selectors);
            let mut shown = rows.clone();
            if !query.success.is_empty() {
                shown.retain(|one| query.success.contains(&one.row.success));
            }
            rows::most_recent(&mut shown, query.limit);
            Ok(Drawn { rows, counted: Vec::new(), shown, surroundings })
        }
        None => draw_from_history(db, tenant, query, resolution, between).await,
    }
}

async fn draw_from_history(
    db: &mut PgConnection,
    tenant: TenantId,
    query: &Query,
    resolution: &Resolution,
    between: &Between,
) -> Result<Drawn, Error> {
    let history = read_history(db, tenant, query, resolution, between).await?;
    let mut counts = history.counts();
    let all = counts.values().map(Counts::rows).sum();
    let most = match query.limit {
        Some(limit) => limit.min(MOST_SHOWN),
        None if all > MOST_SHOWN => return Err(too_many(MOST_SHOWN)),
        None => all,
    };
    let shown = history.most_recent(&query.success, most);
    let obstacles = [None, Some(false)].map(|success| history.obstacles(success, MOST_OBSTACLES)).concat();
    for entry in &obstacles {
        let of_pair = counts.entry((entry.contract.consumer_id, entry.contract.provider_id)).or_default();
        of_pair.without(entry.cell.result.and_then(|result| result.success));
    }

    let names = Names::read(db, tenant, between, shown.iter().chain(&obstacles)).await?;
    let counted = counts.iter().map(|((consumer, provider), counts)| {
        Ok(Counted {
            consumer: names.pacticipant(*consumer)?,
            provider: names.pacticipant(*provider)?,
            success: counts.success,
            failed: counts.failed,
            unknown: counts.unknown,
            ignored: counts.ignored,
        })
    });
    Ok(Drawn {
        counted: counted.collect::<Result<_, Error>>()?,
        rows: obstacles.iter().map(|entry| names.row(entry)).collect::<Result<_, _>>()?,
        shown: shown.iter().map(|entry| names.row(entry)).collect::<Result<_, _>>()?,
        surroundings: Vec::new(),
    })
}

fn too_many(most: usize) -> Error {
    let text =
        format!("this question covers more than {most} results: name versions, tags, branches or an environment");
    Error::InvalidQuery(vec![text])
}

async fn read_history(
    db: &mut PgConnection,
    tenant: TenantId,
    query: &Query,
    resolution: &Resolution,
    between: &Between,
) -> Result<History, Error> {
    let any_version_of: HashSet<i64> = between.any_version_of_providers.iter().copied().collect();
    let mut promised = store::list_promised(db, tenant, between).await?;
    if !between.verified_by.is_empty() {
        promised.extend(store::list_verified(db, tenant, &between.verified_by).await?);
    }
    refuse_more_than_most(promised.len())?;
    let contents = contents(&promised, &any_version_of);
    let judged: Vec<Judged> = store::list_judged(db, tenant, &contents, between, query.latest_by).await?;
    refuse_more_than_most(judged.len())?;
    let counting = Counting {
        latest_by: query.latest_by,
        sets: of_criteria(query, resolution, Criterion::is_set).into_keys().collect(),
        residents: of_criteria(query, resolution, Criterion::co_resident),
    };
    Ok(History::of(promised, &judged, &counting, ignored(query, resolution), &any_version_of))
}

/// Nothing is read without an end.
fn refuse_more_than_most(factors: usize) -> Result<(), Error> {
    match usize::try_from(MOST_FACTORS) {
        Ok(most) if factors > most => Err(too_many(most)),
        _ => Ok(()),
    }
}

fn contents(promised: &[Promised], any_version_of: &HashSet<i64>) -> Contents {
    let (mut of_any, mut of_some) = (BTreeSet::new(), BTreeSet::new());
    for contract in promised {
        if !contract.as_verified && any_version_of.contains(&contract.provider_id) {
            of_any.insert(contract.content_id);
        } else {
            of_some.insert((contract.content_id, contract.provider_id));
        }
    }
    Contents { of_any: of_any.into_iter().collect(), of_some: of_some.into_iter().collect() }
}

/// By pacticipant the versions that criteria of a kind choose.
fn of_criteria(
    query: &Query,
    resolution: &Resolution,
    is_of_kind: impl Fn(&Criterion) -> bool,
) -> HashMap<i64, BTreeSet<i64>> {
    let mut chosen: HashMap<i64, BTreeSet<i64>> = HashMap::new();
    for (ordinal, pacticipant) in &resolution.asked {
        if is_of_kind(&query.selectors[*ordinal].criterion) {
            let own = resolution.specified.iter().filter(|(of, _)| of == ordinal).map(|(_, version)| version.id);
            chosen.entry(*pacticipant).or_default().extend(own);
        }
    }
    if query.destination.as_ref().is_some_and(is_of_kind) {
        for inferred in &resolution.inferred {
            chosen.entry(inferred.id).or_default().extend(inferred.versions.iter().map(|version| version.id));
        }
    }
    chosen
}

fn ignored(query: &Query, resolution: &Resolution) -> IgnoredIds {
    let mut ignored = IgnoredIds::default();
    for found in &resolution.ignorable {
        match query.ignore.get(found.ordinal).map(|one| &one.version) {
            Some(None) => ignored.pacticipants.insert(found.pacticipant_id),
            Some(Some(_)) => found.version_id.is_some_and(|version| ignored.versions.insert(version)),
            None => false,
        };
    }
    ignored
}

/// What rows are told with.
struct Names<'b> {
    between: &'b Between,
    versions: HashMap<i64, VersionRef>,
    shas: HashMap<i64, String>,
}

impl<'b> Names<'b> {
    async fn read<'e>(
        db: &mut PgConnection,
        tenant: TenantId,
        between: &'b Between,
        entries: impl Iterator<Item = &'e Entry<'e>>,
    ) -> Result<Self, Error> {
        let (mut versions, mut contents) = (BTreeSet::new(), BTreeSet::new());
        for entry in entries {
            versions.insert(entry.contract.version_id);
            versions.extend(entry.cell.version_id);
            contents.insert(entry.contract.content_id);
        }
        let [ids, contents] = [versions, contents].map(|ids| ids.into_iter().collect::<Vec<i64>>());
        let (mut versions, mut shas) = (HashMap::new(), HashMap::new());
        for name in store::list_names(db, tenant, &ids, &contents).await? {
            match name {
                Name::Version { id, number, position } => {
                    let number = VersionNumber::parse(number).map_err(Error::internal)?;
                    versions.insert(id, VersionRef { key: id, number, position });
                }
                Name::Content { id, sha } => {
                    shas.insert(id, sha);
                }
            }
        }
        Ok(Self { between, versions, shas })
    }

    fn pacticipant(&self, id: i64) -> Result<PacticipantName, Error> {
        let name = self.between.names.get(&id).ok_or_else(|| Error::internal("a pacticipant of a row has no name"))?;
        PacticipantName::parse(name).map_err(Error::internal)
    }

    fn version(&self, id: i64) -> Result<VersionRef, Error> {
        self.versions.get(&id).cloned().ok_or_else(|| Error::internal("a version of a row has no number"))
    }

    fn row(&self, entry: &Entry<'_>) -> Result<MatrixRow, Error> {
        let Entry { contract, cell } = entry;
        let sha =
            self.shas.get(&contract.content_id).ok_or_else(|| Error::internal("the content of a row has no sha"))?;
        Ok(MatrixRow {
            row: Row {
                consumer: self.pacticipant(contract.consumer_id)?,
                consumer_version: self.version(contract.version_id)?,
                provider: self.pacticipant(contract.provider_id)?,
                provider_version: cell.version_id.map(|id| self.version(id)).transpose()?,
                success: cell.result.and_then(|result| result.success),
                offer: cell.result.and_then(|result| result.offer),
                sha: ContentSha::parse(sha).map_err(Error::internal)?,
            },
            publication: Publication::Published(contract.published_at),
            result: cell.result.and_then(|result| Some((result.number?, result.at))),
            compared_at: cell.result.and_then(|result| result.compared_at),
        })
    }
}
