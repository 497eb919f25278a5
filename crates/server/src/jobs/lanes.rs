//! Circuit breakers. A lane whose jobs fail again and again rests, then one job tries it out: what waits for a receiver
//! that is down costs nobody anything.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::PgConnection;

use super::store::lanes::{Ailing, FAILURES_BEFORE_REST, forget_ailing, forget_untried, list_ailing, put_ailing};
use super::{earlier, later};
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

/// What a lane's jobs say together.
#[derive(Clone, Copy, Debug, Default)]
struct Together {
    failures: i32,
    is_well: bool,
    /// Whether one of them was to try the lane out.
    was_tried_out: bool,
}

/// Keeps how lanes are doing, after some of their jobs, in a transaction of its own: it is advice, and not a part of
/// what the jobs did.
pub(crate) async fn keep_health(app: &App, tenant: TenantId, went: &[Went]) -> sqlx::Result<()> {
    // The usual: nothing to write, so nothing is asked.
    if went.iter().all(|one| one.health == Health::Well && one.failures_before == 0) {
        return Ok(());
    }
    let mut lanes: BTreeMap<&str, Together> = BTreeMap::new();
    for one in went {
        let together = lanes.entry(&one.lane).or_default();
        together.failures += i32::from(one.health == Health::Ailing);
        together.is_well |= one.health == Health::Well;
        together.was_tried_out |= one.failures_before >= FAILURES_BEFORE_REST;
    }
    let names = |is_well| {
        lanes.iter().filter(move |(_, one)| one.is_well == is_well).map(|(lane, _)| (*lane).to_owned()).collect()
    };
    let (well, failing): (Vec<String>, Vec<String>) = (names(true), names(false));

    let mut tx = app.db.begin().await?;
    let touched: Vec<String> = lanes.keys().map(|lane| (*lane).to_owned()).collect();
    let known = list_ailing(&mut tx, tenant, &touched).await?;
    if known.iter().any(|one| well.contains(&one.lane)) {
        forget_ailing(&mut tx, tenant, &well).await?;
    }
    let before = |lane: &str| known.iter().find(|one| one.lane == lane).map_or(0, |one| one.failures);
    let ailing = failing.into_iter().filter_map(|lane| {
        let failures = failures_after(before(&lane), lanes[lane.as_str()])?;
        Some(Ailing { lane, failures })
    });
    let ailing: Vec<Ailing> = ailing.collect();
    if !ailing.is_empty() {
        let now = app.now();
        let paused_until: Vec<_> = ailing.iter().map(|one| later(now, rest_after(one.failures))).collect();
        put_ailing(&mut tx, tenant, &ailing, &paused_until).await?;
    }
    tx.commit().await
}

/// Forgets how lanes did that have not been tried for a day.
pub(crate) async fn forget_old_health(db: &mut PgConnection, app: &App, tenant: TenantId) -> sqlx::Result<()> {
    forget_untried(db, tenant, earlier(app.now(), Duration::from_hours(24))).await
}

/// However many failed together, they are the reason for one rest; then each that tries the lane out counts, and what was
/// under way before does not. `None` when nothing changes.
fn failures_after(before: i32, together: Together) -> Option<i32> {
    match before {
        _ if before < FAILURES_BEFORE_REST => Some(before.saturating_add(together.failures).min(FAILURES_BEFORE_REST)),
        _ if together.was_tried_out => Some(before.saturating_add(1)),
        _ => None,
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
        let check = |before, failures, was_tried_out, expected| {
            let together = Together { failures, is_well: false, was_tried_out };
            assert_eq!(failures_after(before, together), expected, "{before} + {failures}");
        };

        check(0, 1, false, Some(1));
        check(3, 8, false, Some(10));
        check(10, 1, true, Some(11));
        check(10, 8, true, Some(11));
        check(10, 8, false, None);
    }

    #[test]
    fn a_lane_rests_longer_and_longer_up_to_five_minutes() {
        let rests: Vec<u64> = [0, 9, 10, 11, 14, 15, i32::MAX].map(|failures| rest_after(failures).as_secs()).to_vec();

        assert_eq!(rests, [0, 0, 10, 20, 160, 300, 300]);
    }
}
