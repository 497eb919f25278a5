//! What the heat map of two applications shows: a page of versions of each, and the results between them.

use std::collections::{BTreeSet, HashMap};

use pactolus_domain::gate::{Comparison, Offer};
use pactolus_domain::names::PacticipantName;
use sqlx::PgConnection;

use super::super::super::store::{self, Build, Part, Promise, Runs, Tried};
use super::{At, VERDICTS};
use crate::edge::{Error, QueryPairs, urls};
use crate::ids::TenantId;
use crate::pacticipants;
use crate::ui::parts::Verdict;

/// Consumer versions on a page.
pub(super) const COLUMNS: i64 = 40;
/// Provider versions on a page.
pub(super) const ROWS: i64 = 25;
/// So many branches are offered as filters.
const MOST_BRANCHES: i64 = 50;

/// What the address asks to see.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    pub(super) consumer_branch: Option<String>,
    pub(super) provider_branch: Option<String>,
    pub(super) result: Option<Verdict>,
    mark: Option<String>,
    /// Only consumer versions older than this one.
    before: Option<String>,
    /// Only provider versions older than this one.
    rows_before: Option<String>,
}

impl Wanted {
    pub(super) fn of(query: &QueryPairs) -> Self {
        let text = |name: &str| query.last(name).map(String::from);
        let result = match query.last("result") {
            Some("failed") => Some(Verdict::Failed),
            Some("passed") => Some(Verdict::Passed),
            Some("none") => Some(Verdict::NotVerified),
            _ => None,
        };
        Self {
            consumer_branch: text("consumer_branch"),
            provider_branch: text("provider_branch"),
            result,
            mark: text("mark"),
            before: text("before"),
            rows_before: text("rows_before"),
        }
    }
}

/// The ways to the pages beside.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// The version that the next page begins before.
    pub(super) older: Option<String>,
    pub(super) newer: Option<Newer>,
}

/// The page before.
#[derive(Debug)]
pub(super) enum Newer {
    First,
    /// It begins before this version.
    Before(String),
}

impl Newer {
    fn of(found: Option<String>) -> Self {
        found.map_or(Self::First, Self::Before)
    }

    pub(super) fn before(&self) -> Option<&str> {
        match self {
            Self::First => None,
            Self::Before(number) => Some(number),
        }
    }
}

/// What is known of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Basis {
    Verification,
    /// Holding the contract against the provider's document, and the provider's own tests against that.
    Comparison,
    Both,
}

impl Basis {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Verification => "by verification",
            Self::Comparison => "by comparison",
            Self::Both => "by verification and comparison",
        }
    }

    /// The class that marks its cells; those of verifications, which are usual, have none.
    pub(super) fn class(self) -> Option<&'static str> {
        match self {
            Self::Verification => None,
            Self::Comparison => Some("compared"),
            Self::Both => Some("both"),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// So few that a table says it better.
    Small,
    Heat,
}

pub(super) struct Board {
    pub(super) consumer: String,
    pub(super) provider: String,
    pub(super) wanted: Wanted,
    /// Oldest first.
    pub(super) columns: Vec<Promise>,
    /// Newest first.
    pub(super) rows: Vec<Build>,
    tried: HashMap<(i64, i64), Tried>,
    pub(super) running: Vec<Runs>,
    /// How many consumer versions have a contract.
    pub(super) total: i64,
    pub(super) column_turns: Turns,
    pub(super) row_turns: Turns,
    pub(super) consumer_branches: Vec<String>,
    pub(super) provider_branches: Vec<String>,
}

