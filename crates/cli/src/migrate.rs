//! `pactolus migrate`.

use std::process::ExitCode;

use crate::database::Database;
use crate::settings::DatabaseArguments;
use crate::terminal::print;

const EXAMPLE: &str = "\
Example:
  pactolus migrate --database-url postgres://pactolus:secret@db.example.org/pactolus

The server does this at its start as well; running it before lets you see the outcome first. Several may run at once.

Exit codes: 0 done, 1 failed, 2 wrong usage.";

/// What the command takes.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLE)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: DatabaseArguments,
}

/// Migrates and checks the encryption key.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let database = Database::open(&arguments.database).await?;
    let prepared = pactolus_server::prepare(&database.pool, &database.master_key).await;
    let description = database.description.clone();
    database.close().await?;
    prepared?;
    print(&format!("the schema is up to date ({description})\n"));
    Ok(ExitCode::SUCCESS)
}
