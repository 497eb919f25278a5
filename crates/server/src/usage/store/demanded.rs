//! SQL of what a new contract is held against: the consumer's contract that counts, and the provider versions.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::{PacticipantId, TenantId, VersionId};

/// The consumer's contract that counts.
pub(in crate::usage) struct Before {
    pub(in crate::usage) version: String,
    pub(in crate::usage) sha: String,
    pub(in crate::usage) text: String,
    /// Where that version runs; `None` if it is the head of the main branch, or the latest.
    pub(in crate::usage) environment: Option<String>,
}

/// The contract between the two that counts: what the consumer runs in the environment, the newest if there are several, else
/// the head of the main branch, else the latest.
pub(in crate::usage) async fn find_before(
    db: &mut PgConnection,
    tenant: TenantId,
    consumer: PacticipantId,
    provider: PacticipantId,
    environment: Option<Uuid>,
) -> sqlx::Result<Option<Before>> {
    sqlx::query_as!(
        Before,
        r#"
        select version.number as version, contract_content.sha, contract_content.content as text,
               environment.name as "environment?"
        from (
            select deployed_version.version_id, 1 as rank, deployed_version.environment_id
            from deployed_version
            where deployed_version.tenant_id = $1
              and deployed_version.pacticipant_id = $2
              and deployed_version.environment_id = $4
              and deployed_version.undeployed_at is null
            union all
            select released_version.version_id, 1, released_version.environment_id
            from released_version
            where released_version.tenant_id = $1
              and released_version.pacticipant_id = $2
              and released_version.environment_id = $4
              and released_version.support_ended_at is null
            union all
            select branch_head.version_id, 2, null
            from pacticipant
            join branch_head on branch_head.tenant_id = $1
                            and branch_head.pacticipant_id = pacticipant.id
                            and branch_head.branch = pacticipant.main_branch
            where pacticipant.tenant_id = $1
              and pacticipant.id = $2
            union all
            select integration.latest_consumer_version_id, 3, null
            from integration
            where integration.tenant_id = $1
              and integration.consumer_id = $2
              and integration.provider_id = $3
        ) as candidate (version_id, rank, environment_id)
        join contract on contract.tenant_id = $1
                     and contract.consumer_version_id = candidate.version_id
                     and contract.provider_id = $3
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.id = contract.content_id
        join version on version.tenant_id = $1
                    and version.id = contract.consumer_version_id
        left join environment on environment.tenant_id = $1
                             and environment.id = candidate.environment_id
        order by candidate.rank, version.position desc
        limit 1
        "#,
        tenant.0,
        consumer.0,
        provider.0,
        environment,
    )
    .fetch_optional(db)
    .await
}

/// A provider version that counts, one reason for it, and what is known of it and the content.
pub(in crate::usage) struct Offering {
    pub(in crate::usage) version_id: VersionId,
    pub(in crate::usage) version: String,
    pub(in crate::usage) position: i64,
    /// Where it runs.
    pub(in crate::usage) environment: Option<String>,
    /// Of which it is the head.
    pub(in crate::usage) branch: Option<String>,
    /// How verifying the same content with it ended; `None` when nobody has.
    pub(in crate::usage) verified: Option<bool>,
    pub(in crate::usage) verified_at: Option<DateTime<Utc>>,
    /// Whether it has published what it offers.
    pub(in crate::usage) has_document: bool,
    /// Whether it keeps that, by its own tests.
    pub(in crate::usage) kept: Option<bool>,
}

/// The provider versions that count: those that run in the environment or, without one, those that run anywhere and the
/// head of the main branch; the latest if there is none of these. By age. `consumer` is `None` for one that is new.
pub(in crate::usage) async fn list_offering(
    db: &mut PgConnection,
    tenant: TenantId,
    (consumer, provider): (Option<PacticipantId>, PacticipantId),
    sha: &str,
    environment: Option<Uuid>,
) -> sqlx::Result<Vec<Offering>> {
    sqlx::query_as!(
        Offering,
        r#"
        with present (version_id, environment_id, branch) as (
            select deployed_version.version_id, deployed_version.environment_id, null::text
            from deployed_version
            where deployed_version.tenant_id = $1
              and deployed_version.pacticipant_id = $2
              and deployed_version.undeployed_at is null
              and ($3::uuid is null or deployed_version.environment_id = $3)
            union
            select released_version.version_id, released_version.environment_id, null
            from released_version
            where released_version.tenant_id = $1
              and released_version.pacticipant_id = $2
              and released_version.support_ended_at is null
              and ($3::uuid is null or released_version.environment_id = $3)
            union
            select branch_head.version_id, null, branch_head.branch
            from pacticipant
            join branch_head on branch_head.tenant_id = $1
                            and branch_head.pacticipant_id = pacticipant.id
                            and branch_head.branch = pacticipant.main_branch
            where pacticipant.tenant_id = $1
              and pacticipant.id = $2
              and $3::uuid is null
        ), counting as (
            select version_id, environment_id, branch
            from present
            union all
            (
                select id, null, null
                from version
                where tenant_id = $1
                  and pacticipant_id = $2
                  and $3::uuid is null
                  and not exists (select from present)
                order by position desc
                limit 1
            )
        )
        select version.id as "version_id!: VersionId", version.number as "version!", version.position as "position!",
               environment.name as "environment?", counting.branch as "branch?",
               verification.success as "verified?", verification.verified_at as "verified_at?",
               provider_contract.version_id is not null as "has_document!",
               provider_contract_verification.success as "kept?"
        from counting
        join version on version.tenant_id = $1
                    and version.id = counting.version_id
        left join environment on environment.tenant_id = $1
                             and environment.id = counting.environment_id
        left join contract_content on contract_content.tenant_id = $1
                                  and contract_content.consumer_id = $4
                                  and contract_content.provider_id = $2
                                  and contract_content.sha = $5
        left join lateral (
            -- The offset keeps it a look-up: the version may have verified many other contents.
            select verification.success, verification.verified_at
            from verification
            where verification.tenant_id = $1
              and verification.content_id = contract_content.id
              and verification.provider_version_id = version.id
            offset 0
        ) as verification on true
        left join provider_contract on provider_contract.tenant_id = $1
                                   and provider_contract.version_id = version.id
        left join provider_contract_verification on provider_contract_verification.tenant_id = $1
                                                and provider_contract_verification.id = provider_contract.verification_id
        order by version.position, environment.name, counting.branch
        "#,
        tenant.0,
        provider.0,
        environment,
        consumer.map(|consumer| consumer.0),
        sha,
    )
    .fetch_all(db)
    .await
}
