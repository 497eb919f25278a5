//! Results of verifications.

use sqlx::PgConnection;

use super::contents::Sides;
use super::contracts::delete_deliveries;
use super::versions::Page;
use crate::ids::{ContentId, PacticipantId, TenantId};

/// Some results by versions of a provider: number and position of the version. Those of older versions come first, and of a
/// version the older ones, so that the latest one is deleted last.
pub(crate) async fn list_results_of_provider(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    Page { above, most }: Page,
) -> sqlx::Result<Vec<(i64, i64)>> {
    let found = sqlx::query!(
        r#"
        select result.number, published.position
        from (
            select version.id, version.position
            from version
            where version.tenant_id = $1
              and version.pacticipant_id = $2
              and version.position > $3
            order by version.position
        ) as published
        cross join lateral (
            select verification_log.number
            from verification_log
            where verification_log.tenant_id = $1
              and verification_log.provider_version_id = published.id
            order by verification_log.number
            limit $4
        ) as result
        limit $4
        "#,
        tenant.0,
        provider.0,
        above,
        most,
    )
    .fetch_all(db)
    .await?;
    Ok(found.into_iter().map(|one| (one.number, one.position)).collect())
}

/// Numbers of some results for contents that no contract has: of each content the older ones first.
pub(crate) async fn list_results_of_contents(
    db: &mut PgConnection,
    tenant: TenantId,
    sides: Sides,
    most: i64,
) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        r#"
        select result.number
        from contract_content
        cross join lateral (
            select verification_log.number
            from verification_log
            where verification_log.tenant_id = $1
              and verification_log.content_id = contract_content.id
            order by verification_log.number
            limit $4
        ) as result
        where contract_content.tenant_id = $1
          and ($2::bigint is null or contract_content.consumer_id = $2)
          and ($3::bigint is null or contract_content.provider_id = $3)
          and not exists (
              select from contract
              where contract.tenant_id = $1
                and contract.content_id = contract_content.id
          )
        limit $4
        "#,
        tenant.0,
        sides.consumer.map(|consumer| consumer.0),
        sides.provider.map(|provider| provider.0),
        most,
    )
    .fetch_all(db)
    .await
}

/// Deletes results, and what was told of them. Of the same content and provider version those before them have to be gone,
/// or to go as well.
pub(crate) async fn delete_results(db: &mut PgConnection, tenant: TenantId, numbers: &[i64]) -> sqlx::Result<()> {
    let deliveries = sqlx::query_scalar!(
        r#"
        select webhook_delivery.id
        from webhook_delivery
        where webhook_delivery.tenant_id = $1
          and webhook_delivery.verification_number = any($2)
        "#,
        tenant.0,
        numbers,
    )
    .fetch_all(&mut *db)
    .await?;
    delete_deliveries(db, tenant, &deliveries).await?;
    sqlx::query!(
        r#"
        delete from verification
        where verification.tenant_id = $1
          and verification.number = any($2)
        "#,
        tenant.0,
        numbers,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        delete from verification_log
        where verification_log.tenant_id = $1
          and verification_log.number = any($2)
        "#,
        tenant.0,
        numbers,
    )
    .execute(&mut *db)
    .await?;
    Ok(())
}

/// The number of the latest result for a content.
pub(crate) async fn find_latest_result(
    db: &mut PgConnection,
    tenant: TenantId,
    content: ContentId,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        r#"
        select verification_log.number
        from verification_log
        where verification_log.tenant_id = $1
          and verification_log.content_id = $2
        order by verification_log.number desc
        limit 1
        "#,
        tenant.0,
        content.0,
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
    delete_results(db, tenant, &[number]).await?;
    Ok(true)
}
