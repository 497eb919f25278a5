//! Sending what a delivery says. Runs in a worker, maybe more than once.

use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::log::{Log, Secrets};
use super::render::render;
use super::store::{self, Attempt, DeliveryStatus, Due};
use crate::app::App;
use crate::edge::Error;
use crate::jobs::{self, Job};
use crate::outgoing::{Answer, CallError};
use crate::{tenants, verification_requests};

/// Tries once, and writes down what came of it: done, to be repeated, or given up.
pub(crate) async fn deliver(app: &App, job: &Job) -> Result<(), Error> {
    let id = delivery_of(job).ok_or_else(|| Error::internal("the job names no delivery"))?;
    let mut db = app.db.acquire().await?;
    let Some(due) = store::find_due(&mut db, job.tenant, id).await? else {
        // Done before: this is a repetition after a lease ran out.
        jobs::finish(&mut db, job).await?;
        return Ok(());
    };
    let sealed = match &due {
        Due { sealed_request: Some(sealed), enabled: Some(true), .. } => Ok(sealed),
        Due { sealed_request: Some(_), .. } => Err("the webhook was disabled"),
        Due { sealed_request: None, .. } => Err("the webhook was deleted"),
    };
    let request = match sealed {
        Ok(sealed) => super::open(&tenants::data_key(&mut db, job.tenant, &app.master_key).await?, job.tenant, sealed)?,
        Err(why) => {
            drop(db);
            return jobs::give_up(app, job, why, why).await;
        }
    };
    drop(db);

    let call = render(&request, &due.context, id);
    let secrets = Secrets::of(&request, &call);
    let mut log = Log::new(app.now());
    log.request(&call);
    let started = Instant::now();
    let answered = app.outgoing.send(call).await;
    let duration = started.elapsed();
    let may_show = !app.settings.webhooks.targets.hosts.is_empty();
    log.answer(&answered, may_show.then_some(&secrets));
    record(app, job, id, Sent { number: due.attempts_made + 1, answered, log, duration }).await
}

/// Says in the log why nothing more comes of the job's delivery, if it was still to be made.
pub(crate) async fn give_up(db: &mut PgConnection, app: &App, job: &Job, why: &str) -> Result<(), Error> {
    let Some(id) = delivery_of(job) else { return Ok(()) };
    let Some(due) = store::find_due(db, job.tenant, id).await? else { return Ok(()) };
    let mut log = Log::new(app.now());
    log.error(&format!("Webhook execution was given up: {why}"));
    let attempt = Attempt {
        number: due.attempts_made + 1,
        success: false,
        response_status: None,
        log: &log.text,
        duration: Duration::ZERO,
    };
    store::record_attempt(db, job.tenant, id, &attempt, DeliveryStatus::Failure, app.now()).await?;
    Ok(())
}

fn delivery_of(job: &Job) -> Option<Uuid> {
    job.payload.get("delivery").and_then(Value::as_str).and_then(|id| Uuid::parse_str(id).ok())
}

/// What was tried.
struct Sent {
    /// From 1.
    number: i32,
    answered: Result<Answer, CallError>,
    log: Log,
    duration: Duration,
}

async fn record(app: &App, job: &Job, id: Uuid, sent: Sent) -> Result<(), Error> {
    let Sent { number, answered, mut log, duration } = sent;
    let response_status = answered.as_ref().ok().map(|answer| i32::from(answer.status));
    let success = answered.as_ref().is_ok_and(|answer| (200..300).contains(&answer.status));
    let made = usize::try_from(number).unwrap_or(1).max(1);
    let pause = app.settings.webhooks.retry_schedule.get(made - 1).copied();
    let error = match answered {
        Ok(answer) => format!("the receiver answered {}", answer.status),
        Err(error) => error.to_string(),
    };

    let mut tx = app.db.begin().await?;
    let (status, is_ours) = match (success, pause) {
        (true, _) => {
            log.line("Successfully executed webhook");
            (DeliveryStatus::Success, jobs::finish(&mut tx, job).await?)
        }
        (false, Some(pause)) => {
            log.line(&format!("Retrying webhook in {} seconds", pause.as_secs()));
            (DeliveryStatus::Retrying, jobs::postpone(&mut tx, app, job, pause, &error).await?)
        }
        (false, None) => {
            log.line(&format!("Webhook execution failed after {made} attempts"));
            (DeliveryStatus::Failure, jobs::bury(&mut tx, job, app.now(), &error).await?)
        }
    };
    if !is_ours {
        tracing::warn!(webhook.delivery = %id, "webhook delivery {id} was taken over by another worker: its outcome counts");
        return Ok(());
    }
    let attempt = Attempt { number, success, response_status, log: &log.text, duration };
    store::record_attempt(&mut tx, job.tenant, id, &attempt, status, app.now()).await?;
    if success {
        verification_requests::delivered(&mut tx, job.tenant, &[id], app.now()).await?;
    }
    tx.commit().await?;
    let status = status.as_str();
    tracing::info!(webhook.delivery = %id, webhook.status = status, "webhook delivery {id}, attempt {made}: {status}");
    Ok(())
}
