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
    ("pf:publish-provider-contract", "/provider-contracts/provider/{provider}/publish", "Publish a provider contract"),
    (
        "pf:diff-provider-contracts",
        "/provider-contracts/provider/{provider}/diff?from={from}&to={to}",
        "What changed between the documents of two versions of a provider",
    ),
    (
        "pf:preview-provider-contract",
        "/provider-contracts/provider/{provider}/preview",
        "What a new document would do to a provider's consumers",
    ),
    (
        "pf:preview-contract",
        "/contracts/provider/{provider}/consumer/{consumer}/preview",
        "What a new contract demands of a provider, and which of its versions satisfy it",
    ),
    ("pf:provider-usage", "/usage/provider/{provider}", "Which consumers use what of a provider"),
    ("pf:provider-unused", "/usage/provider/{provider}/unused", "What nobody uses of a provider's document"),
    ("pb:provider-contracts", "/contracts/provider/{provider}", "All provider contracts of a provider"),
    ("pb:latest-pact-versions", "/pacts/latest", "Latest pact versions"),
    (
        "pb:tagged-pact-versions",
        "/pacts/provider/{provider}/consumer/{consumer}/tag/{tag}",
        "All pacts between a consumer and a provider whose consumer version has the tag",
    ),
    (
        "pb:branch-pact-versions",
        "/pacts/provider/{provider}/consumer/{consumer}/branch/{branch}",
        "All pacts between a consumer and a provider from the consumer's branch",
    ),
    (
        "pb:latest-branch-pact-versions",
        "/pacts/provider/{provider}/consumer/{consumer}/branch/{branch}/latest/versions",
        "Latest pact between a consumer and a provider from the consumer's branch",
    ),
    (
        "pb:main-branch-pact-versions",
        "/pacts/provider/{provider}/consumer/{consumer}/branch/versions",
        "All pacts between a consumer and a provider from the consumer's main branch",
    ),
    (
        "pb:latest-main-branch-pact-versions",
        "/pacts/provider/{provider}/consumer/{consumer}/branch/latest/versions",
        "Latest pact between a consumer and a provider from the consumer's main branch",
    ),
    (
        "pb:provider-pacts-with-main-branch",
        "/pacts/provider/{provider}/branch",
        "All pacts for a provider from the consumers' main branches",
    ),
    (
        "pb:provider-pacts-with-branch",
        "/pacts/provider/{provider}/branch/{branch}",
        "All pacts for a provider from the consumers' branches of this name",
    ),
    (
        "pb:latest-provider-pacts-with-main-branch",
        "/pacts/provider/{provider}/branch/latest",
        "Latest pacts for a provider from the consumers' main branches",
    ),
    (
        "pb:latest-provider-pacts-with-branch",
        "/pacts/provider/{provider}/branch/{branch}/latest",
        "Latest pacts for a provider from the consumers' branches of this name",
    ),
    ("pb:pacticipants", "/pacticipants", "Pacticipants"),
    ("pb:pacticipant", "/pacticipants/{pacticipant}", "Fetch pacticipant by name"),
    ("pb:latest-provider-pacts", "/pacts/provider/{provider}/latest", "Latest pacts by provider"),
    (
        "pb:latest-provider-pacts-with-tag",
        "/pacts/provider/{provider}/latest/{tag}",
        "Latest pacts for provider with the specified tag",
    ),
    (
        "pb:provider-pacts-with-tag",
        "/pacts/provider/{provider}/tag/{tag}",
        "All pacts for a provider whose consumer version has the tag",
    ),
    ("pb:provider-pacts", "/pacts/provider/{provider}", "All pacts for a provider"),
    ("pb:latest-version", "/pacticipants/{pacticipant}/latest-version", "Latest pacticipant version"),
    (
        "pb:latest-tagged-version",
        "/pacticipants/{pacticipant}/latest-version/{tag}",
        "Latest pacticipant version with the specified tag",
    ),
    ("pb:webhooks", "/webhooks", "Webhooks"),
    ("pb:webhook", "/webhooks/{uuid}", "Webhook"),
    ("pb:webhook-presets", "/webhook-presets", "Ready-made requests for webhooks"),
    ("pb:integrations", "/integrations", "Integrations"),
    (
        "pb:pacticipant-version-tag",
        "/pacticipants/{pacticipant}/versions/{version}/tags/{tag}",
        "Get, create or delete a tag for a pacticipant version",
    ),
    ("pb:pacticipant-branch", "/pacticipants/{pacticipant}/branches/{branch}", "Get or delete a pacticipant branch"),
    (
        "pb:pacticipant-branch-version",
        "/pacticipants/{pacticipant}/branches/{branch}/versions/{version}",
        "Get or add/create a pacticipant version for a branch",
    ),
    (
        "pb:pacticipant-version",
        "/pacticipants/{pacticipant}/versions/{version}",
        "Get, create or delete a pacticipant version",
    ),
    ("pb:metrics", "/metrics", "How much there is of everything"),
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
    ("pb:verification-requests", "/verification-requests", "Requested verifications to which there is no result yet"),
    ("pb:environments", "/environments", "Environments"),
    ("pb:environment", "/environments/{uuid}", "Environment"),
    ("pb:events", "/events", "What happened, in order"),
    ("pb:webhook-deliveries", "/webhook-deliveries", "Deliveries of webhooks"),
    ("pb:secrets", "/secrets", "Secrets"),
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
        {"name": "pf", "href": href, "templated": true},
    ])
}
