//! HTTP of what publications triggered, and of how the webhooks of a pair are doing.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use pactolus_domain::content::ContentSha;
use pactolus_domain::names::{PacticipantName, VersionNumber};
use serde_json::{Map, Value, json};
use sqlx::PgConnection;

use super::store::triggered::{TriggeredWebhook, Which, list_triggered};
use crate::app::App;
use crate::edge::{BaseUrl, Error, FromPath, Hal, Link, Named, PathNames, Principal, RequestUrl, timestamp, urls};
use crate::ids::{PacticipantId, TenantId};
use crate::{contracts, pacticipants, tenants, verifications, versions};

pub(super) fn routes() -> Router<App> {
    let pair = "/pacts/provider/{provider}/consumer/{consumer}";
    let result = format!("{pair}/pact-version/{{sha}}/verification-results/{{number}}");
    Router::new()
        .route(&format!("{pair}/webhooks/status"), get(status))
        .route(&format!("{pair}/version/{{version}}/triggered-webhooks"), get(of_contract))
        .route(&format!("{result}/triggered-webhooks"), get(of_result))
}

struct Pair {
    consumer: PacticipantName,
    provider: PacticipantName,
}

impl FromPath for Pair {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { provider: names.pacticipant("provider")?, consumer: names.pacticipant("consumer")? })
    }
}

struct ContractPath {
    pair: Pair,
    version: VersionNumber,
}

impl FromPath for ContractPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { pair: Pair::from_path(names)?, version: names.version("version")? })
    }
}

struct ResultPath {
    pair: Pair,
    sha: ContentSha,
    number: i64,
}

impl FromPath for ResultPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self {
            pair: Pair::from_path(names)?,
            sha: ContentSha::parse(names.text("sha")).map_err(|_| Error::NotFound)?,
            number: names.text("number").parse().map_err(|_| Error::NotFound)?,
        })
    }
}

async fn of_contract(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(ContractPath { pair: Pair { consumer, provider }, version }): Named<ContractPath>,
) -> Result<Hal, Error> {
    let tenant = principal.tenant;
    let mut db = app.read().await?;
    let found = versions::find_version(&mut db, tenant, &consumer, &version).await?.ok_or(Error::NotFound)?;
    let provider_id = pacticipants::find_id(&mut db, tenant, &provider).await?.ok_or(Error::NotFound)?;
    if !contracts::has_contract_of_version(&mut db, tenant, found.id, provider_id).await? {
        return Err(Error::NotFound);
    }
    let title =
        format!("Webhooks triggered by the publication of the pact between {consumer} ({version}) and {provider}");
    listed(&app, &mut db, tenant, &base, &request, Which::Contract(found.id, provider_id), &title).await
}

async fn of_result(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(ResultPath { pair, sha, number }): Named<ResultPath>,
) -> Result<Hal, Error> {
    let tenant = principal.tenant;
    let mut db = app.read().await?;
    if !verifications::has_result(&mut db, tenant, (&pair.consumer, &pair.provider), &sha, number).await? {
        return Err(Error::NotFound);
    }
    let title = format!("Webhooks triggered by the publication of verification result {number}");
    listed(&app, &mut db, tenant, &base, &request, Which::Result(number), &title).await
}

async fn listed(
    app: &App,
    db: &mut PgConnection,
    tenant: TenantId,
    base: &BaseUrl,
    request: &RequestUrl,
    which: Which,
    title: &str,
) -> Result<Hal, Error> {
    let shown = read(app, db, tenant, which).await?;
    // The newest first, but not in the status: so the Pact Broker does.
    let listed: Vec<Value> = shown.iter().rev().map(|one| one.view(app, base)).collect();
    Ok(Hal::ok(&json!({
        "_embedded": {"triggeredWebhooks": listed},
        "_links": {"self": Link::to(&request.without_query).title(title)},
    })))
}

