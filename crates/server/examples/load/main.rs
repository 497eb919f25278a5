//! The load tool: builds a realistic database of a chosen size, so that plans and times are looked at where they matter.
//! Not shipped. Run with `cargo run --release -p pactolus-server --example load -- --help`.
#![expect(clippy::print_stdout, reason = "the figures are the purpose")]

mod check;
mod contract;
mod history;
mod random;
mod seed;
mod tables;
mod world;

use clap::Parser;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[derive(Parser)]
enum Command {
    /// Fills an empty database: some hubs with hundreds of consumers, skewed histories, branches, tags, environments.
    Seed(seed::Arguments),
    /// Compares heads and latest rows with what their definitions find.
    Check(check::Arguments),
}

#[tokio::main]
async fn main() -> Result<()> {
    match Command::parse() {
        Command::Seed(arguments) => seed::run(&arguments).await,
        Command::Check(arguments) => check::run(&arguments).await,
    }
}
