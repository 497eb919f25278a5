//! SQL of recorded verdicts.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Asked, Verdict};
use crate::ids::TenantId;

pub(super) async fn insert_verdict(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    actor: &str,
    asked: &Asked,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let (pacticipants, versions): (Vec<String>, Vec<String>) = asked.subjects.iter().cloned().unzip();
    sqlx::query!(
        r#"
        with recorded as (
            insert into verdict (tenant_id, id, actor, question, environment, deployable, answer, created_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            returning tenant_id, id
        )
        insert into verdict_subject (tenant_id, pacticipant, version, verdict_id)
        select distinct recorded.tenant_id, subject.pacticipant, subject.version, recorded.id
        from recorded
        cross join unnest($9::text[], $10::text[]) as subject (pacticipant, version)
        "#,
        tenant.0,
        id,
        actor,
        asked.question,
        asked.environment,
        asked.deployable,
        asked.answer,
        now,
        &pacticipants,
        &versions,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn find_verdict(db: &mut PgConnection, tenant: TenantId, id: Uuid) -> sqlx::Result<Option<Verdict>> {
    sqlx::query_as!(
        Verdict,
        r#"
        select verdict.id, verdict.actor, verdict.question, verdict.environment, verdict.deployable, verdict.answer,
               verdict.created_at
        from verdict
        where verdict.tenant_id = $1
          and verdict.id = $2
        "#,
        tenant.0,
        id,
    )
    .fetch_optional(db)
    .await
}

/// Those of these ids that are kept.
pub(crate) async fn list_by_ids(db: &mut PgConnection, tenant: TenantId, ids: &[Uuid]) -> sqlx::Result<Vec<Verdict>> {
    sqlx::query_as!(
        Verdict,
        r#"
        select verdict.id, verdict.actor, verdict.question, verdict.environment, verdict.deployable, verdict.answer,
               verdict.created_at
        from verdict
        where verdict.tenant_id = $1
          and verdict.id = any($2)
        "#,
        tenant.0,
        ids,
    )
    .fetch_all(db)
    .await
}

/// What a list holds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted<'a> {
    pub(super) pacticipant: Option<&'a str>,
    pub(super) version: Option<&'a str>,
    pub(super) environment: Option<&'a str>,
    /// Those before this one.
    pub(super) before: Option<Uuid>,
    pub(super) most: i64,
}

/// Newest first, a page at a time.
pub(super) async fn list(db: &mut PgConnection, tenant: TenantId, wanted: Wanted<'_>) -> sqlx::Result<Vec<Verdict>> {
    if let Some(pacticipant) = wanted.pacticipant {
        return list_of_pacticipant(db, tenant, pacticipant, wanted).await;
    }
    sqlx::query_as!(
        Verdict,
        r#"
        select verdict.id, verdict.actor, verdict.question, verdict.environment, verdict.deployable, verdict.answer,
               verdict.created_at
        from verdict
        where verdict.tenant_id = $1
          and ($2::text is null or verdict.environment = $2)
          and ($3::uuid is null or verdict.id < $3)
        order by verdict.id desc
        limit $4
        "#,
        tenant.0,
        wanted.environment,
        wanted.before,
        wanted.most,
    )
    .fetch_all(db)
    .await
}

async fn list_of_pacticipant(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: &str,
    wanted: Wanted<'_>,
) -> sqlx::Result<Vec<Verdict>> {
    sqlx::query_as!(
        Verdict,
        r#"
        select verdict.id, verdict.actor, verdict.question, verdict.environment, verdict.deployable, verdict.answer,
               verdict.created_at
        from verdict_subject
        join verdict on verdict.tenant_id = $1
                    and verdict.id = verdict_subject.verdict_id
        where verdict_subject.tenant_id = $1
          and verdict_subject.pacticipant = $2
          and ($3::text is null or verdict_subject.version = $3)
          and ($4::text is null or verdict.environment = $4)
          and ($5::uuid is null or verdict_subject.verdict_id < $5)
        order by verdict.id desc
        limit $6
        "#,
        tenant.0,
        pacticipant,
        wanted.version,
        wanted.environment,
        wanted.before,
        wanted.most,
    )
    .fetch_all(db)
    .await
}

/// The newest verdict about a version and an environment.
pub(crate) async fn find_latest(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: &str,
    version: &str,
    environment: &str,
) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        r#"
        select verdict.id
        from verdict_subject
        join verdict on verdict.tenant_id = $1
                    and verdict.id = verdict_subject.verdict_id
        where verdict_subject.tenant_id = $1
          and verdict_subject.pacticipant = $2
          and verdict_subject.version = $3
          and verdict.environment = $4
        order by verdict_subject.verdict_id desc
        limit 1
        "#,
        tenant.0,
        pacticipant,
        version,
        environment,
    )
    .fetch_optional(db)
    .await
}

/// Returns how many were deleted. Those that another process is deleting are passed over.
pub(super) async fn delete_before(
    db: &mut PgConnection,
    tenant: TenantId,
    before: DateTime<Utc>,
    most: i64,
) -> sqlx::Result<u64> {
    let deleted = sqlx::query!(
        r#"
        delete from verdict
        where verdict.tenant_id = $1
          and verdict.id in (
              select old.id
              from verdict as old
              where old.tenant_id = $1
                and old.created_at < $2
                and not exists (
                    select from deployed_version
                    where deployed_version.tenant_id = $1
                      and deployed_version.verdict_id = old.id
                )
                and not exists (
                    select from released_version
                    where released_version.tenant_id = $1
                      and released_version.verdict_id = old.id
                )
              order by old.created_at
              limit $3
              for update skip locked
          )
        "#,
        tenant.0,
        before,
        most,
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected())
}
