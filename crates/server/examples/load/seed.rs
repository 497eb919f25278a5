//! `seed`: fills an empty database in one transaction. What slows bulk copying down (foreign keys, indexes beside the
//! keys) is taken off first and put back afterwards, which also proves that every reference leads somewhere.

use std::time::Instant;

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

use crate::history::{Counts, History};
use crate::random::Random;
use crate::world::World;
use crate::{Result, check};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// An empty database, or one with the schema and nothing else.
    #[arg(long)]
    database_url: String,
    #[arg(long, default_value_t = 2000)]
    pacticipants: usize,
    /// Verification results; a few more may be made.
    #[arg(long, default_value_t = 10_000_000)]
    results: usize,
    /// Interactions of each contract.
    #[arg(long, default_value_t = 2)]
    interactions: usize,
    /// The same seed makes the same rows.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    let started = Instant::now();
    let mut db = PgConnection::connect(&arguments.database_url).await?;
    pactolus_server::MIGRATOR.run(&mut db).await?;
    let used: bool = sqlx::query_scalar("select exists (select from pacticipant)").fetch_one(&mut db).await?;
    if used {
        return Err("the database holds pacticipants already: seed an empty one".into());
    }

    let mut tx = db.begin().await?;
    sqlx::raw_sql("set local work_mem = '256MB'; set local maintenance_work_mem = '512MB'").execute(&mut *tx).await?;
    let taken_off = take_off(&mut tx).await?;
    let counts = copy(&mut tx, arguments).await?;
    println!("copied after {:.0?}", started.elapsed());
    keep_latest_results(&mut tx).await?;
    go_on_from(&mut tx, &counts).await?;
    for statement in taken_off {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    println!("indexed and committed after {:.0?}", started.elapsed());
    sqlx::raw_sql("vacuum (analyze)").execute(&mut db).await?;

    print_sizes(&mut db).await?;
    println!("seeded in {:.0?}", started.elapsed());
    check::all(&mut db).await
}

/// Returns the statements that put back what was taken off.
async fn take_off(db: &mut PgConnection) -> Result<Vec<String>> {
    let constraints = sqlx::query(
        "select conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) \
         from pg_constraint \
         where contype = 'f' and connamespace = current_schema()::regnamespace \
         order by conrelid::regclass::text, conname",
    )
    .fetch_all(&mut *db)
    .await?;
    let indexes = sqlx::query(
        "select pg_index.indexrelid::regclass::text, pg_get_indexdef(pg_index.indexrelid) \
         from pg_index \
         join pg_class on pg_class.oid = pg_index.indexrelid \
         where pg_class.relnamespace = current_schema()::regnamespace \
           and not exists (select from pg_constraint where pg_constraint.conindid = pg_index.indexrelid) \
         order by 1",
    )
    .fetch_all(&mut *db)
    .await?;
    let mut put_back = Vec::new();
    for constraint in &constraints {
        let (table, name, definition): (String, String, String) =
            (constraint.try_get(0)?, constraint.try_get(1)?, constraint.try_get(2)?);
        let statement = format!("alter table {table} drop constraint {name}");
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *db).await?;
        put_back.push(format!("alter table {table} add constraint {name} {definition}"));
    }
    for index in &indexes {
        let (name, definition): (String, String) = (index.try_get(0)?, index.try_get(1)?);
        sqlx::raw_sql(AssertSqlSafe(format!("drop index {name}"))).execute(&mut *db).await?;
        put_back.insert(0, definition);
    }
    Ok(put_back)
}

async fn copy(db: &mut PgConnection, arguments: &Arguments) -> Result<Counts> {
    let mut random = Random::of(arguments.seed);
    let world = World::of(arguments.pacticipants, &mut random);
    let mut history = History::of(&world, arguments.results, arguments.interactions, random);
    history.begin();
    for who in 0..world.pacticipants.len() {
        history.first_build(who);
        history.tables.send_full(db).await?;
    }
    while history.counts.results < arguments.results {
        history.next_build();
        history.tables.send_full(db).await?;
    }
    history.end();
    history.tables.send_rest(db).await?;
    Ok(history.counts)
}

/// In the order in which they came, as they lie on disk after years of single inserts.
async fn keep_latest_results(db: &mut PgConnection) -> Result<()> {
    sqlx::raw_sql(
        "insert into verification (tenant_id, content_id, provider_version_id, provider_position, success, number, \
                                   verified_at) \
         select latest.tenant_id, latest.content_id, latest.provider_version_id, version.position, latest.success, \
                latest.number, latest.created_at \
         from (select distinct on (tenant_id, content_id, provider_version_id) * \
               from verification_log \
               order by tenant_id, content_id, provider_version_id, number desc) as latest \
         join version on version.tenant_id = latest.tenant_id and version.id = latest.provider_version_id \
         order by latest.number",
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Numbers and positions that the server gives next come after those that were copied.
async fn go_on_from(db: &mut PgConnection, counts: &Counts) -> Result<()> {
    sqlx::raw_sql(
        "select setval(pg_get_serial_sequence('pacticipant', 'id'), max(id)) from pacticipant; \
         select setval(pg_get_serial_sequence('version', 'id'), max(id)) from version; \
         select setval(pg_get_serial_sequence('contract_content', 'id'), max(id)) from contract_content",
    )
    .execute(&mut *db)
    .await?;
    for (sequence, last) in [("version_position", counts.positions), ("verification_number", counts.results)] {
        let last = i64::try_from(last)?;
        sqlx::query("select setval($1::text::regclass, $2)").bind(sequence).bind(last).execute(&mut *db).await?;
    }
    Ok(())
}

async fn print_sizes(db: &mut PgConnection) -> Result<()> {
    let tables = sqlx::query(
        "select relname::text, reltuples::bigint, pg_total_relation_size(oid), pg_indexes_size(oid) \
         from pg_class \
         where relkind = 'r' and relnamespace = current_schema()::regnamespace and relname !~ '^_' \
         order by reltuples desc, relname",
    )
    .fetch_all(&mut *db)
    .await?;
    println!("\n{:<20} {:>12} {:>10} {:>14}", "table", "rows", "MB", "MB of indexes");
    for table in tables {
        let (name, rows, bytes, index_bytes): (String, i64, i64, i64) =
            (table.try_get(0)?, table.try_get(1)?, table.try_get(2)?, table.try_get(3)?);
        println!("{name:<20} {:>12} {:>10} {:>14}", rows.max(0), bytes >> 20, index_bytes >> 20);
    }
    println!();
    Ok(())
}
