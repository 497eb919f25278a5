//! Doing jobs: as many at once as there is room for, and only a few of one lane.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use sqlx::PgConnection;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Job, Kind, LEASE, MOST_FAILURES, back_off, later, store};
use crate::app::App;
use crate::edge::Error;
use crate::ids::TenantId;
use crate::webhooks::{Loaded, Recorder};
use crate::{
    comparisons, events, evidence, removal, retention, tenants, usage, verdicts, verification_requests, webhooks,
};

const POLL: Duration = Duration::from_secs(1);
/// After a database error, so that a database that is away is not asked all the time.
const PAUSE: Duration = Duration::from_secs(5);
/// What is too old is looked for.
const TIDY_EVERY: Duration = Duration::from_hours(1);
/// Requested verifications to which there is no result are looked for.
const ATTEND_EVERY: Duration = Duration::from_mins(1);
const AT_ONCE: usize = 320;
/// Leaves room for others while one receiver is slow.
const AT_ONCE_IN_LANE: usize = 16;
/// A lane whose last job took longer is slow: all of these together may fill half of the room.
const SLOW: Duration = Duration::from_secs(2);

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
        let mut running = Running::new(App { comparing: self.app.comparing.until(&stop), ..self.app.clone() });
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
    if let Err(error) = events::delete_old(app).await {
        tracing::warn!("old events cannot be deleted: {error}; trying again in an hour");
    }
    if let Err(error) = evidence::delete_old(app).await {
        tracing::warn!("old evidence cannot be deleted: {}; trying again in an hour", chain(&error));
    }
    if let Err(error) = comparisons::delete_old(app).await {
        tracing::warn!("old comparisons cannot be deleted: {}; trying again in an hour", chain(&error));
    }
    if let Err(error) = comparisons::schedule_rejudging(app).await {
        tracing::warn!("comparisons cannot be judged anew: {}; trying again in an hour", chain(&error));
    }
    if let Err(error) = webhooks::tidy_deliveries(app).await {
        tracing::warn!("old deliveries cannot be tidied up: {}; trying again in an hour", chain(&error));
    }
    if let Err(error) = webhooks::delete_old_tests(app).await {
        tracing::warn!("old executions of webhooks cannot be deleted: {error}; trying again in an hour");
    }
}

/// Returns whether there may be more to attend to at once.
async fn attend(app: &App) -> bool {
    let requested = verification_requests::attend(app).await.unwrap_or_else(|error| {
        tracing::warn!("requested verifications cannot be attended to: {}; trying again in a minute", chain(&error));
        false
    });
    let unread = usage::attend(app).await.unwrap_or_else(|error| {
        tracing::warn!("what contracts use cannot be kept: {}; trying again in a minute", chain(&error));
        false
    });
    requested || unread
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
    jobs: HashMap<Id, Begun>,
    /// Lanes whose last job took long.
    slow: HashSet<Lane>,
    recorder: Recorder,
}

struct Begun {
    job: Job,
    at: Instant,
}

type Lane = (TenantId, String);

fn lane_of(job: &Job) -> Lane {
    (job.tenant, job.lane.clone())
}

impl Running {
    fn new(app: App) -> Self {
        let recorder = Recorder::start(&app);
        Self { app, tasks: JoinSet::new(), jobs: HashMap::new(), slow: HashSet::new(), recorder }
    }

    fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Begins what is due, as far as there is room: of each tenant the same share. Returns how many jobs that was.
    async fn begin_due(&mut self) -> sqlx::Result<usize> {
        let mut begun = 0;
        if self.room() == 0 {
            return Ok(begun);
        }
        let mut db = self.app.db.acquire().await?;
        let mut waiting = tenants::list(&mut db).await?;
        while !waiting.is_empty() && self.room() > 0 {
            let share = self.room().div_ceil(waiting.len());
            let mut still_waiting = Vec::new();
            for tenant in waiting {
                let limit = share.min(self.room());
                let claimed = self.claim(&mut db, tenant, limit).await?;
                // Another look may find more: a lane that was at its limit was passed over.
                if claimed.len() == limit && limit > 0 {
                    still_waiting.push(tenant);
                }
                begun += self.begin_all(&mut db, tenant, claimed).await?;
            }
            waiting = still_waiting;
        }
        Ok(begun)
    }

    async fn claim(&self, db: &mut PgConnection, tenant: TenantId, limit: usize) -> sqlx::Result<Vec<Job>> {
        let now = self.app.now();
        let rooms = self.rooms(tenant);
        let lease =
            store::Lease { now, until: later(now, LEASE), limit, limit_of_lane: AT_ONCE_IN_LANE, rooms: &rooms };
        store::claim_jobs(db, tenant, lease).await
    }

