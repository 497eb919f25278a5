//! Requests that a web page of somebody else made a browser send. While nobody has to authenticate, being able to reach
//! the server is all it takes, and a browser on this machine can.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::Url;

use super::{BaseUrl, Error};
use crate::app::App;

/// Refuses what a page from another origin sends. Programs send neither header.
pub(crate) async fn refuse_other_origins(State(app): State<App>, request: Request, next: Next) -> Response {
    match foreign_origin(&app, request.headers()) {
        Some(origin) if !request.method().is_safe() => Error::ForeignOrigin { origin }.into_response(),
        _ => next.run(request).await,
    }
}

fn foreign_origin(app: &App, headers: &HeaderMap) -> Option<String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if matches!(text("sec-fetch-site"), Some("cross-site" | "same-site")) {
        return Some(text(header::ORIGIN.as_str()).unwrap_or("another site").to_string());
    }
    let origin = text(header::ORIGIN.as_str())?;
    let own = BaseUrl::of(app, headers);
    let is_own = |url: &str| Url::parse(url).is_ok_and(|url| url.origin().ascii_serialization() == origin);
    let known = is_own(own.as_str()) || app.settings.base_urls.iter().any(|url| is_own(url));
    (!known).then(|| origin.to_string())
}
