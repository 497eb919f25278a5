//! Deleting versions, branches, contracts, results, integrations and pacticipants, with all that hangs on them.
//!
//! Large deletions go in batches, each a short transaction of its own after which everything is right: what is left is
//! found by whoever repeats the request. Rows are held in the order in which publishing holds them (versions, branches,
//! tags, integrations), so that the two wait for each other and never in a circle.

mod api;
mod batches;
mod store;

pub(crate) use api::routes;
pub(crate) use batches::delete_branches;
