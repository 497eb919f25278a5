//! Requested verifications: which provider version has to verify which content, who was told, and what came of it.
//!
//! A publication requests what has no result; a webhook that was answered has delivered it; the provider's build says that
//! it is running; a result ends it. Where none comes, webhooks are told again, and in the end it is lost. What nobody needs
//! any more when its time is up is forgotten: the content has no contract, or the version is no head of the main branch
//! and runs nowhere. To call it lost would raise an alarm about nothing.

mod again;
mod api;
mod attend;
mod page;
mod store;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::edge::BaseUrl;
use crate::ids::{ContentId, PacticipantId, TenantId, VersionId};

pub(crate) use api::routes;
pub(crate) use attend::attend;
pub(crate) use page::page_routes;
pub(crate) use store::{delete_of_versions, delete_unneeded, delivered, list_requested, record_deliveries};

/// A result that is missing: keys of a consumer version, of the provider of one of its contracts, and of its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Missing {
    pub(crate) consumer_version: i64,
    pub(crate) provider: i64,
    pub(crate) provider_version: i64,
}

/// What is to be verified.
pub(crate) struct Subject {
    pub(crate) consumer: PacticipantId,
    pub(crate) provider: PacticipantId,
    pub(crate) content: ContentId,
}

/// Requests a result from each of the provider versions. One that is outstanding was asked once more; one that was lost, or
/// whose result is gone, begins anew. Returns the id of each version's request.
pub(crate) async fn request(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    subject: &Subject,
    versions: &[VersionId],
) -> sqlx::Result<Vec<(VersionId, Uuid)>> {
    if versions.is_empty() {
        return Ok(Vec::new());
    }
    let new: Vec<(VersionId, Uuid)> = versions.iter().map(|version| (*version, app.new_id())).collect();
    let now = app.now();
    store::put_requests(db, tenant, subject, &new, base.as_str(), (now, due(app, now))).await
}

/// When a request that was made `now` is told again or lost.
fn due(app: &App, now: DateTime<Utc>) -> DateTime<Utc> {
    now + TimeDelta::from_std(app.settings.verifications.deadline).expect("the settings bound it")
}
