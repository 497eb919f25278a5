//! Evidence: what the provider really answered, one line of JSON for the run and one for each exchange, with all that a
//! later judgement needs: request and states by fingerprint, order, repeats, clock, engine.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::SecondsFormat;
use pactolus_domain::fingerprint::sha256;
use pactolus_judge::{ENGINE, Mismatch, MismatchKind};
use serde_json::{Value, json};

use crate::exchange::{Exchange, Received};
use crate::redaction::Redaction;
use crate::report::{ContractReport, InteractionReport, Result};
use crate::run::Run;

/// What the run does not know about itself.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// The provider version's branch.
    pub branch: Option<String>,
    /// Where the build is to be seen.
    pub build_url: Option<String>,
}

/// The evidence as it is uploaded or kept in a file.
#[must_use]
pub fn evidence(run: &Run, about: &About, redaction: &Redaction) -> String {
    let report = &run.report;
    let head = json!({ "run": {
        "id": report.run_id,
        "provider": report.provider,
        "providerVersion": report.provider_version,
        "branch": about.branch,
        "buildUrl": about.build_url,
        "tool": concat!("pactolus ", env!("CARGO_PKG_VERSION")),
        "engine": ENGINE,
        "startedAt": report.started_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        "redaction": redaction.names(),
    } });
    let mut lines = format!("{head}\n");
    for exchange in &run.exchanges {
        // Writing to a text cannot fail.
        let _ = writeln!(lines, "{}", line(run, exchange, redaction));
    }
    lines
}

fn line(run: &Run, exchange: &Exchange, redaction: &Redaction) -> Value {
    let mut redacted = Vec::new();
    let headers = redaction.headers(&exchange.headers, &mut redacted);
    let body = exchange.body.as_ref().map(|bytes| redaction.body(bytes, &mut redacted));
    let in_request = redacted.len();
    let response = exchange.response.as_ref().map(|received| response_json(received, redaction, &mut redacted));
    let hides_bodies = redacted[in_request..].iter().any(|place| place.starts_with('$'));
    let began = run.report.started_at + exchange.began_after;
    let states = exchange
        .states
        .iter()
        .map(|made| json!({ "name": made.state.name, "params": made.state.params, "values": made.values }));
    let interactions = run.report.interactions().filter(|(_, one)| one.exchange == Some(exchange.sequence));
    let interactions = interactions.map(|(contract, one)| interaction_json(contract, one, redaction, hides_bodies));
    json!({
        "sequence": exchange.sequence,
        "fingerprint": exchange.fingerprint,
        "kind": exchange.kind.as_str(),
        "startedAt": began.to_rfc3339_opts(SecondsFormat::Millis, true),
        "after": exchange.after,
        "request": {
            "method": exchange.method,
            "path": exchange.path,
            "query": exchange.query,
            "headers": headers,
            "addedHeaders": exchange.added_headers,
            "body": body.map(|bytes| body_json(&bytes, false, &exchange.headers)),
        },
        "states": states.collect::<Value>(),
        "outcome": exchange.outcome.as_str(),
        "response": response,
        "durationMs": millis(exchange.duration),
        "stateDurationMs": millis(exchange.state_duration),
        "attempts": exchange.attempts,
        "interactions": interactions.collect::<Value>(),
        "redacted": redacted,
    })
}

fn response_json(received: &Received, redaction: &Redaction, redacted: &mut Vec<String>) -> Value {
    let body = redaction.body(&received.body, redacted);
    json!({
        "status": received.status,
        "headers": redaction.headers(&received.headers, redacted),
        "body": body_json(&body, received.is_truncated, &received.headers),
    })
}

fn body_json(bytes: &Bytes, is_truncated: bool, headers: &[(String, String)]) -> Value {
    let content_type = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let mut body = json!({
        "sha256": sha256(bytes),
        "sizeBytes": bytes.len(),
        "truncated": is_truncated,
        "contentType": content_type.map(|(_, value)| value),
    });
    match std::str::from_utf8(bytes) {
        Ok(text) => body["text"] = text.into(),
        Err(_) => body["base64"] = STANDARD.encode(bytes).into(),
    }
    body
}

fn interaction_json(
    contract: &ContractReport,
    one: &InteractionReport,
    redaction: &Redaction,
    hides_bodies: bool,
) -> Value {
    let (result, mismatches) = match &one.result {
        Result::Passed => ("passed", Vec::new()),
        Result::Failed(mismatches) => {
            ("failed", mismatches.iter().map(|one| mismatch_json(one, redaction, hides_bodies)).collect())
        }
        Result::NotJudged(_) => ("not-judged", Vec::new()),
        Result::NotAsked(_) | Result::Skipped(_) => ("not-asked", Vec::new()),
    };
    json!({
        "consumer": contract.consumer,
        "contract": contract.source.sha,
        "interactionId": one.interaction.id,
        "description": one.interaction.description,
        "pending": contract.is_pending(one),
        "result": result,
        "mismatches": mismatches,
    })
}

/// What a mismatch quotes of the answer is redacted with it.
fn mismatch_json(one: &Mismatch, redaction: &Redaction, hides_bodies: bool) -> Value {
    let is_hidden = match one.kind {
        MismatchKind::Body | MismatchKind::BodyType => hides_bodies,
        MismatchKind::Header => redaction.hides_header(&one.path),
        _ => false,
    };
    let hidden = |text: &str| if is_hidden { "[redacted]".to_owned() } else { text.to_owned() };
    json!({
        "type": one.kind.as_str(),
        "path": one.path,
        "expected": one.expected,
        "actual": hidden(&one.actual),
        "sentence": hidden(&one.sentence),
    })
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
