//! Telling that can-i-deploy did not say yes: once for a question as long as its answer stays the same.

use pactolus_domain::gate::Reason;
use pactolus_domain::webhook::WebhookEvent;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::ask::Answer;
use super::query::Query;
use crate::app::App;
use crate::edge::{BaseUrl, Error, Principal, without_nulls};
use crate::webhooks::{self, Happened};

/// Of the reasons so many are told.
const MOST_REASONS: usize = 20;

/// `question` is its path and query.
pub(super) async fn tell(
    app: &App,
    principal: &Principal,
    base: &BaseUrl,
    answer: &Answer,
    query: &Query,
    question: &str,
) -> Result<(), Error> {
    let tenant = principal.tenant;
    let reasons: Vec<String> = answer.reasons.iter().map(Reason::with_fix).collect();
    let key = key(question, answer.verdict.deployable, &reasons);
    let mut tx = app.db.begin().await?;
    let versions = answer.specified_versions();
    let about: Vec<&str> = versions.iter().map(|(name, _)| name.as_str()).collect();
    let environment = query.destination_environment();
    let subject: Vec<&str> = versions.iter().map(|(name, _)| name.as_str()).chain(environment).collect();
    let shown = &reasons[..reasons.len().min(MOST_REASONS)];
    let named: Vec<Value> = versions.iter().map(|(name, version)| json!({"name": name, "version": version})).collect();
    let data = without_nulls(json!({
        "pacticipants": named,
        "environment": environment.map(|name| json!({"name": name})),
        "answer": if answer.verdict.deployable == Some(false) { "no" } else { "unknown" },
        "reasons": shown,
        "url": format!("{}{question}", base.as_str()),
    }));
    let (name, version) = versions.first().cloned().unwrap_or_default();
    let in_lines = shown.join("\n");
    let happened = Happened {
        name: WebhookEvent::CanIDeployRefused,
        pacticipants: &about,
        subject: subject.join("/"),
        data,
        values: vec![
            ("pacticipantName", &name),
            ("pacticipantVersionNumber", &version),
            ("environmentName", environment.unwrap_or_default()),
            ("reasons", &in_lines),
        ],
        once: Some(key),
    };
    webhooks::tell_of(&mut tx, app, tenant, base, happened).await?;
    tx.commit().await?;
    app.jobs_written.notify_waiters();
    Ok(())
}

fn key(question: &str, deployable: Option<bool>, reasons: &[String]) -> Vec<u8> {
    let mut digest = Sha256::new();
    for part in [question, &format!("{deployable:?}")].into_iter().chain(reasons.iter().map(String::as_str)) {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    digest.finalize().to_vec()
}
