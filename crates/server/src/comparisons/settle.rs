//! Comparing what has not been compared: for what is published, for who asks, and afterwards for what took too long.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use pactolus_domain::comparison_notices::Compared;
use pactolus_domain::gate::Comparison;
use pactolus_oas::comparison::ENGINE;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use tokio::time::Instant;
use uuid::Uuid;

use super::judge::{Judgement, Loaded, judge, load};
use super::room::Broken;
use super::settings::{USUAL, policy};
use super::store::matters::{list_pairs_of_contracts, list_pairs_of_document, list_pairs_of_versions};
use super::store::told::{OfPair, list_outcomes};
use super::store::{self, NewComparison, Pair, Uncompared};
use super::telling;
use crate::app::App;
use crate::edge::{BaseUrl, Error, urls};
use crate::ids::{ContentId, TenantId, VersionId};
use crate::jobs::{self, Job, Kind, NewJob};

/// Contracts whose texts are in memory at once.
const BATCH: usize = 16;
/// How long a job takes for one pair at most; well below its lease.
const LONGEST: Duration = Duration::from_secs(40);
/// How long whoever looks at a page of many pairs waits for them at most.
const LONGEST_OF_PAGE: Duration = Duration::from_secs(1);
/// How long a job waits for a place before it leaves it to others.
const PAUSE: Duration = Duration::from_secs(5);
/// Documents of this language can't be compared.
const GRAPHQL: &str = "graphql";

/// Compares contracts, which were just published, with the documents of their providers that matter. Returns what came of
/// it, for whoever published.
pub(crate) async fn settle_contracts(
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    contents: &[ContentId],
) -> Result<Vec<Compared>, Error> {
    let mut db = app.db.acquire().await?;
    let pairs = list_pairs_of_contracts(&mut db, tenant, &store::plain(contents)).await?;
    drop(db);
    settle_pairs(app, tenant, base, &pairs).await?;
    told(app, tenant, base, &pairs, |one| (&one.provider, one.provider_version.as_ref(), "provider contract")).await
}

/// Compares a document, which was just published, with the contracts of consumers that matter. Returns what came of it,
/// for whoever published.
pub(crate) async fn settle_document(
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    document: i64,
) -> Result<Vec<Compared>, Error> {
    let mut db = app.db.acquire().await?;
    let pairs = list_pairs_of_document(&mut db, tenant, document).await?;
    drop(db);
    settle_pairs(app, tenant, base, &pairs).await?;
    told(app, tenant, base, &pairs, |one| (&one.consumer, one.consumer_version.as_ref(), "contract")).await
}

/// Who stands on the other side, with which version, and what it has there.
type Other<'o> = (&'o String, Option<&'o String>, &'static str);

/// What came of pairs, seen from one side.
async fn told(
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    pairs: &[Pair],
    other: impl for<'o> Fn(&'o OfPair) -> Other<'o>,
) -> Result<Vec<Compared>, Error> {
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let mut db = app.db.acquire().await?;
    let outcomes = list_outcomes(&mut db, tenant, pairs).await?;
    let told = outcomes.iter().map(|one| {
        let (name, version, what) = other(one);
        let version = version.map(|version| format!(" version {version}")).unwrap_or_default();
        let url = one.provider_version.as_deref();
        Compared {
            with: format!("the {what} of {name}{version}"),
            outcome: Comparison::of(one.outcome.as_deref()),
            errors: usize::try_from(one.errors.unwrap_or(0)).unwrap_or(0),
            url: url.map(|of| urls::comparison(base, (&one.provider, of), &one.consumer, &one.contract_sha)),
        }
    });
    Ok(told.collect())
}

pub(super) async fn settle_documents(
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    documents: &[i64],
) -> Result<(), Error> {
    let until = until(app);
    for document in documents {
        let mut db = app.db.acquire().await?;
        let pairs = list_pairs_of_document(&mut db, tenant, *document).await?;
        drop(db);
        settle(app, tenant, base, &pairs, until).await?;
    }
    Ok(())
}

/// Compares the contracts of consumer versions with the documents of provider versions, for somebody who asks.
pub(crate) async fn settle_versions(
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    versions: &[(i64, i64)],
) -> Result<(), Error> {
    let mut db = app.db.acquire().await?;
    let pairs = list_pairs_of_versions(&mut db, tenant, versions).await?;
    drop(db);
    settle_pairs(app, tenant, base, &pairs).await
}

/// The same for somebody who looks at a page of them: what is not done at once is shown as under way.
pub(crate) async fn settle_shown(
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    versions: &[(i64, i64)],
) -> Result<(), Error> {
    let mut db = app.db.acquire().await?;
    let pairs = list_pairs_of_versions(&mut db, tenant, versions).await?;
    drop(db);
    settle(app, tenant, base, &pairs, until(app).min(Instant::now() + LONGEST_OF_PAGE)).await
}

