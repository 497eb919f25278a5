//! SQL of the selection of contracts for verification, and of what makes them pending: one statement that finds which
//! versions are meant, one that finds what may be in progress, and one that describes what matters. All look up each row
//! by its key: the limits of one change nothing but the plan, which would read whole tables where it expects many
//! rows.

use chrono::{DateTime, Utc};
use pactolus_domain::names::{BranchName, PacticipantName, TagName};
use pactolus_domain::selectors::{ConsumerVersionSelector, Criterion};
use sqlx::PgConnection;

use crate::ids::{PacticipantId, TenantId};

/// A selector in the form that the statement reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    kind: &'static str,
    value: Option<String>,
    consumer: Option<String>,
}

impl Step {
    /// The head of the main branch of each consumer, else its latest with a tag of that name, else its latest.
    pub(crate) fn main_branch_or_latest() -> Self {
        Self { kind: "main_branch_or_latest", value: None, consumer: None }
    }

    /// `None` for a matching branch when the provider has none.
    pub(crate) fn of(selector: &ConsumerVersionSelector, provider_branch: Option<&BranchName>) -> Option<Self> {
        let (kind, value) = match &selector.criterion {
            Criterion::Latest => ("latest", None),
            Criterion::MainBranch => ("main_branch", None),
            Criterion::EachBranch => ("each_branch", None),
            Criterion::MatchingBranch => ("branch", Some(provider_branch?.to_string())),
            Criterion::Branch { branch, .. } => ("branch", Some(branch.to_string())),
            Criterion::LatestTagged { tag, .. } => ("latest_tagged", Some(tag.to_string())),
            Criterion::AllTagged { tag } => ("all_tagged", Some(tag.to_string())),
            Criterion::Deployed { environment } => ("deployed", environment.as_ref().map(ToString::to_string)),
            Criterion::Released { environment } => ("released", environment.as_ref().map(ToString::to_string)),
            Criterion::DeployedOrReleased { environment } => {
                ("deployed_or_released", environment.as_ref().map(ToString::to_string))
            }
            Criterion::InEnvironment { environment } => ("in_environment", Some(environment.to_string())),
        };
        Some(Self { kind, value, consumer: selector.consumer.as_ref().map(ToString::to_string) })
    }
}

/// What the words of a request stand for.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    pub(crate) provider: Option<PacticipantId>,
    /// Names of the environments in question that exist.
    pub(crate) environments: Vec<String>,
    pub(crate) chosen: Vec<Chosen>,
}

/// A contract that a step chose.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    /// Which of the steps.
    pub(crate) ordinal: usize,
    pub(crate) reason: String,
    pub(crate) consumer: String,
    pub(crate) version_id: i64,
    pub(crate) content_id: i64,
    pub(crate) branch: Option<String>,
    pub(crate) tag: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) production: Option<bool>,
}

/// A contract that was chosen, or the provider, or an environment.
struct Line {
    ordinal: Option<i32>,
    reason: Option<String>,
    consumer: Option<String>,
    version_id: Option<i64>,
    content_id: Option<i64>,
    branch: Option<String>,
    tag: Option<String>,
    environment: Option<String>,
    production: Option<bool>,
    provider_id: Option<i64>,
}

