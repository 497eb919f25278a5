//! Versions of pacticipants, and what groups them: branches and tags.

mod api;
mod branches;
mod store;
mod tags;
mod view;

use axum::Router;
use chrono::{DateTime, Utc};
use pactolus_domain::names::{BranchName, TagName};
use sqlx::PgConnection;

use self::store::BranchBy;
use crate::app::App;
use crate::edge::{BaseUrl, Error};
use crate::environments;
use crate::ids::{PacticipantId, TenantId, VersionId};
use crate::pacticipants;

pub(crate) use store::{
    BranchOfVersion, LineOfVersion, TagOfVersion, ensure_version, find_version, list_branches_of, list_lines_of,
    list_tags_of,
};

/// A version as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) id: VersionId,
    pub(crate) pacticipant: String,
    pub(crate) number: String,
    pub(crate) build_url: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// A version that is there after it was needed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EnsuredVersion {
    pub(crate) id: VersionId,
    /// Order of creation among all versions.
    pub(crate) position: i64,
    pub(crate) created: bool,
    pub(crate) created_at: DateTime<Utc>,
}

pub(crate) fn routes() -> Router<App> {
    api::routes().merge(branches::routes()).merge(tags::routes())
}

/// Puts the version on the branch and makes it the branch's head, unless it is on it already. Returns whether it was
/// added.
pub(crate) async fn add_to_branch(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    pacticipant: PacticipantId,
    version: EnsuredVersion,
    branch: &str,
) -> Result<bool, Error> {
    let added = store::add_branch_version(db, tenant, pacticipant, version, BranchBy::User(branch), app.now()).await?;
    if added {
        detect_main_branch(db, app, tenant, pacticipant, branch).await?;
    }
    Ok(added)
}

/// Tags the version, with what follows from it: a young version without branch gets the tag's name as branch, and a
/// tag named like an environment records a deployment there when `deploys`. Returns whether the tag is new.
pub(crate) async fn add_tag(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    pacticipant: PacticipantId,
    version: EnsuredVersion,
    tag: &str,
    deploys: Deploys<'_>,
) -> Result<bool, Error> {
    let first = !store::has_tag_or_branch(db, tenant, version.id).await?;
    let age = app.now() - version.created_at;
    let young = age.to_std().unwrap_or_default() <= app.settings.first_tag_as_branch_within;
    // Branches are written before tags, as a publication does, so that the two never wait for each other in a circle.
    if first && young && app.settings.use_first_tag_as_branch {
        store::add_branch_version(db, tenant, pacticipant, version, BranchBy::Tag(tag), app.now()).await?;
    }
    let added = store::insert_tag(db, tenant, pacticipant, version, tag, app.now()).await?;
    if !added {
        return Ok(false);
    }
    detect_main_branch(db, app, tenant, pacticipant, tag).await?;
    if let Deploys::ToEnvironmentOfThatName(base) = deploys
        && app.settings.deployments_from_tags
    {
        environments::deploy_by_tag(db, app, tenant, base, pacticipant, version.id, tag).await?;
    }
    Ok(true)
}

/// What a publication says of its version. Heads of tags are held in the order of their names before any of them moves.
pub(crate) async fn put_branch_and_tags(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    pacticipant: PacticipantId,
    version: EnsuredVersion,
    branch: Option<&BranchName>,
    tags: &[TagName],
) -> Result<(), Error> {
    if let Some(branch) = branch {
        add_to_branch(db, app, tenant, pacticipant, version, branch.as_str()).await?;
    }
    if !tags.is_empty() {
        store::hold_tag_heads(db, tenant, pacticipant, tags).await?;
    }
    for tag in tags {
        add_tag(db, app, tenant, pacticipant, version, tag.as_str(), Deploys::Never).await?;
    }
    Ok(())
}

/// Whether a tag may mean a deployment.
#[derive(Clone, Copy)]
pub(crate) enum Deploys<'a> {
    /// As a tag that is put on its own does.
    ToEnvironmentOfThatName(&'a BaseUrl),
    /// As the tags of a publication do not.
    Never,
}

async fn detect_main_branch(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    pacticipant: PacticipantId,
    name: &str,
) -> sqlx::Result<()> {
    if app.settings.main_branch_candidates.iter().any(|candidate| candidate == name) {
        pacticipants::detect_main_branch(db, tenant, pacticipant, name, app.now()).await?;
    }
    Ok(())
}
