//! What needs attention: applications that can't go, results that are missing, webhooks that are dead.

use std::collections::BTreeSet;

use sqlx::PgConnection;

use super::overview::{Overview, Standing};
use super::store::{self, DeadWebhook, Detail, Edge};
use crate::edge::Error;
use crate::ids::TenantId;

/// Shown of each group.
const SHOWN: usize = 10;

pub(super) struct Attention<'o> {
    /// One for each application that can't go, by its latest failure.
    pub(super) failed: Group<Concern<'o>>,
    /// One for each pair without a result.
    pub(super) missing: Group<Concern<'o>>,
    pub(super) dead: Group<DeadWebhook>,
}

pub(super) struct Group<T> {
    pub(super) shown: Vec<T>,
    pub(super) total: usize,
}

/// A contract that stands in the way of a head.
pub(super) struct Concern<'o> {
    pub(super) head: &'o Standing,
    pub(super) consumer: &'o Standing,
    pub(super) provider: &'o Standing,
    pub(super) edge: &'o Edge,
    pub(super) detail: Detail,
}

impl Concern<'_> {
    /// Whether it is the provider's head that the contract is about.
    pub(super) fn is_of_provider(&self) -> bool {
        self.head.application.id == self.provider.application.id
    }
}

impl Attention<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.failed.total + self.missing.total + self.dead.total == 0
    }
}

pub(super) async fn read<'o>(
    db: &mut PgConnection,
    tenant: TenantId,
    overview: &'o Overview,
) -> Result<Attention<'o>, Error> {
    let mut failed: Vec<&Edge> = Vec::new();
    let mut missing: Vec<&Edge> = Vec::new();
    let (mut applications, mut pairs) = (BTreeSet::new(), BTreeSet::new());
    for edge in &overview.edges {
        match edge.success {
            Some(_) if applications.insert(edge.pacticipant_id) => failed.push(edge),
            None if pairs.insert((edge.consumer_id, edge.provider_id)) => missing.push(edge),
            _ => {}
        }
    }
    let totals = (failed.len(), missing.len());
    failed.truncate(SHOWN);
    missing.truncate(SHOWN);
    let shown: Vec<&Edge> = failed.iter().chain(&missing).copied().collect();
    let keys: Vec<(i64, i64, Option<i64>)> = shown
        .iter()
        .filter_map(|edge| Some((edge.consumer_version_id?, edge.content_id?, edge.provider_version_id)))
        .collect();
    let details = if keys.is_empty() { Vec::new() } else { store::list_details(db, tenant, &keys).await? };
    let mut concerns = shown.into_iter().zip(details).filter_map(|(edge, detail)| concern(overview, edge, detail));
    let failed: Vec<Concern<'o>> = concerns.by_ref().take(failed.len()).collect();
    let missing: Vec<Concern<'o>> = concerns.collect();
    let mut dead = store::list_dead_webhooks(db, tenant, i64::try_from(SHOWN + 1).unwrap_or(i64::MAX)).await?;
    let dead_total = dead.len();
    dead.truncate(SHOWN);
    Ok(Attention {
        failed: Group { shown: failed, total: totals.0 },
        missing: Group { shown: missing, total: totals.1 },
        dead: Group { shown: dead, total: dead_total },
    })
}

fn concern<'o>(overview: &'o Overview, edge: &'o Edge, detail: Detail) -> Option<Concern<'o>> {
    Some(Concern {
        head: overview.find(edge.pacticipant_id)?,
        consumer: overview.find(edge.consumer_id?)?,
        provider: overview.find(edge.provider_id?)?,
        edge,
        detail,
    })
}
