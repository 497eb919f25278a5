//! SQL of how lanes have been doing.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::ids::TenantId;

/// After so many failures in a row a lane rests. One that fails half of the time hardly ever does.
pub(crate) const FAILURES_BEFORE_REST: i32 = 10;

/// A lane that has failed lately.
pub(crate) struct Ailing {
    pub(crate) lane: String,
    /// In a row.
    pub(crate) failures: i32,
}

/// Those of the lanes that have failed lately. Locked in order, so that workers wait for each other and not in a circle.
pub(crate) async fn list_ailing(
    db: &mut PgConnection,
    tenant: TenantId,
    lanes: &[String],
) -> sqlx::Result<Vec<Ailing>> {
    sqlx::query_as!(
        Ailing,
        r#"
        select lane, failures
        from job_lane
        where tenant_id = $1
          and lane = any($2)
        order by lane
        for update
        "#,
        tenant.0,
        lanes,
    )
    .fetch_all(db)
    .await
}

/// Keeps how the lanes are doing: how often each failed in a row, and until when it rests.
pub(crate) async fn put_ailing(
    db: &mut PgConnection,
    tenant: TenantId,
    ailing: &[Ailing],
    paused_until: &[DateTime<Utc>],
) -> sqlx::Result<()> {
    let lanes: Vec<&str> = ailing.iter().map(|one| one.lane.as_str()).collect();
    let failures: Vec<i32> = ailing.iter().map(|one| one.failures).collect();
    sqlx::query!(
        r#"
        insert into job_lane (tenant_id, lane, failures, paused_until)
        select $1, ailing.lane, ailing.failures, ailing.paused_until
        from unnest($2::text[], $3::integer[], $4::timestamptz[]) as ailing (lane, failures, paused_until)
        on conflict (tenant_id, lane) do update
        set failures = excluded.failures, paused_until = excluded.paused_until
        "#,
        tenant.0,
        &lanes as &[&str],
        &failures,
        paused_until,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets lanes that nobody has tried for so long: there is nothing to be told any more, or nobody left to tell.
pub(crate) async fn forget_untried(db: &mut PgConnection, tenant: TenantId, before: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!("delete from job_lane where tenant_id = $1 and paused_until < $2", tenant.0, before)
        .execute(db)
        .await?;
    Ok(())
}

/// The lanes are well again.
pub(crate) async fn forget_ailing(db: &mut PgConnection, tenant: TenantId, lanes: &[String]) -> sqlx::Result<()> {
    sqlx::query!("delete from job_lane where tenant_id = $1 and lane = any($2)", tenant.0, lanes).execute(db).await?;
    Ok(())
}
