//! The rows of questions about any version: how the contracts and results of a pair came one after the other.

use sqlx::PgConnection;

use super::super::query::LatestBy;
use super::rows::{Between, MOST_ROWS, RawRow};
use crate::ids::TenantId;

/// Each contract with each of its results in question; one without any stands once, without result. At most one more
/// than [`MOST_ROWS`].
#[expect(clippy::too_many_lines, reason = "one statement, read as one")]
pub(super) async fn list_rows(
    db: &mut PgConnection,
    tenant: TenantId,
    between: &Between,
    latest_by: LatestBy,
) -> sqlx::Result<Vec<RawRow>> {
    let (versions, their_providers): (Vec<i64>, Vec<i64>) = between.contracts.iter().copied().unzip();
    let (consumers, providers): (Vec<i64>, Vec<i64>) = between.any_contract.iter().copied().unzip();
    let (verifiers, verifier_versions): (Vec<i64>, Vec<i64>) = between.provider_versions.iter().copied().unzip();
    sqlx::query_as!(
        RawRow,
        r#"
        with promised as (
            select contract.consumer_id, contract.consumer_version_id, contract.position, contract.provider_id,
                   contract.content_id, contract.created_at
            from unnest($2::bigint[], $3::bigint[]) as wanted (version_id, provider_id)
            join contract on contract.tenant_id = $1
                         and contract.consumer_version_id = wanted.version_id
                         and contract.provider_id = wanted.provider_id
            union
            select contract.consumer_id, contract.consumer_version_id, contract.position, contract.provider_id,
                   contract.content_id, contract.created_at
            from unnest($4::bigint[], $5::bigint[]) as wanted (consumer_id, provider_id)
            join contract on contract.tenant_id = $1
                         and contract.consumer_id = wanted.consumer_id
                         and contract.provider_id = wanted.provider_id
        ),
        judged as (
            select promised.consumer_id, promised.consumer_version_id, promised.position, promised.provider_id,
                   promised.content_id, promised.created_at, result.provider_version_id, result.success, result.number,
                   result.verified_at
            from promised
            left join lateral (
                select verification.provider_version_id, verification.success, verification.number,
                       verification.verified_at
                from unnest($6::bigint[], $7::bigint[]) as wanted (provider_id, version_id)
                join verification on verification.tenant_id = $1
                                 and verification.content_id = promised.content_id
                                 and verification.provider_version_id = wanted.version_id
                where not $10
                  and promised.provider_id <> all($8)
                  and wanted.provider_id = promised.provider_id
                union all
                select verification.provider_version_id, verification.success, verification.number,
                       verification.verified_at
                from verification
                where not $10
                  and promised.provider_id = any($8)
                  and verification.tenant_id = $1
                  and verification.content_id = promised.content_id
                union all
                select verification_log.provider_version_id, verification_log.success, verification_log.number,
                       verification_log.created_at
                from unnest($6::bigint[], $7::bigint[]) as wanted (provider_id, version_id)
                join verification_log on verification_log.tenant_id = $1
                                     and verification_log.provider_version_id = wanted.version_id
                                     and verification_log.content_id = promised.content_id
                where $10
                  and promised.provider_id <> all($8)
                  and wanted.provider_id = promised.provider_id
                union all
                select verification_log.provider_version_id, verification_log.success, verification_log.number,
                       verification_log.created_at
                from verification_log
                where $10
                  and promised.provider_id = any($8)
                  and verification_log.tenant_id = $1
                  and verification_log.content_id = promised.content_id
            ) as result on true
            union all
            select contract.consumer_id, contract.consumer_version_id, contract.position, contract.provider_id,
                   contract.content_id, contract.created_at, verification.provider_version_id, verification.success,
                   verification.number, verification.verified_at
            from unnest($9::bigint[]) as verifier (version_id)
            join verification on verification.tenant_id = $1
                             and verification.provider_version_id = verifier.version_id
            join contract on contract.tenant_id = $1
                         and contract.content_id = verification.content_id
            where not $10
              and not exists (
                  select from promised
                  where promised.consumer_version_id = contract.consumer_version_id
                    and promised.provider_id = contract.provider_id
              )
            union all
            select contract.consumer_id, contract.consumer_version_id, contract.position, contract.provider_id,
                   contract.content_id, contract.created_at, verification_log.provider_version_id,
                   verification_log.success, verification_log.number, verification_log.created_at
            from unnest($9::bigint[]) as verifier (version_id)
            join verification_log on verification_log.tenant_id = $1
                                 and verification_log.provider_version_id = verifier.version_id
            join contract on contract.tenant_id = $1
                         and contract.content_id = verification_log.content_id
            where $10
              and not exists (
                  select from promised
                  where promised.consumer_version_id = contract.consumer_version_id
                    and promised.provider_id = contract.provider_id
              )
            limit $11
        )
        select consumer.name as consumer, judged.consumer_version_id as "consumer_version_id!",
               consumer_version.number as consumer_version, judged.position as "consumer_position!",
               judged.provider_id as "provider_id!", provider.name as provider, contract_content.sha, judged.created_at as "published_at!",
               judged.provider_version_id, provider_version.number as "provider_version?",
               provider_version.position as "provider_position?", judged.success, judged.number, judged.verified_at
        from judged
        join pacticipant as consumer on consumer.tenant_id = $1
                                    and consumer.id = judged.consumer_id
        join pacticipant as provider on provider.tenant_id = $1
                                    and provider.id = judged.provider_id
        join version as consumer_version on consumer_version.tenant_id = $1
                                        and consumer_version.id = judged.consumer_version_id
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.id = judged.content_id
        left join version as provider_version on provider_version.tenant_id = $1
                                             and provider_version.id = judged.provider_version_id
        "#,
        tenant.0,
        &versions,
        &their_providers,
        &consumers,
        &providers,
        &verifiers,
        &verifier_versions,
        &between.any_version_of_providers,
        &between.verified_by,
        latest_by == LatestBy::All,
        MOST_ROWS + 1,
    )
    .fetch_all(db)
    .await
}
