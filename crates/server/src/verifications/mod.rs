//! Verification results: whether a provider version satisfies a contract's content.

mod api;
mod publish;
mod store;
mod view;

pub(crate) use api::{list_routes, routes};
pub(crate) use publish::may_be_followed;
pub(crate) use store::has_result;
