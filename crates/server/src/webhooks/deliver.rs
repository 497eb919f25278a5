//! Sending what a delivery says. Runs in a worker, maybe more than once.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use pactolus_domain::webhook::{BodyFormat, Failed, WebhookRequest};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::context::CLOUD_EVENT;
use super::log::{Log, Secrets, ShownAnswer, exchange_of, response_of};
use super::record::{Next, Outcome, Recorder};
use super::render::render;
use super::signing::Signing;
use super::store::deliveries::{self, Attempt, Due, RecordedAttempt};
use super::store::signing::list_sealed_for_deliveries;
use crate::app::{App, random_bytes};
use crate::edge::Error;
use crate::ids::TenantId;
use crate::jobs::{Health, Job};
use crate::outgoing::{Answer, CallError};
use crate::secrets::{DataKey, Named, SealedSecrets};
use crate::tenants;

/// A delivery with what it needs to be made.
pub(crate) struct Loaded {
    id: Uuid,
    what: What,
}

enum What {
    Send(Box<Sending>),
    /// Nobody is to be told any more, for this reason.
    GiveUp {
        why: &'static str,
        attempts_made: i32,
    },
    /// Done before: this is a repetition after a lease ran out.
    Nothing,
}

struct Sending {
    request: WebhookRequest,
    context: Value,
    named: Named,
    signing: Signing,
    attempts_made: i32,
}

/// Reads what the jobs are to deliver, all at once. What fails for one of them stays with that one.
pub(crate) async fn load(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    jobs: Vec<Job>,
) -> Vec<(Job, Result<Loaded, Error>)> {
    match read(db, app, tenant, &jobs).await {
        Ok(mut read) => jobs.into_iter().map(|job| (job.clone(), read.load(&job))).collect(),
        Err(error) => {
            let why = crate::jobs::chain(&error);
            jobs.into_iter().map(|job| (job, Err(Error::internal(why.clone())))).collect()
        }
    }
}

/// What several deliveries need.
struct Read {
    tenant: TenantId,
    key: DataKey,
    due: HashMap<Uuid, Due>,
    requests: HashMap<Uuid, Result<WebhookRequest, Error>>,
    named: SealedSecrets,
    signing: HashMap<Uuid, Vec<Vec<u8>>>,
}

async fn read(db: &mut PgConnection, app: &App, tenant: TenantId, jobs: &[Job]) -> Result<Read, Error> {
    let ids: Vec<Uuid> = jobs.iter().filter_map(delivery_of).collect();
    let due = deliveries::list_due(db, tenant, &ids).await?;
    let key = tenants::data_key(db, tenant, &app.master_key).await?;
    let mut requests = HashMap::new();
    let mut asked_for = BTreeSet::new();
    for one in &due {
        if let (Some(sealed), Some(true)) = (&one.sealed_request, one.enabled) {
            let request = super::open(&key, tenant, sealed);
            if let Ok(request) = &request {
                asked_for.extend(request.secrets());
            }
            requests.insert(one.id, request);
        }
    }
    let named = SealedSecrets::read(db, tenant, &asked_for).await?;
    let mut signing: HashMap<Uuid, Vec<Vec<u8>>> = HashMap::new();
    for (delivery, sealed) in list_sealed_for_deliveries(db, tenant, &ids, app.now()).await? {
        signing.entry(delivery).or_default().push(sealed);
    }
    let due = due.into_iter().map(|due| (due.id, due)).collect();
    Ok(Read { tenant, key, due, requests, named, signing })
}

impl Read {
    fn load(&mut self, job: &Job) -> Result<Loaded, Error> {
        let id = delivery_of(job).ok_or_else(|| Error::internal("the job names no delivery"))?;
        let what = match self.due.remove(&id) {
            Some(due) => self.what(due)?,
            None => What::Nothing,
        };
        Ok(Loaded { id, what })
    }

    fn what(&mut self, due: Due) -> Result<What, Error> {
        let Due { id, mut context, attempts_made, .. } = due;
        let request = match (self.requests.remove(&id), &due.sealed_request) {
            (Some(request), _) => request?,
            (None, Some(_)) => return Ok(What::GiveUp { why: "the webhook was disabled", attempts_made }),
            (None, None) => return Ok(What::GiveUp { why: "the webhook was deleted", attempts_made }),
        };
        let is_cloud_event = due.body_format.as_deref() == Some(BodyFormat::CloudEvents.as_str());
        match (is_cloud_event, context.as_object_mut()) {
            (true, Some(context)) if context.contains_key(CLOUD_EVENT) => {}
            (true, _) => {
                let why = "it was triggered before the webhook sent CloudEvents";
                return Ok(What::GiveUp { why, attempts_made });
            }
            (false, Some(context)) => drop(context.remove(CLOUD_EVENT)),
            (false, None) => {}
        }
        let named = self.named.open(self.tenant, &self.key, &request.secrets())?;
        let signing = self.signing.remove(&id).unwrap_or_default();
        let signing = Signing::open(self.tenant, &self.key, &signing)?;
        Ok(What::Send(Box::new(Sending { request, context, named, signing, attempts_made })))
    }
}

