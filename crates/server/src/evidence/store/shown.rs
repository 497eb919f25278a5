//! Evidence as it is shown.

use chrono::{DateTime, Utc};
use pactolus_domain::names::{PacticipantName, VersionNumber};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::{TenantId, VersionId};

/// A run, without its exchanges.
#[derive(Clone, Debug)]
pub(crate) struct ShownRun {
    pub(crate) id: Uuid,
    pub(crate) number: i64,
    pub(crate) branch: Option<String>,
    pub(crate) build_url: Option<String>,
    pub(crate) tool: String,
    pub(crate) engine: String,
    pub(crate) redaction: Vec<String>,
    pub(crate) exchange_count: i32,
    pub(crate) passed: i32,
    pub(crate) failed: i32,
    pub(crate) not_judged: i32,
    pub(crate) not_asked: i32,
    pub(crate) conflicts: i32,
    pub(crate) uploaded_by: String,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) created_at: DateTime<Utc>,
}

/// A part of the runs of a version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunsWanted<'a> {
    /// Only those about a contract: its consumer, and the sha of its content.
    pub(crate) about: Option<(&'a str, &'a str)>,
    /// Those that came before the one with this number.
    pub(crate) before: i64,
    pub(crate) most: i64,
}

/// The newest first.
pub(crate) async fn list_runs(
    db: &mut PgConnection,
    tenant: TenantId,
    version: VersionId,
    wanted: RunsWanted<'_>,
) -> sqlx::Result<Vec<ShownRun>> {
    if let Some(contract) = wanted.about {
        return list_runs_about(db, tenant, version, contract, wanted).await;
    }
    sqlx::query_as!(
        ShownRun,
        r#"
        select evidence_run.id, evidence_run.number, evidence_run.branch, evidence_run.build_url, evidence_run.tool,
               evidence_run.engine, evidence_run.redaction, evidence_run.exchange_count, evidence_run.passed,
               evidence_run.failed, evidence_run.not_judged, evidence_run.not_asked, evidence_run.conflicts,
               evidence_run.uploaded_by, evidence_run.started_at, evidence_run.created_at
        from evidence_run
        where evidence_run.tenant_id = $1
          and evidence_run.provider_version_id = $2
          and evidence_run.number < $3
        order by evidence_run.number desc
        limit $4
        "#,
        tenant.0,
        version.0,
        wanted.before,
        wanted.most,
    )
    .fetch_all(db)
    .await
}

async fn list_runs_about(
    db: &mut PgConnection,
    tenant: TenantId,
    version: VersionId,
    (consumer, sha): (&str, &str),
    wanted: RunsWanted<'_>,
) -> sqlx::Result<Vec<ShownRun>> {
    sqlx::query_as!(
        ShownRun,
        r#"
        select evidence_run.id, evidence_run.number, evidence_run.branch, evidence_run.build_url, evidence_run.tool,
               evidence_run.engine, evidence_run.redaction, evidence_run.exchange_count, evidence_run.passed,
               evidence_run.failed, evidence_run.not_judged, evidence_run.not_asked, evidence_run.conflicts,
               evidence_run.uploaded_by, evidence_run.started_at, evidence_run.created_at
        from evidence_run
        where evidence_run.tenant_id = $1
          and evidence_run.provider_version_id = $2
          and evidence_run.number < $3
          and exists (
              select from evidence_interaction
              where evidence_interaction.tenant_id = $1
                and evidence_interaction.provider_version_id = $2
                and evidence_interaction.consumer = $4
                and evidence_interaction.contract_sha = $5
                and evidence_interaction.run_number = evidence_run.number
          )
        order by evidence_run.number desc
        limit $6
        "#,
        tenant.0,
        version.0,
        wanted.before,
        consumer,
        sha,
        wanted.most,
    )
    .fetch_all(db)
    .await
}

