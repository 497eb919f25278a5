//! The rows between the versions in question, with what is shown of each version.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::super::query::LatestBy;
use super::history;
use crate::ids::TenantId;

/// What rows are between, in pairs, each of which is one look-up by key: all versions times all providers would grow with
/// the square of a hub's consumers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Between {
    /// Contracts of these consumer versions with these providers.
    pub(crate) contracts: Vec<(i64, i64)>,
    /// Contracts of any version of these consumers with these providers.
    pub(crate) any_contract: Vec<(i64, i64)>,
    /// Of these providers the results of these versions; each pair once.
    pub(crate) provider_versions: Vec<(i64, i64)>,
    /// Of these providers every version's results.
    pub(crate) any_version_of_providers: Vec<i64>,
    /// Also every contract that these provider versions have verified.
    pub(crate) verified_by: Vec<i64>,
}

/// A contract in question, with one of its results if there is one.
#[derive(Clone, Debug)]
pub(crate) struct RawRow {
    pub(crate) consumer: String,
    pub(crate) consumer_version_id: i64,
    pub(crate) consumer_version: String,
    pub(crate) consumer_position: i64,
    pub(crate) provider: String,
    pub(crate) sha: String,
    pub(crate) published_at: DateTime<Utc>,
    pub(crate) provider_version_id: Option<i64>,
    pub(crate) provider_version: Option<String>,
    pub(crate) provider_position: Option<i64>,
    pub(crate) success: Option<bool>,
    pub(crate) number: Option<i64>,
    pub(crate) verified_at: Option<DateTime<Utc>>,
}

/// What is shown of a version beside its number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    /// In the order in which the version was put on them; whether it is the head.
    pub(crate) branches: Vec<(String, bool)>,
    /// In the order in which it got them; whether it is the latest with the tag.
    pub(crate) tags: Vec<(String, bool)>,
    /// Where it runs or is supported, in the order in which it came there.
    pub(crate) residences: Vec<Residence>,
}

/// An environment that a version runs or is supported in.
#[derive(Clone, Debug)]
pub(crate) struct Residence {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) display_name: String,
    pub(crate) production: bool,
    pub(crate) contacts: Value,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// One line of the answer: a row, or something about a version in a row.
struct Line {
    part: String,
    /// Of the consumer, or the version that a branch, tag or residence is about.
    version_id: i64,
    /// The consumer, or the name of the branch, tag or environment.
    name: String,
    consumer_version: Option<String>,
    consumer_position: Option<i64>,
    provider: Option<String>,
    sha: Option<String>,
    published_at: Option<DateTime<Utc>>,
    provider_version_id: Option<i64>,
    provider_version: Option<String>,
    provider_position: Option<i64>,
    /// The result, whether the version is the latest, or whether the environment is a production one.
    flag: Option<bool>,
    /// Of the result, or the place in the order.
    number: Option<i64>,
    /// Of the result, or when the environment was changed.
    at: Option<DateTime<Utc>>,
    environment_id: Option<Uuid>,
    display_name: Option<String>,
    contacts: Option<Value>,
}

/// How many rows an answer is drawn from at most. Names alone, of applications with long histories, would give the
/// product of all their publications and results.
pub(crate) const MOST_ROWS: i64 = 50_000;

/// Up to so many contracts times provider versions are looked up one by one.
const MOST_COMBINATIONS: usize = 250_000;

/// At most one more than [`MOST_ROWS`] rows: each contract with each of its results in question (one without any stands
/// once, without result); and what is shown of their versions, by version.
///
/// The gate asks about versions only and has a statement of its own: the planner of one for all questions would have to
/// expect thousands of rows, and would read whole tables for the few that there are.
pub(crate) async fn list_rows(
    db: &mut PgConnection,
    tenant: TenantId,
    between: &Between,
    latest_by: LatestBy,
) -> sqlx::Result<(Vec<RawRow>, Vec<(i64, Surroundings)>)> {
    let anything = !between.any_contract.is_empty()
        || !between.any_version_of_providers.is_empty()
        || !between.verified_by.is_empty();
    let few = between.contracts.len().saturating_mul(between.provider_versions.len()) <= MOST_COMBINATIONS;
    if few && !anything && latest_by != LatestBy::All {
        return Ok(sorted(list_between_versions(db, tenant, between).await?));
    }
    let rows = history::list_rows(db, tenant, between, latest_by).await?;
    let mut versions: Vec<i64> =
        rows.iter().flat_map(|row| [Some(row.consumer_version_id), row.provider_version_id]).flatten().collect();
    versions.sort_unstable();
    versions.dedup();
    let (_, surroundings) = sorted(list_surroundings(db, tenant, &versions).await?);
    Ok((rows, surroundings))
}

