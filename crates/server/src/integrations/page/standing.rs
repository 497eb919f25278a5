//! How each version in an environment gets on with the others there.

use std::collections::HashMap;

use sqlx::PgConnection;
use uuid::Uuid;

use super::scene::{verdict, worse};
use crate::ids::TenantId;
use crate::integrations::store;
use crate::ui::parts::Verdict;

/// By environment, pacticipant and version, the worst of all contracts that it has there, on either side. Who has none is not
/// in it.
pub(crate) async fn list_standings_in(
    db: &mut PgConnection,
    tenant: TenantId,
    environments: &[Uuid],
) -> sqlx::Result<HashMap<Uuid, HashMap<(i64, String), Verdict>>> {
    let mut all: HashMap<Uuid, HashMap<(i64, String), Verdict>> = HashMap::new();
    for promise in store::list_promises_in(db, tenant, environments).await? {
        let Some(environment) = promise.environment else { continue };
        let standings = all.entry(environment).or_default();
        let found = verdict(&promise);
        let consumer = (promise.consumer, promise.consumer_version);
        let provider = promise.provider_version.map(|number| (promise.provider, number));
        for side in [Some(consumer), provider].into_iter().flatten() {
            let known = standings.get(&side).copied();
            standings.extend(worse(known, found).map(|worst| (side, worst)));
        }
    }
    Ok(all)
}
