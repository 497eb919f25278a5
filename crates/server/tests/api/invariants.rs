//! What README calls invariants, held by looking at the catalogue of the database and at the sources.

use std::path::{Path, PathBuf};

use crate::support::TestApp;

const SERVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
const DOMAIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../domain/src");
const OAS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../oas/src");
const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");

/// Tables that belong to no tenant.
const SHARED: [&str; 2] = ["tenant", "_sqlx_migrations"];

/// Files with handlers that anybody may call.
const PUBLIC: [&str; 1] = ["health.rs"];

/// A file's path below its folder, and its text.
fn sources(folder: &str, extension: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("it is readable").path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let mut found = Vec::new();
    walk(Path::new(folder), &mut found);
    found.sort_unstable();
    let read = |path: PathBuf| {
        let name = path.strip_prefix(folder).expect("it is below").to_string_lossy().into_owned();
        (name, std::fs::read_to_string(&path).expect("it is text"))
    };
    found.into_iter().filter(|path| path.extension().is_some_and(|found| found == extension)).map(read).collect()
}

/// The lines of a file that are no comment, with their numbers.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_comment = |line: &str| line.trim_start().starts_with("//") || line.trim_start().starts_with("--");
    (1..).zip(text.lines()).filter(move |(_, line)| !is_comment(line))
}

fn is_store(name: &str) -> bool {
    name.ends_with("store.rs") || name.contains("store/")
}

/// Asserts that no line of these files has any of these words.
#[track_caller]
fn none_has(files: &[(String, String)], words: &[&str]) {
    assert!(!files.is_empty(), "there is nothing to look at");
    for (name, text) in files {
        for (number, line) in code(text) {
            for word in words {
                assert!(!line.contains(word), "{name}:{number} has {word}: {line}");
            }
        }
    }
}

#[tokio::test]
async fn every_key_and_index_begins_with_the_tenant() {
    let app = TestApp::start().await;

    let keys: Vec<(String, String, String)> = sqlx::query_as(
        r"
        select pg_class.relname::text, pg_constraint.conname::text, pg_attribute.attname::text
        from pg_constraint
        join pg_class on pg_class.oid = pg_constraint.conrelid
        join pg_attribute on pg_attribute.attrelid = pg_class.oid
                         and pg_attribute.attnum = pg_constraint.conkey[1]
        where pg_class.relnamespace = 'public'::regnamespace
          and pg_constraint.contype in ('p', 'u', 'f')
        union all
        select pg_class.relname::text, index.relname::text, coalesce(pg_attribute.attname::text, 'an expression')
        from pg_index
        join pg_class on pg_class.oid = pg_index.indrelid
        join pg_class as index on index.oid = pg_index.indexrelid
        left join pg_attribute on pg_attribute.attrelid = pg_class.oid
                              and pg_attribute.attnum = pg_index.indkey[0]
        where pg_class.relnamespace = 'public'::regnamespace
        ",
    )
    .fetch_all(&app.db)
    .await
    .unwrap();

    for (table, key, first) in keys.iter().filter(|(table, ..)| !SHARED.contains(&table.as_str())) {
        assert_eq!(first, "tenant_id", "{key} of {table} begins with another column");
    }
    assert!(keys.len() > 80, "only {} keys were looked at", keys.len());
}

#[tokio::test]
async fn every_table_has_a_primary_key() {
    let app = TestApp::start().await;

    let without: Vec<String> = sqlx::query_scalar(
        r"
        select pg_class.relname::text
        from pg_class
        where pg_class.relnamespace = 'public'::regnamespace
          and pg_class.relkind = 'r'
          and not exists (select from pg_constraint where conrelid = pg_class.oid and contype = 'p')
        ",
    )
    .fetch_all(&app.db)
    .await
    .unwrap();

    assert_eq!(without, Vec::<String>::new());
}

#[tokio::test]
async fn every_foreign_key_has_an_index_to_look_it_up_by() {
    let app = TestApp::start().await;

    // Where what is referred to can be deleted: a webhook, an environment.
    let without: Vec<String> = sqlx::query_scalar(
        r"
        select pg_constraint.conrelid::regclass || ' ' || pg_constraint.conname
        from pg_constraint
        where contype = 'f'
          and confrelid in ('webhook'::regclass, 'environment'::regclass)
          and not exists (
              select
              from pg_index
              where indrelid = conrelid
                and indpred is null
                and (indkey::int2[])[0:array_length(conkey, 1) - 1] = conkey
          )
        ",
    )
    .fetch_all(&app.db)
    .await
    .unwrap();

    assert_eq!(without, Vec::<String>::new());
}

