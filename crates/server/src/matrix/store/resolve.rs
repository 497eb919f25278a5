//! From the words of a question to versions.

use chrono::{DateTime, Utc};
use pactolus_domain::gate::Criterion;
use sqlx::PgConnection;

use super::super::query::{Ignored, Query};
use super::one_version;
use crate::ids::TenantId;

/// One line of what was found; which of its parts are filled depends on its kind.
struct Line {
    part: String,
    ordinal: Option<i32>,
    pacticipant_id: Option<i64>,
    pacticipant: Option<String>,
    other_id: Option<i64>,
    other: Option<String>,
    required: Option<bool>,
    version_id: Option<i64>,
    number: Option<String>,
    position: Option<i64>,
    since: Option<DateTime<Utc>>,
    application_instance: Option<String>,
}

/// What a question's words stand for.
#[derive(Debug, Default)]
pub(crate) struct Resolution {
    /// The pacticipant of each selector that exists, by the selector's number.
    pub(crate) asked: Vec<(usize, i64)>,
    /// Versions of the selectors, by the selector's number.
    pub(crate) specified: Vec<(usize, FoundVersion)>,
    pub(crate) pairs: Vec<Pair>,
    /// Neighbours that were not asked about, with their versions at the destination.
    pub(crate) inferred: Vec<InferredPacticipant>,
    /// Names of the environments in the question that exist.
    pub(crate) environments: Vec<String>,
    /// What of the ignore selectors exists.
    pub(crate) ignorable: Vec<Ignorable>,
}

/// What an ignore selector names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ignorable {
    /// The selector's number.
    pub(crate) ordinal: usize,
    pub(crate) pacticipant_id: i64,
    /// If it names one.
    pub(crate) version_id: Option<i64>,
}

/// A version, and since when it runs where, if that is why it was found.
#[derive(Clone, Debug)]
pub(crate) struct FoundVersion {
    pub(crate) id: i64,
    pub(crate) number: String,
    pub(crate) position: i64,
    pub(crate) since: Option<DateTime<Utc>>,
    /// `None` for what is released; empty for the instance without a name.
    pub(crate) application_instance: Option<String>,
}

/// Two pacticipants that have a contract.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) consumer_id: i64,
    pub(crate) consumer: String,
    pub(crate) provider_id: i64,
    pub(crate) provider: String,
    pub(crate) required: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct InferredPacticipant {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) versions: Vec<FoundVersion>,
}

/// A selector in the form that the statement reads: the kind of criterion and its value.
pub(crate) struct AskedSelector {
    pub(crate) kind: &'static str,
    pub(crate) value: Option<String>,
}

impl From<&Criterion> for AskedSelector {
    fn from(criterion: &Criterion) -> Self {
        let (kind, value) = match criterion {
            Criterion::Any => ("any", None),
            Criterion::Version(number) => ("version", Some(number.to_string())),
            Criterion::Latest => ("latest", None),
            Criterion::LatestTag(tag) => ("latest_tag", Some(tag.to_string())),
            Criterion::Tag(tag) => ("tag", Some(tag.to_string())),
            Criterion::LatestBranch(branch) => ("latest_branch", Some(branch.to_string())),
            Criterion::Branch(branch) => ("branch", Some(branch.to_string())),
            Criterion::LatestMainBranch => ("latest_main_branch", None),
            Criterion::MainBranch => ("main_branch", None),
            Criterion::Environment(environment) => ("environment", Some(environment.to_string())),
        };
        Self { kind, value }
    }
}

/// Looks up all that the query names: pacticipants, their versions, neighbours, the neighbours' versions at the
/// destination, environments, and what is to be ignored.
pub(crate) async fn resolve(db: &mut PgConnection, tenant: TenantId, query: &Query) -> sqlx::Result<Resolution> {
    if let Some(resolution) = one_version::resolve(db, tenant, query).await? {
        return Ok(resolution);
    }
    let asked: Vec<AskedSelector> = query.selectors.iter().map(|asked| (&asked.criterion).into()).collect();
    let destination: Option<AskedSelector> = query.destination.as_ref().map(Into::into);
    let environments: Vec<String> = asked
        .iter()
        .chain(&destination)
        .filter(|one| one.kind == "environment")
        .filter_map(|one| one.value.clone())
        .collect();
    let names: Vec<String> = query.selectors.iter().map(|asked| asked.pacticipant.to_string()).collect();
    let kinds: Vec<String> = asked.iter().map(|one| one.kind.to_string()).collect();
    let values: Vec<Option<String>> = asked.into_iter().map(|one| one.value).collect();
    let (destination_kind, destination_value) = destination.map_or((None, None), |one| (Some(one.kind), one.value));
    let (ignored_names, ignored_numbers) = ignored(&query.ignore);
    let expand = query.selectors.len() == 1 || query.destination.is_some();
    let lines = list_lines(
        db,
        tenant,
        &Words {
            names,
            kinds,
            values,
            destination_kind,
            destination_value,
            environments,
            ignored_names,
            ignored_numbers,
            expand,
        },
    )
    .await?;
    Ok(Resolution::from_lines(lines))
}

