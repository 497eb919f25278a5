//! SQL of secrets.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::TenantId;

/// A secret as it is shown.
#[derive(Clone, Debug)]
pub(super) struct ShownSecret {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
    /// How many webhooks name it.
    pub(super) uses: i64,
}

/// Which secrets are listed; `None` is any.
#[derive(Clone, Copy, Default)]
pub(super) struct Wanted<'a> {
    pub(super) id: Option<Uuid>,
    pub(super) name: Option<&'a str>,
    /// Those whose names come after this one.
    pub(super) after: Option<&'a str>,
    pub(super) most: i64,
}

/// By name.
pub(super) async fn list_secrets(
    db: &mut PgConnection,
    tenant: TenantId,
    wanted: Wanted<'_>,
) -> sqlx::Result<Vec<ShownSecret>> {
    sqlx::query_as!(
        ShownSecret,
        r#"
        select secret.id, secret.name, secret.description, secret.created_at, secret.updated_at,
               (select count(*)
                from webhook_secret
                where webhook_secret.tenant_id = secret.tenant_id
                  and webhook_secret.name = secret.name) as "uses!"
        from secret
        where secret.tenant_id = $1
          and ($2::uuid is null or secret.id = $2)
          and ($3::text is null or secret.name = $3)
          and ($4::text is null or secret.name > $4)
        order by secret.name
        limit $5
        "#,
        tenant.0,
        wanted.id,
        wanted.name,
        wanted.after,
        wanted.most,
    )
    .fetch_all(db)
    .await
}

/// A webhook that names a secret.
#[derive(Clone, Debug)]
pub(super) struct Use {
    pub(super) secret: String,
    pub(super) webhook: String,
    /// What it is called, else where its request goes.
    pub(super) title: String,
}

/// For each of the secrets its first `most` webhooks.
pub(super) async fn list_uses(
    db: &mut PgConnection,
    tenant: TenantId,
    secrets: &[String],
    most: i64,
) -> sqlx::Result<Vec<Use>> {
    sqlx::query_as!(
        Use,
        r#"
        select wanted.name as "secret!", webhook.id as webhook,
               coalesce(nullif(trim(webhook.description), ''), webhook.host) as "title!"
        from unnest($2::text[]) as wanted (name)
        cross join lateral (
            select webhook_secret.webhook_id
            from webhook_secret
            where webhook_secret.tenant_id = $1
              and webhook_secret.name = wanted.name
            order by webhook_secret.webhook_id
            limit $3
        ) as use
        join webhook on webhook.tenant_id = $1
                    and webhook.id = use.webhook_id
        order by wanted.name, webhook.id
        "#,
        tenant.0,
        secrets,
        most,
    )
    .fetch_all(db)
    .await
}

/// Names and sealed values of those that exist.
pub(super) async fn list_sealed_values(
    db: &mut PgConnection,
    tenant: TenantId,
    names: &[String],
) -> sqlx::Result<Vec<(String, Vec<u8>)>> {
    let rows =
        sqlx::query!("select name, sealed_value from secret where tenant_id = $1 and name = any($2)", tenant.0, names,)
            .fetch_all(db)
            .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.sealed_value)).collect())
}

/// What is written of a secret.
pub(super) struct NewSecret<'a> {
    pub(super) id: Uuid,
    pub(super) name: &'a str,
    pub(super) description: Option<&'a str>,
    pub(super) sealed_value: Vec<u8>,
}

/// The name is unique: constraint `secret_name_key`.
pub(super) async fn insert_secret(
    db: &mut PgConnection,
    tenant: TenantId,
    secret: &NewSecret<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into secret (tenant_id, id, name, description, sealed_value, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $6)
        "#,
        tenant.0,
        secret.id,
        secret.name,
        secret.description,
        secret.sealed_value,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What changes of a secret.
pub(super) struct Change<'a> {
    pub(super) name: &'a str,
    pub(super) description: Option<&'a str>,
    /// `None` keeps it.
    pub(super) sealed_value: Option<Vec<u8>>,
}

/// The name is unique: constraint `secret_name_key`.
pub(super) async fn update_secret(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    change: &Change<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update secret
        set name = $3, description = $4, sealed_value = coalesce($5, sealed_value), updated_at = $6
        where tenant_id = $1
          and id = $2
        "#,
        tenant.0,
        id,
        change.name,
        change.description,
        change.sealed_value,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Returns false if it was not there.
pub(super) async fn delete_secret(db: &mut PgConnection, tenant: TenantId, id: Uuid) -> sqlx::Result<bool> {
    let deleted = sqlx::query!("delete from secret where tenant_id = $1 and id = $2", tenant.0, id).execute(db).await?;
    Ok(deleted.rows_affected() == 1)
}
