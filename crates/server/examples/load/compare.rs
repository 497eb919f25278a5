//! `compare`: everything that is promised of speed, measured side by side in one run on one machine: the floor, the gate
//! for typical applications and for a hub, contracts for verification, an offered load, memory, and publishing.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sqlx::{Connection, PgConnection};

use crate::Result;
use crate::cast::Cast;
use crate::drive::{Length, Pace, Work, drive};
use crate::figures::Measured;
use crate::load::{measure, no_errors, tried_out};
use crate::machine::Machine;
use crate::pgbench::{self, Scripts};
use crate::processes::Watched;
use crate::report;
use crate::requests::{Kind, requests};
use crate::servers::{Running, start_floor, start_server};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Databases filled by `seed`, the smallest first. The last one is written to.
    #[arg(long, required = true, num_args = 1..)]
    pub(crate) database_url: Vec<String>,
    /// The server as it is shipped.
    #[arg(long, value_name = "FILE")]
    pub(crate) binary: PathBuf,
    /// Of each request in each round.
    #[arg(long, default_value_t = 10.0)]
    pub(crate) seconds: f64,
    /// In each round the floor and every request have their turn, so that whatever disturbs one disturbs all.
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: usize,
    #[arg(long, default_value_t = 16)]
    pub(crate) clients: usize,
    /// Questions a second of the offered load.
    #[arg(long, default_value_t = 200.0)]
    pub(crate) rate: f64,
    /// How many of a hundred of these are about the hub.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..100))]
    pub(crate) hub_percent: u32,
    #[arg(long, default_value_t = 64)]
    pub(crate) publishers: usize,
    /// Connections to the database, of the server, of the floor and of pgbench.
    #[arg(long, default_value_t = 20)]
    pub(crate) connections: u32,
    #[arg(long, default_value_t = 200)]
    pub(crate) subjects: usize,
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Seconds of each kind of request by itself, by one client; 0 leaves that out.
    #[arg(long, default_value_t = 3.0, value_name = "SECONDS")]
    pub(crate) each: f64,
    /// Writes the figures there as well.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// What the server is asked beside the floor.
pub(crate) const ASKED: [Kind; 5] =
    [Kind::CanIDeploy, Kind::CanIDeployHub, Kind::CanIDeployCli, Kind::ForVerificationWip, Kind::ForVerificationWipHub];

/// What was measured on one database.
pub(crate) struct OfDatabase {
    pub(crate) name: String,
    pub(crate) results: u64,
    pub(crate) floor: Measured,
    pub(crate) asked: BTreeMap<Kind, Measured>,
    pub(crate) offered: Measured,
    /// Of the server, in megabytes: before, after each round, after the offered load.
    pub(crate) memory_mb: Vec<f64>,
    pub(crate) most_memory_mb: f64,
}

/// Publishing results, on the last database.
pub(crate) struct Publishing {
    pub(crate) server: Measured,
    pub(crate) pgbench_per_second: f64,
    /// Rows written for each result, by table.
    pub(crate) rows_of_server: BTreeMap<String, f64>,
    pub(crate) rows_of_pgbench: BTreeMap<String, f64>,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    if !pgbench::installed() {
        return Err("pgbench is not on the path: it comes with Postgres".into());
    }
    let mut machine = Machine::look(&arguments.database_url[0]).await?;
    let mut databases = Vec::new();
    for url in &arguments.database_url {
        databases.push(of_database(arguments, url).await?);
    }
    let last = arguments.database_url.last().ok_or("no database")?;
    let publishing = publishing(arguments, last).await?;
    let each = if arguments.each > 0.0 { each_by_itself(arguments, last).await? } else { Vec::new() };
    machine.look_again();

    let report = report::Report { arguments, machine, databases, publishing, each };
    println!("{}", report.markdown());
    if let Some(file) = &arguments.json {
        std::fs::write(file, serde_json::to_string_pretty(&report.json())?)?;
    }
    no_errors(&report.errors())
}

