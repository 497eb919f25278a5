//! Missing results that were asked for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use pactolus_domain::gate::{Question, Requested, provider_in_question};
use sqlx::PgConnection;

use super::rows::MatrixRow;
use super::store::Resolution;
use crate::ids::TenantId;
use crate::verification_requests::{self, Missing};

/// One statement, and none when no row lacks its result.
pub(super) async fn find_requested(
    db: &mut PgConnection,
    tenant: TenantId,
    question: &Question,
    resolution: &Resolution,
    rows: &[MatrixRow],
    now: DateTime<Utc>,
) -> sqlx::Result<BTreeMap<(i64, i64), Requested>> {
    let providers: HashMap<&str, i64> =
        resolution.pairs.iter().map(|pair| (pair.provider.as_str(), pair.provider_id)).collect();
    let missing = rows.iter().filter(|one| one.row.success.is_none()).filter_map(|MatrixRow { row, .. }| {
        Some(Missing {
            consumer_version: row.consumer_version.key,
            provider: *providers.get(row.provider.as_str())?,
            provider_version: provider_in_question(question, row)?.key,
        })
    });
    let missing: BTreeSet<Missing> = missing.collect();
    if missing.is_empty() {
        return Ok(BTreeMap::new());
    }
    verification_requests::list_requested(db, tenant, &missing, now).await
}
