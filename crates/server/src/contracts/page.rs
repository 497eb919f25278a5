//! The page of a contract: what is promised, and what broke, at the address of each single contract.

mod changes;
mod list;
mod outcome;
mod pane;
mod tape;
#[cfg(test)]
mod tests;
mod whole;

use std::collections::{BTreeSet, HashMap};

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use pactolus_domain::contract_lines::way_to_field;
use pactolus_domain::gate::Comparison;
use pactolus_domain::metadata::Metadata;
use pactolus_domain::names::{PacticipantName, VersionNumber};
use pactolus_domain::usage::{Element, Part, normalised};
use sqlx::PgConnection;
use tokio::sync::Semaphore;

use self::whole::WrongField;
use super::api::{BranchPath, ContentPath, ContractPath, Pair, TaggedPath};
use super::store::page::{self, ContentIds, Details, ResultOfVersion, VersionWithContent};
use super::store::served::{Served, Wanted, find_served};
use crate::app::App;
use crate::deployments::Deployment;
use crate::edge::{Error, Named, Principal, urls};
use crate::evidence::{self, FoundMismatch};
use crate::ids::{TenantId, VersionId};
use crate::provider_contracts::{self, Finding};
use crate::ui::{Viewer, no_page};
use crate::{comparisons, deployments, pacticipants, usage, versions};

/// Cells of the tape.
const MOST_RESULTS: i64 = 25;
/// Versions among which those with other content are looked for.
const MOST_VERSIONS: i64 = 300;

pub(super) fn routes() -> Router<App> {
    let pair = "/pacts/provider/{provider}/consumer/{consumer}";
    let old_pair = "/pact/provider/{provider}/consumer/{consumer}";
    Router::new()
        .route(&format!("{pair}/version/{{version}}"), get(show))
        .route(&format!("{pair}/versions/{{version}}"), get(show))
        .route(&format!("{old_pair}/version/{{version}}"), get(show))
        .route(&format!("{old_pair}/latest"), get(latest))
        .route(&format!("{pair}/version/{{version}}/previous-distinct"), get(previous_distinct))
        .route(&format!("{pair}/pact-version/{{sha}}"), get(show_content))
        .route(&format!("{pair}/pact-version/{{sha}}/metadata/{{metadata}}"), get(show_content))
        .route(&format!("{pair}/latest"), get(latest))
        // A badge is a picture, not the latest with such a tag.
        .route(&format!("{pair}/latest/badge"), get(async || no_page()))
        .route(&format!("{pair}/latest/badge.svg"), get(async || no_page()))
        .route(&format!("{pair}/latest/{{tag}}"), get(latest_tagged))
        .route(&format!("{pair}/latest-untagged"), get(latest_untagged))
        .route(&format!("{pair}/branch/{{branch}}/latest"), get(branch_head))
}

/// All that the page tells.
#[derive(Clone, Debug)]
pub(super) struct Told {
    /// What addresses in commands begin with.
    base: String,
    served: Served,
    build_url: Option<String>,
    branches: Vec<String>,
    /// Where the consumer version runs.
    environments: Vec<String>,
    /// Of provider versions, the newest first.
    results: Vec<ResultOfVersion>,
    /// Which of them is shown.
    shown: usize,
    details: Option<Details>,
    mismatches: Vec<FoundMismatch>,
    /// Where provider versions run.
    places: HashMap<VersionId, Vec<String>>,
    /// Of the consumer with a contract between the two, the newest first.
    versions: Vec<VersionWithContent>,
    other: Option<Result<Served, String>>,
    /// Who else reads what is wrong.
    readers: Option<Readers>,
    offered: Option<Offered>,
}

/// What came of holding the contract against a document of the provider.
#[derive(Clone, Debug)]
struct Offered {
    /// The version of the provider that published it.
    version: String,
    outcome: Comparison,
    errors: i64,
    warnings: i64,
    findings: Vec<Finding>,
}

/// A field that is not as expected, and the consumers that read it.
#[derive(Clone, Debug)]
struct Readers {
    /// As the mismatch names it.
    path: String,
    consumers: Vec<String>,
}

impl Told {
    /// The result that is shown; `None` if there is none yet.
    fn selected(&self) -> Option<&ResultOfVersion> {
        self.results.get(self.shown)
    }
}

async fn show(
    State(app): State<App>,
    principal: Principal,
    viewer: Viewer,
    Named(ContractPath { pair, version }): Named<ContractPath>,
) -> Result<Response, Error> {
    answer(&app, &principal, viewer, &pair, &Wanted::Version(version.as_str())).await
}

async fn previous_distinct(
    State(app): State<App>,
    principal: Principal,
    viewer: Viewer,
    Named(ContractPath { pair, version }): Named<ContractPath>,
) -> Result<Response, Error> {
    answer(&app, &principal, viewer, &pair, &Wanted::PreviousDistinct(version.as_str())).await
}

