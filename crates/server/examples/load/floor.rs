//! `floor`: the least that a server of this kind could do. It is built of the same parts (axum, the same layers, a pool
//! of the same size), asks as many statements as can-i-deploy in one read-only transaction, each for one row by its
//! primary key, and answers as many bytes, which stand ready. Nothing is resolved, judged or written as JSON.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, ServiceExt};
use bytes::Bytes;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::net::TcpListener;
use tower::Layer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::normalize_path::NormalizePathLayer;

use crate::Result;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[arg(long)]
    database_url: String,
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: String,
    /// Connections to the database.
    #[arg(long, default_value_t = 20)]
    connections: u32,
    /// Statements of each answer, beside those that begin and end the transaction.
    #[arg(long, default_value_t = 2)]
    statements: usize,
    /// Size of each answer.
    #[arg(long, default_value_t = 10_000)]
    bytes: usize,
}

/// Primary keys to look up.
const KEYS: f64 = 10_000.0;

#[derive(Clone)]
struct Floor {
    db: PgPool,
    statements: usize,
    body: Bytes,
    keys: Arc<Vec<(i64, i64)>>,
    turn: Arc<AtomicUsize>,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    // Nothing is asked of a connection before it is used: what is not needed is left out here.
    let db = PgPoolOptions::new()
        .max_connections(arguments.connections)
        .test_before_acquire(false)
        .connect(&arguments.database_url)
        .await?;
    let keys = keys(&db).await?;
    let body = format!("{{\"filler\":\"{}\"}}", "x".repeat(arguments.bytes.saturating_sub(13)));
    let floor =
        Floor { db, statements: arguments.statements, body: body.into(), keys: Arc::new(keys), turn: Arc::default() };
    let router = Router::new()
        .route("/can-i-deploy", get(answer))
        .layer(CatchPanicLayer::new())
        .layer(CompressionLayer::new())
        .with_state(floor);
    let listener = TcpListener::bind(&arguments.listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let service = NormalizePathLayer::trim_trailing_slash().layer(router);
    axum::serve(listener, ServiceExt::<Request>::into_make_service(service)).await?;
    Ok(())
}

/// From all over the table.
async fn keys(db: &PgPool) -> Result<Vec<(i64, i64)>> {
    let rows: f32 =
        sqlx::query_scalar("select reltuples from pg_class where oid = 'verification'::regclass").fetch_one(db).await?;
    let percent = (100.0 * KEYS / f64::from(rows).max(1.0)).min(100.0);
    let keys: Vec<(i64, i64)> = sqlx::query_as(
        "select content_id, provider_version_id from verification tablesample bernoulli ($1) repeatable (1)",
    )
    .bind(percent)
    .fetch_all(db)
    .await?;
    if keys.is_empty() {
        return Err("the database holds no results: seed it first".into());
    }
    Ok(keys)
}

async fn answer(State(floor): State<Floor>) -> std::result::Result<Response, StatusCode> {
    let turn = floor.turn.fetch_add(1, Ordering::Relaxed);
    // Far apart, so that one look-up does not warm the next.
    let key = floor.keys[turn.wrapping_mul(7919) % floor.keys.len()];
    let found = look_up(&floor, key).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    if !found {
        return Err(StatusCode::NOT_FOUND);
    }
    Ok(([(header::CONTENT_TYPE, "application/hal+json;charset=utf-8")], floor.body).into_response())
}

/// Two tables in turn, as can-i-deploy looks into several.
async fn look_up(floor: &Floor, (content, version): (i64, i64)) -> sqlx::Result<bool> {
    let mut tx = floor.db.begin_with("begin isolation level repeatable read, read only").await?;
    let mut found = true;
    for statement in 0..floor.statements {
        if statement % 2 == 0 {
            let row: Option<(String, i64)> =
                sqlx::query_as("select number, position from version where tenant_id = 1 and id = $1")
                    .bind(version)
                    .fetch_optional(&mut *tx)
                    .await?;
            found &= row.is_some();
        } else {
            let row: Option<(bool, i64)> = sqlx::query_as(
                "select success, number \
                 from verification \
                 where tenant_id = 1 and content_id = $1 and provider_version_id = $2",
            )
            .bind(content)
            .bind(version)
            .fetch_optional(&mut *tx)
            .await?;
            found &= row.is_some();
        }
    }
    // Nothing to commit: dropped, it ends while the answer is on its way.
    drop(tx);
    Ok(found)
}
