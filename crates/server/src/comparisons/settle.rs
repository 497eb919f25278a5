//! Comparing what has not been compared, for what is published and for who asks.

use std::collections::HashMap;
use std::time::Duration;

use pactolus_domain::comparison_notices::Compared;
use pactolus_domain::gate::Comparison;
use pactolus_oas::comparison::ENGINE;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use tokio::time::Instant;
use uuid::Uuid;

use super::again::{Unsettled, try_again};
use super::judge::Judgement;
use super::judging::{self, Judged, judge_some};
use super::room::{Patience, Rank};
use super::settings::USUAL;
use super::store::matters::{list_pairs_of_contracts, list_pairs_of_document, list_pairs_of_versions};
use super::store::told::{OfPair, list_outcomes};
use super::store::{self, NewComparison, Pair, Uncompared};
use super::telling;
use crate::app::App;
use crate::edge::{BaseUrl, Error, urls};
use crate::ids::{ContentId, TenantId, VersionId};
use crate::jobs::{self, Kind, NewJob};

/// Contracts whose texts are in memory at once.
pub(super) const BATCH: usize = 16;
/// Written with one statement.
const MOST_JOBS_AT_ONCE: usize = 1_000;
/// How long whoever looks at a page of many pairs waits for them at most.
const LONGEST_OF_PAGE: Duration = Duration::from_secs(1);

/// Compares contracts, which were just published, with the documents of their providers that matter. Returns what came of
/// it, for whoever published; nothing when it fails, and a job does it.
pub(crate) async fn settle_contracts(
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    contents: &[ContentId],
) -> Vec<Compared> {
    match compare_contracts(app, tenant, base, contents).await {
        Ok(compared) => compared,
        Err(error) => {
            try_again(app, tenant, base, Unsettled::Contracts(contents), &error).await;
            Vec::new()
        }
    }
}

async fn compare_contracts(
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    contents: &[ContentId],
) -> Result<Vec<Compared>, Error> {
    let mut db = app.db.acquire().await?;
    let pairs = list_pairs_of_contracts(&mut db, tenant, &store::plain(contents)).await?;
    drop(db);
    settle(app, tenant, base, &pairs, published(app)).await?;
    told(app, tenant, base, &pairs, |one| (&one.provider, one.provider_version.as_ref(), "provider contract")).await
}

/// Compares a document, which was just published, with the contracts of consumers that matter. Returns what came of it,
/// for whoever published; nothing when it fails, and a job does it.
pub(crate) async fn settle_document(app: &App, tenant: TenantId, base: &BaseUrl, document: i64) -> Vec<Compared> {
    match compare_document(app, tenant, base, document).await {
        Ok(compared) => compared,
        Err(error) => {
            try_again(app, tenant, base, Unsettled::Document(document), &error).await;
            Vec::new()
        }
    }
}

