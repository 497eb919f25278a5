//! The schema, brought up to date by one server at a time.
//!
//! Indexes of large tables are built while others go on reading and writing, outside of any transaction. That waits for
//! every statement that began before: a server that waited inside one for its turn would wait in a circle with the one
//! whose turn it is. So whoever comes second asks again and again. And it can be broken off in the middle: what it leaves is
//! an index that is not used, which is removed before the next try.

mod store;

use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::{Connection, PgPool};

const PAUSE: Duration = Duration::from_millis(100);

/// Applies the migrations that are missing.
///
/// # Errors
/// When one fails, the database does not answer, or it was made by a newer release.
pub(crate) async fn migrate(db: &PgPool) -> Result<(), MigrateError> {
    // A connection of its own: when it is closed, by whatever, the next one has its turn.
    let mut turn = db.acquire().await?.detach();
    while !store::take_turn(&mut turn).await? {
        tokio::time::sleep(PAUSE).await;
    }
    for index in store::list_unfinished_indexes(&mut turn).await? {
        store::drop_index(&mut turn, &index).await?;
    }
    crate::MIGRATOR.run(db).await?;
    turn.close().await?;
    Ok(())
}
