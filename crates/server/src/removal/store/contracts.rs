//! Contracts, their content, and results.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::{ContentId, PacticipantId, TenantId};

/// Waits for whoever publishes a contract that is newer than the latest one of a version.
pub(super) async fn hold_integrations(db: &mut PgConnection, tenant: TenantId, versions: &[i64]) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        select from integration
        join pacticipant on pacticipant.tenant_id = integration.tenant_id
                        and pacticipant.id = integration.provider_id
        where integration.tenant_id = $1
          and integration.latest_consumer_version_id = any($2)
        order by integration.consumer_id, pacticipant.name
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

/// Whose contracts with a provider are meant.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Of<'a> {
    All,
    Version(&'a str),
    Tag(&'a str),
    Branch(&'a str),
    MainBranch,
}

/// Some consumer versions that have a contract with the provider; held.
pub(crate) async fn hold_contracting(
    db: &mut PgConnection,
    tenant: TenantId,
    (consumer, provider): (PacticipantId, PacticipantId),
    of: Of<'_>,
    most: i64,
) -> sqlx::Result<Vec<i64>> {
    let (version, tag, branch) = match of {
        Of::All | Of::MainBranch => (None, None, None),
        Of::Version(number) => (Some(number), None, None),
        Of::Tag(tag) => (None, Some(tag), None),
        Of::Branch(branch) => (None, None, Some(branch)),
    };
    let main_branch = matches!(of, Of::MainBranch);
    sqlx::query_scalar!(
        r#"
        select version.id
        from contract
        join version on version.tenant_id = $1
                    and version.id = contract.consumer_version_id
        where contract.tenant_id = $1
          and contract.consumer_id = $2
          and contract.provider_id = $3
          and ($4::text is null or version.number = $4)
          and ($5::text is null or exists (
              select from tag
              where tag.tenant_id = $1
                and tag.version_id = version.id
                and tag.name = $5
          ))
          and ($6::text is null or exists (
              select from branch_version
              where branch_version.tenant_id = $1
                and branch_version.version_id = version.id
                and branch_version.branch = $6
          ))
          and (not $7 or exists (
              select from branch_version
              join pacticipant on pacticipant.tenant_id = $1
                              and pacticipant.id = $2
                              and pacticipant.main_branch = branch_version.branch
              where branch_version.tenant_id = $1
                and branch_version.version_id = version.id
          ))
        order by contract.position
        limit $8
        for update of version
        "#,
        tenant.0,
        consumer.0,
        provider.0,
        version,
        tag,
        branch,
        main_branch,
        most,
    )
    .fetch_all(db)
    .await
}

/// Deletes the contracts of consumer versions, which are held, with the provider. Their content stays.
pub(crate) async fn delete_contracts(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    versions: &[i64],
) -> sqlx::Result<()> {
    hold_integrations(db, tenant, versions).await?;
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
          and contract_revision.consumer_version_id = any($2) and contract_revision.provider_id = $3
        "#,
        tenant.0,
        versions,
        provider.0,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        delete from contract
        where contract.tenant_id = $1
          and contract.consumer_version_id = any($2) and contract.provider_id = $3
        "#,
        tenant.0,
        versions,
        provider.0,
    )
    .execute(&mut *db)
    .await?;
    move_latest(db, tenant, versions).await
}

/// Who consumes the pacticipant.
pub(crate) async fn list_consumers(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
) -> sqlx::Result<Vec<PacticipantId>> {
    sqlx::query_scalar!(
        r#"
        select integration.consumer_id as "id: _"
        from integration
        where integration.tenant_id = $1
          and integration.provider_id = $2
        order by integration.consumer_id
        "#,
        tenant.0,
        provider.0,
    )
    .fetch_all(db)
    .await
}

/// Deletes some contents of a consumer, of a provider or of the two, with their results. A content that a contract has
/// stays. Returns how many were deleted.
pub(crate) async fn delete_contents(
    db: &mut PgConnection,
    tenant: TenantId,
    consumer: Option<PacticipantId>,
    provider: Option<PacticipantId>,
    most: i64,
) -> sqlx::Result<usize> {
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
    sqlx::query!(
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
    Ok(contents.len())
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
