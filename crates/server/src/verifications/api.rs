//! HTTP of verification results.

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use pactolus_domain::content::ContentSha;
use pactolus_domain::metadata::Metadata;
use pactolus_domain::names::{PacticipantName, VersionNumber};
use serde_json::{Value, json};

use super::publish::{Published, ResultToPublish, Subject, publish};
use super::store::{self, ContentRef, Shown};
use super::view;
use crate::app::App;
use crate::contracts::ChosenContract;
use crate::edge::{
    BaseUrl, EXTENDED, Error, FromPath, Hal, JsonBody, Link, Named, PathNames, Principal, RequestUrl, offered, urls,
};
use crate::versions;

/// Served as HAL or as plain JSON.
pub(crate) fn routes() -> Router<App> {
    let pair = "/pacts/provider/{provider}/consumer/{consumer}";
    let content = format!("{pair}/pact-version/{{sha}}");
    let with_metadata = format!("{content}/metadata/{{metadata}}");
    Router::new()
        .route(&format!("{content}/verification-results"), post(publish_result))
        .route(&format!("{with_metadata}/verification-results"), post(publish_result))
        .route(&format!("{content}/verification-results/latest"), get(latest))
        .route(&format!("{content}/verification-results/{{number}}"), get(show))
        .route(&format!("{with_metadata}/verification-results/{{number}}"), get(show))
        .route(&format!("{pair}/version/{{version}}/verification-results/latest"), get(latest_of_contract))
        .route(&format!("{pair}/latest/verification-results/latest"), get(latest_of_contract))
        .route(&format!("{pair}/latest/{{tag}}/verification-results/latest"), get(latest_of_contract))
}

/// Served as HAL.
pub(crate) fn list_routes() -> Router<App> {
    Router::new().route("/verification-results/consumer/{consumer}/version/{version}/latest", get(latest_of_version))
}

struct ContentPath {
    consumer: PacticipantName,
    provider: PacticipantName,
    sha: ContentSha,
    metadata: Metadata,
    number: String,
}

impl FromPath for ContentPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self {
            provider: names.pacticipant("provider")?,
            consumer: names.pacticipant("consumer")?,
            // What is not a sha identifies nothing.
            sha: ContentSha::parse(names.text("sha")).map_err(|_| Error::NotFound)?,
            metadata: Metadata::decode(names.text("metadata")),
            number: names.text("number").to_string(),
        })
    }
}

async fn find_content(
    db: &mut sqlx::PgConnection,
    principal: &Principal,
    path: &ContentPath,
) -> Result<ContentRef, Error> {
    let (consumer, provider) = (path.consumer.as_str(), path.provider.as_str());
    store::find_content(db, principal.tenant, consumer, provider, path.sha.as_str()).await?.ok_or(Error::NotFound)
}

async fn publish_result(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(path): Named<ContentPath>,
    body: JsonBody,
) -> Result<Hal, Error> {
    let result = ResultToPublish::parse(&body.value)?;

    let mut tx = app.change().await?;
    let content = find_content(&mut tx, &principal, &path).await?;
    let subject = Subject {
        consumer: &path.consumer,
        provider: &path.provider,
        sha: path.sha.as_str(),
        content,
        metadata: path.metadata,
    };
    let Published { shown, is_told } = publish(&mut tx, &app, &principal, &base, &subject, &result).await?;
    tx.commit().await?;
    if is_told {
        app.jobs_written.notify_waiters();
    }

    let (provider, consumer) = (path.provider.as_str(), path.consumer.as_str());
    let url = urls::verification(&base, provider, consumer, path.sha.as_str(), shown.number);
    Ok(Hal::created(&view::result(&base, &shown)).location(url))
}

async fn show(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    headers: HeaderMap,
    Named(path): Named<ContentPath>,
) -> Result<Hal, Error> {
    if path.number == "all" {
        return Err(Error::Missing("To see all the verifications for a pact, use the Matrix page".into()));
    }
    let number: i64 = path.number.parse().map_err(|_| Error::NotFound)?;
    answer(&app, &principal, &base, &headers, &path, Some(number)).await
}

