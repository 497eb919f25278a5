//! The job that compares a pair for which whoever asked had no time.

use std::time::Duration;

use pactolus_domain::gate::Comparison;
use tokio::time::Instant;

use super::judging::{Judged, judge_some};
use super::room::behind;
use super::settle::record;
use super::store::{self, Pair};
use crate::app::App;
use crate::edge::{BaseUrl, Error};
use crate::jobs::{self, Job};

/// Before what found no place is tried again.
const PAUSE: Duration = Duration::from_secs(5);
/// Nothing is begun later than that, so that all is done well within a lease.
const BEGIN_WITHIN: Duration = Duration::from_secs(30);

/// One pair, with more time. What takes too long even so is undecided from then on.
pub(crate) async fn finish_comparison(app: &App, job: &Job) -> Result<(), Error> {
    let number = |key: &str| job.payload[key].as_i64().ok_or_else(|| Error::internal("a comparison of nothing"));
    let pair = Pair { contract: number("contract")?, document: number("document")? };
    let base = BaseUrl(job.payload["base"].as_str().unwrap_or_default().to_owned());
    let mut db = app.db.acquire().await?;
    let open = store::list_uncompared(&mut db, job.tenant, &[pair]).await?;
    drop(db);
    let patience = behind(Instant::now() + BEGIN_WITHIN);
    let Judged { done, left } = judge_some(app, job.tenant, &open, patience).await?;
    if !left.is_empty() {
        let mut db = app.db.acquire().await?;
        let pause = if app.comparing.is_stopped() { Duration::ZERO } else { PAUSE };
        jobs::postpone(&mut db, app, job, pause, "other comparisons are under way, or a newer release has to do it")
            .await?;
        return Ok(());
    }
    debug_assert!(done.iter().all(|(_, judgement)| judgement.outcome != Comparison::Pending));
    let mut tx = app.db.begin().await?;
    record(&mut tx, app, job.tenant, &base, done).await?;
    if jobs::finish(&mut tx, job).await? {
        tx.commit().await?;
    }
    Ok(())
}
