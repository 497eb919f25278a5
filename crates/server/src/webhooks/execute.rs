//! Executing a webhook on request. The request itself calls nobody: it writes what is to be sent, wakes a worker, and
//! waits without a database connection until the outcome is there.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use pactolus_domain::webhook::{BodyFormat, Webhook, WebhookEvent};
use serde_json::{Value, json};
use sqlx::PgConnection;
use tokio::time::Instant;
use uuid::Uuid;

use super::api::{WebhookId, find, read, to_write};
use super::context::{CLOUD_EVENT, Context, Status};
use super::store::NewWebhook;
use super::store::tested::{self as store, LatestContract};
use super::tested::unsent;
use super::trigger::{ContractEvent, contract_context};
use crate::app::App;
use crate::edge::{BaseUrl, Error, FromPath, Hal, JsonBody, Link, Named, PathNames, Principal, prefers_page, urls};
use crate::events::Event;
use crate::ids::TenantId;
use crate::ui::Viewer;
use crate::{audit, jobs, tenants};

/// How long a worker may take to come to it.
const UNTIL_BEGUN: Duration = Duration::from_secs(5);

/// Between two looks for the outcome; each doubles, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/webhooks/execute", post(execute_unsaved))
        .route("/webhooks/{webhook}/execute", post(execute_saved))
        .route("/webhooks/{webhook}/tests/{uuid}", get(show))
}

/// A form leads to the page of what came of it.
async fn execute_saved(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    viewer: Viewer,
    headers: HeaderMap,
    Named(WebhookId(id)): Named<WebhookId>,
) -> Result<Response, Error> {
    let mut tx = app.db.begin().await?;
    let stored = find(&mut tx, principal.tenant, &id).await?.ok_or(Error::NotFound)?;
    let key = tenants::data_key(&mut tx, principal.tenant, &app.master_key).await?;
    let webhook = read(&key, principal.tenant, &stored)?;
    let test = begin(&mut tx, &app, &principal, &base, Some(&id), &webhook).await?;
    tx.commit().await?;

    let mut outcome = outcome_of(&app, principal.tenant, test).await?;
    if prefers_page(&headers) {
        let address = format!("/webhooks/{}/tests/{test}", urls::segment(&id));
        return Ok(Redirect::to(&viewer.at(&address)).into_response());
    }
    let own = urls::webhook(&base, &id);
    let again = Link::to(format!("{own}/execute")).title("Execute the webhook again");
    let outcome_link = Link::to(format!("{own}/tests/{test}")).title("What came of executing the webhook");
    outcome["_links"] = json!({"self": outcome_link, "webhook": Link::to(own), "try-again": again});
    Ok(Hal::ok(&outcome).into_response())
}

/// A test of a saved webhook.
pub(super) struct TestPath {
    pub(super) webhook: String,
    pub(super) id: Uuid,
}

impl FromPath for TestPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { webhook: names.text("webhook").to_owned(), id: Uuid::from_path(names)? })
    }
}

async fn show(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(TestPath { webhook, id }): Named<TestPath>,
) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    let tested = store::find_tested(&mut db, principal.tenant, &webhook, id).await?.ok_or(Error::NotFound)?;
    drop(db);

    let webhook = urls::webhook(&base, &webhook);
    let again = Link::to(format!("{webhook}/execute")).title("Execute the webhook again");
    let own = Link::to(format!("{webhook}/tests/{id}")).title("What came of executing the webhook");
    let mut outcome = tested.outcome.unwrap_or_else(not_yet);
    outcome["_links"] = json!({"self": own, "webhook": Link::to(webhook), "try-again": again});
    Ok(Hal::ok(&outcome))
}

/// What is said of it until it was sent.
pub(super) fn not_yet() -> Value {
    unsent("It was not sent yet: workers are busy, or none is running.")
}

async fn execute_unsaved(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    body: JsonBody,
) -> Result<Hal, Error> {
    let mut webhook = Webhook::parse(&body.value, &app.settings.webhooks.targets)?;
    webhook.keep_secrets(None, &body.value)?;

    let mut tx = app.db.begin().await?;
    let test = begin(&mut tx, &app, &principal, &base, None, &webhook).await?;
    tx.commit().await?;

    let mut outcome = outcome_of(&app, principal.tenant, test).await?;
    let again = Link::to(format!("{}/webhooks/execute", base.as_str())).title("Execute the webhook again");
    outcome["_links"] = json!({"try-again": again});
    Ok(Hal::ok(&outcome))
}

