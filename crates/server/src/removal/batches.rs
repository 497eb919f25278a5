//! Deletions in short transactions, one after the other.

use pactolus_domain::names::{BranchName, PacticipantName};
use pactolus_domain::webhook::WebhookEvent;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;

use super::store::{self, Of, Page, Sides};
use crate::app::App;
use crate::audit;
use crate::edge::{BaseUrl, Error, Principal, TRIES, pause};
use crate::evidence;
use crate::ids::{PacticipantId, TenantId};
use crate::jobs::{self, Job};
use crate::retention::{self, Version};
use crate::tenants;
use crate::webhooks::{self, Happened};

/// Contracts, contents or branches of one transaction; versions of one that are looked at or taken off a branch.
const BATCH: i64 = 500;
/// Versions of one transaction that deletes them: a lot hangs on each.
const VERSIONS: i64 = 100;
/// Results of one transaction. A version or a content may have any number of them.
const RESULTS: i64 = 2000;

/// A pacticipant that was found.
#[derive(Clone, Copy)]
pub(super) struct Party<'a> {
    pub(super) id: PacticipantId,
    pub(super) name: &'a PacticipantName,
}

/// Who talks to whom.
#[derive(Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) consumer: Party<'a>,
    pub(super) provider: Party<'a>,
}

impl Pair<'_> {
    pub(super) fn ids(self) -> (PacticipantId, PacticipantId) {
        (self.consumer.id, self.provider.id)
    }

    /// As the audit log names it.
    pub(super) fn subject(self) -> String {
        format!("{} {}", self.consumer.name, self.provider.name)
    }
}

/// Does a transaction, again when another change came between: what the batches before have done stays done. What is in the
/// block may use `?`.
macro_rules! batch {
    ($app:expr, $tenant:expr, $tx:ident, $done:block) => {{
        let mut tries = 0;
        loop {
            let outcome: Result<_, Error> = async {
                let mut $tx: sqlx::PgTransaction<'static> = $app.db.begin().await?;
                tenants::hold_deletions(&mut $tx, $tenant).await?;
                let done = $done;
                $tx.commit().await?;
                Ok(done)
            }
            .await;
            tries += 1;
            if tries == TRIES || !matches!(outcome, Err(Error::Overtaken(_))) {
                break outcome;
            }
            pause(tries).await;
        }
    }};
}

/// Deletes contracts of the pair, and says how many.
pub(super) async fn delete_contracts(
    app: &App,
    principal: &Principal,
    pair: Pair<'_>,
    of: Of<'_>,
) -> Result<u64, Error> {
    let tenant = principal.tenant;
    let (mut above, mut deleted) = (0, 0);
    loop {
        let page = Page { above, most: BATCH };
        let (last, count) = batch!(app, principal.tenant, tx, {
            let listed = store::list_contracting(&mut tx, tenant, pair.ids(), of, page).await?;
            let ids: Vec<i64> = listed.iter().filter_map(|one| one.id).collect();
            let last = listed.last().map(|one| one.position).filter(|_| !is_last(count_of(&listed), BATCH));
            let held = store::hold_listed(&mut tx, tenant, &ids).await?;
            let count = store::delete_contracts(&mut tx, tenant, pair.ids(), &held).await?;
            record(&mut tx, app, principal, "contracts.deleted", &pair.subject(), count).await?;
            (last, count)
        })?;
        deleted += count;
        match last {
            Some(last) => above = last,
            None => return Ok(deleted),
        }
    }
}

/// Deletes all of a pacticipant, and then itself. Returns false if somebody else did.
pub(super) async fn delete_pacticipant(app: &App, principal: &Principal, party: Party<'_>) -> Result<bool, Error> {
    let tenant = principal.tenant;
    loop {
        delete_all_versions(app, principal, party).await?;
        let mut db = app.db.acquire().await?;
        let consumers = store::list_consumers(&mut db, tenant, party.id).await?;
        drop(db);
        for (id, name) in consumers {
            let name = PacticipantName::parse(name).map_err(Error::internal)?;
            let pair = Pair { consumer: Party { id, name: &name }, provider: party };
            delete_contracts(app, principal, pair, Of::All).await?;
        }
        let subject = party.name.as_str();
        for (consumer, provider) in [(Some(party.id), None), (None, Some(party.id))] {
            delete_contents(app, principal, Sides { consumer, provider }, subject).await?;
        }
        delete_bare_branches(app, principal, party).await?;
        let outcome = batch!(app, principal.tenant, tx, {
            if !store::hold_pacticipant(&mut tx, tenant, party.id).await? {
                Some(false)
            } else if store::has_anything(&mut tx, tenant, party.id).await? {
                // Somebody has published meanwhile: once more then.
                None
            } else {
                store::delete_pacticipant(&mut tx, tenant, party.id).await?;
                audit::record(&mut tx, app, principal, "pacticipant.deleted", subject, &json!({})).await?;
                Some(true)
            }
        })?;
        if let Some(deleted) = outcome {
            return Ok(deleted);
        }
    }
}

