//! How fast the judge is, without a provider: `cargo run --release -p pactolus-judge --example speed`. Prints how many
//! interactions of about 1 KB one core judges in a second.
#![expect(clippy::print_stdout, reason = "it is a program")]

use std::time::Instant;

use pactolus_judge::{Answer, Contract, Response, Verdict, judge};
use serde_json::{Value, json};

const INTERACTIONS: usize = 1000;

fn main() {
    for (name, rules) in [("equality", json!({})), ("eight rules", rules())] {
        let contract = contract(&rules);
        let size = body(1).to_string().len();
        let read_at = Instant::now();
        let contract = Contract::read(&contract.to_string()).expect("it is a contract");
        let read = read_at.elapsed();
        let judged_at = Instant::now();
        let passed = contract.interactions.iter().enumerate().filter(|(number, interaction)| {
            let response = Response {
                status: 200,
                headers: vec![("content-type".into(), "application/json".into())],
                body: Some(body(*number).to_string().into()),
            };
            judge(interaction.document.get(), &Answer::Response(response)) == Verdict::Matched
        });
        let passed = passed.count();
        let judged = judged_at.elapsed();
        assert_eq!(passed, INTERACTIONS);
        println!("{name}: {INTERACTIONS} answers of {size} bytes read in {read:.0?} and judged in {judged:.0?}");
    }
}

fn contract(rules: &Value) -> Value {
    let interactions = (0..INTERACTIONS).map(|number| {
        json!({
            "description": format!("interaction {number}"),
            "request": { "method": "GET", "path": format!("/{number}") },
            "response": {
                "status": 200,
                "headers": { "Content-Type": "application/json" },
                "body": body(number),
                "matchingRules": { "body": rules },
            },
        })
    });
    json!({
        "consumer": { "name": "shop" },
        "provider": { "name": "stock" },
        "interactions": interactions.collect::<Value>(),
        "metadata": { "pactSpecification": { "version": "3.0.0" } },
    })
}

/// About 1 KB.
fn body(number: usize) -> Value {
    let items = (0..7).map(|item| {
        let sku = format!("{number}-{item}");
        json!({ "id": number + item, "sku": sku, "name": "a pen that writes for a long time", "price": 1.5, "tags": ["a", "b"],
                "stock": { "left": item, "reserved": 0 } })
    });
    json!({ "page": 1, "items": items.collect::<Value>() })
}

fn rules() -> Value {
    let rule = |rule: Value| json!({ "matchers": [rule] });
    json!({
        "$.page": rule(json!({ "match": "integer" })),
        "$.items": rule(json!({ "match": "type", "min": 1 })),
        "$.items[*].id": rule(json!({ "match": "integer" })),
        "$.items[*].sku": rule(json!({ "match": "regex", "regex": "\\d+-\\d+" })),
        "$.items[*].name": rule(json!({ "match": "type" })),
        "$.items[*].price": rule(json!({ "match": "decimal" })),
        "$.items[*].tags[*]": rule(json!({ "match": "type" })),
        "$.items[*].stock.left": rule(json!({ "match": "number" })),
    })
}