/// The contracts that the steps choose.
#[expect(clippy::too_many_lines, reason = "one statement, read as one")]
pub(crate) async fn list_selected(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: &PacticipantName,
    steps: &[Step],
) -> sqlx::Result<Selection> {
    let ordinals: Vec<i32> = (0..).take(steps.len()).collect();
    let kinds: Vec<String> = steps.iter().map(|step| step.kind.to_string()).collect();
    let values: Vec<Option<String>> = steps.iter().map(|step| step.value.clone()).collect();
    let consumers: Vec<Option<String>> = steps.iter().map(|step| step.consumer.clone()).collect();
    let lines = sqlx::query_as!(
        Line,
        r#"
        with provider as (
            select pacticipant.id
            from pacticipant
            where pacticipant.tenant_id = $1
              and pacticipant.name = $2
        ),
        asked as (
            select asked.ordinal, asked.kind, asked.value, asked.consumer
            from unnest($3::integer[], $4::text[], $5::text[], $6::text[]) as asked (ordinal, kind, value, consumer)
        ),
        consumer as materialized (
            select named.id, named.name, named.main_branch, integration.latest_consumer_version_id
            from provider
            join integration on integration.tenant_id = $1
                            and integration.provider_id = provider.id
            cross join lateral (
                select pacticipant.id, pacticipant.name, pacticipant.main_branch
                from pacticipant
                where pacticipant.tenant_id = $1
                  and pacticipant.id = integration.consumer_id
                limit 1
            ) as named
        )
        select asked.ordinal as "ordinal?", chosen.reason as "reason?", consumer.name as "consumer?",
               chosen.version_id as "version_id?", contract.content_id as "content_id?", chosen.branch as "branch?",
               chosen.tag as "tag?", environment.name as "environment?", environment.production as "production?",
               null::bigint as "provider_id?"
        from asked
        join consumer on asked.consumer is null
                      or asked.consumer = consumer.name
        cross join lateral (
            select 'latest' as reason, consumer.latest_consumer_version_id as version_id, null::text as branch,
                   null::text as tag, null::uuid as environment_id
            where asked.kind = 'latest'
            union all
            select 'main_branch', branch_head.version_id, branch_head.branch, null, null
            from branch_head
            where asked.kind in ('main_branch', 'main_branch_or_latest')
              and branch_head.tenant_id = $1
              and branch_head.pacticipant_id = consumer.id
              and branch_head.branch = consumer.main_branch
            union all
            select case when tag_head.name is null then 'latest' else 'latest_tagged' end,
                   coalesce(tag_head.version_id, consumer.latest_consumer_version_id), null, tag_head.name, null
            from (select) as nothing
            left join tag_head on tag_head.tenant_id = $1
                              and tag_head.pacticipant_id = consumer.id
                              and tag_head.name = consumer.main_branch
            where asked.kind = 'main_branch_or_latest'
              and not exists (
                  select from branch_head
                  where branch_head.tenant_id = $1
                    and branch_head.pacticipant_id = consumer.id
                    and branch_head.branch = consumer.main_branch
              )
            union all
            select 'branch', branch_head.version_id, branch_head.branch, null, null
            from branch_head
            where asked.kind = 'branch'
              and branch_head.tenant_id = $1
              and branch_head.pacticipant_id = consumer.id
              and branch_head.branch = asked.value
            union all
            select 'each_branch', branch_head.version_id, branch_head.branch, null, null
            from branch_head
            where asked.kind = 'each_branch'
              and branch_head.tenant_id = $1
              and branch_head.pacticipant_id = consumer.id
            union all
            select 'latest_tagged', tag_head.version_id, null, tag_head.name, null
            from tag_head
            where asked.kind = 'latest_tagged'
              and tag_head.tenant_id = $1
              and tag_head.pacticipant_id = consumer.id
              and tag_head.name = asked.value
            union all
            select 'all_tagged', tag.version_id, null, tag.name, null
            from tag
            where asked.kind = 'all_tagged'
              and tag.tenant_id = $1
              and tag.pacticipant_id = consumer.id
              and tag.name = asked.value
            union all
            select case when asked.kind = 'in_environment' then asked.kind else 'deployed' end,
                   deployed_version.version_id, null, null, deployed_version.environment_id
            from deployed_version
            where asked.kind in ('deployed', 'deployed_or_released', 'in_environment')
              and deployed_version.tenant_id = $1
              and deployed_version.pacticipant_id = consumer.id
              and deployed_version.undeployed_at is null
            union all
            select case when asked.kind = 'in_environment' then asked.kind else 'released' end,
                   released_version.version_id, null, null, released_version.environment_id
            from released_version
            where asked.kind in ('released', 'deployed_or_released', 'in_environment')
              and released_version.tenant_id = $1
              and released_version.pacticipant_id = consumer.id
              and released_version.support_ended_at is null
        ) as chosen
        left join lateral (
            select environment.name, environment.production
            from environment
            where environment.tenant_id = $1
              and environment.id = chosen.environment_id
            limit 1
        ) as environment on true
        cross join lateral (
            select contract.content_id
            from contract
            where contract.tenant_id = $1
              and contract.consumer_version_id = chosen.version_id
              and contract.provider_id = (select provider.id from provider)
            limit 1
        ) as contract
        where chosen.environment_id is null
           or asked.value is null
           or environment.name = asked.value
        union all
        select null, null, null, null, null, null, null, null, null, provider.id
        from provider
        union all
        select null, null, null, null, null, null, null, environment.name, null, null
        from asked
        join environment on environment.tenant_id = $1
                        and environment.name = asked.value
        where asked.kind in ('deployed', 'released', 'deployed_or_released', 'in_environment')
        "#,
        tenant.0,
        provider.as_str(),
        &ordinals,
        &kinds,
        &values as &[Option<String>],
        &consumers as &[Option<String>],
    )
    .fetch_all(db)
    .await?;
    lines.into_iter().try_fold(Selection::default(), |mut selection, line| {
        match (line.provider_id, line.ordinal) {
            (Some(provider), _) => selection.provider = Some(PacticipantId(provider)),
            // A contract that vanished would not be verified.
            (None, Some(_)) => selection.chosen.push(line.chosen().ok_or(sqlx::Error::RowNotFound)?),
            (None, None) => selection.environments.extend(line.environment),
        }
        Ok(selection)
    })
}

