//! The contracts that the map and the board are made of.

use std::sync::Arc;

use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::ids::TenantId;
use crate::integrations::store::{self, Promise};
use crate::kept::Kept;

/// By tenant and environments; without any, the latest of each pair.
#[derive(Clone, Default)]
pub(crate) struct Promises(Kept<(TenantId, Option<Vec<Uuid>>), Vec<Promise>>);

impl Promises {
    pub(super) async fn read(
        app: &App,
        db: &mut PgConnection,
        tenant: TenantId,
        environments: Option<Vec<Uuid>>,
    ) -> sqlx::Result<Arc<Vec<Promise>>> {
        let key = (tenant, environments);
        if let Some(kept) = app.promises.0.find(&key, app.now()) {
            return Ok(kept);
        }
        let started = app.now();
        let promises = match &key.1 {
            None => store::list_latest_promises(db, tenant).await?,
            Some(environments) => store::list_promises_in(db, tenant, environments).await?,
        };
        Ok(app.promises.0.put(key, promises, started, app.now()))
    }
}
