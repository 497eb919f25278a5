//! Making deliveries again, and ending and deleting old ones.

use chrono::{DateTime, TimeDelta, Utc};
use pactolus_domain::webhook::Retries;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::store::{deliveries, listed};
use crate::app::App;
use crate::edge::Error;
use crate::ids::TenantId;
use crate::jobs::{self, NewJob};
use crate::tenants;

/// Deleted, or given up, at once.
const BATCH: i64 = 1_000;

/// From … until before.
pub(super) type Period = (DateTime<Utc>, DateTime<Utc>);

/// Has those of the deliveries that are done made again, under the same ids. Returns how many these are.
pub(super) async fn replay(db: &mut PgConnection, app: &App, tenant: TenantId, ids: &[Uuid]) -> Result<usize, Error> {
    let replayed = listed::replay(db, tenant, ids, app.now()).await?;
    let payloads: Vec<Value> =
        replayed.iter().map(|one| json!({"delivery": one.id, "attempts_before": one.attempts_made})).collect();
    let jobs: Vec<NewJob<'_>> = replayed
        .iter()
        .zip(&payloads)
        .map(|(one, payload)| NewJob { id: one.id, lane: &one.webhook, in_order: one.in_order, payload })
        .collect();
    if !jobs.is_empty() {
        jobs::enqueue_all(db, app, tenant, jobs::Kind::WebhookDelivery, &jobs).await?;
    }
    Ok(replayed.len())
}

/// Gives up what a receiver that rests has not been sent in all the time there was, and deletes what was kept for long
/// enough, in short transactions, beside other processes that do the same.
pub(crate) async fn tidy_deliveries(app: &App) -> Result<(), Error> {
    let now = app.now();
    let days = TimeDelta::days(i64::from(app.settings.delivery_retention_days));
    let kept_since = now.checked_sub_signed(days).unwrap_or(DateTime::UNIX_EPOCH);
    let millis = u128::try_from(kept_since.timestamp_millis()).unwrap_or(0);
    // Ids begin with the time.
    let first_kept = Uuid::from_u128(millis << 80);
    let tenants = tenants::list(&mut *app.db.acquire().await?).await?;
    for tenant in tenants {
        give_up_overdue(app, tenant).await?;
        loop {
            let mut tx = app.db.begin().await?;
            let deleted = listed::delete_before(&mut tx, tenant, first_kept, BATCH).await?;
            tx.commit().await?;
            if i64::try_from(deleted).is_ok_and(|deleted| deleted < BATCH) {
                break;
            }
        }
        let mut db = app.db.acquire().await?;
        jobs::forget_old_health(&mut db, app, tenant).await?;
        while listed::delete_orphans(&mut db, tenant, BATCH).await? == BATCH.unsigned_abs() {}
    }
    Ok(())
}

async fn give_up_overdue(app: &App, tenant: TenantId) -> Result<(), Error> {
    // With a schedule there is no such time.
    let Retries::For(whole) = app.settings.webhooks.retries else { return Ok(()) };
    let before = jobs::earlier(app.now(), whole + jobs::LEASE);
    loop {
        let mut tx = app.db.begin().await?;
        let overdue = listed::list_overdue(&mut tx, tenant, before, BATCH).await?;
        let why = "the receiver could not be reached in all the time there was";
        let buried = jobs::bury_waiting(&mut tx, tenant, &overdue, app.now(), why).await?;
        let due = deliveries::list_due(&mut tx, tenant, &buried).await?;
        let attempts: Vec<_> =
            due.iter().map(|one| (one.id, super::deliver::given_up(app, one.attempts_made + 1, why))).collect();
        let attempts: Vec<deliveries::Attempt<'_>> = attempts
            .iter()
            .map(|(id, recorded)| deliveries::Attempt { delivery: *id, status: deliveries::Status::Failure, recorded })
            .collect();
        if !attempts.is_empty() {
            deliveries::record_attempts(&mut tx, tenant, &attempts, app.now()).await?;
        }
        tx.commit().await?;
        if buried.is_empty() {
            return Ok(());
        }
    }
}
