//! HTTP of outcomes that a newer release would change: what they are, and accepting them.

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use pactolus_domain::names::PacticipantName;
use serde_json::{Map, Value, json};

use super::rejudge::accept;
use super::store::rejudged::{Change, list_changes};
use crate::app::App;
use crate::audit;
use crate::edge::fields::optional;
use crate::edge::{
    BaseUrl, Error, Hal, Link, OptionalJson, Page, Principal, RequestUrl, timestamp, urls, without_nulls,
};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/comparisons/changes", get(list)).route("/comparisons/changes/accept", post(accept_changes))
}

async fn list(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    page: Page,
) -> Result<Hal, Error> {
    let page = page.always();
    let mut db = app.read().await?;
    let (changes, total) = list_changes(&mut db, principal.tenant, page.limit(), page.offset()).await?;

    let mut links = Map::new();
    links.insert("self".into(), Link::to(request.with_query()).title("Outcomes that would change").into());
    links.insert("pb:accept-comparison-changes".into(), Link::to(format!("{}/accept", address(&base))).into());
    for (relation, link) in page.links(total, &request.without_query, None) {
        links.insert(relation.into(), link.into());
    }
    let changes: Value = changes.iter().map(|change| shown(&base, change)).collect();
    Ok(Hal::ok(&json!({"page": page.summary(total), "_embedded": {"changes": changes}, "_links": links})))
}

fn address(base: &BaseUrl) -> String {
    format!("{}/comparisons/changes", base.as_str())
}

fn shown(base: &BaseUrl, change: &Change) -> Value {
    let Change { consumer, provider, contract_sha, .. } = change;
    let results = change.provider_version.as_deref().map(|version| {
        let url = urls::comparison(base, (provider, version), consumer, contract_sha);
        Link::to(url).title("What counts now")
    });
    without_nulls(json!({
        "consumerName": consumer,
        "providerName": provider,
        "providerVersionNumber": change.provider_version,
        "sha": contract_sha,
        "providerContractSha": change.document_sha,
        "outcome": change.outcome,
        "engine": change.engine,
        "newOutcome": change.new_outcome,
        "newEngine": change.new_engine,
        "newErrors": change.new_errors,
        "judgedAt": timestamp(change.judged_at),
        "_links": without_nulls(json!({"pb:comparison": results})),
    }))
}

/// Of one provider, or of all.
async fn accept_changes(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    OptionalJson(body): OptionalJson,
) -> Result<Hal, Error> {
    let provider = optional(&body, "provider", |text| PacticipantName::parse(text))?;
    let provider = provider.as_ref().map(PacticipantName::as_str);

    let mut tx = app.db.begin().await?;
    let accepted = accept(&mut tx, &app, principal.tenant, &base, provider).await?;
    if accepted > 0 {
        let subject = provider.unwrap_or("all providers");
        let detail = json!({"accepted": accepted});
        audit::record(&mut tx, &app, &principal, "comparison_changes.accepted", subject, &detail).await?;
    }
    tx.commit().await?;
    app.jobs_written.notify_waiters();

    let own = Link::to(address(&base)).title("Outcomes that would change");
    Ok(Hal::ok(&json!({"accepted": accepted, "_links": {"pb:comparison-changes": own}})))
}
