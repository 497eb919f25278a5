//! SQL of deleting. Each function leaves heads and what is latest as they are to be without what it deleted.

mod branches;
mod chosen;
mod contents;
mod contracts;
mod pacticipants;
mod results;
mod versions;

pub(super) use branches::{delete_bare_branches, delete_branch, delete_branch_version, hold_branch, list_branches};
pub(super) use chosen::{Of, list_contracting};
pub(super) use contents::{Sides, delete_contents, delete_orphans, find_content, list_orphans};
pub(super) use contracts::{delete_contracts, list_consumers};
pub(super) use pacticipants::{
    delete_general_webhooks, delete_pacticipant, delete_webhooks_of_pair, find_main_branch, has_anything, has_webhooks,
    hold_pacticipant, list_some,
};
pub(super) use results::{
    delete_result, delete_results, find_latest_result, list_results_of_contents, list_results_of_provider,
};
pub(super) use versions::{Page, delete_versions, hold_listed, hold_version, hold_versions, list_bare, list_next};
