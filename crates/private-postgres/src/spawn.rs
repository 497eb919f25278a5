//! Starting programs: as the right user, with nothing of ours but the log to write to.

use std::env;
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::Error;
use crate::account::Account;

/// What Postgres programs get of our environment. Not more: it may hold secrets of the server, or `PG…` variables
/// meant for another database.
const KEPT_VARIABLES: [&str; 4] = ["PATH", "HOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"];

/// A Postgres program, not started yet, with output going nowhere.
pub(crate) fn command(program: &Path, account: &Account) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("LC_ALL", "C").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.envs(KEPT_VARIABLES.iter().filter_map(|name| Some((name, env::var_os(name)?))));
    // Our own working folder may be closed to the other user.
    command.current_dir("/");
    account.apply(&mut command);
    command
}

/// Sends what the program says to the log. An inherited output would keep a pipe of our caller open for as long as
/// an orphaned Postgres lives.
pub(crate) fn log_to(command: &mut Command, log: File) -> Result<(), Error> {
    let copy = log.try_clone().map_err(Error::file("open", "the log"))?;
    command.stdout(log).stderr(copy);
    Ok(())
}

pub(crate) fn spawn(command: &mut Command) -> Result<Child, Error> {
    retry_busy(|| command.spawn()).map_err(|source| Error::Run { program: command.get_program().into(), source })
}

pub(crate) fn output(command: &mut Command) -> Result<Output, Error> {
    retry_busy(|| command.output()).map_err(|source| Error::Run { program: command.get_program().into(), source })
}

/// A program that was just unpacked may be "busy": a child forked by another thread holds our writing handle
/// until it becomes its own program, a few milliseconds later.
fn retry_busy<T>(mut start: impl FnMut() -> std::io::Result<T>) -> std::io::Result<T> {
    for _ in 0..50 {
        match start() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => sleep(Duration::from_millis(20)),
            result => return result,
        }
    }
    start()
}
