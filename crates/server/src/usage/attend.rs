//! Contents that nobody has looked into yet: those from before, and what older processes publish during an upgrade. Several
//! processes may look at once, each at contents of its own; one that dies leaves the rest to be found.

use pactolus_domain::usage::usage;
use sqlx::PgConnection;

use super::store::{self, Unread};
use crate::app::App;
use crate::edge::Error;
use crate::ids::{ContentId, TenantId};
use crate::jobs::chain;
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
        let mut failed = Vec::new();
        while read < AT_ONCE {
            match read_one(app, tenant, &failed).await? {
                Read::Nothing => break,
                Read::Kept => read += 1,
                Read::Failed(content) => failed.push(content),
            }
        }
    }
    Ok(read >= AT_ONCE)
}

/// What became of one content.
enum Read {
    /// None is left that nobody else is reading.
    Nothing,
    Kept,
    /// It stays unread; the others need not wait for it.
    Failed(ContentId),
}

/// Looks into one content that did not fail just now. Each in a transaction of its own: elements that are new are
/// written in their order, and who wrote those of several contents could wait in a circle with somebody else.
async fn read_one(app: &App, tenant: TenantId, failed: &[ContentId]) -> Result<Read, Error> {
    let mut tx = app.change().await?;
    store::do_not_wait(&mut tx).await?;
    let Some(unread) = store::claim_unread(&mut tx, tenant, failed).await? else { return Ok(Read::Nothing) };
    let content = unread.id;
    let kept = match keep(&mut tx, tenant, unread).await {
        Ok(()) => tx.commit().await.map_err(Error::from),
        Err(error) => Err(error),
    };
    Ok(match kept {
        Ok(()) => Read::Kept,
        Err(error) => {
            let why = chain(&error);
            tracing::warn!(
                contract_content.id = content.0,
                "what a contract uses cannot be kept: {why}; going on with the next"
            );
            Read::Failed(content)
        }
    })
}

async fn keep(db: &mut PgConnection, tenant: TenantId, unread: Unread) -> Result<(), Error> {
    let Unread { id, provider, text } = unread;
    // Large contracts take long enough for others to notice.
    let elements = tokio::task::spawn_blocking(move || usage(&text).unwrap_or_default());
    let elements = elements.await.map_err(Error::internal)?;
    store::put_usage(db, tenant, provider, id, &elements).await?;
    Ok(())
}
