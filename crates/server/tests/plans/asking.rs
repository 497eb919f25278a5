//! A seeded database, a server that tells its plans, and whom to ask about.

use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Parser;
use http_body_util::BodyExt;
use pactolus_server::{App, Clock, MasterKey, Settings};
use pactolus_test_support::TestDatabase;
use serde_json::{Value, json};
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{Connection, PgConnection};
use tokio::time::timeout;
use tower::ServiceExt;
use tower_http::normalize_path::NormalizePath;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::plan::{Cost, Listening};
use crate::seed;

/// Tables with so many rows are not to be read whole.
const LARGE_ROWS: i64 = 1_000;

/// How Postgres plans what the server does not decide itself.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Planning {
    AsItComes,
    /// Anew for the parameters of each execution.
    Custom,
    /// Once, without looking at parameters.
    Generic,
}

#[derive(Parser)]
struct Seeding {
    #[command(flatten)]
    arguments: seed::Arguments,
}

/// Made once for all questions: it takes some seconds.
pub(crate) async fn seeded() -> TestDatabase {
    install();
    let database = TestDatabase::create(&pactolus_server::MIGRATOR).await;
    let size = ["--pacticipants", "400", "--results", "60000"];
    let seeding = Seeding::parse_from(["seed", "--database-url", database.url()].into_iter().chain(size));
    seed::run(&seeding.arguments).await.expect("an empty database is seeded");
    let mut db = PgConnection::connect_with(&database.connect_options()).await.expect("the database lets us in");
    sqlx::raw_sql(PROVIDER_CONTRACTS).execute(&mut db).await.expect("each version offers something");
    database
}

/// Every version offers something, with results, and was compared with each contract that it verified or that matters.
const PROVIDER_CONTRACTS: &str = "
    insert into provider_contract_content (tenant_id, provider_id, specification, sha, content, created_at)
    select tenant_id, pacticipant_id, 'oas', id::text, 'openapi: 3.0.3', created_at from version;
    insert into provider_contract_verification (tenant_id, version_id, content_id, success, created_at)
    select tenant_id, sha::bigint, id, true, created_at from provider_contract_content;
    insert into provider_contract (tenant_id, version_id, provider_id, position, content_id, content_type,
                                   verification_id, revision, created_at)
    select version.tenant_id, version.id, version.pacticipant_id, version.position, results.content_id,
           'application/yaml', results.id, 1, version.created_at
    from version
    join provider_contract_verification as results on results.version_id = version.id;
    insert into comparison (tenant_id, contract_content_id, provider_content_id, configuration, engine, in_force,
                            consumer_id, provider_id, outcome, errors, warnings, infos, findings, created_at)
    select contract_content.tenant_id, contract_content.id, provider_contract.content_id, 'usual', 1, true,
           contract_content.consumer_id, contract_content.provider_id, 'compatible', 0, 0, 0, '[]',
           contract_content.created_at
    from contract_content
    join provider_contract on provider_contract.tenant_id = contract_content.tenant_id
                          and provider_contract.provider_id = contract_content.provider_id
    where exists (
        select from verification
        where verification.tenant_id = contract_content.tenant_id
          and verification.content_id = contract_content.id
          and verification.provider_version_id = provider_contract.version_id
    )
       or provider_contract.version_id in (select version_id from branch_head)
       or provider_contract.version_id in (select version_id from deployed_version where undeployed_at is null)
       or provider_contract.version_id in (select version_id from released_version where support_ended_at is null);
    analyze comparison;
    analyze provider_contract_content;
    analyze provider_contract_verification;
    analyze provider_contract";

fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // Another test of the process may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        tracing_subscriber::registry().with(Listening).init();
    });
}

/// A server with one connection, whose plans are told.
pub(crate) struct Asking {
    app: App,
    router: NormalizePath<Router>,
    /// To look for whom to ask about, without plans.
    db: PgPool,
    large: Vec<String>,
}

