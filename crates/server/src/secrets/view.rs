//! How secrets are shown: everything but the value.

use serde_json::{Value, json};

use super::store::{ShownSecret, Use};
use crate::edge::{BaseUrl, Link, timestamp, urls, without_nulls};

/// `uses` may be about other secrets as well.
pub(super) fn secret(base: &BaseUrl, secret: &ShownSecret, uses: &[Use]) -> Value {
    let webhooks = uses.iter().filter(|one| one.secret == secret.name);
    let webhooks: Value = webhooks
        .map(|one| Value::from(Link::to(urls::webhook(base, &one.webhook)).title("Webhook").name(&one.title)))
        .collect();
    without_nulls(json!({
        "uuid": secret.id,
        "name": secret.name,
        "description": secret.description,
        "usedByWebhooks": secret.uses,
        "updatedAt": (secret.updated_at != secret.created_at).then(|| timestamp(secret.updated_at)),
        "createdAt": timestamp(secret.created_at),
        "_links": {
            "self": Link::to(urls::secret(base, secret.id)).title("Secret").name(&secret.name),
            "pb:webhooks": webhooks,
            "pb:secrets": Link::to(urls::secrets(base)).title("Secrets"),
        },
    }))
}

/// A sentence that names those who use a secret.
pub(super) fn used(secret: &ShownSecret, uses: &[Use]) -> String {
    let mut named: Vec<String> = uses.iter().map(|one| format!("{} ({})", one.title, one.webhook)).collect();
    let more = secret.uses - i64::try_from(named.len()).unwrap_or(i64::MAX);
    if more > 0 {
        named.push(format!("and {more} more"));
    }
    let webhooks = if secret.uses == 1 { "webhook" } else { "webhooks" };
    format!("{} is used by {} {webhooks}: {}", secret.name, secret.uses, named.join(", "))
}
