//! Judging pairs of one document, at its desk, as long as there is time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch::Receiver;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout, timeout_at};

use super::desk::{self, Same, Source, State, Undone, Wanted};
use super::judge::{Judgement, Policy};
use super::room::{Broken, LONGEST, Patience};
use super::settings::policy;
use super::settle::configuration;
use super::store::{self, Uncompared};
use crate::app::App;
use crate::edge::Error;
use crate::ids::TenantId;

/// Documents of this language can't be compared.
const GRAPHQL: &str = "graphql";

/// Does for a request what keeps the processor busy, in one of the few places that there are.
///
/// # Errors
///
/// `Unavailable` when others have the places, or it takes too long.
pub(crate) async fn look<T: Send + 'static>(app: &App, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let looked = app.comparing.run(Instant::now() + LONGEST, work).await;
    looked.map_err(|broken| match broken {
        Broken::Off => Error::internal("looking into documents broke off"),
        Broken::NoPlace => Error::Unavailable("others are looking into documents".into()),
        Broken::OutOfTime => Error::Unavailable("looking into documents took too long".into()),
    })
}

/// What came of some pairs.
#[derive(Default)]
pub(super) struct Judged<'u> {
    pub(super) done: Vec<(&'u Uncompared, Judgement)>,
    /// For which there was no time, or whose settings this release does not know.
    pub(super) left: Vec<&'u Uncompared>,
}

/// What came of one.
enum Came {
    Judged(Judgement),
    /// There was no time.
    Left,
    /// One of the two is, and the comparison with it.
    Gone,
}

/// Pairs of one document. What takes too long although nobody waits is undecided.
pub(super) async fn judge_some<'u>(
    app: &App,
    tenant: TenantId,
    some: &'u [Uncompared],
    patience: Patience,
) -> Result<Judged<'u>, Error> {
    let mut judged = Judged::default();
    let Some(first) = some.first() else { return Ok(judged) };
    if first.specification == GRAPHQL {
        judged.done.extend(some.iter().map(|one| (one, not_comparable())));
        return Ok(judged);
    }
    let Some(policy) = policy(first) else {
        judged.left.extend(some);
        return Ok(judged);
    };
    let mut put = Vec::new();
    for (one, text) in find_texts(app, tenant, some).await? {
        let shared = Same { tenant, contract: one.contract, configuration: configuration(one).to_owned() };
        put.push((one, desk::put(app, wanted(tenant, one, policy.clone(), Some(shared), text), patience.rank())));
    }
    for (one, told) in put {
        match wait(app, told, patience).await? {
            Came::Judged(judgement) => judged.done.push((one, judgement)),
            Came::Left => judged.left.push(one),
            Came::Gone => {}
        }
    }
    Ok(judged)
}

/// What comes of one contract, which is not kept; `None` where there was no time.
pub(super) async fn judge_one(
    app: &App,
    tenant: TenantId,
    offered: &Uncompared,
    contract: &str,
    patience: Patience,
) -> Result<Option<Judgement>, Error> {
    if offered.specification == GRAPHQL {
        return Ok(Some(not_comparable()));
    }
    let Some(policy) = policy(offered) else { return Ok(None) };
    let told = desk::put(app, wanted(tenant, offered, policy, None, contract.to_owned()), patience.rank());
    Ok(match wait(app, told, patience).await? {
        Came::Judged(judgement) => Some(judgement),
        Came::Left | Came::Gone => None,
    })
}

fn wanted(tenant: TenantId, of: &Uncompared, policy: Policy, same: Option<Same>, contract: String) -> Wanted {
    let document = Source { tenant, document: of.document, sha: of.document_sha.clone() };
    Wanted { same, contract, policy, document }
}

/// Those whose contracts are still there, with the contracts.
async fn find_texts<'u>(
    app: &App,
    tenant: TenantId,
    some: &'u [Uncompared],
) -> Result<Vec<(&'u Uncompared, String)>, Error> {
    let contents: Vec<i64> = some.iter().map(|one| one.contract).collect();
    let mut db = app.db.acquire().await?;
    let mut texts: HashMap<i64, String> =
        store::list_contract_texts(&mut db, tenant, &contents).await?.into_iter().collect();
    drop(db);
    Ok(some.iter().filter_map(|one| Some((one, texts.remove(&one.contract)?))).collect())
}

