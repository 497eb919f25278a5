//! What comparisons found, where it is told.

use sqlx::PgConnection;

use crate::ids::TenantId;

/// The first of what a comparison found.
pub(crate) struct Worst {
    pub(crate) consumer_version_id: i64,
    pub(crate) provider_version_id: i64,
    /// A finding in JSON.
    pub(crate) finding: String,
    pub(crate) errors: i32,
}

/// The worst finding of each pair of consumer and provider version whose comparison does not say yes. A limit of one
/// changes nothing but the plan: each is looked up by its key.
pub(crate) async fn list_worst(
    db: &mut PgConnection,
    tenant: TenantId,
    versions: &[(i64, i64)],
) -> sqlx::Result<Vec<Worst>> {
    let (consumers, providers): (Vec<i64>, Vec<i64>) = versions.iter().copied().unzip();
    sqlx::query_as!(
        Worst,
        r#"
        select wanted.consumer_version_id as "consumer_version_id!", wanted.provider_version_id as "provider_version_id!",
               (comparison.findings::json -> 0)::text as "finding!", comparison.errors
        from unnest((select $2::bigint[]), (select $3::bigint[])) as wanted (consumer_version_id, provider_version_id)
        cross join lateral (
            select provider_contract.provider_id, provider_contract.content_id,
                   coalesce(comparison_setting.configuration, 'usual') as configuration
            from provider_contract
            left join comparison_setting on comparison_setting.tenant_id = $1
                                        and comparison_setting.provider_id = provider_contract.provider_id
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
        cross join lateral (
            select comparison.findings, comparison.errors
            from comparison
            where comparison.tenant_id = $1
              and comparison.contract_content_id = promised.content_id
              and comparison.provider_content_id = offered.content_id
              and comparison.configuration = offered.configuration
              and comparison.in_force
              and comparison.outcome <> 'compatible'
            limit 1
        ) as comparison
        "#,
        tenant.0,
        &consumers,
        &providers,
    )
    .fetch_all(db)
    .await
}
