//! What a contract says about itself, read without the engine and without recursion: each interaction becomes a small
//! contract of its own, so that one that cannot be read costs no other, and none is read twice.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// A Pact contract of any version.
#[derive(Debug, Clone)]
pub struct Contract {
    /// The consumer's name; empty when the contract has none.
    pub consumer: String,
    /// The provider's name; empty when the contract has none.
    pub provider: String,
    /// In order.
    pub interactions: Vec<Interaction>,
}

/// One interaction.
#[derive(Debug, Clone)]
pub struct Interaction {
    /// The broker's identifier (`_id`).
    pub id: Option<String>,
    /// The consumer's words.
    pub description: String,
    /// In order.
    pub states: Vec<State>,
    /// What is exchanged.
    pub kind: InteractionKind,
    /// The version of Pact that the contract is written in, as it says: `4.0`; empty when it does not.
    pub specification: String,
    /// Failures do not count yet (V4).
    pub is_pending: bool,
    /// What readers should know (V4).
    pub comments: Vec<String>,
    /// The consumer's test that made it (V4).
    pub test_name: Option<String>,
    /// How the interaction travels (V4): `http`, `message`, the name of a plugin's transport.
    pub transport: Option<String>,
    /// The request as the contract has it, in JSON; `null` where there is none.
    pub request: Box<RawValue>,
    /// A contract that holds nothing but this interaction, in JSON.
    pub document: Box<RawValue>,
    /// Why it can be neither sent nor judged, if so.
    pub cannot_be_judged: Option<String>,
}

/// A state that the provider has to be in.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The consumer's words.
    pub name: String,
    /// What the state is to be made with.
    pub params: Map<String, Value>,
}

/// What is exchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InteractionKind {
    /// A request and its response.
    Http,
    /// A message without an answer.
    Message,
    /// A message and its answer.
    SyncMessage,
}

/// Why a text is not a contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not JSON, or not shaped like a contract.
    #[error("it is not a Pact contract: {0}")]
    NotAContract(String),
    /// Neither interactions nor messages.
    #[error("it has neither `interactions` nor `messages`")]
    Empty,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with consumer, provider and interactions")]
struct WholeContract<'a> {
    #[serde(borrow)]
    consumer: Option<&'a RawValue>,
    #[serde(borrow)]
    provider: Option<&'a RawValue>,
    #[serde(borrow)]
    interactions: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    messages: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "an object with description, request and response")]
struct WholeInteraction<'a> {
    #[serde(borrow, rename = "_id")]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    description: Option<&'a RawValue>,
    #[serde(borrow)]
    provider_states: Option<&'a RawValue>,
    #[serde(borrow)]
    provider_state: Option<&'a RawValue>,
    #[serde(borrow, rename = "provider_state")]
    provider_state_of_v1: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    pending: Option<&'a RawValue>,
    #[serde(borrow)]
    comments: Option<&'a RawValue>,
    #[serde(borrow)]
    transport: Option<&'a RawValue>,
    #[serde(borrow)]
    plugin_configuration: Option<&'a RawValue>,
    #[serde(borrow)]
    request: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WholeRequest<'a> {
    #[serde(borrow)]
    method: Option<&'a RawValue>,
    #[serde(borrow)]
    path: Option<&'a RawValue>,
    #[serde(borrow)]
    query: Option<&'a RawValue>,
}

impl InteractionKind {
    /// As reports spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Message => "message",
            Self::SyncMessage => "sync-message",
        }
    }
}

const TRANSPORTS: &[&str] = &["http", "https", "message", "async-message", "sync-message"];

