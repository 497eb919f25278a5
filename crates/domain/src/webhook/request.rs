//! Checks the request that a webhook is to send.

use serde_json::{Map, Value};
use url::Url;

use super::{AllowedTargets, WebhookRequest, optional_text};
use crate::names::NameError;
use crate::problem::{Problem, Problems};
use crate::template;

const METHODS: [&str; 15] = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
];

/// `body` is the whole webhook, the problems are those of its `request`.
pub(super) fn parse(body: &Map<String, Value>, allowed: &AllowedTargets) -> Result<WebhookRequest, Problems> {
    let request = match body.get("request") {
        None => return Err(Problem::whole("is missing").into()),
        Some(Value::Null) => return Err(Problem::whole("must be filled").into()),
        Some(Value::Object(request)) if request.is_empty() => return Err(Problem::whole("must be filled").into()),
        Some(Value::Object(request)) => request,
        Some(_) => return Err(Problem::whole("must be a hash").into()),
    };

    let mut problems = Problems::none();
    let method = problems.note(method(request, allowed));
    let url = problems.note(url(request, allowed));
    let headers = headers(request, &mut problems);
    let username = problems.note(optional_text(request, "username")).flatten();
    let password = problems.note(optional_text(request, "password")).flatten();
    let body = request.get("body").filter(|body| !body.is_null()).cloned();
    if body.as_ref().is_some_and(has_nul) {
        problems.push(Problem::at("body", NameError::Nul.to_string()));
    }
    match (method, url) {
        (Some(method), Some(url)) => problems.or(WebhookRequest { method, url, headers, body, username, password }),
        _ => Err(problems),
    }
}

/// What a request that was put together must be like those that are given.
pub(super) fn check(request: &WebhookRequest, allowed: &AllowedTargets) -> Result<(), Problems> {
    let as_given = [("method", &request.method), ("url", &request.url)];
    let as_given = as_given.map(|(key, text)| (key.to_owned(), Value::String(text.clone()))).into_iter().collect();
    let mut problems = Problems::none();
    problems.note(method(&as_given, allowed));
    problems.note(url(&as_given, allowed));
    problems.or(())
}

/// The database can't hold the character, in JSON neither.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(elements) => elements.iter().any(has_nul),
        Value::Object(members) => members.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}

/// Whether the connection needs the header for itself (RFC 9110, 7.6.1, and the framing of messages): one that a
/// webhook sets could smuggle a second request to the receiver, or address another host than the one that was checked.
#[must_use]
pub fn is_reserved_header(name: &str) -> bool {
    const RESERVED: [&str; 8] =
        ["host", "connection", "transfer-encoding", "content-length", "te", "trailer", "upgrade", "keep-alive"];
    is_one_of(name, &RESERVED) || name.to_ascii_lowercase().starts_with("proxy-")
}

/// The host of a URL with placeholders.
pub(super) fn host(url: &str) -> Option<String> {
    parse_url(url, "placeholder")?.host_str().map(str::to_owned)
}

/// Whether two URLs with placeholders lead to the same scheme, host and port.
pub(super) fn have_one_origin(url: &str, other: &str) -> bool {
    let origin = |url| parse_url(url, "placeholder").map(|url| url.origin()).filter(url::Origin::is_tuple);
    origin(url).is_some_and(|found| Some(found) == origin(other))
}

fn required_text<'a>(request: &'a Map<String, Value>, key: &str) -> Result<&'a str, Problem> {
    match request.get(key) {
        None => Err(Problem::at(key, "is missing")),
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        Some(Value::String(_) | Value::Null) => Err(Problem::at(key, "must be filled")),
        Some(_) => Err(Problem::at(key, "must be a string")),
    }
}

fn method(request: &Map<String, Value>, allowed: &AllowedTargets) -> Result<String, Problem> {
    let method = required_text(request, "method")?;
    if !is_one_of(method, &METHODS) {
        return Err(Problem::at("method", "is not a recognised HTTP method"));
    }
    if !is_one_of(method, &allowed.methods) {
        let one_of = if allowed.methods.len() == 1 { "" } else { "one of " };
        let methods = allowed.methods.join(", ");
        return Err(Problem::at("method", format!("must be {one_of}{methods}. {SEE}")));
    }
    Ok(method.to_owned())
}

const SEE: &str = "See /doc/webhooks#whitelist for more information.";

fn url(request: &Map<String, Value>, allowed: &AllowedTargets) -> Result<String, Problem> {
    let text = required_text(request, "url")?;
    let invalid = || Problem::at("url", "is not a valid URL eg. http://example.org");
    let url = parse_url(text, "placeholder").ok_or_else(invalid)?;
    let host = url.host_str().ok_or_else(invalid)?;

    let other_host = parse_url(text, "differentplaceholder");
    if other_host.as_ref().and_then(Url::host_str) != Some(host) {
        return Err(Problem::at("url", "cannot have a template parameter in the host"));
    }
    if !is_one_of(url.scheme(), &allowed.schemes) {
        let schemes = allowed.schemes.join(", ");
        return Err(Problem::at("url", format!("scheme must be {schemes}. {SEE}")));
    }
    if !allowed.allows_host(host) {
        let patterns: Vec<String> = allowed.hosts.iter().map(|pattern| format!("\"{pattern}\"")).collect();
        let patterns = patterns.join(", ");
        return Err(Problem::at("url", format!("host must be in the whitelist {patterns}. {SEE}")));
    }
    if !url.username().is_empty() || url.password().is_some() {
        // A URL is shown to everyone who can read the webhook.
        let text = "cannot have a user name or a password: give them as username and password of the request";
        return Err(Problem::at("url", text));
    }
    Ok(text.to_owned())
}

/// `None` for a URL without a host. The URL library would take `http:host` and `http:///host` for URLs
/// with a host, but nobody means them.
fn parse_url(text: &str, placeholder: &str) -> Option<Url> {
    let rendered = template::render_url(text, |_| Some(placeholder.to_owned()));
    let (_, after_scheme) = rendered.split_once("://")?;
    let is_plain = !rendered.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\');
    let url = Url::parse(&rendered).ok()?;
    let has_host = url.host_str().is_some_and(|host| !host.is_empty()) && !after_scheme.starts_with('/');
    (is_plain && has_host).then_some(url)
}

fn is_one_of(text: &str, allowed: &[impl AsRef<str>]) -> bool {
    allowed.iter().any(|allowed| allowed.as_ref().eq_ignore_ascii_case(text))
}

fn headers(request: &Map<String, Value>, problems: &mut Problems) -> Vec<(String, String)> {
    let headers = match request.get("headers") {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Object(headers)) => headers,
        Some(_) => {
            problems.push(Problem::at("headers", "must be a hash"));
            return Vec::new();
        }
    };
    let parsed = headers.iter().map(|(name, value)| header(name, value).map_err(|problem| problem.under("headers")));
    parsed.filter_map(|header| problems.note(header)).collect()
}

fn header(name: &str, value: &Value) -> Result<(String, String), Problem> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(Problem::at(name, "is not a valid header name"));
    }
    if is_reserved_header(name) {
        return Err(Problem::at(name, "cannot be set: it belongs to the connection"));
    }
    let value = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null => String::new(),
        Value::Array(_) | Value::Object(_) => return Err(Problem::at(name, "must be a string")),
    };
    if value.contains(|c: char| c.is_control() && c != '\t') {
        return Err(Problem::at(name, "cannot contain control characters"));
    }
    Ok((name.to_ascii_lowercase(), value))
}
