//! Recorded verdicts: who asked what and when, and what the answer was. Off unless the settings say so.

mod api;
mod store;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::app::App;
use crate::edge::{Error, Principal};
use crate::ids::TenantId;
use crate::tenants;

pub(crate) use api::{link, routes};
pub(crate) use store::{find_latest, list_by_ids};

/// Deleted at once.
const BATCH: i64 = 1_000;

/// A question that was answered.
pub(crate) struct Asked {
    /// Path and query.
    pub(crate) question: String,
    pub(crate) environment: Option<String>,
    /// Pacticipants and versions that it was about, as far as they exist.
    pub(crate) subjects: Vec<(String, String)>,
    pub(crate) deployable: Option<bool>,
    /// Counts and reasons.
    pub(crate) answer: Value,
}

/// A verdict as it was recorded.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) id: Uuid,
    pub(crate) actor: String,
    pub(crate) question: String,
    pub(crate) environment: Option<String>,
    pub(crate) deployable: Option<bool>,
    pub(crate) answer: Value,
    pub(crate) created_at: DateTime<Utc>,
}

/// Records the answer before it is given: one that cannot be recorded is not given.
pub(crate) async fn record(app: &App, principal: &Principal, asked: &Asked) -> Result<Uuid, Error> {
    let id = app.new_id();
    let mut db = app.db.acquire().await?;
    store::insert_verdict(&mut db, principal.tenant, id, &principal.name, asked, app.now()).await?;
    Ok(id)
}

/// Deletes what was kept for long enough, in short statements, beside other processes that do the same. What a deployment
/// or a release shows is kept.
pub(crate) async fn delete_old(app: &App) -> sqlx::Result<()> {
    let days = TimeDelta::days(i64::from(app.settings.verdict_retention_days));
    let before = app.now().checked_sub_signed(days).unwrap_or(DateTime::UNIX_EPOCH);
    let mut db = app.db.acquire().await?;
    let tenants: Vec<TenantId> = tenants::list(&mut db).await?;
    for tenant in tenants {
        while store::delete_before(&mut db, tenant, before, BATCH).await? == BATCH.unsigned_abs() {}
    }
    Ok(())
}
