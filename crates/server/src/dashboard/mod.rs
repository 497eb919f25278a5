//! The dashboard: how it stands with the contracts that matter now.

mod api;
mod store;
mod view;

pub(crate) use api::routes;
