//! SQL of what became of deliveries.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::{PacticipantId, TenantId, VersionId};

/// A delivery, and what became of it so far.
pub(crate) struct TriggeredWebhook {
    pub(crate) id: Uuid,
    pub(crate) event: String,
    pub(crate) status: String,
    pub(crate) created_at: DateTime<Utc>,
    /// From 0.
    pub(crate) attempts_made: i64,
    /// The consumer version that it was about, if that is still there.
    pub(crate) consumer_version: Option<String>,
    /// `None` when the webhook was deleted.
    pub(crate) webhook_id: Option<String>,
    pub(crate) sealed_request: Option<Vec<u8>>,
}

/// Which deliveries are listed.
#[derive(Clone, Copy)]
pub(crate) enum Which {
    /// Those for a publication of a consumer version's contract with the provider.
    Contract(VersionId, PacticipantId),
    /// Those for the result of that number.
    Result(i64),
    /// The last one of each webhook and event between a consumer and a provider.
    LastBetween(PacticipantId, PacticipantId),
}

/// In the order in which they were triggered. Of what happened in the same second, the general event comes before the
/// particular one, as the Pact Broker triggers them.
pub(crate) async fn list_triggered(
    db: &mut PgConnection,
    tenant: TenantId,
    which: Which,
) -> sqlx::Result<Vec<TriggeredWebhook>> {
    let deliveries = match which {
        Which::Contract(version, provider) => list_of_contract(&mut *db, tenant, version, provider).await?,
        Which::Result(number) => list_of_result(&mut *db, tenant, number).await?,
        Which::LastBetween(consumer, provider) => list_last_between(&mut *db, tenant, consumer, provider).await?,
    };
    sqlx::query_as!(
        TriggeredWebhook,
        r#"
        select webhook_delivery.id, webhook_delivery.event, webhook_delivery.status, webhook_delivery.created_at,
               version.number as "consumer_version?", webhook.id as "webhook_id?",
               webhook.sealed_request as "sealed_request?",
               (select count(*)
                from webhook_attempt
                where webhook_attempt.tenant_id = webhook_delivery.tenant_id
                  and webhook_attempt.delivery_id = webhook_delivery.id) as "attempts_made!"
        from webhook_delivery
        left join version on version.tenant_id = webhook_delivery.tenant_id
                         and version.id = webhook_delivery.consumer_version_id
        left join webhook on webhook.tenant_id = webhook_delivery.tenant_id
                         and webhook.id = webhook_delivery.webhook_id
        where webhook_delivery.tenant_id = $1
          and webhook_delivery.id = any($2)
        order by date_trunc('second', webhook_delivery.created_at),
                 array_position(
                     array['contract_published', 'contract_requiring_verification_published', 'contract_content_changed',
                           'provider_verification_published', 'provider_verification_succeeded',
                           'provider_verification_failed'],
                     webhook_delivery.event
                 ),
                 webhook_delivery.id
        "#,
        tenant.0,
        &deliveries,
    )
    .fetch_all(db)
    .await
}

async fn list_of_contract(
    db: &mut PgConnection,
    tenant: TenantId,
    version: VersionId,
    provider: PacticipantId,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"
        select id
        from webhook_delivery
        where tenant_id = $1
          and consumer_version_id = $2
          and provider_id = $3
          and verification_number is null
        "#,
        tenant.0,
        version.0,
        provider.0,
    )
    .fetch_all(db)
    .await
}

async fn list_of_result(db: &mut PgConnection, tenant: TenantId, number: i64) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select id from webhook_delivery where tenant_id = $1 and verification_number = $2",
        tenant.0,
        number,
    )
    .fetch_all(db)
    .await
}

async fn list_last_between(
    db: &mut PgConnection,
    tenant: TenantId,
    consumer: PacticipantId,
    provider: PacticipantId,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"
        select distinct on (webhook_id, event) id
        from webhook_delivery
        where tenant_id = $1
          and consumer_id = $2
          and provider_id = $3
          and webhook_id is not null
        order by webhook_id, event, created_at desc, id desc
        "#,
        tenant.0,
        consumer.0,
        provider.0,
    )
    .fetch_all(db)
    .await
}