impl Asking {
    pub(crate) async fn of(database: &TestDatabase, planning: Planning) -> Self {
        let mode = match planning {
            Planning::AsItComes => "auto",
            Planning::Custom => "force_custom_plan",
            Planning::Generic => "force_generic_plan",
        };
        let told = database.connect_options().options([
            ("session_preload_libraries", "auto_explain"),
            ("auto_explain.log_min_duration", "0"),
            ("auto_explain.log_analyze", "on"),
            ("auto_explain.log_buffers", "on"),
            ("auto_explain.log_timing", "off"),
            ("auto_explain.log_format", "json"),
            ("auto_explain.log_level", "notice"),
            ("plan_cache_mode", mode),
        ]);
        let pool = PgPoolOptions::new().max_connections(1).connect_with(told).await.expect("the database lets us in");
        let app = App::new(pool, Settings::default(), Clock::System, MasterKey::generate());
        let db = PgPoolOptions::new().max_connections(1);
        let db = db.connect_with(database.connect_options()).await.expect("the database lets us in");
        let large = "select relname::text from pg_class where relkind = 'r' and reltuples >= $1";
        let large = sqlx::query_scalar(large).bind(LARGE_ROWS).fetch_all(&db).await.expect("tables are listed");
        Self { router: pactolus_server::router(app.clone()), app, db, large }
    }

    /// The answer, and what it cost when it was asked for the second time: the first one may be planned.
    pub(crate) async fn get(&self, address: &str) -> (Value, Cost) {
        self.send(Method::GET, address, None).await;
        self.send(Method::GET, address, None).await
    }

    /// What jobs cost that are done in so much time; those of others are forgotten.
    pub(crate) async fn work_for(&self, time: Duration) -> Cost {
        sqlx::query("delete from job").execute(&self.db).await.expect("jobs are forgotten");
        Cost::begin();
        if let Ok(done) = timeout(time, pactolus_server::run_due_jobs(&self.app)).await {
            done.expect("the database answers");
        }
        Cost::take(&self.large)
    }

    /// What a page costs.
    pub(crate) async fn look(&self, address: &str) -> Cost {
        let look = || async {
            let request = Request::builder()
                .uri(address)
                .header(header::HOST, "pactolus.test")
                .header(header::ACCEPT, "text/html,*/*;q=0.8")
                .body(Body::empty())
                .expect("a request");
            Cost::begin();
            let response = self.router.clone().oneshot(request).await.expect("the router answers");
            let (parts, body) = response.into_parts();
            let text = body.collect().await.expect("a body").to_bytes();
            assert!(parts.status.is_success(), "{address}: {}: {}", parts.status, String::from_utf8_lossy(&text));
            assert!(text.starts_with(b"<!DOCTYPE html>"), "{address} is a page");
            Cost::take(&self.large)
        };
        look().await;
        look().await
    }

    pub(crate) async fn post(&self, address: &str, body: &Value) -> (Value, Cost) {
        self.send(Method::POST, address, Some(("application/json", body.to_string()))).await
    }

    pub(crate) async fn post_lines(&self, address: &str, lines: &str) -> (Value, Cost) {
        self.send(Method::POST, address, Some(("application/x-ndjson", lines.to_owned()))).await
    }

    pub(crate) async fn delete(&self, address: &str) -> (Value, Cost) {
        self.send(Method::DELETE, address, None).await
    }

    async fn send(&self, method: Method, address: &str, body: Option<(&str, String)>) -> (Value, Cost) {
        let (content_type, body) = body.unwrap_or(("application/json", String::new()));
        let request = Request::builder()
            .method(method)
            .uri(address.replace('[', "%5B").replace(']', "%5D"))
            .header(header::HOST, "pactolus.test")
            .header(header::CONTENT_TYPE, content_type)
            .body(Body::from(body))
            .expect("a request");
        Cost::begin();
        let response = self.router.clone().oneshot(request).await.expect("the router answers");
        let status = response.status();
        let text = response.into_body().collect().await.expect("a body").to_bytes();
        assert!(status.is_success(), "{address}: {status}: {}", String::from_utf8_lossy(&text));
        let answer = if text.is_empty() { Value::Null } else { serde_json::from_slice(&text).expect("JSON") };
        (answer, Cost::take(&self.large))
    }

