//! Evidence: what a provider version really answered when a build verified it, kept for some days, and shown beside what
//! the contracts expect.
//!
//! A run is uploaded as a whole and never changed. Each exchange is kept once for all contracts that ask the same, with all
//! that a later judgement needs: the request and the states that it was made in, the answer as it came, what was left out.
//! Bodies are shared between runs. Secrets are left out by the client; what it forgot of headers is left out here.

mod api;
mod expected;
mod mismatches;
mod packed;
mod record;
mod store;
mod upload;
mod view;

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::App;
use crate::edge::Error;
use crate::tenants;

pub(crate) use api::routes;
pub(crate) use mismatches::{FoundMismatch, list_mismatches};
pub(crate) use store::{delete_of_provider, delete_of_versions};

/// Runs that are deleted in one transaction. Each may have thousands of exchanges.
pub(crate) const RUNS: i64 = 20;

/// Until when a run is kept that was uploaded at `created_at`; `None` for ever.
fn kept_until(app: &App, created_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let days = i64::from(app.settings.evidence_days);
    if days == 0 { None } else { created_at.checked_add_signed(TimeDelta::days(days)) }
}

/// Deletes runs that were kept for long enough, in short transactions, beside other processes that do the same.
pub(crate) async fn delete_old(app: &App) -> Result<(), Error> {
    let days = i64::from(app.settings.evidence_days);
    if days == 0 {
        return Ok(());
    }
    let before = app.now().checked_sub_signed(TimeDelta::days(days)).unwrap_or(DateTime::UNIX_EPOCH);
    let mut db = app.db.acquire().await?;
    let tenants = tenants::list(&mut db).await?;
    drop(db);
    for tenant in tenants {
        loop {
            let mut tx = app.db.begin().await?;
            let old = store::hold_old(&mut tx, tenant, before, RUNS).await?;
            store::delete_runs(&mut tx, tenant, &old).await?;
            tx.commit().await?;
            if i64::try_from(old.len()).is_ok_and(|count| count < RUNS) {
                break;
            }
        }
    }
    Ok(())
}
