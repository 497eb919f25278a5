//! The overview for programs: what the page says, in JSON.

use axum::extract::State;

use super::list::{self, Wanted};
use super::overview::Overview;
use super::{attention, view};
use crate::app::App;
use crate::edge::{BaseUrl, Error, Hal, Principal, QueryPairs, RequestUrl};

pub(super) async fn home(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    query: QueryPairs,
) -> Result<Hal, Error> {
    let wanted = Wanted::of(&query)?;
    let mut db = app.read().await?;
    let overview = Overview::read(&app, &mut db, principal.tenant, query.last("environment")).await?;
    let attention = attention::read(&mut db, principal.tenant, &overview).await?;
    let listed = list::list(&mut db, principal.tenant, &overview, &wanted).await?;
    drop(db);

    let next = listed.next.as_deref().map(|after| crate::edge::next_by_key(&request, &query, "after", after));
    let shown = view::Home::of(&base, &request, &overview, &attention, &listed, next);
    Hal::json(&shown).map_err(Error::internal)
}
