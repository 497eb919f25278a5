//! Circuit breakers. A lane whose jobs fail again and again rests, then one job tries it out: what waits for a receiver
//! that is down costs nobody anything.

use std::collections::BTreeMap;
use std::time::Duration;

use super::later;
use super::store::lanes::{Ailing, FAILURES_BEFORE_REST, forget_ailing, list_ailing, put_ailing};
use crate::app::App;
use crate::ids::TenantId;

/// The first rest; each further one is twice as long …
const FIRST_REST: Duration = Duration::from_secs(10);
/// … up to this.
const LONGEST_REST: Duration = Duration::from_mins(5);

/// How a lane's jobs went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// Its receiver is there, whatever it said.
    Well,
    /// Its receiver did not answer, or said that it could not.
    Ailing,
}

/// How one job went.
pub(crate) struct Went {
    pub(crate) lane: String,
    /// How often the lane had failed in a row when the job was leased.
    pub(crate) failures_before: i32,
    pub(crate) health: Health,
}

/// Keeps how lanes are doing, after some of their jobs, in a transaction of its own: it is advice, and not a part of
/// what the jobs did.
pub(crate) async fn keep_health(app: &App, tenant: TenantId, went: &[Went]) -> sqlx::Result<()> {
    let mut lanes: BTreeMap<&str, (i32, bool)> = BTreeMap::new();
    for one in went {
        let (failures, is_well) = lanes.entry(&one.lane).or_default();
        *failures += i32::from(one.health == Health::Ailing);
        *is_well |= one.health == Health::Well;
    }
    let was_ailing = |lane: &str| went.iter().any(|one| one.lane == lane && one.failures_before > 0);
    let recovered: Vec<String> =
        lanes.iter().filter(|(lane, (_, well))| *well && was_ailing(lane)).map(|(lane, _)| (*lane).into()).collect();
    let failing: Vec<String> =
        lanes.iter().filter(|(_, (_, well))| !well).map(|(lane, _)| (*lane).to_owned()).collect();
    if recovered.is_empty() && failing.is_empty() {
        return Ok(());
    }

    let mut tx = app.db.begin().await?;
    let touched: Vec<String> = recovered.iter().chain(&failing).cloned().collect();
    let known = list_ailing(&mut tx, tenant, &touched).await?;
    if !recovered.is_empty() {
        forget_ailing(&mut tx, tenant, &recovered).await?;
    }
    if !failing.is_empty() {
        let before = |lane: &str| known.iter().find(|one| one.lane == lane).map_or(0, |one| one.failures);
        let now = app.now();
        let ailing: Vec<Ailing> = failing
            .into_iter()
            .map(|lane| Ailing { failures: failures_after(before(&lane), lanes[lane.as_str()].0), lane })
            .collect();
        let paused_until: Vec<_> = ailing.iter().map(|one| later(now, rest_after(one.failures))).collect();
        put_ailing(&mut tx, tenant, &ailing, &paused_until).await?;
    }
    tx.commit().await
}

/// However many failed together, they are the reason for one rest; then each that tries it out counts.
fn failures_after(before: i32, more: i32) -> i32 {
    if before < FAILURES_BEFORE_REST {
        before.saturating_add(more).min(FAILURES_BEFORE_REST)
    } else {
        before.saturating_add(1)
    }
}

/// The pause after so many failures in a row.
fn rest_after(failures: i32) -> Duration {
    match u32::try_from(failures - FAILURES_BEFORE_REST) {
        Ok(beyond) => (FIRST_REST * 2_u32.pow(beyond.min(10))).min(LONGEST_REST),
        Err(_) => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_together_is_the_reason_for_one_rest() {
        let check = |before, more, expected| assert_eq!(failures_after(before, more), expected, "{before} + {more}");

        check(0, 1, 1);
        check(3, 8, 10);
        check(10, 1, 11);
        check(10, 8, 11);
    }

    #[test]
    fn a_lane_rests_longer_and_longer_up_to_five_minutes() {
        let rests: Vec<u64> = [0, 9, 10, 11, 14, 15, i32::MAX].map(|failures| rest_after(failures).as_secs()).to_vec();

        assert_eq!(rests, [0, 0, 10, 20, 160, 300, 300]);
    }
}
