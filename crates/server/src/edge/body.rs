//! Bodies: read within the limit, JSON parsed as UTF-8, refused with what to change.

use std::io::Read;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, Method, header};
use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt;
use pactolus_domain::problem::Problem;
use serde_json::Value;
use tokio::time::timeout;

use super::Error;
use super::query::QueryPairs;
use super::repeat::KeptBody;
use crate::app::App;

const CONTEXT_CHARS: usize = 100;
const FORM: &str = "application/x-www-form-urlencoded";
const NDJSON: &str = "application/x-ndjson";

/// How many times the longest pause a whole body may take.
pub(super) const WHOLE_BODY: u32 = 10;

/// A JSON object that must be there.
pub(crate) struct JsonBody {
    pub(crate) value: Value,
}

/// What a form of a page sends, or the same as a JSON object.
pub(crate) struct Fields {
    /// Of a form every value is text; what was left blank is null.
    pub(crate) value: Value,
    /// Whether a page's form was sent: the answer leads back to a page.
    pub(crate) is_form: bool,
}

/// The text of a body that says it is JSON, for what reads it itself: contracts keep numbers that no value can hold.
pub(crate) struct JsonText(pub(crate) String);

/// A JSON object that may be absent (then `Value::Null`), as clients PUT branch versions and tags.
pub(crate) struct OptionalJson(pub(crate) Value);

/// A JSON merge patch (RFC 7396).
pub(crate) struct MergePatch(pub(crate) Value);

/// Lines of JSON, unpacked if they came compressed: evidence, which may be larger than other bodies.
pub(crate) struct JsonLines(pub(crate) Bytes);

/// How large a body may be.
#[derive(Clone, Copy)]
struct Limit {
    bytes: usize,
    /// The setting that raises it.
    setting: &'static str,
}

impl Limit {
    fn of_json(app: &App) -> Self {
        Self { bytes: app.settings.body_limit_bytes, setting: "--body-limit-mb" }
    }

    fn exceeded(self) -> Error {
        Error::TooLarge { limit_bytes: self.bytes, setting: self.setting }
    }
}

impl FromRequest<App> for JsonBody {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        refuse_unless_json(&request)?;
        let value = object(parse(&text(read(request, app, Limit::of_json(app)).await?)?)?)?;
        Ok(Self { value })
    }
}

impl FromRequest<App> for Fields {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        if content_type(request.headers()) != FORM {
            let JsonBody { value } = JsonBody::from_request(request, app).await?;
            return Ok(Self { value, is_form: false });
        }
        let text = text(read(request, app, Limit::of_json(app)).await?)?;
        let pairs = QueryPairs::parse(&text);
        let blank_is_null = |value: &str| if value.trim().is_empty() { Value::Null } else { value.trim().into() };
        let members = pairs.iter().map(|(name, value)| (name.to_owned(), blank_is_null(value)));
        Ok(Self { value: Value::Object(members.collect()), is_form: true })
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
        Ok(Self(text(read(request, app, Limit::of_json(app)).await?)?))
    }
}

impl FromRequest<App> for OptionalJson {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        let typed = refuse_unless_json(&request);
        let text = text(read(request, app, Limit::of_json(app)).await?)?;
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
        object(parse(&text(read(request, app, Limit::of_json(app)).await?)?)?).map(Self)
    }
}

impl FromRequest<App> for JsonLines {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        if content_type(request.headers()) != NDJSON {
            return Err(Error::UnsupportedMediaType { accepted: NDJSON });
        }
        let is_packed = is_gzip(request.headers())?;
        let limit = Limit { bytes: app.settings.evidence_limit_bytes, setting: "--evidence-limit-mb" };
        let body = read(request, app, limit).await?;
        if !is_packed {
            return Ok(Self(body));
        }
        let unpacked = tokio::task::spawn_blocking(move || unpacked(&body, limit)).await;
        unpacked.map_err(Error::internal)?.map(Self)
    }
}

fn is_gzip(headers: &HeaderMap) -> Result<bool, Error> {
    let value = headers.get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("?"));
    match value.map(|value| value.trim().to_ascii_lowercase()).as_deref() {
        None | Some("" | "identity") => Ok(false),
        Some("gzip" | "x-gzip") => Ok(true),
        Some(_) => Err(Error::UnsupportedEncoding),
    }
}

/// Stops at the limit, however much there would be.
fn unpacked(packed: &[u8], limit: Limit) -> Result<Bytes, Error> {
    let mut unpacked = Vec::new();
    let most = u64::try_from(limit.bytes).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(packed).take(most).read_to_end(&mut unpacked).map_err(|_| {
        Error::from(Problem::whole("is not gzip or ends too early, though Content-Encoding says that it is gzip"))
    })?;
    if unpacked.len() > limit.bytes { Err(limit.exceeded()) } else { Ok(unpacked.into()) }
}

/// No content type at all is taken for JSON: some scripts send none. Lines of JSON are not, nor is a merge patch, but in
/// PATCH: elsewhere it says something else with the same characters.
fn refuse_unless_json(request: &Request) -> Result<(), Error> {
    let content_type = content_type(request.headers());
    let is_json = content_type.contains("json")
        && content_type != NDJSON
        && (request.method() == Method::PATCH || !content_type.contains("merge-patch"));
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
async fn read(request: Request, app: &App, limit: Limit) -> Result<Bytes, Error> {
    let kept = request.extensions().get::<KeptBody>().cloned();
    let patience = app.settings.patience;
    let whole = timeout(patience * WHOLE_BODY, read_whole(request.into_body(), limit, patience)).await;
    let body = whole.unwrap_or(Err(Error::SlowBody { patience }))?;
    if let Some(kept) = kept {
        kept.keep(&body);
    }
    Ok(body)
}

/// What is too large is read to its end all the same, and thrown away: a client that is still sending would not hear the
/// answer.
async fn read_whole(mut body: Body, limit: Limit, patience: Duration) -> Result<Bytes, Error> {
    let (mut read, mut size_bytes) = (BytesMut::new(), 0);
    loop {
        let next = timeout(patience, body.frame()).await.map_err(|_| Error::SlowBody { patience })?;
        let Some(frame) = next else { break };
        let Ok(data) = frame.map_err(|_| Error::BrokenBody)?.into_data() else { continue };
        size_bytes += data.len();
        if size_bytes <= limit.bytes {
            read.extend_from_slice(&data);
        } else {
            read = BytesMut::new();
        }
    }
    if size_bytes > limit.bytes { Err(limit.exceeded()) } else { Ok(read.freeze()) }
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