impl Contract {
    /// Looks at a contract of version 1 to 4.
    ///
    /// # Errors
    /// When the text as a whole is not a contract. What is wrong with one interaction stays with that interaction.
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        let text = text.trim_start_matches('\u{feff}');
        let whole: WholeContract<'_> =
            serde_json::from_str(text).map_err(|error| Unreadable::NotAContract(error.to_string()))?;
        if whole.interactions.is_none() && whole.messages.is_none() {
            return Err(Unreadable::Empty);
        }
        let about = About::of(&value(whole.metadata));
        let read = |list: &'static str, default_kind| {
            let (whole, about) = (&whole, &about);
            move |(index, text): (usize, &&RawValue)| {
                let document = whole.with_only(list, text);
                Interaction::read(text, index, default_kind, about, document)
            }
        };
        let http = whole.interactions.iter().flatten().enumerate().map(read("interactions", InteractionKind::Http));
        let messages = whole.messages.iter().flatten().enumerate().map(read("messages", InteractionKind::Message));
        let interactions = http.chain(messages).collect();
        Ok(Self { consumer: name_of(whole.consumer), provider: name_of(whole.provider), interactions })
    }
}

impl WholeContract<'_> {
    fn with_only(&self, list: &str, interaction: &RawValue) -> Box<RawValue> {
        let or_empty = |part: Option<&RawValue>| part.map_or("{}".to_owned(), |part| part.get().to_owned());
        let text = format!(
            r#"{{"consumer":{},"provider":{},"{list}":[{}],"metadata":{}}}"#,
            or_empty(self.consumer),
            or_empty(self.provider),
            interaction.get(),
            or_empty(self.metadata),
        );
        RawValue::from_string(text).expect("it is made of JSON")
    }
}

impl Interaction {
    fn read(
        text: &RawValue,
        index: usize,
        default_kind: InteractionKind,
        about: &About,
        document: Box<RawValue>,
    ) -> Self {
        let (whole, mut cannot_be_judged) = match serde_json::from_str::<WholeInteraction<'_>>(text.get()) {
            Ok(whole) => (whole, None),
            Err(error) => (WholeInteraction::default(), Some(format!("it is not an interaction: {error}"))),
        };
        let kind = match kind_of(whole.kind, default_kind) {
            Ok(kind) => kind,
            Err(reason) => {
                cannot_be_judged.get_or_insert(reason);
                default_kind
            }
        };
        let transport = whole.transport.and_then(|text| text_of(Some(text)));
        if let Some(reason) = needs_plugin(&whole, transport.as_deref(), &about.plugins) {
            cannot_be_judged.get_or_insert(reason);
        }
        let comments = value(whole.comments);
        Self {
            id: text_of(whole.id),
            description: text_of(whole.description).unwrap_or_else(|| format!("Interaction {index}")),
            states: states_of(&whole),
            kind,
            specification: about.specification.clone(),
            is_pending: value(whole.pending) == Value::Bool(true),
            comments: texts_of(&comments["text"]),
            test_name: comments["testname"].as_str().map(str::to_owned),
            transport,
            request: whole.request.map_or_else(|| RawValue::NULL.to_owned(), ToOwned::to_owned),
            document,
            cannot_be_judged,
        }
    }

    /// The method of the request, `None` for messages.
    #[must_use]
    pub fn method(&self) -> Option<String> {
        let request = self.http_request()?;
        Some(text_of(request.method).unwrap_or_else(|| "GET".to_owned()))
    }

    /// Method, path and query for people: `GET /products?size=2`; `None` for messages.
    #[must_use]
    pub fn request_line(&self) -> Option<String> {
        let request = self.http_request()?;
        let (method, path) = (self.method()?, text_of(request.path).unwrap_or_else(|| "/".to_owned()));
        let query = match value(request.query) {
            Value::String(query) => query,
            Value::Object(parameters) => {
                let each = |(name, values): (&String, &Value)| match values {
                    Value::Array(values) => values.iter().map(|value| pair(name, value)).collect::<Vec<_>>(),
                    value => vec![pair(name, value)],
                };
                parameters.iter().flat_map(each).collect::<Vec<_>>().join("&")
            }
            _ => String::new(),
        };
        Some(if query.is_empty() { format!("{method} {path}") } else { format!("{method} {path}?{query}") })
    }

    fn http_request(&self) -> Option<WholeRequest<'_>> {
        let request = (self.kind == InteractionKind::Http).then(|| serde_json::from_str(self.request.get()))?;
        Some(request.unwrap_or_default())
    }
}

