//! Telling webhooks once more of a contract that a provider version has to verify.

use sqlx::PgConnection;

use super::store::{self, Unverified};
use super::trigger::{About, ContractEvent, Listeners, Triggered, contract_context, tell_of_requirement};
use crate::app::App;
use crate::edge::{BaseUrl, Error};
use crate::ids::{ContentId, PacticipantId, TenantId, VersionId};

/// Tells who listens now. `None`, and nobody is told, when the version need not verify the contract any more.
pub(crate) async fn tell_again(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    event: &ContractEvent<'_>,
    provider_version: VersionId,
) -> Result<Option<Vec<Triggered>>, Error> {
    let Some(required) = find_required(db, tenant, event.provider_id, event.content_id, provider_version).await? else {
        return Ok(None);
    };
    let listeners = Listeners::read(db, tenant, event.consumer_id, &[event.provider_id.0]).await?;
    let listening = listeners.to(event.provider_id);
    if listening.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let mut context = contract_context(db, tenant, base, event).await?;
    let about = About::contract(event);
    tell_of_requirement(db, app, tenant, &listening, about, &required, &mut context).await.map(Some)
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
