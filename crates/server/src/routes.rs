//! The router: every slice's routes, and what happens around each request.

use std::any::Any;
use std::panic::resume_unwind;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower::Layer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::normalize_path::{NormalizePath, NormalizePathLayer};

use crate::app::App;
use crate::auth::authenticate;
use crate::edge::{
    CONTENT, DIFF, Error, GRAPHVIZ, HAL, SVG, TEXT, check_path, look_without_extension, negotiate,
    refuse_other_origins, render_errors, repeat_overtaken,
};
use crate::{
    badges, comparisons, contracts, dashboard, deployments, environments, events, evidence, health, home, index,
    integrations, matrix, metrics, pacticipants, provider_contracts, removal, search, secrets, ui, usage, verdicts,
    verification_requests, verifications, versions, webhooks,
};

/// The release of the Pact Broker whose API this is; clients log it.
static API_RELEASE: HeaderValue = HeaderValue::from_static("2.120.0");
static API_RELEASE_HEADER: HeaderName = HeaderName::from_static("x-pact-broker-version");

/// The whole API, ready to be served.
#[must_use]
pub fn router(app: App) -> NormalizePath<Router> {
    let hal = Router::new()
        .merge(comparisons::routes())
        .merge(contracts::routes())
        .merge(deployments::routes())
        .merge(deployments::timeline_routes())
        .merge(environments::routes())
        .merge(events::routes())
        .merge(evidence::routes())
        .merge(home::routes())
        .merge(index::routes())
        .merge(integrations::map_routes())
        .merge(metrics::routes())
        .merge(pacticipants::routes())
        .merge(provider_contracts::routes())
        .merge(search::routes())
        .merge(secrets::routes())
        .merge(usage::routes())
        .merge(verdicts::routes())
        .merge(verification_requests::routes())
        .merge(verifications::list_routes())
        .merge(versions::routes())
        .merge(webhooks::routes())
        .route_layer(from_fn(|request: Request, next: Next| negotiate(&[HAL], request, next)));
    let content = Router::new()
        .merge(contracts::content_routes())
        .merge(verifications::routes())
        .route_layer(from_fn(|request: Request, next: Next| negotiate(CONTENT, request, next)));
    let hal_or_text = Router::new()
        .merge(dashboard::routes())
        .merge(matrix::routes())
        .route_layer(from_fn(|request: Request, next: Next| negotiate(&[HAL, TEXT], request, next)));
    let hal_or_graph = integrations::routes()
        .route_layer(from_fn(|request: Request, next: Next| negotiate(&[HAL, GRAPHVIZ], request, next)));
    let text_or_hal = Router::new()
        .merge(webhooks::log_routes())
        .route_layer(from_fn(|request: Request, next: Next| negotiate(&[TEXT, HAL], request, next)));
    let diffs =
        contracts::diff_routes().route_layer(from_fn(|request: Request, next: Next| negotiate(DIFF, request, next)));
    let svg = badges::routes().route_layer(from_fn(|request: Request, next: Next| negotiate(&[SVG], request, next)));
    let anything = Router::new()
        .merge(badges::routes_with_suffix())
        .merge(health::routes())
        .merge(integrations::csv_routes())
        .merge(integrations::svg_routes())
        .merge(provider_contracts::document_routes())
        .merge(removal::routes())
        .merge(ui::routes());
    serving(
        app,
        pages(),
        Router::new()
            .merge(hal)
            .merge(content)
            .merge(hal_or_text)
            .merge(hal_or_graph)
            .merge(text_or_hal)
            .merge(diffs)
            .merge(svg)
            .merge(anything),
    )
}

/// Only the health checks: for a process that does jobs and takes no requests.
#[must_use]
pub fn health_router(app: App) -> NormalizePath<Router> {
    serving(app, Router::new(), health::routes())
}

