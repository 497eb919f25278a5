//! Writing down what came of deliveries: of all that end at about the same time in one transaction.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::store::deliveries::{self, Attempt, RecordedAttempt, Status};
use crate::app::App;
use crate::edge::Error;
use crate::ids::TenantId;
use crate::jobs::{self, Health, Job, LEASE, Postponed};
use crate::verification_requests;

const AT_ONCE: usize = 128;
/// While one waits for the disk, another one writes.
const WRITERS: usize = 2;
/// Between tries while the database is away.
const PAUSE: Duration = Duration::from_millis(500);

/// What came of a delivery.
pub(super) struct Outcome {
    pub(super) job: Job,
    pub(super) delivery: Uuid,
    /// `None` when there was nothing to do.
    pub(super) attempt: Option<RecordedAttempt>,
    pub(super) next: Next,
    /// How its receiver is doing, if it was called.
    pub(super) health: Option<Health>,
}

/// What happens to the delivery.
pub(super) enum Next {
    Done,
    /// After a pause, for a reason.
    Again(Duration, String),
    /// For a reason.
    GivenUp(String),
}

/// Takes outcomes from the deliveries of one worker; cheap to clone.
#[derive(Clone)]
pub(crate) struct Recorder {
    writers: [mpsc::Sender<Waiting>; WRITERS],
}

struct Waiting {
    outcome: Outcome,
    written: oneshot::Sender<Result<(), Error>>,
}

impl Recorder {
    /// Runs until the last clone is dropped.
    pub(crate) fn start(app: &App) -> Self {
        let writers = std::array::from_fn(|_| {
            let (outcomes, mut waiting) = mpsc::channel(AT_ONCE);
            let app = app.clone();
            tokio::spawn(async move {
                let mut batch = Vec::new();
                while waiting.recv_many(&mut batch, AT_ONCE).await > 0 {
                    // A task of its own: what panics in it costs no more than this batch, which is delivered again.
                    let recording = tokio::spawn(record(app.clone(), std::mem::take(&mut batch)));
                    if let Err(error) = recording.await {
                        tracing::error!("what came of some deliveries is not written down: {error}");
                    }
                }
            });
            outcomes
        });
        Self { writers }
    }

    /// Returns when it is written.
    pub(super) async fn record(&self, outcome: Outcome) -> Result<(), Error> {
        let gone = || Error::internal("nothing is written down any more");
        let (written, is_written) = oneshot::channel();
        let writer = &self.writers[usize::from(outcome.delivery.as_bytes()[15]) % WRITERS];
        writer.send(Waiting { outcome, written }).await.map_err(|_| gone())?;
        is_written.await.map_err(|_| gone())?
    }
}

async fn record(app: App, batch: Vec<Waiting>) {
    let mut by_tenant: BTreeMap<TenantId, Vec<Waiting>> = BTreeMap::new();
    for waiting in batch {
        by_tenant.entry(waiting.outcome.job.tenant).or_default().push(waiting);
    }
    for (tenant, waiting) in by_tenant {
        record_of_tenant(&app, tenant, waiting).await;
    }
}

async fn record_of_tenant(app: &App, tenant: TenantId, waiting: Vec<Waiting>) {
    let (outcomes, written): (Vec<Outcome>, Vec<_>) = waiting.into_iter().map(|one| (one.outcome, one.written)).unzip();
    let results = write_all(app, tenant, &outcomes).await;
    // Before anybody claims more for these receivers, on the strength of what was just written.
    let went: Vec<_> = outcomes.iter().filter_map(|one| Some(one.job.went(one.health?))).collect();
    if let Err(error) = jobs::keep_health(app, tenant, &went).await {
        tracing::warn!("how receivers are doing is not written down: {error}");
    }
    for (written, result) in written.into_iter().zip(results) {
        // Whoever waited for it was stopped, if it is not taken: it is written all the same.
        drop(written.send(result));
    }
}

