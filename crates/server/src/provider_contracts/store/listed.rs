//! SQL of which providers have published what they offer, and in which versions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::ids::{PacticipantId, TenantId, VersionId};

/// A provider with the contract that counts: that of the head of its main branch, else its newest.
#[derive(Clone, Debug)]
pub(crate) struct Documented {
    pub(crate) provider: String,
    pub(crate) version: String,
    pub(crate) specification: String,
    pub(crate) sha: String,
    pub(crate) size_bytes: i64,
    pub(crate) created_at: DateTime<Utc>,
    /// Of its own tests; `None` when nobody has told.
    pub(crate) success: Option<bool>,
    /// Whose latest contracts there are.
    pub(crate) consumers: i64,
    /// Of them, those that fit the document.
    pub(crate) compatible: i64,
    pub(crate) incompatible: i64,
}

/// Which of them are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// What their names have in them, in any case; empty for all.
    pub(crate) sought: &'a str,
    /// The last name of the page before.
    pub(crate) after: &'a str,
    pub(crate) most: i64,
}

/// By name.
pub(crate) async fn list_documented(
    db: &mut PgConnection,
    tenant: TenantId,
    wanted: Wanted<'_>,
) -> sqlx::Result<Vec<Documented>> {
    sqlx::query_as!(
        Documented,
        r#"
        select documented.name as provider, version.number as version, provider_contract_content.specification,
               provider_contract_content.sha,
               octet_length(provider_contract_content.content)::bigint as "size_bytes!",
               provider_contract.created_at, results.success as "success?", consumer.total as "consumers!",
               consumer.compatible as "compatible!", consumer.incompatible as "incompatible!"
        from (
            select pacticipant.id, pacticipant.name, pacticipant.main_branch
            from pacticipant
            where pacticipant.tenant_id = $1
              and pacticipant.name > $3
              and ($2 = '' or strpos(lower(pacticipant.name), lower($2)) > 0)
              and exists (
                  select from provider_contract
                  where provider_contract.tenant_id = $1
                    and provider_contract.provider_id = pacticipant.id
              )
            order by pacticipant.name
            limit $4
        ) as documented
        cross join lateral (
            select candidate.version_id
            from (
                select provider_contract.version_id, 1 as rank
                from branch_head
                join provider_contract on provider_contract.tenant_id = $1
                                      and provider_contract.version_id = branch_head.version_id
                where branch_head.tenant_id = $1
                  and branch_head.pacticipant_id = documented.id
                  and branch_head.branch = documented.main_branch
                union all
                (
                    select provider_contract.version_id, 2
                    from provider_contract
                    where provider_contract.tenant_id = $1
                      and provider_contract.provider_id = documented.id
                    order by provider_contract.position desc
                    limit 1
                )
            ) as candidate (version_id, rank)
            order by candidate.rank
            limit 1
        ) as current
        join provider_contract on provider_contract.tenant_id = $1
                              and provider_contract.version_id = current.version_id
        join provider_contract_content on provider_contract_content.tenant_id = $1
                                      and provider_contract_content.id = provider_contract.content_id
        join version on version.tenant_id = $1
                    and version.id = provider_contract.version_id
        left join provider_contract_verification as results on results.tenant_id = $1
                                                           and results.id = provider_contract.verification_id
        cross join lateral (
            select count(*) as total,
                   count(*) filter (where comparison.outcome = 'compatible') as compatible,
                   count(*) filter (where comparison.outcome = 'incompatible') as incompatible
            from integration
            join contract on contract.tenant_id = $1
                         and contract.consumer_version_id = integration.latest_consumer_version_id
                         and contract.provider_id = integration.provider_id
            left join comparison_setting on comparison_setting.tenant_id = $1
                                        and comparison_setting.provider_id = integration.provider_id
            left join comparison on comparison.tenant_id = $1
                                and comparison.contract_content_id = contract.content_id
                                and comparison.provider_content_id = provider_contract.content_id
                                and comparison.configuration = coalesce(comparison_setting.configuration, 'usual')
                                and comparison.in_force
            where integration.tenant_id = $1
              and integration.provider_id = documented.id
        ) as consumer
        order by documented.name
        "#,
        tenant.0,
        wanted.sought,
        wanted.after,
        wanted.most,
    )
    .fetch_all(db)
    .await
}

/// The version whose document counts: the head of the main branch, else the newest that has one.
pub(crate) async fn find_current(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
) -> sqlx::Result<Option<VersionId>> {
    sqlx::query_scalar!(
        r#"
        select candidate.version_id as "id!: VersionId"
        from (
            select provider_contract.version_id, 1 as rank
            from pacticipant
            join branch_head on branch_head.tenant_id = $1
                            and branch_head.pacticipant_id = pacticipant.id
                            and branch_head.branch = pacticipant.main_branch
            join provider_contract on provider_contract.tenant_id = $1
                                  and provider_contract.version_id = branch_head.version_id
            where pacticipant.tenant_id = $1
              and pacticipant.id = $2
            union all
            (
                select provider_contract.version_id, 2
                from provider_contract
                where provider_contract.tenant_id = $1
                  and provider_contract.provider_id = $2
                order by provider_contract.position desc
                limit 1
            )
        ) as candidate (version_id, rank)
        order by candidate.rank
        limit 1
        "#,
        tenant.0,
        provider.0,
    )
    .fetch_optional(db)
    .await
}

/// A version of a provider with the document that it published.
#[derive(Clone, Debug)]
pub(crate) struct VersionWithDocument {
    pub(crate) version: String,
    pub(crate) sha: String,
}

/// The newest first.
pub(crate) async fn list_numbers(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    most: i64,
) -> sqlx::Result<Vec<VersionWithDocument>> {
    sqlx::query_as!(
        VersionWithDocument,
        r#"
        select version.number as version, provider_contract_content.sha
        from (
            select version_id, content_id, position
            from provider_contract
            where tenant_id = $1
              and provider_id = $2
            order by position desc
            limit $3
        ) as newest
        join version on version.tenant_id = $1
                    and version.id = newest.version_id
        join provider_contract_content on provider_contract_content.tenant_id = $1
                                      and provider_contract_content.id = newest.content_id
        order by newest.position desc
        "#,
        tenant.0,
        provider.0,
        most,
    )
    .fetch_all(db)
    .await
}