/// Deletes all that is between the two, and what of either has nothing else.
pub(super) async fn delete_integration(app: &App, principal: &Principal, pair: Pair<'_>) -> Result<(), Error> {
    let tenant = principal.tenant;
    let (consumer, provider) = pair.ids();
    delete_contracts(app, principal, pair, Of::All).await?;
    let sides = Sides { consumer: Some(consumer), provider: Some(provider) };
    delete_contents(app, principal, sides, &pair.subject()).await?;
    delete_bare_versions(app, principal, pair.consumer).await?;
    delete_bare_versions(app, principal, pair.provider).await?;
    batch!(app, principal.tenant, tx, {
        store::delete_webhooks_of_pair(&mut tx, tenant, pair.ids()).await?;
        for party in [pair.consumer, pair.provider] {
            delete_if_bare(&mut tx, app, principal, party).await?;
        }
        audit::record(&mut tx, app, principal, "integration.deleted", &pair.subject(), &json!({})).await?;
    })
}

/// Deletes a pacticipant that has neither versions nor contents nor webhooks.
async fn delete_if_bare(
    db: &mut PgConnection,
    app: &App,
    principal: &Principal,
    party: Party<'_>,
) -> Result<(), Error> {
    // Looked at before it is held as well: everybody who publishes for a pacticipant would wait.
    let is_bare = is_bare(db, principal.tenant, party.id).await?
        && store::hold_pacticipant(db, principal.tenant, party.id).await?
        && is_bare(db, principal.tenant, party.id).await?;
    if is_bare {
        store::delete_pacticipant(db, principal.tenant, party.id).await?;
        audit::record(db, app, principal, "pacticipant.deleted", party.name.as_str(), &json!({})).await?;
    }
    Ok(())
}

async fn is_bare(db: &mut PgConnection, tenant: TenantId, pacticipant: PacticipantId) -> sqlx::Result<bool> {
    let has_something =
        store::has_anything(db, tenant, pacticipant).await? || store::has_webhooks(db, tenant, pacticipant).await?;
    Ok(!has_something)
}

/// Deletes everybody.
pub(super) async fn delete_everything(app: &App, principal: &Principal) -> Result<(), Error> {
    loop {
        let mut db = app.db.acquire().await?;
        let some = store::list_some(&mut db, principal.tenant, BATCH).await?;
        drop(db);
        if some.is_empty() {
            break;
        }
        for (id, name) in &some {
            delete_pacticipant(app, principal, Party { id: *id, name }).await?;
        }
    }
    batch!(app, principal.tenant, tx, {
        store::delete_general_webhooks(&mut tx, principal.tenant).await?;
        audit::record(&mut tx, app, principal, "integrations.deleted", "all", &json!({})).await?;
    })
}

async fn delete_all_versions(app: &App, principal: &Principal, party: Party<'_>) -> Result<(), Error> {
    delete_results_of_provider(app, principal, party).await?;
    delete_evidence_of_provider(app, principal, party).await?;
    loop {
        let count = batch!(app, principal.tenant, tx, {
            let versions = store::hold_versions(&mut tx, principal.tenant, party.id, VERSIONS).await?;
            delete_versions(&mut tx, app, principal, party, &versions).await?
        })?;
        if is_last(count, VERSIONS) {
            return Ok(());
        }
    }
}

/// Before the versions go, so that no batch of them has many. Without a result nothing becomes deployable.
async fn delete_results_of_provider(app: &App, principal: &Principal, party: Party<'_>) -> Result<(), Error> {
    let mut above = 0;
    loop {
        let page = Page { above, most: RESULTS };
        let (count, reached) = batch!(app, principal.tenant, tx, {
            let listed = store::list_results_of_provider(&mut tx, principal.tenant, party.id, page).await?;
            let numbers: Vec<i64> = listed.iter().map(|(number, _)| *number).collect();
            delete_results(&mut tx, app, principal, party.name.as_str(), &numbers).await?;
            (count_of(&listed), listed.last().map_or(above, |(_, position)| *position))
        })?;
        if is_last(count, RESULTS) {
            return Ok(());
        }
        // Of the version at the end there may be more.
        above = reached - 1;
    }
}

