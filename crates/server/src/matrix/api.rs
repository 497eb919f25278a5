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
use super::compared::settle;
use super::query::{self, Asked, Query};
use super::refusal;
use super::view;
use crate::app::App;
use crate::edge::{
    BaseUrl, Error, FromPath, HAL, Link, Named, PathNames, Principal, QueryPairs, RequestUrl, TEXT, choose, plain_text,
};
use crate::ids::TenantId;
use crate::verdicts;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/matrix", get(matrix))
        .route("/matrix/provider/{provider}/consumer/{consumer}", get(matrix_of_pair))
        .route("/can-i-deploy", get(can_i_deploy))
        .route("/pacticipants/{pacticipant}/latest-version/{tag}/can-i-deploy/to/{to}", get(tag_to_tag))
        .route(
            "/pacticipants/{pacticipant}/branches/{branch}/latest-version/can-i-deploy/to-environment/{environment}",
            get(branch_to_environment),
        )
        .route("/pacticipants/{pacticipant}/main-branch/can-i-merge", get(can_i_merge))
}

async fn matrix(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    headers: HeaderMap,
    request: RequestUrl,
    query: QueryPairs,
) -> Result<Response, Error> {
    let query = query::matrix(&query)?;
    let asking = Asker { app: &app, principal: &principal, base: &base, headers: &headers };
    asking.answer(&query, Some(&request)).await.map_err(in_a_list)
}

pub(super) struct Pair {
    pub(super) consumer: PacticipantName,
    pub(super) provider: PacticipantName,
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
    let asking = Asker { app: &app, principal: &principal, base: &base, headers: &headers };
    asking.answer(&query, None).await.map_err(|unknown| match unknown {
        Unknown::Pacticipants(names) => missing(&names),
        other => in_a_list(other),
    })
}

async fn can_i_deploy(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    headers: HeaderMap,
    request: RequestUrl,
    query: QueryPairs,
) -> Result<Response, Error> {
    let query = query::can_i_deploy(&query)?;
    let asking = Asker { app: &app, principal: &principal, base: &base, headers: &headers };
    asking.answer(&query, Some(&request)).await.map_err(|unknown| match unknown {
        Unknown::Pacticipants(_) => Problem::at("pacticipant", "does not match an existing pacticipant").into(),
        Unknown::Environment(name) => Problem::at("environment", format!("with name '{name}' does not exist")).into(),
        Unknown::Error(error) => error,
    })
}

pub(super) struct TagToTag {
    pub(super) pacticipant: PacticipantName,
    pub(super) tag: TagName,
    pub(super) to: TagName,
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
    request: RequestUrl,
    Named(path): Named<TagToTag>,
) -> Result<Response, Error> {
    let asked = Asked { pacticipant: path.pacticipant, criterion: Criterion::LatestTag(path.tag) };
    let asking = Asker { app: &app, principal: &principal, base: &base, headers: &headers };
    asking.answer_of_existing(asked, Criterion::LatestTag(path.to), &request).await
}

pub(super) struct BranchToEnvironment {
    pub(super) pacticipant: PacticipantName,
    pub(super) branch: BranchName,
    pub(super) environment: EnvironmentName,
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
    request: RequestUrl,
    Named(path): Named<BranchToEnvironment>,
) -> Result<Response, Error> {
    let asked = Asked { pacticipant: path.pacticipant, criterion: Criterion::LatestBranch(path.branch) };
    let asking = Asker { app: &app, principal: &principal, base: &base, headers: &headers };
    asking.answer_of_existing(asked, Criterion::Environment(path.environment), &request).await
}

/// May the head of the main branch be merged into what the main branches of its partners are?
async fn can_i_merge(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    headers: HeaderMap,
    request: RequestUrl,
    Named(pacticipant): Named<PacticipantName>,
) -> Result<Response, Error> {
    let asked = Asked { pacticipant, criterion: Criterion::LatestMainBranch };
    let asking = Asker { app: &app, principal: &principal, base: &base, headers: &headers };
    asking.answer_of_existing(asked, Criterion::LatestMainBranch, &request).await
}

/// What came of a question that is answered in a word.
pub(crate) enum Outcome {
    Decided(Option<bool>),
    NoPacticipant,
    NoVersion,
    NoEnvironment,
}

