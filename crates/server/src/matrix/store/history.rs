//! The rows of questions about any version, as factors: contracts, and results of their contents. Their product, which
//! the matrix is, may be thousands of times as large and is never read.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::super::query::LatestBy;
use super::rows::Between;
use crate::ids::TenantId;

/// A contract in question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Promised {
    pub(crate) consumer_id: i64,
    pub(crate) provider_id: i64,
    pub(crate) version_id: i64,
    pub(crate) position: i64,
    pub(crate) content_id: i64,
    pub(crate) published_at: DateTime<Utc>,
    /// It is in question only because a version in question has verified it.
    pub(crate) as_verified: bool,
}

/// A result of a content in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Judged {
    pub(crate) content_id: i64,
    pub(crate) version_id: i64,
    /// The version's; known where only the latest results are read.
    pub(crate) position: Option<i64>,
    pub(crate) success: bool,
    pub(crate) number: i64,
    pub(crate) verified_at: DateTime<Utc>,
    /// It is in question because any version of the provider is, not because this one is.
    pub(crate) of_any: bool,
}

/// How many contracts and how many results an answer is drawn from at most.
pub(crate) const MOST_FACTORS: i64 = 250_000;

/// The contracts in question, but for those that are so as verified. At most one more than [`MOST_FACTORS`]; one may come
/// more than once.
pub(crate) async fn list_promised(
    db: &mut PgConnection,
    tenant: TenantId,
    between: &Between,
) -> sqlx::Result<Vec<Promised>> {
    let (versions, their_providers): (Vec<i64>, Vec<i64>) = between.contracts.iter().copied().unzip();
    let (consumers, providers): (Vec<i64>, Vec<i64>) = between.any_contract.iter().copied().unzip();
    sqlx::query_as!(
        Promised,
        r#"
        select contract.consumer_id as "consumer_id!", contract.provider_id as "provider_id!",
               contract.consumer_version_id as "version_id!", contract.position as "position!",
               contract.content_id as "content_id!", contract.created_at as "published_at!", false as "as_verified!"
        from unnest($2::bigint[], $3::bigint[]) as wanted (version_id, provider_id)
        join contract on contract.tenant_id = $1
                     and contract.consumer_version_id = wanted.version_id
                     and contract.provider_id = wanted.provider_id
        union all
        select contract.consumer_id, contract.provider_id, contract.consumer_version_id, contract.position,
               contract.content_id, contract.created_at, false
        from unnest($4::bigint[], $5::bigint[]) as wanted (consumer_id, provider_id)
        join contract on contract.tenant_id = $1
                     and contract.consumer_id = wanted.consumer_id
                     and contract.provider_id = wanted.provider_id
        limit $6
        "#,
        tenant.0,
        &versions,
        &their_providers,
        &consumers,
        &providers,
        MOST_FACTORS + 1,
    )
    .fetch_all(db)
    .await
}

/// The contracts whose content these provider versions have verified, at most one more than [`MOST_FACTORS`]. The order
/// changes nothing but the plan: without it all contracts may be read to find those of some contents.
pub(crate) async fn list_verified(
    db: &mut PgConnection,
    tenant: TenantId,
    versions: &[i64],
) -> sqlx::Result<Vec<Promised>> {
    sqlx::query_as!(
        Promised,
        r#"
        select contract.consumer_id, contract.provider_id, contract.version_id, contract.position, contract.content_id,
               contract.published_at, true as "as_verified!"
        from (
            select distinct verification.content_id
            from unnest($2::bigint[]) as verifier (version_id)
            join verification on verification.tenant_id = $1
                             and verification.provider_version_id = verifier.version_id
        ) as verified
        cross join lateral (
            select contract.consumer_id, contract.provider_id, contract.consumer_version_id as version_id,
                   contract.position, contract.content_id, contract.created_at as published_at
            from contract
            where contract.tenant_id = $1
              and contract.content_id = verified.content_id
            order by contract.position desc
        ) as contract
        limit $3
        "#,
        tenant.0,
        versions,
        MOST_FACTORS + 1,
    )
    .fetch_all(db)
    .await
}

/// Contents with their providers: those of which any version's results count, and those of which certain ones' do.
#[derive(Default)]
pub(crate) struct Contents {
    pub(crate) of_any: Vec<i64>,
    pub(crate) of_some: Vec<(i64, i64)>,
}

