//! Provider contracts: what providers offer, published by their builds, with what came of testing the provider against it.

mod api;
mod bi_directional;
mod publish;
mod publish_api;
mod store;
mod view;

use axum::Router;

use crate::app::App;

pub(crate) use store::delete_of_versions;
pub(crate) use store::shown::list_having;
pub(crate) use view::link;

/// Routes that answer in HAL only.
pub(crate) fn routes() -> Router<App> {
    publish_api::routes().merge(api::routes()).merge(bi_directional::routes())
}

/// Documents as they were received, whatever the client accepts.
pub(crate) fn document_routes() -> Router<App> {
    api::document_routes()
}
