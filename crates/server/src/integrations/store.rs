//! SQL of integrations.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::TenantId;

/// One consumes the other.
pub(super) struct Integration {
    pub(super) consumer: String,
    pub(super) provider: String,
}

/// Where a contract or a result was published last comes first. With `part` only those where either name has it.
pub(super) async fn list_integrations(
    db: &mut PgConnection,
    tenant: TenantId,
    part: Option<&str>,
    limit: Option<i64>,
    offset: i64,
) -> sqlx::Result<Vec<Integration>> {
    sqlx::query_as!(
        Integration,
        r#"
        select consumer.name as consumer, provider.name as provider
        from integration
        join pacticipant as consumer on consumer.tenant_id = integration.tenant_id
                                    and consumer.id = integration.consumer_id
        join pacticipant as provider on provider.tenant_id = integration.tenant_id
                                    and provider.id = integration.provider_id
        where integration.tenant_id = $1
          and ($2::text is null
               or strpos(lower(consumer.name), lower($2)) > 0
               or strpos(lower(provider.name), lower($2)) > 0)
        order by integration.updated_at desc, lower(consumer.name), consumer.name, lower(provider.name), provider.name
        limit $3 offset $4
        "#,
        tenant.0,
        part,
        limit,
        offset,
    )
    .fetch_all(db)
    .await
}

pub(super) async fn count_integrations(
    db: &mut PgConnection,
    tenant: TenantId,
    part: Option<&str>,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
        from integration
        join pacticipant as consumer on consumer.tenant_id = integration.tenant_id
                                    and consumer.id = integration.consumer_id
        join pacticipant as provider on provider.tenant_id = integration.tenant_id
                                    and provider.id = integration.provider_id
        where integration.tenant_id = $1
          and ($2::text is null
               or strpos(lower(consumer.name), lower($2)) > 0
               or strpos(lower(provider.name), lower($2)) > 0)
        "#,
        tenant.0,
        part,
    )
    .fetch_one(db)
    .await
}

/// All of them, by consumer, then by provider.
pub(super) async fn list_pairs(db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Vec<Integration>> {
    sqlx::query_as!(
        Integration,
        r#"
        select consumer.name as consumer, provider.name as provider
        from integration
        join pacticipant as consumer on consumer.tenant_id = integration.tenant_id
                                    and consumer.id = integration.consumer_id
        join pacticipant as provider on provider.tenant_id = integration.tenant_id
                                    and provider.id = integration.provider_id
        where integration.tenant_id = $1
        order by lower(consumer.name), consumer.name, lower(provider.name), provider.name
        "#,
        tenant.0,
    )
    .fetch_all(db)
    .await
}

/// A pacticipant, and the first of its labels that begins as those of teams do.
pub(super) struct Application {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) team_label: Option<String>,
}

/// By name. `team` is what labels of teams begin with.
pub(super) async fn list_applications(
    db: &mut PgConnection,
    tenant: TenantId,
    team: &str,
) -> sqlx::Result<Vec<Application>> {
    sqlx::query_as!(
        Application,
        r#"
        select pacticipant.id, pacticipant.name, team.label as "team_label?"
        from pacticipant
        left join (
            select label.pacticipant_id, min(label.name) as label
            from label
            where label.tenant_id = $1
              and starts_with(label.name, $2)
            group by label.pacticipant_id
        ) as team on team.pacticipant_id = pacticipant.id
        where pacticipant.tenant_id = $1
        order by lower(pacticipant.name), pacticipant.name
        "#,
        tenant.0,
        team,
    )
    .fetch_all(db)
    .await
}

/// A contract with the result that counts where it is looked at.
#[derive(Clone, Debug)]
pub(super) struct Promise {
    /// `None` for the latest contract and result, wherever they run.
    pub(super) environment: Option<Uuid>,
    pub(super) consumer: i64,
    pub(super) provider: i64,
    pub(super) consumer_version: String,
    pub(super) published_at: DateTime<Utc>,
    /// That it is held against; in an environment, the one that runs there.
    pub(super) provider_version: Option<String>,
    pub(super) success: Option<bool>,
    pub(super) pending: Option<bool>,
    pub(super) verified_at: Option<DateTime<Utc>>,
    /// When its verification was requested last, if it was and nobody has answered.
    pub(super) asked_at: Option<DateTime<Utc>>,
}

