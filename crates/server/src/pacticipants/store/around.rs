//! SQL of the page about a pacticipant: what runs where, with whom it has contracts, and how these stand.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::{PacticipantId, TenantId};

/// A version that runs, or is supported, somewhere.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) environment_id: Uuid,
    pub(crate) version_id: i64,
    pub(crate) number: String,
    pub(crate) build_url: Option<String>,
    pub(crate) since: DateTime<Utc>,
    /// `None` for a release; empty where no instance was named.
    pub(crate) application_instance: Option<String>,
}

/// The newest version first.
pub(crate) async fn list_running(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
) -> sqlx::Result<Vec<Running>> {
    sqlx::query_as!(
        Running,
        r#"
        select running.environment_id as "environment_id!", running.version_id as "version_id!", version.number,
               version.build_url, running.created_at as "since!",
               running.application_instance as "application_instance?"
        from (
            select deployed_version.environment_id, deployed_version.version_id, deployed_version.created_at,
                   deployed_version.application_instance
            from deployed_version
            where deployed_version.tenant_id = $1
              and deployed_version.pacticipant_id = $2
              and deployed_version.undeployed_at is null
            union all
            select released_version.environment_id, released_version.version_id, released_version.created_at, null
            from released_version
            where released_version.tenant_id = $1
              and released_version.pacticipant_id = $2
              and released_version.support_ended_at is null
        ) as running
        join version on version.tenant_id = $1
                    and version.id = running.version_id
        order by version.position desc, running.created_at desc
        "#,
        tenant.0,
        pacticipant.0,
    )
    .fetch_all(db)
    .await
}

/// How many contracts of a version have failed, or have no result, with what runs in an environment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stand {
    pub(crate) version_id: i64,
    pub(crate) environment_id: Uuid,
    pub(crate) failed: i64,
    pub(crate) missing: i64,
}

/// Of versions of this pacticipant, each with an environment.
pub(crate) async fn list_stands(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    asked: &[(i64, Uuid)],
) -> sqlx::Result<Vec<Stand>> {
    let (versions, environments): (Vec<i64>, Vec<Uuid>) = asked.iter().copied().unzip();
    sqlx::query_as!(
        Stand,
        r#"
        with asked as materialized (
            select distinct asked.version_id, asked.environment_id
            from unnest($3::bigint[], $4::uuid[]) as asked (version_id, environment_id)
        ),
        -- Once for each environment: several versions are asked about in the same one.
        expected as materialized (
            select place.environment_id, contract.content_id, count(*) as times
            from (select distinct asked.environment_id from asked) as place
            join integration on integration.tenant_id = $1
                            and integration.provider_id = $2
                            and integration.consumer_id <> $2
            cross join lateral (
                select deployed_version.version_id
                from deployed_version
                where deployed_version.tenant_id = $1
                  and deployed_version.pacticipant_id = integration.consumer_id
                  and deployed_version.environment_id = place.environment_id
                  and deployed_version.undeployed_at is null
                union
                select released_version.version_id
                from released_version
                where released_version.tenant_id = $1
                  and released_version.pacticipant_id = integration.consumer_id
                  and released_version.environment_id = place.environment_id
                  and released_version.support_ended_at is null
            ) as running
            join contract on contract.tenant_id = $1
                         and contract.consumer_version_id = running.version_id
                         and contract.provider_id = $2
            group by place.environment_id, contract.content_id
        ),
        edge as (
            select asked.version_id, asked.environment_id, expected.content_id,
                   asked.version_id as provider_version_id, expected.times
            from asked
            join expected on expected.environment_id = asked.environment_id
            union all
            select asked.version_id, asked.environment_id, contract.content_id,
                   case when contract.provider_id = $2 then asked.version_id else running.version_id end, 1
            from asked
            join contract on contract.tenant_id = $1
                         and contract.consumer_version_id = asked.version_id
            left join lateral (
                select deployed_version.version_id
                from deployed_version
                where deployed_version.tenant_id = $1
                  and deployed_version.pacticipant_id = contract.provider_id
                  and deployed_version.environment_id = asked.environment_id
                  and deployed_version.undeployed_at is null
                union
                select released_version.version_id
                from released_version
                where released_version.tenant_id = $1
                  and released_version.pacticipant_id = contract.provider_id
                  and released_version.environment_id = asked.environment_id
                  and released_version.support_ended_at is null
            ) as running on contract.provider_id <> $2
        )
        select asked.version_id as "version_id!", asked.environment_id as "environment_id!",
               coalesce(sum(edge.times) filter (where not outcome.success), 0)::bigint as "failed!",
               coalesce(sum(edge.times) filter (where outcome.success is null), 0)::bigint as "missing!"
        from asked
        left join edge on edge.version_id = asked.version_id
                      and edge.environment_id = asked.environment_id
        left join lateral outcome_of($1, edge.content_id, edge.provider_version_id) as outcome on true
        group by asked.version_id, asked.environment_id
        "#,
        tenant.0,
        pacticipant.0,
        &versions,
        &environments,
    )
    .fetch_all(db)
    .await
}

