//! What runs where, and what was true when it was let in: the board of environments, and the timeline.

mod board;
mod timeline;

use axum::Router;
use axum::routing::get;

pub(crate) use board::Rows as BoardRows;

use crate::app::App;

pub(crate) fn page_routes() -> Router<App> {
    Router::new().route("/environments", get(board::show)).route("/deployments", get(timeline::as_page))
}

pub(crate) fn timeline_routes() -> Router<App> {
    Router::new().route("/deployments", get(timeline::as_json))
}
