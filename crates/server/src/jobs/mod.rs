//! Jobs: deferred work, written in the transaction of its cause, done by whichever worker leases it first.
//!
//! A worker that dies loses nothing: its lease runs out and another one repeats the job. So a job may run twice, and
//! must bear it. The notification wakes a worker of the same process early; polling is the truth.

mod store;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::app::App;
use crate::edge::Error;
use crate::ids::TenantId;
use crate::{tenants, webhooks};

pub(crate) use store::{bury, finish, postpone};

const LEASE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_secs(1);
/// After a database error, so that a database that is away is not asked all the time.
const PAUSE: Duration = Duration::from_secs(5);
const AT_ONCE: usize = 16;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Send a webhook's request.
    WebhookDelivery,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::WebhookDelivery => "webhook_delivery",
        }
    }

    fn find(name: &str) -> Option<Self> {
        (name == Self::WebhookDelivery.as_str()).then_some(Self::WebhookDelivery)
    }
}

/// A job that this worker has leased.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) tenant: TenantId,
    pub(crate) id: Uuid,
    kind: String,
    pub(crate) payload: Value,
    /// How often it was leased, this time included.
    pub(crate) attempts: i32,
}

/// Writes a job that is due at once.
pub(crate) async fn enqueue(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    kind: Kind,
    payload: &Value,
) -> Result<(), Error> {
    store::insert_job(db, tenant, app.new_id(), kind, payload, app.now()).await?;
    Ok(())
}

/// Does what is due now, once, and returns how many jobs that was. For tests and for the worker's loop.
///
/// # Errors
/// When the database cannot be asked. What fails inside a job is kept with the job.
pub async fn run_due_jobs(app: &App) -> Result<usize, sqlx::Error> {
    let mut running = JoinSet::new();
    let mut db = app.db.acquire().await?;
    for tenant in tenants::list(&mut db).await? {
        let until = later(app.now(), LEASE);
        for job in store::claim_jobs(&mut db, tenant, app.now(), until, AT_ONCE).await? {
            running.spawn(run(app.clone(), job));
        }
    }
    drop(db);
    let claimed = running.len();
    while let Some(joined) = running.join_next().await {
        if let Err(error) = joined {
            tracing::error!("a job broke off: {error}; it is repeated when its lease runs out");
        }
    }
    Ok(claimed)
}

async fn run(app: App, job: Job) {
    let (id, tenant) = (job.id, job.tenant);
    let done = match Kind::find(&job.kind) {
        Some(Kind::WebhookDelivery) => webhooks::deliver(&app, &job).await,
        None => unknown(&app, &job).await,
    };
    if let Err(error) = done {
        tracing::error!(job.id = %id, tenant.id = tenant.0, "job {id} failed: {error:?}; it is repeated when its lease runs out");
    }
}

/// Written by a newer release, say: left for a worker that knows it.
async fn unknown(app: &App, job: &Job) -> Result<(), Error> {
    let text = format!("this release knows no job of kind {}", job.kind);
    let mut db = app.db.acquire().await?;
    store::postpone(&mut db, job, later(app.now(), LEASE), &text).await?;
    Ok(())
}

fn later(now: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    now + TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX)
}

/// Does jobs until it is told to stop; then finishes those that it has begun.
pub struct Worker {
    app: App,
}

impl Worker {
    /// A worker over the server's state.
    #[must_use]
    pub fn new(app: App) -> Self {
        Self { app }
    }

    /// Returns soon after `stop` was cancelled, when nothing is under way any more.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let written = self.app.jobs_written.notified();
            let pause = match run_due_jobs(&self.app).await {
                Ok(0) => POLL,
                Ok(_) => continue,
                Err(error) => {
                    tracing::warn!("jobs cannot be read: {error}; trying again");
                    PAUSE
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = written => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }
}
