//! SQL of the matrix. Selectors are looked up by key; rows are joined from heads and keys, without contract text.

use chrono::{DateTime, Utc};
use pactolus_domain::gate::Criterion;
use serde_json::Value;
use sqlx::PgConnection;

use super::query::LatestBy;
use crate::ids::{PacticipantId, TenantId, VersionId};

/// A pacticipant by id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NamedPacticipant {
    pub(super) id: PacticipantId,
    pub(super) name: String,
}

pub(super) async fn list_pacticipants(
    db: &mut PgConnection,
    tenant: TenantId,
    names: &[String],
) -> sqlx::Result<Vec<NamedPacticipant>> {
    sqlx::query_as!(
        NamedPacticipant,
        r#"select id as "id: _", name from pacticipant where tenant_id = $1 and name = any($2)"#,
        tenant.0,
        names,
    )
    .fetch_all(db)
    .await
}

/// A version that a selector found.
#[derive(Clone, Debug)]
pub(super) struct FoundVersion {
    /// Which of the selectors.
    pub(super) ordinal: i32,
    pub(super) id: VersionId,
    pub(super) number: String,
    pub(super) position: i64,
}

/// A selector in the form that the statement reads: the kind of criterion and its value.
pub(super) fn criterion(criterion: &Criterion) -> (&'static str, Option<String>) {
    match criterion {
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
    }
}

/// The versions that each criterion finds of its pacticipant.
#[expect(clippy::too_many_lines, reason = "one statement, read as one")]
pub(super) async fn list_versions(
    db: &mut PgConnection,
    tenant: TenantId,
    asked: &[(PacticipantId, &Criterion)],
) -> sqlx::Result<Vec<FoundVersion>> {
    let ordinals: Vec<i32> = (0..).take(asked.len()).collect();
    let pacticipants: Vec<i64> = asked.iter().map(|(pacticipant, _)| pacticipant.0).collect();
    let (kinds, values): (Vec<String>, Vec<Option<String>>) =
        asked.iter().map(|(_, one)| criterion(one)).map(|(kind, value)| (kind.to_string(), value)).unzip();
    sqlx::query_as!(
        FoundVersion,
        r#"
        with asked as (
            select *
            from unnest($2::integer[], $3::bigint[], $4::text[], $5::text[])
                as asked (ordinal, pacticipant_id, kind, value)
        ),
        found as (
            select asked.ordinal, version.id as version_id
            from asked
            join version on version.tenant_id = $1
                        and version.pacticipant_id = asked.pacticipant_id
                        and version.number = asked.value
            where asked.kind = 'version'
            union
            select asked.ordinal, latest.id
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
            union
            select asked.ordinal, tag_head.version_id
            from asked
            join tag_head on tag_head.tenant_id = $1
                         and tag_head.pacticipant_id = asked.pacticipant_id
                         and tag_head.name = asked.value
            where asked.kind = 'latest_tag'
            union
            select asked.ordinal, tag.version_id
            from asked
            join tag on tag.tenant_id = $1
                    and tag.pacticipant_id = asked.pacticipant_id
                    and tag.name = asked.value
            where asked.kind = 'tag'
            union
            select asked.ordinal, branch_head.version_id
            from asked
            join branch_head on branch_head.tenant_id = $1
                            and branch_head.pacticipant_id = asked.pacticipant_id
                            and branch_head.branch = asked.value
            where asked.kind = 'latest_branch'
            union
            select asked.ordinal, branch_version.version_id
            from asked
            join branch_version on branch_version.tenant_id = $1
                               and branch_version.pacticipant_id = asked.pacticipant_id
                               and branch_version.branch = asked.value
            where asked.kind = 'branch'
            union
            select asked.ordinal, branch_head.version_id
            from asked
            join pacticipant on pacticipant.tenant_id = $1
                            and pacticipant.id = asked.pacticipant_id
            join branch_head on branch_head.tenant_id = $1
                            and branch_head.pacticipant_id = asked.pacticipant_id
                            and branch_head.branch = pacticipant.main_branch
            where asked.kind = 'latest_main_branch'
            union
            select asked.ordinal, branch_version.version_id
            from asked
            join pacticipant on pacticipant.tenant_id = $1
                            and pacticipant.id = asked.pacticipant_id
            join branch_version on branch_version.tenant_id = $1
                               and branch_version.pacticipant_id = asked.pacticipant_id
                               and branch_version.branch = pacticipant.main_branch
            where asked.kind = 'main_branch'
            union
            select asked.ordinal, deployed_version.version_id
            from asked
            join environment on environment.tenant_id = $1
                            and environment.name = asked.value
            join deployed_version on deployed_version.tenant_id = $1
                                 and deployed_version.environment_id = environment.id
                                 and deployed_version.pacticipant_id = asked.pacticipant_id
                                 and deployed_version.undeployed_at is null
            where asked.kind = 'environment'
            union
            select asked.ordinal, released_version.version_id
            from asked
            join environment on environment.tenant_id = $1
                            and environment.name = asked.value
            join released_version on released_version.tenant_id = $1
                                 and released_version.environment_id = environment.id
                                 and released_version.pacticipant_id = asked.pacticipant_id
                                 and released_version.support_ended_at is null
            where asked.kind = 'environment'
        )
        select found.ordinal as "ordinal!", version.id as "id: _", version.number, version.position
        from found
        join version on version.tenant_id = $1
                    and version.id = found.version_id
        order by found.ordinal, version.position desc
        "#,
        tenant.0,
        &ordinals,
        &pacticipants,
        &kinds,
        &values as &[Option<String>],
    )
    .fetch_all(db)
    .await
}

