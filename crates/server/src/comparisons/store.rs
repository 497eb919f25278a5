//! SQL of comparisons. Findings are read only where they are told.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::ids::{ContentId, TenantId, VersionId};

pub(crate) mod former;
pub(crate) mod found;
pub(crate) mod matters;
pub(crate) mod rejudged;
pub(crate) mod settings;
pub(crate) mod shown;
pub(crate) mod told;

/// A contract's content and a document that it is to be held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pair {
    pub(crate) contract: i64,
    pub(crate) document: i64,
}

/// A pair without a comparison by the provider's present settings.
#[derive(Clone, Debug)]
pub(crate) struct Uncompared {
    pub(crate) contract: i64,
    pub(crate) document: i64,
    pub(crate) specification: String,
    pub(crate) document_sha: String,
    /// `None` without settings of its own, as what follows.
    pub(crate) profile: Option<String>,
    pub(crate) severities: Option<serde_json::Value>,
    pub(crate) configuration: Option<String>,
}

/// Those of the pairs that nobody has compared, each once, by document. Contracts with others are left out. Both contents are
/// looked up by their keys: joined, all contents of a provider were read once for each pair.
pub(crate) async fn list_uncompared(
    db: &mut PgConnection,
    tenant: TenantId,
    pairs: &[Pair],
) -> sqlx::Result<Vec<Uncompared>> {
    let contracts: Vec<i64> = pairs.iter().map(|pair| pair.contract).collect();
    let documents: Vec<i64> = pairs.iter().map(|pair| pair.document).collect();
    sqlx::query_as!(
        Uncompared,
        r#"
        select wanted.contract as "contract!", wanted.document as "document!", offered.specification as "specification!",
               offered.sha as "document_sha!", comparison_setting.profile as "profile?",
               comparison_setting.severities as "severities?", comparison_setting.configuration as "configuration?"
        from (select distinct pair.contract, pair.document
              from unnest($2::bigint[], $3::bigint[]) as pair (contract, document)) as wanted
        cross join lateral (
            select contract_content.provider_id
            from contract_content
            where contract_content.tenant_id = $1
              and contract_content.id = wanted.contract
            limit 1
        ) as promised
        cross join lateral (
            select provider_contract_content.specification, provider_contract_content.sha,
                   provider_contract_content.provider_id
            from provider_contract_content
            where provider_contract_content.tenant_id = $1
              and provider_contract_content.id = wanted.document
            limit 1
        ) as offered
        left join comparison_setting on comparison_setting.tenant_id = $1
                                    and comparison_setting.provider_id = offered.provider_id
        where offered.provider_id = promised.provider_id
          and not exists (
            select from comparison
            where comparison.tenant_id = $1
              and comparison.contract_content_id = wanted.contract
              and comparison.provider_content_id = wanted.document
              and comparison.configuration = coalesce(comparison_setting.configuration, 'usual')
              and comparison.in_force
        )
        order by wanted.document, wanted.contract
        "#,
        tenant.0,
        &contracts,
        &documents,
    )
    .fetch_all(db)
    .await
}

/// What a provider version offers, beside no contract.
pub(crate) async fn find_offered(
    db: &mut PgConnection,
    tenant: TenantId,
    provider_version: VersionId,
) -> sqlx::Result<Option<Uncompared>> {
    sqlx::query_as!(
        Uncompared,
        r#"
        select 0::bigint as "contract!", provider_contract_content.id as document, provider_contract_content.specification,
               provider_contract_content.sha as document_sha, comparison_setting.profile as "profile?",
               comparison_setting.severities as "severities?", comparison_setting.configuration as "configuration?"
        from provider_contract
        join provider_contract_content on provider_contract_content.tenant_id = $1
                                      and provider_contract_content.id = provider_contract.content_id
        left join comparison_setting on comparison_setting.tenant_id = $1
                                    and comparison_setting.provider_id = provider_contract.provider_id
        where provider_contract.tenant_id = $1
          and provider_contract.version_id = $2
        "#,
        tenant.0,
        provider_version.0,
    )
    .fetch_optional(db)
    .await
}

/// The texts of some contracts.
pub(crate) async fn list_contract_texts(
    db: &mut PgConnection,
    tenant: TenantId,
    contents: &[i64],
) -> sqlx::Result<Vec<(i64, String)>> {
    let rows = sqlx::query!(
        "select id, content from contract_content where tenant_id = $1 and id = any($2)",
        tenant.0,
        contents,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.content)).collect())
}

