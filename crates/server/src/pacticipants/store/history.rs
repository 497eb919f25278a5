//! SQL of the page about a pacticipant: branches with their last versions, deployments, webhooks, what it provides.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::ids::{PacticipantId, TenantId};

/// A branch with its head.
#[derive(Clone, Debug)]
pub(crate) struct Branch {
    pub(crate) name: String,
    pub(crate) head_id: i64,
    pub(crate) head: String,
    pub(crate) build_url: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
}

/// The main branch first, then those that were used last; one more than `limit` where there are more.
pub(crate) async fn list_branches(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    main_branch: Option<&str>,
    limit: i64,
) -> sqlx::Result<Vec<Branch>> {
    sqlx::query_as!(
        Branch,
        r#"
        select branch.name, version.id as head_id, version.number as head, version.build_url, version.created_at
        from (
            select branch.name, branch.updated_at, branch_head.version_id
            from branch
            join branch_head on branch_head.tenant_id = $1
                            and branch_head.pacticipant_id = $2
                            and branch_head.branch = branch.name
            where branch.tenant_id = $1
              and branch.pacticipant_id = $2
            order by branch.name is not distinct from $3 desc, branch.updated_at desc, branch.name
            limit $4
        ) as branch
        join version on version.tenant_id = $1
                    and version.id = branch.version_id
        order by branch.name is not distinct from $3 desc, branch.updated_at desc, branch.name
        "#,
        tenant.0,
        pacticipant.0,
        main_branch,
        limit + 1,
    )
    .fetch_all(db)
    .await
}

/// A version on a branch, with what came of it.
#[derive(Clone, Debug)]
pub(crate) struct OnBranch {
    pub(crate) branch: String,
    pub(crate) number: String,
    pub(crate) passed: i64,
    pub(crate) failed: i64,
}

/// The last versions of each of these branches, the newest first: results of the version as a provider, and the latest of
/// each contract that it has as a consumer.
pub(crate) async fn list_on_branches(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    branches: &[String],
    most: i64,
) -> sqlx::Result<Vec<OnBranch>> {
    sqlx::query_as!(
        OnBranch,
        r#"
        select on_branch.branch as "branch!", version.number, result.passed as "passed!", result.failed as "failed!"
        from unnest($3::text[]) as wanted (branch)
        cross join lateral (
            select branch_version.branch, branch_version.version_id, branch_version.position
            from branch_version
            where branch_version.tenant_id = $1
              and branch_version.pacticipant_id = $2
              and branch_version.branch = wanted.branch
            order by branch_version.position desc
            limit $4
        ) as on_branch
        join version on version.tenant_id = $1
                    and version.id = on_branch.version_id
        left join lateral (
            select provider_contract.version_id, provider_contract.content_id,
                   coalesce(comparison_setting.configuration, 'usual') as configuration,
                   provider_contract_verification.success as kept
            from provider_contract
            left join provider_contract_verification
                   on provider_contract_verification.tenant_id = $1
                  and provider_contract_verification.id = provider_contract.verification_id
            left join comparison_setting on comparison_setting.tenant_id = $1
                                        and comparison_setting.provider_id = provider_contract.provider_id
            where provider_contract.tenant_id = $1
              and provider_contract.version_id = on_branch.version_id
            limit 1
        ) as offer on true
        cross join lateral (
            select count(*) filter (where outcome.success) as passed,
                   count(*) filter (where not outcome.success) as failed
            from (
                select case
                           when offer.version_id is null then verified.success
                           when not verified.success or not offer.kept or compared.outcome = 'incompatible' then false
                           when compared.outcome = 'compatible' then coalesce(verified.success, offer.kept)
                           when compared.outcome = 'undecided' then verified.success
                       end as success
                from (
                    select verification.content_id, verification.success
                    from verification
                    where verification.tenant_id = $1
                      and verification.provider_version_id = on_branch.version_id
                ) as verified
                full join (
                    select comparison.contract_content_id, comparison.outcome
                    from comparison
                    where comparison.tenant_id = $1
                      and comparison.provider_content_id = offer.content_id
                      and comparison.configuration = offer.configuration
                      and comparison.in_force
                ) as compared on compared.contract_content_id = verified.content_id
                union all
                select outcome.success
                from contract
                cross join lateral latest_outcome_of($1, contract.content_id, contract.provider_id) as outcome
                where contract.tenant_id = $1
                  and contract.consumer_version_id = on_branch.version_id
            ) as outcome
        ) as result
        order by on_branch.branch, on_branch.position desc
        "#,
        tenant.0,
        pacticipant.0,
        branches,
        most,
    )
    .fetch_all(db)
    .await
}

/// A deployment, current or ended.
#[derive(Clone, Debug)]
pub(crate) struct Deployment {
    pub(crate) number: String,
    pub(crate) build_url: Option<String>,
    pub(crate) environment: String,
    pub(crate) at: DateTime<Utc>,
    /// Whether a question to the gate is on record for it, and what the answer was.
    pub(crate) has_verdict: bool,
    pub(crate) deployable: Option<bool>,
}

