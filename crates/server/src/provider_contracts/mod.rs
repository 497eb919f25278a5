//! Provider contracts: what providers offer, published by their builds, with what came of testing the provider against it.

mod api;
mod bi_directional;
mod page;
mod publish;
mod publish_api;
mod store;
mod view;

use axum::Router;
use serde_json::Value;
use sqlx::PgConnection;

use crate::app::App;
use crate::edge::Error;
use crate::ids::{TenantId, VersionId};

pub(crate) use page::{Finding, page_routes, said};
pub(crate) use store::delete_of_versions;
pub(crate) use store::listed::find_current;
pub(crate) use store::shown::{list_having, list_shown};
pub(crate) use view::link;

/// What came of testing a version against its document, with the report; null when nobody has told.
pub(crate) async fn find_results(db: &mut PgConnection, tenant: TenantId, version: VersionId) -> Result<Value, Error> {
    let Some(shown) = store::shown::list_shown(db, tenant, &[version.0]).await?.pop() else { return Ok(Value::Null) };
    let report = store::shown::find_report(db, tenant, version).await?;
    Ok(view::report(&shown, report.as_deref()))
}

/// Routes that answer in HAL only.
pub(crate) fn routes() -> Router<App> {
    publish_api::routes().merge(api::routes()).merge(bi_directional::routes()).merge(page::twin_routes())
}

/// Documents as they were received, whatever the client accepts.
pub(crate) fn document_routes() -> Router<App> {
    api::document_routes()
}
