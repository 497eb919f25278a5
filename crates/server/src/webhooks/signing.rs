//! Signing what is sent (Standard Webhooks), and the secrets for it: shown once, two at a time, so that a receiver can
//! change from one to the other.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use chrono::{DateTime, Utc};
use pactolus_domain::problem::{Problem, Problems};
use pactolus_domain::signature::SigningSecret;
use serde_json::{Value, json};
use uuid::Uuid;

use super::store::signing::{self as store, ShownSigningSecret};
use crate::app::{App, random_bytes};
use crate::edge::{
    BaseUrl, Error, FromPath, Hal, Link, Named, OptionalJson, PathNames, Principal, timestamp, urls, without_nulls,
};
use crate::ids::TenantId;
use crate::outgoing::Call;
use crate::secrets::DataKey;
use crate::{audit, tenants};

/// How many bytes a secret has that is made here.
const BYTES: usize = 32;
const MOST_VALID: usize = 2;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/webhooks/{webhook}/signing-secrets", get(list).post(create))
        .route("/webhooks/{webhook}/signing-secrets/{signing_secret}", delete(remove))
}

/// What a delivery is signed with now.
pub(super) struct Signing(Vec<SigningSecret>);

impl Signing {
    /// From the sealed secrets of the webhook.
    pub(super) fn open(tenant: TenantId, key: &DataKey, sealed: &[Vec<u8>]) -> Result<Self, Error> {
        let opened = sealed.iter().map(|sealed| {
            let bytes = key.open(tenant, sealed).map_err(Error::internal)?;
            SigningSecret::from_bytes(bytes).map_err(Error::internal)
        });
        opened.collect::<Result<_, _>>().map(Self)
    }

    /// Adds the headers that prove who sends it, and when; in place of those that the webhook has set itself.
    pub(super) fn sign(&self, call: &mut Call, now: DateTime<Utc>) {
        if self.0.is_empty() {
            return;
        }
        let id = call.headers.iter().find(|(name, _)| name == "webhook-id").map_or("", |(_, id)| id.as_str());
        let at = now.timestamp();
        let signatures: Vec<String> = self.0.iter().map(|secret| secret.sign(id, at, &call.body)).collect();
        call.headers.retain(|(name, _)| name != "webhook-timestamp" && name != "webhook-signature");
        call.headers.push(("webhook-timestamp".into(), at.to_string()));
        call.headers.push(("webhook-signature".into(), signatures.join(" ")));
    }
}

struct Place {
    webhook: String,
}

impl FromPath for Place {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { webhook: names.text("webhook").to_owned() })
    }
}

struct OnePlace {
    webhook: String,
    id: Uuid,
}

impl FromPath for OnePlace {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self { webhook: names.text("webhook").to_owned(), id: names.uuid("signing_secret")? })
    }
}

async fn list(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(place): Named<Place>,
) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    if !store::has_webhook(&mut db, principal.tenant, &place.webhook).await? {
        return Err(Error::NotFound);
    }
    let valid = store::list_valid(&mut db, principal.tenant, &place.webhook, app.now()).await?;
    drop(db);

    let shown: Value = valid.iter().map(|one| resource(&base, &place.webhook, one)).collect();
    let links = json!({
        "self": Link::to(address(&base, &place.webhook)).title("Signing secrets"),
        "pb:webhook": Link::to(urls::webhook(&base, &place.webhook)).title("Webhook"),
    });
    Ok(Hal::ok(&json!({"_embedded": {"signingSecrets": shown}, "_links": links})))
}

