//! SQL of tenants.

use sqlx::PgConnection;

use crate::ids::TenantId;

pub(super) async fn list_tenants(db: &mut PgConnection) -> sqlx::Result<Vec<TenantId>> {
    let ids = sqlx::query_scalar!("select id from tenant order by id").fetch_all(db).await?;
    Ok(ids.into_iter().map(TenantId).collect())
}

/// Keeps the sealed key that is there; the first offered one becomes it. Returns the one that holds.
pub(super) async fn ensure_data_key(db: &mut PgConnection, tenant: TenantId, offered: &[u8]) -> sqlx::Result<Vec<u8>> {
    sqlx::query_scalar!(
        r#"
        update tenant
        set sealed_data_key = coalesce(sealed_data_key, $2)
        where id = $1
        returning sealed_data_key as "sealed_data_key!"
        "#,
        tenant.0,
        offered,
    )
    .fetch_one(db)
    .await
}

pub(super) async fn find_data_key(db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!("select sealed_data_key from tenant where id = $1", tenant.0).fetch_one(db).await
}

/// As [`find_data_key`]; nobody else changes it until the transaction ends.
pub(super) async fn hold_data_key(db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!("select sealed_data_key from tenant where id = $1 for no key update", tenant.0)
        .fetch_one(db)
        .await
}

pub(super) async fn put_data_key(db: &mut PgConnection, tenant: TenantId, sealed: &[u8]) -> sqlx::Result<()> {
    sqlx::query!("update tenant set sealed_data_key = $2 where id = $1", tenant.0, sealed).execute(db).await?;
    Ok(())
}

/// Rows of the tenant can be written meanwhile: they only need its key.
pub(super) async fn hold_deletions(db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<()> {
    sqlx::query!("select from tenant where id = $1 for no key update", tenant.0).fetch_one(db).await?;
    Ok(())
}

/// Whether nobody else cleans. It is held until the transaction ends, also by the end of its process.
pub(super) async fn try_hold_cleaning(db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<bool> {
    // The first half of the key only tells this lock from others.
    sqlx::query_scalar!(
        r#"select pg_try_advisory_xact_lock(1885434484, hashint8(tenant.id)) as "held!" from tenant where id = $1"#,
        tenant.0,
    )
    .fetch_one(db)
    .await
}
