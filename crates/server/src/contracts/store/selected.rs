//! SQL of the selection of contracts for verification, and of what makes them pending.

use chrono::{DateTime, Utc};
use pactolus_domain::names::BranchName;
use pactolus_domain::selectors::{ConsumerVersionSelector, Criterion};
use sqlx::PgConnection;

use crate::ids::{ContentId, PacticipantId, TenantId};

/// A contract that a selector chose.
#[derive(Clone, Debug)]
pub(crate) struct Selected {
    /// Which of the selectors.
    pub(crate) ordinal: i32,
    pub(crate) reason: String,
    pub(crate) consumer: String,
    pub(crate) version: String,
    pub(crate) position: i64,
    pub(crate) content_id: ContentId,
    pub(crate) sha: String,
    pub(crate) branch: Option<String>,
    pub(crate) tag: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) production: Option<bool>,
}

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

/// The contracts that the steps choose, each with the number of its step.
#[expect(clippy::too_many_lines, reason = "one statement, read as one")]
pub(crate) async fn list_selected(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    steps: &[Step],
) -> sqlx::Result<Vec<Selected>> {
    let ordinals: Vec<i32> = (0..).take(steps.len()).collect();
    let kinds: Vec<String> = steps.iter().map(|step| step.kind.to_string()).collect();
    let values: Vec<Option<String>> = steps.iter().map(|step| step.value.clone()).collect();
    let consumers: Vec<Option<String>> = steps.iter().map(|step| step.consumer.clone()).collect();
    sqlx::query_as!(
        Selected,
        r#"
        with asked as (
            select asked.ordinal, asked.kind, asked.value, consumer.id as consumer_id, consumer.name as consumer,
                   consumer.main_branch, integration.latest_consumer_version_id
            from unnest($3::integer[], $4::text[], $5::text[], $6::text[]) as asked (ordinal, kind, value, consumer)
            join integration on integration.tenant_id = $1
                            and integration.provider_id = $2
            join pacticipant as consumer on consumer.tenant_id = $1
                                        and consumer.id = integration.consumer_id
            where asked.consumer is null
               or asked.consumer = consumer.name
        ),
        chosen as (
            select asked.ordinal, asked.consumer, 'latest' as reason, asked.latest_consumer_version_id as version_id,
                   null::text as branch, null::text as tag, null::text as environment, null::boolean as production
            from asked
            where asked.kind = 'latest'
            union all
            select asked.ordinal, asked.consumer, 'main_branch', branch_head.version_id, branch_head.branch, null, null,
                   null
            from asked
            join branch_head on branch_head.tenant_id = $1
                            and branch_head.pacticipant_id = asked.consumer_id
                            and branch_head.branch = asked.main_branch
            where asked.kind in ('main_branch', 'main_branch_or_latest')
            union all
            select asked.ordinal, asked.consumer, 'latest_tagged', tag_head.version_id, null, tag_head.name, null, null
            from asked
            join tag_head on tag_head.tenant_id = $1
                         and tag_head.pacticipant_id = asked.consumer_id
                         and tag_head.name = asked.main_branch
            left join branch_head on branch_head.tenant_id = $1
                                 and branch_head.pacticipant_id = asked.consumer_id
                                 and branch_head.branch = asked.main_branch
            where asked.kind = 'main_branch_or_latest'
              and branch_head.version_id is null
            union all
            select asked.ordinal, asked.consumer, 'latest', asked.latest_consumer_version_id, null, null, null, null
            from asked
            left join tag_head on tag_head.tenant_id = $1
                              and tag_head.pacticipant_id = asked.consumer_id
                              and tag_head.name = asked.main_branch
            left join branch_head on branch_head.tenant_id = $1
                                 and branch_head.pacticipant_id = asked.consumer_id
                                 and branch_head.branch = asked.main_branch
            where asked.kind = 'main_branch_or_latest'
              and branch_head.version_id is null
              and tag_head.version_id is null
            union all
            select asked.ordinal, asked.consumer, asked.kind, branch_head.version_id, branch_head.branch, null, null,
                   null
            from asked
            join branch_head on branch_head.tenant_id = $1
                            and branch_head.pacticipant_id = asked.consumer_id
                            and branch_head.branch = asked.value
            where asked.kind = 'branch'
            union all
            select asked.ordinal, asked.consumer, asked.kind, branch_head.version_id, branch_head.branch, null, null,
                   null
            from asked
            join branch_head on branch_head.tenant_id = $1
                            and branch_head.pacticipant_id = asked.consumer_id
            where asked.kind = 'each_branch'
            union all
            select asked.ordinal, asked.consumer, asked.kind, tag_head.version_id, null, tag_head.name, null, null
            from asked
            join tag_head on tag_head.tenant_id = $1
                         and tag_head.pacticipant_id = asked.consumer_id
                         and tag_head.name = asked.value
            where asked.kind = 'latest_tagged'
            union all
            select asked.ordinal, asked.consumer, asked.kind, tag.version_id, null, tag.name, null, null
            from asked
            join tag on tag.tenant_id = $1
                    and tag.pacticipant_id = asked.consumer_id
                    and tag.name = asked.value
            where asked.kind = 'all_tagged'
            union all
            select asked.ordinal, asked.consumer,
                   case when asked.kind = 'in_environment' then asked.kind else 'deployed' end,
                   deployed_version.version_id, null, null, environment.name, environment.production
            from asked
            join deployed_version on deployed_version.tenant_id = $1
                                 and deployed_version.pacticipant_id = asked.consumer_id
                                 and deployed_version.undeployed_at is null
            join environment on environment.tenant_id = $1
                            and environment.id = deployed_version.environment_id
            where asked.kind in ('deployed', 'deployed_or_released', 'in_environment')
              and (asked.value is null or environment.name = asked.value)
            union all
            select asked.ordinal, asked.consumer,
                   case when asked.kind = 'in_environment' then asked.kind else 'released' end,
                   released_version.version_id, null, null, environment.name, environment.production
            from asked
            join released_version on released_version.tenant_id = $1
                                 and released_version.pacticipant_id = asked.consumer_id
                                 and released_version.support_ended_at is null
            join environment on environment.tenant_id = $1
                            and environment.id = released_version.environment_id
            where asked.kind in ('released', 'deployed_or_released', 'in_environment')
              and (asked.value is null or environment.name = asked.value)
        )
        select chosen.ordinal as "ordinal!", chosen.reason as "reason!", chosen.consumer as "consumer!",
               version.number as version, version.position, contract.content_id as "content_id: _",
               contract_content.sha, chosen.branch, chosen.tag, chosen.environment, chosen.production
        from chosen
        join contract on contract.tenant_id = $1
                     and contract.consumer_version_id = chosen.version_id
                     and contract.provider_id = $2
        join version on version.tenant_id = $1
                    and version.id = chosen.version_id
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.id = contract.content_id
        order by chosen.ordinal, version.position
        "#,
        tenant.0,
        provider.0,
        &ordinals,
        &kinds,
        &values as &[Option<String>],
        &consumers as &[Option<String>],
    )
    .fetch_all(db)
    .await
}