    /// What a lane has no room for is given back.
    async fn begin_all(&mut self, db: &mut PgConnection, tenant: TenantId, claimed: Vec<Job>) -> sqlx::Result<usize> {
        let mut counts = self.counts();
        let mut deliveries = Vec::new();
        let mut begun = 0;
        for job in claimed {
            let count = counts.entry(lane_of(&job)).or_default();
            if *count >= AT_ONCE_IN_LANE {
                store::release(db, &job).await?;
                continue;
            }
            *count += 1;
            begun += 1;
            if Kind::find(&job.kind) == Some(Kind::WebhookDelivery) {
                deliveries.push(job);
            } else {
                self.begin(job.clone(), run(self.app.clone(), job));
            }
        }
        if !deliveries.is_empty() {
            for (job, loaded) in webhooks::load(db, &self.app, tenant, deliveries).await {
                let doing = deliver(self.app.clone(), self.recorder.clone(), job.clone(), loaded);
                self.begin(job, doing);
            }
        }
        Ok(begun)
    }

    fn begin(&mut self, job: Job, doing: impl Future<Output = ()> + Send + 'static) {
        let task = self.tasks.spawn(doing);
        self.jobs.insert(task.id(), Begun { job, at: Instant::now() });
    }

    /// Waits until something is done, and takes note of all that is. Nothing is lost when the waiting breaks off.
    async fn one_done(&mut self) {
        let done = self.tasks.join_next_with_id().await;
        self.note(done);
        // What was written together is done together: one claim for all of it.
        while let Some(done) = self.tasks.try_join_next_with_id() {
            self.note(Some(done));
        }
    }

    fn note(&mut self, done: Option<Result<(Id, ()), JoinError>>) {
        match done {
            None => {}
            Some(Ok((id, ()))) => {
                if let Some(Begun { job, at }) = self.jobs.remove(&id) {
                    if at.elapsed() > SLOW {
                        self.slow.insert(lane_of(&job));
                    } else {
                        self.slow.remove(&lane_of(&job));
                    }
                }
            }
            Some(Err(error)) => {
                if let Some(Begun { job, .. }) = self.jobs.remove(&error.id()) {
                    self.begin(job.clone(), fail(self.app.clone(), job, error.to_string()));
                }
            }
        }
    }

    fn room(&self) -> usize {
        AT_ONCE.saturating_sub(self.tasks.len())
    }

    fn counts(&self) -> HashMap<Lane, usize> {
        let mut counts = HashMap::new();
        for begun in self.jobs.values() {
            *counts.entry(lane_of(&begun.job)).or_default() += 1;
        }
        counts
    }

    /// How many more have room in each lane of the tenant that something is under way in. The slow ones have none when
    /// they fill half of all the room together.
    fn rooms(&self, tenant: TenantId) -> BTreeMap<String, usize> {
        let counts = self.counts();
        let slow: usize = self.slow.iter().filter_map(|lane| counts.get(lane)).sum();
        let slow = self.slow.iter().filter(|_| slow >= AT_ONCE / 2).map(|lane| (lane, 0));
        let busy = counts.iter().map(|(lane, count)| (lane, AT_ONCE_IN_LANE.saturating_sub(*count)));
        let rooms = busy.chain(slow).filter(|((of, _), _)| *of == tenant);
        rooms.map(|((_, lane), room)| (lane.clone(), room)).collect()
    }
}

async fn run(app: App, job: Job) {
    let done = match Kind::find(&job.kind) {
        Some(Kind::WebhookDelivery) => Err(Error::internal("a delivery is loaded before it is made")),
        Some(Kind::WebhookTest) => webhooks::run_test(&app, &job).await,
        Some(Kind::Rejudgement) => comparisons::rejudge(&app, &job).await,
        Some(Kind::Comparison) => comparisons::finish_comparison(&app, &job).await,
        Some(Kind::Settlement) => comparisons::settle_again(&app, &job).await,
        Some(Kind::BranchDeletion) => removal::delete_branches(&app, &job).await,
        Some(Kind::Retention) => retention::clean_on_schedule(&app, &job).await,
        None => unknown(&app, &job).await,
    };
    if let Err(error) = done {
        fail(app, job, chain(&error)).await;
    }
}

async fn deliver(app: App, recorder: Recorder, job: Job, loaded: Result<Loaded, Error>) {
    let done = match loaded {
        Ok(loaded) => webhooks::deliver(&app, &recorder, &job, loaded).await,
        Err(error) => Err(error),
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
    super::put_off(&mut db, job, later(app.now(), back_off(failures)), failures, why).await?;
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
