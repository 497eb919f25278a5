//! The rows between the versions in question, with what is shown of each version.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use pactolus_domain::gate::{Comparison, Offer};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::super::query::LatestBy;
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
    /// Names of the pacticipants in question.
    pub(crate) names: HashMap<i64, String>,
    /// All versions in question that are known by now.
    pub(crate) versions: HashMap<i64, KnownVersion>,
}

/// A version that was found before its rows are read.
#[derive(Clone, Debug)]
pub(crate) struct KnownVersion {
    pub(crate) pacticipant_id: i64,
    pub(crate) number: String,
    pub(crate) position: i64,
}

/// A contract in question, with one of its results if there is one.
#[derive(Clone, Debug)]
pub(crate) struct RawRow {
    pub(crate) consumer: String,
    pub(crate) consumer_version_id: i64,
    pub(crate) consumer_version: String,
    pub(crate) consumer_position: i64,
    pub(crate) provider_id: i64,
    pub(crate) provider: String,
    pub(crate) sha: String,
    pub(crate) published_at: DateTime<Utc>,
    pub(crate) provider_version_id: Option<i64>,
    pub(crate) provider_version: Option<String>,
    pub(crate) provider_position: Option<i64>,
    /// What it says together with what the provider version offers.
    pub(crate) success: Option<bool>,
    /// `None` when the provider version has published no document.
    pub(crate) offer: Option<Offer>,
    pub(crate) compared_at: Option<DateTime<Utc>>,
    pub(crate) number: Option<i64>,
    pub(crate) verified_at: Option<DateTime<Utc>>,
}

