//! HTTP of pacticipants.

use std::collections::HashMap;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use pactolus_domain::names::{BranchName, NameError, PacticipantName};
use pactolus_domain::problem::{Problem, Problems};
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::view::{List, Shown, Surroundings};
use super::{Attributes, Pacticipant, store};
use crate::app::App;
use crate::audit;
use crate::deployments;
use crate::edge::{
    BaseUrl, Error, Fields, Hal, JsonBody, Named, OptionalJson, Page, Principal, QueryPairs, RequestUrl, urls,
};
use crate::ids::{PacticipantId, TenantId};
use crate::ui::Viewer;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/pacticipants", get(list).post(create))
        .route("/pacticipants/{pacticipant}", get(show).put(replace).patch(patch))
}

async fn list(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    page: Page,
    query: QueryPairs,
) -> Result<Hal, Error> {
    let q = query.last("q");
    let wanted = store::Wanted { part: q, label: None };
    let mut db = app.read().await?;
    let (pacticipants, total) =
        store::list_pacticipants(&mut db, principal.tenant, wanted, page.limit(), page.offset()).await?;
    let around = surroundings(&mut db, principal.tenant, &pacticipants).await?;
    drop(db);

    let shown = pacticipants.iter().zip(&around).map(|(one, around)| Shown::of(&base, one, around));
    let pages = page.links(total, &request.without_query, q);
    let pages = pages.into_iter().map(|(relation, link)| (relation.into(), link.into()));
    let mut list = List::of(&base, shown.collect(), pages.collect());
    list.page = page.summary(total);
    Hal::json(&list).map_err(Error::internal)
}

/// A form leads to the page of what it made.
async fn create(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    viewer: Viewer,
    body: Fields,
) -> Result<Response, Error> {
    let mut problems = Problems::none();
    let name = problems.note(name(&body.value));
    let attributes = attributes(&body.value, Attributes::default(), &mut problems);
    let name = problems.or(name)?.ok_or(Error::NotFound)?;

    let mut tx = app.db.begin().await?;
    if store::insert_pacticipant(&mut tx, principal.tenant, &name, &attributes, app.now()).await? {
        audit::record(&mut tx, &app, &principal, "pacticipant.created", name.as_str(), &json!({})).await?;
    }
    let shown = single(&mut tx, principal.tenant, &base, &name).await?;
    tx.commit().await?;

    if body.is_form {
        return Ok(Redirect::to(&urls::pacticipant(&viewer.site, name.as_str())).into_response());
    }
    let created = shown.status(StatusCode::CREATED).location(urls::pacticipant(&base, name.as_str()));
    Ok(created.into_response())
}

async fn show(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(name): Named<PacticipantName>,
) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    single(&mut db, principal.tenant, &base, &name).await
}

async fn replace(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(name): Named<PacticipantName>,
    OptionalJson(body): OptionalJson,
) -> Result<Hal, Error> {
    let mut problems = Problems::none();
    let attributes = attributes(&body, Attributes::default(), &mut problems);
    problems.or(())?;

    let mut tx = app.db.begin().await?;
    store::find_id(&mut tx, principal.tenant, &name).await?.ok_or_else(|| missing(&name))?;
    store::put_attributes(&mut tx, principal.tenant, &name, &attributes, app.now()).await?;
    audit::record(&mut tx, &app, &principal, "pacticipant.updated", name.as_str(), &json!({})).await?;
    let shown = single(&mut tx, principal.tenant, &base, &name).await?;
    tx.commit().await?;

    Ok(shown)
}

/// Changes what is given and creates the pacticipant if it is missing.
async fn patch(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(name): Named<PacticipantName>,
    body: JsonBody,
) -> Result<Hal, Error> {
    let mut tx = app.db.begin().await?;
    store::hold_pacticipant(&mut tx, principal.tenant, &name).await?;
    let existing = store::find_pacticipant(&mut tx, principal.tenant, &name).await?;
    let mut problems = Problems::none();
    let before = existing.as_ref().map(Attributes::from).unwrap_or_default();
    let attributes = attributes(&body.value, before, &mut problems);
    problems.or(())?;
    let created = store::insert_pacticipant(&mut tx, principal.tenant, &name, &attributes, app.now()).await?;
    if !created {
        store::put_attributes(&mut tx, principal.tenant, &name, &attributes, app.now()).await?;
    }
    let action = if created { "pacticipant.created" } else { "pacticipant.updated" };
    audit::record(&mut tx, &app, &principal, action, name.as_str(), &json!({})).await?;
    let answer = single(&mut tx, principal.tenant, &base, &name).await?;
    tx.commit().await?;

    Ok(if created {
        answer.status(StatusCode::CREATED).location(urls::pacticipant(&base, name.as_str()))
    } else {
        answer
    })
}

