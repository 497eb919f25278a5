//! The content of contracts.

use sqlx::PgConnection;

use super::results::delete_results;
use super::versions::Page;
use crate::ids::{ContentId, PacticipantId, TenantId};
use crate::{usage, verification_requests};

/// Whose contents are meant: those of a consumer, of a provider or of the two.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sides {
    pub(crate) consumer: Option<PacticipantId>,
    pub(crate) provider: Option<PacticipantId>,
}

/// Deletes some contents that no contract has, with the results that they still have. Returns how many were deleted.
pub(crate) async fn delete_contents(
    db: &mut PgConnection,
    tenant: TenantId,
    sides: Sides,
    most: i64,
) -> sqlx::Result<u64> {
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
        limit $4
        for update
        "#,
        tenant.0,
        sides.consumer.map(|consumer| consumer.0),
        sides.provider.map(|provider| provider.0),
        most,
    )
    .fetch_all(&mut *db)
    .await?;
    delete_held(db, tenant, &contents).await
}

/// Deletes contents that are held, with the results that they still have.
async fn delete_held(db: &mut PgConnection, tenant: TenantId, contents: &[i64]) -> sqlx::Result<u64> {
    let results = sqlx::query_scalar!(
        r#"
        select verification_log.number
        from verification_log
        where verification_log.tenant_id = $1
          and verification_log.content_id = any($2)
        "#,
        tenant.0,
        contents,
    )
    .fetch_all(&mut *db)
    .await?;
    delete_results(db, tenant, &results).await?;
    verification_requests::delete_unneeded(db, tenant, contents).await?;
    usage::delete_of_contents(db, tenant, contents).await?;
    sqlx::query!(
        r#"
        delete from contract_revision
        where contract_revision.tenant_id = $1
          and contract_revision.content_id = any($2)
        "#,
        tenant.0,
        contents,
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
        contents,
    )
    .execute(&mut *db)
    .await?;
    Ok(deleted.rows_affected())
}

/// Looks at some contents, and lists those that no version has, nor had before it was published anew. Also the last one
/// that was looked at, if there may be more.
pub(crate) async fn list_orphans(
    db: &mut PgConnection,
    tenant: TenantId,
    Page { above, most }: Page,
) -> sqlx::Result<(Option<i64>, Vec<i64>)> {
    let found = sqlx::query!(
        r#"
        select contract_content.id,
               not exists (
                   select from contract
                   where contract.tenant_id = $1
                     and contract.content_id = contract_content.id
               )
               and not exists (
                   select from contract_revision
                   where contract_revision.tenant_id = $1
                     and contract_revision.content_id = contract_content.id
               ) as "is_orphan!"
        from contract_content
        where contract_content.tenant_id = $1
          and contract_content.id > $2
        order by contract_content.id
        limit $3
        "#,
        tenant.0,
        above,
        most,
    )
    .fetch_all(db)
    .await?;
    let last = found.last().map(|one| one.id).filter(|_| i64::try_from(found.len()).is_ok_and(|count| count == most));
    Ok((last, found.into_iter().filter(|one| one.is_orphan).map(|one| one.id).collect()))
}

/// Deletes those of the contents that are still nobody's once they are held, with their results.
pub(crate) async fn delete_orphans(db: &mut PgConnection, tenant: TenantId, contents: &[i64]) -> sqlx::Result<u64> {
    sqlx::query!(
        r#"
        select from contract_content
        where contract_content.tenant_id = $1
          and contract_content.id = any($2)
        order by contract_content.id
        for update
        "#,
        tenant.0,
        contents,
    )
    .fetch_all(&mut *db)
    .await?;
    let orphans = sqlx::query_scalar!(
        r#"
        select contract_content.id
        from contract_content
        where contract_content.tenant_id = $1
          and contract_content.id = any($2)
          and not exists (
              select from contract
              where contract.tenant_id = $1
                and contract.content_id = contract_content.id
          )
          and not exists (
              select from contract_revision
              where contract_revision.tenant_id = $1
                and contract_revision.content_id = contract_content.id
          )
        "#,
        tenant.0,
        contents,
    )
    .fetch_all(&mut *db)
    .await?;
    delete_held(db, tenant, &orphans).await
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
