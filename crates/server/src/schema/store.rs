//! SQL around migrations.

use sqlx::{AssertSqlSafe, PgConnection};

/// What the servers of one database agree on; any number that nothing else uses.
const TURN: i64 = 7_024_338_163;

/// Returns false, at once, while another server has it. Held until the connection is closed.
pub(super) async fn take_turn(db: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select pg_try_advisory_lock($1) as "taken!""#, TURN).fetch_one(db).await
}

/// Names of indexes, quoted as they have to be, whose building was broken off. Who builds one has the turn, so none of these
/// is being built.
pub(super) async fn list_unfinished_indexes(db: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select format('%I.%I', pg_namespace.nspname, pg_class.relname) as "name!"
        from pg_index
        join pg_class on pg_class.oid = pg_index.indexrelid
        join pg_namespace on pg_namespace.oid = pg_class.relnamespace
        where pg_namespace.nspname = current_schema()
          and not pg_index.indisvalid
        "#
    )
    .fetch_all(db)
    .await
}

/// `name` is quoted as it has to be.
pub(super) async fn drop_index(db: &mut PgConnection, name: &str) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(format!("drop index concurrently if exists {name}"))).execute(db).await?;
    Ok(())
}
