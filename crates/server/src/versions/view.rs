//! How versions, branches and tags are shown: HAL.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use sqlx::PgConnection;

use super::store::{self, Branch};
use super::{BranchOfVersion, TagOfVersion, Version};
use crate::contracts;
use crate::deployments::{self, Deployment};
use crate::edge::{BaseUrl, Error, Hal, Link, OwnLink, Page, curies, timestamp, urls};
use crate::environments::{self, Environment};
use crate::ids::{TenantId, VersionId};
use crate::provider_contracts;

/// A version with all that is linked from it.
pub(super) async fn single(
    db: &mut PgConnection,
    tenant: TenantId,
    base: &BaseUrl,
    version: &Version,
    own: &str,
) -> Result<Hal, Error> {
    let environments = environments::list(db, tenant, None).await?;
    let around = around(db, tenant, std::slice::from_ref(version)).await?.pop().unwrap_or_default();
    let mut shown = Shown::of(base, version, &around);
    let url = urls::version(base, &version.pacticipant, &version.number);
    shown.links.own = Link::to(own).title("Version").name(&version.number);
    shown.links.record_deployment = Some(record_links(&environments, &url, "deployment", "deployed"));
    shown.links.record_release = Some(record_links(&environments, &url, "release", "released"));
    let evidence = urls::evidence(base, &version.pacticipant, &version.number);
    shown.links.evidence = Some(Link::to(evidence).title("What this version answered when it was verified"));
    Hal::json(&shown).map_err(Error::internal)
}

/// One link an environment. The command lines look for the one named as the environment.
fn record_links(environments: &[Environment], version: &str, what: &str, path: &str) -> Vec<Link> {
    let links = environments.iter().map(|environment| {
        let url = format!("{version}/{path}-versions/environment/{}", environment.id);
        let title = format!("Record {what} to {}", environment.display_name);
        Link::to(url).title(title).name(&environment.name)
    });
    links.collect()
}

/// Versions as members of a collection, each written as soon as it is known: there may be thousands.
pub(super) async fn several(
    db: &mut PgConnection,
    tenant: TenantId,
    base: &BaseUrl,
    versions: &[Version],
) -> Result<Vec<Box<RawValue>>, Error> {
    let mut written = Vec::with_capacity(versions.len());
    for some in versions.chunks(MOST_AT_ONCE) {
        for (version, around) in some.iter().zip(around(db, tenant, some).await?) {
            written.push(to_raw_value(&Shown::of(base, version, &around)).map_err(Error::internal)?);
        }
    }
    Ok(written)
}

/// What stands beside so many versions is read at once.
const MOST_AT_ONCE: usize = 500;

/// What stands beside a version in its representation.
#[derive(Default)]
struct Around {
    branches: Vec<BranchOfVersion>,
    tags: Vec<TagOfVersion>,
    providers: Vec<String>,
    deployed: Vec<Deployment>,
    released: Vec<Deployment>,
    has_provider_contract: bool,
}

/// In the order of the versions.
async fn around(db: &mut PgConnection, tenant: TenantId, versions: &[Version]) -> Result<Vec<Around>, Error> {
    let ids: Vec<i64> = versions.iter().map(|version| version.id.0).collect();
    let mut branches = grouped(store::list_branches_of(db, tenant, &ids).await?, |branch| branch.version_id);
    let mut tags = grouped(store::list_tags_of(db, tenant, &ids).await?, |tag| tag.version_id);
    let mut providers = grouped(contracts::list_providers_of(db, tenant, &ids).await?, |(version, _)| *version);
    let offering = provider_contracts::list_having(db, tenant, &ids).await?;
    let mut deployed = grouped(deployments::list_deployed_of(db, tenant, &ids).await?, |one| one.version_id);
    let mut released = grouped(deployments::list_released_of(db, tenant, &ids).await?, |one| one.version_id);
    let around = versions.iter().map(|version| Around {
        branches: branches.remove(&version.id).unwrap_or_default(),
        tags: tags.remove(&version.id).unwrap_or_default(),
        providers: providers.remove(&version.id).unwrap_or_default().into_iter().map(|(_, name)| name).collect(),
        deployed: deployed.remove(&version.id).unwrap_or_default(),
        released: released.remove(&version.id).unwrap_or_default(),
        has_provider_contract: offering.contains(&version.id),
    });
    Ok(around.collect())
}

