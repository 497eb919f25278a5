//! Badges: the state of a contract, and whether something may be deployed or merged, as small pictures.

mod api;
mod store;

pub(crate) use api::{routes, routes_with_suffix};
