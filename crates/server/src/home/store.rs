//! SQL of the overview. Heads, and what runs in an environment, are kept when writing: all of it is looked up by key.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::TenantId;

/// An application with the head of its main branch, or its latest version where it has no main branch.
#[derive(Clone, Debug)]
pub(super) struct Application {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) labels: Vec<String>,
    /// `None`, as the two that follow, where it has no version.
    pub(super) version_id: Option<i64>,
    pub(super) version: Option<String>,
    pub(super) changed_at: Option<DateTime<Utc>>,
}

/// All of them, by name.
pub(super) async fn list_applications(db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Vec<Application>> {
    sqlx::query_as!(
        Application,
        r#"
        select pacticipant.id, pacticipant.name,
               array(
                   select label.name
                   from label
                   where label.tenant_id = $1
                     and label.pacticipant_id = pacticipant.id
                   order by label.name
               ) as "labels!",
               head.id as "version_id?", head.number as "version?", head.created_at as "changed_at?"
        from pacticipant
        left join branch_head on branch_head.tenant_id = $1
                             and branch_head.pacticipant_id = pacticipant.id
                             and branch_head.branch = pacticipant.main_branch
        left join lateral (
            (
                select version.id, version.number, version.created_at
                from version
                where version.tenant_id = $1
                  and version.id = branch_head.version_id
            )
            union all
            (
                select version.id, version.number, version.created_at
                from version
                where branch_head.version_id is null
                  and version.tenant_id = $1
                  and version.pacticipant_id = pacticipant.id
                order by version.position desc
                limit 1
            )
        ) as head on true
        where pacticipant.tenant_id = $1
        order by pacticipant.name
        "#,
        tenant.0,
    )
    .fetch_all(db)
    .await
}

/// A contract between a head and what runs in an environment that has not passed, or how many have.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    /// Whose head it is about.
    pub(super) pacticipant_id: i64,
    /// `None`, as all ids that follow, where it is a count.
    pub(super) consumer_id: Option<i64>,
    pub(super) provider_id: Option<i64>,
    pub(super) consumer_version_id: Option<i64>,
    /// Also `None` where no version of the provider runs there.
    pub(super) provider_version_id: Option<i64>,
    pub(super) content_id: Option<i64>,
    pub(super) success: Option<bool>,
    /// When it failed, or, where there is no result, when the contract was published.
    pub(super) since: Option<DateTime<Utc>>,
    pub(super) count: i64,
}

