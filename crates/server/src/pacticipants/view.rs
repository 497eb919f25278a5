//! How a pacticipant is shown: HAL.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Pacticipant;
use crate::deployments::Deployment;
use crate::edge::{BaseUrl, Link, OwnLink, curies, timestamp, urls};

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

/// A pacticipant in HAL.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shown<'a> {
    name: &'a str,
    display_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository_namespace: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    main_branch: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<String>,
    created_at: String,
    #[serde(rename = "_embedded")]
    embedded: Embedded<'a>,
    #[serde(rename = "_links")]
    links: Links,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'static str>,
}

#[derive(Clone, Serialize)]
struct Embedded<'a> {
    #[serde(rename = "latestVersion", skip_serializing_if = "Option::is_none")]
    latest_version: Option<LatestVersion<'a>>,
    labels: Vec<Label<'a>>,
    #[serde(rename = "latest-version", skip_serializing_if = "Option::is_none")]
    deprecated_latest_version: Option<LatestVersion<'a>>,
}

#[derive(Clone, Serialize)]
struct LatestVersion<'a> {
    number: &'a str,
    #[serde(rename = "_links")]
    links: OwnLink,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
}

#[derive(Clone, Serialize)]
struct Label<'a> {
    name: &'a str,
    #[serde(rename = "_links")]
    links: OwnLink,
}

#[derive(Clone, Serialize)]
struct Links {
    #[serde(rename = "self")]
    own: Link,
    #[serde(rename = "pb:versions")]
    versions: Link,
    #[serde(rename = "pb:branches")]
    branches: Link,
    #[serde(rename = "pb:deployed-environments", skip_serializing_if = "Option::is_none")]
    deployed: Option<Vec<Value>>,
    #[serde(rename = "pb:version")]
    version: Link,
    #[serde(rename = "pb:version-tag")]
    version_tag: Link,
    #[serde(rename = "pb:branch-version")]
    branch_version: Link,
    #[serde(rename = "pb:label")]
    label: Link,
    #[serde(rename = "pb:can-i-deploy-badge")]
    tag_badge: Link,
    #[serde(rename = "pb:can-i-deploy-branch-to-environment-badge")]
    branch_badge: Link,
    #[serde(rename = "versions")]
    deprecated_versions: Link,
    curies: Value,
}

impl<'a> Shown<'a> {
    pub(super) fn of(base: &BaseUrl, pacticipant: &'a Pacticipant, around: &'a Surroundings) -> Self {
        let latest_version = around.latest_version.as_deref().map(|number| {
            let url = urls::version(base, &pacticipant.name, number);
            let links = OwnLink::to(Link::to(url).title("Version").name(number));
            LatestVersion { number, links, title: None, name: None }
        });
        let deprecated = Some("DEPRECATED - please use latestVersion");
        let deprecated_latest_version =
            latest_version.clone().map(|latest| LatestVersion { title: deprecated, name: deprecated, ..latest });
        let labels = around.labels.iter().map(|label| {
            let url = urls::label(base, &pacticipant.name, label);
            Label { name: label, links: OwnLink::to(Link::to(url).title("Label").name(label)) }
        });
        let Pacticipant { name, display_name, created_at, updated_at, .. } = pacticipant;
        Self {
            name,
            display_name,
            repository_url: pacticipant.repository_url.as_deref(),
            repository_name: pacticipant.repository_name.as_deref(),
            repository_namespace: pacticipant.repository_namespace.as_deref(),
            main_branch: pacticipant.main_branch.as_deref(),
            updated_at: (updated_at != created_at).then(|| timestamp(*updated_at)),
            created_at: timestamp(*created_at),
            embedded: Embedded { latest_version, labels: labels.collect(), deprecated_latest_version },
            links: Links::of(base, name, around.deployments.as_deref()),
            title: None,
        }
    }

    pub(super) fn titled(self, title: &'static str) -> Self {
        Self { title: Some(title), ..self }
    }
}

