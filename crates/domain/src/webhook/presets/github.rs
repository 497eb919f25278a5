//! GitHub, in the cloud or self-hosted (`https://github.example.org/api/v3`).

use serde_json::json;

use super::{Kind, Parameter, Preset, Values, optional, post, required};
use crate::webhook::WebhookRequest;

const OWNER: Parameter = required("owner", Kind::Text, "acme", "the account that the repository belongs to");
const REPOSITORY: Parameter = required("repository", Kind::Text, "shop", "the repository's name");
const BASE_URL: Parameter = optional(
    "base_url",
    Kind::Address,
    "https://api.github.com",
    "where the API begins; https://HOST/api/v3 for a GitHub Enterprise Server",
);

pub(super) const COMMIT_STATUS: Preset = Preset {
    name: "github-commit-status",
    description: "Shows at a GitHub commit whether the contract is verified. The commit is the consumer's version number.",
    parameters: &[
        OWNER,
        REPOSITORY,
        required("token", Kind::Secret, "github_pat_…", "a token that may write the repository's commit statuses"),
        optional(
            "context",
            Kind::Text,
            "pact/${pactbroker.providerName|100}",
            "what tells this status from others of the commit",
        ),
        BASE_URL,
    ],
    expand: commit_status,
};

pub(super) const REPOSITORY_DISPATCH: Preset = Preset {
    name: "github-repository-dispatch",
    description: "Starts the GitHub workflows of a repository that run on repository_dispatch.",
    parameters: &[
        OWNER,
        REPOSITORY,
        required("token", Kind::Secret, "github_pat_…", "a token that may write the repository's contents"),
        optional(
            "event_type",
            Kind::Text,
            "${pactbroker.eventName|100}",
            "the type that the workflows name, at most 100 characters",
        ),
        BASE_URL,
    ],
    expand: repository_dispatch,
};

/// A description has 140 characters at most, an address may be empty.
fn commit_status(values: &Values<'_>) -> WebhookRequest {
    let body = json!({
        "state": "${pactbroker.githubVerificationStatus}",
        "target_url": "${pactbroker.pactUrl}",
        "description": "Contract with ${pactbroker.providerName|100}: ${pactbroker.githubVerificationStatus}",
        "context": values.text("context"),
    });
    post(of_repository(values, "statuses/${pactbroker.consumerVersionNumber}"), &headers(values), body)
}

/// A payload has ten properties at most.
fn repository_dispatch(values: &Values<'_>) -> WebhookRequest {
    let body = json!({
        "event_type": values.text("event_type"),
        "client_payload": {
            "eventName": "${pactbroker.eventName}",
            "consumerName": "${pactbroker.consumerName}",
            "consumerVersionNumber": "${pactbroker.consumerVersionNumber}",
            "consumerVersionBranch": "${pactbroker.consumerVersionBranch}",
            "providerName": "${pactbroker.providerName}",
            "providerVersionNumber": "${pactbroker.providerVersionNumber}",
            "providerVersionBranch": "${pactbroker.providerVersionBranch}",
            "verificationStatus": "${pactbroker.githubVerificationStatus}",
            "pactUrl": "${pactbroker.pactUrl}",
            "verificationResultUrl": "${pactbroker.verificationResultUrl}",
        },
    });
    post(of_repository(values, "dispatches"), &headers(values), body)
}

fn of_repository(values: &Values<'_>, what: &str) -> String {
    let (owner, repository) = (values.segment("owner"), values.segment("repository"));
    format!("{}/repos/{owner}/{repository}/{what}", values.base("base_url"))
}

fn headers(values: &Values<'_>) -> [(&'static str, String); 3] {
    [
        ("accept", "application/vnd.github+json".to_owned()),
        ("authorization", format!("Bearer {}", values.text("token"))),
        ("x-github-api-version", "2022-11-28".to_owned()),
    ]
}