async fn wait(app: &App, mut told: Receiver<State>, patience: Patience) -> Result<Came, Error> {
    let done = match patience {
        Patience::Until { until, .. } => timeout_at(until, done(&mut told)).await,
        Patience::Each { begin_until, run } => {
            // What nobody waits for is left to others when this process is told to stop.
            let stopped = app.comparing.stopped();
            tokio::select! {
                () = stopped => return Ok(Came::Left),
                done = done_behind(&mut told, begin_until, run) => match done {
                    Some(done) => done,
                    None => return Ok(Came::Left),
                }
            }
        }
    };
    match (done, patience) {
        (Ok(Ok(judgement)), _) => Ok(Came::Judged(judgement.as_ref().clone())),
        (Ok(Err(Undone::Gone)), _) => Ok(Came::Gone),
        (Ok(Err(Undone::Off)), _) => Ok(Came::Judged(broken_off())),
        (Ok(Err(Undone::Failed(why))), _) => Err(Error::internal(why)),
        (Err(_), Patience::Until { .. }) => Ok(Came::Left),
        (Err(_), Patience::Each { .. }) => Ok(Came::Judged(too_slow())),
    }
}

type Done = Result<Arc<Judgement>, Undone>;

/// `None` when it was not begun by then, or is looked at only later: one after the other they would outlast a lease.
async fn done_behind(told: &mut Receiver<State>, begin_until: Instant, run: Duration) -> Option<Result<Done, Elapsed>> {
    if begin_until <= Instant::now() && !matches!(*told.borrow(), State::Done(_)) {
        return None;
    }
    let begun = told.wait_for(|state| !matches!(state, State::Waiting));
    if timeout_at(begin_until, begun).await.is_err() {
        return None;
    }
    Some(timeout(run, done(told)).await)
}

/// Who does it may be torn away without a word.
async fn done(told: &mut Receiver<State>) -> Done {
    match told.wait_for(|state| matches!(state, State::Done(_))).await.as_deref() {
        Ok(State::Done(done)) => done.clone(),
        Ok(State::Waiting | State::Begun) | Err(_) => Err(Undone::Off),
    }
}

fn not_comparable() -> Judgement {
    Judgement::undecided("document.not-comparable", "a GraphQL schema cannot be compared with a contract", "provider")
}

fn broken_off() -> Judgement {
    Judgement::undecided("comparison.broken-off", "the comparison broke off: this is our mistake", "either")
}

fn too_slow() -> Judgement {
    let why = format!("the comparison took more than {} seconds", LONGEST.as_secs());
    Judgement::undecided("comparison.too-slow", &why, "either")
}

#[cfg(test)]
mod tests {
    use tokio::sync::watch;

    use super::*;

    const LONG: Duration = Duration::from_mins(10);
    const SHORT: Duration = Duration::from_millis(1);

    #[tokio::test]
    async fn what_nobody_waits_for_is_left_when_it_is_not_begun_in_time() {
        let (_desk, mut told) = watch::channel(State::Waiting);

        assert!(done_behind(&mut told, Instant::now() + SHORT, LONG).await.is_none());
    }

    #[tokio::test]
    async fn what_was_begun_and_takes_too_long_is_given_up() {
        let (_desk, mut told) = watch::channel(State::Begun);

        assert!(matches!(done_behind(&mut told, Instant::now() + LONG, SHORT).await, Some(Err(_))));
    }

    #[tokio::test]
    async fn what_is_done_already_counts_however_late_it_is_looked_at() {
        let (_desk, mut told) = watch::channel(State::Done(Ok(Arc::new(not_comparable()))));

        assert!(matches!(done_behind(&mut told, Instant::now(), SHORT).await, Some(Ok(Ok(_)))));
    }

    #[tokio::test]
    async fn who_is_torn_away_has_broken_off() {
        let (desk, mut told) = watch::channel(State::Begun);
        drop(desk);

        assert_eq!(done(&mut told).await.err(), Some(Undone::Off));
    }
}
