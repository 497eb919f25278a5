//! The seam to `pact_models` and `pact_matching`. Everything here may panic or take for ever inside the engine: panics are
//! caught here, time and memory are bounded by [`Workers`](crate::Workers).

use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use pact_models::bodies::OptionalBody;
use pact_models::content_types::ContentType;
use pact_models::generators::GeneratorTestMode;
use pact_models::headers::parse_header;
use pact_models::interaction::Interaction;
use pact_models::pact::{Pact, load_pact_from_json};
use pact_models::v4::async_message::AsynchronousMessage;
use pact_models::v4::http_parts::{HttpRequest, HttpResponse};
use pact_models::v4::message_parts::MessageContents;
use pact_models::v4::pact::V4Pact;
use serde_json::{Map, Value, json};

use crate::answer::{Answer, Request, Response};
use crate::depth;
use crate::verdict::{Mismatch, MismatchKind, Verdict};

type AnyInteraction = Box<dyn Interaction + Send + Sync + RefUnwindSafe>;
type AnyPact = Box<dyn Pact + Send + Sync + RefUnwindSafe>;

/// What to send for the one interaction that `document` holds: its request with generated values, or for a message the
/// request that asks for it. `values` come from provider states.
///
/// # Errors
/// A sentence about what the engine cannot read.
pub fn request_to_send(document: &str, values: &Map<String, Value>) -> Result<Request, String> {
    let made = guarded(|| {
        let interaction = only_interaction(document)?;
        if let Some(http) = interaction.as_v4_http() {
            let values: HashMap<&str, Value> =
                values.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
            let generated = pact_matching::generate_request(&http.request, &GeneratorTestMode::Provider, &values);
            return Ok(request_of(&at_once(generated)?));
        }
        let mut message = json!({ "description": interaction.description() });
        let states = interaction.provider_states();
        if !states.is_empty() {
            message["providerStates"] =
                states.iter().map(pact_models::provider_states::ProviderState::to_json).collect();
        }
        if let Some(message_with_answer) = interaction.as_v4_sync_message() {
            message["request"] = message_with_answer.request.to_json();
        }
        Ok(Request {
            method: "POST".into(),
            path: "/".into(),
            headers: vec![("Content-Type".into(), "application/json".into())],
            body: Some(message.to_string().into()),
            ..Request::default()
        })
    });
    made.unwrap_or_else(Err)
}

/// Whether the answer is what the one interaction that `document` holds expects.
#[must_use]
pub fn judge(document: &str, answer: &Answer) -> Verdict {
    let (Answer::Response(response) | Answer::Message(response)) = answer;
    let judged = guarded(|| {
        let interaction = only_interaction(document)?;
        match answer {
            Answer::Response(response) => judge_response(&interaction, response),
            Answer::Message(response) => judge_message(&interaction, response),
        }
    });
    verdict(judged.unwrap_or_else(Err), response.body.as_ref())
}

/// Whether the request is one that the interaction expects. Nobody replays by it: it is what a consumer's mock asks, and
/// half of what the Pact specification has cases for.
#[must_use]
pub fn judge_request(document: &str, request: &Request) -> Verdict {
    let judged = guarded(|| {
        let interaction = only_interaction(document)?;
        let expected = interaction.as_v4_http().ok_or("it has no request of HTTP")?.request;
        let actual = http_request(request, &expected.body);
        let pact = no_pact();
        let matched = pact_matching::match_request(expected, actual, &pact, &interaction);
        at_once(matched)?.map(|result| result.mismatches()).map_err(|error| format!("{error:#}"))
    });
    verdict(judged.unwrap_or_else(Err), request.body.as_ref())
}

fn judge_response(interaction: &AnyInteraction, response: &Response) -> Result<Vec<pact_matching::Mismatch>, String> {
    let expected = interaction.as_v4_http().ok_or("it has no response of HTTP")?.response;
    let actual = http_response(response, &expected.body);
    let pact = no_pact();
    let matched = pact_matching::match_response(expected, actual, &pact, interaction);
    at_once(matched)?.map_err(|error| format!("{error:#}"))
}

