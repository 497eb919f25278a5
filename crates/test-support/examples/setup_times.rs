//! Measures what a test pays for its database: `cargo run --example setup_times [migrations folder]`.

use std::env;
use std::path::PathBuf;
use std::time::Instant;

use pactolus_test_support::TestDatabase;
use sqlx::migrate::Migrator;

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/migrations");

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "a program for people")]
async fn main() -> Result<(), sqlx::migrate::MigrateError> {
    let folder = env::args_os().nth(1).map_or_else(|| PathBuf::from(FIXTURE), Into::into);
    let migrator = Migrator::new(folder).await?;
    let mut times = Vec::new();
    for _ in 0..=30 {
        let begin = Instant::now();
        TestDatabase::create(&migrator).await;
        times.push(begin.elapsed());
    }
    let first = times.remove(0);
    times.sort();
    let (median, slowest) = (times[times.len() / 2], times[times.len() - 1]);
    println!("first {first:.0?}, then median {median:.0?}, slowest {slowest:.0?} of {}", times.len());
    Ok(())
}