pub(crate) async fn find_run(
    db: &mut PgConnection,
    tenant: TenantId,
    (provider, version): (&PacticipantName, &VersionNumber),
    id: Uuid,
) -> sqlx::Result<Option<ShownRun>> {
    sqlx::query_as!(
        ShownRun,
        r#"
        select evidence_run.id, evidence_run.number, evidence_run.branch, evidence_run.build_url, evidence_run.tool,
               evidence_run.engine, evidence_run.redaction, evidence_run.exchange_count, evidence_run.passed,
               evidence_run.failed, evidence_run.not_judged, evidence_run.not_asked, evidence_run.conflicts,
               evidence_run.uploaded_by, evidence_run.started_at, evidence_run.created_at
        from evidence_run
        join version on version.tenant_id = evidence_run.tenant_id
                    and version.id = evidence_run.provider_version_id
                    and version.number = $4
        join pacticipant on pacticipant.tenant_id = version.tenant_id
                        and pacticipant.id = version.pacticipant_id
                        and pacticipant.name = $3
        where evidence_run.tenant_id = $1
          and evidence_run.id = $2
        "#,
        tenant.0,
        id,
        provider.as_str(),
        version.as_str(),
    )
    .fetch_optional(db)
    .await
}

/// A part of the exchanges of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExchangesWanted<'a> {
    /// Only those with an interaction of this result.
    pub(crate) result: Option<&'a str>,
    /// Of this consumer.
    pub(crate) consumer: Option<&'a str>,
    /// Of contracts with this content.
    pub(crate) contract: Option<&'a str>,
    /// Those behind this one.
    pub(crate) after: i32,
    pub(crate) most: i64,
}

/// An exchange in a list.
#[derive(Clone, Debug)]
pub(crate) struct ListedExchange {
    pub(crate) sequence: i32,
    pub(crate) packed: Vec<u8>,
    /// Exchanges of other runs in which the version answered the same otherwise.
    pub(crate) other_answers: i64,
}

/// In their order.
pub(crate) async fn list_exchanges(
    db: &mut PgConnection,
    tenant: TenantId,
    run: Uuid,
    wanted: ExchangesWanted<'_>,
) -> sqlx::Result<Vec<ListedExchange>> {
    sqlx::query_as!(
        ListedExchange,
        r#"
        select listed.sequence, listed.packed,
               (
                   select count(*)
                   from evidence_exchange as other
                   where other.tenant_id = $1
                     and other.provider_version_id = listed.provider_version_id
                     and other.fingerprint = listed.fingerprint
                     and other.run_number <> listed.run_number
                     and other.answer <> listed.answer
               ) as "other_answers!"
        from (
            select sequence, provider_version_id, run_number, fingerprint, answer, packed
            from evidence_exchange
            where evidence_exchange.tenant_id = $1
              and evidence_exchange.run_id = $2
              and evidence_exchange.sequence > $3
              and (
                  ($4::text is null and $5::text is null and $6::text is null)
                  or exists (
                      select from evidence_interaction
                      where evidence_interaction.tenant_id = $1
                        and evidence_interaction.run_id = $2
                        and evidence_interaction.sequence = evidence_exchange.sequence
                        and ($4::text is null or evidence_interaction.result = $4)
                        and ($5::text is null or evidence_interaction.consumer = $5)
                        and ($6::text is null or evidence_interaction.contract_sha = $6)
                  )
              )
            order by evidence_exchange.sequence
            limit $7
        ) as listed
        order by listed.sequence
        "#,
        tenant.0,
        run,
        wanted.after,
        wanted.result,
        wanted.consumer,
        wanted.contract,
        wanted.most,
    )
    .fetch_all(db)
    .await
}

/// An exchange with its bodies, packed.
#[derive(Clone, Debug)]
pub(crate) struct ShownExchange {
    pub(crate) packed: Vec<u8>,
    pub(crate) request_body: Option<Vec<u8>>,
    pub(crate) response_body: Option<Vec<u8>>,
}

pub(crate) async fn find_exchange(
    db: &mut PgConnection,
    tenant: TenantId,
    run: Uuid,
    sequence: i32,
) -> sqlx::Result<Option<ShownExchange>> {
    sqlx::query_as!(
        ShownExchange,
        r#"
        select evidence_exchange.packed, request_body.packed as "request_body?",
               response_body.packed as "response_body?"
        from evidence_exchange
        left join evidence_body as request_body on request_body.tenant_id = evidence_exchange.tenant_id
                                               and request_body.sha256 = evidence_exchange.request_body
        left join evidence_body as response_body on response_body.tenant_id = evidence_exchange.tenant_id
                                                and response_body.sha256 = evidence_exchange.response_body
        where evidence_exchange.tenant_id = $1
          and evidence_exchange.run_id = $2
          and evidence_exchange.sequence = $3
        "#,
        tenant.0,
        run,
        sequence,
    )
    .fetch_optional(db)
    .await
}

