//! SQL of evidence: how runs come and go.

mod shown;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::upload::{NewExchange, NewInteraction, Sha, Upload};
use crate::ids::{PacticipantId, TenantId, VersionId};

pub(super) use shown::{
    Content, ExchangesWanted, ListedExchange, RunsWanted, ShownExchange, ShownRun, find_contents, find_exchange,
    find_run, list_exchanges, list_failed, list_other_answers, list_runs,
};

/// The version and the digest of a run.
pub(super) async fn find_identity(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
) -> sqlx::Result<Option<(VersionId, Vec<u8>)>> {
    let found = sqlx::query!(
        "select provider_version_id, digest from evidence_run where tenant_id = $1 and id = $2",
        tenant.0,
        id,
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(|run| (VersionId(run.provider_version_id), run.digest)))
}

/// How many of the exchanges the version has answered otherwise before.
pub(super) async fn count_conflicts(
    db: &mut PgConnection,
    tenant: TenantId,
    version: VersionId,
    exchanges: &[NewExchange],
) -> sqlx::Result<i32> {
    let answered = exchanges.iter().filter_map(|one| Some((one.fingerprint.clone(), one.answer?.to_vec())));
    let (fingerprints, answers): (Vec<Vec<u8>>, Vec<Vec<u8>>) = answered.unzip();
    sqlx::query_scalar!(
        r#"
        select count(*)::integer as "count!"
        from unnest($3::bytea[], $4::bytea[]) as new (fingerprint, answer)
        where exists (
            select from evidence_exchange
            where evidence_exchange.tenant_id = $1
              and evidence_exchange.provider_version_id = $2
              and evidence_exchange.fingerprint = new.fingerprint
              and evidence_exchange.answer <> new.answer
        )
        "#,
        tenant.0,
        version.0,
        &fingerprints,
        &answers,
    )
    .fetch_one(db)
    .await
}

/// A run that is recorded.
pub(super) struct NewRun<'a> {
    pub(super) version: VersionId,
    pub(super) upload: &'a Upload,
    pub(super) conflicts: i32,
    pub(super) uploaded_by: &'a str,
}

impl NewRun<'_> {
    fn interactions(&self) -> impl Iterator<Item = (&NewExchange, i32, &NewInteraction)> {
        let exchanges = self.upload.exchanges.iter();
        exchanges.flat_map(|exchange| (0..).zip(&exchange.interactions).map(move |(place, one)| (exchange, place, one)))
    }

    fn count(&self, result: &str) -> i32 {
        let counted = self.interactions().filter(|(.., one)| one.result == result).count();
        i32::try_from(counted).unwrap_or(i32::MAX)
    }
}

