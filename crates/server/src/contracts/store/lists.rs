//! SQL of lists of contracts, without their text.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::ids::{PacticipantId, TenantId};

/// One line of a list of contracts.
pub(crate) struct Listed {
    pub(crate) consumer: String,
    pub(crate) provider: String,
    pub(crate) version: String,
    pub(crate) created_at: DateTime<Utc>,
}

/// Which contracts of each consumer are listed. Without its name the branch is each consumer's main branch.
pub(crate) enum Which<'a> {
    All,
    Latest,
    Tagged(&'a str),
    LatestTagged(&'a str),
    OnBranch(Option<&'a str>),
    BranchHead(Option<&'a str>),
}

/// The latest contract of each pair.
pub(crate) async fn list_latest(db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Vec<Listed>> {
    sqlx::query_as!(
        Listed,
        r#"
        select consumer.name as consumer, provider.name as provider, version.number as version, contract.created_at
        from integration
        join pacticipant as consumer on consumer.tenant_id = integration.tenant_id
                                    and consumer.id = integration.consumer_id
        join pacticipant as provider on provider.tenant_id = integration.tenant_id
                                    and provider.id = integration.provider_id
        join contract on contract.tenant_id = integration.tenant_id
                     and contract.consumer_version_id = integration.latest_consumer_version_id
                     and contract.provider_id = integration.provider_id
        join version on version.tenant_id = contract.tenant_id
                    and version.id = contract.consumer_version_id
        where integration.tenant_id = $1
        order by lower(consumer.name), consumer.name, lower(provider.name), provider.name
        "#,
        tenant.0,
    )
    .fetch_all(db)
    .await
}

/// By consumer, then the oldest version first; of one consumer only, if one is given.
pub(crate) async fn list_of_provider(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    consumer: Option<PacticipantId>,
    which: &Which<'_>,
) -> sqlx::Result<Vec<Listed>> {
    match *which {
        Which::All => list_all(db, tenant, provider, consumer).await,
        Which::Latest => list_latest_of_provider(db, tenant, provider, consumer).await,
        Which::Tagged(tag) => list_tagged(db, tenant, provider, consumer, tag).await,
        Which::LatestTagged(tag) => list_latest_tagged(db, tenant, provider, consumer, tag).await,
        Which::OnBranch(branch) => list_on_branch(db, tenant, provider, consumer, branch).await,
        Which::BranchHead(branch) => list_branch_heads(db, tenant, provider, consumer, branch).await,
    }
}

async fn list_all(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    consumer: Option<PacticipantId>,
) -> sqlx::Result<Vec<Listed>> {
    sqlx::query_as!(
        Listed,
        r#"
        select consumer.name as consumer, provider.name as provider, version.number as version, contract.created_at
        from integration
        join pacticipant as consumer on consumer.tenant_id = integration.tenant_id
                                    and consumer.id = integration.consumer_id
        join pacticipant as provider on provider.tenant_id = integration.tenant_id
                                    and provider.id = integration.provider_id
        join contract on contract.tenant_id = integration.tenant_id
                     and contract.consumer_id = integration.consumer_id
                     and contract.provider_id = integration.provider_id
        join version on version.tenant_id = contract.tenant_id
                    and version.id = contract.consumer_version_id
        where integration.tenant_id = $1
          and integration.provider_id = $2
          and integration.consumer_id between coalesce($3::bigint, 0)
                                          and coalesce($3::bigint, 9223372036854775807)
        order by lower(consumer.name), consumer.name, contract.position
        "#,
        tenant.0,
        provider.0,
        consumer.map(|consumer| consumer.0),
    )
    .fetch_all(db)
    .await
}

async fn list_latest_of_provider(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    consumer: Option<PacticipantId>,
) -> sqlx::Result<Vec<Listed>> {
    sqlx::query_as!(
        Listed,
        r#"
        select consumer.name as consumer, provider.name as provider, version.number as version, contract.created_at
        from integration
        join pacticipant as consumer on consumer.tenant_id = integration.tenant_id
                                    and consumer.id = integration.consumer_id
        join pacticipant as provider on provider.tenant_id = integration.tenant_id
                                    and provider.id = integration.provider_id
        join contract on contract.tenant_id = integration.tenant_id
                     and contract.consumer_version_id = integration.latest_consumer_version_id
                     and contract.provider_id = integration.provider_id
        join version on version.tenant_id = contract.tenant_id
                    and version.id = contract.consumer_version_id
        where integration.tenant_id = $1
          and integration.provider_id = $2
          and integration.consumer_id between coalesce($3::bigint, 0)
                                          and coalesce($3::bigint, 9223372036854775807)
        order by lower(consumer.name), consumer.name
        "#,
        tenant.0,
        provider.0,
        consumer.map(|consumer| consumer.0),
    )
    .fetch_all(db)
    .await
}

async fn list_tagged(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    consumer: Option<PacticipantId>,
    tag: &str,
) -> sqlx::Result<Vec<Listed>> {
    sqlx::query_as!(
        Listed,
        r#"
        select consumer.name as consumer, provider.name as provider, version.number as version, contract.created_at
        from integration
        join pacticipant as consumer on consumer.tenant_id = integration.tenant_id
                                    and consumer.id = integration.consumer_id
        join pacticipant as provider on provider.tenant_id = integration.tenant_id
                                    and provider.id = integration.provider_id
        join tag on tag.tenant_id = integration.tenant_id
                and tag.pacticipant_id = integration.consumer_id
                and tag.name = $4
        join contract on contract.tenant_id = tag.tenant_id
                     and contract.consumer_version_id = tag.version_id
                     and contract.provider_id = integration.provider_id
        join version on version.tenant_id = contract.tenant_id
                    and version.id = contract.consumer_version_id
        where integration.tenant_id = $1
          and integration.provider_id = $2
          and integration.consumer_id between coalesce($3::bigint, 0)
                                          and coalesce($3::bigint, 9223372036854775807)
        order by lower(consumer.name), consumer.name, contract.position
        "#,
        tenant.0,
        provider.0,
        consumer.map(|consumer| consumer.0),
        tag,
    )
    .fetch_all(db)
    .await
}

async fn list_latest_tagged(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    consumer: Option<PacticipantId>,
    tag: &str,
) -> sqlx::Result<Vec<Listed>> {
    sqlx::query_as!(
        Listed,
        r#"
        select consumer.name as consumer, provider.name as provider, version.number as version, contract.created_at
        from integration
        join pacticipant as consumer on consumer.tenant_id = integration.tenant_id
                                    and consumer.id = integration.consumer_id
        join pacticipant as provider on provider.tenant_id = integration.tenant_id
                                    and provider.id = integration.provider_id
        cross join lateral (
            select contract.tenant_id, contract.consumer_version_id, contract.created_at
            from tag
            join contract on contract.tenant_id = tag.tenant_id
                         and contract.consumer_version_id = tag.version_id
                         and contract.provider_id = integration.provider_id
            where tag.tenant_id = integration.tenant_id
              and tag.pacticipant_id = integration.consumer_id
              and tag.name = $4
            order by tag.position desc
            limit 1
        ) as contract
        join version on version.tenant_id = contract.tenant_id
                    and version.id = contract.consumer_version_id
        where integration.tenant_id = $1
          and integration.provider_id = $2
          and integration.consumer_id between coalesce($3::bigint, 0)
                                          and coalesce($3::bigint, 9223372036854775807)
        order by lower(consumer.name), consumer.name
        "#,
        tenant.0,
        provider.0,
        consumer.map(|consumer| consumer.0),
        tag,
    )
    .fetch_all(db)
    .await
}

async fn list_on_branch(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    consumer: Option<PacticipantId>,
    branch: Option<&str>,
) -> sqlx::Result<Vec<Listed>> {
    sqlx::query_as!(
        Listed,
        r#"
        select consumer.name as consumer, provider.name as provider, version.number as version, contract.created_at
        from integration
        join pacticipant as consumer on consumer.tenant_id = integration.tenant_id
                                    and consumer.id = integration.consumer_id
        join pacticipant as provider on provider.tenant_id = integration.tenant_id
                                    and provider.id = integration.provider_id
        join branch_version on branch_version.tenant_id = integration.tenant_id
                           and branch_version.pacticipant_id = integration.consumer_id
                           and branch_version.branch = coalesce($4, consumer.main_branch)
        join contract on contract.tenant_id = branch_version.tenant_id
                     and contract.consumer_version_id = branch_version.version_id
                     and contract.provider_id = integration.provider_id
        join version on version.tenant_id = contract.tenant_id
                    and version.id = contract.consumer_version_id
        where integration.tenant_id = $1
          and integration.provider_id = $2
          and integration.consumer_id between coalesce($3::bigint, 0)
                                          and coalesce($3::bigint, 9223372036854775807)
        order by lower(consumer.name), consumer.name, contract.position
        "#,
        tenant.0,
        provider.0,
        consumer.map(|consumer| consumer.0),
        branch,
    )
    .fetch_all(db)
    .await
}

async fn list_branch_heads(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    consumer: Option<PacticipantId>,
    branch: Option<&str>,
) -> sqlx::Result<Vec<Listed>> {
    sqlx::query_as!(
        Listed,
        r#"
        select consumer.name as consumer, provider.name as provider, version.number as version, contract.created_at
        from integration
        join pacticipant as consumer on consumer.tenant_id = integration.tenant_id
                                    and consumer.id = integration.consumer_id
        join pacticipant as provider on provider.tenant_id = integration.tenant_id
                                    and provider.id = integration.provider_id
        join branch_head on branch_head.tenant_id = integration.tenant_id
                        and branch_head.pacticipant_id = integration.consumer_id
                        and branch_head.branch = coalesce($4, consumer.main_branch)
        join contract on contract.tenant_id = branch_head.tenant_id
                     and contract.consumer_version_id = branch_head.version_id
                     and contract.provider_id = integration.provider_id
        join version on version.tenant_id = contract.tenant_id
                    and version.id = contract.consumer_version_id
        where integration.tenant_id = $1
          and integration.provider_id = $2
          and integration.consumer_id between coalesce($3::bigint, 0)
                                          and coalesce($3::bigint, 9223372036854775807)
        order by lower(consumer.name), consumer.name
        "#,
        tenant.0,
        provider.0,
        consumer.map(|consumer| consumer.0),
        branch,
    )
    .fetch_all(db)
    .await
}
