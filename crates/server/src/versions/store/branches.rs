//! SQL of branches and of the versions on them.

use chrono::{DateTime, Utc};
use pactolus_domain::names::{BranchName, PacticipantName};
use sqlx::PgConnection;

use crate::ids::{PacticipantId, TenantId, VersionId};
use crate::versions::EnsuredVersion;

/// The branch of a version, by who named it.
#[derive(Clone, Copy)]
pub(in crate::versions) enum BranchBy<'a> {
    User(&'a str),
    /// Nobody did: the first tag stands in.
    Tag(&'a str),
}

/// Puts the version on the branch; the head moves to it. Returns false, changing nothing but when the branch was
/// last used, if it is on it already.
pub(in crate::versions) async fn add_branch_version(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    version: EnsuredVersion,
    branch: BranchBy<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let (branch, auto_created) = match branch {
        BranchBy::User(name) => (name, false),
        BranchBy::Tag(name) => (name, true),
    };
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
            insert into branch_version (tenant_id, pacticipant_id, branch, version_id, position, created_at,
                                        auto_created)
            values ($1, $2, $3, $4, $5, $6, $7)
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
        auto_created,
    )
    .execute(db)
    .await?;
    Ok(added.rows_affected() == 1)
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

/// A branch as it is stored.
pub(in crate::versions) struct Branch {
    pub(in crate::versions) name: String,
    pub(in crate::versions) created_at: DateTime<Utc>,
}

pub(in crate::versions) async fn find_branch(
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
pub(in crate::versions) async fn list_branches(
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
pub(in crate::versions) async fn find_branch_version(
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