impl Board {
    pub(super) async fn read(
        db: &mut PgConnection,
        tenant: TenantId,
        (consumer, provider): (&PacticipantName, &PacticipantName),
        wanted: &Wanted,
    ) -> Result<Self, Error> {
        let consumer_id = id_of(db, tenant, consumer).await?;
        let provider_id = id_of(db, tenant, provider).await?;
        let total = store::count_promises(db, tenant, consumer_id, provider_id).await?;
        let (columns, column_turns) = columns(db, tenant, (consumer_id, provider_id), wanted).await?;
        let (rows, row_turns) = rows(db, tenant, provider_id, wanted).await?;
        let contents: BTreeSet<i64> = columns.iter().map(|one| one.content_id).collect();
        let contents: Vec<i64> = contents.into_iter().collect();
        let versions: Vec<i64> = rows.iter().map(|one| one.version_id).collect();
        let tried = store::list_tried(db, tenant, &contents, &versions).await?;
        let mut board = Self {
            consumer: consumer.to_string(),
            provider: provider.to_string(),
            wanted: wanted.clone(),
            columns,
            rows,
            tried: tried.into_iter().map(|one| ((one.content_id, one.provider_version_id), one)).collect(),
            running: store::list_running(db, tenant, &[consumer_id, provider_id]).await?,
            total,
            column_turns,
            row_turns,
            consumer_branches: store::list_branch_names(db, tenant, consumer_id, MOST_BRANCHES).await?,
            provider_branches: store::list_branch_names(db, tenant, provider_id, MOST_BRANCHES).await?,
        };
        board.keep_wanted();
        Ok(board)
    }

    /// Of provider versions those with at least one such result.
    fn keep_wanted(&mut self) {
        let Some(result) = self.wanted.result else { return };
        let has = |row: usize| (0..self.columns.len()).any(|column| self.verdict((column, row)) == result);
        let kept: Vec<Build> =
            self.rows.iter().enumerate().filter(|(row, _)| has(*row)).map(|(_, build)| build.clone()).collect();
        self.rows = kept;
    }

    pub(super) fn tried(&self, (column, row): At) -> Option<&Tried> {
        self.tried.get(&(self.columns.get(column)?.content_id, self.rows.get(row)?.version_id))
    }

    pub(super) fn verdict(&self, at: At) -> Verdict {
        let Some(tried) = self.tried(at) else { return Verdict::NotVerified };
        match success(tried) {
            None => Verdict::NotVerified,
            Some(true) => Verdict::Passed,
            Some(false) if is_pending(tried) => Verdict::Pending,
            Some(false) => Verdict::Failed,
        }
    }

    /// What the verdict comes of; `None` where there is none.
    pub(super) fn basis_of_verdict(&self, at: At) -> Option<Basis> {
        self.basis(at).filter(|_| self.verdict(at) != Verdict::NotVerified)
    }

    /// What is known of the pair; `None` where nothing is.
    pub(super) fn basis(&self, at: At) -> Option<Basis> {
        let tried = self.tried(at)?;
        let is_compared = tried.offer.is_some_and(|offer| {
            let is_decided = matches!(offer.comparison, Comparison::Compatible | Comparison::Incompatible);
            is_decided || offer.kept == Some(false)
        });
        match (tried.verified.is_some(), is_compared) {
            (true, true) => Some(Basis::Both),
            (true, false) => Some(Basis::Verification),
            (false, true) => Some(Basis::Comparison),
            (false, false) => None,
        }
    }

    /// Consumer and provider versions whose contract is not yet held against the document.
    pub(super) fn pending(&self) -> Vec<(i64, i64)> {
        let pairs = self.columns.iter().flat_map(|column| self.rows.iter().map(move |row| (column, row)));
        let is_pending = |tried: &Tried| tried.offer.is_some_and(|offer| offer.comparison == Comparison::Pending);
        pairs
            .filter(|(column, row)| self.tried.get(&(column.content_id, row.version_id)).is_some_and(is_pending))
            .map(|(column, row)| (column.version_id, row.version_id))
            .collect()
    }

    pub(super) fn tally(&self) -> Vec<(Verdict, usize)> {
        let all = (0..self.columns.len()).flat_map(|column| (0..self.rows.len()).map(move |row| (column, row)));
        let verdicts: Vec<Verdict> = all.map(|at| self.verdict(at)).collect();
        VERDICTS.map(|verdict| (verdict, verdicts.iter().filter(|own| **own == verdict).count())).to_vec()
    }

    pub(super) fn shape(&self) -> Shape {
        if self.columns.len() < 4 && self.rows.len() < 4 { Shape::Small } else { Shape::Heat }
    }

    pub(super) fn places(&self, version: i64) -> impl Iterator<Item = &str> {
        self.running.iter().filter(move |one| one.version_id == version).map(|one| one.environment.as_str())
    }

    /// The last environment on the way, since that is where it matters.
    pub(super) fn default_mark(&self) -> Option<&str> {
        self.running.last().map(|one| one.environment.as_str())
    }

    pub(super) fn mark(&self) -> Option<&str> {
        self.wanted.mark.as_deref().or(self.default_mark())
    }