    /// Some applications that consume and provide a little, with the heads of their main branches.
    pub(crate) async fn typical_heads(&self) -> Vec<(String, String)> {
        let found = sqlx::query_as(
            "select pacticipant.name, version.number \
             from pacticipant \
             join branch_head on branch_head.pacticipant_id = pacticipant.id and branch_head.branch = main_branch \
             join version on version.id = branch_head.version_id \
             where (select count(*) from integration where consumer_id = pacticipant.id) between 2 and 3 \
               and (select count(*) from integration where provider_id = pacticipant.id) between 1 and 5 \
             order by md5(pacticipant.name) \
             limit 10",
        );
        let heads: Vec<(String, String)> = found.fetch_all(&self.db).await.expect("heads are listed");
        assert_eq!(heads.len(), 10, "there are typical applications");
        heads
    }

    /// The provider with the most consumers, and the head of its main branch.
    pub(crate) async fn hub_head(&self) -> (String, String) {
        let found = sqlx::query_as(
            "select pacticipant.name, version.number \
             from pacticipant \
             join branch_head on branch_head.pacticipant_id = pacticipant.id and branch_head.branch = main_branch \
             join version on version.id = branch_head.version_id \
             order by (select count(*) from integration where provider_id = pacticipant.id) desc \
             limit 1",
        );
        found.fetch_one(&self.db).await.expect("there is a hub")
    }

    /// How many branches and tags the consumers of a provider have.
    pub(crate) async fn heads_of_consumers(&self, provider: &str) -> u64 {
        let found = sqlx::query_scalar(
            "select count(*) \
             from pacticipant \
             join integration on provider_id = pacticipant.id \
             join (select pacticipant_id from branch_head union all select pacticipant_id from tag_head) as head \
               on head.pacticipant_id = consumer_id \
             where pacticipant.name = $1",
        );
        counted(found.bind(provider).fetch_one(&self.db).await)
    }

    /// For each pair the tags of the consumer, and what runs somewhere.
    pub(crate) async fn heads_of_all(&self) -> u64 {
        let found = sqlx::query_scalar(
            "select (select count(*) from integration) \
                  + (select count(*) from integration join tag_head on pacticipant_id = consumer_id) \
                  + (select count(*) \
                     from deployed_version \
                     join contract on consumer_version_id = version_id \
                     where undeployed_at is null) \
                  + (select count(*) \
                     from released_version \
                     join contract on consumer_version_id = version_id \
                     where support_ended_at is null)",
        );
        counted(found.fetch_one(&self.db).await)
    }

    /// The consumer of a provider that published most often, how often, and how many results its contents have.
    pub(crate) async fn busiest_consumer(&self, provider: &str) -> (String, u64, u64) {
        let found = sqlx::query_as(
            "select consumer.name, count(*), \
                    (select count(*) \
                     from contract_content \
                     join verification_log on verification_log.content_id = contract_content.id \
                     where contract_content.consumer_id = consumer.id and contract_content.provider_id = provider.id) \
             from pacticipant as provider \
             join contract on contract.provider_id = provider.id \
             join pacticipant as consumer on consumer.id = contract.consumer_id \
             where provider.name = $1 \
             group by consumer.id, consumer.name, provider.id \
             order by 2 desc \
             limit 1",
        );
        let (name, publications, results): (String, i64, i64) =
            found.bind(provider).fetch_one(&self.db).await.expect("the provider has consumers");
        (name, publications.unsigned_abs(), results.unsigned_abs())
    }

    pub(crate) async fn contracts_verified_by(&self, provider: &str, version: &str) -> u64 {
        let found = sqlx::query_scalar(
            "select count(*) \
             from pacticipant \
             join version on version.pacticipant_id = pacticipant.id \
             join verification on verification.provider_version_id = version.id \
             join contract on contract.content_id = verification.content_id \
             where pacticipant.name = $1 and version.number = $2",
        );
        counted(found.bind(provider).bind(version).fetch_one(&self.db).await)
    }

    pub(crate) async fn comparisons_between(&self, consumer: &str, provider: &str) -> u64 {
        let found = sqlx::query_scalar(
            "select count(*) \
             from comparison \
             join pacticipant as consumer on consumer.id = comparison.consumer_id \
             join pacticipant as provider on provider.id = comparison.provider_id \
             where consumer.name = $1 and provider.name = $2",
        );
        counted(found.bind(consumer).bind(provider).fetch_one(&self.db).await)
    }