/// The newest first. They are chosen before anything is looked up about them, and found by whose they are, which `offset`
/// sees to: there may be thousands.
pub(crate) async fn list_deployments(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    limit: i64,
) -> sqlx::Result<Vec<Deployment>> {
    sqlx::query_as!(
        Deployment,
        r#"
        select version.number, version.build_url, environment.name as environment, deployed.created_at as at,
               verdict.id is not null as "has_verdict!", verdict.deployable as "deployable?"
        from (
            select own.id, own.version_id, own.environment_id, own.verdict_id, own.created_at
            from (
                select deployed_version.id, deployed_version.version_id, deployed_version.environment_id,
                       deployed_version.verdict_id, deployed_version.created_at
                from deployed_version
                where deployed_version.tenant_id = $1
                  and deployed_version.pacticipant_id = $2
                offset 0
            ) as own
            order by own.id desc
            limit $3
        ) as deployed
        join version on version.tenant_id = $1
                    and version.id = deployed.version_id
        join environment on environment.tenant_id = $1
                        and environment.id = deployed.environment_id
        left join verdict on verdict.tenant_id = $1
                         and verdict.id = deployed.verdict_id
        order by deployed.id desc
        "#,
        tenant.0,
        pacticipant.0,
        limit,
    )
    .fetch_all(db)
    .await
}

/// A webhook about this pacticipant, with its last delivery.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    pub(crate) id: String,
    pub(crate) description: Option<String>,
    pub(crate) host: String,
    pub(crate) enabled: bool,
    pub(crate) events: Vec<String>,
    pub(crate) status: Option<String>,
    pub(crate) at: Option<DateTime<Utc>>,
}

/// The oldest first; one more than `limit` where there are more.
pub(crate) async fn list_webhooks(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    limit: i64,
) -> sqlx::Result<Vec<Webhook>> {
    sqlx::query_as!(
        Webhook,
        r#"
        select webhook.id, webhook.description, webhook.host, webhook.enabled, webhook.events,
               last.status as "status?", last.updated_at as "at?"
        from webhook
        left join lateral (
            select webhook_delivery.status, webhook_delivery.updated_at
            from webhook_delivery
            where webhook_delivery.tenant_id = $1
              and webhook_delivery.webhook_id = webhook.id
            order by webhook_delivery.created_at desc
            limit 1
        ) as last on true
        where webhook.tenant_id = $1
          and (webhook.consumer_id = $2 or webhook.provider_id = $2)
        order by webhook.created_at, webhook.id
        limit $3
        "#,
        tenant.0,
        pacticipant.0,
        limit + 1,
    )
    .fetch_all(db)
    .await
}

/// How much there is of a pacticipant, and what it provides.
#[derive(Clone, Debug)]
pub(crate) struct Extent {
    /// At most one more than is counted.
    pub(crate) versions: i64,
    pub(crate) since: Option<DateTime<Utc>>,
    /// Of its latest provider contract.
    pub(crate) specification: Option<String>,
    pub(crate) head_id: Option<i64>,
    pub(crate) head: Option<String>,
}

/// Counts up to `most` versions. The head is that of the main branch, else the latest version.
pub(crate) async fn find_extent(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    main_branch: Option<&str>,
    most: i64,
) -> sqlx::Result<Extent> {
    sqlx::query_as!(
        Extent,
        r#"
        select (
                   select count(*)
                   from (
                       select
                       from version
                       where version.tenant_id = $1
                         and version.pacticipant_id = $2
                       limit $4
                   ) as counted
               ) as "versions!",
               (
                   select version.created_at
                   from version
                   where version.tenant_id = $1
                     and version.pacticipant_id = $2
                   order by version.position
                   limit 1
               ) as since,
               (
                   select provider_contract_content.specification
                   from provider_contract
                   join provider_contract_content on provider_contract_content.tenant_id = $1
                                                 and provider_contract_content.id = provider_contract.content_id
                   where provider_contract.tenant_id = $1
                     and provider_contract.provider_id = $2
                   order by provider_contract.position desc
                   limit 1
               ) as specification,
               head.id as "head_id?", head.number as "head?"
        from (select) as one
        left join lateral (
            (
                select version.id, version.number, 0 as preference
                from branch_head
                join version on version.tenant_id = $1
                            and version.id = branch_head.version_id
                where branch_head.tenant_id = $1
                  and branch_head.pacticipant_id = $2
                  and branch_head.branch = $3
            )
            union all
            (
                select version.id, version.number, 1
                from version
                where version.tenant_id = $1
                  and version.pacticipant_id = $2
                order by version.position desc
                limit 1
            )
            order by preference
            limit 1
        ) as head on true
        "#,
        tenant.0,
        pacticipant.0,
        main_branch,
        most,
    )
    .fetch_one(db)
    .await
}
