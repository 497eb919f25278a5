//! SQL of jobs. Whoever ends a job names the number of its lease, so that a worker whose lease was taken over changes
//! nothing.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Job, Kind, NewJob};
use crate::ids::TenantId;

pub(super) mod lanes;

pub(super) async fn insert_jobs(
    db: &mut PgConnection,
    tenant: TenantId,
    kind: Kind,
    jobs: &[NewJob<'_>],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = jobs.iter().map(|job| job.id).collect();
    let lanes: Vec<&str> = jobs.iter().map(|job| job.lane).collect();
    let in_order: Vec<bool> = jobs.iter().map(|job| job.in_order).collect();
    let payloads: Vec<String> = jobs.iter().map(|job| job.payload.to_string()).collect();
    // A job that is buried rises again; one that is under way stays as it is.
    sqlx::query!(
        r#"
        insert into job (tenant_id, id, kind, lane, in_order, payload, run_at, created_at)
        select $1, new.id, $2, new.lane, new.in_order, new.payload::json, $7, $7
        from unnest($3::uuid[], $4::text[], $5::boolean[], $6::text[]) as new (id, lane, in_order, payload)
        on conflict (tenant_id, id) do update
        set run_at = excluded.run_at, created_at = excluded.created_at, lane = excluded.lane,
            in_order = excluded.in_order, payload = excluded.payload, failures = 0, dead_at = null,
            last_error = null
        where job.dead_at is not null
        "#,
        tenant.0,
        kind.as_str(),
        &ids,
        &lanes as &[&str],
        &in_order,
        &payloads,
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
    /// … of each lane so many, …
    pub(super) limit_of_lane: usize,
    /// … but only as many as there is room for in lanes that something is under way in.
    pub(super) rooms: &'a BTreeMap<String, usize>,
}

/// Of each lane those that were due first, in order; the lane that has waited longest comes first. Jobs that another
/// worker is claiming are skipped, not waited for. From lane to lane by index, so that no claim reads past a backlog.
/// What goes in order goes one by one. A lane that has rested after failures is tried out with one job, by one worker.
#[expect(clippy::too_many_lines, reason = "it is one statement")]
pub(super) async fn claim_jobs(db: &mut PgConnection, tenant: TenantId, lease: Lease<'_>) -> sqlx::Result<Vec<Job>> {
    let (busy, rooms): (Vec<String>, Vec<i64>) =
        lease.rooms.iter().map(|(lane, room)| (lane.clone(), i64::try_from(*room).unwrap_or(i64::MAX))).unzip();
    let mut jobs = sqlx::query_as!(
        Job,
        r#"
        with recursive waiting (lane, run_at) as (
            (select lane, run_at
             from job
             where tenant_id = $1
               and dead_at is null
               and not in_order
             order by lane, run_at
             limit 1)
            union all
            select following.lane, following.run_at
            from waiting
            cross join lateral (
                select job.lane, job.run_at
                from job
                where job.tenant_id = $1
                  and job.dead_at is null
                  and not job.in_order
                  and job.lane > waiting.lane
                order by job.lane, job.run_at
                limit 1
            ) as following
        ),
        first_in_order (lane, number, run_at) as (
            (select lane, number, run_at
             from job
             where tenant_id = $1
               and dead_at is null
               and in_order
             order by lane, number
             limit 1)
            union all
            select following.lane, following.number, following.run_at
            from first_in_order
            cross join lateral (
                select job.lane, job.number, job.run_at
                from job
                where job.tenant_id = $1
                  and job.dead_at is null
                  and job.in_order
                  and job.lane > first_in_order.lane
                order by job.lane, job.number
                limit 1
            ) as following
        ),
        open_lane as materialized (
            select lane.lane, lane.number, coalesce(job_lane.failures, 0) as failures,
                   case when job_lane.failures >= $7 then 1 else coalesce(busy.room, $6::bigint) end as at_once
            from (
                select lane, run_at, null as number from waiting
                union all
                select lane, run_at, number from first_in_order
            ) as lane
            left join job_lane on job_lane.tenant_id = $1
                              and job_lane.lane = lane.lane
            left join unnest($5::text[], $8::bigint[]) as busy (lane, room) on busy.lane = lane.lane
            where lane.run_at <= $2
              and (busy.room is null or busy.room > 0)
              and (job_lane.paused_until is null or job_lane.paused_until <= $2)
            order by lane.run_at
            limit $4
        ),
        due as materialized (
            (select job.id, job.run_at, open_lane.lane, open_lane.failures
             from open_lane
             cross join lateral (
                 select job.id, job.run_at
                 from job
                 where job.tenant_id = $1
                   and job.lane = open_lane.lane
                   and job.run_at <= $2
                   and job.dead_at is null
                   and not job.in_order
                   and open_lane.number is null
                 order by job.run_at
                 limit open_lane.at_once
                 for update skip locked
             ) as job
             limit $4)
            union all
            select job.id, job.run_at, open_lane.lane, open_lane.failures
            from open_lane
            cross join lateral (
                select job.id, job.run_at
                from job
                where job.tenant_id = $1
                  and job.lane = open_lane.lane
                  and job.number = open_lane.number
                  and job.run_at <= $2
                  and job.dead_at is null
                  and job.in_order
                for update skip locked
            ) as job
        ),
        tried_out as (
            update job_lane
            set paused_until = $3
            from due
            where job_lane.tenant_id = $1
              and job_lane.lane = due.lane
              and due.failures >= $7
        )
        update job
        set run_at = $3, attempts = job.attempts + 1
        from due
        where job.tenant_id = $1
          and job.id = due.id
        returning job.tenant_id as "tenant: _", job.id, job.kind, job.lane, job.payload, job.attempts, job.failures,
                  job.created_at, due.run_at as "due_at!", due.failures as "lane_failures!"
        "#,
        tenant.0,
        lease.now,
        lease.until,
        i64::try_from(lease.limit).unwrap_or(i64::MAX),
        &busy,
        i64::try_from(lease.limit_of_lane).unwrap_or(i64::MAX),
        lanes::FAILURES_BEFORE_REST,
        &rooms,
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

/// They are done. Returns those whose lease still held.
pub(crate) async fn finish_all(db: &mut PgConnection, tenant: TenantId, jobs: &[&Job]) -> sqlx::Result<Vec<Uuid>> {
    let (ids, attempts) = leases(jobs);
    sqlx::query_scalar!(
        r#"
        delete from job
        using unnest($2::uuid[], $3::integer[]) as done (id, attempts)
        where job.tenant_id = $1
          and job.id = done.id
          and job.attempts = done.attempts
        returning job.id
        "#,
        tenant.0,
        &ids,
        &attempts,
    )
    .fetch_all(db)
    .await
}

/// When a job is tried again, and why.
pub(crate) struct Postponed<'a> {
    pub(crate) job: &'a Job,
    pub(crate) run_at: DateTime<Utc>,
    /// How often in a row it has broken off with an error of ours.
    pub(crate) failures: i32,
    pub(crate) error: &'a str,
}

/// Does nothing when the lease was lost.
pub(super) async fn put_payload(db: &mut PgConnection, job: &Job, payload: &serde_json::Value) -> sqlx::Result<()> {
    sqlx::query!(
        "update job set payload = $4::text::json where tenant_id = $1 and id = $2 and attempts = $3",
        job.tenant.0,
        job.id,
        job.attempts,
        payload.to_string(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// They are to be tried again later. Returns those whose lease still held.
pub(crate) async fn postpone_all(
    db: &mut PgConnection,
    tenant: TenantId,
    postponed: &[Postponed<'_>],
) -> sqlx::Result<Vec<Uuid>> {
    let jobs: Vec<&Job> = postponed.iter().map(|one| one.job).collect();
    let (ids, attempts) = leases(&jobs);
    let run_at: Vec<DateTime<Utc>> = postponed.iter().map(|one| one.run_at).collect();
    let failures: Vec<i32> = postponed.iter().map(|one| one.failures).collect();
    let errors: Vec<&str> = postponed.iter().map(|one| one.error).collect();
    sqlx::query_scalar!(
        r#"
        update job
        set run_at = later.run_at, failures = later.failures, last_error = later.error
        from unnest($2::uuid[], $3::integer[], $4::timestamptz[], $5::integer[], $6::text[])
            as later (id, attempts, run_at, failures, error)
        where job.tenant_id = $1
          and job.id = later.id
          and job.attempts = later.attempts
        returning job.id
        "#,
        tenant.0,
        &ids,
        &attempts,
        &run_at,
        &failures,
        &errors as &[&str],
    )
    .fetch_all(db)
    .await
}

/// They are not tried again, and stay to be looked at. Returns those whose lease still held.
pub(crate) async fn bury_all(
    db: &mut PgConnection,
    tenant: TenantId,
    buried: &[(&Job, &str)],
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Uuid>> {
    let jobs: Vec<&Job> = buried.iter().map(|(job, _)| *job).collect();
    let (ids, attempts) = leases(&jobs);
    let errors: Vec<&str> = buried.iter().map(|(_, error)| *error).collect();
    sqlx::query_scalar!(
        r#"
        update job
        set dead_at = $5, last_error = buried.error
        from unnest($2::uuid[], $3::integer[], $4::text[]) as buried (id, attempts, error)
        where job.tenant_id = $1
          and job.id = buried.id
          and job.attempts = buried.attempts
        returning job.id
        "#,
        tenant.0,
        &ids,
        &attempts,
        &errors as &[&str],
        now,
    )
    .fetch_all(db)
    .await
}

/// Those that nobody has leased are not tried again, and stay to be looked at. Returns these.
pub(crate) async fn bury_waiting(
    db: &mut PgConnection,
    tenant: TenantId,
    ids: &[Uuid],
    now: DateTime<Utc>,
    error: &str,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"
        with waiting as (
            select id
            from job
            where tenant_id = $1
              and id = any($2)
              and run_at <= $3
              and dead_at is null
            order by id
            for update skip locked
        )
        update job
        set dead_at = $3, last_error = $4
        from waiting
        where job.tenant_id = $1
          and job.id = waiting.id
        returning job.id
        "#,
        tenant.0,
        ids,
        now,
        error,
    )
    .fetch_all(db)
    .await
}

fn leases(jobs: &[&Job]) -> (Vec<Uuid>, Vec<i32>) {
    jobs.iter().map(|job| (job.id, job.attempts)).unzip()
}
