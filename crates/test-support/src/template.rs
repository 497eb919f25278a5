//! The migrated database that tests get clones of, one per set of migrations.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};
use sqlx::migrate::Migrator;
use sqlx::{Connection, PgConnection};

use crate::shared::Shared;

/// The name of the template for these migrations, which exists when this returns.
pub(crate) async fn ensure(shared: &'static Shared, migrator: &Migrator) -> String {
    static READY: Mutex<Option<HashSet<String>>> = Mutex::new(None);
    let hash = hash(migrator);
    let name = format!("template_{hash}");
    let is_ready = READY.lock().unwrap_or_else(PoisonError::into_inner).iter().flatten().any(|ready| *ready == name);
    if !is_ready {
        // In a thread for blocking work: two tests on one runtime must not wait for each other.
        let lock = tokio::task::spawn_blocking(move || shared.lock(&format!("template_{hash}"))).await;
        let lock = lock.expect("locking does not panic").expect("the shared folder takes a lock file");
        if !exists(shared, &name).await.expect("the shared cluster lists its databases") {
            build(shared, migrator, &name).await;
        }
        let _ = lock.unlock();
        READY.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default().insert(name.clone());
    }
    name
}

async fn exists(shared: &Shared, name: &str) -> sqlx::Result<bool> {
    let mut connection = PgConnection::connect_with(&shared.connect_options("postgres")).await?;
    let statement = "select exists (select from pg_database where datname = $1)";
    let exists = sqlx::query_scalar(statement).bind(name).fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(exists)
}

/// Migrates a database under another name: a template with its own name is complete.
async fn build(shared: &Shared, migrator: &Migrator, name: &str) {
    let unfinished = format!("unfinished_{name}");
    let create = async {
        crate::run(shared, format!("drop database if exists {unfinished} with (force)")).await?;
        crate::run(shared, format!("create database {unfinished}")).await?;
        PgConnection::connect_with(&shared.connect_options(&unfinished)).await
    };
    let mut connection = create.await.expect("the shared cluster makes a database");
    // What `run` does once it has a connection; its own future can't be sent to another thread.
    migrator
        .run_direct(None, &mut connection, false)
        .await
        .unwrap_or_else(|error| panic!("the migrations fail: {error}"));
    connection.close().await.expect("a connection closes");

    let finish = async {
        // Nobody may connect any more: a database in use can't be cloned.
        crate::run(shared, format!("alter database {unfinished} allow_connections false is_template true")).await?;
        crate::run(shared, format!("alter database {unfinished} rename to {name}")).await
    };
    finish.await.expect("the shared cluster renames a database");
}

/// Equal migrations, equal hash: 16 digits are enough to keep a handful apart.
fn hash(migrator: &Migrator) -> String {
    let mut hasher = Sha256::new();
    for migration in migrator.iter() {
        hasher.update(migration.version.to_be_bytes());
        hasher.update([u8::from(migration.migration_type.is_down_migration())]);
        hasher.update(&migration.checksum);
    }
    hasher.finalize().iter().take(8).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
