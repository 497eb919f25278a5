//! Webhooks: what to tell whom about which events.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value};

pub use self::hosts::{AllowedTargets, BadHostPattern, HostPattern};
pub use self::presets::{ChosenPreset, PRESETS, Parameter, Preset};
pub use self::request::is_reserved_header;
pub use self::retries::{Failed, Retries};
use crate::names::{NameError, PacticipantName};
use crate::problem::{Problem, Problems};
use crate::template;

mod hosts;
mod presets;
mod request;
mod retries;
#[cfg(test)]
mod tests;

/// What stands in answers in place of a secret.
pub const REDACTED: &str = "**********";

/// A webhook as a client defines it.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    /// As given; [`Webhook::title`] always has one.
    pub description: Option<String>,
    /// Whether it fires.
    pub enabled: bool,
    /// Whether a delivery waits until those before it are done.
    pub in_order: bool,
    /// What the body is.
    pub body_format: BodyFormat,
    /// Only for contracts of these consumers.
    pub consumer: Option<Scope>,
    /// Only for contracts with these providers.
    pub provider: Option<Scope>,
    /// What it fires for, each once, at least one.
    pub events: Vec<WebhookEvent>,
    /// What is sent.
    pub request: WebhookRequest,
    /// What the request was made from.
    pub preset: Option<ChosenPreset>,
}

/// What the body of a webhook's request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFormat {
    /// The request's own body, with placeholders.
    Template,
    /// The event, in the JSON format of `CloudEvents` 1.0.
    CloudEvents,
}

impl BodyFormat {
    const ALL: [Self; 2] = [Self::Template, Self::CloudEvents];

    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Template => "template",
            Self::CloudEvents => "cloudevents",
        }
    }

    /// The format of that name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == name)
    }
}

/// Which pacticipants a side of a webhook is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// This one.
    Name(PacticipantName),
    /// Those with this label.
    Label(String),
}

/// The request that a webhook sends. Every text may have placeholders, see [`crate::template`].
#[derive(Clone, PartialEq)]
pub struct WebhookRequest {
    /// As given, in any case.
    pub method: String,
    /// Never with a placeholder in the host.
    pub url: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// A string is sent as it is, everything else as JSON.
    pub body: Option<Value>,
    /// For basic authentication.
    pub username: Option<String>,
    /// For basic authentication; secret.
    pub password: Option<String>,
}

/// What a webhook can be told about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WebhookEvent {
    /// A contract was published.
    ContractPublished,
    /// A contract was published with other content than before.
    ContractContentChanged,
    /// A verification result was published.
    ProviderVerificationPublished,
    /// … and it was a success.
    ProviderVerificationSucceeded,
    /// … and it was a failure.
    ProviderVerificationFailed,
    /// A contract was published that some provider version of importance has not verified.
    ContractRequiringVerificationPublished,
    /// A version was deployed.
    DeploymentRecorded,
    /// A version is not deployed any more: it was undeployed, or another one took its place.
    DeploymentEnded,
    /// A version was released.
    ReleaseRecorded,
    /// The support of a released version ended.
    ReleaseEnded,
    /// can-i-deploy was asked, and the answer was not yes.
    CanIDeployRefused,
    /// A branch was deleted.
    BranchDeleted,
    /// A provider contract was published.
    ProviderContractPublished,
    /// A contract fits what its provider offers, or no longer does.
    ComparisonChanged,
    /// A newer release would judge otherwise, which counts once it is accepted.
    ComparisonChangeProposed,
}

