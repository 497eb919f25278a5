//! SQL of deliveries as they are listed, and tried again.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::TenantId;

/// A delivery with what became of it.
pub(crate) struct ListedDelivery {
    pub(crate) id: Uuid,
    /// `None` when the webhook was deleted.
    pub(crate) webhook_id: Option<String>,
    pub(crate) webhook_description: Option<String>,
    pub(crate) event: String,
    pub(crate) status: String,
    /// `None` when it is about no pair.
    pub(crate) consumer: Option<String>,
    pub(crate) provider: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) attempts_made: i32,
    /// Of the last attempt, if it was answered.
    pub(crate) response_status: Option<i32>,
    /// `None` when there will be none.
    pub(crate) next_attempt_at: Option<DateTime<Utc>>,
    /// What the last attempt failed by.
    pub(crate) last_error: Option<String>,
}

/// Which deliveries are listed: the newest first.
#[derive(Clone, Copy, Default)]
pub(crate) struct Wanted<'a> {
    pub(crate) webhook: Option<&'a str>,
    pub(crate) status: Option<&'a str>,
    /// Those with smaller ids.
    pub(crate) before: Option<Uuid>,
    pub(crate) limit: i64,
}

pub(crate) async fn list_ids(db: &mut PgConnection, tenant: TenantId, wanted: Wanted<'_>) -> sqlx::Result<Vec<Uuid>> {
    match wanted.status {
        Some("failure") => list_dead(db, tenant, wanted).await,
        Some("not_run" | "retrying") => list_waiting(db, tenant, wanted).await,
        _ if wanted.webhook.is_some() => list_of_webhook(db, tenant, wanted).await,
        _ => list_all(db, tenant, wanted).await,
    }
}

/// Those given up are few beside the rest: they are found by their jobs.
async fn list_dead(db: &mut PgConnection, tenant: TenantId, wanted: Wanted<'_>) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"
        select job.id
        from job
        cross join lateral (
            select webhook_delivery.webhook_id
            from webhook_delivery
            where webhook_delivery.tenant_id = job.tenant_id
              and webhook_delivery.id = job.id
            limit 1
        ) as delivery
        where job.tenant_id = $1
          and job.dead_at is not null
          and job.kind = 'webhook_delivery'
          and ($2::text is null or delivery.webhook_id = $2)
          and ($3::uuid is null or job.id < $3)
        order by job.id desc
        limit $4
        "#,
        tenant.0,
        wanted.webhook,
        wanted.before,
        wanted.limit,
    )
    .fetch_all(db)
    .await
}

/// From the few that wait to each of their deliveries: the limit keeps the planner from reading all deliveries.
async fn list_waiting(db: &mut PgConnection, tenant: TenantId, wanted: Wanted<'_>) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"
        select job.id
        from job
        cross join lateral (
            select webhook_delivery.status
            from webhook_delivery
            where webhook_delivery.tenant_id = job.tenant_id
              and webhook_delivery.id = job.id
            limit 1
        ) as delivery
        where job.tenant_id = $1
          and job.dead_at is null
          and job.kind = 'webhook_delivery'
          and delivery.status = $2
          and ($3::text is null or job.lane = $3)
          and ($4::uuid is null or job.id < $4)
        order by job.id desc
        limit $5
        "#,
        tenant.0,
        wanted.status,
        wanted.webhook,
        wanted.before,
        wanted.limit,
    )
    .fetch_all(db)
    .await
}

async fn list_of_webhook(db: &mut PgConnection, tenant: TenantId, wanted: Wanted<'_>) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"
        select id
        from webhook_delivery
        where tenant_id = $1
          and webhook_id = $2
          and ($3::text is null or status = $3)
          and ($4::uuid is null or (created_at, id) < (
              select before.created_at, before.id
              from webhook_delivery as before
              where before.tenant_id = $1
                and before.id = $4
          ))
        order by created_at desc, id desc
        limit $5
        "#,
        tenant.0,
        wanted.webhook,
        wanted.status,
        wanted.before,
        wanted.limit,
    )
    .fetch_all(db)
    .await
}

async fn list_all(db: &mut PgConnection, tenant: TenantId, wanted: Wanted<'_>) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"
        select id
        from webhook_delivery
        where tenant_id = $1
          and ($2::text is null or status = $2)
          and ($3::uuid is null or id < $3)
        order by id desc
        limit $4
        "#,
        tenant.0,
        wanted.status,
        wanted.before,
        wanted.limit,
    )
    .fetch_all(db)
    .await
}

