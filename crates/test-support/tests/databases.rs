//! The database for tests, as tests use it.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::borrow::Cow;
use std::env;
use std::process::{Command, Stdio};
use std::time::Duration;

use pactolus_test_support::TestDatabase;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Connection, PgConnection, SqlSafeStr};

static MIGRATOR: Migrator = sqlx::migrate!("tests/migrations");

async fn connect(database: &TestDatabase) -> PgConnection {
    PgConnection::connect_with(&database.connect_options()).await.unwrap()
}

async fn count_shelves(database: &TestDatabase) -> i64 {
    sqlx::query_scalar("select count(*) from shelf").fetch_one(&mut connect(database).await).await.unwrap()
}

async fn name(database: &TestDatabase) -> String {
    sqlx::query_scalar("select current_database()::text").fetch_one(&mut connect(database).await).await.unwrap()
}

async fn exists(observer: &TestDatabase, name: &str) -> bool {
    let statement = "select exists (select from pg_database where datname = $1)";
    sqlx::query_scalar(statement).bind(name).fetch_one(&mut connect(observer).await).await.unwrap()
}

async fn goes_away(observer: &TestDatabase, name: &str) -> bool {
    for _ in 0..500 {
        if !exists(observer, name).await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

#[tokio::test]
async fn a_database_is_migrated_and_empty() {
    let database = TestDatabase::create(&MIGRATOR).await;

    assert_eq!(count_shelves(&database).await, 0);
}

#[tokio::test]
async fn the_url_leads_to_the_same_database_as_the_options() {
    let database = TestDatabase::create(&MIGRATOR).await;

    let mut connection = PgConnection::connect(database.url()).await.unwrap();

    let by_url: String =
        sqlx::query_scalar("select current_database()::text").fetch_one(&mut connection).await.unwrap();
    assert_eq!(by_url, name(&database).await);
}

#[tokio::test]
async fn what_one_test_writes_no_other_test_sees() {
    let (one, other) = tokio::join!(TestDatabase::create(&MIGRATOR), TestDatabase::create(&MIGRATOR));

    sqlx::query("insert into shelf (name) values ('top')").execute(&mut connect(&one).await).await.unwrap();

    assert_eq!(count_shelves(&one).await, 1);
    assert_eq!(count_shelves(&other).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tests_can_start_at_once() {
    let all: Vec<_> = (0..20).map(|_| tokio::spawn(TestDatabase::create(&MIGRATOR))).collect();

    let mut names = Vec::new();
    let mut databases = Vec::new();
    for database in all {
        let database = database.await.unwrap();
        names.push(name(&database).await);
        databases.push(database);
    }

    names.sort();
    names.dedup();
    assert_eq!(names.len(), 20);
}

#[tokio::test]
async fn other_migrations_make_another_template() {
    let sql = "create table shelf (id bigint, note text)".into_sql_str();
    let migration = Migration::new(1, Cow::Borrowed("other"), MigrationType::Simple, sql, false);
    let other = Migrator { migrations: Cow::Owned(vec![migration]), ..Migrator::DEFAULT };

    let database = TestDatabase::create(&other).await;

    let has_note = "select exists (select from information_schema.columns where column_name = 'note')";
    let has_note: bool = sqlx::query_scalar(has_note).fetch_one(&mut connect(&database).await).await.unwrap();
    assert!(has_note);
}

#[tokio::test]
#[should_panic(expected = "the migrations fail")]
async fn migrations_that_fail_say_so() {
    let sql = "create table shelf (id nonsense)".into_sql_str();
    let migration = Migration::new(1, Cow::Borrowed("wrong"), MigrationType::Simple, sql, false);
    let wrong = Migrator { migrations: Cow::Owned(vec![migration]), ..Migrator::DEFAULT };

    TestDatabase::create(&wrong).await;
}

#[tokio::test]
async fn a_database_goes_away_with_its_test_even_while_somebody_is_connected() {
    let observer = TestDatabase::create(&MIGRATOR).await;
    let database = TestDatabase::create(&MIGRATOR).await;
    let _connection = connect(&database).await;
    let name = name(&database).await;
    assert!(exists(&observer, &name).await);

    drop(database);

    assert!(goes_away(&observer, &name).await);
}

#[tokio::test]
async fn the_database_of_a_killed_process_is_dropped_by_the_next_one() {
    let observer = TestDatabase::create(&MIGRATOR).await;
    let left = other_process("abort");
    assert!(exists(&observer, &left).await);

    other_process("linger");

    assert!(goes_away(&observer, &left).await);
}

/// Answers the name of the database that the other process made.
fn other_process(end: &str) -> String {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "process_of_its_own", "--ignored", "--nocapture"])
        .env("PACTOLUS_TEST_END", end)
        .stderr(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find_map(|line| line.strip_prefix("database: ")).unwrap().to_owned()
}

#[tokio::test]
#[ignore = "other tests run it as a process of its own"]
async fn process_of_its_own() {
    let Ok(end) = env::var("PACTOLUS_TEST_END") else { return };
    let database = TestDatabase::create(&MIGRATOR).await;
    let mut output = std::io::stdout();
    std::io::Write::write_all(&mut output, format!("\ndatabase: {}\n", name(&database).await).as_bytes()).unwrap();
    match end.as_str() {
        "abort" => std::process::abort(),
        _ => tokio::time::sleep(Duration::from_secs(1)).await,
    }
}
