//! How versions, branches and tags are shown: HAL.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use sqlx::PgConnection;

use super::store::{self, Branch};
use super::{BranchOfVersion, TagOfVersion, Version};
use crate::contracts;
use crate::deployments::{self, Deployment};
use crate::edge::{BaseUrl, Error, Link, curies, named, timestamp, urls, without_nulls};
use crate::environments::{self, Environment};
use crate::ids::{TenantId, VersionId};

/// A version with all that is linked from it.
pub(super) async fn single(
    db: &mut PgConnection,
    tenant: TenantId,
    base: &BaseUrl,
    version: &Version,
    own: &str,
) -> Result<Value, Error> {
    let environments = environments::list(db, tenant, None).await?;
    let mut shown = several(db, tenant, base, std::slice::from_ref(version)).await?;
    let mut body = shown.pop().ok_or(Error::NotFound)?;
    body["_links"]["self"]["href"] = own.into();
    if let Some(links) = body["_links"].as_object_mut() {
        links.remove("curies");
        let url = urls::version(base, &version.pacticipant, &version.number);
        links.insert("pb:record-deployment".into(), record_links(&environments, &url, "deployment", "deployed"));
        links.insert("pb:record-release".into(), record_links(&environments, &url, "release", "released"));
        links.insert("curies".into(), curies(base, "version"));
    }
    Ok(body)
}

/// One link an environment. The command lines look for the one named as the environment.
fn record_links(environments: &[Environment], version: &str, what: &str, path: &str) -> Value {
    let links = environments.iter().map(|environment| {
        let url = format!("{version}/{path}-versions/environment/{}", environment.id);
        let title = format!("Record {what} to {}", environment.display_name);
        Value::from(Link::to(url).title(title).name(&environment.name))
    });
    links.collect()
}

/// Versions as members of a collection.
pub(super) async fn several(
    db: &mut PgConnection,
    tenant: TenantId,
    base: &BaseUrl,
    versions: &[Version],
) -> Result<Vec<Value>, Error> {
    let ids: Vec<i64> = versions.iter().map(|version| version.id.0).collect();
    let mut branches = grouped(store::list_branches_of(db, tenant, &ids).await?, |branch| branch.version_id);
    let mut tags = grouped(store::list_tags_of(db, tenant, &ids).await?, |tag| tag.version_id);
    let mut providers = grouped(contracts::list_providers_of(db, tenant, &ids).await?, |(version, _)| *version);
    let mut deployed = grouped(deployments::list_deployed_of(db, tenant, &ids).await?, |one| one.version_id);
    let mut released = grouped(deployments::list_released_of(db, tenant, &ids).await?, |one| one.version_id);
    let shown = versions.iter().map(|version| {
        let mut of = Of { base, version };
        let branches = branches.remove(&version.id).unwrap_or_default();
        let tags = tags.remove(&version.id).unwrap_or_default();
        let providers = providers.remove(&version.id).unwrap_or_default();
        let deployed = deployed.remove(&version.id).unwrap_or_default();
        let released = released.remove(&version.id).unwrap_or_default();
        of.version(&branches, &tags, &providers, &deployed, &released)
    });
    Ok(shown.collect())
}

fn grouped<T>(items: Vec<T>, key: impl Fn(&T) -> VersionId) -> HashMap<VersionId, Vec<T>> {
    let mut groups: HashMap<VersionId, Vec<T>> = HashMap::new();
    for item in items {
        groups.entry(key(&item)).or_default().push(item);
    }
    groups
}

struct Of<'a> {
    base: &'a BaseUrl,
    version: &'a Version,
}

impl Of<'_> {
    fn version(
        &mut self,
        branches: &[BranchOfVersion],
        tags: &[TagOfVersion],
        providers: &[(VersionId, String)],
        deployed: &[Deployment],
        released: &[Deployment],
    ) -> Value {
        let Version { pacticipant, number, build_url, created_at, updated_at, .. } = self.version;
        let branch_versions = branches.iter().map(|branch| {
            let url = urls::branch_version(self.base, pacticipant, &branch.branch, number);
            let link = Link::to(url).title("Branch version").name(&branch.branch);
            json!({"name": branch.branch, "latest": branch.latest, "_links": {"self": link}})
        });
        let tags = tags.iter().map(|tag| {
            let url = urls::tag(self.base, pacticipant, number, &tag.name);
            named("name", &tag.name, Link::to(url).title("Tag").name(&tag.name))
        });
        without_nulls(json!({
            "number": number,
            "buildUrl": build_url,
            "updatedAt": (updated_at != created_at).then(|| timestamp(*updated_at)),
            "createdAt": timestamp(*created_at),
            "_embedded": {
                "branchVersions": branch_versions.collect::<Value>(),
                "tags": tags.collect::<Value>(),
            },
            "_links": self.links(providers, deployed, released),
        }))
    }

    fn links(&self, providers: &[(VersionId, String)], deployed: &[Deployment], released: &[Deployment]) -> Value {
        let Version { pacticipant, number, .. } = self.version;
        let own = urls::version(self.base, pacticipant, number);
        let tag_title = "Get, create or delete a tag for this pacticipant version";
        let results = format!(
            "{}/verification-results/consumer/{}/version/{}/latest",
            self.base.as_str(),
            urls::segment(pacticipant),
            urls::segment(number)
        );
        let contracts = providers.iter().map(|(_, provider)| {
            let url = urls::contract(self.base, provider, pacticipant, number);
            Value::from(
                Link::to(url).title("Pact").name(format!("Pact between {pacticipant} ({number}) and {provider}")),
            )
        });
        json!({
            "self": Link::to(own.clone()).title("Version").name(number),
            "pb:pacticipant": Link::to(urls::pacticipant(self.base, pacticipant)).title("Pacticipant").name(pacticipant),
            "pb:tag": Link::to(format!("{own}/tags/{{tag}}")).title(tag_title).templated(true),
            "pb:latest-verification-results-where-pacticipant-is-consumer":
                Link::to(results).title("Latest verification results for consumer version"),
            "pb:pact-versions": contracts.collect::<Value>(),
            "pb:deployed-environments": deployed.iter().map(|one| one.environment_link(self.base)).collect::<Value>(),
            "pb:released-environments": released.iter().map(|one| one.environment_link(self.base)).collect::<Value>(),
            "curies": curies(self.base, "version"),
        })
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

/// The list of versions in HAL; `title` says what they have in common.
pub(super) fn list(
    base: &BaseUrl,
    pacticipant: &str,
    own: &str,
    title: &str,
    versions: &[Version],
    shown: &[Value],
) -> Map<String, Value> {
    let dated = |version: &Version| format!("Version {} - {}", version.number, version.created_at.format("%d/%m/%Y"));
    let linked = |version: &Version| Link::to(urls::version(base, pacticipant, &version.number)).title(dated(version));
    let all: Vec<Link> = versions.iter().map(linked).collect();
    let mut body = Map::new();
    body.insert("_embedded".into(), json!({"versions": shown}));
    let to_pacticipant = Link::to(urls::pacticipant(base, pacticipant)).title(pacticipant);
    body.insert(
        "_links".into(),
        json!({
            "self": Link::to(own).title(title),
            "pb:pacticipant": to_pacticipant,
            "pb:versions": all,
            "pacticipant": to_pacticipant,
            "versions": all,
        }),
    );
    body
}
