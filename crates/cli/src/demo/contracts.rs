//! Writes the company's contracts out as Pact has them, version 4.

use serde_json::{Map, Value, json};

use super::company::{Contract, Interaction, Version};

/// The contract of a consumer's version.
pub(super) fn pact(contract: &Contract, version: &Version) -> Value {
    let interactions = contract.interactions.iter().filter(|one| one.of.has(version));
    json!({
        "consumer": { "name": contract.consumer },
        "provider": { "name": contract.provider },
        "interactions": interactions.map(interaction).collect::<Value>(),
        "metadata": { "pactSpecification": { "version": "4.0" } },
    })
}

fn interaction(one: &Interaction) -> Value {
    let mut written = match &one.event {
        Some(event) => message(one, event),
        None => exchange(one),
    };
    written["description"] = one.description.clone().into();
    if !one.given.is_empty() {
        written["providerStates"] = one.given.iter().flat_map(states).collect();
    }
    written
}

fn states(given: &Map<String, Value>) -> impl Iterator<Item = Value> {
    given.iter().map(|(name, params)| json!({ "name": name, "params": params }))
}

fn message(one: &Interaction, event: &Value) -> Value {
    json!({
        "type": "Asynchronous/Messages",
        "contents": { "content": event, "contentType": "application/json", "encoded": false },
        "metadata": one.metadata,
        "matchingRules": rules(&one.rules),
    })
}

fn exchange(one: &Interaction) -> Value {
    let (method, path) = one.request.split_once(' ').unwrap_or(("GET", &one.request));
    let mut request = json!({ "method": method, "path": path });
    let asked = match (&one.body, &one.form) {
        (Some(body), _) => Some(json_body(body)),
        (None, Some(form)) => Some(body(form, "application/x-www-form-urlencoded", &json!(false))),
        (None, None) => None,
    };
    fill(&mut request, &one.headers, asked);
    if !one.query.is_empty() {
        let query = one.query.iter().map(|(name, value)| (name.clone(), json!([value])));
        request["query"] = Value::Object(query.collect());
    }
    if !one.request_rules.is_empty() {
        request["matchingRules"] = rules(&one.request_rules);
    }

    let mut response = json!({ "status": one.status });
    fill(&mut response, &Map::new(), answered(one));
    if !one.rules.is_empty() {
        response["matchingRules"] = rules(&one.rules);
    }
    json!({ "type": "Synchronous/HTTP", "request": request, "response": response })
}

/// The body that is expected.
fn answered(one: &Interaction) -> Option<Value> {
    let content_type = |otherwise: &str| one.content_type.clone().unwrap_or_else(|| otherwise.to_owned());
    match (&one.answer, &one.xml, &one.base64) {
        (Some(answer), ..) => Some(json_body(answer)),
        (_, Some(xml), _) => Some(body(xml, &content_type("application/xml"), &json!(false))),
        (.., Some(bytes)) => Some(body(bytes, &content_type("application/octet-stream"), &json!("base64"))),
        _ => None,
    }
}

fn json_body(content: &Value) -> Value {
    json!({ "content": content, "contentType": "application/json", "encoded": false })
}

fn body(content: &str, content_type: &str, encoded: &Value) -> Value {
    json!({ "content": content, "contentType": content_type, "encoded": encoded })
}

fn fill(part: &mut Value, headers: &Map<String, Value>, body: Option<Value>) {
    let mut written: Map<String, Value> = headers.iter().map(|(name, value)| (name.clone(), json!([value]))).collect();
    if let Some(body) = body {
        written.insert("Content-Type".to_owned(), json!([body["contentType"]]));
        part["body"] = body;
    }
    if !written.is_empty() {
        part["headers"] = Value::Object(written);
    }
}

/// By the part that each is about: `path`, `header NAME`, and all else a place in the body.
fn rules(short: &Map<String, Value>) -> Value {
    let mut rules = json!({});
    for (place, rule) in short {
        let rule = json!({ "combine": "AND", "matchers": [matcher(rule.as_str().unwrap_or_default())] });
        match place.strip_prefix("header ") {
            Some(header) => rules["header"][header] = rule,
            None if place == "path" => rules["path"] = rule,
            None => rules["body"][place] = rule,
        }
    }
    rules
}

fn matcher(rule: &str) -> Value {
    match rule.split_once(' ') {
        Some(("regex", regex)) => json!({ "match": "regex", "regex": regex }),
        Some(("each", least)) => json!({ "match": "type", "min": least.parse().unwrap_or(0) }),
        Some(("content", content_type)) => json!({ "match": "contentType", "value": content_type }),
        _ => match rule {
            "time" => json!({ "match": "timestamp", "format": "yyyy-MM-dd'T'HH:mm:ssX" }),
            "date" => json!({ "match": "date", "format": "yyyy-MM-dd" }),
            "uuid" => json!({ "match": "regex", "regex": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" }),
            simple => json!({ "match": simple }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::company::Company;
    use super::*;

    fn contract(consumer: &str, provider: &str) -> Contract {
        let mut contracts = Company::read().contracts.into_iter();
        contracts.find(|one| one.consumer == consumer && one.provider == provider).unwrap()
    }

    fn version(age: usize, branch: Option<&str>) -> Version {
        Version { number: "1".to_owned(), branch: branch.map(str::to_owned), age }
    }

    #[test]
    fn what_an_interaction_is_checked_by_stands_beside_it() {
        let pact = pact(&contract("checkout", "payments"), &version(3, None));

        let capture = pact["interactions"].as_array().unwrap().iter();
        let capture: Vec<_> = capture.filter(|one| one["description"] == "a request to capture a payment").collect();
        assert_eq!(capture.len(), 1);
        let response = &capture[0]["response"];
        assert_eq!(response["body"]["content"]["amount"], json!(49.9));
        assert_eq!(response["matchingRules"]["body"]["$.amount"]["matchers"], json!([{ "match": "decimal" }]));
        assert_eq!(response["headers"]["Content-Type"], json!(["application/json"]));
        assert_eq!(capture[0]["providerStates"][0]["name"], "a payment is authorised");
    }

    #[test]
    fn a_branch_has_what_the_main_branch_has_not() {
        let count = |branch| {
            pact(&contract("notifications", "events-hub"), &version(0, branch))["interactions"]
                .as_array()
                .unwrap()
                .len()
        };

        assert_eq!((count(None), count(Some("feat/push"))), (2, 3));
    }

    #[test]
    fn binary_bodies_and_xml_keep_their_types() {
        let of = |consumer, provider, place: usize| {
            pact(&contract(consumer, provider), &version(0, None))["interactions"][place]["response"]["body"].clone()
        };

        let label = of("returns", "shipping", 0);
        assert_eq!((&label["contentType"], &label["encoded"]), (&json!("image/png"), &json!("base64")));
        assert_eq!(of("invoices", "ledger", 0)["contentType"], "application/xml");
    }
}
