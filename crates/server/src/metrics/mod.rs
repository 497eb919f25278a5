//! Metrics: how much there is of everything.

mod api;
mod store;
mod view;

pub(crate) use api::{LastCounted, routes};