/// Between few versions: the latest results, each looked up by key, and what is shown of the versions. The limit of one
/// changes nothing but the plan: without it all results of a content may be read to find one version's.
#[expect(clippy::too_many_lines, reason = "one statement, read as one")]
async fn list_between_versions(db: &mut PgConnection, tenant: TenantId, between: &Between) -> sqlx::Result<Vec<Line>> {
    let (versions, providers): (Vec<i64>, Vec<i64>) = between.contracts.iter().copied().unzip();
    let (verifiers, verifier_versions): (Vec<i64>, Vec<i64>) = between.provider_versions.iter().copied().unzip();
    sqlx::query_as!(
        Line,
        r#"
        with wanted as (
            select wanted.provider_id, wanted.version_id
            from unnest($4::bigint[], $5::bigint[]) as wanted (provider_id, version_id)
        ),
        judged as (
            select contract.consumer_id, contract.consumer_version_id, contract.position, contract.provider_id,
                   contract.content_id, contract.created_at, result.provider_version_id, result.success, result.number,
                   result.verified_at
            from (
                select distinct promised.version_id, promised.provider_id
                from unnest($2::bigint[], $3::bigint[]) as promised (version_id, provider_id)
            ) as promised
            join contract on contract.tenant_id = $1
                         and contract.consumer_version_id = promised.version_id
                         and contract.provider_id = promised.provider_id
            left join lateral (
                select latest.provider_version_id, latest.success, latest.number, latest.verified_at
                from wanted
                cross join lateral (
                    select verification.provider_version_id, verification.success, verification.number,
                           verification.verified_at
                    from verification
                    where verification.tenant_id = $1
                      and verification.content_id = contract.content_id
                      and verification.provider_version_id = wanted.version_id
                    limit 1
                ) as latest
                where wanted.provider_id = contract.provider_id
            ) as result on true
        ),
        shown as (
            select judged.consumer_version_id as version_id from judged
            union
            select judged.provider_version_id from judged where judged.provider_version_id is not null
        )
        select 'row' as "part!", judged.consumer_version_id as "version_id!", consumer.name as "name!",
               consumer_version.number as "consumer_version?", judged.position as "consumer_position?",
               provider.name as "provider?", contract_content.sha as "sha?", judged.created_at as "published_at?",
               judged.provider_version_id as "provider_version_id?", provider_version.number as "provider_version?",
               provider_version.position as "provider_position?", judged.success as "flag?",
               judged.number as "number?", judged.verified_at as "at?", null::uuid as "environment_id?",
               null::text as "display_name?", null::json as "contacts?"
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
        union all
        select 'branch', branch_version.version_id, branch_version.branch, null, null, null, null, null, null, null,
               null, branch_head.version_id is not distinct from branch_version.version_id, branch_version.ordinal,
               null, null, null, null
        from shown
        join branch_version on branch_version.tenant_id = $1
                           and branch_version.version_id = shown.version_id
        left join branch_head on branch_head.tenant_id = $1
                             and branch_head.pacticipant_id = branch_version.pacticipant_id
                             and branch_head.branch = branch_version.branch
        union all
        select 'tag', tag.version_id, tag.name, null, null, null, null, null, null, null, null,
               tag_head.version_id is not distinct from tag.version_id, tag.ordinal, null, null, null, null
        from shown
        join tag on tag.tenant_id = $1
                and tag.version_id = shown.version_id
        left join tag_head on tag_head.tenant_id = $1
                          and tag_head.pacticipant_id = tag.pacticipant_id
                          and tag_head.name = tag.name
        union all
        select 'residence', resident.version_id, environment.name, null, null, null, null, environment.created_at, null,
               null, null, environment.production, resident.place, environment.updated_at, environment.id,
               environment.display_name, environment.contacts
        from (
            select stay.version_id, stay.environment_id, row_number() over (order by stay.kind, stay.id) as place
            from (
                select deployed_version.version_id, deployed_version.environment_id, 1 as kind, deployed_version.id
                from shown
                join deployed_version on deployed_version.tenant_id = $1
                                     and deployed_version.version_id = shown.version_id
                                     and deployed_version.undeployed_at is null
                union all
                select released_version.version_id, released_version.environment_id, 2, released_version.id
                from shown
                join released_version on released_version.tenant_id = $1
                                     and released_version.version_id = shown.version_id
                                     and released_version.support_ended_at is null
            ) as stay
        ) as resident
        join environment on environment.tenant_id = $1
                        and environment.id = resident.environment_id
        "#,
        tenant.0,
        &versions,
        &providers,
        &verifiers,
        &verifier_versions,
    )
    .fetch_all(db)
    .await
}

