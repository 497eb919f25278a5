//! SQL of the matrix: one statement that resolves a question to versions, one that reads the rows between them, and one
//! that finds what would help. All look up by key; none reads contract text or searches for what is latest.

mod heat;
mod history;
mod one_version;
mod page;
mod passing;
mod resolve;
mod rows;
mod what_if;

pub(super) use heat::{
    Build, InEnvironment, Part, Promise, Runs, Tried, count_promises, find_newer_build, find_newer_promise,
    find_position, list_branch_names, list_builds, list_in_environment, list_labels, list_promises, list_running,
    list_tried,
};
pub(super) use history::{
    Contents, Judged, MOST_FACTORS, Name, Promised, list_judged, list_names, list_promised, list_verified,
};
pub(super) use page::{Said, list_newest_numbers, list_said};
pub(super) use passing::{RawPassing, list_passing};
pub(super) use resolve::{FoundVersion, Pair, Resolution, resolve};
pub(super) use rows::{Between, KnownVersion, Listed, RawRow, Residence, Surroundings, list_rows, list_surroundings};
pub(super) use what_if::{
    KnownContract, KnownOffer, KnownResult, Shas, list_known_contracts, list_known_offers, list_known_results,
};
