//! Deletions in short transactions, one after the other. What is under way at once is repeated when it met another change.

use std::time::Duration;

use pactolus_domain::names::{BranchName, PacticipantName};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::store::{self, Of};
use crate::app::App;
use crate::audit;
use crate::edge::{Error, Principal};
use crate::ids::{PacticipantId, TenantId};
use crate::jobs::{self, Job};

/// Versions, contracts or contents of one transaction.
const BATCH: i64 = 500;

/// How often one transaction is tried when others are in its way.
const TRIES: u32 = 5;

/// Does a transaction, again if it met another change. What is in the block may use `?`.
macro_rules! repeated {
    ($app:expr, $tx:ident, $done:block) => {{
        let mut tries = 0;
        loop {
            let outcome: Result<_, Error> = async {
                let mut $tx: sqlx::PgTransaction<'static> = $app.db.begin().await?;
                let done = $done;
                $tx.commit().await?;
                Ok(done)
            }
            .await;
            if !$crate::removal::batches::is_to_be_repeated(&outcome, &mut tries).await {
                break outcome;
            }
        }
    }};
}
pub(super) use repeated;

/// Waits a little before the next try.
pub(super) async fn is_to_be_repeated<T>(outcome: &Result<T, Error>, tries: &mut u32) -> bool {
    *tries += 1;
    let again = matches!(outcome, Err(Error::Unavailable(_))) && *tries < TRIES;
    if again {
        tokio::time::sleep(Duration::from_millis(10 << *tries)).await;
    }
    again
}

/// Deletes contracts with the provider, and says how many.
pub(super) async fn delete_contracts(
    app: &App,
    tenant: TenantId,
    pair: (PacticipantId, PacticipantId),
    of: Of<'_>,
) -> Result<usize, Error> {
    let mut deleted = 0;
    loop {
        let batch = repeated!(app, tx, {
            let versions = store::hold_contracting(&mut tx, tenant, pair, of, BATCH).await?;
            store::delete_contracts(&mut tx, tenant, pair.1, &versions).await?;
            versions.len()
        })?;
        deleted += batch;
        if is_last(batch) {
            return Ok(deleted);
        }
    }
}

/// Deletes all of a pacticipant, and then itself.
pub(super) async fn delete_pacticipant(
    app: &App,
    principal: &Principal,
    pacticipant: PacticipantId,
    name: &PacticipantName,
) -> Result<(), Error> {
    let tenant = principal.tenant;
    loop {
        delete_all_versions(app, tenant, pacticipant).await?;
        let mut db = app.db.acquire().await?;
        let consumers = store::list_consumers(&mut db, tenant, pacticipant).await?;
        drop(db);
        for consumer in consumers {
            delete_contracts(app, tenant, (consumer, pacticipant), Of::All).await?;
        }
        delete_contents(app, tenant, Some(pacticipant), None).await?;
        delete_contents(app, tenant, None, Some(pacticipant)).await?;
        let is_gone = repeated!(app, tx, {
            // Somebody may have published meanwhile: once more then.
            let exists = store::hold_pacticipant(&mut tx, tenant, pacticipant).await?;
            let is_bare = !store::has_anything(&mut tx, tenant, pacticipant).await?;
            if exists && is_bare {
                store::delete_pacticipant(&mut tx, tenant, pacticipant).await?;
                audit::record(&mut tx, app, principal, "pacticipant.deleted", name.as_str(), &json!({})).await?;
            }
            !exists || is_bare
        })?;
        if is_gone {
            return Ok(());
        }
    }
}