/// In the order of `ids`.
pub(crate) async fn list_shown(
    db: &mut PgConnection,
    tenant: TenantId,
    ids: &[Uuid],
) -> sqlx::Result<Vec<ListedDelivery>> {
    sqlx::query_as!(
        ListedDelivery,
        r#"
        select webhook_delivery.id, webhook.id as "webhook_id?", webhook.description as "webhook_description?",
               webhook_delivery.event, webhook_delivery.status, consumer.name as "consumer?",
               provider.name as "provider?", webhook_delivery.created_at, webhook_delivery.updated_at,
               coalesce(last_attempt.number, 0) as "attempts_made!", last_attempt.response_status as "response_status?",
               case when job.dead_at is null then job.run_at end as next_attempt_at, job.last_error as "last_error?"
        from webhook_delivery
        left join webhook on webhook.tenant_id = webhook_delivery.tenant_id
                         and webhook.id = webhook_delivery.webhook_id
        left join pacticipant as consumer on consumer.tenant_id = webhook_delivery.tenant_id
                                         and consumer.id = webhook_delivery.consumer_id
        left join pacticipant as provider on provider.tenant_id = webhook_delivery.tenant_id
                                         and provider.id = webhook_delivery.provider_id
        left join job on job.tenant_id = webhook_delivery.tenant_id
                     and job.id = webhook_delivery.id
        left join lateral (
            select webhook_attempt.number, webhook_attempt.response_status
            from webhook_attempt
            where webhook_attempt.tenant_id = webhook_delivery.tenant_id
              and webhook_attempt.delivery_id = webhook_delivery.id
            order by webhook_attempt.number desc
            limit 1
        ) as last_attempt on true
        where webhook_delivery.tenant_id = $1
          and webhook_delivery.id = any($2)
        order by array_position($2, webhook_delivery.id)
        "#,
        tenant.0,
        ids,
    )
    .fetch_all(db)
    .await
}

/// An attempt with what was sent and answered.
pub(crate) struct WholeAttempt {
    pub(crate) number: i32,
    pub(crate) success: bool,
    pub(crate) log: String,
    /// `None` when nobody was called.
    pub(crate) exchange: Option<Value>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) duration_ms: i64,
}

/// In order.
pub(crate) async fn list_whole_attempts(
    db: &mut PgConnection,
    tenant: TenantId,
    delivery: Uuid,
) -> sqlx::Result<Vec<WholeAttempt>> {
    sqlx::query_as!(
        WholeAttempt,
        r#"
        select number, success, log, exchange, created_at, duration_ms
        from webhook_attempt
        where tenant_id = $1
          and delivery_id = $2
        order by number
        "#,
        tenant.0,
        delivery,
    )
    .fetch_all(db)
    .await
}

/// What is needed to deliver again.
pub(crate) struct Replayed {
    pub(crate) id: Uuid,
    pub(crate) webhook: String,
    pub(crate) in_order: bool,
    pub(crate) attempts_made: i32,
}

/// Those given up that were triggered in a time: the oldest first.
pub(crate) async fn list_given_up(
    db: &mut PgConnection,
    tenant: TenantId,
    webhook: Option<&str>,
    (since, until): (DateTime<Utc>, DateTime<Utc>),
    limit: i64,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"
        select webhook_delivery.id
        from job
        join webhook_delivery on webhook_delivery.tenant_id = job.tenant_id
                             and webhook_delivery.id = job.id
        join webhook on webhook.tenant_id = webhook_delivery.tenant_id
                    and webhook.id = webhook_delivery.webhook_id
        where job.tenant_id = $1
          and job.dead_at is not null
          and job.kind = 'webhook_delivery'
          and webhook.enabled
          and ($2::text is null or webhook.id = $2)
          and webhook_delivery.created_at >= $3
          and webhook_delivery.created_at < $4
        order by job.id
        limit $5
        "#,
        tenant.0,
        webhook,
        since,
        until,
        limit,
    )
    .fetch_all(db)
    .await
}

