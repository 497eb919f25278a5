//! The pages, and what describes the API to people and programs. None of it says anything that users wrote, so none of it
//! needs credentials.

mod assets;
mod browser;
mod document;
mod example;
mod fixed;
mod hal_page;
mod laid_out;
mod page;
mod relation_page;
mod relations;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::app::App;
use crate::edge::{BaseUrl, Error, FromPath, Named, PathNames, Principal};

pub(crate) use hal_page::show_to_browsers;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/openapi.json", get(api_document))
        .route("/hal-browser/browser.html", get(browse))
        .route("/doc", get(relations))
        .route("/doc/{relation}", get(relation))
        .route("/assets/{file}", get(asset))
}

async fn api_document(_: Principal, headers: HeaderMap) -> Response {
    document::served().answer(&headers)
}

async fn browse(_: Principal, headers: HeaderMap) -> Response {
    (page::headers(), browser::served().answer(&headers)).into_response()
}

async fn relations(_: Principal, State(app): State<App>, headers: HeaderMap) -> Response {
    relation_page::all(&BaseUrl::prefix(&app, &headers))
}

/// A name in an address of this slice.
struct Name(String);

impl FromPath for Name {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        let name = [names.text("relation"), names.text("file")].concat();
        Ok(Self(name))
    }
}

async fn relation(
    _: Principal,
    State(app): State<App>,
    base: BaseUrl,
    Named(Name(name)): Named<Name>,
    headers: HeaderMap,
) -> Response {
    relation_page::about(&BaseUrl::prefix(&app, &headers), &base, &name)
}

async fn asset(_: Principal, Named(Name(file)): Named<Name>, headers: HeaderMap) -> Result<Response, Error> {
    assets::find(&file).map(|asset| asset.answer(&headers)).ok_or(Error::NotFound)
}
