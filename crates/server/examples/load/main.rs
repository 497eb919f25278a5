//! The load tool: builds a realistic database of a chosen size, asks a server on it, and says how fast the answers came
//! and what they cost. Not shipped. Run with `cargo run --release -p pactolus-server --example load -- --help`.
#![expect(clippy::print_stdout, reason = "the figures are the purpose")]

mod cast;
mod chaos;
mod check;
mod client;
mod compare;
mod contract;
mod drive;
mod figures;
mod floor;
mod history;
mod load;
mod machine;
mod pages;
mod pgbench;
mod processes;
mod queue;
mod random;
mod reach;
mod report;
mod requests;
mod seed;
mod servers;
mod table;
mod tables;
mod world;

use clap::Parser;
use tokio::runtime::Builder;

type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Error>;

#[derive(Parser)]
enum Command {
    /// Fills an empty database: some hubs with hundreds of consumers, skewed histories, branches, tags, environments.
    Seed(seed::Arguments),
    /// Compares heads and latest rows with what their definitions find.
    Check(check::Arguments),
    /// Asks a server, and says how fast the answers came and what they cost.
    Load(load::Arguments),
    /// Serves the least that a server of this kind could do.
    Floor(floor::Arguments),
    /// Measures all that is promised of speed, side by side in one run.
    Compare(compare::Arguments),
    /// Kills servers and Postgres while webhooks are told of results, and looks whether anything was lost.
    Chaos(chaos::Arguments),
    /// Measures how fast deliveries are made, beside rows that Postgres only claims and deletes.
    Queue(queue::Arguments),
}

fn main() -> Result<()> {
    // The floor has the threads of a server. What asks has one: it shares the machine with those that answer.
    match Command::parse() {
        Command::Floor(arguments) => Builder::new_multi_thread().enable_all().build()?.block_on(floor::run(&arguments)),
        command => Builder::new_current_thread().enable_all().build()?.block_on(run(command)),
    }
}

async fn run(command: Command) -> Result<()> {
    match command {
        Command::Seed(arguments) => seed::run(&arguments).await,
        Command::Check(arguments) => check::run(&arguments).await,
        Command::Load(arguments) => load::run(&arguments).await,
        Command::Floor(arguments) => floor::run(&arguments).await,
        Command::Compare(arguments) => compare::run(&arguments).await,
        Command::Chaos(arguments) => chaos::run(&arguments).await,
        Command::Queue(arguments) => queue::run(&arguments).await,
    }
}
