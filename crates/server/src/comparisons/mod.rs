//! Comparisons: consumers' contracts held against what providers offer, without asking a provider. What comes of it counts
//! like a result of verification.
//!
//! A pair of contents is compared once and kept. It is done when one of the two is published, and by whoever asks when it
//! was not done by then, so that there is no moment at which a pair counts that nobody has looked at. No transaction is
//! open while the processor is busy.

mod again;
mod api;
mod changes;
mod desk;
mod finding;
mod finish;
mod former;
mod judge;
mod judging;
#[cfg(test)]
mod outcomes;
mod page;
mod place;
mod rejudge;
mod room;
mod settings;
mod settle;
mod store;
mod telling;
mod view;

use axum::Router;

use crate::app::App;
use crate::edge::Error;
use crate::jobs;

pub(crate) use again::settle_again;
pub(crate) use api::find_settled;
pub(crate) use finding::Finding;
pub(crate) use finish::finish_comparison;
pub(crate) use former::delete_old;
pub(crate) use judging::look;
pub(crate) use page::routes as page_routes;
pub(crate) use place::{in_contract, in_document};
pub(crate) use rejudge::{rejudge, schedule_rejudging};
pub(crate) use room::Room;
pub(crate) use settle::{
    ForNow, compare_for_now, judge_for_now, settle_contracts, settle_document, settle_shown, settle_versions, until,
};
pub(crate) use store::found::list_worst;
pub(crate) use store::rejudged::count_changes;
pub(crate) use store::shown::{
    Contract, FoundOf, OfConsumer, Shown as Compared, find_contract, find_shown, list_found, list_of_consumers,
};
pub(crate) use view::{compatible, cross_contract_results};

/// Routes that answer in HAL only.
pub(crate) fn routes() -> Router<App> {
    settings::routes().merge(api::routes()).merge(changes::routes())
}

/// What could not be compared is not yet compared; who asks does it.
pub(crate) fn warn(error: &Error) {
    tracing::error!("contracts cannot be compared with provider contracts now: {}", jobs::chain(error));
}
