//! Publishing a result: the provider version, the result, and what follows from it, in one transaction.

use std::time::Duration;

use chrono::TimeDelta;
use pactolus_domain::metadata::Metadata;
use pactolus_domain::names::{NameError, PacticipantName, VersionNumber};
use pactolus_domain::problem::{Problem, Problems};
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::store::{self, ContentRef, NewResult, Recorded, Shown};
use crate::app::App;
use crate::audit;
use crate::edge::{BaseUrl, Error, Principal, has_nul};
use crate::versions;
use crate::webhooks::{self, VerificationEvent};

/// Clients repeat a request whose answer was lost; within this time the same result counts once.
const RETRY_WITHIN: Duration = Duration::from_mins(5);

/// A result as a client publishes it.
pub(super) struct ResultToPublish {
    provider_version: VersionNumber,
    success: bool,
    build_url: Option<String>,
    test_results: Option<String>,
    verified_by: Option<Value>,
}

/// What the result is about: content, and the consumer versions it was fetched for.
pub(super) struct Subject<'a> {
    pub(super) consumer: &'a PacticipantName,
    pub(super) provider: &'a PacticipantName,
    pub(super) sha: &'a str,
    pub(super) content: ContentRef,
    pub(super) metadata: Metadata,
}

/// What came of publishing a result.
pub(super) struct Published {
    pub(super) shown: Shown,
    /// Whether it is new, and told.
    pub(super) is_told: bool,
}

/// Records the result.
pub(super) async fn publish(
    db: &mut PgConnection,
    app: &App,
    principal: &Principal,
    base: &BaseUrl,
    subject: &Subject<'_>,
    result: &ResultToPublish,
) -> Result<Published, Error> {
    let tenant = principal.tenant;
    let now = app.now();
    let provider = subject.content.provider_id;
    let provider_version = versions::ensure_version(db, tenant, provider, &result.provider_version, None, now).await?;
    let consumer_versions: Vec<String> =
        subject.metadata.consumer_version_numbers().iter().map(ToString::to_string).collect();
    let new = NewResult {
        content: subject.content.id,
        provider_version,
        success: result.success,
        build_url: result.build_url.as_deref(),
        test_results: result.test_results.as_deref(),
        verified_by: result.verified_by.as_ref(),
        consumer_version_numbers: &consumer_versions,
        wip: subject.metadata.wip,
        pending: subject.metadata.pending,
    };
    let since = now - TimeDelta::from_std(RETRY_WITHIN).unwrap_or_default();
    if let Some(number) = store::find_same(db, tenant, &new, since).await? {
        let before = store::find_result(db, tenant, subject.content.id, Some(number)).await?;
        return Ok(Published { shown: before.ok_or(Error::NotFound)?, is_told: false });
    }
    let Recorded { number, has_evidence } = store::record_result(db, tenant, &new, now).await?;
    let name = format!("{} {} {}", subject.provider, result.provider_version, subject.consumer);
    let detail = json!({"sha": subject.sha, "success": result.success, "number": number});
    audit::record(db, app, principal, "verification.published", &name, &detail).await?;
    let event = VerificationEvent {
        consumer_id: subject.content.consumer_id,
        provider_id: subject.content.provider_id,
        content_id: subject.content.id,
        consumer: subject.consumer.as_str(),
        provider: subject.provider.as_str(),
        consumer_versions: &consumer_versions,
        sha: subject.sha,
        provider_version_id: provider_version.id,
        provider_version: result.provider_version.as_str(),
        number,
        success: result.success,
        build_url: result.build_url.as_deref(),
    };
    webhooks::tell_of_verification(db, app, tenant, base, &event).await?;
    // Last, so that nobody waits for something while holding it.
    store::touch_integration(db, tenant, (subject.content.consumer_id, provider), now).await?;
    let shown = Shown {
        number,
        consumer: subject.consumer.to_string(),
        provider: subject.provider.to_string(),
        provider_version_id: provider_version.id,
        provider_version: result.provider_version.to_string(),
        sha: subject.sha.to_string(),
        consumer_version: subject.content.consumer_version.clone(),
        success: result.success,
        build_url: result.build_url.clone(),
        test_results: result.test_results.clone(),
        verified_by: result.verified_by.clone(),
        created_at: now,
        has_evidence,
    };
    Ok(Published { shown, is_told: true })
}

impl ResultToPublish {
    pub(super) fn parse(body: &Value) -> Result<Self, Problems> {
        let mut problems = Problems::none();
        let success = problems.note(match body.get("success") {
            None => Err(Problem::at("success", "is missing")),
            Some(Value::Bool(success)) => Ok(*success),
            Some(_) => Err(Problem::at("success", "must be boolean")),
        });
        let provider_version = problems.note(provider_version(body));
        let build_url = problems.note(build_url(body)).flatten();
        let test_results = body.get("testResults").filter(|results| !results.is_null()).map(Value::to_string);
        let verified_by = body.get("verifiedBy").filter(|by| by.is_object()).cloned();
        if verified_by.as_ref().is_some_and(has_nul) {
            problems.push(Problem::at("verifiedBy", NameError::Nul.to_string()));
        }
        match (success, provider_version) {
            (Some(success), Some(provider_version)) if problems.is_empty() => {
                Ok(Self { provider_version, success, build_url, test_results, verified_by })
            }
            _ => Err(problems),
        }
    }
}

fn provider_version(body: &Value) -> Result<VersionNumber, Problem> {
    let field = "providerApplicationVersion";
    match body.get(field) {
        None => Err(Problem::at(field, "is missing")),
        Some(Value::String(text)) => VersionNumber::parse(text).map_err(|error| Problem::at(field, error.to_string())),
        Some(_) => Err(Problem::at(field, "must be a string")),
    }
}

fn build_url(body: &Value) -> Result<Option<String>, Problem> {
    let field = "buildUrl";
    match body.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if may_be_followed(text) => Ok(Some(text.clone())),
        Some(Value::String(_)) => Err(Problem::at(field, "is not a valid URL eg. http://example.org")),
        Some(_) => Err(Problem::at(field, "must be a string")),
    }
}

/// An address of the web, or a relative one, which builds send as well (`jobs/17`) and the Pact Broker takes.
pub(crate) fn may_be_followed(text: &str) -> bool {
    match url::Url::parse(text) {
        Ok(url) => matches!(url.scheme(), "http" | "https") && url.has_host() && !text.contains('\0'),
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control())
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_urls_lead_somewhere_on_the_web() {
        for url in ["https://ci.example.org/17", "http://ci", "jobs/17", "/jobs/17", "nope"] {
            assert!(may_be_followed(url), "{url}");
        }
        for text in ["", "a b", "javascript:alert(1)", "http://", "https://ci/\0", "one\ntwo"] {
            assert!(!may_be_followed(text), "{text:?}");
        }
    }
}
