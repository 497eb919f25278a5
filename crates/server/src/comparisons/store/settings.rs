//! By what providers' teams want contracts to be compared.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

use crate::ids::{PacticipantId, TenantId};

/// Settings of a provider.
pub(crate) struct Setting {
    pub(crate) profile: String,
    pub(crate) severities: Value,
    pub(crate) configuration: String,
    pub(crate) updated_at: DateTime<Utc>,
}

pub(crate) async fn find(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
) -> sqlx::Result<Option<Setting>> {
    sqlx::query_as!(
        Setting,
        r#"
        select profile, severities, configuration, updated_at
        from comparison_setting
        where tenant_id = $1
          and provider_id = $2
        "#,
        tenant.0,
        provider.0,
    )
    .fetch_optional(db)
    .await
}

pub(crate) async fn put(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    setting: &Setting,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into comparison_setting (tenant_id, provider_id, profile, severities, configuration, updated_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (tenant_id, provider_id) do update
        set profile = excluded.profile, severities = excluded.severities, configuration = excluded.configuration,
            updated_at = excluded.updated_at
        "#,
        tenant.0,
        provider.0,
        setting.profile,
        setting.severities,
        setting.configuration,
        setting.updated_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Returns whether there were any.
pub(crate) async fn delete(db: &mut PgConnection, tenant: TenantId, provider: PacticipantId) -> sqlx::Result<bool> {
    let deleted =
        sqlx::query!("delete from comparison_setting where tenant_id = $1 and provider_id = $2", tenant.0, provider.0)
            .execute(db)
            .await?;
    Ok(deleted.rows_affected() > 0)
}
