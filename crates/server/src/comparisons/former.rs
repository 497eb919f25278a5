//! Removing comparisons of former settings and former judgements, once there are others that count.

use chrono::TimeDelta;

use super::store::former::{delete_former, delete_outdated, list_former};
use crate::app::App;
use crate::edge::Error;
use crate::tenants;

/// Whoever goes back to former settings so soon finds what was compared by them.
const KEPT: TimeDelta = TimeDelta::days(1);
/// Removed with one statement.
const AT_ONCE: i64 = 1_000;
/// Statements in one go: what is left then is removed the next time.
const MOST: usize = 200;

/// What was compared by settings that a provider no longer has goes, when the same pair was compared by the present ones a day ago
/// or more; and what an older release judged and nobody accepted, when a newer one has judged the pair.
pub(crate) async fn delete_old(app: &App) -> Result<(), Error> {
    let before = app.now() - KEPT;
    let mut db = app.db.acquire().await?;
    let mut left = MOST;
    for tenant in tenants::list(&mut db).await? {
        for (provider, configuration) in list_former(&mut db, tenant).await? {
            while left > 0 && delete_former(&mut db, tenant, (provider, &configuration), before, AT_ONCE).await? > 0 {
                left -= 1;
            }
        }
        while left > 0 && delete_outdated(&mut db, tenant, AT_ONCE).await? > 0 {
            left -= 1;
        }
    }
    Ok(())
}
