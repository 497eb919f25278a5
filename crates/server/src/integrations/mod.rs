//! Integrations: who consumes whom, and so is connected with whom.

mod api;
mod page;
mod store;
mod view;

pub(crate) use api::{csv_routes, routes};
pub(crate) use page::{Promises, list_standings_in, map_routes, page_routes, svg_routes};
