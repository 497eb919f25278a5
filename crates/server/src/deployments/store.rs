//! SQL of deployed and released versions. What is current is a partial index.

mod timeline;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Cause, Deployed, Deployment, Kind};
use crate::ids::{PacticipantId, TenantId, VersionId};

pub(super) use timeline::{Part, Running, Said, list_running, list_timeline};

/// Deployments of one pacticipant wait for each other: of two at once, one comes first.
pub(super) async fn hold_pacticipant(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
) -> sqlx::Result<()> {
    sqlx::query!("select from pacticipant where tenant_id = $1 and id = $2 for no key update", tenant.0, pacticipant.0)
        .fetch_optional(db)
        .await?;
    Ok(())
}

/// Nobody can delete it until the transaction ends. Returns false when somebody has.
pub(super) async fn hold_version(db: &mut PgConnection, tenant: TenantId, version: VersionId) -> sqlx::Result<bool> {
    let found = sqlx::query!("select from version where tenant_id = $1 and id = $2 for key share", tenant.0, version.0)
        .fetch_optional(db)
        .await?;
    Ok(found.is_some())
}

pub(super) async fn find_current(
    db: &mut PgConnection,
    tenant: TenantId,
    deployed: Deployed<'_>,
) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        r#"
        select id
        from deployed_version
        where tenant_id = $1
          and environment_id = $2
          and pacticipant_id = $3
          and application_instance = $4
          and version_id = $5
          and undeployed_at is null
        "#,
        tenant.0,
        deployed.environment,
        deployed.pacticipant.0,
        deployed.application_instance,
        deployed.version.0,
    )
    .fetch_optional(db)
    .await
}

/// Ends what is in the slot. Returns which deployment that was.
pub(super) async fn end_current(
    db: &mut PgConnection,
    tenant: TenantId,
    deployed: Deployed<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        r#"
        update deployed_version
        set undeployed_at = $5, updated_at = $5
        where tenant_id = $1
          and environment_id = $2
          and pacticipant_id = $3
          and application_instance = $4
          and undeployed_at is null
        returning id
        "#,
        tenant.0,
        deployed.environment,
        deployed.pacticipant.0,
        deployed.application_instance,
        now,
    )
    .fetch_optional(db)
    .await
}

