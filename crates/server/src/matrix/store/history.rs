//! The rows of questions about any version, as factors: contracts, and results of their contents. Their product, which
//! the matrix is, may be thousands of times as large and is never read.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use pactolus_domain::gate::{Comparison, Offer};
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
    /// What it says together with what the version offers.
    pub(crate) success: Option<bool>,
    /// `None` when nobody has verified it: what the version offers says it alone.
    pub(crate) number: Option<i64>,
    /// When it was verified, or else compared with what the version offers, or else when the version published that.
    pub(crate) at: DateTime<Utc>,
    pub(crate) offer: Option<Offer>,
    pub(crate) compared_at: Option<DateTime<Utc>>,
    /// It is in question because any version of the provider is, not because this one is.
    pub(crate) of_any: bool,
}

/// A result of verifying a content.
struct RawJudged {
    content_id: i64,
    version_id: i64,
    position: Option<i64>,
    success: bool,
    number: i64,
    verified_at: DateTime<Utc>,
    of_any: bool,
}

/// What a version's document says of a content.
struct RawOffer {
    content_id: i64,
    version_id: i64,
    position: i64,
    kept: Option<bool>,
    /// `None` when the two are not compared yet.
    outcome: Option<String>,
    compared_at: Option<DateTime<Utc>>,
    published_at: DateTime<Utc>,
    of_any: bool,
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

/// The contracts whose content these provider versions have verified, or were compared with what they offer, at most one more than [`MOST_FACTORS`]. The order
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
            select verification.content_id
            from unnest($2::bigint[]) as verifier (version_id)
            join verification on verification.tenant_id = $1
                             and verification.provider_version_id = verifier.version_id
            union
            select comparison.contract_content_id
            from unnest($2::bigint[]) as verifier (version_id)
            join provider_contract on provider_contract.tenant_id = $1
                                  and provider_contract.version_id = verifier.version_id
            join comparison on comparison.tenant_id = $1
                           and comparison.provider_content_id = provider_contract.content_id
                           and comparison.in_force
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

/// What is known of contents: what came of verifying them, together with what came of holding them against documents.
/// Certain versions are `between.provider_versions` and `between.verified_by`. Each of the two at most one more than
/// [`MOST_FACTORS`].
pub(crate) async fn list_judged(
    db: &mut PgConnection,
    tenant: TenantId,
    contents: &Contents,
    between: &Between,
    latest_by: LatestBy,
) -> sqlx::Result<Vec<Judged>> {
    let verified = list_verified_contents(db, tenant, contents, between, latest_by).await?;
    let offers = list_offers(db, tenant, contents, between, &verified).await?;
    Ok(together(&verified, offers))
}

fn together(verified: &[RawJudged], offers: Vec<RawOffer>) -> Vec<Judged> {
    let mut by_pair: HashMap<(i64, i64, bool), RawOffer> = HashMap::with_capacity(offers.len());
    for offer in offers {
        by_pair.insert((offer.content_id, offer.version_id, offer.of_any), offer);
    }
    let mut judged: Vec<Judged> = Vec::with_capacity(verified.len() + by_pair.len());
    let mut told: HashSet<(i64, i64, bool)> = HashSet::new();
    for one in verified {
        let key = (one.content_id, one.version_id, one.of_any);
        let found = by_pair.get(&key);
        told.extend(found.map(|_| key));
        let offer = found.map(|found| found.offer(Some(one.success)));
        judged.push(Judged {
            content_id: one.content_id,
            version_id: one.version_id,
            position: one.position,
            success: offer.map_or(Some(one.success), |offer| offer.success()),
            number: Some(one.number),
            at: one.verified_at,
            offer,
            compared_at: found.and_then(|found| found.compared_at),
            of_any: one.of_any,
        });
    }
    let alone = by_pair.into_iter().filter(|(key, _)| !told.contains(key)).map(|(_, found)| {
        let offer = found.offer(None);
        Judged {
            content_id: found.content_id,
            version_id: found.version_id,
            position: Some(found.position),
            success: offer.success(),
            number: None,
            at: found.compared_at.unwrap_or(found.published_at),
            offer: Some(offer),
            compared_at: found.compared_at,
            of_any: found.of_any,
        }
    });
    judged.extend(alone);
    judged
}

impl RawOffer {
    fn offer(&self, verified: Option<bool>) -> Offer {
        Offer { verified, kept: self.kept, comparison: Comparison::of(self.outcome.as_deref()) }
    }
}

/// The documents of versions in question: of any version's those that the contents were compared with, of certain ones,
/// and of those with a result, all.
async fn list_offers(
    db: &mut PgConnection,
    tenant: TenantId,
    contents: &Contents,
    between: &Between,
    verified: &[RawJudged],
) -> sqlx::Result<Vec<RawOffer>> {
    let (contents_of_some, their_providers): (Vec<i64>, Vec<i64>) = contents.of_some.iter().copied().unzip();
    let (verifiers, verifier_versions): (Vec<i64>, Vec<i64>) = between.provider_versions.iter().copied().unzip();
    let of_any = verified.iter().filter(|one| one.of_any);
    let (of_results, with_results): (Vec<i64>, Vec<i64>) = of_any.map(|one| (one.content_id, one.version_id)).unzip();
    sqlx::query_as!(
        RawOffer,
        r#"
        with wanted as (
            select pair.content_id, pair.version_id, true as of_any
            from unnest((select $3::bigint[]), (select $4::bigint[])) as pair (content_id, version_id)
            union all
            select content.id, certain.version_id, false
            from unnest((select $5::bigint[]), (select $6::bigint[])) as content (id, provider_id)
            join (
                select named.provider_id, named.version_id
                from unnest((select $7::bigint[]), (select $8::bigint[])) as named (provider_id, version_id)
                union all
                select version.pacticipant_id, version.id
                from unnest((select $9::bigint[])) as verifier (version_id)
                join version on version.tenant_id = $1
                            and version.id = verifier.version_id
            ) as certain on certain.provider_id = content.provider_id
        )
        select comparison.contract_content_id as "content_id!", provider_contract.version_id as "version_id!",
               provider_contract.position as "position!", provider_contract_verification.success as "kept?",
               comparison.outcome as "outcome?", comparison.created_at as "compared_at?",
               provider_contract.created_at as "published_at!", true as "of_any!"
        from unnest((select $2::bigint[])) as content (id)
        join comparison on comparison.tenant_id = $1
                       and comparison.contract_content_id = content.id
                       and comparison.in_force
        join provider_contract on provider_contract.tenant_id = $1
                              and provider_contract.content_id = comparison.provider_content_id
        left join provider_contract_verification
               on provider_contract_verification.tenant_id = $1
              and provider_contract_verification.id = provider_contract.verification_id
        left join comparison_setting on comparison_setting.tenant_id = $1
                                    and comparison_setting.provider_id = comparison.provider_id
        where comparison.configuration = coalesce(comparison_setting.configuration, 'usual')
        union all
        select wanted.content_id, wanted.version_id, offered.position, offered.kept, compared.outcome,
               compared.created_at, offered.created_at, wanted.of_any
        from wanted
        cross join lateral (
            select provider_contract.content_id, provider_contract.position, provider_contract.created_at,
                   provider_contract_verification.success as kept,
                   coalesce(comparison_setting.configuration, 'usual') as configuration
            from provider_contract
            left join provider_contract_verification
                   on provider_contract_verification.tenant_id = $1
                  and provider_contract_verification.id = provider_contract.verification_id
            left join comparison_setting on comparison_setting.tenant_id = $1
                                        and comparison_setting.provider_id = provider_contract.provider_id
            where provider_contract.tenant_id = $1
              and provider_contract.version_id = wanted.version_id
            limit 1
        ) as offered
        left join lateral (
            select comparison.outcome, comparison.created_at
            from comparison
            where comparison.tenant_id = $1
              and comparison.contract_content_id = wanted.content_id
              and comparison.provider_content_id = offered.content_id
              and comparison.configuration = offered.configuration
              and comparison.in_force
            limit 1
        ) as compared on true
        limit $10
        "#,
        tenant.0,
        &contents.of_any,
        &of_results,
        &with_results,
        &contents_of_some,
        &their_providers,
        &verifiers,
        &verifier_versions,
        &between.verified_by,
        MOST_FACTORS + 1,
    )
    .fetch_all(db)
    .await
}

/// What came of verifying contents.
async fn list_verified_contents(
    db: &mut PgConnection,
    tenant: TenantId,
    contents: &Contents,
    between: &Between,
    latest_by: LatestBy,
) -> sqlx::Result<Vec<RawJudged>> {
    let (contents_of_some, their_providers): (Vec<i64>, Vec<i64>) = contents.of_some.iter().copied().unzip();
    let (verifiers, verifier_versions): (Vec<i64>, Vec<i64>) = between.provider_versions.iter().copied().unzip();
    sqlx::query_as!(
        RawJudged,
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