fn judge_message(interaction: &AnyInteraction, response: &Response) -> Result<Vec<pact_matching::Mismatch>, String> {
    let contents = MessageContents {
        contents: http_response(response, &interaction.contents_for_verification()).body,
        metadata: metadata_of(response),
        ..MessageContents::default()
    };
    let pact = no_pact();
    if let Some(expected) = interaction.as_v4_sync_message() {
        let actual = [contents];
        return at_once(pact_matching::match_sync_message_response(&expected, &expected.response, &actual, &pact));
    }
    let actual = AsynchronousMessage { contents, ..AsynchronousMessage::default() }.boxed();
    at_once(pact_matching::match_message(interaction, &actual, &pact))
}

/// The metadata that an answer of the message convention carries, and its content type. What cannot be decoded is no
/// metadata, as with the existing verifiers: who expects some has a failure then.
fn metadata_of(response: &Response) -> HashMap<String, Value> {
    let content_type = response.header("content-type").unwrap_or_default();
    let mut metadata = HashMap::from([("contentType".to_owned(), Value::from(content_type))]);
    let bytes = response.header("pact-message-metadata").and_then(|header| STANDARD.decode(header.trim()).ok());
    let carried: Option<HashMap<String, Value>> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    metadata.extend(carried.unwrap_or_default());
    metadata
}

fn only_interaction(document: &str) -> Result<AnyInteraction, String> {
    let json: Value = serde_json::from_str(document).map_err(|error| format!("it cannot be read: {error}"))?;
    let pact = load_pact_from_json("the contract", &json).map_err(|error| format!("it cannot be read: {error:#}"))?;
    pact.interactions().pop().ok_or_else(|| "it cannot be read: it is not shaped like its version of Pact".to_owned())
}

/// The engine wants one for the sake of plugins, of which we have none.
fn no_pact() -> AnyPact {
    Box::new(V4Pact::default())
}

fn request_of(request: &HttpRequest) -> Request {
    let mut query: Vec<(&String, &Vec<Option<String>>)> = request.query.iter().flatten().collect();
    query.sort();
    let mut headers: Vec<(&String, &Vec<String>)> = request.headers.iter().flatten().collect();
    headers.sort();
    let is_json = || request.content_type().is_some_and(|kind| kind.is_json());
    Request {
        method: request.method.clone(),
        path: request.path.clone(),
        query: query.into_iter().flat_map(each_value).collect(),
        headers: headers.into_iter().flat_map(each_value).collect(),
        body: match &request.body {
            OptionalBody::Present(bytes, ..) => Some(bytes.clone()),
            OptionalBody::Null if is_json() => Some("null".into()),
            OptionalBody::Null | OptionalBody::Empty | OptionalBody::Missing => None,
        },
    }
}

fn each_value<T: Clone>((name, values): (&String, &Vec<T>)) -> Vec<(String, T)> {
    values.iter().map(|value| (name.clone(), value.clone())).collect()
}

fn http_request(request: &Request, expected: &OptionalBody) -> HttpRequest {
    let mut query: HashMap<String, Vec<Option<String>>> = HashMap::new();
    for (name, value) in &request.query {
        query.entry(name.clone()).or_default().push(value.clone());
    }
    let mut made = HttpRequest {
        method: request.method.clone(),
        path: request.path.clone(),
        query: (!query.is_empty()).then_some(query),
        headers: split_headers(&request.headers),
        ..HttpRequest::default()
    };
    made.body = body(request.body.as_ref(), expected, made.content_type());
    made
}

fn http_response(response: &Response, expected: &OptionalBody) -> HttpResponse {
    let headers = split_headers(&response.headers);
    let mut made = HttpResponse { status: response.status, headers, ..HttpResponse::default() };
    made.body = body(response.body.as_ref(), expected, made.content_type());
    made
}

