//! Contracts that are held against what providers offer: what was found, and what is still to be compared for an answer.

use std::collections::BTreeMap;

use pactolus_domain::gate::{Comparison, Finding, Question};
use sqlx::PgConnection;

use super::ask::Answer;
use crate::app::App;
use crate::comparisons;
use crate::edge::{BaseUrl, Error};
use crate::ids::TenantId;

/// The worst finding of each row whose contract does not fit, or is not known to. One statement, and none when there is
/// no such row.
pub(super) async fn find_findings(
    db: &mut PgConnection,
    tenant: TenantId,
    question: &Question,
) -> Result<BTreeMap<(i64, i64), Finding>, Error> {
    let wanted =
        versions(question, |comparison| matches!(comparison, Comparison::Incompatible | Comparison::Undecided));
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    list_findings(db, tenant, &wanted).await
}

/// The worst finding of each pair of consumer and provider version whose comparison does not say yes.
pub(super) async fn list_findings(
    db: &mut PgConnection,
    tenant: TenantId,
    versions: &[(i64, i64)],
) -> Result<BTreeMap<(i64, i64), Finding>, Error> {
    let mut findings = BTreeMap::new();
    for worst in comparisons::list_worst(db, tenant, versions).await? {
        let kept: comparisons::Finding = serde_json::from_str(&worst.finding).map_err(Error::internal)?;
        let finding = Finding {
            code: kept.code,
            message: kept.message,
            interaction: kept.interaction,
            in_contract: kept.contract.map(|spot| spot.pointer),
            in_document: kept.document.map(|spot| spot.pointer),
            fix_by: kept.fix_by,
            edit: kept.edit,
            others: usize::try_from(worst.errors.saturating_sub(1)).unwrap_or(0),
        };
        findings.insert((worst.consumer_version_id, worst.provider_version_id), finding);
    }
    Ok(findings)
}

/// Compares what an answer waits for. Returns whether it should be asked again.
pub(super) async fn settle(app: &App, tenant: TenantId, base: &BaseUrl, answer: &Answer) -> bool {
    let pending = versions(&answer.question, |comparison| comparison == Comparison::Pending);
    if pending.is_empty() {
        return false;
    }
    match comparisons::settle_versions(app, tenant, base, &pending).await {
        Ok(()) => true,
        Err(error) => {
            comparisons::warn(&error);
            false
        }
    }
}

/// Consumer and provider versions of rows whose comparison is so.
fn versions(question: &Question, is_wanted: impl Fn(Comparison) -> bool) -> Vec<(i64, i64)> {
    let wanted = question.rows.iter().filter(|row| row.offer.is_some_and(|offer| is_wanted(offer.comparison)));
    wanted.filter_map(|row| Some((row.consumer_version.key, row.provider_version.as_ref()?.key))).collect()
}
