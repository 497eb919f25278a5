//! The content of contracts, and results.

use sqlx::PgConnection;

use super::contracts::delete_deliveries;
use crate::ids::{ContentId, PacticipantId, TenantId};

/// Deletes some contents of a consumer, of a provider or of the two, with their results. A content that a contract has
/// stays. Returns how many were deleted.
pub(crate) async fn delete_contents(
    db: &mut PgConnection,
    tenant: TenantId,
    consumer: Option<PacticipantId>,
    provider: Option<PacticipantId>,
    most: i64,
) -> sqlx::Result<u64> {
    let (consumer, provider) = (consumer.map(|consumer| consumer.0), provider.map(|provider| provider.0));
    let contents = sqlx::query_scalar!(
        r#"
        select contract_content.id
        from contract_content
        where contract_content.tenant_id = $1
          and ($2::bigint is null or contract_content.consumer_id = $2)
          and ($3::bigint is null or contract_content.provider_id = $3)
          and not exists (
              select from contract
              where contract.tenant_id = $1
                and contract.content_id = contract_content.id
          )
        order by contract_content.id
        limit $4
        for update
        "#,
        tenant.0,
        consumer,
        provider,
        most,
    )
    .fetch_all(&mut *db)
    .await?;
    let deliveries = sqlx::query_scalar!(
        r#"
        select webhook_delivery.id
        from verification_log
        join webhook_delivery on webhook_delivery.tenant_id = $1
                             and webhook_delivery.verification_number = verification_log.number
        where verification_log.tenant_id = $1
          and verification_log.content_id = any($2)
        "#,
        tenant.0,
        &contents,
    )
    .fetch_all(&mut *db)
    .await?;
    delete_deliveries(db, tenant, &deliveries).await?;
    sqlx::query!(
        r#"
        delete from verification
        where verification.tenant_id = $1
          and verification.content_id = any($2)
        "#,
        tenant.0,
        &contents,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        delete from verification_log
        where verification_log.tenant_id = $1
          and verification_log.content_id = any($2)
        "#,
        tenant.0,
        &contents,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        delete from contract_revision
        where contract_revision.tenant_id = $1
          and contract_revision.content_id = any($2)
        "#,
        tenant.0,
        &contents,
    )
    .execute(&mut *db)
    .await?;
    let deleted = sqlx::query!(
        r#"
        delete from contract_content
        where contract_content.tenant_id = $1
          and contract_content.id = any($2)
        "#,
        tenant.0,
        &contents,
    )
    .execute(&mut *db)
    .await?;
    Ok(deleted.rows_affected())
}

/// The content with the sha.
pub(crate) async fn find_content(
    db: &mut PgConnection,
    tenant: TenantId,
    (consumer, provider): (PacticipantId, PacticipantId),
    sha: &str,
) -> sqlx::Result<Option<ContentId>> {
    sqlx::query_scalar!(
        r#"
        select contract_content.id as "id: _"
        from contract_content
        where contract_content.tenant_id = $1
          and contract_content.consumer_id = $2
          and contract_content.provider_id = $3
          and contract_content.sha = $4
        "#,
        tenant.0,
        consumer.0,
        provider.0,
        sha,
    )
    .fetch_optional(db)
    .await
}

/// Deletes a result; the one before it for the same content and provider version counts again, if there is one.
pub(crate) async fn delete_result(
    db: &mut PgConnection,
    tenant: TenantId,
    content: ContentId,
    number: i64,
) -> sqlx::Result<bool> {
    let held = sqlx::query_scalar!(
        r#"
        select version.id
        from verification_log
        join version on version.tenant_id = $1
                    and version.id = verification_log.provider_version_id
        where verification_log.tenant_id = $1
          and verification_log.number = $2
          and verification_log.content_id = $3
        for update
        "#,
        tenant.0,
        number,
        content.0,
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(provider_version) = held else { return Ok(false) };
    let deliveries = sqlx::query_scalar!(
        r#"
        select webhook_delivery.id
        from webhook_delivery
        where webhook_delivery.tenant_id = $1
          and webhook_delivery.verification_number = $2
        "#,
        tenant.0,
        number,
    )
    .fetch_all(&mut *db)
    .await?;
    delete_deliveries(db, tenant, &deliveries).await?;
    sqlx::query!(
        r#"
        update verification
        set success = before.success, number = before.number, verified_at = before.created_at
        from (
            select verification_log.success, verification_log.number, verification_log.created_at
            from verification_log
            where verification_log.tenant_id = $1
              and verification_log.provider_version_id = $2
              and verification_log.content_id = $3
              and verification_log.number <> $4
            order by verification_log.number desc
            limit 1
        ) as before
        where verification.tenant_id = $1
          and verification.content_id = $3
          and verification.provider_version_id = $2
          and verification.number = $4
        "#,
        tenant.0,
        provider_version,
        content.0,
        number,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        delete from verification
        where verification.tenant_id = $1
          and verification.number = $2
        "#,
        tenant.0,
        number,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        delete from verification_log
        where verification_log.tenant_id = $1
          and verification_log.number = $2
        "#,
        tenant.0,
        number,
    )
    .execute(&mut *db)
    .await?;
    Ok(true)
}