async fn of_database(arguments: &Arguments, url: &str) -> Result<OfDatabase> {
    let mut db = PgConnection::connect(url).await?;
    let (name, results): (String, i64) =
        sqlx::query_as("select current_database()::text, (select count(*) from verification_log)")
            .fetch_one(&mut db)
            .await?;
    progress(&format!("{name}: {results} results"));
    let cast = Cast::choose(&mut db, arguments.subjects, arguments.seed).await?;
    db.close().await?;
    let server = start_server(&arguments.binary, url, arguments.connections).await?;
    let mut of_server = watched(&server, url).await?;

    let mut works = BTreeMap::new();
    for kind in ASKED {
        works.insert(kind, tried_out(server.address, &cast, vec![(kind, 1)], arguments.seed).await?);
    }
    let body_bytes = works[&Kind::CanIDeploy].mean_length(Kind::CanIDeploy);
    let floor = start_floor(url, arguments.connections, body_bytes).await?;
    let mut of_floor = watched(&floor, url).await?;
    let floor_work = of_floor_work(floor.address, &cast, arguments.seed, body_bytes)?;

    let pace = Pace::Clients(arguments.clients);
    for work in works.values().chain([&floor_work]) {
        drive(work, pace, Length::Time(Duration::from_secs(2))).await?;
    }
    let mut found = OfDatabase {
        name,
        results: results.unsigned_abs(),
        floor: Measured::default(),
        asked: BTreeMap::new(),
        offered: Measured::default(),
        memory_mb: vec![of_server.memory_mb().0],
        most_memory_mb: 0.0,
    };
    let length = Length::Time(Duration::from_secs_f64(arguments.seconds));
    for round in 0..arguments.rounds {
        progress(&format!("{}: round {} of {}", found.name, round + 1, arguments.rounds));
        found.floor.add(measure(&floor_work, pace, length, Some(&mut of_floor)).await?);
        for (kind, work) in &works {
            let measured = measure(work, pace, length, Some(&mut of_server)).await?;
            found.asked.entry(*kind).or_default().add(measured);
        }
        found.memory_mb.push(of_server.memory_mb().0);
    }
    progress(&format!("{}: {} questions a second", found.name, arguments.rate));
    found.offered = offered(arguments, server.address, &cast, &mut of_server).await?;
    let (now, most) = of_server.memory_mb();
    found.memory_mb.push(now);
    found.most_memory_mb = most;
    Ok(found)
}

async fn offered(arguments: &Arguments, address: SocketAddr, cast: &Cast, watched: &mut Watched) -> Result<Measured> {
    let hub = arguments.hub_percent;
    let mix = vec![(Kind::CanIDeploy, 100 - hub), (Kind::CanIDeployHub, hub)];
    let work = tried_out(address, cast, mix, arguments.seed).await?;
    // As long as all rounds of a request together.
    let seconds = arguments.seconds * f64::from(u32::try_from(arguments.rounds)?);
    let length = Length::Time(Duration::from_secs_f64(seconds));
    measure(&work, Pace::Rate(arguments.rate, 64), length, Some(watched)).await
}

async fn watched(running: &Running, url: &str) -> Result<Watched> {
    let watched = Watched::new(running.pid, url).await?;
    watched.ok_or_else(|| "the database must run on this machine, or nobody sees what it costs".into())
}

/// The floor is asked at the same addresses, and answers each with as many bytes.
fn of_floor_work(address: SocketAddr, cast: &Cast, seed: u64, body_bytes: usize) -> Result<Arc<Work>> {
    let kind = Kind::CanIDeploy;
    let mut work = Work::new(address, requests(cast, &[kind])?, vec![(kind, 1)], cast.run.clone(), seed);
    work.lengths.insert(kind, vec![body_bytes; work.requests[&kind].len()]);
    Ok(Arc::new(work))
}

