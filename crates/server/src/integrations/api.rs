//! HTTP of integrations. What deletes them stands in `removal`.

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use pactolus_domain::names::PacticipantName;
use pactolus_domain::network;
use pactolus_domain::problem::Problem;

use super::{store, view};
use crate::app::App;
use crate::edge::{
    BaseUrl, CSV, Error, FromPath, GRAPHVIZ, HAL, Hal, Named, Page, PathNames, Principal, QueryPairs, RequestUrl,
    choose, text_as,
};
use crate::pacticipants;

/// In HAL or to be drawn.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/integrations", get(list))
}

/// As CSV, whatever the client accepts where the address ends with `.csv`.
pub(crate) fn csv_routes() -> Router<App> {
    Router::new()
        .route("/relationships", get(relationships))
        .route("/relationships.csv", get(relationships_with_suffix))
        .route("/groups/{pacticipant}", get(group))
}

async fn list(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    headers: HeaderMap,
    request: RequestUrl,
    page: Page,
    query: QueryPairs,
) -> Result<Response, Error> {
    let q = query.last("q");
    let mut db = app.read().await?;
    let integrations = store::list_integrations(&mut db, principal.tenant, q, page.limit(), page.offset()).await?;
    let total = match page.limit() {
        Some(_) => store::count_integrations(&mut db, principal.tenant, q).await?,
        None => 0,
    };
    drop(db);

    if choose(&headers, &[HAL, GRAPHVIZ]) == Some(GRAPHVIZ) {
        return Ok(text_as(GRAPHVIZ, view::graph(&integrations)));
    }
    let pages = page.links(total, &request.without_query, q);
    let list = view::List::of(&base, &integrations, page.summary(total), pages);
    Ok(Hal::json(&list).map_err(Error::internal)?.into_response())
}

async fn relationships(State(app): State<App>, principal: Principal, headers: HeaderMap) -> Result<Response, Error> {
    accepts_csv(&headers)?;
    all_relationships(&app, &principal).await
}

async fn relationships_with_suffix(State(app): State<App>, principal: Principal) -> Result<Response, Error> {
    all_relationships(&app, &principal).await
}

async fn all_relationships(app: &App, principal: &Principal) -> Result<Response, Error> {
    let mut db = app.read().await?;
    let pairs = store::list_pairs(&mut db, principal.tenant).await?;
    drop(db);

    Ok(text_as(CSV, view::csv(&view::names(&pairs))))
}

fn accepts_csv(headers: &HeaderMap) -> Result<(), Error> {
    const OFFERS: &[&str] = &[CSV];
    choose(headers, OFFERS).map(|_| ()).ok_or(Error::NotAcceptable { offers: OFFERS })
}

/// Whose group, and whether the address says that it is to be CSV.
struct GroupPath {
    pacticipant: PacticipantName,
    has_suffix: bool,
}

impl FromPath for GroupPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        let text = names.text("pacticipant");
        let name = text.strip_suffix(".csv").unwrap_or(text);
        let parsed = PacticipantName::parse(name);
        let pacticipant = parsed.map_err(|error| Problem::at("pacticipant", error.to_string()))?;
        Ok(Self { pacticipant, has_suffix: name != text })
    }
}

/// The pacticipants that one is connected with, directly or through others.
async fn group(
    State(app): State<App>,
    principal: Principal,
    headers: HeaderMap,
    query: QueryPairs,
    Named(GroupPath { pacticipant, has_suffix }): Named<GroupPath>,
) -> Result<Response, Error> {
    if !has_suffix {
        accepts_csv(&headers)?;
    }
    let at_most = most_pacticipants(&query)?;
    let mut db = app.read().await?;
    let missing = || Error::NoSuchPacticipant { role: "pacticipant", name: pacticipant.to_string() };
    pacticipants::find_id(&mut db, principal.tenant, &pacticipant).await?.ok_or_else(missing)?;
    let pairs = store::list_pairs(&mut db, principal.tenant).await?;
    drop(db);

    let mut pairs = view::names(&pairs);
    let group = network::group(&pairs, pacticipant.as_str(), at_most);
    pairs.retain(|(consumer, provider)| group.contains(consumer) && group.contains(provider));
    Ok(text_as(CSV, view::csv(&pairs)))
}

fn most_pacticipants(query: &QueryPairs) -> Result<usize, Error> {
    const FIELD: &str = "maxPacticipants";
    let Some(text) = query.last(FIELD) else { return Ok(usize::MAX) };
    match text.parse() {
        Ok(0) => Err(Error::invalid(FIELD, "must be greater than or equal to 1")),
        Ok(most) => Ok(most),
        Err(_) => Err(Error::invalid(FIELD, "must be an integer greater than or equal to 1")),
    }
}
