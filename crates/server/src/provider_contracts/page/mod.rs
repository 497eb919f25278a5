//! The pages of provider contracts: all of them, and one with its operations, who uses each, and what does not fit.

mod changes;
mod consumers;
mod excerpt;
mod finding;
mod gather;
mod list;
mod operations;
mod pane;
mod read;
#[cfg(test)]
mod tests;
mod twin;
mod whole;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use tokio::sync::Semaphore;

pub(crate) use self::finding::{Finding, said};
use self::gather::{Told, gather, gather_uses};
use self::read::Reading;
use super::api::{VersionPath, find_shown};
use super::publish_api::ProviderPath;
use crate::app::App;
use crate::edge::{BaseUrl, Error, Hal, Named, Principal, QueryPairs, RequestUrl, urls};
use crate::ids::TenantId;
use crate::ui::Viewer;
use crate::usage::today;

/// What browsers get.
pub(crate) fn page_routes() -> Router<App> {
    Router::new()
        .route("/provider-contracts", get(list::as_page))
        .route("/provider-contracts/{provider}", get(as_page))
        .route("/contracts/provider/{provider}/version/{version}", get(lead))
}

/// What programs get at the addresses that the API has only for the pages.
pub(super) fn twin_routes() -> Router<App> {
    Router::new().route("/provider-contracts", get(list::as_json)).route("/provider-contracts/{provider}", get(as_json))
}

/// Each reads a whole document; more at once would only share the processors.
static PAGES: Semaphore = Semaphore::const_new(4);

/// Reads what is told without keeping others waiting.
async fn read(told: Told) -> Result<(Told, Reading), Error> {
    let turn = PAGES.acquire().await.map_err(Error::internal)?;
    let read = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let reading = Reading::of(&told);
        (told, reading)
    });
    read.await.map_err(Error::internal)
}

async fn find(
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    provider: &ProviderPath,
    query: &QueryPairs,
) -> Result<(Told, Reading), Error> {
    let told = gather(app, tenant, base, &provider.0, query).await?;
    let (mut told, reading) = read(told).await?;
    if let (Reading::Operations(seen), None) = (&reading, &told.other)
        && let Some(chosen) = seen.chosen(query.last("operation"))
    {
        told.uses = gather_uses(app, tenant, &told, seen, chosen).await?;
    }
    Ok((told, reading))
}

async fn as_page(
    State(app): State<App>,
    principal: Principal,
    viewer: Viewer,
    Named(provider): Named<ProviderPath>,
) -> Result<Response, Error> {
    let (told, reading) = find(&app, principal.tenant, &viewer.base, &provider, &viewer.query).await?;
    let today = today(app.now())?;
    let turn = PAGES.acquire().await.map_err(Error::internal)?;
    let shown = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        whole::show(&viewer, &told, &reading, today)
    });
    shown.await.map_err(Error::internal)
}

async fn as_json(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    query: QueryPairs,
    Named(provider): Named<ProviderPath>,
) -> Result<Hal, Error> {
    let (told, reading) = find(&app, principal.tenant, &base, &provider, &query).await?;
    Ok(Hal::ok(&twin::of(&base, &request.with_query(), &told, &reading)))
}

/// The API links here for people.
async fn lead(
    State(app): State<App>,
    principal: Principal,
    viewer: Viewer,
    Named(path): Named<VersionPath>,
) -> Result<Response, Error> {
    let mut db = app.read().await?;
    find_shown(&mut db, principal.tenant, &path.provider, &path.version).await?;
    let provider = urls::segment(path.provider.as_str());
    let version = urls::segment(path.version.as_str());
    Ok(Redirect::to(&viewer.at(&format!("/provider-contracts/{provider}?version={version}"))).into_response())
}
