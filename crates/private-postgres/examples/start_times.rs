//! Measures how long a private cluster takes to be ready: `cargo run --release --example start_times [folder]`.

use std::env;
use std::time::Instant;

use pactolus_private_postgres::{Cluster, Durability, Error, Options, Packages};

#[expect(clippy::print_stdout, reason = "a program for people")]
fn main() -> Result<(), Error> {
    let folder = env::args_os().nth(1).map_or_else(|| env::temp_dir().join("pactolus-start-times"), Into::into);
    let options = Options { folder, durability: Durability::Full, packages: Packages::Fetch };
    for number in 1..=5 {
        let begin = Instant::now();
        let cluster = Cluster::start(&options)?;
        let ready = begin.elapsed();
        let (version, source) = (cluster.binaries().version.clone(), cluster.binaries().source);
        let begin = Instant::now();
        cluster.stop()?;
        let stopped = begin.elapsed();
        println!("start {number} of {version} ({source:?}): ready after {ready:.0?}, stopped after {stopped:.0?}");
    }
    Ok(())
}
