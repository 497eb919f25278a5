//! HTTP of single contracts and of lists of them.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use pactolus_domain::content::{Content, ContentError, ContentSha};
use pactolus_domain::metadata::Metadata;
use pactolus_domain::names::{BranchName, PacticipantName, TagName, VersionNumber};
use pactolus_domain::problem::{Problem, Problems};

use pactolus_domain::publication_notices::Outcome;

use super::publish::{ContractToPublish, OnConflict, Publication, Refusal, publish};
use super::store;
use super::store::served::{self, Served, Wanted, find_served};
use super::view;
use crate::app::App;
use crate::edge::{BaseUrl, Error, FromPath, Hal, JSON, JsonText, Named, PathNames, Principal, offered, urls};
use crate::pacticipants;

static CONSUMER_VERSION: HeaderName = HeaderName::from_static("x-pact-consumer-version");

/// Served as HAL or as plain JSON.
pub(super) fn content_routes() -> Router<App> {
    let pair = "/pacts/provider/{provider}/consumer/{consumer}";
    Router::new()
        .route(&format!("{pair}/version/{{version}}"), get(show).put(put))
        .route(&format!("{pair}/versions/{{version}}"), get(show).put(put))
        .route(&format!("{pair}/pact-version/{{sha}}"), get(show_content))
        .route(&format!("{pair}/pact-version/{{sha}}/metadata/{{metadata}}"), get(show_content))
        .route(&format!("{pair}/latest"), get(latest))
        .route(&format!("{pair}/latest/{{tag}}"), get(latest_tagged))
        .route(&format!("{pair}/branch/{{branch}}/latest"), get(branch_head))
}

pub(super) fn list_routes() -> Router<App> {
    Router::new()
        .route("/pacts/latest", get(list_all_latest))
        .route("/pacts/provider/{provider}/latest", get(list_latest))
        .route("/pacts/provider/{provider}/latest/{tag}", get(list_latest_tagged))
}

struct Pair {
    consumer: PacticipantName,
    provider: PacticipantName,
}

impl Pair {
    fn as_served(&self) -> served::Pair<'_> {
        served::Pair { consumer: self.consumer.as_str(), provider: self.provider.as_str() }
    }
}

impl FromPath for Pair {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { provider: names.pacticipant("provider")?, consumer: names.pacticipant("consumer")? })
    }
}

struct ContractPath {
    pair: Pair,
    version: VersionNumber,
}

impl FromPath for ContractPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { pair: Pair::from_path(names)?, version: names.version("version")? })
    }
}

struct ContentPath {
    pair: Pair,
    sha: ContentSha,
    /// As it stands in the address.
    metadata: Option<String>,
}

impl FromPath for ContentPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        let metadata = Some(names.text("metadata")).filter(|metadata| !metadata.is_empty());
        Ok(Self {
            pair: Pair::from_path(names)?,
            // What is not a sha identifies nothing.
            sha: ContentSha::parse(names.text("sha")).map_err(|_| Error::NotFound)?,
            metadata: metadata.map(urls::segment),
        })
    }
}

struct TaggedPath {
    pair: Pair,
    tag: TagName,
}

impl FromPath for TaggedPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { pair: Pair::from_path(names)?, tag: names.tag("tag")? })
    }
}

struct BranchPath {
    pair: Pair,
    branch: BranchName,
}

impl FromPath for BranchPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { pair: Pair::from_path(names)?, branch: names.branch("branch")? })
    }
}

async fn show(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    headers: HeaderMap,
    Named(path): Named<ContractPath>,
) -> Result<Hal, Error> {
    let wanted = Wanted::Version(path.version.as_str());
    let shown = find(&app, &principal, &path.pair, &wanted).await?;
    Ok(answer(&base, &headers, &shown, None))
}

async fn show_content(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    headers: HeaderMap,
    Named(path): Named<ContentPath>,
) -> Result<Hal, Error> {
    let metadata = path.metadata.as_deref().map(Metadata::decode).unwrap_or_default();
    let version = metadata.consumer_version_numbers().first().map(|number| number.as_str().to_string());
    let wanted = Wanted::Content { sha: path.sha.as_str(), version: version.as_deref() };
    let shown = find(&app, &principal, &path.pair, &wanted).await?;
    Ok(answer(&base, &headers, &shown, path.metadata.as_deref()))
}

async fn latest(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    headers: HeaderMap,
    Named(pair): Named<Pair>,
) -> Result<Response, Error> {
    let shown = find(&app, &principal, &pair, &Wanted::Latest).await?;
    Ok(answer_latest(&base, &headers, &shown, &[]))
}

async fn latest_tagged(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    headers: HeaderMap,
    Named(TaggedPath { pair, tag }): Named<TaggedPath>,
) -> Result<Response, Error> {
    let shown = find(&app, &principal, &pair, &Wanted::LatestTagged(tag.as_str())).await?;
    Ok(answer_latest(&base, &headers, &shown, &[tag]))
}

async fn branch_head(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    headers: HeaderMap,
    Named(BranchPath { pair, branch }): Named<BranchPath>,
) -> Result<Response, Error> {
    let shown = find(&app, &principal, &pair, &Wanted::BranchHead(branch.as_str())).await?;
    Ok(answer_latest(&base, &headers, &shown, &[]))
}

async fn find(app: &App, principal: &Principal, pair: &Pair, wanted: &Wanted<'_>) -> Result<Served, Error> {
    let mut db = app.db.acquire().await?;
    find_served(&mut db, principal.tenant, pair.as_served(), wanted).await?.ok_or(Error::NotFound)
}

