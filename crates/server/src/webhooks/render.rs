//! The request that a delivery sends: a webhook's template with an event's values.

use pactolus_domain::template::{self, secret_of};
use pactolus_domain::webhook::WebhookRequest;
use serde_json::Value;
use uuid::Uuid;

use super::context::{CLOUD_EVENT, value_of};
use crate::outgoing::Call;
use crate::secrets::Named;

/// The template with the event's values and the secrets that it names. The delivery's id lets a receiver drop what it has seen already.
pub(super) fn render(request: &WebhookRequest, context: &Value, named: &Named, id: Uuid) -> Call {
    let value = |name: &str| match secret_of(name) {
        Some(secret) => named.value_of(secret).map(String::from),
        None => value_of(context, name),
    };
    let fill = |text: &str| template::render(text, value);
    let is_json = request.is_json();
    let cloud_event = context.get(CLOUD_EVENT);
    let body = match cloud_event {
        Some(event) => event.to_string(),
        None => request.body.as_ref().map(|body| template::render_body(body, is_json, value)).unwrap_or_default(),
    };
    let mut headers: Vec<(String, String)> =
        request.headers.iter().map(|(name, text)| (name.clone(), fill(text))).collect();
    let has = |headers: &[(String, String)], wanted: &str| headers.iter().any(|(name, _)| name == wanted);
    if !has(&headers, "accept") {
        headers.push(("accept".into(), "*/*".into()));
    }
    if cloud_event.is_some() {
        headers.retain(|(name, _)| name != "content-type");
        headers.push(("content-type".into(), "application/cloudevents+json; charset=utf-8".into()));
    } else if !has(&headers, "content-type") && is_json {
        headers.push(("content-type".into(), "application/json".into()));
    }
    headers.retain(|(name, _)| name != "webhook-id");
    headers.push(("webhook-id".into(), id.to_string()));
    let basic_auth = request.username.as_deref().map(|name| (fill(name), request.password.as_deref().map(fill)));
    if basic_auth.is_some() {
        headers.retain(|(name, _)| name != "authorization");
    }
    Call { method: request.method.clone(), url: template::render_url(&request.url, value), headers, basic_auth, body }
}
