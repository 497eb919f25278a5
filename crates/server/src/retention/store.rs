//! SQL of what is known of versions that may be old. Each fact is looked up by index, version by version.

use chrono::{DateTime, Utc};
use pactolus_domain::retention::Facts;
use sqlx::PgConnection;

use crate::ids::{PacticipantId, TenantId};

/// A version and what is known of it.
pub(crate) struct Version {
    pub(crate) id: i64,
    pub(crate) number: String,
    pub(crate) position: i64,
    pub(crate) facts: Facts,
}

pub(super) async fn list_pacticipants(
    db: &mut PgConnection,
    tenant: TenantId,
) -> sqlx::Result<Vec<(PacticipantId, String)>> {
    let found = sqlx::query!("select id, name from pacticipant where tenant_id = $1 order by name", tenant.0)
        .fetch_all(db)
        .await?;
    Ok(found.into_iter().map(|one| (PacticipantId(one.id), one.name)).collect())
}

/// Some versions of a pacticipant above a position, oldest first: id and position.
pub(super) async fn list_versions(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
    above: i64,
    most: i64,
) -> sqlx::Result<Vec<(i64, i64)>> {
    let found = sqlx::query!(
        r#"
        select version.id, version.position
        from version
        where version.tenant_id = $1
          and version.pacticipant_id = $2
          and version.position > $3
        order by version.position
        limit $4
        "#,
        tenant.0,
        pacticipant.0,
        above,
        most,
    )
    .fetch_all(db)
    .await?;
    Ok(found.into_iter().map(|one| (one.id, one.position)).collect())
}

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
struct Row {
    id: i64,
    number: String,
    position: i64,
    created_at: DateTime<Utc>,
    pacticipant: String,
    main_branch: Option<String>,
    is_latest: bool,
    branches: Vec<String>,
    branch_heads: Vec<String>,
    tags: Vec<String>,
    tag_heads: Vec<String>,
    deployed_to: Vec<String>,
    released_to: Vec<String>,
    has_latest_contract: bool,
    has_latest_provider_contract: bool,
    answers: bool,
}

