//! HTTP of requested verifications.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use chrono::{DateTime, TimeDelta, Utc};
use pactolus_domain::problem::Problem;
use serde_json::{Value, json};
use uuid::Uuid;

use super::store::{self, Shown, Wanted};
use super::{again, due};
use crate::app::App;
use crate::audit;
use crate::edge::{
    BaseUrl, Error, Hal, Link, MergePatch, Named, Principal, QueryPairs, RequestUrl, next_by_key, size_by_key,
    timestamp, urls,
};

const OUTSTANDING: [&str; 3] = ["requested", "delivered", "running"];
const ENDED: [&str; 2] = ["done", "lost"];

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/verification-requests", get(list))
        .route("/verification-requests/{uuid}", get(show).patch(update))
        .merge(again::routes())
}

async fn list(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    query: QueryPairs,
) -> Result<Hal, Error> {
    let before = match query.last("before") {
        None => None,
        Some(id) => {
            let text = "is not the id of a verification request";
            Some(Uuid::parse_str(id).map_err(|_| Problem::at("before", text))?)
        }
    };
    let (provider, provider_version) = (query.last("provider"), query.last("providerVersion"));
    if provider.is_none() && provider_version.is_some() {
        return Err(Problem::at("provider", "is missing: a version belongs to one").into());
    }
    let states = states(&query)?;
    let most = size_by_key(&query)?;
    let consumer = query.last("consumer");
    let wanted = Wanted { states: &states, consumer, provider, provider_version, before, most };
    let mut db = app.db.acquire().await?;
    let found = store::list(&mut db, principal.tenant, wanted).await?;
    drop(db);

    let mut links = json!({"self": Link::to(request.with_query()).title("Requested verifications")});
    let is_full = i64::try_from(found.len()).is_ok_and(|count| count == most);
    if let Some(last) = found.last().filter(|_| is_full) {
        links["next"] =
            Link::to(next_by_key(&request, &query, "before", &last.id.to_string())).title("Next page").into();
    }
    let shown: Vec<Value> = found.iter().map(|one| view(&app, &base, one)).collect();
    Ok(Hal::ok(&json!({"_embedded": {"verificationRequests": shown}, "_links": links})))
}

pub(super) fn states(query: &QueryPairs) -> Result<Vec<String>, Error> {
    match query.last("state") {
        None => Ok(OUTSTANDING.map(String::from).to_vec()),
        Some(state) if OUTSTANDING.contains(&state) || ENDED.contains(&state) => Ok(vec![state.into()]),
        Some(_) => {
            let all: Vec<&str> = OUTSTANDING.into_iter().chain(ENDED).collect();
            let text = format!("must be one of {}; without it, those that are outstanding are listed", all.join(", "));
            Err(Problem::at("state", text).into())
        }
    }
}

async fn show(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(id): Named<Uuid>,
) -> Result<Hal, Error> {
    let mut db = app.db.acquire().await?;
    let found = store::find(&mut db, principal.tenant, id).await?.ok_or_else(missing)?;
    Ok(Hal::ok(&view(&app, &base, &found)))
}

/// The provider's build says that it is at it, and has the whole time again. All other states follow from what happens.
async fn update(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(id): Named<Uuid>,
    MergePatch(body): MergePatch,
) -> Result<Hal, Error> {
    if body.get("state").and_then(Value::as_str) != Some("running") {
        let text = "must be running: all other states follow from deliveries, results and time";
        return Err(Error::Unprocessable(Problem::at("state", text).into()));
    }

    let mut tx = app.db.begin().await?;
    let is_running = store::run(&mut tx, principal.tenant, id, (app.now(), due(&app, app.now()))).await?;
    let found = store::find(&mut tx, principal.tenant, id).await?.ok_or_else(missing)?;
    if !is_running {
        return Err(Error::Conflict("There is a result already: nothing is left to be run".into()));
    }
    let subject = format!("{} {} {}", found.provider, found.provider_version, found.consumer);
    let detail = json!({"sha": found.sha, "request": id});
    audit::record(&mut tx, &app, &principal, "verification.running", &subject, &detail).await?;
    tx.commit().await?;

    Ok(Hal::ok(&view(&app, &base, &found)))
}

pub(super) fn missing() -> Error {
    Error::Missing("There is no such request: what a contract or a version was needed for goes with it".into())
}

pub(super) fn view(app: &App, base: &BaseUrl, one: &Shown) -> Value {
    let (consumer, provider, number) = (one.consumer.as_str(), one.provider.as_str(), one.provider_version.as_str());
    let content = urls::content(base, provider, consumer, &one.sha, None);
    let logs = one.deliveries.iter().map(|id| Link::to(urls::delivery_logs(base, *id)).title("Webhook execution logs"));
    let until = one.ended_at.unwrap_or_else(|| app.now());
    let (asked_again_at, lost_at) = outlook(app, one);
    let mut links = json!({
        "self": link(base, one.id),
        "pb:pact-version": Link::to(content).title("Contract").name(format!("{consumer} with {provider}")),
        "pb:pacticipant-version": Link::to(urls::version(base, provider, number)).title("Provider version").name(number),
        "pb:logs": logs.collect::<Vec<_>>(),
    });
    if one.state != "done" {
        let again = format!("{}/ask-again", urls::verification_request(base, &one.id.to_string()));
        links["pb:ask-again"] = Link::to(again).title("POST to have it asked for again").into();
    }
    json!({
        "uuid": one.id,
        "state": one.state,
        "consumer": {"name": consumer},
        "provider": {"name": provider, "version": number},
        "sha": one.sha,
        "requestedAt": timestamp(one.requested_at),
        "outstandingSeconds": (until - one.requested_at).num_seconds().max(0),
        "timesAsked": one.times_asked,
        "lastAskedAt": timestamp(one.asked_at),
        "isTold": !one.deliveries.is_empty(),
        "deliveredAt": one.delivered_at.map(timestamp),
        "runningSince": one.running_at.map(timestamp),
        "askedAgainAt": asked_again_at.map(timestamp),
        "lostAt": lost_at.map(timestamp),
        "endedAt": one.ended_at.map(timestamp),
        "_links": links,
    })
}

/// When it is told again, and when it is or was lost, if no result comes.
pub(super) fn outlook(app: &App, one: &Shown) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    if let Some(ended_at) = one.ended_at {
        return (None, (one.state == "lost").then_some(ended_at));
    }
    let settings = &app.settings.verifications;
    let left = i32::try_from(settings.retries).unwrap_or(i32::MAX).saturating_sub(one.retries).max(0);
    let deadline = TimeDelta::from_std(settings.deadline).unwrap_or_default();
    ((left > 0).then_some(one.due_at), Some(one.due_at + deadline * left))
}

/// Where a request stands.
fn link(base: &BaseUrl, id: Uuid) -> Link {
    Link::to(urls::verification_request(base, &id.to_string())).title("Requested verification")
}
