//! The audit log: who did what, written in the transaction of the change.

mod store;

use serde_json::Value;
use sqlx::PgConnection;

use crate::app::App;
use crate::edge::Principal;

/// Appends an event. `action` is `thing.done`; `subject` names the thing as people do: `contract shop 1 stock`.
pub(crate) async fn record(
    db: &mut PgConnection,
    app: &App,
    principal: &Principal,
    action: &str,
    subject: &str,
    detail: &Value,
) -> sqlx::Result<()> {
    store::insert_event(db, principal.tenant, app.new_id(), &principal.name, action, subject, detail, app.now()).await
}
