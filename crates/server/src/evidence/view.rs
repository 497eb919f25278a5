//! How evidence is shown: HAL.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use uuid::Uuid;

use super::api::VersionPath;
use super::expected::Expected;
use super::kept_until;
use super::packed::unpack;
use super::store::{ListedExchange, ShownExchange, ShownRun};
use super::upload::{Body, Exchange, Interaction};
use crate::app::App;
use crate::edge::{BaseUrl, Hal, Link, RequestUrl, timestamp, urls};

type Unreadable = Box<dyn std::error::Error + Send + Sync>;

fn runs_url(base: &BaseUrl, of: &VersionPath) -> String {
    urls::evidence(base, of.provider.as_str(), of.version.as_str())
}

pub(super) fn run_url(base: &BaseUrl, of: &VersionPath, run: Uuid) -> String {
    format!("{}/{run}", runs_url(base, of))
}

fn exchange_url(base: &BaseUrl, of: &VersionPath, run: Uuid, sequence: i32) -> String {
    format!("{}/exchanges/{sequence}", run_url(base, of, run))
}

fn version_link(base: &BaseUrl, of: &VersionPath) -> Link {
    let number = of.version.as_str();
    Link::to(urls::version(base, of.provider.as_str(), number)).title("Provider version").name(number)
}

/// A page of the runs of a version. Of those about a contract, each leads to what it has about it.
pub(super) fn runs(
    app: &App,
    base: &BaseUrl,
    request: &RequestUrl,
    of: &VersionPath,
    (runs, about): (&[ShownRun], Option<(&str, &str)>),
    next: Option<String>,
) -> Value {
    let title = format!("Evidence of {} {}", of.provider, of.version);
    let mut links = json!({
        "self": Link::to(request.with_query()).title(title),
        "pb:pacticipant-version": version_link(base, of),
    });
    if let Some(next) = next {
        links["next"] = Link::to(next).title("Next page").into();
    }
    let shown = runs.iter().map(|one| {
        let mut shown = run(app, base, of, one);
        if let Some((consumer, sha)) = about {
            let exchanges = urls::about(&run_url(base, of, one.id), consumer, sha);
            shown["_links"]["pb:evidence-run"] = Link::to(exchanges).title("Exchanges about this contract").into();
        }
        shown
    });
    json!({"_embedded": {"runs": shown.collect::<Vec<_>>()}, "_links": links})
}

pub(super) fn run(app: &App, base: &BaseUrl, of: &VersionPath, run: &ShownRun) -> Value {
    json!({
        "uuid": run.id,
        "provider": {"name": of.provider, "version": of.version},
        "branch": run.branch,
        "buildUrl": run.build_url,
        "tool": run.tool,
        "engine": run.engine,
        "redaction": run.redaction,
        "exchanges": run.exchange_count,
        "results": {
            "passed": run.passed,
            "failed": run.failed,
            "notJudged": run.not_judged,
            "notAsked": run.not_asked,
        },
        "conflicts": run.conflicts,
        "uploadedBy": run.uploaded_by,
        "startedAt": timestamp(run.started_at),
        "createdAt": timestamp(run.created_at),
        "keptUntil": kept_until(app, run.created_at).map(timestamp),
        "_links": {
            "self": Link::to(run_url(base, of, run.id)).title("Evidence of one run"),
            "pb:evidence": Link::to(runs_url(base, of)).title("Evidence of this version"),
            "pb:pacticipant-version": version_link(base, of),
        },
    })
}

/// A run with a page of its exchanges.
pub(super) fn run_with_exchanges(
    app: &App,
    base: &BaseUrl,
    of: &VersionPath,
    (shown, exchanges): (&ShownRun, &[ListedExchange]),
    next: Option<String>,
) -> Result<Value, Unreadable> {
    let mut body = run(app, base, of, shown);
    let exchanges: Result<Vec<Value>, Unreadable> =
        exchanges.iter().map(|one| listed(exchange_url(base, of, shown.id, one.sequence), one)).collect();
    body["_embedded"] = json!({"exchanges": exchanges?});
    if let Some(next) = next {
        body["_links"]["next"] = Link::to(next).title("Next page").into();
    }
    Ok(body)
}