/// At most one more than [`MOST_FACTORS`]. Certain versions are `between.provider_versions` and `between.verified_by`.
pub(crate) async fn list_judged(
    db: &mut PgConnection,
    tenant: TenantId,
    contents: &Contents,
    between: &Between,
    latest_by: LatestBy,
) -> sqlx::Result<Vec<Judged>> {
    let (contents_of_some, their_providers): (Vec<i64>, Vec<i64>) = contents.of_some.iter().copied().unzip();
    let (verifiers, verifier_versions): (Vec<i64>, Vec<i64>) = between.provider_versions.iter().copied().unzip();
    sqlx::query_as!(
        Judged,
        r#"
        select verification.content_id as "content_id!", verification.provider_version_id as "version_id!",
               verification.provider_position as "position?", verification.success as "success!",
               verification.number as "number!", verification.verified_at as "verified_at!", true as "of_any!"
        from unnest($2::bigint[]) as content (id)
        join verification on verification.tenant_id = $1
                         and verification.content_id = content.id
        where not $8
        union all
        select verification_log.content_id, verification_log.provider_version_id, null, verification_log.success,
               verification_log.number, verification_log.created_at, true
        from unnest($2::bigint[]) as content (id)
        join verification_log on verification_log.tenant_id = $1
                             and verification_log.content_id = content.id
        where $8
        union all
        select verification.content_id, verification.provider_version_id, verification.provider_position,
               verification.success, verification.number, verification.verified_at, false
        from unnest($3::bigint[], $4::bigint[]) as content (id, provider_id)
        join (
            select wanted.provider_id, wanted.version_id
            from unnest($5::bigint[], $6::bigint[]) as wanted (provider_id, version_id)
            union all
            select version.pacticipant_id, version.id
            from unnest($7::bigint[]) as verifier (version_id)
            join version on version.tenant_id = $1
                        and version.id = verifier.version_id
        ) as wanted on wanted.provider_id = content.provider_id
        join verification on verification.tenant_id = $1
                         and verification.content_id = content.id
                         and verification.provider_version_id = wanted.version_id
        where not $8
        union all
        select verification_log.content_id, verification_log.provider_version_id, null, verification_log.success,
               verification_log.number, verification_log.created_at, false
        from unnest($3::bigint[], $4::bigint[]) as content (id, provider_id)
        join (
            select wanted.provider_id, wanted.version_id
            from unnest($5::bigint[], $6::bigint[]) as wanted (provider_id, version_id)
            union all
            select version.pacticipant_id, version.id
            from unnest($7::bigint[]) as verifier (version_id)
            join version on version.tenant_id = $1
                        and version.id = verifier.version_id
        ) as wanted on wanted.provider_id = content.provider_id
        join verification_log on verification_log.tenant_id = $1
                             and verification_log.provider_version_id = wanted.version_id
                             and verification_log.content_id = content.id
        where $8
        limit $9
        "#,
        tenant.0,
        &contents.of_any,
        &contents_of_some,
        &their_providers,
        &verifiers,
        &verifier_versions,
        &between.verified_by,
        latest_by == LatestBy::All,
        MOST_FACTORS + 1,
    )
    .fetch_all(db)
    .await
}

/// What is shown of a version or a content that is only known by its id.
pub(crate) enum Name {
    Version { id: i64, number: String, position: i64 },
    Content { id: i64, sha: String },
}

pub(crate) async fn list_names(
    db: &mut PgConnection,
    tenant: TenantId,
    versions: &[i64],
    contents: &[i64],
) -> sqlx::Result<Vec<Name>> {
    let lines = sqlx::query!(
        r#"
        select version.id as "id!", version.number as "text!", version.position as "position?"
        from unnest($2::bigint[]) as wanted (id)
        join version on version.tenant_id = $1
                    and version.id = wanted.id
        union all
        select contract_content.id, contract_content.sha, null
        from unnest($3::bigint[]) as wanted (id)
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.id = wanted.id
        "#,
        tenant.0,
        versions,
        contents,
    )
    .fetch_all(db)
    .await?;
    let names = lines.into_iter().map(|line| match line.position {
        Some(position) => Name::Version { id: line.id, number: line.text, position },
        None => Name::Content { id: line.id, sha: line.text },
    });
    Ok(names.collect())
}
