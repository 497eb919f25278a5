//! SQL of all deployments and releases in order, and of what runs everywhere.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{list_deployed, list_released};
use crate::deployments::{Deployment, Kind};
use crate::ids::{PacticipantId, TenantId};

/// Which part of the timeline is asked for.
#[derive(Clone, Copy)]
pub(in crate::deployments) struct Part {
    pub(in crate::deployments) environment: Option<Uuid>,
    pub(in crate::deployments) pacticipant: Option<PacticipantId>,
    /// What the gate said before it.
    pub(in crate::deployments) said: Option<Said>,
    /// What is older than this one: ids grow with time.
    pub(in crate::deployments) before: Option<Uuid>,
    pub(in crate::deployments) limit: i64,
}

/// What the gate had said when something was let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::deployments) enum Said {
    Yes,
    No,
    /// A result was missing.
    NotKnown,
    /// No verdict was recorded.
    Nothing,
}

impl Said {
    /// As the statements have it.
    fn name(self) -> &'static str {
        match self {
            Self::Yes => "true",
            Self::No => "false",
            Self::NotKnown => "unknown",
            Self::Nothing => "nothing",
        }
    }
}

/// The newest first.
pub(in crate::deployments) async fn list_timeline(
    db: &mut PgConnection,
    tenant: TenantId,
    part: Part,
) -> sqlx::Result<Vec<Deployment>> {
    let ids = match part.pacticipant {
        None => list_ids(db, tenant, part).await?,
        Some(pacticipant) => list_ids_of(db, tenant, pacticipant, part).await?,
    };
    let deployed = list_deployed(db, tenant, &ids).await?;
    let released = list_released(db, tenant, &ids).await?;
    let deployed = deployed.into_iter().map(|row| row.of_kind(Kind::Deployed));
    let mut all: Vec<Deployment> =
        deployed.chain(released.into_iter().map(|row| row.of_kind(Kind::Released))).collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.id));
    Ok(all)
}

/// Of both tables no more than are shown, each from its newest on.
async fn list_ids(db: &mut PgConnection, tenant: TenantId, part: Part) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"
        (
            select id as "id!"
            from deployed_version
            where tenant_id = $1
              and ($2::uuid is null or environment_id = $2)
              and id < coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
              and ($5::text is null or $5 = coalesce((
                  select coalesce(verdict.deployable::text, 'unknown')
                  from verdict
                  where verdict.tenant_id = $1
                    and verdict.id = deployed_version.verdict_id
              ), 'nothing'))
            order by id desc
            limit $4
        )
        union all
        (
            select id
            from released_version
            where tenant_id = $1
              and ($2::uuid is null or environment_id = $2)
              and id < coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
              and ($5::text is null or $5 = coalesce((
                  select coalesce(verdict.deployable::text, 'unknown')
                  from verdict
                  where verdict.tenant_id = $1
                    and verdict.id = released_version.verdict_id
              ), 'nothing'))
            order by id desc
            limit $4
        )
        order by 1 desc
        limit $4
        "#,
        tenant.0,
        part.environment,
        part.before,
        part.limit,
        part.said.map(Said::name),
    )
    .fetch_all(db)
    .await
}

/// Those of one pacticipant, by its index.
async fn list_ids_of(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    part: Part,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"
        select of_one.id as "id!"
        from (
            select id
            from deployed_version
            where tenant_id = $1
              and pacticipant_id = $2
              and ($3::uuid is null or environment_id = $3)
              and ($6::text is null or $6 = coalesce((
                  select coalesce(verdict.deployable::text, 'unknown')
                  from verdict
                  where verdict.tenant_id = $1
                    and verdict.id = deployed_version.verdict_id
              ), 'nothing'))
            union all
            select id
            from released_version
            where tenant_id = $1
              and pacticipant_id = $2
              and ($3::uuid is null or environment_id = $3)
              and ($6::text is null or $6 = coalesce((
                  select coalesce(verdict.deployable::text, 'unknown')
                  from verdict
                  where verdict.tenant_id = $1
                    and verdict.id = released_version.verdict_id
              ), 'nothing'))
        ) as of_one
        where $4::uuid is null or of_one.id < $4
        order by of_one.id desc
        limit $5
        "#,
        tenant.0,
        pacticipant.0,
        part.environment,
        part.before,
        part.limit,
        part.said.map(Said::name),
    )
    .fetch_all(db)
    .await
}

/// A version where it runs or is supported.
pub(in crate::deployments) struct Running {
    pub(in crate::deployments) pacticipant_id: i64,
    pub(in crate::deployments) pacticipant: String,
    pub(in crate::deployments) environment: Uuid,
    pub(in crate::deployments) number: String,
    /// The order of creation among versions.
    pub(in crate::deployments) position: i64,
    /// Empty for the slot without a name, and for releases.
    pub(in crate::deployments) application_instance: String,
    pub(in crate::deployments) since: DateTime<Utc>,
    pub(in crate::deployments) is_release: bool,
}

/// By name, the newest deployments first.
pub(in crate::deployments) async fn list_running(
    db: &mut PgConnection,
    tenant: TenantId,
) -> sqlx::Result<Vec<Running>> {
    sqlx::query_as!(
        Running,
        r#"
        select pacticipant.id as pacticipant_id, pacticipant.name as pacticipant,
               running.environment_id as "environment!", version.number, version.position,
               running.application_instance as "application_instance!", running.created_at as "since!",
               running.is_release as "is_release!"
        from (
            select pacticipant_id, version_id, environment_id, application_instance, created_at, false as is_release
            from deployed_version
            where tenant_id = $1
              and undeployed_at is null
            union all
            select pacticipant_id, version_id, environment_id, '', created_at, true
            from released_version
            where tenant_id = $1
              and support_ended_at is null
        ) as running
        join pacticipant on pacticipant.tenant_id = $1
                        and pacticipant.id = running.pacticipant_id
        join version on version.tenant_id = $1
                    and version.id = running.version_id
        order by lower(pacticipant.name), pacticipant.name, running.created_at desc
        "#,
        tenant.0,
    )
    .fetch_all(db)
    .await
}
