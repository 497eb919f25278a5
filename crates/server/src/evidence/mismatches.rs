//! What of a provider version's answers is not as a contract expects, for those who show the contract.

use sqlx::PgConnection;

use super::packed::unpack;
use super::store;
use super::upload::Exchange;
use crate::edge::Error;
use crate::ids::{TenantId, VersionId};

/// More exchanges are not looked at.
const MOST: i64 = 50;

/// Something that was answered and not expected.
#[derive(Clone, Debug)]
pub(crate) struct FoundMismatch {
    pub(crate) interaction_id: Option<String>,
    pub(crate) description: String,
    /// As engines call it: `BodyMismatch`.
    pub(crate) kind: String,
    pub(crate) path: Option<String>,
    /// As JSON.
    pub(crate) actual: Option<String>,
    pub(crate) sentence: String,
}

/// Of the version's last run about this content; empty without evidence.
pub(crate) async fn list_mismatches(
    db: &mut PgConnection,
    tenant: TenantId,
    version: VersionId,
    (consumer, sha): (&str, &str),
) -> Result<Vec<FoundMismatch>, Error> {
    let mut found = Vec::new();
    for packed in store::list_failed(db, tenant, version, consumer, sha, MOST).await? {
        let exchange: Exchange =
            serde_json::from_slice(&unpack(&packed).map_err(Error::internal)?).map_err(Error::internal)?;
        let of_contract = |contract: &Option<String>| contract.as_deref() == Some(sha);
        for one in exchange.interactions {
            if one.consumer != consumer || !of_contract(&one.contract) {
                continue;
            }
            let (id, description) = (one.id, one.description);
            found.extend(one.mismatches.into_iter().map(|mismatch| FoundMismatch {
                interaction_id: id.clone(),
                description: description.clone(),
                kind: mismatch.kind,
                path: mismatch.path,
                actual: mismatch.actual.map(|actual| actual.get().to_owned()),
                sentence: mismatch.sentence,
            }));
        }
    }
    Ok(found)
}
