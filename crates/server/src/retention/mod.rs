//! Cleaning: old versions go that nothing needs and no selector keeps; then the contents that nobody has any more.
//!
//! A run looks at everything first, and removes the oldest of what it found. Each is judged again once it is held: what came to
//! need it meanwhile, keeps it. A result that answers for a contract stays as long as the contract does, so what only old
//! contracts needed goes in the run after the one that removed those.

mod store;

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use pactolus_domain::names::PacticipantName;
use pactolus_domain::retention::Stays;

use crate::app::App;
use crate::edge::{Error, Principal};
use crate::ids::{PacticipantId, TenantId};
use crate::jobs::{self, Job, Kind};
use crate::{removal, tenants};

pub(crate) use store::{Version, list_known};

/// Versions that are looked at in one statement.
const PAGE: i64 = 500;
/// Who cleans, in the audit log.
const ACTOR: &str = "retention";

/// What a run did, or would do.
#[derive(Debug, Default)]
pub struct Cleaned {
    /// By name.
    pub pacticipants: Vec<OfPacticipant>,
    /// Versions that may go as well, and are left to the next runs: more than one run removes.
    pub left: usize,
    /// Contents that were removed since no version has them; unknown of a dry run.
    pub contents: Option<u64>,
}

/// What a run did of one pacticipant.
#[derive(Debug)]
pub struct OfPacticipant {
    /// Its name.
    pub name: String,
    /// How many versions stay, and why.
    pub kept: Vec<Kept>,
    /// Those that go, oldest first.
    pub removed: Vec<Removed>,
}

/// Versions that stay for the same reason.
#[derive(Debug)]
pub struct Kept {
    /// What needs or keeps them. Of several reasons the first counts.
    pub why: Stays,
    /// How many they are.
    pub versions: usize,
}

/// A version that goes, since nothing needs it and no selector keeps it.
#[derive(Debug, Clone)]
pub struct Removed {
    /// Its number.
    pub number: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    id: i64,
    position: i64,
}

/// Why cleaning broke off. What it had removed by then is gone, and all else as it was.
#[derive(Debug, thiserror::Error)]
pub enum CleanError {
    /// Somebody else is at it.
    #[error("another process is cleaning this database: wait until it is done")]
    Busy,
    /// The database could not be asked.
    #[error("the database could not be cleaned: {0}")]
    Failed(String),
}

/// Removes what is old, by the settings of `app`.
///
/// # Errors
/// When another process cleans, or the database cannot be asked.
pub async fn clean(app: &App) -> Result<Cleaned, CleanError> {
    clean_tenant(app, tenants::DEFAULT).await.map_err(failed)?.ok_or(CleanError::Busy)
}

/// Tells what a run would remove now, and changes nothing. It may look while another process cleans.
///
/// # Errors
/// When the database cannot be asked.
pub async fn preview_cleaning(app: &App) -> Result<Cleaned, CleanError> {
    find_old(app, tenants::DEFAULT).await.map_err(failed)
}

#[expect(clippy::needless_pass_by_value, reason = "it maps errors")]
fn failed(error: Error) -> CleanError {
    CleanError::Failed(jobs::chain(&error))
}

