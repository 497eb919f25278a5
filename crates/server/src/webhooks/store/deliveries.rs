//! SQL of deliveries and attempts.

use std::time::Duration;

use chrono::{DateTime, Utc};
use pactolus_domain::webhook::WebhookEvent;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::{PacticipantId, TenantId, VersionId};

/// A delivery to be made.
pub(crate) struct NewDelivery {
    pub(crate) id: Uuid,
    pub(crate) webhook: String,
    pub(crate) event: WebhookEvent,
    pub(crate) context: Value,
    /// `None` when it is about no pair.
    pub(crate) consumer: Option<PacticipantId>,
    pub(crate) provider: Option<PacticipantId>,
    pub(crate) consumer_version: Option<VersionId>,
    pub(crate) verification_number: Option<i64>,
}

/// Returns those that were written: not those whose webhook was deleted meanwhile. The lock keeps the others' webhooks
/// for this transaction.
pub(crate) async fn insert_deliveries(
    db: &mut PgConnection,
    tenant: TenantId,
    new: &[NewDelivery],
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Uuid>> {
    let ids: Vec<Uuid> = new.iter().map(|one| one.id).collect();
    let webhooks: Vec<&str> = new.iter().map(|one| one.webhook.as_str()).collect();
    let events: Vec<&str> = new.iter().map(|one| one.event.as_str()).collect();
    let contexts: Vec<String> = new.iter().map(|one| one.context.to_string()).collect();
    let consumers: Vec<Option<i64>> = new.iter().map(|one| one.consumer.map(|id| id.0)).collect();
    let providers: Vec<Option<i64>> = new.iter().map(|one| one.provider.map(|id| id.0)).collect();
    let versions: Vec<Option<i64>> = new.iter().map(|one| one.consumer_version.map(|id| id.0)).collect();
    let numbers: Vec<Option<i64>> = new.iter().map(|one| one.verification_number).collect();
    sqlx::query_scalar!(
        r#"
        with told as materialized (
            select id
            from webhook
            where tenant_id = $1
              and id = any($3)
            order by id
            for key share
        )
        insert into webhook_delivery (tenant_id, id, webhook_id, event, context, consumer_id, provider_id,
                                      consumer_version_id, verification_number, status, created_at, updated_at)
        select $1, new.id, told.id, new.event, new.context::json, new.consumer_id, new.provider_id,
               new.consumer_version_id, new.verification_number, 'not_run', $10, $10
        from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[],
                    $9::bigint[])
            as new (id, webhook_id, event, context, consumer_id, provider_id, consumer_version_id, verification_number)
        join told on told.id = new.webhook_id
        returning id
        "#,
        tenant.0,
        &ids,
        &webhooks as &[&str],
        &events as &[&str],
        &contexts,
        &consumers as &[Option<i64>],
        &providers as &[Option<i64>],
        &versions as &[Option<i64>],
        &numbers as &[Option<i64>],
        now,
    )
    .fetch_all(db)
    .await
}

/// What has come of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Retrying,
    Success,
    Failure,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Retrying => "retrying",
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

/// A delivery as a worker finds it.
pub(crate) struct Due {
    pub(crate) id: Uuid,
    /// `None` when the webhook was deleted meanwhile.
    pub(crate) sealed_request: Option<Vec<u8>>,
    pub(crate) enabled: Option<bool>,
    pub(crate) body_format: Option<String>,
    pub(crate) context: Value,
    pub(crate) attempts_made: i32,
}

/// Those of the deliveries that are not done.
pub(crate) async fn list_due(db: &mut PgConnection, tenant: TenantId, ids: &[Uuid]) -> sqlx::Result<Vec<Due>> {
    sqlx::query_as!(
        Due,
        r#"
        select webhook_delivery.id, webhook.sealed_request as "sealed_request?", webhook.enabled as "enabled?",
               webhook.body_format as "body_format?", webhook_delivery.context,
               (select coalesce(max(webhook_attempt.number), 0)
                from webhook_attempt
                where webhook_attempt.tenant_id = webhook_delivery.tenant_id
                  and webhook_attempt.delivery_id = webhook_delivery.id) as "attempts_made!"
        from webhook_delivery
        left join webhook on webhook.tenant_id = webhook_delivery.tenant_id
                         and webhook.id = webhook_delivery.webhook_id
        where webhook_delivery.tenant_id = $1
          and webhook_delivery.id = any($2)
          and webhook_delivery.status in ('not_run', 'retrying')
        "#,
        tenant.0,
        ids,
    )
    .fetch_all(db)
    .await
}

/// What came of an attempt.
pub(crate) struct RecordedAttempt {
    /// From 1.
    pub(crate) number: i32,
    pub(crate) success: bool,
    pub(crate) response_status: Option<i32>,
    pub(crate) log: String,
    /// `None` when nobody was called.
    pub(crate) exchange: Option<Value>,
    pub(crate) duration: Duration,
}

/// An attempt of a delivery, and what the delivery has come to.
pub(crate) struct Attempt<'a> {
    pub(crate) delivery: Uuid,
    pub(crate) status: Status,
    pub(crate) recorded: &'a RecordedAttempt,
}

/// Appends the attempts and keeps the deliveries' statuses. The caller holds the jobs.
pub(crate) async fn record_attempts(
    db: &mut PgConnection,
    tenant: TenantId,
    attempts: &[Attempt<'_>],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let deliveries: Vec<Uuid> = attempts.iter().map(|one| one.delivery).collect();
    let numbers: Vec<i32> = attempts.iter().map(|one| one.recorded.number).collect();
    let successes: Vec<bool> = attempts.iter().map(|one| one.recorded.success).collect();
    let response_statuses: Vec<Option<i32>> = attempts.iter().map(|one| one.recorded.response_status).collect();
    let logs: Vec<&str> = attempts.iter().map(|one| one.recorded.log.as_str()).collect();
    let exchanges: Vec<Option<String>> =
        attempts.iter().map(|one| one.recorded.exchange.as_ref().map(Value::to_string)).collect();
    let durations: Vec<i64> = attempts.iter().map(|one| millis(one.recorded.duration)).collect();
    let statuses: Vec<&str> = attempts.iter().map(|one| one.status.as_str()).collect();
    sqlx::query!(
        r#"
        with attempt as (
            select *
            from unnest($2::uuid[], $3::integer[], $4::boolean[], $5::integer[], $6::text[], $7::text[], $8::bigint[],
                        $9::text[])
                as attempt (delivery_id, number, success, response_status, log, exchange, duration_ms, status)
        ),
        inserted as (
            insert into webhook_attempt (tenant_id, delivery_id, number, success, response_status, log, exchange,
                                         created_at, duration_ms)
            select $1, delivery_id, number, success, response_status, log, exchange::json, $10, duration_ms
            from attempt
        )
        update webhook_delivery
        set status = attempt.status, updated_at = $10
        from attempt
        where webhook_delivery.tenant_id = $1
          and webhook_delivery.id = attempt.delivery_id
        "#,
        tenant.0,
        &deliveries,
        &numbers,
        &successes,
        &response_statuses as &[Option<i32>],
        &logs as &[&str],
        &exchanges as &[Option<String>],
        &durations,
        &statuses as &[&str],
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
