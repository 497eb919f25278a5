//! SQL of versions, branches and tags. Heads are kept when writing, so that "latest" is a look-up.

use chrono::{DateTime, Utc};
use pactolus_domain::names::{BranchName, PacticipantName, TagName, VersionNumber};
use sqlx::PgConnection;

use super::{EnsuredVersion, Version};
use crate::ids::{PacticipantId, TenantId, VersionId};

/// Finds or creates the version; a build URL that is given replaces the one that is there.
pub(crate) async fn ensure_version(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    number: &VersionNumber,
    build_url: Option<&str>,
    now: DateTime<Utc>,
) -> sqlx::Result<EnsuredVersion> {
    sqlx::query_as!(
        EnsuredVersion,
        r#"
        insert into version (tenant_id, pacticipant_id, number, build_url, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $5)
        on conflict on constraint version_number_key do update
        set build_url = coalesce(excluded.build_url, version.build_url),
            updated_at = case
                when excluded.build_url is distinct from version.build_url and excluded.build_url is not null
                then excluded.updated_at
                else version.updated_at
            end
        returning id as "id: _", position, (xmax = 0) as "created!", created_at
        "#,
        tenant.0,
        pacticipant.0,
        number.as_str(),
        build_url,
        now,
    )
    .fetch_one(db)
    .await
}

