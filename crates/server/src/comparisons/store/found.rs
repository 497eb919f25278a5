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

/// The worst finding of each pair of consumer and provider version whose comparison does not say yes.
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
        join provider_contract on provider_contract.tenant_id = $1
                              and provider_contract.version_id = wanted.provider_version_id
        join contract on contract.tenant_id = $1
                     and contract.consumer_version_id = wanted.consumer_version_id
                     and contract.provider_id = provider_contract.provider_id
        left join comparison_setting on comparison_setting.tenant_id = $1
                                    and comparison_setting.provider_id = provider_contract.provider_id
        join comparison on comparison.tenant_id = $1
                       and comparison.contract_content_id = contract.content_id
                       and comparison.provider_content_id = provider_contract.content_id
                       and comparison.configuration = coalesce(comparison_setting.configuration, 'usual')
                       and comparison.in_force
        where comparison.outcome <> 'compatible'
        "#,
        tenant.0,
        &consumers,
        &providers,
    )
    .fetch_all(db)
    .await
}
