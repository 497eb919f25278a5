//! HTTP of what came of holding a contract against what a provider version offers: where answers about the pair link to.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use pactolus_domain::content::ContentSha;
use pactolus_domain::gate::Comparison;
use pactolus_domain::names::{PacticipantName, VersionNumber};
use serde_json::{Value, json};

use super::store::matters::list_pairs_of_content;
use super::store::shown::{Shown, find_shown};
use super::{settle, view};
use crate::app::App;
use crate::edge::{BaseUrl, Error, FromPath, Hal, Link, Named, PathNames, Principal, urls};
use crate::ids::{TenantId, VersionId};
use crate::provider_contracts;
use crate::versions;

/// Where what came of a pair stands, for programs and browsers.
pub(super) const ADDRESS: &str =
    "/contracts/provider/{provider}/version/{version}/consumer/{consumer}/pact-version/{sha}/verification-results";

pub(super) fn routes() -> Router<App> {
    Router::new().route(ADDRESS, get(show))
}

/// A contract by its sha beside a provider version.
pub(super) struct Beside {
    pub(super) provider: PacticipantName,
    pub(super) version: VersionNumber,
    pub(super) consumer: PacticipantName,
    pub(super) sha: ContentSha,
}

impl FromPath for Beside {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self {
            provider: names.pacticipant("provider")?,
            version: names.version("version")?,
            consumer: names.pacticipant("consumer")?,
            sha: ContentSha::parse(names.text("sha")).map_err(|_| Error::NotFound)?,
        })
    }
}

async fn show(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(path): Named<Beside>,
) -> Result<Hal, Error> {
    let (version, shown) = path.find(&app, principal.tenant, &base).await?;
    let mut db = app.db.acquire().await?;
    let own = provider_contracts::find_results(&mut db, principal.tenant, version).await?;
    Ok(Hal::ok(&body(&base, &path, &shown, own)))
}

impl Beside {
    /// What is known of the two, and the provider version.
    pub(super) async fn find(&self, app: &App, tenant: TenantId, base: &BaseUrl) -> Result<(VersionId, Shown), Error> {
        let mut db = app.db.acquire().await?;
        let version = versions::find_version(&mut db, tenant, &self.provider, &self.version).await?;
        let version = version.ok_or(Error::NotFound)?.id;
        drop(db);
        let contract = (self.consumer.as_str(), self.sha.as_str());
        let shown = find_settled(app, tenant, base, version, contract).await?.ok_or(Error::NotFound)?;
        Ok((version, shown))
    }
}

/// What is not compared yet is compared for it.
pub(crate) async fn find_settled(
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    provider_version: VersionId,
    contract: (&str, &str),
) -> Result<Option<Shown>, Error> {
    let mut db = app.db.acquire().await?;
    let shown = find_shown(&mut db, tenant, provider_version, contract).await?;
    if shown.as_ref().is_none_or(|shown| shown.comparison() != Comparison::Pending) {
        return Ok(shown);
    }
    let pairs = list_pairs_of_content(&mut db, tenant, provider_version, contract).await?;
    drop(db);
    settle::settle_pairs(app, tenant, base, &pairs).await?;
    let mut db = app.db.acquire().await?;
    Ok(find_shown(&mut db, tenant, provider_version, contract).await?)
}

fn body(base: &BaseUrl, path: &Beside, shown: &Shown, own: Value) -> Value {
    let (provider, version) = (path.provider.as_str(), path.version.as_str());
    let (consumer, sha) = (path.consumer.as_str(), path.sha.as_str());
    let url = urls::comparison(base, (provider, version), consumer, sha);
    let mut body = json!({
        "summary": {"success": shown.success()},
        "crossContractVerificationResults": view::cross_contract_results(shown),
        "_links": {
            "self": Link::to(url).title("Cross contract and provider contract verification results"),
            "pb:pact": Link::to(urls::content(base, provider, consumer, sha, None)).title("The contract"),
            "pb:provider-contract": provider_contracts::link(base, provider, version),
        },
    });
    if !own.is_null() {
        body["providerContractVerificationResults"] = own;
    }
    body
}
