//! The matrix of contracts and results, and the gate: can-i-deploy.
//!
//! A question is resolved to versions, the rows between them are read by key, and `domain::gate` decides.

mod api;
mod ask;
mod compared;
mod draw;
mod history;
mod page;
mod query;
mod refusal;
mod requested;
mod rows;
mod store;
mod told;
mod view;
mod what_if;

use axum::Router;

pub(crate) use api::{Outcome, may_go};
pub(crate) use page::Pairs;
pub(crate) use told::Told;

use crate::app::App;

pub(crate) fn routes() -> Router<App> {
    api::routes().merge(what_if::routes())
}

/// What browsers get at these addresses.
pub(crate) fn page_routes() -> Router<App> {
    page::routes()
}
