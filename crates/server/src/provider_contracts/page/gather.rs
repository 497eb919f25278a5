//! What the page of a provider contract is made of, as it is stored.

use pactolus_domain::names::{PacticipantName, VersionNumber};
use pactolus_domain::usage::Element;
use sqlx::PgConnection;

use super::super::api::find_version;
use super::super::store::listed::{self, VersionWithDocument};
use super::super::store::shown::{self, Shown};
use super::read::Seen;
use crate::app::App;
use crate::comparisons::{self, FoundOf, OfConsumer};
use crate::edge::{BaseUrl, Error, QueryPairs};
use crate::ids::{PacticipantId, TenantId, VersionId};
use crate::usage::{self, Call, CountingVersion, Held};
use crate::{deployments, pacticipants, versions};

/// Versions that can be compared with.
const MOST_VERSIONS: i64 = 300;
/// Consumers whose findings are looked at without asking for one of them.
const MOST_FOUND: i64 = 30;
/// Contracts that are larger are not opened beside the document.
const LARGEST_CONTRACT_BYTES: i32 = 1 << 20;
/// Reports that are larger are not looked into.
const LARGEST_REPORT_BYTES: usize = 2 << 20;

/// All that the page tells.
pub(super) struct Told {
    pub(super) tenant: TenantId,
    pub(super) provider: PacticipantId,
    pub(super) shown: Shown,
    /// The consumer about which alone findings are told.
    pub(super) asked: Option<String>,
    pub(super) text: String,
    /// Of the provider's own tests.
    pub(super) report: Option<Vec<u8>>,
    pub(super) branches: Vec<String>,
    /// Where the version runs.
    pub(super) environments: Vec<String>,
    /// With a document, the newest first.
    pub(super) versions: Vec<VersionWithDocument>,
    /// The latest contract of each consumer, by name.
    pub(super) consumers: Vec<OfConsumer>,
    pub(super) found: Vec<FoundOf>,
    /// Outcomes that a newer release would change once it is accepted.
    pub(super) changes: i64,
    /// Consumer versions that count.
    pub(super) counting: Vec<CountingVersion>,
    pub(super) calls: Vec<Call>,
    /// What is used of the operation that is chosen.
    pub(super) uses: Vec<(i64, Element)>,
    pub(super) other: Option<Result<Other, String>>,
}

/// The version that is compared with.
pub(super) struct Other {
    pub(super) version: String,
    pub(super) text: String,
    /// `None` if they are too many.
    pub(super) held: Option<Vec<Held>>,
}

pub(super) async fn gather(
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    provider: &PacticipantName,
    query: &QueryPairs,
) -> Result<Told, Error> {
    let mut db = app.read().await?;
    let Some(id) = pacticipants::find_id(&mut db, tenant, provider).await? else {
        return Err(Error::NoSuchPacticipant { role: "provider", name: provider.to_string() });
    };
    let version = match query.last("version").filter(|number| !number.is_empty()) {
        Some(number) => {
            let number = VersionNumber::parse(number).map_err(|error| Error::invalid("version", error.to_string()))?;
            find_version(&mut db, tenant, provider, &number).await?
        }
        None => listed::find_current(&mut db, tenant, id)
            .await?
            .ok_or_else(|| Error::Missing(format!("{provider} has published no provider contract")))?,
    };
    let Some(shown) = shown::list_shown(&mut db, tenant, &[version.0]).await?.pop() else {
        return Err(Error::Missing(format!("This version of {provider} has published no provider contract")));
    };
    let asked = query.last("consumer").filter(|name| !name.is_empty());
    let mut consumers = comparisons::list_of_consumers(&mut db, tenant, version).await?;
    let waiting = consumers.iter().find(|one| Some(one.consumer.as_str()) == asked && one.outcome.is_none());
    if let Some(OfConsumer { consumer, sha, .. }) = waiting {
        // Whoever asks for it gets it compared.
        drop(db);
        comparisons::find_settled(app, tenant, base, version, (consumer, sha)).await?;
        db = app.read().await?;
        consumers = comparisons::list_of_consumers(&mut db, tenant, version).await?;
    }
    let most = (MOST_FOUND, LARGEST_CONTRACT_BYTES);
    let found = comparisons::list_found(&mut db, tenant, version, asked, most).await?;
    let changes = comparisons::count_changes(&mut db, tenant, id).await?;
    let text = shown::find_document(&mut db, tenant, version).await?.ok_or(Error::NotFound)?.content;
    let report = shown::find_report(&mut db, tenant, version).await?;
    let counting = usage::counting(&mut db, tenant, id, None).await?;
    let contents = contents(&counting);
    let calls = usage::list_calls(&mut db, tenant, id, &contents).await?;
    let branches = versions::list_branches_of(&mut db, tenant, &[version.0]).await?;
    let deployed = deployments::list_current_of(&mut db, tenant, id).await?;
    let here = deployed.into_iter().filter(|deployed| deployed.version_id == version);
    let versions = listed::list_numbers(&mut db, tenant, id, MOST_VERSIONS).await?;
    let other = match query.last("compare").filter(|number| !number.is_empty()) {
        None => None,
        Some(number) => Some(find_other(&mut db, tenant, provider, number, &counting).await?),
    };
    Ok(Told {
        tenant,
        provider: id,
        shown,
        asked: asked.map(str::to_owned),
        text,
        report: report.filter(|report| report.len() <= LARGEST_REPORT_BYTES),
        branches: branches.into_iter().map(|branch| branch.branch).collect(),
        environments: deployments::environment_names(here),
        versions,
        consumers,
        found,
        changes,
        counting,
        calls,
        uses: Vec::new(),
        other,
    })
}

async fn find_other(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: &PacticipantName,
    number: &str,
    counting: &[CountingVersion],
) -> Result<Result<Other, String>, Error> {
    let missing = || Ok(Err(number.to_owned()));
    let Ok(parsed) = VersionNumber::parse(number) else { return missing() };
    let version: Option<VersionId> =
        versions::find_version(db, tenant, provider, &parsed).await?.map(|version| version.id);
    let Some(version) = version else { return missing() };
    let Some(document) = shown::find_document(db, tenant, version).await? else { return missing() };
    let held = usage::hold(db, tenant, counting).await?;
    Ok(Ok(Other { version: number.to_owned(), text: document.content, held }))
}

/// What is used of an operation.
pub(super) async fn gather_uses(
    app: &App,
    tenant: TenantId,
    told: &Told,
    seen: &Seen,
    operation: usize,
) -> Result<Vec<(i64, Element)>, Error> {
    let Some(chosen) = seen.operations.get(operation).filter(|chosen| !chosen.paths.is_empty()) else {
        return Ok(Vec::new());
    };
    let paths: Vec<String> = chosen.paths.iter().cloned().collect();
    let mut db = app.read().await?;
    let contents = contents(&told.counting);
    Ok(usage::list_uses(&mut db, tenant, told.provider, &contents, (&chosen.method, &paths)).await?)
}

fn contents(counting: &[CountingVersion]) -> Vec<i64> {
    let mut contents: Vec<i64> = counting.iter().map(|version| version.content_id).collect();
    contents.sort_unstable();
    contents.dedup();
    contents
}