fn grouped<T>(items: Vec<T>, key: impl Fn(&T) -> VersionId) -> HashMap<VersionId, Vec<T>> {
    let mut groups: HashMap<VersionId, Vec<T>> = HashMap::new();
    for item in items {
        groups.entry(key(&item)).or_default().push(item);
    }
    groups
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    number: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    build_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<String>,
    created_at: String,
    #[serde(rename = "_embedded")]
    embedded: Embedded<'a>,
    #[serde(rename = "_links")]
    links: Links,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Embedded<'a> {
    branch_versions: Vec<Mark<'a>>,
    tags: Vec<Mark<'a>>,
}

/// A branch or a tag that the version is on.
#[derive(Serialize)]
struct Mark<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    latest: Option<bool>,
    #[serde(rename = "_links")]
    links: OwnLink,
}

#[derive(Serialize)]
struct Links {
    #[serde(rename = "self")]
    own: Link,
    #[serde(rename = "pb:pacticipant")]
    pacticipant: Link,
    #[serde(rename = "pb:tag")]
    tag: Link,
    #[serde(rename = "pb:latest-verification-results-where-pacticipant-is-consumer")]
    results: Link,
    #[serde(rename = "pb:pact-versions")]
    contracts: Vec<Link>,
    #[serde(rename = "pb:provider-contract", skip_serializing_if = "Option::is_none")]
    provider_contract: Option<Link>,
    #[serde(rename = "pb:deployed-environments")]
    deployed: Vec<Value>,
    #[serde(rename = "pb:released-environments")]
    released: Vec<Value>,
    #[serde(rename = "pb:record-deployment", skip_serializing_if = "Option::is_none")]
    record_deployment: Option<Vec<Link>>,
    #[serde(rename = "pb:record-release", skip_serializing_if = "Option::is_none")]
    record_release: Option<Vec<Link>>,
    #[serde(rename = "pb:evidence", skip_serializing_if = "Option::is_none")]
    evidence: Option<Link>,
    curies: Value,
}

impl<'a> Shown<'a> {
    fn of(base: &BaseUrl, version: &'a Version, around: &'a Around) -> Self {
        let Version { pacticipant, number, build_url, created_at, updated_at, .. } = version;
        let branch_versions = around.branches.iter().map(|branch| {
            let url = urls::branch_version(base, pacticipant, &branch.branch, number);
            let links = OwnLink::to(Link::to(url).title("Branch version").name(&branch.branch));
            Mark { name: &branch.branch, latest: Some(branch.latest), links }
        });
        let tags = around.tags.iter().map(|tag| {
            let url = urls::tag(base, pacticipant, number, &tag.name);
            Mark { name: &tag.name, latest: None, links: OwnLink::to(Link::to(url).title("Tag").name(&tag.name)) }
        });
        Self {
            number,
            build_url: build_url.as_deref(),
            updated_at: (updated_at != created_at).then(|| timestamp(*updated_at)),
            created_at: timestamp(*created_at),
            embedded: Embedded { branch_versions: branch_versions.collect(), tags: tags.collect() },
            links: Links::of(base, version, around),
        }
    }
}

impl Links {
    fn of(base: &BaseUrl, version: &Version, around: &Around) -> Self {
        let Version { pacticipant, number, .. } = version;
        let own = urls::version(base, pacticipant, number);
        let tag_title = "Get, create or delete a tag for this pacticipant version";
        let results = format!(
            "{}/verification-results/consumer/{}/version/{}/latest",
            base.as_str(),
            urls::segment(pacticipant),
            urls::segment(number)
        );
        let contracts = around.providers.iter().map(|provider| {
            let url = urls::contract(base, provider, pacticipant, number);
            Link::to(url).title("Pact").name(format!("Pact between {pacticipant} ({number}) and {provider}"))
        });
        Self {
            tag: Link::to(format!("{own}/tags/{{tag}}")).title(tag_title).templated(true),
            own: Link::to(own).title("Version").name(number),
            pacticipant: Link::to(urls::pacticipant(base, pacticipant)).title("Pacticipant").name(pacticipant),
            results: Link::to(results).title("Latest verification results for consumer version"),
            contracts: contracts.collect(),
            provider_contract: around
                .has_provider_contract
                .then(|| provider_contracts::link(base, pacticipant, number)),
            deployed: around.deployed.iter().map(|one| one.environment_link(base)).collect(),
            released: around.released.iter().map(|one| one.environment_link(base)).collect(),
            record_deployment: None,
            record_release: None,
            evidence: None,
            curies: curies(base, "version"),
        }
    }
}

