//! SQL of provider contracts. A document's text is read only where it is served.

use chrono::{DateTime, Utc};
use pactolus_domain::provider_contract::{Document, MediaType, Specification};
use sqlx::PgConnection;

use crate::ids::{PacticipantId, TenantId, VersionId};
use crate::versions::EnsuredVersion;

pub(crate) mod listed;
pub(crate) mod shown;

/// What a version has already.
pub(super) struct Existing {
    content_id: i64,
    pub(super) specification: String,
    pub(super) sha: String,
    /// The latest result about it.
    verification_id: Option<i64>,
    pub(super) success: Option<bool>,
}

pub(super) async fn find_existing(
    db: &mut PgConnection,
    tenant: TenantId,
    version: VersionId,
) -> sqlx::Result<Option<Existing>> {
    sqlx::query_as!(
        Existing,
        r#"
        select provider_contract.content_id, provider_contract_content.specification, provider_contract_content.sha,
               provider_contract.verification_id, provider_contract_verification.success as "success?"
        from provider_contract
        join provider_contract_content on provider_contract_content.tenant_id = provider_contract.tenant_id
                                      and provider_contract_content.id = provider_contract.content_id
        left join provider_contract_verification
               on provider_contract_verification.tenant_id = provider_contract.tenant_id
              and provider_contract_verification.id = provider_contract.verification_id
        where provider_contract.tenant_id = $1
          and provider_contract.version_id = $2
        "#,
        tenant.0,
        version.0,
    )
    .fetch_optional(db)
    .await
}

/// The provider's document of that content.
pub(super) async fn ensure_content(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    specification: Specification,
    document: &Document,
    now: DateTime<Utc>,
) -> sqlx::Result<i64> {
    if let Some(id) = find_content_id(db, tenant, provider, specification, document).await? {
        return Ok(id);
    }
    let inserted = sqlx::query_scalar!(
        r#"
        insert into provider_contract_content (tenant_id, provider_id, specification, sha, content, created_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict on constraint provider_contract_content_sha_key do nothing
        returning id
        "#,
        tenant.0,
        provider.0,
        specification.as_str(),
        document.sha().as_str(),
        document.text(),
        now,
    )
    .fetch_optional(&mut *db)
    .await?;
    if let Some(id) = inserted {
        return Ok(id);
    }
    // Another publication of the same document came first.
    let id = find_content_id(db, tenant, provider, specification, document).await?;
    id.ok_or(sqlx::Error::RowNotFound)
}

async fn find_content_id(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    specification: Specification,
    document: &Document,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        r#"
        select id
        from provider_contract_content
        where tenant_id = $1
          and provider_id = $2
          and sha = $3
          and specification = $4
        "#,
        tenant.0,
        provider.0,
        document.sha().as_str(),
        specification.as_str(),
    )
    .fetch_optional(db)
    .await
}

/// What came of testing a version against its document.
pub(super) struct Results {
    pub(super) success: bool,
    pub(super) content: Option<Vec<u8>>,
    pub(super) content_type: Option<String>,
    pub(super) format: Option<String>,
    pub(super) verifier: Option<String>,
    pub(super) verifier_version: Option<String>,
}

/// Records the results, unless `existing`, the latest ones of the version, are the same. Returns which are the latest now.
pub(super) async fn record_results(
    db: &mut PgConnection,
    tenant: TenantId,
    (version, content): (VersionId, i64),
    results: &Results,
    existing: Option<i64>,
    now: DateTime<Utc>,
) -> sqlx::Result<i64> {
    let recorded = sqlx::query_scalar!(
        r#"
        insert into provider_contract_verification (tenant_id, version_id, content_id, success, content, content_type,
                                                    format, verifier, verifier_version, created_at)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
        where not exists (
            select from provider_contract_verification as latest
            where latest.tenant_id = $1
              and latest.id = $11
              and latest.content_id = $3
              and latest.success = $4
              and latest.content is not distinct from $5
              and latest.content_type is not distinct from $6
              and latest.format is not distinct from $7
              and latest.verifier is not distinct from $8
              and latest.verifier_version is not distinct from $9
        )
        returning id
        "#,
        tenant.0,
        version.0,
        content,
        results.success,
        results.content.as_deref(),
        results.content_type.as_deref(),
        results.format.as_deref(),
        results.verifier.as_deref(),
        results.verifier_version.as_deref(),
        now,
        existing,
    )
    .fetch_optional(db)
    .await?;
    recorded.or(existing).ok_or(sqlx::Error::RowNotFound)
}

