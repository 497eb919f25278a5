//! The text of made-up contracts.

use pactolus_domain::content::Content;
use serde_json::{Value, json};

/// A pact as a consumer library writes it; `number` makes its promises unlike those of any other.
pub(crate) fn contract(consumer: &str, provider: &str, number: usize, interactions: usize) -> Content {
    let interactions: Vec<Value> = (0..interactions.max(1)).map(|index| interaction(number, index)).collect();
    let pact = json!({
        "consumer": {"name": consumer},
        "provider": {"name": provider},
        "interactions": interactions,
        "metadata": {"pactSpecification": {"version": "3.0.0"}},
    });
    Content::parse(pact.to_string()).expect("a pact was written")
}

fn interaction(number: usize, index: usize) -> Value {
    json!({
        "description": format!("a request for item {number}-{index}"),
        "providerStates": [{"name": format!("item {number} exists")}],
        "request": {"method": "GET", "path": format!("/items/{number}/{index}"), "headers": {"Accept": "application/json"}},
        "response": {
            "status": 200,
            "headers": {"Content-Type": "application/json"},
            "body": {"id": number, "name": "an item", "parts": [{"sku": "A-1", "count": index}]},
            "matchingRules": {"body": {"$.id": {"matchers": [{"match": "type"}]}}},
        },
    })
}
