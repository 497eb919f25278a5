//! Health: for load balancers and for people on call. Public, so without a principal.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::json;

use crate::app::App;
use crate::edge::{BaseUrl, Hal, JSON, Link};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/diagnostic/status/heartbeat", get(heartbeat))
        .route("/diagnostic/status/dependencies", get(dependencies))
        .route("/livez", get(alive))
        .route("/readyz", get(ready))
}

/// The process answers. Touches nothing else.
async fn heartbeat(base: BaseUrl) -> Hal {
    let own = Link::to(format!("{}/diagnostic/status/heartbeat", base.as_str()));
    Hal::ok(&json!({"ok": true, "_links": {"self": own}})).without_charset()
}

async fn dependencies(State(app): State<App>, base: BaseUrl) -> Hal {
    let own = Link::to(format!("{}/diagnostic/status/dependencies", base.as_str()));
    let ok = database_answers(&app).await;
    let status = if ok { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR };
    Hal::ok(&json!({"database": {"ok": ok}, "_links": {"self": own}})).status(status).without_charset()
}

async fn alive() -> Hal {
    Hal::ok(&json!({"ok": true})).offered_as(JSON)
}

/// The server can do its work: the database answers. Migrations ran before it listened.
async fn ready(State(app): State<App>) -> Hal {
    let ok = database_answers(&app).await;
    let status = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Hal::ok(&json!({"ok": ok})).status(status).offered_as(JSON)
}

async fn database_answers(app: &App) -> bool {
    match crate::tenants::check(&app.db).await {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!("the database does not answer: {error}");
            false
        }
    }
}
