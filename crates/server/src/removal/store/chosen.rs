//! The consumer versions whose contracts with a provider are meant.

use pactolus_domain::names::{BranchName, TagName, VersionNumber};
use sqlx::PgConnection;

use super::versions::Page;
use crate::ids::{PacticipantId, TenantId};

/// Which contracts of a pair are meant.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Of<'a> {
    All,
    Version(&'a VersionNumber),
    Tag(&'a TagName),
    Branch(&'a BranchName),
}

/// A consumer version that was looked at.
pub(crate) struct Listed {
    /// `None` when it has no contract with the provider.
    pub(crate) id: Option<i64>,
    pub(crate) position: i64,
}

/// The next consumer versions above a position, lowest first. Each kind goes down its own index, and no further than the
/// page.
pub(crate) async fn list_contracting(
    db: &mut PgConnection,
    tenant: TenantId,
    pair: (PacticipantId, PacticipantId),
    of: Of<'_>,
    page: Page,
) -> sqlx::Result<Vec<Listed>> {
    match of {
        Of::All => list_all(db, tenant, pair, page).await,
        Of::Version(number) => list_numbered(db, tenant, pair, number, page).await,
        Of::Tag(tag) => list_tagged(db, tenant, pair, tag, page).await,
        Of::Branch(branch) => list_on_branch(db, tenant, pair, branch, page).await,
    }
}

async fn list_all(
    db: &mut PgConnection,
    tenant: TenantId,
    (consumer, provider): (PacticipantId, PacticipantId),
    Page { above, most }: Page,
) -> sqlx::Result<Vec<Listed>> {
    sqlx::query_as!(
        Listed,
        r#"
        select contract.consumer_version_id as "id?", contract.position
        from contract
        where contract.tenant_id = $1
          and contract.consumer_id = $2
          and contract.provider_id = $3
          and contract.position > $4
        order by contract.position
        limit $5
        "#,
        tenant.0,
        consumer.0,
        provider.0,
        above,
        most,
    )
    .fetch_all(db)
    .await
}

async fn list_numbered(
    db: &mut PgConnection,
    tenant: TenantId,
    (consumer, provider): (PacticipantId, PacticipantId),
    number: &VersionNumber,
    Page { above, most }: Page,
) -> sqlx::Result<Vec<Listed>> {
    sqlx::query_as!(
        Listed,
        r#"
        select version.id as "id?", version.position
        from version
        join contract on contract.tenant_id = $1
                     and contract.consumer_version_id = version.id
                     and contract.provider_id = $3
        where version.tenant_id = $1
          and version.pacticipant_id = $2
          and version.number = $4
          and version.position > $5
        order by version.position
        limit $6
        "#,
        tenant.0,
        consumer.0,
        provider.0,
        number.as_str(),
        above,
        most,
    )
    .fetch_all(db)
    .await
}

async fn list_tagged(
    db: &mut PgConnection,
    tenant: TenantId,
    (consumer, provider): (PacticipantId, PacticipantId),
    tag: &TagName,
    Page { above, most }: Page,
) -> sqlx::Result<Vec<Listed>> {
    sqlx::query_as!(
        Listed,
        r#"
        select contract.consumer_version_id as "id?", listed.position as "position!"
        from (
            select tag.version_id, tag.position
            from tag
            where tag.tenant_id = $1
              and tag.pacticipant_id = $2
              and tag.name = $4
              and tag.position > $5
            order by tag.position
            limit $6
        ) as listed
        left join contract on contract.tenant_id = $1
                          and contract.consumer_version_id = listed.version_id
                          and contract.provider_id = $3
        order by listed.position
        "#,
        tenant.0,
        consumer.0,
        provider.0,
        tag.as_str(),
        above,
        most,
    )
    .fetch_all(db)
    .await
}

async fn list_on_branch(
    db: &mut PgConnection,
    tenant: TenantId,
    (consumer, provider): (PacticipantId, PacticipantId),
    branch: &BranchName,
    Page { above, most }: Page,
) -> sqlx::Result<Vec<Listed>> {
    sqlx::query_as!(
        Listed,
        r#"
        select contract.consumer_version_id as "id?", listed.position as "position!"
        from (
            select branch_version.version_id, branch_version.position
            from branch_version
            where branch_version.tenant_id = $1
              and branch_version.pacticipant_id = $2
              and branch_version.branch = $4
              and branch_version.position > $5
            order by branch_version.position
            limit $6
        ) as listed
        left join contract on contract.tenant_id = $1
                          and contract.consumer_version_id = listed.version_id
                          and contract.provider_id = $3
        order by listed.position
        "#,
        tenant.0,
        consumer.0,
        provider.0,
        branch.as_str(),
        above,
        most,
    )
    .fetch_all(db)
    .await
}
