//! Rooms where people talk: Slack and Microsoft Teams.

use serde_json::json;

use super::{Kind, Preset, Values, post, required};
use crate::webhook::WebhookRequest;

pub(super) const SLACK: Preset = Preset {
    name: "slack",
    description: "Says in a Slack channel what happened.",
    parameters: &[required(
        "url",
        Kind::SecretAddress,
        "https://hooks.slack.com/services/T…/B…/…",
        "the address of an incoming webhook",
    )],
    expand: slack,
};

pub(super) const TEAMS: Preset = Preset {
    name: "microsoft-teams",
    description: "Says in a Microsoft Teams channel or chat what happened, as an adaptive card.",
    parameters: &[required(
        "url",
        Kind::SecretAddress,
        "https://….api.powerplatform.com/…/triggers/manual/paths/invoke?…",
        "the address of a workflow that begins when a webhook request is received",
    )],
    expand: teams,
};

const WHAT: &str = "Contract of ${pactbroker.consumerName|200} with ${pactbroker.providerName|200}: \
                    ${pactbroker.githubVerificationStatus}";

/// Names stand in plain text, where no name can call everyone in the channel; the text beside the blocks is for
/// notifications, and has none.
fn slack(values: &Values<'_>) -> WebhookRequest {
    let details = "${pactbroker.eventName}: ${pactbroker.consumerName|200} ${pactbroker.consumerVersionNumber|200}, \
                   ${pactbroker.providerName|200} ${pactbroker.providerVersionNumber|200}";
    let body = json!({
        "text": "Contract: ${pactbroker.githubVerificationStatus} (${pactbroker.eventName})",
        "blocks": [
            {"type": "section", "text": {"type": "plain_text", "text": WHAT}},
            {"type": "context", "elements": [{"type": "plain_text", "text": details}]},
            {"type": "section", "text": {"type": "mrkdwn", "text": "<${pactbroker.pactUrl|2900}|Contract>"}},
        ],
    });
    post(values.text("url").to_owned(), &[], body)
}

fn teams(values: &Values<'_>) -> WebhookRequest {
    let facts = [
        ("Event", "${pactbroker.eventName}"),
        ("Consumer", "${pactbroker.consumerName|200} ${pactbroker.consumerVersionNumber|200}"),
        ("Provider", "${pactbroker.providerName|200} ${pactbroker.providerVersionNumber|200}"),
        ("Result", "${pactbroker.githubVerificationStatus}"),
    ];
    let facts = facts.map(|(title, value)| json!({"title": title, "value": value}));
    let card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {"type": "TextBlock", "text": WHAT, "wrap": true, "weight": "Bolder"},
            {"type": "FactSet", "facts": facts},
        ],
        "actions": [{"type": "Action.OpenUrl", "title": "Contract", "url": "${pactbroker.pactUrl}"}],
    });
    let body = json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": card,
        }],
    });
    post(values.text("url").to_owned(), &[], body)
}
