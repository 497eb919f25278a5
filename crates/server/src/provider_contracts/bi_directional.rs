//! HTTP of the addresses at which clients of the commercial service look up what is known of a provider contract and of
//! consumers' contracts beside it: how each was tested, and whether they fit. What is not compared yet is compared for it.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pactolus_domain::gate::Comparison;
use pactolus_domain::names::{PacticipantName, VersionNumber};
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::api::{VersionPath, find_version};
use super::store::shown::{self, Shown};
use super::view;
use crate::app::App;
use crate::comparisons::{self, Compared, Contract, OfConsumer};
use crate::contracts;
use crate::edge::{
    BaseUrl, Error, FromPath, Hal, Link, Named, PathNames, Principal, RequestUrl, timestamp, urls, without_nulls,
};
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

/// And what is known of the contract of the consumer version, if one is named.
struct Settled {
    version: VersionId,
    contract: Option<Contract>,
    compared: Option<Compared>,
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

    /// As [`Self::find`]; what is not compared yet is compared.
    async fn find_settled(&self, app: &App, principal: &Principal, base: &BaseUrl) -> Result<Settled, Error> {
        let tenant = principal.tenant;
        let mut db = app.db.acquire().await?;
        let version = self.find(&mut db, tenant).await?.version;
        let Some((consumer, number)) = &self.consumer else {
            return Ok(Settled { version, contract: None, compared: None });
        };
        let named = (consumer.as_str(), number.as_str());
        let contract = comparisons::find_contract(&mut db, tenant, version, named).await?.ok_or(Error::NotFound)?;
        drop(db);
        let of = (consumer.as_str(), contract.sha.as_str());
        let compared = comparisons::find_settled(app, tenant, base, version, of).await?;
        Ok(Settled { version, contract: Some(contract), compared })
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

/// The contract itself, and how verifying it with the provider version ended.
async fn consumer_contract(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(beside): Named<Beside>,
) -> Result<Hal, Error> {
    let found = beside.find_settled(&app, &principal, &base).await?;
    let more = found.contract.as_ref().map(|contract| {
        json!({"consumerContract": {
            "specification": "pact",
            "contentType": "application/json",
            "sha": contract.sha,
            "createdAt": timestamp(contract.created_at),
            "content": STANDARD.encode(&contract.content),
        }})
    });
    let verified = found.contract.and_then(|contract| contract.verified);
    Ok(beside.answer(&base, &request, "Consumer contract", Status::of(verified), more.unwrap_or_default()))
}

async fn consumer_contract_results(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(beside): Named<Beside>,
) -> Result<Hal, Error> {
    let found = beside.find_settled(&app, &principal, &base).await?;
    let verified = found.contract.as_ref().and_then(|contract| contract.verified);
    let more = beside.consumer.as_ref().zip(found.contract).and_then(|((consumer, _), contract)| {
        let provider = beside.provider.provider.as_str();
        let url = urls::verification(&base, provider, consumer.as_str(), &contract.sha, contract.number?);
        Some(json!({"consumerContractVerificationResults": {
            "success": contract.verified,
            "verificationDate": contract.verified_at.map(timestamp),
            "_links": {"self": Link::to(url)},
        }}))
    });
    let title = "Consumer contract verification results";
    Ok(beside.answer(&base, &request, title, Status::of(verified), more.unwrap_or_default()))
}

/// With a consumer version what came of its contract; without one, of the latest contract of each consumer.
async fn cross_contract_results(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(beside): Named<Beside>,
) -> Result<Hal, Error> {
    let title = "Cross contract verification results";
    let found = beside.find_settled(&app, &principal, &base).await?;
    if let Some(shown) = &found.compared {
        let more = json!({"crossContractVerificationResults": comparisons::cross_contract_results(shown)});
        let status = Status::of(comparisons::compatible(shown.comparison()));
        return Ok(beside.answer(&base, &request, title, status, more));
    }
    let VersionPath { provider, version } = &beside.provider;
    let mut db = app.read().await?;
    let all = comparisons::list_of_consumers(&mut db, principal.tenant, found.version).await?;
    let outcomes: Vec<Option<bool>> = all.iter().map(outcome).collect();
    let status = match outcomes.as_slice() {
        outcomes if outcomes.contains(&Some(false)) => Some(false),
        [] => None,
        outcomes => outcomes.iter().all(Option::is_some).then_some(true),
    };
    let listed: Value = all.iter().map(|one| of_consumer(&base, (provider.as_str(), version.as_str()), one)).collect();
    let more = json!({"consumers": listed});
    Ok(beside.answer(&base, &request, title, Status::of(status), more))
}

fn outcome(of: &OfConsumer) -> Option<bool> {
    comparisons::compatible(Comparison::of(of.outcome.as_deref()))
}

fn of_consumer(base: &BaseUrl, provider: (&str, &str), of: &OfConsumer) -> Value {
    let OfConsumer { consumer, consumer_version, sha, .. } = of;
    without_nulls(json!({
        "consumerName": consumer,
        "consumerVersionNumber": consumer_version,
        "sha": sha,
        "verificationStatus": Status::of(outcome(of)).as_str(),
        "errors": of.errors,
        "warnings": of.warnings,
        "verificationDate": of.compared_at.map(timestamp),
        "_links": {"self": Link::to(urls::comparison(base, provider, consumer, sha))},
    }))
}