fn delivery_of(job: &Job) -> Option<Uuid> {
    job.payload.get("delivery").and_then(Value::as_str).and_then(|id| Uuid::parse_str(id).ok())
}

/// Tries once, and has written down what came of it: done, to be repeated, or given up.
pub(crate) async fn deliver(app: &App, recorder: &Recorder, job: &Job, loaded: Loaded) -> Result<(), Error> {
    let Loaded { id, what } = loaded;
    let outcome = match what {
        What::Nothing => Outcome { job: job.clone(), delivery: id, attempt: None, next: Next::Done, health: None },
        What::GiveUp { why, attempts_made } => Outcome {
            job: job.clone(),
            delivery: id,
            attempt: Some(given_up(app, attempts_made + 1, why)),
            next: Next::GivenUp(why.into()),
            health: None,
        },
        What::Send(sending) => {
            let number = sending.attempts_made + 1;
            let sent = send(app, id, *sending).await;
            judge(app, job, id, number, sent)
        }
    };
    recorder.record(outcome).await
}

/// What was tried.
struct Sent {
    answered: Result<Answer, CallError>,
    log: Log,
    exchange: Value,
    duration: Duration,
}

async fn send(app: &App, id: Uuid, sending: Sending) -> Sent {
    let Sending { request, context, named, signing, .. } = sending;
    let mut call = render(&request, &context, &named, id);
    signing.sign(&mut call, app.now());
    let secrets = Secrets::of(&request, &call, &named);
    let mut log = Log::new(app.now());
    log.missing(named.missing());
    log.request(&call, &secrets);
    let mut exchange = exchange_of(&call, &secrets);
    let started = Instant::now();
    let answered = app.outgoing.send(call).await;
    let duration = started.elapsed();
    let shown = ShownAnswer::of(app, &answered, &secrets);
    log.answer(&answered, shown.as_ref());
    exchange["response"] = response_of(&answered, shown.as_ref());
    Sent { answered, log, exchange, duration }
}

/// What follows from an attempt.
fn judge(app: &App, job: &Job, delivery: Uuid, number: i32, sent: Sent) -> Outcome {
    let Sent { answered, mut log, exchange, duration } = sent;
    let response_status = answered.as_ref().ok().map(|answer| i32::from(answer.status));
    let success = answered.as_ref().is_ok_and(|answer| (200..300).contains(&answer.status));
    let health = health(answered.as_ref());
    let next = if success {
        log.line("Successfully executed webhook");
        Next::Done
    } else {
        let before = job.payload.get("attempts_before").and_then(Value::as_i64).unwrap_or(0);
        let attempt = u32::try_from(i64::from(number) - before).unwrap_or(1);
        let [jitter] = random_bytes();
        let elapsed = (app.now() - job.created_at).to_std().unwrap_or_default();
        let wish = answered.as_ref().ok().and_then(retry_after);
        let why = match &answered {
            Ok(answer) => format!("the receiver answered {}", answer.status),
            Err(error) => error.to_string(),
        };
        let failed = Failed { attempt, elapsed, jitter, wish };
        if let Some(pause) = app.settings.webhooks.retries.pause_after(failed) {
            log.line(&format!("Retrying webhook in {} seconds", pause.as_secs()));
            Next::Again(pause, why)
        } else {
            log.line(&format!("Webhook execution failed after {number} attempts"));
            Next::GivenUp(why)
        }
    };
    let attempt =
        RecordedAttempt { number, success, response_status, log: log.text, exchange: Some(exchange), duration };
    Outcome { job: job.clone(), delivery, attempt: Some(attempt), next, health: Some(health) }
}

/// A receiver that refuses this one request is well: the next one may be another.
fn health(answered: Result<&Answer, &CallError>) -> Health {
    match answered {
        Ok(answer) if answer.status >= 500 || matches!(answer.status, 408 | 429) => Health::Ailing,
        Err(CallError::NoAnswer(_)) => Health::Ailing,
        Ok(_) | Err(_) => Health::Well,
    }
}

/// In seconds; a date is not understood.
fn retry_after(answer: &Answer) -> Option<Duration> {
    let (_, value) = answer.headers.iter().find(|(name, _)| name == "retry-after")?;
    value.trim().parse().ok().map(Duration::from_secs)
}

pub(super) fn given_up(app: &App, number: i32, why: &str) -> RecordedAttempt {
    let mut log = Log::new(app.now());
    log.error(&format!("Webhook execution was given up: {why}"));
    RecordedAttempt {
        number,
        success: false,
        response_status: None,
        log: log.text,
        exchange: None,
        duration: Duration::ZERO,
    }
}

/// Says in the log why nothing more comes of the job's delivery, if it was still to be made.
pub(crate) async fn give_up(db: &mut PgConnection, app: &App, job: &Job, why: &str) -> Result<(), Error> {
    let Some(id) = delivery_of(job) else { return Ok(()) };
    let Some(due) = deliveries::list_due(db, job.tenant, &[id]).await?.pop() else { return Ok(()) };
    let attempt = given_up(app, due.attempts_made + 1, why);
    let attempts = [Attempt { delivery: id, status: deliveries::Status::Failure, recorded: &attempt }];
    deliveries::record_attempts(db, job.tenant, &attempts, app.now()).await?;
    Ok(())
}
