//! Room for comparing: a few at a time, so that the processor is left to others, with a place of its own for what nobody waits
//! for; and the documents that were read last. A document is kept by its sha, so nothing depends on what is here.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

use super::judge::Loaded;

/// So many comparisons run at once in a process for those who wait for them.
const AT_ONCE: usize = 2;
/// The same for jobs.
const AT_ONCE_BEHIND: usize = 1;
/// So much text the kept documents may have together; read, they take some ten times as much. The last one is kept
/// whatever its size.
const MOST_KEPT_BYTES: usize = 4 * 1024 * 1024;

/// How long what nobody waits for takes at most; with the wait and the document, well below the lease of a job.
pub(super) const LONGEST: Duration = Duration::from_secs(20);
/// How long it waits for a place before it leaves it to others.
const WAIT: Duration = Duration::from_secs(5);

/// Shared by all requests of a process; cheap to clone.
#[derive(Clone)]
pub(crate) struct Room {
    places: Arc<Semaphore>,
    places_behind: Arc<Semaphore>,
    kept: Arc<Mutex<Documents>>,
}

#[derive(Default)]
struct Documents(VecDeque<Kept>);

struct Kept {
    sha: String,
    size_bytes: usize,
    loaded: Arc<Loaded>,
}

/// How long something may take.
#[derive(Clone, Copy, Debug)]
pub(super) enum Patience {
    /// Somebody waits until then, for a place and for the end together.
    Until(Instant),
    /// Nobody waits: so long for a place, then so long for the work itself. After a moment nothing more is begun.
    Each { begin_until: Instant, wait: Duration, run: Duration },
}

/// What nobody waits for, of which nothing is begun after a moment.
pub(super) fn behind(begin_until: Instant) -> Patience {
    Patience::Each { begin_until, wait: WAIT, run: LONGEST }
}

/// Tells work that nobody waits for it any more.
#[derive(Clone, Debug, Default)]
pub(super) struct Stop(Arc<AtomicBool>);

/// Stops the work when whoever waits for it is gone, too.
struct StopOnDrop(Stop);

impl Stop {
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

/// Why nothing came of it.
#[derive(Debug)]
pub(super) enum Broken {
    /// It was begun and took too long. It was told to stop, which it does when it next looks.
    OutOfTime,
    /// Others took the time.
    NoPlace,
    /// It panicked.
    Off,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(AT_ONCE)),
            places_behind: Arc::new(Semaphore::new(AT_ONCE_BEHIND)),
            kept: Arc::default(),
        }
    }
}

impl Room {
    /// Does it on a thread of its own once there is a place. What is not done in time keeps its place until it stops, so
    /// however long comparisons take, no more than a few threads are busy with them.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        patience: Patience,
        work: impl FnOnce(&Stop) -> T + Send + 'static,
    ) -> Result<T, Broken> {
        let now = Instant::now();
        let (places, place_until) = match patience {
            Patience::Until(until) => (&self.places, until),
            Patience::Each { begin_until, wait, .. } => (&self.places_behind, begin_until.min(now + wait)),
        };
        if place_until <= now {
            return Err(Broken::NoPlace);
        }
        let waiting = timeout_at(place_until, Arc::clone(places).acquire_owned()).await;
        let Ok(Ok(place)) = waiting else { return Err(Broken::NoPlace) };
        let until = match patience {
            Patience::Until(until) => until,
            Patience::Each { run, .. } => Instant::now() + run,
        };
        let stop = Stop::default();
        let _stop_on_drop = StopOnDrop(stop.clone());
        let running = spawn_blocking(move || {
            let _place = place;
            work(&stop)
        });
        match timeout_at(until, running).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(_)) => Err(Broken::Off),
            Err(_) => Err(Broken::OutOfTime),
        }
    }

    pub(super) fn find(&self, sha: &str) -> Option<Arc<Loaded>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.0.iter().position(|one| one.sha == sha)?;
        let found = kept.0.remove(at)?;
        let loaded = Arc::clone(&found.loaded);
        kept.0.push_back(found);
        Some(loaded)
    }

    pub(super) fn keep(&self, sha: &str, size_bytes: usize, loaded: &Arc<Loaded>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.0.retain(|one| one.sha != sha);
        kept.0.push_back(Kept { sha: sha.to_owned(), size_bytes, loaded: Arc::clone(loaded) });
        while kept.0.len() > 1 && kept.0.iter().map(|one| one.size_bytes).sum::<usize>() > MOST_KEPT_BYTES {
            kept.0.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::judge::load;
    use super::*;

    fn keep(room: &Room, sha: &str, size_bytes: usize) {
        room.keep(sha, size_bytes, &Arc::new(load("openapi: 3.0.3")));
    }

    #[test]
    fn the_documents_that_were_used_last_are_kept() {
        let room = Room::default();
        for sha in ["a", "b", "c"] {
            keep(&room, sha, MOST_KEPT_BYTES / 3);
        }
        assert!(room.find("a").is_some());

        keep(&room, "d", MOST_KEPT_BYTES / 3);

        assert!(room.find("b").is_none());
        assert!(["a", "c", "d"].iter().all(|sha| room.find(sha).is_some()));
    }

    #[test]
    fn the_last_one_is_kept_whatever_its_size() {
        let room = Room::default();
        keep(&room, "a", 1);

        keep(&room, "b", MOST_KEPT_BYTES * 3);

        assert!(room.find("a").is_none());
        assert!(room.find("b").is_some());
    }

    #[tokio::test]
    async fn nothing_is_begun_when_no_time_is_left() {
        let done = Room::default().run(Patience::Until(Instant::now()), |_| ()).await;

        assert!(matches!(done, Err(Broken::NoPlace)));
    }

    #[tokio::test]
    async fn what_panics_breaks_off_and_leaves_its_place() {
        let room = Room::default();
        let patience = Patience::Until(Instant::now() + Duration::from_mins(10));
        for _ in 0..=AT_ONCE {
            let done: Result<(), Broken> = room.run(patience, |_| panic!("on purpose")).await;
            assert!(matches!(done, Err(Broken::Off)));
        }

        assert!(room.run(patience, |_| ()).await.is_ok());
    }

    fn each(run: Duration) -> Patience {
        let wait = Duration::from_mins(10);
        Patience::Each { begin_until: Instant::now() + wait, wait, run }
    }

    fn until_told_to_stop(stop: &Stop) {
        while !stop.is_set() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[tokio::test]
    async fn what_takes_too_long_is_told_to_stop_and_leaves_its_place() {
        let room = Room::default();
        let short = each(Duration::from_millis(1));

        for _ in 0..=AT_ONCE_BEHIND {
            assert!(matches!(room.run(short, until_told_to_stop).await, Err(Broken::OutOfTime)));
        }
    }

    #[tokio::test]
    async fn what_nobody_waits_for_leaves_the_places_of_those_who_wait() {
        let room = Room::default();
        let behind = each(Duration::from_mins(10));
        let jobs: Vec<_> = (0..4)
            .map(|_| {
                let room = room.clone();
                tokio::spawn(async move { room.run(behind, until_told_to_stop).await })
            })
            .collect();
        tokio::task::yield_now().await;

        let done = room.run(Patience::Until(Instant::now() + Duration::from_mins(10)), |_| ()).await;

        assert!(done.is_ok());
        jobs.iter().for_each(tokio::task::JoinHandle::abort);
    }
}
