//! Telling that can-i-deploy did not say yes: once for a question as long as its answer stays the same.

use pactolus_domain::gate::{Kind, Reason};
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
    let versions = answer.specified_versions();
    // Whoever may ask could write any number of events with versions that do not exist.
    if versions.is_empty() {
        return Ok(());
    }
    let in_the_way: Vec<&Reason> = answer.reasons.iter().filter(|reason| stands_in_the_way(reason.kind)).collect();
    let reasons: Vec<String> = in_the_way.iter().map(|reason| reason.with_fix()).collect();
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
    let key = key(&versions, environment, answer.verdict.deployable, &in_the_way);
    if app.told_refusals.contains(tenant, &key, app.now()) {
        return Ok(());
    }
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
        once: Some(key.clone()),
    };
    let mut tx = app.db.begin().await?;
    let is_news = webhooks::tell_of(&mut tx, app, tenant, base, happened).await?;
    tx.commit().await?;
    app.told_refusals.remember(tenant, key, app.now());
    if is_news {
        app.jobs_written.notify_waiters();
    }
    Ok(())
}

fn stands_in_the_way(kind: Kind) -> bool {
    !matches!(kind, Kind::Verified | Kind::Ignored | Kind::NoDependencies)
}

/// What makes one refusal another one than before: not how it was asked for, and not how long ago something was.
fn key(
    versions: &[(String, String)],
    environment: Option<&str>,
    deployable: Option<bool>,
    reasons: &[&Reason],
) -> Vec<u8> {
    let mut digest = Sha256::new();
    let mut add = |part: &str| {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    };
    for (name, version) in versions {
        add(name);
        add(version);
    }
    add(environment.unwrap_or_default());
    add(&format!("{deployable:?}"));
    for reason in reasons {
        add(reason.kind.as_str());
        add(&reason.text);
    }
    digest.finalize().to_vec()
}
