//! Pacticipants that a publication names: those that are new are created, unless they were probably misspelt.

use pactolus_domain::names::PacticipantName;
use pactolus_domain::similar_names::{similar_names, similar_names_message};
use sqlx::PgConnection;

use super::store;
use crate::app::App;
use crate::edge::{BaseUrl, Error};
use crate::ids::{PacticipantId, TenantId};

/// The ids of the names in their order; or a message for each that is new and looks like an existing one.
pub(crate) async fn introduce(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    names: &[&PacticipantName],
) -> Result<Result<Vec<PacticipantId>, Vec<String>>, Error> {
    let texts: Vec<String> = names.iter().map(ToString::to_string).collect();
    let known = store::list_ids(db, tenant, &texts).await?;
    let id_of = |text: &String| known.iter().find(|(name, _)| name == text).map(|(_, id)| *id);
    if let Some(ids) = texts.iter().map(id_of).collect::<Option<Vec<PacticipantId>>>() {
        return Ok(Ok(ids));
    }
    let mut new = names.to_vec();
    new.retain(|name| !known.iter().any(|(known, _)| known == name.as_str()));
    let messages = list_similar(db, app, tenant, base, new).await?;
    if !messages.is_empty() {
        return Ok(Err(messages));
    }
    Ok(Ok(store::ensure_pacticipants(db, tenant, names, app.now()).await?))
}

async fn list_similar(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    mut new: Vec<&PacticipantName>,
) -> Result<Vec<String>, Error> {
    if !app.settings.check_similar_names {
        return Ok(Vec::new());
    }
    new.sort();
    new.dedup();
    let existing = store::list_names(db, tenant).await?;
    let messages = new.iter().filter_map(|name| {
        let similar = similar_names(name.as_str(), existing.iter().map(String::as_str));
        (!similar.is_empty()).then(|| similar_names_message(name.as_str(), &similar, base.as_str()))
    });
    Ok(messages.collect())
}