pub(super) async fn insert_deployed(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    deployed: Deployed<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into deployed_version (tenant_id, id, environment_id, pacticipant_id, version_id, application_instance,
                                      created_at, updated_at, auto_created)
        values ($1, $2, $3, $4, $5, $6, $7, $7, $8)
        "#,
        tenant.0,
        id,
        deployed.environment,
        deployed.pacticipant.0,
        deployed.version.0,
        deployed.application_instance,
        now,
        deployed.cause == Cause::Tagged,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A release that is there.
pub(super) struct Ensured {
    pub(super) id: Uuid,
    /// Whether it was never there before.
    pub(super) created: bool,
    /// Whether it was not there just before.
    pub(super) begun: bool,
}

/// Releases the version or takes up its support again.
pub(super) async fn ensure_released(
    db: &mut PgConnection,
    tenant: TenantId,
    offered_id: Uuid,
    released: Deployed<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<Ensured> {
    sqlx::query_as!(
        Ensured,
        r#"
        with before as (
            select support_ended_at
            from released_version
            where tenant_id = $1
              and environment_id = $3
              and pacticipant_id = $4
              and version_id = $5
        )
        insert into released_version (tenant_id, id, environment_id, pacticipant_id, version_id, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $6)
        on conflict on constraint released_version_key do update
        set support_ended_at = null,
            updated_at = case
                when released_version.support_ended_at is null then released_version.updated_at
                else excluded.updated_at
            end
        returning id, (xmax = 0) as "created!",
                  coalesce((select support_ended_at is not null from before), true) as "begun!"
        "#,
        tenant.0,
        offered_id,
        released.environment,
        released.pacticipant.0,
        released.version.0,
        now,
    )
    .fetch_one(db)
    .await
}

/// Says what it was allowed by.
pub(super) async fn put_verdict(
    db: &mut PgConnection,
    tenant: TenantId,
    kind: Kind,
    id: Uuid,
    verdict: Uuid,
) -> sqlx::Result<()> {
    match kind {
        Kind::Deployed => {
            sqlx::query!(
                "update deployed_version set verdict_id = $3 where tenant_id = $1 and id = $2",
                tenant.0,
                id,
                verdict
            )
            .execute(db)
            .await?
        }
        Kind::Released => {
            sqlx::query!(
                "update released_version set verdict_id = $3 where tenant_id = $1 and id = $2",
                tenant.0,
                id,
                verdict
            )
            .execute(db)
            .await?
        }
    };
    Ok(())
}

/// Ends it. Returns false, changing nothing, if it has ended.
pub(super) async fn end(
    db: &mut PgConnection,
    tenant: TenantId,
    kind: Kind,
    id: Uuid,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let ended = match kind {
        Kind::Deployed => {
            sqlx::query!(
                r#"
            update deployed_version
            set undeployed_at = $3, updated_at = $3
            where tenant_id = $1
              and id = $2
              and undeployed_at is null
            "#,
                tenant.0,
                id,
                now,
            )
            .execute(db)
            .await?
        }
        Kind::Released => {
            sqlx::query!(
                r#"
            update released_version
            set support_ended_at = $3, updated_at = $3
            where tenant_id = $1
              and id = $2
              and support_ended_at is null
            "#,
                tenant.0,
                id,
                now,
            )
            .execute(db)
            .await?
        }
    };
    Ok(ended.rows_affected() == 1)
}

struct Row {
    id: Uuid,
    version_id: i64,
    pacticipant: String,
    number: String,
    environment_id: Uuid,
    environment_display_name: String,
    application_instance: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    verdict_id: Option<Uuid>,
}

impl Row {
    fn of_kind(self, kind: Kind) -> Deployment {
        Deployment {
            kind,
            id: self.id,
            version_id: VersionId(self.version_id),
            pacticipant: self.pacticipant,
            number: self.number,
            environment_id: self.environment_id,
            environment_display_name: self.environment_display_name,
            application_instance: Some(self.application_instance).filter(|instance| !instance.is_empty()),
            created_at: self.created_at,
            updated_at: self.updated_at,
            ended_at: self.ended_at,
            verdict_id: self.verdict_id,
        }
    }
}

/// What selects deployments.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'a> {
    Id(Uuid),
    /// All there ever were of these versions; with an environment, in it.
    OfVersions {
        versions: &'a [i64],
        environment: Option<Uuid>,
    },
    /// What is current in an environment; what is `None` is not asked for.
    CurrentIn {
        environment: Uuid,
        pacticipant: Option<&'a str>,
        number: Option<&'a str>,
        application_instance: Option<&'a str>,
    },
}

/// Newest first.
pub(super) async fn list(
    db: &mut PgConnection,
    tenant: TenantId,
    kind: Kind,
    wanted: Wanted<'_>,
) -> sqlx::Result<Vec<Deployment>> {
    // The ids first, each kind of question by its own index; a statement for all questions would search the table.
    let ids = match (wanted, kind) {
        (Wanted::Id(id), _) => vec![id],
        (Wanted::OfVersions { versions, environment }, Kind::Deployed) => {
            list_deployed_ids_of(db, tenant, versions, environment).await?
        }
        (Wanted::OfVersions { versions, environment }, Kind::Released) => {
            list_released_ids_of(db, tenant, versions, environment).await?
        }
        (Wanted::CurrentIn { environment, pacticipant: Some(pacticipant), .. }, kind) => {
            list_current_ids_of(db, tenant, kind, environment, pacticipant).await?
        }
        (Wanted::CurrentIn { environment, pacticipant: None, .. }, Kind::Deployed) => {
            list_deployed_ids(db, tenant, environment).await?
        }
        (Wanted::CurrentIn { environment, pacticipant: None, .. }, Kind::Released) => {
            list_released_ids(db, tenant, environment).await?
        }
    };
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows = match kind {
        Kind::Deployed => list_deployed(db, tenant, &ids).await?,
        Kind::Released => list_released(db, tenant, &ids).await?,
    };
    if let Wanted::CurrentIn { number, application_instance, .. } = wanted {
        rows.retain(|row| {
            number.is_none_or(|number| row.number == number)
                && application_instance.is_none_or(|instance| row.application_instance == instance)
        });
    }
    Ok(rows.into_iter().map(|row| row.of_kind(kind)).collect())
}

async fn list_deployed_ids_of(
    db: &mut PgConnection,
    tenant: TenantId,
    versions: &[i64],
    environment: Option<Uuid>,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"
        select id
        from deployed_version
        where tenant_id = $1
          and version_id = any($2)
          and environment_id = coalesce($3, environment_id)
        "#,
        tenant.0,
        versions,
        environment,
    )
    .fetch_all(db)
    .await
}

async fn list_released_ids_of(
    db: &mut PgConnection,
    tenant: TenantId,
    versions: &[i64],
    environment: Option<Uuid>,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"
        select id
        from released_version
        where tenant_id = $1
          and version_id = any($2)
          and environment_id = coalesce($3, environment_id)
        "#,
        tenant.0,
        versions,
        environment,
    )
    .fetch_all(db)
    .await
}

