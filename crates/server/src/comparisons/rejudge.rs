//! A newer release may judge otherwise. Each pair that counts is judged anew in the background; an outcome that stays the
//! same counts from then on, one that changed waits until somebody accepts it, unless the settings say that none needs to.

use std::time::Duration;

use pactolus_oas::comparison::ENGINE;
use sqlx::PgConnection;
use tokio::time::Instant;

use super::judging::judge_some;
use super::room::behind;
use super::settle::{BATCH, record};
use super::store::rejudged::{list_outdated, promote};
use super::telling;
use crate::app::App;
use crate::edge::{BaseUrl, Error};
use crate::ids::TenantId;
use crate::jobs::{self, Job, Kind};
use crate::tenants;

/// Judged in one go, well within a lease.
const AT_ONCE: i64 = 50;
/// Nothing is begun later than that.
const BEGIN_WITHIN: Duration = Duration::from_secs(20);
/// Before what found no place is tried again.
const PAUSE: Duration = Duration::from_secs(10);

/// Writes the job where there is something to judge anew.
pub(crate) async fn schedule_rejudging(app: &App) -> Result<(), Error> {
    let mut db = app.db.acquire().await?;
    for tenant in tenants::list(&mut db).await? {
        if !list_outdated(&mut db, tenant, ENGINE, 1).await?.is_empty() {
            jobs::ensure_recurring(&mut db, app, tenant, Kind::Rejudgement, app.now()).await?;
        }
    }
    Ok(())
}

/// The job: some pairs; it comes again as long as there are more.
pub(crate) async fn rejudge(app: &App, job: &Job) -> Result<(), Error> {
    let mut db = app.db.acquire().await?;
    let outdated = list_outdated(&mut db, job.tenant, ENGINE, AT_ONCE).await?;
    drop(db);
    let is_done = outdated.is_empty();
    let begin_until = Instant::now() + BEGIN_WITHIN;
    let mut judged = Vec::new();
    for of_document in outdated.chunk_by(|one, other| one.document == other.document) {
        for some in of_document.chunks(BATCH) {
            if Instant::now() < begin_until {
                judged.extend(judge_some(app, job.tenant, some, behind(begin_until)).await?.done);
            }
        }
    }
    let made_progress = !judged.is_empty();
    // Nobody asks, so nobody knows by which address.
    let base = BaseUrl(app.settings.base_urls.first().cloned().unwrap_or_default());

    let mut tx = app.db.begin().await?;
    record(&mut tx, app, job.tenant, &base, judged).await?;
    let accepts = app.settings.accept_comparison_changes;
    accept(&mut tx, app, job.tenant, &base, accepts, None).await?;
    let is_ours = if is_done {
        jobs::finish(&mut tx, job).await?
    } else {
        let pause = if made_progress { Duration::ZERO } else { PAUSE };
        jobs::postpone(&mut tx, app, job, pause, "there is more to judge anew").await?
    };
    if is_ours {
        tx.commit().await?;
        app.jobs_written.notify_waiters();
    }
    Ok(())
}

/// Lets new outcomes count, of any provider or of one: all, or only those that are the old ones. Tells of those that
/// changed. Returns how many count now.
pub(super) async fn accept(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    all: bool,
    provider: Option<&str>,
) -> Result<usize, Error> {
    let promoted = promote(db, tenant, ENGINE, all, provider).await?;
    if all {
        telling::tell_changed(db, app, tenant, base, &promoted).await?;
    }
    Ok(promoted.len())
}
