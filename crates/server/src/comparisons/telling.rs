//! Telling that a comparison turned out otherwise than the one before.

use pactolus_domain::webhook::WebhookEvent;
use serde_json::json;
use sqlx::PgConnection;

use super::store::Written;
use super::store::told::{Told, list_changed};
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
    for of_pair in changed.chunk_by(|one, other| (&one.consumer, &one.provider) == (&other.consumer, &other.provider)) {
        let Some(Told { consumer, provider, .. }) = of_pair.first() else { continue };
        let pacticipants = [consumer.as_str(), provider.as_str()];
        let happened = of_pair.iter().map(|told| happened(base, &pacticipants, told)).collect();
        webhooks::tell_of_all(db, app, tenant, base, happened).await?;
    }
    Ok(())
}

fn happened<'a>(base: &BaseUrl, pacticipants: &'a [&'a str], told: &'a Told) -> Happened<'a> {
    let Told { consumer, provider, outcome, before, errors, warnings, .. } = told;
    let (consumer_version, provider_version) = (told.consumer_version.as_deref(), told.provider_version.as_deref());
    let url = provider_version.map(|version| urls::comparison(base, (provider, version), consumer, &told.contract_sha));
    let contract = urls::content(base, provider, consumer, &told.contract_sha, None);
    let data = without_nulls(json!({
        "consumer": without_nulls(json!({"name": consumer, "version": consumer_version})),
        "provider": without_nulls(json!({"name": provider, "version": provider_version})),
        "contract": {"sha": told.contract_sha, "url": contract},
        "providerContract": {"sha": told.document_sha},
        "comparison": without_nulls(json!({
            "outcome": outcome, "before": before, "errors": errors, "warnings": warnings, "url": url,
        })),
    }));
    Happened {
        name: WebhookEvent::ComparisonChanged,
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
