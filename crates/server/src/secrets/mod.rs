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

/// Secrets as they are kept, for several requests.
pub(crate) struct SealedSecrets(BTreeMap<String, Vec<u8>>);

impl SealedSecrets {
    /// Those of these names, as they are now.
    pub(crate) async fn read(db: &mut PgConnection, tenant: TenantId, names: &BTreeSet<String>) -> sqlx::Result<Self> {
        if names.is_empty() {
            return Ok(Self(BTreeMap::new()));
        }
        let wanted: Vec<String> = names.iter().cloned().collect();
        Ok(Self(store::list_sealed_values(db, tenant, &wanted).await?.into_iter().collect()))
    }

    /// What one request asks for.
    pub(crate) fn open(&self, tenant: TenantId, key: &DataKey, names: &BTreeSet<String>) -> Result<Named, Error> {
        let mut opened = Named::default();
        for name in names {
            match self.0.get(name) {
                Some(sealed) => {
                    let value = key.open(tenant, sealed).map_err(Error::internal)?;
                    opened.values.insert(name.clone(), String::from_utf8(value).map_err(Error::internal)?.into());
                }
                None => opened.missing.push(name.clone()),
            }
        }
        Ok(opened)
    }
}

impl Named {
    /// Those of these names, as they are now.
    pub(crate) async fn open(
        db: &mut PgConnection,
        tenant: TenantId,
        key: &DataKey,
        names: &BTreeSet<String>,
    ) -> Result<Self, Error> {
        SealedSecrets::read(db, tenant, names).await?.open(tenant, key, names)
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
