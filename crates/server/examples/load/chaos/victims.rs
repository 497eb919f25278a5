//! What is killed: two servers again and again, and Postgres.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use pactolus_private_postgres::{Cluster, Durability, Options, Packages};
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinHandle;

use crate::Result;
use crate::random::Random;
use crate::servers::ENCRYPTION_KEY;

/// With pauses that double, what fails eleven times in a row, as one of two thousand does at a receiver that fails half of
/// the time, would be told after hours.
const RETRY_SECONDS: &str = "5";
const RETRIES: usize = 200;

/// A Postgres that can be killed.
pub(super) struct Database {
    pub(super) url: String,
    options: Options,
    cluster: Mutex<Option<Cluster>>,
}

impl Database {
    pub(super) async fn start(folder: &Path) -> Result<Self> {
        let folder = folder.join("database");
        let options = Options { folder, durability: Durability::Full, packages: Packages::Never };
        let cluster = begin(&options).await?;
        Ok(Self { url: cluster.url("pactolus"), options, cluster: Mutex::new(Some(cluster)) })
    }

    /// As when the machine's memory runs out.
    pub(super) async fn kill_and_start_again(&self) -> Result<()> {
        let mut cluster = self.cluster.lock().await;
        let killed = Command::new("pkill").args(["-KILL", "-f", &self.options.folder.display().to_string()]).status();
        if !killed.await?.success() {
            return Err("Postgres cannot be killed".into());
        }
        drop(cluster.take());
        *cluster = Some(begin(&self.options).await?);
        Ok(())
    }
}

async fn begin(options: &Options) -> Result<Cluster> {
    let options = options.clone();
    Ok(tokio::task::spawn_blocking(move || Cluster::start(&options)).await??)
}

/// Two servers on one database, each at its address.
pub(super) struct Servers {
    binary: PathBuf,
    url: String,
    folder: PathBuf,
    addresses: [SocketAddr; 2],
    running: [Mutex<Option<Child>>; 2],
}

impl Servers {
    pub(super) async fn start(binary: &Path, url: &str, folder: &Path) -> Result<Self> {
        // Taken and given back, so that a server comes back where it was.
        let listeners = [std::net::TcpListener::bind("127.0.0.1:0")?, std::net::TcpListener::bind("127.0.0.1:0")?];
        let addresses = [listeners[0].local_addr()?, listeners[1].local_addr()?];
        drop(listeners);
        let servers = Self {
            binary: binary.to_owned(),
            url: url.to_owned(),
            folder: folder.to_owned(),
            addresses,
            running: [Mutex::default(), Mutex::default()],
        };
        for which in 0..2 {
            servers.begin(which).await?;
            servers.wait_for(which).await?;
        }
        Ok(servers)
    }

    pub(super) fn address(&self, which: usize) -> SocketAddr {
        self.addresses[which]
    }

    async fn begin(&self, which: usize) -> Result<()> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.folder.join("server.log"))?;
        let child = Command::new(&self.binary)
            .args(["serve", "--listen", &self.addresses[which].to_string(), "--database-max-connections", "8"])
            .arg("--data-dir")
            .arg(self.folder.join(format!("server-{which}")))
            .env("PACTOLUS_ENCRYPTION_KEY", ENCRYPTION_KEY)
            .env("PACTOLUS_DATABASE_URL", &self.url)
            .env("PACTOLUS_WEBHOOK_HOST_WHITELIST", "127.0.0.1")
            .env("PACTOLUS_WEBHOOK_SCHEME_WHITELIST", "http https")
            .env("PACTOLUS_WEBHOOK_RETRY_SCHEDULE", [RETRY_SECONDS; RETRIES].join(" "))
            .env("PACTOLUS_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        *self.running[which].lock().await = Some(child);
        Ok(())
    }

    async fn wait_for(&self, which: usize) -> Result<()> {
        for _ in 0..600 {
            if tokio::net::TcpStream::connect(self.addresses[which]).await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err("a server does not start".into())
    }

    async fn kill(&self, which: usize) -> Result<()> {
        if let Some(mut child) = self.running[which].lock().await.take() {
            child.kill().await?;
        }
        Ok(())
    }

    /// Starts what has ended: a server that starts while there is no database gives up.
    async fn revive(&self) -> Result<()> {
        for which in 0..2 {
            let ended = match &mut *self.running[which].lock().await {
                Some(child) => child.try_wait()?.is_some(),
                None => true,
            };
            if ended {
                self.begin(which).await?;
            }
        }
        Ok(())
    }
}

/// Kills until it is stopped.
pub(super) struct Killing {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<usize>>,
}

impl Killing {
    /// Returns how often servers were killed; both run then.
    pub(super) async fn stop(self) -> Result<usize> {
        drop(self.stop);
        self.task.await?
    }
}

pub(super) fn kill_at_random(servers: Arc<Servers>, seed: u64) -> Killing {
    let (stop, mut stopped) = oneshot::channel();
    let task = tokio::spawn(async move {
        let mut random = Random::of(seed);
        let mut kills = 0;
        loop {
            let pause = Duration::from_millis(3_000 + u64::try_from(random.below(5_000))?);
            if tokio::time::timeout(pause, &mut stopped).await.is_ok() {
                break;
            }
            servers.kill(random.below(2)).await?;
            kills += 1;
            tokio::time::sleep(Duration::from_millis(u64::try_from(random.below(1_500))?)).await;
            servers.revive().await?;
        }
        for _ in 0..5 {
            servers.revive().await?;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Ok(kills)
    });
    Killing { stop, task }
}
