//! What consumers use of a provider: who reads a field, and what nobody uses.
//!
//! It is found in contracts when they are published, once for each content.

mod api;
mod attend;
mod diff;
mod find;
mod grade;
mod preview;
mod store;
mod unused;
mod view;

use axum::Router;
use pactolus_domain::usage::usage;
use sqlx::PgConnection;

use crate::app::App;
use crate::ids::{ContentId, PacticipantId, TenantId};

pub(crate) use attend::attend;
pub(crate) use find::{CountingVersion, counting};
pub(crate) use grade::{Held, Hit, grade_once, hold};
pub(crate) use preview::today;
pub(crate) use store::called::{Call, list_calls, list_uses};
pub(crate) use store::{delete_elements, delete_of_contents};

pub(crate) fn routes() -> Router<App> {
    api::routes().merge(unused::routes()).merge(preview::routes()).merge(diff::routes())
}

/// Keeps what a content uses. What cannot be read uses nothing.
pub(crate) async fn record(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    content: ContentId,
    text: &str,
) -> sqlx::Result<()> {
    let elements = usage(text).unwrap_or_default();
    store::put_usage(db, tenant, provider, content, &elements).await
}