/// The contracts of the heads of all branches and tags that were published after `since`: candidates for work in
/// progress.
pub(crate) async fn list_heads_since(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    since: DateTime<Utc>,
) -> sqlx::Result<Vec<Selected>> {
    sqlx::query_as!(
        Selected,
        r#"
        with head as (
            select 'branch' as reason, integration.consumer_id, branch_head.version_id, branch_head.branch,
                   null::text as tag
            from integration
            join branch_head on branch_head.tenant_id = $1
                            and branch_head.pacticipant_id = integration.consumer_id
            where integration.tenant_id = $1
              and integration.provider_id = $2
            union all
            select 'latest_tagged', integration.consumer_id, tag_head.version_id, null, tag_head.name
            from integration
            join tag_head on tag_head.tenant_id = $1
                         and tag_head.pacticipant_id = integration.consumer_id
            where integration.tenant_id = $1
              and integration.provider_id = $2
        )
        select 0 as "ordinal!", head.reason as "reason!", consumer.name as consumer, version.number as version,
               version.position, contract.content_id as "content_id: _", contract_content.sha, head.branch, head.tag,
               null::text as environment, null::boolean as production
        from head
        join contract on contract.tenant_id = $1
                     and contract.consumer_version_id = head.version_id
                     and contract.provider_id = $2
                     and contract.created_at > $3
        join version on version.tenant_id = $1
                    and version.id = head.version_id
        join pacticipant as consumer on consumer.tenant_id = $1
                                    and consumer.id = head.consumer_id
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.id = contract.content_id
        order by version.position
        "#,
        tenant.0,
        provider.0,
        since,
    )
    .fetch_all(db)
    .await
}

/// Which successes settle a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Successes {
    /// Any: it is no longer pending.
    Any,
    /// Those of content that the provider asked for: it is no longer work in progress.
    AskedFor,
}