async fn list_current_ids_of(
    db: &mut PgConnection,
    tenant: TenantId,
    kind: Kind,
    environment: Uuid,
    pacticipant: &str,
) -> sqlx::Result<Vec<Uuid>> {
    match kind {
        Kind::Deployed => {
            sqlx::query_scalar!(
                r#"
                select deployed_version.id
                from pacticipant
                join deployed_version on deployed_version.tenant_id = pacticipant.tenant_id
                                     and deployed_version.pacticipant_id = pacticipant.id
                                     and deployed_version.environment_id = $2
                                     and deployed_version.undeployed_at is null
                where pacticipant.tenant_id = $1
                  and pacticipant.name = $3
                "#,
                tenant.0,
                environment,
                pacticipant,
            )
            .fetch_all(db)
            .await
        }
        Kind::Released => {
            sqlx::query_scalar!(
                r#"
                select released_version.id
                from pacticipant
                join released_version on released_version.tenant_id = pacticipant.tenant_id
                                     and released_version.pacticipant_id = pacticipant.id
                                     and released_version.environment_id = $2
                                     and released_version.support_ended_at is null
                where pacticipant.tenant_id = $1
                  and pacticipant.name = $3
                "#,
                tenant.0,
                environment,
                pacticipant,
            )
            .fetch_all(db)
            .await
        }
    }
}

/// All that is current in the environment.
async fn list_deployed_ids(db: &mut PgConnection, tenant: TenantId, environment: Uuid) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select id from deployed_version where tenant_id = $1 and environment_id = $2 and undeployed_at is null",
        tenant.0,
        environment,
    )
    .fetch_all(db)
    .await
}

/// All that is supported in the environment.
async fn list_released_ids(db: &mut PgConnection, tenant: TenantId, environment: Uuid) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select id from released_version where tenant_id = $1 and environment_id = $2 and support_ended_at is null",
        tenant.0,
        environment,
    )
    .fetch_all(db)
    .await
}

async fn list_deployed(db: &mut PgConnection, tenant: TenantId, ids: &[Uuid]) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"
        select deployed_version.id, deployed_version.version_id, pacticipant.name as pacticipant, version.number,
               environment.id as environment_id, environment.display_name as environment_display_name,
               deployed_version.application_instance, deployed_version.created_at, deployed_version.updated_at,
               deployed_version.undeployed_at as ended_at, deployed_version.verdict_id
        from deployed_version
        join version on version.tenant_id = deployed_version.tenant_id
                    and version.id = deployed_version.version_id
        join pacticipant on pacticipant.tenant_id = deployed_version.tenant_id
                        and pacticipant.id = deployed_version.pacticipant_id
        join environment on environment.tenant_id = deployed_version.tenant_id
                        and environment.id = deployed_version.environment_id
        where deployed_version.tenant_id = $1
          and deployed_version.id = any($2)
        order by deployed_version.created_at desc, deployed_version.id desc
        "#,
        tenant.0,
        ids,
    )
    .fetch_all(db)
    .await
}

async fn list_released(db: &mut PgConnection, tenant: TenantId, ids: &[Uuid]) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"
        select released_version.id, released_version.version_id, pacticipant.name as pacticipant, version.number,
               environment.id as environment_id, environment.display_name as environment_display_name,
               '' as "application_instance!", released_version.created_at, released_version.updated_at,
               released_version.support_ended_at as ended_at, released_version.verdict_id
        from released_version
        join version on version.tenant_id = released_version.tenant_id
                    and version.id = released_version.version_id
        join pacticipant on pacticipant.tenant_id = released_version.tenant_id
                        and pacticipant.id = released_version.pacticipant_id
        join environment on environment.tenant_id = released_version.tenant_id
                        and environment.id = released_version.environment_id
        where released_version.tenant_id = $1
          and released_version.id = any($2)
        order by released_version.created_at desc, released_version.id desc
        "#,
        tenant.0,
        ids,
    )
    .fetch_all(db)
    .await
}

/// Everything that was ever deployed of these versions, oldest first.
pub(crate) async fn list_deployed_of(
    db: &mut PgConnection,
    tenant: TenantId,
    versions: &[i64],
) -> sqlx::Result<Vec<Deployment>> {
    let wanted = Wanted::OfVersions { versions, environment: None };
    let mut deployed = list(db, tenant, Kind::Deployed, wanted).await?;
    deployed.reverse();
    Ok(deployed)
}

/// Everything that was ever released of these versions, oldest first.
pub(crate) async fn list_released_of(
    db: &mut PgConnection,
    tenant: TenantId,
    versions: &[i64],
) -> sqlx::Result<Vec<Deployment>> {
    let wanted = Wanted::OfVersions { versions, environment: None };
    let mut released = list(db, tenant, Kind::Released, wanted).await?;
    released.reverse();
    Ok(released)
}

/// Where the pacticipant is deployed now.
pub(crate) async fn list_current_of(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
) -> sqlx::Result<Vec<Deployment>> {
    let ids = sqlx::query_scalar!(
        "select id from deployed_version where tenant_id = $1 and pacticipant_id = $2 and undeployed_at is null",
        tenant.0,
        pacticipant.0,
    )
    .fetch_all(&mut *db)
    .await?;
    let rows = list_deployed(db, tenant, &ids).await?;
    Ok(rows.into_iter().map(|row| row.of_kind(Kind::Deployed)).collect())
}
