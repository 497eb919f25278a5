//! Which requests are answered with pages: those of clients that would rather read, at addresses that have a page. All others
//! go on to the API.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;

use crate::app::App;
use crate::edge::{Error, Principal, no_such_pacticipant, prefers_page, urls};
use crate::pacticipants;
use crate::ui::{Nearest, nearest};

/// So many names that may have been meant.
const MOST_NEAREST: usize = 3;

/// The pages, with what they need to be made.
#[derive(Clone)]
pub(crate) struct Offered {
    app: App,
    pages: Router,
}

/// On the answer of the pages' router where it has no page.
#[derive(Clone)]
struct NoPage;

impl Offered {
    pub(crate) fn new(app: App, pages: Router<App>) -> Self {
        let pages = pages.fallback(async || no_page());
        Self { pages: pages.with_state(app.clone()), app }
    }
}

/// What a page's handler answers where its address has no page after all.
pub(crate) fn no_page() -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(NoPage);
    response
}

/// Answers with a page where there is one and the client prefers it.
pub(crate) async fn offer_pages(State(offered): State<Offered>, request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) || !prefers_page(request.headers()) {
        return next.run(request).await;
    }
    let principal = request.extensions().get::<Principal>().cloned();
    let (parts, body) = request.into_parts();
    let asked = Request::from_parts(parts.clone(), Body::empty());
    let Offered { app, pages } = offered;
    let mut response = pages.oneshot(asked).await.into_response();
    if response.extensions().get::<NoPage>().is_some() {
        response = next.run(Request::from_parts(parts, body)).await;
    }
    if let (Some(name), Some(principal)) = (no_such_pacticipant(&response), principal) {
        // The page says what is missing, even if it can't say what is nearly so called.
        if let Ok(found) = find_nearest(&app, &principal, &name).await {
            response.extensions_mut().insert(found);
        }
    }
    response
}

async fn find_nearest(app: &App, principal: &Principal, name: &str) -> Result<Nearest, Error> {
    let mut db = app.read().await?;
    let names = pacticipants::list_names(&mut db, principal.tenant).await?;
    let found = nearest(name, names.iter(), |name| name, MOST_NEAREST);
    Ok(Nearest(
        found.into_iter().map(|name| (name.clone(), format!("/pacticipants/{}", urls::segment(name)))).collect(),
    ))
}
