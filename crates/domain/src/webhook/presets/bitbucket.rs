//! Bitbucket Cloud. Bitbucket Data Center has another API.

use serde_json::json;

use super::{Kind, Preset, Values, optional, post, required};
use crate::webhook::WebhookRequest;

pub(super) const BUILD_STATUS: Preset = Preset {
    name: "bitbucket-build-status",
    description: "Shows at a Bitbucket Cloud commit whether the contract is verified. The commit is the consumer's version \
                  number.",
    parameters: &[
        required("workspace", Kind::Text, "acme", "the workspace that the repository belongs to"),
        required("repository", Kind::Text, "shop", "the repository's name in addresses"),
        required("token", Kind::Secret, "ATCTT…", "an access token with the permission to write repositories"),
        optional(
            "key",
            Kind::Text,
            "pact-${pactbroker.providerName|35}",
            "what tells this status from others of the commit, at most 40 characters",
        ),
        optional("base_url", Kind::Address, "https://api.bitbucket.org", "where the API begins"),
    ],
    expand: build_status,
};

/// A key has 40 characters at most, and an address is required.
fn build_status(values: &Values<'_>) -> WebhookRequest {
    let body = json!({
        "key": values.text("key"),
        "state": "${pactbroker.bitbucketVerificationStatus}",
        "name": "Contract with ${pactbroker.providerName|100}",
        "description": "${pactbroker.consumerName|100} and ${pactbroker.providerName|100}",
        "url": "${pactbroker.pactUrl}",
    });
    let base = values.base("base_url");
    let (workspace, repository) = (values.segment("workspace"), values.segment("repository"));
    let commit = "${pactbroker.consumerVersionNumber}";
    let url = format!("{base}/2.0/repositories/{workspace}/{repository}/commit/{commit}/statuses/build");
    post(url, &[("authorization", format!("Bearer {}", values.text("token")))], body)
}
