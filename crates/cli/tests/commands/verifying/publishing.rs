//! Contracts of a broker, and results that go back to it.

use serde_json::{Value, json};

use super::{contract, get, ok};
use crate::support::{Ended, Reply, Server, run_in};

/// A broker that lists these contracts, and the provider whose they are.
fn broker_and_provider(contracts: Vec<(String, bool)>, result: Reply) -> Server {
    Server::start(move |request, _| {
        let link = |path: &str| json!({ "href": format!("https://broker.invalid{path}") });
        let path = request.target.as_str();
        match (request.method.as_str(), path) {
            ("GET", "/") => {
                ok(&json!({ "_links": { "pb:provider-pacts-for-verification": link("/{provider}/contracts") } }))
            }
            ("POST", "/stock/contracts") => {
                let listed = contracts.iter().enumerate().map(|(number, (_, is_pending))| {
                    let properties = json!({ "pending": is_pending, "notices": [] });
                    json!({ "_links": { "self": link(&format!("/contracts/{number}")) }, "verificationProperties": properties })
                });
                ok(&json!({ "_embedded": { "pacts": listed.collect::<Value>() } }))
            }
            ("GET", _) if path.starts_with("/contracts/") => {
                let number: usize = path["/contracts/".len()..].parse().unwrap();
                Reply::With(200, "content-type", "application/json", contracts[number].0.clone())
            }
            ("POST", _) if path.contains("/pact-version/") => result.clone(),
            ("PUT", _) => Reply::Json(201, json!({})),
            _ => ok(&json!({ "id": 1 })),
        }
    })
}

fn from_broker(number: usize, body: &str) -> String {
    let publish = format!("https://broker.invalid/pact-version/{number}/verification-results");
    let interaction = get(&format!("/items/{number}"), json!("BODY")).to_string().replace("\"BODY\"", body);
    let links = json!({ "pb:publish-verification-results": { "href": publish } });
    let text = contract(&format!("consumer {number}"), json!(["INTERACTION"])).to_string();
    text.replace("\"INTERACTION\"", &interaction).replacen('{', &format!("{{\"_links\":{links},"), 1)
}

fn verify_with(broker: &Server, arguments: &[&str]) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let always = ["verify", "-n", "stock", "-b", &broker.url, "--provider-base-url", &broker.url];
    run_in(folder.path(), &[], &[&always[..], arguments].concat())
}

fn published(broker: &Server) -> Vec<Value> {
    let results = broker.requests().into_iter().filter(|request| request.target.contains("/pact-version/"));
    results.map(|request| request.json()).collect()
}

const PUBLISH: [&str; 5] = ["--publish", "--provider-version", "7", "--branch", "main"];

#[test]
fn results_go_back_to_the_broker_contract_by_contract() {
    let contracts = vec![(from_broker(0, r#"{"id": 1}"#), false), (from_broker(1, r#"{"id": 2}"#), true)];
    let broker = broker_and_provider(contracts, Reply::Json(201, json!({})));

    let ended = verify_with(&broker, &PUBLISH);

    assert_eq!(ended.code, Some(0), "the one that is broken is pending: {ended:?}");
    let results = published(&broker);
    let successes: Vec<&Value> = results.iter().map(|result| &result["success"]).collect();
    assert_eq!(successes, [true, false]);
    assert!(
        broker.lines().contains(&"PUT /pacticipants/stock/branches/main/versions/7".to_owned()),
        "{:?}",
        broker.lines()
    );
}

#[test]
fn a_contract_that_no_program_can_read_stops_no_other() {
    let contracts = vec![(from_broker(0, "1e999"), false), (from_broker(1, r#"{"id": 1}"#), false)];
    let broker = broker_and_provider(contracts, Reply::Json(201, json!({})));

    let ended = verify_with(&broker, &PUBLISH);

    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert_eq!(published(&broker).len(), 1, "what is not judged is not published");
}

#[test]
fn a_result_that_the_broker_refuses_is_no_success() {
    let contracts = vec![(from_broker(0, r#"{"id": 1}"#), false)];
    let broker = broker_and_provider(contracts, Reply::Json(409, json!({ "error": "no" })));

    let ended = verify_with(&broker, &PUBLISH);

    assert_eq!(ended.code, Some(3), "{ended:?}");
}

#[test]
fn a_part_of_a_contract_is_not_published() {
    let contracts = vec![(from_broker(0, r#"{"id": 1}"#), false)];
    let broker = broker_and_provider(contracts, Reply::Json(201, json!({})));

    let ended = verify_with(&broker, &[&PUBLISH[..], &["--filter-description", "nothing"]].concat());

    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert!(published(&broker).is_empty() && ended.stderr.contains("filters left out 1"), "{ended:?}");
}

#[test]
fn the_contract_of_an_address_is_verified_and_published() {
    let contracts = vec![(from_broker(0, r#"{"id": 1}"#), false), (from_broker(1, r#"{"id": 1}"#), false)];
    let broker = broker_and_provider(contracts, Reply::Json(201, json!({})));
    let url = format!("{}/contracts/1", broker.url);

    let ended = verify_with(&broker, &[&PUBLISH[..], &["--url", &url]].concat());

    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(published(&broker).len(), 1);
    assert!(broker.lines().contains(&"POST /pact-version/1/verification-results".to_owned()), "{:?}", broker.lines());
}
