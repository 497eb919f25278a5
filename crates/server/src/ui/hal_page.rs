//! Answers as pages, for browsers that ask for one where there is no other: the JSON that programs get, with its links to
//! follow.

use axum::body::{HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::response::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::error_page::{self, Nearest};
use super::frame::{Frame, Section};
use super::laid_out::laid_out;
use super::page::{HTML, headers};
use super::parts::word;
use super::viewer::Viewer;
use crate::app::App;
use crate::edge::{BaseUrl, Error, Told, content_type, prefers_page};

/// More than this is answered as it is: a browser that lays out so much is no help.
const LARGEST: u64 = 300_000;

/// Gives browsers a page where programs get HAL, or are told what is wrong.
pub(crate) async fn show_to_browsers(State(app): State<App>, mut request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) || !prefers_page(request.headers()) {
        return next.run(request).await;
    }
    // The headers of a page are those of the whole page; the router leaves its body out.
    *request.method_mut() = Method::GET;
    let uri = request.uri();
    let viewer = Viewer::of(&app, request.headers(), uri.path(), uri.query().unwrap_or_default());
    let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let response = next.run(request).await;
    if !is_shown(&response) {
        return response;
    }

    let (mut parts, body) = response.into_parts();
    if let Some(told) = parts.extensions.remove::<Told>() {
        return error_instead(&viewer, parts, &told);
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(HTML));
    parts.headers.extend(headers());
    let Ok(body) = to_bytes(body, usize::try_from(LARGEST).unwrap_or(usize::MAX)).await else {
        return Error::internal("an answer was not read to its end").into_response();
    };
    let text = String::from_utf8_lossy(&body);
    let content = content(&viewer.base, &viewer.root, &path, parts.status, &text);
    (parts, frame(&viewer, &path).around(&content).into_string()).into_response()
}

fn frame<'a>(viewer: &'a Viewer, path: &'a str) -> Frame<'a> {
    Frame {
        root: &viewer.root,
        title: path,
        section: Section::None,
        theme: viewer.theme,
        here: Some(path),
        who: None,
        json: None,
        took_ms: Some(viewer.took().num_milliseconds()),
        class: Some("api"),
    }
}

/// Headers that the error came with, such as when to try again, stay.
fn error_instead(viewer: &Viewer, mut parts: Parts, told: &Told) -> Response {
    let mut page = error_page::show(viewer, told, parts.extensions.get::<Nearest>());
    for name in [header::CONTENT_LENGTH, header::CONTENT_TYPE] {
        parts.headers.remove(name);
    }
    for (name, value) in &parts.headers {
        page.headers_mut().entry(name).or_insert(value.clone());
    }
    page
}

fn is_shown(response: &Response) -> bool {
    let content_type = content_type(response.headers());
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    let is_shown = content_type == "application/hal+json" || (is_error && content_type == "application/json");
    is_shown && response.body().size_hint().exact().is_some_and(|size| size <= LARGEST)
}

fn content(base: &BaseUrl, prefix: &str, path: &str, status: StatusCode, text: &str) -> Markup {
    let address = format!("{}{path}", base.as_str());
    html! {
        h1 .mono { (path) }
        @if !status.is_success() { p .lead .bad { strong { (status) } } }
        p { "Programs get this address with" }
        pre .command .after { "curl --header 'Accept: application/hal+json' " (word(&address)) }
        pre .answer { (laid_out(text, base, prefix)) }
        p { a href={ (prefix) "/hal-browser/browser.html#" (path) } { "Try it in the API browser" } }
    }
}