/// What is known of the versions.
///
/// A result answers for a content that a contract has if it is the last one, by time or by order of versions, or a success
/// that makes the content count as verified: the first, the last, or the last of a branch or tag that its version has. A
/// success with work in progress stands in for none without. It is not asked of heads of branches, which stay anyway: for
/// them all results since would be looked at.
#[expect(clippy::too_many_lines, reason = "one statement, read as one")]
pub(crate) async fn list_known(
    db: &mut PgConnection,
    tenant: TenantId,
    versions: &[i64],
) -> sqlx::Result<Vec<Version>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select version.id, version.number, version.position, version.created_at,
               pacticipant.name as pacticipant, pacticipant.main_branch,
               version.position = (
                   select latest.position
                   from version as latest
                   where latest.tenant_id = $1
                     and latest.pacticipant_id = version.pacticipant_id
                   order by latest.position desc
                   limit 1
               ) as "is_latest!",
               array(
                   select branch_version.branch
                   from branch_version
                   where branch_version.tenant_id = $1
                     and branch_version.version_id = version.id
               ) as "branches!",
               array(
                   select branch_head.branch
                   from branch_head
                   where branch_head.tenant_id = $1
                     and branch_head.version_id = version.id
               ) as "branch_heads!",
               array(
                   select tag.name
                   from tag
                   where tag.tenant_id = $1
                     and tag.version_id = version.id
               ) as "tags!",
               array(
                   select tag_head.name
                   from tag_head
                   where tag_head.tenant_id = $1
                     and tag_head.version_id = version.id
               ) as "tag_heads!",
               array(
                   select environment.name
                   from deployed_version
                   join environment on environment.tenant_id = $1
                                   and environment.id = deployed_version.environment_id
                   where deployed_version.tenant_id = $1
                     and deployed_version.version_id = version.id
                     and deployed_version.undeployed_at is null
               ) as "deployed_to!",
               array(
                   select environment.name
                   from released_version
                   join environment on environment.tenant_id = $1
                                   and environment.id = released_version.environment_id
                   where released_version.tenant_id = $1
                     and released_version.version_id = version.id
                     and released_version.support_ended_at is null
               ) as "released_to!",
               exists (
                   select from integration
                   where integration.tenant_id = $1
                     and integration.latest_consumer_version_id = version.id
               ) as "has_latest_contract!",
               exists (
                   select from provider_contract
                   where provider_contract.tenant_id = $1
                     and provider_contract.version_id = version.id
                     and not exists (
                         select from provider_contract as later
                         where later.tenant_id = $1
                           and later.provider_id = version.pacticipant_id
                           and later.position > version.position
                     )
               ) as "has_latest_provider_contract!",
               not exists (
                   select from branch_head
                   where branch_head.tenant_id = $1
                     and branch_head.version_id = version.id
               )
               and exists (
                   select from verification_log as result
                   where result.tenant_id = $1
                     and result.provider_version_id = version.id
                     and exists (
                         select from contract
                         where contract.tenant_id = $1
                           and contract.content_id = result.content_id
                     )
                     and (
                         not exists (
                             select from verification_log as other
                             where other.tenant_id = $1
                               and other.content_id = result.content_id
                               and other.number > result.number
                         )
                         or not exists (
                             select from verification as other
                             where other.tenant_id = $1
                               and other.content_id = result.content_id
                               and other.provider_position > version.position
                         )
                         or result.success and (
                             not exists (
                                 select from verification_log as other
                                 where other.tenant_id = $1
                                   and other.content_id = result.content_id
                                   and other.number > result.number
                                   and other.success
                                   and other.wip <= result.wip
                             )
                             or not exists (
                                 select from verification_log as other
                                 where other.tenant_id = $1
                                   and other.content_id = result.content_id
                                   and other.number < result.number
                                   and other.success
                                   and other.wip <= result.wip
                             )
                             or exists (
                                 select from branch_version as line
                                 where line.tenant_id = $1
                                   and line.version_id = version.id
                                   and not exists (
                                       select from verification_log as other
                                       join branch_version on branch_version.tenant_id = $1
                                                          and branch_version.version_id = other.provider_version_id
                                                          and branch_version.branch = line.branch
                                       where other.tenant_id = $1
                                         and other.content_id = result.content_id
                                         and other.number > result.number
                                         and other.success
                                         and other.wip <= result.wip
                                   )
                             )
                             or exists (
                                 select from tag as line
                                 where line.tenant_id = $1
                                   and line.version_id = version.id
                                   and not exists (
                                       select from verification_log as other
                                       join tag on tag.tenant_id = $1
                                               and tag.version_id = other.provider_version_id
                                               and tag.name = line.name
                                       where other.tenant_id = $1
                                         and other.content_id = result.content_id
                                         and other.number > result.number
                                         and other.success
                                         and other.wip <= result.wip
                                   )
                             )
                         )
                     )
               ) as "answers!"
        from version
        join pacticipant on pacticipant.tenant_id = $1
                        and pacticipant.id = version.pacticipant_id
        where version.tenant_id = $1
          and version.id = any($2)
        order by version.position
        "#,
        tenant.0,
        versions,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Row::known).collect())
}

impl Row {
    fn known(self) -> Version {
        let facts = Facts {
            pacticipant: self.pacticipant,
            created_at: self.created_at,
            is_latest: self.is_latest,
            main_branch: self.main_branch,
            branches: self.branches,
            branch_heads: self.branch_heads,
            tags: self.tags,
            tag_heads: self.tag_heads,
            deployed_to: self.deployed_to,
            released_to: self.released_to,
            has_latest_contract: self.has_latest_contract,
            has_latest_provider_contract: self.has_latest_provider_contract,
            answers: self.answers,
        };
        Version { id: self.id, number: self.number, position: self.position, facts }
    }
}
