//! What happened, in order: webhooks are told of it, and whoever prefers to ask reads the feed. Events have the form of
//! `CloudEvents` 1.0.

mod api;
mod store;

use chrono::{DateTime, TimeDelta, Utc};
use pactolus_domain::webhook::WebhookEvent;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::edge::{BaseUrl, Error, timestamp};
use crate::ids::TenantId;
use crate::tenants;

pub(crate) use api::routes;

/// Deleted at once.
const BATCH: i64 = 1_000;

/// Something that happened.
pub(crate) struct NewEvent {
    pub(crate) name: WebhookEvent,
    /// What it is about, in short: shop/stock.
    pub(crate) subject: String,
    pub(crate) data: Value,
    /// For what is told once only: an event with the same key is not written again.
    pub(crate) once: Option<Vec<u8>>,
}

/// An event as it was written.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) source: String,
    pub(crate) subject: String,
    pub(crate) data: Value,
    pub(crate) created_at: DateTime<Utc>,
}

impl Event {
    /// The event in the JSON format of `CloudEvents` 1.0.
    pub(crate) fn to_cloud_event(&self) -> Value {
        json!({
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": format!("pactolus.{}", self.name),
            "subject": self.subject,
            "time": timestamp(self.created_at),
            "datacontenttype": "application/json",
            "data": self.data,
        })
    }
}

/// Writes events, in order, in the transaction of what they are about. Of each, what was written: `None` for what was
/// told once before.
pub(crate) async fn record(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    new: Vec<NewEvent>,
) -> Result<Vec<Option<Event>>, Error> {
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let now = app.now();
    let mut keys = Vec::new();
    let mut events = Vec::new();
    for one in new {
        keys.push(one.once);
        events.push(Event {
            id: app.new_id(),
            name: one.name.to_string(),
            source: base.as_str().to_owned(),
            subject: one.subject,
            data: one.data,
            created_at: now,
        });
    }
    let written = store::insert_events(db, tenant, &events, &keys).await?;
    Ok(events.into_iter().map(|event| written.contains(&event.id).then_some(event)).collect())
}

/// Deletes what was kept for long enough, in short statements, beside other processes that do the same.
pub(crate) async fn delete_old(app: &App) -> sqlx::Result<()> {
    let days = TimeDelta::days(i64::from(app.settings.event_retention_days));
    let before = app.now().checked_sub_signed(days).unwrap_or(DateTime::UNIX_EPOCH);
    let millis = u128::try_from(before.timestamp_millis()).unwrap_or(0);
    // Ids begin with the time.
    let first_kept = Uuid::from_u128(millis << 80);
    let mut db = app.db.acquire().await?;
    for tenant in tenants::list(&mut db).await? {
        while store::delete_before(&mut db, tenant, first_kept, BATCH).await? == BATCH.unsigned_abs() {}
    }
    Ok(())
}
