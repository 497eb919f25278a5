//! What a person reads of an attempt. People put secrets into every part of a request, so only its frame is shown, and
//! an answer only without what was sent.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use pactolus_domain::template;
use pactolus_domain::webhook::{REDACTED, WebhookRequest};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value, json};
use url::Url;

use crate::app::App;
use crate::outgoing::{Answer, Call, CallError};
use crate::secrets::Named;

/// Headers whose values are shown.
const SHOWN: [&str; 4] = ["content-type", "accept", "user-agent", "webhook-id"];

/// How much of an answer's body programs see.
const SHOWN_BODY_BYTES: usize = 4096;

/// Parts of URLs and bodies that are not longer are words rather than secrets.
const SHORT: usize = 5;

/// In place of an answer.
pub(super) const HIDDEN: &str = "For security purposes, the response details are not logged. To enable response logging, \
                                 configure the webhook_host_whitelist property.";

/// The log of one attempt.
pub(super) struct Log {
    at: DateTime<Utc>,
    pub(super) text: String,
}

impl Log {
    pub(super) fn new(at: DateTime<Utc>) -> Self {
        Self { at, text: String::new() }
    }

    pub(super) fn line(&mut self, text: &str) {
        self.write("INFO", text);
    }

    pub(super) fn error(&mut self, text: &str) {
        self.write("ERROR", text);
    }

    fn write(&mut self, level: &str, text: &str) {
        let at = self.at.format("%Y-%m-%dT%H:%M:%SZ");
        writeln!(self.text, "[{at}] {level}: {text}").expect("writing to a string does not fail");
    }

