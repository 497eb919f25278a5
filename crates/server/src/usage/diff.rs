//! HTTP of what changed between the documents of two versions of a provider.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use pactolus_domain::names::{PacticipantName, VersionNumber};
use pactolus_domain::problem::{Problem, Problems};
use pactolus_domain::provider_contract::Specification;
use pactolus_oas::diff::{Changes, Day, diff};
use pactolus_oas::document::Document;
use pactolus_oas::source::Budget;
use serde_json::{Value, json};

use super::api::ProviderPath;
use super::find;
use super::preview::today;
use super::store::{self, Current};
use crate::app::App;
use crate::comparisons;
use crate::edge::{Error, Hal, Link, Named, Principal, QueryPairs, RequestUrl, in_full};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/provider-contracts/provider/{provider}/diff", get(compare))
}

/// The older version and the newer one.
fn versions(query: &QueryPairs) -> Result<[VersionNumber; 2], Problems> {
    let mut problems = Problems::none();
    let [from, to] = ["from", "to"].map(|field| {
        let number = query.last(field).ok_or_else(|| Problem::at(field, "is missing"));
        let parsed = number
            .and_then(|number| VersionNumber::parse(number).map_err(|error| Problem::at(field, error.to_string())));
        problems.note(parsed)
    });
    match (from, to) {
        (Some(from), Some(to)) => problems.or([from, to]),
        _ => Err(problems),
    }
}

async fn compare(
    State(app): State<App>,
    principal: Principal,
    request: RequestUrl,
    query: QueryPairs,
    Named(ProviderPath(provider)): Named<ProviderPath>,
) -> Result<Hal, Error> {
    let [from, to] = versions(&query)?;
    let mut db = app.read().await?;
    let id = find::provider(&mut db, principal.tenant, &provider).await?;
    let mut found = Vec::new();
    for version in [&from, &to] {
        let document = store::find_document(&mut db, principal.tenant, id, version).await?;
        let missing = || Error::Missing(format!("{provider} version {version} has no provider contract"));
        found.push(document.ok_or_else(missing)?);
    }
    drop(db);

    // Documents are large enough for others to notice.
    let today = today(app.now())?;
    let mut told = comparisons::look(&app, move || look(&provider, &found, today)).await??;
    let title = format!("From {from} to {to}");
    told["_links"] = json!({"self": Link::to(request.with_query()).title(title)});
    Ok(Hal::ok(&told))
}

fn look(provider: &PacticipantName, found: &[Current], today: Day) -> Result<Value, Error> {
    let load = |current: &Current| {
        let Current { version, specification, text, .. } = current;
        if *specification != Specification::OpenApi.as_str() {
            let message = format!("The document of {provider} version {version} is {specification}, not OpenAPI");
            return Err(Error::Missing(message));
        }
        Document::load(text, &Budget::default()).map_err(|error| {
            Error::Missing(format!("The document of {provider} version {version} cannot be read: {}", in_full(&error)))
        })
    };
    let [old, new] = found else { return Err(Error::internal("two documents are compared")) };
    let mut told = json!(Changes::from(diff(&load(old)?, &load(new)?, today)));
    for (key, current) in [("from", old), ("to", new)] {
        told[key] = json!({"version": current.version, "sha": current.sha});
    }
    Ok(told)
}