/// A pair of which at least one side was specified.
#[derive(Clone, Debug)]
pub(super) struct Neighbours {
    pub(super) consumer_id: PacticipantId,
    pub(super) consumer: String,
    pub(super) provider_id: PacticipantId,
    pub(super) provider: String,
    /// Whether a specified consumer version has a contract with the provider.
    pub(super) required: bool,
}

/// The providers that the specified versions have contracts with, and the consumers of the specified pacticipants.
pub(super) async fn list_neighbours(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipants: &[i64],
    versions: &[i64],
    any_version_of: &[i64],
) -> sqlx::Result<Vec<Neighbours>> {
    sqlx::query_as!(
        Neighbours,
        r#"
        with pair as (
            select contract.consumer_id, contract.provider_id, true as required
            from contract
            where contract.tenant_id = $1
              and contract.consumer_version_id = any($3)
            union all
            select integration.consumer_id, integration.provider_id, true
            from integration
            where integration.tenant_id = $1
              and integration.consumer_id = any($4)
            union all
            select integration.consumer_id, integration.provider_id, false
            from integration
            where integration.tenant_id = $1
              and integration.provider_id = any($2)
        )
        select consumer.id as "consumer_id: _", consumer.name as consumer, provider.id as "provider_id: _",
               provider.name as provider, bool_or(pair.required) as "required!"
        from pair
        join pacticipant as consumer on consumer.tenant_id = $1
                                    and consumer.id = pair.consumer_id
        join pacticipant as provider on provider.tenant_id = $1
                                    and provider.id = pair.provider_id
        group by consumer.id, consumer.name, provider.id, provider.name
        order by consumer.name, provider.name
        "#,
        tenant.0,
        pacticipants,
        versions,
        any_version_of,
    )
    .fetch_all(db)
    .await
}

/// The integrations among these pacticipants. None is required: a version that has a contract with another has a row.
pub(super) async fn list_integrations_between(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipants: &[i64],
) -> sqlx::Result<Vec<Neighbours>> {
    sqlx::query_as!(
        Neighbours,
        r#"
        select consumer.id as "consumer_id: _", consumer.name as consumer, provider.id as "provider_id: _",
               provider.name as provider, false as "required!"
        from integration
        join pacticipant as consumer on consumer.tenant_id = $1
                                    and consumer.id = integration.consumer_id
        join pacticipant as provider on provider.tenant_id = $1
                                    and provider.id = integration.provider_id
        where integration.tenant_id = $1
          and integration.consumer_id = any($2)
          and integration.provider_id = any($2)
        order by consumer.name, provider.name
        "#,
        tenant.0,
        pacticipants,
    )
    .fetch_all(db)
    .await
}

