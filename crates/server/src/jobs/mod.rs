//! Jobs: deferred work, written in the transaction of its cause, done by whichever worker leases it first.
//!
//! A worker that dies loses nothing: its lease runs out and another one repeats the job. So a job may run twice, and
//! must bear it; what comes of it is written only by the one that leased it last.

mod lanes;
mod store;
mod work;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::edge::Error;
use crate::ids::TenantId;
use crate::webhooks;

pub(crate) use lanes::{Health, Went, forget_old_health, keep_health};
pub(crate) use store::{Postponed, bury_all, bury_waiting, finish_all, postpone_all};
pub(crate) use work::chain;
pub use work::{Worker, run_due_jobs};

/// How long a worker has for a job before another one may take it over. A job must be done well before. Each worker
/// goes by its own clock, so the clocks of two machines may differ by as much as is left of the lease when the job is
/// done; if they differ by more, a job that is still running is taken over, and done twice.
pub(crate) const LEASE: Duration = Duration::from_mins(1);

/// Nothing is put off for longer; it also keeps moments in the range that the database knows.
const LONGEST_PAUSE: Duration = Duration::from_hours(30 * 24);

/// After so many failures in a row a job is buried.
const MOST_FAILURES: i32 = 20;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Send a webhook's request.
    WebhookDelivery,
    /// Send a webhook's request once, for somebody who waits for the outcome.
    WebhookTest,
    /// Delete branches, but not their versions.
    BranchDeletion,
    /// Hold a contract against a document, which took too long for a request.
    Comparison,
    /// Write a job for each pair that could not be compared when one of the two was published.
    Settlement,
    /// Judge anew what an older release has judged.
    Rejudgement,
    /// Remove what is old, again and again.
    Retention,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::WebhookDelivery => "webhook_delivery",
            Self::WebhookTest => "webhook_test",
            Self::BranchDeletion => "branch_deletion",
            Self::Comparison => "comparison",
            Self::Settlement => "comparison_settlement",
            Self::Rejudgement => "rejudgement",
            Self::Retention => "retention",
        }
    }

    fn find(name: &str) -> Option<Self> {
        let all = [
            Self::WebhookDelivery,
            Self::WebhookTest,
            Self::BranchDeletion,
            Self::Comparison,
            Self::Settlement,
            Self::Rejudgement,
            Self::Retention,
        ];
        all.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A job that this worker has leased.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) tenant: TenantId,
    pub(crate) id: Uuid,
    kind: String,
    lane: String,
    pub(crate) payload: Value,
    /// How often it was leased, this time included: the number of this lease.
    attempts: i32,
    /// How often in a row it broke off with an error of ours.
    failures: i32,
    /// When it was to run, before this lease.
    due_at: DateTime<Utc>,
    pub(crate) created_at: DateTime<Utc>,
    /// How often in a row the lane had failed when the job was leased.
    lane_failures: i32,
}

impl Job {
    /// What the lane learns of how the job went.
    pub(crate) fn went(&self, health: Health) -> Went {
        Went { lane: self.lane.clone(), failures_before: self.lane_failures, health }
    }
}

/// A job to be written, due at once.
pub(crate) struct NewJob<'a> {
    pub(crate) id: Uuid,
    /// Only a few jobs of one lane run at the same time.
    pub(crate) lane: &'a str,
    /// Whether it waits until what was written to its lane before is done.
    pub(crate) in_order: bool,
    pub(crate) payload: &'a Value,
}

/// Writes a job that is due at once. Only a few jobs of one `lane` run at the same time.
pub(crate) async fn enqueue(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    kind: Kind,
    lane: &str,
    payload: &Value,
) -> Result<(), Error> {
    let job = NewJob { id: app.new_id(), lane, in_order: false, payload };
    enqueue_all(db, app, tenant, kind, &[job]).await
}

