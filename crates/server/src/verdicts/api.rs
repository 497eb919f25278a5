//! HTTP of recorded verdicts.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use pactolus_domain::problem::Problem;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Verdict;
use super::store::{self, Wanted};
use crate::app::App;
use crate::edge::{
    BaseUrl, Error, Hal, Link, Named, Principal, QueryPairs, RequestUrl, next_by_key, size_by_key, timestamp,
};

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/verdicts", get(list)).route("/verdicts/{uuid}", get(show))
}

/// Where a verdict stands.
pub(crate) fn link(base: &BaseUrl, id: Uuid) -> Link {
    Link::to(format!("{}/verdicts/{id}", base.as_str())).title("Recorded verdict")
}

async fn show(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(id): Named<Uuid>,
) -> Result<Hal, Error> {
    let mut db = app.db.acquire().await?;
    let found = store::find_verdict(&mut db, principal.tenant, id).await?;
    let days = app.settings.verdict_retention_days;
    let text =
        || format!("There is no such verdict; they are kept for {days} days, longer where something was deployed");
    Ok(Hal::ok(&view(&base, &found.ok_or_else(|| Error::Missing(text()))?)))
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
        Some(id) => Some(Uuid::parse_str(id).map_err(|_| Problem::at("before", "is not the id of a verdict"))?),
    };
    let pacticipant = query.last("pacticipant");
    if pacticipant.is_none() && query.has("version") {
        return Err(Problem::at("pacticipant", "is missing: a version belongs to one").into());
    }
    let most = size_by_key(&query)?;
    let wanted =
        Wanted { pacticipant, version: query.last("version"), environment: query.last("environment"), before, most };
    let mut db = app.db.acquire().await?;
    let verdicts = store::list(&mut db, principal.tenant, wanted).await?;

    let mut links = json!({"self": Link::to(request.with_query()).title("Recorded verdicts")});
    let is_full = i64::try_from(verdicts.len()).is_ok_and(|count| count == most);
    if let Some(last) = verdicts.last().filter(|_| is_full) {
        links["next"] =
            Link::to(next_by_key(&request, &query, "before", &last.id.to_string())).title("Next page").into();
    }
    let shown: Vec<Value> = verdicts.iter().map(|verdict| view(&base, verdict)).collect();
    Ok(Hal::ok(&json!({"_embedded": {"verdicts": shown}, "_links": links})))
}

fn view(base: &BaseUrl, verdict: &Verdict) -> Value {
    json!({
        "uuid": verdict.id,
        "deployable": verdict.deployable,
        "question": verdict.question,
        "environment": verdict.environment,
        "askedBy": verdict.actor,
        "createdAt": timestamp(verdict.created_at),
        "answer": verdict.answer,
        "_links": {"self": link(base, verdict.id)},
    })
}
