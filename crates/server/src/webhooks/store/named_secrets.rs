//! SQL of the secrets that webhooks name.

use std::collections::BTreeSet;

use sqlx::PgConnection;

use crate::ids::TenantId;

/// Keeps which secrets the webhook's request names.
pub(in crate::webhooks) async fn put_names(
    db: &mut PgConnection,
    tenant: TenantId,
    webhook: &str,
    names: &BTreeSet<String>,
) -> sqlx::Result<()> {
    let names: Vec<String> = names.iter().cloned().collect();
    sqlx::query!(
        "delete from webhook_secret where tenant_id = $1 and webhook_id = $2 and name <> all($3)",
        tenant.0,
        webhook,
        &names,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        insert into webhook_secret (tenant_id, webhook_id, name)
        select $1, $2, named.name
        from unnest($3::text[]) as named (name)
        on conflict do nothing
        "#,
        tenant.0,
        webhook,
        &names,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Those that the webhook names and that do not exist, by name.
pub(in crate::webhooks) async fn list_missing(
    db: &mut PgConnection,
    tenant: TenantId,
    webhook: &str,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select webhook_secret.name
        from webhook_secret
        where webhook_secret.tenant_id = $1
          and webhook_secret.webhook_id = $2
          and not exists (
              select from secret
              where secret.tenant_id = webhook_secret.tenant_id
                and secret.name = webhook_secret.name
          )
        order by webhook_secret.name
        "#,
        tenant.0,
        webhook,
    )
    .fetch_all(db)
    .await
}
