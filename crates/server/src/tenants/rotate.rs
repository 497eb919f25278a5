//! Changing the key of the installation: the data key of each tenant is sealed anew. What the data keys have sealed stays.

use sqlx::PgPool;

use super::store;
use crate::ids::TenantId;
use crate::secrets::{KeyError, MasterKey};

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Tenants whose data key was sealed with a previous key.
    pub resealed: usize,
    /// Tenants whose data key was sealed with this key already.
    pub already: usize,
    /// Tenants that have no secrets yet.
    pub without_secrets: usize,
}

/// Why the key cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// The database could not be asked.
    #[error("the database could not be read or written; pactolus migrate makes its tables")]
    Database(#[from] sqlx::Error),
    /// None of the keys has sealed it.
    #[error(
        "the secrets of tenant {tenant} are sealed with a key that was not given; name the one before in \
         PACTOLUS_PREVIOUS_ENCRYPTION_KEYS"
    )]
    OtherKey {
        /// Its id.
        tenant: i64,
        /// Why none fits.
        #[source]
        source: KeyError,
    },
}

/// Seals every tenant's data key with this key instead of a previous one. Servers may run meanwhile if they accept both keys.
/// Broken off in the middle, it goes on where it was when it is run again.
///
/// # Errors
/// When the database does not answer, or none of the keys opens a data key.
pub async fn rotate_encryption_key(db: &PgPool, master_key: &MasterKey) -> Result<Rotated, RotateError> {
    let mut rotated = Rotated::default();
    let tenants = store::list_tenants(&mut *db.acquire().await?).await?;
    for tenant in tenants {
        let counter = match reseal(db, tenant, master_key).await? {
            Outcome::Resealed => &mut rotated.resealed,
            Outcome::Already => &mut rotated.already,
            Outcome::NoKey => &mut rotated.without_secrets,
        };
        *counter += 1;
    }
    Ok(rotated)
}

enum Outcome {
    Resealed,
    Already,
    NoKey,
}

async fn reseal(db: &PgPool, tenant: TenantId, master_key: &MasterKey) -> Result<Outcome, RotateError> {
    let mut tx = db.begin().await?;
    let Some(sealed) = store::hold_data_key(&mut tx, tenant).await? else { return Ok(Outcome::NoKey) };
    if master_key.has_sealed(tenant, &sealed) {
        return Ok(Outcome::Already);
    }
    let data_key = master_key
        .open_data_key(tenant, &sealed)
        .map_err(|source| RotateError::OtherKey { tenant: tenant.0, source })?;
    store::put_data_key(&mut tx, tenant, &master_key.seal_data_key(tenant, &data_key)).await?;
    tx.commit().await?;
    Ok(Outcome::Resealed)
}
