//! HTTP of the addresses at which clients of the commercial service look up what is known of a provider contract and of
//! consumers' contracts beside it. Nothing is compared yet: whatever would come of it is unknown.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use pactolus_domain::names::{PacticipantName, VersionNumber};
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::api::{VersionPath, find_version};
use super::store::shown::{self, Shown};
use super::view;
use crate::app::App;
use crate::contracts;
use crate::edge::{BaseUrl, Error, FromPath, Hal, Link, Named, PathNames, Principal, RequestUrl, urls};
use crate::ids::{TenantId, VersionId};
use crate::versions;

const OF_PROVIDER: &str = "/contracts/bi-directional/provider/{provider}/version/{version}";
const OF_PAIR: &str =
    "/contracts/bi-directional/provider/{provider}/version/{version}/consumer/{consumer}/version/{consumer_version}";

pub(super) fn routes() -> Router<App> {
    [OF_PROVIDER, OF_PAIR].into_iter().fold(Router::new(), |router, of| {
        router
            .route(&format!("{of}/provider-contract"), get(provider_contract))
            .route(&format!("{of}/provider-contract-verification-results"), get(provider_contract_results))
            .route(&format!("{of}/consumer-contract"), get(consumer_contract))
            .route(&format!("{of}/consumer-contract-verification-results"), get(consumer_contract_results))
            .route(&format!("{of}/cross-contract-verification-results"), get(cross_contract_results))
    })
}

/// A provider version, and the consumer version beside it, if one is named.
struct Beside {
    provider: VersionPath,
    consumer: Option<(PacticipantName, VersionNumber)>,
}

impl FromPath for Beside {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        let consumer = match names.text("consumer") {
            "" => None,
            _ => Some((names.pacticipant("consumer")?, names.version("consumer_version")?)),
        };
        Ok(Self { provider: VersionPath::from_path(names)?, consumer })
    }
}

/// What was found at such an address.
struct Found {
    version: VersionId,
    shown: Shown,
}

impl Beside {
    /// Both must have published: the provider its document, the consumer a contract with the provider.
    async fn find(&self, db: &mut PgConnection, tenant: TenantId) -> Result<Found, Error> {
        let VersionPath { provider, version } = &self.provider;
        let id = find_version(db, tenant, provider, version).await?;
        let shown = shown::list_shown(db, tenant, &[id.0]).await?.pop().ok_or(Error::NotFound)?;
        if let Some((consumer, number)) = &self.consumer {
            let consumer_version =
                versions::find_version(db, tenant, consumer, number).await?.ok_or(Error::NotFound)?;
            let providers = contracts::list_providers_of(db, tenant, &[consumer_version.id.0]).await?;
            if !providers.iter().any(|(_, name)| name == provider.as_str()) {
                return Err(Error::NotFound);
            }
        }
        Ok(Found { version: id, shown })
    }

    /// The shape of all these answers.
    fn answer(&self, base: &BaseUrl, request: &RequestUrl, title: &str, status: Status, more: Value) -> Hal {
        let VersionPath { provider, version } = &self.provider;
        let (provider, version) = (provider.as_str(), version.as_str());
        let mut links = json!({
            "self": Link::to(request.with_query()).title(title),
            "pb:provider": Link::to(urls::pacticipant(base, provider)).title("Provider").name(provider),
            "pb:provider-version":
                Link::to(urls::version(base, provider, version)).title("Provider version").name(version),
            "pb:provider-contract": view::link(base, provider, version),
        });
        if let Some((consumer, number)) = &self.consumer {
            let (consumer, number) = (consumer.as_str(), number.as_str());
            let contract = urls::contract(base, provider, consumer, number);
            links["pb:consumer"] = Link::to(urls::pacticipant(base, consumer)).title("Consumer").name(consumer).into();
            links["pb:consumer-version"] =
                Link::to(urls::version(base, consumer, number)).title("Consumer version").name(number).into();
            links["pb:consumer-contract"] = Link::to(contract).title("Consumer contract").into();
        }
        let mut body = json!({"verificationStatus": status.as_str(), "_actions": [], "_embedded": {}, "_links": links});
        if let (Value::Object(members), Value::Object(more)) = (&mut body, more) {
            members.extend(more);
        }
        Hal::ok(&body)
    }
}

#[derive(Clone, Copy)]
enum Status {
    Success,
    Failure,
    Unknown,
}

impl Status {
    fn of(success: Option<bool>) -> Self {
        match success {
            Some(true) => Self::Success,
            Some(false) => Self::Failure,
            None => Self::Unknown,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Unknown => "unknown",
        }
    }
}

async fn provider_contract(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(beside): Named<Beside>,
) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    let found = beside.find(&mut db, principal.tenant).await?;
    let served = shown::find_document(&mut db, principal.tenant, found.version).await?.ok_or(Error::NotFound)?;
    let more = json!({"providerContract": view::document(&found.shown, &served.content)});
    Ok(beside.answer(&base, &request, "Provider contract", Status::of(found.shown.success), more))
}

async fn provider_contract_results(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(beside): Named<Beside>,
) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    let found = beside.find(&mut db, principal.tenant).await?;
    let report = shown::find_report(&mut db, principal.tenant, found.version).await?;
    let more = match view::report(&found.shown, report.as_deref()) {
        Value::Null => Value::Null,
        results => json!({"providerContractVerificationResults": results}),
    };
    let title = "Provider contract verification results";
    Ok(beside.answer(&base, &request, title, Status::of(found.shown.success), more))
}

async fn consumer_contract(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(beside): Named<Beside>,
) -> Result<Hal, Error> {
    unknown(&app, &principal, &base, &request, &beside, "Consumer contract").await
}

async fn consumer_contract_results(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(beside): Named<Beside>,
) -> Result<Hal, Error> {
    unknown(&app, &principal, &base, &request, &beside, "Consumer contract verification results").await
}

async fn cross_contract_results(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(beside): Named<Beside>,
) -> Result<Hal, Error> {
    unknown(&app, &principal, &base, &request, &beside, "Cross contract verification results").await
}

async fn unknown(
    app: &App,
    principal: &Principal,
    base: &BaseUrl,
    request: &RequestUrl,
    beside: &Beside,
    title: &str,
) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    beside.find(&mut db, principal.tenant).await?;
    Ok(beside.answer(base, request, title, Status::Unknown, Value::Null))
}