/// Before the versions go: a run may have thousands of exchanges.
async fn delete_evidence_of_provider(app: &App, principal: &Principal, party: Party<'_>) -> Result<(), Error> {
    loop {
        let count = batch!(app, principal.tenant, tx, {
            let count = evidence::delete_of_provider(&mut tx, principal.tenant, party.id, evidence::RUNS).await?;
            record(&mut tx, app, principal, "evidence.deleted", party.name.as_str(), count).await?;
            count
        })?;
        if is_last(count, evidence::RUNS) {
            return Ok(());
        }
    }
}

async fn delete_results(
    db: &mut PgConnection,
    app: &App,
    principal: &Principal,
    subject: &str,
    numbers: &[i64],
) -> Result<u64, Error> {
    let count = count_of(numbers);
    if count > 0 {
        store::delete_results(db, principal.tenant, numbers).await?;
        record(db, app, principal, "verifications.deleted", subject, count).await?;
    }
    Ok(count)
}

async fn delete_bare_versions(app: &App, principal: &Principal, party: Party<'_>) -> Result<(), Error> {
    let tenant = principal.tenant;
    let mut above = 0;
    loop {
        let page = Page { above, most: BATCH };
        let mut db = app.db.acquire().await?;
        let listed = store::list_next(&mut db, tenant, party.id, page).await?;
        drop(db);
        let bare: Vec<i64> = listed.iter().filter(|(.., is_bare)| *is_bare).map(|(id, ..)| *id).collect();
        for some in bare.chunks(usize::try_from(VERSIONS).unwrap_or(1)) {
            batch!(app, tenant, tx, {
                let held = store::hold_listed(&mut tx, tenant, some).await?;
                let still_bare = store::list_bare(&mut tx, tenant, &held).await?;
                delete_versions(&mut tx, app, principal, party, &still_bare).await?;
            })?;
        }
        match listed.last() {
            Some((_, position, _)) if !is_last(count_of(&listed), BATCH) => above = *position,
            _ => return Ok(()),
        }
    }
}

/// Deletes versions that are held, and says how many.
async fn delete_versions(
    db: &mut PgConnection,
    app: &App,
    principal: &Principal,
    party: Party<'_>,
    versions: &[i64],
) -> Result<u64, Error> {
    let count = count_of(versions);
    if count > 0 {
        store::delete_versions(db, principal.tenant, versions).await?;
        record(db, app, principal, "versions.deleted", party.name.as_str(), count).await?;
    }
    Ok(count)
}

/// Deletes those of the versions that are still not needed once they are held, and says which went.
pub(crate) async fn delete_unneeded(
    app: &App,
    principal: &Principal,
    (pacticipant, name): (PacticipantId, &PacticipantName),
    versions: &[i64],
    is_unneeded: impl Fn(&Version) -> bool,
) -> Result<Vec<i64>, Error> {
    let party = Party { id: pacticipant, name };
    let mut deleted = Vec::new();
    for some in versions.chunks(usize::try_from(VERSIONS).unwrap_or(1)) {
        deleted.extend(batch!(app, principal.tenant, tx, {
            let held = store::hold_listed(&mut tx, principal.tenant, some).await?;
            let known = retention::list_known(&mut tx, principal.tenant, &held).await?;
            let unneeded: Vec<i64> = known.iter().filter(|one| is_unneeded(one)).map(|one| one.id).collect();
            delete_versions(&mut tx, app, principal, party, &unneeded).await?;
            unneeded
        })?);
    }
    Ok(deleted)
}

/// Deletes contents that no version has, nor ever had, of those that are left. Returns how many.
pub(crate) async fn delete_orphans(app: &App, principal: &Principal) -> Result<u64, Error> {
    let (mut above, mut deleted) = (0, 0);
    loop {
        let mut db = app.db.acquire().await?;
        let (last, orphans) = store::list_orphans(&mut db, principal.tenant, Page { above, most: BATCH }).await?;
        drop(db);
        if !orphans.is_empty() {
            deleted += batch!(app, principal.tenant, tx, {
                let count = store::delete_orphans(&mut tx, principal.tenant, &orphans).await?;
                record(&mut tx, app, principal, "contents.deleted", "orphans", count).await?;
                count
            })?;
        }
        match last {
            Some(last) => above = last,
            None => return Ok(deleted),
        }
    }
}

