//! SQL of pacticipants.

pub(super) mod around;
pub(super) mod history;

use chrono::{DateTime, Utc};
use pactolus_domain::names::{self, PacticipantName};
use sqlx::PgConnection;

use super::{Attributes, Pacticipant};
use crate::ids::{PacticipantId, TenantId, VersionId};

pub(crate) async fn find_id(
    db: &mut PgConnection,
    tenant: TenantId,
    name: &PacticipantName,
) -> sqlx::Result<Option<PacticipantId>> {
    let id =
        sqlx::query_scalar!("select id from pacticipant where tenant_id = $1 and name = $2", tenant.0, name.as_str())
            .fetch_optional(db)
            .await?;
    Ok(id.map(PacticipantId))
}

pub(crate) async fn find_pacticipant(
    db: &mut PgConnection,
    tenant: TenantId,
    name: &PacticipantName,
) -> sqlx::Result<Option<Pacticipant>> {
    sqlx::query_as!(
        Pacticipant,
        r#"
        select id as "id: _", name, display_name, main_branch, repository_url, repository_name, repository_namespace,
               created_at, updated_at
        from pacticipant
        where tenant_id = $1
          and name = $2
        "#,
        tenant.0,
        name.as_str(),
    )
    .fetch_optional(db)
    .await
}

/// The ids of the names in their order; creates those that are missing. Inserts in the order of names, so that two
/// publications that introduce the same names cannot wait for each other.
pub(crate) async fn ensure_pacticipants(
    db: &mut PgConnection,
    tenant: TenantId,
    wanted: &[&PacticipantName],
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<PacticipantId>> {
    let names: Vec<String> = wanted.iter().map(std::string::ToString::to_string).collect();
    let mut found = list_ids(db, tenant, &names).await?;
    if found.len() < distinct(&names) {
        let mut missing: Vec<&PacticipantName> =
            wanted.iter().filter(|name| !found.iter().any(|(found, _)| found == name.as_str())).copied().collect();
        missing.sort();
        missing.dedup();
        let missing_names: Vec<String> = missing.iter().map(std::string::ToString::to_string).collect();
        let display_names: Vec<String> = missing.iter().map(|name| names::display_name(name)).collect();
        sqlx::query!(
            r#"
            insert into pacticipant (tenant_id, name, display_name, created_at, updated_at)
            select $1, missing.name, missing.display_name, $4, $4
            from unnest($2::text[], $3::text[]) with ordinality as missing (name, display_name, ordinal)
            order by missing.ordinal
            on conflict on constraint pacticipant_name_key do nothing
            "#,
            tenant.0,
            &missing_names,
            &display_names,
            now,
        )
        .execute(&mut *db)
        .await?;
        found = list_ids(db, tenant, &names).await?;
    }
    let id_of = |name: &String| found.iter().find(|(found, _)| found == name).map(|(_, id)| *id);
    names.iter().map(|name| id_of(name).ok_or(sqlx::Error::RowNotFound)).collect()
}

/// Of those that exist, by name.
pub(super) async fn list_ids(
    db: &mut PgConnection,
    tenant: TenantId,
    names: &[String],
) -> sqlx::Result<Vec<(String, PacticipantId)>> {
    let rows =
        sqlx::query!("select name, id from pacticipant where tenant_id = $1 and name = any($2)", tenant.0, names)
            .fetch_all(db)
            .await?;
    Ok(rows.into_iter().map(|row| (row.name, PacticipantId(row.id))).collect())
}

fn distinct(names: &[String]) -> usize {
    names.iter().collect::<std::collections::BTreeSet<_>>().len()
}

/// Every name, for finding similar ones.
pub(crate) async fn list_names(db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!("select name from pacticipant where tenant_id = $1 order by name", tenant.0).fetch_all(db).await
}

/// Which pacticipants are listed; `None` is any.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// What the name contains, in any case.
    pub(super) part: Option<&'a str>,
    pub(super) label: Option<&'a str>,
}

/// By name; with the number of all of them.
pub(super) async fn list_pacticipants(
    db: &mut PgConnection,
    tenant: TenantId,
    wanted: Wanted<'_>,
    limit: Option<i64>,
    offset: i64,
) -> sqlx::Result<(Vec<Pacticipant>, i64)> {
    let pacticipants = sqlx::query_as!(
        Pacticipant,
        r#"
        select id as "id: _", name, display_name, main_branch, repository_url, repository_name, repository_namespace,
               created_at, updated_at
        from pacticipant
        where tenant_id = $1
          and ($2::text is null or strpos(lower(name), lower($2)) > 0)
          and ($3::text is null or exists (
              select from label
              where label.tenant_id = pacticipant.tenant_id
                and label.pacticipant_id = pacticipant.id
                and label.name = $3
          ))
        order by lower(name), name
        limit $4 offset $5
        "#,
        tenant.0,
        wanted.part,
        wanted.label,
        limit,
        offset,
    )
    .fetch_all(&mut *db)
    .await?;
    let total = sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
        from pacticipant
        where tenant_id = $1
          and ($2::text is null or strpos(lower(name), lower($2)) > 0)
          and ($3::text is null or exists (
              select from label
              where label.tenant_id = pacticipant.tenant_id
                and label.pacticipant_id = pacticipant.id
                and label.name = $3
          ))
        "#,
        tenant.0,
        wanted.part,
        wanted.label,
    )
    .fetch_one(db)
    .await?;
    Ok((pacticipants, total))
}

