//! Pacticipants: the applications that consume or provide.

mod api;
mod introduce;
mod labels;
mod page;
mod settings;
mod store;
mod view;

use axum::Router;
use chrono::{DateTime, Utc};

use crate::app::App;
use crate::ids::PacticipantId;

pub(crate) use introduce::introduce;
pub(crate) use page::Standings;
pub(crate) use store::{detect_main_branch, ensure_pacticipants, find_id, list_labels_of, list_names};
pub(crate) use view::link;

pub(crate) fn page_routes() -> Router<App> {
    page::routes()
}

pub(crate) fn routes() -> Router<App> {
    api::routes().merge(labels::routes()).merge(settings::routes())
}

/// An application as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Pacticipant {
    pub(crate) id: PacticipantId,
    pub(crate) name: String,
    pub(crate) display_name: String,
    pub(crate) main_branch: Option<String>,
    pub(crate) repository_url: Option<String>,
    pub(crate) repository_name: Option<String>,
    pub(crate) repository_namespace: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// What a client may say about an application, but for its name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attributes {
    pub(crate) display_name: Option<String>,
    pub(crate) main_branch: Option<String>,
    pub(crate) repository_url: Option<String>,
    pub(crate) repository_name: Option<String>,
    pub(crate) repository_namespace: Option<String>,
}
