//! SQL of verification results. The log keeps all of them, `verification` the latest per content and provider version.

use chrono::{DateTime, Utc};
use pactolus_domain::content::ContentSha;
use pactolus_domain::names::PacticipantName;
use serde_json::Value;
use sqlx::PgConnection;

use crate::ids::{ContentId, PacticipantId, TenantId, VersionId};
use crate::versions::EnsuredVersion;

/// Contract content that results are about.
#[derive(Clone, Debug)]
pub(super) struct ContentRef {
    pub(super) id: ContentId,
    pub(super) consumer_id: PacticipantId,
    pub(super) provider_id: PacticipantId,
    /// The latest consumer version with the content; empty if there is none any more.
    pub(super) consumer_version: String,
}

pub(super) async fn find_content(
    db: &mut PgConnection,
    tenant: TenantId,
    consumer: &str,
    provider: &str,
    sha: &str,
) -> sqlx::Result<Option<ContentRef>> {
    sqlx::query_as!(
        ContentRef,
        r#"
        select contract_content.id as "id: _", contract_content.consumer_id as "consumer_id: _",
               contract_content.provider_id as "provider_id: _",
               coalesce(published.number, '') as "consumer_version!"
        from pacticipant as consumer
        join pacticipant as provider on provider.tenant_id = consumer.tenant_id
                                    and provider.name = $3
        join contract_content on contract_content.tenant_id = consumer.tenant_id
                             and contract_content.consumer_id = consumer.id
                             and contract_content.provider_id = provider.id
                             and contract_content.sha = $4
        left join lateral (
            select version.number
            from contract_revision
            join version on version.tenant_id = contract_revision.tenant_id
                        and version.id = contract_revision.consumer_version_id
            where contract_revision.tenant_id = contract_content.tenant_id
              and contract_revision.content_id = contract_content.id
            order by contract_revision.position desc
            limit 1
        ) as published on true
        where consumer.tenant_id = $1
          and consumer.name = $2
        "#,
        tenant.0,
        consumer,
        provider,
        sha,
    )
    .fetch_optional(db)
    .await
}

/// A result as a client publishes it.
pub(super) struct NewResult<'a> {
    pub(super) content: ContentId,
    pub(super) provider_version: EnsuredVersion,
    pub(super) success: bool,
    pub(super) build_url: Option<&'a str>,
    pub(super) test_results: Option<&'a str>,
    pub(super) verified_by: Option<&'a Value>,
    pub(super) consumer_version_numbers: &'a [String],
    pub(super) wip: bool,
    pub(super) pending: Option<bool>,
}

/// The latest result of the pair if it says exactly the same and is not older than `since`: then this one is a retry.
pub(super) async fn find_same(
    db: &mut PgConnection,
    tenant: TenantId,
    result: &NewResult<'_>,
    since: DateTime<Utc>,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        r#"
        select verification_log.number
        from verification
        join verification_log on verification_log.tenant_id = verification.tenant_id
                             and verification_log.number = verification.number
        where verification.tenant_id = $1
          and verification.content_id = $2
          and verification.provider_version_id = $3
          and verification_log.success = $4
          and verification_log.build_url is not distinct from $5
          and verification_log.test_results is not distinct from $6
          and verification_log.verified_by::text is not distinct from $7::json::text
          and verification_log.consumer_version_numbers = $8
          and verification_log.wip = $9
          and verification_log.created_at >= $10
        "#,
        tenant.0,
        result.content.0,
        result.provider_version.id.0,
        result.success,
        result.build_url,
        result.test_results,
        result.verified_by,
        result.consumer_version_numbers,
        result.wip,
        since,
    )
    .fetch_optional(db)
    .await
}

/// A result that was recorded.
pub(super) struct Recorded {
    pub(super) number: i64,
    /// Whether there is evidence of what the provider version answered to this content.
    pub(super) has_evidence: bool,
}

