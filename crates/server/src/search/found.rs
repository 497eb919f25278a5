//! What a search finds, in groups.

use sqlx::PgConnection;

use super::store::{self, Application, Contract, Version, Webhook};
use crate::edge::Error;
use crate::ids::TenantId;

/// Of each kind.
pub(super) const MOST: i64 = 8;
/// Nothing is called by a longer text.
const LONGEST: usize = 255;

#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) applications: Vec<Application>,
    pub(super) versions: Vec<Version>,
    pub(super) contracts: Vec<Contract>,
    pub(super) webhooks: Vec<Webhook>,
}

impl Found {
    pub(super) async fn by(db: &mut PgConnection, tenant: TenantId, q: &str) -> Result<Self, Error> {
        let q = q.trim();
        if q.is_empty() || q.chars().count() > LONGEST {
            return Ok(Self::default());
        }
        Ok(Self {
            applications: store::list_applications(db, tenant, q, MOST).await?,
            versions: store::list_versions(db, tenant, q, MOST).await?,
            contracts: store::list_contracts(db, tenant, q, MOST).await?,
            webhooks: store::list_webhooks(db, tenant, q, MOST).await?,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.applications.is_empty()
            && self.versions.is_empty()
            && self.contracts.is_empty()
            && self.webhooks.is_empty()
    }

    /// Whether a version is called exactly so: that is what was looked for, most likely.
    pub(super) fn is_version(&self, q: &str) -> bool {
        self.versions.iter().any(|version| version.number == q.trim())
    }
}