impl Line {
    fn chosen(self) -> Option<Chosen> {
        Some(Chosen {
            ordinal: usize::try_from(self.ordinal?).ok()?,
            reason: self.reason?,
            consumer: self.consumer?,
            version_id: self.version_id?,
            content_id: self.content_id?,
            branch: self.branch,
            tag: self.tag,
            environment: self.environment,
            production: self.production,
        })
    }
}

/// The head of a branch or tag with its contract.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) consumer: String,
    pub(crate) version_id: i64,
    pub(crate) content_id: i64,
    pub(crate) branch: Option<String>,
    pub(crate) tag: Option<String>,
}

/// The contracts of the heads of all branches and tags that were published after `since`: candidates for work in
/// progress. They are found from the publications or from the heads, whichever are fewer.
pub(crate) async fn list_heads_since(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    since: DateTime<Utc>,
) -> sqlx::Result<Vec<Head>> {
    sqlx::query_as!(
        Head,
        r#"
        with consumer as materialized (
            select integration.consumer_id as id
            from integration
            where integration.tenant_id = $1
              and integration.provider_id = $2
        ),
        heads as (
            select count(*) as count
            from consumer
            cross join lateral (
                select from branch_head
                where branch_head.tenant_id = $1
                  and branch_head.pacticipant_id = consumer.id
                union all
                select from tag_head
                where tag_head.tenant_id = $1
                  and tag_head.pacticipant_id = consumer.id
            ) as head
        ),
        published as (
            select count(*) as count
            from (
                select from contract
                where contract.tenant_id = $1
                  and contract.provider_id = $2
                  and contract.created_at > $3
                limit (select heads.count + 1 from heads)
            ) as counted
        ),
        few as (
            select published.count <= heads.count as publications
            from published
            cross join heads
        ),
        found as (
            select contract.consumer_id, contract.consumer_version_id, contract.content_id, head.branch, head.tag
            from contract
            cross join lateral (
                select branch_head.branch, null::text as tag
                from branch_head
                where branch_head.tenant_id = $1
                  and branch_head.version_id = contract.consumer_version_id
                union all
                select null, tag_head.name
                from tag_head
                where tag_head.tenant_id = $1
                  and tag_head.version_id = contract.consumer_version_id
            ) as head
            where (select few.publications from few)
              and contract.tenant_id = $1
              and contract.provider_id = $2
              and contract.created_at > $3
            union all
            select consumer.id, contract.consumer_version_id, contract.content_id, head.branch, head.tag
            from consumer
            cross join lateral (
                select branch_head.version_id, branch_head.branch, null::text as tag
                from branch_head
                where branch_head.tenant_id = $1
                  and branch_head.pacticipant_id = consumer.id
                union all
                select tag_head.version_id, null, tag_head.name
                from tag_head
                where tag_head.tenant_id = $1
                  and tag_head.pacticipant_id = consumer.id
            ) as head
            cross join lateral (
                select contract.consumer_version_id, contract.content_id, contract.created_at
                from contract
                where contract.tenant_id = $1
                  and contract.consumer_version_id = head.version_id
                  and contract.provider_id = $2
                limit 1
            ) as contract
            where not (select few.publications from few)
              and contract.created_at > $3
        )
        select consumer.name as "consumer!", found.consumer_version_id as "version_id!",
               found.content_id as "content_id!", found.branch as "branch?", found.tag as "tag?"
        from found
        cross join lateral (
            select pacticipant.name
            from pacticipant
            where pacticipant.tenant_id = $1
              and pacticipant.id = found.consumer_id
            limit 1
        ) as consumer
        "#,
        tenant.0,
        provider.0,
        since,
    )
    .fetch_all(db)
    .await
}