/// Deletes all that is between the two, and what of either has nothing else.
pub(super) async fn delete_integration(
    app: &App,
    principal: &Principal,
    (consumer, consumer_name): (PacticipantId, &PacticipantName),
    (provider, provider_name): (PacticipantId, &PacticipantName),
) -> Result<(), Error> {
    let tenant = principal.tenant;
    delete_contracts(app, tenant, (consumer, provider), Of::All).await?;
    delete_contents(app, tenant, Some(consumer), Some(provider)).await?;
    repeated!(app, tx, {
        store::delete_webhooks_of_pair(&mut tx, tenant, (consumer, provider)).await?;
        let subject = format!("{consumer_name} {provider_name}");
        audit::record(&mut tx, app, principal, "integration.deleted", &subject, &json!({})).await?;
    })?;
    for (pacticipant, name) in [(consumer, consumer_name), (provider, provider_name)] {
        delete_bare_versions(app, tenant, pacticipant).await?;
        let mut db = app.db.acquire().await?;
        let is_orphan = !store::has_anything(&mut db, tenant, pacticipant).await?
            && !store::has_webhooks(&mut db, tenant, pacticipant).await?;
        drop(db);
        if is_orphan {
            delete_pacticipant(app, principal, pacticipant, name).await?;
        }
    }
    Ok(())
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
        for (pacticipant, name) in some {
            delete_pacticipant(app, principal, pacticipant, &name).await?;
        }
    }
    repeated!(app, tx, {
        store::delete_general_webhooks(&mut tx, principal.tenant).await?;
        audit::record(&mut tx, app, principal, "integrations.deleted", "all", &json!({})).await?;
    })
}

async fn delete_all_versions(app: &App, tenant: TenantId, pacticipant: PacticipantId) -> Result<(), Error> {
    loop {
        let batch = repeated!(app, tx, {
            let versions = store::hold_versions(&mut tx, tenant, pacticipant, BATCH).await?;
            store::delete_versions(&mut tx, tenant, &versions).await?;
            versions.len()
        })?;
        if is_last(batch) {
            return Ok(());
        }
    }
}

async fn delete_bare_versions(app: &App, tenant: TenantId, pacticipant: PacticipantId) -> Result<(), Error> {
    loop {
        let batch = repeated!(app, tx, {
            let versions = store::hold_bare_versions(&mut tx, tenant, pacticipant, BATCH).await?;
            store::delete_versions(&mut tx, tenant, &versions).await?;
            versions.len()
        })?;
        if is_last(batch) {
            return Ok(());
        }
    }
}

async fn delete_contents(
    app: &App,
    tenant: TenantId,
    consumer: Option<PacticipantId>,
    provider: Option<PacticipantId>,
) -> Result<(), Error> {
    loop {
        let batch = repeated!(app, tx, { store::delete_contents(&mut tx, tenant, consumer, provider, BATCH).await? })?;
        if is_last(batch) {
            return Ok(());
        }
    }
}

/// Deletes a branch; its versions stay. Returns whether there was one.
pub(super) async fn delete_branch(
    app: &App,
    principal: &Principal,
    (pacticipant, name): (PacticipantId, &str),
    branch: &BranchName,
) -> Result<bool, Error> {
    let tenant = principal.tenant;
    let mut existed = false;
    loop {
        let is_gone = repeated!(app, tx, {
            let exists = store::hold_branch(&mut tx, tenant, pacticipant, branch).await?;
            existed |= exists;
            let is_gone = !exists || store::delete_branch(&mut tx, tenant, pacticipant, branch, BATCH).await?;
            if exists && is_gone {
                let detail = json!({"branch": branch});
                audit::record(&mut tx, app, principal, "branch.deleted", name, &detail).await?;
            }
            is_gone
        })?;
        if is_gone {
            return Ok(existed);
        }
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
}

/// The job: done twice it does nothing more.
pub(crate) async fn delete_branches(app: &App, job: &Job) -> Result<(), Error> {
    let asked: BranchesToDelete = serde_json::from_value(job.payload.clone()).map_err(Error::internal)?;
    let principal = Principal { tenant: job.tenant, name: asked.actor.into() };
    for branch in &asked.branches {
        let branch = BranchName::parse(branch.as_str()).map_err(Error::internal)?;
        delete_branch(app, &principal, (asked.pacticipant, &asked.name), &branch).await?;
    }
    let mut db = app.db.acquire().await?;
    jobs::finish(&mut db, job).await?;
    Ok(())
}

fn is_last(batch: usize) -> bool {
    i64::try_from(batch).is_ok_and(|batch| batch < BATCH)
}
