//! Contents that nobody has looked into yet: those from before, and what older processes publish during an upgrade. Several
//! processes may look at once, each at contents of its own; one that dies leaves the rest to be found.

use pactolus_domain::usage::usage;

use super::store;
use crate::app::App;
use crate::edge::Error;
use crate::ids::TenantId;
use crate::tenants;

/// Done in one go, so that jobs need not wait for long.
const AT_ONCE: usize = 200;

/// Looks into some contents. Returns whether there may be more.
pub(crate) async fn attend(app: &App) -> Result<bool, Error> {
    let mut db = app.db.acquire().await?;
    let tenants: Vec<TenantId> = tenants::list(&mut db).await?;
    drop(db);
    let mut read = 0;
    for tenant in tenants {
        while read < AT_ONCE && read_one(app, tenant).await? {
            read += 1;
        }
    }
    Ok(read >= AT_ONCE)
}

/// Returns false when nothing is left that nobody else is reading. Each in a transaction of its own: elements that are new are
/// written in their order, and who wrote those of several contents could wait in a circle with somebody else.
async fn read_one(app: &App, tenant: TenantId) -> Result<bool, Error> {
    let mut tx = app.change().await?;
    let Some(unread) = store::claim_unread(&mut tx, tenant).await? else { return Ok(false) };
    // Large contracts take long enough for others to notice.
    let elements = tokio::task::spawn_blocking(move || usage(&unread.text).unwrap_or_default());
    let elements = elements.await.map_err(Error::internal)?;
    store::put_usage(&mut tx, tenant, unread.provider, unread.id, &elements).await?;
    tx.commit().await?;
    Ok(true)
}
