//! SQL of deleting. Each function leaves heads and what is latest as they are to be without what it deleted.

mod branches;
mod contracts;
mod pacticipants;
mod versions;

pub(super) use branches::{delete_branch, delete_branch_version, hold_branch, list_branches};
pub(super) use contracts::{
    Of, delete_contents, delete_contracts, delete_result, find_content, hold_contracting, list_consumers,
};
pub(super) use pacticipants::{
    delete_general_webhooks, delete_pacticipant, delete_webhooks_of_pair, has_anything, has_webhooks, hold_pacticipant,
    list_some,
};
pub(super) use versions::{delete_versions, hold_bare_versions, hold_version, hold_versions};
