//! Desks: at each lies one document, and the contracts that wait to be held against it. Who sits there reads the document and
//! compiles what it needs of it once for all of them, and takes first what somebody waits for most. Who asks for what is
//! waiting or under way already waits for the same.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pactolus_oas::comparison::Profile;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::judge::{Judge, Judgement, Loaded, Policy, load};
use super::room::{AT_ONCE, Rank};
use super::store;
use crate::app::App;
use crate::edge::Error;
use crate::ids::TenantId;
use crate::jobs;

/// After so long a place is offered to who waits at other desks.
const TURN: Duration = Duration::from_millis(250);

/// What is to be judged.
pub(super) struct Wanted {
    /// `None` of a contract that is not kept: nobody else can want the same.
    pub(super) same: Option<Same>,
    pub(super) contract: String,
    pub(super) policy: Policy,
    pub(super) document: Source,
}

/// Who wants the same wants a judgement over the same contract by the same settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Same {
    pub(super) tenant: TenantId,
    pub(super) contract: i64,
    pub(super) configuration: String,
}

/// Where a document is read from, unless it is kept.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) tenant: TenantId,
    pub(super) document: i64,
    pub(super) sha: String,
}

/// How far it is.
#[derive(Clone, Debug)]
pub(super) enum State {
    Waiting,
    Begun,
    Done(Result<Arc<Judgement>, Undone>),
}

/// Why there is no judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Undone {
    /// The document is, and its comparisons with it.
    Gone,
    /// It panicked.
    Off,
    /// The document could not be asked for.
    Failed(String),
}

/// Shared by all requests of a process.
#[derive(Clone, Default)]
pub(super) struct Desks(Arc<Mutex<Vec<Desk>>>);

struct Desk {
    sha: String,
    profile: Profile,
    /// In the order in which they came.
    waiting: Vec<(Rank, Arc<Task>)>,
    doing: Vec<Arc<Task>>,
    /// How many sit there, or will as soon as there is a place: for those who wait, and for jobs.
    sitting: usize,
    sitting_behind: usize,
    /// Only one reads the document.
    reading: Arc<Mutex<()>>,
}

struct Task {
    wanted: Wanted,
    /// Nobody listens any more: it need not be done.
    state: watch::Sender<State>,
}

impl Task {
    fn is_wanted(&self) -> bool {
        self.state.receiver_count() > 0
    }

    fn end(&self, with: Result<Judgement, Undone>) {
        self.state.send_replace(State::Done(with.map(Arc::new)));
    }
}

impl Desk {
    /// Of those that are as urgent the one that came first. What nobody wants any more is forgotten.
    fn next(&mut self, is_behind: bool) -> Option<Arc<Task>> {
        self.waiting.retain(|(_, task)| task.is_wanted());
        let most = self.waiting.iter().map(|(rank, _)| *rank).max()?;
        if most == Rank::Behind && !is_behind {
            return None;
        }
        let at = self.waiting.iter().position(|(rank, _)| *rank == most)?;
        let (_, task) = self.waiting.remove(at);
        task.state.send_replace(State::Begun);
        self.doing.push(Arc::clone(&task));
        Some(task)
    }

    fn is_empty(&self) -> bool {
        self.sitting == 0 && self.sitting_behind == 0
    }

    /// Joins who wants the same, else is the last who waits. Who is more urgent hurries the others on.
    fn put(&mut self, wanted: Wanted, rank: Rank) -> watch::Receiver<State> {
        if let Some(same) = &wanted.same {
            if let Some(task) = self.doing.iter().find(|task| task.wanted.same.as_ref() == Some(same)) {
                return task.state.subscribe();
            }
            if let Some((of, task)) = self.waiting.iter_mut().find(|(_, task)| task.wanted.same.as_ref() == Some(same))
            {
                *of = (*of).max(rank);
                return task.state.subscribe();
            }
        }
        let (state, told) = watch::channel(State::Waiting);
        self.waiting.push((rank, Arc::new(Task { wanted, state })));
        told
    }

    /// Whether one more is to sit down: there is more to do than there are who do it.
    fn needs(&mut self, rank: Rank) -> bool {
        if rank == Rank::Behind {
            let is_needed = self.sitting_behind == 0;
            self.sitting_behind = 1;
            return is_needed;
        }
        let is_needed = self.sitting < AT_ONCE.min(self.waiting.len() + self.doing.len());
        self.sitting += usize::from(is_needed);
        is_needed
    }
}

impl Desks {
    fn lock(&self) -> MutexGuard<'_, Vec<Desk>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, sha: &str, profile: Profile, change: impl FnOnce(&mut Desk) -> T) -> Option<T> {
        let mut desks = self.lock();
        let at = desks.iter().position(|desk| desk.sha == sha && desk.profile == profile)?;
        let changed = change(&mut desks[at]);
        if desks[at].is_empty() {
            desks.swap_remove(at);
        }
        Some(changed)
    }
}

