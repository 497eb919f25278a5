//! Starts what is measured, each on a port of its own, and stops it in the end.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::Result;

/// Always the same, so that the next server can open what this one sealed.
pub(crate) const ENCRYPTION_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const READY_WITHIN: Duration = Duration::from_mins(5);

/// A process that answers; ends when it is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) pid: u32,
    /// Held so that it lives.
    _child: Child,
    folder: Option<PathBuf>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            // Nothing but an empty data folder; a leftover harms nobody.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// The server as it is shipped, on a database.
pub(crate) async fn start_server(binary: &Path, database_url: &str, connections: u32) -> Result<Running> {
    let folder = std::env::temp_dir().join(format!("pactolus-load-{}", std::process::id()));
    let mut command = Command::new(binary);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--database-max-connections", &connections.to_string()])
        .arg("--data-dir")
        .arg(&folder)
        .env("PACTOLUS_ENCRYPTION_KEY", ENCRYPTION_KEY)
        .env("PACTOLUS_DATABASE_URL", database_url)
        .env("PACTOLUS_WEBHOOK_HOST_WHITELIST", "127.0.0.1")
        .env("PACTOLUS_WEBHOOK_SCHEME_WHITELIST", "http https")
        .env("PACTOLUS_LOG", "warn");
    let mut running = start(command).await.map_err(|error| format!("{}: {error}", binary.display()))?;
    running.folder = Some(folder);
    Ok(running)
}

/// The floor, on a database.
pub(crate) async fn start_floor(database_url: &str, connections: u32, body_bytes: usize) -> Result<Running> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["floor", "--database-url", database_url])
        .args(["--connections", &connections.to_string()])
        .args(["--bytes", &body_bytes.to_string()]);
    start(command).await
}

/// Waits for the line that says where it listens.
async fn start(mut command: Command) -> Result<Running> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let pid = child.id().ok_or("ended at once")?;
    let output = child.stdout.take().ok_or("its output cannot be read")?;
    let mut lines = BufReader::new(output).lines();
    let first = tokio::time::timeout(READY_WITHIN, lines.next_line()).await.map_err(|_| "was not ready in time")??;
    let first = first.ok_or("ended before it was ready")?;
    let address = first.split_whitespace().find_map(|word| word.strip_prefix("http://")?.parse().ok());
    let address = address.ok_or_else(|| format!("said something else first: {first}"))?;
    Ok(Running { address, pid, _child: child, folder: None })
}
