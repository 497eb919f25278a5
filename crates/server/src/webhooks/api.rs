//! HTTP of webhooks and of what their deliveries logged.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use pactolus_domain::names::PacticipantName;
use pactolus_domain::problem::Problem;
use pactolus_domain::webhook::{BodyFormat, Scope, Webhook, WebhookEvent, parse_uuid};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::store::listed::{list_shown, list_whole_attempts};
use super::store::{self, NewWebhook, StoredWebhook, Wanted};
use super::{deliveries, execute, presets, signing, triggered, view};
use crate::app::App;
use crate::audit;
use crate::edge::{
    BaseUrl, Error, Fields, FromPath, HAL, Hal, JsonBody, Link, Named, OnConstraint, PathNames, Principal, RequestUrl,
    TEXT, choose, plain_text, timestamp, urls, without_nulls,
};
use crate::ids::TenantId;
use crate::secrets::DataKey;
use crate::ui::Viewer;
use crate::{pacticipants, tenants};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/webhooks", get(list).post(create))
        .route("/webhooks/provider/{provider}", get(list).post(create))
        .route("/webhooks/consumer/{consumer}", get(list).post(create))
        .route("/webhooks/provider/{provider}/consumer/{consumer}", get(list).post(create))
        .route("/pacts/provider/{provider}/consumer/{consumer}/webhooks", get(list).post(create))
        .route("/webhooks/{webhook}", get(show).put(put).delete(delete))
        .merge(deliveries::routes())
        .merge(signing::routes())
        .merge(execute::routes())
        .merge(presets::routes())
        .merge(triggered::routes())
}

/// Logs are text unless HAL is asked for.
pub(crate) fn log_routes() -> Router<App> {
    Router::new().route("/triggered-webhooks/{uuid}/logs", get(logs))
}

/// The sides that a path names.
struct Sides {
    consumer: Option<PacticipantName>,
    provider: Option<PacticipantName>,
}

impl FromPath for Sides {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        let side = |name| match names.text(name) {
            "" => Ok(None),
            _ => names.pacticipant(name).map(Some),
        };
        Ok(Self { consumer: side("consumer")?, provider: side("provider")? })
    }
}

pub(super) struct WebhookId(pub(super) String);

impl FromPath for WebhookId {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self(names.text("webhook").to_string()))
    }
}

async fn list(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(sides): Named<Sides>,
) -> Result<Hal, Error> {
    let mut db = app.db.acquire().await?;
    let consumer = find_side(&mut db, principal.tenant, "consumer", sides.consumer.as_ref()).await?;
    let provider = find_side(&mut db, principal.tenant, "provider", sides.provider.as_ref()).await?;
    let stored = store::list_webhooks(&mut db, principal.tenant, Wanted { id: None, consumer, provider }).await?;
    let mut listed = Vec::new();
    if !stored.is_empty() {
        let key = tenants::data_key(&mut db, principal.tenant, &app.master_key).await?;
        for one in stored {
            let webhook = read(&key, principal.tenant, &one)?;
            listed.push((one, webhook));
        }
    }
    let title = if sides.consumer.is_some() && sides.provider.is_some() { "Pact webhooks" } else { "Webhooks" };
    Ok(Hal::ok(&view::list(&base, &request.without_query, title, &listed)))
}

async fn find_side(
    db: &mut PgConnection,
    tenant: TenantId,
    role: &'static str,
    name: Option<&PacticipantName>,
) -> Result<Option<crate::ids::PacticipantId>, Error> {
    let Some(name) = name else { return Ok(None) };
    let id = pacticipants::find_id(db, tenant, name).await?;
    id.map(Some).ok_or_else(|| Error::NoSuchPacticipant { role, name: name.to_string() })
}