/// Compares pairs for somebody who asks about them.
pub(super) async fn settle_pairs(app: &App, tenant: TenantId, base: &BaseUrl, pairs: &[Pair]) -> Result<(), Error> {
    settle(app, tenant, base, pairs, until(app)).await
}

/// What comes of holding a contract, which is not kept, against what a provider version offers; `None` when that can't be
/// told in time, or it offers nothing.
pub(crate) async fn compare_for_now(
    app: &App,
    tenant: TenantId,
    provider_version: VersionId,
    contract: &str,
) -> Result<Option<Comparison>, Error> {
    let until = until(app);
    let mut db = app.db.acquire().await?;
    let offered = store::find_offered(&mut db, tenant, provider_version).await?;
    drop(db);
    let Some(offered) = offered else { return Ok(None) };
    if offered.specification == GRAPHQL {
        return Ok(Some(Comparison::Undecided));
    }
    let Ok(Some(document)) = find_document(app, tenant, &offered, until).await? else { return Ok(None) };
    let (text, policy) = (contract.to_owned(), policy(offered.profile.as_deref(), offered.severities.as_ref()));
    let judged = app.comparing.run(until, move || judge(&text, &document, &policy)).await;
    Ok(judged.ok().map(|judgement| judgement.outcome))
}

fn until(app: &App) -> Instant {
    Instant::now() + app.settings.comparison_budget
}

/// Compares those of the pairs that are not compared yet, until then; the rest becomes jobs.
async fn settle(app: &App, tenant: TenantId, base: &BaseUrl, pairs: &[Pair], until: Instant) -> Result<(), Error> {
    if pairs.is_empty() {
        return Ok(());
    }
    let mut db = app.db.acquire().await?;
    let open = store::list_uncompared(&mut db, tenant, pairs).await?;
    drop(db);
    for of_document in open.chunk_by(|one, other| one.document == other.document) {
        for some in of_document.chunks(BATCH) {
            let Judged { done, left, .. } = judge_some(app, tenant, some, until).await?;
            let mut tx = app.db.begin().await?;
            record(&mut tx, app, tenant, base, done).await?;
            postpone(&mut tx, app, tenant, base, &left).await?;
            tx.commit().await?;
        }
    }
    if !open.is_empty() {
        app.jobs_written.notify_waiters();
    }
    Ok(())
}

/// Judges what it can until then; pairs of one document.
pub(super) async fn judge_all<'u>(
    app: &App,
    tenant: TenantId,
    pairs: &'u [Uncompared],
    until: Instant,
) -> Result<Vec<(&'u Uncompared, Judgement)>, Error> {
    let mut done = Vec::new();
    for some in pairs.chunks(BATCH) {
        done.extend(judge_some(app, tenant, some, until).await?.done);
    }
    Ok(done)
}

/// What came of some pairs.
#[derive(Default)]
struct Judged<'u> {
    done: Vec<(&'u Uncompared, Judgement)>,
    left: Vec<&'u Uncompared>,
    /// Whether one was begun and took too long.
    is_slow: bool,
}

/// Pairs of one document.
async fn judge_some<'u>(
    app: &App,
    tenant: TenantId,
    some: &'u [Uncompared],
    until: Instant,
) -> Result<Judged<'u>, Error> {
    let mut judged = Judged::default();
    let Some(first) = some.first() else { return Ok(judged) };
    if first.specification == GRAPHQL {
        let why = "a GraphQL schema cannot be compared with a contract";
        let undecided = || Judgement::undecided("document.not-comparable", why, "provider");
        judged.done.extend(some.iter().map(|one| (one, undecided())));
        return Ok(judged);
    }
    let document = match find_document(app, tenant, first, until).await? {
        Ok(Some(document)) => document,
        // It is gone, and its comparisons with it.
        Ok(None) => return Ok(judged),
        Err(broken) => {
            judged.give_up(some, &broken);
            return Ok(judged);
        }
    };
    let contents: Vec<i64> = some.iter().map(|one| one.contract).collect();
    let mut db = app.db.acquire().await?;
    let mut texts: HashMap<i64, String> =
        store::list_contract_texts(&mut db, tenant, &contents).await?.into_iter().collect();
    drop(db);
    for one in some {
        let Some(text) = texts.remove(&one.contract) else { continue };
        let (document, policy) = (Arc::clone(&document), policy(one.profile.as_deref(), one.severities.as_ref()));
        match app.comparing.run(until, move || judge(&text, &document, &policy)).await {
            Ok(judgement) => judged.done.push((one, judgement)),
            Err(broken) => judged.give_up(std::slice::from_ref(one), &broken),
        }
    }
    Ok(judged)
}