pub(super) fn branch(base: &BaseUrl, pacticipant: &str, branch: &Branch) -> Value {
    let url = urls::branch(base, pacticipant, &branch.name);
    json!({
        "name": branch.name,
        "createdAt": timestamp(branch.created_at),
        "_links": {
            "self": Link::to(url.clone()).title("Branch"),
            "pb:latest-version": Link::to(format!("{url}/latest-version")).title("Latest version for branch"),
        },
    })
}

pub(super) fn branch_version(
    base: &BaseUrl,
    pacticipant: &str,
    branch: &str,
    number: &str,
    created_at: DateTime<Utc>,
) -> Value {
    json!({
        "createdAt": timestamp(created_at),
        "_links": {
            "self": Link::to(urls::branch_version(base, pacticipant, branch, number)).title("Branch version"),
            "pb:branch": Link::to(urls::branch(base, pacticipant, branch)).title("Branch").name(branch),
            "pb:version": Link::to(urls::version(base, pacticipant, number)).title("Version").name(number),
        },
    })
}

pub(super) fn tag(base: &BaseUrl, pacticipant: &str, number: &str, tag: &str, created_at: DateTime<Utc>) -> Value {
    json!({
        "name": tag,
        "createdAt": timestamp(created_at),
        "_links": {
            "self": Link::to(urls::tag(base, pacticipant, number, tag)).title("Tag").name(tag),
            "version": Link::to(urls::version(base, pacticipant, number)).title("Version").name(number),
            "pacticipant": Link::to(urls::pacticipant(base, pacticipant)).title("Pacticipant").name(pacticipant),
        },
    })
}

/// A list of versions in HAL.
#[derive(Serialize)]
pub(super) struct List {
    #[serde(rename = "_embedded")]
    embedded: EmbeddedVersions,
    #[serde(rename = "_links")]
    links: ListLinks,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<Value>,
}

#[derive(Serialize)]
struct EmbeddedVersions {
    versions: Vec<Box<RawValue>>,
}

#[derive(Serialize)]
struct ListLinks {
    #[serde(rename = "self")]
    own: Link,
    #[serde(rename = "pb:pacticipant")]
    pb_pacticipant: Link,
    #[serde(rename = "pb:versions")]
    pb_versions: Vec<Link>,
    pacticipant: Link,
    versions: Vec<Link>,
    #[serde(flatten)]
    pages: Map<String, Value>,
}

impl List {
    /// `title` says what they have in common.
    pub(super) fn of(base: &BaseUrl, own: &str, title: &str, pacticipant: &str, versions: &[Version]) -> Self {
        let dated =
            |version: &Version| format!("Version {} - {}", version.number, version.created_at.format("%d/%m/%Y"));
        let linked =
            |version: &Version| Link::to(urls::version(base, pacticipant, &version.number)).title(dated(version));
        let all: Vec<Link> = versions.iter().map(linked).collect();
        let to_pacticipant = Link::to(urls::pacticipant(base, pacticipant)).title(pacticipant);
        Self {
            embedded: EmbeddedVersions { versions: Vec::new() },
            links: ListLinks {
                own: Link::to(own).title(title),
                pb_pacticipant: to_pacticipant.clone(),
                pb_versions: all.clone(),
                pacticipant: to_pacticipant,
                versions: all,
                pages: Map::new(),
            },
            page: None,
        }
    }

    pub(super) fn embedding(mut self, versions: Vec<Box<RawValue>>) -> Self {
        self.embedded.versions = versions;
        self
    }

    /// Which part of the whole list it is.
    pub(super) fn page(mut self, page: Page, total: i64, address: &str) -> Self {
        self.page = page.summary(total);
        self.links.pages = page
            .links(total, address, None)
            .into_iter()
            .map(|(relation, link)| (relation.into(), link.into()))
            .collect();
        self
    }
}