/// Creates one unless the name is taken. Returns whether it did.
pub(super) async fn insert_pacticipant(
    db: &mut PgConnection,
    tenant: TenantId,
    name: &PacticipantName,
    attributes: &Attributes,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let display_name = attributes.display_name.clone().unwrap_or_else(|| names::display_name(name));
    let inserted = sqlx::query!(
        r#"
        insert into pacticipant (tenant_id, name, display_name, main_branch, repository_url, repository_name,
                                 repository_namespace, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
        on conflict on constraint pacticipant_name_key do nothing
        "#,
        tenant.0,
        name.as_str(),
        display_name,
        attributes.main_branch,
        attributes.repository_url,
        attributes.repository_name,
        attributes.repository_namespace,
        now,
    )
    .execute(db)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Holds one while what is said about it is read and written back: another change waits.
pub(super) async fn hold_pacticipant(
    db: &mut PgConnection,
    tenant: TenantId,
    name: &PacticipantName,
) -> sqlx::Result<()> {
    sqlx::query!(
        "select from pacticipant where tenant_id = $1 and name = $2 for no key update",
        tenant.0,
        name.as_str()
    )
    .fetch_optional(db)
    .await?;
    Ok(())
}

/// Replaces all that can be said about one but its name.
pub(super) async fn put_attributes(
    db: &mut PgConnection,
    tenant: TenantId,
    name: &PacticipantName,
    attributes: &Attributes,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let display_name = attributes.display_name.clone().unwrap_or_else(|| names::display_name(name));
    sqlx::query!(
        r#"
        update pacticipant
        set display_name = $3, main_branch = $4, repository_url = $5, repository_name = $6, repository_namespace = $7,
            updated_at = $8
        where tenant_id = $1
          and name = $2
        "#,
        tenant.0,
        name.as_str(),
        display_name,
        attributes.main_branch,
        attributes.repository_url,
        attributes.repository_name,
        attributes.repository_namespace,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Sets the main branch unless there is one already.
pub(crate) async fn detect_main_branch(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    branch: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update pacticipant
        set main_branch = $3, updated_at = $4
        where tenant_id = $1
          and id = $2
          and main_branch is null
        "#,
        tenant.0,
        pacticipant.0,
        branch,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The names of the labels that pacticipants have, with the number of all of them.
pub(super) async fn list_label_names(
    db: &mut PgConnection,
    tenant: TenantId,
    limit: Option<i64>,
    offset: i64,
) -> sqlx::Result<(Vec<String>, i64)> {
    let names = sqlx::query_scalar!(
        "select distinct name from label where tenant_id = $1 order by name limit $2 offset $3",
        tenant.0,
        limit,
        offset
    )
    .fetch_all(&mut *db)
    .await?;
    let total =
        sqlx::query_scalar!(r#"select count(distinct name) as "count!" from label where tenant_id = $1"#, tenant.0)
            .fetch_one(db)
            .await?;
    Ok((names, total))
}

/// When the pacticipant got the label.
pub(super) async fn find_label(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    label: &str,
) -> sqlx::Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar!(
        "select created_at from label where tenant_id = $1 and pacticipant_id = $2 and name = $3",
        tenant.0,
        pacticipant.0,
        label
    )
    .fetch_optional(db)
    .await
}

/// Returns false if the pacticipant has it already.
pub(super) async fn add_label(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    label: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let added = sqlx::query!(
        r#"
        insert into label (tenant_id, pacticipant_id, name, created_at)
        values ($1, $2, $3, $4)
        on conflict do nothing
        "#,
        tenant.0,
        pacticipant.0,
        label,
        now,
    )
    .execute(db)
    .await?;
    Ok(added.rows_affected() == 1)
}

/// Returns false if the pacticipant does not have it.
pub(super) async fn delete_label(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    label: &str,
) -> sqlx::Result<bool> {
    let deleted = sqlx::query!(
        "delete from label where tenant_id = $1 and pacticipant_id = $2 and name = $3",
        tenant.0,
        pacticipant.0,
        label
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected() == 1)
}

pub(crate) async fn list_labels_of(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        "select name from label where tenant_id = $1 and pacticipant_id = $2 order by name",
        tenant.0,
        pacticipant.0
    )
    .fetch_all(db)
    .await
}

/// Labels of many at once, in no particular order.
pub(super) async fn list_labels(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipants: &[i64],
) -> sqlx::Result<Vec<(PacticipantId, String)>> {
    let rows = sqlx::query!(
        "select pacticipant_id, name from label where tenant_id = $1 and pacticipant_id = any($2) order by name",
        tenant.0,
        pacticipants
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (PacticipantId(row.pacticipant_id), row.name)).collect())
}

/// The number of the latest version of each, by order of creation.
pub(super) async fn list_latest_versions(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipants: &[i64],
) -> sqlx::Result<Vec<(PacticipantId, VersionId, String)>> {
    let rows = sqlx::query!(
        r#"
        select wanted.id as "pacticipant_id!", version.id, version.number
        from unnest($2::bigint[]) as wanted (id)
        cross join lateral (
            select version.id, version.number
            from version
            where version.tenant_id = $1
              and version.pacticipant_id = wanted.id
            order by version.position desc
            limit 1
        ) as version
        "#,
        tenant.0,
        pacticipants,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (PacticipantId(row.pacticipant_id), VersionId(row.id), row.number)).collect())
}
