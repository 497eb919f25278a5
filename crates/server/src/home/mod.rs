//! What needs attention, and the list of applications: which can go to production from their main branch, which results
//! are missing, which webhooks are dead.

mod api;
mod attention;
mod list;
mod overview;
mod page;
mod show;
mod store;
mod strip;
mod table;
mod view;

use axum::Router;
use axum::routing::get;

use crate::app::App;

pub(crate) use overview::{Overviews, Team, names_team, team_of, verdict};

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/home", get(api::home))
}

pub(crate) fn page_routes() -> Router<App> {
    Router::new()
        .route("/", get(page::home))
        .route("/home", get(page::home))
        .route("/pacticipants", get(page::applications))
}
