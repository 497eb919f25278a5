//! Telling that something was deployed or released, or is not any more.

use pactolus_domain::webhook::WebhookEvent;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::store::{self, Wanted};
use super::{Kind, Recorded};
use crate::app::App;
use crate::edge::{BaseUrl, Error, without_nulls};
use crate::environments::Environment;
use crate::ids::TenantId;
use crate::webhooks::{self, Happened};

/// Tells of a deployment, and of the one that it ended.
pub(crate) async fn tell_of_deployment(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    environment: &Environment,
    recorded: &Recorded,
) -> Result<(), Error> {
    if let Some(replaced) = recorded.replaced {
        tell_of(db, app, tenant, base, environment, (WebhookEvent::DeploymentEnded, replaced)).await?;
    }
    if recorded.changed {
        tell_of(db, app, tenant, base, environment, (WebhookEvent::DeploymentRecorded, recorded.id)).await?;
    }
    Ok(())
}

/// Tells that a deployment or a release was recorded or has ended.
pub(super) async fn tell_of(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    environment: &Environment,
    (name, id): (WebhookEvent, Uuid),
) -> Result<(), Error> {
    let kind = match name {
        WebhookEvent::ReleaseRecorded | WebhookEvent::ReleaseEnded => Kind::Released,
        _ => Kind::Deployed,
    };
    let Some(deployment) = store::list(db, tenant, kind, Wanted::Id(id)).await?.pop() else { return Ok(()) };
    let word = if kind == Kind::Released { "release" } else { "deployment" };
    let data = without_nulls(json!({
        "pacticipant": {"name": deployment.pacticipant, "version": deployment.number},
        "environment": {"uuid": environment.id, "name": environment.name, "production": environment.production},
        "applicationInstance": deployment.application_instance,
        word: {"uuid": id, "url": deployment.url(base)},
    }));
    let happened = Happened {
        name,
        pacticipants: &[&deployment.pacticipant],
        subject: format!("{}/{}", deployment.pacticipant, environment.name),
        data,
        values: vec![
            ("pacticipantName", &deployment.pacticipant),
            ("pacticipantVersionNumber", &deployment.number),
            ("environmentName", &environment.name),
        ],
        once: None,
    };
    webhooks::tell_of(db, app, tenant, base, happened).await?;
    Ok(())
}
