//! SQL of contracts as they are served, with their text.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::ids::TenantId;

/// A contract as it is served.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    pub(crate) consumer: String,
    pub(crate) provider: String,
    pub(crate) version: String,
    pub(crate) sha: String,
    pub(crate) interaction_ids: Vec<String>,
    pub(crate) content: String,
    pub(crate) created_at: DateTime<Utc>,
}

/// Two pacticipants by name.
#[derive(Clone, Copy)]
pub(crate) struct Pair<'a> {
    pub(crate) consumer: &'a str,
    pub(crate) provider: &'a str,
}

/// Which contract between two pacticipants is wanted.
pub(crate) enum Wanted<'a> {
    Version(&'a str),
    Latest,
    LatestTagged(&'a str),
    /// Of the latest version without any tag.
    LatestUntagged,
    /// The last one before that of the version which has other content.
    PreviousDistinct(&'a str),
    BranchHead(&'a str),
    /// Of the content, the publication of the version if it has or had it, else the latest one.
    Content {
        sha: &'a str,
        version: Option<&'a str>,
    },
}

/// Its text and all that is shown with it.
pub(crate) async fn find_served(
    db: &mut PgConnection,
    tenant: TenantId,
    pair: Pair<'_>,
    wanted: &Wanted<'_>,
) -> sqlx::Result<Option<Served>> {
    match wanted {
        Wanted::Content { sha, version } => return find_content(db, tenant, pair, sha, *version).await,
        Wanted::Version(number) => return find_of_number(db, tenant, pair, number).await,
        _ => {}
    }
    let mut missed = None;
    while let Some(version) = find_version(db, tenant, pair, wanted).await? {
        // None, though it was chosen: either it has none, or it was deleted in between and another one is chosen now.
        if missed == Some(version) {
            return Ok(None);
        }
        if let Some(served) = find_of_version(db, tenant, pair, version).await? {
            return Ok(Some(served));
        }
        missed = Some(version);
    }
    Ok(None)
}

/// A contract, without its text.
pub(crate) struct Found {
    pub(crate) sha: String,
    pub(crate) version: String,
}

/// As [`find_served`], but without the text.
pub(crate) async fn find(
    db: &mut PgConnection,
    tenant: TenantId,
    pair: Pair<'_>,
    wanted: &Wanted<'_>,
) -> sqlx::Result<Option<Found>> {
    let Some(version) = find_version(db, tenant, pair, wanted).await? else { return Ok(None) };
    sqlx::query_as!(
        Found,
        r#"
        select contract_content.sha, version.number as version
        from pacticipant as provider
        join contract on contract.tenant_id = provider.tenant_id
                     and contract.consumer_version_id = $3
                     and contract.provider_id = provider.id
        join contract_content on contract_content.tenant_id = contract.tenant_id
                             and contract_content.id = contract.content_id
        join version on version.tenant_id = contract.tenant_id
                    and version.id = contract.consumer_version_id
        where provider.tenant_id = $1
          and provider.name = $2
        "#,
        tenant.0,
        pair.provider,
        version,
    )
    .fetch_optional(db)
    .await
}

/// The version whose contract is wanted. It may have none by the time that it is read.
async fn find_version(
    db: &mut PgConnection,
    tenant: TenantId,
    pair: Pair<'_>,
    wanted: &Wanted<'_>,
) -> sqlx::Result<Option<i64>> {
    match wanted {
        Wanted::Content { sha: _, version: None } => Ok(None),
        Wanted::Content { sha: _, version: Some(number) } | Wanted::Version(number) => {
            find_numbered(db, tenant, pair, number).await
        }
        Wanted::Latest => find_latest(db, tenant, pair).await,
        Wanted::LatestUntagged => find_latest_untagged(db, tenant, pair).await,
        Wanted::PreviousDistinct(number) => find_previous_distinct(db, tenant, pair, number).await,
        Wanted::LatestTagged(tag) => find_latest_tagged(db, tenant, pair, tag).await,
        Wanted::BranchHead(branch) => find_branch_head(db, tenant, pair, branch).await,
    }
}

async fn find_of_version(
    db: &mut PgConnection,
    tenant: TenantId,
    pair: Pair<'_>,
    version: i64,
) -> sqlx::Result<Option<Served>> {
    sqlx::query_as!(
        Served,
        r#"
        select consumer.name as consumer, provider.name as provider, version.number as version, contract_content.sha,
               contract_content.interaction_ids, contract_content.content, contract.created_at
        from pacticipant as consumer
        join pacticipant as provider on provider.tenant_id = consumer.tenant_id
                                    and provider.name = $3
        join contract on contract.tenant_id = consumer.tenant_id
                     and contract.consumer_version_id = $4
                     and contract.provider_id = provider.id
        join version on version.tenant_id = contract.tenant_id
                    and version.id = contract.consumer_version_id
        join contract_content on contract_content.tenant_id = contract.tenant_id
                             and contract_content.id = contract.content_id
        where consumer.tenant_id = $1
          and consumer.name = $2
        "#,
        tenant.0,
        pair.consumer,
        pair.provider,
        version,
    )
    .fetch_optional(db)
    .await
}

/// Also when the version that published it was published anew with other content since.
async fn find_content(
    db: &mut PgConnection,
    tenant: TenantId,
    pair: Pair<'_>,
    sha: &str,
    version: Option<&str>,
) -> sqlx::Result<Option<Served>> {
    if let Some(version) = version
        && let Some(served) = find_content_of_version(db, tenant, pair, sha, version).await?
    {
        return Ok(Some(served));
    }
    // Content that does not change has thousands of publications: only the last one is read.
    sqlx::query_as!(
        Served,
        r#"
        select consumer.name as consumer, provider.name as provider, version.number as version, contract_content.sha,
               contract_content.interaction_ids, contract_content.content, last.created_at
        from pacticipant as consumer
        join pacticipant as provider on provider.tenant_id = consumer.tenant_id
                                    and provider.name = $3
        join contract_content on contract_content.tenant_id = consumer.tenant_id
                             and contract_content.consumer_id = consumer.id
                             and contract_content.provider_id = provider.id
                             and contract_content.sha = $4
        cross join lateral (
            select contract_revision.consumer_version_id, contract_revision.created_at
            from contract_revision
            where contract_revision.tenant_id = contract_content.tenant_id
              and contract_revision.content_id = contract_content.id
            order by contract_revision.position desc
            limit 1
        ) as last
        join version on version.tenant_id = consumer.tenant_id
                    and version.id = last.consumer_version_id
        where consumer.tenant_id = $1
          and consumer.name = $2
        "#,
        tenant.0,
        pair.consumer,
        pair.provider,
        sha,
    )
    .fetch_optional(db)
    .await
}

async fn find_content_of_version(
    db: &mut PgConnection,
    tenant: TenantId,
    pair: Pair<'_>,
    sha: &str,
    version: &str,
) -> sqlx::Result<Option<Served>> {
    sqlx::query_as!(
        Served,
        r#"
        select consumer.name as consumer, provider.name as provider, version.number as version, contract_content.sha,
               contract_content.interaction_ids, contract_content.content, contract_revision.created_at
        from pacticipant as consumer
        join pacticipant as provider on provider.tenant_id = consumer.tenant_id
                                    and provider.name = $3
        join contract_content on contract_content.tenant_id = consumer.tenant_id
                             and contract_content.consumer_id = consumer.id
                             and contract_content.provider_id = provider.id
                             and contract_content.sha = $4
        join version on version.tenant_id = consumer.tenant_id
                    and version.pacticipant_id = consumer.id
                    and version.number = $5
        join contract_revision on contract_revision.tenant_id = contract_content.tenant_id
                              and contract_revision.content_id = contract_content.id
                              and contract_revision.position = version.position
                              and contract_revision.consumer_version_id = version.id
        where consumer.tenant_id = $1
          and consumer.name = $2
        "#,
        tenant.0,
        pair.consumer,
        pair.provider,
        sha,
        version,
    )
    .fetch_optional(db)
    .await
}

async fn find_of_number(
    db: &mut PgConnection,
    tenant: TenantId,
    pair: Pair<'_>,
    number: &str,
) -> sqlx::Result<Option<Served>> {
    sqlx::query_as!(
        Served,
        r#"
        select consumer.name as consumer, provider.name as provider, version.number as version, contract_content.sha,
               contract_content.interaction_ids, contract_content.content, contract.created_at
        from pacticipant as consumer
        join pacticipant as provider on provider.tenant_id = consumer.tenant_id
                                    and provider.name = $3
        join version on version.tenant_id = consumer.tenant_id
                    and version.pacticipant_id = consumer.id
                    and version.number = $4
        join contract on contract.tenant_id = consumer.tenant_id
                     and contract.consumer_version_id = version.id
                     and contract.provider_id = provider.id
        join contract_content on contract_content.tenant_id = contract.tenant_id
                             and contract_content.id = contract.content_id
        where consumer.tenant_id = $1
          and consumer.name = $2
        "#,
        tenant.0,
        pair.consumer,
        pair.provider,
        number,
    )
    .fetch_optional(db)
    .await
}

async fn find_numbered(
    db: &mut PgConnection,
    tenant: TenantId,
    pair: Pair<'_>,
    number: &str,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        r#"
        select version.id
        from pacticipant as consumer
        join version on version.tenant_id = consumer.tenant_id
                    and version.pacticipant_id = consumer.id
                    and version.number = $3
        where consumer.tenant_id = $1
          and consumer.name = $2
        "#,
        tenant.0,
        pair.consumer,
        number,
    )
    .fetch_optional(db)
    .await
}

async fn find_latest(db: &mut PgConnection, tenant: TenantId, pair: Pair<'_>) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        r#"
        select integration.latest_consumer_version_id
        from pacticipant as consumer
        join pacticipant as provider on provider.tenant_id = consumer.tenant_id
                                    and provider.name = $3
        join integration on integration.tenant_id = consumer.tenant_id
                        and integration.consumer_id = consumer.id
                        and integration.provider_id = provider.id
        where consumer.tenant_id = $1
          and consumer.name = $2
        "#,
        tenant.0,
        pair.consumer,
        pair.provider,
    )
    .fetch_optional(db)
    .await
}

async fn find_latest_tagged(
    db: &mut PgConnection,
    tenant: TenantId,
    pair: Pair<'_>,
    tag: &str,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        r#"
        select contract.consumer_version_id
        from pacticipant as consumer
        join pacticipant as provider on provider.tenant_id = consumer.tenant_id
                                    and provider.name = $3
        cross join lateral (
            select contract.consumer_version_id
            from tag
            join contract on contract.tenant_id = tag.tenant_id
                         and contract.consumer_version_id = tag.version_id
                         and contract.provider_id = provider.id
            where tag.tenant_id = consumer.tenant_id
              and tag.pacticipant_id = consumer.id
              and tag.name = $4
            order by tag.position desc
            limit 1
        ) as contract
        where consumer.tenant_id = $1
          and consumer.name = $2
        "#,
        tenant.0,
        pair.consumer,
        pair.provider,
        tag,
    )
    .fetch_optional(db)
    .await
}