/// What is published for a version.
pub(super) struct Put<'a> {
    pub(super) provider: PacticipantId,
    pub(super) version: EnsuredVersion,
    pub(super) content: i64,
    pub(super) content_type: &'a MediaType,
    pub(super) results: Option<&'a Results>,
}

/// Puts it in place of `existing`, what the version has. Results stay those of the same document when none are new.
pub(super) async fn put(
    db: &mut PgConnection,
    tenant: TenantId,
    put: &Put<'_>,
    existing: Option<&Existing>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let before = existing.filter(|existing| existing.content_id == put.content).and_then(|same| same.verification_id);
    let verification = match put.results {
        Some(results) => Some(record_results(db, tenant, (put.version.id, put.content), results, before, now).await?),
        None => before,
    };
    sqlx::query!(
        r#"
        insert into provider_contract (tenant_id, version_id, provider_id, position, content_id, content_type,
                                       verification_id, revision, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, 1, $8)
        on conflict (tenant_id, version_id) do update
        set content_id = excluded.content_id,
            content_type = excluded.content_type,
            verification_id = excluded.verification_id,
            revision = provider_contract.revision + (excluded.content_id <> provider_contract.content_id)::integer,
            created_at = case
                when excluded.content_id = provider_contract.content_id then provider_contract.created_at
                else excluded.created_at
            end
        "#,
        tenant.0,
        put.version.id.0,
        put.provider.0,
        put.version.position,
        put.content,
        put.content_type.as_str(),
        verification,
        now,
    )
    .execute(&mut *db)
    .await?;
    if let Some(replaced) = existing.filter(|existing| existing.content_id != put.content) {
        delete_contents(db, tenant, &[replaced.content_id]).await?;
    }
    Ok(())
}

/// Deletes those of the contents that no version has, nor had with a result.
async fn delete_contents(db: &mut PgConnection, tenant: TenantId, contents: &[i64]) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        delete from provider_contract_content
        where provider_contract_content.tenant_id = $1
          and provider_contract_content.id = any($2)
          and not exists (
              select from provider_contract
              where provider_contract.tenant_id = $1
                and provider_contract.content_id = provider_contract_content.id
          )
          and not exists (
              select from provider_contract_verification
              where provider_contract_verification.tenant_id = $1
                and provider_contract_verification.content_id = provider_contract_content.id
          )
        "#,
        tenant.0,
        contents,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes what the versions have published, and documents that nobody else has.
pub(crate) async fn delete_of_versions(db: &mut PgConnection, tenant: TenantId, versions: &[i64]) -> sqlx::Result<()> {
    let published = sqlx::query_scalar!(
        r#"
        delete from provider_contract
        where provider_contract.tenant_id = $1
          and provider_contract.version_id = any($2)
        returning provider_contract.content_id
        "#,
        tenant.0,
        versions,
    )
    .fetch_all(&mut *db)
    .await?;
    let tested = sqlx::query_scalar!(
        r#"
        delete from provider_contract_verification
        where provider_contract_verification.tenant_id = $1
          and provider_contract_verification.version_id = any($2)
        returning provider_contract_verification.content_id
        "#,
        tenant.0,
        versions,
    )
    .fetch_all(&mut *db)
    .await?;
    delete_contents(db, tenant, &[published, tested].concat()).await
}
