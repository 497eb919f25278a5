//! SQL of contracts, their content and integrations. Content text is read only where a contract is served.

use chrono::{DateTime, Utc};
use pactolus_domain::content::{Content, ContentSha};
use pactolus_domain::names::PacticipantName;
use sqlx::PgConnection;

use crate::ids::{ContentId, PacticipantId, TenantId, VersionId};
use crate::versions::EnsuredVersion;

pub(crate) mod lists;
pub(crate) mod page;
pub(crate) mod selected;
pub(crate) mod served;
pub(crate) mod states;

/// A consumer version's contract with a provider, without its text.
#[derive(Clone, Debug)]
pub(super) struct Existing {
    pub(super) provider_id: PacticipantId,
    pub(super) content_id: ContentId,
    pub(super) sha: String,
}

/// The contracts that the version has with these providers.
pub(super) async fn list_existing(
    db: &mut PgConnection,
    tenant: TenantId,
    version: VersionId,
    providers: &[i64],
) -> sqlx::Result<Vec<Existing>> {
    sqlx::query_as!(
        Existing,
        r#"
        select contract.provider_id as "provider_id: _", contract.content_id as "content_id: _", contract_content.sha
        from contract
        join contract_content on contract_content.tenant_id = contract.tenant_id
                             and contract_content.id = contract.content_id
        where contract.tenant_id = $1
          and contract.consumer_version_id = $2
          and contract.provider_id = any($3)
        "#,
        tenant.0,
        version.0,
        providers,
    )
    .fetch_all(db)
    .await
}

pub(super) async fn find_text(db: &mut PgConnection, tenant: TenantId, content: ContentId) -> sqlx::Result<String> {
    sqlx::query_scalar!("select content from contract_content where tenant_id = $1 and id = $2", tenant.0, content.0)
        .fetch_one(db)
        .await
}

/// A content, and whether it is new.
pub(super) struct EnsuredContent {
    pub(super) id: ContentId,
    pub(super) created: bool,
}

/// The content of that sha between the two; the first publication's text stays.
pub(super) async fn ensure_content(
    db: &mut PgConnection,
    tenant: TenantId,
    consumer: PacticipantId,
    provider: PacticipantId,
    content: &Content,
    now: DateTime<Utc>,
) -> sqlx::Result<EnsuredContent> {
    if let Some(id) = find_content_id(db, tenant, consumer, provider, content.sha()).await? {
        return Ok(EnsuredContent { id, created: false });
    }
    let interaction_ids: Vec<String> = content.interaction_ids().iter().map(ToString::to_string).collect();
    let message_count = i32::try_from(content.message_count()).unwrap_or(i32::MAX);
    let inserted = sqlx::query_scalar!(
        r#"
        insert into contract_content (tenant_id, consumer_id, provider_id, sha, interaction_ids, message_count, content,
                                      created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict on constraint contract_content_sha_key do nothing
        returning id
        "#,
        tenant.0,
        consumer.0,
        provider.0,
        content.sha().as_str(),
        &interaction_ids,
        message_count,
        content.raw(),
        now,
    )
    .fetch_optional(&mut *db)
    .await?;
    if let Some(id) = inserted {
        return Ok(EnsuredContent { id: ContentId(id), created: true });
    }
    // Another publication of the same content came first.
    let id = find_content_id(db, tenant, consumer, provider, content.sha()).await?;
    Ok(EnsuredContent { id: id.ok_or(sqlx::Error::RowNotFound)?, created: false })
}

async fn find_content_id(
    db: &mut PgConnection,
    tenant: TenantId,
    consumer: PacticipantId,
    provider: PacticipantId,
    sha: &ContentSha,
) -> sqlx::Result<Option<ContentId>> {
    let id = sqlx::query_scalar!(
        "select id from contract_content where tenant_id = $1 and consumer_id = $2 and provider_id = $3 and sha = $4",
        tenant.0,
        consumer.0,
        provider.0,
        sha.as_str(),
    )
    .fetch_optional(db)
    .await?;
    Ok(id.map(ContentId))
}

/// Where a contract goes.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    pub(super) consumer: PacticipantId,
    pub(super) version: EnsuredVersion,
    pub(super) provider: PacticipantId,
}

