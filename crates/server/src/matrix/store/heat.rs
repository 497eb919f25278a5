//! SQL of the matrix's pages: the versions of two applications with their results, and all applications in an environment.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use pactolus_domain::gate::{Comparison, Offer};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::TenantId;

/// Which versions of a side are shown.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Part<'a> {
    pub(crate) branch: Option<&'a str>,
    /// Only versions older than this position.
    pub(crate) before: Option<i64>,
    pub(crate) most: i64,
}

/// A consumer version with its contract.
#[derive(Clone, Debug)]
pub(crate) struct Promise {
    pub(crate) version_id: i64,
    pub(crate) number: String,
    pub(crate) position: i64,
    pub(crate) content_id: i64,
    pub(crate) sha: String,
    pub(crate) published_at: DateTime<Utc>,
}

/// A provider version.
#[derive(Clone, Debug)]
pub(crate) struct Build {
    pub(crate) version_id: i64,
    pub(crate) number: String,
    pub(crate) position: i64,
}

/// What is known of a content beside a version; at least one of the two.
#[derive(Clone, Debug)]
pub(crate) struct Tried {
    pub(crate) content_id: i64,
    pub(crate) provider_version_id: i64,
    /// `None` when nobody has verified it.
    pub(crate) verified: Option<Verified>,
    /// `None` when the version has published no document.
    pub(crate) offer: Option<Offer>,
    /// When it was held against the document, if it was.
    pub(crate) compared_at: Option<DateTime<Utc>>,
}

/// How verifying a content ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verified {
    pub(crate) success: bool,
    /// A failure that was not to break the provider's build.
    pub(crate) pending: bool,
    pub(crate) number: i64,
    pub(crate) at: DateTime<Utc>,
}

/// The position of a version, to go on from it.
pub(crate) async fn find_position(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: i64,
    number: &str,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        r#"
        select position
        from version
        where tenant_id = $1
          and pacticipant_id = $2
          and number = $3
        "#,
        tenant.0,
        pacticipant,
        number,
    )
    .fetch_optional(db)
    .await
}

/// The consumer versions that have a contract with the provider, newest first.
pub(crate) async fn list_promises(
    db: &mut PgConnection,
    tenant: TenantId,
    consumer: i64,
    provider: i64,
    part: Part<'_>,
) -> sqlx::Result<Vec<Promise>> {
    sqlx::query_as!(
        Promise,
        r#"
        select version.id as version_id, version.number, version.position, contract.content_id, contract_content.sha,
               contract.created_at as published_at
        from contract
        join version on version.tenant_id = $1
                    and version.id = contract.consumer_version_id
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.id = contract.content_id
        where contract.tenant_id = $1
          and contract.consumer_id = $2
          and contract.provider_id = $3
          and contract.position < coalesce($4::bigint, 9223372036854775807)
          and ($5::text is null or exists (
              select
              from branch_version
              where branch_version.tenant_id = $1
                and branch_version.version_id = contract.consumer_version_id
                and branch_version.branch = $5
          ))
        order by contract.position desc
        limit $6
        "#,
        tenant.0,
        consumer,
        provider,
        part.before,
        part.branch,
        part.most,
    )
    .fetch_all(db)
    .await
}

/// How many consumer versions have a contract with the provider.
pub(crate) async fn count_promises(
    db: &mut PgConnection,
    tenant: TenantId,
    consumer: i64,
    provider: i64,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
        from contract
        where tenant_id = $1
          and consumer_id = $2
          and provider_id = $3
        "#,
        tenant.0,
        consumer,
        provider,
    )
    .fetch_one(db)
    .await
}

/// Where the page before begins: the position of the consumer version that is so many versions newer.
pub(crate) async fn find_newer_promise(
    db: &mut PgConnection,
    tenant: TenantId,
    consumer: i64,
    provider: i64,
    branch: Option<&str>,
    (than, by): (i64, i64),
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        r#"
        select version.number
        from contract
        join version on version.tenant_id = $1
                    and version.id = contract.consumer_version_id
        where contract.tenant_id = $1
          and contract.consumer_id = $2
          and contract.provider_id = $3
          and contract.position > $4
          and ($5::text is null or exists (
              select
              from branch_version
              where branch_version.tenant_id = $1
                and branch_version.version_id = contract.consumer_version_id
                and branch_version.branch = $5
          ))
        order by contract.position
        offset $6
        limit 1
        "#,
        tenant.0,
        consumer,
        provider,
        than,
        branch,
        by,
    )
    .fetch_optional(db)
    .await
}

/// The versions of the provider, newest first.
pub(crate) async fn list_builds(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: i64,
    part: Part<'_>,
) -> sqlx::Result<Vec<Build>> {
    sqlx::query_as!(
        Build,
        r#"
        select version.id as version_id, version.number, version.position
        from version
        where version.tenant_id = $1
          and version.pacticipant_id = $2
          and version.position < coalesce($3::bigint, 9223372036854775807)
          and ($4::text is null or exists (
              select
              from branch_version
              where branch_version.tenant_id = $1
                and branch_version.version_id = version.id
                and branch_version.branch = $4
          ))
        order by version.position desc
        limit $5
        "#,
        tenant.0,
        provider,
        part.before,
        part.branch,
        part.most,
    )
    .fetch_all(db)
    .await
}

