//! Recording a run: version, run, bodies, exchanges, in one transaction.

use std::collections::BTreeSet;

use pactolus_domain::names::{PacticipantName, VersionNumber};
use serde_json::json;
use sqlx::PgConnection;

use super::store::{self, NewRun};
use super::upload::Upload;
use crate::app::App;
use crate::edge::{Error, Principal};
use crate::ids::PacticipantId;
use crate::{audit, versions};

/// Whose answers they are.
pub(super) struct Provider<'a> {
    pub(super) id: PacticipantId,
    pub(super) name: &'a PacticipantName,
    pub(super) version: &'a VersionNumber,
}

/// Records the run. Returns false, and changes nothing, when it is there already.
pub(super) async fn record(
    db: &mut PgConnection,
    app: &App,
    principal: &Principal,
    provider: &Provider<'_>,
    upload: &Upload,
) -> Result<bool, Error> {
    let (tenant, id, now) = (principal.tenant, upload.run.id, app.now());
    // From here on one upload for the version comes after the other: none misses what another says.
    let version = versions::ensure_version(db, tenant, provider.id, provider.version, None, now).await?.id;
    if let Some(before) = store::find_identity(db, tenant, id).await? {
        return if before == (version, upload.digest.to_vec()) { Ok(false) } else { Err(taken(upload)) };
    }
    let conflicts = store::count_conflicts(db, tenant, version, &upload.exchanges).await?;
    let new = NewRun { version, upload, conflicts, uploaded_by: &principal.name };
    let Some(number) = store::insert_run(db, tenant, &new, now).await? else {
        // Another version's, at this moment.
        return Err(taken(upload));
    };
    let held: BTreeSet<Vec<u8>> = store::hold_bodies(db, tenant, &upload.bodies).await?.into_iter().collect();
    store::insert_bodies(db, tenant, upload.bodies.iter().filter(|(sha, _)| !held.contains(sha.as_slice()))).await?;
    store::insert_exchanges(db, tenant, &new, number).await?;
    store::insert_interactions(db, tenant, &new, number).await?;
    let subject = format!("{} {}", provider.name, provider.version);
    let detail = json!({"run": id, "exchanges": upload.exchanges.len()});
    audit::record(db, app, principal, "evidence.uploaded", &subject, &detail).await?;
    Ok(true)
}

fn taken(upload: &Upload) -> Error {
    Error::Conflict(format!(
        "There is a run {} with another content or of another version; each run needs an id of its own",
        upload.run.id
    ))
}
