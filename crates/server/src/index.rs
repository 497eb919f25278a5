//! The index: clients discover everything else from here. Names of template variables are part of the contract.

use axum::Router;
use axum::routing::get;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::edge::{BaseUrl, Hal, Link, Principal};

/// Relation, path, title. An address with a variable is templated.
const RELATIONS: &[(&str, &str, &str)] = &[
    (
        "pb:publish-pact",
        "/pacts/provider/{provider}/consumer/{consumer}/version/{consumerApplicationVersion}",
        "Publish a pact",
    ),
    ("pb:publish-contracts", "/contracts/publish", "Publish contracts"),
    ("pb:latest-pact-versions", "/pacts/latest", "Latest pact versions"),
    (
        "pb:tagged-pact-versions",
        "/pacts/provider/{provider}/consumer/{consumer}/tag/{tag}",
        "Contracts of a pair whose consumer version has a tag",
    ),
    (
        "pb:branch-pact-versions",
        "/pacts/provider/{provider}/consumer/{consumer}/branch/{branch}",
        "Contracts of a pair from a branch of the consumer",
    ),
    (
        "pb:latest-branch-pact-versions",
        "/pacts/provider/{provider}/consumer/{consumer}/branch/{branch}/latest/versions",
        "Latest contract of a pair from a branch of the consumer",
    ),
    (
        "pb:main-branch-pact-versions",
        "/pacts/provider/{provider}/consumer/{consumer}/branch/versions",
        "Contracts of a pair from the consumer's main branch",
    ),
    (
        "pb:latest-main-branch-pact-versions",
        "/pacts/provider/{provider}/consumer/{consumer}/branch/latest/versions",
        "Latest contract of a pair from the consumer's main branch",
    ),
    ("pb:provider-pacts", "/pacts/provider/{provider}", "Contracts with a provider"),
    (
        "pb:provider-pacts-with-tag",
        "/pacts/provider/{provider}/tag/{tag}",
        "Contracts with a provider whose consumer version has a tag",
    ),
    (
        "pb:provider-pacts-with-branch",
        "/pacts/provider/{provider}/branch/{branch}",
        "Contracts with a provider from a branch of each consumer",
    ),
    (
        "pb:latest-provider-pacts-with-branch",
        "/pacts/provider/{provider}/branch/{branch}/latest",
        "Latest contracts with a provider from a branch of each consumer",
    ),
    (
        "pb:provider-pacts-with-main-branch",
        "/pacts/provider/{provider}/branch",
        "Contracts with a provider from each consumer's main branch",
    ),
    (
        "pb:latest-provider-pacts-with-main-branch",
        "/pacts/provider/{provider}/branch/latest",
        "Latest contracts with a provider from each consumer's main branch",
    ),
    ("pb:pacticipants", "/pacticipants", "Pacticipants"),
    ("pb:pacticipant", "/pacticipants/{pacticipant}", "Fetch pacticipant by name"),
    ("pb:latest-provider-pacts", "/pacts/provider/{provider}/latest", "Latest pacts by provider"),
    (
        "pb:latest-provider-pacts-with-tag",
        "/pacts/provider/{provider}/latest/{tag}",
        "Latest pacts for provider with the specified tag",
    ),
    ("pb:latest-version", "/pacticipants/{pacticipant}/latest-version", "Latest pacticipant version"),
    (
        "pb:latest-tagged-version",
        "/pacticipants/{pacticipant}/latest-version/{tag}",
        "Latest pacticipant version with the specified tag",
    ),
    ("pb:webhooks", "/webhooks", "Webhooks"),
    ("pb:webhook", "/webhooks/{uuid}", "Webhook"),
    (
        "pb:pacticipant-version-tag",
        "/pacticipants/{pacticipant}/versions/{version}/tags/{tag}",
        "Get, create or delete a tag for a pacticipant version",
    ),
    ("pb:pacticipant-branch", "/pacticipants/{pacticipant}/branches/{branch}", "Get a pacticipant branch"),
    (
        "pb:pacticipant-branch-version",
        "/pacticipants/{pacticipant}/branches/{branch}/versions/{version}",
        "Get or add/create a pacticipant version for a branch",
    ),
    ("pb:pacticipant-version", "/pacticipants/{pacticipant}/versions/{version}", "Get or create a pacticipant version"),
    (
        "pb:can-i-deploy-pacticipant-version-to-tag",
        "/can-i-deploy?pacticipant={pacticipant}&version={version}&to={tag}",
        "Determine if an application version can be safely deployed to an environment identified by the given tag",
    ),
    (
        "pb:can-i-deploy-pacticipant-version-to-environment",
        "/can-i-deploy?pacticipant={pacticipant}&version={version}&environment={environment}",
        "Determine if an application version can be safely deployed to an environment",
    ),
    (
        "pb:provider-pacts-for-verification",
        "/pacts/provider/{provider}/for-verification",
        "Pact versions to be verified for the specified provider",
    ),
    ("pb:environments", "/environments", "Environments"),
    ("pb:environment", "/environments/{uuid}", "Environment"),
];

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/", get(index))
}

async fn index(_: Principal, base: BaseUrl) -> Hal {
    let mut links = Map::new();
    links.insert("self".into(), Link::to(base.as_str()).title("Index").templated(false).into());
    for (relation, path, title) in RELATIONS {
        links.insert((*relation).into(), link(&base, path, title).into());
    }
    let old = link(
        &base,
        "/pacts/provider/{provider}/for-verification",
        "DEPRECATED - please use pb:provider-pacts-for-verification",
    );
    links.insert("beta:provider-pacts-for-verification".into(), old.name("beta").into());
    links.insert("curies".into(), curies(&base));
    Hal::ok(&json!({"_links": links}))
}

fn link(base: &BaseUrl, path: &str, title: &str) -> Link {
    Link::to(format!("{}{path}", base.as_str())).title(title).templated(path.contains('{'))
}

fn curies(base: &BaseUrl) -> Value {
    let href = format!("{}/doc/{{rel}}?context=index", base.as_str());
    json!([
        {"name": "pb", "href": href, "templated": true},
        {"name": "beta", "href": href, "templated": true},
    ])
}
