//! Holding contracts of versions that are only assumed against what providers offer: those that are kept as always, those
//! that were sent along for this answer alone.

use pactolus_domain::gate::{Comparison, Row};

use super::super::ask::Answer;
use super::super::compared::settle;
use super::ask::ask;
use super::body::{Contracts, Hypothesis};
use super::state::ComparedForNow;
use crate::app::App;
use crate::comparisons;
use crate::edge::{BaseUrl, Error};
use crate::ids::{TenantId, VersionId};

/// The answer, for which what it needs and nobody has compared yet is compared.
pub(crate) async fn ask_settled(
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    hypothesis: &Hypothesis,
) -> Result<Answer, Error> {
    let mut tx = app.read().await?;
    let answer = ask(&mut tx, tenant, (hypothesis, &[]), app.now()).await?;
    drop(tx);
    let is_settled = settle(app, tenant, base, &answer).await;
    let compared = compare(app, tenant, base, hypothesis, &answer).await?;
    if !is_settled && compared.is_empty() {
        return Ok(answer);
    }
    let mut tx = app.read().await?;
    ask(&mut tx, tenant, (hypothesis, &compared), app.now()).await
}

/// What came of those that the answer waits for.
async fn compare(
    app: &App,
    tenant: TenantId,
    base: &BaseUrl,
    hypothesis: &Hypothesis,
    answer: &Answer,
) -> Result<Vec<ComparedForNow>, Error> {
    let until = comparisons::until(app);
    let mut compared = Vec::new();
    let waits = |row: &&Row| row.offer.is_some_and(|offer| offer.comparison == Comparison::Pending);
    for row in answer.question.rows.iter().filter(waits).filter(|row| row.consumer_version.is_assumed()) {
        let Some(version) = row.provider_version.as_ref().map(|version| VersionId(version.key)) else { continue };
        let kept = (row.consumer.as_str(), row.sha.as_str());
        let comparison = match comparisons::find_settled(app, tenant, base, version, kept).await? {
            Some(shown) => Some(shown.comparison()),
            None => match text(hypothesis, row) {
                Some(text) => comparisons::compare_for_now(app, tenant, version, text, until).await?,
                None => None,
            },
        };
        compared.extend(comparison.map(|comparison| ComparedForNow {
            consumer: row.consumer.clone(),
            provider: row.provider.clone(),
            sha: row.sha.clone(),
            provider_version: version.0,
            comparison,
        }));
    }
    Ok(compared)
}

/// The contract as it was sent along.
fn text<'h>(hypothesis: &'h Hypothesis, row: &Row) -> Option<&'h str> {
    let given = hypothesis.versions.iter().filter_map(|one| match &one.contracts {
        Contracts::Given(given) if one.pacticipant == row.consumer => Some(given),
        _ => None,
    });
    given.flatten().find(|one| one.sha == row.sha && one.provider == row.provider)?.text.as_deref()
}