    pub(super) fn request(&mut self, call: &Call, secrets: &Secrets) {
        let origin = Url::parse(&call.url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
        self.line(&format!("HTTP/1.1 {} {origin}", call.method));
        for (name, value) in &call.headers {
            self.line(&format!("{name}: {}", shown_header(name, value, secrets)));
        }
        if call.basic_auth.is_some() {
            self.line(&format!("authorization: {REDACTED}"));
        }
        self.line(&format!("({} bytes of body)", call.body.len()));
    }

    /// Says which secrets are named that nothing is kept under.
    pub(super) fn missing(&mut self, names: &[String]) {
        if !names.is_empty() {
            self.error(&format!(
                "there is no secret called {}: what names it is sent as it is written; keep one with pactolus secrets set",
                names.join(", ")
            ));
        }
    }

    /// Of an answer that may not be shown its status only.
    pub(super) fn answer(&mut self, answered: &Result<Answer, CallError>, shown: Option<&ShownAnswer>) {
        let answer = match answered {
            Ok(answer) => answer,
            Err(error) => return self.error(&format!("Error executing webhook: {error}")),
        };
        self.line(&format!("HTTP/1.1 {}", answer.status));
        let Some(shown) = shown else {
            return self.line(HIDDEN);
        };
        for (name, value) in &shown.headers {
            self.line(&format!("{name}: {value}"));
        }
        self.line(&shown.body);
    }
}

/// An answer without what was sent. Masking a long one takes a while, so it is done once.
pub(super) struct ShownAnswer {
    headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl ShownAnswer {
    /// `None` where nothing was answered, and where answers may not be shown.
    pub(super) fn of(app: &App, answered: &Result<Answer, CallError>, secrets: &Secrets) -> Option<Self> {
        let answer = answered.as_ref().ok().filter(|_| !app.settings.webhooks.targets.hosts.is_empty())?;
        let body = String::from_utf8_lossy(&answer.body).replace('\0', "\u{fffd}");
        let headers = answer.headers.iter().map(|(name, value)| (name.clone(), secrets.masked_in(value)));
        Some(Self { headers: headers.collect(), body: secrets.masked_in(&body) })
    }

    pub(super) fn headers(&self) -> Map<String, Value> {
        self.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect()
    }
}

/// What was sent, for programs: as much as the log shows.
pub(super) fn exchange_of(call: &Call, secrets: &Secrets) -> Value {
    let headers = shown_headers(call, secrets);
    let origin = Url::parse(&call.url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let request = json!({"method": call.method, "origin": origin, "headers": headers, "bodyBytes": call.body.len()});
    json!({"request": request})
}

/// What was answered: as much as the log shows, the body cut.
pub(super) fn response_of(answered: &Result<Answer, CallError>, shown: Option<&ShownAnswer>) -> Value {
    let answer = match answered {
        Ok(answer) => answer,
        Err(error) => return json!({"error": error.to_string()}),
    };
    let Some(shown) = shown else { return json!({"status": answer.status}) };
    let end = shown.body.floor_char_boundary(SHOWN_BODY_BYTES);
    json!({
        "status": answer.status,
        "headers": shown.headers(),
        "body": &shown.body[..end],
        "bodyIsCut": end < shown.body.len(),
    })
}

/// A request's headers as people may read them.
pub(super) fn shown_headers(call: &Call, secrets: &Secrets) -> Map<String, Value> {
    let mut headers: Map<String, Value> =
        call.headers.iter().map(|(name, value)| (name.clone(), shown_header(name, value, secrets).into())).collect();
    if call.basic_auth.is_some() {
        headers.insert("authorization".into(), REDACTED.into());
    }
    headers
}

fn shown_header(name: &str, value: &str, secrets: &Secrets) -> String {
    if SHOWN.contains(&name) { secrets.masked_in(value) } else { REDACTED.into() }
}

/// What a receiver may repeat of what it was sent, and nobody may read.
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    pub(super) fn of(request: &WebhookRequest, call: &Call, named: &Named) -> Self {
        let mut secrets: Vec<String> = named.values().flat_map(forms).collect();
        if let Some((name, password)) = &call.basic_auth {
            let password = password.clone().unwrap_or_default();
            secrets.push(STANDARD.encode(format!("{name}:{password}")));
            secrets.push(password);
        }
        for (_, value) in call.headers.iter().filter(|(name, _)| !SHOWN.contains(&name.as_str())) {
            secrets.push(value.clone());
            secrets.extend(value.split_whitespace().filter(|word| is_long(word)).map(String::from));
        }
        if let Ok(url) = Url::parse(&call.url) {
            secrets.extend([url.username(), url.password().unwrap_or_default()].map(String::from));
            let values = url.query_pairs().flat_map(|(name, value)| [name.into_owned(), value.into_owned()]);
            secrets.extend(values.filter(|value| is_long(value)));
            let raw = url.path().split('/').chain(url.query().into_iter().flat_map(|query| query.split(['&', '='])));
            for part in raw.filter(|part| is_long(part)) {
                secrets.extend([part.to_owned(), percent_decode_str(part).decode_utf8_lossy().into_owned()]);
            }
        }
        collect_literals(request.body.as_ref().unwrap_or(&Value::Null), &mut secrets);
        let in_json = secrets.iter().map(|secret| {
            let quoted = Value::String(secret.clone()).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        });
        let in_json: Vec<String> = in_json.collect();
        secrets.extend(in_json);
        secrets.retain(|secret| !secret.is_empty());
        // The longest first: a secret may be a part of another one.
        secrets.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        secrets.dedup();
        Self(secrets)
    }

    /// In one pass, so that what stands for a secret is not looked at again.
    pub(super) fn masked_in(&self, text: &str) -> String {
        let mut masked = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let secret = self.0.iter().find(|secret| rest.starts_with(secret.as_str()));
            let length = secret.map_or(first.len_utf8(), String::len);
            masked.push_str(if secret.is_some() { REDACTED } else { &rest[..length] });
            rest = &rest[length..];
        }
        masked
    }
}

/// How a secret is written where it is sent, and how receivers repeat it. Those in JSON come later.
fn forms(secret: &str) -> [String; 5] {
    [
        secret.to_owned(),
        // At the ends of a header.
        secret.trim().to_owned(),
        form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        STANDARD.encode(secret),
    ]
}

fn is_long(text: &str) -> bool {
    text.chars().count() > SHORT
}

/// What stands in the strings of a body apart from placeholders.
fn collect_literals(body: &Value, literals: &mut Vec<String>) {
    match body {
        Value::String(text) => {
            let parts = template::render(text, |_| Some("\0".into()));
            literals.extend(parts.split('\0').map(str::trim).filter(|part| is_long(part)).map(String::from));
        }
        Value::Array(elements) => elements.iter().for_each(|element| collect_literals(element, literals)),
        Value::Object(members) => members.values().for_each(|value| collect_literals(value, literals)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let secrets = ["abcdef", "abc", "*", "é"].map(String::from).to_vec();

        assert_eq!(Secrets(secrets).masked_in(text), expected);
    }

    #[test]
    fn each_secret_is_masked_once() {
        check("x abc y", "x ********** y");
        check("abcdef abcd", "********** **********d");
        check("*é", "********************");
        check("", "");
    }
}
