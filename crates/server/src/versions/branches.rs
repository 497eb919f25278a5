//! HTTP of branches.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use pactolus_domain::names::{BranchName, PacticipantName, VersionNumber};
use serde_json::{Map, Value, json};

use super::api::BranchPath;
use super::{add_to_branch, store, view};
use crate::app::App;
use crate::audit;
use crate::edge::{
    BaseUrl, Error, FromPath, Hal, Link, Named, OptionalJson, Page, PathNames, Principal, QueryPairs, RequestUrl, urls,
};
use crate::pacticipants;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/pacticipants/{pacticipant}/branches", get(list))
        .route("/pacticipants/{pacticipant}/branches/{branch}", get(show))
        .route("/pacticipants/{pacticipant}/branches/{branch}/versions/{version}", get(show_version).put(put_version))
}

struct BranchVersionPath {
    pacticipant: PacticipantName,
    branch: BranchName,
    version: VersionNumber,
}

impl FromPath for BranchVersionPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self {
            pacticipant: names.pacticipant("pacticipant")?,
            branch: names.branch("branch")?,
            version: names.version("version")?,
        })
    }
}

async fn list(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    page: Page,
    query: QueryPairs,
    Named(pacticipant): Named<PacticipantName>,
) -> Result<Hal, Error> {
    let page = page.always();
    let mut db = app.db.acquire().await?;
    let Some(id) = pacticipants::find_id(&mut db, principal.tenant, &pacticipant).await? else {
        return Err(Error::NoSuchPacticipant { role: "pacticipant", name: pacticipant.to_string() });
    };
    let q = query.last("q");
    let (branches, total) = store::list_branches(&mut db, principal.tenant, id, q, page.limit(), page.offset()).await?;

    let name = pacticipant.as_str();
    let shown: Value = branches.iter().map(|branch| view::branch(&base, name, branch)).collect();
    let to = |branch: &store::Branch| Link::to(urls::branch(&base, name, &branch.name)).name(&branch.name);
    let mut links = Map::new();
    links.insert("self".into(), Link::to(request.with_query()).title(format!("{name} branches")).into());
    links.insert("pb:branches".into(), branches.iter().map(|branch| Value::from(to(branch))).collect());
    for (relation, link) in page.links(total, &request.without_query, q) {
        links.insert(relation.into(), link.into());
    }
    Ok(Hal::ok(&json!({"page": page.summary(total), "_embedded": {"branches": shown}, "_links": links})))
}

async fn show(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(path): Named<BranchPath>,
) -> Result<Hal, Error> {
    let mut db = app.db.acquire().await?;
    let branch = store::find_branch(&mut db, principal.tenant, &path.pacticipant, &path.branch).await?;
    Ok(Hal::ok(&view::branch(&base, path.pacticipant.as_str(), &branch.ok_or(Error::NotFound)?)))
}

async fn show_version(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(path): Named<BranchVersionPath>,
) -> Result<Hal, Error> {
    let mut db = app.db.acquire().await?;
    let version = store::find_version(&mut db, principal.tenant, &path.pacticipant, &path.version).await?;
    let version = version.ok_or(Error::NotFound)?;
    let added_at = store::find_branch_version(&mut db, principal.tenant, version.id, &path.branch).await?;
    let added_at = added_at.ok_or(Error::NotFound)?;
    let (pacticipant, branch) = (path.pacticipant.as_str(), path.branch.as_str());
    Ok(Hal::ok(&view::branch_version(&base, pacticipant, branch, path.version.as_str(), added_at)))
}

/// Creates whatever is missing: pacticipant, version, branch. The body is not looked at.
async fn put_version(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(path): Named<BranchVersionPath>,
    OptionalJson(_): OptionalJson,
) -> Result<Hal, Error> {
    let tenant = principal.tenant;

    let mut tx = app.db.begin().await?;
    let pacticipant = pacticipants::ensure_pacticipants(&mut tx, tenant, &[&path.pacticipant], app.now()).await?[0];
    let version = store::ensure_version(&mut tx, tenant, pacticipant, &path.version, None, app.now()).await?;
    let added = add_to_branch(&mut tx, &app, tenant, pacticipant, version, path.branch.as_str()).await?;
    if added {
        let subject = format!("{} {}", path.pacticipant, path.version);
        let detail = json!({"branch": path.branch});
        audit::record(&mut tx, &app, &principal, "version.added_to_branch", &subject, &detail).await?;
    }
    let added_at = store::find_branch_version(&mut tx, tenant, version.id, &path.branch).await?;
    tx.commit().await?;

    let (name, branch, number) = (path.pacticipant.as_str(), path.branch.as_str(), path.version.as_str());
    let answer = Hal::ok(&view::branch_version(&base, name, branch, number, added_at.ok_or(Error::NotFound)?));
    let url = urls::branch_version(&base, name, branch, number);
    Ok(if added { answer.status(StatusCode::CREATED).location(url) } else { answer })
}