/// The text of a document; `None` when it is gone.
pub(crate) async fn find_document_text(
    db: &mut PgConnection,
    tenant: TenantId,
    content: i64,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "select content from provider_contract_content where tenant_id = $1 and id = $2",
        tenant.0,
        content,
    )
    .fetch_optional(db)
    .await
}

/// What is to be kept of a comparison.
pub(crate) struct NewComparison {
    pub(crate) pair: Pair,
    pub(crate) configuration: String,
    pub(crate) outcome: &'static str,
    pub(crate) errors: i32,
    pub(crate) warnings: i32,
    pub(crate) infos: i32,
    pub(crate) findings: String,
}

/// A comparison that was written and counts.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) id: i64,
    pub(crate) contract: i64,
    pub(crate) document: i64,
    pub(crate) configuration: String,
}

/// Keeps them, unless another process was first, or one of the two contents is gone meanwhile. A comparison counts unless
/// another one of the pair does already.
pub(crate) async fn record(
    db: &mut PgConnection,
    tenant: TenantId,
    engine: i32,
    new: &[NewComparison],
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Written>> {
    let contracts: Vec<i64> = new.iter().map(|one| one.pair.contract).collect();
    let documents: Vec<i64> = new.iter().map(|one| one.pair.document).collect();
    let configurations: Vec<&str> = new.iter().map(|one| one.configuration.as_str()).collect();
    let outcomes: Vec<&str> = new.iter().map(|one| one.outcome).collect();
    let errors: Vec<i32> = new.iter().map(|one| one.errors).collect();
    let warnings: Vec<i32> = new.iter().map(|one| one.warnings).collect();
    let infos: Vec<i32> = new.iter().map(|one| one.infos).collect();
    let findings: Vec<&str> = new.iter().map(|one| one.findings.as_str()).collect();
    let written = sqlx::query_as!(
        RawWritten,
        r#"
        with held as (
            select contract_content.id as contract_id, contract_content.consumer_id,
                   provider_contract_content.id as document_id, provider_contract_content.provider_id, new.configuration,
                   new.outcome, new.errors, new.warnings, new.infos, new.findings
            from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::integer[], $7::integer[], $8::integer[],
                        $9::text[])
                     as new (contract_id, document_id, configuration, outcome, errors, warnings, infos, findings)
            join contract_content on contract_content.tenant_id = $1
                                 and contract_content.id = new.contract_id
            join provider_contract_content on provider_contract_content.tenant_id = $1
                                          and provider_contract_content.id = new.document_id
            for key share of contract_content, provider_contract_content
        )
        insert into comparison (tenant_id, contract_content_id, provider_content_id, configuration, engine, in_force,
                                consumer_id, provider_id, outcome, errors, warnings, infos, findings, created_at)
        select $1, held.contract_id, held.document_id, held.configuration, $10,
               not exists (
                   select from comparison as other
                   where other.tenant_id = $1
                     and other.contract_content_id = held.contract_id
                     and other.provider_content_id = held.document_id
                     and other.configuration = held.configuration
                     and other.in_force
               ),
               held.consumer_id, held.provider_id, held.outcome, held.errors, held.warnings, held.infos, held.findings, $11
        from held
        on conflict do nothing
        returning id, contract_content_id as contract, provider_content_id as document, configuration, in_force
        "#,
        tenant.0,
        &contracts,
        &documents,
        &configurations as &[&str],
        &outcomes as &[&str],
        &errors,
        &warnings,
        &infos,
        &findings as &[&str],
        engine,
        now,
    )
    .fetch_all(db)
    .await?;
    let in_force = written.into_iter().filter(|one| one.in_force);
    Ok(in_force
        .map(|RawWritten { id, contract, document, configuration, .. }| Written {
            id,
            contract,
            document,
            configuration,
        })
        .collect())
}

struct RawWritten {
    id: i64,
    contract: i64,
    document: i64,
    configuration: String,
    in_force: bool,
}

/// The contents as plain numbers.
pub(crate) fn plain(contents: &[ContentId]) -> Vec<i64> {
    contents.iter().map(|content| content.0).collect()
}
