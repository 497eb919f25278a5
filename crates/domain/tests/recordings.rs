//! Holds the rules against recordings of the Pact Broker, which are not part of this repository:
//! `PACTOLUS_CONFORMANCE` names their folder, without it these tests say that they did not run.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use pactolus_domain::names::EnvironmentName;
use pactolus_domain::names::PacticipantName;
use pactolus_domain::problem::Problems;
use pactolus_domain::selectors::VerificationRequest;
use pactolus_domain::webhook::{AllowedTargets, Webhook};
use serde_json::{Map, Value};

fn exchanges(suite: &str) -> Option<Vec<Value>> {
    let Some(folder) = std::env::var_os("PACTOLUS_CONFORMANCE") else {
        #[expect(clippy::print_stderr, reason = "a test that did not run must say so")]
        {
            eprintln!("not run: PACTOLUS_CONFORMANCE does not name the folder of recordings");
        }
        return None;
    };
    let path = Path::new(&folder).join("broker/suites").join(suite);
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    Some(file["interactions"].as_array().unwrap().clone())
}

fn is_request(exchange: &Value, method: &str, path: impl Fn(&str) -> bool) -> bool {
    exchange["request"]["method"] == method && exchange["request"]["path"].as_str().is_some_and(path)
}

const OWN_EVENTS: &str = ", deployment_recorded, deployment_ended, release_recorded, release_ended, \
                          can_i_deploy_refused, branch_deleted, provider_contract_published, \
                          comparison_changed, comparison_change_proposed";

/// Compares what is refused, and with which errors; true if the exchange was one to compare.
fn check(exchange: &Value, result: Result<(), Problems>) -> bool {
    let description = exchange["description"].as_str().unwrap();
    let response = &exchange["response"];
    match response["status"].as_u64() {
        Some(200 | 201) => {
            assert_eq!(result, Ok(()), "{description}");
            true
        }
        Some(400) if response["body"]["errors"].is_object() => {
            let fields = result.expect_err(description).by_field().into_iter();
            let errors: Map<String, Value> = fields.map(|(field, texts)| (field, texts.into())).collect();
            // Events that only we have are named, too.
            let errors = Value::Object(errors).to_string().replace(OWN_EVENTS, "");
            assert_eq!(errors, response["body"]["errors"].to_string(), "{description}");
            true
        }
        _ => false,
    }
}

#[test]
fn requests_for_verification_are_refused_as_recorded() {
    let Some(exchanges) = exchanges("08_pacts_for_verification.json") else { return };
    let known = ["test", "production"].map(|name| EnvironmentName::parse(name).unwrap());

    let relevant = exchanges.iter().filter(|exchange| {
        is_request(exchange, "POST", |path| path.ends_with("/for-verification"))
            && exchange["request"]["body"].is_object()
    });
    let compared = relevant.filter(|exchange| {
        let request = VerificationRequest::parse(&exchange["request"]["body"]);
        check(exchange, request.and_then(|request| request.check_environments(&known)))
    });

    assert!(compared.count() > 40);
}

#[test]
fn webhooks_are_refused_as_recorded() {
    let Some(exchanges) = exchanges("10_webhooks.json") else { return };
    let allowed = AllowedTargets {
        schemes: vec!["https".to_owned(), "http".to_owned()],
        hosts: ["127.0.0.1", "localhost"].map(|host| host.parse().unwrap()).to_vec(),
        ..AllowedTargets::default()
    };
    let exists = |name: &PacticipantName| name.as_str() != "Nope";

    let relevant = exchanges.iter().filter(|exchange| {
        is_request(exchange, "POST", |path| path == "/webhooks") && exchange["request"]["body"].is_object()
    });
    let compared = relevant.filter(|exchange| {
        let webhook = Webhook::parse(&exchange["request"]["body"], &allowed);
        check(exchange, webhook.and_then(|webhook| webhook.check_scopes(exists)))
    });

    assert!(compared.count() > 15);
}
