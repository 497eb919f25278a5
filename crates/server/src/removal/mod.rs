//! Deleting versions, branches, contracts, results, integrations and pacticipants, with all that hangs on them.
//!
//! Large deletions go in batches, each a short transaction of its own, with its audit event, after which everything is right.
//! What is named in the request goes last: whoever repeats a request that broke off finds it, and the rest.
//!
//! Deletions of a tenant come one after the other, batch by batch. Then rows are held in the order in which publishing holds
//! them (versions, branches, tags, integrations), so that the two wait for each other and never in a circle. Whatever is
//! deleted for having nothing else is looked at again once it is held.

mod api;
mod batches;
mod store;

pub(crate) use api::routes;
pub(crate) use batches::{delete_branches, delete_orphans, delete_unneeded};
