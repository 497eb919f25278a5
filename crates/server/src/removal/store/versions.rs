//! Versions.

use pactolus_domain::names::VersionNumber;
use sqlx::PgConnection;

use super::contracts::{delete_deliveries, hold_integrations, move_latest};
use super::results::delete_results;
use crate::ids::{PacticipantId, TenantId, VersionId};
use crate::{evidence, provider_contracts, verification_requests};

/// Waits for whoever publishes for the version; nobody does until the transaction ends.
pub(crate) async fn hold_version(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    number: &VersionNumber,
) -> sqlx::Result<Option<VersionId>> {
    sqlx::query_scalar!(
        r#"
        select version.id as "id: _"
        from version
        where version.tenant_id = $1
          and version.pacticipant_id = $2
          and version.number = $3
        for update
        "#,
        tenant.0,
        pacticipant.0,
        number.as_str(),
    )
    .fetch_optional(db)
    .await
}

/// Some of the pacticipant's versions, oldest first; held.
pub(crate) async fn hold_versions(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    most: i64,
) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        r#"
        select version.id
        from version
        where version.tenant_id = $1
          and version.pacticipant_id = $2
        order by version.position
        limit $3
        for update
        "#,
        tenant.0,
        pacticipant.0,
        most,
    )
    .fetch_all(db)
    .await
}

/// So many above a position.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    pub(crate) above: i64,
    pub(crate) most: i64,
}

/// The next versions of the pacticipant, oldest first: id, position, and whether it has neither contracts of either side nor results.
pub(crate) async fn list_next(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    Page { above, most }: Page,
) -> sqlx::Result<Vec<(i64, i64, bool)>> {
    let found = sqlx::query!(
        r#"
        select version.id,
               version.position,
               not exists (
                   select from contract
                   where contract.tenant_id = $1
                     and contract.consumer_version_id = version.id
               )
               and not exists (
                   select from verification_log
                   where verification_log.tenant_id = $1
                     and verification_log.provider_version_id = version.id
               )
               and not exists (
                   select from provider_contract
                   where provider_contract.tenant_id = $1
                     and provider_contract.version_id = version.id
               ) as "is_bare!"
        from version
        where version.tenant_id = $1
          and version.pacticipant_id = $2
          and version.position > $3
        order by version.position
        limit $4
        "#,
        tenant.0,
        pacticipant.0,
        above,
        most,
    )
    .fetch_all(db)
    .await?;
    Ok(found.into_iter().map(|one| (one.id, one.position, one.is_bare)).collect())
}

/// Holds those of the versions that are still there.
pub(crate) async fn hold_listed(db: &mut PgConnection, tenant: TenantId, versions: &[i64]) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        r#"
        select version.id
        from version
        where version.tenant_id = $1
          and version.id = any($2)
        order by version.position
        for update
        "#,
        tenant.0,
        versions,
    )
    .fetch_all(db)
    .await
}

/// Those of the held versions that have neither contracts of either side nor results: somebody may have published before they were held.
pub(crate) async fn list_bare(db: &mut PgConnection, tenant: TenantId, held: &[i64]) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        r#"
        select held.id as "id!"
        from unnest($2::bigint[]) as held (id)
        where not exists (
              select from contract
              where contract.tenant_id = $1
                and contract.consumer_version_id = held.id
          )
          and not exists (
              select from verification_log
              where verification_log.tenant_id = $1
                and verification_log.provider_version_id = held.id
          )
          and not exists (
              select from provider_contract
              where provider_contract.tenant_id = $1
                and provider_contract.version_id = held.id
          )
        "#,
        tenant.0,
        held,
    )
    .fetch_all(db)
    .await
}

/// Deletes versions that are held, with their contracts, provider contracts, results, evidence, tags, branches, deployments,
/// releases and what was told of them. The content of their contracts stays.
pub(crate) async fn delete_versions(db: &mut PgConnection, tenant: TenantId, versions: &[i64]) -> sqlx::Result<()> {
    hold_heads(db, tenant, versions).await?;
    hold_integrations(db, tenant, versions).await?;
    delete_what_was_told(db, tenant, versions).await?;
    delete_contracts_and_results(db, tenant, versions).await?;
    provider_contracts::delete_of_versions(db, tenant, versions).await?;
    move_latest(db, tenant, versions).await?;
    sqlx::query!(
        r#"
        delete from deployed_version
        where deployed_version.tenant_id = $1
          and deployed_version.version_id = any($2)
        "#,
        tenant.0,
        versions,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        delete from released_version
        where released_version.tenant_id = $1
          and released_version.version_id = any($2)
        "#,
        tenant.0,
        versions,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        delete from tag
        where tag.tenant_id = $1
          and tag.version_id = any($2)
        "#,
        tenant.0,
        versions,
    )
    .execute(&mut *db)
    .await?;
    move_tag_heads(db, tenant, versions).await?;
    sqlx::query!(
        r#"
        delete from branch_version
        where branch_version.tenant_id = $1
          and branch_version.version_id = any($2)
        "#,
        tenant.0,
        versions,
    )
    .execute(&mut *db)
    .await?;
    move_branch_heads(db, tenant, versions).await?;
    sqlx::query!(
        r#"
        delete from version
        where version.tenant_id = $1
          and version.id = any($2)
        "#,
        tenant.0,
        versions,
    )
    .execute(&mut *db)
    .await?;
    Ok(())
}

