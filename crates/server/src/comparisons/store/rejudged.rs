//! Judging anew with a newer version of the judgement. The older outcome counts until it is accepted that it changed.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Uncompared, Written};
use crate::ids::TenantId;

/// Pairs whose comparison that counts is by an older version of the judgement, and that were not judged by this one.
pub(crate) async fn list_outdated(
    db: &mut PgConnection,
    tenant: TenantId,
    engine: i32,
    most: i64,
) -> sqlx::Result<Vec<Uncompared>> {
    sqlx::query_as!(
        Uncompared,
        r#"
        select comparison.contract_content_id as contract, comparison.provider_content_id as document,
               provider_contract_content.specification, provider_contract_content.sha as document_sha,
               comparison_setting.profile as "profile?", comparison_setting.severities as "severities?",
               comparison_setting.configuration as "configuration?"
        from comparison
        join provider_contract_content on provider_contract_content.tenant_id = $1
                                      and provider_contract_content.id = comparison.provider_content_id
        left join comparison_setting on comparison_setting.tenant_id = $1
                                    and comparison_setting.provider_id = comparison.provider_id
        where comparison.tenant_id = $1
          and comparison.in_force
          and comparison.engine < $2
          and comparison.configuration = coalesce(comparison_setting.configuration, 'usual')
          and not exists (
              select from comparison as newer
              where newer.tenant_id = $1
                and newer.contract_content_id = comparison.contract_content_id
                and newer.provider_content_id = comparison.provider_content_id
                and newer.configuration = comparison.configuration
                and newer.engine = $2
          )
        order by comparison.provider_content_id, comparison.contract_content_id
        limit $3
        "#,
        tenant.0,
        engine,
        most,
    )
    .fetch_all(db)
    .await
}

/// Lets new judgements count: those that come to the outcome that counts, or all, of any provider or of one. Returns those
/// that count now.
pub(crate) async fn promote(
    db: &mut PgConnection,
    tenant: TenantId,
    engine: i32,
    all: bool,
    provider: Option<&str>,
) -> sqlx::Result<Vec<Written>> {
    sqlx::query!(
        r#"
        delete from comparison as older
        using comparison as newer
        where older.tenant_id = $1
          and older.in_force
          and older.engine < $2
          and newer.tenant_id = $1
          and newer.contract_content_id = older.contract_content_id
          and newer.provider_content_id = older.provider_content_id
          and newer.configuration = older.configuration
          and newer.engine = $2
          and not newer.in_force
          and ($3 or newer.outcome = older.outcome)
          and ($4::text is null or newer.provider_id = (
                  select pacticipant.id
                  from pacticipant
                  where pacticipant.tenant_id = $1
                    and pacticipant.name = $4
              ))
        "#,
        tenant.0,
        engine,
        all,
        provider,
    )
    .execute(&mut *db)
    .await?;
    let promoted = sqlx::query_as!(
        Written,
        r#"
        update comparison
        set in_force = true
        where comparison.tenant_id = $1
          and not comparison.in_force
          and comparison.engine = $2
          and not exists (
              select from comparison as other
              where other.tenant_id = $1
                and other.contract_content_id = comparison.contract_content_id
                and other.provider_content_id = comparison.provider_content_id
                and other.configuration = comparison.configuration
                and other.in_force
          )
        returning id, contract_content_id as contract, provider_content_id as document, configuration
        "#,
        tenant.0,
        engine,
    )
    .fetch_all(&mut *db)
    .await?;
    sqlx::query!("delete from comparison where tenant_id = $1 and not in_force and engine < $2", tenant.0, engine,)
        .execute(db)
        .await?;
    Ok(promoted)
}

/// Two outcomes of a pair: the one that counts, and the one that waits to be accepted.
pub(crate) struct Change {
    pub(crate) consumer: String,
    pub(crate) provider: String,
    pub(crate) contract_sha: String,
    pub(crate) document_sha: String,
    /// The newest that has the document, if any still does.
    pub(crate) provider_version: Option<String>,
    pub(crate) outcome: String,
    pub(crate) engine: i32,
    pub(crate) new_outcome: String,
    pub(crate) new_engine: i32,
    pub(crate) new_errors: i32,
    pub(crate) judged_at: DateTime<Utc>,
}

/// By the order in which they were judged; and how many there are.
pub(crate) async fn list_changes(
    db: &mut PgConnection,
    tenant: TenantId,
    limit: Option<i64>,
    offset: i64,
) -> sqlx::Result<(Vec<Change>, i64)> {
    let total = sqlx::query_scalar!(
        r#"select count(*) as "count!" from comparison where tenant_id = $1 and not in_force"#,
        tenant.0,
    )
    .fetch_one(&mut *db)
    .await?;
    let changes = sqlx::query_as!(
        Change,
        r#"
        select consumer.name as consumer, provider.name as provider, contract_content.sha as contract_sha,
               provider_contract_content.sha as document_sha, provider_version.number as "provider_version?",
               older.outcome, older.engine, newer.outcome as new_outcome, newer.engine as new_engine,
               newer.errors as new_errors, newer.created_at as judged_at
        from comparison as newer
        join comparison as older on older.tenant_id = $1
                                and older.contract_content_id = newer.contract_content_id
                                and older.provider_content_id = newer.provider_content_id
                                and older.configuration = newer.configuration
                                and older.in_force
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.id = newer.contract_content_id
        join provider_contract_content on provider_contract_content.tenant_id = $1
                                      and provider_contract_content.id = newer.provider_content_id
        join pacticipant as consumer on consumer.tenant_id = $1
                                    and consumer.id = newer.consumer_id
        join pacticipant as provider on provider.tenant_id = $1
                                    and provider.id = newer.provider_id
        left join lateral (
            select version.number
            from provider_contract
            join version on version.tenant_id = $1
                        and version.id = provider_contract.version_id
            where provider_contract.tenant_id = $1
              and provider_contract.content_id = newer.provider_content_id
            order by provider_contract.position desc
            limit 1
        ) as provider_version on true
        where newer.tenant_id = $1
          and not newer.in_force
        order by newer.id
        limit $2
        offset $3
        "#,
        tenant.0,
        limit,
        offset,
    )
    .fetch_all(db)
    .await?;
    Ok((changes, total))
}