#[test]
fn sql_stands_only_in_stores() {
    let others: Vec<_> = sources(SERVER, "rs").into_iter().filter(|(name, _)| !is_store(name)).collect();

    none_has(&others, &["query!(", "query_as!(", "query_scalar!(", "sqlx::query", "raw_sql", "QueryBuilder"]);
}

#[test]
fn stores_neither_begin_nor_commit() {
    let stores: Vec<_> = sources(SERVER, "rs").into_iter().filter(|(name, _)| is_store(name)).collect();

    none_has(&stores, &[".begin(", ".commit(", ".rollback(", "PgPool", "Transaction<"]);
}

#[test]
fn no_statement_reads_the_databases_clock() {
    let mut files: Vec<_> = sources(SERVER, "rs").into_iter().filter(|(name, _)| is_store(name)).collect();
    files.extend(sources(MIGRATIONS, "sql"));

    none_has(&files, &["now()", "current_timestamp", "clock_timestamp", "current_date", "gen_random_uuid"]);
}

/// The text of each statement of a store.
fn statements(text: &str) -> Vec<String> {
    let calls = text.split("sqlx::query").skip(1);
    let statement = |call: &str| {
        let (start, end) = match (call.find("r#\""), call.find('"')) {
            (Some(raw), Some(plain)) if raw < plain => (raw + 3, "\"#"),
            (_, Some(plain)) => (plain + 1, "\""),
            _ => return None,
        };
        call[start..].split(end).next().map(String::from)
    };
    calls.filter_map(statement).collect()
}

#[test]
fn every_statement_names_the_tenant() {
    let mut looked_at = 0;
    for (name, text) in sources(SERVER, "rs") {
        if !is_store(&name) || name.starts_with("tenants/") || name.starts_with("schema/") {
            continue;
        }
        for statement in statements(&text) {
            // A setting of the transaction is about no row.
            assert!(statement.contains("tenant_id") || statement.starts_with("set local "), "{name}: {statement}");
            looked_at += 1;
        }
    }
    assert!(looked_at > 80, "only {looked_at} statements were looked at");
}

#[test]
fn the_rules_do_no_io_and_read_no_clock() {
    let words = [
        "async ",
        ".await",
        "std::fs",
        "TcpStream",
        "UdpSocket",
        "ToSocketAddrs",
        "std::env",
        "SystemTime",
        "Instant::",
        "Utc::now",
        "tokio",
        "sqlx",
    ];

    let mut files = sources(DOMAIN, "rs");
    files.extend(sources(OAS, "rs"));
    files.retain(|(name, _)| !name.ends_with("tests.rs"));
    for (_, text) in &mut files {
        // Tests stand last, and may read recordings.
        let rules = text.split("#[cfg(test)]").next().map(String::from);
        *text = rules.unwrap_or_default();
    }
    none_has(&files, &words);
}

/// The handlers that a file's routes name.
fn handlers(text: &str) -> Vec<&str> {
    let is_name =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit());
    let mut found = Vec::new();
    for method in ["get(", "post(", "put(", "patch(", "delete("] {
        let after = text.match_indices(method).map(|(at, _)| &text[at + method.len()..]);
        let names = after.filter_map(|after| after.split(')').next());
        // Else it is a call of a function that is called so.
        found.extend(names.filter(|name| is_name(name) && text.contains(&format!("async fn {name}("))));
    }
    found
}

#[test]
fn every_handler_takes_a_principal() {
    let mut looked_at = 0;
    for (name, text) in sources(SERVER, "rs") {
        if !text.contains(".route(") || PUBLIC.contains(&name.as_str()) {
            continue;
        }
        for handler in handlers(&text) {
            let (_, signature) = text.split_once(&format!("async fn {handler}(")).expect("it was found");
            let arguments = signature.split('{').next().expect("there is a first part");
            assert!(arguments.contains("Principal"), "{handler} in {name} takes no Principal");
            looked_at += 1;
        }
    }
    assert!(looked_at > 65, "only {looked_at} handlers were looked at");
}

#[test]
fn nothing_goes_out_but_through_the_one_client() {
    let others: Vec<_> = sources(SERVER, "rs").into_iter().filter(|(name, _)| name != "outgoing.rs").collect();

    none_has(&others, &["reqwest::Client", "reqwest::get", "TcpStream::connect"]);
}

#[test]
fn only_jobs_go_out() {
    let apis: Vec<_> = sources(SERVER, "rs").into_iter().filter(|(name, _)| name.ends_with("api.rs")).collect();

    none_has(&apis, &["outgoing"]);
}