/// What stands between the heads and an environment: consumers that run there and have a contract with a head's application,
/// and the providers of a head's contracts as they run there. Arrays are handed over as if they were computed, so that the
/// plan is the same however many heads there are; the limits of one change nothing but the plan.
pub(super) async fn list_edges(
    db: &mut PgConnection,
    tenant: TenantId,
    environment: Uuid,
    heads: &[(i64, i64)],
) -> sqlx::Result<Vec<Edge>> {
    let (pacticipants, versions): (Vec<i64>, Vec<i64>) = heads.iter().copied().unzip();
    sqlx::query_as!(
        Edge,
        r#"
        with head as materialized (
            select head.pacticipant_id, head.version_id
            from unnest($3::bigint[], $4::bigint[]) as head (pacticipant_id, version_id)
        ),
        running as materialized (
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
        edge as materialized (
            select head.pacticipant_id, contract.consumer_id, contract.provider_id, contract.consumer_version_id,
                   head.version_id as provider_version_id, contract.content_id, contract.created_at
            from running
            cross join lateral (
                select contract.consumer_id, contract.provider_id, contract.consumer_version_id, contract.content_id,
                       contract.created_at
                from contract
                where contract.tenant_id = $1
                  and contract.consumer_version_id = running.version_id
                offset 0
            ) as contract
            join head on head.pacticipant_id = contract.provider_id
            where contract.consumer_id <> contract.provider_id
            union all
            select head.pacticipant_id, contract.consumer_id, contract.provider_id, contract.consumer_version_id,
                   case when contract.provider_id = head.pacticipant_id then head.version_id
                        else running.version_id end,
                   contract.content_id, contract.created_at
            from head
            cross join lateral (
                select contract.consumer_id, contract.provider_id, contract.consumer_version_id, contract.content_id,
                       contract.created_at
                from contract
                where contract.tenant_id = $1
                  and contract.consumer_version_id = head.version_id
                offset 0
            ) as contract
            left join running on running.pacticipant_id = contract.provider_id
                             and contract.provider_id <> head.pacticipant_id
        ),
        judged as materialized (
            select edge.pacticipant_id, edge.consumer_id, edge.provider_id, edge.consumer_version_id,
                   edge.provider_version_id, edge.content_id, edge.created_at, result.success, result.verified_at
            from edge
            left join lateral (
                select case
                           when offer.outcome is null then verified.success
                           when not verified.success or not offer.kept or offer.outcome = 'incompatible' then false
                           when offer.outcome = 'compatible' then coalesce(verified.success, offer.kept)
                           when offer.outcome = 'undecided' then verified.success
                       end as success, coalesce(verified.verified_at, offer.compared_at) as verified_at
                from (select) as always
                left join lateral (
                    select verification.success, verification.verified_at
                    from verification
                    where verification.tenant_id = $1
                      and verification.content_id = edge.content_id
                      and verification.provider_version_id = edge.provider_version_id
                    limit 1
                ) as verified on true
                left join lateral (
                    select coalesce(comparison.outcome, 'pending') as outcome, comparison.created_at as compared_at,
                           provider_contract_verification.success as kept
                    from provider_contract
                    left join provider_contract_verification
                           on provider_contract_verification.tenant_id = $1
                          and provider_contract_verification.id = provider_contract.verification_id
                    left join comparison_setting on comparison_setting.tenant_id = $1
                                                and comparison_setting.provider_id = provider_contract.provider_id
                    left join comparison on comparison.tenant_id = $1
                                        and comparison.contract_content_id = edge.content_id
                                        and comparison.provider_content_id = provider_contract.content_id
                                        and comparison.configuration = coalesce(comparison_setting.configuration, 'usual')
                                        and comparison.in_force
                    where provider_contract.tenant_id = $1
                      and provider_contract.version_id = edge.provider_version_id
                    limit 1
                ) as offer on true
            ) as result on true
        )
        select judged.pacticipant_id as "pacticipant_id!", judged.consumer_id as "consumer_id?",
               judged.provider_id as "provider_id?", judged.consumer_version_id as "consumer_version_id?",
               judged.provider_version_id as "provider_version_id?", judged.content_id as "content_id?",
               judged.success as "success?", coalesce(judged.verified_at, judged.created_at) as "since?",
               1::bigint as "count!"
        from judged
        where judged.success is distinct from true
        union all
        select judged.pacticipant_id, null, null, null, null, null, true, null, count(*)
        from judged
        where judged.success
        group by judged.pacticipant_id
        "#,
        tenant.0,
        environment,
        &pacticipants,
        &versions,
    )
    .fetch_all(db)
    .await
}

/// What is shown of an edge beside its names.
#[derive(Clone, Debug)]
pub(super) struct Detail {
    pub(super) consumer_version: Option<String>,
    pub(super) provider_version: Option<String>,
    /// Of the consumer's version, the one it was put on last.
    pub(super) branch: Option<String>,
    pub(super) interactions: i32,
    pub(super) times_asked: Option<i32>,
    pub(super) asked_at: Option<DateTime<Utc>>,
    pub(super) state: Option<String>,
}

/// Of edges given by consumer version, content and provider version; in their order.
pub(super) async fn list_details(
    db: &mut PgConnection,
    tenant: TenantId,
    edges: &[(i64, i64, Option<i64>)],
) -> sqlx::Result<Vec<Detail>> {
    let consumer_versions: Vec<i64> = edges.iter().map(|edge| edge.0).collect();
    let contents: Vec<i64> = edges.iter().map(|edge| edge.1).collect();
    let provider_versions: Vec<Option<i64>> = edges.iter().map(|edge| edge.2).collect();
    sqlx::query_as!(
        Detail,
        r#"
        select consumer_version.number as "consumer_version?", provider_version.number as "provider_version?",
               (
                   select branch_version.branch
                   from branch_version
                   where branch_version.tenant_id = $1
                     and branch_version.version_id = edge.consumer_version_id
                   order by branch_version.ordinal desc
                   limit 1
               ) as "branch?",
               coalesce(cardinality(contract_content.interaction_ids), 0) as "interactions!",
               request.times_asked as "times_asked?", request.asked_at as "asked_at?", request.state as "state?"
        from unnest($2::bigint[], $3::bigint[], $4::bigint[])
                 with ordinality as edge (consumer_version_id, content_id, provider_version_id, place)
        left join version as consumer_version on consumer_version.tenant_id = $1
                                             and consumer_version.id = edge.consumer_version_id
        left join version as provider_version on provider_version.tenant_id = $1
                                             and provider_version.id = edge.provider_version_id
        left join contract_content on contract_content.tenant_id = $1
                                  and contract_content.id = edge.content_id
        left join verification_request as request on request.tenant_id = $1
                                                 and request.content_id = edge.content_id
                                                 and request.provider_version_id = edge.provider_version_id
        order by edge.place
        "#,
        tenant.0,
        &consumer_versions,
        &contents,
        &provider_versions as &[Option<i64>],
    )
    .fetch_all(db)
    .await
}

/// A webhook whose last delivery was given up.
#[derive(Clone, Debug)]
pub(super) struct DeadWebhook {
    pub(super) id: String,
    pub(super) description: Option<String>,
    pub(super) host: String,
    pub(super) event: String,
    pub(super) since: DateTime<Utc>,
    pub(super) attempts: i64,
    /// Of the last attempt that was answered.
    pub(super) response_status: Option<i32>,
    /// Given up among the last hundred.
    pub(super) dead_letters: i64,
    pub(super) consumer: Option<String>,
    pub(super) provider: Option<String>,
}

/// Those that are enabled, the longest dead first; at most so many.
pub(super) async fn list_dead_webhooks(
    db: &mut PgConnection,
    tenant: TenantId,
    limit: i64,
) -> sqlx::Result<Vec<DeadWebhook>> {
    sqlx::query_as!(
        DeadWebhook,
        r#"
        select webhook.id, webhook.description, webhook.host, last.event as "event!", last.updated_at as "since!",
               attempt.count as "attempts!", attempt.response_status as "response_status?", dead.count as "dead_letters!",
               consumer.name as "consumer?", provider.name as "provider?"
        from webhook
        cross join lateral (
            select webhook_delivery.id, webhook_delivery.event, webhook_delivery.status, webhook_delivery.updated_at
            from webhook_delivery
            where webhook_delivery.tenant_id = $1
              and webhook_delivery.webhook_id = webhook.id
            order by webhook_delivery.created_at desc
            limit 1
        ) as last
        cross join lateral (
            select count(*) as count,
                   (array_agg(webhook_attempt.response_status order by webhook_attempt.number desc))[1] as response_status
            from webhook_attempt
            where webhook_attempt.tenant_id = $1
              and webhook_attempt.delivery_id = last.id
        ) as attempt
        cross join lateral (
            select count(*) filter (where recent.status = 'failure') as count
            from (
                select webhook_delivery.status
                from webhook_delivery
                where webhook_delivery.tenant_id = $1
                  and webhook_delivery.webhook_id = webhook.id
                order by webhook_delivery.created_at desc
                limit 100
            ) as recent
        ) as dead
        left join pacticipant as consumer on consumer.tenant_id = $1
                                         and consumer.id = webhook.consumer_id
        left join pacticipant as provider on provider.tenant_id = $1
                                         and provider.id = webhook.provider_id
        where webhook.tenant_id = $1
          and webhook.enabled
          and last.status = 'failure'
        order by last.updated_at, webhook.id
        limit $2
        "#,
        tenant.0,
        limit,
    )
    .fetch_all(db)
    .await
}

/// What runs in an environment of one application.
#[derive(Clone, Debug)]
pub(super) struct Running {
    pub(super) pacticipant_id: i64,
    pub(super) environment_id: Uuid,
    pub(super) version: String,
    pub(super) version_id: i64,
}

/// Of these applications, newest version first.
pub(super) async fn list_running(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipants: &[i64],
) -> sqlx::Result<Vec<Running>> {
    sqlx::query_as!(
        Running,
        r#"
        select running.pacticipant_id as "pacticipant_id!", running.environment_id as "environment_id!",
               version.number as version, version.id as version_id
        from (
            select deployed_version.pacticipant_id, deployed_version.environment_id, deployed_version.version_id
            from unnest($2::bigint[]) as wanted (id)
            join deployed_version on deployed_version.tenant_id = $1
                                 and deployed_version.pacticipant_id = wanted.id
                                 and deployed_version.undeployed_at is null
            union
            select released_version.pacticipant_id, released_version.environment_id, released_version.version_id
            from unnest($2::bigint[]) as wanted (id)
            join released_version on released_version.tenant_id = $1
                                 and released_version.pacticipant_id = wanted.id
                                 and released_version.support_ended_at is null
        ) as running
        join version on version.tenant_id = $1
                    and version.id = running.version_id
        order by version.position desc
        "#,
        tenant.0,
        pacticipants,
    )
    .fetch_all(db)
    .await
}

/// Ids of the applications of which something runs there.
pub(super) async fn list_running_in(
    db: &mut PgConnection,
    tenant: TenantId,
    environment: Uuid,
) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        r#"
        select deployed_version.pacticipant_id as "pacticipant_id!"
        from deployed_version
        where deployed_version.tenant_id = $1
          and deployed_version.environment_id = $2
          and deployed_version.undeployed_at is null
        union
        select released_version.pacticipant_id
        from released_version
        where released_version.tenant_id = $1
          and released_version.environment_id = $2
          and released_version.support_ended_at is null
        "#,
        tenant.0,
        environment,
    )
    .fetch_all(db)
    .await
}

/// How many consumers and providers an application has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Neighbours {
    pub(super) pacticipant_id: i64,
    pub(super) consumers: i64,
    pub(super) providers: i64,
}

pub(super) async fn list_neighbours(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipants: &[i64],
) -> sqlx::Result<Vec<Neighbours>> {
    sqlx::query_as!(
        Neighbours,
        r#"
        select wanted.id as "pacticipant_id!",
               (
                   select count(*)
                   from integration
                   where integration.tenant_id = $1
                     and integration.provider_id = wanted.id
               ) as "consumers!",
               (
                   select count(*)
                   from integration
                   where integration.tenant_id = $1
                     and integration.consumer_id = wanted.id
               ) as "providers!"
        from unnest($2::bigint[]) as wanted (id)
        "#,
        tenant.0,
        pacticipants,
    )
    .fetch_all(db)
    .await
}
