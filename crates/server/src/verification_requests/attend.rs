//! What is due: told again, lost, or forgotten. Several processes may do it at once, each with requests of its own.

use serde_json::json;
use sqlx::PgConnection;

use super::due;
use super::store::{self, Due};
use crate::app::App;
use crate::edge::{BaseUrl, Error, Principal};
use crate::ids::TenantId;
use crate::webhooks::{self, ContractEvent};
use crate::{audit, tenants};

/// Done in one go, so that jobs need not wait for long.
const AT_ONCE: usize = 50;
/// Who it is, in the audit log.
const ACTOR: &str = "verification-requests";

/// Attends to what is due. Returns whether there may be more.
pub(crate) async fn attend(app: &App) -> Result<bool, Error> {
    let mut db = app.db.acquire().await?;
    let tenants: Vec<TenantId> = tenants::list(&mut db).await?;
    drop(db);
    let mut attended = 0;
    for tenant in tenants {
        while attended < AT_ONCE && attend_to_one(app, tenant).await? {
            attended += 1;
        }
    }
    Ok(attended >= AT_ONCE)
}

/// Returns false when none is due that nobody else is attending to.
async fn attend_to_one(app: &App, tenant: TenantId) -> Result<bool, Error> {
    let mut tx = app.db.begin().await?;
    let Some(found) = store::claim_due(&mut tx, tenant, app.now()).await? else { return Ok(false) };
    let most = i32::try_from(app.settings.verifications.retries).unwrap_or(i32::MAX);
    if found.retries < most {
        ask_again(&mut tx, app, tenant, &found).await?;
    } else {
        lose(&mut tx, app, tenant, &found).await?;
    }
    tx.commit().await?;
    app.jobs_written.notify_waiters();
    Ok(true)
}

async fn ask_again(db: &mut PgConnection, app: &App, tenant: TenantId, found: &Due) -> Result<(), Error> {
    let event = found.publication.as_ref().map(|publication| ContractEvent {
        consumer_id: found.consumer_id,
        provider_id: found.provider_id,
        consumer_version_id: publication.version_id,
        content_id: found.content_id,
        consumer: &found.consumer,
        provider: &found.provider,
        consumer_version: &publication.number,
        sha: &found.sha,
        build_url: publication.build_url.as_deref(),
    });
    let base = BaseUrl(found.base_url.clone());
    let told = match &event {
        Some(event) => webhooks::tell_again(db, app, tenant, &base, event, found.provider_version_id, found.id).await?,
        None => false,
    };
    if !told {
        store::delete(db, tenant, found.id).await?;
        return Ok(());
    }
    store::ask_again(db, tenant, found.id, (app.now(), due(app, app.now()))).await?;
    note(db, app, tenant, found, "verification.requested_again").await
}

async fn lose(db: &mut PgConnection, app: &App, tenant: TenantId, found: &Due) -> Result<(), Error> {
    let version = found.provider_version_id;
    let is_needed = found.publication.is_some()
        && webhooks::is_required(db, tenant, found.provider_id, found.content_id, version).await?;
    if !is_needed {
        store::delete(db, tenant, found.id).await?;
        return Ok(());
    }
    store::lose(db, tenant, found.id, app.now()).await?;
    let (id, consumer, provider) = (found.id, &found.consumer, &found.provider);
    tracing::warn!(
        verification_request.id = %id,
        "no result came for the contract of {consumer} with {provider} {}: it is not asked for any more",
        found.provider_version
    );
    note(db, app, tenant, found, "verification.lost").await
}

async fn note(db: &mut PgConnection, app: &App, tenant: TenantId, found: &Due, action: &str) -> Result<(), Error> {
    let principal = Principal { tenant, name: ACTOR.into() };
    let subject = format!("{} {} {}", found.provider, found.provider_version, found.consumer);
    audit::record(db, app, &principal, action, &subject, &json!({"sha": found.sha, "request": found.id})).await?;
    Ok(())
}
