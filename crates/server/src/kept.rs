//! What took long to read is kept for a moment. Nothing depends on it but how fast a page is.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// Reading that took less is done anew each time.
const QUICK: TimeDelta = TimeDelta::milliseconds(40);
/// What took long is kept for so many times as long, so that it takes a small part of the server's time.
const KEPT_TIMES: i32 = 50;
const KEPT_AT_MOST: TimeDelta = TimeDelta::seconds(15);

/// What was read, by what it was read of; cheap to clone.
#[derive(Debug)]
pub(crate) struct Kept<K, V>(Arc<Mutex<HashMap<K, Moment<V>>>>);

#[derive(Debug)]
struct Moment<V> {
    value: Arc<V>,
    read_at: DateTime<Utc>,
    took: TimeDelta,
}

impl<V> Moment<V> {
    fn is_recent(&self, now: DateTime<Utc>) -> bool {
        now - self.read_at < (self.took * KEPT_TIMES).min(KEPT_AT_MOST)
    }
}

impl<K, V> Clone for Kept<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Eq + Hash, V> Kept<K, V> {
    pub(crate) fn find(&self, key: &K, now: DateTime<Utc>) -> Option<Arc<V>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(key).filter(|moment| moment.is_recent(now)).map(|moment| Arc::clone(&moment.value))
    }

    /// Keeps what was begun to be read at that moment, if reading it took long, and nothing that is old.
    pub(crate) fn put(&self, key: K, value: V, read_at: DateTime<Utc>, now: DateTime<Utc>) -> Arc<V> {
        let (value, took) = (Arc::new(value), now - read_at);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(&key);
        kept.retain(|_, moment| moment.is_recent(now));
        if took >= QUICK {
            kept.insert(key, Moment { value: Arc::clone(&value), read_at, took });
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_took_long_is_kept_for_a_moment() {
        let begun = DateTime::from_timestamp(1_795_356_360, 0).unwrap();
        let after = |millis| begun + TimeDelta::milliseconds(millis);
        let kept = Kept::default();

        kept.put("quick", 1, begun, after(10));
        assert!(kept.find(&"quick", after(10)).is_none());

        kept.put("slow", 2, begun, after(100));
        assert_eq!(kept.find(&"slow", after(4_999)).as_deref(), Some(&2));
        assert!(kept.find(&"slow", after(5_000)).is_none());

        kept.put("very slow", 3, begun, after(60_000));
        assert!(kept.find(&"very slow", after(60_000)).is_none());

        kept.put("slow", 4, begun, after(1));
        assert!(kept.find(&"slow", after(1)).is_none());
    }
}
