//! HTTP of deployed and released versions.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use pactolus_domain::names::{PacticipantName, VersionNumber};
use pactolus_domain::problem::Problem;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::store::{self, Wanted};
use super::view::{self, Embedded};
use super::{Deployed, Deployment, Kind, Recorded, deploy};
use crate::app::App;
use crate::audit;
use crate::edge::{
    BaseUrl, Error, FromPath, Hal, MergePatch, Named, OptionalJson, PathNames, Principal, QueryPairs, RequestUrl,
};
use crate::environments::{self, Environment, EnvironmentRef};
use crate::ids::{PacticipantId, TenantId, VersionId};
use crate::pacticipants;
use crate::versions;

const LONGEST_INSTANCE_CHARS: usize = 512;

pub(crate) fn routes() -> Router<App> {
    let of_version = "/pacticipants/{pacticipant}/versions/{version}";
    Router::new()
        .route(
            &format!("{of_version}/deployed-versions/environment/{{environment}}"),
            get(list_deployed).post(record_deployment),
        )
        .route(
            &format!("{of_version}/released-versions/environment/{{environment}}"),
            get(list_released).post(record_release),
        )
        .route("/deployed-versions/{uuid}", get(show_deployed).patch(patch_deployed))
        .route("/released-versions/{uuid}", get(show_released).patch(patch_released))
        .route("/environments/{environment}/deployed-versions/currently-deployed", get(list_currently_deployed))
        .route("/environments/{environment}/released-versions/currently-supported", get(list_currently_supported))
}

struct VersionInEnvironment {
    pacticipant: PacticipantName,
    version: VersionNumber,
    environment: Uuid,
}

impl FromPath for VersionInEnvironment {
    fn from_path(names: &PathNames) -> Result<Self, Error> {
        Ok(Self {
            pacticipant: names.pacticipant("pacticipant")?,
            version: names.version("version")?,
            environment: names.uuid("environment")?,
        })
    }
}

struct Found {
    environment: Environment,
    pacticipant: PacticipantId,
    version: VersionId,
}

async fn find(db: &mut PgConnection, tenant: TenantId, path: &VersionInEnvironment) -> Result<Found, Error> {
    let environment = environments::find_by_id(db, tenant, path.environment).await?.ok_or(Error::NotFound)?;
    let pacticipant = pacticipants::find_id(db, tenant, &path.pacticipant).await?.ok_or(Error::NotFound)?;
    let version = versions::find_version(db, tenant, &path.pacticipant, &path.version).await?.ok_or(Error::NotFound)?;
    Ok(Found { environment, pacticipant, version: version.id })
}

async fn record_deployment(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(path): Named<VersionInEnvironment>,
    OptionalJson(body): OptionalJson,
) -> Result<Hal, Error> {
    let instance = application_instance(&body)?;

    let mut tx = app.db.begin().await?;
    let Found { environment, pacticipant, version } = find(&mut tx, principal.tenant, &path).await?;
    let deployed = Deployed { environment: environment.id, pacticipant, version, application_instance: &instance };
    let Recorded { id, changed } = deploy(&mut tx, &app, principal.tenant, deployed).await?;
    if changed {
        audit_recorded(&mut tx, &app, &principal, "version.deployed", &path, &environment).await?;
    }
    let deployment = single(&mut tx, principal.tenant, Kind::Deployed, id).await?;
    tx.commit().await?;

    let shown = view::deployment(&base, &deployment, &Embedded::All(&environment));
    Ok(Hal::created(&shown).location(deployment.url(&base)))
}

async fn record_release(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(path): Named<VersionInEnvironment>,
    OptionalJson(_): OptionalJson,
) -> Result<Hal, Error> {
    let mut tx = app.db.begin().await?;
    let Found { environment, pacticipant, version } = find(&mut tx, principal.tenant, &path).await?;
    let released = Deployed { environment: environment.id, pacticipant, version, application_instance: "" };
    let (id, created) = store::ensure_released(&mut tx, principal.tenant, app.new_id(), released, app.now()).await?;
    audit_recorded(&mut tx, &app, &principal, "version.released", &path, &environment).await?;
    let deployment = single(&mut tx, principal.tenant, Kind::Released, id).await?;
    tx.commit().await?;

    let shown = view::deployment(&base, &deployment, &Embedded::All(&environment));
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    Ok(Hal::ok(&shown).status(status).location(deployment.url(&base)))
}

async fn audit_recorded(
    db: &mut PgConnection,
    app: &App,
    principal: &Principal,
    action: &str,
    path: &VersionInEnvironment,
    environment: &Environment,
) -> Result<(), Error> {
    let subject = format!("{} {}", path.pacticipant, path.version);
    audit::record(db, app, principal, action, &subject, &json!({"environment": environment.name})).await?;
    Ok(())
}

/// `target` is the old word for it.
fn application_instance(body: &Value) -> Result<String, Error> {
    let field = if body.get("applicationInstance").is_some() { "applicationInstance" } else { "target" };
    let ends = match body.get(field) {
        None => false,
        Some(Value::Bool(false)) => true,
        Some(Value::Bool(true)) => {
            let text = format!("The {field} property cannot be set back to true. Please record a new deployment.");
            return Err(Error::Unprocessable(Problem::at(field, text).into()));
        }
        Some(_) => return Err(Error::Unprocessable(Problem::at(field, "must be one of: true, false").into())),
    };
    if ends && store::end(&mut tx, principal.tenant, kind, id, app.now()).await? {
        let subject = format!("{} {}", deployment.pacticipant, deployment.number);
        let detail = json!({"environment": deployment.environment_display_name});
        audit::record(&mut tx, &app, &principal, action, &subject, &detail).await?;
    }
    let shown = whole(&mut tx, principal.tenant, &base, kind, id).await?;
    tx.commit().await?;

    Ok(shown)
}
