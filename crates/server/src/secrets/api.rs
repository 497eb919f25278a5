//! HTTP of secrets.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use pactolus_domain::problem::Problem;
use pactolus_domain::secret::Secret;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::store::{self, Change, NewSecret, ShownSecret, Wanted};
use super::view;
use crate::app::App;
use crate::edge::{
    BaseUrl, Error, Hal, JsonBody, Link, Named, OnConstraint, Principal, QueryPairs, RequestUrl, next_by_key,
    size_by_key, urls,
};
use crate::ids::TenantId;
use crate::{audit, tenants};

/// Of the webhooks that use a secret so many are named.
const MOST_USES: i64 = 20;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/secrets", get(list).post(create))
        .route("/secrets/{uuid}", get(show).put(replace).delete(delete))
}

async fn list(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    query: QueryPairs,
) -> Result<Hal, Error> {
    let most = size_by_key(&query)?;
    let wanted = Wanted { id: None, name: query.last("name"), after: query.last("after"), most };
    let mut db = app.read().await?;
    let secrets = store::list_secrets(&mut db, principal.tenant, wanted).await?;
    let names: Vec<String> = secrets.iter().map(|secret| secret.name.clone()).collect();
    let uses = store::list_uses(&mut db, principal.tenant, &names, MOST_USES).await?;
    drop(db);

    let mut links = json!({"self": Link::to(request.with_query()).title("Secrets")});
    let is_full = i64::try_from(secrets.len()).is_ok_and(|count| count == most);
    if let Some(last) = secrets.last().filter(|_| is_full) {
        links["next"] = Link::to(next_by_key(&request, &query, "after", &last.name)).title("Next page").into();
    }
    let shown: Value = secrets.iter().map(|secret| view::secret(&base, secret, &uses)).collect();
    Ok(Hal::ok(&json!({"_embedded": {"secrets": shown}, "_links": links})))
}

async fn create(State(app): State<App>, principal: Principal, base: BaseUrl, body: JsonBody) -> Result<Hal, Error> {
    let secret = Secret::parse(&body.value)?;
    let value = secret.value.as_ref().ok_or_else(|| Problem::at("value", "is missing"))?;
    let id = app.new_id();

    let mut tx = app.db.begin().await?;
    let key = tenants::data_key(&mut tx, principal.tenant, &app.master_key).await?;
    let sealed_value = key.seal(principal.tenant, value.reveal().as_bytes());
    let new = NewSecret { id, name: &secret.name, description: secret.description.as_deref(), sealed_value };
    store::insert_secret(&mut tx, principal.tenant, &new, app.now())
        .await
        .on_constraint("secret_name_key", || taken(&secret.name))?;
    audit::record(&mut tx, &app, &principal, "secret.created", &secret.name, &json!({"uuid": id})).await?;
    let shown = shown(&mut tx, &base, principal.tenant, id).await?;
    tx.commit().await?;

    Ok(Hal::created(&shown).location(urls::secret(&base, id)))
}

async fn show(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(id): Named<Uuid>,
) -> Result<Hal, Error> {
    let mut db = app.read().await?;
    Ok(Hal::ok(&shown(&mut db, &base, principal.tenant, id).await?))
}

async fn replace(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(id): Named<Uuid>,
    body: JsonBody,
) -> Result<Hal, Error> {
    let secret = Secret::parse(&body.value)?;

    let mut tx = app.db.begin().await?;
    let before = find(&mut tx, principal.tenant, id).await?;
    if before.name != secret.name && before.uses > 0 {
        let used = used(&mut tx, principal.tenant, &before).await?;
        let text =
            format!("{used}; keep the name, or keep another secret under the new one and change them to it first");
        return Err(Error::Conflict(text));
    }
    let sealed_value = match &secret.value {
        Some(value) => {
            let key = tenants::data_key(&mut tx, principal.tenant, &app.master_key).await?;
            Some(key.seal(principal.tenant, value.reveal().as_bytes()))
        }
        None => None,
    };
    let detail = json!({"uuid": id, "valueChanged": sealed_value.is_some(), "nameBefore": before.name});
    let change = Change { name: &secret.name, description: secret.description.as_deref(), sealed_value };
    store::update_secret(&mut tx, principal.tenant, id, &change, app.now())
        .await
        .on_constraint("secret_name_key", || taken(&secret.name))?;
    audit::record(&mut tx, &app, &principal, "secret.updated", &secret.name, &detail).await?;
    let shown = shown(&mut tx, &base, principal.tenant, id).await?;
    tx.commit().await?;

    Ok(Hal::ok(&shown))
}

async fn delete(
    State(app): State<App>,
    principal: Principal,
    query: QueryPairs,
    Named(id): Named<Uuid>,
) -> Result<StatusCode, Error> {
    let force = match query.last("force") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Error::invalid("force", "must be one of: true, false")),
    };

    let mut tx = app.db.begin().await?;
    let secret = find(&mut tx, principal.tenant, id).await?;
    if secret.uses > 0 && !force {
        let used = used(&mut tx, principal.tenant, &secret).await?;
        let text = format!("{used}; change them first, or add ?force=true: their deliveries fail from then on");
        return Err(Error::Conflict(text));
    }
    if !store::delete_secret(&mut tx, principal.tenant, id).await? {
        return Err(Error::NotFound);
    }
    let detail = json!({"uuid": id, "usedByWebhooks": secret.uses});
    audit::record(&mut tx, &app, &principal, "secret.deleted", &secret.name, &detail).await?;
    tx.commit().await?;

    Ok(StatusCode::NO_CONTENT)
}

fn taken(name: &str) -> Error {
    Error::invalid("name", format!("{name} is the name of an existing secret; GET /secrets?name={name} leads to it"))
}

async fn find(db: &mut PgConnection, tenant: TenantId, id: Uuid) -> Result<ShownSecret, Error> {
    let wanted = Wanted { id: Some(id), most: 1, ..Wanted::default() };
    store::list_secrets(db, tenant, wanted).await?.pop().ok_or(Error::NotFound)
}

async fn shown(db: &mut PgConnection, base: &BaseUrl, tenant: TenantId, id: Uuid) -> Result<Value, Error> {
    let secret = find(db, tenant, id).await?;
    let uses = store::list_uses(db, tenant, std::slice::from_ref(&secret.name), MOST_USES).await?;
    Ok(view::secret(base, &secret, &uses))
}

async fn used(db: &mut PgConnection, tenant: TenantId, secret: &ShownSecret) -> Result<String, Error> {
    let uses = store::list_uses(db, tenant, std::slice::from_ref(&secret.name), MOST_USES).await?;
    Ok(view::used(secret, &uses))
}