fn body(bytes: Option<&Bytes>, expected: &OptionalBody, content_type: Option<ContentType>) -> OptionalBody {
    match bytes {
        None => OptionalBody::Missing,
        Some(bytes) if bytes.is_empty() => OptionalBody::Empty,
        // A contract's null is not bytes to the engine, and would be satisfied by nothing that can be sent.
        Some(bytes) if *expected == OptionalBody::Null && bytes.trim_ascii() == b"null" => OptionalBody::Null,
        Some(bytes) => OptionalBody::Present(bytes.clone(), content_type, None),
    }
}

/// The engine compares headers that hold a list value by value.
fn split_headers(headers: &[(String, String)]) -> Option<HashMap<String, Vec<String>>> {
    let mut split: HashMap<String, Vec<String>> = HashMap::new();
    for (name, value) in headers {
        let values = parse_header(name, value);
        split.entry(name.to_lowercase()).or_default().extend(values.iter().map(|value| value.trim().to_owned()));
    }
    (!split.is_empty()).then_some(split)
}

fn verdict(judged: Result<Vec<pact_matching::Mismatch>, String>, body: Option<&Bytes>) -> Verdict {
    let found = match judged {
        Err(reason) => return Verdict::NotJudged(reason),
        Ok(found) if found.is_empty() => return Verdict::Matched,
        Ok(found) => found,
    };
    let mut mismatches: Vec<Mismatch> = found.into_iter().map(mismatch).collect();
    // The engine's sets have no order, and a rule may find the same thing twice.
    mismatches.sort();
    mismatches.dedup();
    let is_too_deep = body.is_some_and(|body| is_json_like(body) && depth::depth_of_json(body) > depth::MOST);
    if is_too_deep {
        // What the engine says about a body that it cannot read is no mismatch of the provider; what else it says is.
        mismatches.retain(|one| one.kind != MismatchKind::Body);
        if mismatches.is_empty() {
            let most = depth::MOST;
            let reason = format!("the body of the answer is nested deeper than the {most} levels that are read");
            return Verdict::NotJudged(reason);
        }
    }
    Verdict::Mismatched(mismatches)
}

fn is_json_like(body: &Bytes) -> bool {
    body.trim_ascii_start().first().is_some_and(|first| matches!(first, b'{' | b'['))
}

fn mismatch(found: pact_matching::Mismatch) -> Mismatch {
    use pact_matching::Mismatch as Found;

    let text =
        |bytes: Option<Bytes>| bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let (kind, path, expected, actual, sentence) = match found {
        Found::MethodMismatch { expected, actual, mismatch } => {
            (MismatchKind::Method, String::new(), expected, actual, mismatch)
        }
        Found::PathMismatch { expected, actual, mismatch } => {
            (MismatchKind::Path, String::new(), expected, actual, mismatch)
        }
        Found::StatusMismatch { expected, actual, mismatch } => {
            (MismatchKind::Status, String::new(), expected.to_string(), actual.to_string(), mismatch)
        }
        Found::QueryMismatch { parameter, expected, actual, mismatch } => {
            (MismatchKind::Query, parameter, expected, actual, mismatch)
        }
        Found::HeaderMismatch { key, expected, actual, mismatch } => {
            (MismatchKind::Header, key, expected, actual, mismatch)
        }
        Found::BodyTypeMismatch { expected, actual, mismatch, .. } => {
            (MismatchKind::BodyType, String::new(), expected, actual, mismatch)
        }
        Found::BodyMismatch { path, expected, actual, mismatch } => {
            (MismatchKind::Body, path, text(expected), text(actual), mismatch)
        }
        Found::MetadataMismatch { key, expected, actual, mismatch } => {
            (MismatchKind::Metadata, key, expected, actual, mismatch)
        }
    };
    let sentence = if sentence.is_empty() { format!("expected {expected}, got {actual}") } else { sentence };
    Mismatch { kind, path, expected, actual, sentence }
}

/// Without plugins the engine waits for nothing: its futures are ready when they are asked first.
fn at_once<T>(future: impl Future<Output = T>) -> Result<T, String> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Ok(done),
        Poll::Pending => Err("the matching engine waits for something that will never come".into()),
    }
}

/// A panic inside the engine as a sentence.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|panic| format!("the matching engine gave up: {}", message_of(&*panic)))
}

fn message_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("it does not say why")
}
