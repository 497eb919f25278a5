//! What pages say of a pair is what the gate says of it, however it came to be known.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{page, words};
use crate::support::{TestApp, base64, query_of};

const KNOWN: [Option<bool>; 3] = [None, Some(true), Some(false)];
/// What the provider offers: what fits, what does not, and what can't be compared.
const OFFERS: [&str; 3] = ["integer", "string", "graphql"];

/// Every way in which a verification, the provider's own tests and a comparison can end: a consumer and a provider for each,
/// all of them in production.
async fn all_ways(app: &TestApp) -> Vec<(String, String)> {
    app.world().environment("production").await;
    let mut pairs = Vec::new();
    for offer in OFFERS {
        for kept in KNOWN {
            for verified in KNOWN {
                let place = pairs.len();
                let (consumer, provider) = (format!("consumer-{place:02}"), format!("provider-{place:02}"));
                publish(app, &consumer, &provider).await;
                offer_it(app, &provider, offer, kept).await;
                let version = app.world().provider(&provider).version("1");
                match verified {
                    Some(true) => version.verifies(&consumer, "1").await,
                    Some(false) => version.fails(&consumer, "1").await,
                    None => version.await,
                };
                app.world().deployed(&consumer, "1", "production").await;
                app.world().deployed(&provider, "1", "production").await;
                pairs.push((consumer, provider));
            }
        }
    }
    pairs
}

async fn publish(app: &TestApp, consumer: &str, provider: &str) {
    let contract = json!({
        "consumer": {"name": consumer}, "provider": {"name": provider},
        "interactions": [{
            "description": "a thing", "request": {"method": "GET", "path": "/things"},
            "response": {"status": 200, "headers": {"Content-Type": "application/json"}, "body": {"id": 1}},
        }],
    });
    app.world().consumer(consumer).version("1").branch("main").contract_text(provider, &contract.to_string()).await;
}

async fn offer_it(app: &TestApp, provider: &str, offer: &str, kept: Option<bool>) {
    let (specification, document) = match offer {
        "graphql" => ("graphql", "type Query { things: [Int] }".to_owned()),
        id => ("oas", openapi(id)),
    };
    let mut body = json!({
        "pacticipantVersionNumber": "1", "branch": "main",
        "contract": {"content": base64(&document), "contentType": "application/json", "specification": specification},
    });
    if let Some(success) = kept {
        body["contract"]["selfVerificationResults"] = json!({"success": success, "verifier": "drift"});
    }
    app.post(&format!("/provider-contracts/provider/{provider}/publish"), &body).await.is(200);
}

fn openapi(id: &str) -> String {
    json!({
        "openapi": "3.0.3", "info": {"title": "Things", "version": "1"},
        "paths": {"/things": {"get": {"responses": {"200": {"description": "", "content": {"application/json": {
            "schema": {"type": "object", "required": ["id"], "properties": {"id": {"type": id}}},
        }}}}}}},
    })
    .to_string()
}

async fn said_by_gate(app: &TestApp, consumer: &str) -> &'static str {
    let question = query_of(&[("pacticipant", consumer), ("version", "1"), ("environment", "production")]);
    let answer = app.get(&format!("/can-i-deploy{question}")).await.is(200);
    match answer.at("/summary/deployable") {
        Value::Bool(true) => "passed",
        Value::Bool(false) => "failed",
        _ => "not-verified",
    }
}

#[tokio::test]
async fn pages_say_of_each_pair_what_the_gate_says() {
    let app = TestApp::start().await;
    let pairs = all_ways(&app).await;
    let mut gate = BTreeMap::new();
    for (consumer, provider) in &pairs {
        gate.insert((consumer.clone(), provider.clone()), said_by_gate(&app, consumer).await.to_owned());
    }
    let count = |word: &str| gate.values().filter(|said| *said == word).count();
    assert_eq!((count("passed"), count("failed"), count("not-verified")), (5, 19, 3));

    for address in ["/map", "/map?environment=production"] {
        let map = app.get(address).await.is(200).json();
        let said: BTreeMap<(String, String), String> = map["_embedded"]["contracts"]
            .as_array()
            .expect("contracts")
            .iter()
            .map(|one| {
                let text = |value: &Value| value.as_str().expect("a text").to_owned();
                ((text(&one["consumer"]["name"]), text(&one["provider"]["name"])), text(&one["verdict"]))
            })
            .collect();
        assert_eq!(said, gate, "{address}");
    }

    let overview = words(&page(&app, "/matrix?environment=production").await.is(200));
    let board = words(&page(&app, "/environments").await.is(200));
    for ((consumer, provider), said) in &gate {
        let (word, counts) = match said.as_str() {
            "passed" => ("Passed", "0 0 1"),
            "failed" => ("Failed", "1 0 0"),
            _ => ("Not verified", "0 1 0"),
        };
        assert!(overview.contains(&format!("{consumer} {provider} {word} {counts}")), "{consumer}: {overview}");
        let application = words(&page(&app, &format!("/pacticipants/{consumer}")).await.is(200));
        assert!(application.contains(word), "{consumer}, {word}: {application}");
    }
    assert!(board.contains("38 applications run beside one that they break with"), "{board}");

    let home = app.get("/home").await.is(200).json();
    let answers: BTreeMap<&str, &str> = home["applications"]["items"]
        .as_array()
        .expect("applications")
        .iter()
        .map(|one| (one["name"].as_str().expect("a name"), one["answer"].as_str().unwrap_or("none")))
        .collect();
    for ((consumer, _), said) in &gate {
        let answer = match said.as_str() {
            "passed" => "yes",
            "failed" => "no",
            _ => "not-known",
        };
        assert_eq!(answers.get(consumer.as_str()), Some(&answer), "{consumer}");
    }
}
