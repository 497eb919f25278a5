//! SQL of badges: what is the latest result about a contract.

use sqlx::PgConnection;

use crate::ids::{ContentId, PacticipantId, TenantId};

/// Which contract of a pair.
#[derive(Clone, Copy, Debug)]
pub(super) enum Which<'a> {
    Latest,
    Tagged(&'a str),
    Untagged,
}

pub(super) async fn find_content(
    db: &mut PgConnection,
    tenant: TenantId,
    (consumer, provider): (PacticipantId, PacticipantId),
    which: Which<'_>,
) -> sqlx::Result<Option<ContentId>> {
    let (tag, untagged) = match which {
        Which::Latest => (None, false),
        Which::Tagged(tag) => (Some(tag), false),
        Which::Untagged => (None, true),
    };
    sqlx::query_scalar!(
        r#"
        select contract.content_id as "id: _"
        from contract
        where contract.tenant_id = $1
          and contract.consumer_id = $2
          and contract.provider_id = $3
          and ($4::text is null or exists (
              select from tag
              where tag.tenant_id = $1
                and tag.version_id = contract.consumer_version_id
                and tag.name = $4
          ))
          and (not $5 or not exists (
              select from tag
              where tag.tenant_id = $1
                and tag.version_id = contract.consumer_version_id
          ))
        order by contract.position desc
        limit 1
        "#,
        tenant.0,
        consumer.0,
        provider.0,
        tag,
        untagged,
    )
    .fetch_optional(db)
    .await
}

/// A result.
pub(super) struct Verification {
    pub(super) success: bool,
    pub(super) pending: bool,
}

/// The latest one about the content; with a provider tag, of the latest provider version that has it.
pub(super) async fn find_result(
    db: &mut PgConnection,
    tenant: TenantId,
    content: ContentId,
    provider: PacticipantId,
    tag: Option<&str>,
) -> sqlx::Result<Option<Verification>> {
    sqlx::query_as!(
        Verification,
        r#"
        select verification_log.success, coalesce(verification_log.pending, false) as "pending!"
        from verification_log
        where verification_log.tenant_id = $1
          and verification_log.content_id = $2
          and ($4::text is null or verification_log.provider_version_id = (
              select tag_head.version_id
              from tag_head
              where tag_head.tenant_id = $1
                and tag_head.pacticipant_id = $3
                and tag_head.name = $4
          ))
        order by verification_log.number desc
        limit 1
        "#,
        tenant.0,
        content.0,
        provider.0,
        tag,
    )
    .fetch_optional(db)
    .await
}

/// The latest one about any content of the two.
pub(super) async fn find_result_of_pair(
    db: &mut PgConnection,
    tenant: TenantId,
    (consumer, provider): (PacticipantId, PacticipantId),
) -> sqlx::Result<Option<Verification>> {
    sqlx::query_as!(
        Verification,
        r#"
        select latest.success, coalesce(latest.pending, false) as "pending!"
        from contract_content
        cross join lateral (
            select verification_log.number, verification_log.success, verification_log.pending
            from verification_log
            where verification_log.tenant_id = $1
              and verification_log.content_id = contract_content.id
            order by verification_log.number desc
            limit 1
        ) as latest
        where contract_content.tenant_id = $1
          and contract_content.consumer_id = $2
          and contract_content.provider_id = $3
        order by latest.number desc
        limit 1
        "#,
        tenant.0,
        consumer.0,
        provider.0,
    )
    .fetch_optional(db)
    .await
}

/// What the head of a branch says that it offers.
pub(super) struct Offer {
    pub(super) has_provider_contract: bool,
    /// `None` when nobody has tested it.
    pub(super) success: Option<bool>,
}

/// `None` when the main branch has no version, or nobody knows which it is.
pub(super) async fn find_offer_of_main_branch(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipant: PacticipantId,
) -> sqlx::Result<Option<Offer>> {
    sqlx::query_as!(
        Offer,
        r#"
        select provider_contract.version_id is not null as "has_provider_contract!",
               provider_contract_verification.success as "success?"
        from pacticipant
        join branch_head on branch_head.tenant_id = $1
                        and branch_head.pacticipant_id = pacticipant.id
                        and branch_head.branch = pacticipant.main_branch
        left join provider_contract on provider_contract.tenant_id = $1
                                   and provider_contract.version_id = branch_head.version_id
        left join provider_contract_verification
               on provider_contract_verification.tenant_id = $1
              and provider_contract_verification.id = provider_contract.verification_id
        where pacticipant.tenant_id = $1
          and pacticipant.id = $2
        "#,
        tenant.0,
        pacticipant.0,
    )
    .fetch_optional(db)
    .await
}
