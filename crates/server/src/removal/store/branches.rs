//! Branches, and which versions are on them.

use pactolus_domain::names::BranchName;
use sqlx::PgConnection;

use crate::ids::{PacticipantId, TenantId, VersionId};

/// Waits for whoever publishes to the branch.
pub(crate) async fn hold_branch(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    branch: &BranchName,
) -> sqlx::Result<bool> {
    let found = sqlx::query!(
        "select from branch where tenant_id = $1 and pacticipant_id = $2 and name = $3 for update",
        tenant.0,
        pacticipant.0,
        branch.as_str(),
    )
    .fetch_optional(db)
    .await?;
    Ok(found.is_some())
}

/// Deletes a branch that is held, unless `most` versions or more are on it besides its head: then only so many of them,
/// the oldest, and the head stays what it is. The versions themselves stay. Returns whether the branch is gone.
pub(crate) async fn delete_branch(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    branch: &BranchName,
    most: i64,
) -> sqlx::Result<bool> {
    let taken_off = sqlx::query!(
        r#"
        delete from branch_version
        where branch_version.tenant_id = $1
          and branch_version.branch = $3
          and branch_version.version_id in (
              select on_it.version_id
              from branch_version as on_it
              where on_it.tenant_id = $1
                and on_it.pacticipant_id = $2
                and on_it.branch = $3
                and not exists (
                    select from branch_head
                    where branch_head.tenant_id = $1
                      and branch_head.pacticipant_id = $2
                      and branch_head.branch = $3
                      and branch_head.version_id = on_it.version_id
                )
              order by on_it.position
              limit $4
          )
        "#,
        tenant.0,
        pacticipant.0,
        branch.as_str(),
        most,
    )
    .execute(&mut *db)
    .await?;
    if i64::try_from(taken_off.rows_affected()).unwrap_or(i64::MAX) >= most {
        return Ok(false);
    }
    sqlx::query!(
        r#"
        with head as (
            delete from branch_head
            where branch_head.tenant_id = $1
              and branch_head.pacticipant_id = $2
              and branch_head.branch = $3
            returning branch_head.version_id
        )
        delete from branch_version
        using head
        where branch_version.tenant_id = $1
          and branch_version.version_id = head.version_id
          and branch_version.branch = $3
        "#,
        tenant.0,
        pacticipant.0,
        branch.as_str(),
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        delete from branch
        where branch.tenant_id = $1
          and branch.pacticipant_id = $2
          and branch.name = $3
        "#,
        tenant.0,
        pacticipant.0,
        branch.as_str(),
    )
    .execute(&mut *db)
    .await?;
    Ok(true)
}

/// Deletes some branches of a pacticipant that no version is on. Returns how many.
pub(crate) async fn delete_bare_branches(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    most: i64,
) -> sqlx::Result<u64> {
    let deleted = sqlx::query!(
        r#"
        with bare as (
            select branch.name
            from branch
            where branch.tenant_id = $1
              and branch.pacticipant_id = $2
              and not exists (
                  select from branch_version
                  where branch_version.tenant_id = $1
                    and branch_version.pacticipant_id = $2
                    and branch_version.branch = branch.name
              )
            order by branch.name
            limit $3
            for update
        )
        delete from branch
        using bare
        where branch.tenant_id = $1
          and branch.pacticipant_id = $2
          and branch.name = bare.name
        "#,
        tenant.0,
        pacticipant.0,
        most,
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected())
}

/// Takes a version off a branch that is held. Returns false if it was not on it.
pub(crate) async fn delete_branch_version(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    version: VersionId,
    branch: &BranchName,
) -> sqlx::Result<bool> {
    let deleted = sqlx::query!(
        "delete from branch_version where tenant_id = $1 and version_id = $2 and branch = $3",
        tenant.0,
        version.0,
        branch.as_str(),
    )
    .execute(&mut *db)
    .await?;
    // Of this branch alone: of others the version may well be the head.
    let was_head = sqlx::query!(
        r#"
        delete from branch_head
        where branch_head.tenant_id = $1
          and branch_head.pacticipant_id = $2
          and branch_head.branch = $3
          and branch_head.version_id = $4
        "#,
        tenant.0,
        pacticipant.0,
        branch.as_str(),
        version.0,
    )
    .execute(&mut *db)
    .await?;
    if was_head.rows_affected() == 1 {
        sqlx::query!(
            r#"
            insert into branch_head (tenant_id, pacticipant_id, branch, version_id)
            select branch_version.tenant_id, branch_version.pacticipant_id, branch_version.branch,
                   branch_version.version_id
            from branch_version
            where branch_version.tenant_id = $1
              and branch_version.pacticipant_id = $2
              and branch_version.branch = $3
            order by branch_version.position desc
            limit 1
            "#,
            tenant.0,
            pacticipant.0,
            branch.as_str(),
        )
        .execute(&mut *db)
        .await?;
    }
    Ok(deleted.rows_affected() == 1)
}

/// A branch, and whether it stays when the others are deleted.
pub(crate) struct Branch {
    pub(crate) name: String,
    pub(crate) stays: bool,
}

/// Those of a pacticipant. The main one and those to keep stay.
pub(crate) async fn list_branches(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    keep: &[String],
) -> sqlx::Result<Vec<Branch>> {
    sqlx::query_as!(
        Branch,
        r#"
        select branch.name,
               branch.name = any($3) or branch.name is not distinct from pacticipant.main_branch as "stays!"
        from branch
        join pacticipant on pacticipant.tenant_id = $1
                        and pacticipant.id = branch.pacticipant_id
        where branch.tenant_id = $1
          and branch.pacticipant_id = $2
        order by branch.name
        "#,
        tenant.0,
        pacticipant.0,
        keep,
    )
    .fetch_all(db)
    .await
}
