//! Finding things by what one remembers of them: a part of a name, the beginning of a version.

mod api;
mod found;
mod page;
mod store;

use axum::Router;
use axum::routing::get;

use crate::app::App;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/search", get(api::search))
}

pub(crate) fn page_routes() -> Router<App> {
    Router::new().route("/search", get(page::search))
}