/// A contract in question, with one of its results if there is one.
#[derive(Clone, Debug)]
pub(super) struct RawRow {
    pub(super) consumer: String,
    pub(super) consumer_version_id: VersionId,
    pub(super) consumer_version: String,
    pub(super) consumer_position: i64,
    pub(super) provider: String,
    pub(super) sha: String,
    pub(super) published_at: DateTime<Utc>,
    pub(super) provider_version_id: Option<VersionId>,
    pub(super) provider_version: Option<String>,
    pub(super) provider_position: Option<i64>,
    pub(super) success: Option<bool>,
    pub(super) number: Option<i64>,
    pub(super) verified_at: Option<DateTime<Utc>>,
}

/// What rows are between: versions, or pacticipants of which any version counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Between {
    /// Contracts of these versions, and of any version of these pacticipants.
    pub(super) consumer_versions: Vec<i64>,
    pub(super) any_version_of_consumers: Vec<i64>,
    /// With these providers.
    pub(super) providers: Vec<i64>,
    /// Results of these versions, and of any version of these pacticipants.
    pub(super) provider_versions: Vec<i64>,
    pub(super) any_version_of_providers: Vec<i64>,
    /// Rows must touch one of these.
    pub(super) touching: Vec<i64>,
}

/// Each contract with each of its results in question; a contract without any stands once, without result.
pub(super) async fn list_rows(
    db: &mut PgConnection,
    tenant: TenantId,
    between: &Between,
    latest_by: LatestBy,
) -> sqlx::Result<Vec<RawRow>> {
    let every_result = latest_by == LatestBy::All;
    sqlx::query_as!(
        RawRow,
        r#"
        with asked as (
            select contract.consumer_id, contract.consumer_version_id, contract.position, contract.provider_id,
                   contract.content_id, contract.created_at
            from contract
            where contract.tenant_id = $1
              and contract.consumer_version_id = any($2)
              and contract.provider_id = any($4)
              and (contract.consumer_id = any($7) or contract.provider_id = any($7))
            union
            select contract.consumer_id, contract.consumer_version_id, contract.position, contract.provider_id,
                   contract.content_id, contract.created_at
            from contract
            where contract.tenant_id = $1
              and contract.consumer_id = any($3)
              and contract.provider_id = any($4)
              and (contract.consumer_id = any($7) or contract.provider_id = any($7))
        )
        select consumer.name as consumer,
               consumer_version.id as "consumer_version_id: _", consumer_version.number as consumer_version,
               asked.position as "consumer_position!", provider.name as provider,
               contract_content.sha, asked.created_at as "published_at!",
               provider_version.id as "provider_version_id?: _", provider_version.number as "provider_version?",
               provider_version.position as "provider_position?", result.success as "success?",
               result.number as "number?", result.verified_at as "verified_at?"
        from asked
        join pacticipant as consumer on consumer.tenant_id = $1
                                    and consumer.id = asked.consumer_id
        join pacticipant as provider on provider.tenant_id = $1
                                    and provider.id = asked.provider_id
        join version as consumer_version on consumer_version.tenant_id = $1
                                        and consumer_version.id = asked.consumer_version_id
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.id = asked.content_id
        left join lateral (
            select verification.provider_version_id, verification.success, verification.number,
                   verification.verified_at
            from verification
            where not $8
              and verification.tenant_id = $1
              and verification.content_id = asked.content_id
              and (verification.provider_version_id = any($5) or asked.provider_id = any($6))
            union all
            select verification_log.provider_version_id, verification_log.success, verification_log.number,
                   verification_log.created_at
            from verification_log
            where $8
              and verification_log.tenant_id = $1
              and verification_log.content_id = asked.content_id
              and (verification_log.provider_version_id = any($5) or asked.provider_id = any($6))
        ) as result on true
        left join version as provider_version on provider_version.tenant_id = $1
                                             and provider_version.id = result.provider_version_id
        "#,
        tenant.0,
        &between.consumer_versions,
        &between.any_version_of_consumers,
        &between.providers,
        &between.provider_versions,
        &between.any_version_of_providers,
        &between.touching,
        every_result,
    )
    .fetch_all(db)
    .await
}

