//! Results that would help where one is missing or failed.

use sqlx::PgConnection;

use crate::ids::TenantId;

/// A successful result between a version in question and another one.
pub(crate) struct RawPassing {
    pub(crate) consumer: String,
    pub(crate) consumer_version_id: i64,
    pub(crate) consumer_version: String,
    pub(crate) consumer_position: i64,
    pub(crate) provider: String,
    pub(crate) provider_version_id: i64,
    pub(crate) provider_version: String,
    pub(crate) provider_position: i64,
}

/// The newest provider version that verified each contract of these consumer versions, and the newest of the last
/// documents that it fits; the newest version of each of `consumers` whose contract these provider versions have verified, and whose contract
/// fits their document. Left out is what the other of the two speaks against.
#[expect(clippy::too_many_lines, reason = "one statement, read as one")]
pub(crate) async fn list_passing(
    db: &mut PgConnection,
    tenant: TenantId,
    consumer_versions: &[i64],
    provider_versions: &[i64],
    consumers: &[i64],
) -> sqlx::Result<Vec<RawPassing>> {
    // Ids are given with positions, and unlike them stand in the key: the newest is the first that is looked at. The limits
    // of one change nothing but the plan: each row is looked up by key, however many the planner expects.
    sqlx::query_as!(
        RawPassing,
        r#"
        with passing as (
            select contract.consumer_version_id, contract.consumer_id, contract.provider_id,
                   newest.provider_version_id
            from unnest((select $2::bigint[])) as asked (version_id)
            join contract on contract.tenant_id = $1
                         and contract.consumer_version_id = asked.version_id
            cross join lateral (
                select verification.provider_version_id
                from verification
                where verification.tenant_id = $1
                  and verification.content_id = contract.content_id
                  and verification.success
                order by verification.provider_version_id desc
                limit 1
            ) as newest
            union all
            select contract.consumer_version_id, contract.consumer_id, contract.provider_id, newest.version_id
            from unnest((select $2::bigint[])) as asked (version_id)
            join contract on contract.tenant_id = $1
                         and contract.consumer_version_id = asked.version_id
            cross join lateral (
                select recent.version_id
                from (
                    select provider_contract.version_id, provider_contract.content_id, provider_contract.verification_id,
                           provider_contract.position
                    from provider_contract
                    where provider_contract.tenant_id = $1
                      and provider_contract.provider_id = contract.provider_id
                    order by provider_contract.position desc
                    limit 3
                ) as recent
                join provider_contract_verification
                  on provider_contract_verification.tenant_id = $1
                 and provider_contract_verification.id = recent.verification_id
                 and provider_contract_verification.success
                where exists (
                    select from comparison
                    where comparison.tenant_id = $1
                      and comparison.contract_content_id = contract.content_id
                      and comparison.provider_content_id = recent.content_id
                      and comparison.in_force
                      and comparison.outcome = 'compatible'
                )
                order by recent.position desc
                limit 1
            ) as newest
            union all
            select newest.consumer_version_id, newest.consumer_id, newest.provider_id, verification.provider_version_id
            from unnest((select $3::bigint[])) as asked (version_id)
            join verification on verification.tenant_id = $1
                             and verification.provider_version_id = asked.version_id
                             and verification.success
            cross join lateral (
                select from contract_content
                where contract_content.tenant_id = $1
                  and contract_content.id = verification.content_id
                  and contract_content.consumer_id = any($4)
                limit 1
            ) as of_consumer
            cross join lateral (
                select contract.consumer_version_id, contract.consumer_id, contract.provider_id
                from contract
                where contract.tenant_id = $1
                  and contract.content_id = verification.content_id
                order by contract.position desc
                limit 1
            ) as newest
            union all
            select newest.consumer_version_id, newest.consumer_id, newest.provider_id, provider_contract.version_id
            from unnest((select $3::bigint[])) as asked (version_id)
            join provider_contract on provider_contract.tenant_id = $1
                                  and provider_contract.version_id = asked.version_id
            join provider_contract_verification
              on provider_contract_verification.tenant_id = $1
             and provider_contract_verification.id = provider_contract.verification_id
             and provider_contract_verification.success
            join comparison on comparison.tenant_id = $1
                           and comparison.provider_content_id = provider_contract.content_id
                           and comparison.consumer_id = any($4)
                           and comparison.in_force
                           and comparison.outcome = 'compatible'
            cross join lateral (
                select contract.consumer_version_id, contract.consumer_id, contract.provider_id
                from contract
                where contract.tenant_id = $1
                  and contract.content_id = comparison.contract_content_id
                order by contract.position desc
                limit 1
            ) as newest
        )
        select consumer.name as "consumer!", consumer_version.id as "consumer_version_id!",
               consumer_version.number as "consumer_version!", consumer_version.position as "consumer_position!",
               provider.name as "provider!", provider_version.id as "provider_version_id!",
               provider_version.number as "provider_version!", provider_version.position as "provider_position!"
        from passing
        cross join lateral (
            select pacticipant.name
            from pacticipant
            where pacticipant.tenant_id = $1
              and pacticipant.id = passing.consumer_id
            limit 1
        ) as consumer
        cross join lateral (
            select pacticipant.name
            from pacticipant
            where pacticipant.tenant_id = $1
              and pacticipant.id = passing.provider_id
            limit 1
        ) as provider
        cross join lateral (
            select version.id, version.number, version.position
            from version
            where version.tenant_id = $1
              and version.id = passing.consumer_version_id
            limit 1
        ) as consumer_version
        cross join lateral (
            select version.id, version.number, version.position
            from version
            where version.tenant_id = $1
              and version.id = passing.provider_version_id
            limit 1
        ) as provider_version
        where not exists (
            select from contract
            join verification on verification.tenant_id = $1
                             and verification.content_id = contract.content_id
                             and verification.provider_version_id = passing.provider_version_id
                             and not verification.success
            where contract.tenant_id = $1
              and contract.consumer_version_id = passing.consumer_version_id
              and contract.provider_id = passing.provider_id
        )
          and not exists (
            select from provider_contract
            join contract on contract.tenant_id = $1
                         and contract.consumer_version_id = passing.consumer_version_id
                         and contract.provider_id = passing.provider_id
            left join provider_contract_verification
                   on provider_contract_verification.tenant_id = $1
                  and provider_contract_verification.id = provider_contract.verification_id
            left join comparison_setting on comparison_setting.tenant_id = $1
                                        and comparison_setting.provider_id = provider_contract.provider_id
            left join comparison on comparison.tenant_id = $1
                                and comparison.contract_content_id = contract.content_id
                                and comparison.provider_content_id = provider_contract.content_id
                                and comparison.configuration = coalesce(comparison_setting.configuration, 'usual')
                                and comparison.in_force
            where provider_contract.tenant_id = $1
              and provider_contract.version_id = passing.provider_version_id
              and (coalesce(comparison.outcome, 'pending') not in ('compatible', 'undecided')
                   or not coalesce(provider_contract_verification.success, true))
        )
        "#,
        tenant.0,
        consumer_versions,
        provider_versions,
        consumers,
    )
    .fetch_all(db)
    .await
}
