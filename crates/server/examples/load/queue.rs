//! How fast a server empties its queue of deliveries, beside what Postgres makes of rows that are only claimed and deleted
//! one by one: in one run, over as many connections.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::StatusCode;
use clap::Args;
use hyper::Method;
use serde_json::json;
use sqlx::Executor;
use sqlx::postgres::{PgPool, PgPoolOptions};
use tokio::process::Command;

use crate::Result;
use crate::client::Client;
use crate::requests::{Accept, Request};
use crate::servers::start_server;
use crate::table::{Table, figure};

const WEBHOOKS: usize = 20;
/// For so long rows are claimed and deleted.
const SECONDS: u32 = 5;

#[derive(Args)]
pub(crate) struct Arguments {
    /// An empty database.
    #[arg(long, env = "PACTOLUS_LOAD_DATABASE_URL")]
    database_url: String,
    /// The server as it is shipped.
    #[arg(long, default_value = "target/release/pactolus")]
    binary: PathBuf,
    /// Deliveries that wait.
    #[arg(long, default_value_t = 40_000)]
    deliveries: i64,
    /// Connections of each side.
    #[arg(long, default_value_t = 10)]
    connections: u32,
    /// How often both are measured, in turn.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    let pool = PgPoolOptions::new().max_connections(1).connect(&arguments.database_url).await?;
    let received = Arc::new(AtomicUsize::new(0));
    let address = listen(Arc::clone(&received)).await?;
    prepare(arguments, &pool, address).await?;
    let mut table = Table::of("round", &["claim and delete, rows/s", "delivered, rows/s", "ratio"]);
    let mut ratios = Vec::new();
    for round in 1..=arguments.rounds {
        let floor = claim_and_delete(arguments, &pool).await?;
        let ours = deliver(arguments, &pool, &received).await?;
        ratios.push(ours / floor);
        table.add([round.to_string(), figure(floor), figure(ours), figure(ours / floor)]);
    }
    println!("{table}");
    ratios.sort_by(f64::total_cmp);
    let median = ratios[ratios.len() / 2];
    println!("median ratio {}, to reach 0.5: {}", figure(median), if median >= 0.5 { "reached" } else { "missed" });
    Ok(())
}

/// Takes everything at once.
async fn listen(received: Arc<AtomicUsize>) -> Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = Router::new().fallback(move || {
        received.fetch_add(1, Ordering::Relaxed);
        async { StatusCode::NO_CONTENT }
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// The schema, a pair, and webhooks that listen to nothing that will happen.
async fn prepare(arguments: &Arguments, pool: &PgPool, receiver: SocketAddr) -> Result<()> {
    let server = start_server(&arguments.binary, &arguments.database_url, arguments.connections).await?;
    let mut client = Client::connect(server.address).await?;
    for number in 0..WEBHOOKS {
        let body = json!({
            "events": [{"name": "branch_deleted"}],
            "request": {
                "method": "POST",
                "url": format!("http://{receiver}/{number}"),
                "body": {"event": "${pactbroker.eventName}", "result": "${pactbroker.verificationResultUrl}"},
            },
        });
        let uri = format!("/webhooks/webhook-number-{number:04}").parse()?;
        let answer = client
            .ask(Request { method: Method::PUT, uri, body: body.to_string().into(), accept: Accept::Hal })
            .await?;
        if !answer.status.is_success() {
            return Err(format!("{}: {}", answer.status, String::from_utf8_lossy(&answer.body)).into());
        }
    }
    pool.execute(
        "create table bare_job (like job including all);
         create table bare_delivery (like webhook_delivery including all)",
    )
    .await?;
    Ok(())
}

/// Rows a second of the least that a queue can do: a row is found, taken and gone, in a transaction of its own.
async fn claim_and_delete(arguments: &Arguments, pool: &PgPool) -> Result<f64> {
    // Enough for the time that it is measured.
    let rows = arguments.deliveries * 5;
    fill(pool, "bare_job", "bare_delivery", rows).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("claim.sql");
    std::fs::write(
        &file,
        "\\set lane random(0, 19)
         with due as materialized (
             select id from bare_job
             where tenant_id = 1 and lane = 'webhook-number-' || lpad(:lane::text, 4, '0')
               and run_at <= now() and dead_at is null and not in_order
             order by run_at limit 1 for update skip locked
         )
         delete from bare_job using due where bare_job.tenant_id = 1 and bare_job.id = due.id;",
    )?;
    let output = Command::new("pgbench")
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=2", &format!("--time={SECONDS}")])
        .arg(format!("--client={}", arguments.connections))
        .arg(format!("--file={}", file.display()))
        .arg(&arguments.database_url)
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| format!("pgbench cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("pgbench failed: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let (left, empty): (i64, i64) =
        sqlx::query_as("select count(*), 20 - count(distinct lane) from bare_job").fetch_one(pool).await?;
    if empty > 0 {
        return Err("some lanes were emptied too soon: there have to be more deliveries".into());
    }
    #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
    Ok((rows - left) as f64 / f64::from(SECONDS))
}

/// Deliveries a second from the start of a server until the queue is empty.
async fn deliver(arguments: &Arguments, pool: &PgPool, received: &AtomicUsize) -> Result<f64> {
    fill(pool, "job", "webhook_delivery", arguments.deliveries).await?;
    let before = received.load(Ordering::Relaxed);
    let _server = start_server(&arguments.binary, &arguments.database_url, arguments.connections).await?;
    let started = Instant::now();
    loop {
        let left: i64 =
            sqlx::query_scalar("select count(*) from (select from job where kind = 'webhook_delivery' limit 1) as job")
                .fetch_one(pool)
                .await?;
        if left == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let took = started.elapsed().as_secs_f64();
    let delivered = received.load(Ordering::Relaxed) - before;
    if i64::try_from(delivered)? < arguments.deliveries {
        return Err(format!("only {delivered} of {} arrived", arguments.deliveries).into());
    }
    #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
    Ok(delivered as f64 / took)
}

/// Deliveries with their jobs, the same for each webhook.
async fn fill(pool: &PgPool, jobs: &str, deliveries: &str, count: i64) -> Result<()> {
    let context = json!({
        "consumerName": "shop", "consumerVersionNumber": "5.2.0+3fa1c2b", "providerName": "stock",
        "providerVersionNumber": "40", "eventName": "branch_deleted", "githubVerificationStatus": "success",
        "pactUrl": "http://127.0.0.1:9292/pacts/provider/stock/consumer/shop/pact-version/9cbd8f2299708f5f32876552490ff2b91a63d978",
        "verificationResultUrl": "http://127.0.0.1:9292/pacts/provider/stock/consumer/shop/verification-results/1",
    });
    let statement = format!(
        "truncate {jobs};
         truncate {deliveries} cascade;
         insert into {deliveries} (tenant_id, id, webhook_id, event, context, status, created_at, updated_at)
         select 1, md5(number::text)::uuid, 'webhook-number-' || lpad((number % {WEBHOOKS})::text, 4, '0'),
                'branch_deleted', '{context}', 'not_run', now(), now()
         from generate_series(1, {count}) as number;
         insert into {jobs} (tenant_id, id, kind, lane, payload, run_at, created_at, number)
         select 1, id, 'webhook_delivery', webhook_id, json_build_object('delivery', id), now(), now(),
                row_number() over ()
         from {deliveries};
         analyze {jobs};
         analyze {deliveries};
         checkpoint"
    );
    for one in statement.split(";\n") {
        pool.execute(sqlx::AssertSqlSafe(one.to_owned())).await?;
    }
    Ok(())
}
