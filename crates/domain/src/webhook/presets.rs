//! Ready-made requests: a name and a few parameters instead of an address, headers and a body that people would have to
//! gather from the receiver's manual.

use std::collections::BTreeMap;
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use url::Url;

use super::{REDACTED, WebhookRequest, is_redacted};
use crate::problem::{Problem, Problems};

mod azure_devops;
mod bitbucket;
mod chat;
mod github;
mod gitlab;
#[cfg(test)]
mod tests;

/// All there are, in the order in which they are listed.
pub static PRESETS: &[Preset] = &[
    azure_devops::COMMIT_STATUS,
    azure_devops::PIPELINE,
    bitbucket::BUILD_STATUS,
    github::COMMIT_STATUS,
    github::REPOSITORY_DISPATCH,
    gitlab::COMMIT_STATUS,
    gitlab::PIPELINE_TRIGGER,
    chat::SLACK,
    chat::TEAMS,
];

/// Everything but RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A ready-made request.
pub struct Preset {
    /// As clients choose it.
    pub name: &'static str,
    /// What the receiver does with it.
    pub description: &'static str,
    /// In the order in which people think of them.
    pub parameters: &'static [Parameter],
    expand: fn(&Values<'_>) -> WebhookRequest,
}

/// What a preset has to be told.
pub struct Parameter {
    /// As clients give it.
    pub name: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// Without one it is required.
    pub default: Option<&'static str>,
    /// Never a real secret.
    pub example: &'static str,
    /// For the person who has to find it.
    pub description: &'static str,
}

/// What a parameter may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text; it may have placeholders where it goes into the body.
    Text,
    /// A text that is shown to nobody.
    Secret,
    /// Where the receiver's API begins.
    Address,
    /// An address of which only the origin is shown: who knows it all may use it.
    SecretAddress,
}

impl Kind {
    /// Whether answers mask it.
    #[must_use]
    pub fn is_secret(self) -> bool {
        matches!(self, Self::Secret | Self::SecretAddress)
    }

    /// The value as answers show it.
    fn masked(self, value: &str) -> String {
        match self {
            Self::Text | Self::Address => value.to_owned(),
            Self::Secret => REDACTED.to_owned(),
            Self::SecretAddress => {
                let origin = Url::parse(value).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
                format!("{origin}/{REDACTED}")
            }
        }
    }

    fn is_masked(self, value: &str) -> bool {
        self.is_secret() && is_redacted(value.rsplit('/').next().unwrap_or_default())
    }

    fn check(self, value: &str) -> Result<(), &'static str> {
        if value.trim().is_empty() {
            return Err("must be filled");
        }
        if value.chars().any(char::is_control) {
            return Err("must be one line without control characters");
        }
        let is_address = matches!(self, Self::Address | Self::SecretAddress);
        let fits = |url: &Url| {
            let is_plain = url.query().is_none() && url.fragment().is_none();
            matches!(url.scheme(), "http" | "https") && url.has_host() && (is_plain || self == Self::SecretAddress)
        };
        if is_address && !Url::parse(value).is_ok_and(|url| fits(&url)) {
            return Err("must be an address like https://example.org");
        }
        Ok(())
    }
}

/// A preset with its parameters, as a client chose it.
#[derive(Clone)]
pub struct ChosenPreset {
    preset: &'static Preset,
    given: BTreeMap<&'static str, String>,
}

