//! Room for comparing: a few at a time, so that the processor is left to others, with a place of its own for what nobody waits
//! for; and the documents that were read last. A document is kept by its sha, so nothing depends on what is here.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::desk::Desks;
use super::judge::Loaded;

/// So many comparisons run at once in a process for those who wait for them.
pub(super) const AT_ONCE: usize = 2;
/// The same for jobs.
const AT_ONCE_BEHIND: usize = 1;
/// So much text the kept documents may have together; read, they take some ten times as much. The last one is kept
/// whatever its size.
const MOST_KEPT_BYTES: usize = 4 * 1024 * 1024;

/// How long what nobody waits for takes at most; with the wait and the document, well below the lease of a job.
pub(super) const LONGEST: Duration = Duration::from_secs(20);

/// Shared by all requests of a process; cheap to clone.
#[derive(Clone)]
pub(crate) struct Room {
    pub(super) places: Arc<Semaphore>,
    pub(super) places_behind: Arc<Semaphore>,
    pub(super) desks: Desks,
    kept: Arc<Mutex<Documents>>,
    /// Told when nothing more is to be done for jobs.
    stop: CancellationToken,
}

#[derive(Default)]
struct Documents(VecDeque<Kept>);

struct Kept {
    sha: String,
    size_bytes: usize,
    loaded: Arc<Loaded>,
}

/// Who waits more comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// Nobody waits: a job.
    Behind,
    /// Who looks at a page, which is shown soon in any case.
    Shown,
    /// Who published, and has done so whatever comes of it.
    Published,
    /// Who asks for a verdict.
    Asked,
}

/// How long something may take.
#[derive(Clone, Copy, Debug)]
pub(super) enum Patience {
    /// Somebody waits until then.
    Until { until: Instant, rank: Rank },
    /// Nobody waits: after a moment nothing more is begun, and each takes so long at most.
    Each { begin_until: Instant, run: Duration },
}

impl Patience {
    pub(super) fn rank(self) -> Rank {
        match self {
            Self::Until { rank, .. } => rank,
            Self::Each { .. } => Rank::Behind,
        }
    }

    /// Whether nothing more is to be begun.
    pub(super) fn is_over(self) -> bool {
        let (Self::Until { until, .. } | Self::Each { begin_until: until, .. }) = self;
        until <= Instant::now()
    }
}

/// What nobody waits for, of which nothing is begun after a moment.
pub(super) fn behind(begin_until: Instant) -> Patience {
    Patience::Each { begin_until, run: LONGEST }
}

/// Why nothing came of it.
#[derive(Debug)]
pub(super) enum Broken {
    /// It was begun and took too long.
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
            desks: Desks::default(),
            kept: Arc::default(),
            stop: CancellationToken::new(),
        }
    }
}

impl Room {
    /// The same room, in which jobs leave what they are at once they are told to stop.
    pub(crate) fn until(&self, stop: &CancellationToken) -> Self {
        Self { stop: stop.clone(), ..self.clone() }
    }

    pub(super) fn stopped(&self) -> WaitForCancellationFutureOwned {
        self.stop.clone().cancelled_owned()
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Does it on a thread of its own once there is a place. What is not done in time keeps its place until it ends, so
    /// however long it takes, no more than a few threads are busy.
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

    #[test]
    fn who_asks_comes_before_who_published_and_jobs_come_last() {
        let mut ranks = [Rank::Published, Rank::Behind, Rank::Asked, Rank::Shown];

        ranks.sort();

        assert_eq!(ranks, [Rank::Behind, Rank::Shown, Rank::Published, Rank::Asked]);
    }
}