/// All results by these provider versions: for a single provider version that is asked about alone.
pub(super) async fn list_rows_verified_by(
    db: &mut PgConnection,
    tenant: TenantId,
    provider_versions: &[i64],
    latest_by: LatestBy,
) -> sqlx::Result<Vec<RawRow>> {
    let every_result = latest_by == LatestBy::All;
    sqlx::query_as!(
        RawRow,
        r#"
        with result as (
            select verification.content_id, verification.provider_version_id, verification.success,
                   verification.number, verification.verified_at
            from verification
            where not $3
              and verification.tenant_id = $1
              and verification.provider_version_id = any($2)
            union all
            select verification_log.content_id, verification_log.provider_version_id, verification_log.success,
                   verification_log.number, verification_log.created_at
            from verification_log
            where $3
              and verification_log.tenant_id = $1
              and verification_log.provider_version_id = any($2)
        )
        select consumer.name as consumer,
               consumer_version.id as "consumer_version_id: _", consumer_version.number as consumer_version,
               contract.position as "consumer_position!", provider.name as provider,
               contract_content.sha, contract.created_at as "published_at!",
               provider_version.id as "provider_version_id?: _", provider_version.number as "provider_version?",
               provider_version.position as "provider_position?", result.success as "success?",
               result.number as "number?", result.verified_at as "verified_at?"
        from result
        join contract on contract.tenant_id = $1
                     and contract.content_id = result.content_id
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.id = contract.content_id
        join pacticipant as consumer on consumer.tenant_id = $1
                                    and consumer.id = contract.consumer_id
        join pacticipant as provider on provider.tenant_id = $1
                                    and provider.id = contract.provider_id
        join version as consumer_version on consumer_version.tenant_id = $1
                                        and consumer_version.id = contract.consumer_version_id
        join version as provider_version on provider_version.tenant_id = $1
                                        and provider_version.id = result.provider_version_id
        "#,
        tenant.0,
        provider_versions,
        every_result,
    )
    .fetch_all(db)
    .await
}

/// Where versions are deployed or supported now.
pub(super) struct Residence {
    pub(super) version_id: VersionId,
    pub(super) id: uuid::Uuid,
    pub(super) name: String,
    pub(super) display_name: String,
    pub(super) production: bool,
    pub(super) contacts: Value,
    pub(super) created_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
}

/// What is deployed first, then what is released, each in the order in which it came there; each environment once.
pub(super) async fn list_residences(
    db: &mut PgConnection,
    tenant: TenantId,
    versions: &[i64],
) -> sqlx::Result<Vec<Residence>> {
    sqlx::query_as!(
        Residence,
        r#"
        with resident as (
            select deployed_version.version_id, deployed_version.environment_id, 1 as kind, deployed_version.id
            from deployed_version
            where deployed_version.tenant_id = $1
              and deployed_version.version_id = any($2)
              and deployed_version.undeployed_at is null
            union all
            select released_version.version_id, released_version.environment_id, 2, released_version.id
            from released_version
            where released_version.tenant_id = $1
              and released_version.version_id = any($2)
              and released_version.support_ended_at is null
        ),
        first_stay as (
            select distinct on (resident.version_id, resident.environment_id) resident.version_id,
                   resident.environment_id, resident.kind, resident.id
            from resident
            order by resident.version_id, resident.environment_id, resident.kind, resident.id
        )
        select first_stay.version_id as "version_id!: _", environment.id, environment.name, environment.display_name,
               environment.production, environment.contacts, environment.created_at, environment.updated_at
        from first_stay
        join environment on environment.tenant_id = $1
                        and environment.id = first_stay.environment_id
        order by first_stay.version_id, first_stay.kind, first_stay.id
        "#,
        tenant.0,
        versions,
    )
    .fetch_all(db)
    .await
}

/// Which of these versions of the pacticipants exist.
pub(super) async fn list_existing_versions(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipants: &[String],
    numbers: &[String],
) -> sqlx::Result<Vec<(String, String)>> {
    let rows = sqlx::query!(
        r#"
        select pacticipant.name, version.number
        from unnest($2::text[], $3::text[]) as asked (pacticipant, number)
        join pacticipant on pacticipant.tenant_id = $1
                        and pacticipant.name = asked.pacticipant
        join version on version.tenant_id = $1
                    and version.pacticipant_id = pacticipant.id
                    and version.number = asked.number
        "#,
        tenant.0,
        pacticipants,
        numbers,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.number)).collect())
}
