//! SQL of requested verifications. That a result ends one stands with the result: it is the same statement.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use pactolus_domain::gate::{Progress, Requested};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Missing, Subject};
use crate::ids::{ContentId, PacticipantId, TenantId, VersionId};

/// Deliveries that are listed of a request: the newest.
const DELIVERIES_SHOWN: i64 = 20;

/// See [`super::request`]. The second moment is when they are due.
pub(super) async fn put_requests(
    db: &mut PgConnection,
    tenant: TenantId,
    subject: &Subject,
    new: &[(VersionId, Uuid)],
    base_url: &str,
    (now, due_at): (DateTime<Utc>, DateTime<Utc>),
) -> sqlx::Result<Vec<(VersionId, Uuid)>> {
    let (versions, ids): (Vec<i64>, Vec<Uuid>) = new.iter().map(|(version, id)| (version.0, *id)).unzip();
    // Also what stays as it is is written: only so its id comes back when another transaction has just inserted it.
    let put = sqlx::query!(
        r#"
        insert into verification_request (tenant_id, id, content_id, provider_version_id, consumer_id, provider_id, state,
                                          base_url, requested_at, times_asked, asked_at, retries, due_at)
        select $1, new.id, $2, new.version_id, $3, $4, 'requested', $5, $6, 1, $6, 0, $7
        from unnest($8::bigint[], $9::uuid[]) as new (version_id, id)
        order by new.version_id
        on conflict (tenant_id, content_id, provider_version_id) do update
        set base_url = excluded.base_url,
            asked_at = excluded.asked_at,
            times_asked = case when verification_request.ended_at is null then verification_request.times_asked else 0 end
                        + 1,
            state = case when verification_request.ended_at is null then verification_request.state else 'requested' end,
            requested_at = case when verification_request.ended_at is null then verification_request.requested_at
                                else excluded.requested_at end,
            retries = case when verification_request.ended_at is null then verification_request.retries else 0 end,
            delivered_at = case when verification_request.ended_at is null then verification_request.delivered_at end,
            running_at = case when verification_request.ended_at is null then verification_request.running_at end,
            due_at = case when verification_request.ended_at is null then verification_request.due_at
                          else excluded.due_at end,
            ended_at = null
        returning provider_version_id as "version: VersionId", id
        "#,
        tenant.0,
        subject.content.0,
        subject.consumer.0,
        subject.provider.0,
        base_url,
        now,
        due_at,
        &versions,
        &ids,
    )
    .fetch_all(db)
    .await?;
    Ok(put.into_iter().map(|one| (one.version, one.id)).collect())
}