fn pair(name: &str, value: &Value) -> String {
    match value {
        Value::Null => name.to_owned(),
        Value::String(text) => format!("{name}={text}"),
        other => format!("{name}={other}"),
    }
}

/// Null where there is nothing, and for what is nested too deeply to be read.
fn value(text: Option<&RawValue>) -> Value {
    text.and_then(|text| serde_json::from_str(text.get()).ok()).unwrap_or_default()
}

/// A text, or the JSON of what is none; `None` for null.
fn text_of(text: Option<&RawValue>) -> Option<String> {
    match value(text) {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

fn texts_of(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(texts) => texts.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn name_of(pacticipant: Option<&RawValue>) -> String {
    value(pacticipant)["name"].as_str().unwrap_or_default().to_owned()
}

/// What the contract's metadata says about all interactions.
struct About {
    specification: String,
    plugins: Vec<String>,
}

impl About {
    fn of(metadata: &Value) -> Self {
        let plugins = metadata["plugins"].as_array().into_iter().flatten();
        let version = [&metadata["pactSpecification"]["version"], &metadata["pact-specification"]["version"]];
        let version = version.into_iter().chain([&metadata["pactSpecificationVersion"]]).find_map(Value::as_str);
        Self {
            specification: version.unwrap_or_default().to_owned(),
            plugins: plugins.map(|plugin| plugin["name"].as_str().unwrap_or("of no name").to_owned()).collect(),
        }
    }
}

fn kind_of(kind: Option<&RawValue>, default: InteractionKind) -> Result<InteractionKind, String> {
    match text_of(kind).as_deref() {
        None => Ok(default),
        Some("Synchronous/HTTP") => Ok(InteractionKind::Http),
        Some("Asynchronous/Messages") => Ok(InteractionKind::Message),
        Some("Synchronous/Messages") => Ok(InteractionKind::SyncMessage),
        Some(other) => Err(format!("interactions of type {other:?} are not known here")),
    }
}

/// Plugins run other people's code: what needs one is never called a pass. Where a contract names some, any content type
/// may be one of theirs.
fn needs_plugin(whole: &WholeInteraction<'_>, transport: Option<&str>, plugins: &[String]) -> Option<String> {
    let is_configured = value(whole.plugin_configuration).as_object().is_some_and(|parts| !parts.is_empty());
    let foreign = transport.filter(|transport| !TRANSPORTS.contains(transport));
    match (foreign, is_configured) {
        (Some(transport), _) => Some(format!("it travels by {transport}, for which a plugin would be needed")),
        (None, false) if plugins.is_empty() => None,
        (None, true) if plugins.is_empty() => Some("it needs a plugin, and plugins are not supported".to_owned()),
        (None, _) => Some(format!("it needs a plugin ({}), and plugins are not supported", plugins.join(", "))),
    }
}

/// The form of V3 and later, else the single state of V1 and V2, which an empty text leaves out.
fn states_of(whole: &WholeInteraction<'_>) -> Vec<State> {
    if whole.provider_states.is_some() {
        return value(whole.provider_states).as_array().into_iter().flatten().map(state_of).collect();
    }
    let name = text_of(whole.provider_state.or(whole.provider_state_of_v1)).filter(|name| !name.is_empty());
    name.map(|name| State { name, params: Map::new() }).into_iter().collect()
}

fn state_of(state: &Value) -> State {
    let params = state["params"].as_object().cloned().unwrap_or_default();
    let name = match &state["name"] {
        Value::String(name) => name.clone(),
        Value::Null if state.is_string() => state.as_str().unwrap_or_default().to_owned(),
        Value::Null => state.to_string(),
        other => other.to_string(),
    };
    State { name, params }
}