/// Puts it on its desk. What becomes of it is told to whoever listens; when nobody does any more it is given up.
pub(super) fn put(app: &App, wanted: Wanted, rank: Rank) -> watch::Receiver<State> {
    let room = &app.comparing;
    let (sha, profile) = (wanted.document.sha.clone(), wanted.policy.profile);
    let mut desks = room.desks.lock();
    if !desks.iter().any(|desk| desk.sha == sha && desk.profile == profile) {
        desks.push(Desk {
            sha: sha.clone(),
            profile,
            waiting: Vec::new(),
            doing: Vec::new(),
            sitting: 0,
            sitting_behind: 0,
            reading: Arc::default(),
        });
    }
    let desk = desks.iter_mut().find(|desk| desk.sha == sha && desk.profile == profile).expect("it was put there");
    let told = desk.put(wanted, rank);
    let (is_needed, reading) = (desk.needs(rank), Arc::clone(&desk.reading));
    drop(desks);
    if is_needed {
        let places = if rank == Rank::Behind { &room.places_behind } else { &room.places };
        let sitting = Sitting {
            app: app.clone(),
            sha,
            profile,
            is_behind: rank == Rank::Behind,
            places: Arc::clone(places),
            reading,
            doing: None,
            has_left: false,
        };
        tokio::spawn(sitting.begin());
    }
    told
}

/// Somebody who sits at a desk, or waits for a place there.
struct Sitting {
    app: App,
    sha: String,
    profile: Profile,
    is_behind: bool,
    places: Arc<Semaphore>,
    reading: Arc<Mutex<()>>,
    doing: Option<Arc<Task>>,
    has_left: bool,
}

/// The place, and since when it is held.
struct Turn(Option<OwnedSemaphorePermit>, Instant);

impl Turn {
    /// Who waits at another desk comes first.
    fn let_others(&mut self, places: &Arc<Semaphore>) {
        if self.1.elapsed() > TURN {
            self.0 = None;
            self.0 = Handle::current().block_on(Arc::clone(places).acquire_owned()).ok();
            self.1 = Instant::now();
        }
    }
}

impl Sitting {
    async fn begin(self) {
        let Ok(place) = Arc::clone(&self.places).acquire_owned().await else { return };
        let turn = Turn(Some(place), Instant::now());
        // What breaks it off is told to whoever waits.
        let _ = spawn_blocking(move || self.work(turn)).await;
    }

    fn work(mut self, mut turn: Turn) {
        let mut next = self.next();
        while let Some(task) = next {
            let found = catch_unwind(AssertUnwindSafe(|| self.find_document(&task.wanted.document)));
            next = match found {
                Ok(Ok(Some(document))) => self.judge_all(&document, task, &mut turn),
                Ok(Ok(None)) => self.end(&task, Err(Undone::Gone)),
                Ok(Err(error)) => self.end(&task, Err(Undone::Failed(jobs::chain(&error)))),
                Err(_) => self.end(&task, Err(Undone::Off)),
            };
        }
    }

    /// Goes on until nothing waits any more, or something breaks off. Returns what is next then, which needs all to be
    /// compiled anew.
    fn judge_all(&mut self, document: &Loaded, first: Arc<Task>, turn: &mut Turn) -> Option<Arc<Task>> {
        let profile = self.profile;
        let Ok(judge) = catch_unwind(AssertUnwindSafe(|| Judge::new(document, profile))) else {
            return self.end(&first, Err(Undone::Off));
        };
        let mut task = first;
        loop {
            let Wanted { contract, policy, .. } = &task.wanted;
            let judge = || judge.judge(contract, policy, || task.is_wanted());
            match catch_unwind(AssertUnwindSafe(judge)) {
                Ok(Some(judgement)) => task.end(Ok(judgement)),
                Ok(None) => {}
                Err(_) => return self.end(&task, Err(Undone::Off)),
            }
            self.put_away(&task);
            turn.let_others(&self.places);
            task = self.next()?;
        }
    }

    fn end(&mut self, task: &Arc<Task>, with: Result<Judgement, Undone>) -> Option<Arc<Task>> {
        task.end(with);
        self.put_away(task);
        self.next()
    }

    /// What is next; who finds nothing has left.
    fn next(&mut self) -> Option<Arc<Task>> {
        let is_behind = self.is_behind;
        let next = self.app.comparing.desks.with(&self.sha, self.profile, |desk| {
            let next = desk.next(is_behind);
            if next.is_none() {
                leave(desk, is_behind);
            }
            next
        });
        self.doing = next.flatten();
        self.has_left = self.doing.is_none();
        self.doing.clone()
    }

    /// What was given up since nobody wanted it waits again if somebody came meanwhile.
    fn put_away(&mut self, task: &Arc<Task>) {
        self.doing = None;
        self.app.comparing.desks.with(&self.sha, self.profile, |desk| {
            desk.doing.retain(|one| !Arc::ptr_eq(one, task));
            if !matches!(*task.state.borrow(), State::Done(_)) && task.is_wanted() {
                desk.waiting.insert(0, (Rank::Asked, Arc::clone(task)));
            }
        });
    }

