//! Who is asked about: many applications in the middle, a hub with hundreds of consumers, and the busiest application.

use sqlx::{FromRow, PgConnection};

use crate::Result;
use crate::random::Random;

/// An application, with the head of its main branch.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct Application {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) branch: String,
    pub(crate) head: String,
}

/// What the head of a consumer's main branch promises to one provider.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct Promise {
    #[sqlx(flatten)]
    pub(crate) consumer: Application,
    pub(crate) provider: String,
    pub(crate) provider_id: i64,
    pub(crate) content_id: i64,
    pub(crate) sha: String,
    pub(crate) content: String,
}

/// All that is asked about.
pub(crate) struct Cast {
    /// Each consumes and provides; in the middle by the number of versions and of integrations.
    pub(crate) typical: Vec<Promise>,
    /// The provider with the most consumers, and some of these.
    pub(crate) hub: Application,
    pub(crate) of_hub: Vec<Promise>,
    /// The one with the most versions.
    pub(crate) busiest: Application,
    /// Where deployments are recorded; questions are about production.
    pub(crate) test_environment: String,
    pub(crate) production_environment: String,
    /// Since when work in progress is asked for: a month before the hub's head, which no load changes.
    pub(crate) wip_since: String,
    /// Names what this run writes.
    pub(crate) run: String,
}

impl Cast {
    /// The same for the same database and `seed`.
    pub(crate) async fn choose(db: &mut PgConnection, subjects: usize, seed: u64) -> Result<Self> {
        let mut random = Random::of(seed);
        let hub = hub(db).await?;
        let middle = chosen(middle(db).await?, subjects, &mut random);
        let consumers =
            sqlx::query_scalar("select consumer_id from integration where tenant_id = 1 and provider_id = $1")
                .bind(hub.id)
                .fetch_all(&mut *db)
                .await?;
        let consumers = chosen(consumers, subjects, &mut random);
        let (wip_since, run) = times(db, &hub).await?;
        let cast = Self {
            typical: promises(db, &middle, None).await?,
            of_hub: promises(db, &consumers, Some(hub.id)).await?,
            hub,
            busiest: busiest(db).await?,
            test_environment: environment(db, "test").await?,
            production_environment: environment(db, "production").await?,
            wip_since,
            run,
        };
        if cast.typical.is_empty() || cast.of_hub.is_empty() {
            return Err("nobody to ask about: the database must be one that `seed` made".into());
        }
        Ok(cast)
    }
}

/// A random choice of so many.
fn chosen(mut ids: Vec<i64>, count: usize, random: &mut Random) -> Vec<i64> {
    ids.sort_unstable();
    for index in (1..ids.len()).rev() {
        ids.swap(index, random.below(index + 1));
    }
    ids.truncate(count);
    ids
}

/// Between the quartiles by versions and by integrations, of those that consume and provide.
async fn middle(db: &mut PgConnection) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(
        "with measured as (
             select version.pacticipant_id as id, count(*) as versions,
                    (select count(*)
                     from integration
                     where integration.tenant_id = 1
                       and integration.consumer_id = version.pacticipant_id) as providers,
                    (select count(*)
                     from integration
                     where integration.tenant_id = 1
                       and integration.provider_id = version.pacticipant_id) as consumers
             from version
             where version.tenant_id = 1
             group by version.pacticipant_id
         ),
         connected as (
             select id, versions, providers + consumers as integrations
             from measured
             where providers > 0
               and consumers > 0
         ),
         quartile as (
             select percentile_disc(array[0.25, 0.75]) within group (order by versions) as versions,
                    percentile_disc(array[0.25, 0.75]) within group (order by integrations) as integrations
             from connected
         )
         select connected.id
         from connected
         cross join quartile
         where connected.versions between quartile.versions[1] and quartile.versions[2]
           and connected.integrations between quartile.integrations[1] and quartile.integrations[2]",
    )
    .fetch_all(db)
    .await
}

/// Ordered by name, so that a choice by index is the same each time.
async fn promises(db: &mut PgConnection, consumers: &[i64], provider: Option<i64>) -> sqlx::Result<Vec<Promise>> {
    sqlx::query_as(
        "select consumer.id, consumer.name, consumer.main_branch as branch, head.number as head,
                provider.name as provider, provider.id as provider_id, contract_content.id as content_id,
                contract_content.sha, contract_content.content
         from pacticipant as consumer
         join branch_head on branch_head.tenant_id = consumer.tenant_id
                         and branch_head.pacticipant_id = consumer.id
                         and branch_head.branch = consumer.main_branch
         join version as head on head.tenant_id = consumer.tenant_id
                             and head.id = branch_head.version_id
         join lateral (
             select contract.provider_id, contract.content_id
             from contract
             where contract.tenant_id = consumer.tenant_id
               and contract.consumer_version_id = head.id
               and contract.provider_id = coalesce($2, contract.provider_id)
             order by contract.provider_id
             limit 1
         ) as promised on true
         join pacticipant as provider on provider.tenant_id = consumer.tenant_id
                                     and provider.id = promised.provider_id
         join contract_content on contract_content.tenant_id = consumer.tenant_id
                              and contract_content.id = promised.content_id
         where consumer.tenant_id = 1
           and consumer.id = any($1)
         order by consumer.name",
    )
    .bind(consumers)
    .bind(provider)
    .fetch_all(db)
    .await
}

async fn hub(db: &mut PgConnection) -> sqlx::Result<Application> {
    let id: i64 = sqlx::query_scalar(
        "select provider_id
         from integration
         where tenant_id = 1
         group by provider_id
         order by count(*) desc, provider_id
         limit 1",
    )
    .fetch_one(&mut *db)
    .await?;
    application(db, id).await
}

async fn busiest(db: &mut PgConnection) -> sqlx::Result<Application> {
    let id: i64 = sqlx::query_scalar(
        "select pacticipant_id
         from version
         where tenant_id = 1
         group by pacticipant_id
         order by count(*) desc, pacticipant_id
         limit 1",
    )
    .fetch_one(&mut *db)
    .await?;
    application(db, id).await
}

async fn application(db: &mut PgConnection, id: i64) -> sqlx::Result<Application> {
    sqlx::query_as(
        "select pacticipant.id, pacticipant.name, pacticipant.main_branch as branch, version.number as head
         from pacticipant
         join branch_head on branch_head.tenant_id = pacticipant.tenant_id
                         and branch_head.pacticipant_id = pacticipant.id
                         and branch_head.branch = pacticipant.main_branch
         join version on version.tenant_id = pacticipant.tenant_id
                     and version.id = branch_head.version_id
         where pacticipant.tenant_id = 1
           and pacticipant.id = $1",
    )
    .bind(id)
    .fetch_one(db)
    .await
}

async fn environment(db: &mut PgConnection, name: &str) -> sqlx::Result<String> {
    sqlx::query_scalar("select id::text from environment where tenant_id = 1 and name = $1")
        .bind(name)
        .fetch_one(db)
        .await
}

async fn times(db: &mut PgConnection, hub: &Application) -> sqlx::Result<(String, String)> {
    sqlx::query_as(
        "select to_char(created_at - interval '30 days', 'YYYY-MM-DD'),
                to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint)
         from version
         where tenant_id = 1
           and pacticipant_id = $1
           and number = $2",
    )
    .bind(hub.id)
    .bind(&hub.head)
    .fetch_one(db)
    .await
}