/// What is shown of versions.
async fn list_surroundings(db: &mut PgConnection, tenant: TenantId, versions: &[i64]) -> sqlx::Result<Vec<Line>> {
    sqlx::query_as!(
        Line,
        r#"
        with shown as (
            select shown.version_id
            from unnest($2::bigint[]) as shown (version_id)
        )
        select 'branch' as "part!", branch_version.version_id as "version_id!", branch_version.branch as "name!",
               null::text as "consumer_version?", null::bigint as "consumer_position?", null::text as "provider?",
               null::text as "sha?", null::timestamptz as "published_at?", null::bigint as "provider_version_id?",
               null::text as "provider_version?", null::bigint as "provider_position?",
               branch_head.version_id is not distinct from branch_version.version_id as "flag?",
               branch_version.ordinal as "number?", null::timestamptz as "at?", null::uuid as "environment_id?",
               null::text as "display_name?", null::json as "contacts?"
        from shown
        join branch_version on branch_version.tenant_id = $1
                           and branch_version.version_id = shown.version_id
        left join branch_head on branch_head.tenant_id = $1
                             and branch_head.pacticipant_id = branch_version.pacticipant_id
                             and branch_head.branch = branch_version.branch
        union all
        select 'tag', tag.version_id, tag.name, null, null, null, null, null, null, null, null,
               tag_head.version_id is not distinct from tag.version_id, tag.ordinal, null, null, null, null
        from shown
        join tag on tag.tenant_id = $1
                and tag.version_id = shown.version_id
        left join tag_head on tag_head.tenant_id = $1
                          and tag_head.pacticipant_id = tag.pacticipant_id
                          and tag_head.name = tag.name
        union all
        select 'residence', resident.version_id, environment.name, null, null, null, null, environment.created_at, null,
               null, null, environment.production, resident.place, environment.updated_at, environment.id,
               environment.display_name, environment.contacts
        from (
            select stay.version_id, stay.environment_id, row_number() over (order by stay.kind, stay.id) as place
            from (
                select deployed_version.version_id, deployed_version.environment_id, 1 as kind, deployed_version.id
                from shown
                join deployed_version on deployed_version.tenant_id = $1
                                     and deployed_version.version_id = shown.version_id
                                     and deployed_version.undeployed_at is null
                union all
                select released_version.version_id, released_version.environment_id, 2, released_version.id
                from shown
                join released_version on released_version.tenant_id = $1
                                     and released_version.version_id = shown.version_id
                                     and released_version.support_ended_at is null
            ) as stay
        ) as resident
        join environment on environment.tenant_id = $1
                        and environment.id = resident.environment_id
        "#,
        tenant.0,
        versions,
    )
    .fetch_all(db)
    .await
}

fn sorted(mut lines: Vec<Line>) -> (Vec<RawRow>, Vec<(i64, Surroundings)>) {
    lines.sort_by_key(|line| (line.version_id, line.number));
    let mut rows = Vec::new();
    let mut surroundings: Vec<(i64, Surroundings)> = Vec::new();
    for line in lines {
        if line.part == "row" {
            rows.extend(line.row());
            continue;
        }
        if surroundings.last().is_none_or(|(version, _)| *version != line.version_id) {
            surroundings.push((line.version_id, Surroundings::default()));
        }
        if let Some((_, of_version)) = surroundings.last_mut() {
            line.add_to(of_version);
        }
    }
    (rows, surroundings)
}

impl Line {
    fn row(self) -> Option<RawRow> {
        Some(RawRow {
            consumer: self.name,
            consumer_version_id: self.version_id,
            consumer_version: self.consumer_version?,
            consumer_position: self.consumer_position?,
            provider: self.provider?,
            sha: self.sha?,
            published_at: self.published_at?,
            provider_version_id: self.provider_version_id,
            provider_version: self.provider_version,
            provider_position: self.provider_position,
            success: self.flag,
            number: self.number,
            verified_at: self.at,
        })
    }

    fn add_to(self, surroundings: &mut Surroundings) {
        let flag = self.flag.unwrap_or(false);
        match self.part.as_str() {
            "branch" => surroundings.branches.push((self.name, flag)),
            "tag" => surroundings.tags.push((self.name, flag)),
            _ => {
                let residence =
                    self.environment_id.zip(self.published_at).zip(self.at).map(|((id, created), updated)| Residence {
                        id,
                        name: self.name,
                        display_name: self.display_name.unwrap_or_default(),
                        production: flag,
                        contacts: self.contacts.unwrap_or_default(),
                        created_at: created,
                        updated_at: updated,
                    });
                let there = |one: &Residence| surroundings.residences.iter().any(|other| other.id == one.id);
                if let Some(residence) = residence.filter(|one| !there(one)) {
                    surroundings.residences.push(residence);
                }
            }
        }
    }
}
