//! HTTP of labels: what webhooks and people group pacticipants by.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use pactolus_domain::names::{LabelName, PacticipantName};
use serde_json::json;

use super::api::surroundings;
use super::view::{self, List, Shown};
use super::{ensure_pacticipants, find_id, store};
use crate::app::App;
use crate::audit;
use crate::edge::{
    BaseUrl, Error, FromPath, Hal, Link, Named, OptionalJson, Page, PathNames, Principal, QueryPairs, RequestUrl, urls,
};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/labels", get(list))
        .route("/pacticipants/label/{label}", get(list_labelled))
        .route("/pacticipants/{pacticipant}/labels/{label}", get(show).put(put).delete(delete))
}

struct LabelPath {
    pacticipant: PacticipantName,
    label: LabelName,
}

impl FromPath for LabelPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { pacticipant: names.pacticipant("pacticipant")?, label: names.label("label")? })
    }
}

/// The names of all labels.
async fn list(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    page: Page,
) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    let (names, total) = store::list_label_names(&mut db, principal.tenant, page.limit(), page.offset()).await?;
    drop(db);

    let own = Link::to(format!("{}/labels", base.as_str())).title("Labels");
    let names: Vec<_> = names.iter().map(|name| json!({"name": name})).collect();
    let mut shown = json!({"_embedded": {"labels": names}, "_links": {"self": own}});
    for (relation, link) in page.links(total, &request.without_query, None) {
        shown["_links"][relation] = json!(link);
    }
    if let Some(summary) = page.summary(total) {
        shown["page"] = summary;
    }
    Ok(Hal::ok(&shown))
}

async fn list_labelled(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    page: Page,
    query: QueryPairs,
    Named(label): Named<LabelName>,
) -> Result<Hal, Error> {
    let q = query.last("q");
    let wanted = store::Wanted { part: q, label: Some(label.as_str()) };
    let mut db = app.read().await?;
    let (pacticipants, total) =
        store::list_pacticipants(&mut db, principal.tenant, wanted, page.limit(), page.offset()).await?;
    let around = surroundings(&mut db, principal.tenant, &pacticipants).await?;
    drop(db);

    let shown = pacticipants.iter().zip(&around).map(|(one, around)| Shown::of(&base, one, around));
    let pages = page.links(total, &request.without_query, q);
    let pages = pages.into_iter().map(|(relation, link)| (relation.into(), link.into()));
    let mut list = List::labelled(&base, shown.collect(), pages.collect(), request.without_query);
    list.page = page.summary(total);
    Hal::json(&list).map_err(Error::internal)
}

async fn show(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(path): Named<LabelPath>,
) -> Result<Hal, Error> {
    let mut db = app.db.acquire().await?;
    let pacticipant = find_id(&mut db, principal.tenant, &path.pacticipant).await?.ok_or(Error::NotFound)?;
    let labelled_at = store::find_label(&mut db, principal.tenant, pacticipant, path.label.as_str()).await?;
    let labelled_at = labelled_at.ok_or(Error::NotFound)?;
    Ok(Hal::ok(&view::label(&base, path.pacticipant.as_str(), path.label.as_str(), labelled_at)))
}

/// Creates the pacticipant if it is missing. The body is not looked at.
async fn put(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(path): Named<LabelPath>,
    OptionalJson(_): OptionalJson,
) -> Result<Hal, Error> {
    let tenant = principal.tenant;
    let (name, label) = (path.pacticipant.as_str(), path.label.as_str());

    let mut tx = app.db.begin().await?;
    let pacticipant = ensure_pacticipants(&mut tx, tenant, &[&path.pacticipant], app.now()).await?[0];
    let added = store::add_label(&mut tx, tenant, pacticipant, label, app.now()).await?;
    if added {
        audit::record(&mut tx, &app, &principal, "pacticipant.labelled", name, &json!({"label": label})).await?;
    }
    let labelled_at = store::find_label(&mut tx, tenant, pacticipant, label).await?.ok_or(Error::NotFound)?;
    tx.commit().await?;

    let answer = Hal::ok(&view::label(&base, name, label, labelled_at));
    Ok(if added { answer.status(StatusCode::CREATED).location(urls::label(&base, name, label)) } else { answer })
}

async fn delete(
    State(app): State<App>,
    principal: Principal,
    Named(path): Named<LabelPath>,
) -> Result<StatusCode, Error> {
    let name = path.pacticipant.as_str();

    let mut tx = app.db.begin().await?;
    let pacticipant = find_id(&mut tx, principal.tenant, &path.pacticipant).await?.ok_or(Error::NotFound)?;
    if !store::delete_label(&mut tx, principal.tenant, pacticipant, path.label.as_str()).await? {
        return Err(Error::NotFound);
    }
    let detail = json!({"label": path.label});
    audit::record(&mut tx, &app, &principal, "pacticipant.label_removed", name, &detail).await?;
    tx.commit().await?;

    Ok(StatusCode::NO_CONTENT)
}