/// A contract in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct InQuestion {
    pub(crate) content_id: i64,
    pub(crate) version_id: i64,
    /// As work in progress: then it is of interest until the provider has asked for it and verified it.
    pub(crate) in_progress: bool,
}

/// Where a success settles a content.
pub(crate) struct Lines {
    kinds: Vec<String>,
    names: Vec<Option<String>>,
}

impl Lines {
    /// The branch, else each of the tags, else anywhere.
    pub(crate) fn of(branch: Option<&BranchName>, tags: &[TagName]) -> Self {
        let lines: Vec<(&str, Option<&str>)> = match (branch, tags) {
            (Some(branch), _) => vec![("branch", Some(branch.as_str()))],
            (None, []) => vec![("any", None)],
            (None, tags) => tags.iter().map(|tag| ("tag", Some(tag.as_str()))).collect(),
        };
        let (kinds, names): (Vec<&str>, Vec<Option<&str>>) = lines.into_iter().unzip();
        let text = |name: &str| name.to_string();
        Self {
            kinds: kinds.into_iter().map(text).collect(),
            names: names.into_iter().map(|name| name.map(text)).collect(),
        }
    }
}

/// What is shown of a contract in question.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    pub(crate) content_id: i64,
    pub(crate) version_id: i64,
    pub(crate) number: String,
    pub(crate) position: i64,
    pub(crate) sha: String,
    /// Whether a failure fails the build.
    pub(crate) settled: bool,
}