async fn latest(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    headers: HeaderMap,
    Named(path): Named<ContentPath>,
) -> Result<Hal, Error> {
    answer(&app, &principal, &base, &headers, &path, None).await
}

/// Told of the consumer version that was asked for, though others may have the same content.
async fn latest_of_contract(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    headers: HeaderMap,
    Named(contract): Named<ChosenContract>,
) -> Result<Hal, Error> {
    let mut db = app.db.acquire().await?;
    let found = contract.find(&mut db, principal.tenant).await?.ok_or(Error::NotFound)?;
    let (consumer, provider) = (contract.consumer.as_str(), contract.provider.as_str());
    let content = store::find_content(&mut db, principal.tenant, consumer, provider, &found.sha).await?;
    let content = content.ok_or(Error::NotFound)?;
    let shown = store::find_result(&mut db, principal.tenant, content.id, None).await?.ok_or(Error::NotFound)?;
    let shown = Shown { consumer_version: found.version, ..shown };
    served(&mut db, &principal, &base, &headers, &shown).await
}

async fn answer(
    app: &App,
    principal: &Principal,
    base: &BaseUrl,
    headers: &HeaderMap,
    path: &ContentPath,
    number: Option<i64>,
) -> Result<Hal, Error> {
    let mut db = app.db.acquire().await?;
    let content = find_content(&mut db, principal, path).await?;
    let shown = store::find_result(&mut db, principal.tenant, content.id, number).await?.ok_or(Error::NotFound)?;
    served(&mut db, principal, base, headers, &shown).await
}

/// The extended form names the tags of the provider's version as well.
async fn served(
    db: &mut sqlx::PgConnection,
    principal: &Principal,
    base: &BaseUrl,
    headers: &HeaderMap,
    shown: &Shown,
) -> Result<Hal, Error> {
    let offer = offered(headers);
    let mut result = view::result(base, shown);
    if offer == EXTENDED {
        let tags = versions::list_tags_of(db, principal.tenant, &[shown.provider_version_id.0]).await?;
        result["_embedded"] = view::tags(base, shown, tags.iter().map(|tag| tag.name.as_str()));
    }
    Ok(Hal::ok(&result).offered_as(offer))
}

struct VersionPath {
    consumer: PacticipantName,
    version: VersionNumber,
}

impl FromPath for VersionPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { consumer: names.pacticipant("consumer")?, version: names.version("version")? })
    }
}

/// The latest results for all contracts of a consumer version, and whether each of them is successful.
async fn latest_of_version(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(path): Named<VersionPath>,
) -> Result<Hal, Error> {
    let mut db = app.db.acquire().await?;
    let version = versions::find_version(&mut db, principal.tenant, &path.consumer, &path.version).await?;
    let version = version.ok_or(Error::NotFound)?;
    let listed = store::list_latest_of_version(&mut db, principal.tenant, version.id).await?;
    let (mut successful, mut failed, mut unknown, mut results) = (vec![], vec![], vec![], vec![]);
    for (provider, content, number) in listed {
        let result = match number {
            Some(number) => store::find_result(&mut db, principal.tenant, content, Some(number)).await?,
            None => None,
        };
        match result {
            Some(result) => {
                if result.success { &mut successful } else { &mut failed }.push(provider);
                results.push(view::result(&base, &result));
            }
            None => unknown.push(provider),
        }
    }
    let title = format!("Latest verification results for consumer {} version {}", path.consumer, path.version);
    let success = failed.is_empty() && unknown.is_empty();
    Ok(Hal::ok(&json!({
        "success": success,
        "providerSummary": {"successful": successful, "failed": failed, "unknown": unknown},
        "_embedded": {"verificationResults": Value::from(results)},
        "_links": {"self": Link::to(request.without_query).title(title)},
    })))
}
