//! Environments: where versions run.

mod api;
mod store;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::deployments::{self, Cause, Deployed};
use crate::edge::{BaseUrl, Error, Link, timestamp, urls, without_nulls};
use crate::ids::{PacticipantId, TenantId, VersionId};
use crate::ui::nearest;

pub(crate) use api::{EnvironmentRef, routes};
pub(crate) use store::{find_by_id, find_by_name, list};

/// An environment as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Environment {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) display_name: String,
    pub(crate) production: bool,
    /// A list, or null where nobody said anything of contacts.
    pub(crate) contacts: Value,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

impl Environment {
    pub(crate) fn link(&self, base: &BaseUrl) -> Link {
        Link::to(urls::environment(base, self.id)).title("Environment").name(&self.name)
    }

    pub(crate) fn view(&self, base: &BaseUrl) -> Value {
        let own = urls::environment(base, self.id);
        let deployed = format!("Versions currently deployed to {} environment", self.display_name);
        let released = format!("Versions released and supported in {} environment", self.display_name);
        without_nulls(json!({
            "uuid": self.id,
            "name": self.name,
            "displayName": self.display_name,
            "production": self.production,
            "contacts": self.contacts,
            "updatedAt": (self.updated_at != self.created_at).then(|| timestamp(self.updated_at)),
            "createdAt": timestamp(self.created_at),
            "_links": {
                "self": self.link(base),
                "pb:currently-deployed-deployed-versions":
                    Link::to(format!("{own}/deployed-versions/currently-deployed")).title(deployed),
                "pb:currently-supported-released-versions":
                    Link::to(format!("{own}/released-versions/currently-supported")).title(released),
                "pb:environments": Link::to(format!("{}/environments", base.as_str())).title("Environments"),
            },
        }))
    }
}

/// Records a deployment of the version where an environment is named like its new tag.
pub(crate) async fn deploy_by_tag(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    pacticipant: PacticipantId,
    version: VersionId,
    tag: &str,
) -> Result<(), Error> {
    if let Some(environment) = find_by_name(db, tenant, tag).await? {
        let deployed = Deployed {
            environment: environment.id,
            pacticipant,
            version,
            application_instance: "",
            cause: Cause::Tagged,
        };
        let recorded = deployments::deploy(db, app, tenant, deployed).await?;
        deployments::tell_of_deployment(db, app, tenant, base, &environment, &recorded).await?;
    }
    Ok(())
}

/// In the order in which versions go through them: production last, else as they were created.
pub(crate) async fn in_order(db: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Vec<Environment>> {
    let mut environments = list(db, tenant, None).await?;
    environments.sort_by_key(|one| (one.production, one.created_at));
    Ok(environments)
}

/// The environment that pages are about where their address names none: the one that versions come to last, with production
/// before others. In the order of [`in_order`].
pub(crate) fn usual(environments: &[Environment]) -> Option<&Environment> {
    environments.iter().find(|one| one.production).or(environments.last())
}

/// What a page says of an environment that its address names and that is not there.
pub(crate) fn no_such(name: &str, environments: &[Environment]) -> Error {
    let meant = nearest(name, environments.iter(), |one| &one.name, 1).pop();
    let meant = meant.map_or_else(String::new, |one| format!(" Did you mean {}?", one.name));
    Error::InvalidQuery(vec![format!("Environment \"{name}\" doesn't exist.{meant}")])
}