/// What became of each, in their order.
async fn write_all(app: &App, tenant: TenantId, outcomes: &[Outcome]) -> Vec<Result<(), Error>> {
    match write_patiently(app, tenant, outcomes).await {
        Ok(()) => outcomes.iter().map(|_| Ok(())).collect(),
        // One after the other they would wait for a database that is away, and hold up all that follow.
        Err(error @ Error::Unavailable(_)) => {
            let why = jobs::chain(&error);
            outcomes.iter().map(|_| Err(Error::internal(why.clone()))).collect()
        }
        Err(error) if outcomes.len() == 1 => vec![Err(error)],
        // Each by itself, so that one that cannot be written spoils no other.
        Err(_) => {
            let mut results = Vec::new();
            for outcome in outcomes {
                results.push(write(app, tenant, std::slice::from_ref(outcome)).await);
            }
            results
        }
    }
}

/// A database that is away for a while makes no delivery run twice.
async fn write_patiently(app: &App, tenant: TenantId, outcomes: &[Outcome]) -> Result<(), Error> {
    let until = Instant::now() + LEASE / 4;
    loop {
        match write(app, tenant, outcomes).await {
            Err(Error::Unavailable(_) | Error::Overtaken(_)) if Instant::now() < until => {
                tokio::time::sleep(PAUSE).await;
            }
            done => return done,
        }
    }
}

/// What another worker has taken over is left to that one.
async fn write(app: &App, tenant: TenantId, outcomes: &[Outcome]) -> Result<(), Error> {
    let now = app.now();
    let mut done = Vec::new();
    let mut again = Vec::new();
    let mut given_up = Vec::new();
    for outcome in outcomes {
        match &outcome.next {
            Next::Done => done.push(&outcome.job),
            Next::Again(pause, why) => {
                let run_at = jobs::later(now, *pause);
                again.push(Postponed { job: &outcome.job, run_at, failures: 0, error: why });
            }
            Next::GivenUp(why) => given_up.push((&outcome.job, why.as_str())),
        }
    }

    let mut tx = app.db.begin().await?;
    let mut ours = Vec::new();
    if !done.is_empty() {
        ours.extend(jobs::finish_all(&mut tx, tenant, &done).await?);
    }
    if !again.is_empty() {
        ours.extend(jobs::postpone_all(&mut tx, tenant, &again).await?);
    }
    if !given_up.is_empty() {
        ours.extend(jobs::bury_all(&mut tx, tenant, &given_up, now).await?);
    }
    let attempts: Vec<Attempt<'_>> =
        outcomes.iter().filter(|one| ours.contains(&one.job.id)).filter_map(Outcome::attempt).collect();
    if !attempts.is_empty() {
        deliveries::record_attempts(&mut tx, tenant, &attempts, now).await?;
    }
    let told = attempts.iter().filter(|one| one.status == Status::Success).map(|one| one.delivery);
    let told: Vec<Uuid> = told.collect();
    if !told.is_empty() {
        verification_requests::delivered(&mut tx, tenant, &told, now).await?;
    }
    tx.commit().await?;

    for outcome in outcomes {
        outcome.log(ours.contains(&outcome.job.id));
    }
    Ok(())
}

impl Outcome {
    fn attempt(&self) -> Option<Attempt<'_>> {
        let status = match self.next {
            Next::Done => Status::Success,
            Next::Again(..) => Status::Retrying,
            Next::GivenUp(_) => Status::Failure,
        };
        Some(Attempt { delivery: self.delivery, status, recorded: self.attempt.as_ref()? })
    }

    fn log(&self, is_ours: bool) {
        let id = self.delivery;
        if !is_ours {
            tracing::warn!(webhook.delivery = %id, "webhook delivery {id} was taken over by another worker: its outcome counts");
        } else if let Some(Attempt { status, recorded, .. }) = self.attempt() {
            let (status, number) = (status.as_str(), recorded.number);
            tracing::info!(webhook.delivery = %id, webhook.status = status, "webhook delivery {id}, attempt {number}: {status}");
        }
    }
}
