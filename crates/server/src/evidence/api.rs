//! HTTP of evidence.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use pactolus_domain::names::{PacticipantName, VersionNumber};
use pactolus_domain::problem::{Problem, Problems};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::expected;
use super::record::{self, Provider};
use super::store::{self, ExchangesWanted, RunsWanted, ShownRun};
use super::upload::{Run, Upload};
use super::view;
use crate::app::App;
use crate::edge::{
    BaseUrl, Error, FromPath, Hal, JsonLines, Named, PathNames, Principal, QueryPairs, RequestUrl, next_by_key,
    size_by_key,
};
use crate::ids::TenantId;
use crate::{audit, pacticipants, versions};

const RESULTS: [&str; 4] = ["passed", "failed", "not-judged", "not-asked"];
/// Of exchanges in which the same was answered otherwise so many are linked.
const MOST_OTHERS: i64 = 20;

pub(crate) fn routes() -> Router<App> {
    let runs = "/pacticipants/{pacticipant}/versions/{version}/evidence";
    Router::new()
        .route(runs, get(list).post(upload))
        .route(&format!("{runs}/{{uuid}}"), get(show).delete(delete))
        .route(&format!("{runs}/{{uuid}}/exchanges/{{sequence}}"), get(exchange))
}

/// A version of a provider.
pub(super) struct VersionPath {
    pub(super) provider: PacticipantName,
    pub(super) version: VersionNumber,
}

impl FromPath for VersionPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { provider: names.pacticipant("pacticipant")?, version: names.version("version")? })
    }
}

struct RunPath {
    of: VersionPath,
    run: Uuid,
}

impl FromPath for RunPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { of: VersionPath::from_path(names)?, run: names.uuid("uuid")? })
    }
}

struct ExchangePath {
    run: RunPath,
    sequence: i32,
}

impl FromPath for ExchangePath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        let sequence = names.text("sequence").parse().map_err(|_| Error::NotFound)?;
        Ok(Self { run: RunPath::from_path(names)?, sequence })
    }
}

async fn upload(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(path): Named<VersionPath>,
    JsonLines(body): JsonLines,
) -> Result<Hal, Error> {
    // It takes long enough for others to notice.
    let upload = tokio::task::spawn_blocking(move || Upload::parse(&body)).await.map_err(Error::internal)??;
    refuse_unless_of(&upload.run, &path)?;

    let mut tx = app.change().await?;
    let provider = pacticipants::find_id(&mut tx, principal.tenant, &path.provider).await?;
    let Some(id) = provider else {
        return Err(Error::NoSuchPacticipant { role: "provider", name: path.provider.to_string() });
    };
    let provider = Provider { id, name: &path.provider, version: &path.version };
    let is_new = record::record(&mut tx, &app, &principal, &provider, &upload).await?;
    let run = find_run(&mut tx, principal.tenant, &path, upload.run.id).await?;
    tx.commit().await?;

    let shown = Hal::ok(&view::run(&app, &base, &path, &run));
    let url = view::run_url(&base, &path, run.id);
    Ok(if is_new { shown.status(StatusCode::CREATED).location(url) } else { shown })
}

fn refuse_unless_of(run: &Run, path: &VersionPath) -> Result<(), Problems> {
    let mut problems = Problems::none();
    let named = [
        ("provider", run.provider.as_str(), path.provider.as_str()),
        ("providerVersion", run.provider_version.as_str(), path.version.as_str()),
    ];
    for (key, told, meant) in named {
        if told != meant {
            problems.push(Problem::at("line 1", format!("run.{key} must be {meant}, as in the address")));
        }
    }
    problems.or(())
}

async fn find_run(db: &mut PgConnection, tenant: TenantId, of: &VersionPath, run: Uuid) -> Result<ShownRun, Error> {
    store::find_run(db, tenant, (&of.provider, &of.version), run).await?.ok_or(Error::NotFound)
}

async fn list(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    query: QueryPairs,
    Named(path): Named<VersionPath>,
) -> Result<Hal, Error> {
    let wanted = runs_wanted(&query)?;
    let mut db = app.read().await?;
    let version = versions::find_version(&mut db, principal.tenant, &path.provider, &path.version).await?;
    let version = version.ok_or(Error::NotFound)?;
    let runs = store::list_runs(&mut db, principal.tenant, version.id, wanted).await?;
    drop(db);

    let last = runs.last().filter(|_| i64::try_from(runs.len()).is_ok_and(|count| count == wanted.most));
    let next = last.map(|run| next_by_key(&request, &query, "before", &run.number.to_string()));
    Ok(Hal::ok(&view::runs(&app, &base, &request, &path, (&runs, wanted.about), next)))
}

