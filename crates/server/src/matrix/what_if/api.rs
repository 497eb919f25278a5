//! `POST /can-i-deploy/what-if`.

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;

use super::super::api::show;
use super::super::compared::settle;
use super::ask::ask;
use super::body::Hypothesis;
use super::compare::compare;
use crate::app::App;
use crate::edge::{BaseUrl, Error, JsonBody, Principal};

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/can-i-deploy/what-if", post(what_if))
}

/// Asked with POST for the size of the question: it changes nothing.
async fn what_if(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Response, Error> {
    let hypothesis = Hypothesis::parse(&body.value)?;
    let mut tx = app.read().await?;
    let mut answer = ask(&mut tx, principal.tenant, (&hypothesis, &[]), app.now()).await?;
    drop(tx);
    let is_settled = settle(&app, principal.tenant, &base, &answer).await;
    let compared = compare(&app, principal.tenant, &base, &hypothesis, &answer).await?;
    if is_settled || !compared.is_empty() {
        let mut tx = app.read().await?;
        answer = ask(&mut tx, principal.tenant, (&hypothesis, &compared), app.now()).await?;
    }
    show(&base, &headers, &answer, None)
}
