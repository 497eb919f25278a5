//! What is known of versions that are in question together: their contracts, and results of these.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::ids::TenantId;

/// A contract of a version, or content that was asked for by its sha.
pub(crate) struct KnownContract {
    /// `None` for content by sha.
    pub(crate) consumer_version_id: Option<i64>,
    pub(crate) content_id: i64,
    pub(crate) consumer: String,
    pub(crate) provider: String,
    pub(crate) sha: String,
    pub(crate) created_at: DateTime<Utc>,
}

/// The latest result of a provider version for a content.
pub(crate) struct KnownResult {
    pub(crate) content_id: i64,
    pub(crate) provider_version_id: i64,
    pub(crate) success: bool,
    pub(crate) number: i64,
    pub(crate) verified_at: DateTime<Utc>,
}

/// What a provider version that has published a document says of a content by it.
pub(crate) struct KnownOffer {
    pub(crate) provider_version_id: i64,
    /// `None`: the version has a document, whatever the content.
    pub(crate) content_id: Option<i64>,
    pub(crate) kept: Option<bool>,
    /// `None` when the two are not compared yet.
    pub(crate) outcome: Option<String>,
    pub(crate) compared_at: Option<DateTime<Utc>>,
}

/// Content by consumer, provider and sha.
#[derive(Default)]
pub(crate) struct Shas {
    pub(crate) consumers: Vec<String>,
    pub(crate) providers: Vec<String>,
    pub(crate) digits: Vec<String>,
}

/// The contracts of these versions, and these contents as far as they are there.
pub(crate) async fn list_known_contracts(
    db: &mut PgConnection,
    tenant: TenantId,
    versions: &[i64],
    shas: &Shas,
) -> sqlx::Result<Vec<KnownContract>> {
    sqlx::query_as!(
        KnownContract,
        r#"
        select known.consumer_version_id as "consumer_version_id?", contract_content.id as "content_id!",
               consumer.name as "consumer!", provider.name as "provider!", contract_content.sha as "sha!",
               known.created_at as "created_at!"
        from (
            select contract.consumer_version_id, contract.content_id, contract.created_at
            from unnest($2::bigint[]) as asked (version_id)
            join contract on contract.tenant_id = $1
                         and contract.consumer_version_id = asked.version_id
            union all
            select null, contract_content.id, contract_content.created_at
            from unnest($3::text[], $4::text[], $5::text[]) as asked (consumer, provider, sha)
            join pacticipant as consumer on consumer.tenant_id = $1
                                        and consumer.name = asked.consumer
            join pacticipant as provider on provider.tenant_id = $1
                                        and provider.name = asked.provider
            join contract_content on contract_content.tenant_id = $1
                                 and contract_content.consumer_id = consumer.id
                                 and contract_content.provider_id = provider.id
                                 and contract_content.sha = asked.sha
        ) as known
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.id = known.content_id
        join pacticipant as consumer on consumer.tenant_id = $1
                                    and consumer.id = contract_content.consumer_id
        join pacticipant as provider on provider.tenant_id = $1
                                    and provider.id = contract_content.provider_id
        "#,
        tenant.0,
        versions,
        &shas.consumers,
        &shas.providers,
        &shas.digits,
    )
    .fetch_all(db)
    .await
}

/// The results of these provider versions for these contents.
pub(crate) async fn list_known_results(
    db: &mut PgConnection,
    tenant: TenantId,
    contents: &[i64],
    provider_versions: &[i64],
) -> sqlx::Result<Vec<KnownResult>> {
    sqlx::query_as!(
        KnownResult,
        "
        select verification.content_id, verification.provider_version_id, verification.success, verification.number,
               verification.verified_at
        from verification
        where verification.tenant_id = $1
          and verification.content_id = any($2)
          and verification.provider_version_id = any($3)
        ",
        tenant.0,
        contents,
        provider_versions,
    )
    .fetch_all(db)
    .await
}

/// The documents of these provider versions, each alone and with each of the contents that it was compared with.
pub(crate) async fn list_known_offers(
    db: &mut PgConnection,
    tenant: TenantId,
    contents: &[i64],
    provider_versions: &[i64],
) -> sqlx::Result<Vec<KnownOffer>> {
    sqlx::query_as!(
        KnownOffer,
        r#"
        with offered as (
            select provider_contract.version_id, provider_contract.content_id,
                   provider_contract_verification.success as kept,
                   coalesce(comparison_setting.configuration, 'usual') as configuration
            from unnest((select $3::bigint[])) as wanted (version_id)
            join provider_contract on provider_contract.tenant_id = $1
                                  and provider_contract.version_id = wanted.version_id
            left join provider_contract_verification
                   on provider_contract_verification.tenant_id = $1
                  and provider_contract_verification.id = provider_contract.verification_id
            left join comparison_setting on comparison_setting.tenant_id = $1
                                        and comparison_setting.provider_id = provider_contract.provider_id
        )
        select offered.version_id as "provider_version_id!", null::bigint as "content_id?", offered.kept as "kept?",
               null as "outcome?", null::timestamptz as "compared_at?"
        from offered
        union all
        select offered.version_id, comparison.contract_content_id, offered.kept, comparison.outcome, comparison.created_at
        from offered
        cross join unnest((select $2::bigint[])) as wanted (content_id)
        join comparison on comparison.tenant_id = $1
                       and comparison.contract_content_id = wanted.content_id
                       and comparison.provider_content_id = offered.content_id
                       and comparison.configuration = offered.configuration
                       and comparison.in_force
        "#,
        tenant.0,
        contents,
        provider_versions,
    )
    .fetch_all(db)
    .await
}
