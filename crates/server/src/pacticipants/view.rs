//! How a pacticipant is shown: HAL.

use serde_json::{Map, Value, json};

use super::Pacticipant;
use crate::deployments::Deployment;
use crate::edge::{BaseUrl, Link, curies, named, timestamp, urls, without_nulls};

/// What stands beside a pacticipant in its representation.
#[derive(Default)]
pub(super) struct Surroundings {
    pub(super) latest_version: Option<String>,
    pub(super) labels: Vec<String>,
    /// Where it runs now; only told of a single one.
    pub(super) deployments: Option<Vec<Deployment>>,
}

/// The link to a pacticipant with its name.
pub(crate) fn link(base: &BaseUrl, name: &str) -> Link {
    Link::to(urls::pacticipant(base, name))
}

pub(super) fn pacticipant(base: &BaseUrl, pacticipant: &Pacticipant, around: &Surroundings) -> Value {
    let mut embedded = Map::new();
    let latest = around.latest_version.as_deref().map(|number| {
        let url = urls::version(base, &pacticipant.name, number);
        named("number", number, Link::to(url).title("Version").name(number))
    });
    if let Some(latest) = &latest {
        embedded.insert("latestVersion".into(), latest.clone());
    }
    let labels = around.labels.iter().map(|label| {
        let url = urls::label(base, &pacticipant.name, label);
        named("name", label, Link::to(url).title("Label").name(label))
    });
    embedded.insert("labels".into(), labels.collect());
    if let Some(mut latest) = latest {
        for key in ["title", "name"] {
            latest[key] = "DEPRECATED - please use latestVersion".into();
        }
        embedded.insert("latest-version".into(), latest);
    }
    let updated = (pacticipant.updated_at != pacticipant.created_at).then(|| timestamp(pacticipant.updated_at));
    without_nulls(json!({
        "name": pacticipant.name,
        "displayName": pacticipant.display_name,
        "repositoryUrl": pacticipant.repository_url,
        "repositoryName": pacticipant.repository_name,
        "repositoryNamespace": pacticipant.repository_namespace,
        "mainBranch": pacticipant.main_branch,
        "updatedAt": updated,
        "createdAt": timestamp(pacticipant.created_at),
        "_embedded": embedded,
        "_links": links(base, &pacticipant.name, around.deployments.as_deref()),
    }))
}

fn links(base: &BaseUrl, name: &str, deployments: Option<&[Deployment]>) -> Map<String, Value> {
    let own = urls::pacticipant(base, name);
    let template = |path: &str, title: &str| Link::to(format!("{own}{path}")).title(title).templated(true);
    let mut links = Map::new();
    links.insert("self".into(), Link::to(own.clone()).into());
    links.insert("pb:versions".into(), Link::to(urls::versions(base, name)).into());
    links.insert("pb:branches".into(), Link::to(urls::branches(base, name)).into());
    if let Some(deployments) = deployments {
        let deployed = deployments.iter().map(|deployment| deployment.environment_link(base));
        links.insert("pb:deployed-environments".into(), deployed.collect());
    }
    let version = "Get, create or delete a pacticipant version";
    links.insert("pb:version".into(), template("/versions/{version}", version).into());
    let tag = format!("Get, create or delete a tag for a version of {name}");
    links.insert("pb:version-tag".into(), template("/versions/{version}/tags/{tag}", &tag).into());
    let branch_version = format!("Get or add/create a version for a branch of {name}");
    links.insert("pb:branch-version".into(), template("/branches/{branch}/versions/{version}", &branch_version).into());
    let deprecated = Link::to(urls::versions(base, name)).title("Deprecated - use pb:versions");
    links.insert("versions".into(), deprecated.into());
    links.insert("curies".into(), curies(base, "pacticipant"));
    links
}