/// The contents that are no longer pending for a provider branch: verified by a version on it, or on another branch
/// before this one began. Numbers are given in order of time, so the first result tells the latter.
///
/// A short branch is searched version by version, a long one from each content's last result back: either way few rows
/// are read, however long the history.
pub(crate) async fn list_settled_for_branch(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    contents: &[i64],
    branch: &str,
    successes: Successes,
) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        r#"
        with line as (
            select branch.created_at
            from branch
            where branch.tenant_id = $1
              and branch.pacticipant_id = $2
              and branch.name = $4
        ),
        size as (
            select count(*) as versions
            from (
                select from branch_version
                where branch_version.tenant_id = $1
                  and branch_version.pacticipant_id = $2
                  and branch_version.branch = $4
                limit 21
            ) as counted
        )
        select content.id as "id!"
        from unnest($3::bigint[]) as content (id)
        where exists (
            select
            from (
                select verification_log.created_at
                from verification_log
                where verification_log.tenant_id = $1
                  and verification_log.content_id = content.id
                  and verification_log.success
                  and not ($5 and verification_log.wip)
                  and exists (
                      select from branch_version
                      where branch_version.tenant_id = $1
                        and branch_version.version_id = verification_log.provider_version_id
                  )
                order by verification_log.number
                limit 1
            ) as first
            where not exists (select from line where line.created_at <= first.created_at)
        )
        or (select versions from size) <= 20 and exists (
            select
            from (
                select branch_version.version_id
                from branch_version
                where branch_version.tenant_id = $1
                  and branch_version.pacticipant_id = $2
                  and branch_version.branch = $4
                limit 20
            ) as short
            join verification_log on verification_log.tenant_id = $1
                                 and verification_log.provider_version_id = short.version_id
                                 and verification_log.content_id = content.id
                                 and verification_log.success
                  and not ($5 and verification_log.wip)
        )
        or (select versions from size) > 20 and (
            select true
            from verification_log
            where verification_log.tenant_id = $1
              and verification_log.content_id = content.id
              and verification_log.success
              and not ($5 and verification_log.wip)
              and exists (
                  select from branch_version
                  where branch_version.tenant_id = $1
                    and branch_version.version_id = verification_log.provider_version_id
                    and branch_version.branch = $4
              )
            order by verification_log.number desc
            limit 1
        )
        "#,
        tenant.0,
        provider.0,
        contents,
        branch,
        successes == Successes::AskedFor,
    )
    .fetch_all(db)
    .await
}

/// The contents that are no longer pending for a provider tag: verified by a version that carries it, or by a tagged
/// version before the tag was first used. Searched as for a branch.
pub(crate) async fn list_settled_for_tag(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    contents: &[i64],
    tag: &str,
    successes: Successes,
) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        r#"
        with line as (
            select min(tag.created_at) as created_at, count(*) as versions
            from tag
            where tag.tenant_id = $1
              and tag.pacticipant_id = $2
              and tag.name = $4
        )
        select content.id as "id!"
        from unnest($3::bigint[]) as content (id)
        where exists (
            select
            from (
                select verification_log.created_at
                from verification_log
                where verification_log.tenant_id = $1
                  and verification_log.content_id = content.id
                  and verification_log.success
                  and not ($5 and verification_log.wip)
                  and exists (
                      select from tag
                      where tag.tenant_id = $1
                        and tag.version_id = verification_log.provider_version_id
                  )
                order by verification_log.number
                limit 1
            ) as first
            where not exists (select from line where line.created_at <= first.created_at)
        )
        or (select versions from line) <= 20 and exists (
            select
            from (
                select tag.version_id
                from tag
                where tag.tenant_id = $1
                  and tag.pacticipant_id = $2
                  and tag.name = $4
                limit 20
            ) as short
            join verification_log on verification_log.tenant_id = $1
                                 and verification_log.provider_version_id = short.version_id
                                 and verification_log.content_id = content.id
                                 and verification_log.success
                  and not ($5 and verification_log.wip)
        )
        or (select versions from line) > 20 and (
            select true
            from verification_log
            where verification_log.tenant_id = $1
              and verification_log.content_id = content.id
              and verification_log.success
              and not ($5 and verification_log.wip)
              and exists (
                  select from tag
                  where tag.tenant_id = $1
                    and tag.version_id = verification_log.provider_version_id
                    and tag.name = $4
              )
            order by verification_log.number desc
            limit 1
        )
        "#,
        tenant.0,
        provider.0,
        contents,
        tag,
        successes == Successes::AskedFor,
    )
    .fetch_all(db)
    .await
}

/// The contents that any provider version has verified.
pub(crate) async fn list_settled(db: &mut PgConnection, tenant: TenantId, contents: &[i64]) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        r#"
        select content.id as "id!"
        from unnest($2::bigint[]) as content (id)
        where exists (
            select from verification_log
            where verification_log.tenant_id = $1
              and verification_log.content_id = content.id
              and verification_log.success
        )
        "#,
        tenant.0,
        contents,
    )
    .fetch_all(db)
    .await
}
