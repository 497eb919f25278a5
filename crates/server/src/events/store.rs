//! SQL of events and of the feed.

use sqlx::PgConnection;
use uuid::Uuid;

use super::Event;
use crate::ids::TenantId;

/// Returns the ids of those that were written: not of those whose key was there.
pub(super) async fn insert_events(
    db: &mut PgConnection,
    tenant: TenantId,
    events: &[Event],
    keys: &[Option<Vec<u8>>],
) -> sqlx::Result<Vec<Uuid>> {
    let ids: Vec<Uuid> = events.iter().map(|event| event.id).collect();
    let names: Vec<&str> = events.iter().map(|event| event.name.as_str()).collect();
    let sources: Vec<&str> = events.iter().map(|event| event.source.as_str()).collect();
    let subjects: Vec<&str> = events.iter().map(|event| event.subject.as_str()).collect();
    let data: Vec<String> = events.iter().map(|event| event.data.to_string()).collect();
    let created_at: Vec<_> = events.iter().map(|event| event.created_at).collect();
    sqlx::query_scalar!(
        r#"
        insert into event (tenant_id, id, name, source, subject, data, once, created_at)
        select $1, new.id, new.name, new.source, new.subject, new.data::json, new.once, new.created_at
        from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::timestamptz[])
            with ordinality as new (id, name, source, subject, data, once, created_at, place)
        order by new.place
        on conflict (tenant_id, once) where once is not null do nothing
        returning id
        "#,
        tenant.0,
        &ids,
        &names as &[&str],
        &sources as &[&str],
        &subjects as &[&str],
        &data,
        keys as &[Option<Vec<u8>>],
        &created_at,
    )
    .fetch_all(db)
    .await
}

/// Whether there are events without a place in the feed.
pub(super) async fn has_new(db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from event where tenant_id = $1 and position is null) as "has_new!""#,
        tenant.0,
    )
    .fetch_one(db)
    .await
}

/// The last place that was given, held until the transaction ends, so that one reader at a time gives places.
pub(super) async fn hold_feed(db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        insert into event_feed (tenant_id, last_position)
        values ($1, 0)
        on conflict (tenant_id) do update
        set last_position = event_feed.last_position
        returning last_position
        "#,
        tenant.0,
    )
    .fetch_one(db)
    .await
}

/// Gives places after `last` to events that have none, in the order of writing, but to so many at most. The caller holds
/// the feed.
pub(super) async fn place_new(db: &mut PgConnection, tenant: TenantId, last: i64, most: i64) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        with new as (
            select id, $2 + row_number() over (order by number) as position
            from (
                select id, number
                from event
                where tenant_id = $1
                  and position is null
                order by number
                limit $3
            ) as new
        ),
        placed as (
            update event
            set position = new.position
            from new
            where event.tenant_id = $1
              and event.id = new.id
            returning event.position
        )
        update event_feed
        set last_position = (select max(position) from placed)
        where tenant_id = $1
          and exists (select from placed)
        "#,
        tenant.0,
        last,
        most,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The last place that was given.
pub(super) async fn last_position(db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<i64> {
    let last = sqlx::query_scalar!("select last_position from event_feed where tenant_id = $1", tenant.0);
    Ok(last.fetch_optional(db).await?.unwrap_or(0))
}

/// An event at its place.
pub(super) struct Placed {
    pub(super) position: i64,
    pub(super) event: Event,
}

/// Those behind a place, in order.
pub(super) async fn list_after(
    db: &mut PgConnection,
    tenant: TenantId,
    after: i64,
    limit: i64,
) -> sqlx::Result<Vec<Placed>> {
    let rows = sqlx::query!(
        r#"
        select position as "position!", id, name, source, subject, data, created_at
        from event
        where tenant_id = $1
          and position > $2
        order by position
        limit $3
        "#,
        tenant.0,
        after,
        limit,
    )
    .fetch_all(db)
    .await?;
    let placed = rows.into_iter().map(|row| Placed {
        position: row.position,
        event: Event {
            id: row.id,
            name: row.name,
            source: row.source,
            subject: row.subject,
            data: row.data,
            created_at: row.created_at,
        },
    });
    Ok(placed.collect())
}

/// Deletes events with smaller ids, but so many at most. Returns how many that were.
pub(super) async fn delete_before(
    db: &mut PgConnection,
    tenant: TenantId,
    first_kept: Uuid,
    most: i64,
) -> sqlx::Result<u64> {
    let deleted = sqlx::query!(
        r#"
        delete from event
        where tenant_id = $1
          and id in (
              select id
              from event
              where tenant_id = $1
                and id < $2
              order by id
              limit $3
              for update skip locked
          )
        "#,
        tenant.0,
        first_kept,
        most,
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected())
}
