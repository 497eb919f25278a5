//! Room for comparing: a few at a time, so that the processor is left to others, and the documents that were read last. A
//! document is kept by its sha, so nothing depends on what is here.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

use super::judge::Loaded;

/// So many comparisons run at once in a process.
const AT_ONCE: usize = 2;
/// So much text the kept documents may have together; read, they take some ten times as much. The last one is kept
/// whatever its size.
const MOST_KEPT_BYTES: usize = 4 * 1024 * 1024;

/// Shared by all requests of a process; cheap to clone.
#[derive(Clone)]
pub(crate) struct Room {
    places: Arc<Semaphore>,
    kept: Arc<Mutex<Documents>>,
}

#[derive(Default)]
struct Documents(VecDeque<Kept>);

struct Kept {
    sha: String,
    size_bytes: usize,
    loaded: Arc<Loaded>,
}

/// Why nothing came of it.
#[derive(Debug)]
pub(super) enum Broken {
    /// It was begun and took too long; it is still running.
    OutOfTime,
    /// Others took the time.
    NoPlace,
    /// It panicked.
    Off,
}

impl Default for Room {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)), kept: Arc::default() }
    }
}

impl Room {
    /// Does it on a thread of its own once there is a place. What is not done in time keeps its place until it is, so
    /// however long comparisons take, no more than a few threads are busy with them.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        until: Instant,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Broken> {
        if until <= Instant::now() {
            return Err(Broken::NoPlace);
        }
        let waiting = timeout_at(until, Arc::clone(&self.places).acquire_owned()).await;
        let Ok(Ok(place)) = waiting else { return Err(Broken::NoPlace) };
        let running = spawn_blocking(move || {
            let _place = place;
            work()
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
        let done = Room::default().run(Instant::now(), || ()).await;

        assert!(matches!(done, Err(Broken::NoPlace)));
    }

    #[tokio::test]
    async fn what_panics_breaks_off_and_leaves_its_place() {
        let room = Room::default();
        let until = Instant::now() + Duration::from_mins(10);
        for _ in 0..=AT_ONCE {
            let done: Result<(), Broken> = room.run(until, || panic!("on purpose")).await;
            assert!(matches!(done, Err(Broken::Off)));
        }

        assert!(room.run(until, || ()).await.is_ok());
    }
}