    /// Contracts that were held against what the version offers.
    pub(crate) async fn contracts_compared_with(&self, provider: &str, version: &str) -> u64 {
        let found = sqlx::query_scalar(
            "select count(*) \
             from pacticipant \
             join version on version.pacticipant_id = pacticipant.id \
             join provider_contract on provider_contract.version_id = version.id \
             join comparison on comparison.provider_content_id = provider_contract.content_id \
             join contract on contract.content_id = comparison.contract_content_id \
             where pacticipant.name = $1 and version.number = $2",
        );
        counted(found.bind(provider).bind(version).fetch_one(&self.db).await)
    }

    /// Contracts of consumers that a new document is held against.
    pub(crate) async fn contracts_that_matter_to(&self, provider: &str) -> u64 {
        let found = sqlx::query_scalar(
            "select count(distinct contract.content_id) \
             from pacticipant \
             join contract on contract.provider_id = pacticipant.id \
             where pacticipant.name = $1 \
               and (contract.consumer_version_id in (select version_id from branch_head) \
                    or contract.consumer_version_id in (select version_id from deployed_version where undeployed_at is null) \
                    or contract.consumer_version_id in (select version_id from released_version \
                                                        where support_ended_at is null) \
                    or contract.consumer_version_id in (select latest_consumer_version_id from integration))",
        );
        counted(found.bind(provider).fetch_one(&self.db).await)
    }

    /// Documents that a new contract is held against, at most.
    pub(crate) async fn documents_that_matter_to(&self, provider: &str) -> u64 {
        let found = sqlx::query_scalar(
            "select count(distinct provider_contract.content_id) \
             from pacticipant \
             join provider_contract on provider_contract.provider_id = pacticipant.id \
             where pacticipant.name = $1 \
               and (provider_contract.version_id in (select version_id from branch_head) \
                    or provider_contract.version_id in (select version_id from deployed_version where undeployed_at is null) \
                    or provider_contract.version_id in (select version_id from released_version \
                                                        where support_ended_at is null))",
        );
        counted(found.bind(provider).fetch_one(&self.db).await)
    }

    pub(crate) async fn latest_sha(&self, consumer: &str, provider: &str) -> String {
        let (sha, _) = self.latest_content(consumer, provider).await;
        sha
    }

    async fn latest_content(&self, consumer: &str, provider: &str) -> (String, String) {
        let found = sqlx::query_as(
            "select contract_content.sha, contract_content.content \
             from pacticipant as consumer \
             join integration on integration.consumer_id = consumer.id \
             join pacticipant as provider on provider.id = integration.provider_id and provider.name = $2 \
             join contract on contract.consumer_version_id = latest_consumer_version_id \
                          and contract.provider_id = provider.id \
             join contract_content on contract_content.id = contract.content_id \
             where consumer.name = $1",
        );
        found.bind(consumer).bind(provider).fetch_one(&self.db).await.expect("the two have a contract")
    }

    /// A publication of a new version.
    pub(crate) async fn contract(&self, consumer: &str, provider: &str, new_content: bool) -> Value {
        let (_, content) = self.latest_content(consumer, provider).await;
        let mut pact: Value = serde_json::from_str(&content).expect("a pact is JSON");
        if new_content {
            pact["interactions"][0]["description"] = new_number().into();
        }
        json!({
            "pacticipantName": consumer,
            "pacticipantVersionNumber": new_number(),
            "branch": "main",
            "tags": ["dev"],
            "contracts": [{
                "consumerName": consumer,
                "providerName": provider,
                "specification": "pact",
                "contentType": "application/json",
                "content": STANDARD.encode(pact.to_string()),
            }],
        })
    }
}

/// A publication of what a provider version offers.
pub(crate) fn provider_contract(version: &str, text: &str) -> Value {
    json!({
        "pacticipantVersionNumber": version,
        "branch": "main",
        "tags": ["dev"],
        "contract": {
            "content": STANDARD.encode(text),
            "contentType": "application/yaml",
            "specification": "oas",
            "selfVerificationResults": {"success": true, "content": STANDARD.encode("all good")},
        },
    })
}

/// Text that nothing has in it yet.
pub(crate) fn new_number() -> String {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    format!("new-{}", GIVEN.fetch_add(1, Ordering::Relaxed))
}

fn counted(count: sqlx::Result<i64>) -> u64 {
    count.expect("rows are counted").unsigned_abs()
}
