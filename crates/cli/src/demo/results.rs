//! Publishes what came of verifying: results with their mismatches, and of failures what the provider answered.

use std::fmt::Write as _;

use pactolus_domain::fingerprint::{Asked, fingerprint, sha256};
use serde_json::{Value, json};

use super::company::{Contract, Fault, Mismatch, Pending, Version};
use crate::broker::{Broker, Repeat, encode};
use crate::outcome::{Exit, Failure};

const VERIFIER: &str = concat!("pactolus ", env!("CARGO_PKG_VERSION"));

/// Content of a contract as the server knows it.
pub(super) struct Published {
    sha: String,
    /// Where results go.
    results: String,
    /// With their ids.
    interactions: Vec<Value>,
}

impl Published {
    pub(super) fn has(&self, description: &str) -> bool {
        self.interactions.iter().any(|one| one["description"] == description)
    }
}

/// The content that a consumer's version has published.
pub(super) async fn find_content(
    broker: &Broker,
    contract: &Contract,
    version: &Version,
) -> Result<Published, Failure> {
    let (consumer, provider) = (&contract.consumer, &contract.provider);
    let path = format!("pacts/provider/{provider}/consumer/{consumer}/version/{}", encode(&version.number));
    let pact = broker.get(&broker.below(&path)).await?.accepted(&format!("could not read {path}"))?;
    read(&pact)
}

fn read(pact: &Value) -> Result<Published, Failure> {
    let results = pact["_links"]["pb:publish-verification-results"]["href"].as_str().unwrap_or_default();
    let after = results.split("/pact-version/").nth(1);
    let Some(sha) = after.and_then(|rest| rest.split('/').next()) else {
        let message = "the server does not say where results of a contract go; is it Pactolus?";
        return Err(Failure::new(Exit::NotAsked, "not-understood", message));
    };
    let interactions = pact["interactions"].as_array().cloned().unwrap_or_default();
    Ok(Published { sha: sha.to_owned(), results: results.to_owned(), interactions })
}

/// The result of a provider's version.
pub(super) async fn publish(
    broker: &Broker,
    contract: &Contract,
    content: &Published,
    version: &Version,
    fault: Option<&Fault>,
) -> Result<(), Failure> {
    let failed = fault.map(|fault| (fault.interaction.as_str(), fault.mismatches.as_slice()));
    send(broker, contract, content, version, failed).await?;
    let Some(fault) = fault else { return Ok(()) };

    let provider = &contract.provider;
    let path = format!("pacticipants/{provider}/versions/{}/evidence", encode(&version.number));
    let answer = broker.post_lines(&broker.below(&path), evidence(contract, content, version, fault)).await?;
    // That of a demo before this one stays.
    if answer.status == 409 {
        Ok(())
    } else {
        answer.accepted(&format!("could not upload evidence of {provider}")).map(drop)
    }
}

/// A result that does not count, since the provider has never verified what is new in the contract.
pub(super) async fn publish_pending(
    broker: &Broker,
    contract: &Contract,
    pending: &Pending,
    consumer_version: &Version,
    versions: &[&Version],
) -> Result<(), Failure> {
    let (consumer, provider) = (&contract.consumer, &contract.provider);
    let what = format!("could not ask what {provider} has to verify");
    // By work in progress, or by the branch itself.
    let request = json!({
        "consumerVersionSelectors": [{ "branch": pending.branch, "consumer": consumer }, { "mainBranch": true, "consumer": consumer }],
        "providerVersionBranch": "main",
        "includePendingStatus": true,
        "includeWipPactsSince": "2020-01-01",
    });
    let address = broker.below(&format!("pacts/provider/{provider}/for-verification"));
    let listed = broker.post(&address, &request, Repeat::Safe).await?.accepted(&what)?;
    let about = format!("({})", consumer_version.number);
    let mut pacts = listed["_embedded"]["pacts"].as_array().into_iter().flatten();
    let found = pacts.find(|pact| {
        let of_this = pact["_links"]["self"]["name"].as_str().is_some_and(|name| name.contains(&about));
        of_this && pact["verificationProperties"]["pending"] == true
    });
    // Filled before, it is pending no more only if somebody has verified it since.
    let Some(href) = found.and_then(|pact| pact["_links"]["self"]["href"].as_str()) else { return Ok(()) };
    let pact = broker.get(&broker.address(href)?).await?.accepted(&what)?;
    let content = read(&pact)?;
    for version in versions {
        send(broker, contract, &content, version, Some((&pending.interaction, &pending.mismatches))).await?;
    }
    Ok(())
}

async fn send(
    broker: &Broker,
    contract: &Contract,
    content: &Published,
    version: &Version,
    failed: Option<(&str, &[Mismatch])>,
) -> Result<(), Failure> {
    let provider = &contract.provider;
    let result = json!({
        "success": failed.is_none(),
        "providerApplicationVersion": version.number,
        "buildUrl": format!("https://ci.sardis.example/{provider}/builds/{}", encode(&version.number)),
        "verifiedBy": { "implementation": "Pactolus", "version": env!("CARGO_PKG_VERSION") },
        "testResults": content.interactions.iter().map(|one| test_result(one, failed)).collect::<Value>(),
    });
    let answer = broker.post(&broker.address(&content.results)?, &result, Repeat::OnlyIfNotTaken).await?;
    answer.accepted(&format!("could not publish the result of {provider} {}", version.number)).map(drop)
}