async fn status(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(Pair { consumer, provider }): Named<Pair>,
) -> Result<Hal, Error> {
    let tenant = principal.tenant;
    let mut db = app.read().await?;
    let consumer_id = find(&mut db, tenant, "consumer", &consumer).await?;
    let provider_id = find(&mut db, tenant, "provider", &provider).await?;
    let shown = read(&app, &mut db, tenant, Which::LastBetween(consumer_id, provider_id)).await?;
    drop(db);

    let (consumer, provider) = (consumer.as_str(), provider.as_str());
    let mut links = json!({
        "self": Link::to(&request.without_query).title("Webhooks status"),
        "pb:error-logs": shown.iter().filter(|one| one.has_failed()).map(|one| one.logs(&base)).collect::<Vec<_>>(),
        "pb:pact-webhooks": Link::to(format!("{}/webhooks", urls::pair(&base, provider, consumer)))
            .title(format!("Webhooks for the pact between {consumer} and {provider}")),
        "pb:consumer": Link::to(urls::pacticipant(&base, consumer)).title("Consumer").name(consumer),
        "pb:provider": Link::to(urls::pacticipant(&base, provider)).title("Provider").name(provider),
    });
    if let Some(version) = shown.iter().rev().find_map(|one| one.triggered.consumer_version.as_deref()) {
        let name = format!("Pact between {consumer} ({version}) and {provider}");
        let pact = Link::to(urls::contract(&base, provider, consumer, version)).title("Pact").name(name);
        links["pb:pact-version"] = pact.into();
    }
    let embedded: Vec<Value> = shown.iter().map(|one| one.view(&app, &base)).collect();
    Ok(Hal::ok(&json!({
        "summary": summary(&shown),
        "_embedded": {"triggeredWebhooks": embedded},
        "_links": links,
    })))
}

/// How many there are of each status: those that are under way only if there are any.
fn summary(shown: &[Shown]) -> Value {
    let count = |status: &str| shown.iter().filter(|one| one.triggered.status == status).count();
    let mut summary = json!({"successful": count("success"), "failed": count("failure")});
    for (key, status) in [("retrying", "retrying"), ("notRun", "not_run")] {
        if count(status) > 0 {
            summary[key] = count(status).into();
        }
    }
    summary
}

async fn find(
    db: &mut PgConnection,
    tenant: TenantId,
    role: &'static str,
    name: &PacticipantName,
) -> Result<PacticipantId, Error> {
    let missing = || Error::NoSuchPacticipant { role, name: name.to_string() };
    pacticipants::find_id(db, tenant, name).await?.ok_or_else(missing)
}

/// A delivery under the name of its webhook.
struct Shown {
    triggered: TriggeredWebhook,
    name: String,
}

/// Opens the webhooks' requests: how they are called depends on the method.
async fn read(app: &App, db: &mut PgConnection, tenant: TenantId, which: Which) -> Result<Vec<Shown>, Error> {
    let listed = list_triggered(db, tenant, which).await?;
    if listed.is_empty() {
        return Ok(Vec::new());
    }
    let key = tenants::data_key(db, tenant, &app.master_key).await?;
    let named = listed.into_iter().map(|triggered| {
        let name = match &triggered.sealed_request {
            Some(sealed) => super::open(&key, tenant, sealed)?.title(),
            None => "a deleted webhook".to_string(),
        };
        Ok(Shown { triggered, name })
    });
    named.collect()
}

impl Shown {
    fn has_failed(&self) -> bool {
        self.triggered.status == "failure"
    }

    fn logs(&self, base: &BaseUrl) -> Link {
        Link::to(urls::delivery_logs(base, self.triggered.id)).title("Webhook execution logs").name(&self.name)
    }

    fn view(&self, app: &App, base: &BaseUrl) -> Value {
        let TriggeredWebhook { id, event, status, created_at, attempts_made, webhook_id, .. } = &self.triggered;
        let most = i64::from(app.settings.webhooks.retries.most_attempts());
        let is_done = matches!(status.as_str(), "success" | "failure");
        let deprecated = Link::to(urls::delivery_logs(base, *id)).title("DEPRECATED - Use pb:logs").name(&self.name);
        let mut links = Map::new();
        links.insert("pb:logs".into(), self.logs(base).into());
        links.insert("logs".into(), deprecated.into());
        if let Some(webhook) = webhook_id {
            let link = Link::to(urls::webhook(base, webhook)).title("Webhook").name(&self.name);
            links.insert("pb:webhook".into(), link.into());
        }
        json!({
            "name": self.name,
            "status": status,
            "attemptsMade": attempts_made,
            "attemptsRemaining": if is_done { 0 } else { (most - attempts_made).max(0) },
            "triggerType": "resource_creation",
            "eventName": event,
            "triggeredAt": timestamp(*created_at),
            "_links": links,
        })
    }
}