impl WebhookEvent {
    /// Those of the Pact Broker first, in the order of its messages.
    pub const ALL: [Self; 15] = [
        Self::ContractPublished,
        Self::ContractContentChanged,
        Self::ProviderVerificationPublished,
        Self::ProviderVerificationSucceeded,
        Self::ProviderVerificationFailed,
        Self::ContractRequiringVerificationPublished,
        Self::DeploymentRecorded,
        Self::DeploymentEnded,
        Self::ReleaseRecorded,
        Self::ReleaseEnded,
        Self::CanIDeployRefused,
        Self::BranchDeleted,
        Self::ProviderContractPublished,
        Self::ComparisonChanged,
        Self::ComparisonChangeProposed,
    ];

    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ContractPublished => "contract_published",
            Self::ContractContentChanged => "contract_content_changed",
            Self::ProviderVerificationPublished => "provider_verification_published",
            Self::ProviderVerificationSucceeded => "provider_verification_succeeded",
            Self::ProviderVerificationFailed => "provider_verification_failed",
            Self::ContractRequiringVerificationPublished => "contract_requiring_verification_published",
            Self::DeploymentRecorded => "deployment_recorded",
            Self::DeploymentEnded => "deployment_ended",
            Self::ReleaseRecorded => "release_recorded",
            Self::ReleaseEnded => "release_ended",
            Self::CanIDeployRefused => "can_i_deploy_refused",
            Self::BranchDeleted => "branch_deleted",
            Self::ProviderContractPublished => "provider_contract_published",
            Self::ComparisonChanged => "comparison_changed",
            Self::ComparisonChangeProposed => "comparison_change_proposed",
        }
    }

    /// The event of that name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.as_str() == name)
    }

    /// Whether it tells about a verification result.
    #[must_use]
    pub fn is_verification(self) -> bool {
        use WebhookEvent::{ProviderVerificationFailed, ProviderVerificationPublished, ProviderVerificationSucceeded};
        matches!(self, ProviderVerificationPublished | ProviderVerificationSucceeded | ProviderVerificationFailed)
    }
}

impl fmt::Display for WebhookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A webhook's id, which clients may choose.
///
/// # Errors
/// When it is short, long or has other characters than letters, digits, `_` and `-`.
pub fn parse_uuid(text: &str) -> Result<&str, Problem> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if (16..=255).contains(&text.len()) && text.bytes().all(is_allowed) {
        return Ok(text);
    }
    let message = "The UUID can only contain the characters A-Z, a-z, 0-9, _ and -, and must be 16 or more characters.";
    Err(Problem::at("uuid", message))
}

impl Webhook {
    /// Reads the body of a request that defines a webhook.
    ///
    /// # Errors
    /// All that is wrong with it, apart from pacticipants that don't exist: see [`Webhook::check_scopes`].
    pub fn parse(body: &Value, allowed: &AllowedTargets) -> Result<Self, Problems> {
        let Some(body) = body.as_object() else {
            return Err(Problem::whole("must be a JSON object").into());
        };
        let mut problems = Problems::none();
        let description = problems.note(optional_text(body, "description")).flatten();
        let enabled = problems.note(flag(body, "enabled", true));
        let in_order = problems.note(flag(body, "inOrder", false));
        let body_format = problems.note(body_format(body));
        let consumer = problems.note(scope(body, "consumer")).flatten();
        let provider = problems.note(scope(body, "provider")).flatten();
        let events = events(body, &mut problems);
        match (enabled, in_order, body_format, preset_and_request(body, allowed, &mut problems)) {
            (Some(enabled), Some(in_order), Some(body_format), Some((preset, request))) => {
                if body_format == BodyFormat::CloudEvents && request.body.is_some() {
                    let text = "must be left out: with the body format cloudevents the event itself is the body";
                    problems.push(Problem::at("body", text).under("request"));
                }
                problems.or(Self {
                    description,
                    enabled,
                    in_order,
                    body_format,
                    consumer,
                    provider,
                    events,
                    request,
                    preset,
                })
            }
            _ => Err(problems),
        }
    }

