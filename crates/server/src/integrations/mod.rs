//! Integrations: who consumes whom, and so is connected with whom.

mod api;
mod store;
mod view;

pub(crate) use api::{csv_routes, routes};
