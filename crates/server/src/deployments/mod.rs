//! Deployments and releases: which versions run or are supported in which environment.

mod api;
mod page;
mod store;
mod tell;
mod view;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::edge::{BaseUrl, Error, Link, urls};
use crate::ids::{PacticipantId, TenantId, VersionId};

pub(crate) use api::routes;
pub(crate) use page::{BoardRows, page_routes, timeline_routes};
pub(crate) use store::{list_current_of, list_deployed_of, list_released_of};
pub(crate) use tell::tell_of_deployment;

/// Whether a version is deployed (replacing what was there) or released (beside others).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One a slot: the application instance in the environment.
    Deployed,
    /// Many at once, each until its support ends.
    Released,
}

/// A deployed or released version as it is stored, with the names to show it by.
#[derive(Clone, Debug)]
pub(crate) struct Deployment {
    pub(crate) kind: Kind,
    pub(crate) id: Uuid,
    pub(crate) version_id: VersionId,
    pub(crate) pacticipant: String,
    pub(crate) number: String,
    pub(crate) environment_id: Uuid,
    pub(crate) environment_display_name: String,
    pub(crate) application_instance: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    /// When it was undeployed, or its support ended.
    pub(crate) ended_at: Option<DateTime<Utc>>,
    /// The recorded verdict that it was allowed by.
    pub(crate) verdict_id: Option<Uuid>,
}

/// The names of the environments in which these run: each once, however many instances run there.
pub(crate) fn environment_names(deployments: impl IntoIterator<Item = Deployment>) -> Vec<String> {
    let mut names = Vec::new();
    for deployment in deployments {
        if !names.contains(&deployment.environment_display_name) {
            names.push(deployment.environment_display_name);
        }
    }
    names
}

impl Deployment {
    pub(crate) fn url(&self, base: &BaseUrl) -> String {
        match self.kind {
            Kind::Deployed => urls::deployed_version(base, self.id),
            Kind::Released => urls::released_version(base, self.id),
        }
    }

    /// The link as a version or pacticipant shows it: named by the environment, saying whether it still holds.
    pub(crate) fn environment_link(&self, base: &BaseUrl) -> serde_json::Value {
        let (verb, current) = match self.kind {
            Kind::Deployed => ("deployed", "currently_deployed"),
            Kind::Released => ("released", "currently_supported"),
        };
        let title = format!("Version {verb} to {}", self.environment_display_name);
        let mut link =
            serde_json::Value::from(Link::to(self.url(base)).title(title).name(&self.environment_display_name));
        link[current] = self.ended_at.is_none().into();
        if let Some(instance) = &self.application_instance {
            link["application_instance"] = instance.clone().into();
        }
        link
    }
}

/// What is deployed where.
#[derive(Clone, Copy)]
pub(crate) struct Deployed<'a> {
    pub(crate) environment: Uuid,
    pub(crate) pacticipant: PacticipantId,
    pub(crate) version: VersionId,
    /// Empty for the slot without a name.
    pub(crate) application_instance: &'a str,
    pub(crate) cause: Cause,
}

/// Why a version counts as deployed or released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Somebody said so.
    Recorded,
    /// It got a tag that is named like the environment.
    Tagged,
}

/// What is in a slot after a version was put there.
pub(crate) struct Recorded {
    pub(crate) id: Uuid,
    /// False when the version was there already.
    pub(crate) changed: bool,
    /// The deployment that ended by it.
    pub(crate) replaced: Option<Uuid>,
}

/// Puts the version into its slot; what was there is undeployed.
pub(crate) async fn deploy(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    deployed: Deployed<'_>,
) -> Result<Recorded, Error> {
    // In the order in which a deletion holds them: what it deletes of a version comes after the version.
    if !store::hold_version(db, tenant, deployed.version).await? {
        return Err(Error::NotFound);
    }
    store::hold_pacticipant(db, tenant, deployed.pacticipant).await?;
    if let Some(current) = store::find_current(db, tenant, deployed).await? {
        return Ok(Recorded { id: current, changed: false, replaced: None });
    }
    let now = app.now();
    let replaced = store::end_current(db, tenant, deployed, now).await?;
    let id = app.new_id();
    store::insert_deployed(db, tenant, id, deployed, now).await?;
    Ok(Recorded { id, changed: true, replaced })
}