/// Sets or clears the build URL.
pub(super) async fn put_build_url(
    db: &mut PgConnection,
    tenant: TenantId,
    version: VersionId,
    build_url: Option<&str>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update version
        set build_url = $3, updated_at = $4
        where tenant_id = $1
          and id = $2
          and build_url is distinct from $3
        "#,
        tenant.0,
        version.0,
        build_url,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(crate) async fn find_version(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: &PacticipantName,
    number: &VersionNumber,
) -> sqlx::Result<Option<Version>> {
    sqlx::query_as!(
        Version,
        r#"
        select version.id as "id: _", pacticipant.name as pacticipant, version.number, version.build_url,
               version.created_at, version.updated_at
        from pacticipant
        join version on version.tenant_id = pacticipant.tenant_id
                    and version.pacticipant_id = pacticipant.id
        where pacticipant.tenant_id = $1
          and pacticipant.name = $2
          and version.number = $3
        "#,
        tenant.0,
        pacticipant.as_str(),
        number.as_str(),
    )
    .fetch_optional(db)
    .await
}

/// The version that was created last; with a tag, the last one that carries it.
pub(super) async fn find_latest_version(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: &PacticipantName,
    tag: Option<&TagName>,
) -> sqlx::Result<Option<Version>> {
    let Some(tag) = tag else {
        return sqlx::query_as!(
            Version,
            r#"
            select version.id as "id: _", pacticipant.name as pacticipant, version.number, version.build_url,
                   version.created_at, version.updated_at
            from pacticipant
            cross join lateral (
                select version.id, version.number, version.build_url, version.created_at, version.updated_at
                from version
                where version.tenant_id = pacticipant.tenant_id
                  and version.pacticipant_id = pacticipant.id
                order by version.position desc
                limit 1
            ) as version
            where pacticipant.tenant_id = $1
              and pacticipant.name = $2
            "#,
            tenant.0,
            pacticipant.as_str(),
        )
        .fetch_optional(db)
        .await;
    };
    sqlx::query_as!(
        Version,
        r#"
        select version.id as "id: _", pacticipant.name as pacticipant, version.number, version.build_url,
               version.created_at, version.updated_at
        from pacticipant
        join tag_head on tag_head.tenant_id = pacticipant.tenant_id
                     and tag_head.pacticipant_id = pacticipant.id
        join version on version.tenant_id = tag_head.tenant_id
                    and version.id = tag_head.version_id
        where pacticipant.tenant_id = $1
          and pacticipant.name = $2
          and tag_head.name = $3
        "#,
        tenant.0,
        pacticipant.as_str(),
        tag.as_str(),
    )
    .fetch_optional(db)
    .await
}

pub(super) async fn find_branch_head(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: &PacticipantName,
    branch: &BranchName,
) -> sqlx::Result<Option<Version>> {
    sqlx::query_as!(
        Version,
        r#"
        select version.id as "id: _", pacticipant.name as pacticipant, version.number, version.build_url,
               version.created_at, version.updated_at
        from pacticipant
        join branch_head on branch_head.tenant_id = pacticipant.tenant_id
                        and branch_head.pacticipant_id = pacticipant.id
        join version on version.tenant_id = branch_head.tenant_id
                    and version.id = branch_head.version_id
        where pacticipant.tenant_id = $1
          and pacticipant.name = $2
          and branch_head.branch = $3
        "#,
        tenant.0,
        pacticipant.as_str(),
        branch.as_str(),
    )
    .fetch_optional(db)
    .await
}

/// Which versions of a pacticipant are listed.
pub(super) enum Listed<'a> {
    All,
    OnBranch(&'a BranchName),
    Tagged(&'a TagName),
}

/// Newest first, with the number of all of them.
pub(super) async fn list_versions(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: &PacticipantName,
    listed: &Listed<'_>,
    limit: Option<i64>,
    offset: i64,
) -> sqlx::Result<(Vec<Version>, i64)> {
    match listed {
        Listed::All => list_all_versions(db, tenant, pacticipant, limit, offset).await,
        Listed::OnBranch(branch) => list_versions_on_branch(db, tenant, pacticipant, branch, limit, offset).await,
        Listed::Tagged(tag) => list_tagged_versions(db, tenant, pacticipant, tag, limit, offset).await,
    }
}

async fn list_all_versions(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: &PacticipantName,
    limit: Option<i64>,
    offset: i64,
) -> sqlx::Result<(Vec<Version>, i64)> {
    let versions = sqlx::query_as!(
        Version,
        r#"
        select version.id as "id: _", pacticipant.name as pacticipant, version.number, version.build_url,
               version.created_at, version.updated_at
        from pacticipant
        cross join lateral (
            select version.id, version.number, version.build_url, version.created_at, version.updated_at
            from version
            where version.tenant_id = pacticipant.tenant_id
              and version.pacticipant_id = pacticipant.id
            order by version.position desc
            limit $3 offset $4
        ) as version
        where pacticipant.tenant_id = $1
          and pacticipant.name = $2
        "#,
        tenant.0,
        pacticipant.as_str(),
        limit,
        offset,
    )
    .fetch_all(&mut *db)
    .await?;
    if limit.is_none() {
        return Ok(with_count(versions));
    }
    let total = sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
        from pacticipant
        join version on version.tenant_id = pacticipant.tenant_id
                    and version.pacticipant_id = pacticipant.id
        where pacticipant.tenant_id = $1
          and pacticipant.name = $2
        "#,
        tenant.0,
        pacticipant.as_str(),
    )
    .fetch_one(db)
    .await?;
    Ok((versions, total))
}

async fn list_versions_on_branch(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: &PacticipantName,
    branch: &BranchName,
    limit: Option<i64>,
    offset: i64,
) -> sqlx::Result<(Vec<Version>, i64)> {
    let versions = sqlx::query_as!(
        Version,
        r#"
        select version.id as "id: _", pacticipant.name as pacticipant, version.number, version.build_url,
               version.created_at, version.updated_at
        from pacticipant
        cross join lateral (
            select version.id, version.number, version.build_url, version.created_at, version.updated_at
            from branch_version
            join version on version.tenant_id = branch_version.tenant_id
                        and version.id = branch_version.version_id
            where branch_version.tenant_id = pacticipant.tenant_id
              and branch_version.pacticipant_id = pacticipant.id
              and branch_version.branch = $3
            order by branch_version.position desc
            limit $4 offset $5
        ) as version
        where pacticipant.tenant_id = $1
          and pacticipant.name = $2
        "#,
        tenant.0,
        pacticipant.as_str(),
        branch.as_str(),
        limit,
        offset,
    )
    .fetch_all(&mut *db)
    .await?;
    if limit.is_none() {
        return Ok(with_count(versions));
    }
    let total = sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
        from pacticipant
        join branch_version on branch_version.tenant_id = pacticipant.tenant_id
                           and branch_version.pacticipant_id = pacticipant.id
        where pacticipant.tenant_id = $1
          and pacticipant.name = $2
          and branch_version.branch = $3
        "#,
        tenant.0,
        pacticipant.as_str(),
        branch.as_str(),
    )
    .fetch_one(db)
    .await?;
    Ok((versions, total))
}

