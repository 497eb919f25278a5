//! Azure DevOps, in the cloud or self-hosted.

use serde_json::json;

use super::{Kind, Parameter, Preset, Values, optional, post, required};
use crate::webhook::WebhookRequest;

const ORGANIZATION: Parameter =
    required("organization", Kind::Text, "acme", "the organization, or the collection of an own server");
const PROJECT: Parameter = required("project", Kind::Text, "Shop", "the project's name or id");
const BASE_URL: Parameter = optional("base_url", Kind::Address, "https://dev.azure.com", "where Azure DevOps is");

pub(super) const COMMIT_STATUS: Preset = Preset {
    name: "azure-devops-commit-status",
    description: "Shows at a commit in Azure Repos whether the contract is verified. The commit is the consumer's version \
                  number.",
    parameters: &[
        ORGANIZATION,
        PROJECT,
        required("repository", Kind::Text, "shop", "the repository's name or id"),
        required("token", Kind::Secret, "…", "a personal access token with the scope Code (status)"),
        optional(
            "name",
            Kind::Text,
            "${pactbroker.providerName|100}",
            "what tells this status from others of the commit",
        ),
        BASE_URL,
    ],
    expand: commit_status,
};

pub(super) const PIPELINE: Preset = Preset {
    name: "azure-devops-pipeline",
    description: "Runs a pipeline of Azure DevOps with the contract in its variables.",
    parameters: &[
        ORGANIZATION,
        PROJECT,
        required("pipeline", Kind::Text, "12", "the pipeline's number, which its address shows as definitionId"),
        required("token", Kind::Secret, "…", "a personal access token with the scope Build (read and execute)"),
        optional("branch", Kind::Text, "main", "the branch to run"),
        BASE_URL,
    ],
    expand: pipeline,
};

fn commit_status(values: &Values<'_>) -> WebhookRequest {
    let body = json!({
        "state": "${pactbroker.azureDevOpsVerificationStatus}",
        "description": "Contract with ${pactbroker.providerName|100}: ${pactbroker.azureDevOpsVerificationStatus}",
        "targetUrl": "${pactbroker.pactUrl}",
        "context": {"genre": "pact", "name": values.text("name")},
    });
    let repository = values.segment("repository");
    let commit = "${pactbroker.consumerVersionNumber}";
    authenticated(values, &format!("git/repositories/{repository}/commits/{commit}/statuses"), body)
}

/// The pipeline must declare the variables, and let them be set when it is queued.
fn pipeline(values: &Values<'_>) -> WebhookRequest {
    let body = json!({
        "resources": {"repositories": {"self": {"refName": format!("refs/heads/{}", values.text("branch"))}}},
        "variables": {
            "PACT_EVENT": {"value": "${pactbroker.eventName}"},
            "PACT_URL": {"value": "${pactbroker.pactUrl}"},
            "PACT_CONSUMER": {"value": "${pactbroker.consumerName}"},
            "PACT_CONSUMER_VERSION": {"value": "${pactbroker.consumerVersionNumber}"},
        },
    });
    authenticated(values, &format!("pipelines/{}/runs", values.segment("pipeline")), body)
}

/// A personal access token is the password of nobody.
fn authenticated(values: &Values<'_>, what: &str, body: serde_json::Value) -> WebhookRequest {
    let (organization, project) = (values.segment("organization"), values.segment("project"));
    let url = format!("{}/{organization}/{project}/_apis/{what}?api-version=7.0", values.base("base_url"));
    let mut request = post(url, &[("accept", "application/json".to_owned())], body);
    request.username = Some(String::new());
    request.password = Some(values.text("token").to_owned());
    request
}
