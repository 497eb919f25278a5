//! SQL of webhooks and of what they are told about.

use chrono::{DateTime, Utc};
use pactolus_domain::webhook::WebhookEvent;
use sqlx::PgConnection;

use crate::ids::{ContentId, PacticipantId, TenantId, VersionId};

pub(super) mod deliveries;
pub(super) mod listed;
pub(super) mod named_secrets;
pub(super) mod signing;
pub(super) mod tested;
pub(super) mod triggered;

/// A webhook as it is stored.
#[derive(Clone, Debug)]
pub(super) struct StoredWebhook {
    pub(super) id: String,
    pub(super) description: Option<String>,
    pub(super) enabled: bool,
    pub(super) in_order: bool,
    pub(super) body_format: String,
    pub(super) consumer: Option<String>,
    pub(super) provider: Option<String>,
    pub(super) consumer_label: Option<String>,
    pub(super) provider_label: Option<String>,
    pub(super) events: Vec<String>,
    pub(super) sealed_request: Vec<u8>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
}

/// What is written of a webhook.
pub(super) struct NewWebhook<'a> {
    pub(super) id: &'a str,
    pub(super) description: Option<&'a str>,
    pub(super) enabled: bool,
    pub(super) in_order: bool,
    pub(super) body_format: &'static str,
    pub(super) consumer_id: Option<PacticipantId>,
    pub(super) provider_id: Option<PacticipantId>,
    pub(super) consumer_label: Option<&'a str>,
    pub(super) provider_label: Option<&'a str>,
    pub(super) events: Vec<String>,
    pub(super) host: String,
    pub(super) sealed_request: Vec<u8>,
}

/// Fails on `webhook_pkey` when the id is taken.
pub(super) async fn insert_webhook(
    db: &mut PgConnection,
    tenant: TenantId,
    webhook: &NewWebhook<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into webhook (tenant_id, id, description, enabled, consumer_id, provider_id, consumer_label,
                             provider_label, events, host, sealed_request, created_at, updated_at, in_order,
                             body_format)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14)
        "#,
        tenant.0,
        webhook.id,
        webhook.description,
        webhook.enabled,
        webhook.consumer_id.map(|id| id.0),
        webhook.provider_id.map(|id| id.0),
        webhook.consumer_label,
        webhook.provider_label,
        &webhook.events,
        webhook.host,
        webhook.sealed_request,
        now,
        webhook.in_order,
        webhook.body_format,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Creates or replaces it. Returns whether it is new.
pub(super) async fn put_webhook(
    db: &mut PgConnection,
    tenant: TenantId,
    webhook: &NewWebhook<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        insert into webhook (tenant_id, id, description, enabled, consumer_id, provider_id, consumer_label,
                             provider_label, events, host, sealed_request, created_at, updated_at, in_order,
                             body_format)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14)
        on conflict (tenant_id, id) do update
        set description = excluded.description, enabled = excluded.enabled, consumer_id = excluded.consumer_id,
            provider_id = excluded.provider_id, consumer_label = excluded.consumer_label,
            provider_label = excluded.provider_label, events = excluded.events, host = excluded.host,
            sealed_request = excluded.sealed_request, updated_at = excluded.updated_at, in_order = excluded.in_order,
            body_format = excluded.body_format
        returning (xmax = 0) as "created!"
        "#,
        tenant.0,
        webhook.id,
        webhook.description,
        webhook.enabled,
        webhook.consumer_id.map(|id| id.0),
        webhook.provider_id.map(|id| id.0),
        webhook.consumer_label,
        webhook.provider_label,
        &webhook.events,
        webhook.host,
        webhook.sealed_request,
        now,
        webhook.in_order,
        webhook.body_format,
    )
    .fetch_one(db)
    .await
}

/// Which webhooks are listed; `None` is any.
#[derive(Clone, Copy, Default)]
pub(super) struct Wanted<'a> {
    pub(super) id: Option<&'a str>,
    pub(super) consumer: Option<PacticipantId>,
    pub(super) provider: Option<PacticipantId>,
}

/// Oldest first. With a consumer or provider those that are scoped to it by name, and to no other pacticipant.
pub(super) async fn list_webhooks(
    db: &mut PgConnection,
    tenant: TenantId,
    wanted: Wanted<'_>,
) -> sqlx::Result<Vec<StoredWebhook>> {
    sqlx::query_as!(
        StoredWebhook,
        r#"
        select webhook.id, webhook.description, webhook.enabled, webhook.in_order, webhook.body_format,
               consumer.name as "consumer?",
               provider.name as "provider?", webhook.consumer_label, webhook.provider_label, webhook.events,
               webhook.sealed_request, webhook.created_at, webhook.updated_at
        from webhook
        left join pacticipant as consumer on consumer.tenant_id = webhook.tenant_id
                                         and consumer.id = webhook.consumer_id
        left join pacticipant as provider on provider.tenant_id = webhook.tenant_id
                                         and provider.id = webhook.provider_id
        where webhook.tenant_id = $1
          and ($2::text is null or webhook.id = $2)
          and ($3::bigint is null or webhook.consumer_id = $3)
          and ($4::bigint is null or webhook.provider_id = $4)
          and ($3::bigint is null or $4::bigint is not null or webhook.provider_id is null)
          and ($4::bigint is null or $3::bigint is not null or webhook.consumer_id is null)
        order by webhook.created_at, webhook.id
        "#,
        tenant.0,
        wanted.id,
        wanted.consumer.map(|id| id.0),
        wanted.provider.map(|id| id.0),
    )
    .fetch_all(db)
    .await
}