/// Their results before them.
async fn delete_contents(app: &App, principal: &Principal, sides: Sides, subject: &str) -> Result<(), Error> {
    loop {
        let count = batch!(app, principal.tenant, tx, {
            let numbers = store::list_results_of_contents(&mut tx, principal.tenant, sides, RESULTS).await?;
            delete_results(&mut tx, app, principal, subject, &numbers).await?
        })?;
        if is_last(count, RESULTS) {
            break;
        }
    }
    loop {
        let count = batch!(app, principal.tenant, tx, {
            let count = store::delete_contents(&mut tx, principal.tenant, sides, BATCH).await?;
            record(&mut tx, app, principal, "contents.deleted", subject, count).await?;
            count
        })?;
        if is_last(count, BATCH) {
            return Ok(());
        }
    }
}

async fn delete_bare_branches(app: &App, principal: &Principal, party: Party<'_>) -> Result<(), Error> {
    loop {
        let count = batch!(app, principal.tenant, tx, {
            let count = store::delete_bare_branches(&mut tx, principal.tenant, party.id, BATCH).await?;
            record(&mut tx, app, principal, "branches.deleted", party.name.as_str(), count).await?;
            count
        })?;
        if is_last(count, BATCH) {
            return Ok(());
        }
    }
}

/// Writes down what a batch has deleted, if anything.
async fn record(
    db: &mut PgConnection,
    app: &App,
    principal: &Principal,
    action: &str,
    subject: &str,
    count: u64,
) -> Result<(), Error> {
    if count > 0 {
        audit::record(db, app, principal, action, subject, &json!({"deleted": count})).await?;
    }
    Ok(())
}

/// Deletes a branch; its versions stay. Returns whether there was one.
pub(super) async fn delete_branch(
    app: &App,
    principal: &Principal,
    base: &BaseUrl,
    party: Party<'_>,
    branch: &BranchName,
) -> Result<bool, Error> {
    let tenant = principal.tenant;
    let (subject, detail) = (party.name.as_str(), json!({"branch": branch}));
    let mut existed = false;
    loop {
        let (exists, is_gone) = batch!(app, principal.tenant, tx, {
            let exists = store::hold_branch(&mut tx, tenant, party.id, branch).await?;
            let is_gone = !exists || store::delete_branch(&mut tx, tenant, party.id, branch, BATCH).await?;
            if exists {
                let action = if is_gone { "branch.deleted" } else { "branch.shortened" };
                audit::record(&mut tx, app, principal, action, subject, &detail).await?;
            }
            if exists && is_gone {
                webhooks::tell_of(&mut tx, app, tenant, base, branch_deleted(&party, &[party.name.as_str()], branch))
                    .await?;
            }
            (exists, is_gone)
        })?;
        existed |= exists;
        if is_gone {
            return Ok(existed);
        }
    }
}

fn branch_deleted<'a>(party: &'a Party<'_>, names: &'a [&'a str], branch: &'a BranchName) -> Happened<'a> {
    Happened {
        name: WebhookEvent::BranchDeleted,
        pacticipants: names,
        subject: format!("{}/{branch}", party.name),
        data: json!({"pacticipant": {"name": party.name}, "branch": {"name": branch}}),
        values: vec![("pacticipantName", party.name.as_str()), ("branchName", branch.as_str())],
        once: None,
    }
}

/// Branches that are deleted after the answer: the payload of a job.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct BranchesToDelete {
    pub(super) pacticipant: PacticipantId,
    pub(super) name: String,
    pub(super) branches: Vec<String>,
    /// Who asked for it.
    pub(super) actor: String,
    /// The address that it was asked at. Earlier releases did not write it.
    #[serde(default)]
    pub(super) base: String,
}

/// The job: done twice it does nothing more.
pub(crate) async fn delete_branches(app: &App, job: &Job) -> Result<(), Error> {
    let asked: BranchesToDelete = serde_json::from_value(job.payload.clone()).map_err(Error::internal)?;
    let principal = Principal { tenant: job.tenant, name: asked.actor.into() };
    let base = BaseUrl(asked.base);
    let name = PacticipantName::parse(asked.name).map_err(Error::internal)?;
    for branch in &asked.branches {
        let branch = BranchName::parse(branch.as_str()).map_err(Error::internal)?;
        delete_branch(app, &principal, &base, Party { id: asked.pacticipant, name: &name }, &branch).await?;
    }
    let mut db = app.db.acquire().await?;
    jobs::finish(&mut db, job).await?;
    Ok(())
}

fn count_of<T>(some: &[T]) -> u64 {
    u64::try_from(some.len()).unwrap_or(u64::MAX)
}

/// Whether a batch of so many had room for more.
fn is_last(count: u64, most: i64) -> bool {
    i64::try_from(count).is_ok_and(|count| count < most)
}
