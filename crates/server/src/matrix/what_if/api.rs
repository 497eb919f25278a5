//! `POST /can-i-deploy/what-if`.

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;

use super::super::api::show;
use super::body::Hypothesis;
use super::compare::ask_settled;
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
    let answer = ask_settled(&app, principal.tenant, &base, &hypothesis).await?;
    show(&base, &headers, &answer, None)
}
