//! What contracts expect where a run tells what was answered: looked up in their content when it is read.

use std::collections::BTreeSet;

use pactolus_domain::content::ContentSha;
use pactolus_domain::evidence::{Named, expected};
use pactolus_domain::names::PacticipantName;
use serde_json::value::RawValue;
use sqlx::PgConnection;

use super::store::{self, Content};
use super::upload::Interaction;
use crate::edge::Error;
use crate::ids::TenantId;

/// Contents that are read at once: each may have megabytes.
const AT_ONCE: usize = 20;

/// What is expected of an interaction.
pub(super) enum Expected {
    /// As JSON, numbers as they were published.
    Known(Box<RawValue>),
    /// The contract is here, and it cannot be told what it expects. Says why.
    Unclear(String),
    /// There is no such contract. Says why.
    NoContract(String),
}

/// In the order of the interactions.
pub(super) async fn find(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: &PacticipantName,
    interactions: &[Interaction],
) -> Result<Vec<Expected>, Error> {
    let mut found: Vec<Expected> = interactions.iter().map(missing).collect();
    let named = |one: &Interaction| Some((one.consumer.clone(), one.contract.clone()?));
    let wanted: Vec<(String, String)> =
        interactions.iter().filter_map(named).collect::<BTreeSet<_>>().into_iter().collect();
    for some in wanted.chunks(AT_ONCE) {
        let (consumers, shas): (Vec<String>, Vec<String>) = some.iter().cloned().unzip();
        for content in store::find_contents(db, tenant, provider, (&consumers, &shas)).await? {
            let ids = parsed(&content);
            for (interaction, expected) in interactions.iter().zip(&mut found) {
                if interaction.consumer == content.consumer && interaction.contract.as_ref() == Some(&content.sha) {
                    *expected = of(&content, &ids, interaction)?;
                }
            }
        }
    }
    Ok(found)
}

fn missing(interaction: &Interaction) -> Expected {
    Expected::NoContract(match &interaction.contract {
        Some(_) => "the contract is not here: it was deleted, or never published".into(),
        None => "the run does not say which contract it was: it did not come from here".into(),
    })
}

fn parsed(content: &Content) -> Vec<ContentSha> {
    content.interaction_ids.iter().filter_map(|id| ContentSha::parse(id.as_str()).ok()).collect()
}

fn of(content: &Content, ids: &[ContentSha], interaction: &Interaction) -> Result<Expected, Error> {
    let named = Named { id: interaction.id.as_deref(), description: &interaction.description };
    match expected(&content.text, ids, named) {
        Ok(text) => RawValue::from_string(text).map(Expected::Known).map_err(Error::internal),
        Err(why) => Ok(Expected::Unclear(why.to_string())),
    }
}