fn test_result(interaction: &Value, failed: Option<(&str, &[Mismatch])>) -> Value {
    let description = &interaction["description"];
    let mismatches = failed.and_then(|(failed, mismatches)| (description == failed).then_some(mismatches));
    let mut result = json!({
        "interactionId": interaction["_id"],
        "interactionDescription": description,
        "success": mismatches.is_none(),
    });
    if let Some(mismatches) = mismatches {
        result["mismatches"] = mismatches.iter().map(mismatch).collect();
    }
    result
}

fn mismatch(one: &Mismatch) -> Value {
    let mut mismatch = json!({ "attribute": one.attribute, "description": one.description });
    if let Some(identifier) = &one.identifier {
        mismatch["identifier"] = identifier.clone().into();
    }
    mismatch
}

/// The run as lines: all interactions passed but the one at fault.
fn evidence(contract: &Contract, content: &Published, version: &Version, fault: &Fault) -> String {
    let now = now();
    let (provider, number) = (&contract.provider, &version.number);
    // The same on each run, so that one that was interrupted and started again leaves no second copy.
    let id = sha256(format!("{} {provider} {number} {}", contract.consumer, content.sha).as_bytes());
    let id = uuid::Uuid::parse_str(&id[..32]).unwrap_or_default();
    let run = json!({ "run": {
        "id": id, "provider": provider, "providerVersion": number, "branch": version.branch.as_deref().unwrap_or("main"),
        "buildUrl": format!("https://ci.sardis.example/{provider}/builds/{}", encode(number)),
        "tool": VERIFIER, "engine": "demo", "startedAt": now, "redaction": [],
    } });
    let mut lines = format!("{run}\n");
    for (sequence, interaction) in (1..).zip(&content.interactions) {
        let at_fault = (interaction["description"] == fault.interaction.as_str()).then_some(fault);
        let mut line = exchange(interaction, at_fault);
        line["sequence"] = sequence.into();
        line["startedAt"] = now.clone().into();
        line["interactions"][0]["consumer"] = contract.consumer.clone().into();
        line["interactions"][0]["contract"] = content.sha.clone().into();
        let _ = writeln!(lines, "{line}");
    }
    lines
}

#[expect(clippy::disallowed_methods, reason = "evidence says when it was taken")]
fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

fn exchange(interaction: &Value, fault: Option<&Fault>) -> Value {
    let is_message = interaction["type"] == "Asynchronous/Messages";
    let kind = if is_message { "message" } else { "http" };
    let states =
        if interaction["providerStates"].is_array() { interaction["providerStates"].clone() } else { json!([]) };
    let description = interaction["description"].as_str();
    let asked = Asked {
        kind,
        specification: "4.0",
        transport: None,
        description: description.filter(|_| is_message),
        request: &interaction["request"].to_string(),
        states: &states.to_string(),
    };
    let (request, response) = if is_message {
        (Value::Null, json!({ "status": null, "headers": [], "body": body(&interaction["contents"]) }))
    } else {
        (request(&interaction["request"]), response(&interaction["response"], fault))
    };
    json!({
        "fingerprint": fingerprint(asked).unwrap_or_default(),
        "kind": kind,
        "after": [],
        "request": request,
        "states": states,
        "outcome": "answered",
        "response": response,
        "durationMs": 4,
        "interactions": [{
            "interactionId": interaction["_id"],
            "description": description,
            "pending": false,
            "result": if fault.is_some() { "failed" } else { "passed" },
            "mismatches": fault.into_iter().flat_map(|fault| &fault.mismatches).map(judged).collect::<Value>(),
        }],
    })
}

fn judged(one: &Mismatch) -> Value {
    let kind = match one.attribute.as_str() {
        "status" => "StatusMismatch",
        "header" => "HeaderMismatch",
        _ => "BodyMismatch",
    };
    json!({ "type": kind, "path": one.identifier, "expected": one.expected, "actual": one.actual, "sentence": one.description })
}

fn request(request: &Value) -> Value {
    let query = request["query"].as_object().map(|query| {
        let pairs =
            query.iter().map(|(name, value)| format!("{name}={}", encode(value[0].as_str().unwrap_or_default())));
        pairs.collect::<Vec<_>>().join("&")
    });
    json!({
        "method": request["method"], "path": request["path"], "query": query, "headers": headers(&request["headers"]),
        "addedHeaders": [], "body": body(&request["body"]),
    })
}

fn response(expected: &Value, fault: Option<&Fault>) -> Value {
    let status = fault.and_then(|fault| fault.status).map_or_else(|| expected["status"].clone(), Value::from);
    let answered = fault
        .and_then(|fault| fault.answer.as_ref())
        .map(|answer| body(&json!({ "content": answer, "contentType": "application/json", "encoded": false })));
    let body = answered.unwrap_or_else(|| body(&expected["body"]));
    json!({ "status": status, "headers": headers(&expected["headers"]), "body": body })
}

fn headers(headers: &Value) -> Value {
    let pairs = headers.as_object().into_iter().flatten();
    pairs.map(|(name, value)| json!([name.to_lowercase(), value[0]])).collect()
}

/// A body as Pact has it, as it travels.
fn body(body: &Value) -> Value {
    let content = &body["content"];
    if content.is_null() {
        return Value::Null;
    }
    let text = content.as_str().map_or_else(|| content.to_string(), str::to_owned);
    let mut sent = json!({ "truncated": false, "contentType": body["contentType"] });
    let bytes = if body["encoded"] == "base64" {
        use base64::Engine as _;
        sent["base64"] = text.clone().into();
        base64::engine::general_purpose::STANDARD.decode(&text).unwrap_or_default()
    } else {
        sent["text"] = text.clone().into();
        text.into_bytes()
    };
    sent["sha256"] = sha256(&bytes).into();
    sent["sizeBytes"] = bytes.len().into();
    sent
}
