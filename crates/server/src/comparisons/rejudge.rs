//! A newer release may judge otherwise. Each pair that counts is judged anew in the background; an outcome that stays the
//! same counts from then on, one that changed waits until somebody accepts it, unless the settings say that none needs to.

use std::time::Duration;

use pactolus_oas::comparison::ENGINE;
use serde_json::{Value, json};
use sqlx::PgConnection;
use tokio::time::Instant;

use super::judge::Judgement;
use super::judging::{Judged, judge_some};
use super::room::behind;
use super::settle::{BATCH, configuration, record};
use super::store::rejudged::{Key, list_outdated, list_waiting, promote};
use super::store::{Pair, Uncompared};
use super::telling;
use crate::app::App;
use crate::edge::{BaseUrl, Error};
use crate::ids::TenantId;
use crate::jobs::{self, Job, Kind};
use crate::tenants;

/// Judged in one go, well within a lease.
const AT_ONCE: usize = 50;
/// Looked at to find those: others were judged before, and wait to be accepted.
const LOOKED_AT: i64 = 500;
/// Accepted with one statement.
const ACCEPTED_AT_ONCE: i64 = 1_000;
/// Nothing is begun later than that.
const BEGIN_WITHIN: Duration = Duration::from_secs(20);
/// Before what found no place is tried again.
const PAUSE: Duration = Duration::from_secs(10);
/// Before all that was left over is looked for.
const PAUSE_OF_ALL: Duration = Duration::from_mins(1);

/// Writes the job where there is something to judge anew, or to accept.
pub(crate) async fn schedule_rejudging(app: &App) -> Result<(), Error> {
    let mut db = app.db.acquire().await?;
    for tenant in tenants::list(&mut db).await? {
        let accepts = app.settings.accept_comparison_changes;
        if is_outdated(&mut db, tenant).await?
            || (accepts && !list_waiting(&mut db, tenant, ENGINE, None, (0, 1)).await?.is_empty())
        {
            jobs::ensure_recurring(&mut db, app, tenant, Kind::Rejudgement, app.now()).await?;
        }
    }
    Ok(())
}

/// Whether something is to be judged anew that does not wait to be accepted already.
async fn is_outdated(db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<bool> {
    let mut after = FIRST;
    loop {
        let page = list_outdated(db, tenant, ENGINE, after, LOOKED_AT).await?;
        let Some(last) = page.last() else { return Ok(false) };
        if page.iter().any(|one| one.is_open) {
            return Ok(true);
        }
        after = (last.engine, last.id);
    }
}

/// Comes before each comparison: versions of the judgement are counted from 0, ids from 1.
const FIRST: (i32, i64) = (0, 0);

/// How far the job is; it keeps that with itself, so that nothing is looked at twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sweep {
    /// The version of the judgement and the id of the comparison that it came to last.
    after: (i32, i64),
    /// Whether something before had to be left.
    left: bool,
}

impl Sweep {
    const BEGIN: Self = Self { after: FIRST, left: false };

    /// One for another version of the judgement begins anew.
    fn of(payload: &Value) -> Self {
        let known = || {
            (payload["for"] == ENGINE).then_some(())?;
            let engine = i32::try_from(payload["engine"].as_i64()?).ok()?;
            Some(Self { after: (engine, payload["id"].as_i64()?), left: payload["left"].as_bool()? })
        };
        known().unwrap_or(Self::BEGIN)
    }

    fn payload(self) -> Value {
        json!({"for": ENGINE, "engine": self.after.0, "id": self.after.1, "left": self.left})
    }
}

