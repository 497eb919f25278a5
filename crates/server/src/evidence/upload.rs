//! The form of an upload: lines of JSON, first the run, then its exchanges in the order in which they began. What is kept of
//! them is made here: secrets left out, bodies apart, the rest packed.

mod check;
mod wire;

use std::collections::BTreeMap;

use pactolus_domain::problem::{Problem, Problems};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

pub(super) use self::wire::{Body, Exchange, Interaction, Request, Run};
use self::wire::{FirstLine, Headers, Response};
use super::packed::Packer;

/// So many problems are told at once.
const MOST_PROBLEMS: usize = 20;

/// A SHA-256.
pub(super) type Sha = [u8; 32];

/// A run as it is kept.
pub(super) struct Upload {
    pub(super) run: Run,
    pub(super) exchanges: Vec<NewExchange>,
    /// Packed, by the SHA-256 of what they are unpacked.
    pub(super) bodies: BTreeMap<Sha, Vec<u8>>,
    /// Of all of it.
    pub(super) digest: Sha,
}

/// An exchange as it is kept.
pub(super) struct NewExchange {
    pub(super) sequence: i32,
    pub(super) fingerprint: Vec<u8>,
    pub(super) kind: &'static str,
    pub(super) outcome: &'static str,
    /// Equal for equal answers: status, content type and body. Other headers differ from one answer to the next.
    pub(super) answer: Option<Sha>,
    pub(super) request_body: Option<Sha>,
    pub(super) response_body: Option<Sha>,
    /// All the rest, as JSON.
    pub(super) packed: Vec<u8>,
    pub(super) interactions: Vec<NewInteraction>,
}

/// What is looked up of an interaction.
pub(super) struct NewInteraction {
    pub(super) consumer: String,
    pub(super) contract: Option<String>,
    pub(super) id: Option<String>,
    pub(super) result: &'static str,
}

impl Upload {
    /// # Errors
    /// When any line cannot be read: what is wrong, by line.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Problems> {
        let mut lines = (1..).zip(body.split(|byte| *byte == b'\n')).filter(|(_, line)| !line.trim_ascii().is_empty());
        let Some((number, line)) = lines.next() else {
            return Err(at(1, "is missing: it says which run this is, {\"run\": {…}}").into());
        };
        let FirstLine { run } = read(number, line)?;
        let mut problems = Problems::none();
        tell(&mut problems, number, check::run(&run));

        let mut reading =
            Reading { bodies: BTreeMap::new(), digest: Sha256::new(), sequences: Vec::new(), packer: Packer::new() };
        reading.digest.update(serde_json::to_vec(&run).expect("its keys are text"));
        let mut exchanges = Vec::new();
        for (number, line) in lines {
            if let Some(exchange) = problems.note(read(number, line)) {
                match reading.keep(exchange) {
                    Ok(kept) => exchanges.push(kept),
                    Err(wrong) => tell(&mut problems, number, wrong),
                }
            }
            if problems.0.len() >= MOST_PROBLEMS {
                break;
            }
        }
        let digest = reading.digest.finalize().into();
        problems.or(Self { run, exchanges, bodies: reading.bodies, digest })
    }
}

fn at(line: usize, text: impl Into<String>) -> Problem {
    Problem::at(&format!("line {line}"), text)
}

fn tell(problems: &mut Problems, line: usize, wrong: Vec<String>) {
    for text in wrong {
        problems.push(at(line, text));
    }
}

fn read<T: DeserializeOwned>(number: usize, line: &[u8]) -> Result<T, Problem> {
    if !line.trim_ascii_start().starts_with(b"{") {
        return Err(at(number, "cannot be read: it is no JSON object"));
    }
    let mut reader = serde_json::Deserializer::from_slice(line);
    match serde_path_to_error::deserialize(&mut reader) {
        Ok(read) => reader.end().map(|()| read).map_err(|error| unreadable(number, "", &error)),
        Err(error) => Err(unreadable(number, &error.path().to_string(), error.inner())),
    }
}