impl ChosenPreset {
    /// Reads `{"name": …, "parameters": {…}}`.
    ///
    /// # Errors
    /// When there is no such preset, or the parameters are not its own; the messages list what there is.
    pub fn parse(value: &Value) -> Result<Self, Problems> {
        let Some(chosen) = value.as_object() else {
            return Err(Problem::whole("must be an object with a name and parameters").into());
        };
        let Some(preset) = chosen.get("name").and_then(Value::as_str).and_then(find) else {
            let names: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
            return Err(Problem::at("name", format!("must be one of: {}", names.join(", "))).into());
        };
        let none = serde_json::Map::new();
        let given = match chosen.get("parameters") {
            None | Some(Value::Null) => &none,
            Some(Value::Object(given)) => given,
            Some(_) => return Err(Problem::at("parameters", "must be an object").into()),
        };

        let mut problems = Problems::none();
        let mut parsed = BTreeMap::new();
        for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
            if let Some((name, value)) = problems.note(preset.parse_parameter(name, value)) {
                parsed.insert(name, value);
            }
        }
        for missing in preset.parameters.iter().filter(|parameter| parameter.default.is_none()) {
            if given.get(missing.name).is_none_or(Value::is_null) {
                let Parameter { description, example, .. } = missing;
                problems.push(Problem::at(missing.name, format!("is missing: {description}, such as {example}")));
            }
        }
        let mut placed = Problems::none();
        placed.extend_under("parameters", problems);
        placed.or(Self { preset, given: parsed })
    }

    /// What was chosen before. `None` when this release does not know the preset, or not with these parameters.
    #[must_use]
    pub fn restore(name: &str, parameters: &BTreeMap<String, String>) -> Option<Self> {
        Self::parse(&json!({"name": name, "parameters": parameters})).ok()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.preset.name
    }

    /// The parameters that were given, secrets included.
    #[must_use]
    pub fn parameters(&self) -> &BTreeMap<&'static str, String> {
        &self.given
    }

    /// As answers show it.
    #[must_use]
    pub fn masked(&self) -> Self {
        let kind = |name: &str| self.preset.parameter(name).map_or(Kind::Secret, |parameter| parameter.kind);
        let given = self.given.iter().map(|(name, value)| (*name, kind(name).masked(value))).collect();
        Self { preset: self.preset, given }
    }

    /// The request that it stands for.
    #[must_use]
    pub fn expand(&self) -> WebhookRequest {
        (self.preset.expand)(&Values(self))
    }

    /// Takes over the secrets of `stored` that came back masked.
    ///
    /// # Errors
    /// For those that have nothing to stay as, and for those that would now be sent to another scheme, host or port.
    pub(super) fn keep_secrets(&mut self, stored: Option<(&Self, &WebhookRequest)>) -> Result<(), Problems> {
        let stored = stored.filter(|(chosen, _)| chosen.name() == self.name());
        let url = self.expand().url;
        let stays = stored.is_some_and(|(_, request)| super::request::have_one_origin(&url, &request.url));
        let mut problems = Problems::none();
        for parameter in self.preset.parameters {
            let Some(value) = self.given.get_mut(parameter.name).filter(|value| parameter.kind.is_masked(value)) else {
                continue;
            };
            match stored.and_then(|(chosen, _)| chosen.given.get(parameter.name)) {
                Some(secret) if stays => value.clone_from(secret),
                Some(_) => {
                    let text = "must be given again, since it would go to another scheme, host or port";
                    problems.push(Problem::at(parameter.name, text));
                }
                None => problems.push(Problem::at(parameter.name, "is masked, and no value is known: give it again")),
            }
        }
        let mut placed = Problems::none();
        placed.extend_under("parameters", problems);
        placed.or(())
    }
}

impl PartialEq for ChosenPreset {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name() && self.given == other.given
    }
}

/// Without values, so that a log line can't have secrets.
impl fmt::Debug for ChosenPreset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChosenPreset").field("name", &self.name()).finish_non_exhaustive()
    }
}

fn find(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

impl Preset {
    fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    fn parse_parameter(&self, name: &str, value: &Value) -> Result<(&'static str, String), Problem> {
        let Some(parameter) = self.parameter(name) else {
            let names: Vec<&str> = self.parameters.iter().map(|parameter| parameter.name).collect();
            let text = format!("is no parameter of {}, which has: {}", self.name, names.join(", "));
            return Err(Problem::at(name, text));
        };
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return Err(Problem::at(name, "must be a string")),
        };
        parameter.kind.check(&value).map_err(|text| Problem::at(name, text))?;
        Ok((parameter.name, value))
    }
}

/// What a preset's parameters are, defaults included.
struct Values<'a>(&'a ChosenPreset);

impl Values<'_> {
    fn text(&self, name: &str) -> &str {
        let default = || self.0.preset.parameter(name).and_then(|parameter| parameter.default);
        self.0.given.get(name).map(String::as_str).or_else(default).unwrap_or_default()
    }

    /// As one segment of a path.
    fn segment(&self, name: &str) -> String {
        utf8_percent_encode(self.text(name), SEGMENT).to_string()
    }

    /// An address without a slash at its end.
    fn base(&self, name: &str) -> &str {
        self.text(name).trim_end_matches('/')
    }
}

/// A request that posts JSON.
fn post(url: String, headers: &[(&str, String)], body: Value) -> WebhookRequest {
    let mut all = vec![("content-type".to_owned(), "application/json".to_owned())];
    all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    WebhookRequest { method: "POST".to_owned(), url, headers: all, body: Some(body), username: None, password: None }
}

const fn required(name: &'static str, kind: Kind, example: &'static str, description: &'static str) -> Parameter {
    Parameter { name, kind, default: None, example, description }
}

/// Its default is its example.
const fn optional(name: &'static str, kind: Kind, default: &'static str, description: &'static str) -> Parameter {
    Parameter { name, kind, default: Some(default), example: default, description }
}
