//! SQL of the search. Versions are found by index; applications and webhooks are few enough to be looked through.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::ids::TenantId;

#[derive(Clone, Debug)]
pub(super) struct Application {
    pub(super) name: String,
    pub(super) labels: Vec<String>,
}

/// Those whose name or label contains the text, in any case: the one called so first, then those that begin so.
pub(super) async fn list_applications(
    db: &mut PgConnection,
    tenant: TenantId,
    q: &str,
    limit: i64,
) -> sqlx::Result<Vec<Application>> {
    sqlx::query_as!(
        Application,
        r#"
        select found.name,
               array(
                   select label.name
                   from label
                   where label.tenant_id = $1
                     and label.pacticipant_id = found.id
                   order by label.name
               ) as "labels!"
        from (
            select pacticipant.id, pacticipant.name
            from pacticipant
            where pacticipant.tenant_id = $1
              and (strpos(lower(pacticipant.name), lower($2)) > 0
                   or exists (
                       select
                       from label
                       where label.tenant_id = $1
                         and label.pacticipant_id = pacticipant.id
                         and strpos(lower(label.name), lower($2)) > 0
                   ))
            order by lower(pacticipant.name) = lower($2) desc, strpos(lower(pacticipant.name), lower($2)) = 1 desc,
                     length(pacticipant.name), pacticipant.name
            limit $3
        ) as found
        "#,
        tenant.0,
        q,
        limit,
    )
    .fetch_all(db)
    .await
}

#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) pacticipant: String,
    pub(super) number: String,
    pub(super) created_at: DateTime<Utc>,
}

/// Those whose number begins so, the one that is called so first.
pub(super) async fn list_versions(
    db: &mut PgConnection,
    tenant: TenantId,
    q: &str,
    limit: i64,
) -> sqlx::Result<Vec<Version>> {
    // The last character there is: what begins so is not above it.
    let end = format!("{q}\u{10ffff}");
    sqlx::query_as!(
        Version,
        r#"
        select pacticipant.name as pacticipant, found.number as "number!", found.created_at as "created_at!"
        from (
            select version.pacticipant_id, version.number, version.created_at
            from version
            where version.tenant_id = $1
              and version.number ~>=~ $2
              and version.number ~<~ $3
            order by version.number using ~<~
            limit $4
        ) as found
        join pacticipant on pacticipant.tenant_id = $1
                        and pacticipant.id = found.pacticipant_id
        "#,
        tenant.0,
        q,
        end,
        limit,
    )
    .fetch_all(db)
    .await
}

/// A pair with a contract.
#[derive(Clone, Debug)]
pub(super) struct Contract {
    pub(super) consumer: String,
    pub(super) provider: String,
}

/// Between one whose name contains the text, in any case, and any other; the one that changed last first.
pub(super) async fn list_contracts(
    db: &mut PgConnection,
    tenant: TenantId,
    q: &str,
    limit: i64,
) -> sqlx::Result<Vec<Contract>> {
    sqlx::query_as!(
        Contract,
        r#"
        with side as materialized (
            select pacticipant.id
            from pacticipant
            where pacticipant.tenant_id = $1
              and strpos(lower(pacticipant.name), lower($2)) > 0
            order by strpos(lower(pacticipant.name), lower($2)) = 1 desc, length(pacticipant.name), pacticipant.name
            limit 50
        )
        select consumer.name as consumer, provider.name as provider
        from (
            select pair.consumer_id, pair.provider_id, max(pair.updated_at) as updated_at
            from (
                select integration.consumer_id, integration.provider_id, integration.updated_at
                from side
                join integration on integration.tenant_id = $1
                                and integration.consumer_id = side.id
                union all
                select integration.consumer_id, integration.provider_id, integration.updated_at
                from side
                join integration on integration.tenant_id = $1
                                and integration.provider_id = side.id
            ) as pair
            group by pair.consumer_id, pair.provider_id
            order by max(pair.updated_at) desc
            limit $3
        ) as found
        join pacticipant as consumer on consumer.tenant_id = $1
                                    and consumer.id = found.consumer_id
        join pacticipant as provider on provider.tenant_id = $1
                                    and provider.id = found.provider_id
        order by found.updated_at desc
        "#,
        tenant.0,
        q,
        limit,
    )
    .fetch_all(db)
    .await
}

#[derive(Clone, Debug)]
pub(super) struct Webhook {
    pub(super) id: String,
    pub(super) description: Option<String>,
    pub(super) host: String,
}

/// Those whose description or host contains the text, in any case.
pub(super) async fn list_webhooks(
    db: &mut PgConnection,
    tenant: TenantId,
    q: &str,
    limit: i64,
) -> sqlx::Result<Vec<Webhook>> {
    sqlx::query_as!(
        Webhook,
        r#"
        select webhook.id, webhook.description, webhook.host
        from webhook
        where webhook.tenant_id = $1
          and (strpos(lower(coalesce(webhook.description, '')), lower($2)) > 0 or strpos(webhook.host, lower($2)) > 0)
        order by webhook.created_at, webhook.id
        limit $3
        "#,
        tenant.0,
        q,
        limit,
    )
    .fetch_all(db)
    .await
}