async fn show_content(
    State(app): State<App>,
    principal: Principal,
    viewer: Viewer,
    Named(ContentPath { pair, sha, metadata }): Named<ContentPath>,
) -> Result<Response, Error> {
    let metadata = metadata.as_deref().map(Metadata::decode).unwrap_or_default();
    let version = metadata.consumer_version_numbers().first().map(|number| number.as_str().to_string());
    let wanted = Wanted::Content { sha: sha.as_str(), version: version.as_deref() };
    answer(&app, &principal, viewer, &pair, &wanted).await
}

async fn latest(
    State(app): State<App>,
    principal: Principal,
    viewer: Viewer,
    Named(pair): Named<Pair>,
) -> Result<Response, Error> {
    answer(&app, &principal, viewer, &pair, &Wanted::Latest).await
}

async fn latest_tagged(
    State(app): State<App>,
    principal: Principal,
    viewer: Viewer,
    Named(TaggedPath { pair, tag }): Named<TaggedPath>,
) -> Result<Response, Error> {
    answer(&app, &principal, viewer, &pair, &Wanted::LatestTagged(tag.as_str())).await
}

async fn latest_untagged(
    State(app): State<App>,
    principal: Principal,
    viewer: Viewer,
    Named(pair): Named<Pair>,
) -> Result<Response, Error> {
    answer(&app, &principal, viewer, &pair, &Wanted::LatestUntagged).await
}

async fn branch_head(
    State(app): State<App>,
    principal: Principal,
    viewer: Viewer,
    Named(BranchPath { pair, branch }): Named<BranchPath>,
) -> Result<Response, Error> {
    answer(&app, &principal, viewer, &pair, &Wanted::BranchHead(branch.as_str())).await
}

/// Each reads a whole contract; more at once would only share the processors.
static PAGES: Semaphore = Semaphore::const_new(4);

async fn answer(
    app: &App,
    principal: &Principal,
    viewer: Viewer,
    pair: &Pair,
    wanted: &Wanted<'_>,
) -> Result<Response, Error> {
    let mut db = app.read().await?;
    let served = find_served(&mut db, principal.tenant, pair.as_served(), wanted).await?.ok_or(Error::NotFound)?;
    if let Some(form @ ("raw" | "download")) = viewer.query.last("as") {
        return Ok(as_published(served, form == "download"));
    }
    let told = gather(&mut db, principal.tenant, &viewer, pair, served).await?;
    drop(db);
    let asked = viewer.query.last("interaction").map(str::to_owned);
    let (mut told, wrong) = aside(move || {
        let wrong = whole::find_wrong_field(&told, asked.as_deref());
        (told, wrong)
    })
    .await?;
    if let Some(wrong) = wrong {
        told.readers = find_readers(app, principal.tenant, pair, wrong).await?;
    }
    aside(move || whole::show(&viewer, &told)).await
}

/// A large contract takes a while: meanwhile the thread would serve nobody else.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let turn = PAGES.acquire().await.map_err(Error::internal)?;
    let done = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    });
    done.await.map_err(Error::internal)
}

async fn find_readers(app: &App, tenant: TenantId, pair: &Pair, wrong: WrongField) -> Result<Option<Readers>, Error> {
    let WrongField { method, path, place } = wrong;
    let Some(way) = way_to_field(&place) else { return Ok(None) };
    let mut db = app.read().await?;
    let Some(provider) = pacticipants::find_id(&mut db, tenant, &pair.provider).await? else { return Ok(None) };
    let versions = usage::counting(&mut db, tenant, provider, None).await?;
    let mut contents: Vec<i64> = versions.iter().map(|version| version.content_id).collect();
    contents.sort_unstable();
    contents.dedup();
    let called = (method.as_str(), [normalised(&path, None)]);
    let uses = usage::list_uses(&mut db, tenant, provider, &contents, (called.0, &called.1)).await?;
    let is_it = |element: &Element| element.part == Part::ResponseBody && element.name == way;
    let reading: BTreeSet<i64> =
        uses.iter().filter(|(_, element)| is_it(element)).map(|(content, _)| *content).collect();
    let readers = versions.into_iter().filter(|version| reading.contains(&version.content_id));
    let consumers: BTreeSet<String> = readers.map(|version| version.consumer).collect();
    Ok(Some(Readers { path: place, consumers: consumers.into_iter().collect() }))
}

