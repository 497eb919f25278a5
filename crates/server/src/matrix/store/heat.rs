//! SQL of the matrix's pages: the versions of two applications with their results, and all applications in an environment.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::TenantId;

/// Which versions of a side are shown.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Part<'a> {
    pub(crate) branch: Option<&'a str>,
    /// Only versions older than this position.
    pub(crate) before: Option<i64>,
    pub(crate) most: i64,
}

/// A consumer version with its contract.
#[derive(Clone, Debug)]
pub(crate) struct Promise {
    pub(crate) version_id: i64,
    pub(crate) number: String,
    pub(crate) position: i64,
    pub(crate) content_id: i64,
    pub(crate) sha: String,
    pub(crate) published_at: DateTime<Utc>,
}

/// A provider version.
#[derive(Clone, Debug)]
pub(crate) struct Build {
    pub(crate) version_id: i64,
    pub(crate) number: String,
    pub(crate) position: i64,
}

/// A result of a content.
#[derive(Clone, Debug)]
pub(crate) struct Tried {
    pub(crate) content_id: i64,
    pub(crate) provider_version_id: i64,
    pub(crate) success: bool,
    /// A failure that was not to break the provider's build.
    pub(crate) pending: bool,
    pub(crate) number: i64,
    pub(crate) verified_at: DateTime<Utc>,
}

/// The position of a version, to go on from it.
pub(crate) async fn find_position(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: i64,
    number: &str,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        r#"
        select position
        from version
        where tenant_id = $1
          and pacticipant_id = $2
          and number = $3
        "#,
        tenant.0,
        pacticipant,
        number,
    )
    .fetch_optional(db)
    .await
}

/// The consumer versions that have a contract with the provider, newest first.
pub(crate) async fn list_promises(
    db: &mut PgConnection,
    tenant: TenantId,
    consumer: i64,
    provider: i64,
    part: Part<'_>,
) -> sqlx::Result<Vec<Promise>> {
    sqlx::query_as!(
        Promise,
        r#"
        select version.id as version_id, version.number, version.position, contract.content_id, contract_content.sha,
               contract.created_at as published_at
        from contract
        join version on version.tenant_id = $1
                    and version.id = contract.consumer_version_id
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.id = contract.content_id
        where contract.tenant_id = $1
          and contract.consumer_id = $2
          and contract.provider_id = $3
          and contract.position < coalesce($4::bigint, 9223372036854775807)
          and ($5::text is null or exists (
              select
              from branch_version
              where branch_version.tenant_id = $1
                and branch_version.version_id = contract.consumer_version_id
                and branch_version.branch = $5
          ))
        order by contract.position desc
        limit $6
        "#,
        tenant.0,
        consumer,
        provider,
        part.before,
        part.branch,
        part.most,
    )
    .fetch_all(db)
    .await
}

/// How many consumer versions have a contract with the provider.
pub(crate) async fn count_promises(
    db: &mut PgConnection,
    tenant: TenantId,
    consumer: i64,
    provider: i64,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
        from contract
        where tenant_id = $1
          and consumer_id = $2
          and provider_id = $3
        "#,
        tenant.0,
        consumer,
        provider,
    )
    .fetch_one(db)
    .await
}

/// Where the page before begins: the position of the consumer version that is so many versions newer.
pub(crate) async fn find_newer_promise(
    db: &mut PgConnection,
    tenant: TenantId,
    consumer: i64,
    provider: i64,
    branch: Option<&str>,
    (than, by): (i64, i64),
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        r#"
        select version.number
        from contract
        join version on version.tenant_id = $1
                    and version.id = contract.consumer_version_id
        where contract.tenant_id = $1
          and contract.consumer_id = $2
          and contract.provider_id = $3
          and contract.position > $4
          and ($5::text is null or exists (
              select
              from branch_version
              where branch_version.tenant_id = $1
                and branch_version.version_id = contract.consumer_version_id
                and branch_version.branch = $5
          ))
        order by contract.position
        offset $6
        limit 1
        "#,
        tenant.0,
        consumer,
        provider,
        than,
        branch,
        by,
    )
    .fetch_optional(db)
    .await
}

/// The versions of the provider, newest first.
pub(crate) async fn list_builds(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: i64,
    part: Part<'_>,
) -> sqlx::Result<Vec<Build>> {
    sqlx::query_as!(
        Build,
        r#"
        select version.id as version_id, version.number, version.position
        from version
        where version.tenant_id = $1
          and version.pacticipant_id = $2
          and version.position < coalesce($3::bigint, 9223372036854775807)
          and ($4::text is null or exists (
              select
              from branch_version
              where branch_version.tenant_id = $1
                and branch_version.version_id = version.id
                and branch_version.branch = $4
          ))
        order by version.position desc
        limit $5
        "#,
        tenant.0,
        provider,
        part.before,
        part.branch,
        part.most,
    )
    .fetch_all(db)
    .await
}

/// As [`find_newer_promise`], of the provider.
pub(crate) async fn find_newer_build(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: i64,
    branch: Option<&str>,
    (than, by): (i64, i64),
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        r#"
        select version.number
        from version
        where version.tenant_id = $1
          and version.pacticipant_id = $2
          and version.position > $3
          and ($4::text is null or exists (
              select
              from branch_version
              where branch_version.tenant_id = $1
                and branch_version.version_id = version.id
                and branch_version.branch = $4
          ))
        order by version.position
        offset $5
        limit 1
        "#,
        tenant.0,
        provider,
        than,
        branch,
        by,
    )
    .fetch_optional(db)
    .await
}