/// Records the publication, if it says anything new, and keeps who talks to whom and their latest contract. Other content
/// than before raises the revision.
pub(super) async fn put_contract(
    db: &mut PgConnection,
    tenant: TenantId,
    slot: Slot,
    content: ContentId,
    is_new: bool,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        with put as (
            insert into contract (tenant_id, consumer_version_id, provider_id, consumer_id, position, content_id,
                                  revision, created_at)
            select $1, $2, $3, $4, $5, $6, 1, $7
            where $8
            on conflict (tenant_id, consumer_version_id, provider_id) do update
            set content_id = excluded.content_id,
                revision = contract.revision + 1,
                created_at = excluded.created_at
        ),
        kept as (
            insert into contract_revision (tenant_id, consumer_version_id, provider_id, content_id, position,
                                           created_at)
            select $1, $2, $3, $6, $5, $7
            where $8
            on conflict (tenant_id, content_id, position, consumer_version_id) do nothing
        )
        insert into integration (tenant_id, consumer_id, provider_id, latest_consumer_version_id, latest_position,
                                 created_at, updated_at)
        values ($1, $4, $3, $2, $5, $7, $7)
        on conflict (tenant_id, consumer_id, provider_id) do update
        set latest_consumer_version_id = case
                when excluded.latest_position > integration.latest_position then excluded.latest_consumer_version_id
                else integration.latest_consumer_version_id
            end,
            latest_position = greatest(excluded.latest_position, integration.latest_position),
            updated_at = excluded.updated_at
        "#,
        tenant.0,
        slot.version.id.0,
        slot.provider.0,
        slot.consumer.0,
        slot.version.position,
        content.0,
        now,
        is_new,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// With what a new contract is compared to see whether something changed.
pub(super) enum Before<'a> {
    Tag(&'a str),
    Branch(&'a str),
    Untagged,
}

/// The sha of the contract before `slot`'s: the latest one of a lower position that is tagged so, on that branch, or
/// without any tag. `None` when there was none.
pub(super) async fn find_previous_sha(
    db: &mut PgConnection,
    tenant: TenantId,
    slot: Slot,
    before: &Before<'_>,
) -> sqlx::Result<Option<String>> {
    // Each goes down its own index. Seen from the contracts, a new branch would read all there are to find none.
    match before {
        Before::Tag(tag) => {
            sqlx::query_scalar!(
                r#"
                select contract_content.sha
                from tag
                join contract on contract.tenant_id = tag.tenant_id
                             and contract.consumer_version_id = tag.version_id
                             and contract.provider_id = $3
                join contract_content on contract_content.tenant_id = contract.tenant_id
                                     and contract_content.id = contract.content_id
                where tag.tenant_id = $1
                  and tag.pacticipant_id = $2
                  and tag.name = $5
                  and tag.position < $4
                order by tag.position desc
                limit 1
                "#,
                tenant.0,
                slot.consumer.0,
                slot.provider.0,
                slot.version.position,
                *tag,
            )
            .fetch_optional(db)
            .await
        }
        Before::Branch(branch) => {
            sqlx::query_scalar!(
                r#"
                select contract_content.sha
                from branch_version
                join contract on contract.tenant_id = branch_version.tenant_id
                             and contract.consumer_version_id = branch_version.version_id
                             and contract.provider_id = $3
                join contract_content on contract_content.tenant_id = contract.tenant_id
                                     and contract_content.id = contract.content_id
                where branch_version.tenant_id = $1
                  and branch_version.pacticipant_id = $2
                  and branch_version.branch = $5
                  and branch_version.position < $4
                order by branch_version.position desc
                limit 1
                "#,
                tenant.0,
                slot.consumer.0,
                slot.provider.0,
                slot.version.position,
                *branch,
            )
            .fetch_optional(db)
            .await
        }
        Before::Untagged => {
            sqlx::query_scalar!(
                r#"
                select contract_content.sha
                from contract
                join contract_content on contract_content.tenant_id = contract.tenant_id
                                     and contract_content.id = contract.content_id
                where contract.tenant_id = $1
                  and contract.consumer_id = $2
                  and contract.provider_id = $3
                  and contract.position < $4
                  and not exists (
                      select from tag
                      where tag.tenant_id = contract.tenant_id
                        and tag.version_id = contract.consumer_version_id
                  )
                order by contract.position desc
                limit 1
                "#,
                tenant.0,
                slot.consumer.0,
                slot.provider.0,
                slot.version.position,
            )
            .fetch_optional(db)
            .await
        }
    }
}

/// Those of the providers that ever published a result for the consumer.
pub(super) async fn list_verifiers(
    db: &mut PgConnection,
    tenant: TenantId,
    consumer: PacticipantId,
    providers: &[i64],
) -> sqlx::Result<Vec<PacticipantId>> {
    let verifiers = sqlx::query_scalar!(
        r#"
        select provider.id as "id!"
        from unnest($3::bigint[]) as provider (id)
        where exists (
            select
            from contract_content
            join verification on verification.tenant_id = contract_content.tenant_id
                             and verification.content_id = contract_content.id
            where contract_content.tenant_id = $1
              and contract_content.consumer_id = $2
              and contract_content.provider_id = provider.id
        )
        "#,
        tenant.0,
        consumer.0,
        providers,
    )
    .fetch_all(db)
    .await?;
    Ok(verifiers.into_iter().map(PacticipantId).collect())
}

/// The providers that each version has a contract with, by name.
pub(crate) async fn list_providers_of(
    db: &mut PgConnection,
    tenant: TenantId,
    versions: &[i64],
) -> sqlx::Result<Vec<(VersionId, String)>> {
    let rows = sqlx::query!(
        r#"
        select contract.consumer_version_id, pacticipant.name
        from contract
        join pacticipant on pacticipant.tenant_id = contract.tenant_id
                        and pacticipant.id = contract.provider_id
        where contract.tenant_id = $1
          and contract.consumer_version_id = any($2)
        order by pacticipant.name
        "#,
        tenant.0,
        versions,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (VersionId(row.consumer_version_id), row.name)).collect())
}

/// Whether the version has a contract with the provider.
pub(crate) async fn has_contract_of_version(
    db: &mut PgConnection,
    tenant: TenantId,
    version: VersionId,
    provider: PacticipantId,
) -> sqlx::Result<bool> {
    Ok(!list_existing(db, tenant, version, &[provider.0]).await?.is_empty())
}

/// Whether the two have a contract.
pub(crate) async fn has_contract(
    db: &mut PgConnection,
    tenant: TenantId,
    consumer: &PacticipantName,
    provider: &PacticipantName,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        select exists (
            select from integration
            join pacticipant as consumer on consumer.tenant_id = integration.tenant_id
                                        and consumer.id = integration.consumer_id
            join pacticipant as provider on provider.tenant_id = integration.tenant_id
                                        and provider.id = integration.provider_id
            where integration.tenant_id = $1
              and consumer.name = $2
              and provider.name = $3
        ) as "has!"
        "#,
        tenant.0,
        consumer.as_str(),
        provider.as_str(),
    )
    .fetch_one(db)
    .await
}
