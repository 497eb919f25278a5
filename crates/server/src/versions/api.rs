//! HTTP of versions.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use pactolus_domain::names::{BranchName, PacticipantName, TagName, VersionNumber};
use pactolus_domain::problem::{Problem, Problems};
use serde_json::{Value, json};

use super::store::{self, Listed};
use super::{Version, view};
use crate::app::App;
use crate::audit;
use crate::edge::{
    BaseUrl, Error, FromPath, Hal, MergePatch, Named, OptionalJson, Page, PathNames, Principal, RequestUrl, urls,
};
use crate::pacticipants;
use crate::tenants;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/pacticipants/{pacticipant}/versions", get(list))
        .route("/pacticipants/{pacticipant}/branches/{branch}/versions", get(list_on_branch))
        .route("/pacticipants/{pacticipant}/tags/{tag}/versions", get(list_tagged))
        .route("/pacticipants/{pacticipant}/versions/{version}", get(show).put(put).patch(patch))
        .route("/pacticipants/{pacticipant}/latest-version", get(latest))
        .route("/pacticipants/{pacticipant}/latest-version/{tag}", get(latest_tagged))
        .route("/pacticipants/{pacticipant}/branches/{branch}/latest-version", get(branch_head))
}

pub(super) struct VersionPath {
    pub(super) pacticipant: PacticipantName,
    pub(super) version: VersionNumber,
}

impl FromPath for VersionPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { pacticipant: names.pacticipant("pacticipant")?, version: names.version("version")? })
    }
}

struct TagPath {
    pacticipant: PacticipantName,
    tag: TagName,
}

impl FromPath for TagPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { pacticipant: names.pacticipant("pacticipant")?, tag: names.tag("tag")? })
    }
}

pub(super) struct BranchPath {
    pub(super) pacticipant: PacticipantName,
    pub(super) branch: BranchName,
}

impl FromPath for BranchPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { pacticipant: names.pacticipant("pacticipant")?, branch: names.branch("branch")? })
    }
}

async fn list(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    page: Page,
    Named(pacticipant): Named<PacticipantName>,
) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    if pacticipants::find_id(&mut db, principal.tenant, &pacticipant).await?.is_none() {
        return Err(Error::NoSuchPacticipant { role: "pacticipant", name: pacticipant.to_string() });
    }
    let title = format!("All application versions of {pacticipant}");
    listed(&mut db, &principal, &base, &request, page, &pacticipant, &Listed::All, &title).await
}

async fn list_on_branch(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    page: Page,
    Named(BranchPath { pacticipant, branch }): Named<BranchPath>,
) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    store::find_branch(&mut db, principal.tenant, &pacticipant, &branch).await?.ok_or(Error::NotFound)?;
    let title = format!("Versions for branch {branch} of {pacticipant}");
    listed(&mut db, &principal, &base, &request, page, &pacticipant, &Listed::OnBranch(&branch), &title).await
}

async fn list_tagged(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    page: Page,
    Named(TagPath { pacticipant, tag }): Named<TagPath>,
) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    store::find_latest_version(&mut db, principal.tenant, &pacticipant, Some(&tag)).await?.ok_or(Error::NotFound)?;
    let title = format!("Versions of {pacticipant} with tag {tag}");
    listed(&mut db, &principal, &base, &request, page, &pacticipant, &Listed::Tagged(&tag), &title).await
}

#[expect(clippy::too_many_arguments, reason = "what three handlers share of theirs")]
async fn listed(
    db: &mut sqlx::PgConnection,
    principal: &Principal,
    base: &BaseUrl,
    request: &RequestUrl,
    page: Page,
    pacticipant: &PacticipantName,
    listed: &Listed<'_>,
    title: &str,
) -> Result<Hal, Error> {
    let (versions, total) =
        store::list_versions(db, principal.tenant, pacticipant, listed, page.limit(), page.offset()).await?;
    let shown = view::several(db, principal.tenant, base, &versions).await?;
    let list = view::List::of(base, &request.with_query(), title, pacticipant.as_str(), &versions).embedding(shown);
    Hal::json(&list.page(page, total, &request.without_query)).map_err(Error::internal)
}

async fn show(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(path): Named<VersionPath>,
) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    let version = store::find_version(&mut db, principal.tenant, &path.pacticipant, &path.version).await?;
    answer(&mut db, &principal, &base, &request, version).await
}

async fn latest(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(pacticipant): Named<PacticipantName>,
) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    let version = store::find_latest_version(&mut db, principal.tenant, &pacticipant, None).await?;
    answer(&mut db, &principal, &base, &request, version).await
}

