//! SQL of what contracts use.

use std::collections::BTreeSet;

use pactolus_domain::names::VersionNumber;
use pactolus_domain::usage::{Element, Part, RULES};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::{ContentId, PacticipantId, TenantId};

pub(crate) mod called;
pub(super) mod demanded;

/// A content that is to be looked into.
pub(super) struct Unread {
    pub(super) id: ContentId,
    pub(super) provider: PacticipantId,
    pub(super) text: String,
}

/// A content that nobody has looked into by the rules of today, held until the transaction ends. What was read by newer ones is
/// left alone: during an upgrade two processes would else undo each other's work without end.
pub(super) async fn claim_unread(
    db: &mut PgConnection,
    tenant: TenantId,
    but: &[ContentId],
) -> sqlx::Result<Option<Unread>> {
    let but: Vec<i64> = but.iter().map(|content| content.0).collect();
    sqlx::query_as!(
        Unread,
        r#"
        select id as "id: _", provider_id as "provider: _", content as text
        from contract_content
        where tenant_id = $1
          and coalesce(usage_rules, 0::smallint) < $2
          and id <> all($3)
        order by coalesce(usage_rules, 0::smallint), id
        limit 1
        for no key update skip locked
        "#,
        tenant.0,
        RULES,
        &but,
    )
    .fetch_optional(db)
    .await
}

/// Lets this transaction commit before it is on disk. What a crash takes of it, it takes whole, and somebody does it again.
pub(super) async fn do_not_wait(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("set local synchronous_commit = off").execute(db).await?;
    Ok(())
}

/// Puts what a content uses, instead of what it was said to use before, and that it was looked into.
pub(super) async fn put_usage(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    content: ContentId,
    elements: &BTreeSet<Element>,
) -> sqlx::Result<()> {
    delete_of_contents(&mut *db, tenant, &[content.0]).await?;
    let columns = Columns::of(elements);
    // In their order, so that two who write the same new ones do not wait for each other in a circle.
    sqlx::query!(
        r#"
        insert into usage_element (tenant_id, provider_id, method, path, status, part, name)
        select $1, $2, used.method, used.path, used.status, used.part, used.name
        from unnest($3::text[], $4::text[], $5::integer[], $6::text[], $7::text[])
            with ordinality as used (method, path, status, part, name, place)
        where not exists (
            select from usage_element
            where usage_element.tenant_id = $1
              and usage_element.provider_id = $2
              and usage_element.method = used.method
              and usage_element.path = used.path
              and usage_element.status = used.status
              and usage_element.part = used.part
              and usage_element.name = used.name
        )
        order by used.place
        on conflict on constraint usage_element_key do nothing
        "#,
        tenant.0,
        provider.0,
        &columns.methods as &[&str],
        &columns.paths as &[&str],
        &columns.statuses,
        &columns.parts as &[&str],
        &columns.names as &[&str],
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        insert into contract_usage (tenant_id, content_id, element_id)
        select $1, $3, usage_element.id
        from unnest($4::text[], $5::text[], $6::integer[], $7::text[], $8::text[])
            as used (method, path, status, part, name)
        join usage_element on usage_element.tenant_id = $1
                          and usage_element.provider_id = $2
                          and usage_element.method = used.method
                          and usage_element.path = used.path
                          and usage_element.status = used.status
                          and usage_element.part = used.part
                          and usage_element.name = used.name
        on conflict (tenant_id, content_id, element_id) do nothing
        "#,
        tenant.0,
        provider.0,
        content.0,
        &columns.methods as &[&str],
        &columns.paths as &[&str],
        &columns.statuses,
        &columns.parts as &[&str],
        &columns.names as &[&str],
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "update contract_content set usage_rules = $3 where tenant_id = $1 and id = $2",
        tenant.0,
        content.0,
        RULES,
    )
    .execute(db)
    .await?;
    Ok(())
}

struct Columns<'e> {
    methods: Vec<&'e str>,
    paths: Vec<&'e str>,
    statuses: Vec<i32>,
    parts: Vec<&'static str>,
    names: Vec<&'e str>,
}

