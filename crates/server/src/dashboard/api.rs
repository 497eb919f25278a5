//! HTTP of the dashboard.

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use pactolus_domain::names::PacticipantName;

use super::store::{self, Pair};
use super::view;
use crate::app::App;
use crate::edge::{
    BaseUrl, Error, FromPath, HAL, Hal, Named, Page, PathNames, Principal, RequestUrl, TEXT, choose, plain_text,
};
use crate::pacticipants;

/// Items on a page unless the client says how many.
const SIZE: i64 = 30;
/// An item is large.
const MOST: i64 = 1000;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/dashboard", get(all))
        .route("/dashboard/provider/{provider}/consumer/{consumer}", get(of_pair))
}

async fn all(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    headers: HeaderMap,
    request: RequestUrl,
    page: Page,
) -> Result<Response, Error> {
    let page = page.always_of(SIZE).at_most(MOST)?;
    let mut db = app.read().await?;
    let items = store::list_items(&mut db, principal.tenant, None, page).await?;
    drop(db);

    shown(&base, &headers, &request, page, items)
}

struct PairPath {
    consumer: PacticipantName,
    provider: PacticipantName,
}

impl FromPath for PairPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { provider: names.pacticipant("provider")?, consumer: names.pacticipant("consumer")? })
    }
}

async fn of_pair(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    headers: HeaderMap,
    request: RequestUrl,
    page: Page,
    Named(PairPath { consumer, provider }): Named<PairPath>,
) -> Result<Response, Error> {
    let page = page.always_of(SIZE).at_most(MOST)?;
    let mut db = app.read().await?;
    let missing = |role, name: &PacticipantName| Error::NoSuchPacticipant { role, name: name.to_string() };
    let find = pacticipants::find_id;
    let provider_id =
        find(&mut db, principal.tenant, &provider).await?.ok_or_else(|| missing("provider", &provider))?;
    let consumer_id =
        find(&mut db, principal.tenant, &consumer).await?.ok_or_else(|| missing("consumer", &consumer))?;
    let pair = Pair { consumer: consumer_id, provider: provider_id };
    let items = store::list_items(&mut db, principal.tenant, Some(pair), page).await?;
    drop(db);

    shown(&base, &headers, &request, page, items)
}

/// One page. Of `items` there is one more than the page has if another page follows.
fn shown(
    base: &BaseUrl,
    headers: &HeaderMap,
    request: &RequestUrl,
    page: Page,
    mut items: Vec<store::Item>,
) -> Result<Response, Error> {
    let known = page.offset().saturating_add(i64::try_from(items.len()).unwrap_or(i64::MAX));
    items.truncate(page.limit().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX));
    if choose(headers, &[HAL, TEXT]) == Some(TEXT) {
        return Ok(plain_text(view::text(items)));
    }
    let pages = page.links(known, &request.without_query, None);
    let dashboard = view::Dashboard::of(base, &items, request.without_query.clone(), pages);
    Ok(Hal::json(&dashboard).map_err(Error::internal)?.into_response())
}