/// Returns its number; `None` when there is a run of that id.
pub(super) async fn insert_run(
    db: &mut PgConnection,
    tenant: TenantId,
    new: &NewRun<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<i64>> {
    let run = &new.upload.run;
    sqlx::query_scalar!(
        r#"
        insert into evidence_run (tenant_id, id, provider_version_id, digest, branch, build_url, tool, engine, redaction,
                                  exchange_count, passed, failed, not_judged, not_asked, conflicts, uploaded_by,
                                  started_at, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
        on conflict (tenant_id, id) do nothing
        returning number
        "#,
        tenant.0,
        run.id,
        new.version.0,
        new.upload.digest.as_slice(),
        run.branch,
        run.build_url,
        run.tool,
        run.engine,
        &run.redaction,
        i32::try_from(new.upload.exchanges.len()).unwrap_or(i32::MAX),
        new.count("passed"),
        new.count("failed"),
        new.count("not-judged"),
        new.count("not-asked"),
        new.conflicts,
        new.uploaded_by,
        run.started_at,
        now,
    )
    .fetch_optional(db)
    .await
}

/// Those of the bodies that are there; nobody deletes them until the transaction ends. Other uploads do not wait.
pub(super) async fn hold_bodies(
    db: &mut PgConnection,
    tenant: TenantId,
    bodies: &BTreeMap<Sha, Vec<u8>>,
) -> sqlx::Result<Vec<Vec<u8>>> {
    let shas: Vec<Vec<u8>> = bodies.keys().map(|sha| sha.to_vec()).collect();
    sqlx::query_scalar!(
        r#"
        select sha256
        from evidence_body
        where tenant_id = $1
          and sha256 = any($2)
        order by sha256
        for key share
        "#,
        tenant.0,
        &shas,
    )
    .fetch_all(db)
    .await
}

/// In their order, so that uploads that bring the same wait for each other and never in a circle.
pub(super) async fn insert_bodies(
    db: &mut PgConnection,
    tenant: TenantId,
    bodies: impl Iterator<Item = (&Sha, &Vec<u8>)>,
) -> sqlx::Result<()> {
    let (shas, packed): (Vec<Vec<u8>>, Vec<Vec<u8>>) =
        bodies.map(|(sha, packed)| (sha.to_vec(), packed.clone())).unzip();
    sqlx::query!(
        r#"
        insert into evidence_body (tenant_id, sha256, packed)
        select $1, new.sha256, new.packed
        from unnest($2::bytea[], $3::bytea[]) as new (sha256, packed)
        order by new.sha256
        on conflict (tenant_id, sha256) do nothing
        "#,
        tenant.0,
        &shas,
        &packed,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn insert_exchanges(
    db: &mut PgConnection,
    tenant: TenantId,
    new: &NewRun<'_>,
    number: i64,
) -> sqlx::Result<()> {
    let exchanges = &new.upload.exchanges;
    let sequences: Vec<i32> = exchanges.iter().map(|one| one.sequence).collect();
    let fingerprints: Vec<Vec<u8>> = exchanges.iter().map(|one| one.fingerprint.clone()).collect();
    let kinds: Vec<&str> = exchanges.iter().map(|one| one.kind).collect();
    let outcomes: Vec<&str> = exchanges.iter().map(|one| one.outcome).collect();
    let shas = |of: fn(&NewExchange) -> Option<Sha>| -> Vec<Option<Vec<u8>>> {
        exchanges.iter().map(|one| of(one).map(|sha| sha.to_vec())).collect()
    };
    let packed: Vec<Vec<u8>> = exchanges.iter().map(|one| one.packed.clone()).collect();
    sqlx::query!(
        r#"
        insert into evidence_exchange (tenant_id, run_id, sequence, provider_version_id, run_number, fingerprint, kind,
                                       outcome, answer, request_body, response_body, packed)
        select $1, $2, new.sequence, $3, $4, new.fingerprint, new.kind, new.outcome, new.answer, new.request_body,
               new.response_body, new.packed
        from unnest($5::integer[], $6::bytea[], $7::text[], $8::text[], $9::bytea[], $10::bytea[], $11::bytea[],
                    $12::bytea[])
            as new (sequence, fingerprint, kind, outcome, answer, request_body, response_body, packed)
        "#,
        tenant.0,
        new.upload.run.id,
        new.version.0,
        number,
        &sequences,
        &fingerprints,
        &kinds as &[&str],
        &outcomes as &[&str],
        &shas(|one| one.answer) as &[Option<Vec<u8>>],
        &shas(|one| one.request_body) as &[Option<Vec<u8>>],
        &shas(|one| one.response_body) as &[Option<Vec<u8>>],
        &packed,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn insert_interactions(
    db: &mut PgConnection,
    tenant: TenantId,
    new: &NewRun<'_>,
    number: i64,
) -> sqlx::Result<()> {
    let sequences: Vec<i32> = new.interactions().map(|(exchange, ..)| exchange.sequence).collect();
    let places: Vec<i32> = new.interactions().map(|(_, place, _)| place).collect();
    let consumers: Vec<&str> = new.interactions().map(|(.., one)| one.consumer.as_str()).collect();
    let contracts: Vec<Option<&str>> = new.interactions().map(|(.., one)| one.contract.as_deref()).collect();
    let ids: Vec<Option<&str>> = new.interactions().map(|(.., one)| one.id.as_deref()).collect();
    let results: Vec<&str> = new.interactions().map(|(.., one)| one.result).collect();
    sqlx::query!(
        r#"
        insert into evidence_interaction (tenant_id, run_id, sequence, place, provider_version_id, run_number, consumer,
                                          contract_sha, interaction_id, result)
        select $1, $2, new.sequence, new.place, $3, $4, new.consumer, new.contract_sha, new.interaction_id, new.result
        from unnest($5::integer[], $6::integer[], $7::text[], $8::text[], $9::text[], $10::text[])
            as new (sequence, place, consumer, contract_sha, interaction_id, result)
        "#,
        tenant.0,
        new.upload.run.id,
        new.version.0,
        number,
        &sequences,
        &places,
        &consumers as &[&str],
        &contracts as &[Option<&str>],
        &ids as &[Option<&str>],
        &results as &[&str],
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Some runs that were uploaded before a moment, held. Those that another process is deleting are passed over.
pub(super) async fn hold_old(
    db: &mut PgConnection,
    tenant: TenantId,
    before: DateTime<Utc>,
    most: i64,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"
        select id
        from evidence_run
        where tenant_id = $1
          and created_at < $2
        order by created_at
        limit $3
        for update skip locked
        "#,
        tenant.0,
        before,
        most,
    )
    .fetch_all(db)
    .await
}

/// Deletes some runs of a provider, and says how many.
pub(crate) async fn delete_of_provider(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    most: i64,
) -> sqlx::Result<u64> {
    let runs = sqlx::query_scalar!(
        r#"
        select evidence_run.id
        from version
        join evidence_run on evidence_run.tenant_id = version.tenant_id
                         and evidence_run.provider_version_id = version.id
        where version.tenant_id = $1
          and version.pacticipant_id = $2
        limit $3
        "#,
        tenant.0,
        provider.0,
        most,
    )
    .fetch_all(&mut *db)
    .await?;
    delete_runs(db, tenant, &runs).await
}

/// Deletes the runs of versions that are held.
pub(crate) async fn delete_of_versions(db: &mut PgConnection, tenant: TenantId, versions: &[i64]) -> sqlx::Result<()> {
    let runs = sqlx::query_scalar!(
        "select id from evidence_run where tenant_id = $1 and provider_version_id = any($2)",
        tenant.0,
        versions,
    )
    .fetch_all(&mut *db)
    .await?;
    delete_runs(db, tenant, &runs).await?;
    Ok(())
}

/// Deletes runs with their exchanges, and bodies that no other exchange has. Returns how many runs there were.
pub(super) async fn delete_runs(db: &mut PgConnection, tenant: TenantId, runs: &[Uuid]) -> sqlx::Result<u64> {
    if runs.is_empty() {
        return Ok(0);
    }
    // Held first and in one order: whoever else deletes some of them comes before or after.
    sqlx::query!(
        "select from evidence_run where tenant_id = $1 and id = any($2) order by id for update",
        tenant.0,
        runs,
    )
    .fetch_all(&mut *db)
    .await?;
    sqlx::query!("delete from evidence_interaction where tenant_id = $1 and run_id = any($2)", tenant.0, runs)
        .execute(&mut *db)
        .await?;
    let exchanges = sqlx::query!(
        r#"
        delete from evidence_exchange
        where tenant_id = $1
          and run_id = any($2)
        returning request_body, response_body
        "#,
        tenant.0,
        runs,
    )
    .fetch_all(&mut *db)
    .await?;
    let bodies = exchanges.into_iter().flat_map(|one| [one.request_body, one.response_body]).flatten();
    delete_unused_bodies(db, tenant, &bodies.collect::<Vec<_>>()).await?;
    let deleted = sqlx::query!("delete from evidence_run where tenant_id = $1 and id = any($2)", tenant.0, runs)
        .execute(&mut *db)
        .await?;
    Ok(deleted.rows_affected())
}

/// Deletes those of the bodies that no exchange has. They are held before that is looked at: an upload that has one holds
/// it too, so it has either been waited for, and its exchanges are seen, or it waits and finds the body gone.
async fn delete_unused_bodies(db: &mut PgConnection, tenant: TenantId, bodies: &[Vec<u8>]) -> sqlx::Result<()> {
    sqlx::query!(
        "select from evidence_body where tenant_id = $1 and sha256 = any($2) order by sha256 for update",
        tenant.0,
        bodies,
    )
    .fetch_all(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        delete from evidence_body
        where evidence_body.tenant_id = $1
          and evidence_body.sha256 = any($2)
          and not exists (
              select from evidence_exchange
              where evidence_exchange.tenant_id = $1
                and evidence_exchange.request_body = evidence_body.sha256
          )
          and not exists (
              select from evidence_exchange
              where evidence_exchange.tenant_id = $1
                and evidence_exchange.response_body = evidence_body.sha256
          )
        "#,
        tenant.0,
        bodies,
    )
    .execute(&mut *db)
    .await?;
    Ok(())
}