impl<'e> Columns<'e> {
    fn of(elements: &'e BTreeSet<Element>) -> Self {
        Self {
            methods: elements.iter().map(|element| element.method.as_str()).collect(),
            paths: elements.iter().map(|element| element.path.as_str()).collect(),
            statuses: elements.iter().map(|element| i32::from(element.status)).collect(),
            parts: elements.iter().map(|element| element.part.as_str()).collect(),
            names: elements.iter().map(|element| element.name.as_str()).collect(),
        }
    }
}

/// Forgets what the contents use, which are about to be deleted.
pub(crate) async fn delete_of_contents(db: &mut PgConnection, tenant: TenantId, contents: &[i64]) -> sqlx::Result<()> {
    sqlx::query!("delete from contract_usage where tenant_id = $1 and content_id = any($2)", tenant.0, contents)
        .execute(db)
        .await?;
    Ok(())
}

/// Forgets what was ever used of the provider, with which nobody has a contract any more.
pub(crate) async fn delete_elements(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
) -> sqlx::Result<()> {
    sqlx::query!("delete from usage_element where tenant_id = $1 and provider_id = $2", tenant.0, provider.0)
        .execute(db)
        .await?;
    Ok(())
}

/// A consumer version that counts.
#[derive(Clone, Debug)]
pub(super) struct Present {
    pub(super) consumer: String,
    pub(super) version: String,
    pub(super) content_id: i64,
    /// Where it runs.
    pub(super) environments: Vec<String>,
    /// Of which it is the head.
    pub(super) branches: Vec<String>,
}

/// The consumer versions with a contract that count: those that run in the environment or, without one, those that run
/// anywhere, the heads of main branches, and the latest. Each once, by consumer and age.
pub(super) async fn list_present(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    environment: Option<Uuid>,
) -> sqlx::Result<Vec<Present>> {
    sqlx::query_as!(
        Present,
        r#"
        with reason (version_id, environment_id, branch) as (
            select deployed.version_id, deployed.environment_id, null as branch
            from integration
            cross join lateral (
                -- The offset keeps it a look-up for each consumer: what else runs is far more.
                select deployed_version.version_id, deployed_version.environment_id
                from deployed_version
                where deployed_version.tenant_id = $1
                  and deployed_version.pacticipant_id = integration.consumer_id
                  and deployed_version.undeployed_at is null
                  and ($3::uuid is null or deployed_version.environment_id = $3)
                offset 0
            ) as deployed
            where integration.tenant_id = $1
              and integration.provider_id = $2
            union all
            select released_version.version_id, released_version.environment_id, null
            from integration
            join released_version on released_version.tenant_id = $1
                                 and released_version.pacticipant_id = integration.consumer_id
                                 and released_version.support_ended_at is null
            where integration.tenant_id = $1
              and integration.provider_id = $2
              and ($3::uuid is null or released_version.environment_id = $3)
            union all
            select branch_head.version_id, null, branch_head.branch
            from integration
            join pacticipant on pacticipant.tenant_id = $1
                            and pacticipant.id = integration.consumer_id
            join branch_head on branch_head.tenant_id = $1
                            and branch_head.pacticipant_id = integration.consumer_id
                            and branch_head.branch = pacticipant.main_branch
            where integration.tenant_id = $1
              and integration.provider_id = $2
              and $3::uuid is null
            union all
            select integration.latest_consumer_version_id, null, null
            from integration
            where integration.tenant_id = $1
              and integration.provider_id = $2
              and $3::uuid is null
        ),
        -- A version runs in several places, and is looked up once.
        present as (
            select reason.version_id,
                   coalesce(array_agg(distinct environment.name) filter (where environment.name is not null), '{}')
                       as environments,
                   coalesce(array_agg(distinct reason.branch) filter (where reason.branch is not null), '{}') as branches
            from reason
            left join environment on environment.tenant_id = $1
                                 and environment.id = reason.environment_id
            group by reason.version_id
        )
        select consumer.name as consumer, version.number as version, contract.content_id as "content_id!",
               present.environments as "environments!", present.branches as "branches!"
        from present
        cross join lateral (
            -- As above: a popular provider has far more contracts than those of versions that count.
            select contract.consumer_id, contract.content_id
            from contract
            where contract.tenant_id = $1
              and contract.consumer_version_id = present.version_id
              and contract.provider_id = $2
            offset 0
        ) as contract
        join version on version.tenant_id = $1
                    and version.id = present.version_id
        join pacticipant as consumer on consumer.tenant_id = $1
                                    and consumer.id = contract.consumer_id
        order by consumer.name, version.position
        "#,
        tenant.0,
        provider.0,
        environment,
    )
    .fetch_all(db)
    .await
}

