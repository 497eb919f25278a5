//! Sending what somebody executes to see whether its receiver takes it: once, in a worker, as a delivery is sent.

use chrono::TimeDelta;
use serde_json::{Value, json};
use sqlx::PgConnection;
use url::Url;
use uuid::Uuid;

use super::log::{HIDDEN, Log, Secrets, ShownAnswer, shown_headers};
use super::render::render;
use super::signing::Signing;
use super::store::signing::list_sealed_of_webhook;
use super::store::tested as store;
use crate::app::App;
use crate::edge::Error;
use crate::jobs::{self, Job};
use crate::outgoing::{Answer, Call};
use crate::secrets::Named;
use crate::tenants;

/// Deleted at once.
const BATCH: i64 = 1_000;

/// After so long nobody waits for the outcome any more.
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(1);

/// How long an outcome can be looked at.
const KEPT: TimeDelta = TimeDelta::days(1);

pub(crate) async fn run_test(app: &App, job: &Job) -> Result<(), Error> {
    let id = test_of(job).ok_or_else(|| Error::internal("the job names no test"))?;
    let mut db = app.db.acquire().await?;
    let Some(test) = store::find_due_test(&mut db, job.tenant, id).await? else {
        // Done before: this is a repetition after a lease ran out.
        jobs::finish(&mut db, job).await?;
        return Ok(());
    };
    let key = tenants::data_key(&mut db, job.tenant, &app.master_key).await?;
    let request = super::open(&key, job.tenant, &test.sealed_request)?;
    let named = Named::open(&mut db, job.tenant, &key, &request.secrets()).await?;
    let sealed = match job.payload.get("webhook").and_then(Value::as_str) {
        Some(webhook) => list_sealed_of_webhook(&mut db, job.tenant, webhook, app.now()).await?,
        None => Vec::new(),
    };
    let signing = Signing::open(job.tenant, &key, &sealed)?;
    drop(db);

    let outcome = if app.now() - test.created_at > LONGEST_WAIT {
        unsent("No worker came to it in time, and nobody waits for it any more.")
    } else {
        let mut call = render(&request, &test.context, &named, id);
        signing.sign(&mut call, app.now());
        let secrets = Secrets::of(&request, &call, &named);
        send(app, call, &secrets, named.missing()).await
    };
    let mut tx = app.db.begin().await?;
    if jobs::finish(&mut tx, job).await? {
        store::put_outcome(&mut tx, job.tenant, id, &outcome).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Says why nothing came of it.
pub(crate) async fn give_up_test(db: &mut PgConnection, job: &Job, why: &str) -> Result<(), Error> {
    if let Some(id) = test_of(job) {
        store::put_outcome(db, job.tenant, id, &unsent(&format!("It was given up: {why}."))).await?;
    }
    Ok(())
}

/// Those that nobody looks at any more, in short statements.
pub(crate) async fn delete_old_tests(app: &App) -> sqlx::Result<()> {
    let mut db = app.db.acquire().await?;
    for tenant in tenants::list(&mut db).await? {
        let before = app.now() - KEPT;
        while store::delete_tests_before(&mut db, tenant, before, BATCH).await? == BATCH.unsigned_abs() {}
    }
    Ok(())
}

/// What is answered when nothing was sent.
pub(super) fn unsent(why: &str) -> Value {
    json!({"message": why, "logs": "", "success": false})
}

fn test_of(job: &Job) -> Option<Uuid> {
    job.payload.get("test").and_then(Value::as_str).and_then(|id| Uuid::parse_str(id).ok())
}

async fn send(app: &App, call: Call, secrets: &Secrets, missing: &[String]) -> Value {
    let mut log = Log::new(app.now());
    let mut outcome = json!({"request": shown_request(&call, secrets)});
    log.missing(missing);
    log.request(&call, secrets);
    let answered = app.outgoing.send(call).await;
    let shown = ShownAnswer::of(app, &answered, secrets);
    log.answer(&answered, shown.as_ref());
    let success = answered.as_ref().is_ok_and(|answer| (200..300).contains(&answer.status));
    log.line(if success { "Successfully executed webhook" } else { "Webhook execution failed" });

    match (&answered, &shown) {
        (Ok(answer), Some(shown)) => outcome["response"] = response_of(answer, shown),
        _ if app.settings.webhooks.targets.hosts.is_empty() => outcome["message"] = HIDDEN.into(),
        (Ok(_), None) => {}
        (Err(error), _) => outcome["error"] = json!({"message": error.to_string()}),
    }
    outcome["logs"] = log.text.into();
    outcome["success"] = success.into();
    outcome
}

/// Without the body: secrets may stand anywhere in it.
fn shown_request(call: &Call, secrets: &Secrets) -> Value {
    let path = Url::parse(&call.url).map(|url| url[url::Position::BeforePath..].to_owned()).unwrap_or_default();
    json!({"headers": shown_headers(call, secrets), "url": secrets.masked_in(&path)})
}

fn response_of(answer: &Answer, shown: &ShownAnswer) -> Value {
    let body = serde_json::from_str(&shown.body).unwrap_or_else(|_| Value::String(shown.body.clone()));
    json!({"status": answer.status, "headers": shown.headers(), "body": body})
}
