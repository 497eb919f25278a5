//! Tenants: whose data it is. One for now; its id travels through every call.

mod rotate;
mod store;

pub use rotate::{RotateError, Rotated, rotate_encryption_key};
use sqlx::PgPool;

use crate::ids::TenantId;
use crate::schema;
use crate::secrets::{DataKey, KeyError, MasterKey};

/// The only tenant for now.
pub(crate) const DEFAULT: TenantId = TenantId(1);

/// Why a database cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// A migration failed, or the database was made by a newer Pactolus.
    #[error("the database could not be migrated")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The database could not be asked.
    #[error("the database could not be read")]
    Database(#[from] sqlx::Error),
    /// Another server uses this database with another key: secrets written by one could not be read by the other.
    #[error(
        "the secrets in this database are sealed with another encryption key: give every server of it the same \
         PACTOLUS_ENCRYPTION_KEY, or name the one before in PACTOLUS_PREVIOUS_ENCRYPTION_KEYS"
    )]
    OtherKey(#[source] KeyError),
}

/// Migrates the database and makes sure that this server can read its secrets. Safe to run from several servers.
///
/// # Errors
/// When a migration fails, the database does not answer, or the key is not the one its secrets are sealed with.
pub async fn prepare(db: &PgPool, master_key: &MasterKey) -> Result<(), PrepareError> {
    schema::migrate(db).await?;
    let mut tx = db.begin().await?;
    for tenant in store::list_tenants(&mut tx).await? {
        // There is none before the first secret: a server without secrets may have any key.
        if let Some(sealed) = store::find_data_key(&mut tx, tenant).await? {
            master_key.open_data_key(tenant, &sealed).map_err(PrepareError::OtherKey)?;
            if !master_key.has_sealed(tenant, &sealed) {
                tracing::warn!(
                    "a previous encryption key is still needed, until pactolus rotate-encryption-key was run"
                );
            }
        }
    }
    tx.commit().await?;
    Ok(())
}

/// The key that the tenant's secrets are sealed with, made when the first one is.
pub(crate) async fn data_key(
    db: &mut sqlx::PgConnection,
    tenant: TenantId,
    master_key: &MasterKey,
) -> Result<DataKey, crate::edge::Error> {
    let sealed = match store::find_data_key(db, tenant).await? {
        Some(sealed) => sealed,
        None => store::ensure_data_key(db, tenant, &master_key.seal_data_key(tenant, &DataKey::generate())).await?,
    };
    master_key.open_data_key(tenant, &sealed).map_err(crate::edge::Error::internal)
}

/// Lets deletions of a tenant come one after the other; to be held before anything else. Each holds many rows, and what it
/// leaves as the latest may be what another is about to delete: two at once would wait in circles. Who publishes does not wait.
pub(crate) async fn hold_deletions(db: &mut sqlx::PgConnection, tenant: TenantId) -> sqlx::Result<()> {
    store::hold_deletions(db, tenant).await
}

/// Lets one process at a time clean, for as long as the transaction lasts. Returns false when another one does.
pub(crate) async fn try_hold_cleaning(db: &mut sqlx::PgConnection, tenant: TenantId) -> sqlx::Result<bool> {
    store::try_hold_cleaning(db, tenant).await
}

/// All tenants, for workers.
pub(crate) async fn list(db: &mut sqlx::PgConnection) -> sqlx::Result<Vec<TenantId>> {
    store::list_tenants(db).await
}

/// Whether the database answers.
pub(crate) async fn check(db: &PgPool) -> sqlx::Result<()> {
    let mut db = db.acquire().await?;
    store::list_tenants(&mut db).await?;
    Ok(())
}
