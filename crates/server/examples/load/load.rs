//! `load`: asks a server on a seeded database, and says how fast the answers came and what they cost.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use sqlx::{Connection, PgConnection};

use crate::Result;
use crate::cast::Cast;
use crate::drive::{Length, Outcome, Pace, Work, drive};
use crate::figures::{Cpu, Figures, Measured, table, table_of_pages};
use crate::processes::{Watched, listener};
use crate::requests::{Kind, requests};
use crate::servers::start_server;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The server's database, filled by `seed`: it says who there is to ask about.
    #[arg(long)]
    database_url: String,
    /// A running server.
    #[arg(long, value_name = "HOST:PORT", required_unless_present = "binary", conflicts_with = "binary")]
    server: Option<String>,
    /// Its process; found by its port when it runs on this machine.
    #[arg(long)]
    server_pid: Option<u32>,
    /// Starts this server instead, and stops it in the end.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Connections of a server that is started to its database.
    #[arg(long, default_value_t = 20)]
    connections: u32,
    /// Each of them asks again as soon as it has its answer.
    #[arg(long, default_value_t = 16)]
    clients: usize,
    /// So many requests a second instead, at random moments; times count from the moment at which one is due.
    #[arg(long, value_name = "PER_SECOND")]
    rate: Option<f64>,
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Instead of a time.
    #[arg(long, conflicts_with = "seconds")]
    requests: Option<usize>,
    /// As long, before anything is measured.
    #[arg(long, default_value_t = 2.0, value_name = "SECONDS")]
    warm_up: f64,
    /// Kinds of requests in one run, with their weights.
    #[arg(long, value_name = "KIND=WEIGHT", value_delimiter = ',', value_parser = weighted)]
    mix: Vec<(Kind, u32)>,
    /// Kinds of requests, each in a run of its own [default without a mix: all of them].
    #[arg(long, value_name = "KIND", value_delimiter = ',', conflicts_with = "mix")]
    each: Vec<Kind>,
    /// Every page, each in a run of its own.
    #[arg(long, conflicts_with_all = ["mix", "each"])]
    pages: bool,
    /// Applications of each sort to ask about.
    #[arg(long, default_value_t = 200)]
    subjects: usize,
    /// The same seed asks the same.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Writes the figures there as well.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn weighted(text: &str) -> std::result::Result<(Kind, u32), String> {
    let (kind, weight) = text.split_once('=').unwrap_or((text, "1"));
    let kind = <Kind as clap::ValueEnum>::from_str(kind, false)?;
    match weight.parse() {
        Ok(weight) if weight > 0 => Ok((kind, weight)),
        _ => Err(format!("{weight} is not a weight: write a whole number above 0")),
    }
}

pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    let running = match &arguments.binary {
        Some(binary) => Some(start_server(binary, &arguments.database_url, arguments.connections).await?),
        None => None,
    };
    let address = match (&running, &arguments.server) {
        (Some(running), _) => running.address,
        (None, server) => address(server.as_deref().unwrap_or_default())?,
    };
    let pid = running.as_ref().map(|running| running.pid).or(arguments.server_pid).or_else(|| local(address));
    let mut watched = match pid {
        Some(pid) => Watched::new(pid, &arguments.database_url).await?,
        None => None,
    };
    let mut db = PgConnection::connect(&arguments.database_url).await?;
    let cast = Cast::choose(&mut db, arguments.subjects, arguments.seed).await?;
    db.close().await?;

    let mixes: Vec<Vec<(Kind, u32)>> = match arguments.mix.as_slice() {
        [] => arguments.each().into_iter().map(|kind| vec![(kind, 1)]).collect(),
        mix => vec![mix.to_vec()],
    };
    let mut rows = Vec::new();
    let mut errors = Vec::new();
    for mix in mixes {
        let work = tried_out(address, &cast, mix, arguments.seed).await?;
        drive(&work, Pace::Clients(arguments.clients), Length::Time(Duration::from_secs_f64(arguments.warm_up)))
            .await?;
        let measured = measure(&work, arguments.pace(), arguments.length(), watched.as_mut()).await?;
        errors.extend(measured.outcome.errors.iter().map(|(kind, error)| format!("{}: {error}", kind.name())));
        rows.extend(rows_of(&measured));
    }
    println!("{}", if arguments.pages { table_of_pages(&rows) } else { table(&rows) });
    if let Some(file) = &arguments.json {
        write_json(file, &rows)?;
    }
    no_errors(&errors)
}

