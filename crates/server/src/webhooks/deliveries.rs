//! HTTP of deliveries: what became of them, attempt by attempt, and making them again.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use pactolus_domain::problem::{Problem, Problems};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::replay::{self, Period};
use super::store::listed::{self, ListedDelivery, Wanted, WholeAttempt};
use crate::app::App;
use crate::audit;
use crate::edge::{
    BaseUrl, Error, Fields, FromPath, Hal, Link, MOST_BY_KEY, Named, PathNames, Principal, QueryPairs, RequestUrl,
    next_by_key, prefers_page, size_by_key, timestamp, urls, without_nulls,
};
use crate::ids::TenantId;
use crate::ui::Viewer;

const STATUSES: [&str; 4] = ["not_run", "retrying", "success", "failure"];

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/webhook-deliveries", get(list))
        .route("/webhook-deliveries/replay", post(replay_many))
        .route("/webhook-deliveries/{uuid}", get(show))
        .route("/webhook-deliveries/{uuid}/replay", post(replay_one))
        .route("/webhooks/{webhook}/deliveries", get(list_of_webhook))
}

struct OfWebhook(String);

impl FromPath for OfWebhook {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self(names.text("webhook").to_string()))
    }
}

async fn list(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    query: QueryPairs,
) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    page(&mut db, principal.tenant, &base, &request, &query, None).await
}

async fn list_of_webhook(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    query: QueryPairs,
    Named(OfWebhook(webhook)): Named<OfWebhook>,
) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    if super::api::find(&mut db, principal.tenant, &webhook).await?.is_none() {
        return Err(Error::NotFound);
    }
    page(&mut db, principal.tenant, &base, &request, &query, Some(&webhook)).await
}

async fn page(
    db: &mut PgConnection,
    tenant: TenantId,
    base: &BaseUrl,
    request: &RequestUrl,
    query: &QueryPairs,
    webhook: Option<&str>,
) -> Result<Hal, Error> {
    let wanted = wanted(query, webhook)?;
    let ids = listed::list_ids(db, tenant, wanted).await?;
    let deliveries = listed::list_shown(db, tenant, &ids).await?;

    let mut links = json!({"self": Link::to(request.with_query()).title("Deliveries of webhooks")});
    let is_full = i64::try_from(ids.len()).is_ok_and(|count| count == wanted.limit);
    if let Some(last) = ids.last().filter(|_| is_full) {
        let next = next_by_key(request, query, "before", &last.to_string());
        links["next"] = Link::to(next).title("Next page").into();
    }
    let shown: Vec<Value> = deliveries.iter().map(|delivery| view(base, delivery)).collect();
    Ok(Hal::ok(&json!({"_embedded": {"deliveries": shown}, "_links": links})))
}

pub(super) fn wanted<'q>(query: &'q QueryPairs, webhook: Option<&'q str>) -> Result<Wanted<'q>, Error> {
    let mut problems = Problems::none();
    let status = query.last("status");
    if status.is_some_and(|status| !STATUSES.contains(&status)) {
        problems.push(Problem::at("status", format!("must be one of {}", STATUSES.join(", "))));
    }
    let before = match query.last("before").map(Uuid::parse_str) {
        None => None,
        Some(Ok(id)) => Some(id),
        Some(Err(_)) => {
            problems.push(Problem::at("before", "is not the id of a delivery"));
            None
        }
    };
    let limit = problems.note(size_by_key(query)).unwrap_or(MOST_BY_KEY);
    Ok(problems.or(Wanted { webhook: webhook.or(query.last("webhook")), status, before, limit })?)
}

async fn show(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(id): Named<Uuid>,
) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    whole(&mut db, principal.tenant, &base, id).await
}

async fn whole(db: &mut PgConnection, tenant: TenantId, base: &BaseUrl, id: Uuid) -> Result<Hal, Error> {
    let delivery = listed::list_shown(db, tenant, &[id]).await?.pop().ok_or(Error::NotFound)?;
    let attempts = listed::list_whole_attempts(db, tenant, id).await?;
    let mut body = view(base, &delivery);
    body["attempts"] = attempts.iter().map(attempt).collect();
    Ok(Hal::ok(&body))
}

fn view(base: &BaseUrl, delivery: &ListedDelivery) -> Value {
    let is_done = matches!(delivery.status.as_str(), "success" | "failure");
    let own = url(base, delivery.id);
    let mut links = json!({
        "self": Link::to(&own).title("Delivery"),
        "pb:logs": Link::to(urls::delivery_logs(base, delivery.id)).title("Webhook execution logs"),
    });
    if let Some(webhook) = &delivery.webhook_id {
        let link = Link::to(urls::webhook(base, webhook)).title("Webhook");
        links["pb:webhook"] = match &delivery.webhook_description {
            Some(description) => link.name(description).into(),
            None => link.into(),
        };
        if is_done {
            links["pb:replay"] = Link::to(format!("{own}/replay")).title("POST to deliver it again").into();
        }
    }
    without_nulls(json!({
        "uuid": delivery.id,
        "event": delivery.event,
        "status": delivery.status,
        "consumer": delivery.consumer.as_ref().map(|name| json!({"name": name})),
        "provider": delivery.provider.as_ref().map(|name| json!({"name": name})),
        "attemptsMade": delivery.attempts_made,
        "responseStatus": delivery.response_status,
        "error": delivery.last_error.as_ref().filter(|_| delivery.status != "success"),
        "nextAttemptAt": delivery.next_attempt_at.filter(|_| !is_done).map(timestamp),
        "createdAt": timestamp(delivery.created_at),
        "updatedAt": timestamp(delivery.updated_at),
        "_links": links,
    }))
}