/// What of an exchange stands in a list.
fn listed(own: String, listed: &ListedExchange) -> Result<Value, Unreadable> {
    let exchange: Exchange = serde_json::from_slice(&unpack(&listed.packed)?)?;
    let interactions = exchange.interactions.iter().map(|one| {
        json!({
            "consumer": one.consumer,
            "contract": one.contract,
            "interactionId": one.id,
            "description": one.description,
            "pending": one.pending,
            "result": one.result,
        })
    });
    let asked = |request: &super::upload::Request| json!({"method": request.method, "path": request.path, "query": request.query});
    Ok(json!({
        "sequence": exchange.sequence,
        "fingerprint": exchange.fingerprint,
        "kind": exchange.kind,
        "request": exchange.request.as_ref().map(asked),
        "outcome": exchange.outcome,
        "status": exchange.response.as_ref().and_then(|response| response.status),
        "durationMs": exchange.duration_ms,
        "attempts": exchange.attempts,
        "otherAnswers": listed.other_answers,
        "interactions": interactions.collect::<Vec<_>>(),
        "_links": {"self": Link::to(own).title("Exchange")},
    }))
}

/// An exchange with its bodies.
pub(super) fn unpacked(found: &ShownExchange) -> Result<Exchange, Unreadable> {
    let mut exchange: Exchange = serde_json::from_slice(&unpack(&found.packed)?)?;
    let request = exchange.request.as_mut().and_then(|request| request.body.as_mut());
    let response = exchange.response.as_mut().and_then(|response| response.body.as_mut());
    for (body, packed) in [(request, &found.request_body), (response, &found.response_body)] {
        if let (Some(body), Some(packed)) = (body, packed) {
            put_content(body, unpack(packed)?);
        }
    }
    Ok(exchange)
}

/// As text where it is some.
fn put_content(body: &mut Body, content: Vec<u8>) {
    match String::from_utf8(content) {
        Ok(text) => body.text = Some(text),
        Err(error) => body.base64 = Some(STANDARD.encode(error.as_bytes())),
    }
}

/// Where an exchange stands.
pub(super) struct Place<'a> {
    pub(super) base: &'a BaseUrl,
    pub(super) of: &'a VersionPath,
    pub(super) run: Uuid,
}

/// What was asked and answered, and what each contract expects.
#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    exchange: &'a Exchange,
    interactions: Vec<Beside<'a>>,
    #[serde(rename = "_links")]
    links: Value,
}

/// An interaction, and what its contract expects.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Beside<'a> {
    #[serde(flatten)]
    interaction: &'a Interaction,
    expected: Option<&'a RawValue>,
    /// Why it is null.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_expectation: Option<&'a str>,
    #[serde(rename = "_links")]
    links: Value,
}

/// `others` are runs and sequence numbers of exchanges that were answered otherwise.
pub(super) fn exchange(
    place: &Place<'_>,
    mut exchange: Exchange,
    expected: &[Expected],
    others: &[(Uuid, i32)],
) -> serde_json::Result<Hal> {
    let Place { base, of, run } = *place;
    let interactions = std::mem::take(&mut exchange.interactions);
    let otherwise = others.iter().map(|(run, sequence)| {
        Link::to(exchange_url(base, of, *run, *sequence)).title("Answered otherwise").name(run.to_string())
    });
    let links = json!({
        "self": Link::to(exchange_url(base, of, run, exchange.sequence)).title("Exchange"),
        "pb:evidence-run": Link::to(run_url(base, of, run)).title("Evidence of one run"),
        "pb:pacticipant-version": version_link(base, of),
        "pb:other-answers": otherwise.collect::<Vec<_>>(),
    });
    let interactions =
        interactions.iter().zip(expected).map(|(interaction, expected)| beside(place, interaction, expected));
    Hal::json(&Whole { exchange: &exchange, interactions: interactions.collect(), links })
}

fn beside<'a>(place: &Place<'_>, interaction: &'a Interaction, expected: &'a Expected) -> Beside<'a> {
    let (consumer, provider) = (interaction.consumer.as_str(), place.of.provider.as_str());
    let mut links = json!({});
    if let (Some(sha), Expected::Known(_) | Expected::Unclear(_)) = (&interaction.contract, expected) {
        let link = Link::to(urls::content(place.base, provider, consumer, sha, None)).title("Contract");
        links["pb:pact-version"] = link.name(format!("{consumer} with {provider}")).into();
    }
    let (expected, no_expectation) = match expected {
        Expected::Known(text) => (Some(&**text), None),
        Expected::Unclear(why) | Expected::NoContract(why) => (None, Some(why.as_str())),
    };
    Beside { interaction, expected, no_expectation, links }
}
