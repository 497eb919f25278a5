//! Asking once more for a result, because its time is up or because somebody wants it.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::api::{missing, view};
use super::due;
use super::store::{self, Outstanding};
use crate::app::App;
use crate::audit;
use crate::edge::{BaseUrl, Error, Hal, Named, Principal, prefers_page};
use crate::ids::TenantId;
use crate::ui::Viewer;
use crate::webhooks::{self, ContractEvent};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/verification-requests/{uuid}/ask-again", post(ask_again))
}

/// A form leads to the page of the request.
async fn ask_again(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    viewer: Viewer,
    headers: HeaderMap,
    Named(id): Named<Uuid>,
) -> Result<Response, Error> {
    let mut tx = app.db.begin().await?;
    let Some(held) = store::claim(&mut tx, principal.tenant, id).await? else {
        store::find(&mut tx, principal.tenant, id).await?.ok_or_else(missing)?;
        return Err(Error::Conflict("There is a result already: nothing is left to be asked for".into()));
    };
    if !tell(&mut tx, &app, principal.tenant, &base, &held).await? {
        let text = "Nobody needs it any more: no contract has the content, or the version is no head of the main branch and runs nowhere";
        return Err(Error::Conflict(text.into()));
    }
    store::begin_anew(&mut tx, principal.tenant, id, (app.now(), due(&app, app.now()))).await?;
    note(&mut tx, &app, &principal, &held, "verification.requested_again").await?;
    let found = store::find(&mut tx, principal.tenant, id).await?.ok_or_else(missing)?;
    tx.commit().await?;
    app.jobs_written.notify_waiters();

    if prefers_page(&headers) {
        return Ok(Redirect::to(&viewer.at(&format!("/verification-requests/{id}"))).into_response());
    }
    Ok(Hal::ok(&view(&app, &base, &found)).status(StatusCode::ACCEPTED).into_response())
}

/// Tells who listens now. Returns false, and tells nobody, when nobody needs the result any more.
pub(super) async fn tell(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    held: &Outstanding,
) -> Result<bool, Error> {
    let Some(publication) = &held.publication else { return Ok(false) };
    let event = ContractEvent {
        consumer_id: held.consumer_id,
        provider_id: held.provider_id,
        consumer_version_id: publication.version_id,
        content_id: held.content_id,
        consumer: &held.consumer,
        provider: &held.provider,
        consumer_version: &publication.number,
        sha: &held.sha,
        build_url: publication.build_url.as_deref(),
    };
    webhooks::tell_again(db, app, tenant, base, &event, held.provider_version_id, held.id).await
}

/// Keeps who did what in the audit log.
pub(super) async fn note(
    db: &mut PgConnection,
    app: &App,
    principal: &Principal,
    held: &Outstanding,
    action: &str,
) -> Result<(), Error> {
    let subject = format!("{} {} {}", held.provider, held.provider_version, held.consumer);
    audit::record(db, app, principal, action, &subject, &json!({"sha": held.sha, "request": held.id})).await?;
    Ok(())
}
