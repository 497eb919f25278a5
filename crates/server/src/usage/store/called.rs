//! SQL of who calls which operation, and what of it they use.

use pactolus_domain::usage::{Element, Part};
use sqlx::PgConnection;

use crate::ids::{PacticipantId, TenantId};

/// An operation that a content calls.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) content_id: i64,
    pub(crate) method: String,
    /// As all contracts write it, with `{}` for ids.
    pub(crate) path: String,
}

pub(crate) async fn list_calls(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    contents: &[i64],
) -> sqlx::Result<Vec<Call>> {
    sqlx::query_as!(
        Call,
        r#"
        select contract_usage.content_id, usage_element.method, usage_element.path
        from usage_element
        join unnest($3::bigint[]) as content (id) on true
        join contract_usage on contract_usage.tenant_id = $1
                           and contract_usage.content_id = content.id
                           and contract_usage.element_id = usage_element.id
        where usage_element.tenant_id = $1
          and usage_element.provider_id = $2
          and usage_element.part = 'operation'
        "#,
        tenant.0,
        provider.0,
        contents,
    )
    .fetch_all(db)
    .await
}

/// What the contents use of an operation, which contracts write in these ways.
pub(crate) async fn list_uses(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    contents: &[i64],
    (method, paths): (&str, &[String]),
) -> sqlx::Result<Vec<(i64, Element)>> {
    let rows = sqlx::query!(
        r#"
        select contract_usage.content_id, usage_element.method, usage_element.path, usage_element.status,
               usage_element.part, usage_element.name
        from usage_element
        join unnest($3::bigint[]) as content (id) on true
        join contract_usage on contract_usage.tenant_id = $1
                           and contract_usage.content_id = content.id
                           and contract_usage.element_id = usage_element.id
        where usage_element.tenant_id = $1
          and usage_element.provider_id = $2
          and usage_element.method = $4
          and usage_element.path = any($5)
        order by usage_element.status, usage_element.part, usage_element.name
        "#,
        tenant.0,
        provider.0,
        contents,
        method,
        paths,
    )
    .fetch_all(db)
    .await?;
    let uses = rows.into_iter().filter_map(|row| {
        let (part, status) = (Part::find(&row.part)?, u16::try_from(row.status).ok()?);
        let element = Element { method: row.method, path: row.path, status, part, name: row.name };
        Some((row.content_id, element))
    });
    Ok(uses.collect())
}

/// How large the contents' texts are together.
pub(crate) async fn sum_sizes(db: &mut PgConnection, tenant: TenantId, contents: &[i64]) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select coalesce(sum(octet_length(content)), 0)::bigint as "size_bytes!"
        from contract_content
        where tenant_id = $1
          and id = any($2)
        "#,
        tenant.0,
        contents,
    )
    .fetch_one(db)
    .await
}