/// What was found between the versions in question.
pub(crate) struct Listed {
    pub(crate) rows: Vec<RawRow>,
    /// What is shown of versions, by version, as far as they were known before the rows were read.
    pub(crate) surroundings: Vec<(i64, Surroundings)>,
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

/// One line of the answer: a row, what is shown of a version, or an environment that one of them is in. The first has
/// a provider, the last no version.
struct Line {
    /// Of the consumer, or the one that is shown.
    version_id: Option<i64>,
    provider_id: Option<i64>,
    provider_version_id: Option<i64>,
    sha: Option<String>,
    /// The result, or whether the environment is a production one.
    flag: Option<bool>,
    number: Option<i64>,
    /// When the contract was published or the environment was created.
    created_at: Option<DateTime<Utc>>,
    /// When it was verified or changed.
    updated_at: Option<DateTime<Utc>>,
    /// What came of holding the contract against the provider version's document, if it has one; when; and what came of
    /// the provider's own tests.
    outcome: Option<String>,
    compared_at: Option<DateTime<Utc>>,
    kept: Option<bool>,
    branches: Option<Vec<String>>,
    headed: Option<Vec<String>>,
    tags: Option<Vec<String>>,
    tags_headed: Option<Vec<String>>,
    environments: Option<Vec<Uuid>>,
    environment_id: Option<Uuid>,
    environment: Option<String>,
    display_name: Option<String>,
    contacts: Option<Value>,
}

/// Up to so many contracts with provider versions are looked up one by one.
const MOST_COMBINATIONS: usize = 20_000;

/// Of up to so many versions all is read at once; of more, only what the rows show.
const MOST_VERSIONS: usize = 1_000;

/// The rows of questions about versions: each contract with each of its results in question; one without any stands once,
/// without result. `None` when the question is about any version, or about more than can be looked up one by one.
pub(crate) async fn list_rows(
    db: &mut PgConnection,
    tenant: TenantId,
    between: &Between,
    latest_by: LatestBy,
) -> sqlx::Result<Option<Listed>> {
    let anything = !between.any_contract.is_empty()
        || !between.any_version_of_providers.is_empty()
        || !between.verified_by.is_empty();
    if anything || latest_by == LatestBy::All {
        return Ok(None);
    }
    let combinations = Combinations::of(between);
    if combinations.consumer_versions.len() > MOST_COMBINATIONS {
        return Ok(None);
    }
    let versions: Vec<i64> = between.versions.keys().copied().collect();
    let versions = if versions.len() > MOST_VERSIONS { Vec::new() } else { versions };
    let lines = list_lines(db, tenant, &combinations, &versions).await?;
    sorted(lines, between).map(Some)
}

/// What is shown of these versions, by version.
pub(crate) async fn list_surroundings(
    db: &mut PgConnection,
    tenant: TenantId,
    versions: &[i64],
) -> sqlx::Result<Vec<(i64, Surroundings)>> {
    let lines = list_lines(db, tenant, &Combinations::default(), versions).await?;
    Ok(sorted(lines, &Between::default())?.surroundings)
}

/// Each contract in question with each version of its provider, or with none where there is none.
#[derive(Default)]
struct Combinations {
    consumer_versions: Vec<i64>,
    providers: Vec<i64>,
    provider_versions: Vec<Option<i64>>,
}

impl Combinations {
    fn of(between: &Between) -> Self {
        let mut by_provider: HashMap<i64, Vec<i64>> = HashMap::new();
        for (provider, version) in &between.provider_versions {
            by_provider.entry(*provider).or_default().push(*version);
        }
        let mut contracts = between.contracts.clone();
        contracts.sort_unstable();
        contracts.dedup();
        let mut combinations = Self::default();
        for (consumer_version, provider) in contracts {
            let versions = by_provider.get(&provider).map(Vec::as_slice).unwrap_or_default();
            let versions = versions.iter().copied().map(Some).chain(versions.is_empty().then_some(None));
            for version in versions {
                combinations.consumer_versions.push(consumer_version);
                combinations.providers.push(provider);
                combinations.provider_versions.push(version);
            }
            if combinations.consumer_versions.len() > MOST_COMBINATIONS {
                break;
            }
        }
        combinations
    }
}

/// Looks up contracts, results and what is shown of versions, each by key. The arrays are handed over as if they were
/// computed: so the planner expects few elements whatever is in them, and keeps its plan. The limit of one changes
/// nothing but the plan: without it all results of a content may be read to find one version's.
#[expect(clippy::too_many_lines, reason = "one statement, read as one")]
async fn list_lines(
    db: &mut PgConnection,
    tenant: TenantId,
    combinations: &Combinations,
    versions: &[i64],
) -> sqlx::Result<Vec<Line>> {
    sqlx::query_as!(
        Line,
        r#"
        with shown as materialized (
            select shown.version_id,
                   array(
                       select branch_version.branch
                       from branch_version
                       where branch_version.tenant_id = $1
                         and branch_version.version_id = shown.version_id
                       order by branch_version.ordinal
                   ) as branches,
                   array(
                       select branch_head.branch
                       from branch_head
                       where branch_head.tenant_id = $1
                         and branch_head.version_id = shown.version_id
                   ) as headed,
                   array(
                       select tag.name
                       from tag
                       where tag.tenant_id = $1
                         and tag.version_id = shown.version_id
                       order by tag.ordinal
                   ) as tags,
                   array(
                       select tag_head.name
                       from tag_head
                       where tag_head.tenant_id = $1
                         and tag_head.version_id = shown.version_id
                   ) as tags_headed,
                   array(
                       select deployed_version.environment_id
                       from deployed_version
                       where deployed_version.tenant_id = $1
                         and deployed_version.version_id = shown.version_id
                         and deployed_version.undeployed_at is null
                       order by deployed_version.id
                   ) || array(
                       select released_version.environment_id
                       from released_version
                       where released_version.tenant_id = $1
                         and released_version.version_id = shown.version_id
                         and released_version.support_ended_at is null
                       order by released_version.id
                   ) as environments
            from unnest((select $5::bigint[])) as shown (version_id)
        )
        select contract.consumer_version_id as "version_id?", contract.provider_id as "provider_id?",
               wanted.provider_version_id as "provider_version_id?", contract_content.sha as "sha?",
               result.success as "flag?", result.number as "number?", contract.created_at as "created_at?",
               result.verified_at as "updated_at?", offer.outcome as "outcome?", offer.compared_at as "compared_at?",
               offer.kept as "kept?", null::text[] as "branches?", null::text[] as "headed?",
               null::text[] as "tags?", null::text[] as "tags_headed?", null::uuid[] as "environments?",
               null::uuid as "environment_id?", null::text as "environment?", null::text as "display_name?",
               null::json as "contacts?"
        from unnest((select $2::bigint[]), (select $3::bigint[]), (select $4::bigint[]))
                 as wanted (consumer_version_id, provider_id, provider_version_id)
        join contract on contract.tenant_id = $1
                     and contract.consumer_version_id = wanted.consumer_version_id
                     and contract.provider_id = wanted.provider_id
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.id = contract.content_id
        left join lateral (
            select verification.success, verification.number, verification.verified_at
            from verification
            where verification.tenant_id = $1
              and verification.content_id = contract.content_id
              and verification.provider_version_id = wanted.provider_version_id
            limit 1
        ) as result on true
        left join lateral (
            select coalesce(comparison.outcome, 'pending') as outcome, comparison.created_at as compared_at,
                   provider_contract_verification.success as kept
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
              and provider_contract.version_id = wanted.provider_version_id
            limit 1
        ) as offer on true
        union all
        select shown.version_id, null, null, null, null, null, null, null, null, null, null, shown.branches, shown.headed, shown.tags,
               shown.tags_headed, shown.environments, null, null, null, null
        from shown
        union all
        select null, null, null, null, environment.production, null, environment.created_at, environment.updated_at,
               null, null, null, null, null, null, null, null, environment.id, environment.name, environment.display_name,
               environment.contacts
        from environment
        where environment.tenant_id = $1
          and environment.id in (
              select unnest(shown.environments)
              from shown
          )
        "#,
        tenant.0,
        &combinations.consumer_versions,
        &combinations.providers,
        &combinations.provider_versions as &[Option<i64>],
        versions,
    )
    .fetch_all(db)
    .await
}

fn sorted(lines: Vec<Line>, between: &Between) -> sqlx::Result<Listed> {
    let (mut rows, mut shown, mut environments) = (Vec::new(), Vec::new(), HashMap::new());
    for line in lines {
        match (line.version_id, line.provider_id) {
            // A row that vanished could be the one that says no.
            (Some(_), Some(_)) => rows.push(line.row(between).ok_or(sqlx::Error::RowNotFound)?),
            (Some(version), None) => shown.push((version, line)),
            (None, _) => environments.extend(line.residence().map(|residence| (residence.id, residence))),
        }
    }
    let surroundings = shown.into_iter().map(|(version, line)| (version, line.surroundings(&environments)));
    let mut surroundings: Vec<(i64, Surroundings)> = surroundings.collect();
    surroundings.sort_by_key(|(version, _)| *version);
    Ok(Listed { rows: with_results(rows), surroundings })
}

/// A contract with results stands for those versions only that have one, or have published what they offer; one without any stands once, without version.
fn with_results(mut rows: Vec<RawRow>) -> Vec<RawRow> {
    rows.sort_by(|a, b| {
        let contract = |row: &RawRow| (row.consumer_version_id, row.provider_id);
        let has_none = |row: &RawRow| row.offer.is_none();
        contract(a).cmp(&contract(b)).then(b.number.cmp(&a.number)).then(has_none(a).cmp(&has_none(b)))
    });
    let mut kept: Vec<RawRow> = Vec::with_capacity(rows.len());
    for mut row in rows {
        if row.number.is_none() && row.offer.is_none() {
            let contract = (row.consumer_version_id, row.provider_id);
            if kept.last().is_some_and(|last| (last.consumer_version_id, last.provider_id) == contract) {
                continue;
            }
            (row.provider_version_id, row.provider_version, row.provider_position) = (None, None, None);
        }
        kept.push(row);
    }
    kept
}

impl Line {
    fn row(self, between: &Between) -> Option<RawRow> {
        let consumer_version = between.versions.get(&self.version_id?)?;
        let provider_version = self.provider_version_id.and_then(|id| between.versions.get(&id));
        let comparison = self.outcome.map(|word| Comparison::of(Some(&word)));
        let offer = comparison.map(|comparison| Offer { verified: self.flag, kept: self.kept, comparison });
        Some(RawRow {
            consumer: between.names.get(&consumer_version.pacticipant_id)?.clone(),
            consumer_version_id: self.version_id?,
            consumer_version: consumer_version.number.clone(),
            consumer_position: consumer_version.position,
            provider_id: self.provider_id?,
            provider: between.names.get(&self.provider_id?)?.clone(),
            sha: self.sha?,
            published_at: self.created_at?,
            provider_version_id: self.provider_version_id,
            provider_version: provider_version.map(|version| version.number.clone()),
            provider_position: provider_version.map(|version| version.position),
            success: offer.map_or(self.flag, |offer| offer.success()),
            offer,
            compared_at: self.compared_at,
            number: self.number,
            verified_at: self.updated_at,
        })
    }

    fn surroundings(self, environments: &HashMap<Uuid, Residence>) -> Surroundings {
        let (headed, tags_headed) = (self.headed.unwrap_or_default(), self.tags_headed.unwrap_or_default());
        let mut residences: Vec<Residence> = Vec::new();
        for id in self.environments.into_iter().flatten() {
            if !residences.iter().any(|there| there.id == id) {
                residences.extend(environments.get(&id).cloned());
            }
        }
        Surroundings {
            branches: with_heads(self.branches, &headed),
            tags: with_heads(self.tags, &tags_headed),
            residences,
        }
    }

    fn residence(self) -> Option<Residence> {
        Some(Residence {
            id: self.environment_id?,
            name: self.environment?,
            display_name: self.display_name?,
            production: self.flag?,
            contacts: self.contacts?,
            created_at: self.created_at?,
            updated_at: self.updated_at?,
        })
    }
}

fn with_heads(names: Option<Vec<String>>, heads: &[String]) -> Vec<(String, bool)> {
    let names = names.into_iter().flatten();
    names.map(|name| (heads.contains(&name), name)).map(|(is_head, name)| (name, is_head)).collect()
}
