//! SQL of environments.

use sqlx::PgConnection;
use uuid::Uuid;

use super::Environment;
use crate::ids::TenantId;

pub(crate) async fn find_by_name(
    db: &mut PgConnection,
    tenant: TenantId,
    name: &str,
) -> sqlx::Result<Option<Environment>> {
    let found = list(db, tenant, Some(name)).await?;
    Ok(found.into_iter().next())
}

pub(crate) async fn find_by_id(db: &mut PgConnection, tenant: TenantId, id: Uuid) -> sqlx::Result<Option<Environment>> {
    sqlx::query_as!(
        Environment,
        r#"
        select id, name, display_name, production, contacts, created_at, updated_at
        from environment
        where tenant_id = $1
          and id = $2
        "#,
        tenant.0,
        id,
    )
    .fetch_optional(db)
    .await
}

/// All of them, or the one with the name, by display name.
pub(crate) async fn list(
    db: &mut PgConnection,
    tenant: TenantId,
    name: Option<&str>,
) -> sqlx::Result<Vec<Environment>> {
    sqlx::query_as!(
        Environment,
        r#"
        select id, name, display_name, production, contacts, created_at, updated_at
        from environment
        where tenant_id = $1
          and ($2::text is null or name = $2)
        order by lower(display_name), name
        "#,
        tenant.0,
        name,
    )
    .fetch_all(db)
    .await
}

/// The name is unique: constraint `environment_name_key`.
pub(super) async fn insert_environment(
    db: &mut PgConnection,
    tenant: TenantId,
    environment: &Environment,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into environment (tenant_id, id, name, display_name, production, contacts, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
        tenant.0,
        environment.id,
        environment.name,
        environment.display_name,
        environment.production,
        environment.contacts,
        environment.created_at,
        environment.updated_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Replaces all but the id and the time of creation. The name is unique: constraint `environment_name_key`.
pub(super) async fn put_environment(
    db: &mut PgConnection,
    tenant: TenantId,
    environment: &Environment,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update environment
        set name = $3, display_name = $4, production = $5, contacts = $6, updated_at = $7
        where tenant_id = $1
          and id = $2
        "#,
        tenant.0,
        environment.id,
        environment.name,
        environment.display_name,
        environment.production,
        environment.contacts,
        environment.updated_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Removes it with what was deployed and released there. Returns false if it was not there.
pub(super) async fn delete_environment(db: &mut PgConnection, tenant: TenantId, id: Uuid) -> sqlx::Result<bool> {
    sqlx::query!("delete from deployed_version where tenant_id = $1 and environment_id = $2", tenant.0, id)
        .execute(&mut *db)
        .await?;
    sqlx::query!("delete from released_version where tenant_id = $1 and environment_id = $2", tenant.0, id)
        .execute(&mut *db)
        .await?;
    let deleted =
        sqlx::query!("delete from environment where tenant_id = $1 and id = $2", tenant.0, id).execute(db).await?;
    Ok(deleted.rows_affected() == 1)
}