/// As [`find_newer_promise`], of the provider.
pub(crate) async fn find_newer_build(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: i64,
    branch: Option<&str>,
    (than, by): (i64, i64),
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        r#"
        select version.number
        from version
        where version.tenant_id = $1
          and version.pacticipant_id = $2
          and version.position > $3
          and ($4::text is null or exists (
              select
              from branch_version
              where branch_version.tenant_id = $1
                and branch_version.version_id = version.id
                and branch_version.branch = $4
          ))
        order by version.position
        offset $5
        limit 1
        "#,
        tenant.0,
        provider,
        than,
        branch,
        by,
    )
    .fetch_optional(db)
    .await
}

struct RawTried {
    content_id: i64,
    provider_version_id: i64,
    success: Option<bool>,
    pending: bool,
    number: Option<i64>,
    verified_at: Option<DateTime<Utc>>,
    outcome: Option<String>,
    kept: Option<bool>,
    compared_at: Option<DateTime<Utc>>,
}

impl RawTried {
    fn tried(self) -> Tried {
        let verified = match (self.success, self.number, self.verified_at) {
            (Some(success), Some(number), Some(at)) => Some(Verified { success, pending: self.pending, number, at }),
            _ => None,
        };
        Tried {
            content_id: self.content_id,
            provider_version_id: self.provider_version_id,
            verified,
            offer: offer(self.success, self.kept, self.outcome.as_deref()),
            compared_at: self.compared_at,
        }
    }
}

/// `outcome` is `None` where no document was published.
fn offer(verified: Option<bool>, kept: Option<bool>, outcome: Option<&str>) -> Option<Offer> {
    outcome.map(|word| Offer { verified, kept, comparison: Comparison::of(Some(word)) })
}

/// The latest results of these contents with these versions, and what the versions' documents say of them, each looked up
/// by its key.
pub(crate) async fn list_tried(
    db: &mut PgConnection,
    tenant: TenantId,
    contents: &[i64],
    versions: &[i64],
) -> sqlx::Result<Vec<Tried>> {
    let tried = sqlx::query_as!(
        RawTried,
        r#"
        select content.id as "content_id!", version.id as "provider_version_id!", result.success as "success?",
               coalesce(verification_log.pending, false) as "pending!", result.number as "number?",
               result.verified_at as "verified_at?", case when offered.content_id is not null
                                                          then coalesce(compared.outcome, 'pending') end as "outcome?",
               offered.kept as "kept?", compared.created_at as "compared_at?"
        from unnest((select $3::bigint[])) as version (id)
        left join lateral (
            select provider_contract.content_id, provider_contract_verification.success as kept,
                   coalesce(comparison_setting.configuration, 'usual') as configuration
            from provider_contract
            left join provider_contract_verification
                   on provider_contract_verification.tenant_id = $1
                  and provider_contract_verification.id = provider_contract.verification_id
            left join comparison_setting on comparison_setting.tenant_id = $1
                                        and comparison_setting.provider_id = provider_contract.provider_id
            where provider_contract.tenant_id = $1
              and provider_contract.version_id = version.id
            limit 1
        ) as offered on true
        cross join unnest((select $2::bigint[])) as content (id)
        left join lateral (
            select verification.success, verification.number, verification.verified_at
            from verification
            where verification.tenant_id = $1
              and verification.content_id = content.id
              and verification.provider_version_id = version.id
            limit 1
        ) as result on true
        left join lateral (
            select comparison.outcome, comparison.created_at
            from comparison
            where comparison.tenant_id = $1
              and comparison.contract_content_id = content.id
              and comparison.provider_content_id = offered.content_id
              and comparison.configuration = offered.configuration
              and comparison.in_force
            limit 1
        ) as compared on true
        left join verification_log on verification_log.tenant_id = $1
                                  and verification_log.number = result.number
                                  and not result.success
        where result.number is not null
           or offered.content_id is not null
        "#,
        tenant.0,
        contents,
        versions,
    )
    .fetch_all(db)
    .await?;
    Ok(tried.into_iter().map(RawTried::tried).collect())
}

/// That a version runs or is supported somewhere.
#[derive(Clone, Debug)]
pub(crate) struct Runs {
    pub(crate) version_id: i64,
    pub(crate) environment: String,
}