/// Ids and what people call them, by that.
pub(super) async fn list_titles(
    db: &mut PgConnection,
    tenant: TenantId,
    most: i64,
) -> sqlx::Result<Vec<(String, String)>> {
    let rows = sqlx::query!(
        r#"
        select id, coalesce(description, host) as "title!"
        from webhook
        where tenant_id = $1
        order by lower(coalesce(description, host)), id
        limit $2
        "#,
        tenant.0,
        most,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.title)).collect())
}

/// Its deliveries stay. Returns false if it was not there.
pub(super) async fn delete_webhook(db: &mut PgConnection, tenant: TenantId, id: &str) -> sqlx::Result<bool> {
    let deleted =
        sqlx::query!("delete from webhook where tenant_id = $1 and id = $2", tenant.0, id).execute(db).await?;
    Ok(deleted.rows_affected() == 1)
}

/// A webhook that listens to a pair.
pub(super) struct Listening {
    pub(super) provider_id: PacticipantId,
    pub(super) id: String,
    pub(super) description: Option<String>,
    pub(super) events: Vec<String>,
    pub(super) in_order: bool,
    pub(super) body_format: String,
}

impl Listening {
    pub(super) fn wants(&self, event: WebhookEvent) -> bool {
        self.events.iter().any(|name| name == event.as_str())
    }
}

/// The enabled webhooks whose scope covers the consumer with one of the providers, by name, by label or without limit.
pub(super) async fn list_listening(
    db: &mut PgConnection,
    tenant: TenantId,
    consumer: PacticipantId,
    providers: &[i64],
) -> sqlx::Result<Vec<Listening>> {
    sqlx::query_as!(
        Listening,
        r#"
        select provider.id as "provider_id!: _", webhook.id, webhook.description, webhook.events, webhook.in_order,
               webhook.body_format
        from webhook
        cross join unnest($3::bigint[]) as provider (id)
        where webhook.tenant_id = $1
          and webhook.enabled
          and (webhook.consumer_id is null or webhook.consumer_id = $2)
          and (webhook.provider_id is null or webhook.provider_id = provider.id)
          and (webhook.consumer_label is null or exists (
              select from label
              where label.tenant_id = webhook.tenant_id
                and label.pacticipant_id = $2
                and label.name = webhook.consumer_label
          ))
          and (webhook.provider_label is null or exists (
              select from label
              where label.tenant_id = webhook.tenant_id
                and label.pacticipant_id = provider.id
                and label.name = webhook.provider_label
          ))
        order by webhook.created_at, webhook.id
        "#,
        tenant.0,
        consumer.0,
        providers,
    )
    .fetch_all(db)
    .await
}

/// The enabled webhooks that are told of what happens to one of the pacticipants: those for all, and those of which a
/// side is one of them, by name or by label.
pub(super) async fn list_listening_to_any(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipants: &[&str],
) -> sqlx::Result<Vec<Listening>> {
    sqlx::query_as!(
        Listening,
        r#"
        with meant as materialized (
            select id
            from pacticipant
            where tenant_id = $1
              and name = any($2)
        )
        select 0::bigint as "provider_id!: _", webhook.id, webhook.description, webhook.events, webhook.in_order,
               webhook.body_format
        from webhook
        where webhook.tenant_id = $1
          and webhook.enabled
          and (
              webhook.consumer_id in (select id from meant)
              or webhook.provider_id in (select id from meant)
              or exists (
                  select from label
                  where label.tenant_id = webhook.tenant_id
                    and label.pacticipant_id in (select id from meant)
                    and label.name in (webhook.consumer_label, webhook.provider_label)
              )
              or num_nonnulls(webhook.consumer_id, webhook.provider_id, webhook.consumer_label,
                              webhook.provider_label) = 0
          )
        order by webhook.created_at, webhook.id
        "#,
        tenant.0,
        pacticipants as &[&str],
    )
    .fetch_all(db)
    .await
}

/// A provider version that should verify a content and has no result for it.
pub(super) struct Unverified {
    pub(super) version: VersionId,
    pub(super) number: String,
    /// Why it matters: "latest from main branch", "deployed in production".
    pub(super) descriptions: Vec<String>,
}