/// The latest results of these contents with these versions, each looked up by its key.
pub(crate) async fn list_tried(
    db: &mut PgConnection,
    tenant: TenantId,
    contents: &[i64],
    versions: &[i64],
) -> sqlx::Result<Vec<Tried>> {
    sqlx::query_as!(
        Tried,
        r#"
        select result.content_id, result.provider_version_id, result.success,
               coalesce(verification_log.pending, false) as "pending!", result.number, result.verified_at
        from unnest((select $2::bigint[])) as content (id)
        cross join unnest((select $3::bigint[])) as version (id)
        cross join lateral (
            select verification.content_id, verification.provider_version_id, verification.success,
                   verification.number, verification.verified_at
            from verification
            where verification.tenant_id = $1
              and verification.content_id = content.id
              and verification.provider_version_id = version.id
            limit 1
        ) as result
        left join verification_log on verification_log.tenant_id = $1
                                  and verification_log.number = result.number
                                  and not result.success
        "#,
        tenant.0,
        contents,
        versions,
    )
    .fetch_all(db)
    .await
}

/// That a version runs or is supported somewhere.
#[derive(Clone, Debug)]
pub(crate) struct Runs {
    pub(crate) version_id: i64,
    pub(crate) environment: String,
}

/// What of the two applications is where.
pub(crate) async fn list_running(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipants: &[i64],
) -> sqlx::Result<Vec<Runs>> {
    sqlx::query_as!(
        Runs,
        r#"
        with there as (
            select deployed_version.version_id, deployed_version.environment_id
            from deployed_version
            where deployed_version.tenant_id = $1
              and deployed_version.pacticipant_id = any($2)
              and deployed_version.undeployed_at is null
            union
            select released_version.version_id, released_version.environment_id
            from released_version
            where released_version.tenant_id = $1
              and released_version.pacticipant_id = any($2)
              and released_version.support_ended_at is null
        )
        select version.id as version_id, environment.name as environment
        from there
        join version on version.tenant_id = $1
                    and version.id = there.version_id
        join environment on environment.tenant_id = $1
                        and environment.id = there.environment_id
        order by environment.production, environment.created_at, environment.name, version.position
        "#,
        tenant.0,
        pacticipants,
    )
    .fetch_all(db)
    .await
}

/// Branches of a pacticipant, the busiest of late first.
pub(crate) async fn list_branch_names(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: i64,
    most: i64,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select branch_head.branch
        from branch_head
        join version on version.tenant_id = $1
                    and version.id = branch_head.version_id
        where branch_head.tenant_id = $1
          and branch_head.pacticipant_id = $2
        order by version.position desc
        limit $3
        "#,
        tenant.0,
        pacticipant,
        most,
    )
    .fetch_all(db)
    .await
}

/// What the contracts between two applications say in an environment.
#[derive(Clone, Debug)]
pub(crate) struct InEnvironment {
    pub(crate) consumer: String,
    pub(crate) provider: String,
    pub(crate) passed: i64,
    pub(crate) failed: i64,
    /// Without result, or without anything of the provider there.
    pub(crate) unknown: i64,
}

/// Every pair of applications of which the consumer is in the environment and has a contract.
pub(crate) async fn list_in_environment(
    db: &mut PgConnection,
    tenant: TenantId,
    environment: Uuid,
) -> sqlx::Result<Vec<InEnvironment>> {
    sqlx::query_as!(
        InEnvironment,
        r#"
        with there as materialized (
            select deployed_version.pacticipant_id, deployed_version.version_id
            from deployed_version
            where deployed_version.tenant_id = $1
              and deployed_version.environment_id = $2
              and deployed_version.undeployed_at is null
            union
            select released_version.pacticipant_id, released_version.version_id
            from released_version
            where released_version.tenant_id = $1
              and released_version.environment_id = $2
              and released_version.support_ended_at is null
        ),
        pair as (
            select contract.consumer_id, contract.provider_id,
                   count(*) filter (where outcome.success) as passed,
                   count(*) filter (where not outcome.success) as failed,
                   count(*) filter (where outcome.success is null) as unknown
            from there as consumer
            join contract on contract.tenant_id = $1
                         and contract.consumer_version_id = consumer.version_id
            left join there as provider on provider.pacticipant_id = contract.provider_id
            left join lateral outcome_of($1, contract.content_id, provider.version_id) as outcome on true
            group by contract.consumer_id, contract.provider_id
        )
        select consumer.name as consumer, provider.name as provider, pair.passed as "passed!", pair.failed as "failed!",
               pair.unknown as "unknown!"
        from pair
        join pacticipant as consumer on consumer.tenant_id = $1
                                    and consumer.id = pair.consumer_id
        join pacticipant as provider on provider.tenant_id = $1
                                    and provider.id = pair.provider_id
        order by consumer.name, provider.name
        "#,
        tenant.0,
        environment,
    )
    .fetch_all(db)
    .await
}

/// Applications and their labels.
pub(crate) async fn list_labels(db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Vec<(String, String)>> {
    let labels = sqlx::query!(
        r#"
        select pacticipant.name as pacticipant, label.name as label
        from label
        join pacticipant on pacticipant.tenant_id = $1
                        and pacticipant.id = label.pacticipant_id
        where label.tenant_id = $1
        order by label.name, pacticipant.name
        "#,
        tenant.0,
    )
    .fetch_all(db)
    .await?;
    Ok(labels.into_iter().map(|one| (one.pacticipant, one.label)).collect())
}