/// May the version that was asked for go to the destination?
pub(crate) async fn may_go(
    app: &App,
    principal: &Principal,
    base: &BaseUrl,
    asked: (PacticipantName, Criterion),
    destination: Criterion,
) -> Result<Outcome, Error> {
    let (pacticipant, criterion) = asked;
    let query = query::to(Asked { pacticipant, criterion }, destination, Vec::new());
    match ask_settled(app, principal.tenant, base, &query).await {
        Ok(answer) if answer.nothing_specified_exists() => Ok(Outcome::NoVersion),
        Ok(answer) => Ok(Outcome::Decided(answer.verdict.deployable)),
        Err(Unknown::Pacticipants(_)) => Ok(Outcome::NoPacticipant),
        Err(Unknown::Environment(_)) => Ok(Outcome::NoEnvironment),
        Err(Unknown::Error(error)) => Err(error),
    }
}

/// What the answer needs and nobody has compared yet is compared for it.
pub(super) async fn ask_settled(app: &App, tenant: TenantId, base: &BaseUrl, query: &Query) -> Result<Answer, Unknown> {
    let mut tx = app.read().await?;
    let answer = ask(&mut tx, tenant, query, app.now()).await?;
    drop(tx);
    if !settle(app, tenant, base, &answer).await {
        return Ok(answer);
    }
    let mut tx = app.read().await?;
    ask(&mut tx, tenant, query, app.now()).await
}

/// `recorded` is where a record of the answer stands, if there is one.
pub(super) fn show(
    base: &BaseUrl,
    headers: &HeaderMap,
    answer: &Answer,
    recorded: Option<Link>,
) -> Result<Response, Error> {
    if choose(headers, &[HAL, TEXT]) == Some(TEXT) {
        return Ok(plain_text(view::text(answer, recorded.as_ref())));
    }
    Ok(view::answer(base, answer, recorded).map_err(Error::internal)?.into_response())
}

/// Who asks, and how the answer is to be written.
struct Asker<'a> {
    app: &'a App,
    principal: &'a Principal,
    base: &'a BaseUrl,
    headers: &'a HeaderMap,
}

impl Asker<'_> {
    /// Nothing is at these addresses unless the version and the environment exist.
    async fn answer_of_existing(
        &self,
        asked: Asked,
        destination: Criterion,
        request: &RequestUrl,
    ) -> Result<Response, Error> {
        let query = query::to(asked, destination, Vec::new());
        let answer = self.ask(&query).await.map_err(|unknown| match unknown {
            Unknown::Pacticipants(names) => missing(&names),
            Unknown::Environment(_) => Error::NotFound,
            Unknown::Error(error) => error,
        })?;
        if answer.nothing_specified_exists() {
            return Err(Error::NotFound);
        }
        self.show(&answer, &query, Some(request)).await
    }

    /// A question with a request is one that somebody wants a verdict on.
    async fn answer(&self, query: &Query, request: Option<&RequestUrl>) -> Result<Response, Unknown> {
        let answer = self.ask(query).await?;
        Ok(self.show(&answer, query, request).await?)
    }

    async fn ask(&self, query: &Query) -> Result<Answer, Unknown> {
        ask_settled(self.app, self.principal.tenant, self.base, query).await
    }

    async fn show(&self, answer: &Answer, query: &Query, request: Option<&RequestUrl>) -> Result<Response, Error> {
        let recorded = match request.filter(|_| self.app.settings.record_verdicts) {
            Some(request) => {
                let asked = asked(self.base, answer, query, request).map_err(Error::internal)?;
                Some(verdicts::record(self.app, self.principal, &asked).await?)
            }
            None => None,
        };
        if let Some(request) = request.filter(|_| query.has_place() && answer.verdict.deployable != Some(true)) {
            refusal::tell(self.app, self.principal, self.base, answer, query, &question(self.base, request)).await?;
        }
        let recorded = recorded.map(|id| verdicts::link(self.base, id));
        show(self.base, self.headers, answer, recorded)
    }
}

/// What is recorded of a question and its answer.
fn asked(base: &BaseUrl, answer: &Answer, query: &Query, request: &RequestUrl) -> serde_json::Result<verdicts::Asked> {
    Ok(verdicts::Asked {
        question: question(base, request),
        environment: query.destination_environment().map(String::from),
        subjects: answer.specified_versions(),
        deployable: answer.verdict.deployable,
        answer: view::recorded(base, answer)?,
    })
}

/// Path and query.
fn question(base: &BaseUrl, request: &RequestUrl) -> String {
    let url = request.with_query();
    url.strip_prefix(base.as_str()).unwrap_or(&url).to_string()
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
