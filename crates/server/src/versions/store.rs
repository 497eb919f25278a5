//! SQL of versions; beside it that of branches and tags. Heads are kept when writing, so that "latest" is a look-up.

use chrono::{DateTime, Utc};
use pactolus_domain::names::{BranchName, PacticipantName, TagName, VersionNumber};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{EnsuredVersion, Version};
use crate::ids::{PacticipantId, TenantId, VersionId};

mod branches;
mod tags;

pub(super) use branches::{Branch, BranchBy, add_branch_version, find_branch, find_branch_version, list_branches};
pub(crate) use branches::{BranchOfVersion, LineOfVersion, list_branches_of, list_lines_of};
pub(crate) use tags::{TagOfVersion, list_tags_of};
pub(super) use tags::{delete_tag, find_tag, has_tag_or_branch, hold_tag_heads, insert_tag};

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
    /// That were ever deployed or released there.
    InEnvironment(Uuid),
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
        Listed::InEnvironment(environment) => {
            list_versions_in_environment(db, tenant, pacticipant, *environment, limit, offset).await
        }
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

async fn list_versions_in_environment(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: &PacticipantName,
    environment: Uuid,
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
            select deployed_version.version_id
            from deployed_version
            where deployed_version.tenant_id = pacticipant.tenant_id
              and deployed_version.pacticipant_id = pacticipant.id
              and deployed_version.environment_id = $3
            union
            select released_version.version_id
            from released_version
            where released_version.tenant_id = pacticipant.tenant_id
              and released_version.pacticipant_id = pacticipant.id
              and released_version.environment_id = $3
        ) as resident
        join version on version.tenant_id = pacticipant.tenant_id
                    and version.id = resident.version_id
        where pacticipant.tenant_id = $1
          and pacticipant.name = $2
        order by version.position desc
        limit $4 offset $5
        "#,
        tenant.0,
        pacticipant.as_str(),
        environment,
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
        cross join lateral (
            select deployed_version.version_id
            from deployed_version
            where deployed_version.tenant_id = pacticipant.tenant_id
              and deployed_version.pacticipant_id = pacticipant.id
              and deployed_version.environment_id = $3
            union
            select released_version.version_id
            from released_version
            where released_version.tenant_id = pacticipant.tenant_id
              and released_version.pacticipant_id = pacticipant.id
              and released_version.environment_id = $3
        ) as resident
        where pacticipant.tenant_id = $1
          and pacticipant.name = $2
        "#,
        tenant.0,
        pacticipant.as_str(),
        environment,
    )
    .fetch_one(db)
    .await?;
    Ok((versions, total))
}

fn with_count(versions: Vec<Version>) -> (Vec<Version>, i64) {
    let count = i64::try_from(versions.len()).unwrap_or(i64::MAX);
    (versions, count)
}
