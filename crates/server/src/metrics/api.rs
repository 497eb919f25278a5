//! HTTP of metrics.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex;

use super::{store, view};
use crate::app::App;
use crate::edge::{Error, Hal, Principal};
use crate::ids::TenantId;

/// What takes no longer is counted for each who asks.
const QUICK: TimeDelta = TimeDelta::milliseconds(500);

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/metrics", get(show))
}

/// What was counted last. Only to spare the database: nothing goes wrong when it is lost.
#[derive(Clone, Default)]
pub(crate) struct LastCounted(Arc<Mutex<HashMap<TenantId, Counted>>>);

struct Counted {
    metrics: String,
    fresh_until: DateTime<Utc>,
}

async fn show(State(app): State<App>, principal: Principal) -> Result<Hal, Error> {
    // Held while counting: who asks meanwhile waits for the same answer.
    let mut last_counted = app.last_counted.0.lock().await;
    let began = app.now();
    if let Some(last) = last_counted.get(&principal.tenant).filter(|last| began < last.fresh_until) {
        return Ok(Hal::text(last.metrics.clone()));
    }
    let metrics = count(&app, principal.tenant, began).await?;
    let ended = app.now();
    let counted = Counted { metrics: metrics.clone(), fresh_until: ended + fresh_for(ended - began) };
    last_counted.insert(principal.tenant, counted);
    Ok(Hal::text(metrics))
}

async fn count(app: &App, tenant: TenantId, now: DateTime<Utc>) -> Result<String, Error> {
    let mut db = app.read().await?;
    let pacticipants = store::count_pacticipants(&mut db, tenant).await?;
    let contracts = store::count_contracts(&mut db, tenant).await?;
    let results = store::count_results(&mut db, tenant).await?;
    let places = store::count_places(&mut db, tenant).await?;
    let webhooks = store::count_webhooks(&mut db, tenant).await?;
    let queue = store::count_queue(&mut db, tenant, now).await?;
    drop(db);

    let metrics = view::Metrics::of(&pacticipants, &contracts, &results, &places, &webhooks, &queue, now);
    serde_json::to_string(&metrics).map_err(Error::internal)
}

/// So that the database counts for no more than a hundredth of the time, however often somebody asks.
fn fresh_for(took: TimeDelta) -> TimeDelta {
    if took <= QUICK { TimeDelta::zero() } else { took * 100 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_quickly_is_counted_anew() {
        assert_eq!(fresh_for(TimeDelta::milliseconds(500)), TimeDelta::zero());
    }

    #[test]
    fn what_takes_long_is_counted_seldom() {
        assert_eq!(fresh_for(TimeDelta::seconds(6)), TimeDelta::minutes(10));
    }
}
