//! What if? can-i-deploy over a hypothetical state: other versions deployed, versions not yet published, results not yet
//! there, several pacticipants going at once. Nothing is stored.

mod api;
mod ask;
mod body;
mod compare;
mod lookups;
mod state;
mod view;

pub(super) use api::routes;
pub(super) use ask::Order;
pub(super) use body::Hypothesis;
pub(super) use compare::ask_settled;
pub(super) use view::{ShownWhatIf, in_words};
