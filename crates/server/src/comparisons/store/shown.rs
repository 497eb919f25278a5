//! A comparison as it is shown, with its findings.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::ids::{TenantId, VersionId};

/// A contract beside what a provider version offers.
pub(crate) struct Shown {
    pub(crate) specification: String,
    /// Of the provider's own tests.
    pub(crate) kept: Option<bool>,
    /// `None` when the two are not compared yet, as what follows.
    pub(crate) outcome: Option<String>,
    pub(crate) engine: Option<i32>,
    pub(crate) errors: Option<i32>,
    pub(crate) warnings: Option<i32>,
    pub(crate) infos: Option<i32>,
    pub(crate) findings: Option<String>,
    pub(crate) compared_at: Option<DateTime<Utc>>,
}

/// `None` unless the version has a document and the consumer had a contract of that sha with its pacticipant.
pub(crate) async fn find_shown(
    db: &mut PgConnection,
    tenant: TenantId,
    provider_version: VersionId,
    (consumer, sha): (&str, &str),
) -> sqlx::Result<Option<Shown>> {
    sqlx::query_as!(
        Shown,
        r#"
        select provider_contract_content.specification, provider_contract_verification.success as "kept?",
               comparison.outcome as "outcome?", comparison.engine as "engine?", comparison.errors as "errors?",
               comparison.warnings as "warnings?", comparison.infos as "infos?", comparison.findings as "findings?",
               comparison.created_at as "compared_at?"
        from provider_contract
        join provider_contract_content on provider_contract_content.tenant_id = $1
                                      and provider_contract_content.id = provider_contract.content_id
        join pacticipant on pacticipant.tenant_id = $1
                        and pacticipant.name = $3
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.consumer_id = pacticipant.id
                             and contract_content.provider_id = provider_contract.provider_id
                             and contract_content.sha = $4
        left join provider_contract_verification
               on provider_contract_verification.tenant_id = $1
              and provider_contract_verification.id = provider_contract.verification_id
        left join comparison_setting on comparison_setting.tenant_id = $1
                                    and comparison_setting.provider_id = provider_contract.provider_id
        left join comparison on comparison.tenant_id = $1
                            and comparison.contract_content_id = contract_content.id
                            and comparison.provider_content_id = provider_contract.content_id
                            and comparison.configuration = coalesce(comparison_setting.configuration, 'usual')
                            and comparison.in_force
        where provider_contract.tenant_id = $1
          and provider_contract.version_id = $2
        "#,
        tenant.0,
        provider_version.0,
        consumer,
        sha,
    )
    .fetch_optional(db)
    .await
}

/// The latest contract of a consumer beside what a provider version offers.
pub(crate) struct OfConsumer {
    pub(crate) consumer: String,
    pub(crate) consumer_version: String,
    pub(crate) sha: String,
    pub(crate) outcome: Option<String>,
    pub(crate) errors: Option<i32>,
    pub(crate) warnings: Option<i32>,
    pub(crate) compared_at: Option<DateTime<Utc>>,
}

/// The latest contract of each consumer, by name.
pub(crate) async fn list_of_consumers(
    db: &mut PgConnection,
    tenant: TenantId,
    provider_version: VersionId,
) -> sqlx::Result<Vec<OfConsumer>> {
    sqlx::query_as!(
        OfConsumer,
        r#"
        select pacticipant.name as consumer, version.number as consumer_version, contract_content.sha,
               comparison.outcome as "outcome?", comparison.errors as "errors?", comparison.warnings as "warnings?",
               comparison.created_at as "compared_at?"
        from provider_contract
        join integration on integration.tenant_id = $1
                        and integration.provider_id = provider_contract.provider_id
        join contract on contract.tenant_id = $1
                     and contract.consumer_version_id = integration.latest_consumer_version_id
                     and contract.provider_id = integration.provider_id
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.id = contract.content_id
        join pacticipant on pacticipant.tenant_id = $1
                        and pacticipant.id = integration.consumer_id
        join version on version.tenant_id = $1
                    and version.id = integration.latest_consumer_version_id
        left join comparison_setting on comparison_setting.tenant_id = $1
                                    and comparison_setting.provider_id = provider_contract.provider_id
        left join comparison on comparison.tenant_id = $1
                            and comparison.contract_content_id = contract.content_id
                            and comparison.provider_content_id = provider_contract.content_id
                            and comparison.configuration = coalesce(comparison_setting.configuration, 'usual')
                            and comparison.in_force
        where provider_contract.tenant_id = $1
          and provider_contract.version_id = $2
        order by pacticipant.name
        "#,
        tenant.0,
        provider_version.0,
    )
    .fetch_all(db)
    .await
}