/// The bytes that were published.
fn as_published(served: Served, is_download: bool) -> Response {
    let mut response = (
        [(header::CONTENT_TYPE, "application/json;charset=utf-8"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")],
        served.content,
    )
        .into_response();
    if is_download {
        let name: String = format!("{}-{}-{}", served.consumer, served.provider, served.version);
        let plain =
            name.chars().map(|letter| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' });
        let value = format!("attachment; filename=\"{}.json\"", plain.take(120).collect::<String>());
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
        }
    }
    response
}

async fn gather(
    db: &mut PgConnection,
    tenant: TenantId,
    viewer: &Viewer,
    pair: &Pair,
    served: Served,
) -> Result<Told, Error> {
    let ids = page::find_content_ids(db, tenant, pair.as_served(), &served.sha).await?.ok_or(Error::NotFound)?;
    let (branches, environments, build_url) = of_consumer(db, tenant, ids, &served).await?;
    let results = page::list_results(db, tenant, ids.id, MOST_RESULTS).await?;
    let asked = viewer.query.last("against");
    let shown = results.iter().position(|result| Some(result.version.as_str()) == asked).unwrap_or_default();
    let (mut details, mut mismatches) = (None, Vec::new());
    if let Some(result) = results.get(shown) {
        details = page::find_details(db, tenant, result.number).await?;
        if !result.success {
            let about = (served.consumer.as_str(), served.sha.as_str());
            mismatches = evidence::list_mismatches(db, tenant, result.version_id, about).await?;
        }
    }
    let mut running: HashMap<VersionId, Vec<Deployment>> = HashMap::new();
    for deployed in deployments::list_current_of(db, tenant, ids.provider).await? {
        running.entry(deployed.version_id).or_default().push(deployed);
    }
    let places = running.into_iter().map(|(version, here)| (version, deployments::environment_names(here))).collect();
    let versions = page::list_versions(db, tenant, (ids.consumer, ids.provider), MOST_VERSIONS).await?;
    let other = match viewer.query.last("compare").filter(|number| !number.is_empty()) {
        None => None,
        Some(number) => {
            let found = find_served(db, tenant, pair.as_served(), &Wanted::Version(number)).await?;
            Some(found.ok_or_else(|| number.to_owned()))
        }
    };
    let offered = find_offered(db, tenant, ids, &served, results.get(shown)).await?;
    let base = viewer.base.0.clone();
    Ok(Told {
        base,
        served,
        build_url,
        branches,
        environments,
        results,
        shown,
        details,
        mismatches,
        places,
        versions,
        other,
        readers: None,
        offered,
    })
}

/// With the document of the version whose result is shown, else with the one that counts.
async fn find_offered(
    db: &mut PgConnection,
    tenant: TenantId,
    ids: ContentIds,
    served: &Served,
    shown: Option<&ResultOfVersion>,
) -> Result<Option<Offered>, Error> {
    let mut candidates: Vec<VersionId> = shown.map(|result| result.version_id).into_iter().collect();
    candidates.extend(provider_contracts::find_current(db, tenant, ids.provider).await?);
    for version in candidates {
        let Some(document) = provider_contracts::list_shown(db, tenant, &[version.0]).await?.pop() else { continue };
        let of = (served.consumer.as_str(), served.sha.as_str());
        let compared = comparisons::find_shown(db, tenant, version, of).await?;
        return Ok(compared.map(|compared| Offered {
            version: document.version,
            outcome: compared.comparison(),
            errors: compared.errors.unwrap_or_default().into(),
            warnings: compared.warnings.unwrap_or_default().into(),
            findings: compared.findings.as_deref().map(Finding::list).unwrap_or_default(),
        }));
    }
    Ok(None)
}

/// The branches of the version, where it runs, and its build.
async fn of_consumer(
    db: &mut PgConnection,
    tenant: TenantId,
    ids: ContentIds,
    served: &Served,
) -> Result<(Vec<String>, Vec<String>, Option<String>), Error> {
    let names = (PacticipantName::parse(&served.consumer), VersionNumber::parse(&served.version));
    let nothing = (Vec::new(), Vec::new(), None);
    let (Ok(name), Ok(number)) = names else { return Ok(nothing) };
    let Some(version) = versions::find_version(db, tenant, &name, &number).await? else { return Ok(nothing) };
    let branches = versions::list_branches_of(db, tenant, &[version.id.0]).await?;
    let deployed = deployments::list_current_of(db, tenant, ids.consumer).await?;
    let here = deployed.into_iter().filter(|deployed| deployed.version_id == version.id);
    let environments = deployments::environment_names(here);
    Ok((branches.into_iter().map(|branch| branch.branch).collect(), environments, version.build_url))
}

/// The address of the contract of a version, below the root of this server.
fn address(served: &Served, version: &str) -> String {
    let [provider, consumer, version] = [&served.provider, &served.consumer, version].map(urls::segment);
    format!("/pacts/provider/{provider}/consumer/{consumer}/version/{version}")
}
