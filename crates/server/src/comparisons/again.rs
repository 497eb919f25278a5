//! The job that compares what could not be compared when it was published or its settings changed.

use serde_json::{Value, json};

use super::settle::postpone_uncompared;
use super::store;
use super::store::matters::{list_documents, list_pairs_of_contracts, list_pairs_of_document};
use crate::app::App;
use crate::edge::{BaseUrl, Error};
use crate::ids::{ContentId, PacticipantId, TenantId};
use crate::jobs::{self, Job, Kind};

/// What was to be compared with what matters on the other side.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unsettled<'a> {
    Contracts(&'a [ContentId]),
    Document(i64),
    /// All documents of a provider that matter.
    Provider(PacticipantId),
}

/// What was published is so whatever comes of comparing it. So nobody is refused; a job tries again, and who asks before that
/// finds it not yet compared and does it.
pub(super) async fn try_again(app: &App, tenant: TenantId, base: &BaseUrl, what: Unsettled<'_>, error: &Error) {
    super::warn(error);
    let payload = match what {
        Unsettled::Contracts(contents) => json!({"contracts": store::plain(contents)}),
        Unsettled::Document(document) => json!({"document": document}),
        Unsettled::Provider(provider) => json!({"provider": provider.0}),
    };
    let written = async {
        let mut payload = payload;
        payload["base"] = base.as_str().into();
        let mut tx = app.db.begin().await?;
        jobs::enqueue(&mut tx, app, tenant, Kind::Settlement, "comparison", &payload).await?;
        tx.commit().await?;
        app.jobs_written.notify_waiters();
        Ok::<_, Error>(())
    };
    if let Err(error) = written.await {
        super::warn(&error);
    }
}

/// Writes a job for each pair that is still not compared.
pub(crate) async fn settle_again(app: &App, job: &Job) -> Result<(), Error> {
    let payload = &job.payload;
    let base = BaseUrl(payload["base"].as_str().unwrap_or_default().to_owned());
    let mut tx = app.db.begin().await?;
    let mut pairs = Vec::new();
    if let Value::Array(contents) = &payload["contracts"] {
        let contents: Vec<i64> = contents.iter().filter_map(Value::as_i64).collect();
        pairs.extend(list_pairs_of_contracts(&mut tx, job.tenant, &contents).await?);
    }
    let mut documents: Vec<i64> = payload["document"].as_i64().into_iter().collect();
    if let Some(provider) = payload["provider"].as_i64() {
        documents.extend(list_documents(&mut tx, job.tenant, PacticipantId(provider)).await?);
    }
    for document in documents {
        pairs.extend(list_pairs_of_document(&mut tx, job.tenant, document).await?);
    }
    postpone_uncompared(&mut tx, app, job.tenant, &base, &pairs).await?;
    if jobs::finish(&mut tx, job).await? {
        tx.commit().await?;
        app.jobs_written.notify_waiters();
    }
    Ok(())
}
