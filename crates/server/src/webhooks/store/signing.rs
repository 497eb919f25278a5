//! SQL of what webhooks sign with. One is valid until it expires.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::TenantId;

/// A signing secret as it is shown.
#[derive(Clone, Debug)]
pub(in crate::webhooks) struct ShownSigningSecret {
    pub(in crate::webhooks) id: Uuid,
    pub(in crate::webhooks) created_at: DateTime<Utc>,
    pub(in crate::webhooks) expires_at: Option<DateTime<Utc>>,
}

/// The valid ones of a webhook, oldest first.
pub(in crate::webhooks) async fn list_valid(
    db: &mut PgConnection,
    tenant: TenantId,
    webhook: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<ShownSigningSecret>> {
    sqlx::query_as!(
        ShownSigningSecret,
        r#"
        select id, created_at, expires_at
        from webhook_signing_secret
        where tenant_id = $1
          and webhook_id = $2
          and (expires_at is null or expires_at > $3)
        order by created_at, id
        "#,
        tenant.0,
        webhook,
        now,
    )
    .fetch_all(db)
    .await
}

/// Sealed, with the deliveries that are signed with them now, oldest first.
pub(in crate::webhooks) async fn list_sealed_for_deliveries(
    db: &mut PgConnection,
    tenant: TenantId,
    deliveries: &[Uuid],
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<(Uuid, Vec<u8>)>> {
    let rows = sqlx::query!(
        r#"
        select webhook_delivery.id, webhook_signing_secret.sealed_secret
        from webhook_delivery
        join webhook_signing_secret on webhook_signing_secret.tenant_id = webhook_delivery.tenant_id
                                   and webhook_signing_secret.webhook_id = webhook_delivery.webhook_id
        where webhook_delivery.tenant_id = $1
          and webhook_delivery.id = any($2)
          and (webhook_signing_secret.expires_at is null or webhook_signing_secret.expires_at > $3)
        order by webhook_signing_secret.created_at, webhook_signing_secret.id
        "#,
        tenant.0,
        deliveries,
        now,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.sealed_secret)).collect())
}

/// Sealed, those that a webhook signs with now, oldest first.
pub(in crate::webhooks) async fn list_sealed_of_webhook(
    db: &mut PgConnection,
    tenant: TenantId,
    webhook: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Vec<u8>>> {
    sqlx::query_scalar!(
        r#"
        select sealed_secret
        from webhook_signing_secret
        where tenant_id = $1
          and webhook_id = $2
          and (expires_at is null or expires_at > $3)
        order by created_at, id
        "#,
        tenant.0,
        webhook,
        now,
    )
    .fetch_all(db)
    .await
}

pub(in crate::webhooks) async fn has_webhook(
    db: &mut PgConnection,
    tenant: TenantId,
    webhook: &str,
) -> sqlx::Result<bool> {
    let found = sqlx::query!("select from webhook where tenant_id = $1 and id = $2", tenant.0, webhook)
        .fetch_optional(db)
        .await?;
    Ok(found.is_some())
}

/// Whether the webhook is there. Nobody else changes what it signs with until the transaction ends.
pub(in crate::webhooks) async fn hold_webhook(
    db: &mut PgConnection,
    tenant: TenantId,
    webhook: &str,
) -> sqlx::Result<bool> {
    let held =
        sqlx::query!("select from webhook where tenant_id = $1 and id = $2 for no key update", tenant.0, webhook,)
            .fetch_optional(db)
            .await?;
    Ok(held.is_some())
}

pub(in crate::webhooks) async fn delete_expired(
    db: &mut PgConnection,
    tenant: TenantId,
    webhook: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from webhook_signing_secret where tenant_id = $1 and webhook_id = $2 and expires_at <= $3",
        tenant.0,
        webhook,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(in crate::webhooks) async fn insert(
    db: &mut PgConnection,
    tenant: TenantId,
    webhook: &str,
    id: Uuid,
    sealed_secret: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into webhook_signing_secret (tenant_id, id, webhook_id, sealed_secret, created_at)
        values ($1, $2, $3, $4, $5)
        "#,
        tenant.0,
        id,
        webhook,
        sealed_secret,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(in crate::webhooks) async fn expire(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update webhook_signing_secret set expires_at = $3 where tenant_id = $1 and id = $2",
        tenant.0,
        id,
        at
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Returns false if it was not there.
pub(in crate::webhooks) async fn delete(
    db: &mut PgConnection,
    tenant: TenantId,
    webhook: &str,
    id: Uuid,
) -> sqlx::Result<bool> {
    let deleted = sqlx::query!(
        "delete from webhook_signing_secret where tenant_id = $1 and webhook_id = $2 and id = $3",
        tenant.0,
        webhook,
        id,
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected() == 1)
}
