//! Webhooks: other systems are told of contracts and results. A delivery is a row in the transaction of its event; a
//! worker sends it, as often as it takes.

mod again;
mod api;
mod context;
mod deliver;
mod log;
mod render;
mod store;
mod trigger;
mod triggered;
mod view;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use pactolus_domain::webhook::WebhookRequest;

use crate::edge::Error;
use crate::ids::TenantId;
use crate::secrets::DataKey;

pub(crate) use again::{is_required, tell_again};
pub(crate) use api::{log_routes, routes};
pub(crate) use deliver::{deliver, give_up};
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
}

fn seal(key: &DataKey, tenant: TenantId, request: &WebhookRequest) -> Result<Vec<u8>, Error> {
    let request = request.clone();
    let plain = SealedRequest {
        method: request.method,
        url: request.url,
        headers: request.headers,
        body: request.body,
        username: request.username,
        password: request.password,
    };
    let text = serde_json::to_vec(&plain).map_err(Error::internal)?;
    Ok(key.seal(tenant, &text))
}

fn open(key: &DataKey, tenant: TenantId, sealed: &[u8]) -> Result<WebhookRequest, Error> {
    let text = key.open(tenant, sealed).map_err(Error::internal)?;
    let plain: SealedRequest = serde_json::from_slice(&text).map_err(Error::internal)?;
    Ok(WebhookRequest {
        method: plain.method,
        url: plain.url,
        headers: plain.headers,
        body: plain.body,
        username: plain.username,
        password: plain.password,
    })
}
