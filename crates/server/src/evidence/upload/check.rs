//! What must hold of the lines beyond their form. Each problem says where in its line it is, and what to change.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pactolus_domain::content::ContentSha;
use pactolus_domain::names::{BranchName, NameError, PacticipantName};
use sha2::{Digest, Sha256};

use super::wire::{Body, Exchange, Interaction, Kind, Outcome, Request, Response, Run, Verdict};
use crate::verifications::may_be_followed;

/// What is wrong with the run, beside its provider and version: these must be those of the address.
pub(super) fn run(run: &Run) -> Vec<String> {
    let mut wrong = Vec::new();
    if let Some(Err(error)) = run.branch.as_deref().map(BranchName::parse) {
        wrong.push(format!("run.branch {error}"));
    }
    if run.build_url.as_deref().is_some_and(|url| !may_be_followed(url)) {
        wrong.push("run.buildUrl is not a valid URL eg. http://example.org".into());
    }
    for (key, text) in [("tool", &run.tool), ("engine", &run.engine)] {
        if text.trim().is_empty() {
            wrong.push(format!("run.{key} {}", NameError::Empty));
        }
    }
    let texts = [("tool", &run.tool), ("engine", &run.engine)];
    let texts = texts.into_iter().chain(run.redaction.iter().map(|place| ("redaction", place)));
    wrong.extend(texts.filter(|(_, text)| text.contains('\0')).map(|(key, _)| format!("run.{key} {}", NameError::Nul)));
    wrong
}

/// What is wrong with an exchange, beside its bodies. `before` are the sequence numbers of those before it.
pub(super) fn exchange(exchange: &Exchange, before: &[i32]) -> Vec<String> {
    let mut wrong = Vec::new();
    let last = before.last().copied().unwrap_or(0);
    if exchange.sequence <= last {
        wrong.push(format!("sequence must be more than {last}: numbers are unique, and ascend from line to line"));
    }
    for other in &exchange.after {
        if before.binary_search(other).is_err() {
            wrong.push(format!("after names {other}, which is no exchange of an earlier line"));
        }
    }
    if unhex(&exchange.fingerprint).is_none() {
        wrong.push("fingerprint must be 64 hexadecimal digits, in lower case: a SHA-256".into());
    }
    wrong.extend(asked(exchange.kind, exchange.request.as_ref()));
    wrong.extend(answered(exchange.kind, exchange.outcome, exchange.response.as_ref()));
    for (place, interaction) in exchange.interactions.iter().enumerate() {
        wrong.extend(about(interaction, exchange.outcome).map(|text| format!("interactions.{place}.{text}")));
    }
    wrong
}

fn asked(kind: Kind, request: Option<&Request>) -> Option<String> {
    match request {
        None if kind == Kind::Http => Some("request is missing: only messages may be asked for without one".into()),
        Some(request) if request.method.trim().is_empty() => Some(format!("request.method {}", NameError::Empty)),
        Some(request) if kind == Kind::Http && !request.path.starts_with('/') => {
            Some("request.path must begin with a slash".into())
        }
        _ => None,
    }
}

fn answered(kind: Kind, outcome: Outcome, response: Option<&Response>) -> Option<String> {
    match (outcome, response) {
        (Outcome::Answered, None) => Some("response is missing: the outcome is answered".into()),
        (Outcome::Answered, Some(response)) => match response.status {
            None if kind == Kind::Http => Some("response.status is missing".into()),
            Some(status) if !(100..=999).contains(&status) => Some("response.status must be from 100 to 999".into()),
            _ => None,
        },
        (_, Some(_)) => Some(format!("response must be null: the outcome is {}", outcome.as_str())),
        (_, None) => None,
    }
}

fn about(interaction: &Interaction, outcome: Outcome) -> impl Iterator<Item = String> {
    let consumer = PacticipantName::parse(&interaction.consumer).err();
    let consumer = consumer.map(|error| format!("consumer {error}"));
    let contract = interaction.contract.as_deref().and_then(|sha| ContentSha::parse(sha).err());
    let contract = contract.map(|error| format!("contract {error}, or null"));
    let id = interaction.id.as_deref().filter(|id| id.contains('\0'));
    let id = id.map(|_| format!("interactionId {}", NameError::Nul));
    let is_made_up = interaction.result == Verdict::Passed && outcome != Outcome::Answered;
    let result = is_made_up.then(|| format!("result must not be passed: the outcome is {}", outcome.as_str()));
    [consumer, contract, id, result].into_iter().flatten()
}

/// Takes out what is there of a body. What the client says of it must be so, unless part of it was left out.
pub(super) fn content(body: Option<&mut Body>, is_redacted: bool) -> Result<Option<Vec<u8>>, String> {
    let Some(body) = body else { return Ok(None) };
    if unhex(&body.sha256).is_none() {
        return Err("has a sha256 that is not 64 hexadecimal digits, in lower case".into());
    }
    let content = match (body.text.take(), body.base64.take()) {
        (Some(_), Some(_)) => return Err("has both text and base64; send one of them".into()),
        (Some(text), None) => text.into_bytes(),
        (None, Some(text)) => STANDARD.decode(text).map_err(|error| format!("has a base64 that is none: {error}"))?,
        (None, None) if body.truncated => return Ok(None),
        (None, None) => return Err("has neither text nor base64; send one of them, or say that it is truncated".into()),
    };
    if body.truncated || is_redacted {
        return Ok(Some(content));
    }
    if u64::try_from(content.len()).ok() != Some(body.size_bytes) {
        let told = body.size_bytes;
        return Err(format!(
            "has {} bytes, and sizeBytes says {told}; say so if it is truncated, or name in redacted what was left out",
            content.len()
        ));
    }
    if unhex(&body.sha256).as_deref() != Some(Sha256::digest(&content).as_slice()) {
        return Err("has another sha256 than is told; it is that of the body's bytes".into());
    }
    Ok(Some(content))
}

/// The bytes of a SHA-256 that is written as digests are.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> = pairs
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect();
    bytes.filter(|bytes| bytes.len() == 32)
}
