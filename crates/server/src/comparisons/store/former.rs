//! Comparisons that no longer count: by former settings of a provider, or by a former judgement that nobody accepted.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::ids::{PacticipantId, TenantId};

/// Providers with comparisons by settings that they no longer have, with each of these. The index is entered once for each provider and
/// each of its settings, however many comparisons there are.
pub(crate) async fn list_former(db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Vec<(PacticipantId, String)>> {
    let rows = sqlx::query!(
        r#"
        with recursive used as (
            (
                select comparison.provider_id, comparison.configuration
                from comparison
                where comparison.tenant_id = $1
                order by comparison.provider_id, comparison.configuration
                limit 1
            )
            union all
            select next.provider_id, next.configuration
            from used
            cross join lateral (
                select comparison.provider_id, comparison.configuration
                from comparison
                where comparison.tenant_id = $1
                  and (comparison.provider_id, comparison.configuration) > (used.provider_id, used.configuration)
                order by comparison.provider_id, comparison.configuration
                limit 1
            ) as next
        )
        select used.provider_id as "provider_id!", used.configuration as "configuration!"
        from used
        left join comparison_setting on comparison_setting.tenant_id = $1
                                    and comparison_setting.provider_id = used.provider_id
        where used.configuration <> coalesce(comparison_setting.configuration, 'usual')
        "#,
        tenant.0,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (PacticipantId(row.provider_id), row.configuration)).collect())
}

/// Removes some of a provider's comparisons by a configuration, unless it is the present one: those whose pair was compared by
/// the present one before that moment. Returns how many those were.
pub(crate) async fn delete_former(
    db: &mut PgConnection,
    tenant: TenantId,
    (provider, configuration): (PacticipantId, &str),
    before: DateTime<Utc>,
    most: i64,
) -> sqlx::Result<u64> {
    let deleted = sqlx::query!(
        r#"
        delete from comparison
        where comparison.tenant_id = $1
          and comparison.ctid = any(array(
              select former.ctid
              from comparison as former
              left join comparison_setting on comparison_setting.tenant_id = $1
                                          and comparison_setting.provider_id = $2
              cross join lateral (
                  select comparison.id
                  from comparison
                  where comparison.tenant_id = $1
                    and comparison.contract_content_id = former.contract_content_id
                    and comparison.provider_content_id = former.provider_content_id
                    and comparison.configuration = coalesce(comparison_setting.configuration, 'usual')
                    and comparison.in_force
                    and comparison.created_at < $4
                  limit 1
              ) as present
              where former.tenant_id = $1
                and former.provider_id = $2
                and former.configuration = $3
                and former.configuration <> coalesce(comparison_setting.configuration, 'usual')
              limit $5
          ))
        "#,
        tenant.0,
        provider.0,
        configuration,
        before,
        most,
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected())
}

/// Removes some of the judgements that wait to be accepted and were overtaken: a newer one waits as well, or counts.
pub(crate) async fn delete_outdated(db: &mut PgConnection, tenant: TenantId, most: i64) -> sqlx::Result<u64> {
    let deleted = sqlx::query!(
        r#"
        delete from comparison
        where comparison.tenant_id = $1
          and not comparison.in_force
          and comparison.ctid = any(array(
              select older.ctid
              from comparison as older
              cross join lateral (
                  select comparison.id
                  from comparison
                  where comparison.tenant_id = $1
                    and comparison.contract_content_id = older.contract_content_id
                    and comparison.provider_content_id = older.provider_content_id
                    and comparison.configuration = older.configuration
                    and comparison.engine > older.engine
                  limit 1
              ) as newer
              where older.tenant_id = $1
                and not older.in_force
              limit $2
          ))
        "#,
        tenant.0,
        most,
    )
    .execute(db)
    .await?;
    Ok(deleted.rows_affected())
}