/// Those of the deliveries that are done and whose webhook is there are to be made again. Returns these.
pub(crate) async fn replay(
    db: &mut PgConnection,
    tenant: TenantId,
    ids: &[Uuid],
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Replayed>> {
    sqlx::query_as!(
        Replayed,
        r#"
        with held as (
            select id
            from webhook_delivery
            where tenant_id = $1
              and id = any($2)
            order by id
            for update
        )
        update webhook_delivery
        set status = 'retrying', updated_at = $3
        from held, webhook
        where webhook_delivery.tenant_id = $1
          and webhook_delivery.id = held.id
          and webhook_delivery.status in ('success', 'failure')
          and webhook.tenant_id = $1
          and webhook.id = webhook_delivery.webhook_id
        returning webhook_delivery.id, webhook.id as webhook, webhook.in_order,
                  (select coalesce(max(webhook_attempt.number), 0)
                   from webhook_attempt
                   where webhook_attempt.tenant_id = $1
                     and webhook_attempt.delivery_id = webhook_delivery.id) as "attempts_made!"
        "#,
        tenant.0,
        ids,
        now,
    )
    .fetch_all(db)
    .await
}

/// Deletes deliveries that are done and have smaller ids, with all that belongs to them, but so many at most. Returns how
/// many that were.
pub(crate) async fn delete_before(
    db: &mut PgConnection,
    tenant: TenantId,
    first_kept: Uuid,
    most: i64,
) -> sqlx::Result<usize> {
    let old = sqlx::query_scalar!(
        r#"
        select id
        from webhook_delivery
        where tenant_id = $1
          and id < $2
          and status in ('success', 'failure')
        order by id
        limit $3
        for update skip locked
        "#,
        tenant.0,
        first_kept,
        most,
    )
    .fetch_all(&mut *db)
    .await?;
    sqlx::query!("delete from webhook_attempt where tenant_id = $1 and delivery_id = any($2)", tenant.0, &old)
        .execute(&mut *db)
        .await?;
    sqlx::query!("delete from job where tenant_id = $1 and id = any($2) and dead_at is not null", tenant.0, &old)
        .execute(&mut *db)
        .await?;
    sqlx::query!("delete from webhook_delivery where tenant_id = $1 and id = any($2)", tenant.0, &old)
        .execute(db)
        .await?;
    Ok(old.len())
}

/// Dead letters whose delivery is gone with what it was about.
pub(crate) async fn delete_orphans(db: &mut PgConnection, tenant: TenantId, most: i64) -> sqlx::Result<u64> {
    let deleted = sqlx::query!(
        r#"
        delete from job
        where tenant_id = $1
          and id in (
              select job.id
              from job
              where job.tenant_id = $1
                and job.dead_at is not null
                and job.kind = 'webhook_delivery'
                and not exists (
                    select from webhook_delivery
                    where webhook_delivery.tenant_id = $1
                      and webhook_delivery.id = job.id
                )
              limit $2
          )
        "#,
        tenant.0,
        most,
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected())
}

/// Deliveries that have been due for too long, at receivers that rest: nobody gets to try them.
pub(crate) async fn list_overdue(
    db: &mut PgConnection,
    tenant: TenantId,
    before: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"
        select job.id
        from job_lane
        join job on job.tenant_id = job_lane.tenant_id
                and job.lane = job_lane.lane
        where job_lane.tenant_id = $1
          and job.dead_at is null
          and job.kind = 'webhook_delivery'
          and job.created_at < $2
        limit $3
        "#,
        tenant.0,
        before,
        limit,
    )
    .fetch_all(db)
    .await
}

/// A webhook without what is sealed.
pub(crate) struct ListedWebhook {
    pub(crate) id: String,
    pub(crate) description: Option<String>,
    pub(crate) enabled: bool,
    pub(crate) consumer: Option<String>,
    pub(crate) provider: Option<String>,
    pub(crate) consumer_label: Option<String>,
    pub(crate) provider_label: Option<String>,
    pub(crate) events: Vec<String>,
    pub(crate) host: String,
}

/// Oldest first.
pub(crate) async fn list_webhooks(db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Vec<ListedWebhook>> {
    sqlx::query_as!(
        ListedWebhook,
        r#"
        select webhook.id, webhook.description, webhook.enabled, consumer.name as "consumer?",
               provider.name as "provider?", webhook.consumer_label, webhook.provider_label, webhook.events, webhook.host
        from webhook
        left join pacticipant as consumer on consumer.tenant_id = webhook.tenant_id
                                         and consumer.id = webhook.consumer_id
        left join pacticipant as provider on provider.tenant_id = webhook.tenant_id
                                         and provider.id = webhook.provider_id
        where webhook.tenant_id = $1
        order by webhook.created_at, webhook.id
        "#,
        tenant.0,
    )
    .fetch_all(db)
    .await
}

/// The latest delivery of each of these webhooks that has one.
pub(crate) async fn list_latest_ids(
    db: &mut PgConnection,
    tenant: TenantId,
    webhooks: &[String],
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"
        select latest.id
        from unnest($2::text[]) as webhook (id)
        cross join lateral (
            select webhook_delivery.id
            from webhook_delivery
            where webhook_delivery.tenant_id = $1
              and webhook_delivery.webhook_id = webhook.id
            order by webhook_delivery.created_at desc
            limit 1
        ) as latest
        "#,
        tenant.0,
        webhooks,
    )
    .fetch_all(db)
    .await
}