/// Another pacticipant with which this one has a contract.
#[derive(Clone, Debug)]
pub(crate) struct Partner {
    pub(crate) id: i64,
    pub(crate) name: String,
    /// It consumes what this one provides.
    pub(crate) is_consumer: bool,
    /// The consumer version whose contract it is: its latest, or the head of this one.
    pub(crate) consumer_version: String,
    pub(crate) sha: String,
    pub(crate) interactions: i32,
}

/// All consumers, and the providers of the head's contracts; by name.
pub(crate) async fn list_partners(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    head: Option<i64>,
) -> sqlx::Result<Vec<Partner>> {
    sqlx::query_as!(
        Partner,
        r#"
        select pacticipant.id, pacticipant.name, side.is_consumer as "is_consumer!",
               version.number as consumer_version, contract_content.sha,
               coalesce(cardinality(contract_content.interaction_ids), 0) as "interactions!"
        from (
            select integration.consumer_id as partner_id, contract.content_id, contract.consumer_version_id,
                   true as is_consumer
            from integration
            join contract on contract.tenant_id = $1
                         and contract.consumer_version_id = integration.latest_consumer_version_id
                         and contract.provider_id = $2
            where integration.tenant_id = $1
              and integration.provider_id = $2
              and integration.consumer_id <> $2
            union all
            select contract.provider_id, contract.content_id, contract.consumer_version_id, false
            from contract
            where contract.tenant_id = $1
              and contract.consumer_version_id = $3
        ) as side
        join pacticipant on pacticipant.tenant_id = $1
                        and pacticipant.id = side.partner_id
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.id = side.content_id
        join version on version.tenant_id = $1
                    and version.id = side.consumer_version_id
        order by pacticipant.name
        "#,
        tenant.0,
        pacticipant.0,
        head,
    )
    .fetch_all(db)
    .await
}

/// The head with what a partner runs in an environment.
#[derive(Clone, Debug)]
pub(crate) struct Meeting {
    pub(crate) partner_id: i64,
    pub(crate) is_consumer: bool,
    pub(crate) environment_id: Uuid,
    pub(crate) number: String,
    /// `None`: no result.
    pub(crate) success: Option<bool>,
    pub(crate) verified_at: Option<DateTime<Utc>>,
}

/// All of them, with the newest version of each partner first. The limit of one changes nothing but the plan.
pub(crate) async fn list_meetings(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    head: i64,
) -> sqlx::Result<Vec<Meeting>> {
    sqlx::query_as!(
        Meeting,
        r#"
        with partner as materialized (
            select integration.consumer_id as partner_id, true as is_consumer, null::bigint as content_id
            from integration
            where integration.tenant_id = $1
              and integration.provider_id = $2
              and integration.consumer_id <> $2
            union all
            select contract.provider_id, false, contract.content_id
            from contract
            where contract.tenant_id = $1
              and contract.consumer_version_id = $3
              and contract.provider_id <> $2
        ),
        meeting as (
            select partner.partner_id, partner.is_consumer, running.environment_id, running.version_id,
                   coalesce(partner.content_id, contract.content_id) as content_id,
                   case when partner.is_consumer then $3 else running.version_id end as provider_version_id
            from partner
            cross join lateral (
                select deployed_version.environment_id, deployed_version.version_id
                from deployed_version
                where deployed_version.tenant_id = $1
                  and deployed_version.pacticipant_id = partner.partner_id
                  and deployed_version.undeployed_at is null
                union
                select released_version.environment_id, released_version.version_id
                from released_version
                where released_version.tenant_id = $1
                  and released_version.pacticipant_id = partner.partner_id
                  and released_version.support_ended_at is null
            ) as running
            left join contract on partner.is_consumer
                              and contract.tenant_id = $1
                              and contract.consumer_version_id = running.version_id
                              and contract.provider_id = $2
        )
        select meeting.partner_id as "partner_id!", meeting.is_consumer as "is_consumer!",
               meeting.environment_id as "environment_id!", version.number, outcome.success as "success?",
               outcome.judged_at as "verified_at?"
        from meeting
        join version on version.tenant_id = $1
                    and version.id = meeting.version_id
        left join lateral outcome_of($1, meeting.content_id, meeting.provider_version_id) as outcome on true
        where meeting.content_id is not null
        order by version.position desc
        "#,
        tenant.0,
        pacticipant.0,
        head,
    )
    .fetch_all(db)
    .await
}
