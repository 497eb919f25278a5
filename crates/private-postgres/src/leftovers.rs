//! What an earlier run left in the cluster: a Postgres that outlived its server, a pid file without a process,
//! half a cluster. Only called while we hold the lock of the data folder.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tracing::info;

use crate::Error;
use crate::processes::{running, wait_until_gone};

/// Whether the earlier run ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Earlier {
    /// Nothing was left.
    Stopped,
    /// It was killed, in whole or in part. What it held may take a moment to be free.
    Killed,
}

/// Stops what still runs, then removes files that would stop Postgres from starting.
pub(crate) fn clear(data: &Path, socket: &Path) -> Result<Earlier, Error> {
    let pid_file = data.join("postmaster.pid");
    let socket_lock = socket.with_added_extension("lock");
    let left = running(data);
    if left.is_empty() && !pid_file.exists() && !socket_lock.exists() {
        return Ok(Earlier::Stopped);
    }

    if !left.is_empty() {
        info!("stopping the Postgres that an earlier server left running");
        let postmaster = recorded_postmaster(&pid_file).filter(|pid| left.contains(pid));
        stop(data, postmaster)?;
    }
    // With no process left these are stale, whatever pid they name: a foreign process with a used-again number, or
    // a zombie, which Postgres takes for alive. Postgres itself still checks the shared memory of the old run.
    for stale in [&pid_file, &socket_lock, socket] {
        match fs::remove_file(stale) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(Error::file("remove", stale)(error)),
            _ => {}
        }
    }
    Ok(Earlier::Killed)
}

/// The pid on the first line of `postmaster.pid`.
pub(crate) fn recorded_postmaster(pid_file: &Path) -> Option<Pid> {
    fs::read_to_string(pid_file).ok()?.lines().next()?.trim().parse().ok().and_then(Pid::from_raw)
}

/// Ends all processes of the cluster: politely through the postmaster, then less so. Backends without a
/// postmaster end by themselves when they notice.
fn stop(data: &Path, postmaster: Option<Pid>) -> Result<(), Error> {
    let patience = match postmaster {
        Some(pid) => {
            // Failing means that it has just ended.
            let _ = kill_process(pid, Signal::INT);
            Duration::from_secs(30)
        }
        None => Duration::from_secs(2),
    };
    let mut left = wait_until_gone(data, patience);
    for signal in [Signal::QUIT, Signal::KILL] {
        for pid in &left {
            let _ = kill_process(*pid, signal);
        }
        left = wait_until_gone(data, Duration::from_secs(5));
    }
    if left.is_empty() {
        return Ok(());
    }
    let pids: Vec<String> = left.iter().map(|pid| pid.as_raw_nonzero().to_string()).collect();
    Err(Error::Leftover { folder: data.to_owned(), pids: pids.join(" ") })
}
