//! What was told of lately, so that a question that is asked all the time is not written down each time it is refused.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::ids::TenantId;

/// So many refusals are kept in mind before the older half is forgotten.
const MOST: usize = 20_000;
/// Events are deleted when they are old, and then the same refusal is news again: nothing is kept in mind for longer than
/// twice this time.
const FOR: TimeDelta = TimeDelta::minutes(30);

/// Keys of events that are known to be written. Forgetting one costs a statement that writes nothing.
#[derive(Debug, Default)]
pub(crate) struct Told {
    generations: Mutex<Generations>,
}

type Key = (i64, Vec<u8>);

#[derive(Debug, Default)]
struct Generations {
    since: DateTime<Utc>,
    young: HashSet<Key>,
    old: HashSet<Key>,
}

impl Told {
    pub(super) fn contains(&self, tenant: TenantId, key: &[u8], now: DateTime<Utc>) -> bool {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        generations.age(now);
        let key = (tenant.0, key.to_vec());
        generations.young.contains(&key) || generations.old.contains(&key)
    }

    pub(super) fn remember(&self, tenant: TenantId, key: Vec<u8>, now: DateTime<Utc>) {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        generations.age(now);
        generations.young.insert((tenant.0, key));
    }
}

impl Generations {
    fn age(&mut self, now: DateTime<Utc>) {
        if now.signed_duration_since(self.since) >= FOR * 2 {
            self.old.clear();
            self.young.clear();
            self.since = now;
        } else if now.signed_duration_since(self.since) >= FOR || self.young.len() >= MOST / 2 {
            self.old = std::mem::take(&mut self.young);
            self.since = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: TenantId = TenantId(1);

    #[test]
    fn a_key_is_known_to_its_tenant_only_until_it_is_old() {
        let (told, start) = (Told::default(), DateTime::UNIX_EPOCH + TimeDelta::days(1));
        told.remember(TENANT, vec![1], start);
        assert!(told.contains(TENANT, &[1], start));
        assert!(!told.contains(TenantId(2), &[1], start));
        assert!(!told.contains(TENANT, &[2], start));
        assert!(told.contains(TENANT, &[1], start + FOR));
        assert!(!told.contains(TENANT, &[1], start + FOR * 2));
    }

    #[test]
    fn no_more_are_kept_than_there_is_room_for() {
        let (told, now) = (Told::default(), DateTime::UNIX_EPOCH + TimeDelta::days(1));
        for number in 0..2 * MOST {
            told.remember(TENANT, number.to_be_bytes().to_vec(), now);
        }
        let generations = told.generations.lock().unwrap();
        assert!(generations.young.len() + generations.old.len() <= MOST);
    }
}