/// Among the head of the provider's main branch and what is deployed or supported anywhere.
pub(super) async fn list_unverified(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    content: ContentId,
) -> sqlx::Result<Vec<Unverified>> {
    let rows = sqlx::query!(
        r#"
        select version.id, version.number, array_agg(required.description order by required.description) as "descriptions!"
        from (
            select branch_head.version_id, 'latest from main branch' as description
            from pacticipant
            join branch_head on branch_head.tenant_id = pacticipant.tenant_id
                            and branch_head.pacticipant_id = pacticipant.id
                            and branch_head.branch = pacticipant.main_branch
            where pacticipant.tenant_id = $1
              and pacticipant.id = $2
            union
            select deployed_version.version_id, 'deployed in ' || environment.name
            from deployed_version
            join environment on environment.tenant_id = deployed_version.tenant_id
                            and environment.id = deployed_version.environment_id
            where deployed_version.tenant_id = $1
              and deployed_version.pacticipant_id = $2
              and deployed_version.undeployed_at is null
            union
            select released_version.version_id, 'released in ' || environment.name
            from released_version
            join environment on environment.tenant_id = released_version.tenant_id
                            and environment.id = released_version.environment_id
            where released_version.tenant_id = $1
              and released_version.pacticipant_id = $2
              and released_version.support_ended_at is null
        ) as required
        join version on version.tenant_id = $1
                    and version.id = required.version_id
        where not exists (
            select from verification
            where verification.tenant_id = $1
              and verification.content_id = $3
              and verification.provider_version_id = required.version_id
        )
        group by version.id, version.number, version.position
        order by version.position
        "#,
        tenant.0,
        provider.0,
        content.0,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Unverified { version: VersionId(row.id), number: row.number, descriptions: row.descriptions })
        .collect())
}

/// The result that stands for a content: the latest of the provider's main branch, else the latest of all.
pub(super) async fn find_standing_result(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    content: ContentId,
) -> sqlx::Result<Option<bool>> {
    // From the last result back: content that many versions verified has thousands of them.
    let of_main_branch = sqlx::query_scalar!(
        r#"
        select verification_log.success
        from pacticipant
        join verification_log on verification_log.tenant_id = pacticipant.tenant_id
                             and verification_log.content_id = $3
        where pacticipant.tenant_id = $1
          and pacticipant.id = $2
          and exists (
              select from branch_version
              where branch_version.tenant_id = verification_log.tenant_id
                and branch_version.version_id = verification_log.provider_version_id
                and branch_version.branch = pacticipant.main_branch
          )
        order by verification_log.number desc
        limit 1
        "#,
        tenant.0,
        provider.0,
        content.0,
    )
    .fetch_optional(&mut *db)
    .await?;
    if of_main_branch.is_some() {
        return Ok(of_main_branch);
    }
    sqlx::query_scalar!(
        "select success from verification_log where tenant_id = $1 and content_id = $2 order by number desc limit 1",
        tenant.0,
        content.0,
    )
    .fetch_optional(db)
    .await
}

/// A consumer version that published a content.
pub(super) struct Publisher {
    pub(super) id: VersionId,
    pub(super) number: String,
    pub(super) build_url: Option<String>,
}

/// Those of `numbers` that published it; without any of them, the latest that did.
pub(super) async fn list_publishers(
    db: &mut PgConnection,
    tenant: TenantId,
    content: ContentId,
    numbers: &[String],
) -> sqlx::Result<Vec<Publisher>> {
    let publishers = sqlx::query_as!(
        Publisher,
        r#"
        select version.id as "id: _", version.number, version.build_url
        from contract_content
        join version on version.tenant_id = contract_content.tenant_id
                    and version.pacticipant_id = contract_content.consumer_id
                    and version.number = any($3)
        join contract_revision on contract_revision.tenant_id = contract_content.tenant_id
                              and contract_revision.content_id = contract_content.id
                              and contract_revision.position = version.position
                              and contract_revision.consumer_version_id = version.id
        where contract_content.tenant_id = $1
          and contract_content.id = $2
        order by contract_revision.position
        "#,
        tenant.0,
        content.0,
        numbers,
    )
    .fetch_all(&mut *db)
    .await?;
    if !publishers.is_empty() {
        return Ok(publishers);
    }
    sqlx::query_as!(
        Publisher,
        r#"
        select version.id as "id: _", version.number, version.build_url
        from contract_revision
        join version on version.tenant_id = contract_revision.tenant_id
                    and version.id = contract_revision.consumer_version_id
        where contract_revision.tenant_id = $1
          and contract_revision.content_id = $2
        order by contract_revision.position desc
        limit 1
        "#,
        tenant.0,
        content.0,
    )
    .fetch_all(db)
    .await
}