/// The latest contract of each pair with what its provider's version says of it that spoke last: by a result about its content,
/// or by a provider contract.
pub(super) async fn list_latest_promises(db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Vec<Promise>> {
    // A limit of one changes nothing but the plan: contracts are looked up by key.
    sqlx::query_as!(
        Promise,
        r#"
        select null::uuid as environment, integration.consumer_id as consumer, integration.provider_id as provider,
               consumer_version.number as consumer_version, contract.created_at as published_at,
               provider_version.number as "provider_version?", outcome.success as "success?",
               verification_log.pending as "pending?", outcome.judged_at as "verified_at?", request.asked_at as "asked_at?"
        from integration
        cross join lateral (
            select contract.content_id, contract.created_at
            from contract
            where contract.tenant_id = $1
              and contract.consumer_version_id = integration.latest_consumer_version_id
              and contract.provider_id = integration.provider_id
            limit 1
        ) as contract
        join version as consumer_version on consumer_version.tenant_id = $1
                                        and consumer_version.id = integration.latest_consumer_version_id
        left join lateral latest_outcome_of($1, contract.content_id, integration.provider_id) as outcome on true
        left join verification_log on verification_log.tenant_id = $1
                                  and verification_log.number = outcome.number
        left join version as provider_version on provider_version.tenant_id = $1
                                             and provider_version.id = outcome.provider_version_id
        left join lateral (
            select max(verification_request.asked_at) as asked_at
            from verification_request
            where verification_request.tenant_id = $1
              and verification_request.content_id = contract.content_id
              and verification_request.state <> 'done'
        ) as request on outcome.success is null
        where integration.tenant_id = $1
        "#,
        tenant.0,
    )
    .fetch_all(db)
    .await
}

/// Contracts of the consumer versions in each of these environments, each with every version of its provider there, and how just
/// these two get on.
pub(super) async fn list_promises_in(
    db: &mut PgConnection,
    tenant: TenantId,
    environments: &[Uuid],
) -> sqlx::Result<Vec<Promise>> {
    sqlx::query_as!(
        Promise,
        r#"
        with here as materialized (
            select deployed_version.environment_id, deployed_version.pacticipant_id, deployed_version.version_id
            from deployed_version
            where deployed_version.tenant_id = $1
              and deployed_version.environment_id = any($2)
              and deployed_version.undeployed_at is null
            union
            select released_version.environment_id, released_version.pacticipant_id, released_version.version_id
            from released_version
            where released_version.tenant_id = $1
              and released_version.environment_id = any($2)
              and released_version.support_ended_at is null
        )
        select consumer.environment_id as "environment?", contract.consumer_id as consumer,
               contract.provider_id as provider,
               consumer_version.number as consumer_version, contract.created_at as published_at,
               provider_version.number as "provider_version?", outcome.success as "success?",
               verification_log.pending as "pending?", outcome.judged_at as "verified_at?", request.asked_at as "asked_at?"
        from here as consumer
        cross join lateral (
            select contract.consumer_id, contract.provider_id, contract.content_id, contract.created_at
            from contract
            where contract.tenant_id = $1
              and contract.consumer_version_id = consumer.version_id
            offset 0
        ) as contract
        join version as consumer_version on consumer_version.tenant_id = $1
                                        and consumer_version.id = consumer.version_id
        left join here as provider on provider.environment_id = consumer.environment_id
                                  and provider.pacticipant_id = contract.provider_id
        left join version as provider_version on provider_version.tenant_id = $1
                                             and provider_version.id = provider.version_id
        left join lateral outcome_of($1, contract.content_id, provider.version_id) as outcome on true
        left join verification_log on verification_log.tenant_id = $1
                                  and verification_log.number = outcome.number
        left join lateral (
            select verification_request.asked_at
            from verification_request
            where verification_request.tenant_id = $1
              and verification_request.content_id = contract.content_id
              and verification_request.provider_version_id = provider.version_id
              and verification_request.state <> 'done'
            limit 1
        ) as request on outcome.success is null
        "#,
        tenant.0,
        environments,
    )
    .fetch_all(db)
    .await
}
