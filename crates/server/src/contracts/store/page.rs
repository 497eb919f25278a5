//! SQL of what the page of a contract tells beside its text.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::served::Pair;
use crate::ids::{ContentId, PacticipantId, TenantId, VersionId};

/// Content between two, and who they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ContentIds {
    pub(crate) id: ContentId,
    pub(crate) consumer: PacticipantId,
    pub(crate) provider: PacticipantId,
}

pub(crate) async fn find_content_ids(
    db: &mut PgConnection,
    tenant: TenantId,
    pair: Pair<'_>,
    sha: &str,
) -> sqlx::Result<Option<ContentIds>> {
    sqlx::query_as!(
        ContentIds,
        r#"
        select contract_content.id as "id: _", consumer.id as "consumer: _", provider.id as "provider: _"
        from pacticipant as consumer
        join pacticipant as provider on provider.tenant_id = consumer.tenant_id
                                    and provider.name = $3
        join contract_content on contract_content.tenant_id = consumer.tenant_id
                             and contract_content.consumer_id = consumer.id
                             and contract_content.provider_id = provider.id
                             and contract_content.sha = $4
        where consumer.tenant_id = $1
          and consumer.name = $2
        "#,
        tenant.0,
        pair.consumer,
        pair.provider,
        sha,
    )
    .fetch_optional(db)
    .await
}

/// The latest result of a provider version for the content.
#[derive(Clone, Debug)]
pub(crate) struct ResultOfVersion {
    pub(crate) version_id: VersionId,
    pub(crate) version: String,
    pub(crate) success: bool,
    pub(crate) pending: bool,
    /// The number of the result.
    pub(crate) number: i64,
    pub(crate) at: DateTime<Utc>,
}

/// Of the newest provider versions, the newest first.
pub(crate) async fn list_results(
    db: &mut PgConnection,
    tenant: TenantId,
    content: ContentId,
    most: i64,
) -> sqlx::Result<Vec<ResultOfVersion>> {
    sqlx::query_as!(
        ResultOfVersion,
        r#"
        select verification.provider_version_id as "version_id: _", version.number as version, verification.success,
               coalesce(verification_log.pending, false) as "pending!", verification.number,
               verification.verified_at as at
        from (
            select provider_version_id, provider_position, success, number, verified_at
            from verification
            where tenant_id = $1
              and content_id = $2
            order by provider_position desc
            limit $3
        ) as verification
        join version on version.tenant_id = $1
                    and version.id = verification.provider_version_id
        join verification_log on verification_log.tenant_id = $1
                             and verification_log.number = verification.number
        order by verification.provider_position desc
        "#,
        tenant.0,
        content.0,
        most,
    )
    .fetch_all(db)
    .await
}

/// What a client said about a result.
#[derive(Clone, Debug)]
pub(crate) struct Details {
    pub(crate) build_url: Option<String>,
    pub(crate) test_results: Option<String>,
}

pub(crate) async fn find_details(
    db: &mut PgConnection,
    tenant: TenantId,
    number: i64,
) -> sqlx::Result<Option<Details>> {
    sqlx::query_as!(
        Details,
        "select build_url, test_results from verification_log where tenant_id = $1 and number = $2",
        tenant.0,
        number,
    )
    .fetch_optional(db)
    .await
}

/// A consumer version with a contract between the two.
#[derive(Clone, Debug)]
pub(crate) struct VersionWithContent {
    pub(crate) version: String,
    pub(crate) sha: String,
}

/// The newest first.
pub(crate) async fn list_versions(
    db: &mut PgConnection,
    tenant: TenantId,
    (consumer, provider): (PacticipantId, PacticipantId),
    most: i64,
) -> sqlx::Result<Vec<VersionWithContent>> {
    sqlx::query_as!(
        VersionWithContent,
        r#"
        select version.number as version, contract_content.sha
        from (
            select consumer_version_id, content_id, position
            from contract
            where tenant_id = $1
              and consumer_id = $2
              and provider_id = $3
            order by position desc
            limit $4
        ) as contract
        join version on version.tenant_id = $1
                    and version.id = contract.consumer_version_id
        join contract_content on contract_content.tenant_id = $1
                             and contract_content.id = contract.content_id
        order by contract.position desc
        "#,
        tenant.0,
        consumer.0,
        provider.0,
        most,
    )
    .fetch_all(db)
    .await
}
