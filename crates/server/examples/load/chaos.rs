//! Whether webhooks are told of everything while whatever can die does: two servers are killed and started again at
//! random, and Postgres once, while results are published and receivers are slow, dead, or fail half of the time.

mod judge;
mod publisher;
mod receivers;
mod victims;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use sqlx::postgres::{PgPool, PgPoolOptions};

use crate::Result;
use publisher::Acknowledged;
use receivers::Receivers;
use victims::{Database, Servers};

/// Consumers with a provider each: what happens to one pair happens one after the other.
const PAIRS: usize = 8;
/// For what is still under way when the last result was published.
const PATIENCE: Duration = Duration::from_mins(25);

#[derive(Args)]
pub(crate) struct Arguments {
    /// The server as it is shipped.
    #[arg(long, default_value = "target/release/pactolus")]
    binary: PathBuf,
    /// Results that are published.
    #[arg(long, default_value_t = 10_000)]
    events: usize,
    /// Results a second.
    #[arg(long, default_value_t = 60)]
    rate: u32,
    /// Another one kills others at other times.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let database = Database::start(folder.path()).await?;
    let receivers = Receivers::listen(arguments.seed).await?;
    let servers = Arc::new(Servers::start(&arguments.binary, &database.url, folder.path()).await?);
    let pool = PgPoolOptions::new().max_connections(2).connect(&database.url).await?;
    let pairs = publisher::prepare(servers.address(0), PAIRS).await?;
    receivers.subscribe(servers.address(0)).await?;
    println!("{} results for 20 webhooks, {} a second, seed {}", arguments.events, arguments.rate, arguments.seed);

    let started = Instant::now();
    let killing = victims::kill_at_random(Arc::clone(&servers), arguments.seed);
    let acknowledged = Arc::new(Acknowledged::default());
    let publishing = publisher::publish(&servers, &pairs, arguments.events, arguments.rate, Arc::clone(&acknowledged));
    let half = async {
        while acknowledged.count() < arguments.events / 2 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        database.kill_and_start_again().await
    };
    let ((), died) = tokio::join!(publishing, half);
    died?;
    let kills = killing.stop().await?;
    println!("published in {:.0} s; servers were killed {kills} times, Postgres once", started.elapsed().as_secs_f64());

    wait_until_told(&pool, &receivers).await?;
    println!("all told after {:.0} s", started.elapsed().as_secs_f64());
    judge::judge(&pool, &receivers, &acknowledged).await
}

/// Until nothing is under way any more, but for those that nobody can reach.
async fn wait_until_told(pool: &PgPool, receivers: &Receivers) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    let dead = receivers.dead();
    loop {
        let under_way: i64 = sqlx::query_scalar(
            "select count(*) from webhook_delivery
             where tenant_id = 1 and status in ('not_run', 'retrying') and webhook_id <> all($1)",
        )
        .bind(&dead)
        .fetch_one(pool)
        .await?;
        if under_way == 0 {
            return Ok(());
        }
        if Instant::now() > until {
            return Err(format!("{under_way} deliveries are still under way").into());
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}