/// The server and pgbench in turns.
async fn publishing(arguments: &Arguments, url: &str) -> Result<Publishing> {
    progress("publishing results");
    let mut db = PgConnection::connect(url).await?;
    let cast = Cast::choose(&mut db, arguments.subjects, arguments.seed).await?;
    let server = start_server(&arguments.binary, url, arguments.connections).await?;
    let mut watched = watched(&server, url).await?;
    let scripts = Scripts::write(&cast.typical, &cast.run)?;
    let mut requests = requests(&cast, &[Kind::Result])?;
    // About the same contents.
    for makes in requests.values_mut() {
        makes.truncate(pgbench::SCRIPTS);
    }
    let work = Arc::new(Work::new(server.address, requests, vec![(Kind::Result, 1)], cast.run, arguments.seed));
    let pace = Pace::Clients(arguments.publishers);
    let time = Duration::from_secs_f64(arguments.seconds);
    drive(&work, pace, Length::Time(Duration::from_secs(2))).await?;

    let mut found = Publishing {
        server: Measured::default(),
        pgbench_per_second: 0.0,
        rows_of_server: BTreeMap::new(),
        rows_of_pgbench: BTreeMap::new(),
    };
    let mut throughputs = Vec::new();
    for _ in 0..arguments.rounds {
        let before = rows_written(&mut db).await?;
        let measured = measure(&work, pace, Length::Time(time), Some(&mut watched)).await?;
        let published = measured.outcome.samples.len();
        found.server.add(measured);
        let between = rows_written(&mut db).await?;
        found.rows_of_server = per_transaction(&before, &between, published);

        let throughput = scripts.run(url, arguments.connections, time).await?;
        let after = rows_written(&mut db).await?;
        let transactions = after.get("verification_log").zip(between.get("verification_log"));
        let transactions = transactions.map_or(0, |(after, between)| after - between);
        found.rows_of_pgbench = per_transaction(&between, &after, usize::try_from(transactions)?);
        throughputs.push(throughput);
    }
    found.pgbench_per_second = throughputs.iter().sum::<f64>() / crate::figures::float(throughputs.len().max(1));
    Ok(found)
}

/// Rows that were written into each table until now. Postgres counts with a delay of up to a second.
async fn rows_written(db: &mut PgConnection) -> Result<BTreeMap<String, i64>> {
    tokio::time::sleep(Duration::from_secs(2)).await;
    let rows: Vec<(String, i64)> =
        sqlx::query_as("select relname::text, n_tup_ins + n_tup_upd from pg_stat_user_tables").fetch_all(db).await?;
    Ok(rows.into_iter().collect())
}

fn per_transaction(
    before: &BTreeMap<String, i64>,
    after: &BTreeMap<String, i64>,
    transactions: usize,
) -> BTreeMap<String, f64> {
    let written = after.iter().map(|(table, rows)| (table, rows - before.get(table).copied().unwrap_or(0)));
    let written = written.filter_map(|(table, rows)| Some((table.clone(), usize::try_from(rows).ok()?)));
    let each =
        written.map(|(table, rows)| (table, crate::figures::float(rows) / crate::figures::float(transactions.max(1))));
    each.filter(|(_, rows)| *rows >= 0.01).collect()
}

/// Every kind of request, one after the other, by one client.
async fn each_by_itself(arguments: &Arguments, url: &str) -> Result<Vec<Measured>> {
    let mut db = PgConnection::connect(url).await?;
    let cast = Cast::choose(&mut db, arguments.subjects, arguments.seed).await?;
    db.close().await?;
    let server = start_server(&arguments.binary, url, arguments.connections).await?;
    let mut watched = watched(&server, url).await?;
    let mut found = Vec::new();
    for kind in <Kind as clap::ValueEnum>::value_variants() {
        progress(&kind.name());
        let work = tried_out(server.address, &cast, vec![(*kind, 1)], arguments.seed).await?;
        let length = Length::Time(Duration::from_secs_f64(arguments.each));
        found.push(measure(&work, Pace::Clients(1), length, Some(&mut watched)).await?);
    }
    Ok(found)
}

/// Beside the report, which goes to standard output.
#[expect(clippy::print_stderr, reason = "whoever waits for minutes wants to know what for")]
fn progress(text: &str) {
    eprintln!("{text} …");
}
