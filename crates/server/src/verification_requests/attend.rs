//! What is due: told again, lost, or forgotten. Several processes may do it at once, each with requests of its own.

use sqlx::PgConnection;

use super::store::{self, Outstanding};
use super::{again, due};
use crate::app::App;
use crate::edge::{BaseUrl, Error, Principal};
use crate::ids::TenantId;
use crate::{tenants, webhooks};

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

async fn ask_again(db: &mut PgConnection, app: &App, tenant: TenantId, found: &Outstanding) -> Result<(), Error> {
    let base = BaseUrl(found.base_url.clone());
    if !again::tell(db, app, tenant, &base, found).await? {
        store::delete(db, tenant, found.id).await?;
        return Ok(());
    }
    store::ask_again(db, tenant, found.id, (app.now(), due(app, app.now()))).await?;
    note(db, app, tenant, found, "verification.requested_again").await
}

async fn lose(db: &mut PgConnection, app: &App, tenant: TenantId, found: &Outstanding) -> Result<(), Error> {
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

async fn note(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    found: &Outstanding,
    action: &str,
) -> Result<(), Error> {
    let principal = Principal { tenant, name: ACTOR.into() };
    again::note(db, app, &principal, found, action).await
}
