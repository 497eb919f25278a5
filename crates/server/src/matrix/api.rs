//! HTTP of the matrix and of can-i-deploy.

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use pactolus_domain::gate::Criterion;
use pactolus_domain::names::{BranchName, EnvironmentName, PacticipantName, TagName};
use pactolus_domain::problem::Problem;

use super::ask::{Answer, Unknown, ask};
use super::query::{self, Asked, Query};
use super::view;
use crate::app::App;
use crate::edge::{BaseUrl, Error, FromPath, HAL, Named, PathNames, Principal, QueryPairs, TEXT, choose, plain_text};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/matrix", get(matrix))
        .route("/matrix/provider/{provider}/consumer/{consumer}", get(matrix_of_pair))
        .route("/can-i-deploy", get(can_i_deploy))
        .route("/pacticipants/{pacticipant}/latest-version/{tag}/can-i-deploy/to/{to}", get(tag_to_tag))
        .route(
            "/pacticipants/{pacticipant}/branches/{branch}/latest-version/can-i-deploy/to-environment/{environment}",
            get(branch_to_environment),
        )
}

async fn matrix(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    headers: HeaderMap,
    query: QueryPairs,
) -> Result<Response, Error> {
    let query = query::matrix(&query)?;
    answer(&app, &principal, &base, &headers, &query).await.map_err(in_a_list)
}

struct Pair {
    consumer: PacticipantName,
    provider: PacticipantName,
}

impl FromPath for Pair {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { provider: names.pacticipant("provider")?, consumer: names.pacticipant("consumer")? })
    }
}

async fn matrix_of_pair(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    headers: HeaderMap,
    query: QueryPairs,
    Named(Pair { consumer, provider }): Named<Pair>,
) -> Result<Response, Error> {
    let any = |pacticipant| Asked { pacticipant, criterion: Criterion::Any };
    let query = query::matrix_of(&query, vec![any(consumer), any(provider)])?;
    answer(&app, &principal, &base, &headers, &query).await.map_err(|unknown| match unknown {
        Unknown::Pacticipants(names) => missing(&names),
        other => in_a_list(other),
    })
}

async fn can_i_deploy(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    headers: HeaderMap,
    query: QueryPairs,
) -> Result<Response, Error> {
    let query = query::can_i_deploy(&query)?;
    answer(&app, &principal, &base, &headers, &query).await.map_err(|unknown| match unknown {
        Unknown::Pacticipants(_) => Problem::at("pacticipant", "does not match an existing pacticipant").into(),
        Unknown::Environment(name) => Problem::at("environment", format!("with name '{name}' does not exist")).into(),
        Unknown::Error(error) => error,
    })
}

struct TagToTag {
    pacticipant: PacticipantName,
    tag: TagName,
    to: TagName,
}

impl FromPath for TagToTag {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { pacticipant: names.pacticipant("pacticipant")?, tag: names.tag("tag")?, to: names.tag("to")? })
    }
}

async fn tag_to_tag(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    headers: HeaderMap,
    Named(path): Named<TagToTag>,
) -> Result<Response, Error> {
    let asked = Asked { pacticipant: path.pacticipant, criterion: Criterion::LatestTag(path.tag) };
    of_existing(&app, &principal, &base, &headers, asked, Criterion::LatestTag(path.to)).await
}

struct BranchToEnvironment {
    pacticipant: PacticipantName,
    branch: BranchName,
    environment: EnvironmentName,
}

impl FromPath for BranchToEnvironment {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self {
            pacticipant: names.pacticipant("pacticipant")?,
            branch: names.branch("branch")?,
            environment: names.environment("environment")?,
        })
    }
}

async fn branch_to_environment(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    headers: HeaderMap,
    Named(path): Named<BranchToEnvironment>,
) -> Result<Response, Error> {
    let asked = Asked { pacticipant: path.pacticipant, criterion: Criterion::LatestBranch(path.branch) };
    of_existing(&app, &principal, &base, &headers, asked, Criterion::Environment(path.environment)).await
}

/// Nothing is at these addresses unless the version and the environment exist.
async fn of_existing(
    app: &App,
    principal: &Principal,
    base: &BaseUrl,
    headers: &HeaderMap,
    asked: Asked,
    destination: Criterion,
) -> Result<Response, Error> {
    let query = query::to(asked, destination, Vec::new());
    let mut tx = app.read().await?;
    let answer = ask(&mut tx, principal.tenant, &query).await.map_err(|unknown| match unknown {
        Unknown::Pacticipants(names) => missing(&names),
        Unknown::Environment(_) => Error::NotFound,
        Unknown::Error(error) => error,
    })?;
    drop(tx);
    if answer.nothing_specified_exists() {
        return Err(Error::NotFound);
    }
    show(base, headers, &answer)
}

async fn answer(
    app: &App,
    principal: &Principal,
    base: &BaseUrl,
    headers: &HeaderMap,
    query: &Query,
) -> Result<Response, Unknown> {
    let mut tx = app.read().await?;
    let answer = ask(&mut tx, principal.tenant, query).await?;
    drop(tx);
    Ok(show(base, headers, &answer)?)
}

fn show(base: &BaseUrl, headers: &HeaderMap, answer: &Answer) -> Result<Response, Error> {
    if choose(headers, &[HAL, TEXT]) == Some(TEXT) {
        return Ok(plain_text(view::text(answer)));
    }
    Ok(view::answer(base, answer).map_err(Error::internal)?.into_response())
}

fn missing(names: &[PacticipantName]) -> Error {
    let name = names.first().map(ToString::to_string).unwrap_or_default();
    Error::NoSuchPacticipant { role: "pacticipant", name }
}

fn in_a_list(unknown: Unknown) -> Error {
    match unknown {
        Unknown::Pacticipants(names) => {
            Error::InvalidQuery(names.iter().map(|name| format!("Pacticipant {name} not found")).collect())
        }
        Unknown::Environment(name) => {
            Error::InvalidQuery(vec![format!("Environment with name '{name}' does not exist")])
        }
        Unknown::Error(error) => error,
    }
}
