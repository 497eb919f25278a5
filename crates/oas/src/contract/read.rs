//! Reads interactions. What people publish bends the specification, so only what a comparison needs must be right.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::{
    ContractError, Exchange, Headers, Interaction, Message, Messages, Passed, Query, Request, Response, Rules,
    Specification,
};
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
            let read =
                if key == "messages" { old_message(written, pointer) } else { reader.interaction(written, pointer)? };
            interactions.push(read);
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

/// What an interaction is, as version 4 calls it.
enum Kind {
    Http,
    Received,
    Answered,
    Other,
}

fn kind(interaction: &Value) -> Kind {
    match interaction["type"].as_str().map(str::to_ascii_lowercase).as_deref() {
        None if interaction.get("request").is_some() => Kind::Http,
        Some("synchronous/http") => Kind::Http,
        Some("asynchronous/messages") => Kind::Received,
        Some("synchronous/messages") => Kind::Answered,
        _ => Kind::Other,
    }
}

fn messages(written: &Value, passed: Passed) -> Messages {
    let operation = written["comments"]["references"]["AsyncAPI"]["operationId"].as_str();
    Messages { operation: operation.filter(|name| !name.is_empty()).map(str::to_owned), passed }
}

fn message(written: &Value) -> Message {
    let contents = written["contents"].as_object();
    Message {
        payload: contents.filter(|contents| contents.contains_key("content")).map(content),
        content_type: written["contents"]["contentType"].as_str().map(str::to_owned),
        metadata: written.get("metadata").filter(|metadata| metadata.is_object()).cloned(),
        rules: Rules::read(&written["matchingRules"]),
    }
}

/// The key under which libraries write the headers of a message of version 3.
pub(super) const OLD_METADATA: [&str; 2] = ["metadata", "metaData"];

/// A message of version 3 stands in a list of its own, its payload as it is; that is JSON unless something else is said.
fn old_message(written: &Value, pointer: Pointer) -> Interaction {
    let metadata = OLD_METADATA.into_iter().find_map(|key| written.get(key)).and_then(Value::as_object).cloned();
    let mut metadata = metadata.unwrap_or_default();
    let is_type = |key: &&String| ["contenttype", "content-type"].contains(&key.to_ascii_lowercase().as_str());
    let key = metadata.keys().find(is_type).cloned();
    let said = key.and_then(|key| metadata.shift_remove(&key)?.as_str().map(str::to_owned));
    let message = Message {
        payload: written.get("contents").cloned(),
        content_type: Some(said.unwrap_or_else(|| "application/json".to_owned())),
        metadata: (!metadata.is_empty()).then_some(Value::Object(metadata)),
        rules: Rules::read(&written["matchingRules"]),
    };
    Interaction {
        description: written["description"].as_str().unwrap_or_default().to_owned(),
        states: states(written),
        exchange: None,
        messages: Some(Box::new(Messages { operation: None, passed: Passed::Received(message) })),
        pointer,
    }
}

struct Reader<'s> {
    source: &'s Source,
    specification: Specification,
}

impl Reader<'_> {
    fn interaction(&self, written: &Value, pointer: Pointer) -> Result<Interaction, ContractError> {
        let mut interaction = Interaction {
            description: written["description"].as_str().unwrap_or_default().to_owned(),
            states: states(written),
            exchange: None,
            messages: None,
            pointer,
        };
        match kind(written) {
            Kind::Http => interaction.exchange = Some(Box::new(self.exchange(written, &interaction.pointer)?)),
            Kind::Received => {
                interaction.messages = Some(Box::new(messages(written, Passed::Received(message(written)))));
            }
            Kind::Answered => {
                let answers = written["response"].as_array().into_iter().flatten().map(message).collect();
                let passed = Passed::Answered(message(&written["request"]), answers);
                interaction.messages = Some(Box::new(messages(written, passed)));
            }
            Kind::Other => {}
        }
        Ok(interaction)
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
