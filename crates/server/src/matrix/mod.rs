//! The matrix of contracts and results, and the gate: can-i-deploy.
//!
//! A question is resolved to versions, the rows between them are read by key, and `domain::gate` decides.

mod api;
mod ask;
mod draw;
mod history;
mod query;
mod rows;
mod store;
mod view;

pub(crate) use api::{Outcome, may_go, routes};
