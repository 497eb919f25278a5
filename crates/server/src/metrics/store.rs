//! SQL of metrics. All is counted when it is asked for, each table once: counts that are kept would make everybody who
//! publishes wait for one row. What has millions of rows is counted from an index alone where one has what is needed.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::ids::TenantId;

pub(super) struct Pacticipants {
    pub(super) count: i64,
    pub(super) with_main_branch: i64,
    pub(super) versions: i64,
    pub(super) versions_with_branch: i64,
    /// With a branch that somebody named, not only a tag.
    pub(super) versions_with_named_branch: i64,
    pub(super) tags: i64,
    pub(super) names_of_tags: i64,
    /// The tag of one pacticipant counts apart from that of another.
    pub(super) tag_heads: i64,
}

pub(super) async fn count_pacticipants(db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Pacticipants> {
    sqlx::query_as!(
        Pacticipants,
        r#"
        select pacticipants.count as "count!", pacticipants.with_main_branch as "with_main_branch!",
               versions.count as "versions!", with_branch.count as "versions_with_branch!",
               with_branch.named as "versions_with_named_branch!", tags.count as "tags!",
               heads.names as "names_of_tags!", heads.count as "tag_heads!"
        from (
            select count(*), count(main_branch) as with_main_branch
            from pacticipant
            where tenant_id = $1
        ) as pacticipants
        cross join (
            select count(*)
            from version
            where tenant_id = $1
        ) as versions
        cross join (
            select count(*), count(*) filter (where is_named) as named
            from (
                select bool_or(not auto_created) as is_named
                from branch_version
                where tenant_id = $1
                group by version_id
            ) as of_version
        ) as with_branch
        cross join (
            select count(*)
            from tag
            where tenant_id = $1
        ) as tags
        cross join (
            select count(*), count(distinct name) as names
            from tag_head
            where tenant_id = $1
        ) as heads
        "#,
        tenant.0,
    )
    .fetch_one(db)
    .await
}

pub(super) struct Contracts {
    pub(super) integrations: i64,
    /// In the latest contract of each pair.
    pub(super) latest_interactions: i64,
    pub(super) latest_messages: i64,
    pub(super) contents: i64,
    pub(super) first: Option<DateTime<Utc>>,
    pub(super) last: Option<DateTime<Utc>>,
    /// How often a contract of a version was published with other content, the rarest first; each with how many were.
    pub(super) revisions: Vec<i64>,
    pub(super) with_revisions: Vec<i64>,
}

pub(super) async fn count_contracts(db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Contracts> {
    sqlx::query_as!(
        Contracts,
        r#"
        select latest.count as "integrations!", latest.interactions as "latest_interactions!",
               latest.messages as "latest_messages!", contents.count as "contents!", published.first, published.last,
               published.revisions as "revisions!", published.contracts as "with_revisions!"
        from (
            select count(*), coalesce(sum(contract_content.message_count), 0) as messages,
                   coalesce(
                       sum(cardinality(contract_content.interaction_ids) - contract_content.message_count), 0
                   ) as interactions
            from integration
            join contract on contract.tenant_id = integration.tenant_id
                         and contract.consumer_version_id = integration.latest_consumer_version_id
                         and contract.provider_id = integration.provider_id
            join contract_content on contract_content.tenant_id = contract.tenant_id
                                 and contract_content.id = contract.content_id
            where integration.tenant_id = $1
        ) as latest
        cross join (
            select count(*)
            from contract_content
            where tenant_id = $1
        ) as contents
        cross join (
            select min(first) as first, max(last) as last,
                   coalesce(array_agg(revision::bigint order by revision), '{}') as revisions,
                   coalesce(array_agg(contracts order by revision), '{}') as contracts
            from (
                select revision, count(*) as contracts, min(created_at) as first, max(created_at) as last
                from contract
                where tenant_id = $1
                group by revision
            ) as of_revision
        ) as published
        "#,
        tenant.0,
    )
    .fetch_one(db)
    .await
}

pub(super) struct Results {
    pub(super) failures: i64,
    /// Results of a provider version about a content that say the same count as one.
    pub(super) distinct: i64,
    pub(super) first: Option<DateTime<Utc>>,
    pub(super) last: Option<DateTime<Utc>>,
    /// How many results a content has, the fewest first; each with how many contents have as many.
    pub(super) per_content: Vec<i64>,
    pub(super) contents: Vec<i64>,
}

pub(super) async fn count_results(db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Results> {
    // There is one latest result for each content and provider version. Those that came out both ways are found among the
    // failures, since these are few.
    sqlx::query_as!(
        Results,
        r#"
        select failures.count as "failures!", latest.count + both_ways.count as "distinct!",
               (
                   select created_at
                   from verification_log
                   where tenant_id = $1
                   order by number
                   limit 1
               ) as first,
               (
                   select created_at
                   from verification_log
                   where tenant_id = $1
                   order by number desc
                   limit 1
               ) as last,
               contents.results as "per_content!", contents.contents as "contents!"
        from (
            select count(*)
            from verification_log
            where tenant_id = $1
              and not success
        ) as failures
        cross join (
            select count(*)
            from verification
            where tenant_id = $1
        ) as latest
        cross join (
            select count(*)
            from (
                select content_id, provider_version_id
                from verification_log
                where tenant_id = $1
                  and not success
                group by content_id, provider_version_id
            ) as failed
            cross join lateral (
                select from verification_log
                where tenant_id = $1
                  and content_id = failed.content_id
                  and provider_version_id = failed.provider_version_id
                  and success
                limit 1
            ) as passed
        ) as both_ways
        cross join (
            select coalesce(array_agg(results order by results), '{}') as results,
                   coalesce(array_agg(contents order by results), '{}') as contents
            from (
                select results, count(*) as contents
                from (
                    select count(*) as results
                    from verification_log
                    where tenant_id = $1
                    group by content_id
                ) as of_content
                group by results
            ) as of_count
        ) as contents
        "#,
        tenant.0,
    )
    .fetch_one(db)
    .await
}

pub(super) struct Places {
    pub(super) environments: i64,
    pub(super) deployed: i64,
    /// Not by a tag.
    pub(super) recorded: i64,
    pub(super) currently_deployed: i64,
    pub(super) released: i64,
    pub(super) currently_supported: i64,
}

pub(super) async fn count_places(db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Places> {
    sqlx::query_as!(
        Places,
        r#"
        select environments.count as "environments!", deployed.count as "deployed!", deployed.recorded as "recorded!",
               deployed.current as "currently_deployed!", released.count as "released!",
               released.current as "currently_supported!"
        from (
            select count(*)
            from environment
            where tenant_id = $1
        ) as environments
        cross join (
            select count(*), count(*) filter (where not auto_created) as recorded,
                   count(*) filter (where undeployed_at is null) as current
            from deployed_version
            where tenant_id = $1
        ) as deployed
        cross join (
            select count(*), count(*) filter (where support_ended_at is null) as current
            from released_version
            where tenant_id = $1
        ) as released
        "#,
        tenant.0,
    )
    .fetch_one(db)
    .await
}

pub(super) struct Webhooks {
    pub(super) count: i64,
    pub(super) deliveries: i64,
    pub(super) attempts: i64,
}

pub(super) async fn count_webhooks(db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Webhooks> {
    sqlx::query_as!(
        Webhooks,
        r#"
        select webhooks.count as "count!", deliveries.count as "deliveries!", attempts.count as "attempts!"
        from (
            select count(*)
            from webhook
            where tenant_id = $1
        ) as webhooks
        cross join (
            select count(*)
            from webhook_delivery
            where tenant_id = $1
        ) as deliveries
        cross join (
            select count(*)
            from webhook_attempt
            where tenant_id = $1
        ) as attempts
        "#,
        tenant.0,
    )
    .fetch_one(db)
    .await
}

/// What waits to be delivered, and what was given up.
pub(super) struct Queue {
    pub(super) waiting: i64,
    pub(super) dead: i64,
    /// When what has been due for longest was due.
    pub(super) oldest_due_at: Option<DateTime<Utc>>,
    pub(super) oldest_waiting_since: Option<DateTime<Utc>>,
    /// Receivers that are down, and rest.
    pub(super) resting: i64,
}

pub(super) async fn count_queue(db: &mut PgConnection, tenant: TenantId, now: DateTime<Utc>) -> sqlx::Result<Queue> {
    sqlx::query_as!(
        Queue,
        r#"
        select waiting.count as "waiting!", dead.count as "dead!", waiting.oldest_due_at, waiting.oldest_waiting_since,
               resting.count as "resting!"
        from (
            select count(*), min(run_at) filter (where run_at <= $2) as oldest_due_at,
                   min(created_at) as oldest_waiting_since
            from job
            where tenant_id = $1
              and kind = 'webhook_delivery'
              and dead_at is null
        ) as waiting
        cross join (
            select count(*)
            from job
            where tenant_id = $1
              and kind = 'webhook_delivery'
              and dead_at is not null
        ) as dead
        cross join (
            select count(*)
            from job_lane
            where tenant_id = $1
              and paused_until > $2
        ) as resting
        "#,
        tenant.0,
        now,
    )
    .fetch_one(db)
    .await
}