fn attempt(attempt: &WholeAttempt) -> Value {
    let exchange = |key| attempt.exchange.as_ref().and_then(|exchange| exchange.get(key));
    without_nulls(json!({
        "number": attempt.number,
        "success": attempt.success,
        "request": exchange("request"),
        "response": exchange("response"),
        "durationMs": attempt.duration_ms,
        "createdAt": timestamp(attempt.created_at),
        "logs": attempt.log,
    }))
}

fn url(base: &BaseUrl, id: Uuid) -> String {
    format!("{}/webhook-deliveries/{id}", base.as_str())
}

async fn replay_one(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    viewer: Viewer,
    headers: HeaderMap,
    Named(id): Named<Uuid>,
) -> Result<Response, Error> {
    let mut tx = app.db.begin().await?;
    let delivery = listed::list_shown(&mut tx, principal.tenant, &[id]).await?.pop().ok_or(Error::NotFound)?;
    if delivery.webhook_id.is_none() {
        return Err(Error::Conflict("its webhook was deleted, so there is nobody to tell".into()));
    }
    if replay::replay(&mut tx, &app, principal.tenant, &[id]).await? == 0 {
        return Err(Error::Conflict("it is still under way; only a delivery that is done can be made again".into()));
    }
    audit::record(&mut tx, &app, &principal, "webhook_delivery.replayed", &id.to_string(), &json!({})).await?;
    let shown = whole(&mut tx, principal.tenant, &base, id).await?;
    tx.commit().await?;
    app.jobs_written.notify_waiters();

    if prefers_page(&headers) {
        return Ok(Redirect::to(&viewer.at(&format!("/webhook-deliveries/{id}"))).into_response());
    }
    Ok(shown.status(StatusCode::ACCEPTED).into_response())
}

/// Makes those again that were given up, as far as one request goes: the answer says whether there are more. A form leads to
/// those that are left.
async fn replay_many(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    viewer: Viewer,
    body: Fields,
) -> Result<Response, Error> {
    let (webhook, period) = asked(&body.value, app.now())?;

    let mut tx = app.db.begin().await?;
    if let Some(webhook) = &webhook
        && super::api::find(&mut tx, principal.tenant, webhook).await?.is_none()
    {
        return Err(Problem::at("webhook", "is not the id of a webhook").into());
    }
    let ids = listed::list_given_up(&mut tx, principal.tenant, webhook.as_deref(), period, MOST_BY_KEY).await?;
    let replayed = replay::replay(&mut tx, &app, principal.tenant, &ids).await?;
    if replayed > 0 {
        let subject = webhook.as_deref().unwrap_or("all webhooks");
        let detail = json!({"since": period.0, "until": period.1, "replayed": replayed});
        audit::record(&mut tx, &app, &principal, "webhook_deliveries.replayed", subject, &detail).await?;
    }
    tx.commit().await?;
    app.jobs_written.notify_waiters();

    if body.is_form {
        let of_one = webhook.map(|id| format!("&webhook={}", urls::segment(&id))).unwrap_or_default();
        let left = viewer.at(&format!("/webhook-deliveries?status=failure{of_one}"));
        return Ok(Redirect::to(&left).into_response());
    }
    let has_more = i64::try_from(ids.len()).is_ok_and(|count| count == MOST_BY_KEY);
    let all = Link::to(format!("{}/webhook-deliveries", base.as_str())).title("Deliveries of webhooks");
    let body = json!({"replayed": replayed, "hasMore": has_more, "_links": {"pb:webhook-deliveries": all}});
    Ok(Hal::ok(&body).status(StatusCode::ACCEPTED).into_response())
}

fn asked(body: &Value, now: DateTime<Utc>) -> Result<(Option<String>, Period), Problems> {
    let Some(object) = body.as_object() else {
        return Err(Problem::whole("must be a JSON object").into());
    };
    let mut problems = Problems::none();
    for key in object.keys().filter(|key| !["webhook", "since", "until"].contains(&key.as_str())) {
        problems.push(Problem::at(key, "is not known here; known are webhook, since, until"));
    }
    let webhook = match object.get("webhook") {
        None | Some(Value::Null) => None,
        Some(Value::String(id)) => Some(id.clone()),
        Some(_) => {
            problems.push(Problem::at("webhook", "must be a string"));
            None
        }
    };
    let since = problems.note(moment(body, "since", DateTime::UNIX_EPOCH));
    let until = problems.note(moment(body, "until", now));
    match (since, until) {
        (Some(since), Some(until)) => problems.or((webhook, (since, until))),
        _ => Err(problems),
    }
}

fn moment(body: &Value, key: &str, default: DateTime<Utc>) -> Result<DateTime<Utc>, Problem> {
    let not_one = || Problem::at(key, "must be a date with time and zone: 2026-01-31T12:00:00Z");
    match body.get(key) {
        None | Some(Value::Null) => Ok(default),
        Some(Value::String(text)) => {
            DateTime::parse_from_rfc3339(text).map(|moment| moment.to_utc()).map_err(|_| not_one())
        }
        Some(_) => Err(not_one()),
    }
}
