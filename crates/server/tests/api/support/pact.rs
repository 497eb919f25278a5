//! Small contracts.

use ::base64::Engine;
use ::base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// A pact with one interaction for each description. Equal descriptions, equal content.
pub(crate) fn pact(consumer: &str, provider: &str, descriptions: &[&str]) -> Value {
    let interactions: Vec<Value> = descriptions
        .iter()
        .map(|description| {
            json!({
                "description": description,
                "request": {"method": "GET", "path": format!("/{}", description.replace(' ', "-"))},
                "response": {"status": 200},
            })
        })
        .collect();
    json!({
        "consumer": {"name": consumer},
        "provider": {"name": provider},
        "interactions": interactions,
        "metadata": {"pactSpecification": {"version": "2.0.0"}},
    })
}

pub(crate) fn base64(text: &str) -> String {
    STANDARD.encode(text)
}
