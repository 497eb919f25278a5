//! The contracts that the map and the board are made of.

use std::sync::Arc;

use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::ids::TenantId;
use crate::integrations::store::{self, Promise};
use crate::kept::Kept;

/// By tenant and environment; without one, the latest of each pair.
#[derive(Clone, Default)]
pub(crate) struct Promises(Kept<(TenantId, Option<Uuid>), Vec<Promise>>);

impl Promises {
    pub(super) async fn read(
        app: &App,
        db: &mut PgConnection,
        tenant: TenantId,
        environment: Option<Uuid>,
    ) -> sqlx::Result<Arc<Vec<Promise>>> {
        let key = (tenant, environment);
        if let Some(kept) = app.promises.0.find(&key, app.now()) {
            return Ok(kept);
        }
        let started = app.now();
        let promises = match environment {
            None => store::list_latest_promises(db, tenant).await?,
            Some(environment) => store::list_promises_in(db, tenant, environment).await?,
        };
        Ok(app.promises.0.put(key, promises, started, app.now()))
    }
}