fn missing(name: &PacticipantName) -> Error {
    Error::NoSuchPacticipant { role: "pacticipant", name: name.to_string() }
}

async fn single(db: &mut PgConnection, tenant: TenantId, base: &BaseUrl, name: &PacticipantName) -> Result<Hal, Error> {
    let pacticipant = store::find_pacticipant(db, tenant, name).await?.ok_or_else(|| missing(name))?;
    let id = pacticipant.id;
    let latest = store::list_latest_versions(db, tenant, &[id.0]).await?;
    let around = Surroundings {
        latest_version: latest.into_iter().next().map(|(_, _, number)| number),
        labels: store::list_labels_of(db, tenant, id).await?,
        deployments: Some(deployments::list_current_of(db, tenant, id).await?),
    };
    Hal::json(&Shown::of(base, &pacticipant, &around)).map_err(Error::internal)
}

/// In the order of the pacticipants.
pub(super) async fn surroundings(
    db: &mut PgConnection,
    tenant: TenantId,
    pacticipants: &[Pacticipant],
) -> Result<Vec<Surroundings>, Error> {
    let ids: Vec<i64> = pacticipants.iter().map(|pacticipant| pacticipant.id.0).collect();
    let latest = store::list_latest_versions(db, tenant, &ids).await?;
    let mut latest: HashMap<PacticipantId, String> = latest.into_iter().map(|(id, _, number)| (id, number)).collect();
    let mut labels: HashMap<PacticipantId, Vec<String>> = HashMap::new();
    for (id, label) in store::list_labels(db, tenant, &ids).await? {
        labels.entry(id).or_default().push(label);
    }
    let around = pacticipants.iter().map(|pacticipant| Surroundings {
        latest_version: latest.remove(&pacticipant.id),
        labels: labels.remove(&pacticipant.id).unwrap_or_default(),
        deployments: None,
    });
    Ok(around.collect())
}

fn name(body: &Value) -> Result<PacticipantName, Problem> {
    match body.get("name") {
        None => Err(Problem::at("name", "is missing")),
        Some(Value::String(name)) => {
            PacticipantName::parse(name).map_err(|error| Problem::at("name", error.to_string()))
        }
        Some(_) => Err(Problem::at("name", "must be a string")),
    }
}

/// `before` with what the body says.
pub(super) fn attributes(body: &Value, before: Attributes, problems: &mut Problems) -> Attributes {
    let plain = |text: &str| PacticipantName::parse(text).map(String::from);
    let main_branch = |text: &str| BranchName::parse_main(text).map(String::from);
    let mut field = |key: &str, before: Option<String>, parse: &dyn Fn(&str) -> Result<String, NameError>| match body
        .get(key)
    {
        None => before,
        Some(Value::Null) => None,
        Some(Value::String(text)) => problems.note(parse(text).map_err(|error| Problem::at(key, error.to_string()))),
        Some(_) => problems.note(Err(Problem::at(key, "must be a string"))),
    };
    Attributes {
        display_name: field("displayName", before.display_name, &plain),
        main_branch: field("mainBranch", before.main_branch, &main_branch),
        repository_url: field("repositoryUrl", before.repository_url, &plain),
        repository_name: field("repositoryName", before.repository_name, &plain),
        repository_namespace: field("repositoryNamespace", before.repository_namespace, &plain),
    }
}

impl From<&Pacticipant> for Attributes {
    fn from(pacticipant: &Pacticipant) -> Self {
        Self {
            display_name: Some(pacticipant.display_name.clone()),
            main_branch: pacticipant.main_branch.clone(),
            repository_url: pacticipant.repository_url.clone(),
            repository_name: pacticipant.repository_name.clone(),
            repository_namespace: pacticipant.repository_namespace.clone(),
        }
    }
}
