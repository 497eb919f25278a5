//! Pacticipants and integrations.

use pactolus_domain::names::PacticipantName;
use sqlx::PgConnection;

use super::contracts::delete_deliveries;
use crate::ids::{PacticipantId, TenantId};
use crate::usage;

/// The main branch, if there is one.
pub(crate) async fn find_main_branch(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
) -> sqlx::Result<Option<String>> {
    let found = sqlx::query_scalar!(
        "select main_branch from pacticipant where tenant_id = $1 and id = $2",
        tenant.0,
        pacticipant.0
    )
    .fetch_optional(db)
    .await?;
    Ok(found.flatten())
}

/// Nobody can refer to it until the transaction ends.
pub(crate) async fn hold_pacticipant(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
) -> sqlx::Result<bool> {
    let found =
        sqlx::query!("select from pacticipant where tenant_id = $1 and id = $2 for update", tenant.0, pacticipant.0)
            .fetch_optional(db)
            .await?;
    Ok(found.is_some())
}

/// Whether it has versions, or contents with anybody.
pub(crate) async fn has_anything(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        select exists (select from version where tenant_id = $1 and pacticipant_id = $2)
            or exists (select from contract_content where tenant_id = $1 and consumer_id = $2)
            or exists (select from contract_content where tenant_id = $1 and provider_id = $2) as "has!"
        "#,
        tenant.0,
        pacticipant.0,
    )
    .fetch_one(db)
    .await
}

pub(crate) async fn has_webhooks(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        select exists (select from webhook where tenant_id = $1 and consumer_id = $2)
            or exists (select from webhook where tenant_id = $1 and provider_id = $2) as "has!"
        "#,
        tenant.0,
        pacticipant.0,
    )
    .fetch_one(db)
    .await
}

/// Deletes a pacticipant that is held and has nothing any more but labels, branches, webhooks, and what was told of it.
pub(crate) async fn delete_pacticipant(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
) -> sqlx::Result<()> {
    let deliveries = sqlx::query_scalar!(
        r#"
        select webhook_delivery.id as "id!"
        from webhook_delivery
        where webhook_delivery.tenant_id = $1
          and webhook_delivery.consumer_id = $2
        union
        select webhook_delivery.id
        from webhook_delivery
        where webhook_delivery.tenant_id = $1
          and webhook_delivery.provider_id = $2
        "#,
        tenant.0,
        pacticipant.0,
    )
    .fetch_all(&mut *db)
    .await?;
    delete_deliveries(db, tenant, &deliveries).await?;
    usage::delete_elements(db, tenant, pacticipant).await?;
    sqlx::query!(
        r#"
        delete from webhook
        where webhook.tenant_id = $1
          and (webhook.consumer_id = $2 or webhook.provider_id = $2)
        "#,
        tenant.0,
        pacticipant.0,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        delete from label
        where label.tenant_id = $1
          and label.pacticipant_id = $2
        "#,
        tenant.0,
        pacticipant.0,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        delete from branch
        where branch.tenant_id = $1
          and branch.pacticipant_id = $2
        "#,
        tenant.0,
        pacticipant.0,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        delete from pacticipant
        where pacticipant.tenant_id = $1
          and pacticipant.id = $2
        "#,
        tenant.0,
        pacticipant.0,
    )
    .execute(&mut *db)
    .await?;
    Ok(())
}

/// Deletes the webhooks for exactly this pair, and what was told of it.
pub(crate) async fn delete_webhooks_of_pair(
    db: &mut PgConnection,
    tenant: TenantId,
    (consumer, provider): (PacticipantId, PacticipantId),
) -> sqlx::Result<()> {
    let deliveries = sqlx::query_scalar!(
        r#"
        select webhook_delivery.id
        from webhook_delivery
        where webhook_delivery.tenant_id = $1
          and webhook_delivery.consumer_id = $2
          and webhook_delivery.provider_id = $3
        "#,
        tenant.0,
        consumer.0,
        provider.0,
    )
    .fetch_all(&mut *db)
    .await?;
    delete_deliveries(db, tenant, &deliveries).await?;
    sqlx::query!(
        r#"
        delete from webhook
        where webhook.tenant_id = $1
          and webhook.consumer_id = $2 and webhook.provider_id = $3
        "#,
        tenant.0,
        consumer.0,
        provider.0,
    )
    .execute(&mut *db)
    .await?;
    Ok(())
}

/// Some pacticipants, by name.
pub(crate) async fn list_some(
    db: &mut PgConnection,
    tenant: TenantId,
    most: i64,
) -> sqlx::Result<Vec<(PacticipantId, PacticipantName)>> {
    let some =
        sqlx::query!("select id, name from pacticipant where tenant_id = $1 order by name limit $2", tenant.0, most)
            .fetch_all(db)
            .await?;
    let parsed = some.into_iter().map(|one| {
        let name = PacticipantName::parse(one.name).map_err(|error| sqlx::Error::Decode(error.into()))?;
        Ok((PacticipantId(one.id), name))
    });
    parsed.collect()
}

/// Deletes the webhooks that are for nobody in particular.
pub(crate) async fn delete_general_webhooks(db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<()> {
    sqlx::query!("delete from webhook where tenant_id = $1", tenant.0).execute(db).await?;
    Ok(())
}