/// Writes the job that cleans, if this process is to clean.
pub(crate) async fn schedule(app: &App) -> Result<(), Error> {
    let Some(next) = next(app) else { return Ok(()) };
    let mut tx = app.db.begin().await?;
    for tenant in tenants::list(&mut tx).await? {
        jobs::ensure_recurring(&mut tx, app, tenant, Kind::Retention, next).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The job. It is put off to its next time before it begins: cleaning lasts longer than a lease, and whoever takes it up
/// again loses nothing.
pub(crate) async fn clean_on_schedule(app: &App, job: &Job) -> Result<(), Error> {
    let mut db = app.db.acquire().await?;
    let Some(next) = next(app) else {
        // It was written for a process that cleans, which may be running beside this one.
        jobs::postpone(&mut db, app, job, Duration::from_hours(1), "this process is not to clean").await?;
        return Ok(());
    };
    let pause = (next - app.now()).to_std().unwrap_or_default();
    let is_ours = jobs::postpone(&mut db, app, job, pause, "").await?;
    drop(db);
    if !is_ours {
        return Ok(());
    }
    let dry_run = app.settings.retention.dry_run;
    let cleaned = if dry_run { Some(find_old(app, job.tenant).await?) } else { clean_tenant(app, job.tenant).await? };
    let Some(cleaned) = cleaned else {
        tracing::info!("another process is cleaning: this one waits for the next time");
        return Ok(());
    };
    let removed: usize = cleaned.pacticipants.iter().map(|one| one.removed.len()).sum();
    let done = if dry_run { "would remove" } else { "removed" };
    tracing::info!("cleaning {done} {removed} versions; {} more may go", cleaned.left);
    Ok(())
}

fn next(app: &App) -> Option<DateTime<Utc>> {
    app.settings.retention.schedule.as_ref()?.next_after(app.now())
}

/// `None` when another process cleans.
async fn clean_tenant(app: &App, tenant: TenantId) -> Result<Option<Cleaned>, Error> {
    let mut cleaning = app.db.begin().await?;
    if !tenants::try_hold_cleaning(&mut cleaning, tenant).await? {
        return Ok(None);
    }
    let principal = Principal { tenant, name: ACTOR.into() };
    let mut cleaned = find_old(app, tenant).await?;
    let now = app.now();
    let may_go = |version: &Version| app.settings.retention.keep.judge(&version.facts, now).is_none();
    let mut db = app.db.acquire().await?;
    let pacticipants: BTreeMap<String, PacticipantId> =
        store::list_pacticipants(&mut db, tenant).await?.into_iter().map(|(id, name)| (name, id)).collect();
    drop(db);
    for of in &mut cleaned.pacticipants {
        let Some(id) = pacticipants.get(&of.name) else { continue };
        let name = PacticipantName::parse(of.name.as_str()).map_err(Error::internal)?;
        let found: Vec<i64> = of.removed.iter().map(|one| one.id).collect();
        let gone = removal::delete_unneeded(app, &principal, (*id, &name), &found, may_go).await?;
        let gone: HashSet<i64> = gone.into_iter().collect();
        of.removed.retain(|one| gone.contains(&one.id));
    }
    cleaned.contents = Some(removal::delete_orphans(app, &principal).await?);
    cleaning.rollback().await?;
    Ok(Some(cleaned))
}

/// Looks at all versions; of those that may go, the oldest are listed, as many as one run removes.
async fn find_old(app: &App, tenant: TenantId) -> Result<Cleaned, Error> {
    let settings = &app.settings.retention;
    let now = app.now();
    let mut db = app.read().await?;
    let pacticipants = store::list_pacticipants(&mut db, tenant).await?;
    drop(db);
    let (mut kept, mut old, mut left) = (Vec::new(), Vec::new(), 0);
    for (index, (id, _)) in pacticipants.iter().enumerate() {
        let mut reasons: BTreeMap<Stays, usize> = BTreeMap::new();
        let mut above = 0;
        loop {
            let mut db = app.read().await?;
            let page = store::list_versions(&mut db, tenant, *id, above, PAGE).await?;
            let Some((_, last)) = page.last() else { break };
            above = *last;
            let ids: Vec<i64> = page.iter().map(|(id, _)| *id).collect();
            for version in store::list_known(&mut db, tenant, &ids).await? {
                match settings.keep.judge(&version.facts, now) {
                    Some(why) => *reasons.entry(why).or_default() += 1,
                    None => old.push((index, removed(version))),
                }
            }
            left += keep_oldest(&mut old, settings.limit.saturating_mul(2), settings.limit);
        }
        kept.push(reasons);
    }
    left += keep_oldest(&mut old, settings.limit, settings.limit);
    Ok(Cleaned { pacticipants: by_pacticipant(pacticipants, kept, old), left, contents: None })
}

fn removed(version: Version) -> Removed {
    let Version { id, number, position, facts } = version;
    Removed { number, created_at: facts.created_at, id, position }
}

/// Drops all but so many when there are more than are too many. Returns how many it dropped.
fn keep_oldest(old: &mut Vec<(usize, Removed)>, too_many: usize, most: usize) -> usize {
    if old.len() <= too_many {
        return 0;
    }
    old.sort_by_key(|(_, version)| version.position);
    let dropped = old.len() - most;
    old.truncate(most);
    dropped
}

fn by_pacticipant(
    pacticipants: Vec<(PacticipantId, String)>,
    kept: Vec<BTreeMap<Stays, usize>>,
    mut old: Vec<(usize, Removed)>,
) -> Vec<OfPacticipant> {
    old.sort_by_key(|(_, version)| version.position);
    let of = |((_, name), reasons): ((PacticipantId, String), BTreeMap<Stays, usize>)| OfPacticipant {
        name,
        kept: reasons.into_iter().map(|(why, versions)| Kept { why, versions }).collect(),
        removed: Vec::new(),
    };
    let mut all: Vec<OfPacticipant> = pacticipants.into_iter().zip(kept).map(of).collect();
    for (index, version) in old {
        all[index].removed.push(version);
    }
    all
}
