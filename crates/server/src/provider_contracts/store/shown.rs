//! What is shown of provider contracts.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::ids::{PacticipantId, TenantId, VersionId};

/// A version's provider contract, without the document and the report.
pub(crate) struct Shown {
    pub(crate) provider: String,
    pub(crate) version: String,
    pub(crate) specification: String,
    pub(crate) sha: String,
    pub(crate) content_type: String,
    pub(crate) size_bytes: i64,
    pub(crate) created_at: DateTime<Utc>,
    /// `None` when nobody has tested it.
    pub(crate) success: Option<bool>,
    pub(crate) report_type: Option<String>,
    pub(crate) format: Option<String>,
    pub(crate) verifier: Option<String>,
    pub(crate) verifier_version: Option<String>,
    pub(crate) tested_at: Option<DateTime<Utc>>,
}

/// Those of the versions, the newest version first.
pub(crate) async fn list_shown(db: &mut PgConnection, tenant: TenantId, versions: &[i64]) -> sqlx::Result<Vec<Shown>> {
    sqlx::query_as!(
        Shown,
        r#"
        select pacticipant.name as provider, version.number as version, provider_contract_content.specification,
               provider_contract_content.sha, provider_contract.content_type,
               octet_length(provider_contract_content.content)::bigint as "size_bytes!", provider_contract.created_at,
               results.success as "success?", results.content_type as report_type, results.format, results.verifier,
               results.verifier_version, results.created_at as "tested_at?"
        from provider_contract
        join version on version.tenant_id = $1
                    and version.id = provider_contract.version_id
        join pacticipant on pacticipant.tenant_id = $1
                        and pacticipant.id = provider_contract.provider_id
        join provider_contract_content on provider_contract_content.tenant_id = $1
                                      and provider_contract_content.id = provider_contract.content_id
        left join provider_contract_verification as results on results.tenant_id = $1
                                                           and results.id = provider_contract.verification_id
        where provider_contract.tenant_id = $1
          and provider_contract.version_id = any($2)
        order by provider_contract.position desc
        "#,
        tenant.0,
        versions,
    )
    .fetch_all(db)
    .await
}

/// Some versions of a provider that have one, the newest first, and how many have one.
pub(crate) async fn list_versions(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    limit: Option<i64>,
    offset: i64,
) -> sqlx::Result<(Vec<i64>, i64)> {
    let total = sqlx::query_scalar!(
        r#"select count(*) as "count!" from provider_contract where tenant_id = $1 and provider_id = $2"#,
        tenant.0,
        provider.0,
    )
    .fetch_one(&mut *db)
    .await?;
    let versions = sqlx::query_scalar!(
        r#"
        select version_id
        from provider_contract
        where tenant_id = $1
          and provider_id = $2
        order by position desc
        limit $3
        offset $4
        "#,
        tenant.0,
        provider.0,
        limit,
        offset,
    )
    .fetch_all(db)
    .await?;
    Ok((versions, total))
}

/// Those of the versions that have one.
pub(crate) async fn list_having(
    db: &mut PgConnection,
    tenant: TenantId,
    versions: &[i64],
) -> sqlx::Result<Vec<VersionId>> {
    sqlx::query_scalar!(
        r#"select version_id as "id: VersionId" from provider_contract where tenant_id = $1 and version_id = any($2)"#,
        tenant.0,
        versions,
    )
    .fetch_all(db)
    .await
}

/// A document as it was received, and what it is served as.
pub(crate) struct Served {
    pub(crate) content: String,
    pub(crate) content_type: String,
}

pub(crate) async fn find_document(
    db: &mut PgConnection,
    tenant: TenantId,
    version: VersionId,
) -> sqlx::Result<Option<Served>> {
    sqlx::query_as!(
        Served,
        r#"
        select provider_contract_content.content, provider_contract.content_type
        from provider_contract
        join provider_contract_content on provider_contract_content.tenant_id = $1
                                      and provider_contract_content.id = provider_contract.content_id
        where provider_contract.tenant_id = $1
          and provider_contract.version_id = $2
        "#,
        tenant.0,
        version.0,
    )
    .fetch_optional(db)
    .await
}

/// The report of the latest results, as it was received.
pub(crate) async fn find_report(
    db: &mut PgConnection,
    tenant: TenantId,
    version: VersionId,
) -> sqlx::Result<Option<Vec<u8>>> {
    let found = sqlx::query_scalar!(
        r#"
        select results.content
        from provider_contract
        join provider_contract_verification as results on results.tenant_id = $1
                                                      and results.id = provider_contract.verification_id
        where provider_contract.tenant_id = $1
          and provider_contract.version_id = $2
        "#,
        tenant.0,
        version.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(found.flatten())
}
