//! SQL of webhooks that are executed on request: what to tell of, and what came of it.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::NewWebhook;
use crate::ids::{ContentId, PacticipantId, TenantId, VersionId};

/// The contract that a webhook is executed for.
pub(crate) struct LatestContract {
    pub(crate) consumer_id: PacticipantId,
    pub(crate) consumer: String,
    pub(crate) provider_id: PacticipantId,
    pub(crate) provider: String,
    pub(crate) version_id: VersionId,
    pub(crate) version: String,
    pub(crate) build_url: Option<String>,
    pub(crate) content_id: ContentId,
    pub(crate) sha: String,
}

/// The latest contract in the webhook's scope.
pub(crate) async fn find_latest_contract(
    db: &mut PgConnection,
    tenant: TenantId,
    webhook: &NewWebhook<'_>,
) -> sqlx::Result<Option<LatestContract>> {
    sqlx::query_as!(
        LatestContract,
        r#"
        select consumer.id as "consumer_id: _", consumer.name as consumer, provider.id as "provider_id: _",
               provider.name as provider, version.id as "version_id: _", version.number as version, version.build_url,
               contract_content.id as "content_id: _", contract_content.sha
        from integration
        join pacticipant as consumer on consumer.tenant_id = integration.tenant_id
                                    and consumer.id = integration.consumer_id
        join pacticipant as provider on provider.tenant_id = integration.tenant_id
                                    and provider.id = integration.provider_id
        join contract on contract.tenant_id = integration.tenant_id
                     and contract.consumer_version_id = integration.latest_consumer_version_id
                     and contract.provider_id = integration.provider_id
        join contract_content on contract_content.tenant_id = contract.tenant_id
                             and contract_content.id = contract.content_id
        join version on version.tenant_id = contract.tenant_id
                    and version.id = contract.consumer_version_id
        where integration.tenant_id = $1
          and ($2::bigint is null or integration.consumer_id = $2)
          and ($3::bigint is null or integration.provider_id = $3)
          and ($4::text is null or exists (
              select from label
              where label.tenant_id = integration.tenant_id
                and label.pacticipant_id = integration.consumer_id
                and label.name = $4
          ))
          and ($5::text is null or exists (
              select from label
              where label.tenant_id = integration.tenant_id
                and label.pacticipant_id = integration.provider_id
                and label.name = $5
          ))
        order by integration.latest_position desc
        limit 1
        "#,
        tenant.0,
        webhook.consumer_id.map(|id| id.0),
        webhook.provider_id.map(|id| id.0),
        webhook.consumer_label,
        webhook.provider_label,
    )
    .fetch_optional(db)
    .await
}

/// A result for a content.
pub(crate) struct LatestResult {
    pub(crate) number: i64,
    pub(crate) success: bool,
    pub(crate) version_id: VersionId,
    pub(crate) version: String,
}

pub(crate) async fn find_latest_result(
    db: &mut PgConnection,
    tenant: TenantId,
    content: ContentId,
) -> sqlx::Result<Option<LatestResult>> {
    sqlx::query_as!(
        LatestResult,
        r#"
        select verification_log.number, verification_log.success, version.id as "version_id: _",
               version.number as version
        from verification_log
        join version on version.tenant_id = verification_log.tenant_id
                    and version.id = verification_log.provider_version_id
        where verification_log.tenant_id = $1
          and verification_log.content_id = $2
        order by verification_log.number desc
        limit 1
        "#,
        tenant.0,
        content.0,
    )
    .fetch_optional(db)
    .await
}

/// `webhook` is `None` where it is not saved.
pub(crate) async fn insert_test(
    db: &mut PgConnection,
    tenant: TenantId,
    (id, webhook): (Uuid, Option<&str>),
    sealed_request: &[u8],
    context: &Value,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into webhook_test (tenant_id, id, sealed_request, context, created_at, webhook_id)
        values ($1, $2, $3, $4, $5, $6)
        "#,
        tenant.0,
        id,
        sealed_request,
        context,
        now,
        webhook,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A test as a worker finds it.
pub(crate) struct DueTest {
    pub(crate) sealed_request: Vec<u8>,
    pub(crate) context: Value,
    pub(crate) created_at: DateTime<Utc>,
}

/// `None` when it is done.
pub(crate) async fn find_due_test(db: &mut PgConnection, tenant: TenantId, id: Uuid) -> sqlx::Result<Option<DueTest>> {
    sqlx::query_as!(
        DueTest,
        r#"
        select sealed_request, context, created_at
        from webhook_test
        where tenant_id = $1
          and id = $2
          and outcome is null
        "#,
        tenant.0,
        id,
    )
    .fetch_optional(db)
    .await
}

/// The caller holds the job.
pub(crate) async fn put_outcome(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    outcome: &Value,
) -> sqlx::Result<()> {
    sqlx::query!("update webhook_test set outcome = $3 where tenant_id = $1 and id = $2", tenant.0, id, outcome)
        .execute(db)
        .await?;
    Ok(())
}

/// `None` until it was sent.
pub(crate) async fn find_outcome(db: &mut PgConnection, tenant: TenantId, id: Uuid) -> sqlx::Result<Option<Value>> {
    let found = sqlx::query_scalar!("select outcome from webhook_test where tenant_id = $1 and id = $2", tenant.0, id)
        .fetch_optional(db)
        .await?;
    Ok(found.flatten())
}

/// What came of trying a saved webhook.
pub(crate) struct Tested {
    /// `None` until it was sent.
    pub(crate) outcome: Option<Value>,
    pub(crate) created_at: DateTime<Utc>,
}

/// `None` when there is no such test of the webhook, or none any more.
pub(crate) async fn find_tested(
    db: &mut PgConnection,
    tenant: TenantId,
    webhook: &str,
    id: Uuid,
) -> sqlx::Result<Option<Tested>> {
    sqlx::query_as!(
        Tested,
        r#"
        select outcome, created_at
        from webhook_test
        where tenant_id = $1
          and id = $2
          and webhook_id = $3
        "#,
        tenant.0,
        id,
        webhook,
    )
    .fetch_optional(db)
    .await
}

/// So many at most. Returns how many there were.
pub(crate) async fn delete_tests_before(
    db: &mut PgConnection,
    tenant: TenantId,
    before: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<u64> {
    let deleted = sqlx::query!(
        r#"
        delete from webhook_test
        where tenant_id = $1
          and id in (
              select id
              from webhook_test
              where tenant_id = $1
                and created_at < $2
              order by created_at
              limit $3
          )
        "#,
        tenant.0,
        before,
        limit,
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected())
}
