//! The search for programs.

use axum::extract::State;
use serde_json::{Value, json};

use super::found::Found;
use crate::app::App;
use crate::edge::{BaseUrl, Error, Hal, Link, Principal, QueryPairs, RequestUrl, urls};

pub(super) async fn search(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    query: QueryPairs,
) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    let found = Found::by(&mut db, principal.tenant, query.last("q").unwrap_or_default()).await?;
    drop(db);
    Ok(Hal::ok(&shown(&base, &request, &found)))
}

fn shown(base: &BaseUrl, request: &RequestUrl, found: &Found) -> Value {
    let link = |address: String| json!({"self": Value::from(Link::to(address))});
    let applications = found
        .applications
        .iter()
        .map(|one| json!({"name": one.name, "labels": one.labels, "_links": link(urls::pacticipant(base, &one.name))}));
    let versions = found.versions.iter().map(|one| {
        let address = urls::version(base, &one.pacticipant, &one.number);
        json!({"pacticipant": one.pacticipant, "number": one.number, "_links": link(address)})
    });
    let contracts = found.contracts.iter().map(|one| {
        let address = format!("{}/latest", urls::pair(base, &one.provider, &one.consumer));
        json!({"consumer": one.consumer, "provider": one.provider, "_links": link(address)})
    });
    let webhooks = found.webhooks.iter().map(
        |one| json!({"description": one.description, "host": one.host, "_links": link(urls::webhook(base, &one.id))}),
    );
    json!({
        "applications": applications.collect::<Vec<_>>(),
        "versions": versions.collect::<Vec<_>>(),
        "contracts": contracts.collect::<Vec<_>>(),
        "webhooks": webhooks.collect::<Vec<_>>(),
        "_links": {"self": Value::from(Link::to(request.with_query()).title("Search"))},
    })
}
