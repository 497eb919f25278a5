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
    let body = exchange.body.as_ref().map(|bytes| body_json(bytes, false, &exchange.headers, redaction, &mut redacted));
    let states = states_json(exchange, redaction, &mut redacted);
    let in_request = redacted.len();
    let response = exchange.response.as_ref().map(|received| response_json(received, redaction, &mut redacted));
    let hides_bodies = redacted[in_request..].iter().any(|place| place.starts_with('$'));
    let began = run.report.started_at + exchange.began_after;
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
            "body": body,
        },
        "states": states,
        "outcome": exchange.outcome.as_str(),
        "response": response,
        "durationMs": millis(exchange.duration),
        "stateDurationMs": millis(exchange.state_duration),
        "attempts": exchange.attempts,
        "interactions": interactions.collect::<Value>(),
        "redacted": redacted,
    })
}

/// What a state was made with may be the very secret that is taken out of a header.
fn states_json(exchange: &Exchange, redaction: &Redaction, redacted: &mut Vec<String>) -> Value {
    let secrets: Vec<&str> = exchange
        .headers
        .iter()
        .filter(|(name, _)| redaction.hides_header(name))
        .flat_map(|(_, value)| value.split_whitespace().chain([value.as_str()]))
        .collect();
    let states = exchange.states.iter().map(|made| {
        let mut values = [Value::Object(made.state.params.clone()), Value::Object(made.values.clone())];
        for value in &mut values {
            redaction.value(value, redacted);
            for (name, value) in value.as_object_mut().into_iter().flatten() {
                if value.as_str().is_some_and(|text| !text.is_empty() && secrets.contains(&text)) {
                    *value = "[redacted]".into();
                    redacted.push(format!("state:{name}"));
                }
            }
        }
        let [params, values] = values;
        json!({ "name": made.state.name, "params": params, "values": values })
    });
    states.collect()
}

fn response_json(received: &Received, redaction: &Redaction, redacted: &mut Vec<String>) -> Value {
    let body = body_json(&received.body, received.is_truncated, &received.headers, redaction, redacted);
    json!({
        "status": received.status,
        "headers": redaction.headers(&received.headers, redacted),
        "body": body,
    })
}

/// A body that is not kept stands here as one that was cut to nothing.
fn body_json(
    bytes: &Bytes,
    is_truncated: bool,
    headers: &[(String, String)],
    redaction: &Redaction,
    redacted: &mut Vec<String>,
) -> Value {
    let content_type = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let kept = redaction.body(bytes, redacted);
    let shown = kept.clone().unwrap_or_default();
    let mut body = json!({
        "sha256": sha256(&shown),
        "sizeBytes": shown.len(),
        "truncated": is_truncated || kept.is_none(),
        "contentType": content_type.map(|(_, value)| value),
    });
    match std::str::from_utf8(&shown) {
        Ok(text) => body["text"] = text.into(),
        Err(_) => body["base64"] = STANDARD.encode(&shown).into(),
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
        // The status of who makes messages comes with what they said.
        MismatchKind::Body | MismatchKind::BodyType | MismatchKind::Status => hides_bodies,
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