/// Writes jobs that are due at once. One that was buried under the same id is tried again; one that is under way stays
/// as it is.
pub(crate) async fn enqueue_all(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    kind: Kind,
    jobs: &[NewJob<'_>],
) -> Result<(), Error> {
    store::insert_jobs(db, tenant, kind, jobs, app.now()).await?;
    Ok(())
}

/// Writes a job that comes again and again, unless it is there. It comes no later than `run_at`, also when it was buried.
pub(crate) async fn ensure_recurring(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    kind: Kind,
    run_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    store::ensure_recurring(db, tenant, kind, run_at, app.now()).await
}

/// It is to be tried again after a pause, which is no failure of the job. Returns false, as [`finish`] and [`bury`] do,
/// when the lease was lost: then the outcome belongs to whoever has taken over.
pub(crate) async fn postpone(
    db: &mut PgConnection,
    app: &App,
    job: &Job,
    pause: Duration,
    why: &str,
) -> sqlx::Result<bool> {
    put_off(db, job, later(app.now(), pause), 0, why).await
}

/// Keeps with the job how far it is, for when it comes again.
pub(crate) async fn put_payload(db: &mut PgConnection, job: &Job, payload: &Value) -> sqlx::Result<()> {
    store::put_payload(db, job, payload).await
}

/// It is done.
pub(crate) async fn finish(db: &mut PgConnection, job: &Job) -> sqlx::Result<bool> {
    Ok(!finish_all(db, job.tenant, &[job]).await?.is_empty())
}

/// It is not tried again, and stays to be looked at.
pub(crate) async fn bury(db: &mut PgConnection, job: &Job, now: DateTime<Utc>, why: &str) -> sqlx::Result<bool> {
    Ok(!bury_all(db, job.tenant, &[(job, why)], now).await?.is_empty())
}

async fn put_off(
    db: &mut PgConnection,
    job: &Job,
    run_at: DateTime<Utc>,
    failures: i32,
    error: &str,
) -> sqlx::Result<bool> {
    Ok(!postpone_all(db, job.tenant, &[Postponed { job, run_at, failures, error }]).await?.is_empty())
}

/// Buries the job and ends what it was to do. `told` is what users read, `why` stays with the job.
pub(crate) async fn give_up(app: &App, job: &Job, why: &str, told: &str) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    if bury(&mut tx, job, app.now(), why).await? {
        match Kind::find(&job.kind) {
            Some(Kind::WebhookDelivery) => webhooks::give_up(&mut tx, app, job, told).await?,
            Some(Kind::WebhookTest) => webhooks::give_up_test(&mut tx, job, told).await?,
            // What was not deleted is still there to be seen, and what is not compared is compared when somebody asks.
            Some(Kind::BranchDeletion | Kind::Comparison | Kind::Settlement | Kind::Rejudgement | Kind::Retention)
            | None => {}
        }
        tx.commit().await?;
    }
    Ok(())
}

pub(crate) fn later(now: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    now + TimeDelta::from_std(by.min(LONGEST_PAUSE)).expect("a month is in range")
}

/// So long ago.
pub(crate) fn earlier(now: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    let by = TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX);
    now.checked_sub_signed(by).unwrap_or(DateTime::UNIX_EPOCH)
}

/// The pause after so many failures: seconds first, an hour in the end.
fn back_off(failures: i32) -> Duration {
    let doubled = u32::try_from(failures).unwrap_or(0).min(12);
    Duration::from_secs(1 << doubled).min(Duration::from_hours(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_an_hour() {
        let pauses: Vec<u64> = [1, 2, 11, 12, i32::MAX].map(|failures| back_off(failures).as_secs()).to_vec();

        assert_eq!(pauses, [2, 4, 2048, 3600, 3600]);
    }

    #[test]
    fn no_pause_is_out_of_range() {
        assert_eq!(later(DateTime::UNIX_EPOCH, Duration::MAX), DateTime::UNIX_EPOCH + TimeDelta::days(30));
    }
}
