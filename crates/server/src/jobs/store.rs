//! SQL of jobs. Whoever ends a job names the number of its lease, so that a worker whose lease was taken over changes
//! nothing.

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
    lane: &str,
    payload: &Value,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into job (tenant_id, id, kind, lane, payload, run_at, created_at)
        values ($1, $2, $3, $4, $5, $6, $6)
        "#,
        tenant.0,
        id,
        kind.as_str(),
        lane,
        payload,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// One for each kind: its id is always the same.
pub(super) async fn ensure_recurring(
    db: &mut PgConnection,
    tenant: TenantId,
    kind: Kind,
    run_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let mut id = [0; 16];
    for (byte, letter) in id.iter_mut().zip(kind.as_str().bytes()) {
        *byte = letter;
    }
    sqlx::query!(
        r#"
        insert into job (tenant_id, id, kind, lane, payload, run_at, created_at)
        values ($1, $2, $3, $3, '{}', $4, $5)
        on conflict (tenant_id, id) do update
        set run_at = least(job.run_at, excluded.run_at), dead_at = null, failures = 0
        "#,
        tenant.0,
        Uuid::from_bytes(id),
        kind.as_str(),
        run_at,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What is leased.
pub(super) struct Lease<'a> {
    /// What is due by now …
    pub(super) now: DateTime<Utc>,
    /// … until then, …
    pub(super) until: DateTime<Utc>,
    /// … so many at most, …
    pub(super) limit: usize,
    /// … but nothing of these lanes.
    pub(super) full: &'a [String],
}

/// Those that were due first, in order. Jobs that another worker is claiming are skipped, not waited for.
pub(super) async fn claim_jobs(db: &mut PgConnection, tenant: TenantId, lease: Lease<'_>) -> sqlx::Result<Vec<Job>> {
    let mut jobs = sqlx::query_as!(
        Job,
        r#"
        with due as materialized (
            select id, run_at
            from job
            where tenant_id = $1
              and run_at <= $2
              and dead_at is null
              and lane <> all($5)
            order by run_at
            limit $4
            for update skip locked
        )
        update job
        set run_at = $3, attempts = job.attempts + 1
        from due
        where job.tenant_id = $1
          and job.id = due.id
        returning job.tenant_id as "tenant: _", job.id, job.kind, job.lane, job.payload, job.attempts, job.failures,
                  due.run_at as due_at
        "#,
        tenant.0,
        lease.now,
        lease.until,
        i64::try_from(lease.limit).unwrap_or(i64::MAX),
        lease.full,
    )
    .fetch_all(db)
    .await?;
    jobs.sort_by_key(|job| job.due_at);
    Ok(jobs)
}

/// It was not begun: it is due as it was.
pub(super) async fn release(db: &mut PgConnection, job: &Job) -> sqlx::Result<()> {
    sqlx::query!(
        "update job set run_at = $4 where tenant_id = $1 and id = $2 and attempts = $3",
        job.tenant.0,
        job.id,
        job.attempts,
        job.due_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// It is done. Returns whether the lease still held.
pub(crate) async fn finish(db: &mut PgConnection, job: &Job) -> sqlx::Result<bool> {
    let finished = sqlx::query!(
        "delete from job where tenant_id = $1 and id = $2 and attempts = $3",
        job.tenant.0,
        job.id,
        job.attempts,
    )
    .execute(db)
    .await?;
    Ok(finished.rows_affected() == 1)
}

/// It is to be tried again later. Returns whether the lease still held.
pub(super) async fn postpone(
    db: &mut PgConnection,
    job: &Job,
    run_at: DateTime<Utc>,
    failures: i32,
    error: &str,
) -> sqlx::Result<bool> {
    let postponed = sqlx::query!(
        r#"
        update job
        set run_at = $4, failures = $5, last_error = $6
        where tenant_id = $1
          and id = $2
          and attempts = $3
        "#,
        job.tenant.0,
        job.id,
        job.attempts,
        run_at,
        failures,
        error,
    )
    .execute(db)
    .await?;
    Ok(postponed.rows_affected() == 1)
}

/// It is not tried again, and stays to be looked at. Returns whether the lease still held.
pub(crate) async fn bury(db: &mut PgConnection, job: &Job, now: DateTime<Utc>, error: &str) -> sqlx::Result<bool> {
    let buried = sqlx::query!(
        "update job set dead_at = $4, last_error = $5 where tenant_id = $1 and id = $2 and attempts = $3",
        job.tenant.0,
        job.id,
        job.attempts,
        now,
        error,
    )
    .execute(db)
    .await?;
    Ok(buried.rows_affected() == 1)
}