    fn find_document(&self, source: &Source) -> Result<Option<Arc<Loaded>>, Error> {
        let _reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let room = &self.app.comparing;
        if let Some(kept) = room.find(&source.sha) {
            return Ok(Some(kept));
        }
        let text = Handle::current().block_on(async {
            let mut db = self.app.db.acquire().await?;
            store::find_document_text(&mut db, source.tenant, source.document).await
        })?;
        let Some(text) = text else { return Ok(None) };
        let loaded = Arc::new(load(&text));
        room.keep(&source.sha, text.len(), &loaded);
        Ok(Some(loaded))
    }
}

fn leave(desk: &mut Desk, is_behind: bool) {
    let sitting = if is_behind { &mut desk.sitting_behind } else { &mut desk.sitting };
    *sitting = sitting.saturating_sub(1);
}

impl Drop for Sitting {
    /// Who is torn away leaves, too; what it was doing is told to be broken off by nobody having it any more.
    fn drop(&mut self) {
        if self.has_left {
            return;
        }
        let (doing, is_behind) = (self.doing.take(), self.is_behind);
        self.app.comparing.desks.with(&self.sha, self.profile, |desk| {
            desk.doing.retain(|one| !doing.as_ref().is_some_and(|doing| Arc::ptr_eq(one, doing)));
            leave(desk, is_behind);
        });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn desk() -> Desk {
        Desk {
            sha: "a".into(),
            profile: Profile::Sound,
            waiting: Vec::new(),
            doing: Vec::new(),
            sitting: 0,
            sitting_behind: 0,
            reading: Arc::default(),
        }
    }

    fn wanted(contract: Option<i64>) -> Wanted {
        let tenant = TenantId(1);
        Wanted {
            same: contract.map(|contract| Same { tenant, contract, configuration: "usual".into() }),
            contract: contract.unwrap_or_default().to_string(),
            policy: Policy { profile: Profile::Sound, severities: BTreeMap::new() },
            document: Source { tenant, document: 1, sha: "a".into() },
        }
    }

    fn order(desk: &mut Desk, is_behind: bool) -> Vec<String> {
        std::iter::from_fn(|| Some(desk.next(is_behind)?.wanted.contract.clone())).collect()
    }

    #[test]
    fn who_waits_most_comes_first_then_who_came_first() {
        let mut desk = desk();
        let ranks = [Rank::Behind, Rank::Published, Rank::Asked, Rank::Published, Rank::Asked];
        let _told: Vec<_> = (1..).zip(ranks).map(|(contract, rank)| desk.put(wanted(Some(contract)), rank)).collect();

        assert_eq!(order(&mut desk, true), ["3", "5", "2", "4", "1"]);
    }

    #[test]
    fn a_place_of_those_who_wait_is_not_taken_by_jobs() {
        let mut desk = desk();
        let _told = [desk.put(wanted(Some(1)), Rank::Behind), desk.put(wanted(Some(2)), Rank::Shown)];

        assert_eq!(order(&mut desk, false), ["2"]);
        assert_eq!(order(&mut desk, true), ["1"]);
    }

    #[test]
    fn who_wants_the_same_waits_for_the_same_and_hurries_it_on() {
        let mut desk = desk();
        let published = desk.put(wanted(Some(1)), Rank::Published);
        let _other = desk.put(wanted(Some(2)), Rank::Published);
        let asked = desk.put(wanted(Some(2)), Rank::Asked);

        assert_eq!(order(&mut desk, false), ["2", "1"]);
        let also = desk.put(wanted(Some(1)), Rank::Asked);
        assert!(desk.waiting.is_empty(), "what is under way is joined as well");
        desk.doing.iter().for_each(|task| task.end(Err(Undone::Off)));
        for told in [published, asked, also] {
            assert!(matches!(*told.borrow(), State::Done(_)));
        }
    }

    #[test]
    fn contracts_that_are_not_kept_are_never_the_same() {
        let mut desk = desk();
        let _told = [desk.put(wanted(None), Rank::Asked), desk.put(wanted(None), Rank::Asked)];

        assert_eq!(order(&mut desk, false).len(), 2);
    }

    #[test]
    fn what_nobody_waits_for_any_more_is_forgotten() {
        let mut desk = desk();
        drop(desk.put(wanted(Some(1)), Rank::Asked));

        assert_eq!(order(&mut desk, true), [""; 0]);
        assert!(desk.waiting.is_empty());
    }

    #[test]
    fn no_more_sit_down_than_have_something_to_do() {
        let mut desk = desk();
        let _one = desk.put(wanted(Some(1)), Rank::Asked);
        assert!(desk.needs(Rank::Asked));
        assert!(!desk.needs(Rank::Asked));

        // One that takes for ever holds up nobody.
        let begun = desk.next(false);
        let _other = desk.put(wanted(Some(2)), Rank::Asked);
        assert!(begun.is_some() && desk.needs(Rank::Asked));

        let _third = desk.put(wanted(Some(3)), Rank::Asked);
        assert!(!desk.needs(Rank::Asked));
        assert!(desk.needs(Rank::Behind) && !desk.needs(Rank::Behind));
    }
}
