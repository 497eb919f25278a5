//! Which pairs matter: the heads of main branches and of those that moved last, what is deployed or released, and the latest.
//! Other pairs are compared when somebody asks.

use sqlx::PgConnection;

use super::Pair;
use crate::ids::{PacticipantId, TenantId, VersionId};

/// So many pairs are compared ahead at most, those of the newest versions.
const MOST_PAIRS: i64 = 500;

/// Contracts with the documents of their providers that matter.
pub(crate) async fn list_pairs_of_contracts(
    db: &mut PgConnection,
    tenant: TenantId,
    contents: &[i64],
) -> sqlx::Result<Vec<Pair>> {
    sqlx::query_as!(
        Pair,
        r#"
        select contract_content.id as "contract!", offered.content_id as "document!"
        from unnest((select $2::bigint[])) as wanted (id)
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.id = wanted.id
        cross join lateral (
            select version_id
            from versions_that_matter($1, contract_content.provider_id)
            union all
            (select latest.version_id
             from provider_contract as latest
             where latest.tenant_id = $1
               and latest.provider_id = contract_content.provider_id
             order by latest.position desc
             limit 1)
        ) as matters
        cross join lateral (
            select provider_contract.content_id, provider_contract.position
            from provider_contract
            where provider_contract.tenant_id = $1
              and provider_contract.version_id = matters.version_id
            limit 1
        ) as offered
        group by contract_content.id, offered.content_id
        order by max(offered.position) desc
        limit $3
        "#,
        tenant.0,
        contents,
        MOST_PAIRS,
    )
    .fetch_all(db)
    .await
}

/// A document with the contracts of its provider's consumers that matter. Each contract is looked up by its key: joined,
/// all contracts with a provider were read once for each of its consumers.
pub(crate) async fn list_pairs_of_document(
    db: &mut PgConnection,
    tenant: TenantId,
    document: i64,
) -> sqlx::Result<Vec<Pair>> {
    sqlx::query_as!(
        Pair,
        r#"
        select promised.content_id as "contract!", provider_contract_content.id as "document!"
        from provider_contract_content
        join integration on integration.tenant_id = $1
                        and integration.provider_id = provider_contract_content.provider_id
        cross join lateral (
            select version_id
            from versions_that_matter($1, integration.consumer_id)
            union all
            select integration.latest_consumer_version_id
        ) as matters
        cross join lateral (
            select contract.content_id, contract.position
            from contract
            where contract.tenant_id = $1
              and contract.consumer_version_id = matters.version_id
              and contract.provider_id = integration.provider_id
            limit 1
        ) as promised
        where provider_contract_content.tenant_id = $1
          and provider_contract_content.id = $2
        group by promised.content_id, provider_contract_content.id
        order by max(promised.position) desc
        limit $3
        "#,
        tenant.0,
        document,
        MOST_PAIRS,
    )
    .fetch_all(db)
    .await
}

/// The contracts of these consumer versions with the documents of these provider versions.
pub(crate) async fn list_pairs_of_versions(
    db: &mut PgConnection,
    tenant: TenantId,
    versions: &[(i64, i64)],
) -> sqlx::Result<Vec<Pair>> {
    let (consumers, providers): (Vec<i64>, Vec<i64>) = versions.iter().copied().unzip();
    sqlx::query_as!(
        Pair,
        r#"
        select distinct promised.content_id as contract, offered.content_id as document
        from unnest((select $2::bigint[]), (select $3::bigint[])) as wanted (consumer_version_id, provider_version_id)
        cross join lateral (
            select provider_contract.provider_id, provider_contract.content_id
            from provider_contract
            where provider_contract.tenant_id = $1
              and provider_contract.version_id = wanted.provider_version_id
            limit 1
        ) as offered
        cross join lateral (
            select contract.content_id
            from contract
            where contract.tenant_id = $1
              and contract.consumer_version_id = wanted.consumer_version_id
              and contract.provider_id = offered.provider_id
            limit 1
        ) as promised
        "#,
        tenant.0,
        &consumers,
        &providers,
    )
    .fetch_all(db)
    .await
}

/// A consumer's contract by its sha with the document of a provider version.
pub(crate) async fn list_pairs_of_content(
    db: &mut PgConnection,
    tenant: TenantId,
    provider_version: VersionId,
    (consumer, sha): (&str, &str),
) -> sqlx::Result<Vec<Pair>> {
    sqlx::query_as!(
        Pair,
        r#"
        select contract_content.id as contract, provider_contract.content_id as document
        from provider_contract
        join pacticipant on pacticipant.tenant_id = $1
                        and pacticipant.name = $3
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.consumer_id = pacticipant.id
                             and contract_content.provider_id = provider_contract.provider_id
                             and contract_content.sha = $4
        where provider_contract.tenant_id = $1
          and provider_contract.version_id = $2
        "#,
        tenant.0,
        provider_version.0,
        consumer,
        sha,
    )
    .fetch_all(db)
    .await
}

/// The documents of a provider that matter.
pub(crate) async fn list_documents(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        r#"
        select distinct offered.content_id
        from (
            select version_id
            from versions_that_matter($1, $2)
            union all
            (select latest.version_id
             from provider_contract as latest
             where latest.tenant_id = $1
               and latest.provider_id = $2
             order by latest.position desc
             limit 1)
        ) as matters
        cross join lateral (
            select provider_contract.content_id
            from provider_contract
            where provider_contract.tenant_id = $1
              and provider_contract.version_id = matters.version_id
            limit 1
        ) as offered
        limit $3
        "#,
        tenant.0,
        provider.0,
        MOST_PAIRS,
    )
    .fetch_all(db)
    .await
}