    /// Takes over the secrets of `stored`, if there is one, that `submitted` (the body of the request) leaves as they are.
    ///
    /// # Errors
    /// As [`WebhookRequest::keep_secrets`]; and when something masked is to be kept that is not known.
    pub fn keep_secrets(&mut self, stored: Option<&Self>, submitted: &Value) -> Result<(), Problems> {
        if let Some(preset) = &mut self.preset {
            let before = stored.and_then(|stored| Some((stored.preset.as_ref()?, &stored.request)));
            let kept = preset.keep_secrets(before);
            self.request = preset.expand();
            let mut problems = Problems::none();
            problems.extend_under("preset", kept.err().unwrap_or_default());
            return problems.or(());
        }
        let Some(stored) = stored else { return Ok(()) };
        self.request.keep_secrets(&stored.request, submitted)?;
        let body = self.request.body.as_ref().map(Value::to_string).unwrap_or_default();
        if stored.preset.is_some() && (self.request.url.contains(REDACTED) || body.contains(REDACTED)) {
            let text = "has a masked secret of the preset: write it out, or send the preset along";
            return Err(Problem::at("request", text).into());
        }
        Ok(())
    }

    /// The request as answers show it, but for headers and the password: what a preset's secrets have become is masked.
    #[must_use]
    pub fn shown_request(&self) -> WebhookRequest {
        self.preset.as_ref().map_or_else(|| self.request.clone(), |preset| preset.masked().expand())
    }

    /// Refuses names of pacticipants that don't exist.
    ///
    /// # Errors
    /// One problem for each side.
    pub fn check_scopes(&self, exists: impl Fn(&PacticipantName) -> bool) -> Result<(), Problems> {
        let mut problems = Problems::none();
        for (side, scope) in [("consumer", &self.consumer), ("provider", &self.provider)] {
            if let Some(Scope::Name(name)) = scope
                && !exists(name)
            {
                problems.push(Problem::at("name", "does not match an existing pacticipant").under(side));
            }
        }
        problems.or(())
    }

    /// The description, or else the method and host.
    #[must_use]
    pub fn title(&self) -> String {
        let given = self.description.as_deref().filter(|description| !description.trim().is_empty());
        given.map_or_else(|| self.request.title(), str::to_owned)
    }

    /// What it is for: "A webhook for the pact between shop and stock".
    #[must_use]
    pub fn scope_description(&self) -> String {
        describe_scope(self.consumer.as_ref(), self.provider.as_ref())
    }
}

/// What a webhook is for that serves these sides; `None` is any.
#[must_use]
pub fn describe_scope(consumer: Option<&Scope>, provider: Option<&Scope>) -> String {
    use Scope::{Label, Name};
    let side = |scope: &Scope, role: &str| match scope {
        Name(name) => format!("{role} {name}"),
        Label(label) => format!("{role}s labeled '{label}'"),
    };
    match (consumer, provider) {
        (None, None) => "A webhook for all pacts".to_owned(),
        (Some(Name(consumer)), Some(Name(provider))) => {
            format!("A webhook for the pact between {consumer} and {provider}")
        }
        (Some(consumer), Some(provider)) => {
            format!("A webhook for all pacts between {} and {}", side(consumer, "consumer"), side(provider, "provider"))
        }
        (Some(consumer), None) => format!("A webhook for all pacts with {}", side(consumer, "consumer")),
        (None, Some(provider)) => format!("A webhook for all pacts with {}", side(provider, "provider")),
    }
}