async fn compare_document(app: &App, tenant: TenantId, base: &BaseUrl, document: i64) -> Result<Vec<Compared>, Error> {
    let mut db = app.db.acquire().await?;
    let pairs = list_pairs_of_document(&mut db, tenant, document).await?;
    drop(db);
    settle(app, tenant, base, &pairs, published(app)).await?;
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
    let patience = published(app);
    for document in documents {
        let mut db = app.db.acquire().await?;
        let pairs = list_pairs_of_document(&mut db, tenant, *document).await?;
        drop(db);
        settle(app, tenant, base, &pairs, patience).await?;
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
    let until = until(app).min(Instant::now() + LONGEST_OF_PAGE);
    settle(app, tenant, base, &pairs, Patience::Until { until, rank: Rank::Shown }).await
}

/// Compares pairs for somebody who asks about them.
pub(super) async fn settle_pairs(app: &App, tenant: TenantId, base: &BaseUrl, pairs: &[Pair]) -> Result<(), Error> {
    settle(app, tenant, base, pairs, Patience::Until { until: until(app), rank: Rank::Asked }).await
}

/// What comes of holding a contract, which is not kept, against what a provider version offers; `None` when that can't be
/// told in time, or it offers nothing.
pub(crate) async fn compare_for_now(
    app: &App,
    tenant: TenantId,
    provider_version: VersionId,
    contract: &str,
    until: Instant,
) -> Result<Option<Comparison>, Error> {
    let judged = judge_for_now(app, tenant, &[provider_version], contract, until).await?;
    Ok(judged.into_iter().next().map(|(_, judged)| judged.outcome))
}

/// What holding a contract, which is not kept, against a document came to.
#[derive(Clone, Debug)]
pub(crate) struct ForNow {
    pub(crate) outcome: Comparison,
    /// A list in JSON, the worst first.
    pub(crate) findings: String,
}

/// What comes of holding a contract, which is not kept, against what each of the provider versions offers, all in the time
/// that one answer may take. Those that offer nothing, or for which there was no time, are left out.
pub(crate) async fn judge_for_now(
    app: &App,
    tenant: TenantId,
    provider_versions: &[VersionId],
    contract: &str,
    until: Instant,
) -> Result<Vec<(VersionId, ForNow)>, Error> {
    let mut by_document: HashMap<i64, Option<ForNow>> = HashMap::new();
    let mut judged = Vec::new();
    for version in provider_versions {
        let mut db = app.db.acquire().await?;
        let offered = store::find_offered(&mut db, tenant, *version).await?;
        drop(db);
        let Some(offered) = offered else { continue };
        let of_document = match by_document.get(&offered.document) {
            Some(known) => known.clone(),
            None => judging::judge_one(app, tenant, &offered, contract, Patience::Until { until, rank: Rank::Asked })
                .await?
                .map(|Judgement { outcome, findings, .. }| ForNow { outcome, findings }),
        };
        by_document.insert(offered.document, of_document.clone());
        judged.extend(of_document.map(|found| (*version, found)));
    }
    Ok(judged)
}

/// So long a request compares.
pub(crate) fn until(app: &App) -> Instant {
    Instant::now() + app.settings.comparison_budget
}

fn published(app: &App) -> Patience {
    Patience::Until { until: until(app), rank: Rank::Published }
}

/// Compares those of the pairs that are not compared yet, as long as there is patience; the rest becomes jobs.
async fn settle(app: &App, tenant: TenantId, base: &BaseUrl, pairs: &[Pair], patience: Patience) -> Result<(), Error> {
    if pairs.is_empty() {
        return Ok(());
    }
    let mut db = app.db.acquire().await?;
    let open = store::list_uncompared(&mut db, tenant, pairs).await?;
    drop(db);
    let mut late: Vec<&Uncompared> = Vec::new();
    for of_document in open.chunk_by(|one, other| one.document == other.document) {
        for some in of_document.chunks(BATCH) {
            if patience.is_over() {
                late.extend(some);
                continue;
            }
            let Judged { done, left } = judge_some(app, tenant, some, patience).await?;
            late.extend(left);
            let mut tx = app.db.begin().await?;
            record(&mut tx, app, tenant, base, done).await?;
            tx.commit().await?;
        }
    }
    for some in late.chunks(MOST_JOBS_AT_ONCE) {
        let mut tx = app.db.begin().await?;
        postpone(&mut tx, app, tenant, base, some).await?;
        tx.commit().await?;
    }
    if !open.is_empty() {
        app.jobs_written.notify_waiters();
    }
    Ok(())
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

pub(super) fn configuration(of: &Uncompared) -> &str {
    of.configuration.as_deref().unwrap_or(USUAL)
}

/// Writes a job for each of the pairs that are not compared yet.
pub(super) async fn postpone_uncompared(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    pairs: &[Pair],
) -> Result<(), Error> {
    let open = store::list_uncompared(db, tenant, pairs).await?;
    let open: Vec<&Uncompared> = open.iter().collect();
    for some in open.chunks(MOST_JOBS_AT_ONCE) {
        postpone(db, app, tenant, base, some).await?;
    }
    Ok(())
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
