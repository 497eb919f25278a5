//! What is told of comparisons: to whom publishes, and of those that turned out otherwise than the ones before to all.

use sqlx::PgConnection;

use super::rejudged::Key;
use super::{Pair, Written};
use crate::ids::TenantId;

/// A comparison with what is told of it.
pub(crate) struct Told {
    pub(crate) consumer: String,
    pub(crate) provider: String,
    pub(crate) outcome: String,
    /// `None` when it is the first.
    pub(crate) before: Option<String>,
    pub(crate) errors: i32,
    pub(crate) warnings: i32,
    pub(crate) contract_sha: String,
    pub(crate) document_sha: String,
    /// Of the newest versions that have the two, if any still do.
    pub(crate) consumer_version: Option<String>,
    pub(crate) provider_version: Option<String>,
}

/// Those of the comparisons whose outcome is another one than before. The one before is the last that had the same
/// contract or the same document, not one that was written together with these.
pub(crate) async fn list_changed(
    db: &mut PgConnection,
    tenant: TenantId,
    written: &[Written],
) -> sqlx::Result<Vec<Told>> {
    let contracts: Vec<i64> = written.iter().map(|one| one.contract).collect();
    let documents: Vec<i64> = written.iter().map(|one| one.document).collect();
    let configurations: Vec<&str> = written.iter().map(|one| one.configuration.as_str()).collect();
    let first = written.iter().map(|one| one.id).min();
    sqlx::query_as!(
        Told,
        r#"
        select consumer.name as consumer, provider.name as provider, comparison.outcome, before.outcome as "before?",
               comparison.errors, comparison.warnings, contract_content.sha as contract_sha,
               provider_contract_content.sha as document_sha, consumer_version.number as "consumer_version?",
               provider_version.number as "provider_version?"
        from unnest($2::bigint[], $3::bigint[], $4::text[]) as wanted (contract_id, document_id, configuration)
        join comparison on comparison.tenant_id = $1
                       and comparison.contract_content_id = wanted.contract_id
                       and comparison.provider_content_id = wanted.document_id
                       and comparison.configuration = wanted.configuration
                       and comparison.in_force
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.id = comparison.contract_content_id
        join provider_contract_content on provider_contract_content.tenant_id = $1
                                      and provider_contract_content.id = comparison.provider_content_id
        join pacticipant as consumer on consumer.tenant_id = $1
                                    and consumer.id = comparison.consumer_id
        join pacticipant as provider on provider.tenant_id = $1
                                    and provider.id = comparison.provider_id
        left join lateral (
            select earlier.outcome
            from (
                select other.id, other.outcome, other.contract_content_id, other.provider_content_id
                from comparison as other
                where other.tenant_id = $1
                  and other.consumer_id = comparison.consumer_id
                  and other.provider_id = comparison.provider_id
                  and other.in_force
                  and other.id < $5
                order by other.id desc
                limit 1000
            ) as earlier
            where earlier.contract_content_id = comparison.contract_content_id
               or earlier.provider_content_id = comparison.provider_content_id
            order by earlier.id desc
            limit 1
        ) as before on true
        left join lateral (
            select version.number
            from contract
            join version on version.tenant_id = $1
                        and version.id = contract.consumer_version_id
            where contract.tenant_id = $1
              and contract.content_id = comparison.contract_content_id
            order by contract.position desc
            limit 1
        ) as consumer_version on true
        left join lateral (
            select version.number
            from provider_contract
            join version on version.tenant_id = $1
                        and version.id = provider_contract.version_id
            where provider_contract.tenant_id = $1
              and provider_contract.content_id = comparison.provider_content_id
            order by provider_contract.position desc
            limit 1
        ) as provider_version on true
        where before.outcome is distinct from comparison.outcome
        order by consumer.name, provider.name, comparison.id
        "#,
        tenant.0,
        &contracts,
        &documents,
        &configurations as &[&str],
        first,
    )
    .fetch_all(db)
    .await
}