/// The job: some pairs; it comes again as long as there are more.
pub(crate) async fn rejudge(app: &App, job: &Job) -> Result<(), Error> {
    let mut sweep = Sweep::of(&job.payload);
    let mut db = app.db.acquire().await?;
    let page = list_outdated(&mut db, job.tenant, ENGINE, sweep.after, LOOKED_AT).await?;
    drop(db);
    let is_end = page.is_empty();
    let mut outdated = Vec::new();
    for one in page {
        if outdated.len() == AT_ONCE {
            break;
        }
        sweep.after = (one.engine, one.id);
        if one.is_open {
            outdated.push(one.pair);
        }
    }
    outdated.sort_by_key(|one| (one.document, one.contract));
    let Judged { done, left } = judge(app, job.tenant, &outdated).await?;
    sweep.left |= !left.is_empty();
    let is_stuck = done.is_empty() && !left.is_empty();
    // Nobody asks, so nobody knows by which address.
    let base = BaseUrl(app.settings.base_urls.first().cloned().unwrap_or_default());

    let mut tx = app.db.begin().await?;
    put_in_force(&mut tx, app, job.tenant, &base, done).await?;
    if is_end && app.settings.accept_comparison_changes {
        accept(&mut tx, app, job.tenant, &base, None).await?;
    }
    let is_ours = match (is_end, sweep.left) {
        (true, false) => jobs::finish(&mut tx, job).await?,
        (true, true) => go_on(&mut tx, app, job, Sweep::BEGIN, PAUSE_OF_ALL).await?,
        (false, _) => go_on(&mut tx, app, job, sweep, if is_stuck { PAUSE } else { Duration::ZERO }).await?,
    };
    if is_ours {
        tx.commit().await?;
        app.jobs_written.notify_waiters();
    }
    Ok(())
}

async fn go_on(db: &mut PgConnection, app: &App, job: &Job, sweep: Sweep, pause: Duration) -> Result<bool, Error> {
    jobs::put_payload(db, job, &sweep.payload()).await?;
    Ok(jobs::postpone(db, app, job, pause, "there is more to judge anew").await?)
}

/// Document by document, as long as something may be begun.
async fn judge<'u>(app: &App, tenant: TenantId, outdated: &'u [Uncompared]) -> Result<Judged<'u>, Error> {
    let patience = behind(Instant::now() + BEGIN_WITHIN);
    let mut judged = Judged::default();
    for of_document in outdated.chunk_by(|one, other| one.document == other.document) {
        for some in of_document.chunks(BATCH) {
            if patience.is_over() {
                judged.left.extend(some);
                continue;
            }
            let Judged { done, left } = judge_some(app, tenant, some, patience).await?;
            judged.done.extend(done);
            judged.left.extend(left);
        }
    }
    Ok(judged)
}

/// Keeps what was found. What comes to the outcome that counts replaces it; what does not waits, unless nobody needs to
/// accept it.
async fn put_in_force(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    judged: Vec<(&Uncompared, Judgement)>,
) -> Result<(), Error> {
    if judged.is_empty() {
        return Ok(());
    }
    let keys: Vec<Key> = judged
        .iter()
        .map(|(of, _)| Key {
            pair: Pair { contract: of.contract, document: of.document },
            configuration: configuration(of).to_owned(),
        })
        .collect();
    record(db, app, tenant, base, judged).await?;
    let accepts = app.settings.accept_comparison_changes;
    let promoted = promote(db, tenant, ENGINE, accepts, &keys).await?;
    if accepts {
        telling::tell_changed(db, app, tenant, base, &promoted).await
    } else {
        telling::tell_proposed(db, app, tenant, base, &keys).await
    }
}

/// Lets all new outcomes count, of any provider or of one, and tells of those that changed. Returns how many count now.
pub(super) async fn accept(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    provider: Option<&str>,
) -> Result<usize, Error> {
    let (mut accepted, mut after) = (0, 0);
    loop {
        let waiting = list_waiting(db, tenant, ENGINE, provider, (after, ACCEPTED_AT_ONCE)).await?;
        let Some((last, _)) = waiting.last() else { return Ok(accepted) };
        after = *last;
        let keys: Vec<Key> = waiting.into_iter().map(|(_, key)| key).collect();
        let promoted = promote(db, tenant, ENGINE, true, &keys).await?;
        telling::tell_changed(db, app, tenant, base, &promoted).await?;
        accepted += promoted.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_goes_on_where_it_was_unless_the_judgement_is_another_one() {
        let sweep = Sweep { after: (0, 7), left: true };
        let mut payload = sweep.payload();
        assert_eq!(Sweep::of(&payload), sweep);
        assert_eq!(Sweep::of(&json!({})), Sweep::BEGIN);

        payload["for"] = (ENGINE + 1).into();

        assert_eq!(Sweep::of(&payload), Sweep::BEGIN);
    }
}
