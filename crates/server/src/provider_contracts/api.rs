//! HTTP of reading provider contracts.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use pactolus_domain::names::{PacticipantName, VersionNumber};
use serde_json::{Map, Value, json};
use sqlx::PgConnection;

use super::publish_api::{ProviderPath, put};
use super::store::shown::{self, Shown};
use super::view;
use crate::app::App;
use crate::edge::{BaseUrl, Error, FromPath, Hal, Link, Named, Page, PathNames, Principal, RequestUrl};
use crate::ids::{TenantId, VersionId};
use crate::pacticipants;
use crate::versions;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/contracts/provider/{provider}", get(list))
        .route("/contracts/provider/{provider}/version/{version}", get(show).put(put))
}

pub(super) fn document_routes() -> Router<App> {
    Router::new().route("/contracts/provider/{provider}/version/{version}/content", get(document))
}

pub(super) struct VersionPath {
    pub(super) provider: PacticipantName,
    pub(super) version: VersionNumber,
}

impl FromPath for VersionPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { provider: names.pacticipant("provider")?, version: names.version("version")? })
    }
}

/// The version's provider contract; there is none to be found of a version without one.
pub(super) async fn find_shown(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: &PacticipantName,
    version: &VersionNumber,
) -> Result<Shown, Error> {
    let id = find_version(db, tenant, provider, version).await?;
    shown::list_shown(db, tenant, &[id.0]).await?.pop().ok_or(Error::NotFound)
}

pub(super) async fn find_version(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: &PacticipantName,
    version: &VersionNumber,
) -> Result<VersionId, Error> {
    Ok(versions::find_version(db, tenant, provider, version).await?.ok_or(Error::NotFound)?.id)
}

async fn show(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(path): Named<VersionPath>,
) -> Result<Hal, Error> {
    let mut db = app.db.acquire().await?;
    let shown = find_shown(&mut db, principal.tenant, &path.provider, &path.version).await?;
    Ok(Hal::ok(&view::provider_contract(&base, &shown)))
}

async fn list(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    page: Page,
    Named(ProviderPath(provider)): Named<ProviderPath>,
) -> Result<Hal, Error> {
    let (tenant, page) = (principal.tenant, page.always());
    let mut db = app.read().await?;
    let Some(id) = pacticipants::find_id(&mut db, tenant, &provider).await? else {
        return Err(Error::NoSuchPacticipant { role: "provider", name: provider.to_string() });
    };
    let (versions, total) = shown::list_versions(&mut db, tenant, id, page.limit(), page.offset()).await?;
    let listed = shown::list_shown(&mut db, tenant, &versions).await?;

    let linked: Value = listed.iter().map(|one| Value::from(view::link(&base, &one.provider, &one.version))).collect();
    let embedded: Value = listed.iter().map(|one| view::provider_contract(&base, one)).collect();
    let mut links = Map::new();
    let title = format!("Provider contracts of {provider}");
    links.insert("self".into(), Link::to(request.with_query()).title(title).into());
    links.insert("pb:provider-contracts".into(), linked);
    for (relation, link) in page.links(total, &request.without_query, None) {
        links.insert(relation.into(), link.into());
    }
    Ok(Hal::ok(&json!({
        "page": page.summary(total),
        "_embedded": {"providerContracts": embedded},
        "_links": links,
    })))
}

/// A publisher chooses the type, so a browser must not run what it gets: it would be run in this server's name.
const HARMLESS: [(HeaderName, HeaderValue); 2] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
];

async fn document(
    State(app): State<App>,
    principal: Principal,
    Named(path): Named<VersionPath>,
) -> Result<Response, Error> {
    let mut db = app.db.acquire().await?;
    let version = find_version(&mut db, principal.tenant, &path.provider, &path.version).await?;
    let served = shown::find_document(&mut db, principal.tenant, version).await?.ok_or(Error::NotFound)?;
    let content_type = HeaderValue::try_from(served.content_type).map_err(Error::internal)?;
    Ok((HARMLESS, [(header::CONTENT_TYPE, content_type)], served.content).into_response())
}