/// Appends the result, makes it the latest of its pair, and ends the request for it.
pub(super) async fn record_result(
    db: &mut PgConnection,
    tenant: TenantId,
    result: &NewResult<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<Recorded> {
    sqlx::query_as!(
        Recorded,
        r#"
        with logged as (
            insert into verification_log (tenant_id, content_id, provider_version_id, success, build_url, test_results,
                                          verified_by, consumer_version_numbers, wip, pending, created_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            returning number
        ),
        latest as (
            insert into verification (tenant_id, content_id, provider_version_id, provider_position, success, number,
                                      verified_at)
            select $1, $2, $3, $12, $4, logged.number, $11
            from logged
            on conflict (tenant_id, content_id, provider_version_id) do update
            set success = excluded.success, number = excluded.number, verified_at = excluded.verified_at
            where verification.number < excluded.number
        ),
        answered as (
            update verification_request
            set state = 'done', ended_at = $11
            where tenant_id = $1
              and content_id = $2
              and provider_version_id = $3
              and state <> 'done'
        )
        select logged.number,
               exists (
                   select from contract_content
                   join pacticipant as consumer on consumer.tenant_id = contract_content.tenant_id
                                               and consumer.id = contract_content.consumer_id
                   join evidence_interaction on evidence_interaction.tenant_id = contract_content.tenant_id
                                            and evidence_interaction.provider_version_id = $3
                                            and evidence_interaction.consumer = consumer.name
                                            and evidence_interaction.contract_sha = contract_content.sha
                   where contract_content.tenant_id = $1
                     and contract_content.id = $2
               ) as "has_evidence!"
        from logged
        "#,
        tenant.0,
        result.content.0,
        result.provider_version.id.0,
        result.success,
        result.build_url,
        result.test_results,
        result.verified_by,
        result.consumer_version_numbers,
        result.wip,
        result.pending,
        now,
        result.provider_version.position,
    )
    .fetch_one(db)
    .await
}

/// Notes that something happened between the two. Whoever is noting the same at this moment need not be waited for.
pub(super) async fn touch_integration(
    db: &mut PgConnection,
    tenant: TenantId,
    (consumer, provider): (PacticipantId, PacticipantId),
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update integration
        set updated_at = $4
        where (tenant_id, consumer_id, provider_id) in (
            select integration.tenant_id, integration.consumer_id, integration.provider_id
            from integration
            where integration.tenant_id = $1
              and integration.consumer_id = $2
              and integration.provider_id = $3
            for update skip locked
        )
        "#,
        tenant.0,
        consumer.0,
        provider.0,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A result as it is shown.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) number: i64,
    pub(super) consumer: String,
    pub(super) provider: String,
    pub(super) provider_version_id: VersionId,
    pub(super) provider_version: String,
    pub(super) sha: String,
    /// The latest consumer version with the content.
    pub(super) consumer_version: String,
    pub(super) success: bool,
    pub(super) build_url: Option<String>,
    pub(super) test_results: Option<String>,
    pub(super) verified_by: Option<Value>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) has_evidence: bool,
}

/// With a number that result, else the one recorded last.
pub(super) async fn find_result(
    db: &mut PgConnection,
    tenant: TenantId,
    content: ContentId,
    number: Option<i64>,
) -> sqlx::Result<Option<Shown>> {
    sqlx::query_as!(
        Shown,
        r#"
        select verification_log.number, consumer.name as consumer, provider.name as provider,
               provider_version.id as "provider_version_id: _", provider_version.number as provider_version,
               contract_content.sha,
               coalesce(published.number, '') as "consumer_version!",
               verification_log.success, verification_log.build_url, verification_log.test_results,
               verification_log.verified_by, verification_log.created_at,
               exists (
                   select from evidence_interaction
                   where evidence_interaction.tenant_id = verification_log.tenant_id
                     and evidence_interaction.provider_version_id = verification_log.provider_version_id
                     and evidence_interaction.consumer = consumer.name
                     and evidence_interaction.contract_sha = contract_content.sha
               ) as "has_evidence!"
        from contract_content
        join verification_log on verification_log.tenant_id = contract_content.tenant_id
                             and verification_log.content_id = contract_content.id
        join version as provider_version on provider_version.tenant_id = verification_log.tenant_id
                                        and provider_version.id = verification_log.provider_version_id
        join pacticipant as consumer on consumer.tenant_id = contract_content.tenant_id
                                    and consumer.id = contract_content.consumer_id
        join pacticipant as provider on provider.tenant_id = contract_content.tenant_id
                                    and provider.id = contract_content.provider_id
        left join lateral (
            select version.number
            from contract_revision
            join version on version.tenant_id = contract_revision.tenant_id
                        and version.id = contract_revision.consumer_version_id
            where contract_revision.tenant_id = contract_content.tenant_id
              and contract_revision.content_id = contract_content.id
            order by contract_revision.position desc
            limit 1
        ) as published on true
        where contract_content.tenant_id = $1
          and contract_content.id = $2
          and verification_log.number between coalesce($3::bigint, 0)
                                          and coalesce($3::bigint, 9223372036854775807)
        order by verification_log.number desc
        limit 1
        "#,
        tenant.0,
        content.0,
        number,
    )
    .fetch_optional(db)
    .await
}

/// Whether there is a result of that number for the content.
pub(crate) async fn has_result(
    db: &mut PgConnection,
    tenant: TenantId,
    (consumer, provider): (&PacticipantName, &PacticipantName),
    sha: &ContentSha,
    number: i64,
) -> sqlx::Result<bool> {
    match find_content(db, tenant, consumer.as_str(), provider.as_str(), sha.as_str()).await? {
        Some(content) => Ok(find_result(db, tenant, content.id, Some(number)).await?.is_some()),
        None => Ok(false),
    }
}

/// The latest result for each contract of a consumer version; `None` where there is none. By provider.
pub(super) async fn list_latest_of_version(
    db: &mut PgConnection,
    tenant: TenantId,
    version: VersionId,
) -> sqlx::Result<Vec<(String, ContentId, Option<i64>)>> {
    let rows = sqlx::query!(
        r#"
        select provider.name as provider, contract.content_id, latest.number as "number?"
        from contract
        join pacticipant as provider on provider.tenant_id = contract.tenant_id
                                    and provider.id = contract.provider_id
        left join lateral (
            select verification_log.number
            from verification_log
            where verification_log.tenant_id = contract.tenant_id
              and verification_log.content_id = contract.content_id
            order by verification_log.number desc
            limit 1
        ) as latest on true
        where contract.tenant_id = $1
          and contract.consumer_version_id = $2
        order by provider.name
        "#,
        tenant.0,
        version.0,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.provider, ContentId(row.content_id), row.number)).collect())
}
