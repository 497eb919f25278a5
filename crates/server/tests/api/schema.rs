//! Bringing the schema up to date.

use pactolus_server::MasterKey;
use pactolus_test_support::TestDatabase;
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgPoolOptions;
use tokio::task::JoinSet;

use crate::support::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_start_at_once_on_an_empty_database_all_begin_to_serve() {
    let database = TestDatabase::create(&Migrator::with_migrations(Vec::new())).await;
    let key = MasterKey::generate();

    let mut starting = JoinSet::new();
    for _ in 0..5 {
        let db = PgPoolOptions::new().max_connections(1).connect_lazy_with(database.connect_options());
        let key = key.clone();
        starting.spawn(async move { pactolus_server::prepare(&db, &key).await });
    }

    for started in starting.join_all().await {
        started.expect("it waits for its turn");
    }
}

#[tokio::test]
async fn an_index_whose_building_was_broken_off_is_built_again() {
    let app = TestApp::start().await;
    // What Postgres leaves when the server that builds it is killed.
    for statement in [
        "update pg_index set indisvalid = false where indexrelid = 'contract_published_idx'::regclass",
        "delete from _sqlx_migrations where version = 13",
    ] {
        sqlx::raw_sql(statement).execute(&app.db).await.expect("the statement is right");
    }

    pactolus_server::prepare(&app.db, &MasterKey::generate()).await.expect("it begins again");

    assert!(is_valid(&app.db).await);
}

#[tokio::test]
async fn an_index_that_was_built_but_not_noted_is_kept() {
    let app = TestApp::start().await;
    let forget = "delete from _sqlx_migrations where version = 13";
    sqlx::raw_sql(forget).execute(&app.db).await.expect("the statement is right");

    pactolus_server::prepare(&app.db, &MasterKey::generate()).await.expect("it goes on");

    assert!(is_valid(&app.db).await);
}

async fn is_valid(db: &PgPool) -> bool {
    let valid = "select indisvalid from pg_index where indexrelid = 'contract_published_idx'::regclass";
    sqlx::query_scalar(valid).fetch_one(db).await.expect("it exists")
}