async fn list_tagged_versions(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: &PacticipantName,
    tag: &TagName,
    limit: Option<i64>,
    offset: i64,
) -> sqlx::Result<(Vec<Version>, i64)> {
    let versions = sqlx::query_as!(
        Version,
        r#"
        select version.id as "id: _", pacticipant.name as pacticipant, version.number, version.build_url,
               version.created_at, version.updated_at
        from pacticipant
        cross join lateral (
            select version.id, version.number, version.build_url, version.created_at, version.updated_at
            from tag
            join version on version.tenant_id = tag.tenant_id
                        and version.id = tag.version_id
            where tag.tenant_id = pacticipant.tenant_id
              and tag.pacticipant_id = pacticipant.id
              and tag.name = $3
            order by tag.position desc
            limit $4 offset $5
        ) as version
        where pacticipant.tenant_id = $1
          and pacticipant.name = $2
        "#,
        tenant.0,
        pacticipant.as_str(),
        tag.as_str(),
        limit,
        offset,
    )
    .fetch_all(&mut *db)
    .await?;
    if limit.is_none() {
        return Ok(with_count(versions));
    }
    let total = sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
        from pacticipant
        join tag on tag.tenant_id = pacticipant.tenant_id
                and tag.pacticipant_id = pacticipant.id
        where pacticipant.tenant_id = $1
          and pacticipant.name = $2
          and tag.name = $3
        "#,
        tenant.0,
        pacticipant.as_str(),
        tag.as_str(),
    )
    .fetch_one(db)
    .await?;
    Ok((versions, total))
}

fn with_count(versions: Vec<Version>) -> (Vec<Version>, i64) {
    let count = i64::try_from(versions.len()).unwrap_or(i64::MAX);
    (versions, count)
}

