//! Telling webhooks once more of a contract that a provider version has to verify.

use sqlx::PgConnection;
use uuid::Uuid;

use super::store::{self, Unverified};
use super::trigger::{ContractEvent, Listeners, tell_of_requirement};
use crate::app::App;
use crate::edge::{BaseUrl, Error};
use crate::ids::{ContentId, PacticipantId, TenantId, VersionId};

/// Tells who listens now, as `request` asks. Returns false, and tells nobody, when the version need not verify the contract
/// any more.
pub(crate) async fn tell_again(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    event: &ContractEvent<'_>,
    provider_version: VersionId,
    request: Uuid,
) -> Result<bool, Error> {
    let Some(required) = find_required(db, tenant, event.provider_id, event.content_id, provider_version).await? else {
        return Ok(false);
    };
    let listeners = Listeners::read(db, tenant, event.consumer_id, &[event.provider_id.0]).await?;
    let listening = listeners.to(event.provider_id);
    tell_of_requirement(db, app, tenant, base, &listening, event, (&required, request)).await?;
    Ok(true)
}

/// Whether the version should verify the content and has no result for it.
pub(crate) async fn is_required(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    content: ContentId,
    version: VersionId,
) -> sqlx::Result<bool> {
    Ok(find_required(db, tenant, provider, content, version).await?.is_some())
}

async fn find_required(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    content: ContentId,
    version: VersionId,
) -> sqlx::Result<Option<Unverified>> {
    let unverified = store::list_unverified(db, tenant, provider, content).await?;
    Ok(unverified.into_iter().find(|required| required.version == version))
}
