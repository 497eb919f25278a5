//! JSON bodies: read within the limit, parsed as UTF-8 JSON, refused with what to change.

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, Method, header};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use pactolus_domain::problem::Problem;
use serde_json::Value;

use super::Error;
use super::repeat::KeptBody;
use crate::app::App;

const CONTEXT_CHARS: usize = 100;

/// A JSON object that must be there.
pub(crate) struct JsonBody {
    pub(crate) value: Value,
}

/// The text of a body that says it is JSON, for what reads it itself: contracts keep numbers that no value can hold.
pub(crate) struct JsonText(pub(crate) String);

/// A JSON object that may be absent (then `Value::Null`), as clients PUT branch versions and tags.
pub(crate) struct OptionalJson(pub(crate) Value);

/// A JSON merge patch (RFC 7396).
pub(crate) struct MergePatch(pub(crate) Value);

impl FromRequest<App> for JsonBody {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        refuse_unless_json(&request)?;
        let value = object(parse(&text(read(request, app).await?)?)?)?;
        Ok(Self { value })
    }
}

impl FromRequest<App> for JsonText {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        refuse_unless_json(&request)?;
        // A merge patch would replace lists of interactions, which no request for a contract means.
        if content_type(request.headers()).contains("merge-patch") {
            return Err(Error::UnsupportedMediaType { accepted: "application/json" });
        }
        Ok(Self(text(read(request, app).await?)?))
    }
}

impl FromRequest<App> for OptionalJson {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        let typed = refuse_unless_json(&request);
        let text = text(read(request, app).await?)?;
        if text.trim().is_empty() {
            return Ok(Self(Value::Null));
        }
        typed?;
        match parse(&text)? {
            Value::Null => Ok(Self(Value::Null)),
            value => object(value).map(Self),
        }
    }
}

impl FromRequest<App> for MergePatch {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        if !content_type(request.headers()).contains("merge-patch+json") {
            return Err(Error::UnsupportedMediaType { accepted: "application/merge-patch+json" });
        }
        object(parse(&text(read(request, app).await?)?)?).map(Self)
    }
}

/// No content type at all is taken for JSON: some scripts send none. A merge patch is not, but in PATCH: elsewhere it
/// says something else with the same characters.
fn refuse_unless_json(request: &Request) -> Result<(), Error> {
    let content_type = content_type(request.headers());
    let is_json =
        content_type.contains("json") && (request.method() == Method::PATCH || !content_type.contains("merge-patch"));
    if content_type.is_empty() || is_json {
        Ok(())
    } else {
        Err(Error::UnsupportedMediaType { accepted: "application/json" })
    }
}

/// The media type without parameters, which a page from elsewhere could fill with anything.
pub(crate) fn content_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The only way to a body: what is read is kept for doing the request again.
async fn read(request: Request, app: &App) -> Result<Bytes, Error> {
    let limit_bytes = app.settings.body_limit_bytes;
    let kept = request.extensions().get::<KeptBody>().cloned();
    match Limited::new(request.into_body(), limit_bytes).collect().await {
        Ok(body) => {
            let body = body.to_bytes();
            if let Some(kept) = kept {
                kept.keep(&body);
            }
            Ok(body)
        }
        Err(error) if error.is::<LengthLimitError>() => Err(Error::TooLarge { limit_bytes }),
        Err(_) => Err(Error::BrokenBody),
    }
}

fn text(bytes: Bytes) -> Result<String, Error> {
    String::from_utf8(bytes.into()).map_err(|error| Error::NotUtf8(not_utf8("Request body", &error)))
}

/// Says where text stops being UTF-8: characters are counted from 1.
pub(crate) fn not_utf8(what: &str, error: &std::string::FromUtf8Error) -> String {
    let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
    let valid = String::from_utf8_lossy(valid);
    let position = valid.chars().count();
    let before: String = valid.chars().skip(position.saturating_sub(CONTEXT_CHARS)).collect();
    format!(
        "{what} has a non UTF-8 character at char {} and cannot be parsed as JSON. \
         Fragment preceding invalid character is: '{before}'",
        position + 1
    )
}

fn object(value: Value) -> Result<Value, Error> {
    if value.is_object() { Ok(value) } else { Err(Problem::whole("must be a JSON object").into()) }
}

/// Whether a text in the value has the character that the database can't hold, in JSON neither.
pub(crate) fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(elements) => elements.iter().any(has_nul),
        Value::Object(members) => members.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}

fn parse(text: &str) -> Result<Value, Error> {
    serde_json::from_str(text).map_err(|error| Error::MalformedJson(error.to_string()))
}
