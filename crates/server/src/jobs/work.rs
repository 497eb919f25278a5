//! Doing jobs: as many at once as there is room for, and only a few of one lane.

use std::collections::HashMap;
use std::time::Duration;

use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;

use super::{Job, Kind, LEASE, MOST_FAILURES, back_off, later, store};
use crate::app::App;
use crate::edge::Error;
use crate::{removal, retention, tenants, verdicts, verification_requests, webhooks};

const POLL: Duration = Duration::from_secs(1);
/// After a database error, so that a database that is away is not asked all the time.
const PAUSE: Duration = Duration::from_secs(5);
/// What is too old is looked for.
const TIDY_EVERY: Duration = Duration::from_hours(1);
/// Requested verifications to which there is no result are looked for.
const ATTEND_EVERY: Duration = Duration::from_mins(1);
const AT_ONCE: usize = 16;
/// Leaves room for others while one receiver is slow.
const AT_ONCE_IN_LANE: usize = 4;

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

    /// Returns soon after `stop` was cancelled, when nothing is under way any more. The notification of this process
    /// only wakes it early; polling is the truth.
    pub async fn run(self, stop: CancellationToken) {
        if let Err(error) = retention::schedule(&self.app).await {
            tracing::error!("cleaning cannot be scheduled until the next start: {}", chain(&error));
        }
        let mut running = Running::new(self.app.clone());
        let mut tidy_at = self.app.now();
        let mut attend_at = tidy_at;
        while !stop.is_cancelled() {
            if self.app.now() >= tidy_at {
                tidy(&self.app).await;
                tidy_at = later(self.app.now(), TIDY_EVERY);
            }
            if self.app.now() >= attend_at && !attend(&self.app).await {
                attend_at = later(self.app.now(), ATTEND_EVERY);
            }
            let written = self.app.jobs_written.notified();
            let pause = match running.begin_due().await {
                Ok(_) => POLL,
                Err(error) => {
                    tracing::warn!("jobs cannot be read: {error}; trying again");
                    PAUSE
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = written => {}
                () = running.one_done(), if !running.is_empty() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        while !running.is_empty() {
            running.one_done().await;
        }
    }
}

/// Deletes what was kept for long enough. Several processes may do it at once.
async fn tidy(app: &App) {
    if let Err(error) = verdicts::delete_old(app).await {
        tracing::warn!("old verdicts cannot be deleted: {error}; trying again in an hour");
    }
}

/// Returns whether there may be more to attend to at once.
async fn attend(app: &App) -> bool {
    verification_requests::attend(app).await.unwrap_or_else(|error| {
        tracing::warn!("requested verifications cannot be attended to: {}; trying again in a minute", chain(&error));
        false
    })
}

/// Tidies up, does all that is due now and returns how many jobs that was. For tests.
///
/// # Errors
/// When the database cannot be asked. What fails inside a job is kept with the job.
pub async fn run_due_jobs(app: &App) -> Result<usize, sqlx::Error> {
    tidy(app).await;
    while attend(app).await {}
    let mut running = Running::new(app.clone());
    let mut begun = 0;
    loop {
        begun += running.begin_due().await?;
        if running.is_empty() {
            return Ok(begun);
        }
        running.one_done().await;
    }
}

/// What this process is doing.
struct Running {
    app: App,
    tasks: JoinSet<()>,
    jobs: HashMap<Id, Job>,
}

impl Running {
    fn new(app: App) -> Self {
        Self { app, tasks: JoinSet::new(), jobs: HashMap::new() }
    }

    fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Begins what is due, as far as there is room. Returns how many jobs that was.
    async fn begin_due(&mut self) -> sqlx::Result<usize> {
        let mut begun = 0;
        if self.room() == 0 {
            return Ok(begun);
        }
        let mut db = self.app.db.acquire().await?;
        for tenant in tenants::list(&mut db).await? {
            while self.room() > 0 {
                // No more than a lane takes, so that few have to be given back.
                let limit = self.room().min(AT_ONCE_IN_LANE);
                let now = self.app.now();
                let lease = store::Lease { now, until: later(now, LEASE), limit, full: &self.full_lanes() };
                let claimed = store::claim_jobs(&mut db, tenant, lease).await?;
                if claimed.is_empty() {
                    break;
                }
                for job in claimed {
                    if self.is_full(&job.lane) {
                        store::release(&mut db, &job).await?;
                    } else {
                        self.begin(job.clone(), run(self.app.clone(), job));
                        begun += 1;
                    }
                }
            }
        }
        Ok(begun)
    }

    fn begin(&mut self, job: Job, doing: impl Future<Output = ()> + Send + 'static) {
        let task = self.tasks.spawn(doing);
        self.jobs.insert(task.id(), job);
    }

    /// Waits until something is done. Nothing is lost when the waiting breaks off.
    async fn one_done(&mut self) {
        match self.tasks.join_next_with_id().await {
            None => {}
            Some(Ok((id, ()))) => {
                self.jobs.remove(&id);
            }
            Some(Err(error)) => {
                if let Some(job) = self.jobs.remove(&error.id()) {
                    self.begin(job.clone(), fail(self.app.clone(), job, error.to_string()));
                }
            }
        }
    }

    fn room(&self) -> usize {
        AT_ONCE.saturating_sub(self.tasks.len())
    }

    fn is_full(&self, lane: &str) -> bool {
        self.jobs.values().filter(|job| job.lane == lane).count() >= AT_ONCE_IN_LANE
    }

    fn full_lanes(&self) -> Vec<String> {
        let mut lanes: Vec<String> = self.jobs.values().map(|job| job.lane.clone()).collect();
        lanes.sort_unstable();
        lanes.dedup();
        lanes.retain(|lane| self.is_full(lane));
        lanes
    }
}

async fn run(app: App, job: Job) {
    let done = match Kind::find(&job.kind) {
        Some(Kind::WebhookDelivery) => webhooks::deliver(&app, &job).await,
        Some(Kind::BranchDeletion) => removal::delete_branches(&app, &job).await,
        Some(Kind::Retention) => retention::clean_on_schedule(&app, &job).await,
        None => unknown(&app, &job).await,
    };
    if let Err(error) = done {
        fail(app, job, chain(&error)).await;
    }
}

/// Written by a newer release, say: left for a worker that knows it.
async fn unknown(app: &App, job: &Job) -> Result<(), Error> {
    let text = format!("this release knows no job of kind {}", job.kind);
    let mut db = app.db.acquire().await?;
    super::postpone(&mut db, app, job, LEASE, &text).await?;
    Ok(())
}

/// An error of ours: tried again, less and less often, and given up in the end.
async fn fail(app: App, job: Job, why: String) {
    let (id, tenant, failures) = (job.id, job.tenant.0, job.failures.saturating_add(1));
    tracing::error!(job.id = %id, tenant.id = tenant, job.failures = failures, "job {id} failed: {why}");
    let written = if failures < MOST_FAILURES {
        put_off(&app, &job, failures, &why).await
    } else {
        let told = format!("it failed {failures} times for a reason that the server's log tells");
        super::give_up(&app, &job, &why, &told).await
    };
    if let Err(error) = written {
        let error = chain(&error);
        tracing::error!(job.id = %id, tenant.id = tenant, "job {id} is repeated when its lease runs out: {error}");
    }
}

async fn put_off(app: &App, job: &Job, failures: i32, why: &str) -> Result<(), Error> {
    let mut db = app.db.acquire().await?;
    store::postpone(&mut db, job, later(app.now(), back_off(failures)), failures, why).await?;
    Ok(())
}

/// The error and its causes, as they are displayed: only the debug form has what the database quotes of rows.
pub(crate) fn chain(error: &Error) -> String {
    let (Error::Internal(cause) | Error::Unavailable(cause) | Error::Overtaken(cause)) = error else {
        return "it was refused like a request of a client".into();
    };
    let mut text = cause.to_string();
    let mut deeper = cause.source();
    while let Some(cause) = deeper {
        text = format!("{text}: {cause}");
        deeper = cause.source();
    }
    text
}
