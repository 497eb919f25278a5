//! The question of pipelines: may this version, named by number or as a head, go to that place? Its words are looked up
//! by one small statement: that for all questions takes ten times as long to begin as to answer this one.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use pactolus_domain::gate::Criterion;
use sqlx::PgConnection;

use super::super::query::Query;
use super::resolve::{AskedSelector, FoundVersion, InferredPacticipant, Pair, Resolution};
use crate::ids::TenantId;

/// The line of the pacticipant that was asked about, or one for each neighbour and each of its versions at the
/// destination.
struct Line {
    /// Whether the neighbour is a provider; `None` in the line of who was asked about.
    provides: Option<bool>,
    pacticipant_id: i64,
    pacticipant: String,
    /// Whether there is an environment called as the destination.
    environment: Option<bool>,
    version_id: Option<i64>,
    number: Option<String>,
    position: Option<i64>,
    since: Option<DateTime<Utc>>,
    application_instance: Option<String>,
}

/// The selector and the destination, if the question is of this kind.
fn words(query: &Query) -> Option<(AskedSelector, AskedSelector)> {
    let [asked] = query.selectors.as_slice() else { return None };
    let destination = query.destination.as_ref()?;
    let named = matches!(
        asked.criterion,
        Criterion::Version(_) | Criterion::LatestTag(_) | Criterion::LatestBranch(_) | Criterion::LatestMainBranch
    );
    let place =
        matches!(destination, Criterion::Environment(_) | Criterion::LatestTag(_) | Criterion::LatestMainBranch);
    (named && place && query.ignore.is_empty()).then(|| ((&asked.criterion).into(), destination.into()))
}

/// `None` for questions of another kind.
pub(super) async fn resolve(
    db: &mut PgConnection,
    tenant: TenantId,
    query: &Query,
) -> sqlx::Result<Option<Resolution>> {
    let Some((asked, destination)) = words(query) else { return Ok(None) };
    let lines = list_lines(db, tenant, query.selectors[0].pacticipant.as_str(), &asked, &destination).await?;
    let environment = destination.value.filter(|_| destination.kind == "environment");
    Ok(Some(resolution(lines, environment)))
}

/// Kinds of criteria that do not apply cost nothing: their part is never begun.
#[expect(clippy::too_many_lines, reason = "one statement, read as one")]
async fn list_lines(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: &str,
    asked: &AskedSelector,
    destination: &AskedSelector,
) -> sqlx::Result<Vec<Line>> {
    sqlx::query_as!(
        Line,
        r#"
        with asked as (
            select pacticipant.id as pacticipant_id, pacticipant.name, version.id as version_id, version.number,
                   version.position
            from pacticipant
            left join version on version.tenant_id = $1
                             and version.id = case $3
                                     when 'version' then (
                                         select numbered.id
                                         from version as numbered
                                         where numbered.tenant_id = $1
                                           and numbered.pacticipant_id = pacticipant.id
                                           and numbered.number = $4
                                     )
                                     when 'latest_tag' then (
                                         select tag_head.version_id
                                         from tag_head
                                         where tag_head.tenant_id = $1
                                           and tag_head.pacticipant_id = pacticipant.id
                                           and tag_head.name = $4
                                     )
                                     else (
                                         select branch_head.version_id
                                         from branch_head
                                         where branch_head.tenant_id = $1
                                           and branch_head.pacticipant_id = pacticipant.id
                                           and branch_head.branch = coalesce($4, pacticipant.main_branch)
                                     )
                                 end
            where pacticipant.tenant_id = $1
              and pacticipant.name = $2
        ),
        destination as (
            select environment.id
            from environment
            where environment.tenant_id = $1
              and environment.name = $6
              and $5 = 'environment'
        ),
        neighbour as (
            select contract.provider_id as pacticipant_id, true as provides
            from asked
            join contract on contract.tenant_id = $1
                         and contract.consumer_version_id = asked.version_id
            union all
            select integration.consumer_id, false
            from asked
            join integration on integration.tenant_id = $1
                            and integration.provider_id = asked.pacticipant_id
        )
        select null::boolean as "provides?", asked.pacticipant_id as "pacticipant_id!", asked.name as "pacticipant!",
               exists (select from destination) as "environment?", asked.version_id as "version_id?",
               asked.number as "number?", asked.position as "position?", null::timestamptz as "since?",
               null::text as "application_instance?"
        from asked
        union all
        select neighbour.provides, pacticipant.id, pacticipant.name, null, version.id, version.number, version.position,
               there.since, there.application_instance
        from neighbour
        join pacticipant on pacticipant.tenant_id = $1
                        and pacticipant.id = neighbour.pacticipant_id
        left join lateral (
            select deployed_version.version_id, deployed_version.created_at as since,
                   deployed_version.application_instance
            from deployed_version
            where deployed_version.tenant_id = $1
              and deployed_version.environment_id = (select destination.id from destination)
              and deployed_version.pacticipant_id = pacticipant.id
              and deployed_version.undeployed_at is null
            union all
            select released_version.version_id, released_version.created_at, null
            from released_version
            where released_version.tenant_id = $1
              and released_version.environment_id = (select destination.id from destination)
              and released_version.pacticipant_id = pacticipant.id
              and released_version.support_ended_at is null
            union all
            select tag_head.version_id, null, null
            from tag_head
            where tag_head.tenant_id = $1
              and tag_head.pacticipant_id = pacticipant.id
              and tag_head.name = $6
              and $5 = 'latest_tag'
            union all
            select branch_head.version_id, null, null
            from branch_head
            where branch_head.tenant_id = $1
              and branch_head.pacticipant_id = pacticipant.id
              and branch_head.branch = pacticipant.main_branch
              and $5 = 'latest_main_branch'
        ) as there on true
        left join version on version.tenant_id = $1
                         and version.id = there.version_id
        "#,
        tenant.0,
        pacticipant,
        asked.kind,
        asked.value.as_deref(),
        destination.kind,
        destination.value.as_deref(),
    )
    .fetch_all(db)
    .await
}