fn ignored(ignored: &[Ignored]) -> (Vec<String>, Vec<Option<String>>) {
    let names = ignored.iter().map(|one| one.pacticipant.to_string()).collect();
    let numbers = ignored.iter().map(|one| one.version.as_ref().map(ToString::to_string)).collect();
    (names, numbers)
}

struct Words {
    names: Vec<String>,
    kinds: Vec<String>,
    values: Vec<Option<String>>,
    destination_kind: Option<&'static str>,
    destination_value: Option<String>,
    environments: Vec<String>,
    ignored_names: Vec<String>,
    ignored_numbers: Vec<Option<String>>,
    expand: bool,
}

/// Kinds of criteria that do not apply cost nothing: their part of the union is never begun.
#[expect(clippy::too_many_lines, reason = "one statement, read as one")]
async fn list_lines(db: &mut PgConnection, tenant: TenantId, words: &Words) -> sqlx::Result<Vec<Line>> {
    sqlx::query_as!(
        Line,
        r#"
        with asked as (
            select (asked.ordinal - 1)::integer as ordinal, asked.kind, asked.value, pacticipant.id as pacticipant_id,
                   pacticipant.main_branch
            from unnest($2::text[], $3::text[], $4::text[]) with ordinality as asked (name, kind, value, ordinal)
            join pacticipant on pacticipant.tenant_id = $1
                            and pacticipant.name = asked.name
        ),
        found as (
            select asked.ordinal, version.id as version_id, null::timestamptz as since,
                   null::text as application_instance
            from asked
            join version on version.tenant_id = $1
                        and version.pacticipant_id = asked.pacticipant_id
                        and version.number = asked.value
            where asked.kind = 'version'
            union all
            select asked.ordinal, latest.id, null, null
            from asked
            cross join lateral (
                select version.id
                from version
                where version.tenant_id = $1
                  and version.pacticipant_id = asked.pacticipant_id
                order by version.position desc
                limit 1
            ) as latest
            where asked.kind = 'latest'
            union all
            select asked.ordinal, tag_head.version_id, null, null
            from asked
            join tag_head on tag_head.tenant_id = $1
                         and tag_head.pacticipant_id = asked.pacticipant_id
                         and tag_head.name = asked.value
            where asked.kind = 'latest_tag'
            union all
            select asked.ordinal, tag.version_id, null, null
            from asked
            join tag on tag.tenant_id = $1
                    and tag.pacticipant_id = asked.pacticipant_id
                    and tag.name = asked.value
            where asked.kind = 'tag'
            union all
            select asked.ordinal, branch_head.version_id, null, null
            from asked
            join branch_head on branch_head.tenant_id = $1
                            and branch_head.pacticipant_id = asked.pacticipant_id
                            and branch_head.branch = coalesce(asked.value, asked.main_branch)
            where asked.kind in ('latest_branch', 'latest_main_branch')
            union all
            select asked.ordinal, branch_version.version_id, null, null
            from asked
            join branch_version on branch_version.tenant_id = $1
                               and branch_version.pacticipant_id = asked.pacticipant_id
                               and branch_version.branch = coalesce(asked.value, asked.main_branch)
            where asked.kind in ('branch', 'main_branch')
            union all
            select asked.ordinal, deployed_version.version_id, deployed_version.created_at,
                   deployed_version.application_instance
            from asked
            join environment on environment.tenant_id = $1
                            and environment.name = asked.value
            join deployed_version on deployed_version.tenant_id = $1
                                 and deployed_version.environment_id = environment.id
                                 and deployed_version.pacticipant_id = asked.pacticipant_id
                                 and deployed_version.undeployed_at is null
            where asked.kind = 'environment'
            union all
            select asked.ordinal, released_version.version_id, released_version.created_at, null
            from asked
            join environment on environment.tenant_id = $1
                            and environment.name = asked.value
            join released_version on released_version.tenant_id = $1
                                 and released_version.environment_id = environment.id
                                 and released_version.pacticipant_id = asked.pacticipant_id
                                 and released_version.support_ended_at is null
            where asked.kind = 'environment'
        ),
        touched as (
            select distinct asked.pacticipant_id
            from asked
        ),
        pair as (
            select pair.consumer_id, pair.provider_id, bool_or(pair.required) as required
            from (
                select contract.consumer_id, contract.provider_id, true as required
                from found
                join contract on contract.tenant_id = $1
                             and contract.consumer_version_id = found.version_id
                where $10
                union all
                select integration.consumer_id, integration.provider_id, true
                from asked
                join integration on integration.tenant_id = $1
                                and integration.consumer_id = asked.pacticipant_id
                where $10
                  and asked.kind = 'any'
                union all
                select integration.consumer_id, integration.provider_id, false
                from touched
                join integration on integration.tenant_id = $1
                                and integration.provider_id = touched.pacticipant_id
                where $10
                union all
                select integration.consumer_id, integration.provider_id, false
                from touched as consumer
                cross join touched as provider
                join integration on integration.tenant_id = $1
                                and integration.consumer_id = consumer.pacticipant_id
                                and integration.provider_id = provider.pacticipant_id
                where not $10
            ) as pair
            group by pair.consumer_id, pair.provider_id
        ),
        other as (
            select pacticipant.id as pacticipant_id, pacticipant.name, pacticipant.main_branch
            from (
                select pair.consumer_id as id from pair
                union
                select pair.provider_id from pair
            ) as side
            join pacticipant on pacticipant.tenant_id = $1
                            and pacticipant.id = side.id
            where $5::text is not null
              and not exists (select from touched where touched.pacticipant_id = side.id)
        ),
        destination as (
            select environment.id
            from environment
            where environment.tenant_id = $1
              and environment.name = $6
              and $5 = 'environment'
        ),
        inferred as (
            select other.pacticipant_id, deployed_version.version_id, deployed_version.created_at as since,
                   deployed_version.application_instance
            from destination
            cross join other
            join deployed_version on deployed_version.tenant_id = $1
                                 and deployed_version.environment_id = destination.id
                                 and deployed_version.pacticipant_id = other.pacticipant_id
                                 and deployed_version.undeployed_at is null
            union all
            select other.pacticipant_id, released_version.version_id, released_version.created_at, null
            from destination
            cross join other
            join released_version on released_version.tenant_id = $1
                                 and released_version.environment_id = destination.id
                                 and released_version.pacticipant_id = other.pacticipant_id
                                 and released_version.support_ended_at is null
            union all
            select other.pacticipant_id, latest.id, null, null
            from other
            cross join lateral (
                select version.id
                from version
                where version.tenant_id = $1
                  and version.pacticipant_id = other.pacticipant_id
                order by version.position desc
                limit 1
            ) as latest
            where $5 = 'latest'
            union all
            select other.pacticipant_id, tag_head.version_id, null, null
            from other
            join tag_head on tag_head.tenant_id = $1
                         and tag_head.pacticipant_id = other.pacticipant_id
                         and tag_head.name = $6
            where $5 = 'latest_tag'
            union all
            select other.pacticipant_id, tag.version_id, null, null
            from other
            join tag on tag.tenant_id = $1
                    and tag.pacticipant_id = other.pacticipant_id
                    and tag.name = $6
            where $5 = 'tag'
            union all
            select other.pacticipant_id, branch_head.version_id, null, null
            from other
            join branch_head on branch_head.tenant_id = $1
                            and branch_head.pacticipant_id = other.pacticipant_id
                            and branch_head.branch = other.main_branch
            where $5 = 'latest_main_branch'
            union all
            select other.pacticipant_id, branch_version.version_id, null, null
            from other
            join branch_version on branch_version.tenant_id = $1
                               and branch_version.pacticipant_id = other.pacticipant_id
                               and branch_version.branch = other.main_branch
            where $5 = 'main_branch'
        )
        select 'asked' as "part!", asked.ordinal as "ordinal?", asked.pacticipant_id as "pacticipant_id?",
               null::text as "pacticipant?", null::bigint as "other_id?", null::text as "other?",
               null::boolean as "required?", null::bigint as "version_id?", null::text as "number?",
               null::bigint as "position?", null::timestamptz as "since?", null::text as "application_instance?"
        from asked
        union all
        select 'specified', found.ordinal, null, null, null, null, null, version.id, version.number, version.position,
               found.since, found.application_instance
        from found
        join version on version.tenant_id = $1
                    and version.id = found.version_id
        union all
        select 'pair', null, pair.consumer_id, consumer.name, pair.provider_id, provider.name, pair.required, null,
               null, null, null, null
        from pair
        join pacticipant as consumer on consumer.tenant_id = $1
                                    and consumer.id = pair.consumer_id
        join pacticipant as provider on provider.tenant_id = $1
                                    and provider.id = pair.provider_id
        union all
        select 'other', null, other.pacticipant_id, other.name, null, null, null, null, null, null, null, null
        from other
        union all
        select 'inferred', null, inferred.pacticipant_id, null, null, null, null, version.id, version.number,
               version.position, inferred.since, inferred.application_instance
        from inferred
        join version on version.tenant_id = $1
                    and version.id = inferred.version_id
        union all
        select 'environment', null, null, environment.name, null, null, null, null, null, null, null, null
        from environment
        where environment.tenant_id = $1
          and environment.name = any($7)
        union all
        select 'ignorable', (ignored.ordinal - 1)::integer, pacticipant.id, null, null, null, null, version.id, null,
               null, null, null
        from unnest($8::text[], $9::text[]) with ordinality as ignored (name, number, ordinal)
        join pacticipant on pacticipant.tenant_id = $1
                        and pacticipant.name = ignored.name
        left join version on version.tenant_id = $1
                         and version.pacticipant_id = pacticipant.id
                         and version.number = ignored.number
        where ignored.number is null
           or version.id is not null
        "#,
        tenant.0,
        &words.names,
        &words.kinds,
        &words.values as &[Option<String>],
        words.destination_kind,
        words.destination_value,
        &words.environments,
        &words.ignored_names,
        &words.ignored_numbers as &[Option<String>],
        words.expand,
    )
    .fetch_all(db)
    .await
}