/// `metadata` goes on in the link that results are published to.
fn answer(base: &BaseUrl, headers: &HeaderMap, shown: &Served, metadata: Option<&str>) -> Hal {
    let answer = Hal::text(view::contract(base, shown, metadata));
    if offered(headers) == JSON { answer.plain_json() } else { answer }
}

/// The result must reach the version that was the latest one when it was fetched.
fn answer_latest(base: &BaseUrl, headers: &HeaderMap, shown: &Served, tags: &[TagName]) -> Response {
    let metadata = VersionNumber::parse(&shown.version)
        .ok()
        .map(|number| Metadata { consumer_version_tags: tags.to_vec(), ..Metadata::for_version(number) });
    let metadata = metadata.map(|metadata| metadata.encode());
    let mut response = answer(base, headers, shown, metadata.as_deref()).into_response();
    // Header values are bytes: a number with other characters than ASCII goes as UTF-8.
    if let Ok(version) = HeaderValue::from_bytes(shown.version.as_bytes()) {
        response.headers_mut().insert(CONSUMER_VERSION.clone(), version);
    }
    response
}

async fn put(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    headers: HeaderMap,
    Named(path): Named<ContractPath>,
    JsonText(text): JsonText,
) -> Result<Hal, Error> {
    let contract = contract_to_publish(&path.pair, text)?;
    let publication = Publication {
        consumer: path.pair.consumer.clone(),
        version: path.version.clone(),
        branch: None,
        tags: Vec::new(),
        build_url: None,
        contracts: vec![contract],
    };

    let mut tx = app.change().await?;
    let published = match publish(&mut tx, &app, &principal, &base, publication).await {
        Ok(published) => published,
        Err(Refusal::Error(error)) => return Err(error),
        Err(Refusal::SimilarNames(messages)) => return Err(Error::ConflictText(messages.join("\n"))),
        Err(Refusal::Conflicts(conflicts)) => {
            let texts = conflicts.iter().map(|one| view::conflict(&path.pair.consumer, &path.version, one));
            return Err(Error::Conflict(texts.collect::<Vec<_>>().join("\n")));
        }
    };
    let (pair, wanted) = (path.pair.as_served(), Wanted::Version(path.version.as_str()));
    let shown = find_served(&mut tx, principal.tenant, pair, &wanted).await?.ok_or(Error::NotFound)?;
    tx.commit().await?;
    if published.contracts.iter().any(|contract| !contract.triggered.is_empty()) {
        app.jobs_written.notify_waiters();
    }

    let created = published.contracts.iter().any(|contract| contract.outcome == Outcome::Created);
    let answer = answer(&base, &headers, &shown, None);
    Ok(if created { answer.status(StatusCode::CREATED) } else { answer })
}

fn contract_to_publish(pair: &Pair, text: String) -> Result<ContractToPublish, Error> {
    let content = Content::parse(text).map_err(|error| match error {
        ContentError::NotJson(error) => Error::MalformedJson(error.to_string()),
        other @ ContentError::NotAnObject { .. } => Problem::whole(other.explanation()).into(),
    })?;
    let mut problems = Problems::none();
    for (side, inside, outside) in
        [("consumer", content.consumer_name(), &pair.consumer), ("provider", content.provider_name(), &pair.provider)]
    {
        if let Some(inside) = inside.filter(|inside| *inside != outside.as_str()) {
            let text = format!("name in pact '{inside}' does not match name in URL path '{outside}'.");
            problems.push(Problem::at("name", text).under(side));
        }
    }
    Ok(problems.or(ContractToPublish {
        provider: pair.provider.clone(),
        content,
        on_conflict: OnConflict::Overwrite,
    })?)
}

struct ProviderPath(PacticipantName);

impl FromPath for ProviderPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        names.pacticipant("provider").map(Self)
    }
}

struct ProviderTagPath {
    provider: PacticipantName,
    tag: TagName,
}

impl FromPath for ProviderTagPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { provider: names.pacticipant("provider")?, tag: names.tag("tag")? })
    }
}

async fn list_latest(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(ProviderPath(provider)): Named<ProviderPath>,
) -> Result<Hal, Error> {
    let mut db = app.db.acquire().await?;
    let id = pacticipants::find_id(&mut db, principal.tenant, &provider).await?.ok_or_else(|| missing(&provider))?;
    let listed = store::list_latest_of_provider(&mut db, principal.tenant, id).await?;
    let own = format!("{}/latest", urls::provider(&base, provider.as_str()));
    let title = format!("Latest pact versions for the provider {provider}");
    Ok(Hal::ok(&view::provider_list(&base, provider.as_str(), &own, &title, &listed)))
}

async fn list_latest_tagged(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(ProviderTagPath { provider, tag }): Named<ProviderTagPath>,
) -> Result<Hal, Error> {
    let mut db = app.db.acquire().await?;
    let id = pacticipants::find_id(&mut db, principal.tenant, &provider).await?.ok_or_else(|| missing(&provider))?;
    let listed = store::list_latest_tagged(&mut db, principal.tenant, id, tag.as_str()).await?;
    let own = format!("{}/latest/{}", urls::provider(&base, provider.as_str()), urls::segment(tag.as_str()));
    let title = format!("Latest pact versions for the provider {provider} with consumer version tag '{tag}'");
    Ok(Hal::ok(&view::provider_list(&base, provider.as_str(), &own, &title, &listed)))
}

fn missing(provider: &PacticipantName) -> Error {
    Error::NoSuchPacticipant { role: "provider", name: provider.to_string() }
}

async fn list_all_latest(State(app): State<App>, principal: Principal, base: BaseUrl) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    let listed = store::list_latest(&mut db, principal.tenant).await?;
    drop(db);

    Hal::json(&view::Latest::of(&base, &listed)).map_err(Error::internal)
}