/// A form leads to the page of what it made.
async fn create(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    viewer: Viewer,
    Named(sides): Named<Sides>,
    fields: Fields,
) -> Result<Response, Error> {
    let body = if fields.is_form { of_form(&fields.value) } else { fields.value };
    let mut webhook = Webhook::parse(&body, &app.settings.webhooks.targets)?;
    webhook.keep_secrets(None, &body)?;
    let id = match body.get("uuid").and_then(Value::as_str) {
        Some(id) => parse_uuid(id)?.to_string(),
        None => app.new_id().to_string(),
    };

    let mut tx = app.db.begin().await?;
    find_side(&mut tx, principal.tenant, "consumer", sides.consumer.as_ref()).await?;
    find_side(&mut tx, principal.tenant, "provider", sides.provider.as_ref()).await?;
    webhook.consumer = sides.consumer.map(Scope::Name).or(webhook.consumer);
    webhook.provider = sides.provider.map(Scope::Name).or(webhook.provider);
    let new = to_write(&mut tx, &app, principal.tenant, &id, &webhook).await?;
    store::insert_webhook(&mut tx, principal.tenant, &new, app.now()).await.on_constraint("webhook_pkey", || {
        let text = format!("{id} is the id of an existing webhook; PUT to {} to change it", urls::webhook(&base, &id));
        Problem::at("uuid", text).into()
    })?;
    store::named_secrets::put_names(&mut tx, principal.tenant, &id, &webhook.request.secrets()).await?;
    audit::record(&mut tx, &app, &principal, "webhook.created", &id, &json!({"events": new.events})).await?;
    let stored = find(&mut tx, principal.tenant, &id).await?.ok_or(Error::NotFound)?;
    let shown = shown(&mut tx, &app, &base, principal.tenant, &stored, &webhook).await?;
    tx.commit().await?;

    if fields.is_form {
        return Ok(Redirect::to(&urls::webhook(&viewer.site, &id)).into_response());
    }
    Ok(Hal::created(&shown).location(urls::webhook(&base, &id)).into_response())
}

/// What a form says in a few words: an event, and whom to tell.
fn of_form(fields: &Value) -> Value {
    without_nulls(json!({
        "description": fields["description"],
        "events": [{"name": fields["event"]}],
        "request": {"method": "POST", "url": fields["url"]},
    }))
}

async fn show(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(WebhookId(id)): Named<WebhookId>,
) -> Result<Hal, Error> {
    let mut db = app.db.acquire().await?;
    let stored = find(&mut db, principal.tenant, &id).await?.ok_or(Error::NotFound)?;
    let key = tenants::data_key(&mut db, principal.tenant, &app.master_key).await?;
    let webhook = read(&key, principal.tenant, &stored)?;
    Ok(Hal::ok(&shown(&mut db, &app, &base, principal.tenant, &stored, &webhook).await?))
}

/// Creates or replaces it. Secrets that come back masked stay as they are.
async fn put(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(WebhookId(id)): Named<WebhookId>,
    body: JsonBody,
) -> Result<Hal, Error> {
    parse_uuid(&id)?;
    let mut webhook = Webhook::parse(&body.value, &app.settings.webhooks.targets)?;

    let mut tx = app.db.begin().await?;
    let before = match find(&mut tx, principal.tenant, &id).await? {
        None => None,
        Some(before) => {
            let key = tenants::data_key(&mut tx, principal.tenant, &app.master_key).await?;
            Some(read(&key, principal.tenant, &before)?)
        }
    };
    webhook.keep_secrets(before.as_ref(), &body.value)?;
    let new = to_write(&mut tx, &app, principal.tenant, &id, &webhook).await?;
    let created = store::put_webhook(&mut tx, principal.tenant, &new, app.now()).await?;
    store::named_secrets::put_names(&mut tx, principal.tenant, &id, &webhook.request.secrets()).await?;
    let action = if created { "webhook.created" } else { "webhook.updated" };
    audit::record(&mut tx, &app, &principal, action, &id, &json!({"events": new.events})).await?;
    let stored = find(&mut tx, principal.tenant, &id).await?.ok_or(Error::NotFound)?;
    let shown = shown(&mut tx, &app, &base, principal.tenant, &stored, &webhook).await?;
    tx.commit().await?;

    let answer = Hal::ok(&shown);
    Ok(if created { answer.status(StatusCode::CREATED) } else { answer })
}

