//! Secrets that people keep by name, for what webhooks send: written, never read back. Everything that is secret is sealed
//! by `envelope`.

mod api;
mod envelope;
mod store;
mod view;

use std::collections::{BTreeMap, BTreeSet};

use pactolus_domain::secret::SecretValue;
use sqlx::PgConnection;

use crate::edge::Error;
use crate::ids::TenantId;

pub(crate) use api::routes;
pub(crate) use envelope::DataKey;
pub use envelope::{KeyError, MasterKey};

/// The secrets that one request asks for.
#[derive(Debug, Default)]
pub(crate) struct Named {
    values: BTreeMap<String, SecretValue>,
    missing: Vec<String>,
}

impl Named {
    /// Those of these names, as they are now.
    pub(crate) async fn open(
        db: &mut PgConnection,
        tenant: TenantId,
        key: &DataKey,
        names: &BTreeSet<String>,
    ) -> Result<Self, Error> {
        if names.is_empty() {
            return Ok(Self::default());
        }
        let wanted: Vec<String> = names.iter().cloned().collect();
        let mut values = BTreeMap::new();
        for (name, sealed) in store::list_sealed_values(db, tenant, &wanted).await? {
            let value = key.open(tenant, &sealed).map_err(Error::internal)?;
            values.insert(name, String::from_utf8(value).map_err(Error::internal)?.into());
        }
        let missing = wanted.into_iter().filter(|name| !values.contains_key(name)).collect();
        Ok(Self { values, missing })
    }

    pub(crate) fn value_of(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(SecretValue::reveal)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &str> {
        self.values.values().map(SecretValue::reveal)
    }

    /// Names that nothing is kept under.
    pub(crate) fn missing(&self) -> &[String] {
        &self.missing
    }
}