async fn find_latest_untagged(db: &mut PgConnection, tenant: TenantId, pair: Pair<'_>) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        r#"
        select contract.consumer_version_id
        from pacticipant as consumer
        join pacticipant as provider on provider.tenant_id = consumer.tenant_id
                                    and provider.name = $3
        cross join lateral (
            select contract.consumer_version_id
            from contract
            where contract.tenant_id = consumer.tenant_id
              and contract.consumer_id = consumer.id
              and contract.provider_id = provider.id
              and not exists (
                  select from tag
                  where tag.tenant_id = contract.tenant_id
                    and tag.version_id = contract.consumer_version_id
              )
            order by contract.position desc
            limit 1
        ) as contract
        where consumer.tenant_id = $1
          and consumer.name = $2
        "#,
        tenant.0,
        pair.consumer,
        pair.provider,
    )
    .fetch_optional(db)
    .await
}

async fn find_previous_distinct(
    db: &mut PgConnection,
    tenant: TenantId,
    pair: Pair<'_>,
    number: &str,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        r#"
        select previous.consumer_version_id
        from pacticipant as consumer
        join pacticipant as provider on provider.tenant_id = consumer.tenant_id
                                    and provider.name = $3
        join version on version.tenant_id = consumer.tenant_id
                    and version.pacticipant_id = consumer.id
                    and version.number = $4
        join contract on contract.tenant_id = version.tenant_id
                     and contract.consumer_version_id = version.id
                     and contract.provider_id = provider.id
        cross join lateral (
            select before.consumer_version_id
            from contract as before
            where before.tenant_id = contract.tenant_id
              and before.consumer_id = contract.consumer_id
              and before.provider_id = contract.provider_id
              and before.position < contract.position
              and before.content_id <> contract.content_id
            order by before.position desc
            limit 1
        ) as previous
        where consumer.tenant_id = $1
          and consumer.name = $2
        "#,
        tenant.0,
        pair.consumer,
        pair.provider,
        number,
    )
    .fetch_optional(db)
    .await
}