/// Something that a contract of the provider uses or once used.
pub(super) struct Known {
    pub(super) id: i64,
    pub(super) element: Element,
}

/// Which elements are meant. Without anything, all.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted<'a> {
    pub(super) method: Option<&'a str>,
    pub(super) status: Option<i32>,
    pub(super) part: Option<&'a str>,
    /// The whole name, or the last step of the way to a field.
    pub(super) name: Option<&'a str>,
}

/// The elements of the provider that are meant, and the one that stands for what is not listed.
pub(super) async fn list_elements(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    wanted: &Wanted<'_>,
) -> sqlx::Result<Vec<Known>> {
    let rows = sqlx::query!(
        r#"
        select id, method, path, status, part, name
        from usage_element
        where tenant_id = $1
          and provider_id = $2
          and (
              part = 'more'
              or ($3::text is null or method = $3)
             and ($4::integer is null or status = $4)
             and ($5::text is null or part = $5)
             and ($6::text is null or name = $6 or right(name, length($6) + 1) = '/' || $6)
          )
        order by method, path, status, part, name
        "#,
        tenant.0,
        provider.0,
        wanted.method,
        wanted.status,
        wanted.part,
        wanted.name,
    )
    .fetch_all(db)
    .await?;
    let known = rows.into_iter().filter_map(|row| {
        let (part, status) = (Part::find(&row.part)?, u16::try_from(row.status).ok()?);
        let element = Element { method: row.method, path: row.path, status, part, name: row.name };
        Some(Known { id: row.id, element })
    });
    Ok(known.collect())
}

/// Which of the contents use which of the elements.
pub(super) async fn list_used(
    db: &mut PgConnection,
    tenant: TenantId,
    contents: &[i64],
    elements: &[i64],
) -> sqlx::Result<Vec<(i64, i64)>> {
    let rows = sqlx::query!(
        r#"
        select contract_usage.content_id, contract_usage.element_id
        from unnest($2::bigint[]) as content (id)
        join contract_usage on contract_usage.tenant_id = $1
                           and contract_usage.content_id = content.id
        where contract_usage.element_id = any($3)
        "#,
        tenant.0,
        contents,
        elements,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.content_id, row.element_id)).collect())
}

/// All that the contents use together.
pub(super) async fn list_used_elements(
    db: &mut PgConnection,
    tenant: TenantId,
    contents: &[i64],
) -> sqlx::Result<Vec<Element>> {
    let rows = sqlx::query!(
        r#"
        select element.method as "method!", element.path as "path!", element.status as "status!", element.part as "part!",
               element.name as "name!"
        from (
            select distinct contract_usage.element_id
            from unnest($2::bigint[]) as content (id)
            join contract_usage on contract_usage.tenant_id = $1
                               and contract_usage.content_id = content.id
        ) as used
        cross join lateral (
            -- The offset keeps it a look-up for each: all providers' elements are far more.
            select usage_element.method, usage_element.path, usage_element.status, usage_element.part, usage_element.name
            from usage_element
            where usage_element.tenant_id = $1
              and usage_element.id = used.element_id
            offset 0
        ) as element
        "#,
        tenant.0,
        contents,
    )
    .fetch_all(db)
    .await?;
    let elements = rows.into_iter().filter_map(|row| {
        let (part, status) = (Part::find(&row.part)?, u16::try_from(row.status).ok()?);
        Some(Element { method: row.method, path: row.path, status, part, name: row.name })
    });
    Ok(elements.collect())
}