impl Arguments {
    fn each(&self) -> Vec<Kind> {
        let all = <Kind as clap::ValueEnum>::value_variants();
        match self.each.as_slice() {
            [] if self.pages => all.iter().copied().filter(|kind| kind.is_page()).collect(),
            [] => all.to_vec(),
            each => each.to_vec(),
        }
    }

    fn pace(&self) -> Pace {
        match self.rate {
            Some(rate) => Pace::Rate(rate, self.clients.max(64)),
            None => Pace::Clients(self.clients),
        }
    }

    fn length(&self) -> Length {
        match self.requests {
            Some(requests) => Length::Requests(requests),
            None => Length::Time(Duration::from_secs_f64(self.seconds)),
        }
    }
}

fn address(server: &str) -> Result<SocketAddr> {
    let server = server.trim_start_matches("http://").trim_end_matches('/');
    server.to_socket_addrs()?.next().ok_or_else(|| format!("{server} is no address").into())
}

fn local(address: SocketAddr) -> Option<u32> {
    if address.ip().is_loopback() { listener(address.port()) } else { None }
}

/// Requests whose first answers were looked into.
pub(crate) async fn tried_out(address: SocketAddr, cast: &Cast, mix: Vec<(Kind, u32)>, seed: u64) -> Result<Arc<Work>> {
    let kinds: Vec<Kind> = mix.iter().map(|(kind, _)| *kind).collect();
    // What one run of requests writes must not be in the way of the next.
    let run = kinds.iter().map(|kind| kind.name()).fold(cast.run.clone(), |run, kind| format!("{run}-{kind}"));
    let mut work = Work::new(address, requests(cast, &kinds)?, mix, run, seed);
    work.try_out().await?;
    Ok(Arc::new(work))
}

pub(crate) async fn measure(
    work: &Arc<Work>,
    pace: Pace,
    length: Length,
    watched: Option<&mut Watched>,
) -> Result<Measured> {
    let Some(watched) = watched else {
        return Ok(Measured { outcome: drive(work, pace, length).await?, spent: None });
    };
    let before = watched.now().await?;
    let outcome: Outcome = drive(work, pace, length).await?;
    let after = watched.now().await?;
    Ok(Measured { outcome, spent: Some(after.since(&before)) })
}

/// A row for each kind; of several kinds only all together have a CPU time.
pub(crate) fn rows_of(measured: &Measured) -> Vec<(Figures, Option<Cpu>)> {
    let kinds = measured.kinds();
    if let [kind] = kinds.as_slice() {
        return vec![(measured.of_kind(*kind), measured.cpu())];
    }
    let mut rows: Vec<(Figures, Option<Cpu>)> = kinds.iter().map(|kind| (measured.of_kind(*kind), None)).collect();
    rows.push((measured.together(), measured.cpu()));
    rows
}

#[derive(Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    figures: &'a Figures,
    cpu_per_request: Option<Cpu>,
}

fn write_json(file: &Path, rows: &[(Figures, Option<Cpu>)]) -> Result<()> {
    let rows: Vec<Row<'_>> = rows.iter().map(|(figures, cpu)| Row { figures, cpu_per_request: *cpu }).collect();
    std::fs::write(file, serde_json::to_string_pretty(&rows)?)?;
    Ok(())
}

/// A run with a wrong answer has failed, whatever its figures.
pub(crate) fn no_errors(errors: &[String]) -> Result<()> {
    for error in errors.iter().take(10) {
        println!("WRONG {error}");
    }
    match errors.len() {
        0 => Ok(()),
        count => Err(format!("{count} answers were wrong").into()),
    }
}
