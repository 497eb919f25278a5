//! Telling that a comparison turned out otherwise than the one before.

use pactolus_domain::webhook::WebhookEvent;
use pactolus_oas::comparison::ENGINE;
use serde_json::json;
use sqlx::PgConnection;

use super::store::Written;
use super::store::rejudged::Key;
use super::store::told::{Told, list_changed, list_proposed};
use crate::app::App;
use crate::edge::{BaseUrl, Error, urls, without_nulls};
use crate::ids::TenantId;
use crate::webhooks::{self, Happened};

/// One event for each.
pub(super) async fn tell_changed(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    written: &[Written],
) -> Result<(), Error> {
    if written.is_empty() {
        return Ok(());
    }
    let changed = list_changed(db, tenant, written).await?;
    tell(db, app, tenant, base, WebhookEvent::ComparisonChanged, &changed).await
}

/// One event for each judgement of this version that waits since it comes to another outcome than the one that counts.
pub(super) async fn tell_proposed(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    keys: &[Key],
) -> Result<(), Error> {
    let proposed = list_proposed(db, tenant, ENGINE, keys).await?;
    tell(db, app, tenant, base, WebhookEvent::ComparisonChangeProposed, &proposed).await
}

async fn tell(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    event: WebhookEvent,
    changed: &[Told],
) -> Result<(), Error> {
    for of_pair in changed.chunk_by(|one, other| (&one.consumer, &one.provider) == (&other.consumer, &other.provider)) {
        let Some(Told { consumer, provider, .. }) = of_pair.first() else { continue };
        let pacticipants = [consumer.as_str(), provider.as_str()];
        let happened = of_pair.iter().map(|told| happened(base, event, &pacticipants, told)).collect();
        webhooks::tell_of_all(db, app, tenant, base, happened).await?;
    }
    Ok(())
}

fn happened<'a>(base: &BaseUrl, name: WebhookEvent, pacticipants: &'a [&'a str], told: &'a Told) -> Happened<'a> {
    let Told { consumer, provider, outcome, before, errors, warnings, .. } = told;
    let (consumer_version, provider_version) = (told.consumer_version.as_deref(), told.provider_version.as_deref());
    // A job may not know by which address others come.
    let is_known = !base.as_str().is_empty();
    let url = provider_version
        .filter(|_| is_known)
        .map(|version| urls::comparison(base, (provider, version), consumer, &told.contract_sha));
    let contract = is_known.then(|| urls::content(base, provider, consumer, &told.contract_sha, None));
    let data = without_nulls(json!({
        "consumer": without_nulls(json!({"name": consumer, "version": consumer_version})),
        "provider": without_nulls(json!({"name": provider, "version": provider_version})),
        "contract": without_nulls(json!({"sha": told.contract_sha, "url": contract})),
        "providerContract": {"sha": told.document_sha},
        "comparison": without_nulls(json!({
            "outcome": outcome, "before": before, "errors": errors, "warnings": warnings, "url": url,
        })),
    }));
    Happened {
        name,
        pacticipants,
        subject: format!("{consumer}/{provider}"),
        data,
        values: vec![
            ("consumerName", consumer),
            ("consumerVersionNumber", consumer_version.unwrap_or_default()),
            ("providerName", provider),
            ("providerVersionNumber", provider_version.unwrap_or_default()),
        ],
        once: None,
    }
}
