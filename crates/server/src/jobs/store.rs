//! SQL of jobs.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Job, Kind};
use crate::ids::TenantId;

pub(super) async fn insert_job(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    kind: Kind,
    payload: &Value,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into job (tenant_id, id, kind, payload, run_at, created_at)
        values ($1, $2, $3, $4, $5, $5)
        "#,
        tenant.0,
        id,
        kind.as_str(),
        payload,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Leases what is due until `until`. Jobs that another worker is claiming are skipped, not waited for.
pub(super) async fn claim_jobs(
    db: &mut PgConnection,
    tenant: TenantId,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    limit: usize,
) -> sqlx::Result<Vec<Job>> {
    sqlx::query_as!(
        Job,
        r#"
        update job
        set run_at = $3, attempts = job.attempts + 1
        from (
            select id
            from job
            where tenant_id = $1
              and run_at <= $2
              and dead_at is null
            order by run_at
            limit $4
            for update skip locked
        ) as due
        where job.tenant_id = $1
          and job.id = due.id
        returning job.tenant_id as "tenant: _", job.id, job.kind, job.payload, job.attempts
        "#,
        tenant.0,
        now,
        until,
        i64::try_from(limit).unwrap_or(i64::MAX),
    )
    .fetch_all(db)
    .await
}

/// It is done.
pub(crate) async fn finish(db: &mut PgConnection, job: &Job) -> sqlx::Result<()> {
    sqlx::query!("delete from job where tenant_id = $1 and id = $2", job.tenant.0, job.id).execute(db).await?;
    Ok(())
}

/// It is to be tried again later.
pub(crate) async fn postpone(db: &mut PgConnection, job: &Job, run_at: DateTime<Utc>, error: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update job set run_at = $3, last_error = $4 where tenant_id = $1 and id = $2",
        job.tenant.0,
        job.id,
        run_at,
        error,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// All tries are used up: it stays to be looked at.
pub(crate) async fn bury(db: &mut PgConnection, job: &Job, now: DateTime<Utc>, error: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update job set dead_at = $3, last_error = $4 where tenant_id = $1 and id = $2",
        job.tenant.0,
        job.id,
        now,
        error,
    )
    .execute(db)
    .await?;
    Ok(())
}