    pub(super) fn is_marked(&self, version: i64) -> bool {
        self.mark().is_some_and(|mark| self.places(version).any(|place| place == mark))
    }

    /// The cell that the address names; else what runs in the marked environment; else the newest of both.
    pub(super) fn chosen(&self, cell: Option<&str>) -> Option<At> {
        let named = cell.and_then(|cell| {
            let column = |row: &Build| self.columns.iter().position(|one| cell_name(&one.number, &row.number) == cell);
            self.rows.iter().enumerate().find_map(|(at, row)| Some((column(row)?, at)))
        });
        let marked = || {
            let column = self.columns.iter().rposition(|one| self.is_marked(one.version_id))?;
            Some((column, self.rows.iter().position(|one| self.is_marked(one.version_id))?))
        };
        let newest = || Some((self.columns.len().checked_sub(1)?, 0)).filter(|_| !self.rows.is_empty());
        named.or_else(marked).or_else(newest)
    }
}

/// What is known of a pair together.
pub(super) fn success(tried: &Tried) -> Option<bool> {
    match tried.offer {
        Some(offer) => offer.success(),
        None => tried.verified.map(|verified| verified.success),
    }
}

/// Whether only a verification that was not to break the provider's build speaks against it.
fn is_pending(tried: &Tried) -> bool {
    let without = tried.offer.and_then(|offer| Offer { verified: None, ..offer }.success());
    tried.verified.is_some_and(|verified| verified.pending) && without != Some(false)
}

/// How an address names a cell: both versions, encoded so that what parts them is in neither.
pub(super) fn cell_name(consumer: &str, provider: &str) -> String {
    format!("{}:{}", urls::segment(consumer), urls::segment(provider))
}

async fn id_of(db: &mut PgConnection, tenant: TenantId, name: &PacticipantName) -> Result<i64, Error> {
    let found = pacticipants::find_id(db, tenant, name).await?;
    Ok(found.ok_or_else(|| Error::NoSuchPacticipant { role: "pacticipant", name: name.to_string() })?.0)
}

/// An address of a version that is no longer there shows the newest.
async fn position(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: i64,
    number: Option<&String>,
) -> sqlx::Result<Option<i64>> {
    match number {
        Some(number) => store::find_position(db, tenant, pacticipant, number).await,
        None => Ok(None),
    }
}

fn usize_of(count: i64) -> usize {
    usize::try_from(count).unwrap_or(0)
}

async fn columns(
    db: &mut PgConnection,
    tenant: TenantId,
    (consumer, provider): (i64, i64),
    wanted: &Wanted,
) -> Result<(Vec<Promise>, Turns), Error> {
    let branch = wanted.consumer_branch.as_deref();
    let before = position(db, tenant, consumer, wanted.before.as_ref()).await?;
    let part = Part { branch, before, most: COLUMNS + 1 };
    let mut found = store::list_promises(db, tenant, consumer, provider, part).await?;
    let is_more = found.len() > usize_of(COLUMNS);
    found.truncate(usize_of(COLUMNS));
    let older = found.last().filter(|_| is_more).map(|one| one.number.clone());
    let mut turns = Turns { older, newer: None };
    if let (Some(newest), true) = (found.first(), before.is_some()) {
        let by = (newest.position, COLUMNS);
        let found = store::find_newer_promise(db, tenant, consumer, provider, branch, by).await?;
        turns.newer = Some(Newer::of(found));
    }
    found.reverse();
    Ok((found, turns))
}

async fn rows(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: i64,
    wanted: &Wanted,
) -> Result<(Vec<Build>, Turns), Error> {
    let branch = wanted.provider_branch.as_deref();
    let before = position(db, tenant, provider, wanted.rows_before.as_ref()).await?;
    let mut found = store::list_builds(db, tenant, provider, Part { branch, before, most: ROWS + 1 }).await?;
    let is_more = found.len() > usize_of(ROWS);
    found.truncate(usize_of(ROWS));
    let older = found.last().filter(|_| is_more).map(|one| one.number.clone());
    let mut turns = Turns { older, newer: None };
    if let (Some(newest), true) = (found.first(), before.is_some()) {
        let found = store::find_newer_build(db, tenant, provider, branch, (newest.position, ROWS)).await?;
        turns.newer = Some(Newer::of(found));
    }
    Ok((found, turns))
}
