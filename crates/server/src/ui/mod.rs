//! The pages, and what describes the API to people and programs. None of it says anything that users wrote, so none of it
//! needs credentials.

mod document;
mod fixed;

use axum::Router;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;

use crate::app::App;
use crate::edge::Principal;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/openapi.json", get(api_document))
}

async fn api_document(_: Principal, headers: HeaderMap) -> Response {
    document::served().answer(&headers)
}
