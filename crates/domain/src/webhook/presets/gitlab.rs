//! GitLab, in the cloud or self-hosted.

use serde_json::json;

use super::{Kind, Parameter, Preset, Values, optional, post, required};
use crate::webhook::WebhookRequest;

const PROJECT: Parameter = required("project", Kind::Text, "acme/shop", "the project's path or its number");
const BASE_URL: Parameter = optional("base_url", Kind::Address, "https://gitlab.com", "where GitLab is");

pub(super) const COMMIT_STATUS: Preset = Preset {
    name: "gitlab-commit-status",
    description: "Shows at a GitLab commit whether the contract is verified. The commit is the consumer's version number.",
    parameters: &[
        PROJECT,
        required("token", Kind::Secret, "glpat-…", "an access token with the scope api"),
        optional(
            "name",
            Kind::Text,
            "pact/${pactbroker.providerName|100}",
            "what tells this status from others of the commit",
        ),
        BASE_URL,
    ],
    expand: commit_status,
};

pub(super) const PIPELINE_TRIGGER: Preset = Preset {
    name: "gitlab-pipeline-trigger",
    description: "Starts a GitLab pipeline with the contract in its variables.",
    parameters: &[
        PROJECT,
        required("token", Kind::Secret, "glptt-…", "a pipeline trigger token of the project"),
        optional("ref", Kind::Text, "main", "the branch or tag to run"),
        BASE_URL,
    ],
    expand: pipeline_trigger,
};

/// Name, address and description have 255 characters at most.
fn commit_status(values: &Values<'_>) -> WebhookRequest {
    let body = json!({
        "state": "${pactbroker.gitlabVerificationStatus}",
        "name": values.text("name"),
        "target_url": "${pactbroker.pactUrl|255}",
        "description": "Contract with ${pactbroker.providerName|100}: ${pactbroker.gitlabVerificationStatus}",
    });
    let url = of_project(values, "statuses/${pactbroker.consumerVersionNumber}");
    post(url, &[("private-token", values.text("token").to_owned())], body)
}

fn pipeline_trigger(values: &Values<'_>) -> WebhookRequest {
    let body = json!({
        "token": values.text("token"),
        "ref": values.text("ref"),
        "variables": {
            "PACT_EVENT": "${pactbroker.eventName}",
            "PACT_URL": "${pactbroker.pactUrl}",
            "PACT_CONSUMER": "${pactbroker.consumerName}",
            "PACT_CONSUMER_VERSION": "${pactbroker.consumerVersionNumber}",
            "PACT_CONSUMER_BRANCH": "${pactbroker.consumerVersionBranch}",
            "PACT_PROVIDER": "${pactbroker.providerName}",
            "PACT_PROVIDER_VERSION": "${pactbroker.providerVersionNumber}",
            "PACT_PROVIDER_BRANCH": "${pactbroker.providerVersionBranch}",
        },
    });
    post(of_project(values, "trigger/pipeline"), &[], body)
}

fn of_project(values: &Values<'_>, what: &str) -> String {
    format!("{}/api/v4/projects/{}/{what}", values.base("base_url"), values.segment("project"))
}