/// Where the version answered the same otherwise, in other runs: run and sequence, the newest first.
pub(crate) async fn list_other_answers(
    db: &mut PgConnection,
    tenant: TenantId,
    run: Uuid,
    sequence: i32,
    most: i64,
) -> sqlx::Result<Vec<(Uuid, i32)>> {
    let found = sqlx::query!(
        r#"
        select other.run_id, other.sequence
        from evidence_exchange
        join evidence_exchange as other on other.tenant_id = evidence_exchange.tenant_id
                                       and other.provider_version_id = evidence_exchange.provider_version_id
                                       and other.fingerprint = evidence_exchange.fingerprint
                                       and other.run_number <> evidence_exchange.run_number
                                       and other.answer <> evidence_exchange.answer
        where evidence_exchange.tenant_id = $1
          and evidence_exchange.run_id = $2
          and evidence_exchange.sequence = $3
        order by other.run_number desc, other.sequence
        limit $4
        "#,
        tenant.0,
        run,
        sequence,
        most,
    )
    .fetch_all(db)
    .await?;
    Ok(found.into_iter().map(|one| (one.run_id, one.sequence)).collect())
}

/// The content of a contract with a provider.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub(crate) consumer: String,
    pub(crate) sha: String,
    pub(crate) interaction_ids: Vec<String>,
    pub(crate) text: String,
}

/// Those that are there, of consumers and shas that belong together. Each is looked up by its key: a popular provider has
/// thousands.
pub(crate) async fn find_contents(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: &PacticipantName,
    (consumers, shas): (&[String], &[String]),
) -> sqlx::Result<Vec<Content>> {
    sqlx::query_as!(
        Content,
        r#"
        select consumer.name as consumer, found.sha, found.interaction_ids, found.content as text
        from unnest($3::text[], $4::text[]) as wanted (consumer, sha)
        join pacticipant as consumer on consumer.tenant_id = $1
                                    and consumer.name = wanted.consumer
        cross join lateral (
            select contract_content.sha, contract_content.interaction_ids, contract_content.content
            from contract_content
            where contract_content.tenant_id = $1
              and contract_content.consumer_id = consumer.id
              and contract_content.provider_id = (
                  select provider.id
                  from pacticipant as provider
                  where provider.tenant_id = $1
                    and provider.name = $2
              )
              and contract_content.sha = wanted.sha
            limit 1
        ) as found
        "#,
        tenant.0,
        provider.as_str(),
        consumers,
        shas,
    )
    .fetch_all(db)
    .await
}

/// Exchanges of the version's last run about a contract that were not as it expects, packed.
pub(crate) async fn list_failed(
    db: &mut PgConnection,
    tenant: TenantId,
    version: VersionId,
    consumer: &str,
    contract_sha: &str,
    most: i64,
) -> sqlx::Result<Vec<Vec<u8>>> {
    sqlx::query_scalar!(
        r#"
        select evidence_exchange.packed
        from (
            select distinct run_id, sequence
            from evidence_interaction
            where tenant_id = $1
              and provider_version_id = $2
              and consumer = $3
              and contract_sha = $4
              and result = 'failed'
              and run_number = (
                  select max(run_number)
                  from evidence_interaction
                  where tenant_id = $1
                    and provider_version_id = $2
                    and consumer = $3
                    and contract_sha = $4
              )
            limit $5
        ) as failed
        join evidence_exchange on evidence_exchange.tenant_id = $1
                              and evidence_exchange.run_id = failed.run_id
                              and evidence_exchange.sequence = failed.sequence
        order by evidence_exchange.sequence
        "#,
        tenant.0,
        version.0,
        consumer,
        contract_sha,
        most,
    )
    .fetch_all(db)
    .await
}
