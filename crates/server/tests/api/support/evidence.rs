//! Runs as a provider's build uploads them.

use axum::body::Body;
use axum::extract::Request;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Answer, TestApp};

/// A run of stock 7. Runs of other numbers are other runs.
pub(crate) fn run(number: u32) -> Value {
    json!({"run": {
        "id": run_id(number),
        "provider": "stock",
        "providerVersion": "7",
        "branch": "main",
        "buildUrl": "https://ci.example.org/stock/77",
        "tool": "pactolus 0.1.0",
        "engine": "pact_matching 2.1.0",
        "startedAt": "2026-11-22T06:40:00.5Z",
        "redaction": ["$.token"],
    }})
}

pub(crate) fn run_id(number: u32) -> String {
    format!("01930f5c-5f3e-7c3a-9a50-{number:012}")
}

pub(crate) const RUNS: &str = "/pacticipants/stock/versions/7/evidence";

/// Where the run stands.
pub(crate) fn run_at(number: u32) -> String {
    format!("{RUNS}/{}", run_id(number))
}

/// What was asked of a path and answered with a JSON body. Equal paths, equal fingerprint.
pub(crate) fn exchange(sequence: u32, path: &str, answer: &str) -> Value {
    json!({
        "sequence": sequence,
        "fingerprint": sha256(path.as_bytes()),
        "kind": "http",
        "startedAt": "2026-11-22T06:40:00.75Z",
        "after": [],
        "request": {
            "method": "GET",
            "path": path,
            "query": null,
            "headers": [["accept", "application/json"]],
            "addedHeaders": [],
            "body": null,
        },
        "states": [{"name": "there is a pen", "params": {"price": 1.10}, "values": {}}],
        "outcome": "answered",
        "response": {
            "status": 200,
            "headers": [["content-type", "application/json"], ["date", format!("{sequence}")]],
            "body": text_body(answer),
        },
        "durationMs": 3,
        "stateDurationMs": 1,
        "attempts": 1,
        "redacted": [],
        "interactions": [interaction("shop", "passed")],
    })
}

/// Of a contract that did not come from here.
pub(crate) fn interaction(consumer: &str, result: &str) -> Value {
    json!({
        "consumer": consumer,
        "contract": null,
        "interactionId": null,
        "description": "a",
        "pending": false,
        "result": result,
        "mismatches": [],
    })
}

pub(crate) fn text_body(text: &str) -> Value {
    json!({
        "sha256": sha256(text.as_bytes()),
        "sizeBytes": text.len(),
        "truncated": false,
        "contentType": "application/json",
        "text": text,
    })
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"))
}

pub(crate) fn written(lines: &[Value]) -> String {
    lines.iter().fold(String::new(), |text, line| text + &format!("{line}\n"))
}

impl TestApp {
    /// Uploads it to stock 7, whatever comes of it.
    pub(crate) async fn upload(&self, lines: &[Value]) -> Answer {
        self.upload_text(RUNS, &written(lines)).await
    }

    pub(crate) async fn upload_text(&self, address: &str, text: &str) -> Answer {
        self.upload_as(address, text.to_owned(), &[]).await
    }

    pub(crate) async fn upload_as(&self, address: &str, body: impl Into<Body>, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::post(address).header("host", "pactolus.test");
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/x-ndjson");
        }
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.send(request.body(body.into()).expect("a request")).await
    }
}