fn runs_wanted(query: &QueryPairs) -> Result<RunsWanted<'_>, Problems> {
    let mut problems = Problems::none();
    let about = match (query.last("consumer"), query.last("contract")) {
        (Some(consumer), Some(sha)) => Some((consumer, sha)),
        (None, None) => None,
        (None, Some(_)) => {
            problems.push(Problem::at("consumer", "is missing: the same content may be several consumers'"));
            None
        }
        (Some(_), None) => {
            problems.push(Problem::at("contract", "is missing: runs are found by the sha of the consumer's contract"));
            None
        }
    };
    let before = match query.last("before").map(str::parse) {
        None => Some(i64::MAX),
        Some(Ok(before)) => Some(before),
        Some(Err(_)) => {
            problems.push(Problem::at("before", "must be what the link to the next page says"));
            None
        }
    };
    match (before, problems.note(size_by_key(query))) {
        (Some(before), Some(most)) => problems.or(RunsWanted { about, before, most }),
        _ => Err(problems),
    }
}

async fn show(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    query: QueryPairs,
    Named(path): Named<RunPath>,
) -> Result<Hal, Error> {
    let wanted = exchanges_wanted(&query)?;
    let mut db = app.read().await?;
    let run = find_run(&mut db, principal.tenant, &path.of, path.run).await?;
    let exchanges = store::list_exchanges(&mut db, principal.tenant, path.run, wanted).await?;
    drop(db);

    let last = exchanges.last().filter(|_| i64::try_from(exchanges.len()).is_ok_and(|count| count == wanted.most));
    let next = last.map(|exchange| next_by_key(&request, &query, "after", &exchange.sequence.to_string()));
    let shown = view::run_with_exchanges(&app, &base, &path.of, (&run, &exchanges), next).map_err(Error::internal)?;
    Ok(Hal::ok(&shown))
}

fn exchanges_wanted(query: &QueryPairs) -> Result<ExchangesWanted<'_>, Problems> {
    let mut problems = Problems::none();
    let result = query.last("result");
    if result.is_some_and(|result| !RESULTS.contains(&result)) {
        problems.push(Problem::at("result", format!("must be one of {}", RESULTS.join(", "))));
    }
    let after = match query.last("after").map(str::parse) {
        None => Some(0),
        Some(Ok(after)) => Some(after),
        Some(Err(_)) => {
            problems.push(Problem::at("after", "must be the sequence number of an exchange"));
            None
        }
    };
    let (consumer, contract) = (query.last("consumer"), query.last("contract"));
    match (after, problems.note(size_by_key(query))) {
        (Some(after), Some(most)) => problems.or(ExchangesWanted { result, consumer, contract, after, most }),
        _ => Err(problems),
    }
}

async fn exchange(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(path): Named<ExchangePath>,
) -> Result<Hal, Error> {
    let ExchangePath { run: RunPath { of, run }, sequence } = &path;
    let tenant = principal.tenant;
    let mut db = app.read().await?;
    find_run(&mut db, tenant, of, *run).await?;
    let found = store::find_exchange(&mut db, tenant, *run, *sequence).await?.ok_or(Error::NotFound)?;
    let exchange = view::unpacked(&found).map_err(Error::internal)?;
    let expected = expected::find(&mut db, tenant, &of.provider, &exchange.interactions).await?;
    let others = store::list_other_answers(&mut db, tenant, *run, *sequence, MOST_OTHERS).await?;
    drop(db);

    let place = view::Place { base: &base, of, run: *run };
    view::exchange(&place, exchange, &expected, &others).map_err(Error::internal)
}

async fn delete(
    State(app): State<App>,
    principal: Principal,
    Named(path): Named<RunPath>,
) -> Result<StatusCode, Error> {
    let mut tx = app.db.begin().await?;
    find_run(&mut tx, principal.tenant, &path.of, path.run).await?;
    if store::delete_runs(&mut tx, principal.tenant, &[path.run]).await? == 0 {
        return Err(Error::NotFound);
    }
    let subject = format!("{} {}", path.of.provider, path.of.version);
    audit::record(&mut tx, &app, &principal, "evidence.deleted", &subject, &json!({"run": path.run})).await?;
    tx.commit().await?;

    Ok(StatusCode::NO_CONTENT)
}