/// Judgements of a version that wait to be accepted, with the outcome that counts.
pub(crate) async fn list_proposed(
    db: &mut PgConnection,
    tenant: TenantId,
    engine: i32,
    keys: &[Key],
) -> sqlx::Result<Vec<Told>> {
    let contracts: Vec<i64> = keys.iter().map(|key| key.pair.contract).collect();
    let documents: Vec<i64> = keys.iter().map(|key| key.pair.document).collect();
    let configurations: Vec<&str> = keys.iter().map(|key| key.configuration.as_str()).collect();
    sqlx::query_as!(
        Told,
        r#"
        select consumer.name as consumer, provider.name as provider, newer.outcome, older.outcome as "before?",
               newer.errors, newer.warnings, contract_content.sha as contract_sha,
               provider_contract_content.sha as document_sha, consumer_version.number as "consumer_version?",
               provider_version.number as "provider_version?"
        from unnest($2::bigint[], $3::bigint[], $4::text[]) as wanted (contract_id, document_id, configuration)
        cross join lateral (
            select comparison.id, comparison.consumer_id, comparison.provider_id, comparison.outcome, comparison.errors,
                   comparison.warnings
            from comparison
            where comparison.tenant_id = $1
              and comparison.contract_content_id = wanted.contract_id
              and comparison.provider_content_id = wanted.document_id
              and comparison.configuration = wanted.configuration
              and comparison.engine = $5
              and not comparison.in_force
            limit 1
        ) as newer
        cross join lateral (
            select comparison.outcome
            from comparison
            where comparison.tenant_id = $1
              and comparison.contract_content_id = wanted.contract_id
              and comparison.provider_content_id = wanted.document_id
              and comparison.configuration = wanted.configuration
              and comparison.in_force
            limit 1
        ) as older
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.id = wanted.contract_id
        join provider_contract_content on provider_contract_content.tenant_id = $1
                                      and provider_contract_content.id = wanted.document_id
        join pacticipant as consumer on consumer.tenant_id = $1
                                    and consumer.id = newer.consumer_id
        join pacticipant as provider on provider.tenant_id = $1
                                    and provider.id = newer.provider_id
        left join lateral (
            select version.number
            from contract
            join version on version.tenant_id = $1
                        and version.id = contract.consumer_version_id
            where contract.tenant_id = $1
              and contract.content_id = wanted.contract_id
            order by contract.position desc
            limit 1
        ) as consumer_version on true
        left join lateral (
            select version.number
            from provider_contract
            join version on version.tenant_id = $1
                        and version.id = provider_contract.version_id
            where provider_contract.tenant_id = $1
              and provider_contract.content_id = wanted.document_id
            order by provider_contract.position desc
            limit 1
        ) as provider_version on true
        order by consumer.name, provider.name, newer.id
        "#,
        tenant.0,
        &contracts,
        &documents,
        &configurations as &[&str],
        engine,
    )
    .fetch_all(db)
    .await
}

/// A pair and what came of it.
pub(crate) struct OfPair {
    pub(crate) consumer: String,
    /// The newest that has the contract, if any still does, as of the provider.
    pub(crate) consumer_version: Option<String>,
    pub(crate) provider: String,
    pub(crate) provider_version: Option<String>,
    pub(crate) contract_sha: String,
    /// `None` when it is not compared yet.
    pub(crate) outcome: Option<String>,
    pub(crate) errors: Option<i32>,
}

/// In the order of the names, the newest document last.
pub(crate) async fn list_outcomes(
    db: &mut PgConnection,
    tenant: TenantId,
    pairs: &[Pair],
) -> sqlx::Result<Vec<OfPair>> {
    let contracts: Vec<i64> = pairs.iter().map(|pair| pair.contract).collect();
    let documents: Vec<i64> = pairs.iter().map(|pair| pair.document).collect();
    sqlx::query_as!(
        OfPair,
        r#"
        select consumer.name as consumer, consumer_version.number as "consumer_version?", provider.name as provider,
               provider_version.number as "provider_version?", contract_content.sha as contract_sha,
               comparison.outcome as "outcome?", comparison.errors as "errors?"
        from unnest((select $2::bigint[]), (select $3::bigint[])) as pair (contract_id, document_id)
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.id = pair.contract_id
        join provider_contract_content on provider_contract_content.tenant_id = $1
                                      and provider_contract_content.id = pair.document_id
        join pacticipant as consumer on consumer.tenant_id = $1
                                    and consumer.id = contract_content.consumer_id
        join pacticipant as provider on provider.tenant_id = $1
                                    and provider.id = contract_content.provider_id
        left join comparison_setting on comparison_setting.tenant_id = $1
                                    and comparison_setting.provider_id = contract_content.provider_id
        left join comparison on comparison.tenant_id = $1
                            and comparison.contract_content_id = pair.contract_id
                            and comparison.provider_content_id = pair.document_id
                            and comparison.configuration = coalesce(comparison_setting.configuration, 'usual')
                            and comparison.in_force
        left join lateral (
            select version.number
            from contract
            join version on version.tenant_id = $1
                        and version.id = contract.consumer_version_id
            where contract.tenant_id = $1
              and contract.content_id = pair.contract_id
            order by contract.position desc
            limit 1
        ) as consumer_version on true
        left join lateral (
            select version.number
            from provider_contract
            join version on version.tenant_id = $1
                        and version.id = provider_contract.version_id
            where provider_contract.tenant_id = $1
              and provider_contract.content_id = pair.document_id
            order by provider_contract.position desc
            limit 1
        ) as provider_version on true
        order by consumer.name, provider.name, pair.document_id, pair.contract_id
        "#,
        tenant.0,
        &contracts,
        &documents,
    )
    .fetch_all(db)
    .await
}
