//! Contracts, and which is the latest.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::{PacticipantId, TenantId};
use crate::verification_requests;

/// Waits for whoever moves what is latest between the pairs that the versions have contracts of: also when it is another
/// version now, since a deletion of that one would move it to one of these.
pub(super) async fn hold_integrations(db: &mut PgConnection, tenant: TenantId, versions: &[i64]) -> sqlx::Result<()> {
    // Publishing goes by the bytes of the providers' names.
    sqlx::query!(
        r#"
        select from integration
        join pacticipant on pacticipant.tenant_id = $1
                        and pacticipant.id = integration.provider_id
        where integration.tenant_id = $1
          and (integration.consumer_id, integration.provider_id) in (
              select contract.consumer_id, contract.provider_id
              from contract
              where contract.tenant_id = $1
                and contract.consumer_version_id = any($2)
          )
        order by integration.consumer_id, pacticipant.name collate "C"
        for update of integration
        "#,
        tenant.0,
        versions,
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(())
}

/// Where the latest contract is gone the one before it is the latest, if there is one.
pub(super) async fn move_latest(db: &mut PgConnection, tenant: TenantId, versions: &[i64]) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update integration
        set latest_consumer_version_id = next.consumer_version_id, latest_position = next.position
        from (
            select moved.consumer_id, moved.provider_id, below.consumer_version_id, below.position
            from integration as moved
            cross join lateral (
                select contract.consumer_version_id, contract.position
                from contract
                where contract.tenant_id = $1
                  and contract.consumer_id = moved.consumer_id
                  and contract.provider_id = moved.provider_id
                order by contract.position desc
                limit 1
            ) as below
            where moved.tenant_id = $1
              and moved.latest_consumer_version_id = any($2)
              and not exists (
                  select from contract
                  where contract.tenant_id = $1
                    and contract.consumer_version_id = moved.latest_consumer_version_id
                    and contract.provider_id = moved.provider_id
              )
        ) as next
        where integration.tenant_id = $1
          and integration.consumer_id = next.consumer_id
          and integration.provider_id = next.provider_id
        "#,
        tenant.0,
        versions,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        delete from integration
        where integration.tenant_id = $1
          and integration.latest_consumer_version_id = any($2)
          and not exists (
              select from contract
              where contract.tenant_id = $1
                and contract.consumer_version_id = integration.latest_consumer_version_id
                and contract.provider_id = integration.provider_id
          )
        "#,
        tenant.0,
        versions,
    )
    .execute(&mut *db)
    .await?;
    Ok(())
}

/// What was told by webhooks. Jobs that wait for one of them find nothing to do.
pub(super) async fn delete_deliveries(
    db: &mut PgConnection,
    tenant: TenantId,
    deliveries: &[Uuid],
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        delete from webhook_attempt
        where webhook_attempt.tenant_id = $1
          and webhook_attempt.delivery_id = any($2)
        "#,
        tenant.0,
        deliveries,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        delete from webhook_delivery
        where webhook_delivery.tenant_id = $1
          and webhook_delivery.id = any($2)
        "#,
        tenant.0,
        deliveries,
    )
    .execute(&mut *db)
    .await?;
    Ok(())
}

/// Deletes the contracts of consumer versions, which are held, with the provider. Their content stays. Returns how many there
/// were.
pub(crate) async fn delete_contracts(
    db: &mut PgConnection,
    tenant: TenantId,
    (consumer, provider): (PacticipantId, PacticipantId),
    versions: &[i64],
) -> sqlx::Result<u64> {
    sqlx::query!(
        r#"
        select from integration
        where integration.tenant_id = $1
          and integration.consumer_id = $2
          and integration.provider_id = $3
        for update
        "#,
        tenant.0,
        consumer.0,
        provider.0,
    )
    .fetch_optional(&mut *db)
    .await?;
    let deliveries = sqlx::query_scalar!(
        r#"
        select webhook_delivery.id
        from webhook_delivery
        where webhook_delivery.tenant_id = $1
          and webhook_delivery.consumer_version_id = any($2)
          and webhook_delivery.provider_id = $3
        "#,
        tenant.0,
        versions,
        provider.0,
    )
    .fetch_all(&mut *db)
    .await?;
    delete_deliveries(db, tenant, &deliveries).await?;
    sqlx::query!(
        r#"
        delete from contract_revision
        where contract_revision.tenant_id = $1
          and contract_revision.consumer_version_id = any($2)
          and contract_revision.provider_id = $3
        "#,
        tenant.0,
        versions,
        provider.0,
    )
    .execute(&mut *db)
    .await?;
    let contents = sqlx::query_scalar!(
        r#"
        delete from contract
        where contract.tenant_id = $1
          and contract.consumer_version_id = any($2)
          and contract.provider_id = $3
        returning contract.content_id
        "#,
        tenant.0,
        versions,
        provider.0,
    )
    .fetch_all(&mut *db)
    .await?;
    verification_requests::delete_unneeded(db, tenant, &contents).await?;
    move_latest(db, tenant, versions).await?;
    Ok(u64::try_from(contents.len()).unwrap_or(u64::MAX))
}

/// Who consumes the pacticipant.
pub(crate) async fn list_consumers(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
) -> sqlx::Result<Vec<(PacticipantId, String)>> {
    let consumers = sqlx::query!(
        r#"
        select pacticipant.id, pacticipant.name
        from integration
        join pacticipant on pacticipant.tenant_id = $1
                        and pacticipant.id = integration.consumer_id
        where integration.tenant_id = $1
          and integration.provider_id = $2
        order by integration.consumer_id
        "#,
        tenant.0,
        provider.0,
    )
    .fetch_all(db)
    .await?;
    Ok(consumers.into_iter().map(|one| (PacticipantId(one.id), one.name)).collect())
}