fn resolution(lines: Vec<Line>, environment: Option<String>) -> Resolution {
    let mut found = Resolution::default();
    let Some(asked) = lines.iter().find(|line| line.provides.is_none()) else { return found };
    let (asked_id, asked_name) = (asked.pacticipant_id, asked.pacticipant.clone());
    found.asked.push((0, asked_id));
    found.environments.extend(environment.filter(|_| asked.environment == Some(true)));

    let mut neighbours: HashMap<i64, Neighbour> = HashMap::new();
    for line in lines {
        let Some(provides) = line.provides else {
            found.specified.extend(line.version().map(|version| (0, version)));
            continue;
        };
        let neighbour = neighbours.entry(line.pacticipant_id).or_insert_with(|| Neighbour {
            name: line.pacticipant.clone(),
            provides: false,
            consumes: false,
            seen_as_provider: provides,
            versions: Vec::new(),
        });
        neighbour.provides |= provides;
        neighbour.consumes |= !provides;
        // One that is on both sides has its versions told twice.
        if neighbour.seen_as_provider == provides {
            neighbour.versions.extend(line.version());
        }
    }
    for (id, neighbour) in neighbours {
        found.pairs.extend(neighbour.pairs(id, asked_id, &asked_name));
        if id != asked_id {
            found.inferred.push(InferredPacticipant { id, name: neighbour.name, versions: neighbour.versions });
        }
    }
    found.sort();
    found
}

/// Who has a contract with the pacticipant that was asked about, which may be itself.
struct Neighbour {
    name: String,
    provides: bool,
    consumes: bool,
    seen_as_provider: bool,
    versions: Vec<FoundVersion>,
}

impl Neighbour {
    fn pairs(&self, id: i64, asked_id: i64, asked: &str) -> Vec<Pair> {
        let pair = |consumer: (i64, &str), provider: (i64, &str), required| Pair {
            consumer_id: consumer.0,
            consumer: consumer.1.to_string(),
            provider_id: provider.0,
            provider: provider.1.to_string(),
            required,
        };
        let (asked, other) = ((asked_id, asked), (id, self.name.as_str()));
        let mut pairs = Vec::new();
        if self.provides {
            pairs.push(pair(asked, other, true));
        }
        if self.consumes && !(self.provides && id == asked_id) {
            pairs.push(pair(other, asked, false));
        }
        pairs
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
}
