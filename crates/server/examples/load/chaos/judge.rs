//! What came of it: what was due and never arrived, what arrived and was never due, what came out of order, how late.

use std::collections::{BTreeMap, HashMap, HashSet};

use sqlx::postgres::PgPool;
use uuid::Uuid;

use super::publisher::Acknowledged;
use super::receivers::{Kind, Receivers, Taken};
use crate::Result;
use crate::table::{Table, figure};

/// Late is what a person would notice.
const MOST_MEDIAN_SECONDS: f64 = 1.0;

/// Prints a table, and fails when a promise is broken.
pub(super) async fn judge(pool: &PgPool, receivers: &Receivers, acknowledged: &Acknowledged) -> Result<()> {
    let rows: Vec<(Uuid, String, i64, String)> =
        sqlx::query_as("select id, webhook_id, verification_number, status from webhook_delivery where tenant_id = 1")
            .fetch_all(pool)
            .await?;
    let mut written: BTreeMap<&str, HashMap<Uuid, (i64, &str)>> = BTreeMap::new();
    for (id, webhook, number, status) in &rows {
        written.entry(webhook).or_default().insert(*id, (*number, status));
    }
    let acknowledged = acknowledged.numbers();
    let mut broken = Vec::new();
    let mut table = Table::of(
        "receiver",
        &["due", "arrived", "lost", "invented", "again", "out of order", "median s", "p95 s", "last s"],
    );
    let mut healthy = Vec::new();
    for (id, kind, taken) in receivers.iter() {
        let due = written.remove(id.as_str()).unwrap_or_default();
        let numbers: HashSet<i64> = due.values().map(|(number, _)| *number).collect();
        let unwritten = acknowledged.iter().filter(|number| !numbers.contains(number)).count();
        let arrived: HashSet<Uuid> = taken.iter().map(|one| one.delivery).collect();
        // Nobody can tell a dead one: nothing is lost as long as nothing says that it was told.
        let lost = if kind.is_dead() {
            due.values().filter(|(_, status)| *status == "success").count()
        } else {
            due.keys().filter(|id| !arrived.contains(id)).count()
        };
        let invented = arrived.iter().filter(|id| !due.contains_key(id)).count();
        let disorder = if kind == Kind::InOrder { out_of_order(&taken) } else { 0 };
        let delays = delays(&taken);
        if matches!(kind, Kind::Healthy | Kind::InOrder) {
            healthy.extend(delays.iter().copied());
        }
        if unwritten + lost + invented + disorder > 0 {
            broken.push(format!("{id}: {unwritten} never written, {lost} lost, {invented} invented, {disorder} late"));
        }
        let at = |share: f64| percentile(&delays, share).map_or("-".into(), figure);
        table.add([
            format!("{id} {kind:?}"),
            due.len().to_string(),
            arrived.len().to_string(),
            (unwritten + lost).to_string(),
            invented.to_string(),
            (taken.len() - arrived.len()).to_string(),
            disorder.to_string(),
            at(0.5),
            at(0.95),
            at(1.0),
        ]);
    }
    println!("{table}");
    healthy.sort_by(f64::total_cmp);
    let median = percentile(&healthy, 0.5).unwrap_or(f64::INFINITY);
    println!("{} acknowledged; median delay of healthy receivers {} s", acknowledged.len(), figure(median));
    if median > MOST_MEDIAN_SECONDS {
        broken.push(format!("the median delay is {median} s"));
    }
    if broken.is_empty() { Ok(()) } else { Err(broken.join("\n").into()) }
}

/// Of each consumer, results that arrived for the first time after a later one.
fn out_of_order(taken: &[Taken]) -> usize {
    let mut seen = HashSet::new();
    let mut last: HashMap<&str, i64> = HashMap::new();
    let mut disorder = 0;
    for one in taken.iter().filter(|one| seen.insert(one.delivery)) {
        let last = last.entry(&one.consumer).or_insert(i64::MIN);
        disorder += usize::from(one.number < *last);
        *last = one.number.max(*last);
    }
    disorder
}

/// From the event, whose time the delivery's id begins with, to the first arrival: in seconds, sorted.
fn delays(taken: &[Taken]) -> Vec<f64> {
    let mut seen = HashSet::new();
    let first = taken.iter().filter(|one| seen.insert(one.delivery));
    let mut delays: Vec<f64> = first
        .map(|one| {
            let began = u64::try_from(one.delivery.as_u128() >> 80).unwrap_or(0);
            std::time::Duration::from_millis(one.at_millis.saturating_sub(began)).as_secs_f64()
        })
        .collect();
    delays.sort_by(f64::total_cmp);
    delays
}

fn percentile(sorted: &[f64], share: f64) -> Option<f64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place")]
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(place.max(1) - 1).copied()
}