async fn latest_tagged(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(path): Named<TagPath>,
) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    let version = store::find_latest_version(&mut db, principal.tenant, &path.pacticipant, Some(&path.tag)).await?;
    answer(&mut db, &principal, &base, &request, version).await
}

async fn branch_head(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(path): Named<BranchPath>,
) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    let version = store::find_branch_head(&mut db, principal.tenant, &path.pacticipant, &path.branch).await?;
    answer(&mut db, &principal, &base, &request, version).await
}

async fn answer(
    db: &mut sqlx::PgConnection,
    principal: &Principal,
    base: &BaseUrl,
    request: &RequestUrl,
    version: Option<Version>,
) -> Result<Hal, Error> {
    let version = version.ok_or(Error::NotFound)?;
    view::single(db, principal.tenant, base, &version, &request.without_query).await
}

/// Creates the version or replaces what is known of it; tags are replaced only when given. They are tags and nothing
/// more here: no branch, no deployment follows from them.
async fn put(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(path): Named<VersionPath>,
    OptionalJson(body): OptionalJson,
) -> Result<Hal, Error> {
    let build_url = Some(body.get("buildUrl").cloned().unwrap_or(Value::Null));
    save(&app, &principal, &base, &path, build_url, body.get("tags")).await
}

/// Creates the version or changes only what is given.
async fn patch(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(path): Named<VersionPath>,
    MergePatch(body): MergePatch,
) -> Result<Hal, Error> {
    save(&app, &principal, &base, &path, body.get("buildUrl").cloned(), body.get("tags")).await
}

async fn save(
    app: &App,
    principal: &Principal,
    base: &BaseUrl,
    path: &VersionPath,
    build_url: Option<Value>,
    tags: Option<&Value>,
) -> Result<Hal, Error> {
    let mut problems = Problems::none();
    let build_url = build_url.map(|url| problems.note(text_or_null("buildUrl", &url)).flatten());
    let tags = tags.map(|tags| tag_names(tags, &mut problems));
    problems.or(())?;
    let tenant = principal.tenant;

    // One moment, or what was just created would seem changed since.
    let now = app.now();
    let mut tx = app.db.begin().await?;
    if tags.is_some() {
        tenants::hold_deletions(&mut tx, tenant).await?;
    }
    let pacticipant = pacticipants::ensure_pacticipants(&mut tx, tenant, &[&path.pacticipant], now).await?[0];
    let version = store::ensure_version(&mut tx, tenant, pacticipant, &path.version, None, now).await?;
    if let Some(build_url) = build_url {
        store::put_build_url(&mut tx, tenant, version.id, build_url.as_deref(), now).await?;
    }
    if let Some(tags) = tags {
        for old in store::list_tags_of(&mut tx, tenant, &[version.id.0]).await? {
            if !tags.iter().any(|tag| tag.as_str() == old.name) {
                store::delete_tag(&mut tx, tenant, pacticipant, version.id, &old.name).await?;
            }
        }
        for tag in &tags {
            store::insert_tag(&mut tx, tenant, pacticipant, version, tag.as_str(), now).await?;
        }
    }
    let action = if version.created { "version.created" } else { "version.updated" };
    audit::record(&mut tx, app, principal, action, &format!("{} {}", path.pacticipant, path.version), &json!({}))
        .await?;
    let saved = store::find_version(&mut tx, tenant, &path.pacticipant, &path.version).await?.ok_or(Error::NotFound)?;
    let url = urls::version(base, path.pacticipant.as_str(), path.version.as_str());
    let answer = view::single(&mut tx, tenant, base, &saved, &url).await?;
    tx.commit().await?;

    Ok(if version.created { answer.status(StatusCode::CREATED).location(url) } else { answer })
}

fn text_or_null(field: &str, value: &Value) -> Result<Option<String>, Problem> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) if text.contains(['\n', '\r']) => Err(Problem::at(field, "cannot contain multiple lines")),
        Value::String(text) if text.contains('\0') => Err(Problem::at(field, "cannot contain the NUL character")),
        Value::String(text) => Ok(Some(text.clone())),
        _ => Err(Problem::at(field, "must be a string")),
    }
}

fn tag_names(tags: &Value, problems: &mut Problems) -> Vec<TagName> {
    let Some(tags) = tags.as_array() else {
        problems.push(Problem::at("tags", "must be an array"));
        return Vec::new();
    };
    let names = tags.iter().enumerate().filter_map(|(index, tag)| {
        let Some(name) = tag.get("name").and_then(Value::as_str) else {
            problems.push(Problem::at("name", "is missing").under(index).under("tags"));
            return None;
        };
        problems.note(TagName::parse(name).map_err(|error| Problem::at_item("tags", index, error.to_string())))
    });
    names.collect()
}