impl<'u> Judged<'u> {
    fn give_up(&mut self, some: &'u [Uncompared], broken: &Broken) {
        match broken {
            Broken::Off => {
                let undecided = || {
                    Judgement::undecided(
                        "comparison.broken-off",
                        "the comparison broke off: this is our mistake",
                        "either",
                    )
                };
                self.done.extend(some.iter().map(|one| (one, undecided())));
            }
            Broken::OutOfTime | Broken::NoPlace => {
                self.left.extend(some);
                self.is_slow |= matches!(broken, Broken::OutOfTime);
            }
        }
    }
}

/// `None` when it is gone.
async fn find_document(
    app: &App,
    tenant: TenantId,
    wanted: &Uncompared,
    until: Instant,
) -> Result<Result<Option<Arc<Loaded>>, Broken>, Error> {
    if let Some(kept) = app.comparing.find(&wanted.document_sha) {
        return Ok(Ok(Some(kept)));
    }
    let mut db = app.db.acquire().await?;
    let Some(text) = store::find_document_text(&mut db, tenant, wanted.document).await? else { return Ok(Ok(None)) };
    drop(db);
    let size_bytes = text.len();
    let loaded = match app.comparing.run(until, move || load(&text)).await {
        Ok(loaded) => Arc::new(loaded),
        Err(broken) => return Ok(Err(broken)),
    };
    app.comparing.keep(&wanted.document_sha, size_bytes, &loaded);
    Ok(Ok(Some(loaded)))
}

/// Keeps what was found and tells what turned out otherwise than before.
pub(super) async fn record(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    judged: Vec<(&Uncompared, Judgement)>,
) -> Result<(), Error> {
    if judged.is_empty() {
        return Ok(());
    }
    let new: Vec<NewComparison> = judged.into_iter().map(|(of, judgement)| new_comparison(of, judgement)).collect();
    let written = store::record(db, tenant, ENGINE, &new, app.now()).await?;
    telling::tell_changed(db, app, tenant, base, &written).await
}

fn new_comparison(of: &Uncompared, judgement: Judgement) -> NewComparison {
    let Judgement { outcome, errors, warnings, infos, findings } = judgement;
    NewComparison {
        pair: Pair { contract: of.contract, document: of.document },
        configuration: configuration(of).to_owned(),
        outcome: outcome.as_str(),
        errors,
        warnings,
        infos,
        findings,
    }
}

fn configuration(of: &Uncompared) -> &str {
    of.configuration.as_deref().unwrap_or(USUAL)
}

/// Who asks meanwhile is told that it is not known yet.
async fn postpone(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    left: &[&Uncompared],
) -> Result<(), Error> {
    let payloads: Vec<Value> = left
        .iter()
        .map(|one| json!({"contract": one.contract, "document": one.document, "base": base.as_str()}))
        .collect();
    let jobs: Vec<NewJob<'_>> = left
        .iter()
        .zip(&payloads)
        .map(|(one, payload)| NewJob { id: job_id(one), lane: "comparison", in_order: false, payload })
        .collect();
    if jobs.is_empty() { Ok(()) } else { jobs::enqueue_all(db, app, tenant, Kind::Comparison, &jobs).await }
}

/// One job for a pair, however often it is asked about.
fn job_id(of: &Uncompared) -> Uuid {
    let digest = Sha256::new()
        .chain_update(of.contract.to_be_bytes())
        .chain_update(of.document.to_be_bytes())
        .chain_update(ENGINE.to_be_bytes())
        .chain_update(configuration(of))
        .finalize();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    Uuid::from_bytes(id)
}

/// The job: one pair, with more time. What takes too long even so is undecided from then on.
pub(crate) async fn finish_comparison(app: &App, job: &Job) -> Result<(), Error> {
    let number = |key: &str| job.payload[key].as_i64().ok_or_else(|| Error::internal("a comparison of nothing"));
    let pair = Pair { contract: number("contract")?, document: number("document")? };
    let base = BaseUrl(job.payload["base"].as_str().unwrap_or_default().to_owned());
    let mut db = app.db.acquire().await?;
    let open = store::list_uncompared(&mut db, job.tenant, &[pair]).await?;
    drop(db);
    let Judged { mut done, left, is_slow } = judge_some(app, job.tenant, &open, Instant::now() + LONGEST).await?;
    if !left.is_empty() && !is_slow {
        let mut db = app.db.acquire().await?;
        jobs::postpone(&mut db, app, job, PAUSE, "other comparisons are under way").await?;
        return Ok(());
    }
    let why = format!("the comparison took more than {} seconds", LONGEST.as_secs());
    done.extend(left.into_iter().map(|one| (one, Judgement::undecided("comparison.too-slow", &why, "either"))));
    debug_assert!(done.iter().all(|(_, judgement)| judgement.outcome != Comparison::Pending));
    let mut tx = app.db.begin().await?;
    record(&mut tx, app, job.tenant, &base, done).await?;
    if jobs::finish(&mut tx, job).await? {
        tx.commit().await?;
    }
    Ok(())
}