/// The tags of the version that no later version with a contract between the two has.
pub(crate) async fn list_head_tags(
    db: &mut PgConnection,
    tenant: TenantId,
    served: &Served,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select tag.name
        from pacticipant as consumer
        join pacticipant as provider on provider.tenant_id = consumer.tenant_id
                                    and provider.name = $3
        join version on version.tenant_id = consumer.tenant_id
                    and version.pacticipant_id = consumer.id
                    and version.number = $4
        join tag on tag.tenant_id = version.tenant_id
                and tag.version_id = version.id
        where consumer.tenant_id = $1
          and consumer.name = $2
          and not exists (
              select from tag as later
              join contract on contract.tenant_id = later.tenant_id
                           and contract.consumer_version_id = later.version_id
                           and contract.provider_id = provider.id
              where later.tenant_id = tag.tenant_id
                and later.pacticipant_id = tag.pacticipant_id
                and later.name = tag.name
                and later.position > tag.position
          )
        order by tag.ordinal
        "#,
        tenant.0,
        served.consumer,
        served.provider,
        served.version,
    )
    .fetch_all(db)
    .await
}

async fn find_branch_head(
    db: &mut PgConnection,
    tenant: TenantId,
    pair: Pair<'_>,
    branch: &str,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        r#"
        select branch_head.version_id
        from pacticipant as consumer
        join branch_head on branch_head.tenant_id = consumer.tenant_id
                        and branch_head.pacticipant_id = consumer.id
        where consumer.tenant_id = $1
          and consumer.name = $2
          and branch_head.branch = $3
        "#,
        tenant.0,
        pair.consumer,
        branch,
    )
    .fetch_optional(db)
    .await
}
