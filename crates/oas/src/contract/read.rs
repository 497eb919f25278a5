//! Reads interactions. What people publish bends the specification, so only what a comparison needs must be right.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::{ContractError, Exchange, Headers, Interaction, Query, Request, Response, Rules, Specification};
use crate::pointer::Pointer;
use crate::source::Source;

pub(super) fn interactions(source: &Source) -> Result<(Specification, Vec<Interaction>), ContractError> {
    let value = source.value();
    let specification = specification(value);
    let reader = Reader { source, specification };
    let lists = ["interactions", "messages"].map(|key| (key, value.get(key).and_then(Value::as_array)));
    if lists.iter().all(|(_, list)| list.is_none()) {
        return Err(ContractError::NoInteractions);
    }
    let mut interactions = Vec::new();
    for (key, list) in lists {
        for (index, written) in list.into_iter().flatten().enumerate() {
            let pointer = Pointer::root().child(key).item(index);
            let http = key == "interactions" && is_http(written);
            interactions.push(reader.interaction(written, pointer, http)?);
        }
    }
    Ok((specification, interactions))
}

/// The major version, wherever the libraries of the time wrote it.
fn specification(pact: &Value) -> Specification {
    let metadata = &pact["metadata"];
    let places = [
        &metadata["pactSpecification"]["version"],
        &metadata["pactSpecificationVersion"],
        &metadata["pact-specification"]["version"],
    ];
    let written = places.into_iter().find_map(|place| match place {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    });
    match written.as_deref().and_then(|version| version.split('.').next()).and_then(|major| major.parse().ok()) {
        Some(0 | 1u32) | None => Specification::V1,
        Some(2) => Specification::V2,
        Some(3) => Specification::V3,
        Some(_) => Specification::V4,
    }
}

fn is_http(interaction: &Value) -> bool {
    interaction["type"].as_str().is_none_or(|kind| kind.eq_ignore_ascii_case("Synchronous/HTTP"))
}

struct Reader<'s> {
    source: &'s Source,
    specification: Specification,
}

impl Reader<'_> {
    fn interaction(&self, written: &Value, pointer: Pointer, http: bool) -> Result<Interaction, ContractError> {
        let exchange = if http { Some(Box::new(self.exchange(written, &pointer)?)) } else { None };
        let description = written["description"].as_str().unwrap_or_default().to_owned();
        Ok(Interaction { description, states: states(written), pointer, exchange })
    }

    fn exchange(&self, written: &Value, pointer: &Pointer) -> Result<Exchange, ContractError> {
        let (request, response) = (&written["request"], &written["response"]);
        let text = |key: &str| {
            let found = request[key].as_str().map(str::to_owned);
            found.ok_or_else(|| self.malformed("a text", pointer.child("request").child(key)))
        };
        // The mock server of some libraries wrote statuses as text.
        let status = response["status"].as_u64().or_else(|| response["status"].as_str()?.parse().ok());
        let status = status.and_then(|status| u16::try_from(status).ok());
        Ok(Exchange {
            request: Request {
                method: text("method")?,
                path: text("path")?,
                query: query(&request["query"]),
                headers: headers(&request["headers"]),
                body: self.body(request),
                rules: Rules::read(&request["matchingRules"]),
            },
            response: Response {
                status: status.ok_or_else(|| self.malformed("a status", pointer.child("response").child("status")))?,
                headers: headers(&response["headers"]),
                body: self.body(response),
                rules: Rules::read(&response["matchingRules"]),
            },
        })
    }

    fn body(&self, part: &Value) -> Option<Value> {
        let body = part.get("body")?;
        if self.specification < Specification::V4 {
            return Some(body.clone());
        }
        body.as_object().map(content)
    }

    fn malformed(&self, expected: &'static str, pointer: Pointer) -> ContractError {
        let at = self.source.position(&pointer);
        ContractError::Malformed { expected, pointer, at }
    }
}

/// The body within version 4's wrapping, which may encode it. What cannot be decoded stays as it is.
fn content(wrapped: &Map<String, Value>) -> Value {
    let content = wrapped.get("content").cloned().unwrap_or_else(|| Value::String(String::new()));
    let (Some(Value::String(encoding)), Value::String(text)) = (wrapped.get("encoded"), &content) else {
        return content;
    };
    if encoding.eq_ignore_ascii_case("json") {
        return serde_json::from_str(text).unwrap_or(content);
    }
    let decoded = STANDARD.decode(text.as_bytes()).ok();
    decoded.map_or(content, |bytes| Value::String(String::from_utf8_lossy(&bytes).into_owned()))
}

fn states(written: &Value) -> Vec<String> {
    let alone = written.get("providerState").or_else(|| written.get("provider_state")).and_then(Value::as_str);
    let listed = written["providerStates"].as_array().into_iter().flatten();
    let listed = listed.filter_map(|state| state.as_str().or_else(|| state["name"].as_str()));
    alone.into_iter().chain(listed).map(str::to_owned).collect()
}

fn headers(written: &Value) -> Headers {
    let mut headers = Headers::default();
    for (name, value) in written.as_object().into_iter().flatten() {
        let values: Vec<String> = texts(value).iter().map(|value| one_line(value)).collect();
        if !value.is_null() {
            headers.add(name, &values.join(","));
        }
    }
    headers
}

fn query(written: &Value) -> Query {
    match written {
        Value::String(text) => Query::Text(text.clone()),
        Value::Object(fields) => {
            let fields = fields.iter();
            let one_line = |value: &Value| texts(value).iter().map(|text| one_line(text)).collect();
            Query::Fields(fields.map(|(name, value)| (name.clone(), one_line(value))).collect())
        }
        _ => Query::None,
    }
}

/// A value or the values of a list, each as text.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        Value::Null => vec![String::new()],
        other => vec![other.to_string()],
    }
}

/// No header or query can hold a line break.
fn one_line(text: &str) -> String {
    text.replace(['\r', '\n', '\0'], "")
}
