//! How webhooks are shown: HAL, secrets masked.

use pactolus_domain::webhook::{ChosenPreset, Scope, Webhook};
use serde_json::{Map, Value, json};

use super::store::StoredWebhook;
use crate::edge::{BaseUrl, Link, timestamp, urls, without_nulls};

pub(super) fn webhook(base: &BaseUrl, stored: &StoredWebhook, webhook: &Webhook) -> Value {
    let request = webhook.shown_request();
    let preset = webhook.preset.as_ref().map(ChosenPreset::masked);
    let headers: Map<String, Value> =
        request.redacted_headers().into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    let updated = (stored.updated_at != stored.created_at).then(|| timestamp(stored.updated_at));
    let events: Value = webhook.events.iter().map(|event| json!({"name": event.as_str()})).collect();
    without_nulls(json!({
        "uuid": stored.id,
        "description": webhook.title(),
        "consumer": webhook.consumer.as_ref().map(scope),
        "provider": webhook.provider.as_ref().map(scope),
        "enabled": webhook.enabled,
        "inOrder": webhook.in_order,
        "bodyFormat": webhook.body_format.as_str(),
        "preset": preset.map(|preset| json!({"name": preset.name(), "parameters": preset.parameters()})),
        "request": without_nulls(json!({
            "method": request.method,
            "url": request.url,
            "headers": (!headers.is_empty()).then_some(headers),
            "body": request.body,
            "username": request.username,
            "password": request.redacted_password(),
        })),
        "events": events,
        "updatedAt": updated,
        "createdAt": timestamp(stored.created_at),
        "_links": links(base, &stored.id, webhook),
    }))
}

fn scope(scope: &Scope) -> Value {
    match scope {
        Scope::Name(name) => json!({"name": name}),
        Scope::Label(label) => json!({"label": label}),
    }
}

fn links(base: &BaseUrl, id: &str, webhook: &Webhook) -> Map<String, Value> {
    let mut links = Map::new();
    links.insert("self".into(), Link::to(urls::webhook(base, id)).title(webhook.title()).into());
    let execute = Link::to(format!("{}/execute", urls::webhook(base, id)));
    links.insert("pb:execute".into(), execute.title("POST to send it once, for the latest matching contract").into());
    for (relation, title, side) in
        [("consumer", "Consumer", &webhook.consumer), ("provider", "Provider", &webhook.provider)]
    {
        let (relation, link) = match side {
            Some(Scope::Name(name)) => {
                let link = Link::to(urls::pacticipant(base, name.as_str())).title(title).name(name.as_str());
                (format!("pb:{relation}"), link)
            }
            Some(Scope::Label(label)) => {
                let url = format!("{}/pacticipants/label/{}", base.as_str(), urls::segment(label.as_str()));
                (format!("pb:{relation}s"), Link::to(url).title(format!("{title}s by label")).name(label.as_str()))
            }
            None => continue,
        };
        links.insert(relation, link.into());
    }
    if let (Some(Scope::Name(consumer)), Some(Scope::Name(provider))) = (&webhook.consumer, &webhook.provider) {
        let url = of_pair(base, provider.as_str(), consumer.as_str());
        links.insert("pb:pact-webhooks".into(), Link::to(url).title("All webhooks for the pact").into());
    }
    let deliveries = Link::to(format!("{}/deliveries", urls::webhook(base, id))).title("What became of its deliveries");
    links.insert("pb:webhook-deliveries".into(), deliveries.into());
    let all = Link::to(format!("{}/webhooks", base.as_str())).title("All webhooks");
    links.insert("pb:webhooks".into(), all.into());
    links
}

fn of_pair(base: &BaseUrl, provider: &str, consumer: &str) -> String {
    let (provider, consumer) = (urls::segment(provider), urls::segment(consumer));
    format!("{}/webhooks/provider/{provider}/consumer/{consumer}", base.as_str())
}

pub(super) fn list(base: &BaseUrl, own: &str, title: &str, listed: &[(StoredWebhook, Webhook)]) -> Value {
    let links: Vec<Link> = listed
        .iter()
        .map(|(stored, webhook)| {
            Link::to(urls::webhook(base, &stored.id)).title(webhook.scope_description()).name(webhook.title())
        })
        .collect();
    json!({
        "_links": {
            "self": Link::to(own).title(title),
            "pb:create": Link::to(own).title("POST to create a webhook"),
            "pb:webhooks": links,
            "curies": [{"name": "pb", "href": format!("{}/doc/webhooks-{{rel}}", base.as_str()), "templated": true}],
        },
    })
}
