//! SQL of tags.

use chrono::{DateTime, Utc};
use pactolus_domain::names::TagName;
use sqlx::PgConnection;

use crate::ids::{PacticipantId, TenantId, VersionId};
use crate::versions::EnsuredVersion;

/// Holds the heads of the tags in one order, so that two publications with the same tags never wait in a circle.
pub(crate) async fn hold_tag_heads(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    tags: &[TagName],
) -> sqlx::Result<()> {
    let names: Vec<String> = tags.iter().map(ToString::to_string).collect();
    sqlx::query!(
        r#"
        select from tag_head
        where tenant_id = $1
          and pacticipant_id = $2
          and name = any($3)
        order by name
        for update
        "#,
        tenant.0,
        pacticipant.0,
        &names,
    )
    .fetch_all(db)
    .await?;
    Ok(())
}

/// Tags the version; the tag's head is the version with the highest position. Returns false if it has the tag.
pub(in crate::versions) async fn insert_tag(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    version: EnsuredVersion,
    tag: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let inserted = sqlx::query!(
        r#"
        insert into tag (tenant_id, pacticipant_id, version_id, name, position, created_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (tenant_id, version_id, name) do nothing
        "#,
        tenant.0,
        pacticipant.0,
        version.id.0,
        tag,
        version.position,
        now,
    )
    .execute(&mut *db)
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query!(
        r#"
        insert into tag_head (tenant_id, pacticipant_id, name, version_id, position)
        values ($1, $2, $3, $4, $5)
        on conflict (tenant_id, pacticipant_id, name) do update
        set version_id = excluded.version_id, position = excluded.position
        where tag_head.position < excluded.position
        "#,
        tenant.0,
        pacticipant.0,
        tag,
        version.id.0,
        version.position,
    )
    .execute(db)
    .await?;
    Ok(true)
}

/// Takes the tag off the version; the head moves to the next lower one. Returns false if it was not there.
pub(in crate::versions) async fn delete_tag(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    version: VersionId,
    tag: &str,
) -> sqlx::Result<bool> {
    // Whoever moves the head waits here, so that two removals cannot each leave the other's version as head.
    sqlx::query!(
        "select from tag_head where tenant_id = $1 and pacticipant_id = $2 and name = $3 for update",
        tenant.0,
        pacticipant.0,
        tag,
    )
    .fetch_optional(&mut *db)
    .await?;
    let deleted = sqlx::query!(
        "delete from tag where tenant_id = $1 and version_id = $2 and name = $3",
        tenant.0,
        version.0,
        tag
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "delete from tag_head where tenant_id = $1 and pacticipant_id = $2 and name = $3 and version_id = $4",
        tenant.0,
        pacticipant.0,
        tag,
        version.0,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        insert into tag_head (tenant_id, pacticipant_id, name, version_id, position)
        select tenant_id, pacticipant_id, name, version_id, position
        from tag
        where tenant_id = $1
          and pacticipant_id = $2
          and name = $3
        order by position desc
        limit 1
        on conflict (tenant_id, pacticipant_id, name) do nothing
        "#,
        tenant.0,
        pacticipant.0,
        tag,
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected() == 1)
}

pub(in crate::versions) async fn has_tag_or_branch(
    db: &mut PgConnection,
    tenant: TenantId,
    version: VersionId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        select exists (select from tag where tenant_id = $1 and version_id = $2)
            or exists (select from branch_version where tenant_id = $1 and version_id = $2) as "has!"
        "#,
        tenant.0,
        version.0,
    )
    .fetch_one(db)
    .await
}

/// A tag on a version.
#[derive(Clone, Debug)]
pub(crate) struct TagOfVersion {
    pub(crate) version_id: VersionId,
    pub(crate) name: String,
}

pub(crate) async fn list_tags_of(
    db: &mut PgConnection,
    tenant: TenantId,
    versions: &[i64],
) -> sqlx::Result<Vec<TagOfVersion>> {
    sqlx::query_as!(
        TagOfVersion,
        r#"
        select tag.version_id as "version_id: _", tag.name
        from tag
        where tag.tenant_id = $1
          and tag.version_id = any($2)
        order by tag.version_id, tag.ordinal
        "#,
        tenant.0,
        versions,
    )
    .fetch_all(db)
    .await
}

/// When the version got the tag.
pub(in crate::versions) async fn find_tag(
    db: &mut PgConnection,
    tenant: TenantId,
    version: VersionId,
    tag: &TagName,
) -> sqlx::Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar!(
        "select created_at from tag where tenant_id = $1 and version_id = $2 and name = $3",
        tenant.0,
        version.0,
        tag.as_str()
    )
    .fetch_optional(db)
    .await
}