/// Describes the contracts; of those in progress only what is not settled.
///
/// A content is settled when it has succeeded on each line: by a version on the branch or with the tag, or on another
/// one before this one began. Numbers are given in order of time, so the first result tells the latter. A short line is
/// searched version by version, a long one from each content's last result back: either way few rows are read, however
/// long the history. The cases keep the cheapest search first. A success with content that was in progress does not
/// count for what is in progress.
#[expect(clippy::too_many_lines, reason = "one statement, read as one")]
pub(crate) async fn list_described(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    contracts: &[InQuestion],
    lines: &Lines,
) -> sqlx::Result<Vec<Described>> {
    let contents: Vec<i64> = contracts.iter().map(|one| one.content_id).collect();
    let versions: Vec<i64> = contracts.iter().map(|one| one.version_id).collect();
    let in_progress: Vec<bool> = contracts.iter().map(|one| one.in_progress).collect();
    sqlx::query_as!(
        Described,
        r#"
        with wanted as (
            select wanted.content_id, wanted.version_id, wanted.in_progress
            from unnest($3::bigint[], $4::bigint[], $5::boolean[]) as wanted (content_id, version_id, in_progress)
        ),
        line as materialized (
            select line.kind, line.name,
                   case line.kind
                       when 'branch' then (
                           select branch.created_at
                           from branch
                           where branch.tenant_id = $1
                             and branch.pacticipant_id = $2
                             and branch.name = line.name
                       )
                       when 'tag' then (
                           select min(tag.created_at)
                           from tag
                           where tag.tenant_id = $1
                             and tag.pacticipant_id = $2
                             and tag.name = line.name
                       )
                   end as began_at,
                   (
                       select count(*)
                       from (
                           select from branch_version
                           where line.kind = 'branch'
                             and branch_version.tenant_id = $1
                             and branch_version.pacticipant_id = $2
                             and branch_version.branch = line.name
                           union all
                           select from tag
                           where line.kind = 'tag'
                             and tag.tenant_id = $1
                             and tag.pacticipant_id = $2
                             and tag.name = line.name
                           limit 21
                       ) as counted
                   ) <= 20 as is_short
            from unnest($6::text[], $7::text[]) as line (kind, name)
        ),
        content as (
            select distinct wanted.content_id, wanted.in_progress
            from wanted
        ),
        judged as materialized (
            select content.content_id, content.in_progress,
                   not exists (
                       select from line
                       where not case
                           when not line.is_short and (
                               select true
                               from verification_log
                               where verification_log.tenant_id = $1
                                 and verification_log.content_id = content.content_id
                                 and verification_log.success
                                 and not (content.in_progress and verification_log.wip)
                                 and case line.kind
                                         when 'branch' then (
                                             select true
                                             from branch_version
                                             where branch_version.tenant_id = $1
                                               and branch_version.version_id = verification_log.provider_version_id
                                               and branch_version.branch = line.name
                                             limit 1
                                         )
                                         else (
                                             select true
                                             from tag
                                             where tag.tenant_id = $1
                                               and tag.version_id = verification_log.provider_version_id
                                               and tag.name = line.name
                                             limit 1
                                         )
                                     end
                               order by verification_log.number desc
                               limit 1
                           ) is true then true
                           when (
                               select line.began_at is null or first.created_at < line.began_at
                               from (
                                   select verification_log.created_at
                                   from verification_log
                                   where verification_log.tenant_id = $1
                                     and verification_log.content_id = content.content_id
                                     and verification_log.success
                                     and not (content.in_progress and verification_log.wip)
                                     and case line.kind
                                             when 'branch' then (
                                                 select true
                                                 from branch_version
                                                 where branch_version.tenant_id = $1
                                                   and branch_version.version_id = verification_log.provider_version_id
                                                 limit 1
                                             )
                                             when 'tag' then (
                                                 select true
                                                 from tag
                                                 where tag.tenant_id = $1
                                                   and tag.version_id = verification_log.provider_version_id
                                                 limit 1
                                             )
                                             else true
                                         end
                                   order by verification_log.number
                                   limit 1
                               ) as first
                           ) is true then true
                           else line.is_short and (
                               select true
                               from (
                                   select branch_version.version_id
                                   from branch_version
                                   where line.kind = 'branch'
                                     and branch_version.tenant_id = $1
                                     and branch_version.pacticipant_id = $2
                                     and branch_version.branch = line.name
                                   union all
                                   select tag.version_id
                                   from tag
                                   where line.kind = 'tag'
                                     and tag.tenant_id = $1
                                     and tag.pacticipant_id = $2
                                     and tag.name = line.name
                               ) as short
                               cross join lateral (
                                   select from verification_log
                                   where verification_log.tenant_id = $1
                                     and verification_log.provider_version_id = short.version_id
                                     and verification_log.content_id = content.content_id
                                     and verification_log.success
                                     and not (content.in_progress and verification_log.wip)
                                   limit 1
                               ) as success
                               limit 1
                           ) is true
                       end
                   ) as settled
            from content
        )
        select wanted.content_id as "content_id!", wanted.version_id as "version_id!", version.number as "number!",
               version.position as "position!", described.sha as "sha!", judged.settled as "settled!"
        from wanted
        join judged on judged.content_id = wanted.content_id
                   and judged.in_progress = wanted.in_progress
        cross join lateral (
            select version.number, version.position
            from version
            where version.tenant_id = $1
              and version.id = wanted.version_id
            limit 1
        ) as version
        cross join lateral (
            select contract_content.sha
            from contract_content
            where contract_content.tenant_id = $1
              and contract_content.id = wanted.content_id
            limit 1
        ) as described
        where not (wanted.in_progress and judged.settled)
        "#,
        tenant.0,
        provider.0,
        &contents,
        &versions,
        &in_progress,
        &lines.kinds,
        &lines.names as &[Option<String>],
    )
    .fetch_all(db)
    .await
}
