//! The pages, and what describes the API to people and programs.
//!
//! # How a page is added
//!
//! A page stands at the API's own address where there is one: `offer_pages` gives clients that would rather have HTML the
//! pages' router first, and everybody else, and every address without a page, the API. So
//!
//! 1. `<slice>/page.rs` has a handler with the extractors of any other (`Principal`, `Named`, `QueryPairs`), and `Viewer`,
//!    which knows the time, the theme, the page's address, and what addresses begin with (`viewer.at("/pacticipants/…")`,
//!    `viewer.here_with(&[("sort", Some("name"))])`; `urls::pacticipant(&viewer.site, name)`). It answers with
//!    `Page { crumbs, twins, …, ..Page::new(title, Section::…, heading, content) }.show(&viewer)`, or with an `Error`: that
//!    becomes a page in its own words, with the names most like one that is not there.
//! 2. The slice's `page_routes() -> Router<App>` names its address; `routes::pages` merges it.
//! 3. Its SQL stands in the slice's `store`. Pages read in one transaction, `app.read()`.
//! 4. Content is made of `parts`: verdicts, chips, tables, filters, the channel, tapes, trees, lines. Styles are classes in
//!    `assets/css`; what only one page has stands in a file of its own there, named in `assets.rs`. The policy allows no style in the page and no script but `assets/pages.js` and htmx, whose attributes may
//!    replace what links and forms would do anyway (`hx-get`, `hx-select`, `hx-target`, `hx-push-url`).
//! 5. The twin is the same address with `.json` (`viewer.as_json()`), `viewer.as_hal()` shows it in the API browser. A page
//!    at an address of its own, such as the map, answers programs too, and stands in the API document; a page at an address
//!    of the API needs no operation of its own.
//! 6. Tests ask with a browser's `Accept` (`tests/api/pages`): each state, hostile names, the twin.

mod api_page;
mod assets;
mod browser;
mod document;
pub(crate) mod drawing;
mod error_page;
mod example;
mod fixed;
mod frame;
mod hal_page;
mod laid_out;
mod nearest;
mod offer;
mod page;
pub(crate) mod parts;
mod relation_page;
mod relations;
mod theme;
mod viewer;

use axum::Router;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::app::App;
use crate::edge::{Error, FromPath, Named, PathNames, Principal};

pub(crate) use error_page::Nearest;
pub(crate) use frame::Section;
pub(crate) use hal_page::show_to_browsers;
pub(crate) use nearest::nearest;
pub(crate) use offer::{Offered, no_page, offer_pages};
pub(crate) use page::Page;
pub(crate) use viewer::Viewer;
#[cfg(test)]
pub(crate) use viewer::tests::viewer as tests_viewer;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/openapi.json", get(api_document))
        .route("/hal-browser/browser.html", get(browse))
        .route("/doc", get(about_api))
        .route("/doc/{relation}", get(relation))
        .route("/assets/{file}", get(asset))
        .route("/theme", get(choose_theme))
}

async fn api_document(_: Principal, headers: HeaderMap) -> Response {
    document::served().answer(&headers)
}

async fn browse(_: Principal, headers: HeaderMap) -> Response {
    (page::headers(), browser::served().answer(&headers)).into_response()
}

async fn about_api(_: Principal, viewer: Viewer) -> Response {
    api_page::show(&viewer)
}

/// A name in an address of this slice.
struct Name(String);

impl FromPath for Name {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        let name = [names.text("relation"), names.text("file")].concat();
        Ok(Self(name))
    }
}

async fn relation(_: Principal, viewer: Viewer, Named(Name(name)): Named<Name>) -> Response {
    relation_page::about(&viewer, &name)
}

async fn choose_theme(_: Principal, viewer: Viewer) -> Response {
    theme::choose(&viewer)
}

async fn asset(_: Principal, Named(Name(file)): Named<Name>, headers: HeaderMap) -> Result<Response, Error> {
    assets::find(&file).map(|asset| asset.answer(&headers)).ok_or(Error::NotFound)
}
