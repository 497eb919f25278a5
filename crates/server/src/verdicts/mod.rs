//! Recorded verdicts: who asked what and when, and what the answer was. Off unless the settings say so.

mod api;
mod store;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use sqlx::PgConnection;
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

impl Verdict {
    /// The version of the application that was asked about, if the question says it.
    pub(crate) fn version_of(&self, pacticipant: &str) -> Option<String> {
        let query = self.question.split_once('?').map_or("", |(_, query)| query);
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let is_named = |(key, value): &(String, String)| {
            (key == "pacticipant" || key == "q[][pacticipant]") && value == pacticipant
        };
        let named = pairs.iter().position(is_named)?;
        let version =
            pairs[named..].iter().chain(&pairs[..named]).find(|(key, _)| key == "version" || key == "q[][version]")?;
        Some(version.1.clone())
    }
}

/// The newest verdicts about versions of the pacticipant and the environment.
pub(crate) async fn list_about(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: &str,
    environment: &str,
    most: i64,
) -> sqlx::Result<Vec<Verdict>> {
    let wanted =
        store::Wanted { pacticipant: Some(pacticipant), environment: Some(environment), most, ..Default::default() };
    store::list(db, tenant, wanted).await
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
