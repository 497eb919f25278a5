//! What figures were taken on, since they mean little without it.

use std::fs;

use serde::Serialize;
use sqlx::{Connection, PgConnection};

use crate::Result;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory_gb: u64,
    pub(crate) postgres: String,
    pub(crate) shared_buffers: String,
    /// Processes that wanted to run in the last minute, before and after everything: other work shows in the first.
    pub(crate) load_before: String,
    pub(crate) load_after: String,
}

impl Machine {
    pub(crate) async fn look(database_url: &str) -> Result<Self> {
        let mut db = PgConnection::connect(database_url).await?;
        let setting = async |db: &mut PgConnection, name: &str| -> Result<String> {
            Ok(sqlx::query_scalar("select current_setting($1)").bind(name).fetch_one(db).await?)
        };
        let postgres = setting(&mut db, "server_version").await?;
        let shared_buffers = setting(&mut db, "shared_buffers").await?;
        db.close().await?;
        let memory_kb: u64 = field("/proc/meminfo", "MemTotal").trim_end_matches(" kB").parse().unwrap_or(0);
        Ok(Self {
            processor: field("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism()?.get(),
            memory_gb: memory_kb >> 20,
            postgres: postgres.split_whitespace().next().unwrap_or_default().to_owned(),
            shared_buffers,
            load_before: load(),
            load_after: String::new(),
        })
    }

    pub(crate) fn look_again(&mut self) {
        self.load_after = load();
    }
}

fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or_default().to_owned()
}

/// The value of the first line `name: value`.
fn field(file: &str, name: &str) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}