async fn begin(
    db: &mut PgConnection,
    app: &App,
    principal: &Principal,
    base: &BaseUrl,
    saved: Option<&str>,
    webhook: &Webhook,
) -> Result<Uuid, Error> {
    let tenant = principal.tenant;
    let subject = saved.unwrap_or("unsaved");
    let new = to_write(db, app, tenant, subject, webhook).await?;
    let mut context = example(db, tenant, base, &new, webhook).await?.to_value();
    let id = app.new_id();
    if webhook.body_format == BodyFormat::CloudEvents {
        context[CLOUD_EVENT] = test_event(id, app.now(), base, &context).to_cloud_event();
    }
    store::insert_test(db, tenant, (id, saved), &new.sealed_request, &context, app.now()).await?;
    let payload = json!({"test": id, "webhook": saved});
    jobs::enqueue(db, app, tenant, jobs::Kind::WebhookTest, &new.host, &payload).await?;
    audit::record(db, app, principal, "webhook.tested", subject, &json!({})).await?;
    Ok(id)
}

/// An event of no name that happens: receivers can tell it from those that do.
fn test_event(id: Uuid, now: DateTime<Utc>, base: &BaseUrl, context: &Value) -> Event {
    let side = |name: &str| json!({"name": context[format!("{name}Name")], "version": context[format!("{name}VersionNumber")]});
    Event {
        id,
        name: "test".into(),
        source: base.as_str().to_owned(),
        subject: "test".into(),
        data: json!({"consumer": side("consumer"), "provider": side("provider")}),
        created_at: now,
    }
}

/// Looks again and again: the worker may be in another process.
async fn outcome_of(app: &App, tenant: TenantId, test: Uuid) -> Result<Value, Error> {
    app.jobs_written.notify_waiters();
    let patience = app.settings.webhooks.timeout + UNTIL_BEGUN;
    let deadline = Instant::now() + patience;
    let mut pause = FIRST_PAUSE;
    while Instant::now() < deadline {
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        let mut db = app.db.acquire().await?;
        if let Some(outcome) = store::find_outcome(&mut db, tenant, test).await? {
            return Ok(outcome);
        }
    }
    let seconds = patience.as_secs();
    Ok(unsent(&format!("Nothing is known of it after {seconds} seconds: workers are busy, or none is running.")))
}

/// What it tells of: the latest contract in its scope, and, if it tells of results, the latest result. What there is none
/// of is made up.
async fn example(
    db: &mut PgConnection,
    tenant: TenantId,
    base: &BaseUrl,
    new: &NewWebhook<'_>,
    webhook: &Webhook,
) -> Result<Context, Error> {
    let contract = store::find_latest_contract(db, tenant, new).await?;
    let mut context = match &contract {
        Some(contract) => contract_context(db, tenant, base, &event_of(contract)).await?,
        None => made_up_contract(base),
    };
    if webhook.events.iter().copied().any(WebhookEvent::is_verification) {
        add_result(db, tenant, base, contract.as_ref(), &mut context).await?;
    }
    context.set("eventName", "test");
    Ok(context)
}

fn event_of(contract: &LatestContract) -> ContractEvent<'_> {
    ContractEvent {
        consumer_id: contract.consumer_id,
        provider_id: contract.provider_id,
        consumer_version_id: contract.version_id,
        content_id: contract.content_id,
        consumer: &contract.consumer,
        provider: &contract.provider,
        consumer_version: &contract.version,
        sha: &contract.sha,
        build_url: contract.build_url.as_deref(),
    }
}

async fn add_result(
    db: &mut PgConnection,
    tenant: TenantId,
    base: &BaseUrl,
    contract: Option<&LatestContract>,
    context: &mut Context,
) -> Result<(), Error> {
    let result = match contract {
        Some(contract) => store::find_latest_result(db, tenant, contract.content_id).await?,
        None => None,
    };
    let (Some(contract), Some(result)) = (contract, result) else {
        context.set("providerVersionNumber", "aaaabbbbccccddddeeeeffff1111222233334444");
        context.set("providerVersionTags", "master");
        context.set("verificationResultUrl", urls::verification(base, PROVIDER, CONSUMER, SHA, 1));
        context.set_status(Status::Success);
        return Ok(());
    };
    let LatestContract { provider, consumer, sha, .. } = contract;
    context.set("providerVersionNumber", &result.version);
    context.describe(db, tenant, "provider", contract.provider_id, Some(result.version_id)).await?;
    context.set("verificationResultUrl", urls::verification(base, provider, consumer, sha, result.number));
    context.set_status(Status::of(Some(result.success)));
    Ok(())
}

/// As the Pact Broker makes them up: receivers may know them.
const CONSUMER: &str = "placeholder-consumer";
const PROVIDER: &str = "placeholder-provider";
const SHA: &str = "5d445a4612743728dfd99ccd4210423c052bb9db";

fn made_up_contract(base: &BaseUrl) -> Context {
    let mut context = Context::default();
    context.set("consumerName", CONSUMER);
    context.set("consumerVersionNumber", "gggghhhhjjjjkkkkllll66667777888899990000");
    context.set("consumerVersionTags", "dev");
    context.set("providerName", PROVIDER);
    context.set("pactUrl", urls::content(base, PROVIDER, CONSUMER, SHA, None));
    context.set_status(Status::Pending);
    context
}
