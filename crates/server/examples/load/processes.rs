//! What processes cost, as Linux counts it: CPU time, which holds also when other work shares the machine, and memory.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use serde::Serialize;
use sqlx::{Connection, PgConnection};

use crate::Result;

type Pid = u32;

/// Linux counts CPU time for programs in hundredths of a second, on every machine.
const TICK: Duration = Duration::from_millis(10);

/// CPU time that was spent meanwhile.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Spent {
    pub(crate) server: Duration,
    pub(crate) postgres: Duration,
    pub(crate) client: Duration,
}

impl Spent {
    pub(crate) fn add(&mut self, other: Self) {
        self.server += other.server;
        self.postgres += other.postgres;
        self.client += other.client;
    }
}

/// The processes behind a server: its own, and what its database runs for it.
pub(crate) struct Watched {
    server: Pid,
    db: PgConnection,
    postmaster: Pid,
}

/// CPU time of each process until now.
pub(crate) struct Moment {
    server: BTreeMap<Pid, Duration>,
    postgres: BTreeMap<Pid, Duration>,
    client: Duration,
}

impl Watched {
    /// `None` when the database does not run on this machine, where its processes can be seen.
    pub(crate) async fn new(server: Pid, database_url: &str) -> Result<Option<Self>> {
        let mut db = PgConnection::connect(database_url).await?;
        let backend: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut db).await?;
        let backend = Pid::try_from(backend)?;
        let title = fs::read_to_string(format!("/proc/{backend}/cmdline")).unwrap_or_default();
        if !title.starts_with("postgres") {
            return Ok(None);
        }
        let Some(postmaster) = stat(backend).map(|stat| stat.parent) else { return Ok(None) };
        Ok(Some(Self { server, db, postmaster }))
    }

    /// Backends that work for other databases, or for this tool, are left out; what Postgres does in the background for
    /// all of them is not.
    pub(crate) async fn now(&mut self) -> Result<Moment> {
        let others: Vec<i32> = sqlx::query_scalar(
            "select pid from pg_stat_activity where datname <> current_database() or pid = pg_backend_pid()",
        )
        .fetch_all(&mut self.db)
        .await?;
        let others: BTreeSet<Pid> = others.into_iter().filter_map(|pid| Pid::try_from(pid).ok()).collect();
        let mut postgres = tree(self.postmaster);
        postgres.retain(|pid, _| !others.contains(pid));
        let client = stat(std::process::id()).map(|stat| stat.cpu).unwrap_or_default();
        Ok(Moment { server: tree(self.server), postgres, client })
    }

    /// What the server holds of the machine's memory, now and at most until now, in megabytes.
    pub(crate) fn memory_mb(&self) -> (f64, f64) {
        (memory_mb(self.server, "VmRSS:"), memory_mb(self.server, "VmHWM:"))
    }
}

impl Moment {
    pub(crate) fn since(&self, before: &Self) -> Spent {
        let meanwhile = |now: &BTreeMap<Pid, Duration>, before: &BTreeMap<Pid, Duration>| {
            now.iter().map(|(pid, cpu)| cpu.saturating_sub(before.get(pid).copied().unwrap_or_default())).sum()
        };
        Spent {
            server: meanwhile(&self.server, &before.server),
            postgres: meanwhile(&self.postgres, &before.postgres),
            client: self.client.saturating_sub(before.client),
        }
    }
}

/// The process that listens on a port of this machine.
pub(crate) fn listener(port: u16) -> Option<Pid> {
    let mut sockets = BTreeSet::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        for line in fs::read_to_string(table).unwrap_or_default().lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let listens = fields.get(3) == Some(&"0A");
            if listens && fields[1].ends_with(&format!(":{port:04X}")) {
                sockets.insert(format!("socket:[{}]", fields[9]));
            }
        }
    }
    pids().find(|pid| {
        let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
        let mut links = files.flatten().filter_map(|file| fs::read_link(file.path()).ok());
        links.any(|link| sockets.contains(link.to_string_lossy().as_ref()))
    })
}

struct Stat {
    parent: Pid,
    cpu: Duration,
}

/// The process's line in /proc, whose name may hold anything but ends with the last bracket.
fn stat(pid: Pid) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u32 = fields.get(11)?.parse::<u32>().ok()? + fields.get(12)?.parse::<u32>().ok()?;
    Some(Stat { parent: fields.get(1)?.parse().ok()?, cpu: TICK * ticks })
}

fn pids() -> impl Iterator<Item = Pid> {
    let folders = fs::read_dir("/proc").into_iter().flatten().flatten();
    folders.filter_map(|folder| folder.file_name().to_str()?.parse().ok())
}

/// CPU time of a process and of all that descend from it.
fn tree(root: Pid) -> BTreeMap<Pid, Duration> {
    let all: BTreeMap<Pid, Stat> = pids().filter_map(|pid| Some((pid, stat(pid)?))).collect();
    let mut found = BTreeMap::new();
    let mut waiting = vec![root];
    while let Some(pid) = waiting.pop() {
        if let Some(stat) = all.get(&pid) {
            found.insert(pid, stat.cpu);
        }
        waiting.extend(all.iter().filter(|(_, stat)| stat.parent == pid).map(|(pid, _)| *pid));
    }
    found
}

/// Nothing when the process is gone.
fn memory_mb(pid: Pid, line: &str) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|text| text.strip_prefix(line)).unwrap_or_default();
    let kb: f64 = line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default();
    kb / 1024.0
}