/// What browsers get at these addresses; programs get what the API has there.
fn pages() -> Router<App> {
    Router::new()
        .merge(comparisons::page_routes())
        .merge(contracts::page_routes())
        .merge(deployments::page_routes())
        .merge(home::page_routes())
        .merge(integrations::page_routes())
        .merge(matrix::page_routes())
        .merge(pacticipants::page_routes())
        .merge(provider_contracts::page_routes())
        .merge(search::page_routes())
        .merge(verification_requests::page_routes())
        .merge(webhooks::page_routes())
}

fn serving(app: App, pages: Router<App>, slices: Router<App>) -> NormalizePath<Router> {
    let router = slices
        .route_layer(from_fn(repeat_overtaken))
        .fallback(async || Error::NotFound)
        .method_not_allowed_fallback(async || Error::MethodNotAllowed)
        .layer(from_fn_with_state(ui::Offered::new(app.clone(), pages), ui::offer_pages))
        .layer(from_fn(check_path))
        .layer(from_fn_with_state(app.clone(), refuse_other_origins))
        .layer(from_fn_with_state(app.clone(), authenticate))
        .layer(from_fn(finish))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.clone(), render_errors))
        .layer(from_fn_with_state(app.clone(), ui::show_to_browsers))
        .layer(from_fn(add_headers))
        .layer(
            CompressionLayer::new().compress_when(DefaultPredicate::new().and(NotForContentType::const_new("font/"))),
        )
        .layer(from_fn_with_state(app.clone(), log_slow_requests))
        .with_state(app);
    // Around the router, not in it: there the Allow header is not written yet.
    let router =
        Router::new().fallback_service(router).layer(from_fn(answer_options)).layer(from_fn(look_without_extension));
    NormalizePathLayer::trim_trailing_slash().layer(router)
}

/// What a client began is done, though the client has gone away. A transaction that is given up in the moment in which it
/// begins would stay open on its connection without the pool's knowing, and whoever gets that connection next would be
/// in it.
async fn finish(request: Request, next: Next) -> Response {
    match tokio::spawn(next.run(request)).await {
        Ok(response) => response,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(error) => Error::internal(error).into_response(),
        },
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over so")]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    Error::internal(format!("panicked: {}", text.unwrap_or("without a message"))).into_response()
}

/// Every address says what it takes, `OPTIONS` included.
async fn answer_options(request: Request, next: Next) -> Response {
    let asks = request.method() == Method::OPTIONS;
    let mut response = next.run(request).await;
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return response;
    }
    let Some(allowed) = response.headers().get(header::ALLOW).and_then(|allowed| allowed.to_str().ok()) else {
        return response;
    };
    let methods: Vec<&str> = allowed.split(',').map(str::trim).chain(["OPTIONS"]).collect();
    let allowed = header_value(&methods);
    if !asks {
        response.headers_mut().insert(header::ALLOW, allowed);
        return response;
    }
    // HEAD is allowed across origins without being named.
    let across_origins: Vec<&str> = methods.into_iter().filter(|method| *method != "HEAD").collect();
    let headers = [(header::ACCESS_CONTROL_ALLOW_METHODS, header_value(&across_origins)), (header::ALLOW, allowed)];
    (StatusCode::OK, headers).into_response()
}

fn header_value(methods: &[&str]) -> HeaderValue {
    HeaderValue::from_str(&methods.join(", ")).expect("names of methods are ASCII")
}

async fn add_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    headers.append(header::VARY, HeaderValue::from_static("Accept"));
    headers.insert(API_RELEASE_HEADER.clone(), API_RELEASE.clone());
    response
}

/// Says which requests took long; the rest would only be noise.
async fn log_slow_requests(State(app): State<App>, request: Request, next: Next) -> Response {
    const SLOW: Duration = Duration::from_secs(1);
    let (method, path) = (request.method().clone(), request.uri().path().to_string());
    let started = app.now();
    let response = next.run(request).await;
    let took = (app.now() - started).to_std().unwrap_or_default();
    // Who reads the feed may wait for it.
    if took >= SLOW && path != "/events" {
        let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        tracing::warn!(http.method = %method, http.path = path, duration_ms, "{method} {path} took {duration_ms} ms");
    }
    response
}
