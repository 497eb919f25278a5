//! HTTP of tags.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use pactolus_domain::names::{PacticipantName, TagName, VersionNumber};
use serde_json::json;

use super::{Deploys, add_tag, store, view};
use crate::app::App;
use crate::audit;
use crate::edge::{BaseUrl, Error, FromPath, Hal, Named, OptionalJson, PathNames, Principal, urls};
use crate::pacticipants;
use crate::tenants;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/pacticipants/{pacticipant}/versions/{version}/tags/{tag}", get(show).put(put).delete(delete))
}

struct TagPath {
    pacticipant: PacticipantName,
    version: VersionNumber,
    tag: TagName,
}

impl FromPath for TagPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self {
            pacticipant: names.pacticipant("pacticipant")?,
            version: names.version("version")?,
            tag: names.tag("tag")?,
        })
    }
}

impl TagPath {
    fn subject(&self) -> String {
        format!("{} {}", self.pacticipant, self.version)
    }
}

async fn show(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(path): Named<TagPath>,
) -> Result<Hal, Error> {
    let mut db = app.db.acquire().await?;
    let version = store::find_version(&mut db, principal.tenant, &path.pacticipant, &path.version).await?;
    let version = version.ok_or(Error::NotFound)?;
    let tagged_at = store::find_tag(&mut db, principal.tenant, version.id, &path.tag).await?.ok_or(Error::NotFound)?;
    Ok(Hal::ok(&view::tag(&base, path.pacticipant.as_str(), path.version.as_str(), path.tag.as_str(), tagged_at)))
}

/// Creates whatever is missing: pacticipant, version. The body is not looked at.
async fn put(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(path): Named<TagPath>,
    OptionalJson(_): OptionalJson,
) -> Result<Hal, Error> {
    let tenant = principal.tenant;
    let (name, number, tag) = (path.pacticipant.as_str(), path.version.as_str(), path.tag.as_str());

    let mut tx = app.db.begin().await?;
    let pacticipant = pacticipants::ensure_pacticipants(&mut tx, tenant, &[&path.pacticipant], app.now()).await?[0];
    let version = store::ensure_version(&mut tx, tenant, pacticipant, &path.version, None, app.now()).await?;
    let added =
        add_tag(&mut tx, &app, tenant, pacticipant, version, tag, Deploys::ToEnvironmentOfThatName(&base)).await?;
    if added {
        audit::record(&mut tx, &app, &principal, "version.tagged", &path.subject(), &json!({"tag": tag})).await?;
    }
    let tagged_at = store::find_tag(&mut tx, tenant, version.id, &path.tag).await?.ok_or(Error::NotFound)?;
    tx.commit().await?;

    let answer = Hal::ok(&view::tag(&base, name, number, tag, tagged_at));
    let url = urls::tag(&base, name, number, tag);
    Ok(if added { answer.status(StatusCode::CREATED).location(url) } else { answer })
}

async fn delete(
    State(app): State<App>,
    principal: Principal,
    Named(path): Named<TagPath>,
) -> Result<StatusCode, Error> {
    let tenant = principal.tenant;

    let mut tx = app.db.begin().await?;
    tenants::hold_deletions(&mut tx, tenant).await?;
    let pacticipant = pacticipants::find_id(&mut tx, tenant, &path.pacticipant).await?.ok_or(Error::NotFound)?;
    let version = store::find_version(&mut tx, tenant, &path.pacticipant, &path.version).await?;
    let version = version.ok_or(Error::NotFound)?;
    if !store::delete_tag(&mut tx, tenant, pacticipant, version.id, path.tag.as_str()).await? {
        return Err(Error::NotFound);
    }
    let detail = json!({"tag": path.tag});
    audit::record(&mut tx, &app, &principal, "version.untagged", &path.subject(), &detail).await?;
    tx.commit().await?;

    Ok(StatusCode::NO_CONTENT)
}
