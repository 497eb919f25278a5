//! SQL of the audit log.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::TenantId;

#[expect(clippy::too_many_arguments, reason = "one per column")]
pub(super) async fn insert_event(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    actor: &str,
    action: &str,
    subject: &str,
    detail: &Value,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into audit_event (tenant_id, id, actor, action, subject, detail, created_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        "#,
        tenant.0,
        id,
        actor,
        action,
        subject,
        detail,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}
