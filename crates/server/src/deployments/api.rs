//! HTTP of deployed and released versions.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use pactolus_domain::names::{PacticipantName, VersionNumber};
use pactolus_domain::problem::Problem;
use pactolus_domain::webhook::WebhookEvent;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::store::{self, Ensured, Wanted};
use super::tell::{tell_of, tell_of_deployment};
use super::view::{self, Embedded};
use super::{Cause, Deployed, Deployment, Kind, deploy};
use crate::app::App;
use crate::audit;
use crate::edge::{
    BaseUrl, Error, FromPath, Hal, MergePatch, Named, OptionalJson, PathNames, Principal, QueryPairs, RequestUrl,
};
use crate::environments::{self, Environment, EnvironmentRef};
use crate::ids::{PacticipantId, TenantId, VersionId};
use crate::pacticipants;
use crate::verdicts;
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
    let deployed = Deployed {
        environment: environment.id,
        pacticipant,
        version,
        application_instance: &instance,
        cause: Cause::Recorded,
    };
    let recorded = deploy(&mut tx, &app, principal.tenant, deployed).await?;
    let id = recorded.id;
    if recorded.changed {
        tell_of_deployment(&mut tx, &app, principal.tenant, &base, &environment, &recorded).await?;
        audit_recorded(&mut tx, &app, &principal, "version.deployed", &path, &environment).await?;
        show_verdict(&mut tx, &app, &principal, Kind::Deployed, id, &path, &environment).await?;
    }
    let deployment = single(&mut tx, principal.tenant, Kind::Deployed, id).await?;
    tx.commit().await?;
    app.jobs_written.notify_waiters();

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
    let released = Deployed {
        environment: environment.id,
        pacticipant,
        version,
        application_instance: "",
        cause: Cause::Recorded,
    };
    let Ensured { id, created, begun } =
        store::ensure_released(&mut tx, principal.tenant, app.new_id(), released, app.now()).await?;
    if begun {
        let released = (WebhookEvent::ReleaseRecorded, id);
        tell_of(&mut tx, &app, principal.tenant, &base, &environment, released).await?;
    }
    audit_recorded(&mut tx, &app, &principal, "version.released", &path, &environment).await?;
    show_verdict(&mut tx, &app, &principal, Kind::Released, id, &path, &environment).await?;
    let deployment = single(&mut tx, principal.tenant, Kind::Released, id).await?;
    tx.commit().await?;
    app.jobs_written.notify_waiters();

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

/// Keeps what it was allowed by, if that was recorded.
async fn show_verdict(
    db: &mut PgConnection,
    app: &App,
    principal: &Principal,
    kind: Kind,
    id: Uuid,
    path: &VersionInEnvironment,
    environment: &Environment,
) -> Result<(), Error> {
    if !app.settings.record_verdicts {
        return Ok(());
    }
    let (pacticipant, version) = (path.pacticipant.as_str(), path.version.as_str());
    let latest = verdicts::find_latest(db, principal.tenant, pacticipant, version, &environment.name).await?;
    if let Some(verdict) = latest {
        store::put_verdict(db, principal.tenant, kind, id, verdict).await?;
    }
    Ok(())
}

/// `target` is the old word for it.
fn application_instance(body: &Value) -> Result<String, Error> {
    let field = if body.get("applicationInstance").is_some() { "applicationInstance" } else { "target" };
    match body.get(field) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(name)) if name.contains(['\n', '\0']) => {
            Err(Problem::at(field, "cannot contain multiple lines").into())
        }
        Some(Value::String(name)) if name.chars().count() > LONGEST_INSTANCE_CHARS => {
            Err(Problem::at(field, format!("cannot be longer than {LONGEST_INSTANCE_CHARS} characters")).into())
        }
        Some(Value::String(name)) => Ok(name.trim().to_string()),
        Some(_) => Err(Problem::at(field, "must be a string").into()),
    }
}

async fn single(db: &mut PgConnection, tenant: TenantId, kind: Kind, id: Uuid) -> Result<Deployment, Error> {
    let found = store::list(db, tenant, kind, Wanted::Id(id)).await?;
    found.into_iter().next().ok_or(Error::NotFound)
}

async fn list_deployed(
    app: State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    path: Named<VersionInEnvironment>,
) -> Result<Hal, Error> {
    list_of_version(app, principal, base, request, path, Kind::Deployed).await
}

async fn list_released(
    app: State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    path: Named<VersionInEnvironment>,
) -> Result<Hal, Error> {
    list_of_version(app, principal, base, request, path, Kind::Released).await
}

async fn list_of_version(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    Named(path): Named<VersionInEnvironment>,
    kind: Kind,
) -> Result<Hal, Error> {
    let mut db = app.db.acquire().await?;
    let found = find(&mut db, principal.tenant, &path).await?;
    let versions = [found.version.0];
    let wanted = Wanted::OfVersions { versions: &versions, environment: Some(found.environment.id) };
    let listed = store::list(&mut db, principal.tenant, kind, wanted).await?;

    let shown = listed.iter().map(|one| view::deployment(&base, one, &Embedded::Nothing)).collect::<Vec<_>>();
    let (what, environment) = (word(kind), &found.environment.display_name);
    let title =
        format!("{what} versions for {} version {} in environment {environment}", path.pacticipant, path.version);
    Ok(Hal::ok(&view::list(kind, &request.without_query, &title, &shown)))
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Deployed => "Deployed",
        Kind::Released => "Released",
    }
}

