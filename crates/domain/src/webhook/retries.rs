//! How often, and for how long, a webhook that fails is tried again.

use std::time::Duration;

/// The first pause; each further one is twice as long …
const FIRST_PAUSE: Duration = Duration::from_secs(10);
/// … up to this.
const LONGEST_PAUSE: Duration = Duration::from_hours(3);
/// A receiver may ask for more patience than we have planned, up to this.
const LONGEST_WISH: Duration = Duration::from_hours(1);

/// When a failed delivery is tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retries {
    /// After growing pauses, for so long in all.
    For(Duration),
    /// After these pauses.
    After(Vec<Duration>),
}

/// An attempt that failed.
#[derive(Debug, Clone, Copy)]
pub struct Failed {
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// Since the delivery was due for the first time.
    pub elapsed: Duration,
    /// Between 0 and 255: spreads those that failed together.
    pub jitter: u8,
    /// What the receiver's `Retry-After` says (RFC 9110, 10.2.3).
    pub wish: Option<Duration>,
}

impl Retries {
    /// The pause until the next attempt; `None` when there is none.
    #[must_use]
    pub fn pause_after(&self, failed: Failed) -> Option<Duration> {
        let wish = failed.wish.unwrap_or_default().min(LONGEST_WISH);
        match self {
            Self::For(whole) => {
                let left = whole.checked_sub(failed.elapsed).filter(|left| !left.is_zero())?;
                let pause = growing(failed.attempt);
                // Up to a quarter longer.
                let pause = pause + pause * u32::from(failed.jitter) / (4 * 255);
                // The last attempt is at the very end.
                Some(pause.max(wish).min(left))
            }
            Self::After(pauses) => {
                let index = usize::try_from(failed.attempt.saturating_sub(1)).ok()?;
                pauses.get(index).map(|pause| (*pause).max(wish))
            }
        }
    }

    /// How many attempts are made of a delivery that always fails, if each takes no time and nothing spreads them.
    #[must_use]
    pub fn most_attempts(&self) -> u32 {
        match self {
            Self::After(pauses) => u32::try_from(pauses.len()).unwrap_or(u32::MAX).saturating_add(1),
            Self::For(whole) => {
                let mut elapsed = Duration::ZERO;
                let mut attempt = 1;
                while elapsed < *whole {
                    elapsed += growing(attempt);
                    attempt += 1;
                }
                attempt
            }
        }
    }
}

fn growing(attempt: u32) -> Duration {
    let doubled = attempt.saturating_sub(1).min(16);
    (FIRST_PAUSE * 2_u32.pow(doubled)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn check(retries: &Retries, failed: Failed, expected_secs: Option<u64>) {
        assert_eq!(retries.pause_after(failed).map(|pause| pause.as_secs()), expected_secs, "{failed:?}");
    }

    fn failed(attempt: u32) -> Failed {
        Failed { attempt, elapsed: Duration::ZERO, jitter: 0, wish: None }
    }

    #[test]
    fn pauses_double_up_to_three_hours() {
        for (attempt, secs) in [(1, 10), (2, 20), (3, 40), (11, 10_240), (12, 10_800), (u32::MAX, 10_800)] {
            check(&Retries::For(DAY), failed(attempt), Some(secs));
        }
    }

    #[test]
    fn what_failed_together_is_spread_over_a_quarter_of_the_pause() {
        check(&Retries::For(DAY), Failed { jitter: 255, ..failed(3) }, Some(50));
        check(&Retries::For(DAY), Failed { jitter: 128, ..failed(3) }, Some(45));
    }

    #[test]
    fn the_last_attempt_is_when_the_time_is_up() {
        let almost = Duration::from_secs(24 * 3600 - 3);

        check(&Retries::For(DAY), Failed { elapsed: almost, ..failed(30) }, Some(3));
        check(&Retries::For(DAY), Failed { elapsed: DAY, ..failed(31) }, None);
    }

    #[test]
    fn a_schedule_is_kept_and_ends() {
        let retries = Retries::After([1, 5].map(Duration::from_secs).to_vec());

        check(&retries, failed(1), Some(1));
        check(&retries, failed(2), Some(5));
        check(&retries, failed(3), None);
        check(&Retries::After(vec![]), failed(1), None);
    }

    #[test]
    fn a_receiver_may_ask_for_an_hour() {
        let wish = |secs| Failed { wish: Some(Duration::from_secs(secs)), ..failed(1) };

        check(&Retries::For(DAY), wish(120), Some(120));
        check(&Retries::For(DAY), wish(1), Some(10));
        check(&Retries::For(DAY), wish(1_000_000), Some(3600));
        check(&Retries::After(vec![Duration::from_secs(10)]), wish(60), Some(60));
    }

    #[test]
    fn attempts_are_counted() {
        assert_eq!(Retries::After(vec![Duration::ZERO; 6]).most_attempts(), 7);
        assert_eq!(Retries::For(Duration::from_secs(30)).most_attempts(), 3);
        assert_eq!(Retries::For(3 * DAY).most_attempts(), 35);
    }
}
