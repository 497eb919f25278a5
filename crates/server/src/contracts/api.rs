//! HTTP of single contracts.

use std::convert::Infallible;

use axum::Router;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use pactolus_domain::content::{Content, ContentError, ContentSha};
use pactolus_domain::metadata::Metadata;
use pactolus_domain::names::{BranchName, PacticipantName, TagName, VersionNumber};
use pactolus_domain::problem::{Problem, Problems};
use pactolus_domain::publication_notices::Outcome;
use sqlx::PgConnection;

use super::publish::{ContractToPublish, OnConflict, Publication, Refusal, publish, settle};
use super::store::served::{self, Served, Wanted, find_served};
use super::view;
use crate::app::App;
use crate::edge::{BaseUrl, EXTENDED, Error, FromPath, Hal, JsonText, Named, PathNames, Principal, offered, urls};

static CONSUMER_VERSION: HeaderName = HeaderName::from_static("x-pact-consumer-version");

/// Served as HAL or as plain JSON.
pub(super) fn content_routes() -> Router<App> {
    let pair = "/pacts/provider/{provider}/consumer/{consumer}";
    let old_pair = "/pact/provider/{provider}/consumer/{consumer}";
    Router::new()
        .route(&format!("{pair}/version/{{version}}"), get(show).put(put).patch(merge))
        .route(&format!("{pair}/versions/{{version}}"), get(show).put(put).patch(merge))
        .route(&format!("{old_pair}/version/{{version}}"), get(show).put(put).patch(merge))
        .route(&format!("{old_pair}/latest"), get(latest))
        .route(&format!("{pair}/version/{{version}}/previous-distinct"), get(previous_distinct))
        .route(&format!("{pair}/pact-version/{{sha}}"), get(show_content))
        .route(&format!("{pair}/pact-version/{{sha}}/metadata/{{metadata}}"), get(show_content))
        .route(&format!("{pair}/latest"), get(latest))
        .route(&format!("{pair}/latest/{{tag}}"), get(latest_tagged))
        .route(&format!("{pair}/latest-untagged"), get(latest_untagged))
        .route(&format!("{pair}/branch/{{branch}}/latest"), get(branch_head))
}

/// What the client gets: where links start, and which type it accepts.
struct ShownAs {
    base: BaseUrl,
    offer: &'static str,
}

impl FromRequestParts<App> for ShownAs {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self { base: BaseUrl::of(app, &parts.headers), offer: offered(&parts.headers) })
    }
}

pub(super) struct Pair {
    pub(super) consumer: PacticipantName,
    pub(super) provider: PacticipantName,
}

impl Pair {
    pub(super) fn as_served(&self) -> served::Pair<'_> {
        served::Pair { consumer: self.consumer.as_str(), provider: self.provider.as_str() }
    }
}

impl FromPath for Pair {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { provider: names.pacticipant("provider")?, consumer: names.pacticipant("consumer")? })
    }
}

pub(super) struct ContractPath {
    pub(super) pair: Pair,
    pub(super) version: VersionNumber,
}

impl FromPath for ContractPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { pair: Pair::from_path(names)?, version: names.version("version")? })
    }
}

pub(super) struct ContentPath {
    pub(super) pair: Pair,
    pub(super) sha: ContentSha,
    /// As it stands in the address.
    pub(super) metadata: Option<String>,
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

pub(super) struct TaggedPath {
    pub(super) pair: Pair,
    pub(super) tag: TagName,
}

impl FromPath for TaggedPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { pair: Pair::from_path(names)?, tag: names.tag("tag")? })
    }
}

pub(super) struct BranchPath {
    pub(super) pair: Pair,
    pub(super) branch: BranchName,
}

impl FromPath for BranchPath {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { pair: Pair::from_path(names)?, branch: names.branch("branch")? })
    }
}

async fn show(
    State(app): State<App>,
    principal: Principal,
    shown_as: ShownAs,
    Named(path): Named<ContractPath>,
) -> Result<Hal, Error> {
    let wanted = Wanted::Version(path.version.as_str());
    find(&app, &principal, &shown_as, &path.pair, &wanted, None).await
}

async fn previous_distinct(
    State(app): State<App>,
    principal: Principal,
    shown_as: ShownAs,
    Named(path): Named<ContractPath>,
) -> Result<Hal, Error> {
    let wanted = Wanted::PreviousDistinct(path.version.as_str());
    find(&app, &principal, &shown_as, &path.pair, &wanted, None).await
}

async fn show_content(
    State(app): State<App>,
    principal: Principal,
    shown_as: ShownAs,
    Named(path): Named<ContentPath>,
) -> Result<Hal, Error> {
    let metadata = path.metadata.as_deref().map(Metadata::decode).unwrap_or_default();
    let version = metadata.consumer_version_numbers().first().map(|number| number.as_str().to_string());
    let wanted = Wanted::Content { sha: path.sha.as_str(), version: version.as_deref() };
    find(&app, &principal, &shown_as, &path.pair, &wanted, path.metadata.as_deref()).await
}

async fn latest(
    State(app): State<App>,
    principal: Principal,
    shown_as: ShownAs,
    Named(pair): Named<Pair>,
) -> Result<Response, Error> {
    find_latest(&app, &principal, &shown_as, &pair, &Wanted::Latest, &[]).await
}

