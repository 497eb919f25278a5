//! JSON bodies: read within the limit, parsed as UTF-8 JSON, refused with what to change.

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::Value;

use super::Error;
use crate::app::App;

const CONTEXT_CHARS: usize = 100;

/// A JSON body that must be there; its text and its value.
pub(crate) struct JsonBody {
    pub(crate) text: String,
    pub(crate) value: Value,
}

/// A JSON body that may be empty (then `Value::Null`), as clients PUT branch versions and tags.
pub(crate) struct OptionalJson(pub(crate) Value);

/// A JSON merge patch (RFC 7396).
pub(crate) struct MergePatch(pub(crate) Value);

impl FromRequest<App> for JsonBody {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        refuse_unless(&request, &["json"])?;
        let text = text(read(request, app).await?)?;
        let value = parse(&text)?;
        Ok(Self { text, value })
    }
}

impl FromRequest<App> for OptionalJson {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        let typed = refuse_unless(&request, &["json"]);
        let text = text(read(request, app).await?)?;
        if text.trim().is_empty() {
            return Ok(Self(Value::Null));
        }
        typed?;
        Ok(Self(parse(&text)?))
    }
}

impl FromRequest<App> for MergePatch {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        if !content_type(request.headers()).contains("merge-patch+json") {
            return Err(Error::UnsupportedMediaType { accepted: "application/merge-patch+json" });
        }
        Ok(Self(parse(&text(read(request, app).await?)?)?))
    }
}

/// No content type at all is taken for JSON: some scripts send none.
fn refuse_unless(request: &Request, accepted: &[&str]) -> Result<(), Error> {
    let content_type = content_type(request.headers());
    if content_type.is_empty() || accepted.iter().any(|part| content_type.contains(part)) {
        Ok(())
    } else {
        Err(Error::UnsupportedMediaType { accepted: "application/json" })
    }
}

pub(crate) fn content_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_ascii_lowercase()
}

async fn read(request: Request, app: &App) -> Result<Bytes, Error> {
    let limit_bytes = app.settings.body_limit_bytes;
    match Limited::new(request.into_body(), limit_bytes).collect().await {
        Ok(body) => Ok(body.to_bytes()),
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

fn parse(text: &str) -> Result<Value, Error> {
    serde_json::from_str(text).map_err(|error| Error::MalformedJson(error.to_string()))
}
