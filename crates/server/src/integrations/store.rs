//! SQL of integrations.

use sqlx::PgConnection;

use crate::ids::TenantId;

/// One consumes the other.
pub(super) struct Integration {
    pub(super) consumer: String,
    pub(super) provider: String,
}

/// Where a contract or a result was published last comes first. With `part` only those where either name has it.
pub(super) async fn list_integrations(
    db: &mut PgConnection,
    tenant: TenantId,
    part: Option<&str>,
    limit: Option<i64>,
    offset: i64,
) -> sqlx::Result<Vec<Integration>> {
    sqlx::query_as!(
        Integration,
        r#"
        select consumer.name as consumer, provider.name as provider
        from integration
        join pacticipant as consumer on consumer.tenant_id = integration.tenant_id
                                    and consumer.id = integration.consumer_id
        join pacticipant as provider on provider.tenant_id = integration.tenant_id
                                    and provider.id = integration.provider_id
        where integration.tenant_id = $1
          and ($2::text is null
               or strpos(lower(consumer.name), lower($2)) > 0
               or strpos(lower(provider.name), lower($2)) > 0)
        order by integration.updated_at desc, lower(consumer.name), consumer.name, lower(provider.name), provider.name
        limit $3 offset $4
        "#,
        tenant.0,
        part,
        limit,
        offset,
    )
    .fetch_all(db)
    .await
}

pub(super) async fn count_integrations(
    db: &mut PgConnection,
    tenant: TenantId,
    part: Option<&str>,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
        from integration
        join pacticipant as consumer on consumer.tenant_id = integration.tenant_id
                                    and consumer.id = integration.consumer_id
        join pacticipant as provider on provider.tenant_id = integration.tenant_id
                                    and provider.id = integration.provider_id
        where integration.tenant_id = $1
          and ($2::text is null
               or strpos(lower(consumer.name), lower($2)) > 0
               or strpos(lower(provider.name), lower($2)) > 0)
        "#,
        tenant.0,
        part,
    )
    .fetch_one(db)
    .await
}

/// All of them, by consumer, then by provider.
pub(super) async fn list_pairs(db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Vec<Integration>> {
    sqlx::query_as!(
        Integration,
        r#"
        select consumer.name as consumer, provider.name as provider
        from integration
        join pacticipant as consumer on consumer.tenant_id = integration.tenant_id
                                    and consumer.id = integration.consumer_id
        join pacticipant as provider on provider.tenant_id = integration.tenant_id
                                    and provider.id = integration.provider_id
        where integration.tenant_id = $1
        order by lower(consumer.name), consumer.name, lower(provider.name), provider.name
        "#,
        tenant.0,
    )
    .fetch_all(db)
    .await
}
