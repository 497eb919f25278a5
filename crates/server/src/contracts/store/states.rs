//! SQL of the contracts whose provider states are listed, with their text.

use futures_util::Stream;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::{PacticipantId, TenantId};

/// A contract with the provider, and whose it is.
pub(crate) struct Needing {
    pub(crate) consumer: String,
    /// Its text.
    pub(crate) contract: String,
}

/// The contracts of the heads of a branch; without its name, of each consumer's main branch.
pub(crate) fn list_needing_of_branch_heads<'a>(
    db: &'a mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    branch: Option<&'a str>,
) -> impl Stream<Item = sqlx::Result<Needing>> + 'a {
    sqlx::query_as!(
        Needing,
        r#"
        select consumer.name as consumer, contract_content.content as contract
        from integration
        join pacticipant as consumer on consumer.tenant_id = integration.tenant_id
                                    and consumer.id = integration.consumer_id
        join branch_head on branch_head.tenant_id = integration.tenant_id
                        and branch_head.pacticipant_id = integration.consumer_id
                        and branch_head.branch = coalesce($3, consumer.main_branch)
        join contract on contract.tenant_id = branch_head.tenant_id
                     and contract.consumer_version_id = branch_head.version_id
                     and contract.provider_id = integration.provider_id
        join contract_content on contract_content.tenant_id = contract.tenant_id
                             and contract_content.id = contract.content_id
        where integration.tenant_id = $1
          and integration.provider_id = $2
        "#,
        tenant.0,
        provider.0,
        branch,
    )
    .fetch(db)
}

/// The contracts of what is deployed in the environment, or released and supported there; equal ones once.
pub(crate) fn list_needing_of_environment(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    environment: Uuid,
) -> impl Stream<Item = sqlx::Result<Needing>> {
    sqlx::query_as!(
        Needing,
        r#"
        with resident as (
            select version_id
            from deployed_version
            where tenant_id = $1
              and environment_id = $3
              and undeployed_at is null
            union
            select version_id
            from released_version
            where tenant_id = $1
              and environment_id = $3
              and support_ended_at is null
        ),
        promised as (
            select distinct contract.content_id
            from resident
            join contract on contract.tenant_id = $1
                         and contract.consumer_version_id = resident.version_id
                         and contract.provider_id = $2
        )
        select consumer.name as consumer, contract_content.content as contract
        from promised
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.id = promised.content_id
        join pacticipant as consumer on consumer.tenant_id = contract_content.tenant_id
                                    and consumer.id = contract_content.consumer_id
        "#,
        tenant.0,
        provider.0,
        environment,
    )
    .fetch(db)
}
