//! Databases go away in the background, so that no test waits for it. What a process leaves undone when it ends, the
//! next one does.

use std::process;
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use rustix::process::{Pid, test_kill_process};
use sqlx::{Connection, PgConnection};

use crate::shared::Shared;

static QUEUE: OnceLock<Sender<String>> = OnceLock::new();

/// Starts the background thread of this process, which first drops what dead processes have left.
pub(crate) fn start(shared: &'static Shared) -> &'static Sender<String> {
    QUEUE.get_or_init(|| {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || work(shared, &receiver));
        sender
    })
}

pub(crate) fn drop_later(shared: &'static Shared, database: &str) {
    // Failing means that the thread has ended with its cluster.
    let _ = start(shared).send(database.to_owned());
}

fn work(shared: &Shared, databases: &Receiver<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return };
    let left = runtime.block_on(list_left(shared)).unwrap_or_default();
    for database in left.into_iter().chain(databases) {
        let statement = format!("drop database if exists {database} with (force)");
        // Another process may be dropping the same one; and a cluster that is gone needs no cleaning.
        let _ = runtime.block_on(crate::run(shared, statement));
    }
}

async fn list_left(shared: &Shared) -> sqlx::Result<Vec<String>> {
    let mut connection = PgConnection::connect_with(&shared.connect_options("postgres")).await?;
    let statement = r"select datname::text from pg_database where datname like 'test\_%'";
    let names: Vec<String> = sqlx::query_scalar(statement).fetch_all(&mut connection).await?;
    connection.close().await?;
    Ok(names.into_iter().filter(|name| !has_owner(name)).collect())
}

/// The name of a test's database has the pid of its process in it.
fn has_owner(database: &str) -> bool {
    let pid = database.split('_').nth(1).and_then(|pid| pid.parse().ok());
    pid.is_some_and(|pid| {
        pid == process::id().cast_signed() || Pid::from_raw(pid).is_some_and(|pid| test_kill_process(pid).is_ok())
    })
}