/// What speaks against a consumer's latest contract, with the contract.
pub(crate) struct FoundOf {
    pub(crate) consumer: String,
    /// A list in JSON, the worst first.
    pub(crate) findings: String,
    /// `None` if it is larger than was wanted.
    pub(crate) contract: Option<String>,
}

/// Of those latest contracts beside a provider version about which something was found, with the most errors first; of
/// one consumer, if it is named.
pub(crate) async fn list_found(
    db: &mut PgConnection,
    tenant: TenantId,
    provider_version: VersionId,
    consumer: Option<&str>,
    (most, largest_bytes): (i64, i32),
) -> sqlx::Result<Vec<FoundOf>> {
    sqlx::query_as!(
        FoundOf,
        r#"
        select found.consumer as "consumer!", comparison.findings as "findings!",
               case when octet_length(contract_content.content) <= $5 then contract_content.content end as contract
        from (
            select pacticipant.name as consumer, comparison.errors, comparison.contract_content_id, comparison.provider_content_id,
                   comparison.configuration, comparison.engine
            from provider_contract
            join integration on integration.tenant_id = $1
                            and integration.provider_id = provider_contract.provider_id
            join contract on contract.tenant_id = $1
                         and contract.consumer_version_id = integration.latest_consumer_version_id
                         and contract.provider_id = integration.provider_id
            join pacticipant on pacticipant.tenant_id = $1
                            and pacticipant.id = integration.consumer_id
            left join comparison_setting on comparison_setting.tenant_id = $1
                                        and comparison_setting.provider_id = provider_contract.provider_id
            join comparison on comparison.tenant_id = $1
                           and comparison.contract_content_id = contract.content_id
                           and comparison.provider_content_id = provider_contract.content_id
                           and comparison.configuration = coalesce(comparison_setting.configuration, 'usual')
                           and comparison.in_force
            where provider_contract.tenant_id = $1
              and provider_contract.version_id = $2
              and comparison.errors + comparison.warnings + comparison.infos > 0
              and ($3::text is null or pacticipant.name = $3)
            order by comparison.errors desc, comparison.warnings desc, pacticipant.name
            limit $4
        ) as found
        join comparison on comparison.tenant_id = $1
                       and comparison.contract_content_id = found.contract_content_id
                       and comparison.provider_content_id = found.provider_content_id
                       and comparison.configuration = found.configuration
                       and comparison.engine = found.engine
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.id = found.contract_content_id
        order by found.errors desc, found.consumer
        "#,
        tenant.0,
        provider_version.0,
        consumer,
        most,
        largest_bytes,
    )
    .fetch_all(db)
    .await
}

/// A consumer version's contract with a provider, beside a version of that.
pub(crate) struct Contract {
    pub(crate) sha: String,
    pub(crate) content: String,
    pub(crate) created_at: DateTime<Utc>,
    /// How verifying it with the provider version ended.
    pub(crate) verified: Option<bool>,
    pub(crate) number: Option<i64>,
    pub(crate) verified_at: Option<DateTime<Utc>>,
}

pub(crate) async fn find_contract(
    db: &mut PgConnection,
    tenant: TenantId,
    provider_version: VersionId,
    (consumer, number): (&str, &str),
) -> sqlx::Result<Option<Contract>> {
    sqlx::query_as!(
        Contract,
        r#"
        select contract_content.sha, contract_content.content, contract.created_at,
               verification.success as "verified?", verification.number as "number?",
               verification.verified_at as "verified_at?"
        from version as provider_version
        join pacticipant on pacticipant.tenant_id = $1
                        and pacticipant.name = $3
        join version on version.tenant_id = $1
                    and version.pacticipant_id = pacticipant.id
                    and version.number = $4
        join contract on contract.tenant_id = $1
                     and contract.consumer_version_id = version.id
                     and contract.provider_id = provider_version.pacticipant_id
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.id = contract.content_id
        left join verification on verification.tenant_id = $1
                              and verification.content_id = contract.content_id
                              and verification.provider_version_id = provider_version.id
        where provider_version.tenant_id = $1
          and provider_version.id = $2
        "#,
        tenant.0,
        provider_version.0,
        consumer,
        number,
    )
    .fetch_optional(db)
    .await
}