/// How many of the contents nobody has looked into by the rules of today.
pub(super) async fn count_unread(db: &mut PgConnection, tenant: TenantId, contents: &[i64]) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
        from contract_content
        where tenant_id = $1
          and id = any($2)
          and coalesce(usage_rules, 0::smallint) < $3
        "#,
        tenant.0,
        contents,
        RULES,
    )
    .fetch_one(db)
    .await
}

/// The provider's document that counts.
pub(super) struct Current {
    pub(super) version: String,
    pub(super) sha: String,
    pub(super) specification: String,
    pub(super) text: String,
    /// Where that version runs; `None` if it is the head of the main branch, or the latest.
    pub(super) environment: Option<String>,
}

/// The provider's document that counts: what runs in the environment, the newest if there are several, else the head of the
/// main branch, else the latest.
pub(super) async fn find_current(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    environment: Option<Uuid>,
) -> sqlx::Result<Option<Current>> {
    sqlx::query_as!(
        Current,
        r#"
        select version.number as version, provider_contract_content.sha, provider_contract_content.specification,
               provider_contract_content.content as text, environment.name as "environment?"
        from (
            select deployed_version.version_id, 1 as rank, deployed_version.environment_id
            from deployed_version
            where deployed_version.tenant_id = $1
              and deployed_version.pacticipant_id = $2
              and deployed_version.environment_id = $3
              and deployed_version.undeployed_at is null
            union all
            select released_version.version_id, 1, released_version.environment_id
            from released_version
            where released_version.tenant_id = $1
              and released_version.pacticipant_id = $2
              and released_version.environment_id = $3
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
            (
                select provider_contract.version_id, 3, null
                from provider_contract
                where provider_contract.tenant_id = $1
                  and provider_contract.provider_id = $2
                order by provider_contract.position desc
                limit 1
            )
        ) as candidate (version_id, rank, environment_id)
        join provider_contract on provider_contract.tenant_id = $1
                              and provider_contract.version_id = candidate.version_id
        join provider_contract_content on provider_contract_content.tenant_id = $1
                                      and provider_contract_content.id = provider_contract.content_id
        join version on version.tenant_id = $1
                    and version.id = provider_contract.version_id
        left join environment on environment.tenant_id = $1
                             and environment.id = candidate.environment_id
        order by candidate.rank, provider_contract.position desc
        limit 1
        "#,
        tenant.0,
        provider.0,
        environment,
    )
    .fetch_optional(db)
    .await
}

/// The contents' texts.
pub(super) async fn list_texts(
    db: &mut PgConnection,
    tenant: TenantId,
    contents: &[i64],
) -> sqlx::Result<Vec<(i64, String)>> {
    let rows = sqlx::query!(
        "select id, content from contract_content where tenant_id = $1 and id = any($2)",
        tenant.0,
        contents
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.content)).collect())
}

/// The document of a version of the provider.
pub(super) async fn find_document(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: PacticipantId,
    version: &VersionNumber,
) -> sqlx::Result<Option<Current>> {
    sqlx::query_as!(
        Current,
        r#"
        select version.number as version, provider_contract_content.sha, provider_contract_content.specification,
               provider_contract_content.content as text, null as "environment?"
        from version
        join provider_contract on provider_contract.tenant_id = $1
                              and provider_contract.version_id = version.id
        join provider_contract_content on provider_contract_content.tenant_id = $1
                                      and provider_contract_content.id = provider_contract.content_id
        where version.tenant_id = $1
          and version.pacticipant_id = $2
          and version.number = $3
        "#,
        tenant.0,
        provider.0,
        version.as_str(),
    )
    .fetch_optional(db)
    .await
}