/// The only answer that shows the secret.
async fn create(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(place): Named<Place>,
    OptionalJson(body): OptionalJson,
) -> Result<Response, Error> {
    let now = app.now();
    let Wanted { secret, previous_expires_at } = wanted(&body, now)?;
    let (tenant, webhook, id) = (principal.tenant, place.webhook.as_str(), app.new_id());

    let mut tx = app.db.begin().await?;
    if !store::hold_webhook(&mut tx, tenant, webhook).await? {
        return Err(Error::NotFound);
    }
    store::delete_expired(&mut tx, tenant, webhook, now).await?;
    let valid = store::list_valid(&mut tx, tenant, webhook, now).await?;
    if valid.len() >= MOST_VALID {
        return Err(Error::Conflict(too_many(&base, webhook, &valid[0])));
    }
    match (previous_expires_at, valid.first()) {
        (Some(at), Some(previous)) => store::expire(&mut tx, tenant, previous.id, at).await?,
        (Some(_), None) => {
            return Err(Error::invalid("previousExpiresAt", "there is no secret before this one: leave it out"));
        }
        (None, _) => {}
    }
    let key = tenants::data_key(&mut tx, tenant, &app.master_key).await?;
    store::insert(&mut tx, tenant, webhook, id, &key.seal(tenant, secret.bytes()), now).await?;
    let detail = json!({"uuid": id, "previousExpiresAt": previous_expires_at.map(timestamp)});
    audit::record(&mut tx, &app, &principal, "webhook.signing_secret_created", webhook, &detail).await?;
    tx.commit().await?;

    let made = ShownSigningSecret { id, created_at: now, expires_at: None };
    let mut shown = resource(&base, webhook, &made);
    shown["secret"] = secret.reveal().into();
    let mut response = Hal::created(&shown).location(one_address(&base, webhook, id)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

async fn remove(
    State(app): State<App>,
    principal: Principal,
    Named(place): Named<OnePlace>,
) -> Result<StatusCode, Error> {
    let OnePlace { webhook, id } = place;

    let mut tx = app.db.begin().await?;
    if !store::delete(&mut tx, principal.tenant, &webhook, id).await? {
        return Err(Error::NotFound);
    }
    let detail = json!({"uuid": id});
    audit::record(&mut tx, &app, &principal, "webhook.signing_secret_deleted", &webhook, &detail).await?;
    tx.commit().await?;

    Ok(StatusCode::NO_CONTENT)
}

/// What a request for a secret says.
struct Wanted {
    secret: SigningSecret,
    previous_expires_at: Option<DateTime<Utc>>,
}

fn wanted(body: &Value, now: DateTime<Utc>) -> Result<Wanted, Problems> {
    let mut problems = Problems::none();
    let secret = match body.get("secret") {
        None | Some(Value::Null) => SigningSecret::from_bytes(random_bytes::<BYTES>().to_vec()),
        Some(given) => given.as_str().map_or(Err(pactolus_domain::signature::BadSigningSecret), SigningSecret::parse),
    };
    let secret = problems.note(secret.map_err(|error| Problem::at("secret", error.to_string())));
    let expires = problems.note(moment(body, now)).flatten();
    match secret {
        Some(secret) => problems.or(Wanted { secret, previous_expires_at: expires }),
        None => Err(problems),
    }
}

fn moment(body: &Value, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Problem> {
    let given = match body.get("previousExpiresAt") {
        None | Some(Value::Null) => return Ok(None),
        Some(given) => given.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok()),
    };
    match given.map(|at| at.to_utc()) {
        Some(at) if at > now => Ok(Some(at)),
        Some(_) => Err(Problem::at("previousExpiresAt", "must be in the future; DELETE ends a secret at once")),
        None => Err(Problem::at("previousExpiresAt", "must be a moment like 2026-12-31T12:00:00Z")),
    }
}

fn too_many(base: &BaseUrl, webhook: &str, oldest: &ShownSigningSecret) -> String {
    format!(
        "This webhook has {MOST_VALID} valid signing secrets, which is as many as there may be: DELETE the one that no \
         receiver uses any more. The oldest, of {}, is {}",
        timestamp(oldest.created_at),
        one_address(base, webhook, oldest.id),
    )
}

fn address(base: &BaseUrl, webhook: &str) -> String {
    format!("{}/signing-secrets", urls::webhook(base, webhook))
}

fn one_address(base: &BaseUrl, webhook: &str, id: Uuid) -> String {
    format!("{}/{id}", address(base, webhook))
}

fn resource(base: &BaseUrl, webhook: &str, one: &ShownSigningSecret) -> Value {
    let mut shown = view(one);
    shown["_links"] = json!({
        "self": Link::to(one_address(base, webhook, one.id)).title("Signing secret"),
        "pb:webhook": Link::to(urls::webhook(base, webhook)).title("Webhook"),
        "pb:signing-secrets": Link::to(address(base, webhook)).title("Signing secrets"),
    });
    shown
}

fn view(one: &ShownSigningSecret) -> Value {
    without_nulls(json!({
        "uuid": one.id,
        "createdAt": timestamp(one.created_at),
        "expiresAt": one.expires_at.map(timestamp),
    }))
}

/// Adds to a webhook's resource what it signs with.
pub(super) fn show_in(shown: &mut Value, base: &BaseUrl, webhook: &str, valid: &[ShownSigningSecret]) {
    if !valid.is_empty() {
        shown["signingSecrets"] = valid.iter().map(view).collect();
    }
    shown["_links"]["pb:signing-secrets"] = Link::to(address(base, webhook)).title("Signing secrets").into();
}