async fn list_currently_deployed(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    query: QueryPairs,
    Named(EnvironmentRef(environment)): Named<EnvironmentRef>,
) -> Result<Hal, Error> {
    // Blank means the slot without a name; absent means any.
    let instance = ["applicationInstance", "target"].into_iter().find(|name| query.has(name));
    let wanted = Wanted::CurrentIn {
        environment,
        pacticipant: query.last("pacticipant"),
        number: None,
        application_instance: instance.map(|name| query.last(name).unwrap_or("")),
    };
    list_current(&app, &principal, &base, &request, Kind::Deployed, environment, wanted).await
}

async fn list_currently_supported(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    request: RequestUrl,
    query: QueryPairs,
    Named(EnvironmentRef(environment)): Named<EnvironmentRef>,
) -> Result<Hal, Error> {
    let wanted = Wanted::CurrentIn {
        environment,
        pacticipant: query.last("pacticipant"),
        number: query.last("version"),
        application_instance: None,
    };
    list_current(&app, &principal, &base, &request, Kind::Released, environment, wanted).await
}

async fn list_current(
    app: &App,
    principal: &Principal,
    base: &BaseUrl,
    request: &RequestUrl,
    kind: Kind,
    environment: Uuid,
    wanted: Wanted<'_>,
) -> Result<Hal, Error> {
    let mut db = app.db.acquire().await?;
    let environment = environments::find_by_id(&mut db, principal.tenant, environment).await?.ok_or(Error::NotFound)?;
    let listed = store::list(&mut db, principal.tenant, kind, wanted).await?;

    let shown = listed.iter().map(|one| view::deployment(base, one, &Embedded::Version)).collect::<Vec<_>>();
    let state = if kind == Kind::Deployed { "deployed" } else { "supported" };
    let title = format!("Currently {state} versions for {}", environment.display_name);
    Ok(Hal::ok(&view::list(kind, &request.with_query(), &title, &shown)))
}

async fn show_deployed(app: State<App>, principal: Principal, base: BaseUrl, id: Named<Uuid>) -> Result<Hal, Error> {
    show(app, principal, base, id, Kind::Deployed).await
}

async fn show_released(app: State<App>, principal: Principal, base: BaseUrl, id: Named<Uuid>) -> Result<Hal, Error> {
    show(app, principal, base, id, Kind::Released).await
}

async fn show(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(id): Named<Uuid>,
    kind: Kind,
) -> Result<Hal, Error> {
    let mut db = app.db.acquire().await?;
    whole(&mut db, principal.tenant, &base, kind, id).await
}

async fn whole(db: &mut PgConnection, tenant: TenantId, base: &BaseUrl, kind: Kind, id: Uuid) -> Result<Hal, Error> {
    let deployment = single(db, tenant, kind, id).await?;
    let environment = environments::find_by_id(db, tenant, deployment.environment_id).await?.ok_or(Error::NotFound)?;
    Ok(Hal::ok(&view::deployment(base, &deployment, &Embedded::All(&environment))))
}

async fn patch_deployed(
    app: State<App>,
    principal: Principal,
    base: BaseUrl,
    id: Named<Uuid>,
    body: MergePatch,
) -> Result<Hal, Error> {
    patch(app, principal, base, id, body, Kind::Deployed).await
}

async fn patch_released(
    app: State<App>,
    principal: Principal,
    base: BaseUrl,
    id: Named<Uuid>,
    body: MergePatch,
) -> Result<Hal, Error> {
    patch(app, principal, base, id, body, Kind::Released).await
}

/// Ends a deployment or a release. It cannot be taken back: that would be a new one.
async fn patch(
    State(app): State<App>,
    principal: Principal,
    base: BaseUrl,
    Named(id): Named<Uuid>,
    MergePatch(body): MergePatch,
    kind: Kind,
) -> Result<Hal, Error> {
    let (field, action, event) = match kind {
        Kind::Deployed => ("currentlyDeployed", "version.undeployed", WebhookEvent::DeploymentEnded),
        Kind::Released => ("currentlySupported", "version.support_ended", WebhookEvent::ReleaseEnded),
    };

    let mut tx = app.db.begin().await?;
    let deployment = single(&mut tx, principal.tenant, kind, id).await?;
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
        let environment = environments::find_by_id(&mut tx, principal.tenant, deployment.environment_id).await?;
        let environment = environment.ok_or(Error::NotFound)?;
        tell_of(&mut tx, &app, principal.tenant, &base, &environment, (event, id)).await?;
    }
    let shown = whole(&mut tx, principal.tenant, &base, kind, id).await?;
    tx.commit().await?;
    app.jobs_written.notify_waiters();

    Ok(shown)
}
