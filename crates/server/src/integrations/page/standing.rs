//! How each version in an environment gets on with the others there.

use std::collections::HashMap;

use sqlx::PgConnection;
use uuid::Uuid;

use super::promises::Promises;
use super::scene::{verdict, worse};
use crate::app::App;
use crate::ids::TenantId;
use crate::ui::parts::Verdict;

/// By environment, pacticipant and version, the worst of all contracts that it has there, on either side. Who has none is not
/// in it.
pub(crate) async fn list_standings_in(
    app: &App,
    db: &mut PgConnection,
    tenant: TenantId,
    environments: Vec<Uuid>,
) -> sqlx::Result<HashMap<Uuid, HashMap<(i64, String), Verdict>>> {
    let mut all: HashMap<Uuid, HashMap<(i64, String), Verdict>> = HashMap::new();
    for promise in Promises::read(app, db, tenant, Some(environments)).await?.iter() {
        let Some(environment) = promise.environment else { continue };
        let standings = all.entry(environment).or_default();
        let found = verdict(promise);
        let consumer = (promise.consumer, promise.consumer_version.clone());
        let provider = promise.provider_version.clone().map(|number| (promise.provider, number));
        for side in [Some(consumer), provider].into_iter().flatten() {
            let known = standings.get(&side).copied();
            standings.extend(worse(known, found).map(|worst| (side, worst)));
        }
    }
    Ok(all)
}