/// Puts the version on the branch; the head moves to it. Returns false, changing nothing but when the branch was
/// last used, if it is on it already.
pub(super) async fn add_branch_version(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    version: EnsuredVersion,
    branch: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    sqlx::query!(
        r#"
        insert into branch (tenant_id, pacticipant_id, name, created_at, updated_at)
        values ($1, $2, $3, $4, $4)
        on conflict (tenant_id, pacticipant_id, name) do update
        set updated_at = excluded.updated_at
        "#,
        tenant.0,
        pacticipant.0,
        branch,
        now,
    )
    .execute(&mut *db)
    .await?;
    let added = sqlx::query!(
        r#"
        with added as (
            insert into branch_version (tenant_id, pacticipant_id, branch, version_id, position, created_at)
            values ($1, $2, $3, $4, $5, $6)
            on conflict (tenant_id, version_id, branch) do nothing
            returning tenant_id, pacticipant_id, branch, version_id
        )
        insert into branch_head (tenant_id, pacticipant_id, branch, version_id)
        select tenant_id, pacticipant_id, branch, version_id
        from added
        on conflict (tenant_id, pacticipant_id, branch) do update
        set version_id = excluded.version_id
        "#,
        tenant.0,
        pacticipant.0,
        branch,
        version.id.0,
        version.position,
        now,
    )
    .execute(db)
    .await?;
    Ok(added.rows_affected() == 1)
}

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
pub(super) async fn insert_tag(
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
pub(super) async fn delete_tag(
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

pub(super) async fn has_tag_or_branch(
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

/// A branch that a version is on.
#[derive(Clone, Debug)]
pub(crate) struct BranchOfVersion {
    pub(crate) version_id: VersionId,
    pub(crate) branch: String,
    /// Whether the version is the branch's head.
    pub(crate) latest: bool,
}

/// The branches of each version, in the order in which it was put on them.
pub(crate) async fn list_branches_of(
    db: &mut PgConnection,
    tenant: TenantId,
    versions: &[i64],
) -> sqlx::Result<Vec<BranchOfVersion>> {
    sqlx::query_as!(
        BranchOfVersion,
        r#"
        select branch_version.version_id as "version_id: _", branch_version.branch,
               branch_head.version_id is not distinct from branch_version.version_id as "latest!"
        from branch_version
        left join branch_head on branch_head.tenant_id = branch_version.tenant_id
                             and branch_head.pacticipant_id = branch_version.pacticipant_id
                             and branch_head.branch = branch_version.branch
        where branch_version.tenant_id = $1
          and branch_version.version_id = any($2)
        order by branch_version.version_id, branch_version.ordinal
        "#,
        tenant.0,
        versions,
    )
    .fetch_all(db)
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

/// A tag or a branch that a version is on.
#[derive(Clone, Debug)]
pub(crate) struct LineOfVersion {
    pub(crate) is_tag: bool,
    pub(crate) name: String,
}

/// Its tags, then its branches, each in the order in which it got there.
pub(crate) async fn list_lines_of(
    db: &mut PgConnection,
    tenant: TenantId,
    version: VersionId,
) -> sqlx::Result<Vec<LineOfVersion>> {
    sqlx::query_as!(
        LineOfVersion,
        r#"
        select line.is_tag as "is_tag!", line.name as "name!"
        from (
            select true as is_tag, tag.name, tag.ordinal
            from tag
            where tag.tenant_id = $1
              and tag.version_id = $2
            union all
            select false, branch_version.branch, branch_version.ordinal
            from branch_version
            where branch_version.tenant_id = $1
              and branch_version.version_id = $2
        ) as line
        order by line.is_tag desc, line.ordinal
        "#,
        tenant.0,
        version.0,
    )
    .fetch_all(db)
    .await
}

/// When the version got the tag.
pub(super) async fn find_tag(
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

/// A branch as it is stored.
pub(super) struct Branch {
    pub(super) name: String,
    pub(super) created_at: DateTime<Utc>,
}

pub(super) async fn find_branch(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: &PacticipantName,
    branch: &BranchName,
) -> sqlx::Result<Option<Branch>> {
    sqlx::query_as!(
        Branch,
        r#"
        select branch.name, branch.created_at
        from pacticipant
        join branch on branch.tenant_id = pacticipant.tenant_id
                   and branch.pacticipant_id = pacticipant.id
        where pacticipant.tenant_id = $1
          and pacticipant.name = $2
          and branch.name = $3
        "#,
        tenant.0,
        pacticipant.as_str(),
        branch.as_str(),
    )
    .fetch_optional(db)
    .await
}

/// Those used last first, with the number of all of them.
pub(super) async fn list_branches(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    part: Option<&str>,
    limit: Option<i64>,
    offset: i64,
) -> sqlx::Result<(Vec<Branch>, i64)> {
    let branches = sqlx::query_as!(
        Branch,
        r#"
        select name, created_at
        from branch
        where tenant_id = $1
          and pacticipant_id = $2
          and ($3::text is null or strpos(lower(name), lower($3)) > 0)
        order by updated_at desc, created_at desc, name
        limit $4 offset $5
        "#,
        tenant.0,
        pacticipant.0,
        part,
        limit,
        offset,
    )
    .fetch_all(&mut *db)
    .await?;
    let total = sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
        from branch
        where tenant_id = $1
          and pacticipant_id = $2
          and ($3::text is null or strpos(lower(name), lower($3)) > 0)
        "#,
        tenant.0,
        pacticipant.0,
        part,
    )
    .fetch_one(db)
    .await?;
    Ok((branches, total))
}

/// When the version was put on the branch.
pub(super) async fn find_branch_version(
    db: &mut PgConnection,
    tenant: TenantId,
    version: VersionId,
    branch: &BranchName,
) -> sqlx::Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar!(
        "select created_at from branch_version where tenant_id = $1 and version_id = $2 and branch = $3",
        tenant.0,
        version.0,
        branch.as_str()
    )
    .fetch_optional(db)
    .await
}