/// `path` leads to the part of the line, as far as one is known.
fn unreadable(number: usize, path: &str, error: &serde_json::Error) -> Problem {
    let place = if path.is_empty() || path.contains('?') || path == "." { String::new() } else { format!("{path} ") };
    let text = error.to_string();
    // Of the line, which is all that was read, it would always say the first.
    let what = text.split(" at line ").next().unwrap_or_default();
    at(number, format!("{place}cannot be read: {what} (before character {})", error.column() + 1))
}

/// What is known while lines are read.
struct Reading {
    bodies: BTreeMap<Sha, Vec<u8>>,
    digest: Sha256,
    sequences: Vec<i32>,
    packer: Packer,
}

impl Reading {
    /// Makes an exchange what is kept of it, or says what is wrong.
    fn keep(&mut self, mut exchange: Exchange) -> Result<NewExchange, Vec<String>> {
        let mut wrong = check::exchange(&exchange, &self.sequences);
        self.sequences.push(exchange.sequence);
        exchange.leave_secrets_out();
        let is_redacted = exchange.redacted.iter().any(|place| !place.starts_with("header:"));
        let mut of = |place: &str, body: Option<&mut Body>| match check::content(body, is_redacted) {
            Ok(content) => content.map(|content| self.keep_body(&content)),
            Err(text) => {
                wrong.push(format!("{place}.body {text}"));
                None
            }
        };
        let request_body = of("request", exchange.request.as_mut().and_then(|request| request.body.as_mut()));
        let response_body = of("response", exchange.response.as_mut().and_then(|response| response.body.as_mut()));
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let rest = serde_json::to_vec(&exchange).expect("its keys are text");
        for part in [rest.as_slice(), &request_body.unwrap_or_default(), &response_body.unwrap_or_default()] {
            self.digest.update(part);
        }
        Ok(NewExchange {
            sequence: exchange.sequence,
            fingerprint: check::unhex(&exchange.fingerprint).unwrap_or_default(),
            kind: exchange.kind.as_str(),
            outcome: exchange.outcome.as_str(),
            answer: exchange.response.as_ref().map(|response| answer(response, response_body)),
            request_body,
            response_body,
            packed: self.packer.pack(&rest),
            interactions: exchange.interactions.into_iter().map(NewInteraction::from).collect(),
        })
    }

    fn keep_body(&mut self, content: &[u8]) -> Sha {
        let sha = Sha256::digest(content).into();
        self.bodies.entry(sha).or_insert_with(|| self.packer.pack(content));
        sha
    }
}

fn answer(response: &Response, body: Option<Sha>) -> Sha {
    let mut digest = Sha256::new();
    digest.update(format!("{:?}\n", response.status));
    for (name, value) in &response.headers {
        if name.eq_ignore_ascii_case("content-type") {
            digest.update(format!("{value}\n"));
        }
    }
    match (body, &response.body) {
        (Some(sha), _) => digest.update(sha),
        // Too large to be kept: what the client says of it.
        (None, Some(body)) => digest.update(&body.sha256),
        (None, None) => {}
    }
    digest.finalize().into()
}

impl From<Interaction> for NewInteraction {
    fn from(interaction: Interaction) -> Self {
        let Interaction { consumer, contract, id, result, .. } = interaction;
        Self { consumer, contract, id, result: result.as_str() }
    }
}

impl Exchange {
    /// The client does, but must not be relied on: values of headers that let somebody in are not kept.
    fn leave_secrets_out(&mut self) {
        let of_request = self.request.as_mut().map(|Request { headers, .. }| headers);
        let of_response = self.response.as_mut().map(|Response { headers, .. }| headers);
        for headers in [of_request, of_response].into_iter().flatten() {
            leave_out(headers, &mut self.redacted);
        }
    }
}

fn leave_out(headers: &mut Headers, redacted: &mut Vec<String>) {
    use pactolus_domain::evidence::{REDACTED, is_secret_header};
    for (name, value) in headers.iter_mut().filter(|(name, _)| is_secret_header(name)) {
        REDACTED.clone_into(value);
        let place = format!("header:{}", name.trim().to_ascii_lowercase());
        if !redacted.contains(&place) {
            redacted.push(place);
        }
    }
}
