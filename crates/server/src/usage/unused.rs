//! HTTP of what nobody uses of a provider's document.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use pactolus_domain::problem::Problems;
use pactolus_domain::provider_contract::Specification;
use pactolus_domain::usage::{Element, Part};
use pactolus_oas::document::Document;
use pactolus_oas::fields::{Offered, unused};
use pactolus_oas::source::Budget;
use serde_json::{Map, Value, json};

use super::api::{ProviderPath, environment};
use super::find;
use super::store::{self, Current};
use crate::app::App;
use crate::comparisons;
use crate::edge::{
    BaseUrl, Error, Hal, Link, Named, Principal, QueryPairs, RequestUrl, in_full, next_by_key, size_by_key, urls,
};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/usage/provider/{provider}/unused", get(list))
}

async fn list(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    query: QueryPairs,
    Named(ProviderPath(provider)): Named<ProviderPath>,
) -> Result<Hal, Error> {
    let mut problems = Problems::none();
    let environment = environment(&query, &mut problems);
    let most = problems.note(size_by_key(&query)).and_then(|most| usize::try_from(most).ok()).unwrap_or_default();
    let environment = problems.or(environment)?;

    let tenant = principal.tenant;
    let mut db = app.read().await?;
    let id = find::provider(&mut db, tenant, &provider).await?;
    let environment = find::environment(&mut db, tenant, environment.as_ref()).await?.map(|environment| environment.id);
    let current = store::find_current(&mut db, tenant, id, environment).await?;
    let current = current.ok_or_else(|| Error::Missing(format!("{provider} has published no provider contract")))?;
    let versions = find::counting(&mut db, tenant, id, environment).await?;
    let contents: Vec<i64> = versions.iter().map(|version| version.content_id).collect();
    let unread = store::count_unread(&mut db, tenant, &contents).await?;
    let elements = store::list_used_elements(&mut db, tenant, &contents).await?;
    drop(db);

    let is_complete = unread == 0 && !elements.iter().any(|element| element.part == Part::More);
    let (current, offered) = look(&app, current, elements).await?;
    let mut keyed: Vec<(String, Offered)> = offered.into_iter().map(|offered| (key(&offered), offered)).collect();
    keyed.sort_by(|(one, _), (other, _)| one.cmp(other));
    let total = keyed.len();
    let after = query.last("after").unwrap_or_default();
    keyed.retain(|(key, _)| key.as_str() > after);
    let has_more = keyed.len() > most;
    keyed.truncate(most);

    let mut links = Map::new();
    links.insert("self".into(), Link::to(request.with_query()).title(format!("What nobody uses of {provider}")).into());
    let version = urls::version(&base, provider.as_str(), &current.version);
    links.insert("pb:provider-version".into(), Link::to(version).title("Version").name(&current.version).into());
    if let Some((last, _)) = keyed.last().filter(|_| has_more) {
        let next = next_by_key(&request, &query, "after", last);
        links.insert("next".into(), Link::to(next).title("Next page").into());
    }
    let shown: Vec<Value> = keyed.iter().map(|(_, offered)| json!(offered)).collect();
    Ok(Hal::ok(&json!({
        "document": {"version": current.version, "sha": current.sha, "environment": current.environment},
        "unusedCount": total,
        "isComplete": is_complete,
        "hasMore": has_more,
        "_embedded": {"unused": shown},
        "_links": links,
    })))
}

/// In the order of paths, so that a page goes on where the last one ended whatever was published meanwhile.
fn key(offered: &Offered) -> String {
    let Offered { method, path, status, part, name, .. } = offered;
    format!("{path} {method} {} {} {name}", status.as_deref().unwrap_or("-"), part.as_str())
}

/// Large documents take long enough for others to notice.
async fn look(app: &App, current: Current, elements: Vec<Element>) -> Result<(Current, Vec<Offered>), Error> {
    if current.specification != Specification::OpenApi.as_str() {
        let Current { version, specification, .. } = &current;
        return Err(Error::Missing(format!("The document of version {version} is {specification}, not OpenAPI")));
    }
    let looked = comparisons::look(app, move || match Document::load(&current.text, &Budget::default()) {
        Ok(document) => Ok((unused(&document, &elements), current)),
        Err(error) => Err(format!("The document of version {} cannot be read: {}", current.version, in_full(&error))),
    });
    let (offered, current) = looked.await?.map_err(Error::Missing)?;
    Ok((current, offered))
}
