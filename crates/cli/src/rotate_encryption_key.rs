//! `pactolus rotate-encryption-key`: seals what is secret with another key.

use pactolus_server::{MasterKey, RotateError, Rotated, rotate_encryption_key};
use serde_json::json;

use crate::database::Database;
use crate::key_file;
use crate::outcome::{Exit, Failure, Outcome};
use crate::output::Output;
use crate::settings::DatabaseArguments;

const EXAMPLES: &str = "\
Examples:
  PACTOLUS_ENCRYPTION_KEY=$NEW PACTOLUS_PREVIOUS_ENCRYPTION_KEYS=$OLD pactolus rotate-encryption-key
  pactolus rotate-encryption-key --data-dir ./data

With the key in PACTOLUS_ENCRYPTION_KEY: first start every server with both variables set as above (a new key is made by
openssl rand -base64 32), then run this, then leave the second variable out. Servers go on working meanwhile.

With the key in a file of the data folder: stop the server, run this, and start it again. A new key is made.

Broken off at any moment, it is run again: nothing is lost.

Exit codes: 0 done, 2 wrong usage, 3 the database could not be asked, or a key is missing.";

/// Seal what is secret with another encryption key
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    pub(crate) output: Output,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let not_asked = |error: anyhow::Error| Failure::new(Exit::NotAsked, "unreachable", format!("{error:#}"));
    // The one who holds the private Postgres is the only one who changes the file.
    let database = Database::open(&arguments.database).await.map_err(not_asked)?;
    let done = rotate(arguments, &database).await;
    database.close().await.map_err(not_asked)?;
    done.map_err(not_asked).map(|rotated| outcome(&rotated))
}

async fn rotate(arguments: &Arguments, database: &Database) -> anyhow::Result<Rotated> {
    if arguments.database.encryption_key().is_some() {
        return Ok(reseal(database, &database.master_key).await?);
    }
    let folder = arguments.database.data_dir();
    let new = MasterKey::generate();
    // Both stand in the file until nothing needs the old one: whenever this ends, a server can start.
    let lines: Vec<String> = std::iter::once(new.to_base64()).chain(key_file::lines(&folder)?).collect();
    key_file::replace(&folder, &lines)?;
    let rotated = reseal(database, &new.accepting([database.master_key.clone()])).await?;
    key_file::replace(&folder, &lines[..1])?;
    Ok(rotated)
}

async fn reseal(database: &Database, key: &MasterKey) -> Result<Rotated, RotateError> {
    rotate_encryption_key(&database.pool, key).await
}

fn outcome(rotated: &Rotated) -> Outcome {
    let Rotated { resealed, already, without_secrets } = *rotated;
    let text = if resealed > 0 {
        "What is secret is sealed with the new encryption key. Nothing needs the one before any more.\n"
    } else if already > 0 {
        "What is secret was sealed with this encryption key already. Nothing needs another one.\n"
    } else {
        "Nothing is secret yet: any encryption key will do.\n"
    };
    let json = json!({ "resealed": resealed, "alreadySealed": already, "withoutSecrets": without_secrets });
    Outcome { exit: Exit::Yes, text: text.to_owned(), json, id: None }
}