impl Links {
    fn of(base: &BaseUrl, name: &str, deployments: Option<&[Deployment]>) -> Self {
        let own = urls::pacticipant(base, name);
        let template = |path: &str, title: &str| Link::to(format!("{own}{path}")).title(title).templated(true);
        let tag = format!("Get, create or delete a tag for a version of {name}");
        let branch_version = format!("Get or add/create a version for a branch of {name}");
        let tag_badge = format!("Badge, whether {name} can be deployed from one tag to another");
        let branch_badge = format!("Badge, whether a branch of {name} can be deployed to an environment");
        Self {
            versions: Link::to(urls::versions(base, name)),
            branches: Link::to(urls::branches(base, name)),
            deployed: deployments.map(|all| all.iter().map(|one| one.environment_link(base)).collect()),
            version: template("/versions/{version}", "Get, create or delete a pacticipant version"),
            version_tag: template("/versions/{version}/tags/{tag}", &tag),
            branch_version: template("/branches/{branch}/versions/{version}", &branch_version),
            label: template("/labels/{label}", &format!("Get, create or delete a label for {name}")),
            tag_badge: template("/latest-version/{tag}/can-i-deploy/to/{environmentTag}/badge", &tag_badge),
            branch_badge: template(
                "/branches/{branch}/latest-version/can-i-deploy/to-environment/{environment}/badge",
                &branch_badge,
            ),
            deprecated_versions: Link::to(urls::versions(base, name)).title("Deprecated - use pb:versions"),
            curies: curies(base, "pacticipant"),
            own: Link::to(own),
        }
    }
}

/// A list of pacticipants in HAL, with what old clients read.
#[derive(Serialize)]
pub(super) struct List<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) page: Option<Value>,
    #[serde(rename = "_embedded")]
    embedded: EmbeddedPacticipants<'a>,
    #[serde(rename = "_links")]
    links: ListLinks,
    /// For old clients, but not in lists that came later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pacticipants: Option<Vec<Shown<'a>>>,
}

#[derive(Serialize)]
struct EmbeddedPacticipants<'a> {
    pacticipants: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct ListLinks {
    #[serde(flatten)]
    pages: Map<String, Value>,
    #[serde(rename = "self")]
    own: Link,
    #[serde(rename = "pb:pacticipants-with-label")]
    with_label: Link,
    #[serde(rename = "pb:pacticipants")]
    pb_pacticipants: Vec<Link>,
    pacticipants: Vec<Link>,
}

impl<'a> List<'a> {
    pub(super) fn of(base: &BaseUrl, shown: Vec<Shown<'a>>, pages: Map<String, Value>) -> Self {
        let to = |one: &Shown<'_>| Link::to(urls::pacticipant(base, one.name));
        let deprecated = "DEPRECATED - please use pb:pacticipants";
        let pb_pacticipants = shown.iter().map(|one| to(one).title("Pacticipant").name(one.name)).collect();
        let pacticipants = shown.iter().map(|one| to(one).title(one.name).name(deprecated)).collect();
        let all = format!("{}/pacticipants", base.as_str());
        let with_label = Link::to(format!("{all}/label/{{label}}")).title("Find pacticipants by label").templated(true);
        let titled = |one: Shown<'a>| one.titled("DEPRECATED - Please use the embedded pacticipants collection");
        Self {
            page: None,
            links: ListLinks { pages, own: Link::to(all), with_label, pb_pacticipants, pacticipants },
            pacticipants: Some(shown.iter().cloned().map(titled).collect()),
            embedded: EmbeddedPacticipants { pacticipants: shown },
        }
    }

    /// Those with a label; `own` is the address of this list.
    pub(super) fn labelled(base: &BaseUrl, shown: Vec<Shown<'a>>, pages: Map<String, Value>, own: String) -> Self {
        let mut list = Self::of(base, shown, pages);
        list.links.own = Link::to(own);
        list.pacticipants = None;
        list
    }
}

/// A label of a pacticipant in HAL.
pub(super) fn label(base: &BaseUrl, pacticipant: &str, label: &str, created_at: DateTime<Utc>) -> Value {
    json!({
        "name": label,
        "createdAt": timestamp(created_at),
        "_links": {
            "self": Link::to(urls::label(base, pacticipant, label)).title("Label").name(label),
            "pacticipant": Link::to(urls::pacticipant(base, pacticipant)).title("Pacticipant").name(pacticipant),
        },
    })
}
