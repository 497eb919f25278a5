//! Contracts: what consumers promise to need, published by their builds.

mod api;
mod chosen;
mod diffs;
mod for_verification;
mod lists;
mod page;
mod publish;
mod publish_api;
mod states;
mod store;
mod view;

use axum::Router;

use crate::app::App;

pub(crate) use chosen::{ChosenContract, find_branch_head};
pub(crate) use store::{has_contract, has_contract_of_version, list_providers_of};

/// Routes that answer in HAL only.
pub(crate) fn routes() -> Router<App> {
    lists::routes().merge(states::routes()).merge(publish_api::routes()).merge(for_verification::routes())
}

/// Routes that serve contracts: HAL, plain JSON or the extended form.
pub(crate) fn content_routes() -> Router<App> {
    api::content_routes()
}

/// Pages of single contracts.
pub(crate) fn page_routes() -> Router<App> {
    page::routes()
}

/// Routes that tell how contracts differ: plain text, HAL or plain JSON.
pub(crate) fn diff_routes() -> Router<App> {
    diffs::routes()
}