impl WebhookRequest {
    /// The method and host: "POST example.org".
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.host())
    }

    /// Where it is sent to.
    #[must_use]
    pub fn host(&self) -> String {
        request::host(&self.url).unwrap_or_default()
    }

    /// Whether the body is meant as JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        let content_type = self.headers.iter().find(|(name, _)| name == "content-type");
        match content_type {
            Some((_, value)) => value.to_ascii_lowercase().contains("json"),
            None => self.body.as_ref().is_some_and(|body| !body.is_string()),
        }
    }

    /// Names of the secrets that it asks for, each once.
    #[must_use]
    pub fn secrets(&self) -> BTreeSet<String> {
        let texts = [Some(&self.url), self.username.as_ref(), self.password.as_ref()];
        let texts = texts.into_iter().flatten().chain(self.headers.iter().map(|(_, value)| value));
        let in_texts = texts.flat_map(|text| template::variables(text));
        let in_body = self.body.as_ref().map(template::variables_of_json).unwrap_or_default();
        in_texts.chain(in_body).filter_map(template::secret_of).map(str::to_owned).collect()
    }

    /// The headers as answers show them.
    #[must_use]
    pub fn redacted_headers(&self) -> Vec<(String, String)> {
        self.headers.iter().map(|(name, value)| (name.clone(), redacted_header(name, value).to_owned())).collect()
    }

    /// The password as answers show it.
    #[must_use]
    pub fn redacted_password(&self) -> Option<&'static str> {
        self.password.as_ref().map(|_| REDACTED)
    }

    /// Takes over the secrets of `stored` that the client has not changed: those that it sent back as
    /// asterisks, and a password that `submitted` (the body of the request) does not mention.
    ///
    /// # Errors
    /// When there are some and the request leads to another scheme, host or port: who may change a webhook must not
    /// learn its secrets by sending them elsewhere.
    pub fn keep_secrets(&mut self, stored: &Self, submitted: &Value) -> Result<(), Problems> {
        let stays = request::have_one_origin(&self.url, &stored.url);
        let moved = "must be given again, since the URL leads to another scheme, host or port";
        let mut problems = Problems::none();
        for (name, value) in self.headers.iter_mut().filter(|(_, value)| is_redacted(value)) {
            match stored.headers.iter().find(|(stored_name, _)| stored_name == name) {
                Some((_, secret)) if stays => value.clone_from(secret),
                Some(_) => problems.push(Problem::at(name, moved).under("headers").under("request")),
                None => {}
            }
        }
        let is_mentioned = submitted.get("request").is_some_and(|request| request.get("password").is_some());
        if !is_mentioned || self.password.as_deref().is_some_and(is_redacted) {
            if !stays && stored.password.is_some() {
                let text = format!("{moved}; null takes it away");
                problems.push(Problem::at("password", text).under("request"));
            }
            self.password.clone_from(&stored.password);
        }
        problems.or(())
    }
}

/// Without secrets, so that a log line can't have them.
impl fmt::Debug for WebhookRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header_names: Vec<&String> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("WebhookRequest")
            .field("method", &self.method)
            .field("host", &self.host())
            .field("headers", &header_names)
            .finish_non_exhaustive()
    }
}

/// A header's value as answers show it: those whose name tells of a secret are hidden, unless they are made of
/// placeholders.
#[must_use]
pub fn redacted_header<'a>(name: &str, value: &'a str) -> &'a str {
    const SECRET: [&str; 8] = ["auth", "token", "key", "secret", "password", "cookie", "signature", "credential"];
    let name = name.to_ascii_lowercase();
    let is_secret = SECRET.iter().any(|word| name.contains(word));
    if is_secret && !is_made_of_placeholders(value) { REDACTED } else { value }
}

/// Whether a text is made of placeholders for what events know, maybe after the name of an authorization scheme: the rest
/// of any other text can be a secret.
fn is_made_of_placeholders(text: &str) -> bool {
    let is_known = |name: &str| template::VARIABLES.contains(&name);
    let rest = template::render(text, |name| is_known(name).then(String::new));
    let rest = rest.trim();
    rest.is_empty() || ["bearer", "basic", "digest", "token"].iter().any(|scheme| scheme.eq_ignore_ascii_case(rest))
}

fn is_redacted(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte == b'*')
}