/// In the order in which publishing holds them.
async fn hold_heads(db: &mut PgConnection, tenant: TenantId, versions: &[i64]) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        select from branch
        where branch.tenant_id = $1
          and (branch.pacticipant_id, branch.name) in (
              select branch_version.pacticipant_id, branch_version.branch
              from branch_version
              where branch_version.tenant_id = $1
                and branch_version.version_id = any($2)
          )
        order by branch.pacticipant_id, branch.name
        for update
        "#,
        tenant.0,
        versions,
    )
    .fetch_all(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        select from tag_head
        where tag_head.tenant_id = $1
          and (tag_head.pacticipant_id, tag_head.name) in (
              select tag.pacticipant_id, tag.name
              from tag
              where tag.tenant_id = $1
                and tag.version_id = any($2)
          )
        order by tag_head.pacticipant_id, tag_head.name
        for update
        "#,
        tenant.0,
        versions,
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(())
}

async fn delete_what_was_told(db: &mut PgConnection, tenant: TenantId, versions: &[i64]) -> sqlx::Result<()> {
    let deliveries = sqlx::query_scalar!(
        r#"
        select webhook_delivery.id
        from webhook_delivery
        where webhook_delivery.tenant_id = $1
          and webhook_delivery.consumer_version_id = any($2)
        "#,
        tenant.0,
        versions,
    )
    .fetch_all(&mut *db)
    .await?;
    delete_deliveries(db, tenant, &deliveries).await
}

async fn delete_contracts_and_results(db: &mut PgConnection, tenant: TenantId, versions: &[i64]) -> sqlx::Result<()> {
    let results = sqlx::query_scalar!(
        r#"
        select verification_log.number
        from verification_log
        where verification_log.tenant_id = $1
          and verification_log.provider_version_id = any($2)
        "#,
        tenant.0,
        versions,
    )
    .fetch_all(&mut *db)
    .await?;
    delete_results(db, tenant, &results).await?;
    verification_requests::delete_of_versions(db, tenant, versions).await?;
    evidence::delete_of_versions(db, tenant, versions).await?;
    sqlx::query!(
        r#"
        delete from contract_revision
        where contract_revision.tenant_id = $1
          and contract_revision.consumer_version_id = any($2)
        "#,
        tenant.0,
        versions,
    )
    .execute(&mut *db)
    .await?;
    let contents = sqlx::query_scalar!(
        r#"
        delete from contract
        where contract.tenant_id = $1
          and contract.consumer_version_id = any($2)
        returning contract.content_id
        "#,
        tenant.0,
        versions,
    )
    .fetch_all(&mut *db)
    .await?;
    verification_requests::delete_unneeded(db, tenant, &contents).await
}

/// From versions that do not have the tag any more to the highest one that has.
async fn move_tag_heads(db: &mut PgConnection, tenant: TenantId, versions: &[i64]) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update tag_head
        set version_id = next.version_id, position = next.position
        from (
            select head.pacticipant_id, head.name, below.version_id, below.position
            from tag_head as head
            cross join lateral (
                select tag.version_id, tag.position
                from tag
                where tag.tenant_id = $1
                  and tag.pacticipant_id = head.pacticipant_id
                  and tag.name = head.name
                order by tag.position desc
                limit 1
            ) as below
            where head.tenant_id = $1
              and head.version_id = any($2)
        ) as next
        where tag_head.tenant_id = $1
          and tag_head.pacticipant_id = next.pacticipant_id
          and tag_head.name = next.name
        "#,
        tenant.0,
        versions,
    )
    .execute(&mut *db)
    .await?;
    // Those that found no other version.
    sqlx::query!(
        r#"
        delete from tag_head
        where tag_head.tenant_id = $1
          and tag_head.version_id = any($2)
        "#,
        tenant.0,
        versions,
    )
    .execute(&mut *db)
    .await?;
    Ok(())
}

/// From versions that are not on the branch any more to the highest one that is.
async fn move_branch_heads(db: &mut PgConnection, tenant: TenantId, versions: &[i64]) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update branch_head
        set version_id = next.version_id
        from (
            select head.pacticipant_id, head.branch, below.version_id
            from branch_head as head
            cross join lateral (
                select branch_version.version_id
                from branch_version
                where branch_version.tenant_id = $1
                  and branch_version.pacticipant_id = head.pacticipant_id
                  and branch_version.branch = head.branch
                order by branch_version.position desc
                limit 1
            ) as below
            where head.tenant_id = $1
              and head.version_id = any($2)
        ) as next
        where branch_head.tenant_id = $1
          and branch_head.pacticipant_id = next.pacticipant_id
          and branch_head.branch = next.branch
        "#,
        tenant.0,
        versions,
    )
    .execute(&mut *db)
    .await?;
    // Those that found no other version.
    sqlx::query!(
        r#"
        delete from branch_head
        where branch_head.tenant_id = $1
          and branch_head.version_id = any($2)
        "#,
        tenant.0,
        versions,
    )
    .execute(&mut *db)
    .await?;
    Ok(())
}