/// What of the two applications is where.
pub(crate) async fn list_running(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipants: &[i64],
) -> sqlx::Result<Vec<Runs>> {
    sqlx::query_as!(
        Runs,
        r#"
        with there as (
            select deployed_version.version_id, deployed_version.environment_id
            from deployed_version
            where deployed_version.tenant_id = $1
              and deployed_version.pacticipant_id = any($2)
              and deployed_version.undeployed_at is null
            union
            select released_version.version_id, released_version.environment_id
            from released_version
            where released_version.tenant_id = $1
              and released_version.pacticipant_id = any($2)
              and released_version.support_ended_at is null
        )
        select version.id as version_id, environment.name as environment
        from there
        join version on version.tenant_id = $1
                    and version.id = there.version_id
        join environment on environment.tenant_id = $1
                        and environment.id = there.environment_id
        order by environment.production, environment.created_at, environment.name, version.position
        "#,
        tenant.0,
        pacticipants,
    )
    .fetch_all(db)
    .await
}

/// Branches of a pacticipant, the busiest of late first.
pub(crate) async fn list_branch_names(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: i64,
    most: i64,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select branch_head.branch
        from branch_head
        join version on version.tenant_id = $1
                    and version.id = branch_head.version_id
        where branch_head.tenant_id = $1
          and branch_head.pacticipant_id = $2
        order by version.position desc
        limit $3
        "#,
        tenant.0,
        pacticipant,
        most,
    )
    .fetch_all(db)
    .await
}

/// What the contracts between two applications say in an environment.
#[derive(Clone, Debug)]
pub(crate) struct InEnvironment {
    pub(crate) consumer: String,
    pub(crate) provider: String,
    pub(crate) passed: i64,
    pub(crate) failed: i64,
    /// Without result, or without anything of the provider there.
    pub(crate) unknown: i64,
}

/// Every pair of applications of which the consumer is in the environment and has a contract.
pub(crate) async fn list_in_environment(
    db: &mut PgConnection,
    tenant: TenantId,
    environment: Uuid,
) -> sqlx::Result<Vec<InEnvironment>> {
    let counted = sqlx::query!(
        r#"
        with there as materialized (
            select deployed_version.pacticipant_id, deployed_version.version_id
            from deployed_version
            where deployed_version.tenant_id = $1
              and deployed_version.environment_id = $2
              and deployed_version.undeployed_at is null
            union
            select released_version.pacticipant_id, released_version.version_id
            from released_version
            where released_version.tenant_id = $1
              and released_version.environment_id = $2
              and released_version.support_ended_at is null
        ),
        pair as (
            select contract.consumer_id, contract.provider_id, result.success, offer.outcome, offer.kept,
                   count(*) as contracts
            from there as consumer
            join contract on contract.tenant_id = $1
                         and contract.consumer_version_id = consumer.version_id
            left join there as provider on provider.pacticipant_id = contract.provider_id
            left join lateral (
                select verification.success
                from verification
                where verification.tenant_id = $1
                  and verification.content_id = contract.content_id
                  and verification.provider_version_id = provider.version_id
                limit 1
            ) as result on true
            left join lateral (
                select coalesce(comparison.outcome, 'pending') as outcome, provider_contract_verification.success as kept
                from provider_contract
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
                  and provider_contract.version_id = provider.version_id
                limit 1
            ) as offer on true
            group by contract.consumer_id, contract.provider_id, result.success, offer.outcome, offer.kept
        )
        select consumer.name as consumer, provider.name as provider, pair.success as "success?", pair.outcome as "outcome?",
               pair.kept as "kept?", pair.contracts as "contracts!"
        from pair
        join pacticipant as consumer on consumer.tenant_id = $1
                                    and consumer.id = pair.consumer_id
        join pacticipant as provider on provider.tenant_id = $1
                                    and provider.id = pair.provider_id
        "#,
        tenant.0,
        environment,
    )
    .fetch_all(db)
    .await?;
    let mut pairs: BTreeMap<(String, String), InEnvironment> = BTreeMap::new();
    for one in counted {
        let names = (one.consumer.clone(), one.provider.clone());
        let pair = pairs.entry(names).or_insert(InEnvironment {
            consumer: one.consumer,
            provider: one.provider,
            passed: 0,
            failed: 0,
            unknown: 0,
        });
        let offer = offer(one.success, one.kept, one.outcome.as_deref());
        let of = match offer.map_or(one.success, |offer| offer.success()) {
            Some(true) => &mut pair.passed,
            Some(false) => &mut pair.failed,
            None => &mut pair.unknown,
        };
        *of += one.contracts;
    }
    Ok(pairs.into_values().collect())
}

/// Applications and their labels.
pub(crate) async fn list_labels(db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Vec<(String, String)>> {
    let labels = sqlx::query!(
        r#"
        select pacticipant.name as pacticipant, label.name as label
        from label
        join pacticipant on pacticipant.tenant_id = $1
                        and pacticipant.id = label.pacticipant_id
        where label.tenant_id = $1
        order by label.name, pacticipant.name
        "#,
        tenant.0,
    )
    .fetch_all(db)
    .await?;
    Ok(labels.into_iter().map(|one| (one.pacticipant, one.label)).collect())
}