/// A preset decides, also over a request that stands beside it.
fn preset_and_request(
    body: &Map<String, Value>,
    allowed: &AllowedTargets,
    problems: &mut Problems,
) -> Option<(Option<ChosenPreset>, WebhookRequest)> {
    let (part, parsed) = match body.get("preset").filter(|preset| !preset.is_null()) {
        None => ("request", request::parse(body, allowed).map(|request| (None, request))),
        Some(preset) => ("preset", ChosenPreset::parse(preset).and_then(|preset| expanded(preset, allowed))),
    };
    match parsed {
        Ok(parsed) => Some(parsed),
        Err(of_part) => {
            problems.extend_under(part, of_part);
            None
        }
    }
}

fn expanded(
    preset: ChosenPreset,
    allowed: &AllowedTargets,
) -> Result<(Option<ChosenPreset>, WebhookRequest), Problems> {
    let request = preset.expand();
    request::check(&request, allowed)?;
    Ok((Some(preset), request))
}

fn optional_text(object: &Map<String, Value>, key: &str) -> Result<Option<String>, Problem> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.contains('\0') => Err(Problem::at(key, NameError::Nul.to_string())),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Problem::at(key, "must be a string")),
    }
}

fn flag(body: &Map<String, Value>, key: &str, default: bool) -> Result<bool, Problem> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(default),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(Problem::at(key, "must be boolean")),
    }
}

fn body_format(body: &Map<String, Value>) -> Result<BodyFormat, Problem> {
    match body.get("bodyFormat") {
        None | Some(Value::Null) => Ok(BodyFormat::Template),
        Some(format) => format
            .as_str()
            .and_then(BodyFormat::find)
            .ok_or_else(|| Problem::at("bodyFormat", "must be one of template, cloudevents")),
    }
}

fn scope(body: &Map<String, Value>, side: &str) -> Result<Option<Scope>, Problem> {
    let scope = match body.get(side) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(scope)) => scope,
        Some(_) => return Err(Problem::at(side, "must be a hash")),
    };
    let text = |key| optional_text(scope, key).map_err(|problem| problem.under(side));
    let is_given = |text: &String| !text.trim().is_empty();
    match (text("name")?.filter(is_given), text("label")?.filter(is_given)) {
        (Some(_), Some(_)) => {
            Err(Problem::at("label", "name and label cannot be provided at the same time").under(side))
        }
        (Some(name), None) => match PacticipantName::parse(name) {
            Ok(name) => Ok(Some(Scope::Name(name))),
            Err(error) => Err(Problem::at("name", error.to_string()).under(side)),
        },
        (None, Some(label)) => Ok(Some(Scope::Label(label))),
        (None, None) => Err(Problem::at("name", "cannot be blank").under(side)),
    }
}

fn events(body: &Map<String, Value>, problems: &mut Problems) -> Vec<WebhookEvent> {
    let events = match body.get("events") {
        None | Some(Value::Null) => return vec![WebhookEvent::ContractContentChanged],
        Some(Value::Array(events)) if events.is_empty() => {
            problems.push(Problem::at("events", "size cannot be less than 1"));
            return Vec::new();
        }
        Some(Value::Array(events)) => events,
        Some(_) => {
            problems.push(Problem::at("events", "must be an array"));
            return Vec::new();
        }
    };
    let mut distinct = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let event = problems.note(self::event(event).map_err(|problem| problem.under(index).under("events")));
        if let Some(event) = event
            && !distinct.contains(&event)
        {
            distinct.push(event);
        }
    }
    distinct
}

fn event(event: &Value) -> Result<WebhookEvent, Problem> {
    let Some(event) = event.as_object() else {
        return Err(Problem::whole("must be a hash"));
    };
    let name = event.get("name").ok_or_else(|| Problem::at("name", "is missing"))?;
    let found = name.as_str().and_then(WebhookEvent::find);
    found.ok_or_else(|| {
        let names: Vec<&str> = WebhookEvent::ALL.into_iter().map(WebhookEvent::as_str).collect();
        Problem::at("name", format!("must be one of: {}", names.join(", ")))
    })
}
