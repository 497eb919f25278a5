//! Reports that tests look at.

use std::time::Duration;

use pactolus_verify::{
    ContractReport, Interaction, InteractionKind, InteractionReport, Mismatch, MismatchKind, Report, Result, Source,
    State, Trouble, TroubleKind,
};
use serde_json::{Map, Value, json};

/// The rest of the command line of the runs.
pub(super) const COMMAND: &str = "pactolus verify -f pacts/shop.json --provider-base-url http://127.0.0.1:8080";

pub(super) fn report(contracts: impl IntoIterator<Item = ContractReport>) -> Report {
    let contracts: Vec<ContractReport> = contracts.into_iter().collect();
    let was_sent = |one: &&InteractionReport| one.exchange.is_some();
    Report {
        run_id: "0190f5b0-0000-7000-8000-000000000001".parse().unwrap(),
        provider: "stock".to_owned(),
        provider_version: Some("1.2.3".to_owned()),
        started_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        duration: Duration::from_millis(1_234),
        requests_sent: contracts.iter().flat_map(|one| &one.interactions).filter(was_sent).count(),
        contracts,
        cut_short: None,
    }
}

pub(super) fn contract(consumer: &str, interactions: impl IntoIterator<Item = InteractionReport>) -> ContractReport {
    ContractReport {
        source: Source { location: format!("pacts/{consumer}.json"), ..Source::default() },
        consumer: consumer.to_owned(),
        interactions: interactions.into_iter().collect(),
        left_out: 0,
        unreadable: None,
    }
}

pub(super) fn pending(mut contract: ContractReport) -> ContractReport {
    contract.source.is_pending = true;
    contract
}

pub(super) fn unreadable(name: &str) -> ContractReport {
    let mut contract = contract(name, []);
    contract.consumer.clear();
    contract.unreadable = Some("it is not JSON: expected value at line 1 column 1".to_owned());
    contract
}

pub(super) fn passed(description: &str) -> InteractionReport {
    with(description, Result::Passed)
}

pub(super) fn failed(description: &str) -> InteractionReport {
    let status = mismatch(MismatchKind::Status, "", "200", "500", "expected 200 but was 500");
    with(description, Result::Failed(vec![status]))
}

pub(super) fn not_judged(description: &str) -> InteractionReport {
    with(description, Result::NotJudged("its body is application/grpc, which needs a plugin".to_owned()))
}

pub(super) fn not_asked(description: &str) -> InteractionReport {
    let message = "can't connect to http://127.0.0.1:8080 (connection refused): start the provider before, or correct \
                   --provider-base-url";
    let trouble = Trouble { kind: TroubleKind::Unreachable, message: message.to_owned() };
    InteractionReport { exchange: None, attempts: 3, ..with(description, Result::NotAsked(trouble)) }
}

pub(super) fn skipped(description: &str) -> InteractionReport {
    let reason = "it passed last time".to_owned();
    InteractionReport { exchange: None, attempts: 0, ..with(description, Result::Skipped(reason)) }
}

/// Its key is made of its description.
pub(super) fn with(description: &str, result: Result) -> InteractionReport {
    let key: String = description.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    InteractionReport {
        interaction: Interaction {
            id: None,
            key: format!("k{key}"),
            description: description.to_owned(),
            states: Vec::new(),
            kind: InteractionKind::Http,
            is_pending: false,
            comments: Vec::new(),
            test_name: None,
            request_line: "GET /products/7?size=2".to_owned(),
        },
        result,
        duration: Duration::from_millis(12),
        exchange: Some(1),
        attempts: 1,
    }
}

pub(super) fn state(name: &str, params: Value) -> State {
    let params = if let Value::Object(params) = params { params } else { Map::new() };
    State { name: name.to_owned(), params }
}

pub(super) fn mismatch(kind: MismatchKind, path: &str, expected: &str, actual: &str, sentence: &str) -> Mismatch {
    Mismatch {
        kind,
        path: path.to_owned(),
        expected: expected.to_owned(),
        actual: actual.to_owned(),
        sentence: sentence.to_owned(),
    }
}

/// Every standing at least once, and all kinds of trouble in a pending contract.
pub(super) fn one_of_each() -> Report {
    let shop = contract("shop", [passed("a"), failed("b"), not_judged("c"), not_asked("d"), skipped("e")]);
    let pay = pending(contract("pay", [passed("f"), failed("g"), not_judged("h"), not_asked("i")]));
    report([shop, pay])
}

/// All passed; one has a comment.
pub(super) fn green() -> Report {
    let mut one = passed("a request for a product");
    one.interaction.states = vec![state("product 7 exists", json!({"id": 7}))];
    one.interaction.comments = vec!["sizes are in centimetres".to_owned()];
    one.interaction.test_name = Some("ProductClientTest.getsAProduct".to_owned());
    report([contract("shop", [one, passed("a request for all products"), passed("a request for no product")])])
}

/// One deep body with six mismatches, one of them twice.
pub(super) fn deep_body() -> Report {
    let body = |path: &str, expected: &str, actual: &str, sentence: &str| {
        mismatch(MismatchKind::Body, path, expected, actual, sentence)
    };
    let address = r#"{"street":"1 Main St","city":"Delft","country":{"code":"NL","name":"Netherlands"},"zip":"2611"}"#;
    let flat = r#"{"street":"1 Main St","city":"Delft","country":"NL","zipCode":"2611"}"#;
    let mismatches = vec![
        mismatch(MismatchKind::Status, "", "200", "206", "expected 200 but was 206"),
        body("$.orders[0].items[0].id", "0", "\"x\"", "Expected 'x' (String) to be an integer"),
        body("$.orders[0].items[1].id", "0", "\"y\"", "Expected 'y' (String) to be an integer"),
        body("$.orders[0].state", "\"open\"", "\"cancelled\"", "Expected 'cancelled' to match '^(open|paid)$'"),
        body("$.orders[0].total.amount", "12.5", "null", "Expected null (Null) to be a decimal number"),
        body("$.orders[0].address", address, flat, "Actual map is missing the following keys: zip"),
    ];
    let mut one = with("a request for the orders of a customer", Result::Failed(mismatches));
    one.interaction.states =
        vec![state("customer 7 has orders", json!({"id": 7, "orders": 1})), state("the user is logged in", json!({}))];
    one.interaction.request_line = "GET /customers/7/orders?expand=items".to_owned();
    one.interaction.test_name = Some("OrderClientTest.getsOrders".to_owned());
    report([contract("shop", [passed("a request for a product"), one])])
}

/// Everything in it tries to be obeyed.
pub(super) fn hostile() -> Report {
    let evil = "]]></failure>\x1b[2J\x1b]0;owned\x07<script>alert(1)</script>|\n::error::pwned\r\n##vso[task.complete]";
    let description = format!("{evil} {}", "x".repeat(5_000));
    let trouble = mismatch(MismatchKind::Body, &format!("$['{evil}']"), evil, "\u{202e}b\n```\n</pre>", evil);
    let mut one = with(&description, Result::Failed(vec![trouble]));
    one.interaction.states = vec![state(evil, json!({ evil: evil }))];
    one.interaction.request_line = format!("GET /{evil}");
    one.interaction.comments = vec![evil.to_owned()];
    one.interaction.test_name = Some(evil.to_owned());
    let mut contract = contract("shop", [one]);
    contract.consumer = evil.to_owned();
    contract.source.location = evil.to_owned();
    report([contract])
}
