//! Webhooks: other systems are told of contracts and results. A delivery is a row in the transaction of its event; a
//! worker sends it, as often as it takes.

mod again;
mod api;
mod context;
mod deliver;
mod deliveries;
mod execute;
mod log;
mod page;
mod presets;
mod record;
mod render;
mod replay;
mod signing;
mod store;
mod telling;
mod tested;
mod trigger;
mod triggered;
mod view;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use pactolus_domain::webhook::{ChosenPreset, WebhookRequest};

use crate::edge::Error;
use crate::ids::TenantId;
use crate::secrets::DataKey;

pub(crate) use again::{is_required, tell_again};
pub(crate) use api::{log_routes, routes};
pub(crate) use deliver::{Loaded, deliver, give_up, load};
pub(crate) use page::{Tab, page_routes, rows, tabs};
pub(crate) use record::Recorder;
pub(crate) use replay::tidy_deliveries;
pub(crate) use store::listed::{ListedDelivery, list_shown};
pub(crate) use telling::{Happened, tell_of, tell_of_all};
pub(crate) use tested::{delete_old_tests, give_up_test, run_test};
pub(crate) use trigger::{
    ContractEvent, Listeners, Triggered, VerificationEvent, tell_of_contract, tell_of_verification,
};

/// A webhook's request in the form that is sealed.
#[derive(Serialize, Deserialize)]
struct SealedRequest {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<Value>,
    username: Option<String>,
    password: Option<String>,
    /// Earlier releases knew none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    preset: Option<SealedPreset>,
}

/// What the request was made from, secrets included.
#[derive(Serialize, Deserialize)]
struct SealedPreset {
    name: String,
    parameters: BTreeMap<String, String>,
}

fn seal(
    key: &DataKey,
    tenant: TenantId,
    request: &WebhookRequest,
    preset: Option<&ChosenPreset>,
) -> Result<Vec<u8>, Error> {
    let request = request.clone();
    let preset = preset.map(|preset| SealedPreset {
        name: preset.name().to_owned(),
        parameters: preset.parameters().iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
    });
    let plain = SealedRequest {
        method: request.method,
        url: request.url,
        headers: request.headers,
        body: request.body,
        username: request.username,
        password: request.password,
        preset,
    };
    let text = serde_json::to_vec(&plain).map_err(Error::internal)?;
    Ok(key.seal(tenant, &text))
}

fn open(key: &DataKey, tenant: TenantId, sealed: &[u8]) -> Result<WebhookRequest, Error> {
    open_with_preset(key, tenant, sealed).map(|(request, _)| request)
}

/// And what the request was made from.
fn open_with_preset(
    key: &DataKey,
    tenant: TenantId,
    sealed: &[u8],
) -> Result<(WebhookRequest, Option<ChosenPreset>), Error> {
    let text = key.open(tenant, sealed).map_err(Error::internal)?;
    let plain: SealedRequest = serde_json::from_slice(&text).map_err(Error::internal)?;
    let request = WebhookRequest {
        method: plain.method,
        url: plain.url,
        headers: plain.headers,
        body: plain.body,
        username: plain.username,
        password: plain.password,
    };
    let preset = plain.preset.and_then(|preset| ChosenPreset::restore(&preset.name, &preset.parameters));
    Ok((request, preset))
}