async fn delete(
    State(app): State<App>,
    principal: Principal,
    Named(WebhookId(id)): Named<WebhookId>,
) -> Result<StatusCode, Error> {
    let mut tx = app.db.begin().await?;
    if !store::delete_webhook(&mut tx, principal.tenant, &id).await? {
        return Err(Error::NotFound);
    }
    audit::record(&mut tx, &app, &principal, "webhook.deleted", &id, &json!({})).await?;
    tx.commit().await?;

    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn find(db: &mut PgConnection, tenant: TenantId, id: &str) -> Result<Option<StoredWebhook>, Error> {
    let found = store::list_webhooks(db, tenant, Wanted { id: Some(id), ..Wanted::default() }).await?;
    Ok(found.into_iter().next())
}

/// With what other tables say of it.
async fn shown(
    db: &mut PgConnection,
    app: &App,
    base: &BaseUrl,
    tenant: TenantId,
    stored: &StoredWebhook,
    webhook: &Webhook,
) -> Result<Value, Error> {
    let mut shown = view::webhook(base, stored, webhook);
    let missing = store::named_secrets::list_missing(db, tenant, &stored.id).await?;
    if !missing.is_empty() {
        shown["missingSecrets"] = missing.into();
    }
    let valid = store::signing::list_valid(db, tenant, &stored.id, app.now()).await?;
    signing::show_in(&mut shown, base, &stored.id, &valid);
    Ok(shown)
}

/// Refuses pacticipants that don't exist, and seals what is secret.
pub(super) async fn to_write<'a>(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    id: &'a str,
    webhook: &'a Webhook,
) -> Result<NewWebhook<'a>, Error> {
    let mut known = Vec::new();
    for side in [&webhook.consumer, &webhook.provider] {
        let id = match side {
            Some(Scope::Name(name)) => pacticipants::find_id(db, tenant, name).await?.map(|id| (name.clone(), id)),
            _ => None,
        };
        known.push(id);
    }
    webhook.check_scopes(|name| known.iter().flatten().any(|(known, _)| known == name))?;
    let key = tenants::data_key(db, tenant, &app.master_key).await?;
    Ok(NewWebhook {
        id,
        description: webhook.description.as_deref(),
        enabled: webhook.enabled,
        in_order: webhook.in_order,
        body_format: webhook.body_format.as_str(),
        consumer_id: known[0].as_ref().map(|(_, id)| *id),
        provider_id: known[1].as_ref().map(|(_, id)| *id),
        consumer_label: label(webhook.consumer.as_ref()),
        provider_label: label(webhook.provider.as_ref()),
        events: webhook.events.iter().map(ToString::to_string).collect(),
        host: webhook.request.host(),
        sealed_request: super::seal(&key, tenant, &webhook.request, webhook.preset.as_ref())?,
    })
}

fn label(scope: Option<&Scope>) -> Option<&str> {
    match scope {
        Some(Scope::Label(label)) => Some(label),
        _ => None,
    }
}

pub(super) fn read(key: &DataKey, tenant: TenantId, stored: &StoredWebhook) -> Result<Webhook, Error> {
    let side = |name: &Option<String>, label: &Option<String>| match (name, label) {
        (Some(name), _) => PacticipantName::parse(name).ok().map(Scope::Name),
        (None, Some(label)) => Some(Scope::Label(label.clone())),
        (None, None) => None,
    };
    let (request, preset) = super::open_with_preset(key, tenant, &stored.sealed_request)?;
    Ok(Webhook {
        description: stored.description.clone(),
        enabled: stored.enabled,
        in_order: stored.in_order,
        body_format: BodyFormat::find(&stored.body_format)
            .ok_or_else(|| Error::internal("this release knows no such body format"))?,
        consumer: side(&stored.consumer, &stored.consumer_label),
        provider: side(&stored.provider, &stored.provider_label),
        events: stored.events.iter().filter_map(|name| WebhookEvent::find(name)).collect(),
        request,
        preset,
    })
}

async fn logs(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    headers: HeaderMap,
    Named(id): Named<Uuid>,
) -> Result<Response, Error> {
    let mut db = app.db.acquire().await?;
    let delivery = list_shown(&mut db, principal.tenant, &[id]).await?.pop().ok_or(Error::NotFound)?;
    let attempts = list_whole_attempts(&mut db, principal.tenant, id).await?;
    if choose(&headers, &[TEXT, HAL]) == Some(HAL) {
        let executions = attempts.iter().map(|attempt| {
            json!({"success": attempt.success, "logs": attempt.log, "createdAt": timestamp(attempt.created_at)})
        });
        let executions: Value = executions.collect();
        let own = Link::to(urls::delivery_logs(&base, id)).title("Triggered webhook logs");
        let mut links = json!({"self": own});
        if let Some(webhook) = &delivery.webhook_id {
            links["pb:webhook"] = Link::to(urls::webhook(&base, webhook)).title("Webhook").into();
        }
        let body = without_nulls(json!({
            "eventName": delivery.event,
            "consumerName": delivery.consumer,
            "providerName": delivery.provider,
            "executions": executions,
            "_embedded": {"triggeredWebhook": {"uuid": id}},
            "_links": links,
        }));
        return Ok(Hal::ok(&body).into_response());
    }
    let text = if attempts.is_empty() {
        "Webhook has not executed yet. Please retry in a few seconds.".to_string()
    } else {
        attempts.iter().map(|attempt| attempt.log.as_str()).collect::<Vec<_>>().join("\n")
    };
    Ok(plain_text(text))
}
