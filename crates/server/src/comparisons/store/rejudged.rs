//! Judging anew with a newer version of the judgement. The older outcome counts until it is accepted that it changed.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Pair, Uncompared, Written};
use crate::ids::{PacticipantId, TenantId};

/// A comparison that counts and is by an older version of the judgement.
pub(crate) struct Outdated {
    /// By what it is ordered.
    pub(crate) engine: i32,
    pub(crate) id: i64,
    /// Whether it is by the provider's present settings, and this version has not judged the pair.
    pub(crate) is_open: bool,
    pub(crate) pair: Uncompared,
}

/// Those by an older version of the judgement that come after one, as they stand in the index.
pub(crate) async fn list_outdated(
    db: &mut PgConnection,
    tenant: TenantId,
    engine: i32,
    (after_engine, after_id): (i32, i64),
    most: i64,
) -> sqlx::Result<Vec<Outdated>> {
    let rows = sqlx::query!(
        r#"
        select outdated.engine, outdated.id, outdated.contract_content_id as contract, outdated.provider_content_id as document,
               offered.specification, offered.sha as document_sha, comparison_setting.profile as "profile?",
               comparison_setting.severities as "severities?", comparison_setting.configuration as "configuration?",
               outdated.configuration = coalesce(comparison_setting.configuration, 'usual') and newer.engine is null
                   as "is_open!"
        from (
            select comparison.engine, comparison.id, comparison.contract_content_id, comparison.provider_content_id,
                   comparison.configuration, comparison.provider_id
            from comparison
            where comparison.tenant_id = $1
              and comparison.in_force
              and comparison.engine < $2
              and (comparison.engine, comparison.id) > ($3, $4)
            order by comparison.engine, comparison.id
            limit $5
        ) as outdated
        cross join lateral (
            select provider_contract_content.specification, provider_contract_content.sha
            from provider_contract_content
            where provider_contract_content.tenant_id = $1
              and provider_contract_content.id = outdated.provider_content_id
            limit 1
        ) as offered
        left join lateral (
            -- The limit keeps it a look-up for each.
            select judged.engine
            from comparison as judged
            where judged.tenant_id = $1
              and judged.contract_content_id = outdated.contract_content_id
              and judged.provider_content_id = outdated.provider_content_id
              and judged.configuration = outdated.configuration
              and judged.engine = $2
            limit 1
        ) as newer on true
        left join comparison_setting on comparison_setting.tenant_id = $1
                                    and comparison_setting.provider_id = outdated.provider_id
        order by outdated.engine, outdated.id
        "#,
        tenant.0,
        engine,
        after_engine,
        after_id,
        most,
    )
    .fetch_all(db)
    .await?;
    let outdated = rows.into_iter().map(|row| Outdated {
        engine: row.engine,
        id: row.id,
        is_open: row.is_open,
        pair: Uncompared {
            contract: row.contract,
            document: row.document,
            specification: row.specification,
            document_sha: row.document_sha,
            profile: row.profile,
            severities: row.severities,
            configuration: row.configuration,
        },
    });
    Ok(outdated.collect())
}

/// What a comparison is found by, besides the version of the judgement.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) pair: Pair,
    pub(crate) configuration: String,
}

/// Judgements of a version that wait to be accepted and come after one: their ids, and by what they are found. Of any provider
/// or of one.
pub(crate) async fn list_waiting(
    db: &mut PgConnection,
    tenant: TenantId,
    engine: i32,
    provider: Option<&str>,
    (after, most): (i64, i64),
) -> sqlx::Result<Vec<(i64, Key)>> {
    let rows = sqlx::query!(
        r#"
        select comparison.id, comparison.contract_content_id, comparison.provider_content_id, comparison.configuration
        from comparison
        where comparison.tenant_id = $1
          and not comparison.in_force
          and comparison.engine = $2
          and comparison.id > $4
          and ($3::text is null or comparison.provider_id = (
                  select pacticipant.id
                  from pacticipant
                  where pacticipant.tenant_id = $1
                    and pacticipant.name = $3
              ))
        order by comparison.id
        limit $5
        "#,
        tenant.0,
        engine,
        provider,
        after,
        most,
    )
    .fetch_all(db)
    .await?;
    let waiting = rows.into_iter().map(|row| {
        let pair = Pair { contract: row.contract_content_id, document: row.provider_content_id };
        (row.id, Key { pair, configuration: row.configuration })
    });
    Ok(waiting.collect())
}

/// Lets new judgements count: those that come to the outcome that counts, or all. What they replace is removed. Returns
/// those that count now.
pub(crate) async fn promote(
    db: &mut PgConnection,
    tenant: TenantId,
    engine: i32,
    all: bool,
    keys: &[Key],
) -> sqlx::Result<Vec<Written>> {
    let contracts: Vec<i64> = keys.iter().map(|key| key.pair.contract).collect();
    let documents: Vec<i64> = keys.iter().map(|key| key.pair.document).collect();
    let configurations: Vec<&str> = keys.iter().map(|key| key.configuration.as_str()).collect();
    sqlx::query!(
        r#"
        delete from comparison as older
        using (
            select wanted.contract_id, wanted.document_id, wanted.configuration, newer.outcome
            from unnest($4::bigint[], $5::bigint[], $6::text[]) as wanted (contract_id, document_id, configuration)
            cross join lateral (
                select comparison.outcome
                from comparison
                where comparison.tenant_id = $1
                  and comparison.contract_content_id = wanted.contract_id
                  and comparison.provider_content_id = wanted.document_id
                  and comparison.configuration = wanted.configuration
                  and comparison.engine = $2
                  -- Said so that it is found by its key, and not among all that wait.
                  and comparison.in_force is not true
                limit 1
            ) as newer
        ) as judged
        where older.tenant_id = $1
          and older.contract_content_id = judged.contract_id
          and older.provider_content_id = judged.document_id
          and older.configuration = judged.configuration
          and older.engine < $2
          and (not older.in_force or $3 or older.outcome = judged.outcome)
        "#,
        tenant.0,
        engine,
        all,
        &contracts,
        &documents,
        &configurations as &[&str],
    )
    .execute(&mut *db)
    .await?;
    sqlx::query_as!(
        Written,
        r#"
        update comparison
        set in_force = true
        from unnest($3::bigint[], $4::bigint[], $5::text[]) as wanted (contract_id, document_id, configuration)
        where comparison.tenant_id = $1
          and comparison.contract_content_id = wanted.contract_id
          and comparison.provider_content_id = wanted.document_id
          and comparison.configuration = wanted.configuration
          and comparison.engine = $2
          -- As above.
          and comparison.in_force is not true
          and not exists (
              select from comparison as other
              where other.tenant_id = $1
                and other.contract_content_id = wanted.contract_id
                and other.provider_content_id = wanted.document_id
                and other.configuration = wanted.configuration
                and other.in_force
          )
        returning comparison.id, comparison.contract_content_id as contract, comparison.provider_content_id as document,
                  comparison.configuration
        "#,
        tenant.0,
        engine,
        &contracts,
        &documents,
        &configurations as &[&str],
    )
    .fetch_all(db)
    .await
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

/// How many outcomes of a provider wait to be accepted.
pub(crate) async fn count_changes(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
        from comparison
        where tenant_id = $1
          and not in_force
          and provider_id = $2
        "#,
        tenant.0,
        provider.0,
    )
    .fetch_one(db)
    .await
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
