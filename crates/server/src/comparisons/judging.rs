//! Judging pairs of one document, on threads of their own, as long as there is time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use super::judge::{Judge, Judgement, Loaded, load};
use super::room::{Broken, LONGEST, Patience};
use super::settings::policy;
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
    let looked = app.comparing.run(Patience::Until(Instant::now() + LONGEST), |_| work()).await;
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
    /// For which there was no time.
    pub(super) left: Vec<&'u Uncompared>,
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
    let document = match find_document(app, tenant, first, patience).await? {
        Ok(Some(document)) => document,
        // It is gone, and its comparisons with it.
        Ok(None) => return Ok(judged),
        Err(broken) => {
            match (broken, patience) {
                (Broken::Off, _) => judged.done.extend(some.iter().map(|one| (one, broken_off()))),
                (Broken::OutOfTime, Patience::Each { .. }) => {
                    judged.done.extend(some.iter().map(|one| (one, too_slow())));
                }
                (Broken::OutOfTime | Broken::NoPlace, _) => judged.left.extend(some),
            }
            return Ok(judged);
        }
    };
    let (pairs, texts) = find_texts(app, tenant, some).await?;
    judge_texts(app, (&document, first), (pairs, texts), patience, &mut judged).await;
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
    let document = match find_document(app, tenant, offered, patience).await? {
        Ok(Some(document)) => document,
        Ok(None) | Err(Broken::NoPlace | Broken::OutOfTime) => return Ok(None),
        Err(Broken::Off) => return Ok(Some(broken_off())),
    };
    let mut judged = Judged::default();
    judge_texts(app, (&document, offered), (vec![offered], vec![contract.to_owned()]), patience, &mut judged).await;
    Ok(judged.done.into_iter().next().map(|(_, judgement)| judgement))
}

/// Those whose contracts are still there.
async fn find_texts<'u>(
    app: &App,
    tenant: TenantId,
    some: &'u [Uncompared],
) -> Result<(Vec<&'u Uncompared>, Vec<String>), Error> {
    let contents: Vec<i64> = some.iter().map(|one| one.contract).collect();
    let mut db = app.db.acquire().await?;
    let mut texts: HashMap<i64, String> =
        store::list_contract_texts(&mut db, tenant, &contents).await?.into_iter().collect();
    drop(db);
    Ok(some.iter().filter_map(|one| Some((one, texts.remove(&one.contract)?))).unzip())
}

/// One after the other, so that what is compiled of the document serves them all. A contract that breaks the work off, or that
/// alone takes too long, holds up no other.
async fn judge_texts<'u>(
    app: &App,
    (document, by): (&Arc<Loaded>, &Uncompared),
    (pairs, texts): (Vec<&'u Uncompared>, Vec<String>),
    patience: Patience,
    judged: &mut Judged<'u>,
) {
    let texts = Arc::new(texts);
    let mut next = 0;
    while next < pairs.len() {
        let found: Arc<Mutex<Vec<Judgement>>> = Arc::default();
        let (texts, finds, document) = (Arc::clone(&texts), Arc::clone(&found), Arc::clone(document));
        let policy = policy(by.profile.as_deref(), by.severities.as_ref());
        let ended = app.comparing.run(patience, move |stop| {
            let judge = Judge::new(&document, &policy);
            for text in &texts[next..] {
                let Some(judgement) = judge.judge(text, || !stop.is_set()) else { return };
                finds.lock().unwrap_or_else(PoisonError::into_inner).push(judgement);
            }
        });
        let ended = ended.await;
        let found = std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner));
        let is_first = found.is_empty();
        let before = judged.done.len();
        judged.done.extend(pairs[next..].iter().copied().zip(found));
        next += judged.done.len() - before;
        let Some(culprit) = pairs.get(next).copied() else { return };
        match (ended, patience) {
            (Err(Broken::Off), _) => {
                judged.done.push((culprit, broken_off()));
                next += 1;
            }
            (Err(Broken::OutOfTime), Patience::Each { .. }) if is_first => {
                judged.done.push((culprit, too_slow()));
                next += 1;
            }
            (Err(Broken::OutOfTime), Patience::Each { .. }) => {}
            (Ok(()) | Err(Broken::OutOfTime | Broken::NoPlace), _) => {
                judged.left.extend(&pairs[next..]);
                return;
            }
        }
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

/// `None` when it is gone.
async fn find_document(
    app: &App,
    tenant: TenantId,
    wanted: &Uncompared,
    patience: Patience,
) -> Result<Result<Option<Arc<Loaded>>, Broken>, Error> {
    if let Some(kept) = app.comparing.find(&wanted.document_sha) {
        return Ok(Ok(Some(kept)));
    }
    let mut db = app.db.acquire().await?;
    let Some(text) = store::find_document_text(&mut db, tenant, wanted.document).await? else { return Ok(Ok(None)) };
    drop(db);
    let size_bytes = text.len();
    let loaded = match app.comparing.run(patience, move |_| load(&text)).await {
        Ok(loaded) => Arc::new(loaded),
        Err(broken) => return Ok(Err(broken)),
    };
    app.comparing.keep(&wanted.document_sha, size_bytes, &loaded);
    Ok(Ok(Some(loaded)))
}
