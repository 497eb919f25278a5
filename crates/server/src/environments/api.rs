//! HTTP of environments.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use chrono::{DateTime, Utc};
use pactolus_domain::names::{EnvironmentName, NameError, PacticipantName, display_name};
use pactolus_domain::problem::{Problem, Problems};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Environment, store};
use crate::app::App;
use crate::audit;
use crate::edge::{
    BaseUrl, Error, FromPath, Hal, JsonBody, Link, Named, OnConstraint, PathNames, Principal, QueryPairs, has_nul, urls,
};
use crate::tenants;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/environments", get(list).post(create))
        .route("/environments/{environment}", get(show).put(replace).delete(delete))
}

/// The id of an environment in a path.
pub(crate) struct EnvironmentRef(pub(crate) Uuid);

impl FromPath for EnvironmentRef {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        names.uuid("environment").map(Self)
    }
}

async fn list(State(app): State<App>, principal: Principal, base: BaseUrl, query: QueryPairs) -> Result<Hal, Error> {
    let mut db = app.db.acquire().await?;
    let environments = store::list(&mut db, principal.tenant, query.last("name")).await?;

    let shown: Value = environments.iter().map(|environment| environment.view(&base)).collect();
    let links: Value = environments.iter().map(|environment| Value::from(environment.link(&base))).collect();
    let own = Link::to(format!("{}/environments", base.as_str())).title("Environments");
    Ok(Hal::ok(&json!({"_embedded": {"environments": shown}, "_links": {"self": own, "pb:environments": links}})))
}

async fn create(State(app): State<App>, principal: Principal, base: BaseUrl, body: JsonBody) -> Result<Hal, Error> {
    let now = app.now();
    let environment = parse(&body.value, app.new_id(), now, now)?;

    let mut tx = app.db.begin().await?;
    store::insert_environment(&mut tx, principal.tenant, &environment)
        .await
        .on_constraint("environment_name_key", || taken(&environment))?;
    audit::record(&mut tx, &app, &principal, "environment.created", &environment.name, &json!({})).await?;
    tx.commit().await?;

    Ok(Hal::created(&environment.view(&base)).location(urls::environment(&base, environment.id)))
}

async fn show(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(EnvironmentRef(id)): Named<EnvironmentRef>,
) -> Result<Hal, Error> {
    let mut db = app.db.acquire().await?;
    let environment = store::find_by_id(&mut db, principal.tenant, id).await?.ok_or(Error::NotFound)?;
    Ok(Hal::ok(&environment.view(&base)))
}

async fn replace(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(EnvironmentRef(id)): Named<EnvironmentRef>,
    body: JsonBody,
) -> Result<Hal, Error> {
    let mut tx = app.db.begin().await?;
    let before = store::find_by_id(&mut tx, principal.tenant, id).await?.ok_or(Error::NotFound)?;
    let environment = parse(&body.value, id, before.created_at, app.now())?;
    store::put_environment(&mut tx, principal.tenant, &environment)
        .await
        .on_constraint("environment_name_key", || taken(&environment))?;
    audit::record(&mut tx, &app, &principal, "environment.updated", &environment.name, &json!({})).await?;
    tx.commit().await?;

    Ok(Hal::ok(&environment.view(&base)))
}

async fn delete(
    State(app): State<App>,
    principal: Principal,
    Named(EnvironmentRef(id)): Named<EnvironmentRef>,
) -> Result<StatusCode, Error> {
    let mut tx = app.db.begin().await?;
    tenants::hold_deletions(&mut tx, principal.tenant).await?;
    let environment = store::find_by_id(&mut tx, principal.tenant, id).await?.ok_or(Error::NotFound)?;
    if !store::delete_environment(&mut tx, principal.tenant, id).await? {
        return Err(Error::NotFound);
    }
    audit::record(&mut tx, &app, &principal, "environment.deleted", &environment.name, &json!({})).await?;
    tx.commit().await?;

    Ok(StatusCode::NO_CONTENT)
}

fn taken(environment: &Environment) -> Error {
    Error::invalid("name", format!("name '{}' is already used by an existing environment.", environment.name))
}

fn parse(body: &Value, id: Uuid, created_at: DateTime<Utc>, now: DateTime<Utc>) -> Result<Environment, Problems> {
    let mut problems = Problems::none();
    let name = problems.note(name(body));
    let shown = problems.note(shown_name(body));
    let production = problems.note(production(body));
    let contacts = contacts(body, &mut problems);
    match (name, shown, production) {
        (Some(name), Some(shown), Some(production)) if problems.is_empty() => Ok(Environment {
            id,
            display_name: shown.unwrap_or_else(|| display(&name)),
            name: name.into(),
            production,
            contacts,
            created_at,
            updated_at: now,
        }),
        _ => Err(problems),
    }
}

fn name(body: &Value) -> Result<EnvironmentName, Problem> {
    match body.get("name") {
        None => Err(Problem::at("name", "is missing")),
        Some(Value::String(name)) => {
            EnvironmentName::parse(name).map_err(|error| Problem::at("name", error.to_string()))
        }
        Some(_) => Err(Problem::at("name", "must be a string")),
    }
}

fn shown_name(body: &Value) -> Result<Option<String>, Problem> {
    match body.get("displayName") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) => PacticipantName::parse(name)
            .map(|name| Some(name.into()))
            .map_err(|error| Problem::at("displayName", error.to_string())),
        Some(_) => Err(Problem::at("displayName", "must be a string")),
    }
}

/// A name that is good for an environment is good for this, too.
fn display(name: &EnvironmentName) -> String {
    PacticipantName::parse(name.as_str()).map_or_else(|_| name.to_string(), |name| display_name(&name))
}

fn production(body: &Value) -> Result<bool, Problem> {
    match body.get("production") {
        None => Err(Problem::at("production", "is missing")),
        Some(Value::Bool(production)) => Ok(*production),
        Some(_) => Err(Problem::at("production", "must be one of: true, false")),
    }
}

fn contacts(body: &Value, problems: &mut Problems) -> Value {
    let contacts = match body.get("contacts") {
        None | Some(Value::Null) => return Value::Null,
        Some(Value::Array(contacts)) => contacts,
        Some(_) => {
            problems.push(Problem::at("contacts", "must be an array"));
            return json!([]);
        }
    };
    for (index, contact) in contacts.iter().enumerate() {
        if has_nul(contact) {
            problems.push(Problem::at_item("contacts", index, NameError::Nul.to_string()));
        }
        let message = match contact.get("name") {
            None => "is missing",
            Some(Value::String(name)) if !name.trim().is_empty() => continue,
            Some(_) => "must be filled",
        };
        problems.push(Problem::at("name", message).under(index).under("contacts"));
    }
    let kept = |contact: &Value| json!({"name": contact["name"], "details": contact["details"]});
    contacts.iter().map(|contact| crate::edge::without_nulls(kept(contact))).collect()
}