/// Remembers which deliveries, each after its request, tell of it.
pub(crate) async fn record_deliveries(
    db: &mut PgConnection,
    tenant: TenantId,
    deliveries: &[(Uuid, Uuid)],
) -> sqlx::Result<()> {
    if deliveries.is_empty() {
        return Ok(());
    }
    let (requests, deliveries): (Vec<Uuid>, Vec<Uuid>) = deliveries.iter().copied().unzip();
    sqlx::query!(
        r#"
        insert into verification_request_delivery (tenant_id, delivery_id, request_id)
        select $1, told.delivery_id, told.request_id
        from unnest($2::uuid[], $3::uuid[]) as told (request_id, delivery_id)
        "#,
        tenant.0,
        &requests,
        &deliveries,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The deliveries were answered well. Those that told of no request change nothing.
pub(crate) async fn delivered(
    db: &mut PgConnection,
    tenant: TenantId,
    deliveries: &[Uuid],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        with told as materialized (
            select verification_request.id
            from verification_request
            where verification_request.tenant_id = $1
              and verification_request.id in (
                  select verification_request_delivery.request_id
                  from verification_request_delivery
                  where verification_request_delivery.tenant_id = $1
                    and verification_request_delivery.delivery_id = any($2)
              )
              and verification_request.state = 'requested'
            order by verification_request.content_id, verification_request.provider_version_id
            for update
        )
        update verification_request
        set state = 'delivered', delivered_at = $3
        from told
        where verification_request.tenant_id = $1
          and verification_request.id = told.id
        "#,
        tenant.0,
        deliveries,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The provider's build says that it is at it. Returns false, and changes nothing, when there is a result.
pub(super) async fn run(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    (now, due_at): (DateTime<Utc>, DateTime<Utc>),
) -> sqlx::Result<bool> {
    let running = sqlx::query!(
        r#"
        update verification_request
        set state = 'running', running_at = $3, due_at = $4, ended_at = null
        where tenant_id = $1
          and id = $2
          and state <> 'done'
        "#,
        tenant.0,
        id,
        now,
        due_at,
    )
    .execute(db)
    .await?;
    Ok(running.rows_affected() == 1)
}

/// A request without a result, with what it takes to tell of it.
pub(super) struct Outstanding {
    pub(super) id: Uuid,
    pub(super) content_id: ContentId,
    pub(super) consumer_id: PacticipantId,
    pub(super) provider_id: PacticipantId,
    pub(super) provider_version_id: VersionId,
    pub(super) consumer: String,
    pub(super) provider: String,
    pub(super) provider_version: String,
    pub(super) sha: String,
    pub(super) base_url: String,
    pub(super) retries: i32,
    /// The latest contract with the content; `None` when there is none any more.
    pub(super) publication: Option<Publication>,
}

/// Who has the contract.
pub(super) struct Publication {
    pub(super) version_id: VersionId,
    pub(super) number: String,
    pub(super) build_url: Option<String>,
}

/// The one that was due first and that nobody else holds; held until the transaction ends.
pub(super) async fn claim_due(
    db: &mut PgConnection,
    tenant: TenantId,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Outstanding>> {
    let found = sqlx::query_scalar!(
        r#"
        select id
        from verification_request
        where tenant_id = $1
          and ended_at is null
          and due_at <= $2
        order by due_at
        limit 1
        for update skip locked
        "#,
        tenant.0,
        now,
    )
    .fetch_optional(&mut *db)
    .await?;
    match found {
        None => Ok(None),
        Some(id) => find_outstanding(db, tenant, id).await,
    }
}

/// This one, whoever else holds it before; held until the transaction ends. `None` when there is a result or no such request.
pub(super) async fn claim(db: &mut PgConnection, tenant: TenantId, id: Uuid) -> sqlx::Result<Option<Outstanding>> {
    let found = sqlx::query_scalar!(
        r#"
        select id
        from verification_request
        where tenant_id = $1
          and id = $2
          and state <> 'done'
        for update
        "#,
        tenant.0,
        id,
    )
    .fetch_optional(&mut *db)
    .await?;
    match found {
        None => Ok(None),
        Some(id) => find_outstanding(db, tenant, id).await,
    }
}

async fn find_outstanding(db: &mut PgConnection, tenant: TenantId, id: Uuid) -> sqlx::Result<Option<Outstanding>> {
    let found = sqlx::query!(
        r#"
        select verification_request.id, verification_request.content_id as "content_id: ContentId",
               verification_request.consumer_id as "consumer_id: PacticipantId",
               verification_request.provider_id as "provider_id: PacticipantId",
               verification_request.provider_version_id as "provider_version_id: VersionId",
               consumer.name as consumer, provider.name as provider, version.number as provider_version,
               contract_content.sha, verification_request.base_url, verification_request.retries,
               published.id as "publisher_id?: VersionId", published.number as "publisher?", published.build_url
        from verification_request
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.id = verification_request.content_id
        join pacticipant as consumer on consumer.tenant_id = $1
                                    and consumer.id = verification_request.consumer_id
        join pacticipant as provider on provider.tenant_id = $1
                                    and provider.id = verification_request.provider_id
        join version on version.tenant_id = $1
                    and version.id = verification_request.provider_version_id
        left join lateral (
            select publisher.id, publisher.number, publisher.build_url
            from contract
            join version as publisher on publisher.tenant_id = $1
                                     and publisher.id = contract.consumer_version_id
            where contract.tenant_id = $1
              and contract.content_id = verification_request.content_id
            order by contract.position desc
            limit 1
        ) as published on true
        where verification_request.tenant_id = $1
          and verification_request.id = $2
        "#,
        tenant.0,
        id,
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(|one| Outstanding {
        id: one.id,
        content_id: one.content_id,
        consumer_id: one.consumer_id,
        provider_id: one.provider_id,
        provider_version_id: one.provider_version_id,
        consumer: one.consumer,
        provider: one.provider,
        provider_version: one.provider_version,
        sha: one.sha,
        base_url: one.base_url,
        retries: one.retries,
        publication: one.publisher_id.zip(one.publisher).map(|(version_id, number)| Publication {
            version_id,
            number,
            build_url: one.build_url,
        }),
    }))
}

/// It was told once more, and waits as at first.
pub(super) async fn ask_again(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    (now, due_at): (DateTime<Utc>, DateTime<Utc>),
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update verification_request
        set state = 'requested', times_asked = times_asked + 1, asked_at = $3, retries = retries + 1, delivered_at = null,
            running_at = null, due_at = $4
        where tenant_id = $1
          and id = $2
        "#,
        tenant.0,
        id,
        now,
        due_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Somebody has it asked again: it has all of its time and retries anew. One that was lost begins anew.
pub(super) async fn begin_anew(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    (now, due_at): (DateTime<Utc>, DateTime<Utc>),
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update verification_request
        set state = 'requested',
            requested_at = case when ended_at is null then requested_at else $3 end,
            times_asked = case when ended_at is null then times_asked else 0 end + 1,
            asked_at = $3, retries = 0, delivered_at = null, running_at = null, due_at = $4, ended_at = null
        where tenant_id = $1
          and id = $2
        "#,
        tenant.0,
        id,
        now,
        due_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn lose(db: &mut PgConnection, tenant: TenantId, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        "update verification_request set state = 'lost', ended_at = $3 where tenant_id = $1 and id = $2",
        tenant.0,
        id,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn delete(db: &mut PgConnection, tenant: TenantId, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!("delete from verification_request where tenant_id = $1 and id = $2", tenant.0, id).execute(db).await?;
    Ok(())
}

/// Deletes what is requested from provider versions, which are about to go.
pub(crate) async fn delete_of_versions(db: &mut PgConnection, tenant: TenantId, versions: &[i64]) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from verification_request where tenant_id = $1 and provider_version_id = any($2)",
        tenant.0,
        versions,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes what is requested for those of the contents that no contract has.
pub(crate) async fn delete_unneeded(db: &mut PgConnection, tenant: TenantId, contents: &[i64]) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        delete from verification_request
        where verification_request.tenant_id = $1
          and verification_request.content_id = any($2)
          and not exists (
              select from contract
              where contract.tenant_id = $1
                and contract.content_id = verification_request.content_id
          )
        "#,
        tenant.0,
        contents,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Those of the missing results that were asked for, outstanding or lost, by consumer and provider version.
pub(crate) async fn list_requested(
    db: &mut PgConnection,
    tenant: TenantId,
    missing: &BTreeSet<Missing>,
    now: DateTime<Utc>,
) -> sqlx::Result<BTreeMap<(i64, i64), Requested>> {
    let consumer_versions: Vec<i64> = missing.iter().map(|one| one.consumer_version).collect();
    let providers: Vec<i64> = missing.iter().map(|one| one.provider).collect();
    let provider_versions: Vec<i64> = missing.iter().map(|one| one.provider_version).collect();
    // The limits change nothing but the plan: however many the planner expects, each row is looked up by key.
    let found = sqlx::query!(
        r#"
        select missing.consumer_version_id as "consumer_version!", missing.provider_version_id as "provider_version!",
               request.id as "id!", request.state as "state!", request.requested_at as "requested_at!",
               request.times_asked as "times_asked!",
               exists (
                   select from verification_request_delivery
                   where verification_request_delivery.tenant_id = $1
                     and verification_request_delivery.request_id = request.id
               ) as "is_told!"
        from unnest($2::bigint[], $3::bigint[], $4::bigint[])
             as missing (consumer_version_id, provider_id, provider_version_id)
        cross join lateral (
            select contract.content_id
            from contract
            where contract.tenant_id = $1
              and contract.consumer_version_id = missing.consumer_version_id
              and contract.provider_id = missing.provider_id
            limit 1
        ) as promised
        cross join lateral (
            select verification_request.id, verification_request.state, verification_request.requested_at,
                   verification_request.times_asked
            from verification_request
            where verification_request.tenant_id = $1
              and verification_request.content_id = promised.content_id
              and verification_request.provider_version_id = missing.provider_version_id
            limit 1
        ) as request
        where request.state <> 'done'
        "#,
        tenant.0,
        &consumer_versions,
        &providers,
        &provider_versions,
    )
    .fetch_all(db)
    .await?;
    let requested = found.into_iter().map(|one| {
        let progress = match one.state.as_str() {
            "requested" => Progress::Requested,
            "delivered" => Progress::Delivered,
            "running" => Progress::Running,
            "lost" => Progress::Lost,
            other => return Err(sqlx::Error::Decode(format!("a request is {other}").into())),
        };
        let requested = Requested {
            id: one.id.to_string(),
            progress,
            is_told: one.is_told,
            times_asked: one.times_asked,
            at: one.requested_at,
            age: now - one.requested_at,
        };
        Ok(((one.consumer_version, one.provider_version), requested))
    });
    requested.collect()
}

/// A request as it is shown.
pub(super) struct Shown {
    pub(super) id: Uuid,
    pub(super) state: String,
    pub(super) consumer: String,
    pub(super) provider: String,
    pub(super) provider_version: String,
    pub(super) sha: String,
    pub(super) requested_at: DateTime<Utc>,
    pub(super) times_asked: i32,
    pub(super) asked_at: DateTime<Utc>,
    pub(super) retries: i32,
    pub(super) delivered_at: Option<DateTime<Utc>>,
    pub(super) running_at: Option<DateTime<Utc>>,
    pub(super) due_at: DateTime<Utc>,
    pub(super) ended_at: Option<DateTime<Utc>>,
    /// That told of it, the newest first.
    pub(super) deliveries: Vec<Uuid>,
}

/// What a list holds.
pub(super) struct Wanted<'a> {
    pub(super) states: &'a [String],
    pub(super) consumer: Option<&'a str>,
    pub(super) provider: Option<&'a str>,
    /// Of the provider.
    pub(super) provider_version: Option<&'a str>,
    /// Those before this one.
    pub(super) before: Option<Uuid>,
    pub(super) most: i64,
}

/// Newest first, a page at a time: of each state no more than a page is read.
pub(super) async fn list(db: &mut PgConnection, tenant: TenantId, wanted: Wanted<'_>) -> sqlx::Result<Vec<Shown>> {
    sqlx::query_as!(
        Shown,
        r#"
        select found.id as "id!", found.state as "state!", consumer.name as consumer, provider.name as provider,
               version.number as provider_version, contract_content.sha, found.requested_at as "requested_at!",
               found.times_asked as "times_asked!", found.asked_at as "asked_at!", found.retries as "retries!",
               found.delivered_at, found.running_at, found.due_at as "due_at!", found.ended_at,
               array(
                   select verification_request_delivery.delivery_id
                   from verification_request_delivery
                   where verification_request_delivery.tenant_id = $1
                     and verification_request_delivery.request_id = found.id
                   order by verification_request_delivery.delivery_id desc
                   limit $8
               ) as "deliveries!"
        from unnest($2::text[]) as wanted (state)
        cross join lateral (
            select verification_request.*
            from verification_request
            where verification_request.tenant_id = $1
              and verification_request.state = wanted.state
              and ($3::text is null or verification_request.consumer_id = (
                  select pacticipant.id from pacticipant where pacticipant.tenant_id = $1 and pacticipant.name = $3
              ))
              and ($4::text is null or verification_request.provider_id = (
                  select pacticipant.id from pacticipant where pacticipant.tenant_id = $1 and pacticipant.name = $4
              ))
              and ($5::text is null or verification_request.provider_version_id = (
                  select version.id
                  from pacticipant
                  join version on version.tenant_id = $1
                              and version.pacticipant_id = pacticipant.id
                              and version.number = $5
                  where pacticipant.tenant_id = $1
                    and pacticipant.name = $4
              ))
              and ($6::uuid is null or verification_request.id < $6)
            order by verification_request.id desc
            limit $7
        ) as found
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.id = found.content_id
        join pacticipant as consumer on consumer.tenant_id = $1
                                    and consumer.id = found.consumer_id
        join pacticipant as provider on provider.tenant_id = $1
                                    and provider.id = found.provider_id
        join version on version.tenant_id = $1
                    and version.id = found.provider_version_id
        order by found.id desc
        limit $7
        "#,
        tenant.0,
        wanted.states,
        wanted.consumer,
        wanted.provider,
        wanted.provider_version,
        wanted.before,
        wanted.most,
        DELIVERIES_SHOWN,
    )
    .fetch_all(db)
    .await
}

pub(super) async fn find(db: &mut PgConnection, tenant: TenantId, id: Uuid) -> sqlx::Result<Option<Shown>> {
    sqlx::query_as!(
        Shown,
        r#"
        select verification_request.id, verification_request.state, consumer.name as consumer,
               provider.name as provider, version.number as provider_version, contract_content.sha,
               verification_request.requested_at, verification_request.times_asked, verification_request.asked_at,
               verification_request.retries, verification_request.delivered_at, verification_request.running_at,
               verification_request.due_at, verification_request.ended_at,
               array(
                   select verification_request_delivery.delivery_id
                   from verification_request_delivery
                   where verification_request_delivery.tenant_id = $1
                     and verification_request_delivery.request_id = verification_request.id
                   order by verification_request_delivery.delivery_id desc
                   limit $3
               ) as "deliveries!"
        from verification_request
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.id = verification_request.content_id
        join pacticipant as consumer on consumer.tenant_id = $1
                                    and consumer.id = verification_request.consumer_id
        join pacticipant as provider on provider.tenant_id = $1
                                    and provider.id = verification_request.provider_id
        join version on version.tenant_id = $1
                    and version.id = verification_request.provider_version_id
        where verification_request.tenant_id = $1
          and verification_request.id = $2
        "#,
        tenant.0,
        id,
        DELIVERIES_SHOWN,
    )
    .fetch_optional(db)
    .await
}
