//! The database for tests: one private cluster, shared by all test processes of a user, and a clone of a migrated
//! template for each test.
//!
//! The cluster starts with the first test that needs it, on memory-backed disk where there is room, and goes away
//! by itself some seconds after the last test process has ended, also when that was killed.

mod dropping;
mod places;
mod shared;
mod template;

use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::shared::Shared;

/// A fresh, migrated database for one test. It is dropped in the background when this value is.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    url: String,
    shared: &'static Shared,
}

impl TestDatabase {
    /// Makes a database with these migrations.
    ///
    /// # Panics
    ///
    /// When there is no Postgres and none can be fetched (the message says how to install it), or when the
    /// migrations fail.
    pub async fn create(migrator: &Migrator) -> Self {
        static CREATED: AtomicU32 = AtomicU32::new(0);
        let shared = Shared::of_this_user().await;
        let template = template::ensure(shared, migrator).await;

        let name = format!("test_{}_{}", process::id(), CREATED.fetch_add(1, Ordering::Relaxed));
        // Copying files is more than twice as quick as sending a whole database through the log.
        let clone = format!("create database {name} template {template} strategy file_copy");
        run(shared, clone).await.expect("the shared cluster makes a database");
        dropping::start(shared);
        Self { url: shared.url(&name), name, shared }
    }

    /// The URL of the database, for `DATABASE_URL` and the like.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How to connect to the database.
    #[must_use]
    pub fn connect_options(&self) -> PgConnectOptions {
        self.shared.connect_options(&self.name)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        dropping::drop_later(self.shared, &self.name);
    }
}

/// Runs a statement in the cluster's own database.
async fn run(shared: &Shared, statement: String) -> sqlx::Result<()> {
    let mut connection = PgConnection::connect_with(&shared.connect_options("postgres")).await?;
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
    connection.close().await
}
