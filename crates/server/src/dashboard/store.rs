//! SQL of the dashboard: one statement.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::edge::Page;
use crate::ids::{PacticipantId, TenantId};

/// Two pacticipants.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    pub(super) consumer: PacticipantId,
    pub(super) provider: PacticipantId,
}

/// A contract that matters now, with the latest result about its content.
pub(super) struct Item {
    pub(super) consumer: String,
    pub(super) consumer_version: String,
    /// Branches that the version is the head of, the one it was put on last at the end.
    pub(super) consumer_branches: Vec<String>,
    pub(super) position: i64,
    pub(super) published_at: DateTime<Utc>,
    /// Tags that this is the latest contract of the two with.
    pub(super) tags: Vec<String>,
    pub(super) provider: String,
    /// `None`, as all that follows, when the content was never verified.
    pub(super) provider_version: Option<String>,
    pub(super) provider_branches: Vec<String>,
    pub(super) provider_tags: Vec<String>,
    pub(super) success: Option<bool>,
    pub(super) pending: Option<bool>,
    pub(super) verified_at: Option<DateTime<Utc>>,
}

/// The latest contract of each pair, the latest with each tag of the consumer, and those of versions that are deployed or
/// released: where something happened last comes first. One more than the page has, if there is one.
#[expect(clippy::too_many_lines, reason = "one statement, read as one")]
pub(super) async fn list_items(
    db: &mut PgConnection,
    tenant: TenantId,
    pair: Option<Pair>,
    page: Page,
) -> sqlx::Result<Vec<Item>> {
    // A tag is looked for from the latest contract of the two on: where the consumer has stopped using the provider, all
    // newer versions with the tag are passed over at once. What is shown of versions is read for one page only. A limit of
    // one and an offset of none change nothing but the plan: contracts are looked up by key, however many there are.
    sqlx::query_as!(
        Item,
        r#"
        with head as (
            select integration.consumer_id, integration.provider_id,
                   integration.latest_consumer_version_id as version_id, null::text as tag
            from integration
            where integration.tenant_id = $1
              and integration.consumer_id between coalesce($2::bigint, 0) and coalesce($2::bigint, 9223372036854775807)
              and integration.provider_id between coalesce($3::bigint, 0) and coalesce($3::bigint, 9223372036854775807)
            union all
            select integration.consumer_id, integration.provider_id, tagged.version_id, tag_head.name
            from integration
            join tag_head on tag_head.tenant_id = integration.tenant_id
                         and tag_head.pacticipant_id = integration.consumer_id
            cross join lateral (
                select tag.version_id
                from tag
                join contract on contract.tenant_id = tag.tenant_id
                             and contract.consumer_version_id = tag.version_id
                             and contract.provider_id = integration.provider_id
                where tag.tenant_id = integration.tenant_id
                  and tag.pacticipant_id = integration.consumer_id
                  and tag.name = tag_head.name
                  and tag.position <= integration.latest_position
                order by tag.position desc
                limit 1
            ) as tagged
            where integration.tenant_id = $1
              and integration.consumer_id between coalesce($2::bigint, 0) and coalesce($2::bigint, 9223372036854775807)
              and integration.provider_id between coalesce($3::bigint, 0) and coalesce($3::bigint, 9223372036854775807)
            union all
            select contract.consumer_id, contract.provider_id, contract.consumer_version_id, null
            from deployed_version
            cross join lateral (
                select contract.consumer_id, contract.provider_id, contract.consumer_version_id
                from contract
                where contract.tenant_id = deployed_version.tenant_id
                  and contract.consumer_version_id = deployed_version.version_id
                offset 0
            ) as contract
            where deployed_version.tenant_id = $1
              and deployed_version.undeployed_at is null
              and deployed_version.pacticipant_id between coalesce($2::bigint, 0)
                                                      and coalesce($2::bigint, 9223372036854775807)
              and contract.provider_id between coalesce($3::bigint, 0) and coalesce($3::bigint, 9223372036854775807)
            union all
            select contract.consumer_id, contract.provider_id, contract.consumer_version_id, null
            from released_version
            cross join lateral (
                select contract.consumer_id, contract.provider_id, contract.consumer_version_id
                from contract
                where contract.tenant_id = released_version.tenant_id
                  and contract.consumer_version_id = released_version.version_id
                offset 0
            ) as contract
            where released_version.tenant_id = $1
              and released_version.support_ended_at is null
              and released_version.pacticipant_id between coalesce($2::bigint, 0)
                                                      and coalesce($2::bigint, 9223372036854775807)
              and contract.provider_id between coalesce($3::bigint, 0) and coalesce($3::bigint, 9223372036854775807)
        ),
        item as (
            select head.consumer_id, head.provider_id, head.version_id,
                   coalesce(array_agg(head.tag order by head.tag) filter (where head.tag is not null), '{}') as tags
            from head
            group by head.consumer_id, head.provider_id, head.version_id
        ),
        page as (
            select item.consumer_id, item.provider_id, item.version_id, item.tags, contract.position,
                   contract.created_at as published_at, result.provider_version_id, result.success, result.pending,
                   result.verified_at, greatest(contract.created_at, result.verified_at) as active_at
            from item
            cross join lateral (
                select contract.position, contract.created_at, contract.content_id
                from contract
                where contract.tenant_id = $1
                  and contract.consumer_version_id = item.version_id
                  and contract.provider_id = item.provider_id
                limit 1
            ) as contract
            left join lateral (
                select verification_log.provider_version_id, verification_log.success, verification_log.pending,
                       verification_log.created_at as verified_at
                from verification_log
                where verification_log.tenant_id = $1
                  and verification_log.content_id = contract.content_id
                order by verification_log.number desc
                limit 1
            ) as result on true
            order by active_at desc, contract.position desc, item.provider_id desc
            limit $4 offset $5
        )
        select consumer.name as consumer, consumer_version.number as consumer_version,
               array(
                   select branch_head.branch
                   from branch_head
                   join branch_version on branch_version.tenant_id = branch_head.tenant_id
                                      and branch_version.version_id = branch_head.version_id
                                      and branch_version.branch = branch_head.branch
                   where branch_head.tenant_id = $1
                     and branch_head.version_id = page.version_id
                   order by branch_version.ordinal
               ) as "consumer_branches!",
               page.position, page.published_at, page.tags as "tags!",
               provider.name as provider, provider_version.number as "provider_version?",
               array(
                   select branch_head.branch
                   from branch_head
                   join branch_version on branch_version.tenant_id = branch_head.tenant_id
                                      and branch_version.version_id = branch_head.version_id
                                      and branch_version.branch = branch_head.branch
                   where branch_head.tenant_id = $1
                     and branch_head.version_id = page.provider_version_id
                   order by branch_version.ordinal
               ) as "provider_branches!",
               array(
                   select tag_head.name
                   from tag_head
                   where tag_head.tenant_id = $1
                     and tag_head.version_id = page.provider_version_id
                   order by tag_head.name
               ) as "provider_tags!",
               page.success as "success?", page.pending as "pending?", page.verified_at as "verified_at?"
        from page
        join pacticipant as consumer on consumer.tenant_id = $1
                                    and consumer.id = page.consumer_id
        join version as consumer_version on consumer_version.tenant_id = $1
                                        and consumer_version.id = page.version_id
        join pacticipant as provider on provider.tenant_id = $1
                                    and provider.id = page.provider_id
        left join version as provider_version on provider_version.tenant_id = $1
                                             and provider_version.id = page.provider_version_id
        order by page.active_at desc, page.position desc, page.provider_id desc
        "#,
        tenant.0,
        pair.map(|pair| pair.consumer.0),
        pair.map(|pair| pair.provider.0),
        page.limit().map(|limit| limit.saturating_add(1)),
        page.offset(),
    )
    .fetch_all(db)
    .await
}