impl Resolution {
    fn from_lines(lines: Vec<Line>) -> Self {
        let mut found = Self::default();
        let mut inferred = Vec::new();
        for line in lines {
            let ordinal = line.ordinal.and_then(|ordinal| usize::try_from(ordinal).ok());
            match (line.part.as_str(), ordinal, line.pacticipant_id) {
                ("asked", Some(ordinal), Some(id)) => found.asked.push((ordinal, id)),
                ("specified", Some(ordinal), _) => found.specified.extend(line.version().map(|one| (ordinal, one))),
                ("pair", _, Some(consumer_id)) => found.pairs.extend(line.pair(consumer_id)),
                ("other", _, Some(id)) => {
                    let name = line.pacticipant.unwrap_or_default();
                    found.inferred.push(InferredPacticipant { id, name, versions: Vec::new() });
                }
                ("inferred", _, Some(id)) => inferred.extend(line.version().map(|one| (id, one))),
                ("environment", ..) => found.environments.extend(line.pacticipant),
                ("ignorable", Some(ordinal), Some(pacticipant_id)) => {
                    found.ignorable.push(Ignorable { ordinal, pacticipant_id, version_id: line.version_id });
                }
                _ => {}
            }
        }
        for (id, version) in inferred {
            if let Some(pacticipant) = found.inferred.iter_mut().find(|one| one.id == id) {
                pacticipant.versions.push(version);
            }
        }
        found.sort();
        found
    }

    /// By name, so that answers are always told in the same order.
    pub(super) fn sort(&mut self) {
        self.pairs.sort_by(|a, b| (&a.consumer, &a.provider).cmp(&(&b.consumer, &b.provider)));
        self.inferred.sort_by(|a, b| a.name.cmp(&b.name));
    }
}

impl Line {
    fn version(self) -> Option<FoundVersion> {
        Some(FoundVersion {
            id: self.version_id?,
            number: self.number?,
            position: self.position?,
            since: self.since,
            application_instance: self.application_instance,
        })
    }

    fn pair(self, consumer_id: i64) -> Option<Pair> {
        Some(Pair {
            consumer_id,
            consumer: self.pacticipant?,
            provider_id: self.other_id?,
            provider: self.other?,
            required: self.required?,
        })
    }
}