async fn latest_tagged(
    State(app): State<App>,
    principal: Principal,
    shown_as: ShownAs,
    Named(TaggedPath { pair, tag }): Named<TaggedPath>,
) -> Result<Response, Error> {
    let wanted = Wanted::LatestTagged(tag.as_str());
    find_latest(&app, &principal, &shown_as, &pair, &wanted, std::slice::from_ref(&tag)).await
}

async fn latest_untagged(
    State(app): State<App>,
    principal: Principal,
    shown_as: ShownAs,
    Named(pair): Named<Pair>,
) -> Result<Response, Error> {
    find_latest(&app, &principal, &shown_as, &pair, &Wanted::LatestUntagged, &[]).await
}

async fn branch_head(
    State(app): State<App>,
    principal: Principal,
    shown_as: ShownAs,
    Named(BranchPath { pair, branch }): Named<BranchPath>,
) -> Result<Response, Error> {
    let wanted = Wanted::BranchHead(branch.as_str());
    find_latest(&app, &principal, &shown_as, &pair, &wanted, &[]).await
}

/// `metadata` goes on in the link that results are published to.
async fn find(
    app: &App,
    principal: &Principal,
    shown_as: &ShownAs,
    pair: &Pair,
    wanted: &Wanted<'_>,
    metadata: Option<&str>,
) -> Result<Hal, Error> {
    let mut db = app.db.acquire().await?;
    let shown = find_served(&mut db, principal.tenant, pair.as_served(), wanted).await?.ok_or(Error::NotFound)?;
    answer(&mut db, principal, shown_as, &shown, metadata).await
}

async fn answer(
    db: &mut PgConnection,
    principal: &Principal,
    shown_as: &ShownAs,
    shown: &Served,
    metadata: Option<&str>,
) -> Result<Hal, Error> {
    let ShownAs { base, offer } = shown_as;
    let text = if *offer == EXTENDED {
        let tags = served::list_head_tags(db, principal.tenant, shown).await?;
        view::extended_contract(base, shown, metadata, &tags)
    } else {
        view::contract(base, shown, metadata)
    };
    Ok(Hal::text(text).offered_as(offer))
}

/// The result must reach the version that was the latest one when it was fetched.
async fn find_latest(
    app: &App,
    principal: &Principal,
    shown_as: &ShownAs,
    pair: &Pair,
    wanted: &Wanted<'_>,
    tags: &[TagName],
) -> Result<Response, Error> {
    let mut db = app.db.acquire().await?;
    let shown = find_served(&mut db, principal.tenant, pair.as_served(), wanted).await?.ok_or(Error::NotFound)?;
    let metadata = VersionNumber::parse(&shown.version)
        .ok()
        .map(|number| Metadata { consumer_version_tags: tags.to_vec(), ..Metadata::for_version(number) });
    let metadata = metadata.map(|metadata| metadata.encode());
    let answer = answer(&mut db, principal, shown_as, &shown, metadata.as_deref()).await?;
    let mut response = answer.into_response();
    // Header values are bytes: a number with other characters than ASCII goes as UTF-8.
    if let Ok(version) = HeaderValue::from_bytes(shown.version.as_bytes()) {
        response.headers_mut().insert(CONSUMER_VERSION.clone(), version);
    }
    Ok(response)
}

async fn put(
    State(app): State<App>,
    principal: Principal,
    shown_as: ShownAs,
    Named(path): Named<ContractPath>,
    JsonText(text): JsonText,
) -> Result<Hal, Error> {
    publish_one(&app, &principal, &shown_as, &path, text, OnConflict::Overwrite).await
}

/// Adds the interactions to those that the version has, for consumers whose tests publish in parts.
async fn merge(
    State(app): State<App>,
    principal: Principal,
    shown_as: ShownAs,
    Named(path): Named<ContractPath>,
    JsonText(text): JsonText,
) -> Result<Hal, Error> {
    publish_one(&app, &principal, &shown_as, &path, text, OnConflict::Merge).await
}

async fn publish_one(
    app: &App,
    principal: &Principal,
    shown_as: &ShownAs,
    path: &ContractPath,
    text: String,
    on_conflict: OnConflict,
) -> Result<Hal, Error> {
    let contract = contract_to_publish(&path.pair, text, on_conflict)?;
    let publication = Publication {
        consumer: path.pair.consumer.clone(),
        version: path.version.clone(),
        branch: None,
        tags: Vec::new(),
        build_url: None,
        contracts: vec![contract],
    };

    let mut tx = app.change().await?;
    let published = match publish(&mut tx, app, principal, &shown_as.base, publication).await {
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
    let answer = answer(&mut tx, principal, shown_as, &shown, None).await?;
    tx.commit().await?;
    app.jobs_written.notify_waiters();
    settle(app, principal, &shown_as.base, &published).await;

    let created = published.contracts.iter().any(|contract| contract.outcome == Outcome::Created);
    Ok(if created { answer.status(StatusCode::CREATED) } else { answer })
}

fn contract_to_publish(pair: &Pair, text: String, on_conflict: OnConflict) -> Result<ContractToPublish, Error> {
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
    Ok(problems.or(ContractToPublish { provider: pair.provider.clone(), content, on_conflict })?)
}
